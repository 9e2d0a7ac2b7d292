//! A person decides: read, edit, approve, reject.

use futures::future::join_all;
use serde_json::json;
use world::{Fault, minutes};

use super::desk::{ANSWER, Desk, state, text};

/// A reply that waits for approval.
async fn held() -> (Desk, String) {
    let desk = Desk::open().await;
    desk.set(json!({ "replyMode": "approve", "signature": "Oak Court Leasing" }))
        .await;
    desk.world.llm.will_say(ANSWER);
    desk.ann_writes("Any two-bedrooms?").await;
    desk.world.pass(minutes(6)).await;
    let reply = desk.newest().await;
    (desk, reply)
}

#[tokio::test]
async fn in_approve_mode_the_text_waits_for_a_person() {
    let (desk, _) = held().await;
    desk.stays_silent().await;
    let reply = &desk.replies().await[0];
    assert_eq!(state(reply), "held: approval_required");
    assert_eq!(reply["bodyText"], json!(ANSWER));
}

#[tokio::test]
async fn an_edited_and_approved_text_is_sent_exactly_as_it_was_edited() {
    let (desk, reply) = held().await;
    let words = "Dear Ann,\n\nyes: two are free. Call me at 512-555-0142.\n\nSam";
    assert_eq!(desk.edits(&reply, words).await.status, 200);
    let approved = desk.approves(&reply).await;
    assert_eq!(approved.status, 200, "{}", approved.text);
    desk.is_settled_with_one_letter().await;
    let letter = &desk.mailbox.sent()[0];
    assert!(letter.text().starts_with(words), "{}", letter.text());
    assert!(letter.text().contains("Oak Court Leasing"));
    assert!(!letter.text().contains("automated assistant of"));
    assert_eq!(letter.header("Auto-Submitted"), None);
    assert_eq!(letter.header("X-Luma-Reply-Id"), Some(reply.clone()));
    let log = "select action || coalesce(' ' || actor_id, '') from audit_log
        where entity = 'email_replies' order by id";
    let by_admin = |action| format!("{action} {}", desk.oak.admin.id);
    assert_eq!(
        desk.world.texts(log).await,
        [
            "reply.held".to_owned(),
            by_admin("reply.edited"),
            by_admin("reply.approved"),
            by_admin("reply.sent")
        ]
    );
    let sent = &desk.replies().await[0];
    assert_eq!(
        sent["reasons"],
        json!(["approval_required"]),
        "why it was held"
    );
}

#[tokio::test]
async fn an_approved_text_is_sent_as_it_was_shown() {
    let (desk, reply) = held().await;
    assert_eq!(desk.approves(&reply).await.status, 200);
    desk.is_settled_with_one_letter().await;
    assert!(desk.mailbox.sent()[0].text().starts_with(ANSWER));
    assert_eq!(
        desk.world.llm.chats().len(),
        1,
        "the model is not asked again"
    );
}

#[tokio::test]
async fn a_rejected_text_is_never_sent() {
    let (desk, reply) = held().await;
    assert_eq!(desk.rejects(&reply).await.status, 200);
    desk.stays_silent().await;
    assert_eq!(desk.states().await, ["cancelled: rejected"]);
    assert_eq!(desk.approves(&reply).await.code(), "reply_not_held");
    assert_eq!(desk.edits(&reply, "Hello").await.code(), "reply_not_held");
    desk.stays_silent().await;
}

#[tokio::test]
async fn of_many_who_approve_at_once_one_does() {
    let (desk, reply) = held().await;
    let answers = join_all((0..5).map(|_| desk.approves(&reply))).await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409, 409, 409]);
    desk.is_settled_with_one_letter().await;
    assert_eq!(desk.approves(&reply).await.status, 409, "already sent");
    desk.is_settled_with_one_letter().await;
}

#[tokio::test]
async fn an_approval_that_races_a_rejection_is_one_of_the_two() {
    let (desk, reply) = held().await;
    let (approved, rejected) = tokio::join!(desk.approves(&reply), desk.rejects(&reply));
    assert_ne!(approved.status == 200, rejected.status == 200);
    desk.world.pass(minutes(30)).await;
    let sent = usize::from(approved.status == 200);
    assert_eq!(desk.mailbox.sent().len(), sent);
}

#[tokio::test]
async fn what_the_prospect_or_a_person_wrote_since_takes_the_held_text_away() {
    let (desk, reply) = held().await;
    let thread = desk.mailbox.messages()[0].thread_id.clone();
    desk.ann_adds(&thread, "Never mind the two-bedrooms, a studio?")
        .await;
    let answer = desk.approves(&reply).await;
    assert_eq!((answer.status, answer.code()), (409, "reply_not_held"));
    desk.world.pass(minutes(6)).await;
    let expected = ["cancelled: superseded", "held: approval_required"];
    assert_eq!(desk.states().await, expected);

    desk.mailbox.human_replies(&thread, "We have a studio.");
    desk.world.pass(minutes(6)).await;
    assert_eq!(desk.approves(&desk.newest().await).await.status, 409);
    assert_eq!(desk.states().await[1], "cancelled: human_answered");
    assert_eq!(desk.mailbox.sent().len(), 1, "the person's own");
    let log = "select action || ' ' || coalesce(after->'reasons'->>0, '') from audit_log
        where entity = 'email_replies' order by id";
    assert_eq!(
        desk.world.texts(log).await,
        [
            "reply.held approval_required",
            "reply.cancelled superseded",
            "reply.held approval_required",
            "reply.cancelled human_answered"
        ]
    );
}

#[tokio::test]
async fn a_reply_held_without_a_text_needs_one_before_it_is_approved() {
    let desk = Desk::open().await;
    desk.ann_writes("person").await;
    desk.world.pass(minutes(6)).await;
    let reply = desk.newest().await;
    assert_eq!(desk.approves(&reply).await.status, 409);
    assert_eq!(desk.edits(&reply, "Sam here.").await.status, 200);
    assert_eq!(desk.approves(&reply).await.status, 200);
    desk.is_settled_with_one_letter().await;
}

#[tokio::test]
async fn a_text_that_is_empty_too_long_or_full_of_controls_is_no_edit() {
    let (desk, reply) = held().await;
    for body in ["", " \n ", "a\u{0}b", "bell \u{7}", &"word ".repeat(500)] {
        let answer = desk.edits(&reply, body).await;
        assert_eq!((answer.status, answer.code()), (400, "invalid_body_text"));
    }
    assert_eq!(text(&desk.replies().await[0]["bodyText"]), ANSWER);
}

#[tokio::test]
async fn an_approved_text_is_sent_though_the_robot_is_switched_off() {
    let (desk, reply) = held().await;
    desk.set(json!({ "replyMode": "off" })).await;
    assert_eq!(desk.approves(&reply).await.status, 200);
    desk.is_settled_with_one_letter().await;
}

#[tokio::test]
async fn an_approved_text_whose_answer_was_lost_is_one_letter() {
    let (desk, reply) = held().await;
    let faults = desk.world.google.faults();
    faults.once("drafts.send", Fault::AnswerLostAfterEffect);
    assert_eq!(desk.approves(&reply).await.status, 200);
    desk.is_settled_with_one_letter().await;
}

#[tokio::test]
async fn an_approved_text_is_not_sent_from_a_mailbox_that_was_disconnected() {
    let (desk, reply) = held().await;
    desk.disconnects().await;
    assert_eq!(desk.approves(&reply).await.status, 200);
    desk.world.pass(minutes(30)).await;
    assert_eq!(desk.states().await, ["cancelled: mailbox_disconnected"]);
    assert_eq!(desk.mailbox.sent().len(), 0);
    // What showed the text cannot be reached any more, and is the mailbox's owner's.
    assert_eq!(desk.mailbox.drafts().len(), 1);
}

#[tokio::test]
async fn only_those_who_manage_the_property_decide() {
    let (desk, reply) = held().await;
    let elm = desk.world.property("Elm House").await;
    let stranger = Desk { oak: elm, ..desk };
    for answer in [
        stranger.approves(&reply).await,
        stranger.rejects(&reply).await,
        stranger.edits(&reply, "Hello").await,
    ] {
        assert_eq!(answer.status, 404, "{}", answer.text);
    }
    stranger.world.pass(minutes(30)).await;
    assert_eq!(stranger.mailbox.sent().len(), 0);
}
