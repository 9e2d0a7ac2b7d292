//! What is offered: windows, grid, buffer, notice, horizon, and how many tours a day.

use jiff::SignedDuration;

use super::*;

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
    let starts = |from, to| {
        open(
            &rules,
            Taken::default(),
            interval(from, to),
            instant(LONG_AGO),
        )
        .len()
    };
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
        let starts = open(&rules, Taken::default(), week, instant(now));
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

/// From nine to eleven, two tours a day.
fn two_a_day() -> Rules {
    let mut rules = chicago(&[("09:00", "11:00")]);
    rules.max_per_day = NonZeroU32::new(2);
    rules
}

#[test]
fn an_agent_with_enough_tours_on_a_date_gets_no_more_on_it() {
    let rules = two_a_day();
    let day = day(&rules, MONDAY);
    let times = |busy: &[Interval], tours: &[Interval]| {
        let starts = open(&rules, Taken { busy, tours }, day, instant(LONG_AGO));
        let time = |start: Timestamp| {
            start
                .to_zoned(rules.zone.clone())
                .strftime("%H:%M")
                .to_string()
        };
        starts.into_iter().map(time).collect::<Vec<_>>().join(" ")
    };
    let at = |start, end| {
        interval(
            &format!("2026-03-{start}-05:00"),
            &format!("2026-03-{end}-05:00"),
        )
    };
    let early = at("09T09:00", "09T09:30");
    let late = at("09T23:30", "10T00:00");
    let next = at("10T00:00", "10T00:30");
    let before = at("08T23:45", "09T00:15");

    assert_eq!(times(&[], &[]), "09:00 09:30 10:00 10:30");
    assert_eq!(
        times(&[], &[early]),
        "09:30 10:00 10:30",
        "tours are busy, too"
    );
    assert_eq!(times(&[], &[early, late]), "");
    assert_eq!(
        times(&[early, late], &[]),
        "09:30 10:00 10:30",
        "but not all that is busy is a tour"
    );
    assert_eq!(
        times(&[early, late], &[early]),
        "09:30 10:00 10:30",
        "named twice, counted once"
    );
    assert_eq!(
        times(&[], &[early, next]),
        "09:30 10:00 10:30",
        "the next day"
    );
    assert_eq!(
        times(&[], &[early, before]),
        "09:30 10:00 10:30",
        "counted where it starts"
    );
    assert_eq!(times(&[], &[late, next, before]), "09:00 09:30 10:00 10:30");
}

#[test]
fn a_full_day_leaves_the_days_around_it_alone() {
    let rules = two_a_day();
    let tours = ["2026-03-09T13:00:00Z", "2026-03-09T20:00:00Z"].map(|start| {
        Interval::new(
            instant(start),
            instant(start) + SignedDuration::from_mins(30),
        )
        .unwrap()
    });
    let taken = Taken {
        busy: &[],
        tours: &tours,
    };
    let days = interval("2026-03-08T00:00:00-06:00", "2026-03-11T00:00:00-05:00");
    let starts = open(&rules, taken, days, instant(LONG_AGO));
    let dates: Vec<_> = starts
        .iter()
        .map(|start| start.strftime("%d").to_string())
        .collect();
    assert_eq!(dates, ["08", "08", "08", "08", "10", "10", "10", "10"]);
}

#[test]
fn what_is_taken_can_be_shown_beside_what_is_free() {
    let mut rules = two_a_day();
    rules.buffer = 15;
    let lunch = interval("2026-03-09T15:00:00Z", "2026-03-09T15:30:00Z");
    let shown = |busy: &[Interval], tours: &[Interval]| {
        let taken = Taken { busy, tours };
        let candidates = all(&rules, taken, day(&rules, MONDAY), instant(LONG_AGO));
        candidates
            .iter()
            .map(|one| if one.free { '+' } else { '-' })
            .collect::<String>()
    };
    assert_eq!(shown(&[], &[]), "++++");
    assert_eq!(shown(&[lunch], &[]), "+---");
    assert_eq!(shown(&[], &[lunch, lunch]), "----");
}
