//! Watches and the pushes that they cause.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::http::StatusCode;
use axum::routing::post;
use world::google::{Push, Signature, TOPIC};
use world::{Google, server};

use super::{ANN, Caller, OAK, reason};

fn inbox() -> Value {
    json!({ "topicName": TOPIC, "labelIds": ["INBOX"], "labelFilterBehavior": "INCLUDE" })
}

#[tokio::test]
async fn a_watch_tells_about_itself_and_then_about_the_inbox_only() {
    let (caller, mailbox) = Caller::start().await;
    mailbox.receives(ANN, "Unwatched", "Hello");
    assert!(caller.google.take_pushes().is_empty());
    let (status, watch) = caller.post("watch", inbox()).await;
    assert_eq!((status, watch["historyId"].is_string()), (200, true));
    assert_eq!(caller.google.take_pushes().len(), 1);
    mailbox
        .incoming(ANN, "Spam", "Hello")
        .labels(&["SPAM"])
        .deliver();
    assert!(caller.google.take_pushes().is_empty());
    mailbox.receives(ANN, "Watched", "Hello");
    let pushes = caller.google.take_pushes();
    assert_eq!(
        (pushes.len(), pushes[0].history_id),
        (1, mailbox.history_id())
    );
    caller.post("stop", json!({})).await;
    mailbox.receives(ANN, "Unwatched again", "Hello");
    assert!(caller.google.take_pushes().is_empty());
}

#[tokio::test]
async fn a_second_topic_conflicts_until_the_first_is_stopped() {
    let (caller, mailbox) = Caller::start().await;
    let other = json!({ "topicName": format!("{TOPIC}-other"), "labelIds": ["INBOX"] });
    assert_eq!(caller.post("watch", inbox()).await.0, 200);
    assert_eq!(
        caller.post("watch", inbox()).await.0,
        200,
        "a renewal is welcome"
    );
    let (status, body) = caller.post("watch", other.clone()).await;
    assert_eq!((status, reason(&body)), (400, "invalidArgument"));
    caller.post("stop", json!({})).await;
    assert_eq!(caller.post("watch", other).await.0, 200);
    mailbox.watch_conflict();
    assert_eq!(caller.post("watch", inbox()).await.0, 400);
}

async fn verify(google: &Google, token: &str) -> Result<Value, String> {
    let keys = server::client()
        .get(google.certs_url())
        .send()
        .await
        .unwrap();
    assert!(
        keys.headers()["cache-control"]
            .to_str()
            .unwrap()
            .contains("max-age=")
    );
    let keys: JwkSet = keys.json().await.unwrap();
    let header = decode_header(token).map_err(|error| error.to_string())?;
    let key = keys.find(&header.kid.unwrap()).ok_or("unknown key")?;
    let key = DecodingKey::from_jwk(key).unwrap();
    let mut rule = Validation::new(Algorithm::RS256);
    rule.set_audience(&[google.push_settings().audience]);
    rule.set_required_spec_claims(&["aud", "exp", "iss"]);
    rule.set_issuer(&["https://accounts.google.com"]);
    let checked = decode::<Value>(token, &key, &rule).map_err(|error| error.to_string())?;
    Ok(checked.claims)
}

#[tokio::test]
async fn a_genuine_token_verifies_and_a_forged_one_does_not() {
    let google = Google::start(None).await;
    let claims = verify(&google, &google.mint(json!({}))).await.unwrap();
    assert_eq!(
        claims["email"],
        json!(google.push_settings().service_account)
    );
    let before = google.mint(json!({}));
    google.rotate_keys();
    assert!(verify(&google, &google.mint(json!({}))).await.is_ok());
    assert!(
        verify(&google, &before).await.is_ok(),
        "the previous key is still published"
    );
    assert!(
        verify(&google, &google.forge(Signature::Previous, json!({})))
            .await
            .is_ok()
    );
    let forgeries = [
        google.forge(Signature::Stranger, json!({})),
        google.forge(Signature::UnknownKey, json!({})),
        google.forge(Signature::None, json!({})),
        google.forge(Signature::Hmac, json!({})),
        google.forge(Signature::Tampered, json!({})),
        google.mint(json!({ "aud": "another" })),
        google.mint(json!({ "aud": null })),
        google.mint(json!({ "iss": "https://accounts.evil.test" })),
        google.mint(json!({ "exp": 1_000_000_000 })),
    ];
    for forged in forgeries {
        assert!(verify(&google, &forged).await.is_err(), "{forged}");
    }
    google.rotate_keys();
    assert!(
        verify(&google, &before).await.is_err(),
        "after two rotations the key is gone"
    );
}

#[tokio::test]
async fn a_push_has_both_spellings_and_a_signed_header() {
    let google = Google::start(None).await;
    let push = google.mailbox(OAK).push();
    let (headers, body) = google.push_request(&push);
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["message"]["messageId"], body["message"]["message_id"]);
    let data = BASE64_STANDARD
        .decode(body["message"]["data"].as_str().unwrap())
        .unwrap();
    let data: Value = serde_json::from_slice(&data).unwrap();
    assert_eq!(
        data,
        json!({ "emailAddress": OAK, "historyId": push.history_id })
    );
    let token = headers
        .iter()
        .find(|(name, _)| name == "authorization")
        .unwrap();
    assert!(
        verify(&google, token.1.strip_prefix("Bearer ").unwrap())
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_push_is_repeated_until_it_is_acknowledged() {
    let google = Google::start(None).await;
    let mut settings = google.push_settings();
    settings.min_backoff = Duration::from_millis(1);
    google.set_push_settings(settings);
    let bodies: Arc<Mutex<Vec<String>>> = Arc::default();
    let (sender, mut acknowledged) = tokio::sync::mpsc::unbounded_channel();
    let seen = bodies.clone();
    let webhook = post(move |body: String| async move {
        let mut seen = seen.lock().unwrap();
        seen.push(body);
        let enough = seen.len() == 3;
        if enough {
            sender.send(()).unwrap();
        }
        if enough {
            StatusCode::NO_CONTENT
        } else {
            StatusCode::PARTIAL_CONTENT
        }
    });
    let url = server::listen(axum::Router::new().route("/push", webhook), None).await;
    let pusher = google.push_to(&format!("{url}/push"));
    let caller = Caller::with(&google, &[super::MODIFY]);
    caller.post("watch", inbox()).await;
    acknowledged.recv().await.unwrap();
    pusher.abort();
    let bodies = bodies.lock().unwrap();
    assert!(bodies.len() == 3 && bodies.iter().all(|body| *body == bodies[0]));
    assert_eq!(google.pending_pushes(), Vec::<Push>::new());
}
