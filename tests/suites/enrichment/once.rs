//! Repeats, races and reordering change nothing.

use serde_json::{Value, json};
use tokio::join;
use world::{Fault, door, minutes};

use super::chat::{Chat, value};

#[tokio::test]
async fn reading_twice_is_reading_once() {
    let chat = Chat::open().await;
    chat.ann_says("A two-bedroom with a pool under $1,500, please. We have a cat.")
        .await;
    chat.falls_silent().await;
    let before = chat.everything().await;
    assert!(before.len() > 4, "{before:?}");
    chat.sql("update enrichment_runs set state = 'due', attempts = 0")
        .await;
    assert!(chat.wake().await);
    assert_eq!(chat.calls(), 2, "it was read again");
    assert_eq!(chat.everything().await, before);
    chat.world.finish().await;
}

#[tokio::test]
async fn with_nothing_new_to_read_the_model_is_not_asked() {
    let chat = Chat::open().await;
    chat.ann_says("Is there a pool?").await;
    chat.falls_silent().await;
    assert_eq!(chat.calls(), 1);
    for _ in 0..3 {
        assert_eq!(chat.is_asked_for().await.status, 202);
        assert!(chat.wake().await);
    }
    chat.office_says("There is.").await;
    chat.falls_silent().await;
    assert_eq!(chat.calls(), 1, "only the office spoke");
    chat.ann_says("And a gym?").await;
    chat.falls_silent().await;
    assert_eq!(chat.calls(), 2);
    assert_eq!(chat.interests().await, ["amenity: gym", "amenity: pool"]);
    chat.world.finish().await;
}

#[tokio::test]
async fn of_two_runs_at_once_one_works() {
    let chat = Chat::open().await;
    chat.ann_says("Is there a pool?").await;
    assert_eq!(chat.is_asked_for().await.status, 202);
    let (one, other) = join!(chat.wake(), chat.wake());
    assert!(one && other);
    chat.world.work().await;
    assert_eq!(chat.calls(), 1);
    assert_eq!(chat.interests().await, ["amenity: pool"]);
    chat.world.finish().await;
}

#[tokio::test]
async fn a_chat_and_a_thread_of_one_lead_that_are_read_at_once_add_up() {
    let chat = Chat::open().await;
    let world = &chat.world;
    let mailbox = world.connects(&chat.oak, "leasing@oak.test").await;
    mailbox.receives(
        "Ann <ann@example.com>",
        "A home",
        "A two-bedroom with a gym and a pool under $1,500, please.",
    );
    world.deliver_pushes().await;
    world.skip(minutes(1));
    chat.ann_says("Is there a pool, and a sauna for our dog? We can pay $1,800 by now.")
        .await;
    assert_eq!(chat.is_asked_for().await.status, 202);
    let runs = "select conversation_id::text from enrichment_runs where state = 'due'";
    let runs = world.texts(runs).await;
    assert_eq!(runs.len(), 2);
    let reads = async |conversation: &str| {
        let body = json!({ "v": 1, "job": "enrich", "id": conversation }).to_string();
        let failed = door::consume(&world.app, "lead_enrichment", &[body]).await;
        assert!(failed.batch_item_failures.is_empty());
    };
    let (calls, faults) = (world.llm.calls(), world.llm.faults());
    faults.times("chat", 2, Fault::Held);
    let answers = async {
        calls.arrived("chat", 2).await;
        faults.let_go(); // both at once, and each knows nothing of the other
    };
    join!(reads(&runs[0]), reads(&runs[1]), answers);

    assert_eq!(chat.runs().await, ["done", "done"]);
    assert_eq!(
        chat.interests().await,
        [
            "amenity: gym",
            "amenity: pool",
            "amenity: sauna",
            "budget: up to 1500",
            "budget: up to 1800",
            "floorplan: 2BR",
            "pets: dog"
        ]
    );
    let preferences = chat.preferences().await;
    let both = json!({
        "amenities": ["gym", "pool", "sauna"], "floorplans": ["2BR"],
        "budget": { "min": null, "max": 1800 }, "pets": ["dog"],
    });
    for (field, value) in both.as_object().unwrap() {
        assert_eq!(&preferences[field], value, "{field}");
        let written = format!("select (written -> '{field}')::text from lead_preferences");
        let written: Value = serde_json::from_str(&world.texts(&written).await[0]).unwrap();
        assert_eq!(&written, value, "{field}: ours, for the next run to know");
    }
    let origins = "select concat_ws(' ', i.interest_value, i.extracted_from, c.channel) from lead_interests i
         join messages m on m.id = i.source_message_id join conversations c on c.id = m.conversation_id
         where i.interest_value in ('gym', 'sauna', 'up to 1500', 'up to 1800') order by 1";
    assert_eq!(
        world.texts(origins).await,
        [
            "gym email email",
            "sauna chat widget",
            "up to 1500 email email",
            "up to 1800 chat widget"
        ]
    );
    chat.world.finish().await;
}

#[tokio::test]
async fn a_run_that_was_killed_is_repeated_when_its_lease_has_run_out() {
    let chat = Chat::open().await;
    chat.ann_says("Is there a pool?").await;
    chat.is_asked_for().await;
    chat.world.lose_messages();
    let calls = chat.world.llm.calls();
    chat.world.llm.faults().once("chat", Fault::Stall);
    tokio::select! {
        biased;
        () = calls.arrived("chat", 1) => {}
        _ = chat.wake() => panic!("the function came to its end before it was killed"),
    }
    assert!(chat.wake().await, "somebody holds it");
    assert_eq!(chat.runs().await, ["due"]);
    chat.world.leases_run_out().await;
    chat.world.pass(minutes(1)).await;
    assert_eq!(chat.runs().await, ["done"]);
    assert_eq!(chat.interests().await, ["amenity: pool"]);
    chat.world.finish().await;
}

#[tokio::test]
async fn an_older_run_that_ends_after_a_newer_one_changes_nothing() {
    let chat = Chat::open().await;
    let first = "We have a cat and up to $1,500.";
    chat.hears(
        first,
        json!({
            "pets": [value("cat", "a cat")],
            "budget": { "min": null, "max": 1500, "evidence": "$1,500", "confidence": 1 },
        }),
    )
    .await;
    chat.hears(
        "We no longer have the cat, and can pay $1,800.",
        json!({
            "retracted": [{ "field": "pets", "value": "cat", "evidence": "We no longer have the cat" }],
            "budget": { "min": null, "max": 1800, "evidence": "$1,800", "confidence": 0.7 },
        }),
    )
    .await;
    let before = chat.everything().await;
    // The first run comes to its end once more, having read what stood there then.
    chat.sql(
        "update enrichment_runs set state = 'due', attempts = 0
              where last_message_at = (select min(last_message_at) from enrichment_runs)",
    )
    .await;
    assert!(chat.wake().await);
    assert_eq!(chat.calls(), 3);
    assert!(!chat.world.llm.last_prompt().contains("$1,800"));
    assert_eq!(chat.everything().await, before);
    let preferences = chat.preferences().await;
    assert_eq!(preferences["budget"]["max"], json!(1800));
    assert_eq!(preferences["pets"], json!([]));
    chat.world.finish().await;
}
