//! Channels end after a week: others take over, hourly looked after beside the mailboxes' watches.

use world::google::Calendar;
use world::{Fault, Property, World, days, hours, minutes};

use super::{SAM, known_channels, nudged, oak};

/// An agent of a property of their own, with a calendar whose channel ends in so many hours, as if it had
/// been opened long ago.
async fn ending(world: &World, address: &str, hours_left: i64) -> (Property, Calendar) {
    let property = world.property(address).await;
    let calendar = world
        .agent_connects(&property, &property.admin, address)
        .await;
    ends_in(world, address, hours_left).await;
    (property, calendar)
}

async fn ends_in(world: &World, address: &str, hours_left: i64) {
    let end = world.now() + hours(hours_left);
    let opened = end - days(7);
    let sql = "update agent_calendars set watch_expiration = $2, watch_renewed_at = $3 where google_email = $1";
    world
        .sql
        .execute(sql, &[&address, &end, &opened])
        .await
        .unwrap();
}

async fn watch_status(world: &World, property: &Property) -> String {
    let config = world.agent_config(property, &property.admin).await;
    config["watchStatus"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_channel_is_replaced_once_a_day_and_the_old_one_stopped() {
    let world = World::start().await;
    let (_, _, calendar) = oak(&world).await;
    world.google.calls().clear();
    let first = calendar.channels().remove(0);
    for _ in 0..22 {
        world.skip(hours(1));
        world.renew_watches().await;
    }
    assert_eq!(world.google.calls().count("events.watch"), 0);
    for _ in 0..3 {
        world.skip(hours(1));
        world.renew_watches().await;
    }
    let calls = world.google.calls().operations();
    let watched: Vec<_> = calls.iter().filter(|call| *call != "token").collect();
    assert_eq!(watched, ["events.watch", "channels.stop"], "in this order");
    let channels = calendar.channels();
    assert_eq!(channels.len(), 1);
    assert_ne!(channels[0].id, first.id);
    assert_ne!(channels[0].token, first.token);
    assert!(channels[0].expires_at > first.expires_at);
    assert_eq!(known_channels(&world).await, [channels[0].id.clone()]);
    let stopped = world.google.calendar(SAM).notifications();
    assert_eq!(stopped.len(), 1);
}

#[tokio::test]
async fn a_channel_that_ends_soon_is_replaced_at_once() {
    let world = World::start().await;
    let (_, _, calendar) = oak(&world).await;
    let first = calendar.channels().remove(0);
    world.renew_watches().await;
    assert_eq!(calendar.channels()[0], first);
    let soon = "update agent_calendars set watch_expiration = $1";
    let end = world.now() + hours(47);
    world.sql.execute(soon, &[&end]).await.unwrap();
    world.renew_watches().await;
    assert_ne!(calendar.channels(), [first]);
}

#[tokio::test]
async fn while_one_takes_over_both_are_heard() {
    let world = World::start().await;
    let (_, _, calendar) = oak(&world).await;
    world.skip(days(1));
    let faults = world.google.faults();
    faults.once("channels.stop", Fault::status(503, "backendError"));
    world.renew_watches().await;
    let pushes = calendar.notifications();
    assert_eq!(pushes.len(), 2);
    nudged(&world, "calendar");
    for push in &pushes {
        assert_eq!(world.deliver_notification(push).await.status, 204);
    }
    assert_eq!(nudged(&world, "calendar").len(), 1, "one calendar is read");

    // What could not be stopped is stopped by the next one.
    world.skip(days(1));
    world.renew_watches().await;
    assert_eq!(calendar.channels().len(), 1);
    assert_eq!(known_channels(&world).await.len(), 1);
    let old = world.deliver_notification(&pushes[0]).await;
    assert_eq!(old.status, 404);
}

#[tokio::test]
async fn one_account_that_fails_does_not_stop_the_others() {
    let world = World::start().await;
    let (broken_property, broken) = ending(&world, "a@oak.test", 1).await;
    let (revoked_property, _) = ending(&world, "b@oak.test", 2).await;
    let (well_property, well) = ending(&world, "c@oak.test", 3).await;
    let before = well.channels().remove(0);
    broken.breaks_down();
    world.google.revoke("b@oak.test");
    world.skip(minutes(1));
    world.renew_watches().await;
    assert_ne!(well.channels(), [before]);
    assert_eq!(watch_status(&world, &well_property).await, "active");
    assert_eq!(watch_status(&world, &broken_property).await, "failing");
    let config = world
        .agent_config(&revoked_property, &revoked_property.admin)
        .await;
    assert_eq!(config["status"], "reauth_required");

    // The one that failed comes after the others next time, and is not forgotten.
    broken.recovers();
    ends_in(&world, "c@oak.test", 3).await;
    let faults = world.google.faults();
    faults.nth("events.watch", 2, Fault::status(503, "backendError"));
    world.renew_watches().await;
    assert_eq!(watch_status(&world, &well_property).await, "active");
    assert_eq!(watch_status(&world, &broken_property).await, "failing");
    world.renew_watches().await;
    assert_eq!(watch_status(&world, &broken_property).await, "active");
}

#[tokio::test]
async fn the_channel_that_ends_first_is_replaced_first_and_mailboxes_take_turns_with_calendars() {
    let world = World::start().await;
    let late = ending(&world, "late@oak.test", 30).await.0;
    let early = ending(&world, "early@oak.test", 10).await.0;
    world.connects(&early, "leasing@oak.test").await;
    let end = world.now() + hours(20);
    let sql = "update gmail_config set watch_expiration = $1";
    world.sql.execute(sql, &[&end]).await.unwrap();
    world.google.calls().clear();
    let faults = world.google.faults();
    faults.nth("events.watch", 2, Fault::Stall); // time for one calendar
    let calls = world.google.calls();
    tokio::select! {
        () = world.renew_watches() => panic!("the second calendar stalls"),
        () = calls.arrived("events.watch", 2) => {}
    }
    assert_eq!(calls.count("watch"), 1, "the mailbox had its turn");
    let renewed = format!(
        "select property_id::text from agent_calendars where watch_expiration > '{}'",
        world.now() + days(6)
    );
    assert_eq!(world.texts(&renewed).await, [early.id.to_string()]);
    world.renew_watches().await;
    assert_eq!(world.texts(&renewed).await.len(), 2);
    assert_eq!(watch_status(&world, &late).await, "active");
}

#[tokio::test]
async fn two_runs_at_once_leave_one_channel_that_works() {
    let world = World::start().await;
    let (oak, agent, calendar) = oak(&world).await;
    world.skip(days(1));
    tokio::join!(
        world.renew_watches(),
        world.renew_watches(),
        world.renew_watches()
    );
    let known = known_channels(&world).await;
    assert_eq!(known.len(), 1);
    let alive: Vec<_> = calendar.channels().into_iter().map(|one| one.id).collect();
    assert_eq!(alive, known);
    let push = calendar.notifications().remove(0);
    assert_eq!(world.deliver_notification(&push).await.status, 204);
    let config = world.agent_config(&oak, &agent).await;
    assert_eq!(config["watchStatus"], "active");
}

#[tokio::test]
async fn an_answer_that_is_lost_leaves_nothing_that_anybody_hears() {
    let world = World::start().await;
    let (oak, agent, calendar) = oak(&world).await;
    world.skip(days(1));
    let faults = world.google.faults();
    faults.once("events.watch", Fault::AnswerLostAfterEffect);
    world.renew_watches().await;
    let pushes = calendar.notifications();
    assert_eq!(pushes.len(), 2, "Google has opened the second");
    let mut statuses = Vec::new();
    for push in &pushes {
        statuses.push(world.deliver_notification(push).await.status);
    }
    assert_eq!(statuses, [204, 404]);
    let config = world.agent_config(&oak, &agent).await;
    assert_eq!(config["watchStatus"], "failing");
    world.renew_watches().await;
    let config = world.agent_config(&oak, &agent).await;
    assert_eq!(config["watchStatus"], "active");
}

#[tokio::test]
async fn a_calendar_that_is_given_up_while_its_channel_opens_is_not_told_of_any_more() {
    let world = World::start().await;
    let (oak, agent, calendar) = oak(&world).await;
    world.skip(days(1));
    let faults = world.google.faults();
    faults.once("events.watch", Fault::Held);
    let calls = world.google.calls();
    let before = calls.count("events.watch");
    let gives_up = async {
        calls.arrived("events.watch", before + 1).await;
        // The grant lives on, so that the channel can be opened and stopped.
        let elm = world.property("Elm House").await;
        world.agent_connects(&elm, &elm.admin, SAM).await;
        world.agent_disconnects(&oak, &agent).await;
        faults.let_go();
    };
    tokio::join!(world.renew_watches(), gives_up);
    let mine: Vec<_> = known_channels(&world).await;
    assert_eq!(mine.len(), 1, "the other property's");
    let alive: Vec<_> = calendar.channels().into_iter().map(|one| one.id).collect();
    assert_eq!(alive, mine);
}

#[tokio::test]
async fn a_limit_met_by_a_renewal_is_honoured_by_everybody() {
    let world = World::start().await;
    let (_, _, _) = oak(&world).await;
    world.skip(days(1));
    let faults = world.google.faults();
    faults.once("events.watch", Fault::too_many(1_800));
    world.renew_watches().await;
    world.google.calls().clear();
    nudged(&world, "calendar");
    world.skip(minutes(29));
    world.renew_watches().await;
    world.sweep().await;
    assert_eq!(world.google.calls().count("events.watch"), 0);
    assert_eq!(nudged(&world, "calendar"), [""; 0]);
    world.skip(minutes(2));
    world.renew_watches().await;
    world.sweep().await;
    assert_eq!(world.google.calls().count("events.watch"), 1);
    assert_eq!(nudged(&world, "calendar").len(), 1);
}

#[tokio::test]
async fn a_calendar_that_nobody_tells_of_is_read_every_ten_minutes_or_a_little_sooner() {
    let world = World::start().await;
    oak(&world).await;
    let read = "update agent_calendars set clean_seq = dirty_seq, last_sync_at = $1";
    world.sql.execute(read, &[&world.now()]).await.unwrap();
    nudged(&world, "calendar");
    world.skip(minutes(7));
    for _ in 0..5 {
        world.sweep().await;
    }
    assert_eq!(nudged(&world, "calendar"), [""; 0]);
    world.skip(minutes(2) + minutes(1) / 2);
    for _ in 0..100 {
        world.sweep().await; // by chance, and sooner or later
    }
    assert_eq!(nudged(&world, "calendar").len(), 1);
    world.skip(minutes(1));
    world.sweep().await;
    assert_eq!(nudged(&world, "calendar").len(), 1);
}
