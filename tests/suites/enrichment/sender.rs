//! A letter counts as the prospect's words if its sender is proven.

use serde_json::json;
use uuid::Uuid;
use world::{World, minutes};

use super::chat::{enrich, known, value};

const ANN: &str = "Ann Lee <ann@example.com>";

/// Ann wrote that she likes a gym; then somebody wrote under her address of a sauna. What is known of
/// her when the team asks, and how often the model was asked.
async fn heard(proven: bool) -> (Vec<String>, World) {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let mailbox = world.connects(&oak, "leasing@oak.test").await;
    world.sets(&oak, json!({ "replyMode": "off" })).await;
    let first = mailbox.receives(ANN, "2BR?", "Is there a gym?");
    let second = mailbox.incoming_in(&first.thread_id, ANN, "I want a sauna.");
    let second = if proven {
        second
    } else {
        second.unauthenticated()
    };
    second.deliver();
    world.deliver_pushes().await;
    world.llm.will_extract(json!({
        "amenities": [value("gym", "Is there a gym?"), value("sauna", "I want a sauna.")],
    }));
    let lead = "select id::text from leads";
    let lead: Uuid = world.texts(lead).await[0].parse().unwrap();
    for _ in 0..2 {
        assert_eq!(enrich(&world, &oak, lead).await.status, 202);
        world.pass(minutes(2)).await;
    }
    let known = known(&world, &oak, lead).await["preferences"]["amenities"].clone();
    let known = known.as_array().cloned().unwrap_or_default();
    let known = known.iter().map(|one| one.as_str().unwrap().to_owned());
    (known.collect(), world)
}

#[tokio::test]
async fn what_is_proven_to_be_hers_is_believed() {
    let (known, world) = heard(true).await;
    assert_eq!(known, ["gym", "sauna"]);
    world.finish().await;
}

#[tokio::test]
async fn what_anybody_may_have_written_is_neither_believed_nor_shown_to_the_model() {
    let (known, world) = heard(false).await;
    assert_eq!(known, ["gym"]);
    assert_eq!(world.llm.extractions().len(), 1);
    assert!(!world.llm.last_prompt().contains("sauna"));
    world.finish().await;
}

#[tokio::test]
async fn a_conversation_of_unproven_letters_alone_is_not_read() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let mailbox = world.connects(&oak, "leasing@oak.test").await;
    world.sets(&oak, json!({ "replyMode": "off" })).await;
    let letter = mailbox.incoming(ANN, "2BR?", "I want a sauna.");
    letter.unauthenticated().deliver();
    world.deliver_pushes().await;
    let lead: Uuid = world.texts("select id::text from leads").await[0]
        .parse()
        .unwrap();
    assert_eq!(enrich(&world, &oak, lead).await.status, 202);
    world.pass(minutes(2)).await;
    assert_eq!(world.llm.extractions().len(), 0);
    let runs = "select count(*) from enrichment_runs";
    assert_eq!(world.count(runs).await, 0);
    world.finish().await;
}
