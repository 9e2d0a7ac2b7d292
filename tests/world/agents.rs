//! Leasing agents and their calendars.

use serde_json::Value;

use crate::door::{self, Answer};
use crate::google::{Calendar, Consent};
use crate::people::{Person, Property};
use crate::world::World;

impl World {
    /// A leasing agent of a property: no admin and no manager.
    pub async fn agent(&self, property: &Property) -> Person {
        self.person(Some(property.org), "agent").await
    }

    /// An agent connects their calendar through Google's consent page.
    pub async fn agent_connects(
        &self,
        property: &Property,
        agent: &Person,
        address: &str,
    ) -> Calendar {
        let answer = self
            .agent_consents(property, agent, Consent::allow(address))
            .await;
        let to = answer.header("location");
        assert!(
            to.contains("success=calendar_connected"),
            "{} {to}",
            answer.text
        );
        self.work().await;
        self.google.calendar(address)
    }

    /// Goes through consent in one browser and answers what the callback says.
    pub async fn agent_consents(
        &self,
        property: &Property,
        agent: &Person,
        consent: Consent,
    ) -> Answer {
        let consenting = self.begins_calendar_consent(property, agent).await;
        let back = self.answers_google(&consenting, consent).await;
        self.comes_back(&back, Some(&consenting.browser)).await
    }

    /// An agent changes their own settings.
    pub async fn agent_sets(&self, property: &Property, agent: &Person, settings: Value) -> Value {
        let answer = self.agent_asks(property, agent, settings).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json
    }

    /// An agent tries to change their own settings.
    pub async fn agent_asks(&self, property: &Property, agent: &Person, settings: Value) -> Answer {
        door::patch(&calendar_config(property))
            .bearer(&agent.token)
            .json(&settings)
            .send(&self.app)
            .await
    }

    /// An agent's settings and health, and all calendars that they may see.
    pub async fn agent_config(&self, property: &Property, agent: &Person) -> Value {
        let answer = door::get(&calendar_config(property))
            .bearer(&agent.token)
            .send(&self.app)
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json
    }

    /// An agent gives their own calendar up.
    pub async fn agent_disconnects(&self, property: &Property, agent: &Person) -> Answer {
        door::delete(&calendar_config(property))
            .bearer(&agent.token)
            .send(&self.app)
            .await
    }
}

/// The path of a property's calendar settings; more may be appended to its query.
pub fn calendar_config(property: &Property) -> String {
    format!("/api/calendar/config?propertyId={}", property.id)
}
