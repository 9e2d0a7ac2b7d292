//! Events that repeat: daily or weekly, as far as the simulation goes.

use chrono::{DateTime, Utc};
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan};
use serde_json::{Value, json};

use super::event::Event;
use super::moment::{self, Moment};
use crate::google::refusal::Refusal;

/// A series without an end is cut here.
const LONGEST: i64 = 400;

/// Days between two occurrences, and how many there are at the most.
struct Rule {
    days: i64,
    count: i64,
    until: Option<DateTime<Utc>>,
}

/// A recurring event needs a zone, so that it keeps its time on the clock.
pub fn check(lines: &Value, start: &Moment) -> Result<(), Refusal> {
    rule(lines)?;
    match start {
        Moment::Instant { zone: None, .. } => Err(Refusal::required(
            "Missing time zone definition for start time.",
        )),
        _ => Ok(()),
    }
}

/// Each occurrence of an event as an event; of one that does not repeat, the event itself.
pub fn occurrences(event: &Event) -> Vec<Event> {
    let rule = event.fields.get("recurrence").map(rule);
    let Some(Ok(rule)) = rule else {
        return vec![event.clone()];
    };
    let mut all = Vec::new();
    for n in 0..rule.count {
        let span = (n * rule.days).days();
        let (Some(start), Some(end)) = (later(&event.start, span), later(&event.end, span)) else {
            break;
        };
        let at = start.at(&TimeZone::UTC);
        if rule.until.is_some_and(|until| at > until) {
            break;
        }
        let mut occurrence = event.clone();
        occurrence.id = format!("{}_{}", event.id, suffix(&start));
        occurrence.fields.remove("recurrence");
        let original = start.written();
        occurrence
            .fields
            .insert("originalStartTime".into(), original.into());
        occurrence
            .fields
            .insert("recurringEventId".into(), json!(event.id));
        (occurrence.start, occurrence.end) = (start, end);
        all.push(occurrence);
    }
    all
}

/// The same time on the clock, days later.
fn later(moment: &Moment, span: Span) -> Option<Moment> {
    match moment {
        Moment::Day(day) => Some(Moment::Day(day.checked_add(span).ok()?)),
        Moment::Instant { at, zone } => {
            let local = moment::find_zone(zone.as_deref().unwrap_or("UTC"))?;
            let there = moment::timestamp(*at).to_zoned(local.clone()).datetime();
            let at = moment::instant(there.checked_add(span).ok()?, &local)?;
            let zone = zone.clone();
            Some(Moment::Instant { at, zone })
        }
    }
}

fn suffix(start: &Moment) -> String {
    match start {
        Moment::Day(day) => day.strftime("%Y%m%d").to_string(),
        Moment::Instant { at, .. } => at.format("%Y%m%dT%H%M%SZ").to_string(),
    }
}

fn rule(lines: &Value) -> Result<Rule, Refusal> {
    let refused = || Refusal::invalid("Invalid recurrence rule, or one that is not simulated.");
    let lines = lines.as_array().ok_or_else(refused)?;
    let [Value::String(line)] = lines.as_slice() else {
        return Err(refused());
    };
    let mut rule = Rule {
        days: 0,
        count: LONGEST,
        until: None,
    };
    let mut interval = 1;
    for part in line.strip_prefix("RRULE:").ok_or_else(refused)?.split(';') {
        let number = |text: &str| {
            text.parse::<i64>()
                .ok()
                .filter(|n| *n > 0)
                .ok_or_else(refused)
        };
        match part.split_once('=').ok_or_else(refused)? {
            ("FREQ", "DAILY") => rule.days = 1,
            ("FREQ", "WEEKLY") => rule.days = 7,
            ("INTERVAL", text) => interval = number(text)?,
            ("COUNT", text) => rule.count = number(text)?.min(LONGEST),
            ("UNTIL", text) => {
                let until = chrono::NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%SZ");
                rule.until = Some(until.map_err(|_| refused())?.and_utc());
            }
            _ => return Err(refused()),
        }
    }
    if rule.days == 0 {
        return Err(refused());
    }
    rule.days *= interval;
    Ok(rule)
}
