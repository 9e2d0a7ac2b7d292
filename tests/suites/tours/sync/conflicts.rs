//! What no tour can follow is marked and shown, and the tour stays as it is.

use serde_json::json;

use super::{ANN, BOB, Scene};
use world::touring::Tour;

const TEN: &str = "confirmed 2026-12-03T16:00:00Z";

/// After this, the tour stands as it was and waits for a person; nothing was written to Google.
async fn assert_conflict(scene: &Scene, tour: &Tour, reason: &str) {
    scene.world.google.calls().clear();
    scene.follows().await;
    assert_eq!(scene.is(tour).await, format!("{TEN} conflict {reason}"));
    // However often it is looked at, it is said once.
    scene
        .calendar
        .edits(&tour.event(0), json!({ "summary": "Tour!" }));
    scene.follows().await;
    let history = scene.world.history_of(tour).await;
    assert_eq!(history, ["user tour.booked", "google tour.conflict"]);
    assert_eq!(scene.writes(), 0);
    let line = scene.world.team_sees(&scene.oak, tour).await;
    assert!(line.to_string().contains("conflict"), "{line}");
}

#[tokio::test]
async fn an_all_day_event_is_a_conflict_until_it_has_hours_again() {
    let (scene, tour) = Scene::with_tour().await;
    scene.calendar.makes_all_day(&tour.event(0), "2026-12-03");
    assert_conflict(&scene, &tour, "all_day").await;
    let there = ("2026-12-03T19:00:00Z", "2026-12-03T19:30:00Z");
    scene.calendar.moves(&tour.event(0), there.0, there.1);
    scene.follows().await;
    assert_eq!(
        scene.is(&tour).await,
        "confirmed 2026-12-03T19:00:00Z synced"
    );
    assert_eq!(scene.writes(), 0);
}

#[tokio::test]
async fn an_event_that_recurs_is_a_conflict() {
    let (scene, tour) = Scene::with_tour().await;
    scene.calendar.makes_recurring(&tour.event(0));
    assert_conflict(&scene, &tour, "recurring").await;
}

#[tokio::test]
async fn an_event_that_takes_no_time_is_a_conflict() {
    let (scene, tour) = Scene::with_tour().await;
    scene.calendar.makes_transparent(&tour.event(0));
    assert_conflict(&scene, &tour, "shown_as_free").await;
    scene
        .calendar
        .edits(&tour.event(0), json!({ "transparency": "opaque" }));
    scene.follows().await;
    assert_eq!(scene.is(&tour).await, format!("{TEN} synced"), "resolved");
}

#[tokio::test]
async fn an_agent_who_declines_is_a_conflict() {
    let (scene, tour) = Scene::with_tour().await;
    scene.calendar.declines_as_owner(&tour.event(0));
    assert_conflict(&scene, &tour, "agent_declined").await;
}

#[tokio::test]
async fn an_event_in_another_calendar_is_a_conflict_and_no_cancellation() {
    let (scene, tour) = Scene::with_tour().await;
    let other = scene.calendar.another("Team");
    scene
        .calendar
        .moves_to_other_calendar(&tour.event(0), &other);
    scene.world.google.calls().clear();
    scene.follows().await;
    assert_eq!(
        scene.is(&tour).await,
        format!("{TEN} conflict other_calendar")
    );
    assert_eq!(scene.world.letters_about(&tour).await, [] as [&str; 0]);
    assert_eq!(scene.writes(), 0);
}

#[tokio::test]
async fn a_tour_moved_onto_another_keeps_its_time_and_so_does_the_other() {
    let (scene, tour) = Scene::with_tour().await;
    let other = scene.books("13:00", BOB).await;
    scene.follows().await;
    let onto = ("2026-12-03T19:15:00Z", "2026-12-03T19:45:00Z");
    scene.calendar.moves(&tour.event(0), onto.0, onto.1);
    assert_conflict(&scene, &tour, "overlaps_another_tour").await;
    assert_eq!(
        scene.is(&other).await,
        "confirmed 2026-12-03T19:00:00Z synced"
    );
    assert_eq!(scene.world.letters_about(&tour).await, [] as [&str; 0]);
    // The agent's next edit resolves it.
    let free = ("2026-12-03T21:00:00Z", "2026-12-03T21:30:00Z");
    scene.calendar.moves(&tour.event(0), free.0, free.1);
    scene.follows().await;
    assert_eq!(
        scene.is(&tour).await,
        "confirmed 2026-12-03T21:00:00Z synced"
    );
    assert_eq!(scene.world.letters_about(&tour).await, ["moved_by_team"]);
}

#[tokio::test]
async fn a_person_who_moves_a_tour_in_conflict_has_the_last_word() {
    let (scene, tour) = Scene::with_tour().await;
    let other = scene.books("13:00", BOB).await;
    scene.follows().await;
    let onto = ("2026-12-03T19:00:00Z", "2026-12-03T19:30:00Z");
    scene.calendar.moves(&tour.event(0), onto.0, onto.1);
    scene.follows().await;
    scene.world.skip(world::minutes(1));
    scene
        .world
        .team_moves(&scene.oak, &tour, super::DAY, "11:00")
        .await;
    scene.follows().await;
    assert_eq!(
        scene.is(&tour).await,
        "confirmed 2026-12-03T17:00:00Z synced"
    );
    let event = scene.calendar.event(&tour.event(0));
    assert_eq!(event.starts_at().to_rfc3339(), "2026-12-03T17:00:00+00:00");
    assert_eq!(
        scene.is(&other).await,
        "confirmed 2026-12-03T19:00:00Z synced"
    );
}

#[tokio::test]
async fn a_deleted_event_that_comes_back_out_of_the_bin_is_for_a_person_to_decide() {
    let (scene, tour) = Scene::with_tour().await;
    scene.calendar.cancels(&tour.event(0));
    scene.follows().await;
    scene.world.google.calls().clear();
    scene.calendar.restores(&tour.event(0));
    scene.follows().await;
    let cancelled = "cancelled 2026-12-03T16:00:00Z";
    assert_eq!(
        scene.is(&tour).await,
        format!("{cancelled} conflict restored")
    );
    scene
        .calendar
        .rsvp(&tour.event(0), ANN, world::google::Rsvp::Accepted);
    scene.follows().await;
    assert_eq!(
        scene.is(&tour).await,
        format!("{cancelled} conflict restored")
    );
    assert_eq!(scene.writes(), 0);
    scene.calendar.cancels(&tour.event(0));
    scene.follows().await;
    assert_eq!(scene.is(&tour).await, format!("{cancelled} synced"));
}
