//! How a tour's event and its invitation are doing, in words, and what to do where they are not well.

use shared::app::tours::Line;
use shared::domain::tour::{BookingStatus, Rsvp};

/// One line about a tour.
#[derive(Debug, PartialEq)]
pub struct Standing {
    /// `warn`, or nothing where all is well.
    pub level: &'static str,
    pub text: String,
}

impl Standing {
    fn new(level: &'static str, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { level, text }
    }
}

/// How the tour stands in its agent's calendar. `None`: it is over, and nothing is left to do.
pub fn event(line: &Line) -> Option<Standing> {
    let reason = line.event_reason.as_deref();
    let status = line.event_status.as_deref();
    match (status, line.booking.status) {
        (_, BookingStatus::Completed | BookingStatus::NoShow) => None,
        (status, BookingStatus::Cancelled) => removal(status?, reason),
        (None, _) => Some(Standing::new(
            "",
            "In nobody’s calendar: the time was made by hand.",
        )),
        (Some("synced"), _) => Some(Standing::new("", "In the agent’s calendar.")),
        (Some("pending"), _) => Some(match waits(reason) {
            None => Standing::new("", "It is being written into the agent’s calendar."),
            Some(why) => Standing::new(
                "warn",
                format!("The agent’s calendar does not show this tour as it is yet. {why}"),
            ),
        }),
        (Some("conflict"), _) => Some(Standing::new(
            "warn",
            format!("{} The booking stays as it is here.", disagrees(reason)),
        )),
        (Some(_), _) => Some(Standing::new(
            "warn",
            format!(
                "The agent’s calendar does not show this tour as it is. {} Do not enter it by hand: it would stand there twice.",
                refuses(reason)
            ),
        )),
    }
}

/// A cancelled tour's event, as long as it may still be there.
fn removal(status: &str, reason: Option<&str>) -> Option<Standing> {
    Some(match status {
        "synced" => return None,
        "pending" => {
            let text = "The tour is cancelled, and its event is still to be removed from the agent’s calendar.";
            match waits(reason) {
                None => Standing::new("", text),
                Some(why) => Standing::new("warn", format!("{text} {why}")),
            }
        }
        "conflict" => Standing::new(
            "warn",
            "The tour is cancelled, but somebody put its event back into the agent’s calendar. Delete the event, or book the tour again.",
        ),
        _ => Standing::new(
            "warn",
            "The tour is cancelled, but its event could not be removed from the agent’s calendar. Delete it there.",
        ),
    })
}

/// What a write waits for. `None`: its turn, in a moment.
fn waits(reason: Option<&str>) -> Option<&'static str> {
    match reason? {
        "reconnect_required" => Some(
            "Google does not let us in any more: the agent has to connect the calendar again, and then it is done.",
        ),
        "calendar_left_alone" | "rate_limited" => {
            Some("Google asks us for patience. We try again by ourselves.")
        }
        "google_unreachable" | "timeout" => {
            Some("Google did not answer. We try again by ourselves.")
        }
        _ => None, // `changed_meanwhile`
    }
}

/// Why Google will not take the event, and what helps.
fn refuses(reason: Option<&str>) -> &'static str {
    match reason.unwrap_or_default() {
        "calendar_disconnected" => {
            "The calendar is disconnected: once its agent connects it again, the event is made."
        }
        "calendar_gone" => {
            "The calendar is gone: once its agent chooses another one, or connects again, the event is made."
        }
        "calendar_forbidden" => {
            "Google does not let the agent write into it: once they choose another calendar, or connect again, the event is made."
        }
        "event_not_ours_to_edit" => {
            "Its event belongs to somebody else by now: once its agent chooses another calendar, or connects again, we try again."
        }
        "event_id_taken" => {
            "Events of others stand in its way: once its agent chooses another calendar, or the tour is moved, we try again."
        }
        // `event_refused`, and what the host wrote.
        _ => {
            "Google refused the event: once its agent chooses another calendar or connects again, or the tour is moved, we try again."
        }
    }
}

/// What a person did to the event that no tour can follow, and what to do.
fn disagrees(reason: Option<&str>) -> &'static str {
    match reason.unwrap_or_default() {
        "overlaps_another_tour" => {
            "The event was moved onto the time of another tour. Move it somewhere else, or back."
        }
        "other_calendar" => {
            "The event was moved into another calendar, where we do not follow it. Move it back, or cancel the tour."
        }
        "recurring" => {
            "The event was made to repeat, which a tour does not. Take the repetition away."
        }
        "shown_as_free" => "The event is set to “free”. Set it to “busy”, or cancel the tour.",
        "agent_declined" => {
            "The agent declined the event. Accept it, cancel the tour, or give it to somebody else."
        }
        "all_day" | "no_time_of_day" => "The event has no time of day any more. Give it one.",
        _ => "The event and the booking disagree. Look at both and change one.",
    }
}

/// How the prospect's invitation is doing. `None`: there is none, or the tour is over.
pub fn invite(line: &Line) -> Option<Standing> {
    let rsvp = line.rsvp.filter(|_| line.booking.status.is_live())?;
    let method = line.invite_method.as_deref();
    Some(match (rsvp, line.invite_sent_at) {
        (Rsvp::Accepted, _) => Standing::new("", "Invitation accepted"),
        (Rsvp::Tentative, _) => Standing::new("", "Invitation accepted, not for certain"),
        (Rsvp::Declined, _) => Standing::new("warn", "Invitation declined"),
        (Rsvp::Pending, _) if line.invite_failed => Standing::new(
            "warn",
            "The invitation could not be sent: tell the prospect",
        ),
        (Rsvp::Pending, None) => Standing::new("", "Invitation not sent yet"),
        (Rsvp::Pending, Some(_)) => Standing::new(
            "",
            match method {
                Some("google") => "Invited by Google, no answer yet",
                Some("ics") => "Invited by letter, no answer yet",
                _ => "Invited, no answer yet",
            },
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dashboard::written;

    #[test]
    fn every_reason_that_the_code_writes_beside_an_event_has_words() {
        // What these files quote besides.
        const OTHERS: [&str; 12] = [
            "cancelled",
            "ends_at",
            "event_failed",
            "google",
            "name",
            "primary",
            "reason",
            "response",
            "starts_at",
            "status",
            "tour_bookings",
            "tour_conflict",
        ];
        // For these the words without a reason are right.
        const USUAL: [&str; 3] = ["changed_meanwhile", "event_refused", "restored"];
        let files = [
            "app/tours/event.rs",
            "app/tours/follow.rs",
            "app/tours/mirror.rs",
            "app/tours/tell.rs",
        ];
        let codes = written::in_quotes(&files);
        assert!(codes.contains("other_calendar"), "{codes:?}");
        for code in codes {
            let reason = Some(code.as_str());
            let has_words = waits(reason).is_some()
                || refuses(reason) != refuses(None)
                || disagrees(reason) != disagrees(None);
            let is_other = OTHERS.contains(&code.as_str());
            assert_ne!(
                has_words || USUAL.contains(&code.as_str()),
                is_other,
                "{code}"
            );
        }
    }
}
