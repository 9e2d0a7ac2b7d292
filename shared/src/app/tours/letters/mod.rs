//! Sending what is to be told of a tour, by the property's mailbox: once, and only while it is true.
//!
//! A letter leaves Gmail as a draft whose id is stored before it is sent: sending consumes the draft, so
//! a second send delivers nothing. A run after one that was stopped looks first at what that one left.

mod send;
mod text;
mod wanted;

use std::time::Duration;

use jiff::SignedDuration;
use tracing::{info, warn};
use uuid::Uuid;

use super::mirror;
use crate::app::grants::{Account, Failure};
use crate::app::{App, Deadline, inbox};
use crate::domain::ids::{self, BookingId};
use crate::error::{Error, Result, chain};
use crate::google;
use crate::queue::Job;
use crate::store::accounts::{self, Status};
use crate::store::letters::{self, Letter, LetterState};
use crate::store::mailboxes::{self, Mailbox};
use crate::store::properties::Property;

/// A mailbox that nobody connected, or has to connect again, is looked for so often.
const NO_MAILBOX: SignedDuration = SignedDuration::from_mins(5);
/// With less time than this a letter is left to the queue: it would be killed in the middle.
const WORTH_BEGINNING: Duration = Duration::from_secs(10);
/// A booking has fewer letters than that; what is more waits for the sweep.
const AT_ONCE: usize = 20;

/// Sends the letters of a booking that are due. Early, repeated and late calls do no harm; stopped
/// anywhere, the sweep calls again once the lease has run out.
pub async fn attend(
    app: &App,
    property: &Property,
    booking: BookingId,
    deadline: Deadline,
) -> Result<()> {
    let tx = app.of(property.id).await?;
    letters::retell(&tx, Some(booking), app.instant()).await?;
    let is_due = letters::is_due(&tx, booking, app.instant()).await?;
    tx.commit().await?;
    if !is_due {
        return Ok(());
    }
    for _ in 0..AT_ONCE {
        if deadline.is_near(WORTH_BEGINNING) {
            mirror::nudge(app, booking).await;
            return Ok(());
        }
        let owner = ids::fresh();
        let seconds = deadline.lease().as_secs_f64();
        let tx = app.of(property.id).await?;
        let letter = letters::lease(&tx, booking, owner, seconds, app.instant()).await?;
        tx.commit().await?;
        let Some(letter) = letter else {
            return Ok(());
        };
        send(app, property, letter, owner).await?;
    }
    Ok(())
}

/// Sends one letter, whose lease is ours, and notes how that ended.
async fn send(app: &App, property: &Property, letter: Letter, owner: Uuid) -> Result<()> {
    let run = Run {
        app,
        property,
        letter,
        owner,
    };
    let ended = run.go().await;
    run.conclude(ended).await
}

/// One run over one letter.
struct Run<'a> {
    app: &'a App,
    property: &'a Property,
    letter: Letter,
    owner: Uuid,
}

/// How a run ended.
enum Done {
    Settled,
    /// A stable code says why the letter will never leave.
    Ended(LetterState, &'static str),
    /// The same again in a while; or never, for the reason given, where that is too late.
    Later(SignedDuration, &'static str),
}

impl Run<'_> {
    async fn go(&self) -> Result<Done, Failure> {
        let decision = wanted::decide(self).await?;
        let connected = |mailbox: &Mailbox| mailbox.status == Status::Connected;
        let mailbox = match (decision.mailbox.filter(connected), decision.unwanted) {
            (Some(mailbox), _) => mailbox,
            // Nothing can be looked for; what did leave is found when history is read again.
            (None, Some(reason)) => return Ok(Done::Ended(LetterState::Cancelled, reason)),
            (None, None) => return Ok(Done::Later(NO_MAILBOX, "no_mailbox")),
        };
        let mut account = Account::of(self.app, mailbox.account());
        let Some(to) = &decision.addressed else {
            send::withdraw(self, &mut account, &[]).await?;
            return Ok(Done::Ended(LetterState::Cancelled, "erased"));
        };
        let left = send::left(self, &mut account, &to.address).await?;
        if let Some(message) = &left.sent {
            send::record(self, &mailbox, message, &mut account).await?;
            return Ok(Done::Settled);
        }
        if let Some(reason) = decision.unwanted {
            send::withdraw(self, &mut account, &left.drafts).await?;
            return Ok(Done::Ended(LetterState::Cancelled, reason));
        }
        send::deliver(self, &mut account, &mailbox, to, &left.drafts).await
    }

    /// Leaves the row as the next run wants to find it.
    async fn conclude(&self, ended: Result<Done, Failure>) -> Result<()> {
        let (id, attempts) = (self.letter.id, self.letter.attempts);
        let (wait, reason) = match ended {
            Ok(Done::Settled) => return Ok(()),
            Ok(Done::Ended(state, reason)) => return self.end(state, reason).await,
            Ok(Done::Later(wait, reason)) => (wait, reason),
            Err(Failure::Ours(error)) => {
                // The queue brings it again at once, the sweep when the lease has run out.
                self.postpone(SignedDuration::ZERO).await?;
                return Err(error);
            }
            Err(Failure::Reconnect) => (NO_MAILBOX, "no_mailbox"),
            Err(Failure::Google(error)) => {
                warn!(letter.id = %id, error = chain(&error), "Letter {id} waits for Google");
                let wait = inbox::patience(&error, attempts);
                if matches!(error, google::Error::RateLimited { .. }) {
                    self.leave_alone(wait, &error).await?;
                }
                (
                    SignedDuration::from_millis(wait.num_milliseconds()),
                    "gave_up",
                )
            }
        };
        let now = self.app.instant();
        if now
            .checked_add(wait)
            .is_ok_and(|next| next > self.letter.not_after)
        {
            let state = match reason {
                "no_mailbox" => LetterState::Cancelled,
                _ => LetterState::Failed,
            };
            return self.end(state, reason).await;
        }
        self.postpone(wait).await?;
        if reason != "no_mailbox" {
            let (queue, wait) = (self.app.queue(), wait.try_into().unwrap_or_default());
            queue.nudge(Job::Booking(self.letter.booking), wait).await;
        }
        Ok(())
    }

    async fn end(&self, state: LetterState, reason: &str) -> Result<()> {
        let id = self.letter.id;
        let tx = self.app.of(self.property.id).await?;
        letters::end(&tx, id, state, reason).await?;
        tx.commit().await?;
        info!(letter.id = %id, letter.state = state.as_str(), reason, "Letter {id} ended");
        Ok(())
    }

    async fn postpone(&self, wait: SignedDuration) -> Result<()> {
        let now = self.app.instant();
        let until = now.checked_add(wait).unwrap_or(now);
        let tx = self.app.of(self.property.id).await?;
        letters::postpone(&tx, self.letter.id, self.owner, until).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Google asked for patience: nobody calls this account before it is over.
    async fn leave_alone(&self, wait: chrono::TimeDelta, error: &google::Error) -> Result<()> {
        let until = self.app.now() + wait;
        let tx = self.app.of(self.property.id).await?;
        if let Some(mailbox) = mailboxes::of_property(&tx, self.property.id).await? {
            accounts::leave_alone(&tx, mailbox.holder(), until, &error.to_string()).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// The lease ran out, or somebody ended the letter meanwhile.
    fn lost() -> Failure {
        Error::busy(Duration::from_secs(5)).into()
    }
}
