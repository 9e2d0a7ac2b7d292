//! Watches end after a week, are taken away, or fall silent: they are renewed, and the admin sees how they do.

use serde_json::json;
use world::google::Mailbox;
use world::{Fault, Property, World, days, hours, minutes};

use super::inbox::{ANN, LEASING, assert_filed_once, connected, cursor, lose_pushes, oak, stored};

/// Sets when a watch ends, as if it had been renewed long ago.
async fn ends_in(world: &World, address: &str, hours_left: i64) {
    let end = world.now() + hours(hours_left);
    let renewed = end - days(7);
    let sql = "update gmail_config set watch_expiration = $2, watch_renewed_at = $3 where gmail_address = $1";
    world
        .sql
        .execute(sql, &[&address, &end, &renewed])
        .await
        .unwrap();
}

/// The hourly renewal for so many hours.
async fn hours_pass(world: &World, count: i64) {
    for _ in 0..count {
        world.pass(hours(1)).await;
        world.renew_watches().await;
    }
}

async fn watch_status(world: &World, property: &Property) -> String {
    let config = world.config(property).await;
    config["watchStatus"].as_str().unwrap().to_owned()
}

fn renewed_at(mailbox: &Mailbox) -> i64 {
    mailbox.watch().expect("a watch").expires_at
}

#[tokio::test]
async fn every_watch_is_renewed_once_a_day() {
    let world = World::start().await;
    let (_, mailbox) = oak(&world).await;
    world.google.calls().clear();
    let began = renewed_at(&mailbox);
    hours_pass(&world, 22).await;
    assert_eq!(world.google.calls().count("watch"), 0);
    hours_pass(&world, 3).await;
    assert_eq!(world.google.calls().count("watch"), 1);
    assert!(renewed_at(&mailbox) > began);
    hours_pass(&world, 24).await;
    assert_eq!(world.google.calls().count("watch"), 2);
}

#[tokio::test]
async fn a_watch_that_ends_soon_is_renewed_at_once() {
    let world = World::start().await;
    oak(&world).await;
    world.google.calls().clear();
    ends_in(&world, LEASING, 7 * 24 - 2).await;
    world.renew_watches().await;
    assert_eq!(world.google.calls().count("watch"), 0);
    let sql = "update gmail_config set watch_expiration = $1";
    let soon = world.now() + hours(47);
    world.sql.execute(sql, &[&soon]).await.unwrap();
    world.renew_watches().await;
    assert_eq!(world.google.calls().count("watch"), 1);
}

#[tokio::test]
async fn the_watch_that_ends_first_is_renewed_first() {
    let world = World::start().await;
    let addresses = ["a@oak.test", "b@oak.test", "c@oak.test"];
    let mut mailboxes = Vec::new();
    for (address, left) in addresses.iter().zip([30, 10, 20]) {
        mailboxes.push(connected(&world, "Oak Court", address).await.1);
        ends_in(&world, address, left).await;
    }
    world.google.calls().clear();
    let faults = world.google.faults();
    faults.nth("watch", 2, Fault::Stall); // time for one of them
    let calls = world.google.calls();
    tokio::select! {
        () = world.renew_watches() => panic!("the second one stalls"),
        () = calls.arrived("watch", 2) => {}
    }
    let renewed = "select gmail_address from gmail_config where watch_expiration > '2026-12-08'";
    assert_eq!(world.texts(renewed).await, ["b@oak.test"]);
    world.renew_watches().await;
    assert_eq!(world.texts(renewed).await.len(), 3);
}

#[tokio::test]
async fn one_account_that_fails_does_not_stop_the_others() {
    let world = World::start().await;
    let (broken_property, broken) = oak(&world).await;
    let (revoked_property, _) = connected(&world, "Elm Court", "leasing@elm.test").await;
    let (well_property, well) = connected(&world, "Ash Court", "leasing@ash.test").await;
    for (address, left) in [
        (LEASING, 1),
        ("leasing@elm.test", 2),
        ("leasing@ash.test", 3),
    ] {
        ends_in(&world, address, left).await;
    }
    broken.breaks_down();
    world.google.revoke("leasing@elm.test");
    let before = renewed_at(&well);
    world.skip(minutes(1));
    world.renew_watches().await;
    assert!(renewed_at(&well) > before);
    assert_eq!(watch_status(&world, &broken_property).await, "failing");
    assert_eq!(watch_status(&world, &well_property).await, "active");
    let config = world.config(&revoked_property).await;
    assert_eq!(config["status"], "reauth_required");

    // The one that failed comes after the others next time, and is not forgotten.
    broken.recovers();
    ends_in(&world, "leasing@ash.test", 3).await;
    world.google.calls().clear();
    let faults = world.google.faults();
    faults.nth("watch", 2, Fault::status(503, "backendError"));
    world.renew_watches().await;
    assert_eq!(watch_status(&world, &well_property).await, "active");
    assert_eq!(watch_status(&world, &broken_property).await, "failing");
    world.renew_watches().await;
    assert_eq!(watch_status(&world, &broken_property).await, "active");
}

#[tokio::test]
async fn two_runs_at_once_leave_one_watch_that_works() {
    let world = World::start().await;
    let (property, mailbox) = oak(&world).await;
    ends_in(&world, LEASING, 1).await;
    tokio::join!(world.renew_watches(), world.renew_watches());
    assert_eq!(watch_status(&world, &property).await, "active");
    lose_pushes(&world);
    mailbox.receives(ANN, "One", "1");
    assert_eq!(world.google.pending_pushes().len(), 1);
    world.deliver_pushes().await;
    assert_filed_once(&world, &mailbox).await;
}

#[tokio::test]
async fn a_renewal_does_not_move_the_cursor() {
    let world = World::start().await;
    let (_, mailbox) = oak(&world).await;
    let before = cursor(&world, LEASING).await;
    mailbox.receives(ANN, "One", "1"); // the watch answers an id beyond this mail
    lose_pushes(&world);
    ends_in(&world, LEASING, 1).await;
    world.renew_watches().await;
    assert_eq!(cursor(&world, LEASING).await, before);
    lose_pushes(&world);
    world.pass(minutes(1)).await; // a watch that was dead may have missed something
    assert_filed_once(&world, &mailbox).await;
}

#[tokio::test]
async fn another_clients_watch_is_stopped_before_ours_begins() {
    let world = World::start().await;
    let (property, mailbox) = oak(&world).await;
    mailbox.watch_conflict();
    ends_in(&world, LEASING, 1).await;
    world.google.calls().clear();
    world.renew_watches().await;
    let calls = world.google.calls().operations();
    assert_eq!(calls, ["watch", "stop", "watch"]);
    assert_eq!(watch_status(&world, &property).await, "active");
    lose_pushes(&world);
    mailbox.receives(ANN, "One", "1");
    world.deliver_pushes().await;
    assert_filed_once(&world, &mailbox).await;
}

#[tokio::test]
async fn a_watch_that_fell_silent_is_seen_within_a_quarter_of_an_hour_and_begun_again() {
    let world = World::start().await;
    let (property, mailbox) = oak(&world).await;
    world.pass(minutes(30)).await;
    mailbox.receives(ANN, "Told", "1");
    world.deliver_pushes().await;
    world.pass(minutes(10)).await;
    assert_eq!(watch_status(&world, &property).await, "active");

    mailbox.watch_dies(); // Google's date for it is still days away
    let mail = mailbox.receives(ANN, "Untold", "2");
    assert!(world.google.pending_pushes().is_empty());
    world.pass(minutes(15)).await;
    assert!(
        stored(&world, LEASING).await.contains(&mail.id),
        "the sweep found it"
    );
    assert_eq!(watch_status(&world, &property).await, "silent");

    world.renew_watches().await; // long before its day
    assert_eq!(watch_status(&world, &property).await, "active");
    world.deliver_pushes().await;
    mailbox.receives(ANN, "Told again", "3");
    assert_eq!(world.google.pending_pushes().len(), 1);
    world.deliver_pushes().await;
    world.pass(minutes(10)).await;
    assert_eq!(watch_status(&world, &property).await, "active");
    assert_filed_once(&world, &mailbox).await;
}

#[tokio::test]
async fn a_quiet_mailbox_is_no_dead_one() {
    let world = World::start().await;
    let (property, _) = oak(&world).await;
    world.pass(hours(6)).await;
    assert_eq!(watch_status(&world, &property).await, "active");
    world.skip(days(8)); // now it has ended
    assert_eq!(watch_status(&world, &property).await, "expired");
}

#[tokio::test]
async fn after_eight_days_without_the_clock_everything_is_caught_up() {
    let world = World::start().await;
    let (property, mailbox) = oak(&world).await;
    world.skip(days(8));
    mailbox.receives(ANN, "One", "1"); // the watch has ended: nothing is pushed
    mailbox.history_expires();
    assert!(world.google.pending_pushes().is_empty());
    world.renew_watches().await;
    world.pass(minutes(2)).await;
    assert_filed_once(&world, &mailbox).await;
    let config = world.config(&property).await;
    assert_eq!(config["watchStatus"], json!("active"));
    lose_pushes(&world);
    mailbox.receives(ANN, "Two", "2");
    world.deliver_pushes().await;
    assert_filed_once(&world, &mailbox).await;
}

#[tokio::test]
async fn a_limit_met_by_a_renewal_is_honoured_by_everybody() {
    let world = World::start().await;
    let (_, mailbox) = oak(&world).await;
    ends_in(&world, LEASING, 1).await;
    world.google.faults().once("watch", Fault::too_many(1_800));
    world.renew_watches().await;
    world.google.calls().clear();
    mailbox.receives(ANN, "One", "1");
    world.deliver_pushes().await;
    world.pass(minutes(29)).await;
    world.renew_watches().await;
    assert_eq!(super::inbox::gmail_calls(&world), 0);
    world.pass(minutes(2)).await;
    assert_filed_once(&world, &mailbox).await;
    world.renew_watches().await;
    assert_eq!(world.google.calls().count("watch"), 1);
}
