//! Chat and embeddings of an OpenAI-compatible provider.

use std::time::Duration;

use crate::config::LlmConfig;

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
    pub schema: serde_json::Value,
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
    #[error("the account has no budget left")]
    Quota,
    /// Key, model name or request: somebody has to change the configuration.
    #[error("the provider refuses our request with {status} ({code})")]
    Misconfigured { status: u16, code: String },
    #[error("the provider could not be reached ({0})")]
    Unreachable(String),
}

#[derive(Clone, Debug)]
pub struct Llm {}

impl Llm {
    pub fn new(_http: reqwest::Client, _config: LlmConfig) -> Self {
        unimplemented!()
    }

    /// Asks once. The caller checks the object against its own type.
    pub async fn answer(&self, _prompt: &Prompt) -> Result<serde_json::Value, Error> {
        unimplemented!()
    }

    pub async fn embed(&self, _text: &str) -> Result<Vec<f32>, Error> {
        unimplemented!()
    }
}
