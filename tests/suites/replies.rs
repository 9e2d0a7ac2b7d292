//! From a prospect's e-mail to the answer in the same thread.

use serde_json::json;
use world::{World, minutes};

#[tokio::test]
async fn a_prospect_writes_and_is_answered_in_the_same_thread() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    world
        .knows(
            &oak,
            "Two-bedroom homes at Oak Court rent from $1,850 a month.",
        )
        .await;
    let mailbox = world.connects(&oak, "leasing@oak.test").await;
    world
        .llm
        .will_say("Our two-bedroom homes rent from $1,850 a month. Would you like to see one?");

    let mail = mailbox.receives(
        "Ann Lee <ann@example.com>",
        "2BR in January?",
        "Any two-bedrooms?",
    );
    world.deliver_pushes().await;
    assert_eq!(mailbox.sent().len(), 0, "not before the delay");
    world.pass(minutes(6)).await;

    let sent = mailbox.sent();
    assert_eq!(sent.len(), 1, "{:?}", world.replies(&oak).await);
    assert_eq!(sent[0].thread_id, mail.thread_id);
    assert_eq!(
        world
            .count("select count(*) from leads where email = 'ann@example.com'")
            .await,
        1
    );
    assert_eq!(world.count("select count(*) from email_messages").await, 2);
    assert_eq!(
        world
            .texts("select role from messages order by created_at")
            .await,
        ["user", "assistant"]
    );
    let replies = world.replies(&oak).await;
    assert_eq!(replies[0]["state"], json!("sent"));
    world.finish().await;
}
