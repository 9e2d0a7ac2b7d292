//! Gmail v1 (developers.google.com/workspace/gmail/api/reference/rest).
//!
//! Only what we use of it: watch and history, whole messages in their RFC 5322 form, a thread's
//! outline, and drafts, which are how every reply is sent: a draft can be sent only once.

mod answers;
mod skeleton;

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use chrono::{DateTime, Utc};
use reqwest::header::CONTENT_LENGTH;
use reqwest::{Method, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::json;
use url::Url;

use self::answers::{
    DraftAnswer, DraftsAnswer, HistoryAnswer, MessageAnswer, MessagesAnswer, ProfileAnswer,
    ThreadAnswer, WatchAnswer,
};
use self::skeleton::FullAnswer;
use super::wire::{self, path_id};
use super::{Error, Google, LARGEST_ANSWER, Result, TOO_LARGE, call, classify, fetch, join};
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{DraftId, GmailMessageId, GmailThreadId, HistoryId};

/// Gmail's largest page.
pub const FULL_PAGE: u16 = 500;
/// Of the JSON around a message: about 24 MB of mail, attachments included. Of a larger message the
/// attachments are left out; if that does not help, it is [`Error::Refused`] with `answerTooLarge`.
const LARGEST_MESSAGE: usize = 32 * 1024 * 1024;
/// Far more than one person is sent in the days that count.
const MOST_WRITTEN: u16 = 50;
/// 10,000 drafts; a mailbox with more is beyond us.
const MOST_DRAFT_PAGES: usize = 20;

/// One mailbox, opened with an access token.
pub struct Gmail {
    google: Google,
    access: SecretString,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The account's primary address.
    pub address: String,
    pub history_id: HistoryId,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watching {
    /// The mailbox's cursor now. On a renewal it must not replace the stored one: what lies between
    /// the two would never be read.
    pub history_id: HistoryId,
    pub expires_at: DateTime<Utc>,
}

/// A message that came into view: new, or moved into the inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub message: GmailMessageId,
    pub thread: GmailThreadId,
    /// Gmail's label ids, where the history names them; if it does so more than once, those that show
    /// the message in the inbox, else the newest.
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
    /// The message was too large: of its attachments `raw` has names and sizes only.
    pub without_attachments: bool,
}

impl fmt::Debug for RawMessage {
    /// Without the mail itself.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawMessage")
            .field("id", &self.id)
            .field("size", &self.size)
            .finish()
    }
}

/// A message of a thread, without its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    pub id: GmailMessageId,
    pub labels: Vec<String>,
    /// When Google accepted it.
    pub received_at: DateTime<Utc>,
    /// `Message-ID`, as it stands in the header.
    pub message_id: Option<String>,
    /// `X-Luma-Reply-Id`: the reply of ours that this message is.
    pub reply_mark: Option<String>,
    /// `X-Luma-Letter-Id`: the letter of ours about a tour.
    pub letter_mark: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drafted {
    pub draft: DraftId,
    /// The draft as a message; sending it makes another one.
    pub message: GmailMessageId,
    pub thread: GmailThreadId,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    pub message: GmailMessageId,
    pub thread: GmailThreadId,
}

impl Gmail {
    pub(super) fn new(google: Google, access: SecretString) -> Self {
        Self { google, access }
    }

    pub async fn profile(&self) -> Result<Profile> {
        Ok(self
            .get::<ProfileAnswer>(self.url(&["profile"]))
            .await?
            .into())
    }

    /// Asks for a push whenever the inbox changes, for 7 days; repeated for the same topic it is a
    /// renewal. Answers at once with one push.
    pub async fn watch(&self, topic: &str) -> Result<Watching> {
        let body = json!({
            "topicName": topic,
            "labelIds": ["INBOX"],
            "labelFilterBehavior": "include",
        });
        let answer: WatchAnswer = self.post(&["watch"], &body).await?;
        answer.into_watching().ok_or_else(Error::unreadable)
    }

    pub async fn stop(&self) -> Result<()> {
        let request = self
            .request(Method::POST, self.url(&["stop"]))
            .header(CONTENT_LENGTH, 0);
        fetch(request, LARGEST_ANSWER, classify).await.map(drop)
    }

    /// One page of what happened after `start`. No label filter: a mail that is moved out of spam
    /// has to be seen too. [`Error::HistoryExpired`]: `start` is too old.
    pub async fn history(
        &self,
        start: HistoryId,
        page_token: Option<&str>,
        max_results: u16,
    ) -> Result<HistoryPage> {
        let mut url = self.url(&["history"]);
        url.query_pairs_mut()
            .append_pair("startHistoryId", &start.to_string())
            .append_pair("historyTypes", "messageAdded")
            .append_pair("historyTypes", "labelAdded")
            .append_pair("maxResults", &max_results.to_string())
            .extend_pairs(page_token.map(|token| ("pageToken", token)));
        match self.get::<HistoryAnswer>(url).await {
            Ok(answer) => Ok(answer.into_page(start)),
            Err(Error::NotFound) => Err(Error::HistoryExpired),
            Err(other) => Err(other),
        }
    }

    /// One page of the inbox's messages that arrived after `after` (whole seconds).
    pub async fn inbox_since(
        &self,
        after: DateTime<Utc>,
        page_token: Option<&str>,
    ) -> Result<IdPage> {
        let mut url = self.url(&["messages"]);
        url.query_pairs_mut()
            .append_pair("q", &format!("after:{}", after.timestamp()))
            .append_pair("labelIds", "INBOX")
            .append_pair("maxResults", &FULL_PAGE.to_string())
            .extend_pairs(page_token.map(|token| ("pageToken", token)));
        Ok(self.get::<MessagesAnswer>(url).await?.into())
    }

    /// A whole message, or a very large one without the contents of its attachments. One that cannot
    /// be read is [`Error::Refused`]: a repeat does not help.
    pub async fn raw(&self, id: &GmailMessageId) -> Result<RawMessage> {
        let message = match self.message(id, "raw").await {
            Ok(body) => wire::decode::<MessageAnswer>(&body)
                .ok_or_else(Error::unreadable)?
                .into_raw(),
            Err(Error::Refused { reason, .. }) if reason == TOO_LARGE => {
                let body = self.message(id, "full").await?;
                wire::decode::<FullAnswer>(&body)
                    .ok_or_else(Error::unreadable)?
                    .into_raw()
            }
            Err(other) => return Err(other),
        };
        message.ok_or_else(|| Error::refused(200, "unreadable"))
    }

    async fn message(&self, id: &GmailMessageId, format: &str) -> Result<Vec<u8>> {
        let mut url = self.url(&["messages", path_id(&id.0)?]);
        url.query_pairs_mut().append_pair("format", format);
        fetch(self.request(Method::GET, url), LARGEST_MESSAGE, classify).await
    }

    /// All messages of a thread, in order. Either all of them can be read or none is told: who looks
    /// for a sent reply must not take "could not read" for "is not there".
    pub async fn outline(&self, thread: &GmailThreadId) -> Result<Vec<Outline>> {
        let mut url = self.url(&["threads", path_id(&thread.0)?]);
        answers::ask_for_headers(&mut url);
        self.get::<ThreadAnswer>(url)
            .await?
            .into_outlines()
            .ok_or_else(Error::unreadable)
    }

    /// What was written to an address since then (whole seconds), drafts too, newest first. Gmail's
    /// search may be some seconds late: what is not here may still be there.
    pub async fn written_to(
        &self,
        to: &EmailAddress,
        since: DateTime<Utc>,
    ) -> Result<Vec<Outline>> {
        let mut url = self.url(&["messages"]);
        url.query_pairs_mut()
            .append_pair("q", &format!("to:\"{to}\" after:{}", since.timestamp()))
            .append_pair("maxResults", &MOST_WRITTEN.to_string());
        let page: IdPage = self.get::<MessagesAnswer>(url).await?.into();
        let mut outlines = Vec::new();
        for (id, _) in &page.ids {
            let mut url = self.url(&["messages", path_id(&id.0)?]);
            answers::ask_for_headers(&mut url);
            match self.get::<MessageAnswer>(url).await {
                Ok(answer) => {
                    outlines.push(answer.into_outline().ok_or_else(Error::unreadable)?);
                }
                Err(Error::NotFound) => {} // deleted since, as a draft that was sent is
                Err(other) => return Err(other),
            }
        }
        Ok(outlines)
    }

    /// Stores a draft of an RFC 5322 message, in a thread if one is named.
    pub async fn create_draft(
        &self,
        raw: &[u8],
        thread: Option<&GmailThreadId>,
    ) -> Result<Drafted> {
        let mut message = json!({ "raw": URL_SAFE.encode(raw) });
        if let Some(thread) = thread {
            message["threadId"] = thread.0.as_str().into();
        }
        let answer: DraftAnswer = self
            .post(&["drafts"], &json!({ "message": message }))
            .await?;
        Ok(answer.into_drafted())
    }

    /// Puts another message in the place of a draft's. [`Error::NotFound`]: it was sent, or somebody deleted it.
    pub async fn update_draft(
        &self,
        draft: &DraftId,
        raw: &[u8],
        thread: &GmailThreadId,
    ) -> Result<()> {
        let message = json!({ "raw": URL_SAFE.encode(raw), "threadId": thread.0 });
        let request = self.request(Method::PUT, self.url(&["drafts", path_id(&draft.0)?]));
        let request = request.json(&json!({ "message": message }));
        fetch(request, LARGEST_ANSWER, classify).await.map(drop)
    }

    /// Sends a draft, which consumes it. [`Error::NotFound`]: it was sent, or somebody deleted it.
    pub async fn send_draft(&self, draft: &DraftId) -> Result<Sent> {
        let answer: MessageAnswer = self
            .post(&["drafts", "send"], &json!({ "id": draft.0 }))
            .await?;
        let (message, thread) = answer.into_ids();
        Ok(Sent { message, thread })
    }

    /// The draft that a message of the mailbox is, if it is one.
    pub async fn draft_of(&self, message: &GmailMessageId) -> Result<Option<DraftId>> {
        let mut page_token: Option<String> = None;
        for _ in 0..MOST_DRAFT_PAGES {
            let mut url = self.url(&["drafts"]);
            url.query_pairs_mut()
                .append_pair("maxResults", &FULL_PAGE.to_string())
                .extend_pairs(page_token.as_deref().map(|token| ("pageToken", token)));
            let answer: DraftsAnswer = self.get(url).await?;
            match answer.find(message) {
                (Some(draft), _) => return Ok(Some(draft)),
                (None, None) => return Ok(None),
                (None, next) => page_token = next,
            }
        }
        Err(Error::refused(413, "tooManyDrafts"))
    }

    /// Deletes a draft. `false`: it was not there any more; it was sent, or somebody deleted it.
    pub async fn delete_draft(&self, draft: &DraftId) -> Result<bool> {
        let request = self.request(Method::DELETE, self.url(&["drafts", path_id(&draft.0)?]));
        match fetch(request, LARGEST_ANSWER, classify).await {
            Ok(_) => Ok(true),
            Err(Error::NotFound) => Ok(false),
            Err(other) => Err(other),
        }
    }

    fn url(&self, path: &[&str]) -> Url {
        let base = join(
            &self.google.config.urls.gmail,
            &["gmail", "v1", "users", "me"],
        );
        join(&base, path)
    }

    /// `bearer_auth` marks the header as sensitive, so that no debug output shows it.
    fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.google
            .http
            .request(method, url)
            .bearer_auth(self.access.expose_secret())
    }

    async fn get<T: DeserializeOwned>(&self, url: Url) -> Result<T> {
        call(self.request(Method::GET, url), LARGEST_ANSWER).await
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &[&str],
        body: &serde_json::Value,
    ) -> Result<T> {
        call(
            self.request(Method::POST, self.url(path)).json(body),
            LARGEST_ANSWER,
        )
        .await
    }
}
