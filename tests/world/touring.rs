//! Tours as people book and change them.

use serde_json::{Value, json};

use crate::door::{self, Answer};
use crate::google;
use crate::people::Property;
use crate::world::World;

/// A booked tour, by its id.
#[derive(Clone, Debug)]
pub struct Tour {
    pub id: String,
}

impl Tour {
    /// The id of its event, of the given generation.
    pub fn event(&self, generation: u32) -> String {
        format!("ll{}v{generation}", self.id.replace('-', ""))
    }
}

impl World {
    /// Somebody of the team books a tour for Ann Lee, on the property's clock (`2026-12-03`, `10:00`).
    pub async fn books_for(
        &self,
        property: &Property,
        date: &str,
        time: &str,
        email: &str,
    ) -> Answer {
        let wish = json!({
            "propertyId": property.id,
            "tourDate": date,
            "tourTime": time,
            "leadInfo": { "firstName": "Ann", "lastName": "Lee", "email": email, "phone": "512-555-0100" },
        });
        door::post("/api/lumaleasing/tours")
            .bearer(&property.admin.token)
            .json(&wish)
            .send(&self.app)
            .await
    }

    /// [`World::books_for`], which must go well.
    pub async fn booked_for(
        &self,
        property: &Property,
        date: &str,
        time: &str,
        email: &str,
    ) -> Tour {
        let answer = self.books_for(property, date, time, email).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let id = answer.json["booking"]["id"].as_str().unwrap().to_owned();
        Tour { id }
    }

    /// Somebody of the team moves a tour, on the property's clock.
    pub async fn team_moves(&self, property: &Property, tour: &Tour, date: &str, time: &str) {
        let answer = door::patch(&format!("/api/lumaleasing/tours/{}", tour.id))
            .bearer(&property.admin.token)
            .json(&json!({ "tourDate": date, "tourTime": time }))
            .send(&self.app)
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }

    /// Somebody of the team cancels a tour.
    pub async fn team_cancels(&self, property: &Property, tour: &Tour) {
        let answer = door::delete(&format!("/api/lumaleasing/tours/{}", tour.id))
            .bearer(&property.admin.token)
            .send(&self.app)
            .await;
        assert_eq!(answer.status, 204, "{}", answer.text);
    }

    /// A line of the team's agenda.
    pub async fn team_sees(&self, property: &Property, tour: &Tour) -> Value {
        let answer = door::get(&format!("/api/lumaleasing/tours/{}", tour.id))
            .bearer(&property.admin.token)
            .send(&self.app)
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json
    }

    /// `confirmed 2026-12-03T16:00:00Z synced`: a tour's state, its start, and how far it agrees with its
    /// event, with the reason where it does not.
    pub async fn tour(&self, tour: &Tour) -> String {
        let sql = format!(
            "select concat_ws(' ', b.status, to_char(b.starts_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'),
                e.sync_status, e.reason)
             from tour_bookings b left join calendar_events e on e.tour_booking_id = b.id where b.id = '{}'",
            tour.id
        );
        self.texts(&sql).await.remove(0)
    }

    /// The kinds of the letters that are wanted about a tour.
    pub async fn letters_about(&self, tour: &Tour) -> Vec<String> {
        let sql = format!(
            "select kind from tour_letters where booking_id = '{}' and kind not like 'reminder%' order by created_at",
            tour.id
        );
        self.texts(&sql).await
    }

    /// Who did what to a tour: `google tour.moved`, oldest first.
    pub async fn history_of(&self, tour: &Tour) -> Vec<String> {
        let sql = format!(
            "select actor_kind || ' ' || action from audit_log where entity_id = '{}' order by id",
            tour.id
        );
        self.texts(&sql).await
    }

    /// Invites, updates and cancellations that a guest got from Google, oldest first.
    pub fn mails_to(&self, guest: &str) -> Vec<google::InviteKind> {
        let mails = self.google.invites().into_iter();
        mails
            .filter(|mail| mail.to == guest)
            .map(|mail| mail.kind)
            .collect()
    }
}
