//! `users.drafts`: a draft keeps its id; every save, and the sending, make a new message.

use serde::Deserialize;
use serde_json::{Value, json};

use super::Answer;
use super::messages::{labelled, reference};
use super::render::{self, Format};
use super::request::{Ask, MessageIn, page};
use super::search;
use super::state::{Draft, MailboxState, StoredMessage};
use crate::google::State;
use crate::google::refusal::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DraftIn {
    id: Option<String>,
    message: Option<MessageIn>,
}

pub fn create(ask: &Ask) -> Answer {
    let (raw, thread) = content(ask.body()?)?;
    ask.update(|state, now| {
        let id = format!("r-{}", 4_000_000_000_000_000_000 + state.ids.number());
        let mailbox = state.mailbox_mut(&ask.address);
        let thread = mailbox.thread_of_outgoing(&raw, thread.as_deref())?;
        let message = mailbox.insert(raw, &["DRAFT"], thread, now);
        let draft = Draft {
            id: id.clone(),
            message_id: message.id.clone(),
        };
        mailbox.drafts.insert(id.clone(), draft);
        Ok(Some(json!({ "id": id, "message": labelled(&message) })))
    })
}

pub fn update(ask: &Ask) -> Answer {
    let (raw, thread) = content(ask.body()?)?;
    let id = ask.segment("id");
    ask.mailbox(|mailbox, now| {
        let old = existing(mailbox, id)?.clone();
        let thread = match thread {
            Some(named) => mailbox.thread_of_outgoing(&raw, Some(&named))?,
            None => Some(old.thread_id.clone()),
        };
        let message = save(mailbox, id, &old, raw, thread, now);
        Ok(Some(json!({ "id": id, "message": labelled(&message) })))
    })
}

/// Puts another message in the place of a draft's.
pub fn save(
    mailbox: &mut MailboxState,
    id: &str,
    old: &StoredMessage,
    raw: Vec<u8>,
    thread: Option<String>,
    now: i64,
) -> StoredMessage {
    mailbox.delete(&old.id);
    let message = mailbox.insert(raw, &["DRAFT"], thread, now);
    let draft = Draft {
        id: id.to_owned(),
        message_id: message.id.clone(),
    };
    mailbox.drafts.insert(id.to_owned(), draft);
    message
}

pub fn send(ask: &Ask) -> Answer {
    let draft: DraftIn = ask.body()?;
    let id = draft.id.filter(|id| !id.is_empty());
    let id = id.ok_or_else(|| Refusal::invalid_argument("Missing draft id"))?;
    let replacement = draft.message.filter(|message| message.raw.is_some());
    let replacement = replacement.map(|message| message.mail()).transpose()?;
    ask.update(|state, now| {
        let sent = send_draft(state, &ask.address, &id, replacement, now)?;
        Ok(Some(labelled(&sent)))
    })
}

/// Sends a draft, which is then gone; a refusal leaves it as it was.
pub fn send_draft(
    state: &mut State,
    address: &str,
    id: &str,
    replacement: Option<Vec<u8>>,
    now: i64,
) -> Result<StoredMessage, Refusal> {
    let old = existing(state.mailbox_mut(address), id)?.clone();
    let raw = replacement.unwrap_or_else(|| old.raw.clone());
    // Its own message does not count as part of the thread that it is to join.
    let alone = state.mailbox_mut(address).thread(&old.thread_id).len() == 1;
    let thread = (!alone).then_some(old.thread_id.as_str());
    let sent = state.send(address, &raw, thread, now)?;
    let mailbox = state.mailbox_mut(address);
    mailbox.delete(&old.id);
    mailbox.drafts.remove(id);
    Ok(sent)
}

pub fn delete(ask: &Ask) -> Answer {
    let id = ask.segment("id");
    ask.mailbox(|mailbox, _| {
        let message = existing(mailbox, id)?.id.clone();
        mailbox.delete(&message);
        mailbox.drafts.remove(id);
        Ok(None)
    })
}

pub fn get(ask: &Ask) -> Answer {
    let format = Format::parse(ask.param("format"))?;
    let id = ask.segment("id");
    ask.mailbox(|mailbox, _| {
        let stored = existing(mailbox, id)?;
        Ok(Some(
            json!({ "id": id, "message": render::message(stored, format, &[]) }),
        ))
    })
}

pub fn list(ask: &Ask) -> Answer {
    let everywhere = ask.param("includeSpamTrash") == Some("true");
    let query = ask.param("q").unwrap_or_default();
    ask.mailbox(|mailbox, _| {
        let mut found = search::select(mailbox, query, &["DRAFT"], everywhere)?;
        found.retain(|message| draft_of(mailbox, message).is_some());
        let (page, next) = page(ask, &found)?;
        let mut body = json!({ "resultSizeEstimate": found.len() });
        if !page.is_empty() {
            let shown = page.iter().map(|message| {
                let id = draft_of(mailbox, message).map(|draft| draft.id.as_str());
                json!({ "id": id, "message": reference(message) })
            });
            body["drafts"] = shown.collect::<Vec<Value>>().into();
        }
        if let Some(next) = next {
            body["nextPageToken"] = json!(next);
        }
        Ok(Some(body))
    })
}

fn content(draft: DraftIn) -> Result<(Vec<u8>, Option<String>), Refusal> {
    let message = draft
        .message
        .ok_or_else(|| Refusal::invalid_argument("Missing message"))?;
    Ok((message.mail()?, message.thread_id))
}

fn existing<'a>(mailbox: &'a MailboxState, id: &str) -> Result<&'a StoredMessage, Refusal> {
    let draft = mailbox.drafts.get(id);
    let message = draft.and_then(|draft| mailbox.messages.get(&draft.message_id));
    message.ok_or_else(Refusal::not_found)
}

fn draft_of<'a>(mailbox: &'a MailboxState, message: &StoredMessage) -> Option<&'a Draft> {
    mailbox
        .drafts
        .values()
        .find(|draft| draft.message_id == message.id)
}
