//! A held text stands in Gmail as a draft, too: seen, sent and thrown away there.

use serde_json::json;
use world::google::StoredMessage;
use world::{Fault, minutes};

use super::desk::{ANSWER, Desk};

/// A reply that waits for approval, and the draft that shows it.
async fn shown() -> (Desk, String, StoredMessage) {
    let desk = Desk::open().await;
    desk.set(json!({ "replyMode": "approve", "signature": "Oak Court Leasing" }))
        .await;
    desk.world.llm.will_say(ANSWER);
    desk.ann_writes("Any two-bedrooms?").await;
    desk.world.pass(minutes(6)).await;
    let reply = desk.newest().await;
    let draft = one_draft(&desk);
    (desk, reply, draft)
}

fn one_draft(desk: &Desk) -> StoredMessage {
    let mut drafts = desk.mailbox.drafts();
    assert_eq!(drafts.len(), 1);
    drafts.remove(0).1
}

#[tokio::test]
async fn a_held_text_is_a_draft_in_the_prospects_thread_and_is_not_sent() {
    let (desk, reply, draft) = shown().await;
    assert_eq!(draft.thread_id, desk.mailbox.messages()[0].thread_id);
    assert!(draft.text().starts_with(ANSWER), "{}", draft.text());
    assert!(draft.text().contains("Oak Court Leasing"));
    assert_eq!(draft.header("To").as_deref(), Some("<ann@example.com>"));
    assert_eq!(draft.header("X-Luma-Reply-Id"), Some(reply.clone()));
    assert_eq!(
        draft.header("Auto-Submitted"),
        None,
        "a person would send it"
    );
    desk.world.pass(minutes(90)).await;
    assert_eq!(desk.mailbox.sent().len(), 0);
    assert_eq!(one_draft(&desk).id, draft.id, "written once");
    assert_eq!(desk.states().await, ["held: approval_required"]);
    desk.world.finish().await;
}

#[tokio::test]
async fn an_edited_text_is_shown_as_edited() {
    let (desk, reply, _) = shown().await;
    assert_eq!(desk.edits(&reply, "Yes, two.").await.status, 200);
    desk.world.pass(minutes(1)).await;
    let draft = one_draft(&desk);
    assert!(draft.text().starts_with("Yes, two."), "{}", draft.text());
    assert_eq!(draft.thread_id, desk.mailbox.messages()[0].thread_id);
}

#[tokio::test]
async fn what_is_approved_is_sent_whatever_the_draft_says() {
    let (desk, reply, _) = shown().await;
    let (id, _) = desk.mailbox.drafts().remove(0);
    desk.mailbox.human_edits_draft(&id, "Something else.");
    assert_eq!(desk.approves(&reply).await.status, 200);
    desk.is_settled_with_one_letter().await;
    assert!(desk.mailbox.sent()[0].text().starts_with(ANSWER));
}

#[tokio::test]
async fn a_draft_that_somebody_sends_in_gmail_is_the_answer() {
    let (desk, reply, _) = shown().await;
    let (draft, _) = desk.mailbox.drafts().remove(0);
    desk.mailbox.human_sends_draft(&draft);
    desk.is_settled_with_one_letter().await;
    assert_eq!(desk.approves(&reply).await.code(), "reply_not_held");
    let deeds = "select action from audit_log where entity = 'email_replies' order by id";
    assert_eq!(
        desk.world.texts(deeds).await,
        ["reply.held", "reply.sent_by_hand"]
    );
    let hand = "select written_by from email_replies";
    assert_eq!(desk.world.texts(hand).await, ["assistant"]);
}

#[tokio::test]
async fn a_draft_that_somebody_changed_and_sent_in_gmail_is_no_longer_the_assistants_own() {
    let (desk, _, _) = shown().await;
    let (draft, _) = desk.mailbox.drafts().remove(0);
    desk.mailbox.human_edits_draft(&draft, "We have three.");
    desk.mailbox.human_sends_draft(&draft);
    desk.world.pass(minutes(30)).await;
    assert_eq!(desk.states().await, ["sent"]);
    let hand = "select written_by from email_replies";
    assert_eq!(desk.world.texts(hand).await, ["edited"]);
}

#[tokio::test]
async fn an_approval_that_did_not_see_the_answer_from_gmail_sends_no_second_one() {
    let (desk, reply, draft) = shown().await;
    // Gmail's own pages need not keep our mark.
    desk.mailbox.deletes(&draft.id);
    desk.mailbox.human_replies(&draft.thread_id, "We have two.");
    assert_eq!(desk.approves(&reply).await.status, 200);
    assert!(desk.wake(&reply).await);
    desk.world.pass(minutes(30)).await;
    assert_eq!(desk.states().await, ["cancelled: human_answered"]);
    assert_eq!(desk.mailbox.sent().len(), 1, "the person's own");
}

#[tokio::test]
async fn a_draft_is_taken_away_whenever_the_access_is_back() {
    let (desk, reply, _) = shown().await;
    let faults = desk.world.google.faults();
    faults.always("drafts.delete", Fault::status(503, "backendError"));
    assert_eq!(desk.rejects(&reply).await.status, 200);
    desk.world.pass(minutes(12 * 60)).await;
    assert_eq!(desk.mailbox.drafts().len(), 1);
    faults.clear();
    desk.world.pass(minutes(61)).await;
    desk.stays_silent().await;
    assert_eq!(desk.mailbox.drafts().len(), 0);
}

#[tokio::test]
async fn a_draft_that_nobody_knows_goes_with_the_reply() {
    let desk = Desk::open().await;
    desk.set(json!({ "replyMode": "approve" })).await;
    desk.world.llm.will_say(ANSWER);
    let faults = desk.world.google.faults();
    faults.once("drafts.create", Fault::AnswerLostAfterEffect);
    desk.ann_writes("Any two-bedrooms?").await;
    desk.world.pass(minutes(6)).await;
    assert_eq!(desk.rejects(&desk.newest().await).await.status, 200);
    desk.stays_silent().await;
    assert_eq!(desk.mailbox.drafts().len(), 0);
}

#[tokio::test]
async fn a_draft_that_somebody_throws_away_in_gmail_is_not_written_again_and_can_be_approved() {
    let (desk, reply, draft) = shown().await;
    desk.mailbox.deletes(&draft.id);
    assert_eq!(desk.edits(&reply, "Yes, two.").await.status, 200);
    desk.stays_silent().await;
    assert_eq!(desk.states().await, ["held: approval_required"]);
    assert_eq!(desk.approves(&reply).await.status, 200);
    desk.is_settled_with_one_letter().await;
    assert!(desk.mailbox.sent()[0].text().starts_with("Yes, two."));
}

#[tokio::test]
async fn the_draft_goes_with_the_reply() {
    let (desk, reply, _) = shown().await;
    assert_eq!(desk.rejects(&reply).await.status, 200);
    desk.stays_silent().await;

    let (desk, _, _) = shown().await;
    let thread = desk.mailbox.messages()[0].thread_id.clone();
    desk.mailbox.human_replies(&thread, "We have two.");
    desk.world.pass(minutes(30)).await;
    assert_eq!(desk.states().await, ["cancelled: human_answered"]);
    assert_eq!(desk.mailbox.drafts().len(), 0);
}

#[tokio::test]
async fn a_text_with_an_objection_is_not_within_reach_of_a_send_button() {
    let desk = Desk::open().await;
    desk.world
        .llm
        .will_say("Our two-bedroom homes rent from $1,050 a month.");
    desk.ann_writes("Any two-bedrooms?").await;
    desk.stays_silent().await;
    let state = desk.states().await.remove(0);
    assert!(state.starts_with("held: unknown_price"), "{state}");
}

#[tokio::test]
async fn a_draft_whose_answer_was_lost_stands_once() {
    let desk = Desk::open().await;
    desk.set(json!({ "replyMode": "approve" })).await;
    desk.world.llm.will_say(ANSWER);
    let faults = desk.world.google.faults();
    faults.once("drafts.create", Fault::AnswerLostAfterEffect);
    desk.ann_writes("Any two-bedrooms?").await;
    desk.world.pass(minutes(30)).await;
    one_draft(&desk);
    let reply = desk.newest().await;
    let faults = desk.world.google.faults();
    faults.once("drafts.delete", Fault::AnswerLostAfterEffect);
    assert_eq!(desk.approves(&reply).await.status, 200);
    desk.is_settled_with_one_letter().await;
}

#[tokio::test]
async fn a_gmail_that_takes_no_draft_holds_nobody_up() {
    let desk = Desk::open().await;
    desk.set(json!({ "replyMode": "approve" })).await;
    desk.world.llm.will_say(ANSWER);
    let faults = desk.world.google.faults();
    faults.always("drafts.create", Fault::status(503, "backendError"));
    desk.ann_writes("Any two-bedrooms?").await;
    desk.world.pass(minutes(60 * 4)).await;
    assert_eq!(desk.states().await, ["held: approval_required"]);
    let calls = desk.world.google.calls().count("drafts.create");
    assert!((2..=20).contains(&calls), "{calls} tries in four hours");
    faults.clear();
    assert_eq!(desk.approves(&desk.newest().await).await.status, 200);
    desk.is_settled_with_one_letter().await;
}
