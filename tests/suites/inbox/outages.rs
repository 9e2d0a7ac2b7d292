//! Google asks for patience, or is away: for one mailbox, for all, for a while.

use serde_json::json;
use world::{Fault, World, hours, minutes};

use super::{
    ANN, LEASING, aside, assert_filed_once, connected, gmail_calls, oak, receives_many, stored,
    sync_now,
};

#[tokio::test]
async fn a_mailbox_with_an_outage_does_not_stop_the_others() {
    let world = World::start().await;
    let (property, broken) = oak(&world).await;
    let (_, well) = connected(&world, "Elm Court", "leasing@elm.test").await;
    broken.receives(ANN, "One", "1");
    broken.breaks_down();
    world.deliver_pushes().await;
    for minute in 0..20 {
        well.receives(ANN, "Two", "2");
        world.deliver_pushes().await;
        assert_filed_once(&world, &well).await;
        world.pass(minutes(1)).await;
        assert_eq!(stored(&world, LEASING).await.len(), 0, "minute {minute}");
    }
    let config = world.config(&property).await;
    assert_eq!(config["status"], "connected");
    assert_eq!(
        config["lastError"],
        "Google could not be reached (503 backendError)"
    );
    assert_eq!(
        aside(&world).await,
        Vec::<String>::new(),
        "no message is to blame"
    );
    broken.recovers();
    world.pass(minutes(11)).await;
    assert_filed_once(&world, &broken).await;
    let config = world.config(&property).await;
    assert!(config["lastError"].is_null());
}

#[tokio::test]
async fn an_outage_is_asked_about_less_and_less_often() {
    let world = World::start().await;
    let (_, mailbox) = oak(&world).await;
    mailbox.breaks_down();
    mailbox.receives(ANN, "One", "1");
    world.google.calls().clear();
    world.deliver_pushes().await;
    world.pass(minutes(60)).await;
    let asked = gmail_calls(&world);
    assert!((10..40).contains(&asked), "{asked} calls in an hour");
}

#[tokio::test]
async fn an_outage_in_the_middle_of_a_page_blames_no_message() {
    let world = World::start().await;
    let (_, mailbox) = oak(&world).await;
    receives_many(&mailbox, 4);
    let faults = world.google.faults();
    for operation in ["messages.get", "getProfile"] {
        faults.always(operation, Fault::status(503, "backendError"));
    }
    world.deliver_pushes().await;
    assert_eq!(aside(&world).await, Vec::<String>::new());
    faults.clear();
    world.pass(minutes(1)).await;
    assert_filed_once(&world, &mailbox).await;
}

#[tokio::test]
async fn a_limit_is_honoured_by_its_reason_and_caught_up_with_afterwards() {
    let limits = [
        (429, "rateLimitExceeded"),
        (429, "userRateLimitExceeded"),
        (403, "rateLimitExceeded"),
        (403, "userRateLimitExceeded"),
        (403, "dailyLimitExceeded"),
    ];
    let world = World::start().await;
    let (property, mailbox) = oak(&world).await;
    let (_, other) = connected(&world, "Elm Court", "leasing@elm.test").await;
    for (code, reason) in limits {
        for operation in ["history.list", "messages.get"] {
            let retry_after = Some(1_200);
            let fault = Fault::Status {
                code,
                reason,
                retry_after,
            };
            world.google.faults().once(operation, fault);
            mailbox.receives(ANN, reason, "1");
            world.deliver_pushes().await;
            world.google.calls().clear();
            // Pushes, people, the sweep and the renewal all leave the account alone.
            mailbox.receives(ANN, "Another", "2");
            world.deliver_pushes().await;
            assert_eq!(sync_now(&world, &property).await.status, 202);
            expire_watch(&world, LEASING).await;
            world.renew_watches().await;
            world.work().await;
            assert_eq!(gmail_calls(&world), 0, "{code} {reason} {operation}");
            let before = stored(&world, LEASING).await.len();
            other.receives(ANN, "To another mailbox", "3");
            world.deliver_pushes().await;
            world.pass(minutes(19)).await;
            assert_filed_once(&world, &other).await;
            assert_eq!(stored(&world, LEASING).await.len(), before);
            world.pass(minutes(2)).await;
            assert_filed_once(&world, &mailbox).await;
            assert_eq!(world.config(&property).await["status"], "connected");
        }
    }
}

#[tokio::test]
async fn a_reply_that_is_due_waits_for_the_account_too() {
    let world = World::start().await;
    let property = world.property("Oak Court").await;
    let mailbox = world.connects(&property, LEASING).await;
    let settings = json!({ "confidenceThreshold": 0 });
    world.sets(&property, settings).await;
    world
        .llm
        .will_say("Yes, we have. Would you like to see one?");
    mailbox.receives(ANN, "2BR?", "Any two-bedrooms?");
    world.deliver_pushes().await;
    let faults = world.google.faults();
    faults.once("history.list", Fault::too_many(1_200));
    mailbox.receives("noreply@example.com", "News", "Not to be answered");
    world.deliver_pushes().await;
    world.google.calls().clear();
    world.pass(minutes(19)).await; // the reply was due after five
    assert_eq!(gmail_calls(&world), 0);
    assert_eq!(mailbox.sent().len(), 0);
    world.pass(minutes(5)).await;
    assert_eq!(
        mailbox.sent().len(),
        1,
        "{:?}",
        world.replies(&property).await
    );
    assert_filed_once(&world, &mailbox).await;
}

#[tokio::test]
async fn a_limit_without_a_time_is_left_alone_for_a_little_while() {
    let world = World::start().await;
    let (_, mailbox) = oak(&world).await;
    let faults = world.google.faults();
    faults.times(
        "history.list",
        3,
        Fault::status(403, "userRateLimitExceeded"),
    );
    mailbox.receives(ANN, "One", "1");
    world.google.calls().clear();
    world.deliver_pushes().await;
    assert_eq!(gmail_calls(&world), 1, "no hot loop");
    world.pass(minutes(2)).await;
    assert_filed_once(&world, &mailbox).await;
}

#[tokio::test]
async fn a_refusal_for_good_needs_a_person_and_is_asked_for_no_more() {
    for reason in ["insufficientPermissions", "domainPolicy"] {
        let world = World::start().await;
        let (property, mailbox) = oak(&world).await;
        let faults = world.google.faults();
        faults.always("history.list", Fault::status(403, reason));
        mailbox.receives(ANN, "One", "1");
        world.deliver_pushes().await;
        let config = world.config(&property).await;
        assert_eq!(config["status"], "reauth_required");
        assert_eq!(config["statusReason"], reason);
        world.google.calls().clear();
        mailbox.receives(ANN, "Two", "2");
        world.deliver_pushes().await;
        world.pass(hours(1)).await;
        assert_eq!(gmail_calls(&world), 0, "{reason}");
        faults.clear();
        world.connects(&property, LEASING).await;
        world.deliver_pushes().await;
        assert_filed_once(&world, &mailbox).await;
    }
}

#[tokio::test]
async fn a_project_without_the_gmail_api_is_nobodys_fault_and_mends_by_itself() {
    let world = World::start().await;
    let (property, mailbox) = oak(&world).await;
    let faults = world.google.faults();
    faults.always("history.list", Fault::status(403, "accessNotConfigured"));
    mailbox.receives(ANN, "One", "1");
    world.google.calls().clear();
    world.deliver_pushes().await;
    world.pass(minutes(30)).await;
    assert!(gmail_calls(&world) < 12, "{}", gmail_calls(&world));
    let config = world.config(&property).await;
    assert_eq!(config["status"], "connected");
    assert!(
        config["lastError"]
            .as_str()
            .unwrap()
            .contains("accessNotConfigured")
    );
    faults.clear();
    world.pass(minutes(11)).await;
    assert_filed_once(&world, &mailbox).await;
}

async fn expire_watch(world: &World, address: &str) {
    let sql = "update gmail_config set watch_expiration = null where gmail_address = $1";
    world.sql.execute(sql, &[&address]).await.unwrap();
}
