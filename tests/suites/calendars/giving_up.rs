//! Disconnecting a calendar: its channels stopped, its grant revoked unless it is in use elsewhere.

use serde_json::{Value, json};
use world::agents::calendar_config;
use world::{Fault, Property, World, door, minutes};

use super::{SAM, audited, grants, known_channels, link, oak, tour};

const OWED: &str = "select count(*) from grant_revocations";

#[tokio::test]
async fn giving_a_calendar_up_stops_revokes_and_erases_and_tours_stand() {
    let world = World::start().await;
    let (oak, agent, calendar) = oak(&world).await;
    let booked = tour(&world, &oak, &agent, 48, "synced").await;
    let pending = tour(&world, &oak, &agent, 72, "pending").await;
    let over = tour(&world, &oak, &agent, -48, "synced").await;

    assert_eq!(world.agent_disconnects(&oak, &agent).await.status, 204);
    assert_eq!(calendar.channels(), []);
    assert_eq!(known_channels(&world).await, [""; 0]);
    assert_eq!(grants(&world).await, 0);
    assert_eq!(world.google.calls().count("revoke"), 1);
    assert_eq!(world.count(OWED).await, 0);
    for open in [booked, pending] {
        assert_eq!(link(&world, open).await, "failed calendar_disconnected");
    }
    assert_eq!(link(&world, over).await, "synced");
    let live = "select count(*) from tour_bookings where status = 'confirmed'";
    assert_eq!(world.count(live).await, 3);
    let config = world.agent_config(&oak, &agent).await;
    assert_eq!(config["status"], "disconnected");
    assert_eq!(config["channelExpiration"], Value::Null);
    assert_eq!(config["watchStatus"], "none");

    // Again: nothing more to do, and nothing to complain about.
    assert_eq!(world.agent_disconnects(&oak, &agent).await.status, 204);
    assert_eq!(world.google.calls().count("revoke"), 1);
    assert_eq!(
        audited(&world).await,
        ["calendar.connected", "calendar.disconnected"]
    );

    world.agent_connects(&oak, &agent, SAM).await;
    assert_eq!(link(&world, booked).await, "synced", "shown again");
}

#[tokio::test]
async fn who_never_connected_a_calendar_may_give_it_up() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let agent = world.agent(&oak).await;
    assert_eq!(world.agent_disconnects(&oak, &agent).await.status, 204);
    assert_eq!(audited(&world).await, [""; 0]);
}

#[tokio::test]
async fn a_grant_that_is_in_use_elsewhere_lives_on() {
    let world = World::start().await;
    let (oak, agent, _) = oak(&world).await;
    let mailbox = world.connects(&oak, SAM).await;
    world.agent_disconnects(&oak, &agent).await;
    world.pass(minutes(3)).await;
    assert_eq!(world.google.calls().count("revoke"), 0);
    mailbox.receives("Ann Lee <ann@example.com>", "2BR?", "Any two-bedrooms?");
    world.deliver_pushes().await;
    assert_eq!(world.count("select count(*) from email_messages").await, 1);

    // And the other way round: the mailbox goes, a calendar at another property stays.
    let elm = world.property("Elm House").await;
    let calendar = world.agent_connects(&elm, &elm.admin, SAM).await;
    let path = format!("/api/lumaleasing/gmail/config?propertyId={}", oak.id);
    let knock = door::delete(&path).bearer(&oak.admin.token);
    assert_eq!(knock.send(&world.app).await.status, 204);
    world.sweep().await;
    assert_eq!(world.google.calls().count("revoke"), 0);

    world.agent_disconnects(&elm, &elm.admin).await;
    assert_eq!(world.google.calls().count("revoke"), 1, "the last one");
    assert_eq!(calendar.channels(), []);
}

#[tokio::test]
async fn with_google_down_the_grant_is_erased_now_and_revoked_later() {
    let world = World::start().await;
    let (oak, agent, _) = oak(&world).await;
    for operation in ["channels.stop", "revoke", "token"] {
        let down = Fault::status(503, "backendError");
        world.google.faults().always(operation, down);
    }
    assert_eq!(world.agent_disconnects(&oak, &agent).await.status, 204);
    assert_eq!(grants(&world).await, 0);
    assert_eq!(known_channels(&world).await, [""; 0]);
    assert_eq!(world.count(OWED).await, 1);
    world.google.faults().clear();
    world.skip(minutes(5));
    world.sweep().await;
    assert_eq!(world.count(OWED).await, 0);
    assert_eq!(world.google.calls().count("revoke"), 2);
}

/// The status of giving up a named agent's calendar.
async fn gives_up(world: &World, property: &Property, token: &str, agent: &str) -> u16 {
    let path = format!("{}&profileId={agent}", calendar_config(property));
    door::delete(&path)
        .bearer(token)
        .send(&world.app)
        .await
        .status
}

#[tokio::test]
async fn a_manager_may_give_an_agents_calendar_up_and_another_agent_may_not() {
    let world = World::start().await;
    let (oak, sam, _) = oak(&world).await;
    let kim = world.agent(&oak).await;
    let manager = world.person(Some(oak.org), "manager").await;
    let (sam, nobody) = (sam.id.to_string(), uuid::Uuid::new_v4().to_string());
    assert_eq!(gives_up(&world, &oak, &kim.token, &sam).await, 403);
    assert_eq!(gives_up(&world, &oak, &manager.token, &nobody).await, 404);
    assert_eq!(grants(&world).await, 1);
    assert_eq!(gives_up(&world, &oak, &manager.token, &sam).await, 204);
    assert_eq!(grants(&world).await, 0);
    let actor = world
        .texts("select actor_id::text from audit_log where action = 'calendar.disconnected'")
        .await;
    assert_eq!(json!(actor), json!([manager.id]));
}

#[tokio::test]
async fn nobody_calls_google_about_a_calendar_that_was_given_up() {
    let world = World::start().await;
    let (oak, agent, calendar) = oak(&world).await;
    let push = calendar.notifications().remove(0);
    world.agent_disconnects(&oak, &agent).await;
    world.google.calls().clear();
    assert_eq!(world.deliver_notification(&push).await.status, 404);
    world.pass(minutes(15)).await;
    world.renew_watches().await;
    assert_eq!(world.google.calls().operations(), [""; 0]);
}
