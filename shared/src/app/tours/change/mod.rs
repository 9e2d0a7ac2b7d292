//! Moving and cancelling a tour: by the team, or by the prospect with the link of the invitation.
//!
//! The booking changes in one transaction; its event follows at once, or by the queue and the sweep.
//! Google tells the prospect; a letter tells the agent what the prospect did.

mod agents;
mod by_hand;

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::{Date, Time as Clock};
use serde_json::json;
use tracing::warn;

use super::availability::{self, Clocks, Time};
use super::book::{self, never_offered};
use super::write::LETTER_LIFE;
use super::{link, mirror, write};
use crate::app::access::{self, Right, User, hidden_as};
use crate::app::{App, Deadline};
use crate::domain::ids::*;
use crate::error::{Error, Result, chain};
use crate::store::audit::{self, Actor, Entry};
use crate::store::letters::{self, LetterKind};
use crate::store::properties::Property;
use crate::store::tours::{self, Booking};
use crate::store::{self, Tx, retrying};

/// How long whoever changes a tour waits for the event.
const AT_ONCE: Duration = Duration::from_secs(8);

/// Who changes a tour, proven.
#[derive(Clone, Debug)]
pub enum By {
    User(User),
    Prospect(link::Link),
}

impl By {
    fn actor(&self) -> Actor {
        match self {
            Self::User(user) => Actor::User(user.id),
            Self::Prospect(_) => Actor::Prospect,
        }
    }

    /// The host's word for it.
    fn via(&self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Prospect(_) => "prospect",
        }
    }
}

pub enum Moved {
    Done(Box<Booking>),
    /// It was on offer and is taken; these are free.
    Taken(Vec<Time>),
}

/// What became of a move.
enum Wrote {
    Moved(Box<Booking>),
    /// Somebody else changed the tour meanwhile.
    Changed,
    /// Somebody else took the time meanwhile.
    Nothing,
    TooMany(Duration),
}

/// The booking, for who may change it.
pub async fn seen_by(app: &App, by: &By, id: BookingId) -> Result<(Booking, Property)> {
    let tx = app.everywhere().await?;
    let booking = tours::by_id(&tx, id).await?;
    let seen = async {
        let booking = booking.ok_or(Error::NotFound("Tour"))?;
        match by {
            By::User(user) => access::require(&tx, user, booking.property, Right::See)
                .await
                .map_err(hidden_as("Tour"))?,
            By::Prospect(link) if link.booking == id => {}
            By::Prospect(_) => return Err(Error::NotFound("Tour")),
        }
        let property = availability::property(&tx, booking.property).await?;
        Ok((booking, property))
    };
    let seen = seen.await;
    tx.commit().await?;
    seen
}

/// Cancels a tour. May be repeated: one that is cancelled stays cancelled.
///
/// # Errors
/// `NotFound` for a tour of somebody else's; `Conflict` for one that is over.
pub async fn cancel(app: &App, by: &By, id: BookingId) -> Result<Booking> {
    let (booking, property) = seen_by(app, by, id).await?;
    if !booking.status.is_live() {
        return Ok(booking);
    }
    if booking.time.start() <= app.instant() && matches!(by, By::Prospect(_)) {
        return Err(over());
    }
    let cancelled = retrying(|| cancel_once(app, by, &booking, &property)).await?;
    follow_up(app, id).await;
    Ok(cancelled)
}

async fn cancel_once(
    app: &App,
    by: &By,
    booking: &Booking,
    property: &Property,
) -> store::Result<Booking> {
    let (now, id) = (app.instant(), booking.id);
    let tx = app.of(property.id).await?;
    let was_live = tours::cancel(&tx, id, by.via(), now).await?;
    let cancelled = tours::by_id(&tx, id).await?.ok_or(store::Error::Missing)?;
    if was_live {
        told(app, &tx, by, &cancelled, LetterKind::AgentCancelled).await?;
        invite(&tx, by, &cancelled, now).await?;
        let after = json!({ "status": "cancelled" });
        record(&tx, by, booking, "tour.cancelled", after).await?;
    }
    tx.commit().await?;
    Ok(cancelled)
}

/// Moves a tour to another time, and to another agent where one is named, by the rules of a new one:
/// only to what is on offer. The tour itself does not stand in its own way.
///
/// # Errors
/// As [`book::book`]; `Conflict` for a tour that is cancelled or over.
pub async fn reschedule(
    app: &App,
    by: &By,
    id: BookingId,
    date: Date,
    time: Clock,
    agent: Option<ProfileId>,
) -> Result<Moved> {
    let (booking, property) = seen_by(app, by, id).await?;
    let starts = book::instants(&booking.time_zone(), date.to_datetime(time));
    to_one_of(app, by, &booking, &property, &starts, agent).await
}

/// [`reschedule`] to an instant, with the same agent.
pub async fn reschedule_to(app: &App, by: &By, id: BookingId, start: Timestamp) -> Result<Moved> {
    let (booking, property) = seen_by(app, by, id).await?;
    to_one_of(app, by, &booking, &property, &[start], None).await
}

/// `starts`: the instants that a reading of the clock may mean.
async fn to_one_of(
    app: &App,
    by: &By,
    booking: &Booking,
    property: &Property,
    starts: &[Timestamp],
    agent: Option<ProfileId>,
) -> Result<Moved> {
    if !booking.status.is_live() || booking.time.start() <= app.instant() {
        return Err(over());
    }
    let first = *starts.first().ok_or_else(never_offered)?;
    let Some(current) = booking.agent else {
        return by_hand::reschedule(app, by, property, booking, first).await;
    };
    if starts.contains(&booking.time.start()) && agent.is_none_or(|agent| agent == current) {
        return Ok(Moved::Done(Box::new(booking.clone()))); // as it is
    }
    let within = book::stretch(first)?;
    let tx = app.of(property.id).await?;
    let receivers = tours::receivers(&tx, property.id, within).await?;
    tx.commit().await?;
    let wanted = agent.unwrap_or(current);
    let mut receivers = receivers.into_iter();
    let receiver = receivers.find(|one| one.calendar.agent == wanted);
    let plan = agents::Plan {
        app,
        property,
        booking,
        receiver: agents::without(receiver.ok_or_else(never_offered)?, booking.id),
        clock: Clocks {
            name: booking.zone.clone(),
            zone: booking.time_zone(),
        },
        within,
    };
    plan.carry_out(by, starts).await
}

/// A move by the link mails the person whom the tour is for, and the link may be in a stranger's hands: it
/// counts as a booking does. The team may move as often as it likes.
async fn mailed(app: &App, tx: &Tx, by: &By, booking: &Booking) -> store::Result<Option<Duration>> {
    match by {
        By::User(_) => Ok(None),
        By::Prospect(_) => write::mailed(app, tx, &booking.prospect).await,
    }
}

/// Tells the prospect by letter, where Google does not invite.
async fn invite(tx: &Tx, by: &By, booking: &Booking, now: Timestamp) -> store::Result<()> {
    if !letters::invites(tx, booking.id).await? {
        return Ok(());
    }
    let kind = match (by, booking.status.is_live()) {
        (By::Prospect(_), true) => LetterKind::Invitation,
        (By::Prospect(_), false) => LetterKind::Cancellation,
        (By::User(_), true) => LetterKind::MovedByTeam,
        (By::User(_), false) => LetterKind::CancelledByTeam,
    };
    letter(tx, booking, kind, now).await
}

/// Tells the agent by letter what the prospect did; what the team did it knows.
async fn told(
    app: &App,
    tx: &Tx,
    by: &By,
    booking: &Booking,
    kind: LetterKind,
) -> store::Result<()> {
    if matches!(by, By::Prospect(_)) && booking.agent.is_some() {
        letter(tx, booking, kind, app.instant()).await?;
    }
    Ok(())
}

async fn letter(tx: &Tx, booking: &Booking, kind: LetterKind, now: Timestamp) -> store::Result<()> {
    let not_after = now.checked_add(LETTER_LIFE).unwrap_or(now);
    letters::expect(tx, booking, kind, now, not_after).await
}

async fn record(
    tx: &Tx,
    by: &By,
    booking: &Booking,
    action: &'static str,
    after: serde_json::Value,
) -> store::Result<()> {
    let entry = Entry {
        property: booking.property,
        actor: by.actor(),
        action,
        entity: "tour_bookings",
        entity_id: booking.id.0,
        before: Some(json!({
            "status": booking.status.as_str(),
            "starts_at": booking.time.start().to_string(),
        })),
        after: Some(after),
    };
    audit::append(tx, &entry).await
}

/// The event follows at once, if Google answers in time; else the queue goes on.
async fn follow_up(app: &App, booking: BookingId) {
    let attended = mirror::attend(app, booking, Deadline::after(AT_ONCE));
    match tokio::time::timeout(AT_ONCE, attended).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            warn!(booking.id = %booking, error = chain(&error), "The event of booking {booking} follows later");
            mirror::nudge(app, booking).await;
        }
        Err(_) => mirror::nudge(app, booking).await,
    }
}

fn changed() -> Error {
    Error::conflict(
        "tour_changed",
        "The tour was changed by somebody else meanwhile",
    )
}

fn over() -> Error {
    Error::conflict("tour_over", "This tour is over or cancelled")
}
