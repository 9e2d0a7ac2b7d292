//! Moving and cancelling a tour: by the team, or by the prospect with the link of the invitation.
//!
//! The booking changes in one transaction; its event follows at once, or by the queue and the sweep.
//! Google tells the prospect; a letter tells the agent what the prospect did.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::{Date, Time as Clock};
use serde_json::json;
use tracing::warn;

use super::availability::{self, Clocks, Time};
use super::book::{self, never_offered};
use super::rules::{self, Occupied};
use super::write::LETTER_LIFE;
use super::{busy, link, mirror, write};
use crate::app::access::{self, Right, User, hidden_as};
use crate::app::{App, Deadline};
use crate::domain::ids::*;
use crate::domain::interval::Interval;
use crate::error::{Error, Result, chain};
use crate::slots::{self, Refusal, Rules};
use crate::store::audit::{self, Actor, Entry};
use crate::store::event_links;
use crate::store::letters::{self, LetterKind};
use crate::store::properties::Property;
use crate::store::tours::{self, Booking, Move, Receiver};
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
        return by_hand(app, by, property, booking, first).await;
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
    let plan = Plan {
        app,
        property,
        booking,
        receiver: without(receiver.ok_or_else(never_offered)?, booking.id),
        clock: Clocks {
            name: booking.zone.clone(),
            zone: booking.time_zone(),
        },
        within,
    };
    plan.carry_out(by, starts).await
}

/// The agent's agenda as if the tour were not in it.
fn without(mut receiver: Receiver, booking: BookingId) -> Receiver {
    receiver.visits.retain(|visit| visit.booking != booking);
    receiver
}

struct Plan<'a> {
    app: &'a App,
    property: &'a Property,
    booking: &'a Booking,
    receiver: Receiver,
    clock: Clocks,
    within: Interval,
}

impl Plan<'_> {
    async fn carry_out(&self, by: &By, starts: &[Timestamp]) -> Result<Moved> {
        let now = self.app.instant();
        let rules = rules::of(&self.receiver.calendar, self.property);
        let rules = rules.ok_or(Error::CalendarUnreadable)?;
        let mut refusal = None;
        let offered = starts.iter().find_map(|start| {
            let claim = availability::claim(&rules, &[], &self.receiver, *start, now);
            claim.map_err(|why| refusal = Some(why)).ok()
        });
        // What was never on offer needs no calendar to be refused.
        if offered.is_none() && !refusal.is_some_and(was_on_offer) {
            return Err(never_offered());
        }
        let busy = self.busy(offered).await.ok_or(Error::CalendarUnreadable)?;
        let free = |tx_time: Interval| {
            availability::claim(&rules, &busy, &self.receiver, tx_time.start(), now)
        };
        let time = match offered.map(free) {
            Some(Ok(time)) => time,
            Some(Err(why)) => return self.refused(&rules, &busy, why),
            None => return self.refused(&rules, &busy, refusal.ok_or_else(never_offered)?),
        };
        let to = Move {
            time,
            buffer: rules.buffer.into(),
            local: self.clock.zone.to_datetime(time.start()),
            agent: Some(self.receiver.calendar.agent),
            slot: None,
        };
        match self.write(by, &to, &rules).await {
            Ok(Wrote::Nothing) => self.refused(&rules, &busy, Refusal::Busy(time)),
            Ok(Wrote::TooMany(retry_after)) => Err(Error::TooMany { retry_after }),
            Ok(Wrote::Moved(booking)) => {
                self.app.busy_cache().forget(self.receiver.calendar.id);
                follow_up(self.app, booking.id).await;
                Ok(Moved::Done(booking))
            }
            Ok(Wrote::Changed) => Err(changed()),
            Err(store::Error::Constraint(name)) if name == tours::NO_OVERLAP => {
                self.refused(&rules, &busy, Refusal::Busy(time))
            }
            // The same person has another tour at that time.
            Err(store::Error::Constraint(name)) if name == tours::SAME_REQUEST => {
                self.refused(&rules, &busy, Refusal::Busy(time))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The agent's busy time, without this tour's own event. Free/busy does not tell whose time it is,
    /// so where it could be the event's own, the events around are read.
    async fn busy(&self, offered: Option<Interval>) -> Option<Vec<Interval>> {
        let calendar = &self.receiver.calendar;
        let busy = busy::now_of(self.app, calendar, self.within).await?;
        let own = self.booking.time;
        if offered.is_none() || !busy.iter().any(|busy| busy.overlaps(&own)) {
            return Some(busy);
        }
        let others = busy::others(self.app, calendar, self.booking.id, own).await?;
        let kept = busy.into_iter().flat_map(|busy| cut(busy, own));
        Some(kept.chain(others).collect())
    }

    fn refused(&self, rules: &Rules, busy: &[Interval], refusal: Refusal) -> Result<Moved> {
        if !was_on_offer(refusal) {
            return Err(never_offered());
        }
        let now = self.app.instant();
        let mut times =
            availability::free(rules, busy, &self.receiver, &self.clock, self.within, now);
        times.truncate(5);
        Ok(Moved::Taken(times))
    }

    async fn write(&self, by: &By, to: &Move, rules: &Rules) -> store::Result<Wrote> {
        retrying(|| async {
            let booking = self.booking;
            let now = self.app.instant();
            let tx = self.app.of(self.property.id).await?;
            let agents: Vec<ProfileId> = booking.agent.into_iter().chain(to.agent).collect();
            tours::lock_agents(&tx, &agents).await?;
            // What others of our processes took since it was read.
            let around =
                availability::around(to.time.start()).map_err(|_| store::Error::Missing)?;
            let mut visits = tours::taken(&tx, self.receiver.calendar.agent, around).await?;
            visits.retain(|visit| visit.booking != booking.id);
            let occupied = Occupied::of(rules, &[], &visits);
            if slots::claim(rules, occupied.taken(), to.time.start(), now).is_err() {
                tx.roll_back().await?;
                return Ok(Wrote::Nothing);
            }
            if let Some(wait) = mailed(self.app, &tx, by, booking).await? {
                tx.commit().await?;
                return Ok(Wrote::TooMany(wait));
            }
            if !tours::reschedule(&tx, booking.id, booking.version, to, now).await? {
                tx.roll_back().await?;
                return Ok(Wrote::Changed);
            }
            if to.agent != booking.agent
                && let Some(link) = event_links::of_booking(&tx, booking.id).await?
            {
                let calendar = &self.receiver.calendar;
                event_links::hand_over(&tx, &link, calendar.id, &calendar.calendar, now).await?;
            }
            let moved = tours::by_id(&tx, booking.id).await?;
            let moved = moved.ok_or(store::Error::Missing)?;
            told(self.app, &tx, by, &moved, LetterKind::AgentMoved).await?;
            invite(&tx, by, &moved, now).await?;
            let after = json!({ "starts_at": moved.time.start().to_string() });
            record(&tx, by, booking, "tour.moved", after).await?;
            tx.commit().await?;
            Ok(Wrote::Moved(Box::new(moved)))
        })
        .await
    }
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

/// A move by the link mails the person whom the tour is for, and the link may be in a stranger's hands: it
/// counts as a booking does. The team may move as often as it likes.
async fn mailed(app: &App, tx: &Tx, by: &By, booking: &Booking) -> store::Result<Option<Duration>> {
    match by {
        By::User(_) => Ok(None),
        By::Prospect(_) => write::mailed(app, tx, &booking.prospect).await,
    }
}

/// Whether a time may be had another day, or could a moment ago.
fn was_on_offer(refusal: Refusal) -> bool {
    matches!(refusal, Refusal::Busy(_) | Refusal::DayFull(_))
}

fn changed() -> Error {
    Error::conflict(
        "tour_changed",
        "The tour was changed by somebody else meanwhile",
    )
}

/// What of an interval lies outside of another.
fn cut(busy: Interval, own: Interval) -> impl Iterator<Item = Interval> {
    let before = Interval::new(busy.start(), busy.end().min(own.start()));
    let after = Interval::new(busy.start().max(own.end()), busy.end());
    before.into_iter().chain(after)
}

/// A tour without a calendar moves to another time that was made by hand.
async fn by_hand(
    app: &App,
    by: &By,
    property: &Property,
    booking: &Booking,
    start: Timestamp,
) -> Result<Moved> {
    let wrote = retrying(|| by_hand_once(app, by, property, booking, start)).await;
    match wrote {
        Ok(Some(Wrote::Moved(booking))) => {
            mirror::nudge(app, booking.id).await;
            Ok(Moved::Done(booking))
        }
        Ok(Some(Wrote::Nothing)) => Ok(Moved::Taken(Vec::new())),
        Ok(Some(Wrote::Changed)) => Err(changed()),
        Ok(Some(Wrote::TooMany(retry_after))) => Err(Error::TooMany { retry_after }),
        Ok(None) => Err(never_offered()),
        // The same person has another tour at that time.
        Err(store::Error::Constraint(name)) if name == tours::SAME_REQUEST => {
            Ok(Moved::Taken(Vec::new()))
        }
        Err(error) => Err(error.into()),
    }
}

/// `None`: there is no such time.
async fn by_hand_once(
    app: &App,
    by: &By,
    property: &Property,
    booking: &Booking,
    start: Timestamp,
) -> store::Result<Option<Wrote>> {
    let zone = booking.time_zone();
    let date = zone.to_datetime(start).date();
    let tx = app.of(property.id).await?;
    let slots = tours::manual(&tx, property.id, date, date).await?;
    let timed = slots.iter().filter_map(|slot| {
        let time = availability::manual_interval(slot, &zone)?;
        (time.start() == start && app.instant() < start).then_some((slot, time))
    });
    let best = timed.max_by_key(|(slot, _)| (booking.slot == Some(slot.id), slot.places > 0));
    let to = best.map(|(slot, time)| (slot.id, time));
    let Some((slot, time)) = to else {
        tx.commit().await?;
        return Ok(None);
    };
    if booking.slot == Some(slot) {
        tx.commit().await?;
        return Ok(Some(Wrote::Moved(Box::new(booking.clone()))));
    }
    if !tours::take_place(&tx, slot).await? {
        tx.commit().await?;
        return Ok(Some(Wrote::Nothing));
    }
    if let Some(wait) = mailed(app, &tx, by, booking).await? {
        tx.roll_back().await?;
        return Ok(Some(Wrote::TooMany(wait)));
    }
    if let Some(before) = booking.slot {
        tours::give_place(&tx, before).await?;
    }
    let now = app.instant();
    let to = Move {
        time,
        buffer: 0,
        local: zone.to_datetime(time.start()),
        agent: None,
        slot: Some(slot),
    };
    if !tours::reschedule(&tx, booking.id, booking.version, &to, now).await? {
        tx.roll_back().await?;
        return Ok(Some(Wrote::Changed));
    }
    let moved = tours::by_id(&tx, booking.id).await?;
    let moved = moved.ok_or(store::Error::Missing)?;
    invite(&tx, by, &moved, now).await?;
    let after = json!({ "starts_at": moved.time.start().to_string() });
    record(&tx, by, booking, "tour.moved", after).await?;
    tx.commit().await?;
    Ok(Some(Wrote::Moved(Box::new(moved))))
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

fn over() -> Error {
    Error::conflict("tour_over", "This tour is over or cancelled")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_remains_of_busy_time_is_what_lies_outside_of_ones_own() {
        let interval = |start, end| {
            let at = |minute: i64| Timestamp::from_second(minute * 60).unwrap();
            Interval::new(at(start), at(end)).unwrap()
        };
        let own = interval(10, 20);
        let cases = [
            ((10, 20), vec![]),
            ((0, 30), vec![(0, 10), (20, 30)]),
            ((0, 15), vec![(0, 10)]),
            ((15, 30), vec![(20, 30)]),
            ((0, 10), vec![(0, 10)]),
            ((20, 30), vec![(20, 30)]),
            ((12, 13), vec![]),
        ];
        for ((start, end), left) in cases {
            let left: Vec<_> = left.into_iter().map(|(a, b)| interval(a, b)).collect();
            let cut: Vec<_> = cut(interval(start, end), own).collect();
            assert_eq!(cut, left, "{start}..{end}");
        }
    }
}
