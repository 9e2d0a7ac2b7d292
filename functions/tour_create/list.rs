//! `GET`: a widget is shown the times that are free, and a user the team's agenda.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use shared::app::App;
use shared::app::tours::{self, Availability, Door, Line, Offer, Time};
use shared::error::Result;

use super::wire;
use crate::calendar_availability::wire::range;
use crate::caller;
use crate::http::{Request, Response};
use crate::response;

pub async fn show(app: App, request: Request) -> Result<Response> {
    if caller::is_user(&request) {
        let user = caller::user(&app, &request).await?;
        let lines = tours::agenda(
            &app,
            &user,
            request.required("propertyId")?,
            range(&request)?,
        )
        .await?;
        return response::ok(&agenda(&lines));
    }
    let source = request.source_ip().unwrap_or_default();
    let (tx, property) = tours::admit(&app, request.widget_key(), source, Door::Look).await?;
    let (tx, range) = tours::go_on(tx, range(&request)).await?;
    let times = tours::availability(&app, tx, &property, range).await?;
    response::ok(&slots(&times))
}

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
