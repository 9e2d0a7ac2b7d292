//! Many at once: one gets the time, the others are told of other times.

use std::collections::BTreeMap;

use futures::future::join_all;
use serde_json::json;

use super::*;

const CROWD: usize = 50;

/// Nobody stands in a line of one address, so that the limit per address does not decide.
fn from(knock: Knock, place: usize) -> Knock {
    knock.source_ip(&format!("203.0.113.{place}"))
}

/// How often each status was answered.
fn statuses(answers: &[Answer]) -> BTreeMap<u16, usize> {
    let mut statuses = BTreeMap::new();
    for answer in answers {
        *statuses.entry(answer.status).or_default() += 1;
    }
    statuses
}

fn all_know_other_times(answers: &[Answer]) {
    for answer in answers.iter().filter(|answer| answer.status == 409) {
        assert_eq!(answer.code(), "slot_taken");
        let others = answer.json["alternatives"].as_array().unwrap();
        assert!(!others.is_empty(), "{}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_who_want_one_time_get_one_tour() {
    let scene = scene().await;
    let wishes = (0..CROWD).map(|place| {
        let email = format!("ann{place}@example.com");
        scene.send(from(scene.widget.wishes(DAY, "10:30", &email), place))
    });
    let answers = join_all(wishes).await;
    assert_eq!(statuses(&answers), [(200, 1), (409, CROWD - 1)].into());
    all_know_other_times(&answers);
    assert_eq!((scene.live().await, scene.calendar.events().len()), (1, 1));
    assert_eq!(
        scene.world.count("select count(*) from leads").await,
        1,
        "nobody else became a lead"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn times_closer_than_the_buffer_at_two_properties_are_one_tour_of_the_agent() {
    let scene = scene().await;
    let elm = scene.world.property("Elm House").await;
    let elms = scene.world.widget(&elm).await;
    let moved = "update properties set org_id = $2 where id = $1";
    scene
        .world
        .sql
        .execute(moved, &[&elm.id, &scene.oak.org])
        .await
        .unwrap();
    scene
        .world
        .agent_connects(&elm, &scene.kim, "kim@oak.test")
        .await;
    let terms = json!({ "slotIntervalMinutes": 5 });
    scene
        .world
        .agent_sets(&elm, &scene.kim, terms.clone())
        .await;
    scene.world.agent_sets(&scene.oak, &scene.kim, terms).await;
    let wishes = (0..CROWD).map(|place| {
        let widget = if place % 2 == 0 { &scene.widget } else { &elms };
        let (time, email) = (
            ["10:00", "10:20", "10:40"][place % 3],
            format!("ann{place}@example.com"),
        );
        scene.send(from(widget.wishes(DAY, time, &email), place))
    });
    let answers = join_all(wishes).await;
    assert_eq!(statuses(&answers), [(200, 1), (409, CROWD - 1)].into());
    all_know_other_times(&answers);
    assert_eq!((scene.live().await, scene.calendar.events().len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_double_click_is_one_tour_with_a_key_and_without() {
    for key in [None, Some("one")] {
        let scene = scene().await;
        let clicks = (0..8).map(|_| {
            let knock = scene.widget.wishes(DAY, "10:30", ANN);
            scene.send(match key {
                Some(key) => knock.header("idempotency-key", key),
                None => knock,
            })
        });
        let answers = join_all(clicks).await;
        assert_eq!(statuses(&answers), [(200, 8)].into(), "{key:?}");
        let same =
            |answer: &Answer| answer.json["booking"]["id"] == answers[0].json["booking"]["id"];
        assert!(answers.iter().all(same));
        assert_eq!((scene.live().await, scene.calendar.events().len()), (1, 1));
        assert_eq!(scene.calendar.invites_to(ANN).len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_made_by_hand_has_as_many_tours_as_places() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let widget = world.widget(&oak).await;
    world.makes_slot(&oak, DAY, "10:00", 3).await;
    world.makes_slot(&oak, DAY, "12:00", 1).await;
    let wishes = (0..CROWD).map(|place| {
        let email = format!("ann{place}@example.com");
        let knock = from(widget.wishes(DAY, "10:00", &email), place);
        let app = &world.app;
        async move { knock.send(app).await }
    });
    let answers = join_all(wishes).await;
    assert_eq!(statuses(&answers), [(200, 3), (409, CROWD - 3)].into());
    all_know_other_times(&answers);
    let taken = "select current_bookings::bigint from tour_slots where start_time = '10:00'";
    assert_eq!(world.count(taken).await, 3);
    assert_eq!(world.count("select count(*) from leads").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_who_wants_many_times_at_once_gets_two() {
    let scene = scene().await;
    let times = ["09:00", "10:30", "12:00", "13:30", "15:00", "16:30"];
    let wishes = times
        .iter()
        .enumerate()
        .map(|(place, time)| scene.send(from(scene.widget.wishes(DAY, time, ANN), place)));
    let answers = join_all(wishes).await;
    assert_eq!(statuses(&answers), [(200, 2), (429, 4)].into());
    assert_eq!(scene.world.count("select count(*) from leads").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tours_that_change_places_neither_hang_nor_overlap() {
    let scene = scene().await;
    let lee = scene.world.agent(&scene.oak).await;
    scene
        .world
        .agent_connects(&scene.oak, &lee, "lee@oak.test")
        .await;
    let kims = scene.booked("10:30", ANN).await;
    let lees = scene.booked("10:30", "bo@example.com").await;
    assert_ne!(kims["agentId"], lees["agentId"]);
    for _ in 0..3 {
        let swap = |booking: &Value, agent: &Value| {
            let to = json!({ "tourDate": DAY, "tourTime": "10:30", "agentId": agent });
            scene.user(door::patch(&one(booking)).json(&to))
        };
        let (first, second) =
            tokio::join!(swap(&kims, &lees["agentId"]), swap(&lees, &kims["agentId"]));
        for answer in [first, second] {
            assert_eq!(
                (answer.status, answer.code()),
                (409, "slot_taken"),
                "{}",
                answer.text
            );
        }
    }
    let to = |booking: &Value, time: &str| {
        scene.user(door::patch(&one(booking)).json(&json!({ "tourDate": DAY, "tourTime": time })))
    };
    let (first, second) = tokio::join!(to(&kims, "13:30"), to(&lees, "13:30"));
    assert_eq!(
        (first.status, second.status),
        (200, 200),
        "{} {}",
        first.text,
        second.text
    );
}
