//! A tour as an event, and what an event's state means for its tour. Pure.

use jiff::Timestamp;

use crate::domain::interval::Interval;
use crate::domain::tour::{BookingStatus, Rsvp};
use crate::google::calendar::{Event, When};
use crate::mail::escape;
use crate::store::event_links::{EventLink, SyncStatus};
use crate::store::properties::Property;
use crate::store::tours::Booking;

/// `Tour: First Last`
pub fn summary(booking: &Booking) -> String {
    format!("Tour: {}", guest_name(booking))
        .trim_end()
        .to_owned()
}

/// The prospect's name as Google may show it. A lead's name may come from a mail's `From`, which anybody can
/// write: what could not have been booked with is left out.
pub fn guest_name(booking: &Booking) -> String {
    let names = [&booking.prospect.first_name, &booking.prospect.last_name];
    let names = names.map(|name| super::book::name("name", name).unwrap_or_default());
    names.join(" ").trim().to_owned()
}

/// HTML, as Google shows it to everybody who is invited. So it says nothing of the team's, and nothing
/// that a stranger typed: else a booking in somebody else's name would carry a stranger's words to them.
pub fn description(property: &Property, manage_url: &str) -> String {
    let name = escape(&property.name);
    let url = escape(manage_url);
    format!("Tour of {name}.<br><br>Move or cancel: <a href=\"{url}\">{url}</a>")
}

/// What an event's state means for its booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// They agree.
    Same,
    /// A person moved the event.
    Moved(Interval),
    /// A person deleted the event.
    Cancelled,
    /// The booking's state is newer, and Google is to be told.
    Ours,
    /// They cannot be made to agree: a stable code.
    Conflict(&'static str),
}

/// A person's last edit wins; cancelling beats moving; what no tour can be is a conflict.
///
/// Whether somebody moved the event is told by its time alone: an answer to the invitation touches
/// an event, too. `event` must have been read after `booking` and `link`.
pub fn judge(booking: &Booking, link: &EventLink, event: &Event) -> Verdict {
    let is_told = link.mirrored_version == Some(booking.version);
    // A change of the booking takes the mark away: since then nothing changed on our side.
    let is_marked = link.status == SyncStatus::Conflict;
    let was_gone = link.etag.as_deref() == Some("");
    if !booking.status.is_live() {
        return match (booking.status, event.is_cancelled) {
            // Taken back out of the bin. One that we never saw is a late effect of our own.
            (BookingStatus::Cancelled, false) if is_marked || (is_told && was_gone) => {
                Verdict::Conflict("restored")
            }
            (BookingStatus::Cancelled, false) => Verdict::Ours,
            _ => Verdict::Same,
        };
    }
    if event.is_cancelled {
        // Never accepted under this id, or known to be gone and the booking came back since.
        let is_no_news = link.mirrored_version.is_none() || (was_gone && !is_told);
        return if is_no_news {
            Verdict::Ours
        } else {
            Verdict::Cancelled
        };
    }
    if let Some(reason) = oddity(event) {
        return Verdict::Conflict(reason);
    }
    let Some(When::Timed(time)) = event.when else {
        return Verdict::Conflict("no_time_of_day");
    };
    if time == booking.time {
        Verdict::Same
    } else if is_told || is_marked {
        Verdict::Moved(time)
    } else if link.shown == Some(time) {
        Verdict::Ours // nobody moved it: it does not show our change yet
    } else if newer(event.updated, booking.changed_at) {
        Verdict::Moved(time)
    } else {
        Verdict::Ours
    }
}

/// Where a person put the event while the booking was changed, if that edit loses.
pub fn overruled(booking: &Booking, link: &EventLink, event: &Event) -> Option<Interval> {
    let time = shown(event).filter(|_| !event.is_cancelled)?;
    (time != booking.time && link.shown != Some(time)).then_some(time)
}

/// What makes an event something else than a tour of this agent.
fn oddity(event: &Event) -> Option<&'static str> {
    let declined =
        |guest: &&crate::google::calendar::Attendee| guest.is_self && guest.rsvp == Rsvp::Declined;
    if !event.is_ours_to_edit {
        Some("other_calendar")
    } else if event.is_recurring {
        Some("recurring")
    } else if event.is_transparent {
        Some("shown_as_free")
    } else if event.attendees.iter().find(declined).is_some() {
        Some("agent_declined")
    } else if event.when == Some(When::AllDay) {
        Some("all_day")
    } else {
        None
    }
}

fn newer(updated: Option<Timestamp>, changed_at: Timestamp) -> bool {
    updated.is_some_and(|updated| updated > changed_at)
}

/// What the prospect answered, if they are invited.
pub fn rsvp(booking: &Booking, event: &Event) -> Option<Rsvp> {
    let email = booking.prospect.email.as_str();
    let mut guests = event.attendees.iter();
    let guest = guests.find(|guest| guest.email.eq_ignore_ascii_case(email));
    guest.map(|guest| guest.rsvp)
}

/// When the event is, as far as it is a stretch of time.
pub fn shown(event: &Event) -> Option<Interval> {
    match event.when {
        Some(When::Timed(time)) => Some(time),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use uuid::Uuid;

    use super::*;
    use crate::domain::ids::*;
    use crate::google::calendar::Attendee;
    use crate::store::tours::Prospect;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(hour * 3600).unwrap()
    }

    fn hour(hour: i64) -> Interval {
        Interval::new(at(hour), at(hour + 1)).unwrap()
    }

    /// A tour at ten, changed at five, of version 3.
    fn booking() -> Booking {
        let id = Uuid::from_u128(7);
        Booking {
            id: BookingId(id),
            property: PropertyId(id),
            lead: None,
            slot: None,
            agent: Some(ProfileId(id)),
            agent_name: String::new(),
            status: BookingStatus::Confirmed,
            time: hour(10),
            buffer: 15,
            zone: "UTC".into(),
            prospect: Prospect {
                first_name: "Ann".into(),
                last_name: "Lee".into(),
                email: "ann@example.com".into(),
                phone: String::new(),
            },
            version: 3,
            changed_at: at(5),
            created_at: at(1),
        }
    }

    /// Google has it all.
    fn told() -> EventLink {
        let id = Uuid::from_u128(7);
        EventLink {
            booking: BookingId(id),
            property: PropertyId(id),
            agent_calendar: AgentCalendarId(id),
            calendar: Some(CalendarId("primary".into())),
            event: EventId("ll7v0".into()),
            generation: 0,
            status: SyncStatus::Synced,
            etag: Some("\"1\"".into()),
            mirrored_version: Some(3),
            shown: Some(hour(10)),
            attempts: 0,
        }
    }

    /// Google has the version before, when the tour was at eight.
    fn pending() -> EventLink {
        EventLink {
            status: SyncStatus::Pending,
            mirrored_version: Some(2),
            shown: Some(hour(8)),
            ..told()
        }
    }

    /// Nothing was accepted yet; it was first asked for at eight.
    fn unmade() -> EventLink {
        EventLink {
            etag: None,
            mirrored_version: None,
            ..pending()
        }
    }

    fn gone(link: EventLink) -> EventLink {
        EventLink {
            etag: Some(String::new()),
            shown: None,
            ..link
        }
    }

    fn marked(link: EventLink) -> EventLink {
        EventLink {
            status: SyncStatus::Conflict,
            ..link
        }
    }

    /// An event at that hour, last touched at `updated`.
    fn event(start: i64, updated: i64) -> Event {
        Event {
            id: EventId("ll7v0".into()),
            etag: "\"2\"".into(),
            is_cancelled: false,
            when: Some(When::Timed(hour(start))),
            updated: Some(at(updated)),
            is_ours_to_edit: true,
            attendees: Vec::new(),
            booking: Some(BookingId(Uuid::from_u128(7))),
            is_recurring: false,
            is_transparent: false,
        }
    }

    fn deleted() -> Event {
        Event {
            is_cancelled: true,
            ..event(10, 6)
        }
    }

    #[test]
    fn of_a_live_tour_a_persons_last_edit_counts() {
        use Verdict::*;
        let cases = [
            ("our echo", told(), event(10, 5), Same),
            ("an answer", told(), event(10, 9), Same),
            ("moved", told(), event(12, 6), Moved(hour(12))),
            // By the time alone: Google's clock may differ from ours.
            ("moved, clocks apart", told(), event(12, 4), Moved(hour(12))),
            ("deleted", told(), deleted(), Cancelled),
            ("our move is not there yet", pending(), event(8, 4), Ours),
            ("and it was answered", pending(), event(8, 6), Ours),
            ("our move is there, untold", pending(), event(10, 6), Same),
            ("moved after us", pending(), event(12, 6), Moved(hour(12))),
            ("moved before us", pending(), event(12, 4), Ours),
            ("deleted while we move", pending(), deleted(), Cancelled),
            ("found again", unmade(), event(10, 5), Same),
            ("found where first asked", unmade(), event(8, 6), Ours),
            (
                "found where the agent put it",
                unmade(),
                event(12, 6),
                Moved(hour(12)),
            ),
            ("an id that is used up", unmade(), deleted(), Ours),
            ("revived by the host", gone(pending()), deleted(), Ours),
            (
                "still in conflict",
                marked(told()),
                event(12, 6),
                Moved(hour(12)),
            ),
            (
                "in conflict, not told",
                EventLink {
                    shown: Some(hour(12)),
                    ..marked(pending())
                },
                event(12, 4),
                Moved(hour(12)),
            ),
            ("resolved", marked(told()), event(10, 6), Same),
        ];
        for (name, link, event, verdict) in cases {
            assert_eq!(judge(&booking(), &link, &event), verdict, "{name}");
        }
    }

    #[test]
    fn a_cancelled_tour_stays_cancelled() {
        use Verdict::*;
        let cancelled = Booking {
            status: BookingStatus::Cancelled,
            ..booking()
        };
        let cases = [
            ("not told yet", pending(), event(8, 4), Ours),
            ("moved meanwhile", pending(), event(12, 6), Ours),
            ("deleted on both sides", pending(), deleted(), Same),
            ("our echo", gone(told()), deleted(), Same),
            (
                "comes late",
                EventLink {
                    mirrored_version: Some(3),
                    ..unmade()
                },
                event(8, 6),
                Ours,
            ),
            (
                "out of the bin",
                gone(told()),
                event(10, 9),
                Conflict("restored"),
            ),
            (
                "and touched",
                marked(told()),
                event(10, 9),
                Conflict("restored"),
            ),
        ];
        for (name, link, event, verdict) in cases {
            assert_eq!(judge(&cancelled, &link, &event), verdict, "{name}");
        }
        let over = Booking {
            status: BookingStatus::Completed,
            ..booking()
        };
        for event in [event(12, 9), deleted()] {
            assert_eq!(judge(&over, &told(), &event), Same, "over");
        }
    }

    #[test]
    fn what_no_tour_can_be_is_a_conflict() {
        let declines = |is_self| Attendee {
            email: "kim@oak.example".into(),
            is_self,
            rsvp: Rsvp::Declined,
        };
        let with = |change: fn(&mut Event)| {
            let mut event = event(10, 6);
            change(&mut event);
            event
        };
        let mut refused = event(10, 6);
        refused.attendees = vec![declines(true)];
        let cases = [
            (with(|event| event.when = Some(When::AllDay)), "all_day"),
            (with(|event| event.when = None), "no_time_of_day"),
            (with(|event| event.is_recurring = true), "recurring"),
            (with(|event| event.is_transparent = true), "shown_as_free"),
            (
                with(|event| event.is_ours_to_edit = false),
                "other_calendar",
            ),
            (refused, "agent_declined"),
        ];
        for (event, reason) in cases {
            let verdict = judge(&booking(), &told(), &event);
            assert_eq!(verdict, Verdict::Conflict(reason));
        }
        let mut guest = event(10, 6);
        guest.attendees = vec![declines(false)];
        assert_eq!(judge(&booking(), &told(), &guest), Verdict::Same);
    }

    #[test]
    fn only_a_persons_move_can_be_overruled() {
        assert_eq!(
            overruled(&booking(), &pending(), &event(12, 4)),
            Some(hour(12))
        );
        assert_eq!(
            overruled(&booking(), &pending(), &event(8, 4)),
            None,
            "nobody's"
        );
        assert_eq!(
            overruled(&booking(), &pending(), &event(10, 4)),
            None,
            "agreed"
        );
        assert_eq!(overruled(&booking(), &pending(), &deleted()), None);
    }
}
