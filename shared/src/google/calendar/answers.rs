//! What Calendar answers, and how it becomes ours.
//!
//! An event that cannot be read costs itself, not its page; where all must be known, it costs the
//! answer.

use std::fmt;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use tracing::warn;

use super::event::{self, Event, Times};
use super::{Error, Result};
use crate::domain::ids::{CalendarId, SyncToken};
use crate::google::wire::Number;

/// Some of what changed in a calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventsPage {
    pub events: Vec<Event>,
    pub next: Next,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// There is another page.
    Page(String),
    /// That was the last one: from here on the next time.
    Token(SyncToken),
}

/// A channel that Google has opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    /// What is watched: a calendar's events, not one event. Each push repeats it.
    pub resource: String,
    pub expires_at: Timestamp,
}

/// A calendar to choose.
#[derive(Clone, PartialEq, Eq)]
pub struct CalendarEntry {
    pub id: CalendarId,
    /// As its owner sees it.
    pub name: String,
    /// IANA name.
    pub zone: Option<String>,
    /// The account's own.
    pub is_primary: bool,
    /// Whether the account may put events into it.
    pub is_writable: bool,
}

impl fmt::Debug for CalendarEntry {
    /// Without the names that people gave.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CalendarEntry")
            .field("is_primary", &self.is_primary)
            .field("is_writable", &self.is_writable)
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EventsAnswer {
    #[serde(default)]
    items: Vec<Value>,
    next_page_token: Option<String>,
    next_sync_token: Option<String>,
}

impl EventsAnswer {
    pub(super) fn fields() -> String {
        format!("nextPageToken,nextSyncToken,items({})", event::FIELDS)
    }

    /// `None` where it is not told how to go on.
    pub(super) fn into_page(self) -> Option<EventsPage> {
        let events = self.items.iter().filter_map(|item| {
            let event = Event::read(item);
            if event.is_none() {
                warn!("Calendar sent an event without an id");
            }
            event
        });
        Some(EventsPage {
            events: events.collect(),
            next: match (filled(self.next_page_token), filled(self.next_sync_token)) {
                (Some(page), _) => Next::Page(page),
                (None, token) => Next::Token(SyncToken(token?)),
            },
        })
    }

    /// The events that take the owner's time, and the next page's token. One whose time is not clear
    /// may stand anywhere.
    pub(super) fn into_blocking(self) -> Result<(Vec<Event>, Option<String>)> {
        let unreadable = || Error::CalendarUnreadable("malformedEvent".into());
        let mut events = Vec::new();
        for item in &self.items {
            let event = Event::read(item).ok_or_else(unreadable)?;
            if !event.is_blocking() {
                continue;
            }
            match event::times(item) {
                Times::Known(_) => events.push(event),
                Times::Empty => {}
                Times::Strange => return Err(unreadable()),
            }
        }
        Ok((events, filled(self.next_page_token)))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ZoneAnswer {
    pub(super) time_zone: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CalendarsAnswer {
    #[serde(default)]
    items: Vec<Value>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EntryAnswer {
    id: String,
    summary: Option<String>,
    summary_override: Option<String>,
    time_zone: Option<String>,
    #[serde(default)]
    primary: bool,
    #[serde(default)]
    access_role: String,
}

impl CalendarsAnswer {
    pub(super) const FIELDS: &str =
        "nextPageToken,items(id,summary,summaryOverride,timeZone,primary,accessRole)";

    pub(super) fn into_entries(self) -> (Vec<CalendarEntry>, Option<String>) {
        let entries = self.items.into_iter().filter_map(|item| {
            let entry = EntryAnswer::deserialize(item).ok();
            if entry.is_none() {
                warn!("Calendar sent a list entry that cannot be read");
            }
            entry.map(Into::into)
        });
        (entries.collect(), filled(self.next_page_token))
    }
}

impl From<EntryAnswer> for CalendarEntry {
    fn from(answer: EntryAnswer) -> Self {
        let name = filled(answer.summary_override).or(filled(answer.summary));
        Self {
            name: name.unwrap_or_else(|| answer.id.clone()),
            id: CalendarId(answer.id),
            zone: filled(answer.time_zone),
            is_primary: answer.primary,
            is_writable: matches!(answer.access_role.as_str(), "owner" | "writer"),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WatchAnswer {
    resource_id: String,
    /// Milliseconds since 1970.
    expiration: Number,
}

impl WatchAnswer {
    pub(super) fn into_watched(self) -> Option<Watched> {
        let millis = i64::try_from(self.expiration.0).ok()?;
        Some(Watched {
            resource: filled(Some(self.resource_id))?,
            expires_at: Timestamp::from_millisecond(millis).ok()?,
        })
    }
}

fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}
