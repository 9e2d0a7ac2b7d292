//! The JSON of working hours: the columns `working_hours` and `date_overrides`, and the settings of
//! the same names.
//!
//! Two shapes of a day are in use and both are read: the plan's `{"start","end"}`, and the host's
//! with `enabled` beside them; several windows a day are a list of either. A day that is missing,
//! null, an empty list or not `enabled` is closed. Anything else that is not understood is an error
//! and never "open" or "closed": a wrong guess books a tour with nobody there.

use jiff::civil::{Date, Weekday};
use serde_json::{Map, Value};

use crate::domain::working_hours::{Window, WorkingHours};

/// What is wrong with the hours. It repeats a short key at most, never a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHours {
    #[error("working hours are not an object of days")]
    NotAnObject,
    #[error("{0:?} is no day: mon, tue, wed, thu, fri, sat, sun or a date as YYYY-MM-DD")]
    UnknownDay(String),
    #[error("{0} is neither a window nor a list of windows")]
    NotWindows(String),
    #[error("{0} has a window without start and end as HH:MM")]
    NotATime(String),
}

/// Reads a week, by `mon` to `sun`, and dates that differ from it, by `YYYY-MM-DD`; no dates are
/// an empty object or null.
pub fn read(week: &Value, dates: &Value) -> Result<WorkingHours, InvalidHours> {
    let mut hours = WorkingHours::default();
    for (key, day) in week.as_object().ok_or(InvalidHours::NotAnObject)? {
        let weekday = weekday(key).ok_or_else(|| unknown(key))?;
        hours.set_weekday(weekday, windows(key, day)?);
    }
    let none = Map::new();
    let dates = match dates {
        Value::Null => &none,
        dates => dates.as_object().ok_or(InvalidHours::NotAnObject)?,
    };
    for (key, day) in dates {
        let date = date(key).ok_or_else(|| unknown(key))?;
        hours.set_date(date, windows(key, day)?);
    }
    Ok(hours)
}

fn unknown(key: &str) -> InvalidHours {
    InvalidHours::UnknownDay(key.chars().take(20).collect())
}

fn weekday(key: &str) -> Option<Weekday> {
    Some(match key {
        "mon" => Weekday::Monday,
        "tue" => Weekday::Tuesday,
        "wed" => Weekday::Wednesday,
        "thu" => Weekday::Thursday,
        "fri" => Weekday::Friday,
        "sat" => Weekday::Saturday,
        "sun" => Weekday::Sunday,
        _ => return None,
    })
}

/// `YYYY-MM-DD` and nothing more lenient: two spellings of one date would be two rules for it.
fn date(key: &str) -> Option<Date> {
    let date: Date = key.parse().ok()?;
    (date.to_string() == key).then_some(date)
}

fn windows(key: &str, day: &Value) -> Result<Vec<Window>, InvalidHours> {
    let list = match day {
        Value::Null => &[],
        Value::Array(list) => list.as_slice(),
        one => std::slice::from_ref(one),
    };
    let read = list.iter().map(|window| self::window(key, window));
    read.filter_map(Result::transpose).collect()
}

fn window(key: &str, window: &Value) -> Result<Option<Window>, InvalidHours> {
    let not_windows = || InvalidHours::NotWindows(key.to_owned());
    let fields = window.as_object().ok_or_else(not_windows)?;
    match fields.get("enabled") {
        Some(Value::Bool(false)) => return Ok(None),
        None | Some(Value::Bool(true)) => {}
        Some(_) => return Err(not_windows()),
    }
    let time = |name| fields.get(name).and_then(Value::as_str);
    time("start")
        .zip(time("end"))
        .and_then(|(start, end)| Window::parse(start, end).ok())
        .ok_or_else(|| InvalidHours::NotATime(key.to_owned()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

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
}
