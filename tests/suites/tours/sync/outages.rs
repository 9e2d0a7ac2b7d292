//! Google is away, or takes the calendar away: the tour stays.

use world::google::InviteKind::{Cancel, Invite, Update};
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

#[tokio::test]
async fn whoever_changes_a_tour_and_dies_over_any_call_has_changed_it() {
    for fault in [Fault::Stall, Fault::StallAfterEffect] {
        for operation in ["events.patch", "events.delete"] {
            let (scene, tour) = Scene::with_tour().await;
            let calls = scene.world.google.calls();
            let nth = calls.count(operation) + 1;
            scene.world.google.faults().once(operation, fault.clone());
            let changes = async {
                match operation {
                    "events.patch" => {
                        let world = &scene.world;
                        world
                            .team_moves(&scene.oak, &tour, super::DAY, "11:00")
                            .await;
                    }
                    _ => scene.world.team_cancels(&scene.oak, &tour).await,
                }
            };
            tokio::select! {
                () = changes => panic!("it was not answered"),
                () = calls.arrived(operation, nth) => {}
            }
            scene.world.leases_run_out().await;
            scene.world.pass(minutes(2)).await;
            scene.follows().await;
            let (state, mail) = match operation {
                "events.patch" => ("confirmed 2026-12-03T17:00:00Z synced", Update),
                _ => ("cancelled 2026-12-03T16:00:00Z synced", Cancel),
            };
            assert_eq!(scene.is(&tour).await, state, "{fault:?}");
            assert_eq!(scene.mails(ANN), [Invite, mail], "{fault:?}");
        }
    }
}

#[tokio::test]
async fn tours_go_along_into_another_calendar_and_nobody_is_told() {
    let (scene, tour) = Scene::with_tour().await;
    let team = scene.calendar.another("Team");
    let chosen = serde_json::json!({ "calendarId": team.id() });
    scene.world.agent_sets(&scene.oak, &scene.kim, chosen).await;
    scene.world.work().await;
    scene.follows().await;
    assert_eq!(
        scene.is(&tour).await,
        "confirmed 2026-12-03T16:00:00Z synced"
    );
    assert_eq!(scene.calendar.events().len(), 0);
    assert_eq!(team.events().len(), 1);
    assert_eq!(scene.mails(ANN), [Invite]);
    // And is followed there.
    team.cancels(&tour.event(0));
    scene.follows().await;
    assert_eq!(
        scene.is(&tour).await,
        "cancelled 2026-12-03T16:00:00Z synced"
    );
}
