//! The ways in which a model, or what stands before it, goes wrong.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::completion;
use super::request::Refusal;

/// One way for a completion to go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misbehaviour {
    /// No answer ever.
    Timeout,
    ServerError,
    /// 429 `rate_limit_exceeded`, to be tried again after a second.
    RateLimited,
    /// 429 `insufficient_quota`: the bill was not paid; trying again is of no use.
    InsufficientQuota,
    /// The `refusal` field instead of content.
    Refuses,
    /// Well-formed, but the text says that it cannot help.
    RefusesPolitely,
    /// `finish_reason: length`, with half of the JSON.
    CutShort,
    ContentFilter,
    EmptyContent,
    NullContent,
    InvalidJson,
    ExtraKeys,
    MissingKeys,
    WrongTypes,
    /// Markdown and HTML in a text that must be plain.
    Markup,
    /// A body of a hundred thousand characters.
    HugeBody,
    /// Line breaks and headers in the body's first lines.
    HeaderInjection,
    HandsOff,
    NoChoices,
    /// The right JSON inside a Markdown code fence.
    CodeFence,
    /// A page of HTML with status 200, as a proxy shows.
    ProxyPage,
}

impl Misbehaviour {
    /// Every kind, for tables.
    pub const ALL: [Misbehaviour; 21] = [
        Misbehaviour::Timeout,
        Misbehaviour::ServerError,
        Misbehaviour::RateLimited,
        Misbehaviour::InsufficientQuota,
        Misbehaviour::Refuses,
        Misbehaviour::RefusesPolitely,
        Misbehaviour::CutShort,
        Misbehaviour::ContentFilter,
        Misbehaviour::EmptyContent,
        Misbehaviour::NullContent,
        Misbehaviour::InvalidJson,
        Misbehaviour::ExtraKeys,
        Misbehaviour::MissingKeys,
        Misbehaviour::WrongTypes,
        Misbehaviour::Markup,
        Misbehaviour::HugeBody,
        Misbehaviour::HeaderInjection,
        Misbehaviour::HandsOff,
        Misbehaviour::NoChoices,
        Misbehaviour::CodeFence,
        Misbehaviour::ProxyPage,
    ];

    /// The wrong response where `good` would have been the right content; `None` is silence.
    pub(super) fn act(self, model: &str, good: Value) -> Option<Response> {
        let refuse = |status: u16, code: &str, message: &str| {
            let status = StatusCode::from_u16(status).unwrap();
            Some(Refusal::new(status, code, message).into_response())
        };
        match self {
            Misbehaviour::Timeout => None,
            Misbehaviour::ServerError => refuse(500, "server_error", "The server had an error."),
            Misbehaviour::RateLimited => {
                let mut limited = refuse(429, "rate_limit_exceeded", "Rate limit reached.")?;
                limited
                    .headers_mut()
                    .insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
                Some(limited)
            }
            Misbehaviour::InsufficientQuota => refuse(
                429,
                "insufficient_quota",
                "You exceeded your current quota.",
            ),
            Misbehaviour::NoChoices => {
                let mut empty = completion(model, &Value::Null, "stop");
                empty["choices"] = json!([]);
                Some(Json(empty).into_response())
            }
            Misbehaviour::ProxyPage => {
                let kind = [(header::CONTENT_TYPE, "text/html")];
                Some((kind, "<html><body>Please sign in</body></html>").into_response())
            }
            other => Some(other.completion(model, good)),
        }
    }

    /// A response that is a completion, but not the right one.
    fn completion(self, model: &str, good: Value) -> Response {
        let (content, refusal, finish_reason) = match self {
            Misbehaviour::Refuses => (
                Value::Null,
                json!("I'm sorry, I can't assist with that."),
                "stop",
            ),
            Misbehaviour::ContentFilter => (json!(""), Value::Null, "content_filter"),
            Misbehaviour::NullContent => (Value::Null, Value::Null, "stop"),
            Misbehaviour::CutShort => {
                let whole = good.to_string();
                let half: String = whole.chars().take(whole.chars().count() / 2).collect();
                (json!(half), Value::Null, "length")
            }
            other => (json!(other.content(good)), Value::Null, "stop"),
        };
        let message = json!({ "role": "assistant", "content": content, "refusal": refusal });
        Json(completion(model, &message, finish_reason)).into_response()
    }

    /// Content that arrives complete, and is wrong.
    fn content(self, mut good: Value) -> String {
        let mut body = |text: String| {
            good["body"] = json!(text);
            good["action"] = json!("reply");
        };
        match self {
            Misbehaviour::EmptyContent => return String::new(),
            Misbehaviour::InvalidJson => return "{\"action\": \"reply\", \"body\": }".to_owned(),
            Misbehaviour::CodeFence => return format!("```json\n{good}\n```"),
            Misbehaviour::RefusesPolitely => {
                body("I'm sorry, but as an AI language model I can't help with that.".to_owned());
            }
            Misbehaviour::Markup => {
                body(
                    "# Welcome\n**Two** homes are [open](https://example.com).<br><b>Call</b>"
                        .into(),
                );
            }
            Misbehaviour::HugeBody => body("We would love to show you around. ".repeat(3_000)),
            Misbehaviour::HeaderInjection => {
                body(
                    "Hello\r\nBcc: everyone@example.com\r\nSubject: Free rent\r\n\r\nHello".into(),
                );
            }
            Misbehaviour::HandsOff => {
                body("A colleague will get back to you.".to_owned());
                good["action"] = json!("hand_off");
            }
            Misbehaviour::ExtraKeys => good["subject"] = json!("A subject nobody asked for"),
            Misbehaviour::MissingKeys => {
                good = json!({ "action": "reply" });
            }
            Misbehaviour::WrongTypes => {
                good["body"] = json!(["Hello"]);
                good["facts_used"] = json!("none");
            }
            _ => {}
        }
        good.to_string()
    }
}
