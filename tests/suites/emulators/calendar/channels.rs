//! Channels and the notifications that they bring.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use reqwest::Method;
use serde_json::{Value, json};
use world::google::Role;
use world::{Clock, Google, server};

use super::{Caller, EVENTS, KIM};

const WATCH: &str = "calendars/primary/events/watch";
const WEEK_MS: i64 = 7 * 24 * 3600 * 1000;

fn channel(id: &str) -> Value {
    json!({
        "id": id, "type": "web_hook", "address": "https://app.luma.test/api/calendar/webhook",
        "token": "secret",
    })
}

fn channel_with(changes: Value) -> Value {
    let mut channel = channel("c1");
    for (name, value) in changes.as_object().into_iter().flatten() {
        channel[name] = value.clone();
    }
    channel
}

#[tokio::test]
async fn a_channel_says_hello_and_then_tells_of_every_change() {
    let (kim, own) = Caller::start().await;
    let (status, opened) = kim.post(WATCH, channel("c1")).await;
    assert_eq!(
        (status, &opened["kind"], &opened["id"]),
        (200, &json!("api#channel"), &json!("c1"))
    );
    let hello = kim.google.take_notifications();
    assert_eq!(
        (hello.len(), hello[0].state, hello[0].number),
        (1, "sync", 1)
    );
    let id = own.busy("2026-12-08T15:00:00Z", "2026-12-08T16:00:00Z");
    own.cancels(&id);
    let told = kim.google.take_notifications();
    let states: Vec<_> = told.iter().map(|told| told.state).collect();
    assert_eq!(states, ["exists", "exists"]);
    assert!(1 < told[0].number && told[0].number < told[1].number);
    assert_eq!(told[0].token.as_deref(), Some("secret"));
    assert_eq!(json!(told[0].resource), opened["resourceId"]);
    kim.get("calendars/primary/events").await;
    own.another("Tours")
        .busy("2026-12-08T15:00:00Z", "2026-12-08T16:00:00Z");
    assert_eq!(kim.google.take_notifications(), [], "nothing changed here");
}

#[tokio::test]
async fn a_notification_is_all_headers() {
    let google = Google::start_with(None, Clock::from(Arc::new(1_796_212_800_000.into()))).await;
    google.calendar(KIM);
    let kim = Caller::with(&google, &[EVENTS]);
    let (_, opened) = kim.post(WATCH, channel("c1")).await;
    let headers = kim.google.take_notifications()[0].headers();
    let value = |name: &str| {
        let header = headers.iter().find(|(known, _)| known == name);
        header.map(|(_, value)| value.as_str()).unwrap_or_default()
    };
    assert_eq!(value("X-Goog-Channel-ID"), "c1");
    assert_eq!(value("X-Goog-Channel-Token"), "secret");
    assert_eq!(value("X-Goog-Resource-State"), "sync");
    assert_eq!(value("X-Goog-Message-Number"), "1");
    assert_eq!(json!(value("X-Goog-Resource-ID")), opened["resourceId"]);
    assert_eq!(json!(value("X-Goog-Resource-URI")), opened["resourceUri"]);
    assert_eq!(
        value("X-Goog-Channel-Expiration"),
        "Wed, 09 Dec 2026 12:00:00 GMT"
    );
    assert_eq!(value("Content-Length"), "0");
}

#[tokio::test]
async fn a_channel_needs_an_id_of_its_own_a_type_and_a_safe_address() {
    let (kim, _) = Caller::start().await;
    let refused = [
        json!({ "id": "" }),
        json!({ "id": "a".repeat(65) }),
        json!({ "id": "no spaces" }),
        json!({ "type": "web_socket" }),
        json!({ "token": "t".repeat(257) }),
        json!({ "expiration": "soon" }),
        json!({ "expiration": "1000" }),
        json!({ "address": "not an address" }),
    ];
    for changes in refused {
        let outcome = kim
            .refusal(Method::POST, WATCH, channel_with(changes.clone()))
            .await;
        assert_eq!(outcome, (400, "invalid".into()), "{changes}");
    }
    let insecure = channel_with(json!({ "address": "http://app.luma.test/hook" }));
    let outcome = kim.refusal(Method::POST, WATCH, insecure).await;
    assert_eq!(outcome, (400, "push.webhookUrlNotHttps".into()));
    let accepted = [
        json!({ "id": "a".repeat(64), "token": "t".repeat(256) }),
        json!({ "id": "01234567-89ab-cdef", "type": "webhook" }),
        json!({ "id": "local", "address": "http://127.0.0.1:3000/hook" }),
    ];
    for changes in accepted {
        let (status, body) = kim.post(WATCH, channel_with(changes.clone())).await;
        assert_eq!(status, 200, "{changes}: {body}");
    }
    assert_eq!(kim.post(WATCH, channel("twice")).await.0, 200);
    let outcome = kim.refusal(Method::POST, WATCH, channel("twice")).await;
    assert_eq!(outcome, (400, "channelIdNotUnique".into()));
}

#[tokio::test]
async fn a_channel_ends_when_it_says_and_after_a_week_at_the_latest() {
    let clock = Arc::new(std::sync::atomic::AtomicI64::new(1_796_212_800_000));
    let google = Google::start_with(None, Clock::from(clock.clone())).await;
    let own = google.calendar(KIM);
    let kim = Caller::with(&google, &[EVENTS]);
    let now = 1_796_212_800_000_i64;
    let open = async |id: &str, more: Value| {
        let mut body = channel(id);
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        let (_, opened) = kim.post(WATCH, body).await;
        opened["expiration"]
            .as_str()
            .unwrap()
            .parse::<i64>()
            .unwrap()
            - now
    };
    assert_eq!(open("usual", json!({})).await, WEEK_MS);
    assert_eq!(
        open("long", json!({ "params": { "ttl": "2592000" } })).await,
        WEEK_MS
    );
    assert_eq!(
        open("short", json!({ "params": { "ttl": "3600" } })).await,
        3_600_000
    );
    let until = (now + 60_000).to_string();
    assert_eq!(
        open("shortest", json!({ "expiration": until })).await,
        60_000
    );
    assert_eq!(own.channels().len(), 4);
    clock.fetch_add(3_600_000, std::sync::atomic::Ordering::SeqCst);
    let live: Vec<String> = own
        .channels()
        .into_iter()
        .map(|channel| channel.id)
        .collect();
    assert_eq!(live, ["usual", "long"]);
    kim.google.take_notifications();
    own.busy("2026-12-08T15:00:00Z", "2026-12-08T16:00:00Z");
    assert_eq!(kim.google.take_notifications().len(), 2);
}

#[tokio::test]
async fn a_channel_is_stopped_once_and_by_its_own_account() {
    let (kim, own) = Caller::start().await;
    own.is_shared_with("lou@oak.test", Role::Writer);
    let lou = Caller::of(&kim.google, "lou@oak.test", &[EVENTS]);
    let (_, opened) = kim.post(WATCH, channel("c1")).await;
    let stop = json!({ "id": "c1", "resourceId": opened["resourceId"] });
    let path = "channels/stop";
    let outcome = lou.refusal(Method::POST, path, stop.clone()).await;
    assert_eq!(outcome, (404, "notFound".into()));
    let other = json!({ "id": "c1", "resourceId": "another" });
    assert_eq!(kim.post(path, other).await.0, 404);
    assert_eq!(kim.post(path, json!({ "id": "c1" })).await.0, 400);
    assert_eq!(kim.post(path, stop.clone()).await.0, 204);
    assert_eq!(kim.post(path, stop).await.0, 404);
    kim.google.take_notifications();
    own.busy("2026-12-08T15:00:00Z", "2026-12-08T16:00:00Z");
    assert_eq!(kim.google.take_notifications(), []);
}

#[tokio::test]
async fn channels_can_fall_silent_or_repeat_themselves() {
    let (kim, own) = Caller::start().await;
    kim.post(WATCH, channel("c1")).await;
    kim.google.take_notifications();
    let told = || {
        own.busy("2026-12-08T15:00:00Z", "2026-12-08T16:00:00Z");
        kim.google.take_notifications().len()
    };
    own.channels_are_silent();
    assert_eq!(told(), 0);
    own.recovers();
    assert_eq!(told(), 1);
    own.notifies_twice();
    assert_eq!(told(), 2);
    assert_eq!(own.notifications().len(), 1);
    assert_eq!(kim.google.pending_notifications(), []);
}

#[tokio::test]
async fn a_notification_is_repeated_while_the_receiver_is_out_of_order() {
    let (kim, own) = Caller::start().await;
    let mut settings = kim.google.push_settings();
    settings.min_backoff = Duration::from_millis(1);
    kim.google.set_push_settings(settings);
    let received: Arc<Mutex<Vec<(HeaderMap, String)>>> = Arc::default();
    let (sender, mut arrived) = tokio::sync::mpsc::unbounded_channel();
    let seen = received.clone();
    // Out of order at first, then well, then it wants none of it.
    let answers = [503, 500, 204, 403, 204];
    let webhook = post(move |headers: HeaderMap, body: String| async move {
        let mut seen = seen.lock().unwrap();
        let answer = answers[seen.len()];
        seen.push((headers, body));
        sender.send(()).unwrap();
        StatusCode::from_u16(answer).unwrap()
    });
    let url = server::listen(axum::Router::new().route("/hook", webhook), None).await;
    let deliveries = kim.google.notify_channels();
    kim.post(
        WATCH,
        channel_with(json!({ "address": format!("{url}/hook") })),
    )
    .await;
    for _ in 0..3 {
        arrived.recv().await.unwrap();
    }
    for _ in 0..2 {
        own.busy("2026-12-08T15:00:00Z", "2026-12-08T16:00:00Z");
        arrived.recv().await.unwrap();
    }
    deliveries.abort();
    let received = received.lock().unwrap();
    let header = |n: usize, name: &str| received[n].0[name].to_str().unwrap().to_owned();
    let numbers: Vec<String> = (0..5).map(|n| header(n, "x-goog-message-number")).collect();
    assert_eq!(
        numbers,
        ["1", "1", "1", "4", "7"],
        "a refusal is not repeated"
    );
    assert_eq!(header(0, "x-goog-resource-state"), "sync");
    assert_eq!(header(4, "x-goog-resource-state"), "exists");
    assert!(received.iter().all(|(_, body)| body.is_empty()));
    assert_eq!(header(0, "content-length"), "0");
}
