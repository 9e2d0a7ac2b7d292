//! The working-hours editor, without scripts: rows of times, of which empty ones do not count.
//!
//! A browser's time field knows no 24:00; an end of 00:00 is the midnight that ends the day.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde_json::{Value, json};
use shared::domain::working_hours::{Window, WorkingHours};
use shared::error::{Error, Result};

use crate::form::Form;

const DAYS: [(&str, &str); 7] = [
    ("mon", "Monday"),
    ("tue", "Tuesday"),
    ("wed", "Wednesday"),
    ("thu", "Thursday"),
    ("fri", "Friday"),
    ("sat", "Saturday"),
    ("sun", "Sunday"),
];
/// Windows that a day has room for, at least.
const ROOM: usize = 3;
const ROOM_OF_DATE: usize = 2;
/// Empty rows for dates to come.
const MORE_DATES: usize = 3;
/// As many as the settings take.
const WINDOWS_MAX: usize = 12;
const DATES_MAX: usize = 400;
const CLOSED_AND_OPEN: Error = Error::Unprocessable {
    code: "date_closed_and_open",
    title: "A date is both closed and open",
};

/// One weekday or date of the form.
pub struct Row {
    /// Begins the names of its fields.
    pub key: String,
    pub name: String,
    /// Of a date: `2026-12-24`, or empty.
    pub date: String,
    pub windows: Vec<Times>,
}

/// One window: two fields.
pub struct Times {
    pub number: usize,
    pub start: String,
    pub end: String,
}

/// Start and end of a window, as a form says them.
type Span = (String, String);

pub fn week(hours: &WorkingHours) -> Vec<Row> {
    let days = DAYS.iter().zip(hours.week());
    let rows = days.map(|((key, name), (_, windows))| day(key, name, spans(windows)));
    rows.collect()
}

pub fn dates(hours: &WorkingHours) -> Vec<Row> {
    let set = hours.dates();
    rows(set.map(|(date, windows)| (date.to_string(), spans(windows))))
}

/// The week as it was typed.
pub fn typed_week(form: &Form) -> Vec<Row> {
    let rows = DAYS.iter();
    rows.map(|(key, name)| day(key, name, typed(form, key)))
        .collect()
}

/// The dates as they were typed.
pub fn typed_dates(form: &Form) -> Vec<Row> {
    let typed = date_keys().map(|key| (form.text(&key).unwrap_or_default(), typed(form, &key)));
    rows(typed.filter(|(date, spans)| !date.is_empty() || !spans.is_empty()))
}

fn day(key: &str, name: &str, spans: Vec<Span>) -> Row {
    Row {
        key: key.to_owned(),
        name: name.to_owned(),
        date: String::new(),
        windows: times(spans, ROOM),
    }
}

/// Dates, and room for more.
fn rows(dates: impl Iterator<Item = (String, Vec<Span>)>) -> Vec<Row> {
    let room = std::iter::repeat_n((String::new(), Vec::new()), MORE_DATES);
    let rows = dates.chain(room).enumerate();
    let rows = rows.map(|(at, (date, spans))| Row {
        key: format!("date{}", at + 1),
        name: format!("Date {}", at + 1),
        date,
        windows: times(spans, ROOM_OF_DATE),
    });
    rows.collect()
}

fn spans(windows: &[Window]) -> Vec<Span> {
    let text = |minutes: u16| format!("{:02}:{:02}", minutes / 60 % 24, minutes % 60);
    let spans = windows.iter();
    spans
        .map(|one| (text(one.opens()), text(one.closes())))
        .collect()
}

/// One empty window more than there are, as far as the settings take them.
fn times(spans: Vec<Span>, room: usize) -> Vec<Times> {
    let rows = room.max(spans.len() + 1).min(WINDOWS_MAX);
    let empty = std::iter::repeat_n(Span::default(), rows.saturating_sub(spans.len()));
    let rows = spans.into_iter().chain(empty).enumerate();
    let rows = rows.map(|(at, (start, end))| Times {
        number: at + 1,
        start,
        end,
    });
    rows.collect()
}

/// The week of a form, in the settings' own shape.
pub fn read_week(form: &Form) -> Value {
    let days = DAYS
        .iter()
        .map(|(key, _)| ((*key).to_owned(), windows(typed(form, key))));
    Value::Object(days.collect())
}

/// The dates of a form; a row without a date does not count, and one without times is closed. Rows of one date are
/// one day.
///
/// # Errors
/// `Unprocessable` for a date that is closed in one row and has times in another.
pub fn read_dates(form: &Form) -> Result<Value> {
    let mut dates: BTreeMap<String, Vec<Span>> = BTreeMap::new();
    for key in date_keys() {
        let Some(date) = form.text(&key) else {
            continue;
        };
        let spans = typed(form, &key);
        match dates.entry(date) {
            Entry::Vacant(place) => {
                place.insert(spans);
            }
            Entry::Occupied(first) if first.get().is_empty() != spans.is_empty() => {
                return Err(CLOSED_AND_OPEN);
            }
            Entry::Occupied(mut first) => first.get_mut().extend(spans),
        }
    }
    let dates = dates.into_iter();
    let dates = dates.map(|(date, spans)| (date, windows(spans)));
    Ok(Value::Object(dates.collect()))
}

fn date_keys() -> impl Iterator<Item = String> {
    (1..=DATES_MAX + MORE_DATES).map(|at| format!("date{at}"))
}

/// The windows of a row in which anything was typed.
fn typed(form: &Form, key: &str) -> Vec<Span> {
    let time = |edge: &str, at: usize| form.text(&format!("{key}_{edge}_{at}")).unwrap_or_default();
    let spans = (1..=WINDOWS_MAX).map(|at| (time("start", at), time("end", at)));
    spans
        .filter(|(start, end)| !start.is_empty() || !end.is_empty())
        .collect()
}

/// Half a window is kept as it is: the settings refuse it by name.
fn windows(spans: Vec<Span>) -> Value {
    let midnight = |end: String| match end.as_str() {
        "00:00" => "24:00".to_owned(),
        _ => end,
    };
    let windows = spans.into_iter();
    windows
        .map(|(start, end)| json!({ "start": start, "end": midnight(end) }))
        .collect()
}
