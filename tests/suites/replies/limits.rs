//! How much is sent: caps per thread, sender and mailbox, and Gmail's own limit.

use futures::future::join_all;
use serde_json::json;
use world::{Fault, hours, minutes};

use super::desk::{Desk, text};

async fn prompt_desk() -> Desk {
    let desk = Desk::open().await;
    desk.set(json!({ "autoReplyDelayMinutes": 0 })).await;
    desk
}

async fn count(desk: &Desk, state: &str) -> usize {
    let states = desk.states().await;
    states.iter().filter(|one| *one == state).count()
}

#[tokio::test]
async fn a_thread_gets_four_answers_an_hour() {
    let desk = prompt_desk().await;
    let first = desk.ann_writes("Any two-bedrooms?").await;
    for number in 2..=5 {
        desk.world.pass(minutes(1)).await;
        desk.ann_adds(&first.thread_id, &format!("Question {number}?"))
            .await;
    }
    assert_eq!(desk.mailbox.sent().len(), 4);
    assert_eq!(desk.states().await[4], "held: cap_thread");
    desk.world.pass(hours(1)).await;
    desk.ann_adds(&first.thread_id, "Any two-bedrooms now?")
        .await;
    assert_eq!(desk.mailbox.sent().len(), 5, "an hour later");
}

#[tokio::test]
async fn a_sender_gets_ten_answers_a_day_over_all_threads() {
    let desk = prompt_desk().await;
    for _ in 0..12 {
        desk.ann_writes("Any two-bedrooms?").await;
    }
    assert_eq!(desk.mailbox.sent().len(), 10);
    assert_eq!(count(&desk, "held: cap_sender").await, 2);
    desk.writes("Bob Ray <bob@example.com>", "And for me?")
        .await;
    assert_eq!(desk.mailbox.sent().len(), 11, "others are answered");
    desk.world.skip(hours(24));
    desk.ann_writes("Any two-bedrooms today?").await;
    assert_eq!(desk.mailbox.sent().len(), 12, "a day later");
}

#[tokio::test]
async fn the_prospects_for_whom_a_portal_writes_are_counted_one_by_one() {
    let desk = prompt_desk().await;
    desk.set(json!({ "portalDomains": ["homes.example"] }))
        .await;
    let relay = async |who: &str| {
        let from = "Homes <noreply@homes.example>";
        let mail = desk
            .mailbox
            .incoming(from, "Oak Court", "Any two-bedrooms?");
        let reply_to = format!("{who}@convo.homes.example");
        mail.header("Reply-To", &reply_to).deliver();
        desk.world.deliver_pushes().await;
    };
    for number in 0..11 {
        relay(&format!("prospect{number}")).await;
    }
    assert_eq!(desk.mailbox.sent().len(), 11);
    for _ in 0..11 {
        relay("ann").await;
    }
    assert_eq!(count(&desk, "held: cap_sender").await, 1);
}

#[tokio::test]
async fn a_cap_holds_when_everything_is_due_at_once() {
    let desk = Desk::open().await;
    for _ in 0..14 {
        desk.ann_writes("Any two-bedrooms?").await;
    }
    desk.world.skip(minutes(5));
    let replies: Vec<String> = desk
        .replies()
        .await
        .iter()
        .map(|r| text(&r["id"]))
        .collect();
    join_all(replies.iter().map(|reply| desk.wake(reply))).await;
    desk.world.pass(minutes(10)).await;
    assert_eq!(desk.mailbox.sent().len(), 10);
    assert_eq!(count(&desk, "held: cap_sender").await, 4);
}

#[tokio::test]
async fn a_mailbox_gives_sixty_answers_an_hour() {
    let desk = prompt_desk().await;
    for number in 0..62 {
        let from = format!("ann{number}@example.com");
        desk.mailbox.receives(&from, "2BR?", "Any two-bedrooms?");
    }
    desk.world.deliver_pushes().await;
    assert_eq!(desk.mailbox.sent().len(), 60);
    assert_eq!(count(&desk, "held: cap_mailbox").await, 2);
    desk.world.skip(hours(1));
    desk.writes("late@example.com", "Any two-bedrooms?").await;
    assert_eq!(desk.mailbox.sent().len(), 61, "an hour later");
}

#[tokio::test]
async fn gmails_sending_limit_of_hours_postpones_the_letter() {
    let desk = prompt_desk().await;
    let limit = Fault::too_many(5 * 3600);
    desk.world.google.faults().once("drafts.send", limit);
    desk.ann_writes("Any two-bedrooms?").await;
    desk.world.pass(minutes(30)).await;
    let sends = desk.world.google.calls().count("drafts.send");
    assert_eq!(sends, 1, "Gmail is left alone");
    desk.world.skip(hours(4));
    desk.world.pass(minutes(29)).await;
    assert_eq!(desk.mailbox.sent().len(), 0);
    desk.world.pass(minutes(2)).await;
    assert_eq!(desk.mailbox.sent().len(), 1);
    desk.is_settled_with_one_letter().await;
}

#[tokio::test]
async fn gmail_in_need_of_patience_gets_it_and_the_letter_is_sent() {
    for fault in [
        Fault::status(403, "userRateLimitExceeded"),
        Fault::status(429, "rateLimitExceeded"),
        Fault::status(500, "backendError"),
    ] {
        let desk = prompt_desk().await;
        desk.world.google.faults().times("threads.get", 3, fault);
        desk.ann_writes("Any two-bedrooms?").await;
        desk.is_settled_with_one_letter().await;
        let looks = desk.world.google.calls().count("threads.get");
        assert!(looks < 10, "{looks} looks");
    }
}

#[tokio::test]
async fn the_operator_says_how_many() {
    for (name, reason) in [
        ("REPLIES_PER_THREAD_HOUR", "cap_thread"),
        ("REPLIES_PER_SENDER_DAY", "cap_sender"),
        ("REPLIES_PER_MAILBOX_HOUR", "cap_mailbox"),
    ] {
        let mut desk = prompt_desk().await;
        desk.world.starts_again_with(&[(name, "1")]);
        let first = desk.ann_writes("Any two-bedrooms?").await;
        desk.world.pass(minutes(1)).await;
        desk.ann_adds(&first.thread_id, "What do they rent for?")
            .await;
        assert_eq!(desk.states().await, ["sent", &format!("held: {reason}")]);
    }
}

#[tokio::test]
async fn the_operator_says_how_old_a_mail_may_be() {
    for (hours_at_most, outcome) in [("2", "cancelled: too_old"), ("4", "sent")] {
        let mut desk = Desk::open().await;
        desk.world
            .starts_again_with(&[("REPLY_MAX_AGE_HOURS", hours_at_most)]);
        desk.ann_writes("Any two-bedrooms?").await;
        desk.world.skip(hours(3));
        desk.world.pass(minutes(2)).await;
        assert_eq!(desk.states().await, [outcome]);
    }
}
