//! Misbehaviour by name, and what did happen all the same.

use std::time::Duration;

use serde_json::json;
use world::{Fault, server};

use super::{ANN, Caller, mail};

async fn send(caller: &Caller) -> Result<u16, reqwest::Error> {
    let body = json!({ "raw": mail("Hello", "Hi", None) });
    let request = server::client()
        .post(caller.url("messages/send"))
        .bearer_auth(&caller.token);
    request
        .json(&body)
        .send()
        .await
        .map(|response| response.status().as_u16())
}

#[tokio::test]
async fn an_answer_is_lost_before_or_after_the_effect() {
    let (caller, mailbox) = Caller::start().await;
    caller
        .google
        .faults()
        .once("messages.send", Fault::AnswerLostBeforeEffect);
    assert!(send(&caller).await.is_err());
    assert_eq!(mailbox.sent().len(), 0);
    caller
        .google
        .faults()
        .once("messages.send", Fault::AnswerLostAfterEffect);
    assert!(send(&caller).await.is_err());
    assert_eq!(mailbox.sent().len(), 1);
    assert_eq!(send(&caller).await.unwrap(), 200);
    assert_eq!(mailbox.sent().len(), 2);
}

#[tokio::test]
async fn a_refusal_has_its_reason_and_its_patience() {
    let (caller, _) = Caller::start().await;
    caller
        .google
        .faults()
        .once("getProfile", Fault::too_many(7));
    let request = server::client()
        .get(caller.url("profile"))
        .bearer_auth(&caller.token);
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["retry-after"], "7");
    let (status, body) = super::answer(response).await;
    assert_eq!((status, super::reason(&body)), (429, "rateLimitExceeded"));
    caller
        .google
        .faults()
        .once("getProfile", Fault::status(403, "userRateLimitExceeded"));
    let (status, body) = caller.get("profile").await;
    assert_eq!(
        (status, super::reason(&body)),
        (403, "userRateLimitExceeded")
    );
    assert_eq!(body["error"]["errors"][0]["domain"], "usageLimits");
    assert_eq!(caller.get("profile").await.0, 200);
}

#[tokio::test]
async fn a_fault_strikes_the_call_it_was_planned_for() {
    let (caller, mailbox) = Caller::start().await;
    let poison = mailbox.receives(ANN, "Poison", "Hello");
    let good = mailbox.receives(ANN, "Good", "Hello");
    let faults = caller.google.faults();
    faults.about(
        "messages.get",
        &poison.id,
        Fault::status(500, "backendError"),
    );
    let get = async |id: &str| caller.get(&format!("messages/{id}?format=minimal")).await.0;
    assert_eq!((get(&poison.id).await, get(&good.id).await), (500, 200));
    faults.clear();
    faults.nth("messages.get", 2, Fault::status(500, "backendError"));
    faults.nth("messages.get", 3, Fault::status(503, "backendError"));
    let statuses = [
        get(&good.id).await,
        get(&good.id).await,
        get(&good.id).await,
        get(&good.id).await,
    ];
    assert_eq!(statuses, [200, 500, 503, 200]);
}

#[tokio::test]
async fn a_stalled_call_can_be_awaited_and_its_caller_dropped() {
    let (caller, mailbox) = Caller::start().await;
    let calls = caller.google.calls();
    for (fault, sent) in [(Fault::Stall, 0), (Fault::StallAfterEffect, 1)] {
        calls.clear();
        caller.google.faults().once("messages.send", fault);
        tokio::select! {
            _ = send(&caller) => panic!("a stalled call is not answered"),
            () = calls.arrived("messages.send", 1) => {}
        }
        // The effect follows the arrival at once, but not in the same breath.
        tokio::time::timeout(Duration::from_secs(5), async {
            while mailbox.sent().len() != sent {
                tokio::task::yield_now().await;
            }
        })
        .await
        .unwrap();
    }
}

#[tokio::test]
async fn an_effect_can_come_after_the_error() {
    let (caller, mailbox) = Caller::start().await;
    let faults = caller.google.faults();
    faults.once("messages.send", Fault::LateEffect);
    assert_eq!(send(&caller).await.unwrap(), 503);
    assert_eq!(mailbox.sent().len(), 0);
    faults.release().await;
    assert_eq!(mailbox.sent().len(), 1);
    faults.once("messages.send", Fault::LateEffectAfter("messages.list"));
    assert_eq!(send(&caller).await.unwrap(), 503);
    let (_, listed) = caller.get("messages?labelIds=SENT").await;
    assert_eq!(
        (
            listed["messages"].as_array().unwrap().len(),
            mailbox.sent().len()
        ),
        (1, 2)
    );
}

#[tokio::test]
async fn garbage_has_a_good_status() {
    let (caller, mailbox) = Caller::start().await;
    caller.google.faults().once("messages.send", Fault::Garbage);
    let body = json!({ "raw": mail("Hello", "Hi", None) });
    let (status, parsed) = caller.post("messages/send", body).await;
    assert_eq!(
        (status, parsed.is_null(), mailbox.sent().len()),
        (200, true, 1)
    );
}

#[tokio::test]
async fn calls_are_counted_by_operation() {
    let (caller, mailbox) = Caller::start().await;
    let mail = mailbox.receives(ANN, "Hello", "Hi");
    caller.get(&format!("messages/{}", mail.id)).await;
    caller.get("messages/0123456789abcdef").await;
    let calls = caller.google.calls();
    assert_eq!(
        (calls.count("messages.get"), calls.count("messages.list")),
        (2, 0)
    );
    let statuses: Vec<_> = calls.all().into_iter().map(|call| call.status).collect();
    assert_eq!(statuses, [Some(200), Some(404)]);
    assert_eq!(calls.all()[0].path, "/gmail/v1/users/{user}/messages/{id}");
}
