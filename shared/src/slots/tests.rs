//! A table per rule, the days on which clocks change, and properties against a slow reading of the
//! rules that shares no code with the engine.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use jiff::civil::{Date, Weekday, date};
use jiff::{SignedDuration, ToSpan};
use proptest::prelude::*;

use super::*;
use crate::domain::working_hours::Window;
use crate::domain::zone;

// ── Saying what is meant ────────────────────────────────────────────────────────────────────────

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
    }
}

const LONG_AGO: &str = "2020-01-01T00:00:00Z";

/// The whole local day, from midnight to midnight.
fn day(rules: &Rules, date: Date) -> Interval {
    let midnight = |date: Date| date.to_zoned(rules.zone.clone()).unwrap().timestamp();
    Interval::new(midnight(date), midnight(date.tomorrow().unwrap())).unwrap()
}

/// What the clock shows at the starts of a day, and its offset: `09:00-05`.
fn shown(rules: &Rules, busy: &[Interval], date: Date) -> Vec<String> {
    let starts = open(rules, busy, day(rules, date), instant(LONG_AGO));
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

// ── Rules ───────────────────────────────────────────────────────────────────────────────────────

/// On 9 March 2026 Chicago is five hours behind UTC.
const MONDAY: Date = date(2026, 3, 9);

fn chicago(windows: &[(&str, &str)]) -> Rules {
    rules("America/Chicago", windows)
}

#[test]
fn a_tour_lies_inside_one_window_and_starts_on_its_grid() {
    let with = |duration, interval, windows: &[(&str, &str)]| {
        let mut rules = chicago(windows);
        rules.duration = NonZeroU32::new(duration).unwrap();
        rules.interval = NonZeroU32::new(interval);
        shown(&rules, &[], MONDAY).join(" ").replace("-05", "")
    };
    for (duration, interval, windows, starts) in [
        (30, 30, &[("09:00", "10:30")][..], "09:00 09:30 10:00"),
        (30, 15, &[("09:00", "10:00")], "09:00 09:15 09:30"),
        (45, 30, &[("09:00", "10:30")], "09:00 09:30"),
        (30, 45, &[("09:10", "10:30")], "09:10 09:55"),
        (60, 30, &[("09:00", "09:59")], ""),
        (60, 30, &[("09:00", "10:00")], "09:00"),
        // No tour spans two windows, not even two that touch.
        (60, 30, &[("09:00", "09:30"), ("09:30", "10:00")], ""),
        (
            30,
            30,
            &[("09:00", "10:00"), ("13:15", "14:00")],
            "09:00 09:30 13:15",
        ),
        (
            30,
            30,
            &[("13:15", "14:00"), ("09:00", "10:00")],
            "09:00 09:30 13:15",
        ),
        // Windows that overlap offer each start once, in order.
        (
            30,
            30,
            &[("09:00", "10:30"), ("09:30", "11:00")],
            "09:00 09:30 10:00 10:30",
        ),
        (
            30,
            30,
            &[("09:00", "10:30"), ("09:10", "10:30")],
            "09:00 09:10 09:30 09:40 10:00",
        ),
        (30, 30, &[("23:00", "24:00")], "23:00 23:30"),
        (30, 30, &[("18:00", "09:00")], ""),
        (30, 30, &[], ""),
    ] {
        assert_eq!(with(duration, interval, windows), starts, "{windows:?}");
    }
}

#[test]
fn starts_are_a_tour_and_a_buffer_apart_unless_set_otherwise() {
    let mut rules = chicago(&[("09:00", "11:00")]);
    (rules.buffer, rules.interval) = (15, None);
    assert_eq!(
        shown(&rules, &[], MONDAY),
        ["09:00-05", "09:45-05", "10:30-05"]
    );
}

#[test]
fn a_busy_interval_keeps_its_buffer_on_both_sides_and_touching_is_free() {
    let mut rules = chicago(&[("09:00", "11:00")]);
    rules.interval = NonZeroU32::new(15);
    rules.buffer = 15;
    let free = |busy: &[(&str, &str)]| {
        let at = |time| format!("2026-03-09T{time}Z");
        let busy: Vec<_> = busy.iter().map(|(a, b)| interval(&at(a), &at(b))).collect();
        shown(&rules, &busy, MONDAY).join(" ").replace("-05", "")
    };
    for (busy, starts) in [
        (&[][..], "09:00 09:15 09:30 09:45 10:00 10:15 10:30"),
        (&[("14:45:00", "15:00:00")], "09:00 10:15 10:30"),
        (&[("14:45:01", "15:00:00")], "09:00 10:15 10:30"),
        (&[("14:44:59", "15:00:00")], "10:15 10:30"),
        (&[("14:45:00", "15:00:01")], "09:00 10:30"),
        (&[("14:45:00", "15:00:00.000000001")], "09:00 10:30"),
        (&[("14:44:59.999999999", "15:00:00")], "10:15 10:30"),
        (&[("14:45:00.5", "14:45:00.6")], "09:00 10:15 10:30"),
        // The buffer reaches outside the hours.
        (
            &[("13:00:00", "13:45:00")],
            "09:00 09:15 09:30 09:45 10:00 10:15 10:30",
        ),
        (
            &[("13:00:00", "13:46:00")],
            "09:15 09:30 09:45 10:00 10:15 10:30",
        ),
        (
            &[("16:15:00", "17:00:00")],
            "09:00 09:15 09:30 09:45 10:00 10:15 10:30",
        ),
        (
            &[("16:14:00", "17:00:00")],
            "09:00 09:15 09:30 09:45 10:00 10:15",
        ),
        // In any order, overlapping, one inside another.
        (
            &[("15:30:00", "16:00:00"), ("14:00:00", "14:15:00")],
            "09:30 09:45",
        ),
        (
            &[("15:00:00", "16:00:00"), ("15:10:00", "15:20:00")],
            "09:00 09:15",
        ),
        (
            &[("15:10:00", "15:20:00"), ("15:00:00", "16:00:00")],
            "09:00 09:15",
        ),
        (&[("00:00:00", "15:30:00"), ("15:20:00", "15:40:00")], ""),
    ] {
        assert_eq!(free(busy), starts, "{busy:?}");
    }
}

#[test]
fn a_meeting_of_many_days_takes_every_window_in_it() {
    let rules = chicago(&[("09:00", "10:00")]);
    let trip = interval("2026-03-08T00:00:00-05:00", "2026-03-10T09:30:00-05:00");
    assert_eq!(shown(&rules, &[trip], MONDAY), [""; 0]);
    assert_eq!(shown(&rules, &[trip], date(2026, 3, 10)), ["09:30-05"]);
}

#[test]
fn a_tour_lies_inside_the_range_as_a_whole() {
    let rules = chicago(&[("09:00", "11:00")]);
    let starts = |from, to| open(&rules, &[], interval(from, to), instant(LONG_AGO)).len();
    let (nine, eleven) = ("2026-03-09T14:00:00Z", "2026-03-09T16:00:00Z");
    assert_eq!(starts(nine, eleven), 4);
    assert_eq!(starts("2026-03-09T14:00:00.000000001Z", eleven), 3);
    assert_eq!(starts(nine, "2026-03-09T15:59:59.999999999Z"), 3);
    assert_eq!(starts(nine, "2026-03-09T14:30:00Z"), 1);
    assert_eq!(starts(nine, "2026-03-09T14:29:59Z"), 0);
    assert_eq!(
        starts("2026-03-09T09:00:00-05:00", "2026-03-09T23:00:00+07:00"),
        4
    );
}

#[test]
fn nothing_is_offered_too_soon_or_too_far_ahead() {
    let mut rules = chicago(&[("09:00", "10:00")]);
    rules.notice_min = 60;
    rules.horizon_max = Some(1);
    let week = interval("2026-03-01T00:00:00Z", "2026-03-31T00:00:00Z");
    let starts = |now| {
        let starts = open(&rules, &[], week, instant(now));
        let day_and_time = |start: Timestamp| start.strftime("%d %H:%M").to_string();
        starts.into_iter().map(day_and_time).collect::<Vec<_>>()
    };
    let (nine, half_past) = ("09 14:00", "09 14:30");
    assert_eq!(starts("2026-03-09T13:00:00Z"), [nine, half_past]);
    assert_eq!(starts("2026-03-09T13:00:00.1Z"), [half_past]);
    assert_eq!(starts("2026-03-09T13:30:00Z"), [half_past]);
    assert_eq!(
        starts("2026-03-08T14:00:00Z"),
        ["08 14:30", nine][1..],
        "the hour's notice"
    );
    assert_eq!(starts("2026-03-08T14:29:59Z"), [nine]);
    assert_eq!(starts("2026-03-08T14:30:00Z"), [nine, half_past]);
}

// ── Clocks ──────────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_window_over_a_change_of_the_clocks_has_its_true_length() {
    let (spring, autumn) = (date(2026, 3, 8), date(2026, 11, 1));
    let london = ("Europe/London", date(2026, 3, 29), date(2026, 10, 25));
    for (zone, date, window, starts) in [
        // 02:00 is followed by 03:00, an hour later 01:59 by 01:00.
        (
            "America/Chicago",
            spring,
            ("01:00", "04:00"),
            "01:00-06 01:30-06 03:00-05 03:30-05",
        ),
        (
            "America/Chicago",
            autumn,
            ("00:30", "02:30"),
            "00:30-05 01:00-05 01:30-05 01:00-06 01:30-06 02:00-06",
        ),
        (
            "America/New_York",
            spring,
            ("01:30", "03:30"),
            "01:30-05 03:00-04",
        ),
        (
            "America/New_York",
            autumn,
            ("01:30", "02:30"),
            "01:30-04 01:00-05 01:30-05 02:00-05",
        ),
        (london.0, london.1, ("00:30", "02:30"), "00:30+00 02:00+01"),
        (
            london.0,
            london.2,
            ("01:00", "02:00"),
            "01:00+01 01:30+01 01:00+00 01:30+00",
        ),
        // Half an hour only.
        (
            "Australia/Lord_Howe",
            date(2026, 10, 4),
            ("01:30", "03:00"),
            "01:30+10:30 02:30+11",
        ),
        (
            "Australia/Lord_Howe",
            date(2026, 4, 5),
            ("01:00", "02:30"),
            "01:00+11 01:30+11 01:30+10:30 02:00+10:30",
        ),
        // Midnight itself is skipped, and the hour before midnight is repeated.
        (
            "Africa/Cairo",
            date(2026, 4, 24),
            ("00:00", "02:00"),
            "01:00+03 01:30+03",
        ),
        (
            "Africa/Cairo",
            date(2026, 10, 29),
            ("22:30", "24:00"),
            "22:30+03 23:00+03 23:30+03 23:00+02 23:30+02",
        ),
        (
            "Pacific/Auckland",
            date(2026, 9, 27),
            ("01:30", "03:30"),
            "01:30+12 03:00+13",
        ),
        (
            "Pacific/Auckland",
            date(2026, 4, 5),
            ("02:00", "03:00"),
            "02:00+13 02:30+13 02:00+12 02:30+12",
        ),
        // No change, and half an hour off.
        (
            "Asia/Kolkata",
            spring,
            ("01:30", "03:00"),
            "01:30+05:30 02:00+05:30 02:30+05:30",
        ),
    ] {
        let starts: Vec<_> = starts.split(' ').collect();
        assert_eq!(
            shown(&rules(zone, &[window]), &[], date),
            starts,
            "{zone} {date}"
        );
    }
}

#[test]
fn an_edge_that_does_not_exist_is_read_as_before_and_one_that_occurs_twice_is_the_first() {
    let spring = |window| shown(&chicago(&[window]), &[], date(2026, 3, 8));
    let autumn = |window| shown(&chicago(&[window]), &[], date(2026, 11, 1));
    assert_eq!(spring(("02:30", "04:30")), ["03:30-05", "04:00-05"]);
    assert_eq!(
        spring(("01:00", "02:30")),
        ["01:00-06", "01:30-06", "03:00-05"]
    );
    assert_eq!(spring(("02:00", "02:30")), ["03:00-05"]);
    assert_eq!(spring(("02:30", "03:15")), [""; 0], "ends before it starts");
    assert_eq!(
        autumn(("01:30", "02:00")),
        ["01:30-05", "01:00-06", "01:30-06"]
    );
    assert_eq!(autumn(("00:30", "01:30")), ["00:30-05", "01:00-05"]);
    assert_eq!(autumn(("01:00", "01:30")), ["01:00-05"]);
}

#[test]
fn windows_that_a_change_of_the_clocks_turns_round_are_offered_in_order() {
    let windows = [("02:00", "02:40"), ("02:30", "03:40"), ("03:00", "04:00")];
    let starts = shown(&chicago(&windows), &[], date(2026, 3, 8));
    assert_eq!(starts, ["03:00-05", "03:30-05"]);
}

#[test]
fn a_day_that_a_zone_skipped_offers_nothing_twice() {
    let rules = rules("Pacific/Apia", &[("09:00", "10:00")]);
    let around = interval("2011-12-29T00:00:00Z", "2012-01-01T00:00:00Z");
    let starts = open(&rules, &[], around, instant("2011-01-01T00:00:00Z"));
    let shown: Vec<_> = starts.iter().map(Timestamp::to_string).collect();
    assert_eq!(
        shown,
        [
            "2011-12-29T19:00:00Z",
            "2011-12-29T19:30:00Z",
            "2011-12-30T19:00:00Z",
            "2011-12-30T19:30:00Z",
            "2011-12-31T19:00:00Z",
            "2011-12-31T19:30:00Z",
        ]
    );
}

#[test]
fn the_rules_of_a_zone_are_this_years() {
    let vancouver = rules("America/Vancouver", &[("12:00", "12:30")]);
    let noon = open(
        &vancouver,
        &[],
        day(&vancouver, date(2026, 12, 1)),
        instant(LONG_AGO),
    );
    assert_eq!(noon, [instant("2026-12-01T19:00:00Z")]);
}

#[test]
fn the_ends_of_all_time_are_no_trouble() {
    let rules = rules("America/Chicago", &[("00:00", "24:00")]);
    let hour = SignedDuration::from_hours(1);
    let first = Interval::new(Timestamp::MIN, Timestamp::MIN + hour).unwrap();
    let last = Interval::new(Timestamp::MAX - hour, Timestamp::MAX).unwrap();
    assert!(open(&rules, &[last], last, first.start()).is_empty());
    assert!(open(&rules, &[], first, last.start()).is_empty());
    assert!(claim(&rules, &[], Timestamp::MAX, first.start()).is_err());
    assert!(claim(&rules, &[], Timestamp::MIN, last.start()).is_err());
}

// ── Booking one of them ─────────────────────────────────────────────────────────────────────────

#[test]
fn whoever_asks_for_a_start_that_is_not_on_offer_is_told_why() {
    let mut rules = chicago(&[("09:00", "12:00"), ("13:00", "18:00")]);
    rules.hours.set_date(date(2026, 3, 12), vec![]);
    (rules.buffer, rules.notice_min, rules.horizon_max) = (15, 60, Some(7));
    let now = instant("2026-03-09T13:30:00Z");
    let lunch = interval("2026-03-09T16:00:00Z", "2026-03-09T16:30:00Z");
    let ask = |start: &str| claim(&rules, &[lunch], instant(start), now);

    for (start, refusal) in [
        ("2026-03-09T08:30:00-05:00", Refusal::Closed),
        ("2026-03-09T12:00:00-05:00", Refusal::Closed),
        ("2026-03-09T18:00:00-05:00", Refusal::Closed),
        ("2026-03-12T10:00:00-05:00", Refusal::Closed),
        ("2026-03-09T11:45:00-05:00", Refusal::EndsTooLate),
        ("2026-03-09T10:10:00-05:00", Refusal::OffGrid),
        ("2026-03-09T10:00:00.5-05:00", Refusal::OffGrid),
        ("2026-03-09T10:00:01-05:00", Refusal::OffGrid),
        ("2026-03-09T09:00:00-05:00", Refusal::TooSoon),
        ("2026-03-02T09:00:00-06:00", Refusal::TooSoon),
        ("2026-03-16T09:00:00-05:00", Refusal::TooFar),
        ("2026-03-09T11:00:00-05:00", Refusal::Busy(lunch)),
        ("2026-03-09T10:30:00-05:00", Refusal::Busy(lunch)),
        ("2026-03-09T11:30:00-05:00", Refusal::Busy(lunch)),
    ] {
        assert_eq!(ask(start), Err(refusal), "{start}");
    }
    for start in ["2026-03-09T10:00:00-05:00", "2026-03-09T13:00:00-05:00"] {
        let tour = ask(start).unwrap();
        assert_eq!(tour.start(), instant(start));
        assert_eq!(tour.end().duration_since(tour.start()).as_mins(), 30);
    }
}

// ── Properties ──────────────────────────────────────────────────────────────────────────────────

/// The rules read slowly: every minute of every window, against every busy interval.
fn oracle(rules: &Rules, busy: &[Interval], within: Interval, now: Timestamp) -> Vec<Timestamp> {
    let minutes = |count: u32| SignedDuration::from_mins(count.into());
    let duration = minutes(rules.duration.get());
    let step = rules
        .interval
        .map_or(rules.duration.get() + rules.buffer, NonZeroU32::get);
    let mut starts = BTreeSet::new();
    let mut date = within.start().to_zoned(rules.zone.clone()).date() - 3.days();
    let end = within.end().to_zoned(rules.zone.clone()).date() + 3.days();
    while date <= end {
        for window in rules.hours.on(date) {
            // jiff's own reading of gaps and folds is "compatible".
            let edge = |minutes: u16| {
                let midnight = date + i64::from(minutes / 1440).days();
                let (hour, minute) = (minutes % 1440 / 60, minutes % 60);
                let time = midnight.at(hour as i8, minute as i8, 0, 0);
                time.to_zoned(rules.zone.clone()).unwrap().timestamp()
            };
            let (opens, closes) = (edge(window.opens()), edge(window.closes()));
            let mut elapsed = 0;
            while opens + minutes(elapsed) + duration <= closes {
                let start = opens + minutes(elapsed);
                let end = start + duration;
                let kept = (start - minutes(rules.buffer), end + minutes(rules.buffer));
                let meets = |busy: &Interval| busy.start() < kept.1 && kept.0 < busy.end();
                let in_time = start >= now + minutes(rules.notice_min)
                    && rules
                        .horizon_max
                        .is_none_or(|days| start <= now + minutes(days * 1440));
                if within.start() <= start
                    && end <= within.end()
                    && in_time
                    && !busy.iter().any(meets)
                {
                    starts.insert(start);
                }
                elapsed += step;
            }
        }
        date = date.tomorrow().unwrap();
    }
    starts.into_iter().collect()
}

const ZONES: [&str; 12] = [
    "America/Chicago",
    "America/New_York",
    "America/Vancouver",
    "Europe/London",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Asia/Kolkata",
    "Asia/Gaza",
    "Pacific/Auckland",
    "America/St_Johns",
    "UTC",
];

/// Instants near changes of the clocks, with fractions of a second now and then.
fn instants() -> impl Strategy<Value = Timestamp> {
    let days = prop::sample::select(vec![
        "2026-03-08",
        "2026-03-29",
        "2026-04-05",
        "2026-04-24",
        "2026-06-15",
        "2026-09-27",
        "2026-10-04",
        "2026-10-25",
        "2026-10-29",
        "2026-11-01",
    ]);
    let fraction = prop_oneof![4 => Just(0), 1 => 1_i64..60_000_000_000];
    (days, -2_880_i64..2_880, fraction).prop_map(|(day, minutes, nanoseconds)| {
        let day: Timestamp = format!("{day}T00:00:00Z").parse().unwrap();
        day + SignedDuration::from_mins(minutes) + SignedDuration::from_nanos(nanoseconds)
    })
}

fn windows_of_a_day() -> impl Strategy<Value = Vec<Window>> {
    let edge = || prop_oneof![3 => (0_u16..=1440).prop_map(|m| m / 15 * 15), 1 => 0_u16..=1440];
    let text = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
    let windows = prop::collection::vec((edge(), edge()), 0..4);
    windows.prop_map(move |windows| {
        let read = |(a, b): (u16, u16)| Window::parse(&text(a.min(b)), &text(a.max(b)));
        windows
            .into_iter()
            .filter_map(|edges| read(edges).ok().flatten())
            .collect()
    })
}

prop_compose! {
    fn any_rules()(
        zone in prop::sample::select(ZONES.as_slice()),
        week in prop::collection::vec(windows_of_a_day(), 7),
        holiday in prop::option::of((date_in_march(), windows_of_a_day())),
        duration in 1_u32..200,
        buffer in prop_oneof![Just(0), 1_u32..120],
        interval in prop::option::of(1_u32..120),
        notice_min in prop_oneof![Just(0), 1_u32..3_000],
        horizon_max in prop::option::of(0_u32..5),
    ) -> Rules {
        let mut rules = rules(zone, &[]);
        for (weekday, windows) in Weekday::Monday.cycle_forward().zip(week) {
            rules.hours.set_weekday(weekday, windows);
        }
        if let Some((date, windows)) = holiday {
            rules.hours.set_date(date, windows);
        }
        rules.duration = NonZeroU32::new(duration).unwrap();
        rules.interval = interval.and_then(NonZeroU32::new);
        Rules { buffer, notice_min, horizon_max, ..rules }
    }
}

fn date_in_march() -> impl Strategy<Value = Date> {
    (6_i8..12).prop_map(|day| date(2026, 3, day))
}

prop_compose! {
    fn any_busy()(near in instants())(
        intervals in prop::collection::vec((-4_000_i64..4_000, 1_i64..600, 0_i64..1_000), 0..12),
        near in Just(near),
    ) -> Vec<Interval> {
        let interval = |(start, length, milliseconds)| {
            let start = near + SignedDuration::from_mins(start);
            let length = SignedDuration::from_mins(length) - SignedDuration::from_millis(milliseconds);
            Interval::new(start, start + length)
        };
        intervals.into_iter().filter_map(interval).collect()
    }
}

prop_compose! {
    fn any_range()(start in instants())(
        minutes in 1_i64..8_000,
        start in Just(start),
    ) -> Interval {
        Interval::new(start, start + SignedDuration::from_mins(minutes)).unwrap()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 800 } else { 50_000 }))]

    #[test]
    fn what_is_offered_is_what_the_rules_say(
        rules in any_rules(),
        shift in -2_000_i64..500,
        within in any_range(),
        intervals in prop::collection::vec((-600_i64..8_000, 1_i64..300, 0_i64..60_000), 0..12),
    ) {
        let now = within.start() + SignedDuration::from_mins(shift);
        let busy: Vec<_> = intervals.into_iter().filter_map(|(start, length, milliseconds)| {
            let start = within.start() + SignedDuration::from_mins(start)
                + SignedDuration::from_millis(milliseconds);
            Interval::new(start, start + SignedDuration::from_mins(length))
        }).collect();
        prop_assert_eq!(open(&rules, &busy, within, now), oracle(&rules, &busy, within, now));
    }

    #[test]
    fn a_start_can_be_booked_exactly_when_it_is_on_offer(
        rules in any_rules(),
        busy in any_busy(),
        within in any_range(),
        shift in -4_000_i64..500,
        asked in instants(),
    ) {
        let now = within.start() + SignedDuration::from_mins(shift);
        let offered = open(&rules, &busy, within, now);
        for &start in &offered {
            let end = start + SignedDuration::from_mins(rules.duration.get().into());
            prop_assert_eq!(claim(&rules, &busy, start, now), Ok(Interval::new(start, end).unwrap()));
        }
        let around = Interval::new(asked - 1.hours(), asked + 4.hours()).unwrap();
        let offered = open(&rules, &busy, around, now).contains(&asked);
        prop_assert_eq!(claim(&rules, &busy, asked, now).is_ok(), offered);
    }
}
