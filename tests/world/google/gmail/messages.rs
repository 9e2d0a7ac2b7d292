//! `users.messages`.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Answer;
use super::render::{self, Format};
use super::request::{Ask, MessageIn, page};
use super::search;
use super::state::{MailboxState, StoredMessage};
use crate::google::oauth;
use crate::google::refusal::Refusal;

/// Gmail's own limit for the JSON way of sending.
const LARGEST_MAIL: usize = 36_700_160;

pub fn list(ask: &Ask) -> Answer {
    let found = find(ask)?;
    let (page, next) = page(ask, &found)?;
    let mut body = json!({ "resultSizeEstimate": found.len() });
    if !page.is_empty() {
        body["messages"] = page.iter().map(reference).collect();
    }
    if let Some(next) = next {
        body["nextPageToken"] = json!(next);
    }
    Ok(Some(body))
}

/// What `q`, `labelIds` and `includeSpamTrash` select.
pub fn find(ask: &Ask) -> Result<Vec<StoredMessage>, Refusal> {
    let query = ask.param("q").unwrap_or_default();
    if !query.is_empty() && !oauth::covers(&ask.scopes, super::BODIES) {
        let message = "Metadata scope does not support 'q' parameter";
        return Err(Refusal::new(
            axum::http::StatusCode::FORBIDDEN,
            "forbidden",
            message,
        ));
    }
    let labels: Vec<&str> = ask.params("labelIds").collect();
    let everywhere = ask.param("includeSpamTrash") == Some("true");
    ask.mailbox(|mailbox, _| {
        check_labels(mailbox, labels.iter().copied())?;
        search::select(mailbox, query, &labels, everywhere)
    })
}

pub fn get(ask: &Ask) -> Answer {
    let format = Format::parse(ask.param("format"))?;
    let metadata_only = !oauth::covers(&ask.scopes, super::BODIES);
    if metadata_only && matches!(format, Format::Full | Format::Raw) {
        let message = "Metadata scope doesn't allow format FULL";
        return Err(Refusal::new(
            axum::http::StatusCode::FORBIDDEN,
            "forbidden",
            message,
        ));
    }
    let wanted: Vec<&str> = ask.params("metadataHeaders").collect();
    ask.mailbox(|mailbox, _| {
        let stored = existing(mailbox, ask.segment("id"))?;
        let mut message = render::message(stored, format, &wanted);
        if mailbox.quirks.garbled.contains(&stored.id) && format == Format::Raw {
            message["raw"] = json!("%%% no base64 %%%");
        }
        Ok(Some(message))
    })
}

pub fn attachment(ask: &Ask) -> Answer {
    ask.mailbox(|mailbox, _| {
        let stored = existing(mailbox, ask.segment("message_id"))?;
        let octets = render::attachment(stored, ask.segment("id"));
        let octets = octets.ok_or_else(|| Refusal::invalid_argument("Invalid attachment token"))?;
        let data = BASE64_URL_SAFE.encode(&octets);
        Ok(Some(json!({ "size": octets.len(), "data": data })))
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Modify {
    #[serde(default)]
    add_label_ids: Vec<String>,
    #[serde(default)]
    remove_label_ids: Vec<String>,
}

pub fn modify(ask: &Ask) -> Answer {
    let change: Modify = ask.body()?;
    let named = || {
        change
            .add_label_ids
            .iter()
            .chain(&change.remove_label_ids)
            .map(String::as_str)
    };
    if named().next().is_none() {
        return Err(Refusal::invalid_argument(
            "No label add or removes specified",
        ));
    }
    if let Some(fixed) = named().find(|label| ["SENT", "DRAFT", "CHAT"].contains(label)) {
        return Err(Refusal::invalid_argument(format!("Invalid label: {fixed}")));
    }
    let id = ask.segment("id");
    ask.mailbox(|mailbox, _| {
        check_labels(mailbox, named())?;
        existing(mailbox, id)?;
        mailbox.relabel(id, &change.add_label_ids, &change.remove_label_ids);
        Ok(Some(labelled(existing(mailbox, id)?)))
    })
}

pub fn send(ask: &Ask) -> Answer {
    let message: MessageIn = ask.body()?;
    let raw = message.mail()?;
    if raw.len() > LARGEST_MAIL {
        return Err(Refusal::invalid_argument("Message too large."));
    }
    let thread = message.thread_id.as_deref();
    let sent = ask.update(|state, now| state.send(&ask.address, &raw, thread, now))?;
    Ok(Some(labelled(&sent)))
}

/// The message, or 404.
pub fn existing<'a>(mailbox: &'a MailboxState, id: &str) -> Result<&'a StoredMessage, Refusal> {
    let known = id.len() <= 16 && id.chars().all(|c| c.is_ascii_hexdigit());
    if !known {
        return Err(Refusal::invalid_argument("Invalid id value"));
    }
    mailbox.messages.get(id).ok_or_else(Refusal::not_found)
}

/// Id and thread, as lists show messages.
pub fn reference(message: &StoredMessage) -> Value {
    json!({ "id": message.id, "threadId": message.thread_id })
}

/// Id, thread and labels, as changes answer.
pub fn labelled(message: &StoredMessage) -> Value {
    json!({ "id": message.id, "threadId": message.thread_id, "labelIds": message.labels })
}

fn check_labels<'a>(
    mailbox: &MailboxState,
    mut labels: impl Iterator<Item = &'a str>,
) -> Result<(), Refusal> {
    match labels.find(|id| !mailbox.labels.iter().any(|label| label.id == **id)) {
        None => Ok(()),
        Some(unknown) => Err(Refusal::invalid_argument(format!(
            "Invalid label: {unknown}"
        ))),
    }
}
