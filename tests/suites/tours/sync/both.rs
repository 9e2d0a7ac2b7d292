//! Both sides change the same tour: the last edit of a person wins, cancelling beats moving, and what
//! loses is in the audit log.

use world::google::InviteKind::{Cancel, Invite, Update};
use world::{Fault, minutes};

use super::{ANN, DAY, Scene};

const TWO: (&str, &str) = ("2026-12-03T20:00:00Z", "2026-12-03T20:30:00Z");

#[tokio::test]
async fn the_agents_move_wins_over_an_earlier_one_that_google_does_not_have_yet() {
    let (scene, tour) = Scene::with_tour().await;
    let faults = scene.world.google.faults();
    faults.always("events.patch", Fault::status(503, "backendError"));
    scene
        .world
        .team_moves(&scene.oak, &tour, DAY, "11:00")
        .await;
    scene.world.skip(minutes(1));
    scene.calendar.moves(&tour.event(0), TWO.0, TWO.1);
    faults.clear();
    scene.follows().await;
    scene.world.pass(minutes(10)).await;
    assert_eq!(
        scene.is(&tour).await,
        "confirmed 2026-12-03T20:00:00Z synced"
    );
    assert_eq!(scene.mails(ANN), [Invite], "our move was never told");
    let lost = "select before->>'starts_at' from audit_log where action = 'tour.moved' and actor_kind = 'google'";
    assert_eq!(scene.world.texts(lost).await, ["2026-12-03T17:00:00Z"]);
}

#[tokio::test]
async fn our_move_wins_over_an_earlier_one_of_the_agents() {
    let (scene, tour) = Scene::with_tour().await;
    scene.calendar.moves(&tour.event(0), TWO.0, TWO.1);
    scene.world.skip(minutes(1));
    scene
        .world
        .team_moves(&scene.oak, &tour, DAY, "11:00")
        .await;
    scene.follows().await;
    scene.world.pass(minutes(10)).await;
    assert_eq!(
        scene.is(&tour).await,
        "confirmed 2026-12-03T17:00:00Z synced"
    );
    let event = scene.calendar.event(&tour.event(0));
    assert_eq!(event.starts_at().to_rfc3339(), "2026-12-03T17:00:00+00:00");
    assert_eq!(scene.mails(ANN), [Invite, Update]);
    let lost = "select before->>'starts_at' from audit_log where action = 'tour.move_overruled'";
    assert_eq!(scene.world.texts(lost).await, ["2026-12-03T20:00:00Z"]);
}

#[tokio::test]
async fn an_answer_while_our_move_is_on_its_way_moves_nothing_back() {
    let (scene, tour) = Scene::with_tour().await;
    let faults = scene.world.google.faults();
    faults.always("events.patch", Fault::status(503, "backendError"));
    scene
        .world
        .team_moves(&scene.oak, &tour, DAY, "11:00")
        .await;
    scene.world.skip(minutes(1));
    scene
        .calendar
        .rsvp(&tour.event(0), ANN, world::google::Rsvp::Accepted);
    faults.clear();
    scene.follows().await;
    scene.world.pass(minutes(10)).await;
    assert_eq!(
        scene.is(&tour).await,
        "confirmed 2026-12-03T17:00:00Z synced"
    );
    assert_eq!(scene.mails(ANN), [Invite, Update]);
    let lost = "select count(*) from audit_log where action = 'tour.move_overruled'";
    assert_eq!(scene.world.count(lost).await, 0, "nobody moved it but we");
}

#[tokio::test]
async fn a_tour_that_we_cancel_stays_cancelled_wherever_the_agent_moves_it() {
    let (scene, tour) = Scene::with_tour().await;
    let faults = scene.world.google.faults();
    faults.always("events.delete", Fault::status(503, "backendError"));
    scene.world.team_cancels(&scene.oak, &tour).await;
    scene.world.skip(minutes(1));
    scene.calendar.moves(&tour.event(0), TWO.0, TWO.1);
    scene.follows().await;
    faults.clear();
    scene.world.pass(minutes(10)).await;
    assert_eq!(
        scene.is(&tour).await,
        "cancelled 2026-12-03T16:00:00Z synced"
    );
    assert_eq!(scene.calendar.events().len(), 0);
    assert_eq!(scene.mails(ANN), [Invite, Cancel]);
    let lost = "select before->>'starts_at' from audit_log where action = 'tour.move_overruled'";
    assert_eq!(scene.world.texts(lost).await, ["2026-12-03T20:00:00Z"]);
}

#[tokio::test]
async fn a_tour_that_the_agent_deletes_stays_cancelled_wherever_we_move_it() {
    let (scene, tour) = Scene::with_tour().await;
    scene.calendar.cancels(&tour.event(0));
    scene.world.skip(minutes(1));
    scene
        .world
        .team_moves(&scene.oak, &tour, DAY, "11:00")
        .await;
    scene.follows().await;
    scene.world.pass(minutes(10)).await;
    assert_eq!(
        scene.is(&tour).await,
        "cancelled 2026-12-03T17:00:00Z synced"
    );
    assert_eq!(scene.calendar.events().len(), 0);
    assert_eq!(
        scene.world.letters_about(&tour).await,
        ["cancelled_by_team"]
    );
}

#[tokio::test]
async fn deleted_on_both_sides_is_cancelled_once() {
    let (scene, tour) = Scene::with_tour().await;
    let faults = scene.world.google.faults();
    faults.always("events.delete", Fault::status(503, "backendError"));
    scene.world.team_cancels(&scene.oak, &tour).await;
    scene.calendar.cancels(&tour.event(0));
    scene.follows().await;
    faults.clear();
    scene.world.pass(minutes(10)).await;
    assert_eq!(
        scene.is(&tour).await,
        "cancelled 2026-12-03T16:00:00Z synced"
    );
    let history = scene.world.history_of(&tour).await;
    assert_eq!(history, ["user tour.booked", "user tour.cancelled"]);
}

#[tokio::test]
async fn a_list_that_is_older_than_our_move_does_not_undo_it() {
    let (scene, tour) = Scene::with_tour().await;
    scene
        .calendar
        .rsvp(&tour.event(0), ANN, world::google::Rsvp::Accepted);
    // The list is answered, and before it is worked on, the team moves the tour.
    let faults = scene.world.google.faults();
    faults.once("events.get", Fault::Held);
    let asked = scene.world.google.calls().count("events.get") + 1;
    let moves = async {
        scene
            .world
            .google
            .calls()
            .arrived("events.get", asked)
            .await;
        scene
            .world
            .team_moves(&scene.oak, &tour, DAY, "11:00")
            .await;
        faults.let_go();
    };
    tokio::join!(scene.follows(), moves);
    scene.follows().await;
    scene.world.pass(minutes(10)).await;
    assert_eq!(
        scene.is(&tour).await,
        "confirmed 2026-12-03T17:00:00Z synced"
    );
    assert_eq!(scene.mails(ANN), [Invite, Update]);
    assert_eq!(scene.world.letters_about(&tour).await, [] as [&str; 0]);
}
