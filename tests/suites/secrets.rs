//! Where secrets and mail must not be: in logs, queues, answers, errors, or in clear in the database.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use world::door::{self, Answer};
use world::google::{CLIENT_SECRET, Consent, Signature};
use world::llm::Misbehaviour;
use world::{AUTH_SECRET, Fault, Logs, Property, World, hours, llm, minutes};

/// Words of the story that only the mail itself may hold.
const MAIL: [&str; 6] = [
    "ann.lee@example.com",
    "Ann Lee",
    "The zebra subject",
    "walrus in the body",
    "penguin in the reply",
    "leasing@oak.test",
];
/// A setting, and so in the audit log too.
const SIGNATURE: &str = "flamingo in the signature";

/// A story told once, and everything in it that is secret.
struct Story {
    world: World,
    oak: Property,
    logs: Logs,
    secrets: Vec<String>,
    /// PKCE's challenges: their verifiers never show.
    challenges: Vec<String>,
    answers: Vec<Answer>,
    /// What was stored and queued, at several moments.
    stored: Vec<(String, String)>,
}

impl Story {
    async fn begin() -> Story {
        let logs = Logs::capture();
        let world = World::start().await;
        let oak = world.property("Oak Court").await;
        let variables = world::variables(&world.database, &world.google, &world.llm, &world.aws);
        let value = |name: &str| {
            let found = variables.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| value.clone()).unwrap()
        };
        let key = serde_json::from_str::<serde_json::Value>(&value("TOKEN_KEYS")).unwrap();
        let secrets = vec![
            // Every token and code of the simulated Google holds one of these.
            "world-access-".to_owned(),
            "world-refresh-".to_owned(),
            "world-code-".to_owned(),
            CLIENT_SECRET.to_owned(),
            AUTH_SECRET.to_owned(),
            llm::KEY.to_owned(),
            value("SESSION_KEY"),
            key["keys"]["k1"].as_str().unwrap().to_owned(),
            oak.admin.token.clone(),
        ];
        Story {
            world,
            oak,
            logs,
            secrets,
            challenges: Vec::new(),
            answers: Vec::new(),
            stored: Vec::new(),
        }
    }

    /// Remembers what is stored and queued now.
    async fn look(&mut self) {
        for (place, rows) in self.world.everything().await {
            self.stored
                .extend(rows.into_iter().map(|row| (place.clone(), row)));
        }
    }

    async fn connects(&mut self, consent: Consent) {
        let consenting = self.world.begins_consent(&self.oak, &self.oak.admin).await;
        self.secrets.push(consenting.state());
        self.secrets.push(consenting.browser.clone());
        self.challenges
            .push(consenting.asks("code_challenge").unwrap());
        self.look().await;
        let back = self.world.answers_google(&consenting, consent).await;
        let answer = self
            .world
            .comes_back(&back, Some(&consenting.browser))
            .await;
        self.answers.push(answer);
        // A second time, which is refused.
        let again = self
            .world
            .comes_back(&back, Some(&consenting.browser))
            .await;
        self.answers.push(again);
        self.look().await;
        self.world.work().await;
    }

    /// The admin's own calendar, from consent to good-bye.
    async fn uses_a_calendar(&mut self) {
        let world = &self.world;
        let consenting = world
            .begins_calendar_consent(&self.oak, &self.oak.admin)
            .await;
        self.secrets.push(consenting.state());
        self.secrets.push(consenting.browser.clone());
        self.challenges
            .push(consenting.asks("code_challenge").unwrap());
        let consent = Consent::allow("agent@oak.test");
        let back = world.answers_google(&consenting, consent).await;
        let connected = world.comes_back(&back, Some(&consenting.browser)).await;
        assert!(connected.header("location").contains("success="));
        self.answers.push(connected);

        let push = world
            .google
            .calendar("agent@oak.test")
            .notifications()
            .remove(0);
        self.secrets.push(push.token.clone().unwrap());
        let mut forged = push.clone();
        forged.resource = "another".into();
        for push in [push, forged] {
            let answer = self.world.deliver_notification(&push).await;
            self.answers.push(answer);
        }
        let config = format!("/api/calendar/config?propertyId={}", self.oak.id);
        self.asks(door::get(&format!("{config}&choices=true")))
            .await;
        let odd = json!({ "calendarId": "ya29.world-access-sent-by-a-caller" });
        self.asks(door::patch(&config).json(&odd)).await;
        self.look().await;
        self.asks(door::delete(&config)).await;
        self.look().await;
    }

    async fn asks(&mut self, knock: door::Knock) {
        let answer = knock
            .bearer(&self.oak.admin.token)
            .send(&self.world.app)
            .await;
        self.answers.push(answer);
    }

    /// The team's pages: somebody signs in, with a token and with Google, and looks at all of them.
    async fn looks_at_pages(&mut self) {
        let world = &self.world;
        let token = [("access_token", self.oak.admin.token.as_str())];
        let entered = door::post("/dashboard/session").form(&token);
        let session = entered.send(&world.app).await;
        let session = session.cookie("__Host-luma_session").unwrap();
        let of_mailbox = "select 'threads/' || id from email_threads";
        let mut pages = world.texts(of_mailbox).await;
        let of_leads = "select 'leads/' || id from leads";
        pages.extend(world.texts(of_leads).await);
        let others = [
            "",
            "threads",
            "approvals",
            "mailbox",
            "calendar",
            "tours",
            "leads",
            "activity",
        ];
        pages.extend(others.map(str::to_owned));
        for page in pages {
            let path = format!("/dashboard/{page}");
            let knock = door::get(path.trim_end_matches('/'));
            let answer = knock.cookie("__Host-luma_session", &session);
            let answer = answer.send(&world.app).await;
            assert_eq!(answer.status, 200, "{path}");
            self.answers.push(answer);
        }
        let google = door::post("/dashboard/session/google")
            .send(&world.app)
            .await;
        let browser = google.cookie("__Host-luma_signin").unwrap();
        let consent = Consent::allow("stranger@example.com");
        let back = world.google.consents(google.header("location"), consent);
        let back = back.await.unwrap();
        let path = format!("{}?{}", back.path(), back.query().unwrap());
        let knock = door::get(&path).cookie("__Host-luma_signin", &browser);
        let refused = knock.send(&world.app).await;
        assert_eq!(
            refused.header("location"),
            "/dashboard/sign-in?error=signin_unknown"
        );
        self.answers.push(refused);
        self.secrets.extend([session, browser]);
        self.look().await;
    }

    /// Every request of an admin, good and bad.
    async fn uses_everything(&mut self) {
        const GMAIL: &str = "/api/lumaleasing/gmail";
        let id = self.oak.id;
        for page in ["config", "threads", "replies"] {
            self.asks(door::get(&format!("{GMAIL}/{page}?propertyId={id}")))
                .await;
        }
        let config = format!("{GMAIL}/config?propertyId={id}");
        let settings = json!({ "signature": SIGNATURE, "replyMode": "approve" });
        self.asks(door::patch(&config).json(&settings)).await;
        let odd = json!({ "accessToken": "ya29.world-access-sent-by-a-caller" });
        self.asks(door::patch(&config).json(&odd)).await;
        let odd = json!({ "autoReplyDelayMinutes": "1//world-refresh-sent-by-a-caller" });
        self.asks(door::patch(&config).json(&odd)).await;
        let sync = door::post(&format!("{GMAIL}/sync"));
        self.asks(sync.json(&json!({ "propertyId": id }))).await;
        self.look().await;
    }

    /// Whatever can fail fails once: at Google, at the model, at our own door.
    async fn meets_every_failure(&mut self) {
        let mailbox = self.world.google.mailbox("leasing@oak.test");
        let faults = self.world.google.faults();
        for fault in [
            Fault::status(500, "backendError"),
            Fault::status(403, "insufficientPermissions"),
            Fault::Garbage,
            Fault::AnswerLostBeforeEffect,
        ] {
            for operation in ["history.list", "messages.get", "token", "drafts.create"] {
                faults.once(operation, fault.clone());
            }
            self.world.llm.will_misbehave(Misbehaviour::InvalidJson);
            mailbox.receives(
                "Ann Lee <ann.lee@example.com>",
                "The zebra subject",
                "walrus in the body",
            );
            let token = self.world.google.forge(Signature::Stranger, json!({}));
            self.secrets.push(token.clone());
            let forged = self.world.google.push_request_with(&mailbox.push(), &token);
            let answer = world::push_with(&self.world.app, forged.0, forged.1).await;
            self.answers.push(answer);
            self.world.deliver_pushes().await;
            self.look().await;
            self.world.pass(hours(2)).await;
        }
        faults.clear();
        self.world.pass(minutes(30)).await;
        self.look().await;
    }
}

async fn told() -> Story {
    let mut story = Story::begin().await;
    story
        .world
        .knows(&story.oak, "We have two-bedroom homes.")
        .await;
    story.connects(Consent::deny("leasing@oak.test")).await;
    story.world.google.client_secret_becomes("rotated");
    story.connects(Consent::allow("leasing@oak.test")).await;
    story.world.google.client_secret_becomes(CLIENT_SECRET);
    story.connects(Consent::allow("leasing@oak.test")).await;
    assert_eq!(
        story.world.config(&story.oak).await["status"],
        json!("connected")
    );

    story.uses_everything().await;
    story.uses_a_calendar().await;
    story.world.llm.will_say("penguin in the reply");
    let mailbox = story.world.google.mailbox("leasing@oak.test");
    mailbox.receives(
        "Ann Lee <ann.lee@example.com>",
        "The zebra subject",
        "walrus in the body",
    );
    story.world.deliver_pushes().await;
    story.world.pass(minutes(6)).await;
    let reply = story.world.replies(&story.oak).await.remove(0);
    assert_eq!(reply["bodyText"], json!("penguin in the reply"), "{reply}");
    let approve = format!(
        "/api/lumaleasing/gmail/replies/{}/approve",
        reply["id"].as_str().unwrap()
    );
    story.asks(door::post(&approve)).await;
    story.look().await;
    story.asks(door::post(&approve)).await;
    story.world.pass(minutes(1)).await;
    assert_eq!(mailbox.sent().len(), 1);

    story.looks_at_pages().await;
    story.meets_every_failure().await;
    story.connects(Consent::allow("leasing@oak.test")).await;
    story.world.google.revoke("leasing@oak.test");
    story.world.pass(hours(2)).await;
    story.connects(Consent::allow("leasing@oak.test")).await;
    let down = Fault::status(503, "backendError");
    story.world.google.faults().always("revoke", down);
    let config = format!("/api/lumaleasing/gmail/config?propertyId={}", story.oak.id);
    story.asks(door::delete(&config)).await;
    story.look().await;
    story
}

/// Words that base64url could have made: candidates for a PKCE verifier.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let part = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '~'));
    text.split(part).filter(|word| word.len() >= 43)
}

fn clear_of_secrets(story: &Story, place: &str, text: &str) {
    for secret in &story.secrets {
        assert!(
            !text.contains(secret.as_str()),
            "{place} holds {secret}: {text}"
        );
    }
    for word in words(text) {
        let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, word.as_bytes()));
        assert!(
            !story.challenges.contains(&challenge),
            "{place} holds a verifier: {word}"
        );
    }
}

#[tokio::test]
async fn after_a_whole_story_no_secret_lies_anywhere_in_clear() {
    let story = told().await;
    assert!(story.stored.len() > 100);
    for (place, row) in &story.stored {
        clear_of_secrets(&story, place, row);
    }
    let log = story.logs.text();
    assert!(log.lines().count() > 50, "{log}");
    clear_of_secrets(&story, "the log", &log);
    let caller_sent = "sent-by-a-caller";
    assert!(!log.contains(caller_sent), "not even what a caller made up");
    for answer in &story.answers {
        let headers = answer
            .headers
            .iter()
            .filter(|(name, _)| *name != "set-cookie");
        let headers: String = headers.map(|(_, value)| value.to_str().unwrap()).collect();
        clear_of_secrets(&story, "an answer", &answer.text);
        clear_of_secrets(&story, "a header", &headers);
        assert!(!answer.text.contains(caller_sent), "{}", answer.text);
    }
}

#[tokio::test]
async fn after_a_whole_story_no_mail_lies_where_it_does_not_belong() {
    let story = told().await;
    // The places of mail, of people, and of what the property published.
    let belongs = [
        "public.email_messages",
        "public.email_replies",
        "public.email_threads",
        "public.gmail_config",
        "public.leads",
        "public.messages",
    ];
    let mut seen = false;
    for (place, row) in &story.stored {
        for word in MAIL {
            let holds = row.contains(word);
            assert!(
                !holds || belongs.contains(&place.as_str()),
                "{place} holds {word}: {row}"
            );
            seen |= holds;
        }
    }
    assert!(seen, "the story has mail in it");
    let log = story.logs.text();
    for line in log.lines() {
        let parsed: serde_json::Value =
            serde_json::from_str(line).expect("one JSON line per event");
        assert!(parsed.is_object());
        for word in MAIL.into_iter().chain([SIGNATURE]) {
            assert!(!line.contains(word), "the log holds {word}: {line}");
        }
    }
    for answer in story.answers.iter().filter(|answer| answer.status >= 400) {
        for word in MAIL.into_iter().chain([SIGNATURE]) {
            assert!(
                !answer.text.contains(word),
                "an error holds {word}: {}",
                answer.text
            );
        }
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
    let queued = story
        .stored
        .iter()
        .filter(|(place, _)| place.starts_with("queue "));
    let mut messages = 0;
    for (_, body) in queued {
        let job: serde_json::Value = serde_json::from_str(body).unwrap();
        let mut keys: Vec<_> = job
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        keys.sort_unstable();
        assert_eq!(keys, ["id", "job", "v"], "{body}");
        job["id"].as_str().unwrap().parse::<uuid::Uuid>().unwrap();
        messages += 1;
    }
    assert!(messages > 3, "messages were seen");
}

#[tokio::test]
async fn what_the_database_says_about_a_row_is_not_logged() {
    let logs = Logs::capture();
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let mailbox = world.connects(&oak, "leasing@oak.test").await;
    // Postgres quotes the whole row in such a refusal.
    let break_it = "alter table email_messages add column required int not null";
    world.sql.batch_execute(break_it).await.unwrap();
    mailbox.receives(
        "Ann Lee <ann.lee@example.com>",
        "The zebra subject",
        "walrus in the body",
    );
    world.deliver_pushes().await;
    let log = logs.text();
    assert!(log.contains("23502"), "the refusal is named: {log}");
    for word in MAIL {
        assert!(!log.contains(word), "{word}: {log}");
    }
}

#[tokio::test]
async fn an_outage_is_answered_without_its_cause() {
    let logs = Logs::capture();
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let config = format!("/api/lumaleasing/gmail/config?propertyId={}", oak.id);
    let knock = door::get(&config).bearer(&oak.admin.token);
    assert_eq!(knock.send(&world.app).await.status, 200);

    let away = world.another_app(&[("DATABASE_URL", "postgres://luma:hunter2@127.0.0.1:1/luma")]);
    let answer = knock.send(&away).await;
    assert_eq!((answer.status, answer.code()), (503, "busy"));
    assert_ne!(answer.header("retry-after"), "");
    world
        .sql
        .batch_execute("alter table gmail_config rename column status to state")
        .await
        .unwrap();
    let answer = knock.send(&world.app).await;
    assert_eq!((answer.status, answer.code()), (500, "internal"));
    assert_eq!(answer.json["title"], json!("Internal error"));
    for word in ["column", "select", "gmail_config", "42703"] {
        assert!(!answer.text.contains(word), "{}", answer.text);
    }
    assert!(logs.text().contains("42703"), "the operator sees it");
    assert!(!logs.text().contains("hunter2"));
}
