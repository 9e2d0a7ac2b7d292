//! Properties and the people who work there.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use shared::domain::ids;
use uuid::Uuid;

use crate::google::{Consent, Mailbox};
use crate::world::{AUTH_ISSUER, AUTH_SECRET, World};
use crate::{door, llm};

/// A user of the host app.
#[derive(Clone, Debug)]
pub struct Person {
    pub id: Uuid,
    /// What the host's sign-in gives them.
    pub token: String,
}

/// An apartment community with an admin.
#[derive(Clone, Debug)]
pub struct Property {
    pub id: Uuid,
    pub org: Uuid,
    pub admin: Person,
}

impl World {
    /// A property of an organization of its own.
    pub async fn property(&self, name: &str) -> Property {
        let (id, org) = (ids::fresh(), ids::fresh());
        let settings = json!({ "timezone": "America/Chicago" });
        self.sql
            .execute(
                "insert into organizations (id, name) values ($1, $2)",
                &[&org, &name],
            )
            .await
            .unwrap();
        self.sql
            .execute(
                "insert into properties (id, org_id, name, settings) values ($1, $2, $3, $4)",
                &[&id, &org, &name, &settings],
            )
            .await
            .unwrap();
        let admin = self.person(Some(org), "admin").await;
        Property { id, org, admin }
    }

    /// Somebody who works for an organization.
    pub async fn person(&self, org: Option<Uuid>, role: &str) -> Person {
        let id = ids::fresh();
        let email = format!("{}@staff.test", id.simple());
        self.sql
            .execute(
                "insert into auth.users (id, email) values ($1, $2)",
                &[&id, &email],
            )
            .await
            .unwrap();
        // The host's own trigger makes a profile where it is installed.
        self.sql
            .execute(
                "insert into profiles (id, org_id, role, full_name) values ($1, $2, $3, 'Sam Agent')
                 on conflict (id) do update set org_id = excluded.org_id, role = excluded.role",
                &[&id, &org, &role],
            )
            .await
            .unwrap();
        let now = self.now().timestamp();
        let claims = json!({
            "iss": AUTH_ISSUER, "aud": "authenticated", "sub": id, "role": "authenticated", "email": email,
            "iat": now, "exp": now + 10 * 365 * 86_400,
        });
        Person {
            id,
            token: token(&claims),
        }
    }

    /// What the property published about itself.
    pub async fn knows(&self, property: &Property, text: &str) {
        let embedding: Vec<f64> = llm::embed(text).into_iter().map(f64::from).collect();
        self.sql
            .execute(
                "insert into documents (property_id, content, metadata, embedding) values ($1, $2, '{}', $3::float8[])",
                &[&property.id, &text, &embedding],
            )
            .await
            .unwrap();
    }

    /// The admin connects a mailbox through Google's consent page.
    pub async fn connects(&self, property: &Property, address: &str) -> Mailbox {
        let answer = self.consents(property, Consent::allow(address)).await;
        let to = answer.header("location");
        assert!(
            to.contains("success=gmail_connected"),
            "{} {to}",
            answer.text
        );
        self.work().await;
        self.google.mailbox(address)
    }

    /// Goes through consent in one browser and answers what the callback says.
    pub async fn consents(&self, property: &Property, consent: Consent) -> door::Answer {
        let consenting = self.begins_consent(property, &property.admin).await;
        let back = self.answers_google(&consenting, consent).await;
        self.comes_back(&back, Some(&consenting.browser)).await
    }

    /// Changes a mailbox's settings as its admin.
    pub async fn sets(&self, property: &Property, settings: Value) {
        let path = format!("/api/lumaleasing/gmail/config?propertyId={}", property.id);
        let answer = door::patch(&path)
            .bearer(&property.admin.token)
            .json(&settings)
            .send(&self.app)
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }

    /// The mailbox's settings and health.
    pub async fn config(&self, property: &Property) -> Value {
        let path = format!("/api/lumaleasing/gmail/config?propertyId={}", property.id);
        let answer = door::get(&path)
            .bearer(&property.admin.token)
            .send(&self.app)
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json
    }

    /// A property's replies, newest first.
    pub async fn replies(&self, property: &Property) -> Vec<Value> {
        let path = format!(
            "/api/lumaleasing/gmail/replies?propertyId={}&limit=100",
            property.id
        );
        let answer = door::get(&path)
            .bearer(&property.admin.token)
            .send(&self.app)
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json["replies"]
            .as_array()
            .cloned()
            .unwrap_or_default()
    }
}

/// A user token as the host signs it.
pub fn token(claims: &Value) -> String {
    let key = EncodingKey::from_secret(AUTH_SECRET.as_bytes());
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &key).unwrap()
}
