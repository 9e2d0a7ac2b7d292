//! Which tours can be offered: working hours − busy time − buffers.
//!
//! Pure: no clock, no calendar, no database; `now` and the busy intervals are arguments. One agent at
//! a time: agents do not know of each other.
//!
//! The edges of a working window are clock readings, turned into instants once; between them only
//! elapsed time counts, so a window over a change of the clocks has its true length. The work grows
//! with busy intervals + slots: busy time is sorted, merged and swept once, and a slot costs an
//! addition. What is offered ([`open`]) and what may be booked ([`claim`]) come from the same windows.
//! Days on which the agent has enough tours already are taken as a whole, like one more busy interval.

use std::num::NonZeroU32;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::domain::interval::Interval;
use crate::domain::working_hours::WorkingHours;

mod windows;

#[cfg(test)]
mod tests;

use windows::{Seconds, WallClock};

/// On which terms an agent receives prospects.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The zone of the clock in `hours`.
    pub zone: TimeZone,
    pub hours: WorkingHours,
    /// Minutes that a tour takes.
    pub duration: NonZeroU32,
    /// Minutes kept free before and after a tour; they may lie outside the hours.
    pub buffer: u32,
    /// Minutes from one possible start to the next; `None`: duration + buffer.
    pub interval: Option<NonZeroU32>,
    /// Minutes between now and the earliest start.
    pub notice_min: u32,
    /// Days of 24 hours between now and the latest start; `None`: no limit.
    pub horizon_max: Option<u32>,
    /// Tours that may start on one date of the agent's zone; `None`: no limit.
    pub max_per_day: Option<NonZeroU32>,
}

/// What an agent's time is taken by already; in any order, overlapping or not.
#[derive(Clone, Copy, Debug, Default)]
pub struct Taken<'a> {
    /// What the calendar says, and anything else.
    pub busy: &'a [Interval],
    /// The agent's live tours, at any property: as busy as the rest, and counted by day. They may
    /// stand in `busy`, too. Counting needs those of whole days, also outside of a range.
    pub tours: &'a [Interval],
}

impl<'a> Taken<'a> {
    fn intervals(&self) -> impl Iterator<Item = &'a Interval> + use<'a> {
        self.busy.iter().chain(self.tours)
    }
}

/// A time at which a tour could start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub start: Timestamp,
    /// Whether it is on offer, or taken.
    pub free: bool,
}

/// Why a start is not on offer, for the team and for the answer to who asked for it.
///
/// Only `DayFull` and `Busy` come of what others do: such a start was on offer and is taken. Of several
/// reasons the first in this order is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("outside the working hours")]
    Closed,
    #[error("the tour would end after the working hours")]
    EndsTooLate,
    #[error("not one of the times at which tours start")]
    OffGrid,
    #[error("too soon")]
    TooSoon,
    #[error("too far ahead")]
    TooFar,
    /// How many tours the agent has on that date.
    #[error("the agent has {0} tours on that day and takes no more")]
    DayFull(usize),
    /// The first such interval as they were given, tours last.
    #[error("taken, or too close to something else")]
    Busy(Interval),
}

/// The starts of all tours that may be offered, in order and each once.
///
/// A tour lies inside `within` as a whole.
pub fn open(rules: &Rules, taken: Taken<'_>, within: Interval, now: Timestamp) -> Vec<Timestamp> {
    let lengths = Lengths::of(rules);
    let earliest = ceil(within.start()).max(ceil(now) + lengths.notice_min);
    let latest = (floor(within.end()) - lengths.duration).min(floor(now) + lengths.horizon_max);
    if latest < earliest {
        return Vec::new();
    }
    let clock = WallClock::over(&rules.zone, earliest, latest);
    let windows = windows::between(&clock, &rules.hours, earliest, latest);
    let mut blocked = lengths.blocked(taken, earliest, latest);
    if let Some(max) = rules.max_per_day {
        blocked.extend(full_days(&clock, taken.tours, max));
    }
    merge(&mut blocked);
    sweep(&windows, &blocked, &lengths, earliest, latest)
}

/// What [`open`] would offer if nothing were taken, and whether it does: for who shows both.
pub fn all(rules: &Rules, taken: Taken<'_>, within: Interval, now: Timestamp) -> Vec<Candidate> {
    let mut free = open(rules, taken, within, now).into_iter().peekable();
    let starts = open(rules, Taken::default(), within, now).into_iter();
    let candidate = |start| Candidate {
        start,
        free: free.next_if_eq(&start).is_some(),
    };
    starts.map(candidate).collect()
}

/// The tour that starts then, if it may be booked now, or else why not.
///
/// Agrees with [`open`] for every range that holds the tour.
pub fn claim(
    rules: &Rules,
    taken: Taken<'_>,
    start: Timestamp,
    now: Timestamp,
) -> Result<Interval, Refusal> {
    let lengths = Lengths::of(rules);
    let second = floor(start);
    let clock = WallClock::over(&rules.zone, second, second);
    let mut windows = windows::between(&clock, &rules.hours, second, second);
    if windows.is_empty() {
        return Err(Refusal::Closed);
    }
    windows.retain(|&(_, closes)| second + lengths.duration <= closes);
    if windows.is_empty() {
        return Err(Refusal::EndsTooLate);
    }
    windows.retain(|&(opens, _)| (second - opens) % lengths.interval == 0);
    if windows.is_empty() || start != at(second) {
        return Err(Refusal::OffGrid);
    }
    if second < ceil(now) + lengths.notice_min {
        return Err(Refusal::TooSoon);
    }
    if floor(now) + lengths.horizon_max < second {
        return Err(Refusal::TooFar);
    }
    if let Some(max) = rules.max_per_day {
        let day = clock.day_of(second);
        let days = taken
            .tours
            .iter()
            .map(|tour| clock.day_of(floor(tour.start())));
        let tours = days.filter(|&other| other == day).count();
        if tours >= max.get() as usize {
            return Err(Refusal::DayFull(tours));
        }
    }
    let reach = |margin| Interval::new(at(second - margin), at(second + lengths.duration + margin));
    let (tour, kept_free) = reach(0).zip(reach(lengths.buffer)).ok_or(Refusal::TooFar)?;
    match taken.intervals().find(|busy| busy.overlaps(&kept_free)) {
        Some(busy) => Err(Refusal::Busy(*busy)),
        None => Ok(tour),
    }
}

/// The same terms in seconds.
struct Lengths {
    duration: i64,
    buffer: i64,
    interval: i64,
    notice_min: i64,
    horizon_max: i64,
}

impl Lengths {
    fn of(rules: &Rules) -> Self {
        let minutes = |count: u32| i64::from(count) * 60;
        let duration = minutes(rules.duration.get());
        let buffer = minutes(rules.buffer);
        let interval = rules.interval.map(|interval| minutes(interval.get()));
        // More than all the time there is, and far from overflowing.
        let unlimited = i64::MAX / 4;
        Self {
            duration,
            buffer,
            interval: interval.unwrap_or(duration + buffer),
            notice_min: minutes(rules.notice_min),
            horizon_max: rules
                .horizon_max
                .map_or(unlimited, |days| minutes(days) * 24 * 60),
        }
    }

    /// The starts that what is taken forbids between two instants.
    ///
    /// A start is a whole second, so what is taken may be widened to whole seconds.
    fn blocked(&self, taken: Taken<'_>, earliest: i64, latest: i64) -> Vec<Seconds> {
        let starts = |taken: &Interval| {
            let first = floor(taken.start()) - self.buffer - self.duration + 1;
            let after = ceil(taken.end()) + self.buffer;
            (first <= latest && earliest < after).then_some((first, after))
        };
        let mut blocked = Vec::with_capacity(taken.busy.len() + taken.tours.len());
        for intervals in [taken.busy, taken.tours] {
            blocked.extend(intervals.iter().filter_map(starts));
        }
        blocked
    }
}

/// The days of the clock that have so many tours, as stretches of instants.
fn full_days(clock: &WallClock, tours: &[Interval], max: NonZeroU32) -> Vec<Seconds> {
    let mut days: Vec<i64> = tours
        .iter()
        .map(|tour| clock.day_of(floor(tour.start())))
        .collect();
    days.sort_unstable();
    let same_day = days.chunk_by(|one, next| one == next);
    let full = same_day.filter(|tours| tours.len() >= max.get() as usize);
    full.flat_map(|tours| clock.stretches(tours[0])).collect()
}

/// Puts stretches in order, and those that touch together.
fn merge(stretches: &mut Vec<Seconds>) {
    stretches.sort_unstable_by_key(|&(first, _)| first);
    stretches.dedup_by(|next, kept| {
        let touches = next.0 <= kept.1;
        if touches {
            kept.1 = kept.1.max(next.1);
        }
        touches
    });
}

/// Walks through windows and forbidden starts side by side.
fn sweep(
    windows: &[Seconds],
    blocked: &[Seconds],
    lengths: &Lengths,
    earliest: i64,
    latest: i64,
) -> Vec<Timestamp> {
    let step = lengths.interval;
    let open: i64 = windows.iter().map(|(opens, closes)| closes - opens).sum();
    let room = usize::try_from(open / step).unwrap_or(0) + windows.len();
    let mut starts: Vec<Timestamp> = Vec::with_capacity(room);
    let mut in_order = true;
    let mut ahead = blocked;
    for &(opens, closes) in windows {
        let last = latest.min(closes - lengths.duration);
        let mut start = on_grid(opens, step, earliest);
        in_order &= starts.last().is_none_or(|&before| before < at(start));
        let passed = ahead.iter().take_while(|(_, after)| *after <= opens);
        ahead = &ahead[passed.count()..];

        // Windows may overlap, so the next one begins its walk where this one began.
        let mut gaps = ahead.iter();
        while start <= last {
            let gap = gaps.next();
            let free = gap.map_or(last, |&(first, _)| last.min(first - 1));
            while start <= free {
                starts.push(at(start));
                start += step;
            }
            let Some(&(_, after)) = gap else { break };
            start = on_grid(start, step, after);
        }
    }
    if !in_order {
        starts.sort_unstable();
        starts.dedup();
    }
    starts
}

/// The first of `start`, `start + step`, … that is not before `bound`.
fn on_grid(start: i64, step: i64, bound: i64) -> i64 {
    let missing = (bound - start).max(0);
    start + (missing + step - 1) / step * step
}

/// The instant, kept within what can be told.
fn at(second: i64) -> Timestamp {
    let bound = if second < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    };
    Timestamp::from_second(second).unwrap_or(bound)
}

/// The last whole second that is not after the instant.
fn floor(instant: Timestamp) -> i64 {
    instant.as_second() - i64::from(instant.subsec_nanosecond() < 0)
}

/// The first whole second that is not before the instant.
fn ceil(instant: Timestamp) -> i64 {
    instant.as_second() + i64::from(instant.subsec_nanosecond() > 0)
}
