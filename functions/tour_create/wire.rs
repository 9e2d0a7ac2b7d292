//! What the requests and answers about a booking look like.

use lambda_http::http::HeaderName;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::app::App;
use shared::app::tours::{self, Actor, Booked, Booking, Prospect, Time, When, Wish};
use shared::domain::ids::{ConversationId, ManualSlotId, ProfileId, PropertyId};
use shared::error::{Error, Result};
use uuid::Uuid;

use crate::calendar_availability::wire::slot;
use crate::http::{Request, Response};
use crate::request::{local_date, local_time};
use crate::response;

/// What is null might as well be left out: the host's widget names every field.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct In {
    slot_id: Option<Uuid>,
    tour_date: Option<String>,
    tour_time: Option<String>,
    agent_id: Option<Uuid>,
    lead_info: Option<LeadInfo>,
    special_requests: Option<String>,
    session_id: Option<Uuid>,
    conversation_id: Option<Uuid>,
    property_id: Option<Uuid>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct LeadInfo {
    first_name: Option<String>,
    last_name: Option<String>,
    email: Option<String>,
    phone: Option<String>,
}

impl In {
    /// The property that a user has to name.
    pub fn property(&self) -> Result<PropertyId> {
        let id = self.property_id.map(PropertyId);
        id.ok_or_else(|| Error::invalid("propertyId", "required"))
    }

    /// A widget need not name its property, and may name no other.
    pub fn is_for(&self, property: PropertyId) -> Result<()> {
        match self.property_id {
            Some(named) if PropertyId(named) != property => Err(Error::NotFound("Property")),
            _ => Ok(()),
        }
    }

    pub fn wish(self, request: &Request, source: &'static str, actor: Actor) -> Result<Wish> {
        let when = self.when()?;
        let person = self.lead_info.unwrap_or_default();
        let key = request.header(HeaderName::from_static("idempotency-key"));
        Ok(Wish {
            when,
            agent: self.agent_id.map(ProfileId),
            prospect: Prospect {
                first_name: person.first_name.unwrap_or_default(),
                last_name: person.last_name.unwrap_or_default(),
                email: person.email.unwrap_or_default(),
                phone: person.phone.unwrap_or_default(),
            },
            special_requests: self.special_requests.filter(|text| !text.trim().is_empty()),
            session: self.session_id,
            conversation: self.conversation_id.map(ConversationId),
            key: key.map(str::to_owned),
            source,
            actor,
        })
    }

    fn when(&self) -> Result<When> {
        if let Some(slot) = self.slot_id {
            return Ok(When::Slot(ManualSlotId(slot)));
        }
        let (Some(date), Some(time)) = (&self.tour_date, &self.tour_time) else {
            let title = "Either slotId or tourDate+tourTime are required";
            return Err(Error::Incomplete {
                code: "invalid_tour_date",
                title,
            });
        };
        reading(date, time)
    }
}

/// Date and time on the property's clock, as callers write them.
pub fn reading(date: &str, time: &str) -> Result<When> {
    let date = local_date(date).ok_or_else(|| Error::invalid("tourDate", "not a date"))?;
    let time = local_time(time).ok_or_else(|| Error::invalid("tourTime", "not a time"))?;
    Ok(When::At(date, time))
}

pub fn booked(app: &App, booked: &Booked) -> Value {
    let told = tours::confirmation(app, booked);
    json!({
        "success": true,
        "booking": booking(&booked.booking),
        "calendar": {
            "google": told.links.google,
            "outlook": told.links.outlook,
            "office365": told.links.office365,
            "yahoo": told.links.yahoo,
            "icsDownload": told.ics_download,
        },
        "manageUrl": told.manage_url,
        "message": told.message,
    })
}

/// Fields that everybody who may see a booking sees.
pub fn booking(booking: &Booking) -> Value {
    let local = booking.local_start();
    json!({
        "id": booking.id.0,
        "date": local.date().to_string(),
        "time": local.strftime("%H:%M:%S").to_string(),
        "start": booking.time.start().to_string(),
        "end": booking.time.end().to_string(),
        "timezone": booking.zone,
        "status": booking.status.as_str(),
        "agentId": booking.agent.map(|id| id.0),
        "agentName": Some(&booking.agent_name).filter(|name| !name.is_empty()),
    })
}

/// 409, with other times.
pub fn taken(times: &[Time], request: &Request) -> Response {
    let title = "This time slot is no longer available";
    let error = Error::conflict("slot_taken", title);
    let alternatives: Vec<Value> = times.iter().map(slot).collect();
    let more = json!({ "alternatives": alternatives });
    response::problem_with_more(&error, request.request_id(), more)
}
