//! When an event begins or ends: a day, or an instant that somebody named in a zone.

use chrono::{DateTime, Utc};
use jiff::Timestamp;
use jiff::civil;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde_json::{Map, Value, json};

use crate::google::refusal::Refusal;

/// An instant as tests name it: RFC 3339 text with an offset, or chrono's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct When(pub DateTime<Utc>);

impl From<&str> for When {
    fn from(text: &str) -> When {
        When(parse(text).unwrap_or_else(|| panic!("no instant: {text}")))
    }
}

impl From<DateTime<Utc>> for When {
    fn from(at: DateTime<Utc>) -> When {
        When(at)
    }
}

/// The beginning or the end of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Midnight of that day, wherever the calendar's owner is.
    Day(civil::Date),
    /// `zone` is the IANA name that came with it.
    Instant {
        at: DateTime<Utc>,
        zone: Option<String>,
    },
}

impl Moment {
    /// Reads `{date}` or `{dateTime, timeZone}`; `name` is `start` or `end`.
    pub fn read(name: &str, given: &Value) -> Result<Moment, Refusal> {
        let given = given.as_object().filter(|given| !given.is_empty());
        let given = given.ok_or_else(|| Refusal::required(&format!("Missing {name} time.")))?;
        let known = ["date", "dateTime", "timeZone"];
        if let Some(unknown) = given.keys().find(|key| !known.contains(&key.as_str())) {
            return Err(Refusal::unknown_name(unknown));
        }
        let invalid = || Refusal::invalid(&format!("Invalid {name} time."));
        let text = |key: &str| match given.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str())),
            Some(_) => Err(invalid()),
        };
        let zone = text("timeZone")?;
        let known = zone.map(|zone| find_zone(zone).ok_or(zone)).transpose();
        let known = known.map_err(|zone| {
            Refusal::invalid(&format!(
                "Invalid time zone definition for {name} time: {zone}"
            ))
        })?;
        match (text("date")?, text("dateTime")?) {
            (Some(day), None) => Ok(Moment::Day(read_day(day).ok_or_else(invalid)?)),
            (None, Some(time)) => {
                let local = || local_time(time).zip(known.as_ref());
                let local = || local().and_then(|(time, zone)| instant(time, zone));
                let at = match parse(time) {
                    Some(at) => at,
                    None if local_time(time).is_some() && zone.is_none() => {
                        let message = format!("Missing time zone definition for {name} time.");
                        return Err(Refusal::required(&message));
                    }
                    None => local().ok_or_else(invalid)?,
                };
                let zone = zone.map(str::to_owned);
                Ok(Moment::Instant { at, zone })
            }
            _ => Err(invalid()),
        }
    }

    /// As answers show it: instants in the zone that was asked for, and the zone they were named in.
    pub fn show(&self, shown_in: &TimeZone, calendars: &str) -> Value {
        match self {
            Moment::Day(day) => json!({ "date": day.to_string() }),
            Moment::Instant { at, zone } => json!({
                "dateTime": rfc3339(*at, shown_in),
                "timeZone": zone.as_deref().unwrap_or(calendars),
            }),
        }
    }

    /// As it was written, for a patch to be laid over it.
    pub fn written(&self) -> Map<String, Value> {
        let mut written = Map::new();
        match self {
            Moment::Day(day) => drop(written.insert("date".into(), json!(day.to_string()))),
            Moment::Instant { at, zone } => {
                written.insert("dateTime".into(), json!(rfc3339(*at, &TimeZone::UTC)));
                if let Some(zone) = zone {
                    written.insert("timeZone".into(), json!(zone));
                }
            }
        }
        written
    }

    /// The instant; a day begins at the zone's midnight.
    pub fn at(&self, zone: &TimeZone) -> DateTime<Utc> {
        match self {
            Moment::Instant { at, .. } => *at,
            Moment::Day(day) => instant(day.at(0, 0, 0, 0), zone).unwrap_or_default(),
        }
    }

    pub fn is_day(&self) -> bool {
        matches!(self, Moment::Day(_))
    }
}

/// RFC 3339 with an offset, as Google wants it: `T` in the middle and nothing missing.
pub fn parse(text: &str) -> Option<DateTime<Utc>> {
    let exact = text.as_bytes().get(10) == Some(&b'T');
    let at = DateTime::parse_from_rfc3339(text).ok().filter(|_| exact)?;
    DateTime::from_timestamp(at.timestamp(), 0)
}

/// The zone of that IANA name, by the data in this program.
pub fn find_zone(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled().get(name).ok()
}

/// The instant in RFC 3339 with the zone's offset; `Z` in UTC.
pub fn rfc3339(at: DateTime<Utc>, zone: &TimeZone) -> String {
    let local = timestamp(at).to_zoned(zone.clone());
    match local.offset().seconds() {
        0 => local.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        _ => local.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
    }
}

/// The instant at which clocks of the zone show that time; the earlier one where there are two.
pub fn instant(local: civil::DateTime, zone: &TimeZone) -> Option<DateTime<Utc>> {
    let at = zone.to_timestamp(local).ok()?;
    DateTime::from_timestamp(at.as_second(), 0)
}

pub fn timestamp(at: DateTime<Utc>) -> Timestamp {
    Timestamp::from_second(at.timestamp()).unwrap_or_default()
}

fn read_day(text: &str) -> Option<civil::Date> {
    let day = civil::Date::strptime("%Y-%m-%d", text).ok()?;
    (text.len() == 10).then_some(day)
}

fn local_time(text: &str) -> Option<civil::DateTime> {
    let whole = text.split('.').next().unwrap_or_default();
    civil::DateTime::strptime("%Y-%m-%dT%H:%M:%S", whole).ok()
}
