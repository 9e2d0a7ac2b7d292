//! A stretch of time.

use jiff::Timestamp;

/// The instants from `start` up to, and without, `end`; never empty.
///
/// Half-open, so that two intervals that touch share nothing: a tour may begin the moment another
/// ends. Instants are exact, to the nanosecond, and know of no time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Interval {
    start: Timestamp,
    end: Timestamp,
}

impl Interval {
    /// `None` when the end is not after the start: no instant lies between.
    pub fn new(start: Timestamp, end: Timestamp) -> Option<Self> {
        (start < end).then_some(Self { start, end })
    }

    /// The first instant inside.
    pub fn start(&self) -> Timestamp {
        self.start
    }

    /// The first instant after it.
    pub fn end(&self) -> Timestamp {
        self.end
    }

    /// Whether some instant lies in both.
    pub fn overlaps(&self, other: &Interval) -> bool {
        self.start < other.end && other.start < self.end
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn seconds(start: i64, end: i64) -> Option<Interval> {
        let at = |second| Timestamp::from_second(second).unwrap();
        Interval::new(at(start), at(end))
    }

    #[test]
    fn an_interval_is_never_empty() {
        assert!(seconds(0, 1).is_some());
        assert_eq!(seconds(1, 1), None);
        assert_eq!(seconds(2, 1), None);
    }

    #[test]
    fn intervals_that_touch_do_not_overlap() {
        let noon = seconds(10, 20).unwrap();
        for (start, end, overlaps) in [
            (0, 10, false),
            (0, 11, true),
            (12, 13, true),
            (19, 30, true),
            (20, 30, false),
            (0, 30, true),
        ] {
            let other = seconds(start, end).unwrap();
            assert_eq!(noon.overlaps(&other), overlaps, "{start}..{end}");
            assert_eq!(other.overlaps(&noon), overlaps, "{start}..{end}, turned");
        }
    }
}
