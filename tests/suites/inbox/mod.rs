//! Mail that arrives is stored: all of it, once, whatever fails on the way.

mod database;
mod history;
mod messages;
mod odd_mail;
mod outages;
mod pooler;
mod pushes;
mod queue;

use serde_json::json;
use world::google::{Mailbox, Push};
use world::{Property, World, door};

pub const LEASING: &str = "leasing@oak.test";
pub const ANN: &str = "Ann Lee <ann@example.com>";

/// A property with a connected mailbox that answers nobody: these stories are about what comes in.
pub async fn oak(world: &World) -> (Property, Mailbox) {
    connected(world, "Oak Court", LEASING).await
}

pub async fn connected(world: &World, name: &str, address: &str) -> (Property, Mailbox) {
    let property = world.property(name).await;
    let mailbox = world.connects(&property, address).await;
    world.sets(&property, json!({ "replyMode": "off" })).await;
    world.deliver_pushes().await; // a new watch tells about itself
    (property, mailbox)
}

/// So many prospects write one mail each; answers Gmail's ids in order of arrival.
pub fn receives_many(mailbox: &Mailbox, count: usize) -> Vec<String> {
    let write = |number| {
        let from = format!("prospect{number}@example.com");
        let subject = format!("Question {number}");
        mailbox.receives(&from, &subject, "Any two-bedrooms?").id
    };
    (0..count).map(write).collect()
}

/// The stored messages of a mailbox that came in, by Gmail's ids, sorted.
pub async fn stored(world: &World, address: &str) -> Vec<String> {
    let rows = world
        .sql
        .query(
            "select m.gmail_message_id from email_messages m join gmail_config g on g.id = m.mailbox_id
             where g.gmail_address = $1 and m.direction = 'inbound' order by 1",
            &[&address],
        )
        .await
        .unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// Nothing is lost and nothing is there twice: every message that the inbox holds has one row, one entry
/// in a conversation and at most one reply; a person is one lead with one conversation, a thread one thread.
pub async fn assert_filed_once(world: &World, mailbox: &Mailbox) {
    let inbox = mailbox.messages().into_iter();
    let inbox = inbox.filter(|one| one.has("INBOX") && !one.has("SENT") && !one.has("DRAFT"));
    let mut expected: Vec<String> = inbox.map(|message| message.id).collect();
    expected.sort();
    assert_eq!(stored(world, mailbox.address()).await, expected);
    for (what, key) in [
        ("leads", "property_id, lower(email)"),
        ("email_threads", "property_id, gmail_thread_id"),
        ("conversations", "property_id, lead_id, channel"),
        ("email_messages", "mailbox_id, gmail_message_id"),
        ("email_messages", "turn_id"),
        ("email_replies", "message_id"),
    ] {
        let sql = format!(
            "select count(*) from (select from {what} group by {key} having count(*) > 1 and {}) twice",
            key.rsplit(", ")
                .next()
                .map_or(String::new(), |last| format!(
                    "max({last}::text) is not null"
                ))
        );
        assert_eq!(world.count(&sql).await, 0, "{what} by {key}");
    }
    let turns = world.count("select count(*) from messages").await;
    let told = "select count(*) from email_messages where turn_id is not null";
    assert_eq!(turns, world.count(told).await, "entries in conversations");
}

/// The mailbox's cursor as it is stored.
pub async fn cursor(world: &World, address: &str) -> i64 {
    let sql = format!("select history_id from gmail_config where gmail_address = '{address}'");
    world.count(&sql).await
}

/// What is set aside, as `state reason`, in order of arrival.
pub async fn aside(world: &World) -> Vec<String> {
    world
        .texts("select state || ' ' || reason from email_quarantine order by gmail_message_id")
        .await
}

/// The admin asks to look now.
pub async fn sync_now(world: &World, property: &Property) -> door::Answer {
    door::post("/api/lumaleasing/gmail/sync")
        .bearer(&property.admin.token)
        .json(&json!({ "propertyId": property.id }))
        .send(&world.app)
        .await
}

/// Every push that waits is lost.
pub fn lose_pushes(world: &World) -> Vec<Push> {
    world.google.take_pushes()
}

/// How many calls Gmail received, of any kind.
pub fn gmail_calls(world: &World) -> usize {
    let operations = world.google.calls().operations();
    let others = ["token", "revoke", "auth", "certs"];
    operations
        .iter()
        .filter(|one| !others.contains(&one.as_str()))
        .count()
}
