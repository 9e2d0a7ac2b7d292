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

#[cfg(test)]
mod tests {
    use serde::de::DeserializeOwned;
    use serde_json::json;

    use super::*;
    use crate::google::wire;

    fn answer<T: DeserializeOwned>(json: &Value) -> T {
        wire::decode(json.to_string().as_bytes()).unwrap()
    }

    fn page(json: &Value) -> Option<EventsPage> {
        answer::<EventsAnswer>(json).into_page()
    }

    fn event(id: &str) -> Value {
        json!({"id": id, "start": {"dateTime": "2026-01-15T16:00:00Z"},
               "end": {"dateTime": "2026-01-15T16:30:00Z"}})
    }

    fn ids(events: &[Event]) -> Vec<&str> {
        events.iter().map(|event| event.id.0.as_str()).collect()
    }

    #[test]
    fn a_page_leads_to_the_next_one_or_to_the_token() {
        let token = |text: &str| Next::Token(SyncToken(text.into()));
        for (tokens, next) in [
            (
                json!({"nextPageToken": "p2"}),
                Some(Next::Page("p2".into())),
            ),
            (json!({"nextSyncToken": "s1"}), Some(token("s1"))),
            (
                json!({"nextPageToken": "", "nextSyncToken": "s1"}),
                Some(token("s1")),
            ),
            (json!({}), None),
            (json!({"nextSyncToken": ""}), None),
        ] {
            assert_eq!(page(&tokens).map(|page| page.next), next, "{tokens}");
        }
    }

    #[test]
    fn an_event_that_cannot_be_read_costs_only_itself() {
        let page = page(&json!({"nextSyncToken": "s1", "items": [
            event("a"), {}, null, {"id": "b", "start": 7}, "x", {"id": "c", "status": "cancelled"},
        ]}))
        .unwrap();
        assert_eq!(ids(&page.events), ["a", "b", "c"]);
        assert_eq!(page.events[1].when, None);
        assert!(page.events[2].is_cancelled);
    }

    #[test]
    fn what_takes_no_time_is_not_in_the_way() {
        let mut free = event("free");
        free["transparency"] = "transparent".into();
        let mut empty = event("empty");
        empty["end"] = empty["start"].clone();
        let day =
            json!({"id": "day", "start": {"date": "2026-01-15"}, "end": {"date": "2026-01-16"}});
        let odd = json!({"id": "odd", "status": "cancelled"});
        let list = json!({"items": [event("a"), free, empty, day, odd], "nextPageToken": "p2"});
        let (events, next) = answer::<EventsAnswer>(&list).into_blocking().unwrap();
        assert_eq!(ids(&events), ["a", "day"]);
        assert_eq!(next.as_deref(), Some("p2"));
    }

    #[test]
    fn an_event_of_which_nobody_knows_when_may_be_in_the_way() {
        for odd in [json!({"id": "b"}), json!({}), json!(null)] {
            let list = json!({"items": [event("a"), odd]});
            assert_eq!(
                answer::<EventsAnswer>(&list).into_blocking().unwrap_err(),
                Error::CalendarUnreadable("malformedEvent".into()),
                "{odd}"
            );
        }
    }

    #[test]
    fn calendars_are_named_as_their_owner_sees_them() {
        let (entries, next) = answer::<CalendarsAnswer>(&json!({"items": [
            {"id": "ann@oak.example", "summary": "ann@oak.example", "primary": true,
             "timeZone": "America/Chicago", "accessRole": "owner"},
            {"id": "c1@group.calendar.google.com", "summary": "Tours", "summaryOverride": "My tours",
             "accessRole": "writer"},
            {"id": "c2@group.calendar.google.com", "accessRole": "freeBusyReader", "timeZone": ""},
            {"summary": "no id"}, null,
        ]}))
        .into_entries();
        assert_eq!(next, None);
        let told: Vec<_> = entries
            .iter()
            .map(|one| (one.name.as_str(), one.is_primary, one.is_writable))
            .collect();
        assert_eq!(
            told,
            [
                ("ann@oak.example", true, true),
                ("My tours", false, true),
                ("c2@group.calendar.google.com", false, false),
            ]
        );
        assert_eq!(entries[0].zone.as_deref(), Some("America/Chicago"));
        assert_eq!(entries[2].zone, None);
        assert!(!format!("{entries:?}").contains("tours"));
    }

    #[test]
    fn a_channel_lasts_until_an_instant() {
        let watched = |resource: &str, expiration: Value| {
            answer::<WatchAnswer>(&json!({
                "kind": "api#channel", "id": "c", "resourceId": resource, "expiration": expiration,
            }))
            .into_watched()
        };
        let known = watched("r1", "1431990098200".into()).unwrap();
        assert_eq!(known.resource, "r1");
        assert_eq!(known.expires_at.to_string(), "2015-05-18T23:01:38.2Z");
        assert_eq!(watched("r1", json!(1_431_990_098_200_u64)), Some(known));
        assert_eq!(watched("r1", json!(u64::MAX)), None);
        assert_eq!(watched("", json!(7)), None);
    }

    #[test]
    fn a_zone_is_told_by_any_list_of_events() {
        let zone: ZoneAnswer = answer(&json!({"timeZone": "America/Chicago"}));
        assert_eq!(zone.time_zone, "America/Chicago");
        assert!(wire::decode::<ZoneAnswer>(b"{}").is_none());
    }
}
