//! `freebusy.query`: when calendars are busy, without a word about why.
//! <https://developers.google.com/workspace/calendar/api/v3/reference/freebusy/query>

use axum::http::StatusCode;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Answer;
use super::mishaps::Unreadable;
use super::moment;
use super::recurrence;
use super::request::Ask;
use super::state::{CalendarState, Role};
use crate::google::refusal::Refusal;

/// Observed, not documented: longer ranges are refused.
const LONGEST: TimeDelta = TimeDelta::days(92);
const MOST_CALENDARS: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct QueryIn {
    time_min: Option<String>,
    time_max: Option<String>,
    time_zone: Option<String>,
    #[serde(rename = "groupExpansionMax")]
    _groups: Option<u32>,
    calendar_expansion_max: Option<usize>,
    #[serde(default)]
    items: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    id: String,
}

pub fn query(ask: &Ask) -> Answer {
    let asked: QueryIn = ask.body()?;
    let instant = |name: &str, text: &Option<String>| {
        let missing = || Refusal::required(&format!("Missing {name} parameter."));
        let text = text.as_deref().ok_or_else(missing)?;
        moment::parse(text).ok_or_else(|| Refusal::invalid_parameter(name))
    };
    let from = instant("timeMin", &asked.time_min)?;
    let to = instant("timeMax", &asked.time_max)?;
    if to <= from {
        return Err(Refusal::time_range_empty());
    }
    if to - from > LONGEST {
        let message = "The requested time range is too long.";
        return Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            "timeRangeTooLong",
            message,
        ));
    }
    let zone = moment::find_zone(asked.time_zone.as_deref().unwrap_or("UTC"));
    let zone = zone.ok_or_else(|| Refusal::invalid_parameter("timeZone"))?;
    let most = asked.calendar_expansion_max.unwrap_or(MOST_CALENDARS);
    if most > MOST_CALENDARS {
        return Err(Refusal::invalid_parameter("calendarExpansionMax"));
    }
    let wrong =
        |reason: &str| json!({ "errors": [{ "domain": "global", "reason": reason }], "busy": [] });
    ask.update(|calendars, _| {
        let mut shown = Map::new();
        for Item { id } in &asked.items {
            let calendar = calendars.open(&ask.account, id, Role::FreeBusyReader);
            let answer = match calendar {
                _ if asked.items.len() > most => wrong("tooManyCalendarsRequested"),
                Err(_) => wrong("notFound"),
                Ok(calendar) => match calendar.quirks.unreadable {
                    Some(Unreadable::Missing) => continue,
                    Some(Unreadable::NotFound) => wrong("notFound"),
                    Some(Unreadable::InternalError) => wrong("internalError"),
                    open @ (None | Some(Unreadable::WithoutEnd)) => {
                        let busy = busy(calendar, from, to).into_iter().map(|(start, end)| {
                            let mut interval = json!({ "start": moment::rfc3339(start, &zone) });
                            if open.is_none() {
                                interval["end"] = json!(moment::rfc3339(end, &zone));
                            }
                            interval
                        });
                        json!({ "busy": busy.collect::<Vec<Value>>() })
                    }
                },
            };
            shown.insert(id.clone(), answer);
        }
        Ok(Some(json!({
            "kind": "calendar#freeBusy",
            "timeMin": moment::rfc3339(from, &zone),
            "timeMax": moment::rfc3339(to, &zone),
            "calendars": shown,
        })))
    })
}

/// When the calendar's owner is busy between two instants: in order, merged, cut at both ends.
pub fn busy(
    calendar: &CalendarState,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
    let zone = calendar.time_zone();
    let mut times = Vec::new();
    for event in calendar
        .events
        .values()
        .filter(|event| event.blocks(&calendar.id))
    {
        for one in recurrence::occurrences(event) {
            let exception = one.id != event.id && calendar.events.contains_key(&one.id);
            let (start, end) = (one.start.at(&zone).max(from), one.end.at(&zone).min(to));
            if !exception && start < end {
                times.push((start, end));
            }
        }
    }
    times.sort_unstable();
    let mut merged: Vec<(DateTime<Utc>, DateTime<Utc>)> = Vec::new();
    for (start, end) in times {
        match merged.last_mut() {
            Some((_, last)) if start <= *last => *last = end.max(*last),
            _ => merged.push((start, end)),
        }
    }
    merged
}
