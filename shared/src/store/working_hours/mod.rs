//! The JSON of working hours: the columns `working_hours` and `date_overrides`, and the settings
//! `workingHours` and `dateOverrides`.
//!
//! Two shapes of a day are in use and both are read: the plan's `{"start","end"}`, and the host's
//! with `enabled` beside them; several windows a day are a list of either. A day that is missing,
//! null, an empty list or not `enabled` is closed. Anything else that is not understood is an error
//! and never "open" or "closed": a wrong guess books a tour with nobody there.
//!
//! What is written is the plan's shape, which its readers know: a day with one window is that window,
//! a day with several a list, and a weekday that is closed is left out, as in the column's default.

use jiff::civil::{Date, Weekday};
use serde_json::{Map, Value, json};

use crate::domain::working_hours::{Window, WorkingHours};

#[cfg(test)]
mod tests;

/// Windows that a person may give a day.
const WINDOWS_MAX: usize = 12;
/// Dates that a person may set apart from their weekdays.
const DATES_MAX: usize = 400;

/// What is wrong with the hours. It repeats a short key at most, never a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHours {
    #[error("not an object of days")]
    NotAnObject,
    #[error("{0:?} is no day: mon, tue, wed, thu, fri, sat, sun or a date as YYYY-MM-DD")]
    UnknownDay(String),
    #[error("{0} is neither a window nor a list of windows")]
    NotWindows(String),
    #[error("{0} has a window without start and end as HH:MM")]
    NotATime(String),
    #[error("{0} has a window that does not end after its start")]
    NeverOpen(String),
    #[error("{0} has more than {WINDOWS_MAX} windows")]
    TooManyWindows(String),
    #[error("more than {DATES_MAX} dates")]
    TooManyDates,
}

/// One of the two settings cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {why}")]
pub struct Unacceptable {
    /// By its name in requests: `workingHours` or `dateOverrides`.
    pub field: &'static str,
    #[source]
    pub why: InvalidHours,
}

/// Reads stored hours: a week, by `mon` to `sun`, and dates that differ from it, by `YYYY-MM-DD`;
/// no dates are an empty object or null. A window that does not end after its start is never open.
pub fn read(week: &Value, dates: &Value) -> Result<WorkingHours, InvalidHours> {
    let mut hours = WorkingHours::default();
    hours.set_week(read_week(week, Source::Stored)?);
    hours.set_dates(read_dates(dates, Source::Stored)?);
    Ok(hours)
}

/// `hours` with the whole week, or all dates, replaced by what a person asks for; `None` stays.
///
/// Stricter than [`read`]: whoever gives a window that is never open has mistyped it, unless it is
/// one of the host's ways to say "closed" (`enabled: false`, or `00:00` to `00:00`).
///
/// # Errors
/// The first setting that cannot be used; the other may be wrong, too.
pub fn changed(
    hours: &WorkingHours,
    week: Option<&Value>,
    dates: Option<&Value>,
) -> Result<WorkingHours, Unacceptable> {
    let wrong = |field| move |why| Unacceptable { field, why };
    let mut changed = hours.clone();
    if let Some(week) = week {
        changed.set_week(read_week(week, Source::Asked).map_err(wrong("workingHours"))?);
    }
    if let Some(dates) = dates {
        changed.set_dates(read_dates(dates, Source::Asked).map_err(wrong("dateOverrides"))?);
    }
    Ok(changed)
}

/// The week as [`read`] understands it: `{"mon": {"start": "09:00", "end": "18:00"}, …}`.
pub fn write_week(hours: &WorkingHours) -> Value {
    let days = hours.week().filter_map(|(weekday, windows)| {
        let day = match windows {
            [] => return None,
            [window] => write_window(window),
            windows => write_windows(windows),
        };
        Some((name(weekday).to_owned(), day))
    });
    Value::Object(days.collect())
}

/// The dates as [`read`] understands them, always as lists: `{"2026-12-24": []}` is closed.
pub fn write_dates(hours: &WorkingHours) -> Value {
    let dates = hours.dates();
    let days = dates.map(|(date, windows)| (date.to_string(), write_windows(windows)));
    Value::Object(days.collect())
}

fn write_windows(windows: &[Window]) -> Value {
    windows.iter().map(write_window).collect()
}

fn write_window(window: &Window) -> Value {
    let time = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
    json!({"start": time(window.opens()), "end": time(window.closes())})
}

/// Where the JSON comes from: what is stored has to be lived with, what is asked for can be refused.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Stored,
    Asked,
}

type Days<K> = Vec<(K, Vec<Window>)>;

fn read_week(week: &Value, source: Source) -> Result<Days<Weekday>, InvalidHours> {
    days(week.as_object(), weekday, source)
}

fn read_dates(dates: &Value, source: Source) -> Result<Days<Date>, InvalidHours> {
    let none = Map::new();
    let dates = match dates {
        Value::Null => Some(&none),
        dates => dates.as_object(),
    };
    if source == Source::Asked && dates.is_some_and(|dates| dates.len() > DATES_MAX) {
        return Err(InvalidHours::TooManyDates);
    }
    days(dates, date, source)
}

fn days<K>(
    days: Option<&Map<String, Value>>,
    read_key: fn(&str) -> Option<K>,
    source: Source,
) -> Result<Days<K>, InvalidHours> {
    let days = days.ok_or(InvalidHours::NotAnObject)?.iter();
    let read = days.map(|(key, day)| {
        let unknown = || InvalidHours::UnknownDay(key.chars().take(20).collect());
        Ok((
            read_key(key).ok_or_else(unknown)?,
            windows(key, day, source)?,
        ))
    });
    read.collect()
}

const NAMES: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

fn weekday(key: &str) -> Option<Weekday> {
    let named = NAMES.iter().find(|(name, _)| *name == key);
    named.map(|&(_, weekday)| weekday)
}

fn name(weekday: Weekday) -> &'static str {
    NAMES[usize::from(weekday.to_monday_zero_offset().unsigned_abs())].0
}

/// `YYYY-MM-DD` and nothing more lenient: two spellings of one date would be two rules for it.
fn date(key: &str) -> Option<Date> {
    let date: Date = key.parse().ok()?;
    (date.to_string() == key).then_some(date)
}

fn windows(key: &str, day: &Value, source: Source) -> Result<Vec<Window>, InvalidHours> {
    let list = match day {
        Value::Null => &[],
        Value::Array(list) => list.as_slice(),
        one => std::slice::from_ref(one),
    };
    if source == Source::Asked && list.len() > WINDOWS_MAX {
        return Err(InvalidHours::TooManyWindows(key.to_owned()));
    }
    let read = list.iter().map(|window| self::window(key, window, source));
    read.filter_map(Result::transpose).collect()
}

fn window(key: &str, window: &Value, source: Source) -> Result<Option<Window>, InvalidHours> {
    let not_windows = || InvalidHours::NotWindows(key.to_owned());
    let fields = window.as_object().ok_or_else(not_windows)?;
    match fields.get("enabled") {
        Some(Value::Bool(false)) => return Ok(None),
        None | Some(Value::Bool(true)) => {}
        Some(_) => return Err(not_windows()),
    }
    let time = |name| fields.get(name).and_then(Value::as_str);
    let not_a_time = || InvalidHours::NotATime(key.to_owned());
    let (start, end) = time("start").zip(time("end")).ok_or_else(not_a_time)?;
    let read = Window::parse(start, end).map_err(|_| not_a_time())?;
    let closed = (start, end) == ("00:00", "00:00");
    if source == Source::Asked && read.is_none() && !closed {
        return Err(InvalidHours::NeverOpen(key.to_owned()));
    }
    Ok(read)
}
