//! Free/busy: what of a stretch of time a calendar reports as taken.
//!
//! Google reports the failures of single calendars inside a 200. Whatever is not told clearly is
//! unknown: an agent who seems free is booked.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use super::{Error, Result};
use crate::domain::ids::CalendarId;
use crate::domain::interval::Interval;
use crate::http::plain_code;

/// `timeRangeTooLong` comes at about three months.
const LONGEST: SignedDuration = SignedDuration::from_hours(60 * 24);

/// The stretch in pieces of at most 60 days, one after the other.
pub(super) fn chunks(within: Interval) -> Vec<Interval> {
    let mut chunks = Vec::new();
    let mut start = within.start();
    while start < within.end() {
        let end = start.checked_add(LONGEST).unwrap_or(Timestamp::MAX);
        let end = end.min(within.end());
        chunks.extend(Interval::new(start, end));
        start = end;
    }
    chunks
}

/// <https://developers.google.com/workspace/calendar/api/v3/reference/freebusy/query#response>
#[derive(Deserialize)]
pub(super) struct FreeBusyAnswer {
    #[serde(default)]
    calendars: BTreeMap<String, Value>,
}

impl FreeBusyAnswer {
    /// The busy intervals of the one calendar that was asked for.
    pub(super) fn into_busy(self, calendar: &CalendarId) -> Result<Vec<Interval>> {
        let unreadable = |why: &str| Error::CalendarUnreadable(why.into());
        let answer = self.calendars.get(&calendar.0);
        let answer = answer.ok_or_else(|| unreadable("missing"))?;
        if self.calendars.len() > 1 {
            return Err(unreadable("othersToo"));
        }
        match &answer["errors"] {
            Value::Null => {}
            Value::Array(errors) if errors.is_empty() => {}
            errors => {
                let reason = errors[0]["reason"].as_str().and_then(plain_code);
                return Err(unreadable(reason.as_deref().unwrap_or("unknown")));
            }
        }
        let busy = answer["busy"].as_array();
        let busy = busy.ok_or_else(|| unreadable("withoutBusy"))?;
        let mut intervals = Vec::with_capacity(busy.len());
        for entry in busy {
            let (Some(start), Some(end)) = (instant(&entry["start"]), instant(&entry["end"]))
            else {
                return Err(unreadable("malformedInterval"));
            };
            if end < start {
                return Err(unreadable("malformedInterval"));
            }
            // An event without length takes no time.
            intervals.extend(Interval::new(start, end));
        }
        Ok(intervals)
    }
}

/// RFC 3339 with any offset.
pub(super) fn instant(text: &Value) -> Option<Timestamp> {
    text.as_str()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::google::wire;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn stretch(start: &str, end: &str) -> Interval {
        Interval::new(at(start), at(end)).unwrap()
    }

    /// The answer for `ann@oak.example`, whose entry is given.
    fn busy(entry: &Value) -> Result<Vec<Interval>> {
        read(&json!({"kind": "calendar#freeBusy", "calendars": {"ann@oak.example": entry}}))
    }

    fn read(answer: &Value) -> Result<Vec<Interval>> {
        let answer: FreeBusyAnswer = wire::decode(answer.to_string().as_bytes()).unwrap();
        answer.into_busy(&CalendarId("ann@oak.example".into()))
    }

    fn why(answer: Result<Vec<Interval>>) -> String {
        match answer.unwrap_err() {
            Error::CalendarUnreadable(why) => why,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn a_long_stretch_is_asked_in_chunks_that_leave_nothing_out() {
        let year = stretch("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z");
        let chunks = chunks(year);
        assert_eq!(chunks.len(), 7);
        assert_eq!(chunks[0].start(), year.start());
        assert_eq!(chunks[6].end(), year.end());
        for pair in chunks.windows(2) {
            assert_eq!(pair[0].end(), pair[1].start());
        }
        for chunk in chunks {
            assert!(chunk.start().duration_until(chunk.end()) <= LONGEST);
        }
    }

    #[test]
    fn a_stretch_of_60_days_is_one_chunk_wherever_it_lies() {
        for stretch in [
            stretch("2026-01-01T00:00:00Z", "2026-03-02T00:00:00Z"),
            stretch("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000000001Z"),
            Interval::new(Timestamp::MAX - LONGEST, Timestamp::MAX).unwrap(),
        ] {
            assert_eq!(chunks(stretch), [stretch]);
        }
    }

    #[test]
    fn busy_intervals_are_instants_whatever_their_offset() {
        let told = busy(&json!({"busy": [
            {"start": "2026-01-15T16:00:00Z", "end": "2026-01-15T17:00:00Z"},
            {"start": "2026-01-15T12:30:00-06:00", "end": "2026-01-15T20:00:00.000+01:00"},
        ], "errors": []}));
        assert_eq!(
            told.unwrap(),
            [
                stretch("2026-01-15T16:00:00Z", "2026-01-15T17:00:00Z"),
                stretch("2026-01-15T18:30:00Z", "2026-01-15T19:00:00Z"),
            ]
        );
        assert_eq!(busy(&json!({"busy": []})), Ok(vec![]));
    }

    #[test]
    fn an_event_without_length_takes_no_time() {
        let noon = "2026-01-15T12:00:00Z";
        let told = busy(&json!({"busy": [{"start": noon, "end": noon}]}));
        assert_eq!(told, Ok(vec![]));
    }

    #[test]
    fn a_calendar_that_google_cannot_read_is_not_free() {
        let failed = |errors: Value| why(busy(&json!({"busy": [], "errors": errors})));
        let error = |reason: &str| json!([{"domain": "global", "reason": reason}]);
        assert_eq!(failed(error("notFound")), "notFound");
        assert_eq!(failed(error("internalError")), "internalError");
        assert_eq!(failed(error("secret text")), "unknown");
        for odd in [json!([{}]), json!(["x"]), json!({"reason": "x"}), json!("")] {
            assert_eq!(failed(odd), "unknown");
        }
    }

    #[test]
    fn a_calendar_that_is_not_told_is_not_free() {
        let free = json!({"busy": []});
        for (calendars, reason) in [
            (Value::Null, "missing"),
            (json!({}), "missing"),
            (json!({"eve@oak.example": free}), "missing"),
            (
                json!({"ann@oak.example": free, "eve@oak.example": free}),
                "othersToo",
            ),
            (json!({"ann@oak.example": null}), "withoutBusy"),
            (json!({"ann@oak.example": {}}), "withoutBusy"),
            (json!({"ann@oak.example": {"busy": null}}), "withoutBusy"),
            (json!({"ann@oak.example": {"busy": {}}}), "withoutBusy"),
            (json!({"ann@oak.example": []}), "withoutBusy"),
        ] {
            let mut answer = json!({"kind": "calendar#freeBusy"});
            if !calendars.is_null() {
                answer["calendars"] = calendars;
            }
            assert_eq!(why(read(&answer)), reason, "{answer}");
        }
    }

    #[test]
    fn an_interval_that_makes_no_sense_costs_the_answer() {
        let (early, late) = ("2026-01-15T16:00:00Z", "2026-01-15T17:00:00Z");
        for entry in [
            json!({"start": early}),
            json!({"end": late}),
            json!({"start": late, "end": early}),
            json!({"start": early, "end": "2026-01-15T17:00:00"}),
            json!({"start": "2026-01-15", "end": "2026-01-16"}),
            json!({"start": 1, "end": 2}),
            json!(null),
            json!("x"),
        ] {
            let told = busy(&json!({"busy": [{"start": early, "end": late}, entry]}));
            assert_eq!(why(told), "malformedInterval", "{entry}");
        }
    }
}
