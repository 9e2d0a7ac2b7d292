//! One visitor's chat, as these stories need it.

use serde_json::{Value, json};
use uuid::Uuid;
use world::{Property, World, door, minutes, seconds};

/// Ann chats with Oak Court's widget. Her lead hangs on the session, as the host often leaves it.
pub struct Chat {
    pub world: World,
    pub oak: Property,
    pub lead: Uuid,
    pub session: Uuid,
    pub conversation: Uuid,
}

impl Chat {
    pub async fn open() -> Chat {
        let world = World::start().await;
        let oak = world.property("Oak Court").await;
        let lead = lead(&world, &oak, "ann@example.com").await;
        let (session, conversation) = widget_chat(&world, &oak, lead).await;
        Chat {
            world,
            oak,
            lead,
            session,
            conversation,
        }
    }

    /// Ann writes; a second passes.
    pub async fn ann_says(&self, text: &str) -> Uuid {
        said(&self.world, self.conversation, "user", text).await
    }

    pub async fn office_says(&self, text: &str) -> Uuid {
        said(&self.world, self.conversation, "assistant", text).await
    }

    /// Long enough for anybody to think that the chat is over, and for it to be read.
    pub async fn falls_silent(&self) {
        self.world.pass(minutes(12)).await;
    }

    /// Ann says it, the model finds this in it, and the chat falls silent.
    pub async fn hears(&self, text: &str, found: Value) {
        self.world.llm.will_extract(found);
        self.ann_says(text).await;
        self.falls_silent().await;
    }

    /// What the CRM shows of the lead.
    pub async fn known(&self) -> Value {
        known(&self.world, &self.oak, self.lead).await
    }

    /// `type: value` of each interest that stands, sorted.
    pub async fn interests(&self) -> Vec<String> {
        let known = self.known().await;
        let interests = known["interests"].as_array().unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let mut lines: Vec<String> = interests
            .iter()
            .map(|interest| format!("{}: {}", text(&interest["type"]), text(&interest["value"])))
            .collect();
        lines.sort();
        lines
    }

    pub async fn preferences(&self) -> Value {
        self.known().await["preferences"].clone()
    }

    /// Somebody of the team asks for it.
    pub async fn is_asked_for(&self) -> door::Answer {
        enrich(&self.world, &self.oak, self.lead).await
    }

    /// State and reason of each run, oldest first.
    pub async fn runs(&self) -> Vec<String> {
        let sql = "select concat_ws(': ', state, reason) from enrichment_runs order by last_message_at, created_at";
        self.world.texts(sql).await
    }

    /// How often the model was asked about a conversation.
    pub fn calls(&self) -> usize {
        self.world.llm.extractions().len()
    }

    /// One delivery of the queue's message about the conversation; whether it was done with.
    pub async fn wake(&self) -> bool {
        let body = json!({ "v": 1, "job": "enrich", "id": self.conversation }).to_string();
        let failed = door::consume(&self.world.app, "lead_enrichment", &[body]).await;
        failed.batch_item_failures.is_empty()
    }

    pub async fn sql(&self, sql: &str) {
        self.world.sql.batch_execute(sql).await.unwrap();
    }

    /// Everything that was written about the lead.
    pub async fn everything(&self) -> Vec<String> {
        let sql = "select concat_ws(' ', i.interest_type, i.interest_value, i.evidence, i.retracted_at) from lead_interests i
             union all select preferences::text from leads union all select written::text from lead_preferences
             union all select coalesce(after::text, '') from audit_log where entity = 'leads'";
        self.world.texts(sql).await
    }
}

pub async fn lead(world: &World, property: &Property, email: &str) -> Uuid {
    let sql = "insert into leads (property_id, source, first_name, email) values ($1, 'LumaLeasing Widget', 'Ann', $2)
               returning id";
    let row = world.sql.query_one(sql, &[&property.id, &email]).await;
    row.unwrap().get(0)
}

/// A visitor's session and their conversation.
pub async fn widget_chat(world: &World, property: &Property, lead: Uuid) -> (Uuid, Uuid) {
    let sql = "insert into widget_sessions (property_id, visitor_id, lead_id) values ($1, 'v_1', $2) returning id";
    let row = world.sql.query_one(sql, &[&property.id, &lead]).await;
    let session: Uuid = row.unwrap().get(0);
    let sql = "insert into conversations (property_id, channel, widget_session_id) values ($1, 'widget', $2)
               returning id";
    let row = world.sql.query_one(sql, &[&property.id, &session]).await;
    (session, row.unwrap().get(0))
}

pub async fn said(world: &World, conversation: Uuid, role: &str, text: &str) -> Uuid {
    let sql = "insert into messages (conversation_id, role, content, created_at) values ($1, $2, $3, $4) returning id";
    let now = world.now();
    let row = world
        .sql
        .query_one(sql, &[&conversation, &role, &text, &now])
        .await;
    world.skip(seconds(1));
    row.unwrap().get(0)
}

pub async fn known(world: &World, property: &Property, lead: Uuid) -> Value {
    let answer = door::get(&format!("/api/lumaleasing/leads/{lead}/interests"))
        .bearer(&property.admin.token)
        .send(&world.app)
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json
}

pub async fn enrich(world: &World, property: &Property, lead: Uuid) -> door::Answer {
    door::post(&format!("/api/lumaleasing/leads/{lead}/enrich"))
        .bearer(&property.admin.token)
        .send(&world.app)
        .await
}

/// A value with the words that are said to say so.
pub fn value(value: &str, evidence: &str) -> Value {
    json!({ "value": value, "evidence": evidence, "confidence": 0.9 })
}
