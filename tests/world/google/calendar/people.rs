//! What people do in a calendar: somebody adds, moves and deletes events, guests answer.
//!
//! None of it sends mail to guests: whoever is asked presses "Don't send".

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::event::Event;
use super::handle::{Calendar, existing};
use super::moment::{When, find_zone, rfc3339};
use super::state::object;
use super::write;

/// A guest's answer to an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rsvp {
    NeedsAction,
    Accepted,
    Declined,
    Tentative,
}

impl Rsvp {
    /// As Google writes it.
    pub fn name(self) -> &'static str {
        match self {
            Rsvp::NeedsAction => "needsAction",
            Rsvp::Accepted => "accepted",
            Rsvp::Declined => "declined",
            Rsvp::Tentative => "tentative",
        }
    }
}

impl Calendar {
    /// An appointment that blocks the time. Answers its id, as all that add something do.
    pub fn busy(&self, start: impl Into<When>, end: impl Into<When>) -> String {
        self.adds_event("Busy", start, end)
    }

    /// An appointment of that name.
    pub fn adds_event(
        &self,
        summary: &str,
        start: impl Into<When>,
        end: impl Into<When>,
    ) -> String {
        let (When(start), When(end)) = (start.into(), end.into());
        self.adds(json!({
            "summary": summary,
            "start": { "dateTime": start },
            "end": { "dateTime": end },
        }))
    }

    /// Like [`Calendar::adds_event`], for nobody else's eyes.
    pub fn adds_private_event(
        &self,
        summary: &str,
        start: impl Into<When>,
        end: impl Into<When>,
    ) -> String {
        let id = self.adds_event(summary, start, end);
        self.edits(&id, json!({ "visibility": "private" }));
        id
    }

    /// An event of whole days (`2026-12-24`); the second day is the first that is free again.
    pub fn adds_days(&self, summary: &str, first: &str, free_again: &str) -> String {
        self.adds(json!({
            "summary": summary, "start": { "date": first }, "end": { "date": free_again },
        }))
    }

    /// Any event, as the API takes it.
    pub fn adds(&self, event: Value) -> String {
        self.update(|calendars, now| {
            let id = calendars.ids.hex();
            let written = write::check(object(event)).unwrap_or_else(|no| panic!("{}", no.message));
            calendars.get(self.id()).add(&id, None, written, now);
            id
        })
    }

    /// Somebody invites this calendar's owner, who has not answered yet.
    pub fn is_invited(
        &self,
        organizer: &str,
        start: impl Into<When>,
        end: impl Into<When>,
    ) -> String {
        let id = self.adds_event("Invitation", start, end);
        self.alter(&id, |event| {
            event.organizer = organizer.to_lowercase();
            event.own = false;
            let guests = json!([
                { "email": organizer, "responseStatus": "accepted" },
                { "email": self.id(), "responseStatus": "needsAction" },
            ]);
            event.fields.insert("attendees".into(), guests);
        });
        id
    }

    /// Drags an event to another time; guests have to answer anew.
    pub fn moves(&self, id: &str, start: impl Into<When>, end: impl Into<When>) -> Event {
        let (When(start), When(end)) = (start.into(), end.into());
        let there = |at: DateTime<Utc>| json!({ "date": null, "dateTime": at });
        self.change_times(id, there(start), there(end))
    }

    /// Like [`Calendar::moves`], from a device that lives in another zone.
    pub fn moves_in_zone(
        &self,
        id: &str,
        start: impl Into<When>,
        end: impl Into<When>,
        zone: &str,
    ) -> Event {
        let known = find_zone(zone).unwrap_or_else(|| panic!("no zone {zone}"));
        let there =
            |When(at)| json!({ "date": null, "dateTime": rfc3339(at, &known), "timeZone": zone });
        self.change_times(id, there(start.into()), there(end.into()))
    }

    /// Turns an event into one of a whole day (`2026-12-24`).
    pub fn makes_all_day(&self, id: &str, day: &str) -> Event {
        let first: jiff::civil::Date = day.parse().unwrap();
        let free_again = first.tomorrow().unwrap();
        let date = |day: jiff::civil::Date| json!({ "date": day.to_string(), "dateTime": null, "timeZone": null });
        self.change_times(id, date(first), date(free_again))
    }

    /// Repeats an event four times, week by week.
    pub fn makes_recurring(&self, id: &str) -> Event {
        let zone = self.change(|calendar| calendar.zone.clone());
        let edit = json!({
            "start": { "timeZone": zone },
            "end": { "timeZone": zone },
            "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=4"],
        });
        self.edits(id, edit)
    }

    /// Shows the time of an event as free.
    pub fn makes_transparent(&self, id: &str) -> Event {
        self.edits(id, json!({ "transparency": "transparent" }))
    }

    /// The event ends early, and a second one of the same name takes the rest of its time.
    pub fn splits(&self, id: &str, at: impl Into<When>) -> String {
        let When(at) = at.into();
        let whole = self.event(id);
        self.moves(id, whole.starts_at(), at);
        self.adds_event(whole.text("summary"), at, whole.ends_at())
    }

    /// Changes an event in any other way, as a patch of the API would.
    pub fn edits(&self, id: &str, patch: Value) -> Event {
        self.change_at(|calendar, now| {
            let event = existing(calendar, id);
            let mut whole = event.written();
            write::merge(&mut whole, &object(patch));
            let written = write::check(whole).unwrap_or_else(|no| panic!("{}", no.message));
            calendar.rewrite(event, written, now)
        })
    }

    /// The calendar's owner says that they will not be there.
    pub fn declines_as_owner(&self, id: &str) -> Event {
        let owner = self.id();
        self.alter(id, |event| {
            if !event.respond(owner, "declined") {
                let mut attendees = event.attendees().to_vec();
                attendees.push(json!({ "email": owner, "responseStatus": "declined" }));
                event.fields.insert("attendees".into(), attendees.into());
            }
        })
    }

    /// Deletes an event.
    pub fn cancels(&self, id: &str) -> Event {
        self.change_at(|calendar, now| {
            let event = existing(calendar, id);
            calendar.cancel(event, now)
        })
    }

    /// Takes a deleted event back out of the bin.
    pub fn restores(&self, id: &str) -> Event {
        self.edits(id, json!({ "status": "confirmed" }))
    }

    /// Moves an event to another calendar; here it is deleted.
    pub fn moves_to_other_calendar(&self, id: &str, other: &Calendar) -> Event {
        self.update(|calendars, now| {
            let event = existing(calendars.get(self.id()), id);
            let moved = calendars.carry(self.id(), other.id(), event, now);
            moved.unwrap_or_else(|no| panic!("{}", no.message))
        })
    }

    /// A guest answers the invitation.
    ///
    /// # Panics
    /// If nobody of that address was invited.
    pub fn rsvp(&self, id: &str, guest: &str, response: Rsvp) -> Event {
        self.alter(id, |event| {
            let invited = event.respond(guest, response.name());
            assert!(invited, "{guest} is not invited to {id}");
        })
    }

    fn change_times(&self, id: &str, start: Value, end: Value) -> Event {
        self.edits(id, json!({ "start": start, "end": end }));
        self.alter(id, |event| {
            let guests: Vec<String> = event.guests().into_iter().map(str::to_owned).collect();
            for guest in guests {
                event.respond(&guest, "needsAction");
            }
        })
    }

    /// Changes what callers of the API cannot.
    fn alter(&self, id: &str, work: impl FnOnce(&mut Event)) -> Event {
        self.change_at(|calendar, now| {
            let mut event = existing(calendar, id);
            work(&mut event);
            calendar.put(event, now)
        })
    }
}
