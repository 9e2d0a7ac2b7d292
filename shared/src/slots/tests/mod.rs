//! A table per rule, the days on which clocks change, and properties against a slow reading of the
//! rules that shares no code with the engine.
#![allow(clippy::unwrap_used)]

mod claims;
mod clocks;
mod properties;
mod rules;

use jiff::civil::{Date, Weekday, date};

use super::*;
use crate::domain::working_hours::Window;
use crate::domain::zone;

fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn interval(start: &str, end: &str) -> Interval {
    Interval::new(instant(start), instant(end)).unwrap()
}

/// Tours of 30 minutes, on the half hour, without buffer, notice or horizon.
fn rules(zone: &str, windows: &[(&str, &str)]) -> Rules {
    let windows = |_| {
        let read = windows.iter().map(|(start, end)| Window::parse(start, end));
        read.filter_map(|window| window.unwrap())
            .collect::<Vec<_>>()
    };
    let mut hours = WorkingHours::default();
    for weekday in Weekday::Monday.cycle_forward().take(7) {
        hours.set_weekday(weekday, windows(weekday));
    }
    Rules {
        zone: zone::find(zone).unwrap(),
        hours,
        duration: NonZeroU32::new(30).unwrap(),
        buffer: 0,
        interval: NonZeroU32::new(30),
        notice_min: 0,
        horizon_max: None,
        max_per_day: None,
    }
}

/// Taken by the calendar alone.
fn busy(busy: &[Interval]) -> Taken<'_> {
    Taken { busy, tours: &[] }
}

const LONG_AGO: &str = "2020-01-01T00:00:00Z";

/// The whole local day, from midnight to midnight.
fn day(rules: &Rules, date: Date) -> Interval {
    let midnight = |date: Date| date.to_zoned(rules.zone.clone()).unwrap().timestamp();
    Interval::new(midnight(date), midnight(date.tomorrow().unwrap())).unwrap()
}

/// What the clock shows at the starts of a day, and its offset: `09:00-05`.
fn shown(rules: &Rules, taken: &[Interval], date: Date) -> Vec<String> {
    let starts = open(rules, busy(taken), day(rules, date), instant(LONG_AGO));
    let show = |start: Timestamp| {
        let local = start.to_zoned(rules.zone.clone());
        assert_eq!(local.date(), date);
        let (hours, minutes) = (
            local.offset().seconds() / 3600,
            local.offset().seconds() % 3600,
        );
        match minutes.abs() / 60 {
            0 => format!("{}{hours:+03}", local.strftime("%H:%M")),
            minutes => format!("{}{hours:+03}:{minutes}", local.strftime("%H:%M")),
        }
    };
    starts.into_iter().map(show).collect()
}

/// On 9 March 2026 Chicago is five hours behind UTC.
const MONDAY: Date = date(2026, 3, 9);

fn chicago(windows: &[(&str, &str)]) -> Rules {
    rules("America/Chicago", windows)
}
