//! The working-hours editor, without scripts: rows of times, of which empty ones do not count.
//!
//! A browser's time field knows no 24:00; an end of 00:00 is the midnight that ends the day.

use serde_json::{Map, Value, json};
use shared::domain::working_hours::{Window, WorkingHours};

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

pub fn week(hours: &WorkingHours) -> Vec<Row> {
    let days = DAYS.iter().zip(hours.week());
    let rows = days.map(|((key, name), (_, windows))| Row {
        key: (*key).to_owned(),
        name: (*name).to_owned(),
        date: String::new(),
        windows: times(windows, ROOM),
    });
    rows.collect()
}

pub fn dates(hours: &WorkingHours) -> Vec<Row> {
    let set = hours
        .dates()
        .map(|(date, windows)| (date.to_string(), windows));
    let room = std::iter::repeat_n((String::new(), &[][..]), MORE_DATES);
    let rows = set.chain(room).enumerate();
    let rows = rows.map(|(at, (date, windows))| Row {
        key: format!("date{}", at + 1),
        name: format!("Date {}", at + 1),
        date,
        windows: times(windows, ROOM_OF_DATE),
    });
    rows.collect()
}

fn times(windows: &[Window], room: usize) -> Vec<Times> {
    let text = |minutes: u16| format!("{:02}:{:02}", minutes / 60 % 24, minutes % 60);
    let rows = (0..room.max(windows.len())).map(|at| {
        let window = windows.get(at);
        let field = |minutes: fn(&Window) -> u16| window.map(|one| text(minutes(one)));
        Times {
            number: at + 1,
            start: field(Window::opens).unwrap_or_default(),
            end: field(Window::closes).unwrap_or_default(),
        }
    });
    rows.collect()
}

/// The week of a form, in the settings' own shape.
pub fn read_week(form: &Form) -> Value {
    let days = DAYS
        .iter()
        .map(|(key, _)| ((*key).to_owned(), windows(form, key)));
    Value::Object(days.collect())
}

/// The dates of a form; a row without a date does not count, and one without times is closed.
pub fn read_dates(form: &Form) -> Value {
    let mut dates = Map::new();
    for at in 1..=DATES_MAX + MORE_DATES {
        let key = format!("date{at}");
        if let Some(date) = form.text(&key) {
            dates.insert(date, windows(form, &key));
        }
    }
    Value::Object(dates)
}

/// Half a window is kept as it is: the settings refuse it by name.
fn windows(form: &Form, key: &str) -> Value {
    let read = (1..=WINDOWS_MAX).filter_map(|at| {
        let time = |edge: &str| form.text(&format!("{key}_{edge}_{at}")).unwrap_or_default();
        let (start, end) = (time("start"), time("end"));
        let end = if end == "00:00" {
            "24:00".to_owned()
        } else {
            end
        };
        let is_empty = start.is_empty() && end.is_empty();
        (!is_empty).then(|| json!({ "start": start, "end": end }))
    });
    read.collect()
}
