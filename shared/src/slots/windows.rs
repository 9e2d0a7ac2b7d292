//! Working hours as stretches of instants.
//!
//! A zone is asked once for the offsets that it has in a stretch of time; after that, turning a
//! clock's reading into an instant is arithmetic.

use jiff::tz::{Offset, TimeZone};

use crate::domain::working_hours::WorkingHours;

/// Seconds of a day without a change of the clocks.
const DAY: i64 = 24 * 60 * 60;

/// Seconds since 1970 in UTC, from the first up to and without the second.
pub(super) type Seconds = (i64, i64);

/// The working windows that may hold an instant from `from` to `until`, whole, in order of their
/// start. They may overlap, and a few may lie outside.
///
/// The clock is one over the same stretch of time.
pub(super) fn between(
    clock: &WallClock,
    hours: &WorkingHours,
    from: i64,
    until: i64,
) -> Vec<Seconds> {
    // A clock that jumps at midnight moves a window into the day beside it.
    let first = clock.day_of(from) - 1;
    let last = clock.day_of(until) + 1;

    let mut windows = Vec::new();
    let mut date = Offset::UTC.to_datetime(super::at(first * DAY)).date();
    for day in first..=last {
        for window in hours.on(date) {
            let edge = |minutes: u16| clock.instant(day * DAY + i64::from(minutes) * 60);
            let (opens, closes) = (edge(window.opens()), edge(window.closes()));
            if opens < closes && opens <= until && from < closes {
                windows.push((opens, closes));
            }
        }
        let Ok(tomorrow) = date.tomorrow() else {
            break; // the calendar ends with the year 9999
        };
        date = tomorrow;
    }
    windows.sort_unstable();
    windows
}

/// What a zone's clocks show over a stretch of time.
///
/// "Local seconds" count as if the clock's reading were UTC.
pub(super) struct WallClock {
    /// In order of time, never empty; the last has no end.
    spans: Vec<Span>,
}

/// A stretch in which the offset does not change.
struct Span {
    /// The first instant after it.
    until: i64,
    /// Seconds by which the clock is ahead of UTC.
    offset: i64,
}

impl WallClock {
    /// Right from two days before `from` to two days after `until`; further off it may be a day wrong.
    pub(super) fn over(zone: &TimeZone, from: i64, until: i64) -> Self {
        let (from, until) = (super::at(from - 2 * DAY), until + 2 * DAY);
        let mut offset = zone.to_offset(from);
        let mut spans = Vec::with_capacity(4);
        for change in zone.following(from) {
            let at = change.timestamp().as_second();
            if at > until {
                break;
            }
            spans.push(Span::new(at, offset));
            offset = change.offset();
        }
        spans.push(Span::new(i64::MAX, offset));
        Self { spans }
    }

    /// The instant at which the clock shows this.
    ///
    /// What it shows twice is meant the first time; what it skips is read as if it had not changed
    /// yet (RFC 5545 section 3.3.5; Temporal's "compatible").
    fn instant(&self, local: i64) -> i64 {
        let spans = &self.spans;
        let index = spans.partition_point(|span| span.until <= local - span.offset);
        let instant = local - spans[index].offset;
        match index.checked_sub(1).map(|before| &spans[before]) {
            Some(before) if instant < before.until => local - before.offset,
            _ => instant,
        }
    }

    /// The local day of an instant, counted from 1 January 1970.
    pub(super) fn day_of(&self, instant: i64) -> i64 {
        let index = self.spans.partition_point(|span| span.until <= instant);
        (instant + self.spans[index].offset).div_euclid(DAY)
    }

    /// The instants of a local day, which [`Self::day_of`] counts. A clock that is set back over
    /// midnight shows a day's end twice, with the start of the next between.
    pub(super) fn stretches(&self, day: i64) -> impl Iterator<Item = Seconds> {
        let starts = std::iter::once(i64::MIN).chain(self.spans.iter().map(|span| span.until));
        starts.zip(&self.spans).filter_map(move |(from, span)| {
            let midnight = day * DAY - span.offset;
            let (first, after) = (midnight.max(from), (midnight + DAY).min(span.until));
            (first < after).then_some((first, after))
        })
    }
}

impl Span {
    fn new(until: i64, offset: Offset) -> Self {
        let offset = i64::from(offset.seconds());
        Self { until, offset }
    }
}
