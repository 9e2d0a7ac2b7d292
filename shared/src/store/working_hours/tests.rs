#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use serde_json::json;

use super::*;

/// Monday, 9 March 2026, and the days after it.
fn march(hours: &WorkingHours, day: i8) -> Vec<(u16, u16)> {
    let windows = hours.on(jiff::civil::date(2026, 3, day));
    windows.iter().map(|w| (w.opens(), w.closes())).collect()
}

#[test]
fn the_plans_shape_is_read() {
    let week = json!({
        "mon": {"start": "09:00", "end": "18:00"},
        "tue": [{"start": "09:00", "end": "12:00"}, {"start": "13:00", "end": "24:00"}],
    });
    let hours = read(&week, &Value::Null).unwrap();
    assert_eq!(march(&hours, 9), [(540, 1080)]);
    assert_eq!(march(&hours, 10), [(540, 720), (780, 1440)]);
    assert_eq!(march(&hours, 11), [], "a day that is not named is closed");
}

#[test]
fn the_hosts_shape_is_read() {
    let week = json!({
        "mon": {"enabled": true, "start": "09:00", "end": "18:00"},
        "tue": {"enabled": false, "start": "09:00", "end": "18:00"},
        "wed": {"enabled": false},
        "sat": {"enabled": true, "start": "10:00", "end": "16:00"},
        "sun": {"enabled": true, "start": "00:00", "end": "00:00"},
    });
    let hours = read(&week, &json!({})).unwrap();
    assert_eq!(march(&hours, 9), [(540, 1080)]);
    assert_eq!(march(&hours, 10), []);
    assert_eq!(march(&hours, 11), []);
    assert_eq!(march(&hours, 14), [(600, 960)]);
    assert_eq!(march(&hours, 15), []);
}

#[test]
fn a_date_wins_over_its_weekday() {
    let week = json!({"mon": {"start": "09:00", "end": "18:00"}});
    let dates = json!({
        "2026-03-09": [],
        "2026-03-10": [{"start": "10:00", "end": "11:00"}],
        "2026-03-11": {"start": "10:00", "end": "11:00"},
    });
    let hours = read(&week, &dates).unwrap();
    assert_eq!(march(&hours, 9), []);
    assert_eq!(march(&hours, 10), [(600, 660)]);
    assert_eq!(march(&hours, 11), [(600, 660)]);
    assert_eq!(march(&hours, 16), [(540, 1080)]);
}

#[test]
fn nothing_that_is_not_understood_is_taken_for_open_or_closed() {
    use InvalidHours::*;
    let mon = || "mon".to_owned();
    for (week, error) in [
        (json!(null), NotAnObject),
        (json!("09:00-18:00"), NotAnObject),
        (json!([]), NotAnObject),
        (json!({"monday": []}), UnknownDay("monday".into())),
        (json!({"Mon": []}), UnknownDay("Mon".into())),
        (json!({"mon": "09:00-18:00"}), NotWindows(mon())),
        (json!({"mon": true}), NotWindows(mon())),
        (json!({"mon": [["09:00", "18:00"]]}), NotWindows(mon())),
        (json!({"mon": {"enabled": "no"}}), NotWindows(mon())),
        (json!({"mon": {}}), NotATime(mon())),
        (json!({"mon": {"enabled": true}}), NotATime(mon())),
        (json!({"mon": {"start": "09:00"}}), NotATime(mon())),
        (json!({"mon": {"start": 9, "end": 18}}), NotATime(mon())),
        (
            json!({"mon": {"start": "9am", "end": "18:00"}}),
            NotATime(mon()),
        ),
        (
            json!({"mon": [{"start": "09:00", "end": "18:00"}, {}]}),
            NotATime(mon()),
        ),
    ] {
        assert_eq!(read(&week, &Value::Null), Err(error), "{week}");
    }
    for dates in [
        json!({"2026-02-30": []}),
        json!({"20260309": []}),
        json!({"mon": []}),
    ] {
        let error = read(&json!({}), &dates);
        assert!(matches!(error, Err(UnknownDay(_))), "{dates}");
    }
    assert_eq!(read(&json!({}), &json!([])), Err(NotAnObject));
}

#[test]
fn a_request_replaces_the_week_or_the_dates_and_leaves_the_other() {
    let nine_to_five = json!({"start": "09:00", "end": "17:00"});
    let hours = read(&json!({"mon": nine_to_five}), &json!({"2026-03-09": []})).unwrap();
    let week = json!({"tue": nine_to_five, "wed": {"enabled": false}});
    let week = changed(&hours, Some(&week), None).unwrap();
    assert_eq!(march(&week, 9), []);
    assert_eq!(march(&week, 10), [(540, 1020)]);
    assert_eq!(march(&week, 16), [], "Mondays are not named any more");

    for none in [json!({}), json!(null)] {
        let dates = changed(&hours, None, Some(&none)).unwrap();
        assert_eq!(march(&dates, 9), [(540, 1020)]);
    }
    assert_eq!(changed(&hours, None, None), Ok(hours));
}

#[test]
fn who_asks_for_a_window_that_is_never_open_is_told() {
    let ask = |day: Value| {
        let week = json!({ "mon": day });
        assert!(read(&week, &json!({})).is_ok(), "what is stored is closed");
        changed(&WorkingHours::default(), Some(&week), None)
    };
    for window in [
        json!({"start": "18:00", "end": "09:00"}),
        json!({"start": "09:00", "end": "09:00"}),
        json!({"enabled": true, "start": "18:00", "end": "09:00"}),
        json!([{"start": "09:00", "end": "12:00"}, {"start": "13:00", "end": "13:00"}]),
    ] {
        let error = ask(window.clone()).unwrap_err();
        assert_eq!(error.why, InvalidHours::NeverOpen("mon".into()), "{window}");
    }
    for closed in [
        json!(null),
        json!([]),
        json!({"enabled": false}),
        json!({"enabled": false, "start": "18:00", "end": "09:00"}),
        json!({"enabled": true, "start": "00:00", "end": "00:00"}),
        json!({"start": "00:00", "end": "00:00"}),
    ] {
        assert_eq!(march(&ask(closed.clone()).unwrap(), 9), [], "{closed}");
    }
}

#[test]
fn a_refusal_names_the_setting() {
    let ask = |week: Value, dates: Value| {
        let hours = WorkingHours::default();
        let refusal = changed(&hours, Some(&week), Some(&dates)).unwrap_err();
        (refusal.field, refusal.why)
    };
    let window = || json!({"start": "09:00", "end": "17:00"});
    let good = || json!({ "mon": window() });
    let with_dates = |count: i64| {
        let first = jiff::civil::date(2026, 1, 1);
        let dates = (0..count).map(|day| (first + jiff::Span::new().days(day)).to_string());
        Value::Object(dates.map(|date| (date, json!([]))).collect())
    };
    for (week, dates, refusal) in [
        (
            json!(null),
            json!({}),
            ("workingHours", InvalidHours::NotAnObject),
        ),
        (
            good(),
            json!([]),
            ("dateOverrides", InvalidHours::NotAnObject),
        ),
        (
            good(),
            json!({"2026-02-30": []}),
            (
                "dateOverrides",
                InvalidHours::UnknownDay("2026-02-30".into()),
            ),
        ),
        (
            json!({"mon": vec![window(); 13]}),
            json!({}),
            ("workingHours", InvalidHours::TooManyWindows("mon".into())),
        ),
        (
            good(),
            json!({"2026-03-09": vec![window(); 13]}),
            (
                "dateOverrides",
                InvalidHours::TooManyWindows("2026-03-09".into()),
            ),
        ),
        (
            good(),
            with_dates(401),
            ("dateOverrides", InvalidHours::TooManyDates),
        ),
    ] {
        assert_eq!(ask(week, dates), refusal);
    }
    let most = json!({"mon": vec![window(); 12]});
    assert!(
        changed(
            &WorkingHours::default(),
            Some(&most),
            Some(&with_dates(400))
        )
        .is_ok()
    );
}

#[test]
fn hours_are_written_in_the_plans_shape() {
    let day = json!({"start": "09:00", "end": "18:00"});
    let siesta = json!([{"start": "09:00", "end": "12:30"}, {"start": "16:05", "end": "24:00"}]);
    let week = json!({"mon": day, "tue": siesta});
    let dates = json!({"2026-12-24": [], "2026-12-26": [day], "2026-12-27": siesta});
    let hours = read(&week, &dates).unwrap();
    assert_eq!((write_week(&hours), write_dates(&hours)), (week, dates));

    let closed = json!({"sat": [], "sun": {"enabled": false}});
    let hours = read(&closed, &json!(null)).unwrap();
    assert_eq!(
        (write_week(&hours), write_dates(&hours)),
        (json!({}), json!({}))
    );
}

fn any_windows() -> impl Strategy<Value = Vec<Window>> {
    let window = (0_u16..1440, 0_u16..=1440).prop_filter_map("open", |(a, b)| {
        let text = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
        Window::parse(&text(a.min(b)), &text(a.max(b))).unwrap()
    });
    prop::collection::vec(window, 0..=WINDOWS_MAX)
}

proptest! {
    #[test]
    fn what_is_written_reads_back(
        week in prop::collection::vec(any_windows(), 7),
        dates in prop::collection::vec((-4_000_i64..4_000, any_windows()), 0..20),
    ) {
        let mut hours = WorkingHours::default();
        hours.set_week(Weekday::Sunday.cycle_forward().zip(week));
        let epoch = jiff::civil::date(2026, 1, 1);
        let date = |day| epoch + jiff::Span::new().days(day);
        hours.set_dates(dates.into_iter().map(|(day, windows)| (date(day), windows)));

        let (week, dates) = (write_week(&hours), write_dates(&hours));
        let stored = read(&week, &dates);
        prop_assert_eq!(stored.as_ref(), Ok(&hours));
        let asked = changed(&WorkingHours::default(), Some(&week), Some(&dates));
        prop_assert_eq!(asked.as_ref(), Ok(&hours));
    }
}
