//! Gmail v1.

use chrono::{DateTime, Utc};

use super::Result;
use crate::domain::ids::{DraftId, GmailMessageId, GmailThreadId, HistoryId};

/// One mailbox, opened with an access token.
pub struct Gmail<'a>(#[expect(dead_code)] pub(super) &'a ());

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    pub address: String,
    pub history_id: HistoryId,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watching {
    pub history_id: HistoryId,
    pub expires_at: DateTime<Utc>,
}

/// A message that came into view: new, or moved into the inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub message: GmailMessageId,
    pub thread: GmailThreadId,
    /// Gmail's label ids, where the record names them.
    pub labels: Option<Vec<String>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryPage {
    /// In Gmail's order, each message once.
    pub changes: Vec<Change>,
    pub next_page: Option<String>,
    /// The mailbox's present cursor: the next start once the last page is stored.
    pub history_id: HistoryId,
    /// The highest record of this page: the next start once this page is stored.
    pub last_record: Option<HistoryId>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdPage {
    pub ids: Vec<(GmailMessageId, GmailThreadId)>,
    pub next_page: Option<String>,
}

#[derive(Clone, PartialEq, Eq)]
pub struct RawMessage {
    pub id: GmailMessageId,
    pub thread: GmailThreadId,
    pub labels: Vec<String>,
    /// When Google accepted it.
    pub received_at: DateTime<Utc>,
    /// Gmail's estimate, in bytes.
    pub size: u64,
    /// RFC 5322 bytes.
    pub raw: Vec<u8>,
}

/// A message of a thread, without its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    pub id: GmailMessageId,
    pub labels: Vec<String>,
    pub received_at: DateTime<Utc>,
    /// `Message-ID`, as it stands in the header.
    pub message_id: Option<String>,
    /// `X-Luma-Reply-Id`: the reply of ours that this message is.
    pub reply_mark: Option<String>,
    pub auto_submitted: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drafted {
    pub draft: DraftId,
    pub message: GmailMessageId,
    pub thread: GmailThreadId,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    pub message: GmailMessageId,
    pub thread: GmailThreadId,
}

impl Gmail<'_> {
    pub async fn profile(&self) -> Result<Profile> {
        unimplemented!()
    }
    pub async fn watch(&self, _topic: &str) -> Result<Watching> {
        unimplemented!()
    }
    pub async fn stop(&self) -> Result<()> {
        unimplemented!()
    }
    pub async fn history(
        &self,
        _start: HistoryId,
        _page_token: Option<&str>,
        _max_results: u16,
    ) -> Result<HistoryPage> {
        unimplemented!()
    }
    pub async fn inbox_since(
        &self,
        _after: DateTime<Utc>,
        _page_token: Option<&str>,
    ) -> Result<IdPage> {
        unimplemented!()
    }
    pub async fn raw(&self, _id: &GmailMessageId) -> Result<RawMessage> {
        unimplemented!()
    }
    pub async fn outline(&self, _thread: &GmailThreadId) -> Result<Vec<Outline>> {
        unimplemented!()
    }
    pub async fn message_id_of(&self, _id: &GmailMessageId) -> Result<Option<String>> {
        unimplemented!()
    }
    pub async fn create_draft(
        &self,
        _raw: &[u8],
        _thread: Option<&GmailThreadId>,
    ) -> Result<Drafted> {
        unimplemented!()
    }
    pub async fn send_draft(&self, _draft: &DraftId) -> Result<Sent> {
        unimplemented!()
    }
    pub async fn draft_of(&self, _message: &GmailMessageId) -> Result<Option<DraftId>> {
        unimplemented!()
    }
    pub async fn delete_draft(&self, _draft: &DraftId) -> Result<()> {
        unimplemented!()
    }
}
