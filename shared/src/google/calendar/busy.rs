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
