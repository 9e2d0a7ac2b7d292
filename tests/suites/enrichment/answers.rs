//! A model that fails or answers nonsense: nothing is stored, and the tries are counted.

use serde_json::{Value, json};
use world::llm::Misbehaviour;
use world::minutes;

use super::chat::{Chat, value};

/// Answers that are not what was asked for.
fn malformed() -> Vec<Value> {
    let whole = || {
        json!({
            "amenities": [value("pool", "a pool")], "floorplans": [], "budget": null, "move_in": null, "pets": [],
            "parking": null, "special_requirements": [], "urgency": null, "retracted": [],
        })
    };
    let with = |path: &str, wrong: Value| {
        let mut answer = whole();
        *answer.pointer_mut(path).unwrap() = wrong;
        answer
    };
    let mut missing = whole();
    missing.as_object_mut().unwrap().remove("pets");
    let mut extra = whole();
    extra["religion"] = json!("none");
    let mut nested = whole();
    nested["amenities"][0]["age"] = json!(40);
    vec![
        missing,
        extra,
        nested,
        json!({}),
        with("/amenities", json!("pool")),
        with("/amenities", json!(null)),
        with("/amenities/0/value", json!(7)),
        with("/amenities/0/confidence", json!("high")),
        with("/budget", json!("$1,500")),
        with(
            "/budget",
            json!({ "min": "1200", "max": 1500, "evidence": "a pool", "confidence": 1 }),
        ),
        with(
            "/retracted",
            json!([{ "field": "lead", "value": null, "evidence": "a pool" }]),
        ),
        with("/pets", json!(vec![value("pool", "a pool"); 5_000])),
    ]
}

#[tokio::test]
async fn of_a_malformed_answer_nothing_is_stored() {
    let chat = Chat::open().await;
    let answers = malformed();
    for (number, answer) in answers.iter().enumerate() {
        for _ in 0..3 {
            chat.world.llm.will_answer(answer.clone());
        }
        chat.ann_says("Is there a pool?").await;
        chat.world.pass(minutes(20)).await;
        let outcome = chat.runs().await.pop();
        assert_eq!(
            outcome.as_deref(),
            Some("failed: model_answer_unusable"),
            "{answer}"
        );
        assert_eq!(chat.calls(), 3 * (number + 1), "the tries are bounded");
        assert_eq!(chat.everything().await, ["{}"], "{answer}");
    }
    assert!(answers.len() >= 12);
    chat.ann_says("Is there a pool?").await;
    chat.falls_silent().await;
    assert_eq!(
        chat.interests().await,
        ["amenity: pool"],
        "the positive twin"
    );
    chat.world.finish().await;
}

/// Reason of the failed run and the number of tries.
fn outcome(kind: Misbehaviour) -> (&'static str, usize) {
    match kind {
        Misbehaviour::ServerError
        | Misbehaviour::RateLimited
        | Misbehaviour::InsufficientQuota
        | Misbehaviour::Timeout => ("model_unavailable", 6),
        Misbehaviour::Refuses | Misbehaviour::ContentFilter => ("model_declined", 1),
        _ => ("model_answer_unusable", 3),
    }
}

#[tokio::test]
async fn every_misbehaviour_ends_in_a_failed_run_and_nothing_stored() {
    let chat = Chat::open().await;
    let mut calls = 0;
    for kind in Misbehaviour::ALL {
        if kind == Misbehaviour::Timeout {
            continue; // as a server error, and seconds long
        }
        let (reason, tries) = outcome(kind);
        chat.world.llm.misbehaves(kind);
        chat.ann_says("Is there a pool?").await;
        let time = if tries > 3 { 80 } else { 20 };
        chat.world.pass(minutes(time)).await;
        let last = chat.runs().await.pop();
        assert_eq!(last, Some(format!("failed: {reason}")), "{kind:?}");
        calls += tries;
        assert_eq!(chat.calls(), calls, "{kind:?}");
        assert_eq!(chat.everything().await, ["{}"], "{kind:?}");
    }
    chat.world.finish().await;
}

#[tokio::test]
async fn a_model_that_recovers_is_believed() {
    let chat = Chat::open().await;
    chat.world.llm.will_misbehave(Misbehaviour::InvalidJson);
    chat.world.llm.will_misbehave(Misbehaviour::ServerError);
    chat.ann_says("Is there a pool?").await;
    chat.world.pass(minutes(30)).await;
    assert_eq!(chat.runs().await, ["done"]);
    assert_eq!(chat.interests().await, ["amenity: pool"]);
    chat.world.finish().await;
}

#[tokio::test]
async fn what_failed_is_tried_again_when_somebody_asks_or_ann_goes_on() {
    let chat = Chat::open().await;
    chat.world.llm.misbehaves(Misbehaviour::Refuses);
    chat.ann_says("Is there a pool?").await;
    chat.falls_silent().await;
    assert_eq!(chat.runs().await, ["failed: model_declined"]);
    chat.world.llm.behaves();
    chat.falls_silent().await;
    assert_eq!(chat.calls(), 1, "not by itself");
    chat.is_asked_for().await;
    chat.world.work().await;
    assert_eq!(chat.interests().await, ["amenity: pool"]);
    chat.world.finish().await;
}
