//! `users.history.list`: what changed after an id, oldest first, in pages.

use serde_json::{Value, json};

use super::Answer;
use super::messages::{labelled, reference};
use super::request::Ask;
use super::state::{Change, HistoryRecord};
use crate::google::refusal::Refusal;

const TYPES: [&str; 4] = [
    "messageAdded",
    "messageDeleted",
    "labelAdded",
    "labelRemoved",
];

pub fn list(ask: &Ask) -> Answer {
    let number = |name: &str| ask.param(name).map(str::parse::<u64>).transpose();
    let start = number("startHistoryId").ok().flatten();
    let start = start.ok_or_else(|| Refusal::invalid_argument("Invalid startHistoryId"))?;
    let after = number("pageToken").map_err(|_| Refusal::invalid_argument("Invalid pageToken"))?;
    let types: Vec<&str> = ask.params("historyTypes").collect();
    if let Some(unknown) = types.iter().find(|name| !TYPES.contains(name)) {
        return Err(Refusal::invalid_argument(format!(
            "Invalid value at 'history_types': {unknown}"
        )));
    }
    let label = ask.param("labelId");
    let size = ask.page_size()?;
    ask.mailbox(|mailbox, _| {
        if start < mailbox.history_floor || start > mailbox.history_id {
            return Err(Refusal::not_found());
        }
        // A page token is the last id of the page before, so that changes which happen between
        // two pages come with the last one.
        let after = after.unwrap_or(start).max(start);
        let mut wanted = mailbox.history.iter().filter(|record| {
            record.id > after
                && mailbox
                    .quirks
                    .hidden_after
                    .is_none_or(|shown| record.id <= shown)
                && (types.is_empty() || types.contains(&kind(&record.change)))
                && label.is_none_or(|label| concerns(record, label))
        });
        let page: Vec<&HistoryRecord> = wanted.by_ref().take(size).collect();
        let mut body = json!({ "historyId": mailbox.history_id.to_string() });
        if !page.is_empty() {
            body["history"] = page.iter().copied().map(show).collect();
        }
        if let (Some(_), Some(last)) = (wanted.next(), page.last()) {
            body["nextPageToken"] = json!(last.id.to_string());
        }
        Ok(Some(body))
    })
}

fn kind(change: &Change) -> &'static str {
    match change {
        Change::MessageAdded => TYPES[0],
        Change::MessageDeleted => TYPES[1],
        Change::LabelsAdded(_) => TYPES[2],
        Change::LabelsRemoved(_) => TYPES[3],
    }
}

fn concerns(record: &HistoryRecord, label: &str) -> bool {
    let removed = match &record.change {
        Change::LabelsRemoved(labels) => labels.iter().any(|removed| removed == label),
        _ => false,
    };
    removed || record.message.has(label)
}

fn show(record: &HistoryRecord) -> Value {
    let reference = reference(&record.message);
    let message = labelled(&record.message);
    let mut shown = json!({ "id": record.id.to_string(), "messages": [reference] });
    let (field, entry) = match &record.change {
        Change::MessageAdded => ("messagesAdded", json!({ "message": message })),
        Change::MessageDeleted => ("messagesDeleted", json!({ "message": message })),
        Change::LabelsAdded(ids) => (
            "labelsAdded",
            json!({ "message": message, "labelIds": ids }),
        ),
        Change::LabelsRemoved(ids) => (
            "labelsRemoved",
            json!({ "message": message, "labelIds": ids }),
        ),
    };
    shown[field] = json!([entry]);
    shown
}
