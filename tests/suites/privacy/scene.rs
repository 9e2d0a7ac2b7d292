//! A property that knows two people from every side.

use serde_json::json;
use uuid::Uuid;
use world::door::{self, Answer};
use world::google::{Calendar, Mailbox, StoredMessage};
use world::{Property, Widget, World, minutes};

/// Words that stand nowhere but in what is known of one person.
pub const OF_ANN: [&str; 16] = [
    "ann@example.com",
    "512-555-0100",
    "walrus subject",
    "walrus body",
    "walrus-passport.pdf",
    "walrus answer",
    "walrus chat",
    "walrus evidence",
    "walrus preference",
    "walrus request",
    "walrus note",
    "walrus internal",
    "walrus crm",
    "walrus activity",
    "walrus visitor",
    "walrus score",
];

/// The same of another.
pub const OF_BOB: [&str; 16] = [
    "bob@example.com",
    "512-555-0199",
    "otter subject",
    "otter body",
    "otter-passport.pdf",
    "otter answer",
    "otter chat",
    "otter evidence",
    "otter preference",
    "otter request",
    "otter note",
    "otter internal",
    "otter crm",
    "otter activity",
    "otter visitor",
    "otter score",
];

pub const ANN: &str = "Ann Lee <ann@example.com>";
pub const BOB: &str = "Bob Ray <bob@example.com>";
/// The day of the tours.
pub const DAY: &str = "2026-12-03";

pub struct Scene {
    pub world: World,
    pub oak: Property,
    pub mailbox: Mailbox,
    pub calendar: Calendar,
    widget: Widget,
}

impl Scene {
    /// Oak Court with a mailbox that holds its answers for approval, a widget, and an agent.
    pub async fn open() -> Scene {
        let world = World::start().await;
        let oak = world.property("Oak Court").await;
        let mailbox = world.connects(&oak, "leasing@oak.test").await;
        world.sets(&oak, json!({ "replyMode": "approve" })).await;
        world.knows(&oak, "We have two-bedroom homes.").await;
        let widget = world.widget(&oak).await;
        let kim = world.agent(&oak).await;
        let calendar = world.agent_connects(&oak, &kim, "kim@oak.test").await;
        // The host's own tables, which only its database has.
        world
            .sql
            .batch_execute(
                "create table lead_scores (id uuid primary key default gen_random_uuid(), total_score int not null,
                    lead_id uuid references leads (id) on delete cascade, factors jsonb);
                 alter table leads add column nickname text, add column tags text[] not null default '{}'",
            )
            .await
            .unwrap();
        Scene {
            world,
            oak,
            mailbox,
            calendar,
            widget,
        }
    }

    /// Both people, known from every side.
    pub async fn of_two() -> (Scene, Uuid, Uuid) {
        let scene = Scene::open().await;
        let ann = scene.knows(ANN, "walrus", "512-555-0100", "10:30").await;
        let bob = scene.knows(BOB, "otter", "512-555-0199", "12:00").await;
        (scene, ann, bob)
    }

    /// Somebody writes, is answered, chats, books a tour; the team and the host take notes.
    async fn knows(&self, from: &str, word: &str, phone: &str, time: &str) -> Uuid {
        self.writes(from, word).await;
        self.world.pass(minutes(6)).await;
        let lead = self.lead(from).await;
        let reply = self.reply_to(lead).await;
        let path = format!("/api/lumaleasing/gmail/replies/{reply}");
        let body = json!({ "bodyText": format!("The {word} answer.") });
        self.asks(door::patch(&path).json(&body)).await;
        self.asks(door::post(&format!("{path}/approve"))).await;
        self.world.pass(minutes(2)).await;
        let session = self.chats(lead, word).await;
        let (name, address) = from.split_once(" <").unwrap();
        let (first, last) = name.split_once(' ').unwrap();
        let wish = json!({
            "slotId": null, "tourDate": DAY, "tourTime": time, "sessionId": session, "conversationId": null,
            "leadInfo": { "firstName": first, "lastName": last, "email": address.trim_end_matches('>'), "phone": phone },
            "specialRequests": format!("A {word} request."),
        });
        let booked = self.widget.books(&wish).header("idempotency-key", word);
        let booked = booked.send(&self.world.app).await;
        assert_eq!(booked.status, 200, "{}", booked.text);
        self.takes_notes(lead, word).await;
        self.world.pass(minutes(2)).await;
        lead
    }

    /// A letter with a file arrives and is filed.
    pub async fn writes(&self, from: &str, word: &str) -> StoredMessage {
        let body = format!(
            "--b\nContent-Type: text/plain\n\nAny two-bedrooms? The {word} body.\n--b\n\
             Content-Type: text/html\n\n<p>The <b>{word} body</b>.</p>\n--b\n\
             Content-Type: application/pdf\nContent-Disposition: attachment; filename=\"{word}-passport.pdf\"\n\n%PDF\n--b--"
        );
        let mail = self
            .mailbox
            .incoming(from, &format!("The {word} subject"), &body)
            .header("Content-Type", "multipart/mixed; boundary=b")
            .deliver();
        self.world.llm.will_say("We have two-bedroom homes.");
        self.world.deliver_pushes().await;
        mail
    }

    /// A visitor's session that became the lead, with a conversation that hangs on the session alone.
    async fn chats(&self, lead: Uuid, word: &str) -> Uuid {
        let sql = "insert into widget_sessions (property_id, visitor_id, lead_id, user_agent, referrer_url, metadata)
                   values ($1, $2, $3, $2, $2, jsonb_build_object('who', $2::text)) returning id";
        let visitor = format!("{word} visitor");
        let row = self
            .world
            .sql
            .query_one(sql, &[&self.oak.id, &visitor, &lead])
            .await;
        let session: Uuid = row.unwrap().get(0);
        let sql = format!(
            "with c as (insert into conversations (property_id, channel, widget_session_id)
                        values ('{}', 'widget', '{session}') returning id)
             insert into messages (conversation_id, role, content, created_at)
             select id, role, 'The {word} chat.', '{}' from c, unnest(array['user', 'assistant']) role",
            self.oak.id,
            self.world.now()
        );
        self.world.sql.batch_execute(&sql).await.unwrap();
        session
    }

    async fn takes_notes(&self, lead: Uuid, word: &str) {
        let sql = format!(
            "update leads set notes = 'The {word} note.', nickname = 'The {word} note.', tags = '{{{word} note}}',
                move_in_date = '2027-01-01', bedrooms = 2,
                preferences = '{{\"amenities\": [\"{word} preference\"]}}' where id = '{lead}';
             insert into lead_preferences (lead_id, property_id, written)
                values ('{lead}', '{0}', '{{\"amenities\": [\"{word} preference\"]}}')
                on conflict (lead_id) do update set written = excluded.written;
             insert into lead_interests (lead_id, interest_type, interest_value, evidence, extracted_from)
                values ('{lead}', 'amenity', '{word} preference', 'The {word} evidence', 'email');
             update tour_bookings set internal_notes = 'The {word} internal.' where lead_id = '{lead}';
             insert into tours (lead_id, property_id, tour_date, tour_time, notes)
                values ('{lead}', '{0}', '2026-12-09', '10:00', 'The {word} crm.');
             insert into lead_activities (lead_id, type, description, metadata)
                values ('{lead}', 'note', 'The {word} activity.', '{{\"said\": \"{word} activity\"}}');
             insert into lead_scores (lead_id, total_score, factors) values ('{lead}', 70, '[\"{word} score\"]')",
            self.oak.id
        );
        self.world.sql.batch_execute(&sql).await.unwrap();
    }

    // --- looking and asking ---------------------------------------------------------------------

    pub async fn lead(&self, from: &str) -> Uuid {
        let address = from.split(['<', '>']).nth(1).unwrap();
        let sql = "select id from leads where property_id = $1 and lower(email) = $2";
        let row = self
            .world
            .sql
            .query_one(sql, &[&self.oak.id, &address])
            .await;
        row.unwrap().get(0)
    }

    pub async fn reply_to(&self, lead: Uuid) -> Uuid {
        let sql = "select r.id from email_replies r join email_messages m on m.id = r.message_id
            join messages u on u.id = m.turn_id join conversations c on c.id = u.conversation_id
            where c.lead_id = $1 order by r.created_at desc limit 1";
        let row = self.world.sql.query_one(sql, &[&lead]).await;
        row.unwrap().get(0)
    }

    pub async fn asks(&self, knock: door::Knock) -> Answer {
        let answer = knock
            .bearer(&self.oak.admin.token)
            .send(&self.world.app)
            .await;
        assert!(answer.status < 300, "{}", answer.text);
        answer
    }

    pub async fn erases(&self, lead: Uuid) -> Answer {
        let path = format!("/api/lumaleasing/leads/{lead}");
        self.asks(door::delete(&path)).await
    }

    /// Rows of any table that hold one of the words.
    pub async fn holding(&self, words: &[&str]) -> Vec<String> {
        let mut found = Vec::new();
        for (table, rows) in self.world.everything().await {
            for row in rows {
                let text = row.to_lowercase();
                if words.iter().any(|word| text.contains(word)) {
                    found.push(format!("{table}: {row}"));
                }
            }
        }
        found
    }

    /// Rows of any table in which that name stands as a word.
    pub async fn naming(&self, name: &str) -> Vec<String> {
        let mut found = Vec::new();
        for (table, rows) in self.world.everything().await {
            let named = rows.into_iter().filter(|row| {
                let mut words = row.split(|letter: char| !letter.is_ascii_alphanumeric());
                words.any(|word| word == name)
            });
            found.extend(named.map(|row| format!("{table}: {row}")));
        }
        found
    }
}
