//! However often, late or at once a reply is woken, and wherever it is stopped: one letter.

use futures::future::join_all;
use world::{Fault, days, minutes};

use super::desk::Desk;

/// Ann has written and her answer is due.
async fn due() -> Desk {
    let desk = Desk::open().await;
    desk.ann_writes("Any two-bedrooms?").await;
    desk.world.skip(minutes(5));
    desk
}

#[tokio::test]
async fn a_message_delivered_five_times_at_once_and_late_sends_one_letter() {
    let desk = due().await;
    let reply = desk.newest().await;
    join_all((0..5).map(|_| desk.wake(&reply))).await;
    for _ in 0..5 {
        assert!(desk.wake(&reply).await);
    }
    desk.is_settled_with_one_letter().await;
    desk.world.skip(days(1));
    assert!(desk.wake(&reply).await, "a day late");
    desk.is_settled_with_one_letter().await;
    desk.world.finish().await;
}

#[tokio::test]
async fn a_message_seen_again_while_the_first_run_is_alive_does_nothing() {
    let desk = due().await;
    let reply = desk.newest().await;
    let calls = desk.world.google.calls();
    desk.world.google.faults().once("drafts.send", Fault::Stall);
    let second = async {
        calls.arrived("drafts.send", 1).await;
        let before = calls.all().len();
        assert!(desk.wake(&reply).await);
        assert_eq!(calls.all().len(), before, "the second run called Google");
    };
    desk.killed(&reply, second).await;
    desk.is_settled_with_one_letter().await;
}

/// The first send goes wrong in this way.
async fn with_send(fault: Fault) -> Desk {
    let desk = due().await;
    desk.world.google.faults().once("drafts.send", fault);
    desk
}

#[tokio::test]
async fn a_send_that_was_lost_on_its_way_is_sent_again() {
    for fault in [
        Fault::AnswerLostBeforeEffect,
        Fault::status(503, "backendError"),
        Fault::too_many(60),
    ] {
        with_send(fault).await.is_settled_with_one_letter().await;
    }
}

#[tokio::test]
async fn a_send_whose_answer_was_lost_is_not_sent_again() {
    for fault in [Fault::AnswerLostAfterEffect, Fault::Garbage] {
        with_send(fault).await.is_settled_with_one_letter().await;
    }
}

#[tokio::test]
async fn a_send_that_takes_effect_before_the_second_look_is_one_letter() {
    let desk = with_send(Fault::LateEffect).await;
    assert!(desk.wake(&desk.newest().await).await);
    desk.world.google.faults().release().await;
    desk.is_settled_with_one_letter().await;
}

#[tokio::test]
async fn a_send_that_takes_effect_between_the_second_look_and_the_second_send_is_one_letter() {
    let desk = with_send(Fault::LateEffectAfter("threads.get")).await;
    desk.is_settled_with_one_letter().await;
}

#[tokio::test]
async fn a_send_that_takes_effect_after_the_second_send_is_one_letter() {
    let desk = with_send(Fault::LateEffectAfter("drafts.send")).await;
    desk.is_settled_with_one_letter().await;
    let late = with_send(Fault::LateEffect).await;
    late.is_settled_with_one_letter().await;
    late.world.google.faults().release().await;
    late.is_settled_with_one_letter().await;
}

#[tokio::test]
async fn a_send_that_takes_effect_after_it_was_called_off_is_stored_as_sent() {
    let desk = Desk::open().await;
    let mail = desk.ann_writes("Any two-bedrooms?").await;
    desk.world.skip(minutes(5));
    let faults = desk.world.google.faults();
    faults.once("drafts.send", Fault::LateEffectAfter("threads.get"));
    assert!(desk.wake(&desk.newest().await).await);
    desk.ann_adds(&mail.thread_id, "And is parking included?")
        .await;
    desk.world.pass(minutes(30)).await;
    // The first letter left all the same, so the rows say so; the second question got its own.
    assert_eq!(desk.states().await, ["sent", "sent"]);
    assert_eq!(desk.mailbox.sent().len(), 2);
    desk.are_stored_as_delivered().await;
}

#[tokio::test]
async fn a_draft_whose_answer_was_lost_is_adopted() {
    for fault in [Fault::AnswerLostAfterEffect, Fault::Garbage] {
        let desk = due().await;
        desk.world.google.faults().once("drafts.create", fault);
        desk.is_settled_with_one_letter().await;
        assert_eq!(desk.world.google.calls().count("drafts.create"), 1);
    }
}

#[tokio::test]
async fn a_draft_that_was_lost_on_its_way_is_drafted_again() {
    let desk = due().await;
    let faults = desk.world.google.faults();
    faults.once("drafts.create", Fault::AnswerLostBeforeEffect);
    desk.is_settled_with_one_letter().await;
    assert_eq!(desk.world.google.calls().count("drafts.create"), 2);
}

#[tokio::test]
async fn a_draft_that_appears_after_the_letter_was_sent_is_removed() {
    let desk = due().await;
    let faults = desk.world.google.faults();
    faults.once("drafts.create", Fault::LateEffectAfter("drafts.send"));
    desk.is_settled_with_one_letter().await;
}

#[tokio::test]
async fn killed_while_it_looks_at_the_thread_it_answers_later() {
    let desk = due().await;
    desk.killed_at("threads.get", Fault::Stall, || true).await;
    desk.is_settled_with_one_letter().await;
}

#[tokio::test]
async fn killed_while_it_asks_the_model_it_answers_later() {
    let desk = due().await;
    let reply = desk.newest().await;
    let calls = desk.world.llm.calls();
    desk.world.llm.faults().once("chat", Fault::Stall);
    desk.killed(&reply, calls.arrived("chat", 1)).await;
    desk.is_settled_with_one_letter().await;
}

#[tokio::test]
async fn killed_before_the_draft_exists_it_sends_the_text_that_was_fixed() {
    let desk = due().await;
    desk.killed_at("drafts.create", Fault::Stall, || true).await;
    desk.world
        .llm
        .will_say("Another text, which nobody asked for.");
    desk.is_settled_with_one_letter().await;
    assert_eq!(desk.world.llm.chats().len(), 1, "the model is asked once");
}

#[tokio::test]
async fn killed_before_the_draft_is_stored_it_adopts_the_draft() {
    let desk = due().await;
    let drafted = || !desk.mailbox.drafts().is_empty();
    desk.killed_at("drafts.create", Fault::StallAfterEffect, drafted)
        .await;
    desk.is_settled_with_one_letter().await;
    assert_eq!(desk.world.google.calls().count("drafts.create"), 1);
}

#[tokio::test]
async fn killed_before_the_letter_is_sent_it_sends_the_same_draft() {
    let desk = due().await;
    desk.killed_at("drafts.send", Fault::Stall, || true).await;
    desk.is_settled_with_one_letter().await;
    assert_eq!(desk.world.google.calls().count("drafts.create"), 1);
}

#[tokio::test]
async fn killed_after_the_letter_is_sent_it_only_records_it() {
    let desk = due().await;
    let sent = || !desk.mailbox.sent().is_empty();
    desk.killed_at("drafts.send", Fault::StallAfterEffect, sent)
        .await;
    desk.is_settled_with_one_letter().await;
    assert_eq!(desk.world.google.calls().count("drafts.send"), 1);
}

#[tokio::test]
async fn killed_while_it_reads_the_letter_back_it_records_it_later() {
    let desk = due().await;
    desk.killed_at("messages.get", Fault::Stall, || true).await;
    desk.is_settled_with_one_letter().await;
}

#[tokio::test]
async fn killed_at_every_step_in_turn_it_sends_one_letter() {
    let desk = due().await;
    let drafted = || !desk.mailbox.drafts().is_empty();
    let sent = || !desk.mailbox.sent().is_empty();
    desk.killed_at("threads.get", Fault::Stall, || true).await;
    desk.killed_at("drafts.create", Fault::Stall, || true).await;
    desk.killed_at("drafts.create", Fault::StallAfterEffect, drafted)
        .await;
    desk.killed_at("drafts.list", Fault::Stall, || true).await;
    desk.killed_at("drafts.send", Fault::Stall, || true).await;
    desk.killed_at("drafts.send", Fault::StallAfterEffect, sent)
        .await;
    desk.killed_at("threads.get", Fault::Stall, || true).await;
    desk.killed_at("messages.get", Fault::Stall, || true).await;
    desk.is_settled_with_one_letter().await;
    assert_eq!(desk.world.google.calls().count("drafts.create"), 2);
}

#[tokio::test]
async fn a_letter_that_history_shows_before_its_run_records_it_is_stored_once() {
    let desk = due().await;
    desk.killed_at("messages.get", Fault::Stall, || true).await;
    // Our own letter comes back through history (S9), and gets no answer.
    let answer = world::door::post("/api/lumaleasing/gmail/sync")
        .bearer(&desk.oak.admin.token)
        .json(&serde_json::json!({ "propertyId": desk.oak.id }))
        .send(&desk.world.app)
        .await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    desk.world.work().await;
    assert_eq!(desk.states().await, ["sent"]);
    desk.is_settled_with_one_letter().await;
    let audited = "select count(*) from audit_log where action = 'reply.sent'";
    assert_eq!(desk.world.count(audited).await, 1);
}

#[tokio::test]
async fn a_look_that_fails_never_counts_as_not_sent() {
    let desk = with_send(Fault::AnswerLostAfterEffect).await;
    assert!(desk.wake(&desk.newest().await).await);
    let faults = desk.world.google.faults();
    faults.times("threads.get", 3, Fault::status(503, "backendError"));
    desk.is_settled_with_one_letter().await;
    assert_eq!(desk.world.google.calls().count("drafts.send"), 1);
}

#[tokio::test]
async fn a_letter_that_cannot_be_read_back_at_once_is_read_back_later() {
    let desk = due().await;
    let faults = desk.world.google.faults();
    faults.times("messages.get", 2, Fault::status(503, "backendError"));
    desk.is_settled_with_one_letter().await;
    let ids = "select rfc_message_id from email_messages where direction = 'outbound'";
    let stored = desk.world.texts(ids).await;
    assert_eq!(stored, [desk.mailbox.sent()[0].message_id()]);
}

#[tokio::test]
async fn a_queue_that_took_the_message_and_did_not_say_so_sends_one_letter() {
    let desk = Desk::open().await;
    let faults = desk.world.aws.faults();
    faults.always("SendMessage", Fault::AnswerLostAfterEffect);
    desk.ann_writes("Any two-bedrooms?").await;
    faults.clear();
    let waiting = desk.world.aws.messages(&desk.world.queue_url("replies"));
    assert!(waiting.len() > 1, "{waiting:?}");
    desk.is_settled_with_one_letter().await;
}
