//! A push only says "look"; it comes late, twice, out of order, or not at all.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use shared::app::{Deadline, inbox};
use shared::domain::ids::MailboxId;
use std::time::Duration;
use world::google::Push;
use world::{Fault, World, door, minutes, push_with};

use super::{
    ANN, LEASING, assert_filed_once, connected, cursor, gmail_calls, lose_pushes, oak,
    receives_many, stored,
};

#[tokio::test]
async fn the_same_push_twenty_times_at_once_makes_one_of_everything() {
    let world = World::start().await;
    let property = world.property("Oak Court").await;
    let mailbox = world.connects(&property, LEASING).await;
    world.deliver_pushes().await;
    mailbox.receives(ANN, "2BR in January?", "Any two-bedrooms?");
    let pushes = world.google.take_pushes();
    assert_eq!(pushes.len(), 1);

    let deliveries = (0..20).map(|_| world.deliver_push(&pushes[0]));
    for answer in futures::future::join_all(deliveries).await {
        assert_eq!(answer.status, 204, "{}", answer.text);
    }
    world.work_at_once().await;
    world.work().await;

    assert_filed_once(&world, &mailbox).await;
    for table in [
        "email_messages",
        "leads",
        "email_threads",
        "messages",
        "email_replies",
    ] {
        let rows = world.count(&format!("select count(*) from {table}")).await;
        assert_eq!(rows, 1, "{table}");
    }
    for _ in 0..20 {
        world.deliver_push(&pushes[0]).await;
        world.work().await;
    }
    assert_eq!(world.count("select count(*) from email_messages").await, 1);
}

#[tokio::test]
async fn an_older_push_after_a_newer_one_does_not_move_the_cursor_back() {
    let world = World::start().await;
    let (_, mailbox) = oak(&world).await;
    mailbox.receives(ANN, "One", "1");
    let older = world.google.take_pushes().remove(0);
    // As texts, the ids would sort the other way round.
    while mailbox.history_id() < 100_000 {
        mailbox.receives(ANN, "Two", "2");
    }
    let newer = world.google.take_pushes().pop().unwrap();
    assert!(older.history_id < 100_000 && newer.history_id >= 100_000);

    world.deliver_push(&newer).await;
    world.work().await;
    let after_newer = cursor(&world, LEASING).await;
    assert!(after_newer >= 100_000);
    world.deliver_push(&older).await;
    world.work().await;
    assert!(cursor(&world, LEASING).await >= after_newer);
    assert_filed_once(&world, &mailbox).await;
}

#[tokio::test]
async fn a_push_from_the_future_skips_nothing() {
    let world = World::start().await;
    let (_, mailbox) = oak(&world).await;
    let push = Push {
        history_id: mailbox.history_id() + 1_000_000,
        ..mailbox.push()
    };
    world.deliver_push(&push).await;
    world.work().await;
    mailbox.receives(ANN, "One", "1");
    lose_pushes(&world);
    world.pass(minutes(6)).await;
    assert_filed_once(&world, &mailbox).await;
}

#[tokio::test]
async fn mail_that_arrives_during_a_catch_up_is_filed_by_the_same_run() {
    let world = World::start().await;
    let (_, mailbox) = oak(&world).await;
    mailbox.receives(ANN, "One", "1");
    let first = world.google.take_pushes().remove(0);
    world.deliver_push(&first).await;
    let calls = world.google.calls();
    calls.clear();
    world.google.faults().once("messages.get", Fault::Held);

    let run = world.work();
    let meanwhile = async {
        calls.arrived("messages.get", 1).await; // history was read, and knows of one mail only
        mailbox.receives("Bob <bob@example.com>", "Two", "2");
        let second = world.google.take_pushes().remove(0);
        world.deliver_push(&second).await;
        // Whoever takes the second job finds the lease taken, and leaves the mark.
        let job = world.aws.take_due(&world.queue_url("sync")).remove(0);
        door::consume(&world.app, "sync", &[job.body]).await;
        assert_eq!(stored(&world, LEASING).await.len(), 0);
        world.google.faults().let_go();
    };
    tokio::join!(run, meanwhile);
    assert_filed_once(&world, &mailbox).await;
    assert_eq!(stored(&world, LEASING).await.len(), 2);
}

#[tokio::test]
async fn a_push_is_acknowledged_without_a_call_to_gmail() {
    let world = World::start().await;
    let (_, mailbox) = oak(&world).await;
    mailbox.receives(ANN, "One", "1");
    world.google.faults().always("history.list", Fault::Stall);
    world.google.calls().clear();
    for push in world.google.take_pushes() {
        assert_eq!(world.deliver_push(&push).await.status, 204);
    }
    assert_eq!(gmail_calls(&world), 0);
}

#[tokio::test]
async fn a_run_without_time_leaves_the_rest_to_the_next_one() {
    let world = World::start().await;
    let (_, mailbox) = oak(&world).await;
    receives_many(&mailbox, 5);
    lose_pushes(&world);
    let id: uuid::Uuid = world
        .sql
        .query_one("select id from gmail_config", &[])
        .await
        .unwrap()
        .get(0);
    // A step is reckoned with five seconds: this leaves time for some of the five messages.
    let delay = Duration::from_millis(100);
    let faults = world.google.faults();
    faults.always("messages.get", Fault::Slow(delay));
    let deadline = Deadline::after(Duration::from_secs(5) + 4 * delay);
    inbox::catch_up(&world.app, MailboxId(id), deadline)
        .await
        .unwrap();
    let early = stored(&world, LEASING).await.len();
    assert!((1..5).contains(&early), "{early} of 5");
    faults.clear();
    world.work().await; // the run left a nudge behind
    assert_filed_once(&world, &mailbox).await;
}

#[tokio::test]
async fn a_push_whose_nudge_is_lost_is_remembered() {
    let world = World::start().await;
    let (_, mailbox) = oak(&world).await;
    mailbox.receives(ANN, "One", "1");
    for push in world.google.take_pushes() {
        assert_eq!(world.deliver_push(&push).await.status, 204);
    }
    world.lose_messages();
    world.work().await;
    assert_eq!(stored(&world, LEASING).await.len(), 0);
    world.pass(minutes(1)).await;
    assert_filed_once(&world, &mailbox).await;
}

#[tokio::test]
async fn a_push_is_not_acknowledged_while_the_database_is_down() {
    let world = World::start().await;
    let (_, mailbox) = oak(&world).await;
    mailbox.receives(ANN, "One", "1");
    let push = world.google.take_pushes().remove(0);
    let (headers, body) = world.google.push_request(&push);
    let nowhere = "postgres://postgres@127.0.0.1:1/nothing";
    let app = world.another_app(&[("DATABASE_URL", nowhere)]);
    let answer = push_with(&app, headers.clone(), body.clone()).await;
    assert_eq!(answer.status, 503, "{}", answer.text);
    // Pub/Sub repeats it.
    assert_eq!(push_with(&world.app, headers, body).await.status, 204);
    world.work().await;
    assert_filed_once(&world, &mailbox).await;
}

#[tokio::test]
async fn authentic_pushes_that_say_nothing_to_us_are_acknowledged_without_effect() {
    let world = World::start().await;
    let (property, mailbox) = oak(&world).await;
    let (_, elm) = connected(&world, "Elm Court", "leasing@elm.test").await;
    let dirty = "select sum(dirty_seq)::bigint from gmail_config";
    let before = world.count(dirty).await;

    let unknown = Push {
        address: "stranger@example.com".to_owned(),
        ..mailbox.push()
    };
    assert_eq!(world.deliver_push(&unknown).await.status, 204);
    for data in [json!("%%%"), json!(""), json!(BASE64_STANDARD.encode("{}"))] {
        let (headers, body) = request(&world, &mailbox.push(), |push| {
            push["message"]["data"] = data.clone();
        });
        let answer = push_with(&world.app, headers, body).await;
        assert_eq!(answer.status, 204, "{data}: {}", answer.text);
    }
    let path = format!("/api/lumaleasing/gmail/config?propertyId={}", property.id);
    let given_up = door::delete(&path).bearer(&property.admin.token);
    assert_eq!(given_up.send(&world.app).await.status, 204);
    assert_eq!(world.deliver_push(&mailbox.push()).await.status, 204);
    world
        .sql
        .execute(
            "update gmail_config set is_active = false where gmail_address = 'leasing@elm.test'",
            &[],
        )
        .await
        .unwrap();
    assert_eq!(world.deliver_push(&elm.push()).await.status, 204);

    assert_eq!(world.count(dirty).await, before);
    assert!(world.aws.messages(&world.queue_url("sync")).is_empty());
}

#[tokio::test]
async fn a_push_is_understood_in_any_spelling() {
    let world = World::start().await;
    let (_, mailbox) = oak(&world).await;
    let dirty = "select dirty_seq from gmail_config";
    let before = world.count(dirty).await;
    let spellings = [
        json!({ "emailAddress": "Leasing@Oak.Test", "historyId": 99_999 }),
        json!({ "emailAddress": LEASING, "historyId": "99999" }),
        json!({ "emailAddress": " leasing@OAK.test ", "historyId": 99_999, "new": true }),
    ];
    for data in &spellings {
        let (headers, body) = request(&world, &mailbox.push(), |push| {
            push["message"]["data"] = json!(BASE64_STANDARD.encode(data.to_string()));
        });
        let answer = push_with(&world.app, headers, body).await;
        assert_eq!(answer.status, 204, "{}", answer.text);
    }
    assert_eq!(world.count(dirty).await, before + 3);
}

#[tokio::test]
async fn mail_of_a_mailbox_that_moved_belongs_to_its_new_property() {
    let world = World::start().await;
    let (property, mailbox) = oak(&world).await;
    mailbox.receives(ANN, "One", "1");
    world.deliver_pushes().await;
    let path = format!("/api/lumaleasing/gmail/config?propertyId={}", property.id);
    let given_up = door::delete(&path).bearer(&property.admin.token);
    assert_eq!(given_up.send(&world.app).await.status, 204);

    let elm = world.property("Elm Court").await;
    world.connects(&elm, LEASING).await;
    world.deliver_pushes().await;
    mailbox.receives("Bob <bob@example.com>", "Two", "2");
    world.deliver_pushes().await;
    world.pass(minutes(6)).await;

    let whose = "select p.name || ': ' || m.subject from email_messages m join properties p
                 on p.id = m.property_id order by m.subject";
    assert_eq!(
        world.texts(whose).await,
        ["Oak Court: One", "Elm Court: Two"]
    );
}

/// The request of a push with a changed body.
fn request(
    world: &World,
    push: &Push,
    change: impl FnOnce(&mut Value),
) -> (Vec<(String, String)>, String) {
    let (headers, body) = world.google.push_request(push);
    let mut body: Value = serde_json::from_str(&body).unwrap();
    change(&mut body);
    (headers, body.to_string())
}
