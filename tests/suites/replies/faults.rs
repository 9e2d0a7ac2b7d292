//! Our own failures: no time, a defect, a message that is none.

use serde_json::json;
use shared::app::Deadline;
use std::time::Duration;
use world::{Fault, door, minutes};

use super::desk::Desk;

async fn due() -> Desk {
    let desk = Desk::open().await;
    desk.ann_writes("Any two-bedrooms?").await;
    desk.world.skip(minutes(5));
    desk
}

#[tokio::test]
async fn a_function_without_time_left_begins_nothing_and_leaves_the_message() {
    let desk = due().await;
    let body = json!({ "v": 1, "job": "reply", "id": desk.newest().await }).to_string();
    let consumer = functions::CONSUMERS
        .iter()
        .find(|one| one.name == "auto_reply");
    let calls = desk.world.google.calls().all().len();
    for time in [0, 4] {
        let event = serde_json::from_value(door::batch(std::slice::from_ref(&body))).unwrap();
        let deadline = Deadline::after(Duration::from_secs(time));
        let answer = consumer
            .unwrap()
            .answer(desk.world.app.clone(), event, deadline)
            .await;
        assert_eq!(answer.batch_item_failures.len(), 1, "{time} seconds");
    }
    assert_eq!(desk.world.google.calls().all().len(), calls);
    desk.is_settled_with_one_letter().await;
}

#[tokio::test]
async fn a_reply_that_always_fails_is_held_and_its_message_goes_to_the_dead_letters() {
    let desk = due().await;
    let broken = "alter function luma.knowledge(uuid, float8[], float8, int) rename to forgotten";
    desk.world.sql.batch_execute(broken).await.unwrap();
    desk.world.pass(minutes(10)).await;
    assert_eq!(desk.states().await, ["held: internal_error"]);
    assert!(!desk.world.dead_letters().is_empty());
    desk.stays_silent().await;
}

#[tokio::test]
async fn one_bad_message_does_not_stop_the_others_of_its_batch() {
    let desk = due().await;
    let good = json!({ "v": 1, "job": "reply", "id": desk.newest().await }).to_string();
    let forged = [
        "not json".to_owned(),
        json!({ "v": 1, "job": "reply", "id": "1 or 1=1" }).to_string(),
        json!({ "v": 9, "job": "reply", "id": desk.newest().await }).to_string(),
        json!({ "v": 1, "job": "mailbox", "id": desk.newest().await }).to_string(),
    ];
    let mut batch = forged.to_vec();
    batch.push(good);
    let answer = door::consume(&desk.world.app, "auto_reply", &batch).await;
    let failed: Vec<String> = answer
        .batch_item_failures
        .into_iter()
        .map(|failure| failure.item_identifier)
        .collect();
    assert_eq!(failed, ["message-0", "message-1", "message-2", "message-3"]);
    assert_eq!(desk.mailbox.sent().len(), 1);
    desk.is_settled_with_one_letter().await;
}

#[tokio::test]
async fn a_reply_that_does_not_exist_is_ignored() {
    let desk = due().await;
    assert!(desk.wake("6f9619ff-8b86-4d01-b42d-00c04fc964ff").await);
    assert!(desk.wake(&desk.newest().await).await);
    desk.is_settled_with_one_letter().await;
}

#[tokio::test]
async fn a_token_that_expires_in_the_middle_is_refreshed_and_the_letter_sent_once() {
    let desk = due().await;
    let rejected = Fault::status(401, "authError");
    desk.world.google.faults().once("drafts.send", rejected);
    desk.is_settled_with_one_letter().await;
}

/// A due reply of whose runs so many were killed.
async fn killed(times: i32) -> Desk {
    let desk = due().await;
    // The last one has left its lease behind, and counts when the next run finds it.
    let sql = "update email_replies set lease_owner = gen_random_uuid(), kills = $1,
               lease_until = now() - interval '1 second'";
    desk.world.sql.execute(sql, &[&(times - 1)]).await.unwrap();
    desk
}

#[tokio::test]
async fn a_reply_whose_runs_are_killed_again_and_again_is_put_before_a_person() {
    let desk = killed(5).await;
    assert!(desk.wake(&desk.newest().await).await);
    assert_eq!(desk.states().await, ["held: internal_error"]);
    desk.stays_silent().await;
}

#[tokio::test]
async fn a_reply_whose_runs_were_killed_a_few_times_is_still_sent() {
    let desk = killed(4).await;
    assert!(desk.wake(&desk.newest().await).await);
    desk.is_settled_with_one_letter().await;
}
