//! Walking Gmail's history: page by page, from where the last run stopped, or all over again.

use serde_json::json;
use world::{Fault, World, days, hours, minutes};

use super::{
    ANN, LEASING, assert_filed_once, connected, cursor, lose_pushes, oak, receives_many, stored,
};

#[tokio::test]
async fn three_pages_with_a_kill_at_every_page_lose_nothing_and_repeat_nothing() {
    let world = World::start().await;
    let (_, mailbox) = oak(&world).await;
    mailbox.pages_hold(3);
    receives_many(&mailbox, 8);
    for push in world.google.take_pushes() {
        world.deliver_push(&push).await;
    }
    let mut cursors = vec![cursor(&world, LEASING).await];
    // The first kill strikes before the second page, the second one in the middle of it, the third one
    // before the last page.
    for (operation, n, so_far) in [
        ("history.list", 2, 3),
        ("messages.get", 2, 4),
        ("history.list", 2, 6),
    ] {
        world.killed_at(operation, n).await;
        assert_eq!(stored(&world, LEASING).await.len(), so_far);
        cursors.push(cursor(&world, LEASING).await);
        world.sweep().await;
    }
    assert!(cursors.is_sorted(), "{cursors:?}");
    assert!(cursors[1] > cursors[0], "the first page is done with");
    assert_eq!(cursors[2], cursors[1], "the second page is not");
    world.work().await;
    assert_filed_once(&world, &mailbox).await;
    assert_eq!(stored(&world, LEASING).await.len(), 8);
    let gets = world.google.calls().count("messages.get");
    assert_eq!(
        gets,
        8 + 1,
        "only the message of the kill was fetched twice"
    );
}

#[tokio::test]
async fn a_kill_at_any_call_loses_nothing_and_repeats_nothing() {
    let world = World::start().await;
    let (_, mailbox) = oak(&world).await;
    mailbox.pages_hold(2);
    for n in 1..=3 {
        for operation in ["history.list", "messages.get"] {
            receives_many(&mailbox, 5);
            for push in world.google.take_pushes() {
                world.deliver_push(&push).await;
            }
            world.killed_at(operation, n).await;
            world.sweep().await;
            world.work().await;
            assert_filed_once(&world, &mailbox).await;
        }
    }
}

#[tokio::test]
async fn a_page_that_fails_leaves_what_came_before_it() {
    let world = World::start().await;
    let (_, mailbox) = oak(&world).await;
    mailbox.pages_hold(2);
    receives_many(&mailbox, 6);
    let before = cursor(&world, LEASING).await;
    let faults = world.google.faults();
    faults.nth("history.list", 2, Fault::status(500, "backendError"));
    world.deliver_pushes().await;
    assert_eq!(stored(&world, LEASING).await.len(), 2);
    let between = cursor(&world, LEASING).await;
    let records = mailbox.history();
    let second = records[records.len() - 5].id;
    assert_eq!(between, i64::try_from(second).unwrap());
    assert!(between > before);
    world.pass(minutes(1)).await;
    assert_filed_once(&world, &mailbox).await;
}

#[tokio::test]
async fn after_the_cursor_expired_all_mail_is_found_and_none_of_the_old_is_answered() {
    let world = World::start().await;
    let property = world.property("Oak Court").await;
    let mailbox = world.connects(&property, LEASING).await;
    world.deliver_pushes().await;
    mailbox.pages_hold(4);

    // The system is down for three days.
    for day in 0..3 {
        receives_many(&mailbox, 3);
        let age = format!("old{day}@example.com");
        mailbox.receives(&age, "Are you there?", "Hello?");
        world.skip(days(1));
    }
    world.skip(hours(1)); // the youngest of them is 25 hours old
    lose_pushes(&world);
    let fresh = mailbox.receives(ANN, "Today", "And today?");
    mailbox.history_expires();
    world.deliver_pushes().await;

    assert_filed_once(&world, &mailbox).await;
    assert_eq!(stored(&world, LEASING).await.len(), 13);
    let answered = "select m.gmail_message_id from email_replies r join email_messages m on m.id = r.message_id";
    assert_eq!(world.texts(answered).await, [fresh.id]);
    // The new cursor works: nothing is listed again.
    world.google.calls().clear();
    mailbox.receives(ANN, "Later", "And now?");
    world.deliver_pushes().await;
    assert_filed_once(&world, &mailbox).await;
    assert_eq!(world.google.calls().count("messages.list"), 0);
}

#[tokio::test]
async fn mail_that_arrives_while_the_inbox_is_listed_is_not_skipped() {
    let world = World::start().await;
    let (_, mailbox) = oak(&world).await;
    receives_many(&mailbox, 3);
    mailbox.history_expires();
    for push in world.google.take_pushes() {
        world.deliver_push(&push).await;
    }
    let calls = world.google.calls();
    calls.clear();
    world.google.faults().once("messages.get", Fault::Held);
    let meanwhile = async {
        calls.arrived("messages.get", 1).await; // the list is made
        mailbox.receives(ANN, "Meanwhile", "One more");
        lose_pushes(&world);
        world.google.faults().let_go();
    };
    tokio::join!(world.work(), meanwhile);
    world.pass(minutes(6)).await;
    assert_filed_once(&world, &mailbox).await;
    assert_eq!(stored(&world, LEASING).await.len(), 4);
}

#[tokio::test]
async fn a_kill_in_the_middle_of_a_full_list_begins_it_again_and_repeats_nothing() {
    let world = World::start().await;
    let (_, mailbox) = oak(&world).await;
    mailbox.pages_hold(2);
    receives_many(&mailbox, 5);
    mailbox.history_expires();
    for push in world.google.take_pushes() {
        world.deliver_push(&push).await;
    }
    world.killed_at("messages.get", 4).await;
    assert_eq!(stored(&world, LEASING).await.len(), 3);
    world.sweep().await;
    world.work().await;
    assert_filed_once(&world, &mailbox).await;
}

#[tokio::test]
async fn a_history_that_lags_behind_its_push_is_read_when_it_is_there() {
    let world = World::start().await;
    let (_, mailbox) = oak(&world).await;
    mailbox.history_lags();
    mailbox.receives(ANN, "One", "1");
    world.deliver_pushes().await;
    assert_eq!(stored(&world, LEASING).await.len(), 0);
    mailbox.history_catches_up();
    world.pass(minutes(2)).await;
    assert_filed_once(&world, &mailbox).await;
}

#[tokio::test]
async fn a_message_in_several_records_is_filed_once() {
    let world = World::start().await;
    let (_, mailbox) = oak(&world).await;
    mailbox.pages_hold(2);
    let mail = mailbox.receives(ANN, "One", "1");
    for _ in 0..3 {
        mailbox.relabels(&mail.id, &["TRASH"], &["INBOX"]);
        mailbox.relabels(&mail.id, &["INBOX"], &["TRASH"]);
    }
    world.deliver_pushes().await;
    assert_filed_once(&world, &mailbox).await;
    assert_eq!(world.google.calls().count("messages.get"), 1);
}

#[tokio::test]
async fn a_mailbox_far_behind_takes_turns_with_the_others() {
    let world = World::start().await;
    let (_, busy) = oak(&world).await;
    let (_, quiet) = connected(&world, "Elm Court", "leasing@elm.test").await;
    busy.pages_hold(1);
    receives_many(&busy, 45); // more pages than one run reads
    quiet.receives(ANN, "One", "1");
    lose_pushes(&world);
    for push in [busy.push(), quiet.push()] {
        world.deliver_push(&push).await;
    }
    // One round of the queue: a run for each mailbox.
    for job in world.aws.take_due(&world.queue_url("sync")) {
        world::door::consume(&world.app, "sync", &[job.body]).await;
    }
    let first = stored(&world, LEASING).await.len();
    assert!((1..45).contains(&first), "{first} of 45");
    assert_filed_once(&world, &quiet).await;
    world.work().await;
    assert_filed_once(&world, &busy).await;
}

#[tokio::test]
async fn mail_without_a_push_is_found_by_the_sweep() {
    let world = World::start().await;
    let (property, mailbox) = oak(&world).await;
    world.pass(minutes(20)).await;
    mailbox.receives(ANN, "One", "1");
    lose_pushes(&world);
    world.pass(minutes(6)).await;
    assert_filed_once(&world, &mailbox).await;
    let config = world.config(&property).await;
    assert_eq!(config["quarantinedCount"], json!(0));
}

#[tokio::test]
async fn eight_days_without_any_function_are_caught_up() {
    let world = World::start().await;
    let (_, mailbox) = oak(&world).await;
    receives_many(&mailbox, 2);
    world.skip(days(8));
    receives_many(&mailbox, 2);
    mailbox.history_expires(); // Gmail keeps a week of it
    lose_pushes(&world);
    world.pass(minutes(2)).await;
    assert_filed_once(&world, &mailbox).await;
    assert_eq!(stored(&world, LEASING).await.len(), 4);
}
