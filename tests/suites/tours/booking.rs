//! Booking: what is answered, what is stored, and that asking twice is asking once.

use serde_json::json;
use world::door;
use world::widget::wish;

use super::*;

#[tokio::test]
async fn a_booking_is_answered_with_everything_that_the_prospect_needs() {
    let scene = scene().await;
    let answer = scene.books("10:30", ANN).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let id = answer.json["booking"]["id"].as_str().unwrap().to_owned();
    assert_eq!(
        answer.json["booking"],
        json!({
            "id": id, "date": DAY, "time": "10:30:00", "start": "2026-12-03T16:30:00Z", "end": "2026-12-03T17:00:00Z",
            "timezone": "America/Chicago", "status": "confirmed", "agentId": scene.kim.id, "agentName": "Sam Agent",
        })
    );
    assert_eq!(answer.json["success"], true);
    assert_eq!(
        answer.json["message"],
        "Your tour of Oak Court is booked for Thursday, December 3 at 10:30 AM."
    );
    let calendar = &answer.json["calendar"];
    for name in ["google", "outlook", "office365", "yahoo"] {
        assert!(
            calendar[name].as_str().unwrap().starts_with("https://"),
            "{name}"
        );
    }
    let google = calendar["google"].as_str().unwrap();
    assert!(
        google.contains("20261203T163000Z%2F20261203T170000Z"),
        "{google}"
    );
    let file = calendar["icsDownload"].as_str().unwrap();
    assert!(
        file.starts_with("data:text/calendar;charset=utf-8;base64,"),
        "{file}"
    );
    let manage = answer.json["manageUrl"].as_str().unwrap();
    assert!(
        manage.starts_with("https://app.luma.test/tours/"),
        "{manage}"
    );

    let events = scene.calendar.events();
    assert_eq!(events.len(), 1);
    let shown = scene.calendar.shown(&events[0].id);
    assert_eq!(shown["summary"], "Tour: Ann Lee");
    assert_eq!(shown["start"]["timeZone"], "America/Chicago");
    assert_eq!(shown["attendees"][0]["email"], ANN);
    assert_eq!(
        shown["extendedProperties"]["private"]["booking_id"],
        json!(id)
    );
    assert_eq!(scene.calendar.invites_to(ANN).len(), 1);
    let row = scene
        .world
        .texts("select status || ' ' || source || ' ' || scheduled_date || ' ' || scheduled_time || ' ' || duration_minutes from tour_bookings")
        .await;
    assert_eq!(row, ["confirmed lumaleasing 2026-12-03 10:30:00 30"]);
    let lead = scene
        .world
        .texts("select first_name || ' ' || last_name || ' ' || email || ' ' || phone || ' ' || status from leads")
        .await;
    assert_eq!(lead, ["Ann Lee ann@example.com 512-555-0100 tour_booked"]);
}

#[tokio::test]
async fn a_body_may_be_written_either_way_and_the_time_with_seconds_and_their_fraction() {
    let scene = scene().await;
    let snake = json!({
        "tour_date": DAY, "tour_time": "10:30:00.000000", "lead_info": { "first_name": "Ann", "email": ANN },
        "special_requests": "Two bedrooms, please",
    });
    let answer = scene.send(scene.widget.books(&snake)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json["booking"]["time"], "10:30:00");
    let camel = json!({ "tourDate": DAY, "tourTime": "12:00:00", "leadInfo": { "email": "bo@example.com" } });
    assert_eq!(scene.send(scene.widget.books(&camel)).await.status, 200);
}

#[tokio::test]
async fn asking_twice_is_one_booking_with_a_key_and_without() {
    let scene = scene().await;
    let keyed = |key: &str, time: &str| {
        scene
            .widget
            .wishes(DAY, time, ANN)
            .header("idempotency-key", key)
    };
    let first = scene.send(keyed("one", "10:30")).await;
    let again = scene.send(keyed("one", "10:30")).await;
    assert_eq!((first.status, again.status), (200, 200), "{}", again.text);
    assert_eq!(first.json["booking"], again.json["booking"]);
    assert_eq!(first.json["manageUrl"], again.json["manageUrl"]);
    let shouted = scene
        .send(scene.widget.wishes(DAY, "10:30", "ANN@Example.com"))
        .await;
    assert_eq!(shouted.json["booking"]["id"], first.json["booking"]["id"]);
    assert_eq!((scene.live().await, scene.calendar.events().len()), (1, 1));
    assert_eq!(scene.calendar.invites_to(ANN).len(), 1);

    let reused = scene.send(keyed("one", "12:00")).await;
    assert_eq!(
        (reused.status, reused.code()),
        (409, "idempotency_key_reused")
    );
    assert_eq!(scene.send(keyed("two", "12:00")).await.status, 200);
}

#[tokio::test]
async fn a_user_books_for_a_prospect_who_calls() {
    let scene = scene().await;
    let mut body = wish(DAY, "10:30", ANN);
    body["propertyId"] = json!(scene.oak.id);
    let booked = scene
        .user(door::post("/api/lumaleasing/tours").json(&body))
        .await;
    assert_eq!(booked.status, 200, "{}", booked.text);
    let source = scene.world.texts("select source from tour_bookings").await;
    assert_eq!(source, ["direct"]);
    let nowhere = scene
        .user(door::post("/api/lumaleasing/tours").json(&wish(DAY, "12:00", ANN)))
        .await;
    assert_eq!(
        (nowhere.status, nowhere.code()),
        (400, "invalid_property_id")
    );
}

#[tokio::test]
async fn who_has_the_fewest_tours_that_day_gets_the_next_one() {
    let scene = scene().await;
    let lee = scene.world.agent(&scene.oak).await;
    scene
        .world
        .agent_connects(&scene.oak, &lee, "lee@oak.test")
        .await;
    let mut agents = Vec::new();
    for (time, email) in [
        ("09:00", "a@example.com"),
        ("10:30", "b@example.com"),
        ("12:00", "c@example.com"),
        ("13:30", "d@example.com"),
    ] {
        agents.push(scene.booked(time, email).await["agentId"].clone());
    }
    let (kim, lee) = (json!(scene.kim.id), json!(lee.id));
    assert_eq!(agents, [kim.clone(), lee.clone(), kim.clone(), lee.clone()]);
    // Both have two: whoever connected first. The third at this time finds nobody.
    assert_eq!(scene.booked("15:00", "e@example.com").await["agentId"], kim);
    assert_eq!(scene.booked("15:00", "f@example.com").await["agentId"], lee);
    assert_eq!(scene.books("15:00", "g@example.com").await.status, 409);

    let mut named = wish(DAY, "16:30", "h@example.com");
    named["agentId"] = lee.clone();
    let named = scene.send(scene.widget.books(&named)).await;
    assert_eq!(named.json["booking"]["agentId"], lee, "{}", named.text);
}

#[tokio::test]
async fn a_time_that_occurs_twice_is_its_first_and_then_its_second() {
    let scene = scene().await;
    let hours = json!({ "sun": { "start": "01:00", "end": "04:00" } });
    let terms = json!({ "workingHours": hours, "slotIntervalMinutes": 30, "bufferMinutes": 0, "horizonDays": 400 });
    scene.world.agent_sets(&scene.oak, &scene.kim, terms).await;
    let book = |day, time, email| scene.send(scene.widget.wishes(day, time, email));
    let first = book("2027-11-07", "01:30", ANN).await;
    assert_eq!(
        first.json["booking"]["start"], "2027-11-07T06:30:00Z",
        "{}",
        first.text
    );
    let second = book("2027-11-07", "01:30", "bo@example.com").await;
    assert_eq!(
        second.json["booking"]["start"], "2027-11-07T07:30:00Z",
        "{}",
        second.text
    );
    assert_eq!(
        book("2027-11-07", "01:30", "cy@example.com").await.status,
        409
    );
    let never = book("2027-03-14", "02:30", ANN).await;
    assert_eq!((never.status, never.code()), (422, "outside_availability"));
}

#[tokio::test]
async fn a_calendar_of_another_zone_is_read_at_the_same_instants() {
    let scene = scene().await;
    scene.calendar.lives_in("Asia/Tokyo");
    scene
        .calendar
        .busy("2026-12-03T16:30:00Z", "2026-12-03T17:00:00Z");
    assert_eq!(scene.books("10:30", ANN).await.status, 409);
    assert_eq!(
        scene.booked("12:00", ANN).await["start"],
        "2026-12-03T18:00:00Z"
    );
}

#[tokio::test]
async fn a_place_in_a_time_made_by_hand_is_taken_and_given_back() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let widget = world.widget(&oak).await;
    let slot = world.makes_slot(&oak, DAY, "10:00", 1).await;
    let mut body = wish(DAY, "10:00", ANN);
    body["slotId"] = json!(slot);
    let booked = widget.books(&body).send(&world.app).await;
    assert_eq!(booked.status, 200, "{}", booked.text);
    assert_eq!(booked.json["booking"]["agentId"], json!(null));
    assert_eq!(booked.json["booking"]["time"], "10:00:00");
    let full = widget
        .wishes(DAY, "10:00", "bo@example.com")
        .send(&world.app)
        .await;
    assert_eq!((full.status, full.code()), (409, "slot_taken"));
    let cancelled = door::delete(&one(&booked.json["booking"]))
        .bearer(&oak.admin.token)
        .send(&world.app)
        .await;
    assert_eq!(cancelled.status, 204, "{}", cancelled.text);
    let again = widget
        .wishes(DAY, "10:00", "bo@example.com")
        .send(&world.app)
        .await;
    assert_eq!(again.status, 200, "{}", again.text);
}
