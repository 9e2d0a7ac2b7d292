//! Moving a tour within an agent's calendar, or into another agent's.

use jiff::Timestamp;
use serde_json::json;

use super::super::availability::{self, Clocks};
use super::super::book::never_offered;
use super::super::busy;
use super::super::rules::{self, Occupied};
use super::{By, Moved, Wrote, changed, follow_up, invite, mailed, record, told};
use crate::app::App;
use crate::domain::ids::*;
use crate::domain::interval::Interval;
use crate::error::{Error, Result};
use crate::slots::{self, Refusal, Rules};
use crate::store::letters::LetterKind;
use crate::store::properties::Property;
use crate::store::tours::{self, Booking, Move, Receiver};
use crate::store::{self, event_links, retrying};

/// A move, with what was read for it.
pub(super) struct Plan<'a> {
    pub app: &'a App,
    pub property: &'a Property,
    pub booking: &'a Booking,
    pub receiver: Receiver,
    pub clock: Clocks,
    pub within: Interval,
}

impl Plan<'_> {
    pub(super) async fn carry_out(&self, by: &By, starts: &[Timestamp]) -> Result<Moved> {
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

/// The agent's agenda as if the tour were not in it.
pub(super) fn without(mut receiver: Receiver, booking: BookingId) -> Receiver {
    receiver.visits.retain(|visit| visit.booking != booking);
    receiver
}

/// Whether a time may be had another day, or could a moment ago.
fn was_on_offer(refusal: Refusal) -> bool {
    matches!(refusal, Refusal::Busy(_) | Refusal::DayFull(_))
}

/// What of an interval lies outside of another.
fn cut(busy: Interval, own: Interval) -> impl Iterator<Item = Interval> {
    let before = Interval::new(busy.start(), busy.end().min(own.start()));
    let after = Interval::new(busy.start().max(own.end()), busy.end());
    before.into_iter().chain(after)
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
