//! The calendars: whose they are, who sees them, and what is in them. No HTTP here.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use super::channels::{Channel, Notification};
use super::event::Event;
use super::invites::{InviteMail, SendUpdates};
use super::mishaps::Quirks;
use super::moment;
use super::write::Written;
use crate::google::gmail::state::Ids;
use crate::google::refusal::Refusal;

/// What somebody may do with a calendar, from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    FreeBusyReader,
    Reader,
    Writer,
    Owner,
}

impl Role {
    pub fn name(self) -> &'static str {
        match self {
            Role::FreeBusyReader => "freeBusyReader",
            Role::Reader => "reader",
            Role::Writer => "writer",
            Role::Owner => "owner",
        }
    }
}

/// Every calendar of every account, and what they have told the outside.
pub struct Calendars {
    pub all: BTreeMap<String, CalendarState>,
    pub channels: Vec<Channel>,
    pub notifications: Vec<Notification>,
    pub mails: Vec<InviteMail>,
    /// Accounts for which nothing works.
    pub down: BTreeSet<String>,
    pub ids: Ids,
}

/// One calendar.
pub struct CalendarState {
    /// The owner's address, for the primary one.
    pub id: String,
    pub summary: String,
    /// IANA name.
    pub zone: String,
    pub members: BTreeMap<String, Role>,
    pub events: BTreeMap<String, Event>,
    /// How many changes there were.
    pub changes: u64,
    /// The oldest change that a sync token may still stand for.
    pub floor: u64,
    pub quirks: Quirks,
    /// Whether something changed since channels were last told.
    pub notify: bool,
    /// What channels call the collection of this calendar's events.
    pub resource: String,
}

impl Calendars {
    pub fn new(ids: Ids) -> Calendars {
        Calendars {
            all: BTreeMap::new(),
            channels: Vec::new(),
            notifications: Vec::new(),
            mails: Vec::new(),
            down: BTreeSet::new(),
            ids,
        }
    }

    /// Adds a calendar, or finds it.
    pub fn create(&mut self, owner: &str, id: &str, summary: &str) {
        let resource = format!("ret{}", self.ids.hex());
        let calendar = CalendarState {
            id: id.to_owned(),
            summary: summary.to_owned(),
            zone: "America/Chicago".to_owned(),
            members: BTreeMap::from([(owner.to_owned(), Role::Owner)]),
            events: BTreeMap::new(),
            changes: 0,
            floor: 0,
            quirks: Quirks::default(),
            notify: false,
            resource,
        };
        self.all.entry(id.to_owned()).or_insert(calendar);
    }

    /// Whether nothing works for that account.
    pub fn is_down(&self, account: &str) -> bool {
        self.down.contains(account)
    }

    pub fn get(&mut self, id: &str) -> &mut CalendarState {
        let calendar = self.all.get_mut(id);
        calendar.unwrap_or_else(|| panic!("there is no calendar {id}"))
    }

    /// The calendar that an account calls by that name, which may be `primary`: 404 when the
    /// account cannot see it, 403 when it may do less than `need`.
    pub fn open(
        &mut self,
        account: &str,
        name: &str,
        need: Role,
    ) -> Result<&mut CalendarState, Refusal> {
        let id = match name {
            "primary" => account.to_owned(),
            name => name.to_lowercase(),
        };
        let calendar = self.all.get_mut(&id).ok_or_else(Refusal::missing)?;
        match calendar.members.get(account) {
            None => Err(Refusal::missing()),
            Some(role) if *role < need => Err(Refusal::new(
                StatusCode::FORBIDDEN,
                "requiredAccessLevel",
                format!("You need to have {} access to this calendar.", need.name()),
            )),
            Some(_) => Ok(calendar),
        }
    }

    /// Records what mails a change sends to guests.
    pub fn mail(&mut self, before: Option<&Event>, after: &Event, send: SendUpdates, id: &str) {
        let mut mails = super::invites::mails(before, after, id);
        if send == SendUpdates::ExternalOnly {
            mails.retain(|mail| !self.all.contains_key(&mail.to));
        }
        if send != SendUpdates::None {
            self.mails.extend(mails);
        }
    }
}

impl CalendarState {
    pub fn time_zone(&self) -> TimeZone {
        moment::find_zone(&self.zone).unwrap_or(TimeZone::UTC)
    }

    /// A new event of this calendar's own.
    pub fn add(&mut self, id: &str, uid: Option<&str>, written: Written, now: i64) -> Event {
        let event = Event {
            id: id.to_owned(),
            ical_uid: uid.map_or_else(|| format!("{id}@google.com"), str::to_owned),
            cancelled: false,
            start: written.start,
            end: written.end,
            fields: written.fields,
            organizer: self.id.clone(),
            own: true,
            created: instant(now),
            updated: instant(now),
            sequence: 0,
            etag: String::new(),
            change: 0,
        };
        let mut event = event;
        event.set_status(written.status.as_deref());
        self.put(event, now)
    }

    /// What is written takes the place of what stood; it is moved when its times are others.
    pub fn rewrite(&mut self, mut event: Event, mut written: Written, now: i64) -> Event {
        for name in ["originalStartTime", "recurringEventId"] {
            let kept = event.fields.remove_entry(name); // no caller writes these
            written.fields.extend(kept);
        }
        let moved = (&event.start, &event.end) != (&written.start, &written.end);
        let was = event.cancelled;
        (event.start, event.end, event.fields) = (written.start, written.end, written.fields);
        event.set_status(written.status.as_deref());
        event.sequence += u64::from(moved || was != event.cancelled);
        self.put(event, now)
    }

    /// Deletes an event, whose id stays taken.
    pub fn cancel(&mut self, mut event: Event, now: i64) -> Event {
        event.cancelled = true;
        event.sequence += 1;
        self.put(event, now)
    }

    /// Stores an event's new version: another etag, and a change that lists and channels tell of.
    pub fn put(&mut self, mut event: Event, now: i64) -> Event {
        self.changes += 1;
        event.change = self.changes;
        event.etag = format!("\"{}\"", 3_400_000_000_000_000 + self.changes * 2);
        event.updated = instant(now);
        self.notify = true;
        self.events.insert(event.id.clone(), event.clone());
        event
    }

    pub fn show(&self, event: &Event, shown_in: &TimeZone) -> Value {
        event.show(&self.id, shown_in, &self.zone)
    }

    /// Every sync token given out so far is too old from now on.
    pub fn expire_sync_tokens(&mut self) {
        self.changes += 1;
        self.floor = self.changes;
    }
}

impl Event {
    fn set_status(&mut self, status: Option<&str>) {
        if let Some(status) = status {
            self.cancelled = status == "cancelled";
        }
        match status {
            Some("tentative") => drop(self.fields.insert("status".into(), "tentative".into())),
            _ => drop(self.fields.remove("status")),
        }
    }
}

/// The fields of a JSON object; none of any other value.
pub fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

fn instant(now: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(now).unwrap_or_default()
}
