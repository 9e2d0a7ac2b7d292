//! What is refused at booking, by what name, and what is left behind: nothing.

use serde_json::json;
use uuid::Uuid;
use world::minutes;
use world::widget::wish;

use super::*;

async fn leaves_nothing(scene: &Scene) {
    assert_eq!(scene.live().await, 0);
    assert_eq!(scene.world.count("select count(*) from leads").await, 0);
    assert_eq!(scene.calendar.events().len(), 0);
}

#[tokio::test]
async fn what_was_never_on_offer_is_422() {
    let scene = scene().await;
    for (day, time) in [
        (DAY, "03:00"),
        (DAY, "08:59"),
        (DAY, "10:31"),
        (DAY, "10:30:30"),
        (DAY, "17:45"),          // would end after six
        ("2026-12-06", "10:30"), // a Sunday
        ("2026-12-01", "10:30"), // over
        ("2020-01-01", "10:30"),
        ("2027-06-03", "10:30"), // beyond the horizon
        ("2099-01-01", "10:30"),
    ] {
        let answer = scene.send(scene.widget.wishes(day, time, ANN)).await;
        assert_eq!(
            (answer.status, answer.code()),
            (422, "outside_availability"),
            "{day} {time}"
        );
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
    let over = scene
        .send(scene.widget.wishes("2026-12-01", "10:30", ANN))
        .await;
    assert_eq!(over.json["error"], "Cannot book tours in the past");
    leaves_nothing(&scene).await;
}

#[tokio::test]
async fn a_time_within_the_next_hour_is_too_soon() {
    let scene = scene().await;
    scene.world.skip(minutes(211)); // 09:31 in Chicago
    let today = "2026-12-02";
    let soon = scene.send(scene.widget.wishes(today, "10:30", ANN)).await;
    assert_eq!((soon.status, soon.code()), (422, "outside_availability"));
    let later = scene.send(scene.widget.wishes(today, "11:15", ANN)).await;
    assert_eq!(later.status, 200, "{}", later.text);
}

#[tokio::test]
async fn what_a_body_says_wrongly_is_named() {
    let scene = scene().await;
    let cases = [
        ("leadInfo", json!(null), "invalid_email"),
        ("leadInfo", json!({ "email": "" }), "invalid_email"),
        ("leadInfo", json!({ "email": "nobody" }), "invalid_email"),
        (
            "leadInfo",
            json!({ "email": "a@b.example\r\nBcc: c@d.example" }),
            "invalid_email",
        ),
        (
            "leadInfo",
            json!({ "email": ANN, "firstName": "http://evil.example" }),
            "invalid_first_name",
        ),
        (
            "leadInfo",
            json!({ "email": ANN, "lastName": "x".repeat(61) }),
            "invalid_last_name",
        ),
        (
            "leadInfo",
            json!({ "email": ANN, "phone": "call me" }),
            "invalid_phone",
        ),
        (
            "leadInfo",
            json!({ "email": ANN, "role": "admin" }),
            "invalid_lead_info",
        ),
        (
            "specialRequests",
            json!("x".repeat(2001)),
            "invalid_special_requests",
        ),
        ("tourDate", json!("03/12/2026"), "invalid_tour_date"),
        ("tourDate", json!(null), "invalid_tour_date"),
        ("tourTime", json!(null), "invalid_tour_date"),
        ("tourTime", json!("half past ten"), "invalid_tour_time"),
        ("tourTime", json!("25:00"), "invalid_tour_time"),
        ("slotId", json!("1"), "invalid_slot_id"),
        ("agentId", json!("kim"), "invalid_agent_id"),
        ("status", json!("completed"), "invalid_status"),
        (
            "startsAt",
            json!("2026-12-03T10:30:00Z"),
            "invalid_starts_at",
        ),
    ];
    for (field, value, code) in cases {
        let mut body = wish(DAY, "10:30", ANN);
        body[field] = value.clone();
        let answer = scene.send(scene.widget.books(&body)).await;
        assert_eq!(
            (answer.status, answer.code()),
            (400, code),
            "{field} {value}"
        );
        scene.world.skip(minutes(1)); // else the address is over its limit
    }
    let texts = [
        (wish(DAY, "10:30", ""), "Email is required"),
        (
            json!({ "leadInfo": { "email": ANN } }),
            "Either slotId or tourDate+tourTime are required",
        ),
    ];
    for (body, text) in texts {
        let answer = scene.send(scene.widget.books(&body)).await;
        assert_eq!(
            (answer.status, answer.json["error"].as_str()),
            (400, Some(text))
        );
    }
    let long = "x".repeat(201);
    for key in ["two words", long.as_str()] {
        let knock = scene
            .widget
            .wishes(DAY, "10:30", ANN)
            .header("idempotency-key", key);
        let answer = scene.send(knock).await;
        assert_eq!(
            (answer.status, answer.code()),
            (400, "invalid_idempotency_key"),
            "{key}"
        );
    }
}

#[tokio::test]
async fn a_taken_time_is_answered_with_the_free_ones_around_it() {
    let scene = scene().await;
    scene.booked("10:30", "bo@example.com").await;
    let answer = scene.books("10:30", ANN).await;
    assert_eq!((answer.status, answer.code()), (409, "slot_taken"));
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(
        answer.json["error"],
        "This time slot is no longer available"
    );
    let others = answer.json["alternatives"].as_array().unwrap();
    let times: Vec<_> = others
        .iter()
        .map(|other| other["startTime"].as_str().unwrap())
        .collect();
    assert_eq!(times, ["09:00", "09:45", "11:15", "12:00", "12:45"]);
    assert_eq!(
        others[0],
        json!({
            "date": DAY, "startTime": "09:00", "endTime": "09:30", "start": "2026-12-03T15:00:00Z",
            "end": "2026-12-03T15:30:00Z", "agentId": scene.kim.id, "agentName": "Sam Agent",
        })
    );
    for time in times {
        let email = format!("at{}@example.com", time.replace(':', ""));
        if time == "11:15" || time == "09:00" || time == "12:45" {
            scene.booked(time, &email).await;
        }
    }
}

#[tokio::test]
async fn what_belongs_to_another_property_is_unknown_here() {
    let scene = scene().await;
    let elm = scene.world.property("Elm House").await;
    let stranger = scene.world.agent(&elm).await;
    scene
        .world
        .agent_connects(&elm, &stranger, "lou@elm.test")
        .await;
    let slot = scene.world.makes_slot(&elm, DAY, "10:30", 1).await;
    let (session, conversation) = (Uuid::new_v4(), Uuid::new_v4());
    let sql = format!(
        "insert into widget_sessions (id, property_id, visitor_id) values ('{session}', '{0}', 'v');
         insert into conversations (id, property_id, channel) values ('{conversation}', '{0}', 'widget')",
        elm.id
    );
    scene.world.sql.batch_execute(&sql).await.unwrap();
    let cases = [
        ("agentId", json!(stranger.id), (422, "outside_availability")),
        ("slotId", json!(slot), (422, "outside_availability")),
        ("sessionId", json!(session), (400, "invalid_session_id")),
        (
            "conversationId",
            json!(conversation),
            (400, "invalid_conversation_id"),
        ),
        ("propertyId", json!(elm.id), (404, "not_found")),
    ];
    for (field, value, refused) in cases {
        let mut body = wish(DAY, "10:30", ANN);
        body[field] = value;
        let answer = scene.send(scene.widget.books(&body)).await;
        assert_eq!((answer.status, answer.code()), refused, "{field}");
    }
    leaves_nothing(&scene).await;
    let own = format!(
        "update widget_sessions set property_id = '{}'",
        scene.oak.id
    );
    scene.world.sql.batch_execute(&own).await.unwrap();
    let own = format!("update conversations set property_id = '{}'", scene.oak.id);
    scene.world.sql.batch_execute(&own).await.unwrap();
    let mut body = wish(DAY, "10:30", ANN);
    body["sessionId"] = json!(session);
    body["conversationId"] = json!(conversation);
    body["propertyId"] = json!(scene.oak.id);
    let answer = scene.send(scene.widget.books(&body)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let converted = "select count(*) from widget_sessions where lead_id is not null and converted_at is not null";
    assert_eq!(scene.world.count(converted).await, 1);
}

#[tokio::test]
async fn a_person_has_two_open_tours_at_a_property_at_the_most() {
    let scene = scene().await;
    scene.booked("09:00", ANN).await;
    let second = scene.booked("10:30", ANN).await;
    let third = scene.books("12:00", ANN).await;
    assert_eq!((third.status, third.code()), (429, "rate_limited"));
    assert!(!third.header("retry-after").is_empty());
    assert_eq!(scene.live().await, 2);
    let cancelled = scene.user(world::door::delete(&one(&second))).await;
    assert_eq!(cancelled.status, 204);
    scene.booked("12:00", ANN).await;
}

#[tokio::test]
async fn an_address_is_sent_five_invitations_a_day() {
    let scene = scene().await;
    for time in ["09:00", "10:30", "12:00", "13:30", "15:00"] {
        let booking = scene.booked(time, ANN).await;
        assert_eq!(
            scene.user(world::door::delete(&one(&booking))).await.status,
            204
        );
    }
    let sixth = scene.books("16:30", ANN).await;
    assert_eq!((sixth.status, sixth.code()), (429, "rate_limited"));
    scene.world.skip(world::days(1));
    let next = scene
        .send(scene.widget.wishes("2026-12-04", "16:30", ANN))
        .await;
    assert_eq!(next.status, 200, "{}", next.text);
}
