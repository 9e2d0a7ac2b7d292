//! The team sees its tours, moves them and cancels them.

use serde_json::json;
use world::widget::wish;

use super::*;

fn to(time: &str) -> Value {
    json!({ "tourDate": DAY, "tourTime": time })
}

#[tokio::test]
async fn the_agenda_has_every_tour_of_the_range_with_its_event_and_invitation() {
    let scene = scene().await;
    let mut body = wish(DAY, "10:30", ANN);
    body["specialRequests"] = json!("Two bedrooms, please");
    let booked = scene.send(scene.widget.books(&body)).await;
    let booking = &booked.json["booking"];
    scene.booked("12:00", "bo@example.com").await;
    let agenda = |from: &str, to: &str| {
        let path = format!(
            "/api/lumaleasing/tours?propertyId={}&startDate={from}&endDate={to}",
            scene.oak.id
        );
        scene.user(door::get(&path))
    };
    let answer = agenda(DAY, DAY).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let tours = answer.json["tours"].as_array().unwrap();
    assert_eq!(tours.len(), 2);
    let mut line = tours[0].clone();
    assert!(line.as_object_mut().unwrap().remove("leadId").is_some());
    assert_eq!(
        line,
        json!({
            "id": booking["id"], "propertyId": scene.oak.id, "date": DAY, "time": "10:30:00",
            "start": "2026-12-03T16:30:00Z", "end": "2026-12-03T17:00:00Z", "timezone": "America/Chicago",
            "status": "confirmed", "agentId": scene.kim.id, "agentName": "Sam Agent",
            "prospect": { "firstName": "Ann", "lastName": "Lee", "email": ANN, "phone": "512-555-0100" },
            "specialRequests": "Two bedrooms, please", "cancelledVia": null,
            "event": { "status": "synced", "reason": null }, "invite": { "responseStatus": "pending" },
        })
    );
    let single = scene.user(door::get(&one(booking))).await;
    assert_eq!(single.json, tours[0]);
    assert_eq!(
        agenda("2026-12-04", "2026-12-05").await.json["tours"],
        json!([])
    );
    assert_eq!(
        agenda("2026-12-03", "2027-03-03").await.code(),
        "invalid_end_date"
    );
}

#[tokio::test]
async fn a_tour_moves_and_its_event_with_it() {
    let scene = scene().await;
    let booking = scene.booked("10:30", ANN).await;
    let moved = scene
        .user(door::patch(&one(&booking)).json(&to("13:30")))
        .await;
    assert_eq!(moved.status, 200, "{}", moved.text);
    assert_eq!(
        (&moved.json["time"], &moved.json["start"]),
        (&json!("13:30:00"), &json!("2026-12-03T19:30:00Z"))
    );
    let events = scene.calendar.events();
    assert_eq!(events.len(), 1);
    let shown = scene.calendar.shown(&events[0].id);
    assert!(
        shown["start"]["dateTime"]
            .as_str()
            .unwrap()
            .starts_with("2026-12-03T13:30:00"),
        "{shown}"
    );
    assert!(
        scene.free(DAY).await.contains(&"10:30".to_owned()),
        "its old time is free again"
    );

    // Where it is, and where it stands in its own way.
    let same = scene
        .user(door::patch(&one(&booking)).json(&to("13:30:00")))
        .await;
    assert_eq!(same.status, 200, "{}", same.text);
    let terms = json!({ "slotIntervalMinutes": 15 });
    scene.world.agent_sets(&scene.oak, &scene.kim, terms).await;
    let nudged = scene
        .user(door::patch(&one(&booking)).json(&to("13:45")))
        .await;
    assert_eq!(nudged.status, 200, "{}", nudged.text);
}

#[tokio::test]
async fn a_tour_moves_only_to_what_is_on_offer() {
    let scene = scene().await;
    let booking = scene.booked("10:30", ANN).await;
    scene.booked("13:30", "bo@example.com").await;
    let moves = |body: Value| scene.user(door::patch(&one(&booking)).json(&body));
    let taken = moves(to("13:30")).await;
    assert_eq!(
        (taken.status, taken.code()),
        (409, "slot_taken"),
        "{}",
        taken.text
    );
    let others = taken.json["alternatives"].as_array().unwrap();
    assert!(!others.is_empty());
    for (body, status, code) in [
        (to("03:00"), 422, "outside_availability"),
        (
            json!({ "tourDate": "2026-12-01", "tourTime": "10:30" }),
            422,
            "outside_availability",
        ),
        (json!({ "tourDate": DAY }), 400, "invalid_tour_time"),
        (
            json!({ "tourDate": DAY, "tourTime": "10:30", "status": "completed" }),
            400,
            "invalid_status",
        ),
        (
            json!({ "tourDate": "soon", "tourTime": "10:30" }),
            400,
            "invalid_tour_date",
        ),
    ] {
        let answer = moves(body).await;
        assert_eq!(
            (answer.status, answer.code()),
            (status, code),
            "{}",
            answer.text
        );
    }
    let stays = scene.user(door::get(&one(&booking))).await;
    assert_eq!(stays.json["time"], "10:30:00");
}

#[tokio::test]
async fn a_tour_goes_to_another_agent_with_its_event() {
    let scene = scene().await;
    let booking = scene.booked("10:30", ANN).await;
    let lee = scene.world.agent(&scene.oak).await;
    let lees = scene
        .world
        .agent_connects(&scene.oak, &lee, "lee@oak.test")
        .await;
    let mut body = to("12:00");
    body["agentId"] = json!(lee.id);
    let moved = scene.user(door::patch(&one(&booking)).json(&body)).await;
    assert_eq!(
        (moved.status, &moved.json["agentId"]),
        (200, &json!(lee.id)),
        "{}",
        moved.text
    );
    scene.world.work().await;
    scene.world.pass(world::minutes(2)).await;
    assert_eq!((scene.calendar.events().len(), lees.events().len()), (0, 1));
}

#[tokio::test]
async fn a_cancelled_tour_stays_cancelled_however_often_it_is_asked_for() {
    let scene = scene().await;
    let booking = scene.booked("10:30", ANN).await;
    for _ in 0..2 {
        let cancelled = scene.user(door::delete(&one(&booking))).await;
        assert_eq!((cancelled.status, cancelled.text.as_str()), (204, ""));
    }
    assert_eq!((scene.live().await, scene.calendar.events().len()), (0, 0));
    let line = scene.user(door::get(&one(&booking))).await;
    assert_eq!(
        (&line.json["status"], &line.json["cancelledVia"]),
        (&json!("cancelled"), &json!("user"))
    );
    let moved = scene
        .user(door::patch(&one(&booking)).json(&to("13:30")))
        .await;
    assert_eq!((moved.status, moved.code()), (409, "tour_over"));
    assert!(scene.free(DAY).await.contains(&"10:30".to_owned()));
}

#[tokio::test]
async fn somebody_elses_tour_looks_like_none() {
    let scene = scene().await;
    let booking = scene.booked("10:30", ANN).await;
    let elm = scene.world.property("Elm House").await;
    let nothing = "/api/lumaleasing/tours/66666666-6666-4666-8666-666666666666".to_owned();
    for path in [one(&booking), nothing, "/api/lumaleasing/tours/1".into()] {
        for knock in [
            door::get(&path),
            door::patch(&path).json(&to("13:30")),
            door::delete(&path),
        ] {
            let answer = scene.send(knock.clone().bearer(&elm.admin.token)).await;
            assert_eq!(
                (answer.status, answer.json["title"].as_str()),
                (404, Some("Tour not found")),
                "{knock:?}"
            );
            let stranger = scene.send(knock.bearer(&scene.widget.key)).await;
            assert_eq!(stranger.status, 401, "a widget's key is nobody's token");
        }
    }
    assert_eq!(scene.live().await, 1);
}

#[tokio::test]
async fn a_tour_made_by_hand_moves_to_another_such_time() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let widget = world.widget(&oak).await;
    world.makes_slot(&oak, DAY, "10:00", 1).await;
    world.makes_slot(&oak, DAY, "12:00", 1).await;
    let booked = widget.wishes(DAY, "10:00", ANN).send(&world.app).await;
    let path = one(&booked.json["booking"]);
    let moves = |time: &str| {
        let knock = door::patch(&path).bearer(&oak.admin.token).json(&to(time));
        let app = &world.app;
        async move { knock.send(app).await }
    };
    assert_eq!(moves("12:00").await.status, 200);
    let places = "select string_agg(start_time::text || ' ' || current_bookings, ', ' order by start_time) from tour_slots";
    assert_eq!(world.texts(places).await, ["10:00:00 0, 12:00:00 1"]);
    let other = widget
        .wishes(DAY, "10:00", "bo@example.com")
        .send(&world.app)
        .await;
    assert_eq!(other.status, 200, "{}", other.text);
    let taken = moves("10:00").await;
    assert_eq!(
        (taken.status, taken.code()),
        (409, "slot_taken"),
        "{}",
        taken.text
    );
    assert_eq!(moves("11:00").await.status, 422);
    assert_eq!(world.texts(places).await, ["10:00:00 1, 12:00:00 1"]);
}
