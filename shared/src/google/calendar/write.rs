//! Our own events, as Google wants them.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use crate::domain::ids::{BookingId, EventId};
use crate::domain::interval::Interval;

/// A tour that goes into an agent's calendar.
pub struct NewEvent<'a> {
    /// 5 to 1,024 of the characters `0-9a-v`, made from the booking's id.
    pub id: &'a EventId,
    pub booking: BookingId,
    pub summary: &'a str,
    /// HTML. The guest reads it.
    pub description: &'a str,
    pub location: Option<&'a str>,
    pub time: Interval,
    /// In which Google shows the time; the property's.
    pub zone: &'a TimeZone,
    /// Whom Google invites.
    pub guest: Option<Guest<'a>>,
}

#[derive(Clone, Copy)]
pub struct Guest<'a> {
    pub email: &'a str,
    pub name: Option<&'a str>,
}

/// What becomes different about an event; what is `None` stays. Guests and their answers stay.
pub struct EventChange<'a> {
    pub time: Option<Interval>,
    /// Of the time, if that changes.
    pub zone: &'a TimeZone,
    pub summary: Option<&'a str>,
    /// HTML. The guest reads it.
    pub description: Option<&'a str>,
    pub location: Option<&'a str>,
}

impl NewEvent<'_> {
    pub(super) fn to_json(&self) -> Value {
        let mut event = json!({
            "id": self.id.0,
            "summary": self.summary,
            "description": self.description,
            "start": moment(self.time.start(), self.zone),
            "end": moment(self.time.end(), self.zone),
            "extendedProperties": { "private": { "booking_id": self.booking.to_string() } },
            "guestsCanInviteOthers": false,
            "guestsCanSeeOtherGuests": false,
            // The agent's own: Google reminds no guest.
            "reminders": { "useDefault": false, "overrides": [
                { "method": "email", "minutes": 1440 },
                { "method": "popup", "minutes": 60 },
            ] },
        });
        if let Some(location) = self.location {
            event["location"] = location.into();
        }
        if let Some(guest) = self.guest {
            let mut attendee = json!({ "email": guest.email });
            if let Some(name) = guest.name {
                attendee["displayName"] = name.into();
            }
            event["attendees"] = json!([attendee]);
        }
        event
    }
}

impl EventChange<'_> {
    pub(super) fn to_json(&self) -> Value {
        let mut event = Map::new();
        if let Some(time) = self.time {
            event.insert("start".into(), moment(time.start(), self.zone));
            event.insert("end".into(), moment(time.end(), self.zone));
        }
        for (name, text) in [
            ("summary", self.summary),
            ("description", self.description),
            ("location", self.location),
        ] {
            if let Some(text) = text {
                event.insert(name.into(), text.into());
            }
        }
        event.into()
    }
}

/// With its offset, so that an hour that comes twice is told apart, and with its zone, so that Google
/// shows it there.
fn moment(at: Timestamp, zone: &TimeZone) -> Value {
    let date_time = at.display_with_offset(zone.to_offset(at)).to_string();
    match zone.iana_name() {
        Some(name) => json!({ "dateTime": date_time, "timeZone": name }),
        None => json!({ "dateTime": date_time }),
    }
}
