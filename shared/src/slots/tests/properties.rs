//! Properties, against the rules read slowly.

use std::collections::BTreeSet;

use jiff::{SignedDuration, ToSpan};
use proptest::prelude::*;

use super::*;

/// The rules read slowly: every start of every window, against all that takes time and by its date.
fn oracle(rules: &Rules, taken: Taken<'_>, within: Interval, now: Timestamp) -> Vec<Timestamp> {
    let minutes = |count: u32| SignedDuration::from_mins(count.into());
    let duration = minutes(rules.duration.get());
    let date_of = |start: Timestamp| start.to_zoned(rules.zone.clone()).date();
    let step = rules
        .interval
        .map_or(rules.duration.get() + rules.buffer, NonZeroU32::get);
    let mut starts = BTreeSet::new();
    let mut date = date_of(within.start()) - 3.days();
    let end = date_of(within.end()) + 3.days();
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
                let same_day = |tour: &&Interval| date_of(tour.start()) == date_of(start);
                let tours = taken.tours.iter().filter(same_day).count();
                let day_full = rules
                    .max_per_day
                    .is_some_and(|max| tours >= max.get() as usize);
                if within.start() <= start
                    && end <= within.end()
                    && in_time
                    && !day_full
                    && !taken.busy.iter().any(meets)
                    && !taken.tours.iter().any(meets)
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
        max_per_day in prop::option::of(1_u32..4),
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
        let max_per_day = max_per_day.and_then(NonZeroU32::new);
        Rules { buffer, notice_min, horizon_max, max_per_day, ..rules }
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
        tours in 0_usize..8,
    ) {
        let now = within.start() + SignedDuration::from_mins(shift);
        let intervals: Vec<_> = intervals.into_iter().filter_map(|(start, length, milliseconds)| {
            let start = within.start() + SignedDuration::from_mins(start)
                + SignedDuration::from_millis(milliseconds);
            Interval::new(start, start + SignedDuration::from_mins(length))
        }).collect();
        let (tours, busy) = intervals.split_at(tours.min(intervals.len()));
        let taken = Taken { busy, tours };
        let offered = open(&rules, taken, within, now);
        prop_assert_eq!(&offered, &oracle(&rules, taken, within, now));

        let all = all(&rules, taken, within, now);
        let starts: Vec<_> = all.iter().map(|candidate| candidate.start).collect();
        prop_assert_eq!(starts, oracle(&rules, Taken::default(), within, now));
        let free: Vec<_> = all.iter().filter(|one| one.free).map(|one| one.start).collect();
        prop_assert_eq!(free, offered);
    }

    #[test]
    fn a_start_can_be_booked_exactly_when_it_is_on_offer(
        rules in any_rules(),
        busy in any_busy(),
        tours in any_busy(),
        within in any_range(),
        shift in -4_000_i64..500,
        asked in instants(),
    ) {
        let now = within.start() + SignedDuration::from_mins(shift);
        let taken = Taken { busy: &busy, tours: &tours };
        for Candidate { start, free } in all(&rules, taken, within, now) {
            let end = start + SignedDuration::from_mins(rules.duration.get().into());
            let tour = Interval::new(start, end).unwrap();
            let claimed = claim(&rules, taken, start, now);
            match free {
                true => prop_assert_eq!(claimed, Ok(tour)),
                false => prop_assert!(matches!(claimed, Err(Refusal::Busy(_) | Refusal::DayFull(_)))),
            }
        }
        let around = Interval::new(asked - 1.hours(), asked + 4.hours()).unwrap();
        let offered = open(&rules, taken, around, now).contains(&asked);
        prop_assert_eq!(claim(&rules, taken, asked, now).is_ok(), offered);
    }
}
