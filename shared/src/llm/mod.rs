//! Chat and embeddings of an OpenAI-compatible provider.
//!
//! One question, one answer: the model has no tools, is asked once, and what it says is data that
//! the caller checks. The provider stores nothing of it (`store: false`).

mod size;
#[cfg(test)]
mod tests;

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use crate::config::LlmConfig;
use crate::http::{self, Failure, plain_code};

pub use self::size::{fitting, newest};

const LARGEST_ANSWER: usize = 2 * 1024 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    User,
    Assistant,
}

/// A question that is answered with one JSON object.
#[derive(Clone)]
pub struct Prompt {
    pub system: String,
    pub messages: Vec<(Role, String)>,
    /// `[A-Za-z0-9_-]{1,64}`
    pub schema_name: &'static str,
    /// Strict: every property required, no additional ones.
    pub schema: Value,
    /// The longest answer, in the model's tokens.
    pub max_tokens: u32,
}

/// Why there is no answer that may be used. Holds nothing of prompt or answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the model is busy")]
    Busy { retry_after: Option<Duration> },
    #[error("the model declined to answer")]
    Refused,
    #[error("the answer was cut off")]
    Truncated,
    #[error("the provider filtered the answer")]
    Filtered,
    #[error("the answer is not the JSON that was asked for")]
    Malformed,
    /// Billing, not speed: waiting does not help.
    #[error("the account has no budget left")]
    Quota,
    /// Key, model name or request: somebody has to change the configuration.
    #[error("the provider refuses our request with {status} ({code})")]
    Misconfigured { status: u16, code: String },
    #[error("the provider could not be reached ({0})")]
    Unreachable(String),
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unreachable(why) => Self::Unreachable(why.into()),
            Failure::TooLarge => Self::Malformed,
        }
    }
}

/// The provider, reached over HTTP. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Llm {
    http: reqwest::Client,
    config: LlmConfig,
}

impl Llm {
    pub fn new(http: reqwest::Client, config: LlmConfig) -> Self {
        Self { http, config }
    }

    /// Asks once. The caller checks the object against its own type: providers other than OpenAI may
    /// ignore the schema.
    pub async fn answer(&self, prompt: &Prompt) -> Result<Value, Error> {
        let body = chat_request(&self.config.model, prompt);
        read_chat(&self.post(&["chat", "completions"], &body).await?)
    }

    /// The vector of a text that is not empty. Vectors of different models do not compare.
    pub async fn embed(&self, text: &str) -> Result<Vec<f32>, Error> {
        let model = &self.config.embedding_model;
        let body = json!({ "model": model, "input": text, "encoding_format": "float" });
        read_embedding(&self.post(&["embeddings"], &body).await?)
    }

    async fn post(&self, path: &[&str], body: &Value) -> Result<Vec<u8>, Error> {
        let request = self
            .http
            .post(self.url(path))
            .bearer_auth(self.config.key.expose_secret())
            .timeout(self.config.time_limit)
            .json(body);
        let response = request.send().await.map_err(Failure::from)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = http::read(response, LARGEST_ANSWER).await;
        if status.is_success() {
            return Ok(body?);
        }
        Err(classify(status, &headers, &body.unwrap_or_default()))
    }

    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.config.url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }
}

fn chat_request(model: &str, prompt: &Prompt) -> Value {
    let mut messages = vec![json!({ "role": "system", "content": prompt.system })];
    messages.extend(prompt.messages.iter().map(|(role, text)| {
        let role = match role {
            Role::User => "user",
            Role::Assistant => "assistant",
        };
        json!({ "role": role, "content": text })
    }));
    let mut request = json!({
        "model": model,
        "messages": messages,
        "max_completion_tokens": prompt.max_tokens,
        "store": false,
        "response_format": {
            "type": "json_schema",
            "json_schema": { "name": prompt.schema_name, "strict": true, "schema": prompt.schema },
        },
    });
    if reasons(model) {
        // It costs time and tokens, and what is asked is to write a short mail.
        request["reasoning_effort"] = json!("none");
    }
    request
}

/// Whether a model reasons unless it is told not to. Others refuse to be told.
fn reasons(model: &str) -> bool {
    ["gpt-5", "gpt-6"]
        .iter()
        .any(|family| model.starts_with(family))
}

#[derive(Deserialize)]
struct ChatAnswer {
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    finish_reason: Option<String>,
    message: ChatMessage,
}

#[derive(Deserialize)]
struct ChatMessage {
    content: Option<String>,
    refusal: Option<String>,
}

/// In this order: a refusal is valid JSON to nobody, and what was cut off may parse by chance.
fn read_chat(body: &[u8]) -> Result<Value, Error> {
    let answer: ChatAnswer = serde_json::from_slice(body).map_err(|_| Error::Malformed)?;
    let choice = answer.choices.into_iter().next().ok_or(Error::Malformed)?;
    if choice
        .message
        .refusal
        .is_some_and(|refusal| !refusal.is_empty())
    {
        return Err(Error::Refused);
    }
    match choice.finish_reason.as_deref() {
        Some("length") => return Err(Error::Truncated),
        Some("content_filter") => return Err(Error::Filtered),
        Some("stop") => {}
        // A tool call, or something that nobody asked for.
        _ => return Err(Error::Malformed),
    }
    let content = choice.message.content.unwrap_or_default();
    let value: Value = serde_json::from_str(&content).map_err(|_| Error::Malformed)?;
    if value.is_object() {
        Ok(value)
    } else {
        Err(Error::Malformed)
    }
}

fn read_embedding(body: &[u8]) -> Result<Vec<f32>, Error> {
    #[derive(Deserialize)]
    struct Answer {
        data: Vec<Embedding>,
    }
    #[derive(Deserialize)]
    struct Embedding {
        embedding: Vec<f32>,
    }
    let Answer { data } = serde_json::from_slice(body).map_err(|_| Error::Malformed)?;
    let vector = data.into_iter().next().map(|first| first.embedding);
    vector
        .filter(|vector| !vector.is_empty())
        .ok_or(Error::Malformed)
}

fn classify(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Error {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Answer {
        error: Problem,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Problem {
        code: Value,
        r#type: Value,
    }
    let Answer { error } = serde_json::from_slice(body).unwrap_or_default();
    let codes = [&error.code, &error.r#type].map(|code| code.as_str().and_then(plain_code));
    let is = |known: &str| codes.iter().flatten().any(|code| code == known);
    match status.as_u16() {
        _ if is("insufficient_quota") => Error::Quota,
        400 if is("content_filter") => Error::Filtered,
        429 => Error::Busy {
            retry_after: http::retry_after(headers),
        },
        503 if http::retry_after(headers).is_some() => Error::Busy {
            retry_after: http::retry_after(headers),
        },
        status @ (408 | 409 | 500..) => Error::Unreachable(format!("status {status}")),
        status => {
            let code = codes
                .into_iter()
                .flatten()
                .next()
                .unwrap_or_else(|| "unknown".into());
            Error::Misconfigured { status, code }
        }
    }
}
