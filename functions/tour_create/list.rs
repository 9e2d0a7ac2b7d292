//! What lists of tours and of their times look like.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use shared::app::tours::{Availability, Line, Offer, Time};

use super::wire;

/// The host widget's present shape: the times that are free, by their date. `id` names a time that was
/// made by hand; `available` counts its places, or the agents who are free.
pub fn slots(availability: &Availability) -> Value {
    let mut days: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let free: Vec<&Time> = availability
        .times
        .iter()
        .filter(|time| time.is_free())
        .collect();
    let same = |one: &&Time, next: &&Time| {
        one.time.start() == next.time.start() && agents(one) && agents(next)
    };
    for times in free.chunk_by(same) {
        let Some(first) = times.first() else { continue };
        let (id, available) = match &first.offer {
            Offer::Manual(slot) => (Some(slot.id.0), slot.places.unsigned_abs() as usize),
            Offer::Agent { .. } => (None, times.len()),
        };
        let slot = json!({
            "id": id,
            "date": first.date.to_string(),
            "startTime": first.starts.strftime("%H:%M:%S").to_string(),
            "endTime": first.ends.strftime("%H:%M:%S").to_string(),
            "available": available,
        });
        days.entry(first.date.to_string()).or_default().push(slot);
    }
    json!({ "slots": days, "tourDuration": availability.tour_duration })
}

fn agents(time: &Time) -> bool {
    matches!(time.offer, Offer::Agent { .. })
}

pub fn agenda(lines: &[Line]) -> Value {
    json!({ "tours": lines.iter().map(line).collect::<Vec<_>>() })
}

/// A booking as the team sees it.
pub fn line(line: &Line) -> Value {
    let booking = &line.booking;
    let mut tour = wire::booking(booking);
    tour["propertyId"] = json!(booking.property.0);
    tour["leadId"] = json!(booking.lead.map(|id| id.0));
    tour["prospect"] = json!({
        "firstName": booking.prospect.first_name,
        "lastName": booking.prospect.last_name,
        "email": booking.prospect.email,
        "phone": booking.prospect.phone,
    });
    tour["specialRequests"] = json!(line.special_requests);
    tour["cancelledVia"] = json!(line.cancelled_via);
    let event = |status: &String| json!({ "status": status, "reason": line.event_reason });
    tour["event"] = line.event_status.as_ref().map_or(Value::Null, event);
    let invite = |rsvp: shared::domain::tour::Rsvp| json!({ "responseStatus": rsvp.as_str() });
    tour["invite"] = line.rsvp.map_or(Value::Null, invite);
    tour
}
