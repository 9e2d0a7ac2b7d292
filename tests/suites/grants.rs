//! Tokens expire, are refreshed, refused, revoked and damaged; who is to blame decides what happens.

use std::process::Command;

use serde_json::json;
use shared::app::App;
use shared::app::grants::{Account, Failure};
use shared::domain::ids::MailboxId;
use shared::store::mailboxes::{self, Mailbox as Stored};
use world::google::{CLIENT_SECRET, Consent};
use world::{Fault, World, days, hours, minutes};

use super::inbox::{
    ANN, LEASING, assert_filed_once, connected, gmail_calls, lose_pushes, oak, receives_many,
    stored, sync_now,
};

/// The mailbox as a worker has loaded it.
async fn load(app: &App, world: &World) -> Stored {
    let row = world
        .sql
        .query_one("select id from gmail_config", &[])
        .await;
    let id = MailboxId(row.unwrap().get(0));
    let tx = app.everywhere().await.unwrap();
    let mailbox = mailboxes::by_id(&tx, id).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    mailbox
}

async fn asks_gmail(app: &App, mailbox: &Stored) -> Result<(), Failure> {
    let mut account = Account::of(app, mailbox.account());
    let profile = account.gmail(|gmail| async move { gmail.profile().await });
    profile.await.map(drop)
}

#[tokio::test]
async fn ten_workers_that_find_the_token_expired_refresh_it_once() {
    let world = World::start().await;
    oak(&world).await;
    world.skip(hours(2));
    world.google.calls().clear();
    let workers = [(); 10].map(|()| world.another_app(&[]));
    let asking = workers.iter().map(async |app| {
        let mailbox = load(app, &world).await;
        asks_gmail(app, &mailbox).await
    });
    for answer in futures::future::join_all(asking).await {
        assert!(answer.is_ok(), "{answer:?}");
    }
    let refreshes = world.google.calls().count("token");
    assert!((1..=2).contains(&refreshes), "{refreshes} refreshes");
    // And the same when Google says so, before the time.
    world.google.access_tokens_expire();
    world.google.calls().clear();
    let asking = workers.iter().map(async |app| {
        let mailbox = load(app, &world).await;
        asks_gmail(app, &mailbox).await
    });
    for answer in futures::future::join_all(asking).await {
        assert!(answer.is_ok(), "{answer:?}");
    }
    let refreshes = world.google.calls().count("token");
    assert!((1..=2).contains(&refreshes), "{refreshes} refreshes");
}

#[tokio::test]
async fn a_token_is_refreshed_five_minutes_early_and_not_before() {
    let world = World::start().await;
    oak(&world).await;
    world.google.calls().clear();
    world.skip(minutes(54));
    let mailbox = load(&world.app, &world).await;
    assert!(asks_gmail(&world.app, &mailbox).await.is_ok());
    assert_eq!(world.google.calls().count("token"), 0);
    world.skip(minutes(1)); // Google's clock and ours may differ by as much
    assert!(asks_gmail(&world.app, &mailbox).await.is_ok());
    assert_eq!(world.google.calls().count("token"), 1);
}

#[tokio::test]
async fn a_rejected_token_is_refreshed_once_and_then_a_person_is_asked() {
    let world = World::start().await;
    let (property, mailbox) = oak(&world).await;
    let faults = world.google.faults();
    faults.once("history.list", Fault::status(401, "authError"));
    mailbox.receives(ANN, "One", "1");
    world.google.calls().clear();
    world.deliver_pushes().await;
    assert_filed_once(&world, &mailbox).await;
    assert_eq!(world.google.calls().count("token"), 1);

    faults.always("history.list", Fault::status(401, "authError"));
    mailbox.receives(ANN, "Two", "2");
    world.google.calls().clear();
    world.deliver_pushes().await;
    assert_eq!(world.google.calls().count("token"), 1);
    assert_eq!(world.google.calls().count("history.list"), 2);
    let config = world.config(&property).await;
    assert_eq!(config["status"], "reauth_required");
}

#[tokio::test]
async fn after_access_was_revoked_and_given_again_the_gap_is_filled() {
    let world = World::start().await;
    let property = world.property("Oak Court").await;
    let mailbox = world.connects(&property, LEASING).await;
    let (_, other) = connected(&world, "Elm Court", "leasing@elm.test").await;
    world.google.revoke(LEASING);
    world.pass(minutes(10)).await; // the sweep notices
    let config = world.config(&property).await;
    assert_eq!(config["status"], "reauth_required");
    assert_eq!(config["statusReason"], "invalid_grant");
    assert_eq!(config["watchStatus"], "none");

    // Pushes are acknowledged and nothing is asked of Google, while the others go on.
    world.google.calls().clear();
    receives_many(&mailbox, 3);
    world.deliver_pushes().await;
    world.pass(hours(3)).await;
    world.skip(days(2));
    let fresh = mailbox.receives(ANN, "Today", "And today?");
    for push in [mailbox.push(), mailbox.push()] {
        assert_eq!(world.deliver_push(&push).await.status, 204);
    }
    assert_eq!(
        sync_now(&world, &property).await.code(),
        "reconnect_required"
    );
    world.work().await;
    assert_eq!(stored(&world, LEASING).await.len(), 0);
    let refreshes = world.google.calls().count("token");
    assert!(refreshes <= 5, "the other mailbox alone: {refreshes}");
    other.receives(ANN, "To Elm", "1");
    world.deliver_pushes().await;
    assert_filed_once(&world, &other).await;

    world.connects(&property, LEASING).await;
    world.deliver_pushes().await;
    assert_filed_once(&world, &mailbox).await;
    assert_eq!(stored(&world, LEASING).await.len(), 4);
    let answered = "select m.gmail_message_id from email_replies r join email_messages m on m.id = r.message_id";
    assert_eq!(
        world.texts(answered).await,
        [fresh.id],
        "what is two days old is not answered"
    );
}

#[tokio::test]
async fn the_gap_is_filled_although_history_has_expired_meanwhile() {
    let world = World::start().await;
    let (property, mailbox) = oak(&world).await;
    receives_many(&mailbox, 2);
    world.deliver_pushes().await;
    world.google.revoke(LEASING);
    world.pass(minutes(10)).await;
    world.skip(days(10));
    receives_many(&mailbox, 3);
    mailbox.history_expires();
    world.connects(&property, LEASING).await;
    world.work().await;
    assert_filed_once(&world, &mailbox).await;
    assert_eq!(stored(&world, LEASING).await.len(), 5);
}

#[tokio::test]
async fn a_refusal_of_an_old_grant_leaves_the_new_one_alone() {
    let world = World::start().await;
    let (property, _) = oak(&world).await;
    world.skip(hours(2));
    let old = load(&world.app, &world).await;
    let calls = world.google.calls();
    calls.clear();
    world.google.faults().once("token", Fault::Held);
    let reconnects = async {
        calls.arrived("token", 1).await; // the refresh of the old grant is under way
        world.google.revoke(LEASING);
        let answer = world.consents(&property, Consent::allow(LEASING)).await;
        assert!(answer.header("location").contains("success"));
        world.google.faults().let_go(); // and only now Google answers it: invalid_grant
    };
    let (asked, ()) = tokio::join!(asks_gmail(&world.app, &old), reconnects);
    assert!(asked.is_ok(), "the new grant is used: {asked:?}");
    let config = world.config(&property).await;
    assert_eq!(config["status"], "connected");

    // The same refusal of the grant that is stored is believed.
    world.google.revoke(LEASING);
    let current = load(&world.app, &world).await;
    let asked = asks_gmail(&world.app, &current).await;
    assert!(matches!(asked, Err(Failure::Reconnect)), "{asked:?}");
    let config = world.config(&property).await;
    assert_eq!(config["status"], "reauth_required");
}

/// Also read by the test below: what it says is counted.
#[tokio::test]
async fn while_our_own_client_secret_is_wrong_no_mailbox_is_to_blame() {
    let world = World::start().await;
    let (property, mailbox) = oak(&world).await;
    let (_, other) = connected(&world, "Elm Court", "leasing@elm.test").await;
    world
        .google
        .client_secret_becomes("rotated, and nobody told us");
    world.skip(hours(2)); // the access tokens have expired
    mailbox.receives(ANN, "One", "1");
    other.receives(ANN, "Two", "2");
    world.google.calls().clear();
    world.deliver_pushes().await;
    world.pass(minutes(30)).await;
    let config = world.config(&property).await;
    assert_eq!(config["status"], "connected");
    let error = config["lastError"].as_str().unwrap();
    assert!(error.contains("invalid_client"), "{error}");
    let asked = world.google.calls().count("token");
    assert!(
        (2..30).contains(&asked),
        "{asked} refreshes in half an hour"
    );
    world.google.client_secret_becomes(CLIENT_SECRET);
    world.pass(minutes(11)).await;
    assert_filed_once(&world, &mailbox).await;
    assert_filed_once(&world, &other).await;
    assert_eq!(stored(&world, LEASING).await.len(), 1);
}

#[test]
fn a_wrong_client_secret_raises_its_own_alarm_and_no_other() {
    let said = said_by("grants::while_our_own_client_secret_is_wrong_no_mailbox_is_to_blame");
    assert!(said.contains("\"oauth_client_refused\":1.0"), "{said}");
    assert!(!said.contains("\"reconnect_required\""), "{said}");
    let said = said_by("grants::a_rejected_token_is_refreshed_once_and_then_a_person_is_asked");
    assert!(said.contains("\"reconnect_required\":1.0"), "{said}");
    assert!(!said.contains("\"oauth_client_refused\""), "{said}");
}

#[tokio::test]
async fn a_refresh_whose_answer_is_lost_is_made_again() {
    for fault in [
        Fault::AnswerLostAfterEffect,
        Fault::AnswerLostBeforeEffect,
        Fault::Garbage,
        Fault::status(500, "internal_failure"),
        Fault::status(503, "temporarily_unavailable"),
        Fault::too_many(30),
    ] {
        let world = World::start().await;
        let (property, mailbox) = oak(&world).await;
        world.skip(hours(2));
        mailbox.receives(ANN, "One", "1");
        let name = format!("{fault:?}");
        world.google.faults().once("token", fault);
        world.deliver_pushes().await;
        assert_eq!(stored(&world, LEASING).await.len(), 0, "{name}");
        let config = world.config(&property).await;
        assert_eq!(config["status"], "connected", "{name}");
        world.pass(minutes(2)).await;
        assert_filed_once(&world, &mailbox).await;
    }
}

#[tokio::test]
async fn a_kill_during_a_refresh_leaves_a_grant_that_works() {
    let world = World::start().await;
    let (_, mailbox) = oak(&world).await;
    world.skip(hours(2));
    mailbox.receives(ANN, "One", "1");
    for push in world.google.take_pushes() {
        world.deliver_push(&push).await;
    }
    world.killed_at("token", 1).await;
    world.sweep().await;
    world.work().await;
    assert_filed_once(&world, &mailbox).await;
}

#[tokio::test]
async fn a_sealed_token_that_cannot_be_opened_asks_for_a_person_and_stops_nobody() {
    // Both tokens, and each of them alone when it is needed.
    for (columns, later) in [("access_token", minutes(0)), ("refresh_token", hours(2))] {
        for damage in [
            "overlay({} placing 'AAAA' from length({}) - 6)", // altered
            "replace({}, '.k1.', '.k0.')",                    // sealed with a key that is gone
            "'plain text'",
        ] {
            let world = World::start().await;
            let (property, mailbox) = oak(&world).await;
            let (_, other) = connected(&world, "Elm Court", "leasing@elm.test").await;
            world.skip(later);
            let value = damage.replace("{}", columns);
            let sql =
                format!("update gmail_config set {columns} = {value} where gmail_address = $1");
            let changed = world.sql.execute(&sql, &[&LEASING]).await.unwrap();
            assert_eq!(changed, 1);
            mailbox.receives(ANN, "One", "1");
            other.receives(ANN, "Two", "2");
            world.deliver_pushes().await;
            let config = world.config(&property).await;
            assert_eq!(config["status"], "reauth_required", "{damage} {columns}");
            let reason = config["statusReason"].as_str().unwrap();
            assert!(reason.starts_with("sealed"), "{reason}");
            assert_filed_once(&world, &other).await;
            world.connects(&property, LEASING).await;
            world.deliver_pushes().await;
            assert_filed_once(&world, &mailbox).await;
        }
    }
}

#[tokio::test]
async fn a_person_who_leaves_the_box_unticked_is_told_and_nothing_is_half_connected() {
    let world = World::start().await;
    let property = world.property("Oak Court").await;
    let modify = "https://www.googleapis.com/auth/gmail.modify";
    let consent = Consent::allow(LEASING).without(modify);
    let answer = world.consents(&property, consent).await;
    assert_eq!(
        answer.header("location"),
        "/dashboard/lumaleasing?error=missing_scope"
    );
    assert_eq!(world.count("select count(*) from gmail_config").await, 0);
    assert_eq!(world.google.calls().count("watch"), 0);
    assert_eq!(
        world.google.calls().count("revoke"),
        1,
        "the useless grant is given back"
    );
    assert_eq!(
        world.config(&property).await["status"],
        json!("disconnected")
    );
    world.connects(&property, LEASING).await;
    assert_eq!(world.config(&property).await["status"], json!("connected"));
}

#[tokio::test]
async fn a_mailbox_that_nobody_can_reach_is_visible_within_a_quarter_of_an_hour() {
    let world = World::start().await;
    let (property, _) = oak(&world).await;
    lose_pushes(&world);
    world.google.revoke(LEASING);
    world.google.calls().clear();
    world.pass(minutes(15)).await; // nobody writes, nothing is pushed
    let config = world.config(&property).await;
    assert_eq!(config["status"], "reauth_required");
    assert!(gmail_calls(&world) < 5);
}

/// What another process of this program writes while it runs one test.
fn said_by(test: &str) -> String {
    let program = std::env::current_exe().unwrap();
    let output = Command::new(program)
        .args([test, "--exact", "--nocapture"])
        .output();
    let output = output.unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}");
    assert!(said.contains("1 passed"), "there is no test {test}: {said}");
    said
}
