//! What a proven push says: read in every shape, and acknowledged where it says nothing.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use world::door::Answer;
use world::{World, push_with};

use super::{listening, marks};

fn envelope(data: &str) -> Value {
    json!({
        "message": { "data": data, "messageId": "2070443601311540", "publishTime": "2026-12-02T12:00:00Z" },
        "subscription": "projects/luma-test/subscriptions/gmail-push",
    })
}

/// A body under a genuine token.
async fn proven(world: &World, body: String) -> Answer {
    let token = world.google.mint(json!({}));
    let headers = vec![("authorization".to_owned(), format!("Bearer {token}"))];
    push_with(&world.app, headers, body).await
}

#[tokio::test]
async fn a_push_is_understood_in_every_shape_that_google_sends() {
    let (world, mailbox) = listening().await;
    let history = mailbox.history_id();
    let notifications = [
        json!({ "emailAddress": "leasing@oak.test", "historyId": history }),
        json!({ "emailAddress": "leasing@oak.test", "historyId": history.to_string() }),
        json!({ "emailAddress": "Leasing@OAK.test", "historyId": history }),
        json!({ "emailAddress": "leasing@oak.test", "historyId": history, "more": "~~?>" }),
    ];
    for notification in notifications {
        for engine in [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD] {
            let before = marks(&world).await;
            let body = envelope(&engine.encode(notification.to_string())).to_string();
            assert_eq!(proven(&world, body).await.status, 204);
            assert_eq!(marks(&world).await, before + 1, "{notification}");
        }
    }
    assert_ne!(
        world
            .texts("select last_push_at::text from gmail_config")
            .await,
        ["null"]
    );
    world.finish().await;
}

#[tokio::test]
async fn what_no_repeat_would_mend_is_acknowledged_and_marks_nothing() {
    let (world, _mailbox) = listening().await;
    let before = marks(&world).await;
    let data = |text: &str| envelope(&STANDARD.encode(text)).to_string();
    let bodies = [
        String::new(),
        "{".to_owned(),
        "[]".to_owned(),
        "{}".to_owned(),
        envelope("!!!").to_string(),
        data("hello"),
        data("{}"),
        data(r#"{"emailAddress":"leasing@oak.test"}"#),
        data(r#"{"emailAddress":"leasing@oak.test","historyId":-1}"#),
        data(r#"{"emailAddress":["leasing@oak.test"],"historyId":1}"#),
        data(r#"{"emailAddress":"nobody@oak.test","historyId":1}"#),
        data(r#"{"emailAddress":"leasing@oak.test' or 'a'='a","historyId":1}"#),
    ];
    for body in bodies {
        let answer = proven(&world, body.clone()).await;
        assert_eq!(answer.status, 204, "{body}");
        assert_eq!(answer.text, "");
    }
    assert_eq!(marks(&world).await, before);
}

#[tokio::test]
async fn a_body_of_more_than_64_kib_is_not_read() {
    let (world, mailbox) = listening().await;
    let notification = json!({ "emailAddress": mailbox.address(), "historyId": 1 });
    let body = envelope(&STANDARD.encode(notification.to_string())).to_string();
    let padded = |length: usize| format!("{body}{}", " ".repeat(length - body.len()));
    let before = marks(&world).await;
    assert_eq!(proven(&world, padded(64 * 1024 + 1)).await.status, 204);
    assert_eq!(marks(&world).await, before);
    assert_eq!(proven(&world, padded(64 * 1024)).await.status, 204);
    assert_eq!(marks(&world).await, before + 1);
}

#[tokio::test]
async fn another_subscription_is_not_ours_however_genuine() {
    let (world, mailbox) = listening().await;
    let before = marks(&world).await;
    let ours = world.google.push_settings();
    let mut theirs = ours.clone();
    theirs.subscription = "projects/luma-test/subscriptions/another".to_owned();
    world.google.set_push_settings(theirs);
    let answer = world.deliver_push(&mailbox.push()).await;
    assert_eq!((answer.status, answer.code()), (403, "forbidden"));
    assert_eq!(marks(&world).await, before);

    world.google.set_push_settings(ours);
    assert_eq!(world.deliver_push(&mailbox.push()).await.status, 204);
    assert_eq!(marks(&world).await, before + 1);
}

#[tokio::test]
async fn a_body_that_the_gateway_encoded_is_read_too() {
    let (world, mailbox) = listening().await;
    let before = marks(&world).await;
    let (headers, body) = world.google.push_request(&mailbox.push());
    let mut knock = world::door::post("/api/lumaleasing/gmail/webhook").text(STANDARD.encode(body));
    for (name, value) in headers {
        knock = knock.header(&name, &value);
    }
    let mut event = knock.event();
    event["isBase64Encoded"] = json!(true);
    let answer = world::door::invoke(&world.app, "gmail_webhook", &event).await;
    assert_eq!(answer["statusCode"], json!(204));
    assert_eq!(marks(&world).await, before + 1);
}
