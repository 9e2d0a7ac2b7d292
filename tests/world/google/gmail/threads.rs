//! `users.threads`.

use serde_json::{Value, json};

use super::Answer;
use super::messages;
use super::render::{self, Format};
use super::request::{Ask, page};
use crate::google::oauth;
use crate::google::refusal::Refusal;

pub fn list(ask: &Ask) -> Answer {
    let mut found = messages::find(ask)?;
    let mut seen = std::collections::BTreeSet::new();
    found.retain(|message| seen.insert(message.thread_id.clone()));
    let (page, next) = page(ask, &found)?;
    let mut body = json!({ "resultSizeEstimate": found.len() });
    if !page.is_empty() {
        let threads = page.iter().map(
            |newest| json!({ "id": newest.thread_id, "historyId": newest.history_id.to_string() }),
        );
        body["threads"] = threads.collect();
    }
    if let Some(next) = next {
        body["nextPageToken"] = json!(next);
    }
    Ok(Some(body))
}

pub fn get(ask: &Ask) -> Answer {
    let format = Format::parse(ask.param("format"))?;
    if format == Format::Raw {
        return Err(Refusal::invalid_argument("Invalid format: raw"));
    }
    if format == Format::Full && !oauth::covers(&ask.scopes, super::BODIES) {
        let message = "Metadata scope doesn't allow format FULL";
        return Err(Refusal::new(
            axum::http::StatusCode::FORBIDDEN,
            "forbidden",
            message,
        ));
    }
    let wanted: Vec<&str> = ask.params("metadataHeaders").collect();
    let id = ask.segment("id");
    ask.mailbox(|mailbox, _| {
        let thread = mailbox.thread(id);
        let newest = thread.iter().map(|message| message.history_id).max();
        let newest = newest.ok_or_else(Refusal::not_found)?;
        let messages: Vec<Value> = thread
            .iter()
            .map(|message| render::message(message, format, &wanted))
            .collect();
        Ok(Some(
            json!({ "id": id, "historyId": newest.to_string(), "messages": messages }),
        ))
    })
}
