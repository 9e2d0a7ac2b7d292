//! Our drafts stand in Gmail, where people see them: sent by hand, thrown away, left behind.

use serde_json::json;
use world::{Fault, hours, minutes};

use super::desk::Desk;

/// A letter that is drafted and not sent yet: the function was killed in between.
async fn drafted() -> Desk {
    let desk = Desk::open().await;
    desk.ann_writes("Any two-bedrooms?").await;
    desk.world.skip(minutes(5));
    desk.killed_at("drafts.send", Fault::Stall, || true).await;
    assert_eq!(desk.mailbox.drafts().len(), 1);
    desk
}

#[tokio::test]
async fn a_draft_that_a_person_threw_away_is_never_sent_again() {
    let desk = drafted().await;
    let (_, message) = desk.mailbox.drafts().remove(0);
    desk.mailbox.deletes(&message.id);
    desk.stays_silent().await;
    assert_eq!(desk.states().await, ["cancelled: draft_discarded"]);
}

#[tokio::test]
async fn a_look_for_a_missing_draft_that_fails_is_repeated() {
    let desk = drafted().await;
    let (_, message) = desk.mailbox.drafts().remove(0);
    desk.mailbox.deletes(&message.id);
    let faults = desk.world.google.faults();
    faults.nth("threads.get", 2, Fault::status(503, "backendError"));
    assert!(desk.wake(&desk.newest().await).await);
    assert_eq!(desk.states().await, ["sending"], "nobody knows yet");
    desk.stays_silent().await;
    assert_eq!(desk.states().await, ["cancelled: draft_discarded"]);
}

#[tokio::test]
async fn a_draft_that_a_person_sent_by_hand_is_our_letter() {
    let desk = drafted().await;
    let (draft, _) = desk.mailbox.drafts().remove(0);
    desk.mailbox.human_sends_draft(&draft);
    desk.is_settled_with_one_letter().await;
    let sends = desk.world.google.calls().count("drafts.send");
    assert_eq!(sends, 1, "the one that was killed");
}

#[tokio::test]
async fn a_draft_that_nobody_wants_any_more_is_taken_back() {
    let desk = drafted().await;
    desk.set(json!({ "replyMode": "off" })).await;
    desk.stays_silent().await;
    assert_eq!(desk.states().await, ["cancelled: switched_off"]);
}

#[tokio::test]
async fn a_draft_whose_id_was_never_stored_is_taken_back_too() {
    let desk = Desk::open().await;
    let mail = desk.ann_writes("Any two-bedrooms?").await;
    desk.world.skip(minutes(5));
    let faults = desk.world.google.faults();
    faults.once("drafts.create", Fault::AnswerLostAfterEffect);
    assert!(desk.wake(&desk.newest().await).await);
    assert_eq!(desk.mailbox.drafts().len(), 1);
    desk.ann_adds(&mail.thread_id, "And is there parking?")
        .await;
    desk.is_settled_with_one_letter().await;
    assert_eq!(desk.states().await, ["cancelled: superseded", "sent"]);
}

#[tokio::test]
async fn a_letter_that_gmail_does_not_take_for_a_day_fails_and_leaves_no_draft() {
    let desk = Desk::open().await;
    desk.set(json!({ "replyMode": "approve" })).await;
    desk.ann_writes("Any two-bedrooms?").await;
    desk.world.pass(minutes(6)).await;
    let reply = desk.newest().await;
    assert_eq!(desk.approves(&reply).await.status, 200);
    let faults = desk.world.google.faults();
    faults.always("drafts.send", Fault::too_many(3 * 3600));
    for _ in 0..9 {
        desk.world.skip(hours(3));
        desk.world.pass(minutes(1)).await;
    }
    faults.clear();
    desk.stays_silent().await;
    assert_eq!(desk.states().await, ["failed: gave_up"]);
}

#[tokio::test]
async fn a_recipient_that_gmail_refuses_fails_without_a_loop() {
    let desk = Desk::open().await;
    desk.ann_writes("Any two-bedrooms?").await;
    let refused = Fault::status(400, "invalidArgument");
    desk.world.google.faults().always("drafts.send", refused);
    desk.world.pass(minutes(30)).await;
    assert_eq!(desk.states().await, ["failed: gmail_refused"]);
    assert_eq!(desk.world.google.calls().count("drafts.send"), 1);
}

#[tokio::test]
async fn a_thread_that_takes_no_draft_is_answered_by_headers_alone() {
    for refused in [
        Fault::status(404, "notFound"),
        Fault::status(400, "invalidArgument"),
    ] {
        let desk = Desk::open().await;
        desk.ann_writes("Any two-bedrooms?").await;
        desk.world.google.faults().once("drafts.create", refused);
        desk.is_settled_with_one_letter().await;
    }
}

#[tokio::test]
async fn a_letter_outside_its_thread_is_recorded_even_if_the_answer_was_lost() {
    // Gmail keeps a reply in its thread only under the same subject, and ours is cut.
    let desk = Desk::open().await;
    let subject = "A very long question ".repeat(15);
    desk.mailbox
        .receives("ann@example.com", &subject, "Any two-bedrooms?");
    desk.world.deliver_pushes().await;
    let faults = desk.world.google.faults();
    faults.once("drafts.send", Fault::AnswerLostAfterEffect);
    desk.is_settled_with_one_letter().await;
    assert!(desk.mailbox.sent()[0].subject().chars().count() <= 200);
}
