//! Google's pushes: proven by channel, token and resource, and good for one mark.

use world::google::Notification;
use world::{Fault, World, days, door};

use super::{calendar_id, known_channels, nudged, oak};

/// A push with one header changed, or taken away.
fn with(push: &Notification, name: &str, value: Option<&str>) -> door::Knock {
    let mut knock = door::post("/api/calendar/webhook");
    for (known, given) in push.headers() {
        if !known.eq_ignore_ascii_case(name) {
            knock = knock.header(&known, &given);
        }
    }
    match value {
        Some(value) => knock.header(name, value),
        None => knock,
    }
}

const CHANNEL: &str = "X-Goog-Channel-ID";
const TOKEN: &str = "X-Goog-Channel-Token";
const RESOURCE: &str = "X-Goog-Resource-ID";
const STATE: &str = "X-Goog-Resource-State";

#[tokio::test]
async fn a_push_marks_its_calendar_and_nudges_its_reading() {
    let world = World::start().await;
    let (oak, agent, calendar) = oak(&world).await;
    nudged(&world, "calendar");
    let dirty = "select dirty_seq from agent_calendars";
    let before = world.count(dirty).await;
    calendar.busy("2026-12-07T15:00:00Z", "2026-12-07T16:00:00Z");
    let pushes = world.google.take_notifications();
    let push = pushes.iter().find(|push| push.state == "exists").unwrap();
    let answer = world.deliver_notification(push).await;
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    assert_eq!(world.count(dirty).await, before + 1);
    let id = calendar_id(&world, &oak, &agent).await;
    assert_eq!(nudged(&world, "calendar"), [id]);
    let config = world.agent_config(&oak, &agent).await;
    let heard = config["lastPushAt"].as_str().unwrap();
    assert_eq!(
        heard.parse::<chrono::DateTime<chrono::Utc>>().unwrap(),
        world.now()
    );

    // A deleted calendar's state counts too, and whatever body somebody puts in is not read.
    let gone = with(push, STATE, Some("not_exists")).text("{\"id\": \"<script>");
    assert_eq!(gone.send(&world.app).await.status, 204);
    assert_eq!(world.count(dirty).await, before + 2);
}

#[tokio::test]
async fn a_push_that_is_not_googles_changes_nothing() {
    let world = World::start().await;
    let (_, _, calendar) = oak(&world).await;
    let elm = world.property("Elm House").await;
    let other = world.agent_connects(&elm, &elm.admin, "kim@elm.test").await;
    nudged(&world, "calendar");
    let push = calendar.notifications().remove(0);
    let theirs = other.notifications().remove(0);
    let long = "x".repeat(5_000);
    let attempts = [
        (TOKEN, Some("wrong"), 401),
        (TOKEN, Some(""), 401),
        (TOKEN, None, 401),
        (TOKEN, theirs.token.as_deref(), 401),
        (TOKEN, Some(long.as_str()), 401),
        (RESOURCE, Some("wrong"), 401),
        (RESOURCE, Some(theirs.resource.as_str()), 401),
        (RESOURCE, None, 401),
        (CHANNEL, Some(theirs.channel.as_str()), 401),
        (CHANNEL, Some("8c3f5a1e-0000-4000-8000-000000000000"), 404),
        (CHANNEL, Some("' or 1=1 --"), 404),
        (CHANNEL, Some(""), 404),
        (CHANNEL, None, 404),
    ];
    let before = world.kept().await;
    for (name, value, status) in attempts {
        let answer = with(&push, name, value).send(&world.app).await;
        assert_eq!(answer.status, status, "{name}: {value:?} {}", answer.text);
        // A hello is proven like any other push.
        let mut hello = push.clone();
        hello.state = "sync";
        let answer = with(&hello, name, value).send(&world.app).await;
        assert_eq!(answer.status, status, "{name}: {value:?} {}", answer.text);
    }
    let bare = door::post("/api/calendar/webhook").send(&world.app).await;
    assert_eq!(bare.status, 404);
    assert_eq!(world.kept().await, before);
    assert_eq!(nudged(&world, "calendar"), [""; 0]);

    assert_eq!(world.deliver_notification(&push).await.status, 204);
    assert_eq!(nudged(&world, "calendar").len(), 1);
}

#[tokio::test]
async fn the_first_push_says_hello_and_changes_nothing() {
    let world = World::start().await;
    oak(&world).await;
    nudged(&world, "calendar");
    let pushes = world.google.take_notifications();
    assert_eq!(pushes.len(), 1);
    assert_eq!(pushes[0].state, "sync");
    let before = world.kept().await;
    assert_eq!(world.deliver_notification(&pushes[0]).await.status, 204);
    let odd = with(&pushes[0], STATE, Some("something new"));
    assert_eq!(odd.send(&world.app).await.status, 204);
    let none = with(&pushes[0], STATE, None);
    assert_eq!(none.send(&world.app).await.status, 204);
    assert_eq!(world.kept().await, before);
    assert_eq!(nudged(&world, "calendar"), [""; 0]);
}

#[tokio::test]
async fn a_push_that_is_faster_than_googles_answer_may_only_say_hello() {
    let world = World::start().await;
    let (oak, agent, calendar) = oak(&world).await;
    world.google.take_notifications();
    world.skip(days(1));
    let faults = world.google.faults();
    faults.once("events.watch", Fault::StallAfterEffect);
    let calls = world.google.calls();
    let before = calls.count("events.watch");
    tokio::select! {
        () = world.renew_watches() => panic!("Google never answers"),
        () = calls.arrived("events.watch", before + 1) => {}
    }
    assert_eq!(known_channels(&world).await.len(), 2);
    let hello = loop {
        // The effect follows the arrival.
        match world.google.take_notifications().pop() {
            Some(hello) => break hello,
            None => tokio::task::yield_now().await,
        }
    };
    assert_eq!(world.deliver_notification(&hello).await.status, 204);
    let pushes = calendar.notifications();
    assert_eq!(pushes.len(), 2, "both channels tell");
    let early = pushes.iter().find(|push| push.channel == hello.channel);
    let told = world.deliver_notification(early.unwrap()).await;
    assert_eq!(told.status, 401);
    let old = pushes.iter().find(|push| push.channel != hello.channel);
    assert_eq!(world.deliver_notification(old.unwrap()).await.status, 204);

    // The one that was never answered for is cleared away by the next.
    world.renew_watches().await;
    assert_eq!(known_channels(&world).await.len(), 1);
    let config = world.agent_config(&oak, &agent).await;
    assert_eq!(config["watchStatus"], "active");
    let gone = world.deliver_notification(early.unwrap()).await;
    assert_eq!(gone.status, 404);
}

#[tokio::test]
async fn a_channel_that_has_ended_is_unknown() {
    let world = World::start().await;
    let (_, _, calendar) = oak(&world).await;
    let push = calendar.notifications().remove(0);
    world.skip(days(7));
    assert_eq!(world.deliver_notification(&push).await.status, 404);
    world.skip(-days(1));
    assert_eq!(world.deliver_notification(&push).await.status, 204);
}

#[tokio::test]
async fn a_push_for_a_lost_grant_is_taken_and_starts_nothing() {
    let world = World::start().await;
    let (_, _, calendar) = oak(&world).await;
    nudged(&world, "calendar");
    let lost = "update agent_calendars set status = 'reauth_required'";
    world.sql.batch_execute(lost).await.unwrap();
    let push = calendar.notifications().remove(0);
    let before = world.kept().await;
    assert_eq!(world.deliver_notification(&push).await.status, 204);
    assert_eq!(world.kept().await, before);
}

#[tokio::test]
async fn a_push_that_cannot_be_kept_is_not_acknowledged() {
    let world = World::start().await;
    let (_, _, calendar) = oak(&world).await;
    let push = calendar.notifications().remove(0);
    let down = [("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none")];
    let app = world.another_app(&down);
    let answer = with(&push, "x-none", None).send(&app).await;
    assert!(
        answer.status >= 500,
        "Google tries again: {}",
        answer.status
    );
    assert_eq!(world.deliver_notification(&push).await.status, 204);
}

#[tokio::test]
async fn a_push_is_kept_although_its_nudge_is_lost() {
    let world = World::start().await;
    let (_, _, calendar) = oak(&world).await;
    nudged(&world, "calendar");
    world
        .sql
        .batch_execute("update agent_calendars set clean_seq = dirty_seq, last_sync_at = now() + interval '10 years'")
        .await
        .unwrap();
    world.sweep().await;
    assert_eq!(nudged(&world, "calendar"), [""; 0]);
    world
        .aws
        .faults()
        .times("SendMessage", 10, Fault::status(503, "ServiceUnavailable"));
    let push = calendar.notifications().remove(0);
    assert_eq!(world.deliver_notification(&push).await.status, 204);
    world.aws.faults().clear();
    assert_eq!(nudged(&world, "calendar"), [""; 0]);
    world.sweep().await;
    assert_eq!(nudged(&world, "calendar").len(), 1);
}
