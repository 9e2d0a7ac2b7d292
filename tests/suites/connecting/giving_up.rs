//! Disconnecting: revoked, stopped, erased, even while Google is down.

use serde_json::{Value, json};
use world::google::Consent;
use world::{Fault, World, days, minutes};

use super::{audited, disconnects, grants};

const OWED: &str = "select count(*) from grant_revocations";

#[tokio::test]
async fn giving_a_mailbox_up_revokes_stops_and_erases() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let mailbox = world.connects(&oak, "leasing@oak.test").await;
    mailbox.receives("Ann Lee <ann@example.com>", "2BR?", "Any two-bedrooms?");
    world.deliver_pushes().await;

    assert_eq!(
        disconnects(&world, &oak, &oak.admin.token).await.status,
        204
    );
    assert_eq!(world.google.calls().count("revoke"), 1);
    assert!(mailbox.watch().is_none());
    assert_eq!(grants(&world).await, 0);
    assert_eq!(world.count(OWED).await, 0);
    let config = world.config(&oak).await;
    assert_eq!(config["status"], json!("disconnected"));
    assert_eq!(config["watchExpiration"], Value::Null);
    assert_eq!(world.count("select count(*) from email_messages").await, 1);

    // Again: nothing more to do, and nothing to complain about.
    assert_eq!(
        disconnects(&world, &oak, &oak.admin.token).await.status,
        204
    );
    assert_eq!(world.google.calls().count("revoke"), 1);
    assert_eq!(
        audited(&world).await,
        ["mailbox.connected", "mailbox.disconnected"]
    );
}

#[tokio::test]
async fn nothing_happens_in_a_mailbox_that_was_given_up() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let mailbox = world.connects(&oak, "leasing@oak.test").await;
    mailbox.receives("Ann Lee <ann@example.com>", "2BR?", "Any two-bedrooms?");
    world.deliver_pushes().await; // a reply is due in five minutes
    disconnects(&world, &oak, &oak.admin.token).await;
    world.google.calls().clear();

    mailbox.receives("Bob Ray <bob@example.com>", "1BR?", "Any one-bedrooms?");
    let push = mailbox.push();
    assert_eq!(world.deliver_push(&push).await.status, 204);
    world.pass(minutes(15)).await;
    world.renew_watches().await;
    assert_eq!(world.google.calls().operations(), [""; 0]);
    assert_eq!(world.google.delivered().len(), 0);
    assert_eq!(
        world.texts("select state from email_replies").await,
        ["cancelled"]
    );
    world.finish().await;
}

#[tokio::test]
async fn a_property_that_never_had_a_mailbox_may_give_it_up() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    assert_eq!(
        disconnects(&world, &oak, &oak.admin.token).await.status,
        204
    );
    assert_eq!(audited(&world).await, [""; 0]);
}

#[tokio::test]
async fn a_viewer_may_not_give_a_mailbox_up_and_a_manager_may() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    world.connects(&oak, "leasing@oak.test").await;
    let viewer = world.person(Some(oak.org), "viewer").await;
    let manager = world.person(Some(oak.org), "manager").await;
    let refused = disconnects(&world, &oak, &viewer.token).await;
    assert_eq!((refused.status, refused.code()), (403, "forbidden"));
    assert_eq!(grants(&world).await, 1);
    assert_eq!(disconnects(&world, &oak, &manager.token).await.status, 204);
    assert_eq!(grants(&world).await, 0);
}

#[tokio::test]
async fn with_google_down_the_grant_is_erased_now_and_revoked_later() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    world.connects(&oak, "leasing@oak.test").await;
    for operation in ["stop", "revoke", "token"] {
        let down = Fault::status(503, "backendError");
        world.google.faults().always(operation, down);
    }
    assert_eq!(
        disconnects(&world, &oak, &oak.admin.token).await.status,
        204
    );
    assert_eq!(grants(&world).await, 0);
    assert_eq!(world.count(OWED).await, 1);
    let kept = world.everything().await["public.grant_revocations"].join("");
    assert!(kept.contains("v1.k1."), "sealed: {kept}");

    world.pass(minutes(20)).await;
    let asked = world.google.calls().count("revoke");
    assert!((3..=8).contains(&asked), "less and less often: {asked}");
    world.google.faults().clear();
    world.pass(minutes(20)).await;
    assert_eq!(world.count(OWED).await, 0);
    assert_eq!(world.google.calls().count("revoke"), asked + 1);
    world.finish().await;
}

#[tokio::test]
async fn a_function_that_dies_while_it_gives_up_leaves_the_rest_to_the_sweep() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    world.connects(&oak, "leasing@oak.test").await;
    world.google.faults().once("revoke", Fault::Stall);
    let calls = world.google.calls();
    tokio::select! {
        _ = disconnects(&world, &oak, &oak.admin.token) => panic!("Google never answers"),
        () = calls.arrived("revoke", 1) => {}
    }
    assert_eq!(grants(&world).await, 0);
    assert_eq!(world.count(OWED).await, 1);
    world.pass(minutes(2)).await;
    assert_eq!(world.count(OWED).await, 0);
    assert_eq!(calls.count("revoke"), 2);
}

#[tokio::test]
async fn a_grant_that_google_ended_first_counts_as_revoked() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    world.connects(&oak, "leasing@oak.test").await;
    world.google.revoke("leasing@oak.test");
    assert_eq!(
        disconnects(&world, &oak, &oak.admin.token).await.status,
        204
    );
    assert_eq!(grants(&world).await, 0);
    assert_eq!(world.count(OWED).await, 0);
}

#[tokio::test]
async fn who_connects_again_is_not_cut_off_by_the_old_revocation() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let elm = world.property("Elm House").await;
    let mailbox = world.connects(&oak, "leasing@oak.test").await;
    let down = Fault::status(503, "backendError");
    world.google.faults().always("revoke", down);
    disconnects(&world, &oak, &oak.admin.token).await;
    assert_eq!(world.count(OWED).await, 1);

    // At whichever property: Google revokes all grants of an account together.
    world.connects(&elm, "leasing@oak.test").await;
    world.google.faults().clear();
    world.pass(minutes(30)).await;
    assert_eq!(world.count(OWED).await, 0);
    mailbox.receives("Ann Lee <ann@example.com>", "2BR?", "Any two-bedrooms?");
    world.deliver_pushes().await;
    assert_eq!(world.config(&elm).await["status"], json!("connected"));
    assert_eq!(world.count("select count(*) from email_messages").await, 1);
}

#[tokio::test]
async fn a_mailbox_connected_again_after_it_was_given_up_starts_anew() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let mailbox = world.connects(&oak, "leasing@oak.test").await;
    disconnects(&world, &oak, &oak.admin.token).await;
    world.skip(days(3));
    mailbox.receives("Ann Lee <ann@example.com>", "Meanwhile", "One?");
    world.skip(minutes(1));
    let answer = world
        .consents(&oak, Consent::allow("leasing@oak.test"))
        .await;
    assert_eq!(answer.status, 302);
    world.work().await;
    mailbox.receives("Bob Ray <bob@example.com>", "Afterwards", "Two?");
    world.deliver_pushes().await;
    let subjects = "select subject from email_messages order by sent_at";
    assert_eq!(world.texts(subjects).await, ["Afterwards"]);
    assert_eq!(audited(&world).await.last().unwrap(), "mailbox.connected");
    world.finish().await;
}
