//! What the local stack offers beside Calendar's own interface.

use serde_json::{Value, json};
use world::google::Rsvp;
use world::server;

use super::{ANN, Caller, KIM, tour};
use crate::emulators::answer;

async fn get(kim: &Caller, path: &str) -> Value {
    let request = server::client().get(format!("{}/_world/{path}", kim.google.url()));
    answer(request.send().await.unwrap()).await.1
}

async fn act(kim: &Caller, deed: Value) -> (u16, Value) {
    let url = format!("{}/_world/calendars/{KIM}/events", kim.google.url());
    answer(server::client().post(url).json(&deed).send().await.unwrap()).await
}

#[tokio::test]
async fn somebody_can_be_played_by_a_program() {
    let (kim, own) = Caller::start().await;
    let created = kim
        .post("calendars/primary/events?sendUpdates=all", tour())
        .await
        .1;
    let id = created["id"].as_str().unwrap();
    kim.google.calls().clear();
    let (start, end) = ("2026-12-07T18:00:00Z", "2026-12-07T18:30:00Z");
    let moved = act(
        &kim,
        json!({ "action": "move", "event": id, "start": start, "end": end }),
    )
    .await;
    assert_eq!(
        (moved.0, &moved.1["start"]["dateTime"]),
        (200, &json!("2026-12-07T12:00:00-06:00"))
    );
    act(
        &kim,
        json!({ "action": "rsvp", "event": id, "guest": ANN, "response": "declined" }),
    )
    .await;
    assert_eq!(own.event(id).response(ANN), Some(Rsvp::Declined.name()));
    act(&kim, json!({ "action": "cancel", "event": id })).await;
    assert!(own.event(id).cancelled);
    let local = json!({
        "action": "add", "summary": "Lunch", "start": "2026-12-07T12:00", "end": "2026-12-07T13:00",
    });
    assert_eq!(act(&kim, local).await.0, 200);
    assert_eq!(
        own.events()[0].starts_at().to_rfc3339(),
        "2026-12-07T18:00:00+00:00"
    );

    let shown = get(&kim, &format!("calendars/{KIM}/events")).await;
    assert_eq!(shown["events"].as_array().unwrap().len(), 2);
    let invites = get(&kim, "invites").await;
    assert_eq!(
        (&invites["invites"][0]["to"], &invites["invites"][0]["kind"]),
        (&json!(ANN), &json!("invite"))
    );
    assert_eq!(get(&kim, "calendars").await["calendars"][0]["events"], 1);
    assert_eq!(
        kim.google.calls().all().len(),
        0,
        "none of it is a call to Google"
    );
}

#[tokio::test]
async fn what_cannot_be_done_is_refused() {
    let (kim, own) = Caller::start().await;
    let id = kim.inserts(tour()).await["id"].as_str().unwrap().to_owned();
    let time = "2026-12-07T18:00:00Z";
    let refused = [
        json!({ "action": "cancel", "event": "another" }),
        json!({ "action": "move", "event": id, "start": time, "end": time }),
        json!({ "action": "move", "event": id, "start": "noon", "end": time }),
        json!({ "action": "rsvp", "event": id, "guest": "bo@example.com", "response": "accepted" }),
        json!({ "action": "rsvp", "event": id, "guest": ANN, "response": "perhaps" }),
    ];
    for deed in refused {
        assert_eq!(act(&kim, deed.clone()).await.0, 400, "{deed}");
    }
    assert_eq!(
        act(&kim, json!({ "action": "cancel", "event": id }))
            .await
            .0,
        200
    );
    assert!(own.event(&id).cancelled);
    let url = format!("{}/_world/calendars/lou@oak.test", kim.google.url());
    assert_eq!(
        server::client().get(url).send().await.unwrap().status(),
        404
    );
}

#[tokio::test]
async fn somebody_can_play_the_agent_and_the_guest_on_a_page() {
    let (kim, own) = Caller::start().await;
    let mut event = tour();
    event["summary"] = json!("<b>Tour</b>");
    let id = kim.inserts(event).await["id"].as_str().unwrap().to_owned();
    let url = format!("{}/_world/calendars/{KIM}", kim.google.url());
    let page = async || {
        let page = server::client().get(&url).send().await.unwrap();
        page.text().await.unwrap()
    };
    let shown = page().await;
    for part in [
        "&lt;b&gt;Tour&lt;/b&gt;",
        "2026-12-07 10:00",
        ANN,
        "needsAction",
        "viewport",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let form = [
        ("action", "move"),
        ("event", &id),
        ("start", "2026-12-08T09:00"),
        ("end", "2026-12-08T09:30"),
    ];
    let posted = server::client()
        .post(&url)
        .form(&form)
        .send()
        .await
        .unwrap();
    assert_eq!(posted.status(), 303);
    assert_eq!(
        own.event(&id).starts_at().to_rfc3339(),
        "2026-12-08T15:00:00+00:00"
    );
    let form = [
        ("action", "rsvp"),
        ("event", &id),
        ("guest", ANN),
        ("response", "accepted"),
    ];
    server::client()
        .post(&url)
        .form(&form)
        .send()
        .await
        .unwrap();
    assert!(page().await.contains("accepted</p>"));
}
