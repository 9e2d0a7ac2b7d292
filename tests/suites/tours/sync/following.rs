//! The agent, or the prospect, changes the event; the booking follows, once.

use serde_json::json;
use world::Logs;
use world::google::{InviteKind, Rsvp};

use super::{ANN, BOB, DAY, Scene};

#[tokio::test]
async fn our_own_write_comes_back_and_changes_nothing() {
    let scene = Scene::start().await;
    let tour = scene.books("10:00", ANN).await;
    let before = (scene.writes(), scene.world.history_of(&tour).await);
    scene.world.google.calls().clear();
    scene.follows().await;
    let calls = scene.world.google.calls();
    assert_eq!(
        calls.operations(),
        ["events.list"],
        "it was read, and no more"
    );
    assert_eq!(before, (1, vec!["user tour.booked".to_owned()]));
    assert_eq!(scene.world.history_of(&tour).await, before.1);
    let version = scene.world.count("select version from tour_bookings").await;
    assert_eq!(version, 0);
    assert_eq!(
        scene.is(&tour).await,
        "confirmed 2026-12-03T16:00:00Z synced"
    );
}

#[tokio::test]
async fn a_tour_that_the_agent_moves_is_moved_and_the_prospect_told_once() {
    let (scene, tour) = Scene::with_tour().await;
    scene.world.google.calls().clear();
    scene.calendar.moves(
        &tour.event(0),
        "2026-12-03T20:00:00Z",
        "2026-12-03T20:30:00Z",
    );
    scene.follows().await;
    scene.follows().await;
    assert_eq!(
        scene.is(&tour).await,
        "confirmed 2026-12-03T20:00:00Z synced"
    );
    assert_eq!(scene.writes(), 0, "nothing is told to who told it");
    assert_eq!(scene.world.letters_about(&tour).await, ["moved_by_team"]);
    assert_eq!(
        scene.world.history_of(&tour).await,
        ["user tour.booked", "google tour.moved"]
    );
    let local = "select scheduled_date || ' ' || scheduled_time from tour_bookings";
    assert_eq!(scene.world.texts(local).await, [format!("{DAY} 14:00:00")]);
}

#[tokio::test]
async fn an_offset_of_another_zone_is_the_same_instant() {
    let (scene, tour) = Scene::with_tour().await;
    let (start, end) = ("2026-12-03T16:00:00Z", "2026-12-03T16:30:00Z");
    scene
        .calendar
        .moves_in_zone(&tour.event(0), start, end, "Asia/Kolkata");
    scene.calendar.lives_in("Pacific/Auckland");
    scene.follows().await;
    assert_eq!(
        scene.is(&tour).await,
        "confirmed 2026-12-03T16:00:00Z synced"
    );
    assert_eq!(scene.world.letters_about(&tour).await, [] as [&str; 0]);
    // And a real move from over there is one.
    let (start, end) = ("2026-12-04T02:30:00+05:30", "2026-12-04T03:00:00+05:30");
    scene
        .calendar
        .moves_in_zone(&tour.event(0), start, end, "Asia/Kolkata");
    scene.follows().await;
    assert_eq!(
        scene.is(&tour).await,
        "confirmed 2026-12-03T21:00:00Z synced"
    );
}

#[tokio::test]
async fn a_tour_that_the_agent_deletes_is_cancelled_once() {
    let (scene, tour) = Scene::with_tour().await;
    scene.world.google.calls().clear();
    scene.calendar.cancels(&tour.event(0));
    scene.follows().await;
    scene.world.sweep().await;
    scene.follows().await;
    assert_eq!(
        scene.is(&tour).await,
        "cancelled 2026-12-03T16:00:00Z synced"
    );
    assert_eq!(scene.writes(), 0);
    assert_eq!(
        scene.world.letters_about(&tour).await,
        ["cancelled_by_team"]
    );
    assert_eq!(
        scene.world.history_of(&tour).await,
        ["user tour.booked", "google tour.cancelled"]
    );
    // The time is free again.
    scene.books("10:00", BOB).await;
}

#[tokio::test]
async fn what_the_prospect_answers_is_shown_and_cancels_nothing() {
    let (scene, tour) = Scene::with_tour().await;
    let answers = [
        (Rsvp::Accepted, "accepted"),
        (Rsvp::Declined, "declined"),
        (Rsvp::Tentative, "tentative"),
    ];
    for (rsvp, shown) in answers {
        scene.calendar.rsvp(&tour.event(0), ANN, rsvp);
        scene.follows().await;
        let sql = "select response_status from prospect_invites";
        assert_eq!(scene.world.texts(sql).await, [shown]);
        assert_eq!(
            scene.is(&tour).await,
            "confirmed 2026-12-03T16:00:00Z synced"
        );
        let line = scene.world.team_sees(&scene.oak, &tour).await;
        assert!(line.to_string().contains(shown), "{line}");
    }
    assert_eq!(scene.world.letters_about(&tour).await, [] as [&str; 0]);
    let history = scene.world.history_of(&tour).await;
    assert_eq!(history[1..], ["prospect tour.answered"; 3]);
    assert_eq!(scene.mails(ANN), [InviteKind::Invite]);
}

#[tokio::test]
async fn a_shorter_event_makes_a_shorter_tour_and_disturbs_nobody() {
    let (scene, tour) = Scene::with_tour().await;
    scene
        .calendar
        .splits(&tour.event(0), "2026-12-03T16:15:00Z");
    scene.follows().await;
    assert_eq!(
        scene.is(&tour).await,
        "confirmed 2026-12-03T16:00:00Z synced"
    );
    let minutes = "select extract(epoch from ends_at - starts_at)::bigint / 60 from tour_bookings";
    assert_eq!(scene.world.count(minutes).await, 15);
    assert_eq!(scene.world.letters_about(&tour).await, [] as [&str; 0]);
}

#[tokio::test]
async fn the_agents_own_events_leave_no_trace() {
    let logs = Logs::capture();
    let (scene, tour) = Scene::with_tour().await;
    let before = scene.world.kept().await;
    let private = scene.calendar.adds_private_event(
        "Biopsy at St. Mary",
        "2026-12-04T16:00:00Z",
        "2026-12-04T17:00:00Z",
    );
    let other = scene.calendar.adds(json!({
        "summary": "Divorce lawyer", "description": "Bring the letters", "location": "5 Elm Street",
        "start": { "dateTime": "2026-12-05T16:00:00Z" }, "end": { "dateTime": "2026-12-05T17:00:00Z" },
        "attendees": [{ "email": "lawyer@example.com" }],
    }));
    scene.follows().await;
    scene
        .calendar
        .moves(&private, "2026-12-04T18:00:00Z", "2026-12-04T19:00:00Z");
    scene.calendar.cancels(&other);
    // A positive twin in the same list.
    scene.calendar.rsvp(&tour.event(0), ANN, Rsvp::Accepted);
    scene.follows().await;
    let after = scene.world.kept().await;
    for (table, rows) in &after {
        if rows != &before[table] {
            let known = [
                "agent_calendars",
                "prospect_invites",
                "audit_log",
                "calendar_events",
            ];
            assert!(
                known.iter().any(|name| table.ends_with(name)),
                "{table} changed"
            );
        }
    }
    let stored = format!("{after:?}{}", logs.text());
    for secret in [
        "Biopsy",
        "Divorce",
        "Bring the",
        "Elm Street",
        "lawyer@",
        &private,
        &other,
    ] {
        assert!(!stored.contains(secret), "{secret} is kept");
    }
    assert!(stored.contains("accepted"));
}

#[tokio::test]
async fn an_agents_tour_at_another_property_is_followed_there() {
    let scene = Scene::start().await;
    let elm = scene.world.property("Elm Court").await;
    scene
        .world
        .sql
        .execute(
            "update properties set org_id = $1 where id = $2",
            &[&scene.oak.org, &elm.id],
        )
        .await
        .unwrap();
    scene
        .world
        .agent_connects(&elm, &scene.kim, super::KIM)
        .await;
    scene.follows().await;
    let elm = world::Property {
        admin: scene.oak.admin.clone(),
        ..elm
    };
    let grid = json!({ "slotIntervalMinutes": 30 });
    scene.world.agent_sets(&elm, &scene.kim, grid).await;
    let here = scene.books("10:00", ANN).await;
    let there = scene.world.booked_for(&elm, DAY, "13:00", BOB).await;
    scene.follows().await;
    scene.world.google.calls().clear();
    scene.calendar.moves(
        &there.event(0),
        "2026-12-03T21:00:00Z",
        "2026-12-03T21:30:00Z",
    );
    scene.calendar.cancels(&here.event(0));
    scene.follows().await;
    assert_eq!(
        scene.is(&there).await,
        "confirmed 2026-12-03T21:00:00Z synced"
    );
    assert_eq!(
        scene.is(&here).await,
        "cancelled 2026-12-03T16:00:00Z synced"
    );
    assert_eq!(scene.world.letters_about(&there).await, ["moved_by_team"]);
    assert_eq!(scene.writes(), 0);
}
