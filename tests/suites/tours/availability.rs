//! Which times are told, and to whom.

use serde_json::{Value, json};
use world::door;

use super::*;

#[tokio::test]
async fn a_free_day_has_a_time_every_three_quarters_of_an_hour() {
    let scene = scene().await;
    let answer = scene.send(scene.widget.times(DAY, DAY)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(
        starts_in(&answer, DAY),
        [
            "09:00", "09:45", "10:30", "11:15", "12:00", "12:45", "13:30", "14:15", "15:00",
            "15:45", "16:30", "17:15"
        ]
    );
    assert_eq!(
        answer.json["slots"][DAY][0],
        json!({
            "date": DAY, "startTime": "09:00", "endTime": "09:30",
            "start": "2026-12-03T15:00:00Z", "end": "2026-12-03T15:30:00Z",
            "agentId": scene.kim.id, "agentName": "Sam Agent",
        })
    );
    let mut rest = answer.json.clone();
    rest.as_object_mut().unwrap().remove("slots");
    assert_eq!(
        rest,
        json!({
            "source": "google_calendar", "timezone": "America/Chicago", "tourDurationMinutes": 30,
            "bufferMinutes": 15, "unavailableAgents": [],
        })
    );
}

#[tokio::test]
async fn what_the_calendar_says_keeps_times_from_being_offered_with_the_buffer_on_both_sides() {
    let scene = scene().await;
    // 10:00 to 11:00 in Chicago: 09:45 would end within it, 11:15 is a quarter after it.
    scene
        .calendar
        .busy("2026-12-03T16:00:00Z", "2026-12-03T17:00:00Z");
    let free = scene.free(DAY).await;
    assert_eq!(free[..2], ["09:00", "11:15"], "{free:?}");
}

#[tokio::test]
async fn the_last_day_of_a_range_is_busy_where_it_is_busy() {
    let scene = scene().await;
    scene
        .calendar
        .busy("2026-12-04T06:00:00Z", "2026-12-05T06:00:00Z");
    let answer = scene
        .send(scene.widget.availability(DAY, "2026-12-04"))
        .await;
    assert_eq!(answer.json["availableDates"], json!([DAY]));
}

#[tokio::test]
async fn the_widget_is_told_of_taken_times_and_never_whose_they_are() {
    let scene = scene().await;
    let lee = scene.world.agent(&scene.oak).await;
    let other = scene
        .world
        .agent_connects(&scene.oak, &lee, "lee@oak.test")
        .await;
    scene
        .calendar
        .busy("2026-12-03T15:00:00Z", "2026-12-03T15:30:00Z");
    other.busy("2026-12-03T15:00:00Z", "2026-12-03T16:00:00Z");
    let answer = scene.send(scene.widget.availability(DAY, DAY)).await;
    assert_eq!(
        answer.json["slotsByDate"][DAY].as_array().unwrap()[..3],
        [
            json!({ "time": "09:00", "available": false }),
            json!({ "time": "09:45", "available": true }),
            json!({ "time": "10:30", "available": true }),
        ]
    );
    assert_eq!(
        (
            &answer.json["success"],
            &answer.json["timezone"],
            &answer.json["tourDuration"],
            &answer.json["bufferMinutes"]
        ),
        (
            &json!(true),
            &json!("America/Chicago"),
            &json!(30),
            &json!(15)
        )
    );
    for word in [
        scene.kim.id.to_string(),
        lee.id.to_string(),
        "Sam Agent".into(),
    ] {
        assert!(!answer.text.contains(&word), "{word}");
    }
    let list = scene.send(scene.widget.slots(DAY, DAY)).await;
    assert_eq!(
        list.json["slots"][DAY][0],
        json!({ "id": null, "date": DAY, "startTime": "09:45:00", "endTime": "10:15:00", "available": 1 })
    );
    assert_eq!(list.json["slots"][DAY][1]["available"], 2, "both are free");
}

#[tokio::test]
async fn without_any_calendar_the_times_made_by_hand_are_offered() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let widget = world.widget(&oak).await;
    let slot = world.makes_slot(&oak, DAY, "10:00", 2).await;
    world.makes_slot(&oak, DAY, "11:00", 0).await;
    let answer = widget.times(DAY, DAY).send(&world.app).await;
    assert_eq!(answer.json["source"], "manual");
    assert_eq!(
        answer.json["slots"][DAY],
        json!([{
            "date": DAY, "startTime": "10:00", "endTime": "10:30", "start": "2026-12-03T16:00:00Z",
            "end": "2026-12-03T16:30:00Z", "agentId": null, "agentName": null, "slotId": slot, "available": 2,
        }])
    );
    let list = widget.slots(DAY, DAY).send(&world.app).await;
    assert_eq!(
        list.json,
        json!({ "tourDuration": 30, "slots": { DAY: [
            { "id": slot, "date": DAY, "startTime": "10:00:00", "endTime": "10:30:00", "available": 2 }
        ] } })
    );
    let host = widget.availability(DAY, DAY).send(&world.app).await;
    assert_eq!(
        host.json["slotsByDate"][DAY][0],
        json!({ "time": "10:00", "available": true })
    );
}

#[tokio::test]
async fn a_paused_calendar_offers_nothing_and_a_resumed_one_does() {
    let scene = scene().await;
    let sets = |on: bool| json!({ "syncEnabled": on });
    scene
        .world
        .agent_sets(&scene.oak, &scene.kim, sets(false))
        .await;
    assert_eq!(scene.free(DAY).await, [] as [&str; 0]);
    scene
        .world
        .agent_sets(&scene.oak, &scene.kim, sets(true))
        .await;
    assert!(!scene.free(DAY).await.is_empty());
}

#[tokio::test]
async fn a_range_is_two_dates_in_order_and_sixty_days_at_the_most() {
    let scene = scene().await;
    for (from, to, code) in [
        ("2026-12-03", "2027-02-01", "invalid_end_date"), // 61 days
        ("2026-12-03", "2026-12-02", "invalid_end_date"),
        ("2026-12-03", "2036-12-03", "invalid_end_date"),
        ("2026-02-30", "2026-03-01", "invalid_start_date"),
        ("2026-12-3", "2026-12-04", "invalid_start_date"),
        ("2026-12-03T00:00", "2026-12-04", "invalid_start_date"),
        ("tomorrow", "2026-12-04", "invalid_start_date"),
        ("-9999-01-01", "9999-12-31", "invalid_start_date"),
    ] {
        for knock in [
            scene.widget.times(from, to),
            scene.widget.availability(from, to),
            scene.widget.slots(from, to),
        ] {
            let answer = scene.send(knock).await;
            assert_eq!((answer.status, answer.code()), (400, code), "{from} {to}");
        }
    }
    let longest = scene
        .send(scene.widget.times("2026-12-03", "2027-01-31"))
        .await;
    assert_eq!(longest.status, 200, "{}", longest.text);
    let nothing = scene
        .send(scene.widget.get("/api/calendar/availability"))
        .await;
    let days = nothing.json["slots"].as_object().unwrap();
    assert_eq!(
        days.len(),
        10,
        "two weeks have ten working days: {:?}",
        days.keys()
    );
}

#[tokio::test]
async fn a_day_on_which_the_clocks_change_has_its_true_length() {
    let scene = scene().await;
    // 2027-03-14: 02:00 to 03:00 does not exist in Chicago. 2026-11-01 is over; 2027-11-07 repeats 01:00.
    let hours = json!({ "sun": { "start": "01:00", "end": "04:00" } });
    let terms = json!({ "workingHours": hours, "slotIntervalMinutes": 30, "bufferMinutes": 0, "horizonDays": 400 });
    scene.world.agent_sets(&scene.oak, &scene.kim, terms).await;
    assert_eq!(
        scene.free("2027-03-14").await,
        ["01:00", "01:30", "03:00", "03:30"]
    );
    let answer = scene
        .send(scene.widget.times("2027-11-07", "2027-11-07"))
        .await;
    assert_eq!(
        starts_in(&answer, "2027-11-07"),
        [
            "01:00", "01:30", "01:00", "01:30", "02:00", "02:30", "03:00", "03:30"
        ]
    );
}

#[tokio::test]
async fn a_user_is_told_why_a_time_is_not_offered_and_a_widget_is_not() {
    let scene = scene().await;
    scene
        .calendar
        .busy("2026-12-03T16:00:00Z", "2026-12-03T17:00:00Z");
    let path = |at: &str| {
        format!(
            "/api/calendar/availability?propertyId={}&startDate={DAY}&endDate={DAY}&at={at}",
            scene.oak.id
        )
    };
    let mut told: Vec<Value> = Vec::new();
    for (at, reason) in [
        ("2026-12-03T09:00", Value::Null),
        ("2026-12-03T09:45", json!("busy")),
        ("2026-12-03T09:10", json!("off_grid")),
        ("2026-12-03T08:00", json!("outside_working_hours")),
        ("2026-12-06T10:00", json!("outside_working_hours")),
        ("2026-12-03T17:45", json!("ends_too_late")),
        ("2026-12-01T09:00", json!("too_soon")),
        ("2027-06-03T09:00", json!("too_far")),
    ] {
        let answer = scene.user(door::get(&path(at))).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let one = answer.json["explanations"][0].clone();
        assert_eq!(
            (&one["reason"], &one["offered"]),
            (&reason, &json!(reason.is_null())),
            "{at}"
        );
        told.push(one);
    }
    assert_eq!(
        told[1],
        json!({
            "agentId": scene.kim.id, "agentName": "Sam Agent", "offered": false, "reason": "busy",
            "detail": "taken, or too close to something else",
            "busyStart": "2026-12-03T16:00:00Z", "busyEnd": "2026-12-03T17:00:00Z",
        })
    );
    let limit = json!({ "maxToursPerDay": 1 });
    scene.world.agent_sets(&scene.oak, &scene.kim, limit).await;
    scene.booked("09:00", ANN).await;
    let full = scene.user(door::get(&path("2026-12-03T13:30"))).await;
    assert_eq!(full.json["explanations"][0]["reason"], "day_full");
    scene.calendar.breaks_down();
    scene.world.skip(world::seconds(30));
    let blind = scene.user(door::get(&path("2026-12-03T13:30"))).await;
    assert_eq!((blind.status, blind.code()), (503, "calendar_unreadable"));
    scene.calendar.recovers();
    for at in ["2027-03-14T02:30", "2026-12-03", "noon"] {
        let answer = scene.user(door::get(&path(at))).await;
        assert_eq!((answer.status, answer.code()), (400, "invalid_at"), "{at}");
    }
    let widget = scene
        .send(scene.widget.get(&path("2026-12-03T09:45")))
        .await;
    assert_eq!(widget.status, 200);
    assert!(widget.json.get("explanations").is_none());
}

#[tokio::test]
async fn a_tour_keeps_its_agents_time_at_another_property_too_with_its_buffer() {
    let scene = scene().await;
    let elm = scene.world.property("Elm House").await;
    let moved = "update properties set org_id = $2 where id = $1";
    scene
        .world
        .sql
        .execute(moved, &[&elm.id, &scene.oak.org])
        .await
        .unwrap();
    let elms = scene.world.widget(&elm).await;
    scene
        .world
        .agent_connects(&elm, &scene.kim, "kim@oak.test")
        .await;
    scene.booked("10:30", ANN).await;
    let at_elm = scene.send(elms.availability(DAY, DAY)).await;
    assert_eq!(
        free_in(&at_elm, DAY)[..4],
        ["09:00", "09:45", "11:15", "12:00"]
    );
    // Off the other grid by a quarter: half past ten to eleven and a quarter of an hour around it.
    let terms = json!({ "slotIntervalMinutes": 15 });
    scene.world.agent_sets(&elm, &scene.kim, terms).await;
    let at_elm = scene.send(elms.availability(DAY, DAY)).await;
    assert_eq!(
        free_in(&at_elm, DAY)[2..6],
        ["09:30", "09:45", "11:15", "11:30"]
    );
}
