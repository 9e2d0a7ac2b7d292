//! The host's widget on a property's website.

use serde_json::{Value, json};
use shared::domain::ids;

use crate::door::{self, Knock};
use crate::people::Property;
use crate::world::World;

const TOURS: &str = "/api/lumaleasing/tours";

/// A widget, known by the key that stands in the website's source.
#[derive(Clone, Debug)]
pub struct Widget {
    pub key: String,
}

impl World {
    /// The property has a widget on its website, with tours switched on.
    pub async fn widget(&self, property: &Property) -> Widget {
        let key = format!("ll_{}", ids::fresh().simple());
        self.sql
            .execute(
                "insert into lumaleasing_config (property_id, api_key, is_active, tours_enabled)
                 values ($1, $2, true, true)",
                &[&property.id, &key],
            )
            .await
            .unwrap();
        Widget { key }
    }

    /// A person makes a time by hand, on the property's clock (`2026-12-03`, `10:00`), of half an hour.
    pub async fn makes_slot(
        &self,
        property: &Property,
        date: &str,
        time: &str,
        places: i32,
    ) -> String {
        let id = ids::fresh().to_string();
        let sql = format!(
            "insert into tour_slots (id, property_id, slot_date, start_time, end_time, max_bookings)
             values ('{id}', '{}', '{date}', '{time}', time '{time}' + interval '30 minutes', {places})",
            property.id
        );
        self.sql.batch_execute(&sql).await.unwrap();
        id
    }
}

impl Widget {
    /// The widget's question for times, in the host's shape.
    pub fn availability(&self, from: &str, to: &str) -> Knock {
        self.get(&format!(
            "{TOURS}/availability?startDate={from}&endDate={to}"
        ))
    }

    /// The same question in the shape of the API.
    pub fn times(&self, from: &str, to: &str) -> Knock {
        self.get(&format!(
            "/api/calendar/availability?startDate={from}&endDate={to}"
        ))
    }

    /// The host's list of times.
    pub fn slots(&self, from: &str, to: &str) -> Knock {
        self.get(&format!("{TOURS}?startDate={from}&endDate={to}"))
    }

    pub fn get(&self, path: &str) -> Knock {
        door::get(path).header("x-api-key", &self.key)
    }

    pub fn books(&self, body: &Value) -> Knock {
        door::post(TOURS).header("x-api-key", &self.key).json(body)
    }

    /// A booking as the widget sends it, on the property's clock.
    pub fn wishes(&self, date: &str, time: &str, email: &str) -> Knock {
        self.books(&wish(date, time, email))
    }
}

/// Every field that the host's widget sends.
pub fn wish(date: &str, time: &str, email: &str) -> Value {
    json!({
        "slotId": null,
        "tourDate": date,
        "tourTime": time,
        "leadInfo": { "firstName": "Ann", "lastName": "Lee", "email": email, "phone": "512-555-0100" },
        "specialRequests": null,
        "sessionId": null,
        "conversationId": null,
    })
}
