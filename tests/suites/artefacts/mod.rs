//! What is deployed, as it is deployed: every function's release binary answers its samples under
//! the Lambda runtime API. `make artefacts` builds the binaries first.

mod runtime;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::process::Command;
use world::database::TestDatabase;
use world::{Aws, Clock, Google, Llm};

use runtime::{Outcome, Step};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Stands in the samples where Pub/Sub's own token would.
const PUSH_TOKEN: &str = "<OIDC token of the push service account>";

/// The one that the samples' pushes come from.
const SUBSCRIPTION: &str = "projects/example/subscriptions/gmail-push";

/// How long one event may take, process start included.
const PATIENCE: Duration = Duration::from_secs(30);

/// The samples of each function: `events/<function>.json`, `events/<function>.<case>.json`.
fn samples() -> BTreeMap<String, Vec<PathBuf>> {
    let mut samples = BTreeMap::new();
    for entry in fs::read_dir(Path::new(ROOT).join("functions")).unwrap() {
        let path = entry.unwrap().path();
        if path.join("main.rs").is_file() {
            let name = path.file_name().unwrap().to_str().unwrap();
            samples.insert(name.to_owned(), Vec::new());
        }
    }
    for entry in fs::read_dir(Path::new(ROOT).join("events")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if let Some((function, _)) = name
            .strip_suffix(".json")
            .map(|_| name.split_once('.').unwrap())
        {
            let known = samples.get_mut(function);
            known
                .unwrap_or_else(|| panic!("{name}: no function {function}"))
                .push(path);
        }
    }
    samples
}

/// Where everything that a function talks to is simulated, and the variables that say so.
struct Surroundings {
    variables: Vec<(&'static str, String)>,
    google: Google,
    /// Kept until the functions are done with it.
    _database: TestDatabase,
}

impl Surroundings {
    async fn start() -> Self {
        let database = TestDatabase::create().await;
        let (google, llm) = (Google::start(None).await, Llm::start(None).await);
        let aws = Aws::start(None, Clock::system()).await;
        let push = google.push_settings();
        let secret = json!({
            "DATABASE_URL": database.url,
            "GOOGLE_CLIENT_ID": world::google::CLIENT_ID,
            "GOOGLE_CLIENT_SECRET": world::google::CLIENT_SECRET,
            "TOKEN_KEYS": json!({ "current": "k1", "keys": { "k1": "A".repeat(43) + "=" } }).to_string(),
            "SESSION_KEY": "A".repeat(43) + "=",
            "AUTH_JWT_SECRET": "a secret of the samples, thirty-two octets and more",
            "OPENAI_API_KEY": "sample",
        });
        aws.secret("sample", &secret.to_string());
        let variables = vec![
            ("SECRETS_ID", "sample".to_owned()),
            ("AWS_ENDPOINT_URL", aws.url()),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "sample".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "sample".to_owned()),
            ("SYNC_QUEUE_URL", aws.queue("sync")),
            ("REPLY_QUEUE_URL", aws.queue("replies")),
            ("ENRICHMENT_QUEUE_URL", aws.queue("enrichment")),
            ("PUBLIC_URL", "https://leasing.example.com".to_owned()),
            ("GOOGLE_PUBSUB_TOPIC", world::google::TOPIC.to_owned()),
            ("PUBSUB_AUDIENCE", push.audience),
            ("PUBSUB_SERVICE_ACCOUNT", push.service_account),
            ("PUBSUB_SUBSCRIPTION", SUBSCRIPTION.to_owned()),
            ("GOOGLE_ACCOUNTS_URL", google.url()),
            ("GOOGLE_OAUTH_URL", google.url()),
            ("GMAIL_URL", google.url()),
            ("CALENDAR_URL", google.url()),
            ("GOOGLE_CERTS_URL", google.certs_url()),
            ("LLM_URL", format!("{}/v1", llm.url())),
            (
                "AUTH_ISSUER",
                "https://sample.supabase.co/auth/v1".to_owned(),
            ),
        ];
        Self {
            variables,
            google,
            _database: database,
        }
    }

    /// Starts the function's binary, gives it the event, and reports how it went.
    async fn run(&self, function: &str, event: String) -> Run {
        let binary = Path::new(ROOT)
            .join("target/lambda")
            .join(function)
            .join("bootstrap");
        assert!(
            binary.is_file(),
            "{function} is not built: `make artefacts` does it"
        );
        let (address, mut happened) = runtime::serve(event).await;
        let started = Instant::now();
        let mut process = Command::new(binary)
            .env_clear()
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .env("AWS_LAMBDA_RUNTIME_API", address)
            .env("AWS_LAMBDA_FUNCTION_NAME", function)
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env(
                "AWS_LAMBDA_LOG_GROUP_NAME",
                format!("/aws/lambda/{function}"),
            )
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "sample")
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let work = async {
            let mut ready = started;
            loop {
                match happened.recv().await.unwrap() {
                    Step::Ready(at) => ready = at,
                    Step::Done(at, outcome) => return (ready - started, at - ready, outcome),
                }
            }
        };
        let done = tokio::select! {
            done = tokio::time::timeout(PATIENCE, work) => done.ok(),
            status = process.wait() => panic!("{function} ended: {status:?}"),
        };
        let (init, first, outcome) = done.unwrap_or_else(|| panic!("{function} does not answer"));
        let memory = process.id().and_then(peak_memory);
        process.kill().await.unwrap();
        Run {
            init,
            first,
            memory,
            outcome,
        }
    }
}

/// One event's way through a fresh process.
struct Run {
    /// From the process's start until it asked for work.
    init: Duration,
    /// From there until it answered.
    first: Duration,
    /// Mebibytes at most, where the system tells.
    memory: Option<f64>,
    outcome: Outcome,
}

/// `VmHWM` in mebibytes; Linux only.
fn peak_memory(process: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: f64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kibibytes / 1024.0)
}

/// Whether the function understood the event: refusing it is an answer, breaking over it is not.
fn check(function: &str, sample: &str, answer: &str) {
    let answer: Value = serde_json::from_str(answer).unwrap();
    if let Some(status) = answer["statusCode"].as_u64() {
        // Samples of users carry no token that could be proven, and are refused.
        let proven = ["health.json", "gmail_webhook.json"].contains(&sample);
        assert!(
            status < if proven { 300 } else { 500 },
            "{sample}: {answer}"
        );
        assert_eq!(answer["isBase64Encoded"], false, "{sample}");
    } else if functions::CONSUMERS
        .iter()
        .any(|consumer| consumer.name == function)
    {
        let failures = answer["batchItemFailures"].as_array().unwrap();
        let ordinary = sample == format!("{function}.json");
        assert!(!ordinary || failures.is_empty(), "{sample}: {answer}");
    } else {
        let routes: Vec<_> = functions::ROUTES.iter().map(|route| route.name).collect();
        assert!(
            !routes.contains(&function),
            "{sample} is not answered with a status: {answer}"
        );
    }
}

#[tokio::test]
#[ignore = "needs the release binaries: make artefacts"]
async fn every_function_answers_its_samples_as_the_binary_that_is_deployed() {
    let surroundings = Surroundings::start().await;
    eprintln!(
        "{:<44}{:>9}{:>12}{:>10}",
        "sample", "init ms", "first ms", "peak MiB"
    );
    for (function, mut files) in samples() {
        files.sort();
        assert!(!files.is_empty(), "{function} has no sample in events/");
        for file in files {
            let sample = file.file_name().unwrap().to_string_lossy().into_owned();
            let event = fs::read_to_string(&file).unwrap();
            let event = event.replace(PUSH_TOKEN, &surroundings.google.mint(json!({})));
            let run = surroundings.run(&function, event).await;
            let answer = run
                .outcome
                .unwrap_or_else(|error| panic!("{sample}: {error}"));
            check(&function, &sample, &answer);
            let ms = |time: Duration| time.as_secs_f64() * 1000.0;
            let memory = run.memory.unwrap_or_default();
            let (init, first) = (ms(run.init), ms(run.first));
            eprintln!("{sample:<44}{init:>9.1}{first:>12.1}{memory:>10.1}");
        }
    }
}
