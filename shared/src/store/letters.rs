//! E-mails about tours (`tour_letters`), from the wish to the sent mail: their outbox.

use jiff::Timestamp;

use super::tours::Booking;
use super::{Result, Tx};

/// What a letter is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LetterKind {
    /// With a calendar file, where Google invites nobody; again after each move.
    Invitation,
    /// The same for a cancelled tour.
    Cancellation,
    /// The team changed the tour in its own calendar.
    MovedByTeam,
    CancelledByTeam,
    /// To the agent: the prospect changed the tour.
    AgentMoved,
    AgentCancelled,
    Reminder24h,
    Reminder1h,
}

impl LetterKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::Cancellation => "cancellation",
            Self::MovedByTeam => "moved_by_team",
            Self::CancelledByTeam => "cancelled_by_team",
            Self::AgentMoved => "agent_moved",
            Self::AgentCancelled => "agent_cancelled",
            Self::Reminder24h => "reminder_24h",
            Self::Reminder1h => "reminder_1h",
        }
    }
}

/// Wants a letter about a booking as it is now, in the transaction that makes it due; the same one is
/// wanted once. After `not_after` it would only confuse.
pub async fn expect(
    tx: &Tx,
    booking: &Booking,
    kind: LetterKind,
    now: Timestamp,
    not_after: Timestamp,
) -> Result<()> {
    tx.execute(
        "insert into tour_letters (property_id, booking_id, kind, concerns, version, due_at, not_after)
         values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing",
        &[
            &booking.property,
            &booking.id,
            &kind.as_str(),
            &booking.time.start(),
            &booking.version,
            &now,
            &not_after,
        ],
    )
    .await?;
    Ok(())
}
