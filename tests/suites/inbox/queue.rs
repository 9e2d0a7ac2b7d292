//! Queue messages get lost, come twice or cannot be sent; the rows say what is to be done.

use world::{Fault, World, hours, minutes};

use super::{ANN, LEASING, assert_filed_once, gmail_calls, oak, stored, sync_now};

#[tokio::test]
async fn a_push_is_not_failed_for_a_queue_that_refuses() {
    let world = World::start().await;
    let (_, mailbox) = oak(&world).await;
    mailbox.receives(ANN, "One", "1");
    let push = world.google.take_pushes().remove(0);
    let faults = world.aws.faults();
    faults.always("SendMessage", Fault::status(400, "OverLimit"));
    assert_eq!(world.deliver_push(&push).await.status, 204);
    world.work().await;
    assert_eq!(stored(&world, LEASING).await.len(), 0);
    faults.clear();
    world.pass(minutes(1)).await;
    assert_filed_once(&world, &mailbox).await;
}

#[tokio::test]
async fn a_nudge_that_was_taken_without_an_answer_does_no_harm() {
    let world = World::start().await;
    let (_, mailbox) = oak(&world).await;
    mailbox.receives(ANN, "One", "1");
    let push = world.google.take_pushes().remove(0);
    let faults = world.aws.faults();
    faults.once("SendMessage", Fault::AnswerLostAfterEffect);
    assert_eq!(world.deliver_push(&push).await.status, 204);
    assert!(!world.aws.messages(&world.queue_url("sync")).is_empty());
    world.work_at_once().await;
    world.work().await;
    assert_filed_once(&world, &mailbox).await;
}

#[tokio::test]
async fn a_wait_that_no_queue_can_hold_is_neither_cut_short_nor_forgotten() {
    let world = World::start().await;
    let (property, mailbox) = oak(&world).await;
    let hour = 3_600;
    let faults = world.google.faults();
    faults.once("history.list", Fault::too_many(hour)); // SQS delays by 900 s at the most
    mailbox.receives(ANN, "One", "1");
    world.deliver_pushes().await;
    world.google.calls().clear();
    world.pass(minutes(30)).await;
    assert_eq!(sync_now(&world, &property).await.status, 202);
    world.pass(minutes(29)).await;
    assert_eq!(
        gmail_calls(&world),
        0,
        "{:?}",
        world.google.calls().operations()
    );
    assert_eq!(stored(&world, LEASING).await.len(), 0);
    world.pass(minutes(2)).await;
    assert_filed_once(&world, &mailbox).await;
    world.pass(hours(1)).await;
    world.finish().await;
}
