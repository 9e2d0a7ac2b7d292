//! Is the letter still true and wanted, and whom does it go to? Asked of the booking as it is now.

use jiff::Timestamp;

use super::Run;
use crate::app::grants::Failure;
use crate::domain::email_address::EmailAddress;
use crate::domain::tour::BookingStatus;
use crate::store::agent_calendars::{self, AgentCalendar};
use crate::store::letters::{self, Letter};
use crate::store::mailboxes::{self, Mailbox};
use crate::store::tours::{self, Booking};
use crate::store::{self, Tx, leads};

/// Whom a letter goes to, and about what.
pub(super) struct Addressed {
    pub booking: Booking,
    /// Of letters to the agent.
    pub agent: Option<AgentCalendar>,
    pub address: EmailAddress,
    /// Whether the prospect's calendar is told by our letters, because Google's tells nobody.
    pub by_letter: bool,
}

pub(super) struct Decision {
    pub mailbox: Option<Mailbox>,
    /// `None`: there is nobody any more to whom it could go.
    pub addressed: Option<Addressed>,
    /// A stable code that says why it must not leave.
    pub unwanted: Option<&'static str>,
}

pub(super) async fn decide(run: &Run<'_>) -> Result<Decision, Failure> {
    let letter = &run.letter;
    let tx = run.app.of(run.property.id).await?;
    let mailbox = mailboxes::of_property(&tx, run.property.id).await?;
    let addressed = addressed(&tx, letter).await?;
    let unwanted = match &addressed {
        None => Some("erased"),
        Some(to) => match outdated(letter, &to.booking, run.app.instant()) {
            None => suppressed(&tx, letter, &to.address).await?,
            reason => reason,
        },
    };
    tx.commit().await?;
    Ok(Decision {
        mailbox,
        addressed,
        unwanted,
    })
}

async fn addressed(tx: &Tx, letter: &Letter) -> store::Result<Option<Addressed>> {
    let Some(booking) = tours::by_id(tx, letter.booking).await? else {
        return Ok(None);
    };
    let agent = match booking.agent.filter(|_| letter.kind.is_to_agent()) {
        Some(agent) => agent_calendars::of_agent(tx, letter.property, agent).await?,
        None => None,
    };
    let address = match &agent {
        Some(agent) => agent.google_email.as_str(),
        None if letter.kind.is_to_agent() => return Ok(None),
        None => booking.prospect.email.as_str(),
    };
    let Ok(address) = EmailAddress::parse(address) else {
        return Ok(None);
    };
    let by_letter = letters::invites(tx, letter.booking).await?;
    Ok(Some(Addressed {
        booking,
        agent,
        address,
        by_letter,
    }))
}

/// Who asked us to stop still has to know that their own tour is at another time.
async fn suppressed(
    tx: &Tx,
    letter: &Letter,
    to: &EmailAddress,
) -> store::Result<Option<&'static str>> {
    let suppression = leads::suppression(tx, letter.property, to.key()).await?;
    let reason = suppression.as_ref().map(|said| said.reason.as_str());
    Ok(match reason {
        Some("bounced") => Some("bounced"),
        Some(_) if letter.kind.is_reminder() => Some("opted_out"),
        _ => None,
    })
}

/// Why a letter is not true any more.
fn outdated(letter: &Letter, booking: &Booking, now: Timestamp) -> Option<&'static str> {
    let is_over = if letter.kind.is_about_a_cancellation() {
        booking.status != BookingStatus::Cancelled
    } else {
        !booking.status.is_live()
    };
    if is_over {
        return Some("tour_over");
    }
    // A change since then has a letter of its own, or Google tells of it.
    let has_moved = if letter.kind.is_reminder() {
        letter.concerns != booking.time.start()
    } else {
        letter.version != booking.version
    };
    if has_moved {
        return Some("tour_moved");
    }
    (now > letter.not_after || now >= booking.time.start()).then_some("too_late")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use uuid::Uuid;

    use super::*;
    use crate::domain::ids::*;
    use crate::domain::interval::Interval;
    use crate::store::letters::{LetterKind, LetterState};
    use crate::store::tours::Prospect;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(hour * 3600).unwrap()
    }

    fn booking() -> Booking {
        Booking {
            id: BookingId(Uuid::nil()),
            property: PropertyId(Uuid::nil()),
            lead: None,
            slot: None,
            agent: None,
            agent_name: String::new(),
            status: BookingStatus::Confirmed,
            time: Interval::new(at(100), at(101)).unwrap(),
            buffer: 0,
            zone: "UTC".into(),
            prospect: Prospect {
                first_name: String::new(),
                last_name: String::new(),
                email: String::new(),
                phone: String::new(),
            },
            version: 2,
            changed_at: at(0),
            created_at: at(0),
        }
    }

    fn letter(kind: LetterKind) -> Letter {
        Letter {
            id: LetterId(Uuid::nil()),
            property: PropertyId(Uuid::nil()),
            booking: BookingId(Uuid::nil()),
            kind,
            concerns: at(100),
            version: if kind.is_reminder() { 0 } else { 2 },
            state: LetterState::Due,
            due_at: at(50),
            not_after: at(98),
            draft: None,
            attempts: 1,
        }
    }

    #[test]
    fn a_letter_is_sent_while_it_is_true() {
        use LetterKind::*;
        for kind in [Invitation, MovedByTeam, AgentMoved, Reminder24h, Reminder1h] {
            let letter = letter(kind);
            assert_eq!(outdated(&letter, &booking(), at(98)), None, "{kind:?}");
            assert_eq!(
                outdated(&letter, &booking(), at(99)),
                Some("too_late"),
                "{kind:?}"
            );
            for status in [
                BookingStatus::Cancelled,
                BookingStatus::Completed,
                BookingStatus::NoShow,
            ] {
                let over = Booking {
                    status,
                    ..booking()
                };
                assert_eq!(outdated(&letter, &over, at(60)), Some("tour_over"));
            }
            let moved = Booking {
                time: Interval::new(at(200), at(201)).unwrap(),
                version: 3,
                ..booking()
            };
            assert_eq!(outdated(&letter, &moved, at(60)), Some("tour_moved"));
        }
        for kind in [Cancellation, CancelledByTeam, AgentCancelled] {
            let cancelled = Booking {
                status: BookingStatus::Cancelled,
                ..booking()
            };
            assert_eq!(outdated(&letter(kind), &cancelled, at(60)), None);
            assert_eq!(
                outdated(&letter(kind), &booking(), at(60)),
                Some("tour_over")
            );
        }
    }

    #[test]
    fn a_reminder_outlives_a_change_that_is_no_move() {
        let changed = Booking {
            version: 9,
            ..booking()
        };
        let reminder = letter(LetterKind::Reminder24h);
        assert_eq!(outdated(&reminder, &changed, at(60)), None);
    }
}
