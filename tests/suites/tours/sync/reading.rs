//! How changes are read: every one is found, whatever is lost, late or broken on the way.

use world::{Fault, hours, minutes};

use super::{ANN, BOB, Scene};

const TWO: (&str, &str) = ("2026-12-03T20:00:00Z", "2026-12-03T20:30:00Z");
const AT_TWO: &str = "confirmed 2026-12-03T20:00:00Z synced";

impl Scene {
    async fn token(&self) -> String {
        let sql = "select sync_token from agent_calendars";
        self.world.texts(sql).await.remove(0)
    }
}

#[tokio::test]
async fn a_burst_of_pushes_gives_one_result() {
    let (scene, tour) = Scene::with_tour().await;
    scene.calendar.notifies_twice();
    scene.calendar.moves(&tour.event(0), TWO.0, TWO.1);
    for notification in scene.world.google.take_notifications() {
        for _ in 0..3 {
            scene.world.deliver_notification(&notification).await;
        }
    }
    scene.world.work_at_once().await;
    scene.world.work().await;
    assert_eq!(scene.is(&tour).await, AT_TWO);
    assert_eq!(scene.world.letters_about(&tour).await, ["moved_by_team"]);
}

#[tokio::test]
async fn a_change_that_google_never_told_is_found_by_the_sweep() {
    let (scene, tour) = Scene::with_tour().await;
    scene.calendar.channels_are_silent();
    scene.calendar.moves(&tour.event(0), TWO.0, TWO.1);
    assert_eq!(scene.world.google.take_notifications().len(), 0);
    scene.world.pass(minutes(11)).await;
    assert_eq!(scene.is(&tour).await, AT_TWO);
}

#[tokio::test]
async fn a_lost_nudge_is_made_good_within_a_minute() {
    let (scene, tour) = Scene::with_tour().await;
    scene.calendar.moves(&tour.event(0), TWO.0, TWO.1);
    for notification in scene.world.google.take_notifications() {
        scene.world.deliver_notification(&notification).await;
    }
    scene.world.lose_messages();
    scene.world.pass(minutes(1)).await;
    assert_eq!(scene.is(&tour).await, AT_TWO);
}

#[tokio::test]
async fn a_change_while_we_read_is_read_before_the_lease_is_given_back() {
    let (scene, tour) = Scene::with_tour().await;
    let faults = scene.world.google.faults();
    faults.once("events.list", Fault::Held);
    let listed = scene.world.google.calls().count("events.list") + 1;
    scene
        .calendar
        .busy("2026-12-04T16:00:00Z", "2026-12-04T17:00:00Z");
    let reads = scene.follows();
    let changes = async {
        scene
            .world
            .google
            .calls()
            .arrived("events.list", listed)
            .await;
        scene.calendar.moves(&tour.event(0), TWO.0, TWO.1);
        for notification in scene.world.google.take_notifications() {
            scene.world.deliver_notification(&notification).await;
        }
        faults.let_go();
    };
    tokio::join!(reads, changes);
    scene.world.work().await;
    assert_eq!(scene.is(&tour).await, AT_TWO);
    assert_eq!(scene.world.letters_about(&tour).await, ["moved_by_team"]);
}

#[tokio::test]
async fn an_expired_token_costs_a_whole_list_and_nothing_else() {
    let (scene, moved) = Scene::with_tour().await;
    let kept = scene.books("13:00", BOB).await;
    let deleted = scene.books("15:00", "cat@example.com").await;
    scene.follows().await;
    scene.calendar.channels_are_silent();
    scene.calendar.sync_tokens_expire();
    scene.calendar.moves(&moved.event(0), TWO.0, TWO.1);
    scene.calendar.cancels(&deleted.event(0));
    scene.world.google.calls().clear();
    scene.world.pass(minutes(11)).await;
    assert_eq!(scene.is(&moved).await, AT_TWO);
    assert_eq!(
        scene.is(&kept).await,
        "confirmed 2026-12-03T19:00:00Z synced"
    );
    assert_eq!(
        scene.is(&deleted).await,
        "cancelled 2026-12-03T21:00:00Z synced"
    );
    assert_eq!(scene.writes(), 0);
    assert_eq!(scene.world.history_of(&kept).await, ["user tour.booked"]);
    // From here on by the new token.
    scene.world.google.calls().clear();
    scene.world.pass(minutes(11)).await;
    assert_eq!(scene.world.google.calls().count("events.list"), 1);
}

#[tokio::test]
async fn a_tour_that_the_whole_list_does_not_name_is_asked_for() {
    let (scene, tour) = Scene::with_tour().await;
    // Moved to long ago: the list goes back one day only.
    scene.calendar.channels_are_silent();
    scene.calendar.sync_tokens_expire();
    scene.calendar.moves(
        &tour.event(0),
        "2026-11-20T16:00:00Z",
        "2026-11-20T16:30:00Z",
    );
    scene.world.google.calls().clear();
    scene
        .world
        .google
        .faults()
        .once("events.get", Fault::status(500, "backendError"));
    let before = scene.token().await;
    scene.world.pass(minutes(10)).await;
    scene.world.google.calls().arrived("events.get", 1).await;
    scene.world.pass(minutes(15)).await;
    assert!(
        scene.world.google.calls().count("events.get") > 1,
        "asked again"
    );
    assert_ne!(scene.token().await, before);
    assert_eq!(
        scene.is(&tour).await,
        "confirmed 2026-11-20T16:00:00Z synced"
    );
}

#[tokio::test]
async fn a_lookup_that_fails_leaves_the_tour_and_the_token_as_they_are() {
    let (scene, tour) = Scene::with_tour().await;
    let other = scene.books("13:00", BOB).await;
    scene.follows().await;
    let before = scene.token().await;
    let faults = scene.world.google.faults();
    faults.about(
        "events.get",
        &tour.event(0),
        Fault::status(500, "backendError"),
    );
    scene.calendar.cancels(&tour.event(0));
    scene.calendar.cancels(&other.event(0));
    scene.follows().await;
    assert_eq!(
        scene.is(&tour).await,
        "confirmed 2026-12-03T16:00:00Z synced"
    );
    assert_eq!(
        scene.is(&other).await,
        "cancelled 2026-12-03T19:00:00Z synced",
        "not held up"
    );
    assert_eq!(scene.token().await, before);
    faults.clear();
    scene.world.pass(minutes(10)).await;
    assert_eq!(
        scene.is(&tour).await,
        "cancelled 2026-12-03T16:00:00Z synced"
    );
    assert_ne!(scene.token().await, before);
    assert_eq!(
        scene.world.letters_about(&other).await,
        ["cancelled_by_team"]
    );
}

#[tokio::test]
async fn a_failure_on_the_second_page_keeps_the_token_and_loses_nothing() {
    let (scene, first) = Scene::with_tour().await;
    let second = scene.books("13:00", BOB).await;
    scene.follows().await;
    let before = scene.token().await;
    scene.calendar.cancels(&first.event(0));
    scene.calendar.cancels(&second.event(0));
    scene.calendar.pages_hold(1);
    scene.calendar.fails_on_page(2);
    scene.follows().await;
    let cancelled = "select count(*) from tour_bookings where status = 'cancelled'";
    assert_eq!(
        scene.world.count(cancelled).await,
        1,
        "the first page is followed"
    );
    assert_eq!(scene.token().await, before);
    scene.calendar.recovers();
    scene.calendar.pages_hold(1);
    scene.world.pass(minutes(10)).await;
    assert_eq!(scene.world.count(cancelled).await, 2);
    assert_ne!(scene.token().await, before);
    let letters = "select count(*) from tour_letters where kind = 'cancelled_by_team'";
    assert_eq!(scene.world.count(letters).await, 2);
}

#[tokio::test]
async fn a_calendar_that_asks_for_patience_gets_it() {
    let (scene, tour) = Scene::with_tour().await;
    scene
        .world
        .google
        .faults()
        .once("events.list", Fault::too_many(1800));
    scene.calendar.moves(&tour.event(0), TWO.0, TWO.1);
    scene.world.google.calls().clear();
    scene.follows().await;
    scene.world.pass(minutes(29)).await;
    assert_eq!(scene.world.google.calls().count("events.list"), 1);
    scene.world.pass(minutes(3)).await;
    assert_eq!(scene.is(&tour).await, AT_TWO);
}

#[tokio::test]
async fn a_calendar_that_is_away_is_asked_less_and_less_often() {
    let (scene, tour) = Scene::with_tour().await;
    scene.calendar.breaks_down();
    scene.calendar.moves(&tour.event(0), TWO.0, TWO.1);
    scene.world.google.calls().clear();
    scene.follows().await;
    scene.world.pass(hours(1)).await;
    let asked = scene.world.google.calls().count("events.list");
    assert!((5..40).contains(&asked), "{asked} calls in an hour");
    assert_eq!(
        scene.is(&tour).await,
        "confirmed 2026-12-03T16:00:00Z synced"
    );
    scene.calendar.recovers();
    scene.world.pass(minutes(11)).await;
    assert_eq!(scene.is(&tour).await, AT_TWO);
}

#[tokio::test]
async fn a_paused_calendar_is_still_followed() {
    let (scene, tour) = Scene::with_tour().await;
    let paused = serde_json::json!({ "syncEnabled": false });
    scene.world.agent_sets(&scene.oak, &scene.kim, paused).await;
    scene.calendar.moves(&tour.event(0), TWO.0, TWO.1);
    scene.follows().await;
    assert_eq!(scene.is(&tour).await, AT_TWO);
}

#[tokio::test]
async fn a_function_killed_while_it_reads_is_made_good_at_every_call() {
    for operation in ["events.list", "events.get"] {
        let (scene, tour) = Scene::with_tour().await;
        scene.calendar.moves(&tour.event(0), TWO.0, TWO.1);
        for notification in scene.world.google.take_notifications() {
            scene.world.deliver_notification(&notification).await;
        }
        scene.world.killed_at(operation, 1).await;
        assert_eq!(
            scene.is(&tour).await,
            "confirmed 2026-12-03T16:00:00Z synced"
        );
        scene.world.pass(minutes(1)).await;
        assert_eq!(scene.is(&tour).await, AT_TWO, "{operation}");
        assert_eq!(scene.world.letters_about(&tour).await, ["moved_by_team"]);
        assert_eq!(scene.mails(ANN).len(), 1);
    }
}
