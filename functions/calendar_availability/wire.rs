//! What the requests and answers about free times look like.

use jiff::civil::DateTime;
use serde_json::{Map, Value, json};
use shared::app::tours::{Availability, Explanation, Offer, Range, Refusal, Source, Time, Why};
use shared::domain::ids::PropertyId;
use shared::error::{Error, Result};

use crate::http::Request;
use crate::request::{local_date, local_time};

/// What a widget asks for. It need not name its property, and may name no other.
pub fn asked(request: &Request, property: PropertyId) -> Result<Range> {
    match request.query::<PropertyId>("propertyId")? {
        Some(named) if named != property => Err(Error::NotFound("Property")),
        _ => range(request),
    }
}

/// `?startDate=&endDate=`, local dates of the property.
pub fn range(request: &Request) -> Result<Range> {
    Ok(Range {
        from: request.date("startDate")?,
        to: request.date("endDate")?,
    })
}

/// The times that are free, by their date; dates without one are left out.
pub fn availability(availability: &Availability) -> Value {
    let mut slots = Map::new();
    for time in availability.times.iter().filter(|time| time.is_free()) {
        let day = slots.entry(time.date.to_string()).or_insert(json!([]));
        if let Some(day) = day.as_array_mut() {
            day.push(slot(time));
        }
    }
    let unavailable = availability.unreadable.iter();
    let unavailable = unavailable
        .map(|agent| json!({ "agentId": agent.0, "reason": "calendar_unreadable" }))
        .collect::<Vec<_>>();
    json!({
        "slots": slots,
        "source": source(availability.source),
        "timezone": availability.zone,
        "tourDurationMinutes": availability.tour_duration,
        "bufferMinutes": availability.buffer,
        "unavailableAgents": unavailable,
    })
}

fn source(source: Source) -> &'static str {
    match source {
        Source::GoogleCalendar => "google_calendar",
        Source::Manual => "manual",
    }
}

/// A time as callers read it; other times that are named where one is taken look the same.
pub fn slot(time: &Time) -> Value {
    let mut slot = json!({
        "date": time.date.to_string(),
        "startTime": time.starts.strftime("%H:%M").to_string(),
        "endTime": time.ends.strftime("%H:%M").to_string(),
        "start": time.time.start().to_string(),
        "end": time.time.end().to_string(),
        "agentId": null,
        "agentName": null,
    });
    match &time.offer {
        Offer::Agent { id, name, .. } => {
            slot["agentId"] = json!(id.0);
            slot["agentName"] = json!(name);
        }
        Offer::Manual(manual) => {
            slot["slotId"] = json!(manual.id.0);
            slot["available"] = json!(manual.places);
        }
    }
    slot
}

/// `2026-03-09T10:00`, on the property's clock.
pub fn reading(text: &str) -> Result<DateTime> {
    let parts = text.split_once(['T', ' ']);
    let reading = parts.and_then(|(date, time)| Some((local_date(date)?, local_time(time)?)));
    let (date, time) = reading.ok_or_else(|| Error::invalid("at", "not a date and a time"))?;
    Ok(date.to_datetime(time))
}

/// Why an agent offers a time or does not, for the team.
pub fn explanation(explanation: &Explanation) -> Value {
    let (busy, why) = match explanation.verdict {
        Err(Why::Refused(Refusal::Busy(busy))) => {
            (Some(busy), Err(Why::Refused(Refusal::Busy(busy))))
        }
        other => (None, other),
    };
    json!({
        "agentId": explanation.agent.0,
        "agentName": explanation.agent_name,
        "offered": why.is_ok(),
        "reason": why.err().map(reason),
        "detail": why.err().map(|why| match why {
            Why::Unreadable => "the calendar, the hours or the zone cannot be read".to_owned(),
            Why::Refused(refusal) => refusal.to_string(),
        }),
        "busyStart": busy.map(|busy| busy.start().to_string()),
        "busyEnd": busy.map(|busy| busy.end().to_string()),
    })
}

fn reason(why: Why) -> &'static str {
    match why {
        Why::Unreadable => "calendar_unreadable",
        Why::Refused(refusal) => match refusal {
            Refusal::Closed => "outside_working_hours",
            Refusal::EndsTooLate => "ends_too_late",
            Refusal::OffGrid => "off_grid",
            Refusal::TooSoon => "too_soon",
            Refusal::TooFar => "too_far",
            Refusal::DayFull(_) => "day_full",
            Refusal::Busy(_) => "busy",
        },
    }
}
