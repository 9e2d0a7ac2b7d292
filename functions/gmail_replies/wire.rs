//! What the requests and answers about replies look like.

use serde::Deserialize;
use serde_json::{Value, json};
use shared::app::threads::Reply;
use shared::domain::reply::ReplyState;
use shared::error::{Error, Result};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct In {
    pub body_text: String,
}

pub fn state(text: &str) -> Result<ReplyState> {
    ReplyState::parse(text).ok_or(Error::invalid("status", "no such state"))
}

/// A reply, in a list and within its thread.
pub fn reply(reply: &Reply) -> Value {
    json!({
        "id": reply.id.0,
        "threadId": reply.thread.0,
        "messageId": reply.message.0,
        "state": reply.state.as_str(),
        "bodyText": reply.body_text,
        "confidence": reply.confidence,
        "reasons": reply.reasons,
        "dueAt": reply.due_at,
        "sentAt": reply.sent_at,
    })
}
