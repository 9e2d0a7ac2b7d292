//! Days on which clocks change, zones, and the ends of time.

use jiff::SignedDuration;

use super::*;

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

/// The offsets stand here as people know them, so that this does not lean on the zone data twice.
#[test]
fn sixty_days_around_a_change_have_the_same_hours_by_the_clock() {
    for (zone, first, change, before, after) in [
        (
            "America/Chicago",
            date(2026, 2, 10),
            date(2026, 3, 8),
            "-06:00",
            "-05:00",
        ),
        (
            "America/Chicago",
            date(2026, 10, 5),
            date(2026, 11, 1),
            "-05:00",
            "-06:00",
        ),
        (
            "America/New_York",
            date(2026, 2, 10),
            date(2026, 3, 8),
            "-05:00",
            "-04:00",
        ),
        (
            "America/New_York",
            date(2026, 10, 5),
            date(2026, 11, 1),
            "-04:00",
            "-05:00",
        ),
        (
            "Europe/London",
            date(2026, 3, 1),
            date(2026, 3, 29),
            "+00:00",
            "+01:00",
        ),
        (
            "Europe/London",
            date(2026, 10, 1),
            date(2026, 10, 25),
            "+01:00",
            "+00:00",
        ),
        (
            "Australia/Lord_Howe",
            date(2026, 3, 10),
            date(2026, 4, 5),
            "+11:00",
            "+10:30",
        ),
        (
            "Australia/Lord_Howe",
            date(2026, 9, 10),
            date(2026, 10, 4),
            "+10:30",
            "+11:00",
        ),
        (
            "Africa/Cairo",
            date(2026, 4, 1),
            date(2026, 4, 24),
            "+02:00",
            "+03:00",
        ),
        (
            "Africa/Cairo",
            date(2026, 10, 1),
            date(2026, 10, 30),
            "+03:00",
            "+02:00",
        ),
        (
            "Pacific/Auckland",
            date(2026, 3, 10),
            date(2026, 4, 5),
            "+13:00",
            "+12:00",
        ),
        (
            "Pacific/Auckland",
            date(2026, 9, 1),
            date(2026, 9, 27),
            "+12:00",
            "+13:00",
        ),
        (
            "Asia/Kolkata",
            date(2026, 3, 1),
            date(2026, 4, 1),
            "+05:30",
            "+05:30",
        ),
    ] {
        let mut expected = Vec::new();
        for day in first.series(jiff::Span::new().days(1)).take(60) {
            let offset = if day < change { before } else { after };
            for time in ["09:00", "11:15", "13:30", "15:45"] {
                expected.push(instant(&format!("{day}T{time}:00{offset}")));
            }
        }
        let mut rules = rules(zone, &[("09:00", "18:00")]);
        (rules.duration, rules.interval) = (NonZeroU32::new(135).unwrap(), None);
        let start = first.to_zoned(rules.zone.clone()).unwrap().timestamp();
        let within = Interval::new(start, start + SignedDuration::from_hours(24 * 60)).unwrap();
        let starts = open(&rules, Taken::default(), within, instant(LONG_AGO));
        assert_eq!(starts, expected, "{zone} {change}");
    }
}

#[test]
fn a_full_day_is_as_long_as_its_clock_says() {
    // 25 hours in Chicago; in Cairo the hour before midnight comes twice; in Apia a date is skipped.
    for (zone, tour, offered) in [
        ("America/Chicago", "2026-11-01T12:00:00-06:00", "31 02"),
        ("Africa/Cairo", "2026-10-29T12:00:00+03:00", "28 30"),
        ("Pacific/Apia", "2011-12-29T12:00:00-10:00", "28 31"),
    ] {
        let mut rules = rules(zone, &[("00:00", "24:00")]);
        rules.max_per_day = NonZeroU32::new(1);
        let tour = Interval::new(instant(tour), instant(tour) + SignedDuration::from_mins(30));
        let day = tour
            .unwrap()
            .start()
            .to_zoned(rules.zone.clone())
            .start_of_day()
            .unwrap();
        let (from, to) = (
            day.yesterday().unwrap(),
            day.tomorrow().unwrap().tomorrow().unwrap(),
        );
        let within = Interval::new(from.timestamp(), to.timestamp()).unwrap();
        let taken = Taken {
            busy: &[],
            tours: tour.as_slice(),
        };
        let starts = open(&rules, taken, within, instant("2011-01-01T00:00:00Z"));
        let mut days: Vec<_> = starts
            .iter()
            .map(|start| {
                start
                    .to_zoned(rules.zone.clone())
                    .strftime("%d")
                    .to_string()
            })
            .collect();
        assert_eq!(days.len(), 96, "{zone}: two whole days");
        days.dedup();
        assert_eq!(days.join(" "), offered, "{zone}");
    }
}

#[test]
fn a_date_that_the_clock_comes_back_to_is_one_day() {
    // Newfoundland set its clocks back at 00:01, to 23:01 of the day before.
    let mut rules = rules("America/St_Johns", &[("00:00", "24:00")]);
    rules.max_per_day = NonZeroU32::new(1);
    let tour = interval("2010-11-06T12:00:00-02:30", "2010-11-06T12:30:00-02:30");
    let within = interval("2010-11-06T22:30:00-02:30", "2010-11-07T00:30:00-03:30");
    let shown = |tours: &[Interval]| {
        let taken = Taken { busy: &[], tours };
        let starts = open(&rules, taken, within, instant("2010-01-01T00:00:00Z"));
        let local = |start: Timestamp| start.to_zoned(rules.zone.clone());
        let show = |start| local(start).strftime("%d %H:%M").to_string();
        starts.into_iter().map(show).collect::<Vec<_>>()
    };
    let night = [
        "06 22:30", "06 23:00", "06 23:30", "07 00:00", "06 23:30", "07 00:00",
    ];
    assert_eq!(shown(&[]), night);
    assert_eq!(shown(&[tour]), ["07 00:00", "07 00:00"]);
}

#[test]
fn a_day_that_a_zone_skipped_offers_nothing_twice() {
    let rules = rules("Pacific/Apia", &[("09:00", "10:00")]);
    let around = interval("2011-12-29T00:00:00Z", "2012-01-01T00:00:00Z");
    let starts = open(
        &rules,
        Taken::default(),
        around,
        instant("2011-01-01T00:00:00Z"),
    );
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
        Taken::default(),
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
    assert!(open(&rules, busy(&[last]), last, first.start()).is_empty());
    assert!(open(&rules, Taken::default(), first, last.start()).is_empty());
    assert!(claim(&rules, Taken::default(), Timestamp::MAX, first.start()).is_err());
    assert!(claim(&rules, Taken::default(), Timestamp::MIN, last.start()).is_err());
}
