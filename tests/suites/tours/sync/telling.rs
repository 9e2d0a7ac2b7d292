//! Google is told of a tour once, whatever becomes of the answers.

use serde_json::json;
use world::google::InviteKind::{Cancel, Invite, Update};
use world::{Fault, minutes};

use super::{ANN, DAY, Scene};
use world::touring::Tour;

const SYNCED: &str = "confirmed 2026-12-03T16:00:00Z synced";

/// One live event of the tour stands in the calendar, at its time, and Ann was invited once.
async fn assert_shown_once(scene: &Scene, tour: &Tour) {
    assert_eq!(scene.is(tour).await, SYNCED);
    let events = scene.calendar.events();
    let ours = events
        .iter()
        .filter(|event| event.private("booking_id") == Some(&tour.id));
    let starts: Vec<_> = ours.map(|event| event.starts_at().to_rfc3339()).collect();
    assert_eq!(starts, ["2026-12-03T16:00:00+00:00"]);
    assert_eq!(scene.mails(ANN), [Invite]);
    let sent = "select count(*) from prospect_invites where invite_sent_at is not null and google_event_id is not null";
    assert_eq!(scene.world.count(sent).await, 1);
}

#[tokio::test]
async fn an_insert_whose_answer_is_lost_makes_one_event() {
    for fault in [
        Fault::AnswerLostAfterEffect,
        Fault::AnswerLostBeforeEffect,
        Fault::Garbage,
        Fault::LateEffectAfter("events.insert"),
        Fault::status(503, "backendError"),
    ] {
        let scene = Scene::start().await;
        scene
            .world
            .google
            .faults()
            .once("events.insert", fault.clone());
        let tour = scene.books("10:00", ANN).await;
        assert!(scene.is(&tour).await.contains("pending"), "{fault:?}");
        scene.world.pass(minutes(2)).await;
        scene.follows().await;
        assert_shown_once(&scene, &tour).await;
    }
}

#[tokio::test]
async fn an_event_that_is_found_again_where_the_agent_moved_it_takes_the_tour_along() {
    let scene = Scene::start().await;
    scene
        .world
        .google
        .faults()
        .once("events.insert", Fault::AnswerLostAfterEffect);
    let tour = scene.books("10:00", ANN).await;
    scene.world.skip(minutes(1));
    let there = ("2026-12-03T20:00:00Z", "2026-12-03T20:30:00Z");
    scene.calendar.moves(&tour.event(0), there.0, there.1);
    scene.world.pass(minutes(2)).await;
    assert_eq!(
        scene.is(&tour).await,
        "confirmed 2026-12-03T20:00:00Z synced"
    );
    assert_eq!(scene.mails(ANN), [Invite]);
    assert_eq!(scene.world.letters_about(&tour).await, ["moved_by_team"]);
}

#[tokio::test]
async fn an_event_that_comes_late_is_where_the_tour_is_by_then() {
    let scene = Scene::start().await;
    let faults = scene.world.google.faults();
    faults.once("events.insert", Fault::LateEffect);
    faults.always("events.insert", Fault::status(503, "backendError"));
    let tour = scene.books("10:00", ANN).await;
    scene.world.skip(minutes(1));
    scene
        .world
        .team_moves(&scene.oak, &tour, DAY, "11:00")
        .await;
    scene.world.skip(minutes(1));
    faults.release().await;
    faults.clear();
    scene.follows().await;
    scene.world.pass(minutes(10)).await;
    assert_eq!(
        scene.is(&tour).await,
        "confirmed 2026-12-03T17:00:00Z synced"
    );
    assert_eq!(scene.calendar.events().len(), 1);
    assert_eq!(scene.mails(ANN), [Invite, Update]);
}

#[tokio::test]
async fn an_event_that_comes_after_its_tour_was_cancelled_goes_again() {
    let scene = Scene::start().await;
    let faults = scene.world.google.faults();
    faults.once("events.insert", Fault::LateEffect);
    let tour = scene.books("10:00", ANN).await;
    scene.world.team_cancels(&scene.oak, &tour).await;
    scene.world.pass(minutes(2)).await;
    assert!(scene.is(&tour).await.starts_with("cancelled"));
    faults.release().await;
    scene.follows().await;
    scene.world.pass(minutes(2)).await;
    assert_eq!(scene.calendar.events().len(), 0);
    assert_eq!(scene.mails(ANN), [Invite, Cancel]);
    assert_eq!(
        scene.is(&tour).await,
        "cancelled 2026-12-03T16:00:00Z synced"
    );
}

#[tokio::test]
async fn a_tour_cancelled_before_its_event_was_made_has_none() {
    let scene = Scene::start().await;
    let faults = scene.world.google.faults();
    faults.once("events.insert", Fault::AnswerLostBeforeEffect);
    let tour = scene.books("10:00", ANN).await;
    scene.world.team_cancels(&scene.oak, &tour).await;
    scene.world.pass(minutes(10)).await;
    assert_eq!(scene.calendar.all_events().len(), 0);
    assert_eq!(scene.mails(ANN), []);
    assert_eq!(
        scene.is(&tour).await,
        "cancelled 2026-12-03T16:00:00Z synced"
    );
}

#[tokio::test]
async fn an_id_that_a_deleted_event_had_is_stepped_over() {
    let scene = Scene::start().await;
    scene
        .world
        .google
        .faults()
        .once("events.insert", Fault::AnswerLostAfterEffect);
    let tour = scene.books("10:00", ANN).await;
    scene.calendar.cancels(&tour.event(0));
    scene.world.pass(minutes(2)).await;
    scene.follows().await;
    assert_eq!(scene.is(&tour).await, SYNCED);
    let live: Vec<_> = scene
        .calendar
        .events()
        .into_iter()
        .map(|event| event.id)
        .collect();
    assert_eq!(live, [tour.event(1)]);
    // The next one is followed as the first would have been.
    scene.calendar.cancels(&tour.event(1));
    scene.follows().await;
    assert_eq!(
        scene.is(&tour).await,
        "cancelled 2026-12-03T16:00:00Z synced"
    );
}

#[tokio::test]
async fn an_event_of_somebody_elses_under_our_id_is_left_alone() {
    let scene = Scene::start().await;
    scene
        .world
        .google
        .faults()
        .once("events.insert", Fault::AnswerLostAfterEffect);
    let tour = scene.books("10:00", ANN).await;
    let foreign = json!({ "extendedProperties": { "private": { "booking_id": "another" } } });
    scene.calendar.edits(&tour.event(0), foreign);
    scene.follows().await;
    scene.world.pass(minutes(2)).await;
    assert_eq!(scene.is(&tour).await, SYNCED);
    let mut live: Vec<_> = scene
        .calendar
        .events()
        .into_iter()
        .map(|event| event.id)
        .collect();
    live.sort();
    assert_eq!(live, [tour.event(0), tour.event(1)]);
}

#[tokio::test]
async fn a_move_whose_answer_is_lost_is_told_once() {
    for fault in [Fault::AnswerLostAfterEffect, Fault::AnswerLostBeforeEffect] {
        let (scene, tour) = Scene::with_tour().await;
        scene.world.google.faults().once("events.patch", fault);
        scene
            .world
            .team_moves(&scene.oak, &tour, DAY, "11:00")
            .await;
        scene.world.pass(minutes(2)).await;
        scene.follows().await;
        assert_eq!(
            scene.is(&tour).await,
            "confirmed 2026-12-03T17:00:00Z synced"
        );
        assert_eq!(scene.mails(ANN), [Invite, Update]);
        assert_eq!(scene.world.letters_about(&tour).await, [] as [&str; 0]);
    }
}

#[tokio::test]
async fn a_cancellation_whose_answer_is_lost_is_told_once() {
    for fault in [Fault::AnswerLostAfterEffect, Fault::AnswerLostBeforeEffect] {
        let (scene, tour) = Scene::with_tour().await;
        scene.world.google.faults().once("events.delete", fault);
        scene.world.team_cancels(&scene.oak, &tour).await;
        scene.world.pass(minutes(2)).await;
        scene.follows().await;
        assert_eq!(
            scene.is(&tour).await,
            "cancelled 2026-12-03T16:00:00Z synced"
        );
        assert_eq!(scene.mails(ANN), [Invite, Cancel]);
    }
}

#[tokio::test]
async fn a_prospect_whom_google_does_not_invite_gets_a_letter() {
    let scene = Scene::start().await;
    scene.calendar.refuses_attendees();
    let tour = scene.books("10:00", ANN).await;
    assert_eq!(scene.is(&tour).await, SYNCED);
    assert_eq!(scene.calendar.events().len(), 1);
    assert_eq!(scene.mails(ANN), []);
    assert_eq!(scene.world.letters_about(&tour).await, ["invitation"]);
}

#[tokio::test]
async fn whoever_books_and_dies_over_any_call_has_booked() {
    for operation in ["events.insert"] {
        for fault in [Fault::Stall, Fault::StallAfterEffect] {
            let scene = Scene::start().await;
            scene.world.google.faults().once(operation, fault);
            let calls = scene.world.google.calls();
            let nth = calls.count(operation) + 1;
            tokio::select! {
                _ = scene.world.books_for(&scene.oak, DAY, "10:00", ANN) => panic!("it was not answered"),
                () = calls.arrived(operation, nth) => {}
            }
            scene.world.leases_run_out().await;
            let id = scene
                .world
                .texts("select id::text from tour_bookings")
                .await
                .remove(0);
            let tour = Tour { id };
            scene.world.pass(minutes(2)).await;
            scene.follows().await;
            assert_shown_once(&scene, &tour).await;
        }
    }
}
