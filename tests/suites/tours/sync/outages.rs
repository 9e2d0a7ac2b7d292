//! Google is away, or takes the calendar away: the tour stays.

use world::google::InviteKind::Invite;
use world::{Fault, hours, minutes};

use super::{ANN, Scene};

#[tokio::test]
async fn an_hour_without_google_delays_one_event_and_one_invitation() {
    let scene = Scene::start().await;
    let faults = scene.world.google.faults();
    for operation in ["events.insert", "events.get", "events.list"] {
        faults.always(operation, Fault::status(503, "backendError"));
    }
    let tour = scene.books("10:00", ANN).await;
    scene.world.google.calls().clear();
    scene.world.pass(hours(1)).await;
    let waiting = scene.is(&tour).await;
    assert!(
        waiting.starts_with("confirmed 2026-12-03T16:00:00Z pending"),
        "{waiting}"
    );
    let tried = scene.world.google.calls().count("events.insert");
    assert!((3..20).contains(&tried), "{tried} tries in an hour");
    faults.clear();
    scene.world.pass(minutes(15)).await;
    assert_eq!(
        scene.is(&tour).await,
        "confirmed 2026-12-03T16:00:00Z synced"
    );
    assert_eq!(scene.calendar.events().len(), 1);
    assert_eq!(scene.mails(ANN), [Invite]);
}

#[tokio::test]
async fn a_calendar_that_is_gone_takes_no_tour_with_it() {
    let (scene, tour) = Scene::with_tour().await;
    let faults = scene.world.google.faults();
    faults.once("events.patch", Fault::status(503, "backendError"));
    scene
        .world
        .team_moves(&scene.oak, &tour, super::DAY, "11:00")
        .await;
    scene.calendar.disappears();
    scene.world.pass(minutes(20)).await;
    assert_eq!(
        scene.is(&tour).await,
        "confirmed 2026-12-03T17:00:00Z failed calendar_gone"
    );
    assert_eq!(scene.world.letters_about(&tour).await, [] as [&str; 0]);
}

#[tokio::test]
async fn a_calendar_that_may_not_be_written_to_is_told_to_a_person() {
    let scene = Scene::start().await;
    let forbidden = Fault::status(403, "requiredAccessLevel");
    scene
        .world
        .google
        .faults()
        .always("events.insert", forbidden);
    let tour = scene.books("10:00", ANN).await;
    scene.world.pass(minutes(20)).await;
    let failed = scene.is(&tour).await;
    assert_eq!(
        failed,
        "confirmed 2026-12-03T16:00:00Z failed calendar_forbidden"
    );
    assert_eq!(scene.world.google.calls().count("events.insert"), 1);
}
