//! The system in its world: a database of its own, Google, a model, queues and a clock moved by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use shared::app::{self, App};
use shared::config::Config;
use shared::queue::Queue;

use crate::aws::Message;
use crate::database::TestDatabase;
use crate::door::{self, Answer};
use crate::{Aws, Clock, Google, Llm, google, llm};

/// Where the product answers, as the outside knows it.
pub const PUBLIC_URL: &str = "https://app.luma.test";
/// Where Google sends browsers back to, below the public address.
pub const CALLBACKS: [&str; 3] = [
    "api/lumaleasing/gmail/callback",
    "api/calendar/callback",
    "dashboard/session/google",
];
/// Of user tokens.
pub const AUTH_ISSUER: &str = "https://auth.luma.test/auth/v1";
pub const AUTH_SECRET: &str = "the-host-signs-user-tokens-with-this-secret";
/// When every story begins: a Wednesday noon in winter, UTC.
pub const BEGINNING: &str = "2026-12-02T12:00:00Z";

/// The function that works on each queue.
pub(crate) const QUEUES: [(&str, &str); 3] = [
    ("sync", "sync"),
    ("replies", "auto_reply"),
    ("enrichment", "lead_enrichment"),
];
/// Jobs that one drain works on at the most: more means that they breed.
const JOBS: usize = 2_000;
/// How long the system waits for the model: tests of a silent one wait as long.
const MODEL_TIME: std::time::Duration = std::time::Duration::from_secs(3);
/// Times that SQS delivers a message before it goes to the dead letters.
const RECEIVES: u32 = 5;

pub fn seconds(count: i64) -> TimeDelta {
    TimeDelta::seconds(count)
}

pub fn minutes(count: i64) -> TimeDelta {
    TimeDelta::minutes(count)
}

pub fn hours(count: i64) -> TimeDelta {
    TimeDelta::hours(count)
}

pub fn days(count: i64) -> TimeDelta {
    TimeDelta::days(count)
}

/// Everything that one test needs.
pub struct World {
    pub app: App,
    pub google: Google,
    pub llm: Llm,
    pub aws: Aws,
    pub database: TestDatabase,
    /// A connection with every right, for looking behind the scenes.
    pub sql: tokio_postgres::Client,
    clock: Arc<AtomicI64>,
    dead_letters: std::sync::Mutex<Vec<Message>>,
}

impl World {
    pub async fn start() -> World {
        let beginning: DateTime<Utc> = BEGINNING.parse().unwrap();
        let clock = Arc::new(AtomicI64::new(beginning.timestamp_millis()));
        let database = TestDatabase::create().await;
        let google = Google::start_with(None, Clock::from(clock.clone())).await;
        for callback in CALLBACKS {
            google.allow_redirect(&format!("{PUBLIC_URL}/{callback}"));
        }
        let llm = Llm::start(None).await;
        let aws = Aws::start(None, Clock::from(clock.clone())).await;
        let app = system(&database, &google, &llm, &aws, &clock, &[]);
        let sql = database.connect().await;
        World {
            app,
            google,
            llm,
            aws,
            database,
            sql,
            clock,
            dead_letters: Default::default(),
        }
    }

    /// Another process of the same system, with some variables set differently.
    pub fn another_app(&self, overrides: &[(&str, &str)]) -> App {
        system(
            &self.database,
            &self.google,
            &self.llm,
            &self.aws,
            &self.clock,
            overrides,
        )
    }

    /// The system starts again with some variables set differently.
    pub fn starts_again_with(&mut self, overrides: &[(&str, &str)]) {
        self.app = self.another_app(overrides);
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.app.now()
    }

    // --- time and queues ------------------------------------------------------------------------

    /// Lets time pass: jobs run when they are due, the sweep every minute.
    pub async fn pass(&self, time: TimeDelta) {
        let end = self.clock.load(Ordering::SeqCst) + time.num_milliseconds();
        loop {
            self.work().await;
            let now = self.clock.load(Ordering::SeqCst);
            let minute = (now / 60_000 + 1) * 60_000;
            let next = self
                .aws
                .next_due()
                .unwrap_or(i64::MAX)
                .max(now + 1)
                .min(minute)
                .min(end);
            if now >= end {
                return;
            }
            self.clock.store(next, Ordering::SeqCst);
            if next == minute {
                self.sweep().await;
            }
        }
    }

    /// Moves the clock, and nothing happens meanwhile: every function was down.
    pub fn skip(&self, time: TimeDelta) {
        self.clock
            .fetch_add(time.num_milliseconds(), Ordering::SeqCst);
    }

    /// Works on the queues until no message is due.
    pub async fn work(&self) {
        let mut worked = 0;
        loop {
            let mut idle = true;
            for (queue, function) in QUEUES {
                for message in self.aws.take_due(&self.queue_url(queue)) {
                    idle = false;
                    worked += 1;
                    assert!(
                        worked < JOBS,
                        "jobs breed: the last one was {}",
                        message.body
                    );
                    self.deliver(function, message).await;
                }
            }
            if idle {
                return;
            }
        }
    }

    pub(crate) async fn deliver(&self, function: &str, message: Message) {
        let failed = door::consume(&self.app, function, std::slice::from_ref(&message.body)).await;
        if failed.batch_item_failures.is_empty() {
            return;
        }
        if message.receive_count >= RECEIVES {
            self.dead_letters.lock().unwrap().push(message);
        } else {
            self.aws.put_back(message, 30);
        }
    }

    /// One run of the sweep. Its nudges wait in the queues.
    pub async fn sweep(&self) {
        door::tick(&self.app, "sweep")
            .await
            .expect("the sweep runs");
    }

    /// One run of the hourly renewal.
    pub async fn renew_watches(&self) {
        door::tick(&self.app, "watch_renewal")
            .await
            .expect("the renewal runs");
    }

    /// Everything that waits in the queues is lost.
    pub fn lose_messages(&self) {
        for (queue, _) in QUEUES {
            let waiting = self.aws.messages(&self.queue_url(queue)).len();
            self.skip_queue(queue, waiting);
        }
    }

    fn skip_queue(&self, queue: &str, waiting: usize) {
        let now = self.clock.load(Ordering::SeqCst);
        self.clock.store(i64::MAX / 2, Ordering::SeqCst);
        let taken = self.aws.take_due(&self.queue_url(queue)).len();
        self.clock.store(now, Ordering::SeqCst);
        assert_eq!(taken, waiting);
    }

    pub fn queue_url(&self, queue: &str) -> String {
        self.aws.queue(queue)
    }

    pub fn dead_letters(&self) -> Vec<Message> {
        self.dead_letters.lock().unwrap().clone()
    }

    /// A function that was killed holds its leases until they run out: now they have.
    pub async fn leases_run_out(&self) {
        self.sql
            .batch_execute(
                "update gmail_config set lease_until = now() - interval '1 second', refresh_until = null;
                 update agent_calendars set lease_until = now() - interval '1 second', refresh_until = null;
                 update email_replies set lease_until = now() - interval '1 second' where lease_until is not null;
                 update tour_letters set lease_until = now() - interval '1 second' where lease_until is not null;
                 update calendar_events set lease_until = now() - interval '1 second' where lease_until is not null;
                 update enrichment_runs set lease_until = now() - interval '1 second' where lease_until is not null",
            )
            .await
            .unwrap();
    }

    // --- pushes ---------------------------------------------------------------------------------

    /// Delivers every push of Gmail and every notification of Calendar that is pending, and works on
    /// what they start.
    pub async fn deliver_pushes(&self) {
        for push in self.google.take_pushes() {
            let answer = self.deliver_push(&push).await;
            assert_eq!(answer.status, 204, "{}", answer.text);
        }
        for notification in self.google.take_notifications() {
            let answer = self.deliver_notification(&notification).await;
            assert!(answer.status < 500, "{} {}", answer.status, answer.text);
        }
        self.work().await;
    }

    /// Delivers one push, and nothing else.
    pub async fn deliver_push(&self, push: &google::Push) -> Answer {
        let (headers, body) = self.google.push_request(push);
        push_with(&self.app, headers, body).await
    }

    /// Delivers one notification of a calendar to the address that its channel names, and nothing
    /// else.
    pub async fn deliver_notification(&self, notification: &google::Notification) -> Answer {
        let address: url::Url = notification.address.parse().unwrap();
        let mut knock = door::post(&address[url::Position::BeforePath..]);
        for (name, value) in notification.headers() {
            knock = knock.header(&name, &value);
        }
        knock.send(&self.app).await
    }

    /// Whether everything that was started has come to an end.
    pub async fn finish(self) {
        self.work().await;
        let dead = self.dead_letters();
        assert!(dead.is_empty(), "dead letters: {dead:?}");
        let stuck: i64 = self
            .sql
            .query_one(
                "select count(*) from email_replies where lease_until > now() and state in ('due', 'sending')",
                &[],
            )
            .await
            .unwrap()
            .get(0);
        assert_eq!(stuck, 0, "replies that somebody still holds");
    }

    // --- looking behind the scenes --------------------------------------------------------------

    /// The one number that a query answers.
    pub async fn count(&self, sql: &str) -> i64 {
        self.sql.query_one(sql, &[]).await.unwrap().get(0)
    }

    /// The texts of a query's first column.
    pub async fn texts(&self, sql: &str) -> Vec<String> {
        let rows = self.sql.query(sql, &[]).await.unwrap();
        rows.iter()
            .map(|row| {
                row.get::<_, Option<String>>(0)
                    .unwrap_or_else(|| "null".into())
            })
            .collect()
    }
}

/// Posts a push to the webhook, as Pub/Sub does.
pub async fn push_with(app: &App, headers: Vec<(String, String)>, body: String) -> Answer {
    let mut knock = door::post("/api/lumaleasing/gmail/webhook").text(body);
    for (name, value) in headers {
        knock = knock.header(&name, &value);
    }
    knock.send(app).await
}

/// The configuration of the simulated world, every variable by its name.
pub fn variables(
    database: &TestDatabase,
    google: &Google,
    llm: &Llm,
    aws: &Aws,
) -> Vec<(String, String)> {
    let push = google.push_settings();
    let keys = json!({
        "current": "k1",
        "keys": { "k1": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=" },
    });
    [
        ("DATABASE_URL", database.url.clone()),
        ("GOOGLE_CLIENT_ID", google::CLIENT_ID.to_owned()),
        ("GOOGLE_CLIENT_SECRET", google::CLIENT_SECRET.to_owned()),
        ("GOOGLE_PUBSUB_TOPIC", google::TOPIC.to_owned()),
        ("PUBSUB_SUBSCRIPTION", push.subscription),
        ("PUBSUB_AUDIENCE", push.audience),
        ("PUBSUB_SERVICE_ACCOUNT", push.service_account),
        ("TOKEN_KEYS", keys.to_string()),
        (
            "SESSION_KEY",
            "a-key-for-sessions-of-the-world-only".to_owned(),
        ),
        ("AUTH_ISSUER", AUTH_ISSUER.to_owned()),
        ("AUTH_JWT_SECRET", AUTH_SECRET.to_owned()),
        ("OPENAI_API_KEY", llm::KEY.to_owned()),
        ("LLM_URL", format!("{}/v1", llm.url())),
        ("PUBLIC_URL", PUBLIC_URL.to_owned()),
        ("SYNC_QUEUE_URL", aws.queue("sync")),
        ("REPLY_QUEUE_URL", aws.queue("replies")),
        ("ENRICHMENT_QUEUE_URL", aws.queue("enrichment")),
        ("GOOGLE_ACCOUNTS_URL", google.url()),
        ("GOOGLE_OAUTH_URL", google.url()),
        ("GMAIL_URL", google.url()),
        ("CALENDAR_URL", google.url()),
        ("GOOGLE_CERTS_URL", google.certs_url()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}

fn system(
    database: &TestDatabase,
    google: &Google,
    llm: &Llm,
    aws: &Aws,
    clock: &Arc<AtomicI64>,
    overrides: &[(&str, &str)],
) -> App {
    let known = variables(database, google, llm, aws);
    let config = Config::from_lookup(|name| {
        let set = overrides
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| (*value).to_owned());
        set.or_else(|| {
            known
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.clone())
        })
    });
    let mut config = config.expect("the world's configuration is complete");
    config.llm.time_limit = MODEL_TIME;
    let sqs = aws_sdk_sqs::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("world", "world", None, None, "world"))
        .endpoint_url(aws.url())
        .build();
    let queue = Queue::with_client(config.queues.clone(), aws_sdk_sqs::Client::from_conf(sqs));
    App::with_queue(config, app::Clock::Manual(clock.clone()), queue).expect("the system starts")
}
