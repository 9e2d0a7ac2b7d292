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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn with(changes: &[(&str, Value)]) -> Event {
        let mut event = json!({
            "id": "lt0123", "etag": "\"3181161784712000\"", "status": "confirmed",
            "updated": "2026-01-10T09:00:00.123Z",
            "start": {"dateTime": "2026-01-15T10:00:00-06:00", "timeZone": "America/Chicago"},
            "end": {"dateTime": "2026-01-15T10:30:00-06:00", "timeZone": "America/Chicago"},
            "organizer": {"email": "ann@oak.example", "self": true},
            "attendees": [{"email": "lee@example.com", "responseStatus": "needsAction"}],
            "extendedProperties": {"private": {
                "booking_id": "3f0c8c9a-9d4e-4c61-8a7b-0d2f5a6b7c8d", "other": "x",
            }},
        });
        for (name, value) in changes {
            event[name] = value.clone();
        }
        Event::read(&event).unwrap()
    }

    fn timed(start: &str, end: &str) -> Option<When> {
        let interval = Interval::new(start.parse().unwrap(), end.parse().unwrap());
        interval.map(When::Timed)
    }

    #[test]
    fn a_tour_is_read_whole() {
        let event = with(&[]);
        assert_eq!(event.id, EventId("lt0123".into()));
        assert_eq!(event.etag, "\"3181161784712000\"");
        assert_eq!(
            event.when,
            timed("2026-01-15T16:00:00Z", "2026-01-15T16:30:00Z")
        );
        assert_eq!(
            event.updated,
            Some("2026-01-10T09:00:00.123Z".parse().unwrap())
        );
        assert_eq!(
            event.booking.unwrap().to_string(),
            "3f0c8c9a-9d4e-4c61-8a7b-0d2f5a6b7c8d"
        );
        assert_eq!(
            event.attendees,
            [Attendee {
                email: "lee@example.com".into(),
                is_self: false,
                rsvp: Rsvp::Pending,
            }]
        );
        assert!(event.is_ours_to_edit && event.is_blocking());
        assert!(!event.is_cancelled && !event.is_recurring && !event.is_transparent);
    }

    #[test]
    fn a_deleted_event_may_tell_its_id_only() {
        let event = Event::read(&json!({"id": "lt0123", "status": "cancelled"})).unwrap();
        assert!(event.is_cancelled && event.is_ours_to_edit && !event.is_blocking());
        assert_eq!(
            (event.when, event.updated, event.booking),
            (None, None, None)
        );
        assert_eq!((event.etag.as_str(), event.attendees.len()), ("", 0));
    }

    #[test]
    fn without_an_id_there_is_no_event() {
        for event in [
            json!({}),
            json!({"id": ""}),
            json!({"id": 7}),
            json!(null),
            json!("lt0123"),
            json!(["lt0123"]),
        ] {
            assert_eq!(Event::read(&event), None, "{event}");
        }
    }

    #[test]
    fn times_are_instants_or_days_or_nothing() {
        let half = "2026-01-15T16:30:00Z";
        for (start, end, when) in [
            (
                json!({"dateTime": "2026-01-15T17:00:00+01:00"}),
                json!({"dateTime": half}),
                timed("2026-01-15T16:00:00Z", half),
            ),
            (
                json!({"date": "2026-01-15"}),
                json!({"date": "2026-01-16"}),
                Some(When::AllDay),
            ),
            (
                json!({"date": "2026-01-15"}),
                json!({"dateTime": half}),
                None,
            ),
            (
                json!({"date": "2026-01-16"}),
                json!({"date": "2026-01-15"}),
                None,
            ),
            (
                json!({"date": "15/01/2026"}),
                json!({"date": "2026-01-16"}),
                None,
            ),
            (json!({"dateTime": half}), json!({"dateTime": half}), None),
            (
                json!({"dateTime": half}),
                json!({"dateTime": "2026-01-15T16:00:00Z"}),
                None,
            ),
            (
                json!({"dateTime": "2026-01-15T10:00:00"}),
                json!({"dateTime": half}),
                None,
            ),
            (json!({"dateTime": 7}), json!({}), None),
            (json!(null), json!("x"), None),
        ] {
            let event = with(&[("start", start.clone()), ("end", end)]);
            assert_eq!(event.when, when, "{start}");
        }
    }

    #[test]
    fn a_copy_is_ours_to_edit_if_its_calendar_organizes_it() {
        for (organizer, locked, ours) in [
            (
                json!({"email": "a@oak.example", "self": true}),
                json!(null),
                true,
            ),
            (
                json!({"email": "a@oak.example", "self": true}),
                json!(true),
                false,
            ),
            (
                json!({"email": "a@oak.example", "self": false}),
                json!(null),
                false,
            ),
            (json!({"email": "a@oak.example"}), json!(null), false),
            (json!(null), json!(false), true),
        ] {
            let event = with(&[("organizer", organizer.clone()), ("locked", locked)]);
            assert_eq!(event.is_ours_to_edit, ours, "{organizer}");
        }
    }

    #[test]
    fn a_series_and_its_instances_are_recurring() {
        assert!(with(&[("recurringEventId", "lt0123".into())]).is_recurring);
        assert!(with(&[("recurrence", json!(["RRULE:FREQ=DAILY"]))]).is_recurring);
        assert!(!with(&[("recurrence", json!([]))]).is_recurring);
    }

    #[test]
    fn an_event_takes_time_unless_it_is_off_declined_or_free() {
        let own = |answer: &str| json!([{"email": "a@oak.example", "self": true, "responseStatus": answer}]);
        let guest = json!([{"email": "lee@example.com", "responseStatus": "declined"}]);
        for (name, value, blocks) in [
            ("status", json!("cancelled"), false),
            ("status", json!("tentative"), true),
            ("transparency", json!("transparent"), false),
            ("transparency", json!("opaque"), true),
            ("attendees", own("declined"), false),
            ("attendees", own("needsAction"), true),
            ("attendees", own("tentative"), true),
            ("attendees", guest, true),
            ("attendees", json!("x"), true),
        ] {
            let event = with(&[(name, value.clone())]);
            assert_eq!(event.is_blocking(), blocks, "{name}: {value}");
        }
    }

    #[test]
    fn an_odd_field_costs_only_itself() {
        let odd = json!({"private": {"booking_id": "not an id"}});
        for (name, value) in [
            ("etag", json!(7)),
            ("updated", json!("yesterday")),
            ("attendees", json!([null, 7, {}])),
            ("extendedProperties", odd),
            ("extendedProperties", json!([])),
            ("organizer", json!("ann")),
            ("recurrence", json!("x")),
        ] {
            let event = with(&[(name, value)]);
            assert!(event.when.is_some() && !event.is_recurring, "{name}");
        }
        assert_eq!(with(&[("updated", json!("yesterday"))]).updated, None);
        let attendees = with(&[("attendees", json!([null, {"self": true}]))]).attendees;
        assert_eq!(attendees.len(), 2);
        assert!(attendees[1].is_self && attendees[1].email.is_empty());
    }

    #[test]
    fn what_people_wrote_is_neither_asked_nor_shown() {
        for field in ["summary", "description", "location", "hangoutLink", "*"] {
            assert!(!FIELDS.contains(field), "{field}");
        }
        assert!(!FIELDS.contains(' '));
        let shown = format!("{:?}", with(&[]));
        assert!(!shown.contains("lee@example.com"), "{shown}");
    }

    proptest::proptest! {
        #[test]
        fn no_time_makes_reading_panic(start: String, end in "[0-9TZ:+.-]{0,30}") {
            let moment = |text: &str| json!({"dateTime": text, "date": text});
            with(&[("start", moment(&start)), ("end", moment(&end)), ("updated", json!(end))]);
            with(&[("start", moment(&end)), ("end", moment(&start)), ("updated", json!(start))]);
        }
    }
}
