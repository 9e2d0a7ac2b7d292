//! What makes an answer unwanted between the mail and its due time, each with its reason in the row.

use serde_json::json;
use world::google::StoredMessage;
use world::{Fault, minutes};

use super::desk::{ANN, Desk};

/// Ann has written; two minutes later it is up to the story.
async fn asked() -> (Desk, StoredMessage) {
    let desk = Desk::open().await;
    let mail = desk.ann_writes("Any two-bedrooms?").await;
    desk.world.pass(minutes(2)).await;
    (desk, mail)
}

/// Nothing is ever sent, and the row says why.
async fn ends_with(desk: &Desk, reason: &str) {
    desk.stays_silent().await;
    assert_eq!(desk.states().await, [format!("cancelled: {reason}")]);
}

#[tokio::test]
async fn when_nothing_happens_meanwhile_the_answer_is_sent() {
    let (desk, _) = asked().await;
    desk.is_settled_with_one_letter().await;
}

#[tokio::test]
async fn a_person_who_answered_in_gmail_keeps_us_silent() {
    let (desk, mail) = asked().await;
    desk.mailbox.human_replies(&mail.thread_id, "We have two.");
    desk.world.pass(minutes(30)).await;
    assert_eq!(desk.states().await, ["cancelled: human_answered"]);
    assert_eq!(desk.mailbox.sent().len(), 1, "the person's own");
}

#[tokio::test]
async fn a_person_who_answered_a_moment_ago_keeps_us_silent_before_history_says_so() {
    let (desk, mail) = asked().await;
    desk.world.skip(minutes(3));
    desk.mailbox.human_replies(&mail.thread_id, "We have two.");
    assert!(desk.wake(&desk.newest().await).await);
    assert_eq!(desk.states().await, ["cancelled: human_answered"]);
    assert_eq!(desk.mailbox.sent().len(), 1, "the person's own");
}

#[tokio::test]
async fn a_person_who_answered_an_earlier_mail_does_not_keep_us_silent() {
    let (desk, mail) = asked().await;
    desk.mailbox.human_replies(&mail.thread_id, "We have two.");
    desk.world.pass(minutes(10)).await;
    desk.ann_adds(&mail.thread_id, "What do they rent for?")
        .await;
    desk.world.pass(minutes(6)).await;
    let expected = ["cancelled: human_answered", "sent"];
    assert_eq!(desk.states().await, expected);
    assert_eq!(desk.mailbox.sent().len(), 2);
}

#[tokio::test]
async fn switched_off_means_no_answer() {
    for settings in [
        json!({ "autoReplyEnabled": false }),
        json!({ "replyMode": "off" }),
    ] {
        let (desk, _) = asked().await;
        desk.set(settings).await;
        ends_with(&desk, "switched_off").await;
    }
}

#[tokio::test]
async fn while_switched_off_mail_is_stored_and_gets_no_reply_row() {
    let desk = Desk::open().await;
    desk.set(json!({ "replyMode": "off" })).await;
    desk.ann_writes("Any two-bedrooms?").await;
    desk.set(json!({ "replyMode": "auto" })).await;
    desk.stays_silent().await;
    assert_eq!(desk.states().await.len(), 0);
    assert_eq!(
        desk.world
            .count("select count(*) from email_messages")
            .await,
        1
    );
}

#[tokio::test]
async fn a_disconnected_mailbox_answers_nobody() {
    let (desk, _) = asked().await;
    desk.disconnects().await;
    ends_with(&desk, "mailbox_disconnected").await;
}

#[tokio::test]
async fn a_mailbox_that_was_disconnected_and_connected_again_does_not_answer_what_came_before() {
    let (desk, _) = asked().await;
    desk.disconnects().await;
    desk.world.skip(minutes(1));
    desk.world.connects(&desk.oak, "leasing@oak.test").await;
    ends_with(&desk, "mailbox_disconnected").await;
}

#[tokio::test]
async fn a_mailbox_that_has_to_be_connected_again_answers_when_it_is() {
    let (desk, _) = asked().await;
    desk.world.google.revoke("leasing@oak.test");
    desk.world.google.access_tokens_expire();
    desk.world.pass(minutes(20)).await;
    assert_eq!(desk.mailbox.sent().len(), 0);
    assert_eq!(desk.states().await, ["due"]);
    desk.world.connects(&desk.oak, "leasing@oak.test").await;
    desk.is_settled_with_one_letter().await;
}

#[tokio::test]
async fn a_thread_that_was_closed_or_archived_gets_no_answer() {
    for status in ["closed", "archived"] {
        let (desk, _) = asked().await;
        desk.sets_thread(&desk.replies().await[0], status).await;
        ends_with(&desk, "thread_closed").await;
    }
}

#[tokio::test]
async fn a_closed_thread_is_not_opened_again_by_a_robot() {
    let (desk, mail) = asked().await;
    desk.sets_thread(&desk.replies().await[0], "closed").await;
    desk.mailbox
        .incoming_in(&mail.thread_id, ANN, "I am away.")
        .header("Auto-Submitted", "auto-replied")
        .deliver();
    desk.world.deliver_pushes().await;
    ends_with(&desk, "thread_closed").await;
}

#[tokio::test]
async fn a_closed_thread_opens_again_when_the_prospect_writes() {
    let (desk, mail) = asked().await;
    desk.sets_thread(&desk.replies().await[0], "closed").await;
    desk.ann_adds(&mail.thread_id, "What do they rent for?")
        .await;
    desk.is_settled_with_one_letter().await;
    assert_eq!(desk.states().await, ["cancelled: superseded", "sent"]);
}

#[tokio::test]
async fn a_conversation_that_a_person_took_over_in_the_crm_is_theirs() {
    let (desk, _) = asked().await;
    let take_over = "update conversations set is_human_mode = true";
    desk.world.sql.batch_execute(take_over).await.unwrap();
    ends_with(&desk, "human_took_over").await;
}

#[tokio::test]
async fn stop_is_heard_at_once_and_for_good() {
    let (desk, mail) = asked().await;
    desk.ann_adds(&mail.thread_id, "STOP").await;
    desk.stays_silent().await;
    let reasons = ["cancelled: superseded", "cancelled: opted_out"];
    assert_eq!(desk.states().await, reasons);
    desk.ann_writes("Still any two-bedrooms?").await;
    desk.stays_silent().await;
    assert_eq!(desk.states().await[2], "cancelled: opted_out");
    desk.writes("Bob Ray <bob@example.com>", "And for me?")
        .await;
    desk.world.pass(minutes(6)).await;
    assert_eq!(desk.mailbox.sent().len(), 1, "others are answered");
}

#[tokio::test]
async fn a_prospect_of_a_portal_who_opts_out_does_so_for_nobody_else() {
    let desk = Desk::open().await;
    desk.set(json!({ "portalDomains": ["portal.test"] })).await;
    for (person, body) in [("ann", "STOP"), ("ann", "2BR?"), ("bob", "2BR?")] {
        desk.mailbox
            .incoming("Portal <no-reply@portal.test>", "A request", body)
            .header("Reply-To", &format!("{person}@example.com"))
            .deliver();
    }
    desk.world.deliver_pushes().await;
    desk.world.pass(minutes(30)).await;
    let sent = desk.mailbox.sent();
    assert_eq!(sent.len(), 1, "{:?}", desk.states().await);
    assert_eq!(sent[0].to, ["bob@example.com"]);
}

#[tokio::test]
async fn an_address_that_bounced_gets_no_more_answers() {
    let desk = Desk::open().await;
    desk.world.google.bounces("ann@example.com");
    let mail = desk.ann_writes("Any two-bedrooms?").await;
    desk.world.pass(minutes(10)).await;
    assert_eq!(desk.mailbox.sent().len(), 1);
    desk.ann_adds(&mail.thread_id, "Hello? Any two-bedrooms?")
        .await;
    desk.world.pass(minutes(30)).await;
    assert_eq!(desk.states().await, ["sent", "cancelled: bounced"]);
    let leads = "select count(*) from leads";
    assert_eq!(desk.world.count(leads).await, 1, "the daemon is no lead");
}

#[tokio::test]
async fn a_bounce_of_an_address_that_we_never_wrote_to_is_not_believed() {
    let (desk, mail) = asked().await;
    desk.mailbox
        .incoming_in(&mail.thread_id, "mailer-daemon@evil.test", "It bounced.")
        .header("X-Failed-Recipients", "ann@example.com")
        .deliver();
    desk.world.deliver_pushes().await;
    desk.is_settled_with_one_letter().await;
}

#[tokio::test]
async fn a_mail_that_was_thrown_away_is_not_answered() {
    let (desk, mail) = asked().await;
    desk.mailbox.relabels(&mail.id, &["TRASH"], &["INBOX"]);
    ends_with(&desk, "message_removed").await;

    let (desk, mail) = asked().await;
    desk.mailbox.relabels(&mail.id, &["SPAM"], &["INBOX"]);
    ends_with(&desk, "message_removed").await;
}

#[tokio::test]
async fn a_thread_that_is_gone_is_not_answered() {
    let (desk, mail) = asked().await;
    desk.mailbox.deletes(&mail.id);
    ends_with(&desk, "message_removed").await;
}

#[tokio::test]
async fn an_archived_mail_is_answered() {
    let (desk, mail) = asked().await;
    desk.mailbox.relabels(&mail.id, &[], &["INBOX", "UNREAD"]);
    desk.is_settled_with_one_letter().await;
}

#[tokio::test]
async fn a_lead_that_was_erased_meanwhile_gets_no_answer_and_does_not_come_back() {
    let (desk, _) = asked().await;
    let erase =
        "delete from messages; update email_threads set lead_id = null, conversation_id = null;
                 delete from conversations; delete from leads";
    desk.world.sql.batch_execute(erase).await.unwrap();
    ends_with(&desk, "erased").await;
    for table in ["leads", "conversations", "messages"] {
        let rows = desk
            .world
            .count(&format!("select count(*) from {table}"))
            .await;
        assert_eq!(rows, 0, "{table}");
    }
}

#[tokio::test]
async fn a_mail_that_was_erased_meanwhile_gets_no_answer() {
    let (desk, _) = asked().await;
    let reply = desk.newest().await;
    let erase = "delete from email_messages";
    desk.world.sql.batch_execute(erase).await.unwrap();
    assert!(desk.wake(&reply).await, "its row is gone with it");
    desk.stays_silent().await;
}

#[tokio::test]
async fn what_changes_after_the_letter_was_fixed_still_counts() {
    let (desk, _) = asked().await;
    desk.world.skip(minutes(3));
    let drafted = || !desk.mailbox.drafts().is_empty();
    desk.killed_at("drafts.create", Fault::StallAfterEffect, drafted)
        .await;
    desk.set(json!({ "replyMode": "off" })).await;
    ends_with(&desk, "switched_off").await;
}

/// The reply is due, and while the model writes, `meanwhile` happens.
async fn while_the_model_writes(meanwhile: impl AsyncFn(&Desk, &StoredMessage)) -> Desk {
    let (desk, mail) = asked().await;
    desk.world.skip(minutes(3));
    let reply = desk.newest().await;
    desk.world.llm.faults().once("chat", Fault::Held);
    let written = async {
        desk.world.llm.calls().arrived("chat", 1).await;
        meanwhile(&desk, &mail).await;
        desk.world.llm.faults().let_go();
    };
    let (woken, ()) = futures::future::join(desk.wake(&reply), written).await;
    assert!(woken);
    desk
}

#[tokio::test]
async fn a_person_who_answers_while_the_model_writes_keeps_us_silent() {
    let desk = while_the_model_writes(async |desk, mail| {
        desk.mailbox.human_replies(&mail.thread_id, "We have two.");
    })
    .await;
    assert_eq!(desk.states().await, ["cancelled: human_answered"]);
    assert_eq!(desk.mailbox.sent().len(), 1, "the person's own");
}

#[tokio::test]
async fn replies_switched_off_while_the_model_writes_are_not_sent() {
    let desk = while_the_model_writes(async |desk, _| {
        desk.world
            .sets(&desk.oak, json!({ "autoReplyEnabled": false }))
            .await;
    })
    .await;
    ends_with(&desk, "switched_off").await;
}

#[tokio::test]
async fn a_model_that_takes_its_time_is_heard_when_nothing_happens() {
    let desk = while_the_model_writes(async |_, _| {}).await;
    desk.is_settled_with_one_letter().await;
}

#[tokio::test]
async fn stop_in_other_words_is_heard_too_and_so_are_mail_programs() {
    for (subject, body) in [
        ("2BR?", "Please stop emailing me, I found a place."),
        ("2BR?", "Por favor, dejen de enviarme correos."),
        ("unsubscribe", ""),
    ] {
        let (desk, _) = asked().await;
        desk.mailbox.receives(ANN, subject, body);
        desk.world.deliver_pushes().await;
        let out = "cancelled: opted_out";
        assert_eq!(desk.states().await, [out, out], "{body}: at once");
        desk.stays_silent().await;
    }
    let (desk, _) = asked().await;
    desk.mailbox.receives(ANN, "2BR?", "Can I stop by at 5?");
    desk.world.deliver_pushes().await;
    assert_eq!(desk.states().await, ["due", "due"]);
}

#[tokio::test]
async fn a_program_that_unsubscribes_for_somebody_is_heard_and_not_answered() {
    let (desk, _) = asked().await;
    desk.mailbox
        .incoming(ANN, "unsubscribe", "Unsubscribe")
        .header("Auto-Submitted", "auto-generated")
        .deliver();
    desk.world.deliver_pushes().await;
    ends_with(&desk, "opted_out").await;
}

#[tokio::test]
async fn stop_takes_back_a_letter_that_is_written_and_waits_for_gmail() {
    for approved in [false, true] {
        let desk = Desk::open().await;
        let mode = if approved { "approve" } else { "auto" };
        desk.set(json!({ "replyMode": mode })).await;
        desk.ann_writes("Any two-bedrooms?").await;
        let faults = desk.world.google.faults();
        faults.once("drafts.send", Fault::too_many(2 * 3600));
        desk.world.pass(minutes(6)).await;
        if approved {
            assert_eq!(desk.approves(&desk.newest().await).await.status, 200);
            desk.world.pass(minutes(1)).await;
        }
        assert!(desk.states().await[0].starts_with("sending"));
        assert_eq!(desk.mailbox.drafts().len(), 1);
        desk.world.skip(minutes(121));
        desk.mailbox.receives(ANN, "2BR?", "STOP");
        desk.world.deliver_pushes().await;
        desk.stays_silent().await;
        let out = "cancelled: opted_out";
        assert_eq!(desk.states().await, [out, out], "approved: {approved}");
    }
}

#[tokio::test]
async fn who_asked_to_stop_gets_what_a_person_approves_after_that() {
    let desk = Desk::open().await;
    desk.ann_writes("STOP").await;
    desk.world.skip(minutes(1));
    desk.set(json!({ "replyMode": "approve" })).await;
    desk.writes("Bob Ray <bob@example.com>", "Any two-bedrooms?")
        .await;
    desk.world.pass(minutes(6)).await;
    let stopped = "insert into email_suppressions (property_id, address_key, reason, created_at)
                   select property_id, 'bob@example.com', 'opted_out', created_at from email_suppressions";
    desk.world.sql.batch_execute(stopped).await.unwrap();
    assert_eq!(desk.approves(&desk.newest().await).await.status, 200);
    desk.world.pass(minutes(2)).await;
    assert_eq!(desk.mailbox.sent().len(), 1, "{:?}", desk.states().await);
}
