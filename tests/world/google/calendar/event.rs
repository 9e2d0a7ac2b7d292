//! One event, as a calendar keeps it and as Google shows it.

use chrono::{DateTime, SecondsFormat, Utc};
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::moment::Moment;

/// An event of one calendar. A deleted one stays, cancelled, and keeps its id taken.
#[derive(Clone, Debug)]
pub struct Event {
    pub id: String,
    pub ical_uid: String,
    pub cancelled: bool,
    pub start: Moment,
    pub end: Moment,
    /// Everything else that a caller may write, by Google's names and as it was written.
    pub fields: Map<String, Value>,
    /// The id of the calendar that it belongs to, or the address of whoever invited its owner.
    pub organizer: String,
    /// Whether this calendar's owner organizes it, and so may change it.
    pub own: bool,
    pub created: DateTime<Utc>,
    pub updated: DateTime<Utc>,
    /// Grows when the event is moved or cancelled (RFC 5545 §3.8.7.4).
    pub sequence: u64,
    /// With its quotation marks.
    pub etag: String,
    /// The calendar's change that made it what it is now.
    pub change: u64,
}

impl Event {
    /// When it starts; an all-day event at midnight UTC.
    pub fn starts_at(&self) -> DateTime<Utc> {
        self.start.at(&TimeZone::UTC)
    }

    /// When it ends; an all-day event at midnight UTC.
    pub fn ends_at(&self) -> DateTime<Utc> {
        self.end.at(&TimeZone::UTC)
    }

    /// A field's text; empty where there is none.
    pub fn text(&self, name: &str) -> &str {
        self.fields
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// A property that only this calendar's owner and programs see.
    pub fn private(&self, name: &str) -> Option<&str> {
        self.fields.get("extendedProperties")?["private"][name].as_str()
    }

    /// The guests' addresses, without the calendar's owner.
    pub fn guests(&self) -> Vec<&str> {
        let all = self.attendees().iter();
        let addresses = all.filter_map(|attendee| attendee["email"].as_str());
        addresses
            .filter(|address| !address.eq_ignore_ascii_case(&self.organizer))
            .collect()
    }

    /// How somebody answered the invitation: `needsAction`, `accepted`, `declined` or `tentative`.
    pub fn response(&self, address: &str) -> Option<&str> {
        let same = |attendee: &&Value| is(attendee, address);
        self.attendees().iter().find(same)?["responseStatus"].as_str()
    }

    pub fn is_recurring(&self) -> bool {
        self.fields.contains_key("recurrence")
    }

    /// Whether it blocks the time of `owner`, by what Google's calendars show as busy.
    pub fn blocks(&self, owner: &str) -> bool {
        !self.cancelled
            && self.text("transparency") != "transparent"
            && self.text("eventType") != "workingLocation"
            && self.response(owner) != Some("declined")
    }

    pub(super) fn attendees(&self) -> &[Value] {
        let attendees = self.fields.get("attendees").and_then(Value::as_array);
        attendees.map(Vec::as_slice).unwrap_or_default()
    }

    /// Sets how somebody answered; false when there is no such attendee.
    pub(super) fn respond(&mut self, address: &str, response: &str) -> bool {
        let attendees = self.fields.get_mut("attendees");
        let mut attendees = attendees
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten();
        let attendee = attendees.find(|attendee| is(attendee, address));
        attendee.is_some_and(|attendee| {
            attendee["responseStatus"] = json!(response);
            true
        })
    }

    /// What a caller may write, as it stands, for a patch to be laid over it.
    pub(super) fn written(&self) -> Map<String, Value> {
        let mut written = self.fields.clone();
        written.insert("start".into(), self.start.written().into());
        written.insert("end".into(), self.end.written().into());
        written
    }

    /// As answers show it, with times in the zone that was asked for.
    pub(super) fn show(&self, owner: &str, shown_in: &TimeZone, calendars: &str) -> Value {
        let mut shown = self.fields.clone();
        if let Some(Value::Array(attendees)) = shown.get_mut("attendees") {
            for attendee in attendees {
                if is(attendee, owner) {
                    attendee["self"] = json!(true);
                }
                if is(attendee, &self.organizer) {
                    attendee["organizer"] = json!(true);
                }
            }
        }
        let organizer = match self.own {
            true => json!({ "email": self.organizer, "self": true }),
            false => json!({ "email": self.organizer }),
        };
        let instant = |at: DateTime<Utc>| json!(at.to_rfc3339_opts(SecondsFormat::Millis, true));
        let system = [
            ("kind", json!("calendar#event")),
            ("etag", json!(self.etag)),
            ("id", json!(self.id)),
            ("iCalUID", json!(self.ical_uid)),
            ("status", json!(self.status())),
            (
                "htmlLink",
                json!(format!(
                    "https://www.google.com/calendar/event?eid={}",
                    self.id
                )),
            ),
            ("created", instant(self.created)),
            ("updated", instant(self.updated)),
            ("creator", organizer.clone()),
            ("organizer", organizer),
            ("start", self.start.show(shown_in, calendars)),
            ("end", self.end.show(shown_in, calendars)),
            ("sequence", json!(self.sequence)),
        ];
        for (name, value) in system {
            shown.insert(name.into(), value);
        }
        for (name, usual) in [
            ("eventType", json!("default")),
            ("reminders", json!({ "useDefault": true })),
        ] {
            shown.entry(name).or_insert(usual);
        }
        Value::Object(shown)
    }

    /// As lists of changes show a deleted one: hardly more than its id.
    pub(super) fn show_deleted(&self) -> Value {
        let mut shown = json!({
            "kind": "calendar#event", "etag": self.etag, "id": self.id, "status": "cancelled",
        });
        for name in ["originalStartTime", "recurringEventId"] {
            if let Some(value) = self.fields.get(name) {
                shown[name] = value.clone(); // which occurrence of a series it was
            }
        }
        shown
    }

    fn status(&self) -> &str {
        match self.text("status") {
            _ if self.cancelled => "cancelled",
            "" => "confirmed",
            status => status,
        }
    }
}

fn is(attendee: &Value, address: &str) -> bool {
    let email = attendee["email"].as_str();
    email.is_some_and(|email| email.eq_ignore_ascii_case(address))
}
