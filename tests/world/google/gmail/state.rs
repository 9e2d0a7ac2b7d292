//! A mailbox: messages, threads, drafts, labels, history and the watch. No HTTP here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::rfc822;
use crate::google::refusal::Refusal;

/// Source of ids; one for the whole world, so that no two mailboxes share one by accident.
#[derive(Clone, Default)]
pub struct Ids(Arc<AtomicU64>);

impl Ids {
    /// Sixteen hexadecimal digits, as Gmail's ids are; growing, and never the same twice.
    pub fn hex(&self) -> String {
        format!(
            "{:016x}",
            0x18c2_0000_0000_0000 + self.number() * 0x0001_0003
        )
    }

    /// One, two, three…
    pub fn number(&self) -> u64 {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }
}

#[derive(Clone, Debug)]
pub struct StoredMessage {
    pub id: String,
    pub thread_id: String,
    pub labels: BTreeSet<String>,
    /// Epoch milliseconds at which Google accepted it.
    pub internal_date: i64,
    /// The mailbox's history id after the last change to this message.
    pub history_id: u64,
    pub raw: Vec<u8>,
}

impl StoredMessage {
    /// The first header of that name, decoded.
    pub fn header(&self, name: &str) -> Option<String> {
        rfc822::header(&self.raw, name)
    }

    /// The first text body, with LF line ends.
    pub fn text(&self) -> String {
        rfc822::text(&self.raw)
    }

    pub fn has(&self, label: &str) -> bool {
        self.labels.contains(label)
    }
}

/// A draft keeps its id while each save gives it a new message.
#[derive(Clone, Debug)]
pub struct Draft {
    pub id: String,
    pub message_id: String,
}

#[derive(Clone, Debug)]
pub struct Label {
    pub id: String,
    pub name: String,
    pub system: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    MessageAdded,
    MessageDeleted,
    LabelsAdded(Vec<String>),
    LabelsRemoved(Vec<String>),
}

/// One change to one message, with the message as it was right after the change.
#[derive(Clone, Debug)]
pub struct HistoryRecord {
    pub id: u64,
    pub change: Change,
    pub message: StoredMessage,
}

#[derive(Clone, Debug)]
pub struct Watch {
    pub topic: String,
    pub labels: Vec<String>,
    /// Whether `labels` are the only ones to tell about, or the only ones not to.
    pub include: bool,
    /// Epoch milliseconds.
    pub expires_at: i64,
}

/// What a test told the mailbox to do differently.
#[derive(Clone, Debug, Default)]
pub struct Quirks {
    pub rewrites_message_ids: bool,
    pub watch_conflict: bool,
    /// Every call fails.
    pub outage: bool,
    /// Messages whose text cannot be decoded.
    pub garbled: BTreeSet<String>,
    /// Changes are not told, although the watch has not ended.
    pub dead_watch: bool,
    /// The largest page.
    pub page: Option<usize>,
    /// Records after this id are not shown yet.
    pub hidden_after: Option<u64>,
}

pub struct MailboxState {
    pub address: String,
    pub name: String,
    pub messages: BTreeMap<String, StoredMessage>,
    pub drafts: BTreeMap<String, Draft>,
    pub labels: Vec<Label>,
    pub history: Vec<HistoryRecord>,
    pub history_id: u64,
    /// The oldest id that `history.list` still accepts as a start.
    pub history_floor: u64,
    pub watch: Option<Watch>,
    pub quirks: Quirks,
    /// Whether a change since the last look is one that the watch tells about.
    pub notify: bool,
    ids: Ids,
}

pub const SYSTEM_LABELS: [&str; 14] = [
    "INBOX",
    "SENT",
    "DRAFT",
    "SPAM",
    "TRASH",
    "UNREAD",
    "STARRED",
    "IMPORTANT",
    "CHAT",
    "CATEGORY_PERSONAL",
    "CATEGORY_SOCIAL",
    "CATEGORY_PROMOTIONS",
    "CATEGORY_UPDATES",
    "CATEGORY_FORUMS",
];

impl MailboxState {
    pub fn new(address: &str, name: &str, ids: Ids) -> MailboxState {
        let system = |name: &&str| Label {
            id: (*name).into(),
            name: (*name).into(),
            system: true,
        };
        MailboxState {
            address: address.to_owned(),
            name: name.to_owned(),
            messages: BTreeMap::new(),
            drafts: BTreeMap::new(),
            labels: SYSTEM_LABELS.iter().map(system).collect(),
            history: Vec::new(),
            // A few changes away from one more digit, where comparing as text goes wrong.
            history_id: 99_950,
            history_floor: 99_950,
            watch: None,
            quirks: Quirks::default(),
            notify: false,
            ids,
        }
    }

    /// Adds a message to a thread, or to a thread of its own.
    pub fn insert(
        &mut self,
        raw: Vec<u8>,
        labels: &[&str],
        thread: Option<String>,
        now: i64,
    ) -> StoredMessage {
        let id = self.ids.hex();
        self.insert_as(id, raw, labels, thread, now)
    }

    /// Like [`MailboxState::insert`], under a given id: another mailbox may hold the same.
    pub fn insert_as(
        &mut self,
        id: String,
        raw: Vec<u8>,
        labels: &[&str],
        thread: Option<String>,
        now: i64,
    ) -> StoredMessage {
        assert!(
            !self.messages.contains_key(&id),
            "{} already has a message {id}",
            self.address
        );
        let message = StoredMessage {
            thread_id: thread.unwrap_or_else(|| id.clone()),
            id: id.clone(),
            labels: labels.iter().map(|label| (*label).to_owned()).collect(),
            internal_date: now,
            history_id: 0,
            raw,
        };
        self.messages.insert(id.clone(), message);
        self.record(&id, Change::MessageAdded)
    }

    /// Removes a message for good; false when there is none.
    pub fn delete(&mut self, id: &str) -> bool {
        if !self.messages.contains_key(id) {
            return false;
        }
        self.record(id, Change::MessageDeleted);
        self.messages.remove(id);
        true
    }

    /// Adds and removes labels; history tells only what really changed.
    pub fn relabel(&mut self, id: &str, add: &[String], remove: &[String]) {
        let Some(message) = self.messages.get_mut(id) else {
            return;
        };
        let mut added: Vec<String> = add.to_vec();
        added.retain(|label| message.labels.insert(label.clone()));
        let mut removed: Vec<String> = remove.to_vec();
        removed.retain(|label| message.labels.remove(label));
        if !added.is_empty() {
            self.record(id, Change::LabelsAdded(added));
        }
        if !removed.is_empty() {
            self.record(id, Change::LabelsRemoved(removed));
        }
    }

    /// Moves a message to another thread.
    pub fn rethread(&mut self, id: &str, thread: &str) -> StoredMessage {
        let message = self.messages.get_mut(id).unwrap();
        message.thread_id = thread.to_owned();
        self.record(id, Change::MessageAdded)
    }

    /// A thread's messages, oldest first.
    pub fn thread(&self, thread: &str) -> Vec<&StoredMessage> {
        let mut messages: Vec<_> = self
            .messages
            .values()
            .filter(|message| message.thread_id == thread)
            .collect();
        messages.sort_by_key(|message| (message.internal_date, message.id.clone()));
        messages
    }

    /// Where incoming mail belongs: the thread of a mail that it refers to, under the same topic.
    pub fn thread_of_incoming(&self, raw: &[u8]) -> Option<String> {
        let referred = referred(raw);
        let topic = topic(raw);
        let parent = |message: &&StoredMessage| {
            rfc822::message_id(&message.raw).is_some_and(|id| referred.contains(&id))
                && self::topic(&message.raw) == topic
        };
        self.messages
            .values()
            .find(parent)
            .map(|message| message.thread_id.clone())
    }

    /// Where outgoing mail belongs. Gmail puts it into the named thread only when the headers
    /// refer to a mail of that thread and the subject matches; otherwise it starts a new one.
    /// <https://developers.google.com/workspace/gmail/api/guides/threads>
    pub fn thread_of_outgoing(
        &self,
        raw: &[u8],
        named: Option<&str>,
    ) -> Result<Option<String>, Refusal> {
        let Some(named) = named else { return Ok(None) };
        let thread = self.thread(named);
        if thread.is_empty() {
            return Err(Refusal::not_found());
        }
        let referred = referred(raw);
        let refers = thread.iter().any(|message| {
            rfc822::message_id(&message.raw).is_some_and(|id| referred.contains(&id))
        });
        let same_topic = thread
            .iter()
            .any(|message| topic(&message.raw) == topic(raw));
        Ok((refers && same_topic).then(|| named.to_owned()))
    }

    /// Old history is gone: whoever starts from before now is told 404.
    pub fn expire_history(&mut self) {
        self.next_history_id();
        self.history.clear();
        self.history_floor = self.history_id;
    }

    fn record(&mut self, id: &str, change: Change) -> StoredMessage {
        let history_id = self.next_history_id();
        let message = self.messages.get_mut(id).unwrap();
        message.history_id = history_id;
        let message = message.clone();
        self.notify |= self
            .watch
            .as_ref()
            .is_some_and(|watch| watch.tells(&message));
        self.history.push(HistoryRecord {
            id: history_id,
            change,
            message: message.clone(),
        });
        message
    }

    /// Gaps, as in Gmail: changes that no record tells about use ids too.
    fn next_history_id(&mut self) -> u64 {
        self.history_id += 1 + self.history_id * 7 % 23;
        self.history_id
    }
}

impl Watch {
    fn tells(&self, message: &StoredMessage) -> bool {
        let named = self.labels.iter().any(|label| message.has(label));
        self.labels.is_empty() || named == self.include
    }
}

fn referred(raw: &[u8]) -> Vec<String> {
    [
        rfc822::message_ids(raw, "In-Reply-To"),
        rfc822::message_ids(raw, "References"),
    ]
    .concat()
}

fn topic(raw: &[u8]) -> String {
    rfc822::topic(&rfc822::header(raw, "Subject").unwrap_or_default())
}
