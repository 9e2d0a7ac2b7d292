//! An event, as far as we read it.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;

use super::busy::instant;
use crate::domain::ids::{BookingId, EventId};
use crate::domain::interval::Interval;
use crate::domain::tour::Rsvp;

/// What is asked of an event. Neither title nor text nor place: they are the agent's own.
pub(super) const FIELDS: &str = "id,etag,status,start,end,updated,locked,transparency,recurrence,\
    recurringEventId,organizer(email,self),attendees(email,self,responseStatus),\
    extendedProperties/private";

/// One event of a calendar, without what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub id: EventId,
    /// Of this state of the event; empty where Google names none.
    pub etag: String,
    /// Deleted. Then nothing but the id is certain to be told.
    pub is_cancelled: bool,
    /// `None`: not told, or nothing that makes sense.
    pub when: Option<When>,
    pub updated: Option<Timestamp>,
    /// This calendar's copy is the organizer's, and not locked. An event that tells no organizer, as
    /// a cancelled one may, counts as ours.
    pub is_ours_to_edit: bool,
    pub attendees: Vec<Attendee>,
    /// The booking that the event shows, if it is one of ours.
    pub booking: Option<BookingId>,
    /// A series, or an instance of one.
    pub is_recurring: bool,
    /// It takes no time.
    pub is_transparent: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    Timed(Interval),
    /// Whole days of the calendar's zone.
    AllDay,
}

#[derive(Clone, PartialEq, Eq)]
pub struct Attendee {
    /// Empty where Google names none.
    pub email: String,
    /// The calendar's owner.
    pub is_self: bool,
    pub rsvp: Rsvp,
}

impl fmt::Debug for Attendee {
    /// Without the address.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attendee")
            .field("is_self", &self.is_self)
            .field("rsvp", &self.rsvp)
            .finish_non_exhaustive()
    }
}

impl Event {
    /// Field by field, so that an odd one costs only itself. `None` without an id.
    pub(super) fn read(event: &Value) -> Option<Self> {
        let id = text(&event["id"])?;
        let attendees = event["attendees"].as_array();
        let organizer = &event["organizer"];
        // Google leaves `self` out where it is false.
        let is_organizer = !organizer.is_object() || is_true(&organizer["self"]);
        Some(Self {
            id: EventId(id.to_owned()),
            etag: text(&event["etag"]).unwrap_or_default().to_owned(),
            is_cancelled: event["status"] == "cancelled",
            when: match times(event) {
                Times::Known(when) => Some(when),
                Times::Empty | Times::Strange => None,
            },
            updated: instant(&event["updated"]),
            is_ours_to_edit: is_organizer && !is_true(&event["locked"]),
            attendees: attendees.into_iter().flatten().map(attendee).collect(),
            booking: text(&event["extendedProperties"]["private"]["booking_id"])
                .and_then(|id| id.parse().ok()),
            is_recurring: text(&event["recurringEventId"]).is_some()
                || event["recurrence"]
                    .as_array()
                    .is_some_and(|rules| !rules.is_empty()),
            is_transparent: event["transparency"] == "transparent",
        })
    }

    /// Whether it takes the time of the calendar's owner.
    pub(super) fn is_blocking(&self) -> bool {
        let declined = |one: &Attendee| one.is_self && one.rsvp == Rsvp::Declined;
        !self.is_cancelled && !self.is_transparent && !self.attendees.iter().any(declined)
    }
}

/// What an event says of its time.
pub(super) enum Times {
    Known(When),
    /// It ends as it starts, which Google allows.
    Empty,
    Strange,
}

pub(super) fn times(event: &Value) -> Times {
    let (start, end) = (&event["start"], &event["end"]);
    if let (Some(start), Some(end)) = (instant(&start["dateTime"]), instant(&end["dateTime"])) {
        return match Interval::new(start, end) {
            Some(interval) => Times::Known(When::Timed(interval)),
            None if start == end => Times::Empty,
            None => Times::Strange,
        };
    }
    match (day(&start["date"]), day(&end["date"])) {
        (Some(start), Some(end)) if start <= end => Times::Known(When::AllDay),
        _ => Times::Strange,
    }
}

fn attendee(attendee: &Value) -> Attendee {
    Attendee {
        email: text(&attendee["email"]).unwrap_or_default().to_owned(),
        is_self: is_true(&attendee["self"]),
        rsvp: Rsvp::parse(attendee["responseStatus"].as_str().unwrap_or_default()),
    }
}

fn day(text: &Value) -> Option<Date> {
    text.as_str()?.parse().ok()
}

fn text(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !text.is_empty())
}

fn is_true(value: &Value) -> bool {
    value.as_bool() == Some(true)
}
