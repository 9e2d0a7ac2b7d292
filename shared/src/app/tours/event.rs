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
    format!("Tour: {}", booking.prospect.full_name())
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
