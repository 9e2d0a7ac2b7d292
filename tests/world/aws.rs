//! The AWS services that the system talks to: SQS and Secrets Manager, by their JSON protocols.
//!
//! Reached through the SDK's own `AWS_ENDPOINT_URL`. Queues keep messages until the test takes
//! those that are due; nothing is delivered by itself.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::server::{self, Calls, Faults, Front};

/// The account in every queue's URL.
const ACCOUNT: &str = "000000000000";
/// Octets of body and attributes that one message may have.
const LARGEST_MESSAGE: usize = 1 << 20;
/// Seconds that one message may be delayed.
const LONGEST_DELAY: i64 = 900;

/// A cheap handle on the simulated services. Faults go by `SendMessage` and `GetSecretValue`.
#[derive(Clone)]
pub struct Aws(Arc<Inner>);

struct Inner {
    url: String,
    site: Site,
    front: Front,
}

#[derive(Clone)]
struct Site {
    clock: Clock,
    state: Arc<Mutex<Services>>,
}

#[derive(Default)]
struct Services {
    /// Messages by queue URL, in order of arrival.
    queues: BTreeMap<String, Vec<Message>>,
    secrets: BTreeMap<String, String>,
    numbers: u64,
}

/// A message in a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub id: String,
    pub queue_url: String,
    pub body: String,
    /// Epoch milliseconds.
    pub sent_at: i64,
    /// Epoch milliseconds; not to be seen before.
    pub due_at: i64,
    /// How often it was taken, this time included.
    pub receive_count: u32,
}

/// An error as AWS words it: status, code, message.
struct Refusal(StatusCode, &'static str, String);

impl Aws {
    /// Starts on the given port, or on any free one, by that clock.
    pub async fn start(port: Option<u16>, clock: Clock) -> Aws {
        let site = Site {
            clock,
            state: Arc::default(),
        };
        let front = Front::new(operation, word);
        let router = front.guard(Router::new().route("/", post(answer)));
        let url = server::listen(router.with_state(site.clone()), port).await;
        Aws(Arc::new(Inner { url, site, front }))
    }

    /// For `AWS_ENDPOINT_URL`.
    pub fn url(&self) -> String {
        self.0.url.clone()
    }

    /// Creates a queue, or finds it; answers its URL.
    pub fn queue(&self, name: &str) -> String {
        let url = format!("{}/{ACCOUNT}/{name}", self.0.url);
        self.services(|services| services.queues.entry(url.clone()).or_default().len());
        url
    }

    /// Sets a secret's text.
    pub fn secret(&self, name: &str, value: &str) {
        self.services(|services| services.secrets.insert(name.to_owned(), value.to_owned()));
    }

    /// Everything in a queue, due or not, oldest first.
    pub fn messages(&self, queue_url: &str) -> Vec<Message> {
        self.services(|services| services.queues.get(queue_url).cloned().unwrap_or_default())
    }

    /// Takes what is due now out of a queue, earliest first.
    pub fn take_due(&self, queue_url: &str) -> Vec<Message> {
        let now = self.0.site.clock.now_ms();
        self.services(|services| {
            let queue = services.queues.entry(queue_url.to_owned()).or_default();
            let mut due: Vec<Message> = queue
                .extract_if(.., |message| message.due_at <= now)
                .collect();
            due.sort_by_key(|message| message.due_at);
            due.iter_mut()
                .for_each(|message| message.receive_count += 1);
            due
        })
    }

    /// Takes everything out of a queue, due or not: it is lost.
    pub fn lose(&self, queue_url: &str) -> Vec<Message> {
        self.services(|services| {
            std::mem::take(services.queues.entry(queue_url.to_owned()).or_default())
        })
    }

    /// Puts a message back, as SQS does when nobody deleted it; due again after `seconds`.
    pub fn put_back(&self, message: Message, seconds: i64) {
        let due_at = self.0.site.clock.now_ms() + seconds * 1000;
        let message = Message { due_at, ..message };
        self.services(|services| {
            services
                .queues
                .entry(message.queue_url.clone())
                .or_default()
                .push(message);
        });
    }

    /// When the next message of any queue is due, in epoch milliseconds.
    pub fn next_due(&self) -> Option<i64> {
        self.services(|services| services.queues.values().flatten().map(|m| m.due_at).min())
    }

    /// The calls received, by operation.
    pub fn calls(&self) -> Calls {
        self.0.front.calls.clone()
    }

    /// What is to go wrong, by operation. The reason of a status is the error's code.
    pub fn faults(&self) -> Faults {
        self.0.front.faults.clone()
    }

    fn services<T>(&self, work: impl FnOnce(&mut Services) -> T) -> T {
        work(&mut self.0.site.state.lock().unwrap())
    }
}

fn target(headers: &HeaderMap) -> &str {
    headers
        .get("x-amz-target")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

fn operation(parts: &Parts) -> String {
    target(&parts.headers)
        .rsplit('.')
        .next()
        .unwrap_or_default()
        .to_owned()
}

fn word(_operation: &str, code: StatusCode, reason: &str) -> Response {
    let owned = json!({ "__type": reason, "message": "refused" }).to_string();
    respond(code, owned)
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Refusal(status, code, message) = self;
        respond(
            status,
            json!({ "__type": code, "message": message }).to_string(),
        )
    }
}

fn respond(status: StatusCode, body: String) -> Response {
    (
        status,
        [(header::CONTENT_TYPE, "application/x-amz-json-1.0")],
        body,
    )
        .into_response()
}

fn bad(code: &'static str, message: impl Into<String>) -> Refusal {
    Refusal(StatusCode::BAD_REQUEST, code, message.into())
}

async fn answer(State(site): State<Site>, headers: HeaderMap, body: Bytes) -> Response {
    let signed = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    if !signed.is_some_and(|text| text.starts_with("AWS4-HMAC-SHA256 Credential=")) {
        let message = "Request is missing Authentication Token";
        let code = "MissingAuthenticationTokenException";
        return Refusal(StatusCode::FORBIDDEN, code, message.to_owned()).into_response();
    }
    let now = site.clock.now_ms();
    let services = &mut site.state.lock().unwrap();
    let answer = match (target(&headers), serde_json::from_slice::<Value>(&body)) {
        (_, Err(_)) => Err(bad("SerializationException", "the body is not JSON")),
        ("AmazonSQS.SendMessage", Ok(ask)) => services.send(&ask, now),
        ("secretsmanager.GetSecretValue", Ok(ask)) => services.secret(&ask),
        (other, Ok(_)) => Err(bad("UnknownOperationException", other)),
    };
    match answer {
        Ok(body) => respond(StatusCode::OK, body.to_string()),
        Err(refusal) => refusal.into_response(),
    }
}

impl Services {
    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>
    fn send(&mut self, ask: &Value, now: i64) -> Result<Value, Refusal> {
        let url = ask["QueueUrl"].as_str().unwrap_or_default();
        let Some(queue) = self.queues.get_mut(url) else {
            let message = "The specified queue does not exist.";
            return Err(bad("com.amazonaws.sqs#QueueDoesNotExist", message));
        };
        let body = ask["MessageBody"].as_str().unwrap_or_default();
        if body.is_empty() {
            let message = "The request must contain the parameter MessageBody.";
            return Err(bad("com.amazon.coral.service#MissingParameter", message));
        }
        if body.len() > LARGEST_MESSAGE {
            let message = "One or more parameters are invalid. Reason: Message must be shorter \
                           than 1048576 bytes.";
            return Err(bad(
                "com.amazon.coral.service#InvalidParameterValueException",
                message,
            ));
        }
        if let Some(unfit) = body.chars().find(|c| !allowed(*c)) {
            let message = format!("Invalid binary character {unfit:?} was found in the message");
            return Err(bad("com.amazonaws.sqs#InvalidMessageContents", message));
        }
        let delay = ask["DelaySeconds"].as_i64().unwrap_or(0);
        if !(0..=LONGEST_DELAY).contains(&delay) {
            let message = format!(
                "Value {delay} for parameter DelaySeconds is invalid. Reason: DelaySeconds must \
                 be >= 0 and <= {LONGEST_DELAY}."
            );
            return Err(bad(
                "com.amazon.coral.service#InvalidParameterValueException",
                message,
            ));
        }
        self.numbers += 1;
        let id = format!("00000000-0000-4000-8000-{:012}", self.numbers);
        queue.push(Message {
            id: id.clone(),
            queue_url: url.to_owned(),
            body: body.to_owned(),
            sent_at: now,
            due_at: now + delay * 1000,
            receive_count: 0,
        });
        Ok(json!({ "MessageId": id }))
    }

    fn secret(&self, ask: &Value) -> Result<Value, Refusal> {
        let name = ask["SecretId"].as_str().unwrap_or_default();
        let Some(text) = self.secrets.get(name) else {
            let message = "Secrets Manager can't find the specified secret.";
            return Err(bad("ResourceNotFoundException", message));
        };
        Ok(json!({
            "ARN": format!("arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:{name}"),
            "Name": name,
            "SecretString": text,
            "VersionId": "00000000-0000-4000-8000-000000000000",
            "VersionStages": ["AWSCURRENT"],
        }))
    }
}

/// The characters of XML 1.0, which SQS keeps to.
fn allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}
