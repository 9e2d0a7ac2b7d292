//! When an answer is sent: not early, not lost, and the newest question only.

use serde_json::json;
use world::{Fault, door, hours, minutes, seconds};

use super::desk::{ANN, Desk};

const LONGEST_DELAY: i64 = 900_000;

#[tokio::test]
async fn a_delay_of_forty_minutes_is_kept_in_hops_that_the_queue_can_hold() {
    let desk = Desk::open().await;
    desk.set(json!({ "autoReplyDelayMinutes": 40 })).await;
    desk.ann_writes("Any two-bedrooms?").await;
    for _ in 0..39 {
        desk.world.pass(minutes(1)).await;
        let waiting = desk.world.aws.messages(&desk.world.queue_url("replies"));
        assert!(
            waiting
                .iter()
                .all(|m| m.due_at - m.sent_at <= LONGEST_DELAY),
            "{waiting:?}"
        );
        assert_eq!(desk.mailbox.sent().len(), 0, "early");
    }
    desk.world.pass(seconds(59)).await;
    assert_eq!(desk.mailbox.sent().len(), 0, "early");
    desk.world.pass(seconds(2)).await;
    assert_eq!(desk.mailbox.sent().len(), 1, "late");
    desk.is_settled_with_one_letter().await;
    desk.world.finish().await;
}

#[tokio::test]
async fn an_answer_whose_messages_are_all_lost_is_sent_by_the_sweep() {
    let desk = Desk::open().await;
    desk.set(json!({ "autoReplyDelayMinutes": 40 })).await;
    desk.ann_writes("Any two-bedrooms?").await;
    desk.world.lose_messages();
    desk.world.pass(minutes(39)).await;
    assert_eq!(desk.mailbox.sent().len(), 0, "early");
    desk.world.pass(minutes(2)).await;
    assert_eq!(desk.mailbox.sent().len(), 1, "late");
    desk.is_settled_with_one_letter().await;
}

#[tokio::test]
async fn without_a_delay_the_answer_is_sent_at_once() {
    let desk = Desk::open().await;
    desk.set(json!({ "autoReplyDelayMinutes": 0 })).await;
    desk.ann_writes("Any two-bedrooms?").await;
    assert_eq!(desk.mailbox.sent().len(), 1);
    desk.is_settled_with_one_letter().await;
}

#[tokio::test]
async fn killed_between_filing_and_the_queue_the_answer_is_sent_all_the_same() {
    let desk = Desk::open().await;
    desk.mailbox.receives(ANN, "2BR?", "Any two-bedrooms?");
    let push = desk.world.google.take_pushes().remove(0);
    assert_eq!(desk.world.deliver_push(&push).await.status, 204);
    let nudge = desk
        .world
        .aws
        .take_due(&desk.world.queue_url("sync"))
        .remove(0);
    let calls = desk.world.aws.calls();
    let sends = calls.count("SendMessage");
    desk.world.aws.faults().always("SendMessage", Fault::Stall);
    let bodies = [nudge.body];
    tokio::select! {
        _ = door::consume(&desk.world.app, "sync", &bodies) => panic!("it was not killed"),
        () = calls.arrived("SendMessage", sends + 1) => {}
    }
    desk.world.aws.faults().clear();
    desk.world.leases_run_out().await;
    assert_eq!(desk.states().await, ["due"]);
    desk.is_settled_with_one_letter().await;
}

#[tokio::test]
async fn a_queue_that_is_down_fails_no_push_and_loses_no_answer() {
    let desk = Desk::open().await;
    let faults = desk.world.aws.faults();
    faults.always("SendMessage", Fault::status(503, "ServiceUnavailable"));
    desk.mailbox.receives(ANN, "2BR?", "Any two-bedrooms?");
    for push in desk.world.google.take_pushes() {
        assert_eq!(desk.world.deliver_push(&push).await.status, 204);
    }
    faults.clear();
    desk.is_settled_with_one_letter().await;
}

#[tokio::test]
async fn a_prospect_who_writes_again_before_the_answer_gets_one_to_the_newest_mail() {
    let desk = Desk::open().await;
    let first = desk.ann_writes("Any two-bedrooms?").await;
    desk.world.pass(minutes(4)).await;
    let second = desk
        .ann_adds(&first.thread_id, "And is there parking?")
        .await;
    desk.world.pass(minutes(4)).await;
    assert_eq!(desk.mailbox.sent().len(), 0, "the delay begins again");
    desk.world.pass(minutes(2)).await;
    assert_eq!(desk.states().await, ["cancelled: superseded", "sent"]);
    let replied_to = desk.mailbox.sent()[0].in_reply_to().unwrap();
    assert!(String::from_utf8_lossy(&second.raw).contains(&replied_to));
    desk.is_settled_with_one_letter().await;
}

#[tokio::test]
async fn a_prospect_who_keeps_writing_waits_three_delays_at_the_most() {
    let desk = Desk::open().await;
    let first = desk.ann_writes("Any two-bedrooms?").await;
    for minute in [4, 8, 12] {
        desk.world.pass(minutes(4)).await;
        assert_eq!(desk.mailbox.sent().len(), 0, "early");
        let body = format!("I have one more question, number {minute}.");
        desk.ann_adds(&first.thread_id, &body).await;
    }
    desk.world.pass(minutes(2)).await;
    assert_eq!(desk.mailbox.sent().len(), 0, "early");
    desk.world.pass(minutes(2)).await;
    assert_eq!(
        desk.mailbox.sent().len(),
        1,
        "late: {:?}",
        desk.states().await
    );
    desk.is_settled_with_one_letter().await;
}

#[tokio::test]
async fn a_newer_mail_that_is_not_filed_yet_supersedes_the_answer_all_the_same() {
    let desk = Desk::open().await;
    let first = desk.ann_writes("Any two-bedrooms?").await;
    desk.world.skip(minutes(5));
    desk.mailbox
        .receives_in(&first.thread_id, ANN, "And is there parking?");
    desk.world.google.take_pushes(); // the push is lost
    assert!(desk.wake(&desk.newest().await).await);
    assert_eq!(desk.mailbox.sent().len(), 0);
    desk.is_settled_with_one_letter().await;
    assert_eq!(desk.states().await, ["cancelled: superseded", "sent"]);
}

#[tokio::test]
async fn mails_of_one_thread_that_are_filed_the_newest_first_get_one_answer_to_the_newest() {
    let desk = Desk::open().await;
    let first = desk.mailbox.receives(ANN, "2BR?", "Any two-bedrooms?");
    desk.world.skip(minutes(1));
    desk.mailbox
        .receives_in(&first.thread_id, ANN, "And is there parking?");
    desk.mailbox.history_expires(); // the inbox is listed, the newest first
    desk.world.deliver_pushes().await;
    desk.is_settled_with_one_letter().await;
    assert_eq!(desk.states().await, ["sent"]);
}

#[tokio::test]
async fn a_mail_from_before_the_connection_is_stored_and_never_answered() {
    let desk = Desk::open().await;
    let before = desk.world.now() - minutes(1);
    desk.mailbox
        .incoming(ANN, "2BR?", "Any two-bedrooms?")
        .internal_date(before.timestamp_millis())
        .deliver();
    desk.world.deliver_pushes().await;
    assert_eq!(
        desk.world
            .count("select count(*) from email_messages")
            .await,
        1
    );
    assert_eq!(desk.states().await.len(), 0);
    desk.stays_silent().await;
}

#[tokio::test]
async fn a_mail_older_than_a_day_is_stored_and_never_answered() {
    let desk = Desk::open().await;
    desk.world.skip(hours(48));
    for (body, age) in [("Too old?", 25), ("Just in time?", 23)] {
        desk.mailbox
            .incoming(ANN, body, "Any two-bedrooms?")
            .internal_date((desk.world.now() - hours(age)).timestamp_millis())
            .deliver();
    }
    desk.world.deliver_pushes().await;
    assert_eq!(
        desk.world
            .count("select count(*) from email_messages")
            .await,
        2
    );
    desk.is_settled_with_one_letter().await;
    assert_eq!(desk.mailbox.sent()[0].subject(), "Re: Just in time?");
}

#[tokio::test]
async fn an_answer_that_could_not_be_given_for_a_day_is_not_given() {
    let desk = Desk::open().await;
    desk.ann_writes("Any two-bedrooms?").await;
    desk.world.skip(hours(25)); // every function was down
    desk.stays_silent().await;
    assert_eq!(desk.states().await, ["cancelled: too_old"]);
}
