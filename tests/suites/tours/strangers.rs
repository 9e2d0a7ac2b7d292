//! What somebody cannot do who knows a name, a time, or somebody else's link.

use chrono::TimeDelta;
use serde_json::json;
use shared::app::tours::{self, By, Moved};
use shared::error::Error;

use super::*;

#[tokio::test]
async fn who_names_a_person_and_their_time_later_is_not_shown_their_link() {
    let scene = scene().await;
    let first = scene.books("10:30", ANN).await;
    let link = first.json["manageUrl"].as_str().unwrap().to_owned();
    let again = scene.books("10:30", ANN).await;
    assert_eq!(again.json["manageUrl"], link.as_str(), "a double click");

    scene.world.skip(TimeDelta::minutes(10));
    let stranger = scene.books("10:30", ANN).await;
    assert_eq!(stranger.status, 200, "{}", stranger.text);
    assert_eq!(stranger.json["booking"], first.json["booking"]);
    assert_eq!(stranger.json["manageUrl"], Value::Null);
    let (_, token) = link.rsplit_once('/').unwrap();
    assert!(!stranger.text.contains(token), "{}", stranger.text);
    let files = [&first, &stranger].map(|answer| {
        let file = answer.json["calendar"]["icsDownload"].as_str().unwrap();
        file.len()
    });
    assert!(
        files[1] < files[0],
        "the file has no link either: {files:?}"
    );
    assert_eq!(scene.live().await, 1);
}

#[tokio::test]
async fn whoever_has_the_link_makes_google_write_to_the_prospect_five_times_a_day_at_most() {
    let scene = scene().await;
    let booked = scene.books("09:00", ANN).await;
    let link = booked.json["manageUrl"].as_str().unwrap();
    let (_, token) = link.rsplit_once('/').unwrap();
    let link = tours::open_link(&scene.world.app, token).unwrap();
    let moves = async |start: &str| {
        let start = start.parse().unwrap();
        let by = By::Prospect(link);
        tours::reschedule_to(&scene.world.app, &by, link.booking, start).await
    };
    for hour in ["15:45", "16:30", "17:15", "18:00"] {
        let moved = moves(&format!("{DAY}T{hour}:00Z")).await;
        assert!(matches!(moved, Ok(Moved::Done(_))), "{hour}");
    }
    let refused = moves(&format!("{DAY}T18:45:00Z")).await;
    assert!(matches!(refused, Err(Error::TooMany { .. })));
    // Once an hour is not once a day: the sweep forgets no day before it is over.
    scene.world.skip(TimeDelta::hours(2));
    scene.world.sweep().await;
    let refused = moves(&format!("{DAY}T18:45:00Z")).await;
    assert!(matches!(refused, Err(Error::TooMany { .. })));
    // The team knows the prospect.
    let path = one(&booked.json["booking"]);
    let body = json!({ "tourDate": DAY, "tourTime": "14:15" });
    let by_team = scene.user(door::patch(&path).json(&body)).await;
    assert_eq!(by_team.status, 200, "{}", by_team.text);
}

#[tokio::test]
async fn the_buffer_that_a_tour_was_booked_with_stays_free_on_both_sides() {
    let scene = scene().await;
    let sets = async |settings: Value| {
        let (oak, kim) = (&scene.oak, &scene.kim);
        scene.world.agent_sets(oak, kim, settings).await
    };
    sets(json!({ "bufferMinutes": 60, "slotIntervalMinutes": 30 })).await;
    scene.booked("11:00", ANN).await;
    sets(json!({ "bufferMinutes": 0 })).await;
    scene.world.skip(TimeDelta::minutes(1)); // what the calendar said before is old
    let free = scene.free(DAY).await;
    // 09:30 to 10:00 is an hour before it, 12:30 an hour after its end.
    assert_eq!(free[..4], ["09:00", "09:30", "12:30", "13:00"], "{free:?}");
    let too_near = scene.books("10:00", "bob@example.com").await;
    assert_eq!(too_near.status, 409, "{}", too_near.text);
    let offered = too_near.json["alternatives"].as_array().unwrap();
    assert!(offered.iter().all(|time| time["startTime"] != "10:00"));
    scene.booked("12:30", "bob@example.com").await;
}

#[tokio::test]
async fn a_name_that_came_by_mail_makes_no_link_in_an_invitation() {
    let scene = scene().await;
    let insert = "insert into leads (property_id, first_name, last_name, email)
                  values ($1, 'Win at evil.example', 'Lee', $2)";
    let sql = &scene.world.sql;
    sql.execute(insert, &[&scene.oak.id, &ANN]).await.unwrap();
    scene.booked("10:30", ANN).await;
    let events = scene.calendar.events();
    assert_eq!(events[0].text("summary"), "Tour: Lee");
}
