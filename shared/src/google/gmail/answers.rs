//! What Gmail answers, and how it becomes ours.
//!
//! Ids are read first and one by one: a record that cannot be read costs itself, not its page.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tracing::warn;
use url::Url;

use super::{Change, Drafted, HistoryPage, IdPage, Outline, Profile, RawMessage, Watching};
use crate::domain::ids::{DraftId, GmailMessageId, GmailThreadId, HistoryId};
use crate::google::wire::{self, Number};

const INBOX: &str = "INBOX";
const MESSAGE_ID: &str = "Message-ID";
const REPLY_MARK: &str = "X-Luma-Reply-Id";
const LETTER_MARK: &str = "X-Luma-Letter-Id";

/// Asks for messages without their text, with the headers that an outline needs.
pub(super) fn ask_for_headers(url: &mut Url) {
    let names = [MESSAGE_ID, REPLY_MARK, LETTER_MARK];
    url.query_pairs_mut()
        .append_pair("format", "metadata")
        .extend_pairs(names.map(|name| ("metadataHeaders", name)));
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProfileAnswer {
    email_address: String,
    history_id: Number,
}

impl From<ProfileAnswer> for Profile {
    fn from(answer: ProfileAnswer) -> Self {
        Self {
            address: answer.email_address,
            history_id: HistoryId(answer.history_id.0),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WatchAnswer {
    history_id: Number,
    /// Milliseconds since 1970.
    expiration: Number,
}

impl WatchAnswer {
    pub(super) fn into_watching(self) -> Option<Watching> {
        let millis = i64::try_from(self.expiration.0).ok()?;
        let expires_at = DateTime::from_timestamp_millis(millis)?;
        Some(Watching {
            history_id: HistoryId(self.history_id.0),
            expires_at,
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HistoryAnswer {
    /// Absent when nothing happened.
    #[serde(default)]
    history: Vec<Value>,
    next_page_token: Option<String>,
    history_id: Option<Number>,
}

/// `messages` is left out: it repeats the others.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Record {
    messages_added: Vec<Value>,
    labels_added: Vec<Value>,
}

#[derive(Deserialize)]
struct RecordId {
    id: Number,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Added {
    message: MessageRef,
    /// Of `labelsAdded`: the labels that were added.
    #[serde(default)]
    label_ids: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MessageRef {
    id: String,
    thread_id: Option<String>,
    label_ids: Option<Vec<String>>,
}

impl HistoryAnswer {
    pub(super) fn into_page(self, start: HistoryId) -> HistoryPage {
        let record_ids = self.history.iter().filter_map(|record| {
            let RecordId { id } = RecordId::deserialize(record).ok()?;
            Some(HistoryId(id.0))
        });
        let last_record = record_ids.max();
        let mut changes = Changes::default();
        for record in readable::<Record>(self.history) {
            readable::<Added>(record.messages_added).for_each(|added| changes.add(added.message));
            readable::<Added>(record.labels_added)
                .filter(|added| added.label_ids.iter().any(|label| label == INBOX))
                .for_each(|added| changes.add(added.message));
        }
        HistoryPage {
            changes: changes.in_order,
            next_page: self.next_page_token.filter(|token| !token.is_empty()),
            history_id: self
                .history_id
                .map_or(last_record.unwrap_or(start), |id| HistoryId(id.0)),
            last_record,
        }
    }
}

/// Each message once, where it was first seen.
#[derive(Default)]
struct Changes {
    in_order: Vec<Change>,
    places: HashMap<String, usize>,
}

impl Changes {
    fn add(&mut self, message: MessageRef) {
        if let Some(place) = self.places.get(&message.id) {
            let inbox = |labels: &Option<Vec<String>>| {
                labels.iter().flatten().any(|label| label == "INBOX")
            };
            let known = &mut self.in_order[*place].labels;
            // Records come in any order: one that shows the message in the inbox is not outdone.
            if message.label_ids.is_some() && (!inbox(known) || inbox(&message.label_ids)) {
                *known = message.label_ids;
            }
            return;
        }
        self.places.insert(message.id.clone(), self.in_order.len());
        let (message_id, thread) = message.ids();
        self.in_order.push(Change {
            message: message_id,
            thread,
            labels: message.label_ids,
        });
    }
}

impl MessageRef {
    /// A thread is named after its first message, so that is what stands in for a missing name; the
    /// message itself will say.
    fn ids(&self) -> (GmailMessageId, GmailThreadId) {
        let thread = self.thread_id.as_ref().unwrap_or(&self.id);
        (
            GmailMessageId(self.id.clone()),
            GmailThreadId(thread.clone()),
        )
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MessagesAnswer {
    #[serde(default)]
    messages: Vec<Value>,
    next_page_token: Option<String>,
}

impl From<MessagesAnswer> for IdPage {
    fn from(answer: MessagesAnswer) -> Self {
        Self {
            ids: readable::<MessageRef>(answer.messages)
                .map(|one| one.ids())
                .collect(),
            next_page: answer.next_page_token.filter(|token| !token.is_empty()),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MessageAnswer {
    id: String,
    thread_id: String,
    #[serde(default)]
    label_ids: Vec<String>,
    #[serde(default)]
    internal_date: Value,
    size_estimate: Option<Number>,
    raw: Option<String>,
    #[serde(default)]
    payload: Payload,
}

#[derive(Default, Deserialize)]
struct Payload {
    #[serde(default)]
    headers: Vec<Header>,
}

#[derive(Deserialize)]
pub(super) struct Header {
    pub(super) name: String,
    pub(super) value: String,
}

impl MessageAnswer {
    pub(super) fn into_ids(self) -> (GmailMessageId, GmailThreadId) {
        (GmailMessageId(self.id), GmailThreadId(self.thread_id))
    }

    pub(super) fn into_raw(self) -> Option<RawMessage> {
        let raw = wire::base64(self.raw.as_deref()?)?;
        Some(RawMessage {
            received_at: instant(&self.internal_date)?,
            size: self.size_estimate.map_or(raw.len() as u64, |size| size.0),
            id: GmailMessageId(self.id),
            thread: GmailThreadId(self.thread_id),
            labels: self.label_ids,
            raw,
            without_attachments: false,
        })
    }

    pub(super) fn into_outline(self) -> Option<Outline> {
        let header = |name: &str| {
            // Header names come in the sender's letter case.
            let found = self
                .payload
                .headers
                .iter()
                .find(|one| one.name.eq_ignore_ascii_case(name));
            found.map(|header| header.value.trim().to_owned())
        };
        Some(Outline {
            received_at: instant(&self.internal_date)?,
            message_id: header(MESSAGE_ID),
            reply_mark: header(REPLY_MARK),
            letter_mark: header(LETTER_MARK),
            id: GmailMessageId(self.id),
            labels: self.label_ids,
        })
    }
}

#[derive(Deserialize)]
pub(super) struct ThreadAnswer {
    #[serde(default)]
    messages: Vec<MessageAnswer>,
}

impl ThreadAnswer {
    pub(super) fn into_outlines(self) -> Option<Vec<Outline>> {
        self.messages
            .into_iter()
            .map(MessageAnswer::into_outline)
            .collect()
    }
}

#[derive(Deserialize)]
pub(super) struct DraftAnswer {
    id: String,
    message: MessageRef,
}

impl DraftAnswer {
    pub(super) fn into_drafted(self) -> Drafted {
        let (message, thread) = self.message.ids();
        Drafted {
            draft: DraftId(self.id),
            message,
            thread,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DraftsAnswer {
    #[serde(default)]
    drafts: Vec<DraftAnswer>,
    next_page_token: Option<String>,
}

impl DraftsAnswer {
    /// The draft of a message if it is on this page, and the next page's token.
    pub(super) fn find(self, message: &GmailMessageId) -> (Option<DraftId>, Option<String>) {
        let found = self
            .drafts
            .into_iter()
            .find(|draft| draft.message.id == message.0);
        let next_page = self.next_page_token.filter(|token| !token.is_empty());
        (found.map(|draft| DraftId(draft.id)), next_page)
    }
}

/// The entries that can be read; how many cannot is logged.
fn readable<T: DeserializeOwned>(entries: Vec<Value>) -> impl Iterator<Item = T> {
    entries.into_iter().filter_map(|entry| {
        let read = serde_json::from_value(entry);
        if read.is_err() {
            warn!("Gmail sent an entry that cannot be read");
        }
        read.ok()
    })
}

/// Milliseconds since 1970, as text or as a number; imported mail may be older than that. A number
/// beyond the calendar is the calendar's end: who stores it says what may be believed.
pub(super) fn instant(millis: &Value) -> Option<DateTime<Utc>> {
    let millis: i128 = match millis {
        Value::Number(number) => number.as_i128()?,
        text => text.as_str()?.trim().parse().ok()?,
    };
    let end = if millis < 0 {
        DateTime::<Utc>::MIN_UTC
    } else {
        DateTime::<Utc>::MAX_UTC
    };
    let known = i64::try_from(millis)
        .ok()
        .and_then(DateTime::from_timestamp_millis);
    Some(known.unwrap_or(end))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer<T: DeserializeOwned>(json: &Value) -> T {
        wire::decode(json.to_string().as_bytes()).unwrap()
    }

    fn page(json: &Value) -> HistoryPage {
        answer::<HistoryAnswer>(json).into_page(HistoryId(5))
    }

    fn seen(page: &HistoryPage) -> Vec<&str> {
        page.changes
            .iter()
            .map(|change| change.message.0.as_str())
            .collect()
    }

    #[test]
    fn a_page_of_history_names_each_message_once_in_order() {
        let message = |id: &str| json!({"message": {"id": id, "threadId": "t1"}});
        let page = page(&json!({
            "history": [
                {"id": "12", "messages": [{"id": "m9", "threadId": "t1"}],
                 "messagesAdded": [message("m2"), message("m1")]},
                {"id": "11", "messagesAdded": [message("m2")]},
                {"id": 1000, "messagesAdded": [message("m3")]},
            ],
            "nextPageToken": "next", "historyId": "2000",
        }));
        assert_eq!(seen(&page), ["m2", "m1", "m3"]);
        assert_eq!(page.last_record, Some(HistoryId(1_000)));
        assert_eq!(page.history_id, HistoryId(2_000));
        assert_eq!(page.next_page.as_deref(), Some("next"));
    }

    #[test]
    fn a_mail_rescued_from_spam_comes_into_view() {
        let labelled = |id: &str, added: &[&str]| {
            json!({"message": {"id": id, "threadId": "t1", "labelIds": ["INBOX", "UNREAD"]},
                   "labelIds": added})
        };
        let page = page(&json!({"history": [
            {"id": "6", "labelsAdded": [labelled("rescued", &["INBOX"]), labelled("starred", &["STARRED"])]},
        ], "historyId": "6"}));
        assert_eq!(seen(&page), ["rescued"]);
        assert_eq!(
            page.changes[0].labels.as_ref().unwrap(),
            &["INBOX", "UNREAD"]
        );
    }

    #[test]
    fn the_newest_labels_count_unless_others_show_it_in_the_inbox() {
        let added =
            |labels: &Value| json!([{"message": {"id": "m", "threadId": "t", "labelIds": labels}}]);
        let (inbox, spam, sent) = (json!(["INBOX"]), json!(["SPAM"]), json!(["SENT"]));
        for (records, labels) in [
            ([&spam, &inbox, &Value::Null], "INBOX"),
            ([&inbox, &spam, &Value::Null], "INBOX"), // a rescue, listed before its spam
            ([&spam, &sent, &Value::Null], "SENT"),
        ] {
            let page = page(&json!({"history": [
                {"id": "6", "messagesAdded": added(records[0])},
                {"id": "7", "messagesAdded": added(records[1])},
                {"id": "8", "messagesAdded": added(records[2])},
            ], "historyId": "8"}));
            assert_eq!(page.changes.len(), 1);
            assert_eq!(page.changes[0].labels.as_ref().unwrap(), &[labels]);
        }
    }

    #[test]
    fn nothing_new_is_an_empty_page() {
        let quiet = page(&json!({"historyId": "9"}));
        assert_eq!(
            (quiet.changes.len(), quiet.history_id, quiet.last_record),
            (0, HistoryId(9), None)
        );
        assert_eq!(page(&json!({})).history_id, HistoryId(5));
    }

    #[test]
    fn an_entry_that_cannot_be_read_costs_only_itself() {
        let page = page(&json!({"history": [
            "nonsense",
            {"id": "x", "messagesAdded": [{"message": {"id": "m1", "threadId": "t"}}]},
            {"id": "7", "messagesAdded": [{"message": {}}, {}, {"message": {"id": "m2"}}]},
        ], "historyId": "8"}));
        assert_eq!(seen(&page), ["m1", "m2"]);
        assert_eq!(page.changes[1].thread, GmailThreadId("m2".into()));
        assert_eq!(page.last_record, Some(HistoryId(7)));
    }

    #[test]
    fn a_list_of_messages_keeps_its_order() {
        let listed: IdPage = answer::<MessagesAnswer>(&json!({"messages": [
            {"id": "b", "threadId": "t1"}, {"id": "a", "threadId": "t2"}, null,
        ], "resultSizeEstimate": 2, "nextPageToken": ""}))
        .into();
        assert_eq!(
            listed.ids[0],
            (GmailMessageId("b".into()), GmailThreadId("t1".into()))
        );
        assert_eq!((listed.ids.len(), listed.next_page), (2, None));
    }

    #[test]
    fn a_watch_lasts_until_an_instant() {
        let watch = |expiration: Value| {
            answer::<WatchAnswer>(&json!({"historyId": "7", "expiration": expiration}))
                .into_watching()
        };
        let until = watch("1431990098200".into()).unwrap().expires_at;
        assert_eq!(until.to_rfc3339(), "2015-05-18T23:01:38.200+00:00");
        assert_eq!(
            watch(json!(1_431_990_098_200_u64)).unwrap().expires_at,
            until
        );
        assert_eq!(watch(json!(u64::MAX)), None);
    }

    fn message(changes: &[(&str, Value)]) -> MessageAnswer {
        let mut message = json!({
            "id": "m1", "threadId": "t1", "labelIds": ["INBOX"], "snippet": "Any 2BR?",
            "historyId": "7", "internalDate": "1763805600000", "sizeEstimate": 11,
            "raw": "U3ViamVjdDogPw0K",
        });
        for (name, value) in changes {
            message[name] = value.clone();
        }
        answer(&message)
    }

    #[test]
    fn a_raw_message_is_its_bytes() {
        let raw = message(&[]).into_raw().unwrap();
        assert_eq!(raw.raw, b"Subject: ?\r\n");
        assert_eq!(raw.received_at.timestamp(), 1_763_805_600);
        assert_eq!((raw.size, raw.labels), (11, vec!["INBOX".to_owned()]));
        let old = message(&[("internalDate", json!(-1)), ("sizeEstimate", Value::Null)]);
        let old = old.into_raw().unwrap();
        assert_eq!((old.received_at.timestamp_millis(), old.size), (-1, 12));
    }

    #[test]
    fn a_message_without_its_bytes_or_its_time_is_unreadable() {
        for (name, value) in [
            ("raw", Value::Null),
            ("raw", "!".into()),
            ("internalDate", "x".into()),
        ] {
            assert!(message(&[(name, value)]).into_raw().is_none(), "{name}");
        }
    }

    #[test]
    fn an_odd_snippet_does_not_hide_the_message() {
        let body =
            br#"{"id":"m1","threadId":"t1","internalDate":"1","raw":"aGk=","snippet":"\ud83d"}"#;
        let message: MessageAnswer = wire::decode(body).unwrap();
        assert_eq!(message.into_raw().unwrap().raw, b"hi");
    }

    #[test]
    fn an_outline_finds_headers_in_any_letter_case() {
        let headers = json!({"headers": [
            {"name": "Message-Id", "value": " <a@b.example>"},
            {"name": "X-LUMA-REPLY-ID", "value": "r1"},
            {"name": "x-luma-letter-id", "value": "l1"},
        ]});
        let outline = message(&[("payload", headers)]).into_outline().unwrap();
        assert_eq!(outline.message_id.as_deref(), Some("<a@b.example>"));
        assert_eq!(outline.reply_mark.as_deref(), Some("r1"));
        assert_eq!(outline.letter_mark.as_deref(), Some("l1"));
        assert_eq!(message(&[]).into_outline().unwrap().message_id, None);
    }

    #[test]
    fn a_thread_is_outlined_whole_or_not_at_all() {
        let whole = json!({"id": "t1", "messages": [
            {"id": "m1", "threadId": "t1", "internalDate": "1"},
            {"id": "m2", "threadId": "t1", "internalDate": "2"},
        ]});
        assert_eq!(
            answer::<ThreadAnswer>(&whole)
                .into_outlines()
                .unwrap()
                .len(),
            2
        );
        let mut part = whole.clone();
        part["messages"][1]["internalDate"] = Value::Null;
        assert_eq!(answer::<ThreadAnswer>(&part).into_outlines(), None);
        part["messages"][1] = json!({});
        assert!(wire::decode::<ThreadAnswer>(part.to_string().as_bytes()).is_none());
    }

    #[test]
    fn a_draft_is_found_by_the_message_that_it_is() {
        let drafts = json!({"drafts": [
            {"id": "r-1", "message": {"id": "m1", "threadId": "t1"}},
            {"id": "r-2", "message": {"id": "m2", "threadId": "t1"}},
        ], "nextPageToken": "next"});
        let find = |id: &str| answer::<DraftsAnswer>(&drafts).find(&GmailMessageId(id.into()));
        assert_eq!(find("m2").0, Some(DraftId("r-2".into())));
        assert_eq!(find("m3"), (None, Some("next".into())));
        let none: DraftsAnswer = answer(&json!({"resultSizeEstimate": 0}));
        assert_eq!(none.find(&GmailMessageId("m1".into())), (None, None));
    }
}
