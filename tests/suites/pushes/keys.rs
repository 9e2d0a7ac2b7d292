//! Google's signing keys: kept while they are fresh, fetched when they are not, and not lost.

use serde_json::json;
use world::google::Signature;
use world::{Fault, hours, minutes, seconds};

use super::{claims, delivers, listening, marks, signed};

#[tokio::test]
async fn keys_are_fetched_once_for_as_long_as_google_says() {
    let (world, mailbox) = listening().await;
    let fetched = || world.google.calls().count("certs");
    for _ in 0..3 {
        assert_eq!(claims(&world, &mailbox, json!({})).await, 204);
    }
    assert_eq!(fetched(), 1);
    world.skip(hours(5)); // Google says 19,845 seconds
    assert_eq!(claims(&world, &mailbox, json!({})).await, 204);
    assert_eq!(fetched(), 1);
    world.skip(hours(1));
    assert_eq!(claims(&world, &mailbox, json!({})).await, 204);
    assert_eq!(fetched(), 2);
}

#[tokio::test]
async fn a_rotation_is_noticed_and_the_key_before_stays_good() {
    let (world, mailbox) = listening().await;
    assert_eq!(claims(&world, &mailbox, json!({})).await, 204);
    world.skip(minutes(1));
    world.google.rotate_keys();
    assert_eq!(signed(&world, &mailbox, Signature::Google).await, 204);
    assert_eq!(signed(&world, &mailbox, Signature::Previous).await, 204);
    assert_eq!(world.google.calls().count("certs"), 2);
}

#[tokio::test]
async fn tokens_with_made_up_keys_cause_one_fetch_in_half_a_minute() {
    let (world, mailbox) = listening().await;
    assert_eq!(claims(&world, &mailbox, json!({})).await, 204);
    world.skip(minutes(1));
    for _ in 0..10 {
        let status = signed(&world, &mailbox, Signature::UnknownKey).await;
        assert_eq!(status, 401);
    }
    assert_eq!(world.google.calls().count("certs"), 2);
    assert_eq!(
        claims(&world, &mailbox, json!({})).await,
        204,
        "not dropped"
    );
    world.skip(seconds(30));
    assert_eq!(signed(&world, &mailbox, Signature::UnknownKey).await, 401);
    assert_eq!(world.google.calls().count("certs"), 3);
}

#[tokio::test]
async fn pushes_that_arrive_together_fetch_the_keys_once() {
    let (world, mailbox) = listening().await;
    let token = world.google.mint(json!({}));
    let all = (0..8).map(|_| delivers(&world, &mailbox, &token));
    let answers = futures::future::join_all(all).await;
    assert!(answers.iter().all(|answer| answer.status == 204));
    assert_eq!(world.google.calls().count("certs"), 1);
}

#[tokio::test]
async fn known_keys_do_for_a_day_while_google_is_down() {
    let (world, mailbox) = listening().await;
    assert_eq!(claims(&world, &mailbox, json!({})).await, 204);
    let down = Fault::status(503, "backendError");
    world.google.faults().always("certs", down);
    world.skip(hours(29));
    assert_eq!(claims(&world, &mailbox, json!({})).await, 204);
    let forged = signed(&world, &mailbox, Signature::Stranger).await;
    assert_eq!(forged, 401, "a forgery stays one");

    world.skip(hours(1));
    let before = marks(&world).await;
    let token = world.google.mint(json!({}));
    let answer = delivers(&world, &mailbox, &token).await;
    assert_eq!((answer.status, answer.code()), (503, "busy"));
    assert_ne!(answer.header("retry-after"), "", "Pub/Sub shall repeat it");
    assert_eq!(marks(&world).await, before);

    world.google.faults().clear();
    world.skip(minutes(1));
    assert_eq!(claims(&world, &mailbox, json!({})).await, 204);
}

#[tokio::test]
async fn an_answer_that_is_no_key_set_replaces_nothing() {
    let (world, mailbox) = listening().await;
    assert_eq!(claims(&world, &mailbox, json!({})).await, 204);
    for fault in [Fault::Garbage, Fault::AnswerLostBeforeEffect] {
        world.skip(hours(6));
        world.google.faults().once("certs", fault.clone());
        let status = claims(&world, &mailbox, json!({})).await;
        assert_eq!(status, 204, "{fault:?}");
        world.skip(minutes(1));
        let status = claims(&world, &mailbox, json!({})).await;
        assert_eq!(status, 204, "and afterwards");
    }
}
