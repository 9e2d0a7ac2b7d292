//! What a reasoning model accepts as a request, and how it refuses the rest.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::embedding::DIMENSIONS;
use super::schema;

/// An error in OpenAI's form.
pub struct Refusal {
    status: StatusCode,
    code: Option<String>,
    message: String,
}

impl Refusal {
    pub fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Refusal {
        Refusal {
            status,
            code: Some(code.to_owned()),
            message: message.into(),
        }
    }

    pub fn invalid(message: impl Into<String>) -> Refusal {
        Refusal {
            status: StatusCode::BAD_REQUEST,
            code: None,
            message: message.into(),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let kind = match self.code.as_deref() {
            Some("insufficient_quota") => "insufficient_quota",
            Some("rate_limit_exceeded") => "requests",
            _ if self.status.is_server_error() => "server_error",
            _ => "invalid_request_error",
        };
        let error =
            json!({ "message": self.message, "type": kind, "param": null, "code": self.code });
        (self.status, Json(json!({ "error": error }))).into_response()
    }
}

const CHAT_PARAMETERS: [&str; 20] = [
    "model",
    "messages",
    "max_completion_tokens",
    "reasoning_effort",
    "verbosity",
    "temperature",
    "top_p",
    "logprobs",
    "top_logprobs",
    "n",
    "stop",
    "stream",
    "seed",
    "store",
    "metadata",
    "service_tier",
    "safety_identifier",
    "prompt_cache_key",
    "response_format",
    "user",
];

/// # Errors
/// What the real one answers with 400.
pub fn check_chat(ask: &Value) -> Result<(), Refusal> {
    check_parameters(ask)?;
    check_messages(&ask["messages"])?;
    if ask["stream"] == json!(true) || ask["n"].as_u64().is_some_and(|n| n > 1) {
        return Err(Refusal::invalid(
            "streams and several choices are not simulated",
        ));
    }
    if !ask["max_completion_tokens"].is_null()
        && ask["max_completion_tokens"]
            .as_u64()
            .is_none_or(|tokens| tokens == 0)
    {
        return Err(Refusal::invalid(
            "Invalid 'max_completion_tokens': integer above 0 expected.",
        ));
    }
    let format = &ask["response_format"];
    match format["type"].as_str() {
        Some("json_schema") => {
            schema::check_format(&format["json_schema"]).map_err(Refusal::invalid)
        }
        Some("json_object") => {
            let mentions = texts(ask)
                .iter()
                .any(|(_, text)| text.to_lowercase().contains("json"));
            let message = "'messages' must contain the word 'json' in some form, to use \
                           'response_format' of type 'json_object'.";
            if mentions {
                Ok(())
            } else {
                Err(Refusal::invalid(message))
            }
        }
        None if format.is_null() => Ok(()),
        Some("text") => Ok(()),
        _ => Err(Refusal::invalid("Invalid value: 'response_format.type'.")),
    }
}

fn check_parameters(ask: &Value) -> Result<(), Refusal> {
    let bad =
        |code: &str, message: String| Err(Refusal::new(StatusCode::BAD_REQUEST, code, message));
    let Some(given) = ask.as_object() else {
        return Err(Refusal::invalid("Object expected."));
    };
    if given.contains_key("max_tokens") {
        let message = "Unsupported parameter: 'max_tokens' is not supported with this model. Use \
                       'max_completion_tokens' instead.";
        return bad("unsupported_parameter", message.to_owned());
    }
    if let Some(unknown) = given
        .keys()
        .find(|name| !CHAT_PARAMETERS.contains(&name.as_str()))
    {
        return bad(
            "unknown_parameter",
            format!("Unknown parameter: '{unknown}'."),
        );
    }
    let effort = given
        .get("reasoning_effort")
        .and_then(Value::as_str)
        .unwrap_or("medium");
    if !["none", "minimal", "low", "medium", "high", "xhigh", "max"].contains(&effort) {
        return bad(
            "unsupported_value",
            format!("Unsupported value: '{effort}'."),
        );
    }
    let sampling = ["temperature", "top_p", "logprobs", "top_logprobs"];
    let sampling = sampling.into_iter().find(|name| given.contains_key(*name));
    if let (Some(name), true) = (sampling, effort != "none") {
        let message = format!("Unsupported parameter: '{name}' is not supported with this model.");
        return bad("unsupported_parameter", message);
    }
    let temperature = &ask["temperature"];
    if !temperature.is_null()
        && !temperature
            .as_f64()
            .is_some_and(|t| (0.0..=2.0).contains(&t))
    {
        return bad(
            "decimal_out_of_range",
            "Invalid 'temperature': 0 to 2 expected.".to_owned(),
        );
    }
    Ok(())
}

fn check_messages(messages: &Value) -> Result<(), Refusal> {
    let messages = messages.as_array().map(Vec::as_slice).unwrap_or_default();
    if messages.is_empty() {
        return Err(Refusal::invalid("Invalid 'messages': empty array."));
    }
    for message in messages {
        let role = message["role"].as_str().unwrap_or_default();
        if !["system", "developer", "user", "assistant"].contains(&role) {
            return Err(Refusal::invalid(format!(
                "Invalid value: '{role}' as a role."
            )));
        }
        if !message["content"].is_string() && !message["content"].is_array() {
            return Err(Refusal::invalid(
                "Invalid value for 'content': expected a string.",
            ));
        }
    }
    Ok(())
}

/// The texts to embed.
///
/// # Errors
/// What the real one answers with 400.
pub fn check_embeddings(ask: &Value) -> Result<Vec<String>, Refusal> {
    let known = ["model", "input", "dimensions", "encoding_format", "user"];
    let names = ask.as_object().into_iter().flat_map(|given| given.keys());
    if let Some(unknown) = names
        .into_iter()
        .find(|name| !known.contains(&name.as_str()))
    {
        return Err(Refusal::invalid(format!("Unknown parameter: '{unknown}'.")));
    }
    let dimensions = &ask["dimensions"];
    let fits = |n: u64| (1..=DIMENSIONS as u64).contains(&n);
    if !dimensions.is_null() && !dimensions.as_u64().is_some_and(fits) {
        return Err(Refusal::invalid("Invalid value for 'dimensions'."));
    }
    if !matches!(
        ask["encoding_format"].as_str(),
        None | Some("float" | "base64")
    ) {
        return Err(Refusal::invalid("Invalid value for 'encoding_format'."));
    }
    let inputs: Option<Vec<String>> = match &ask["input"] {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Array(texts) => texts
            .iter()
            .map(|text| text.as_str().map(str::to_owned))
            .collect(),
        _ => None,
    };
    // A token is about four characters; the limit is 8,192 tokens a text.
    let fits = |text: &String| !text.is_empty() && text.len() <= 8_192 * 4;
    match inputs {
        Some(inputs) if (1..=2048).contains(&inputs.len()) && inputs.iter().all(fits) => Ok(inputs),
        _ => Err(Refusal::invalid("'$.input' is invalid.")),
    }
}

/// Role and text of every message.
pub fn texts(ask: &Value) -> Vec<(String, String)> {
    let messages = ask["messages"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let text = |content: &Value| match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts = parts.iter().filter_map(|part| part["text"].as_str());
            texts.collect::<Vec<_>>().join("\n")
        }
        _ => String::new(),
    };
    let role = |message: &Value| message["role"].as_str().unwrap_or_default().to_owned();
    messages
        .iter()
        .map(|message| (role(message), text(&message["content"])))
        .collect()
}
