//! Work that was under way when its lead was erased comes to nothing.

use serde_json::json;
use world::{Fault, door, minutes};

use super::scene::{ANN, OF_ANN, Scene};

/// Ann has written; her answer is due in five minutes, without anybody's approval.
async fn waiting() -> Scene {
    let scene = Scene::open().await;
    scene
        .world
        .sets(&scene.oak, json!({ "replyMode": "auto" }))
        .await;
    scene.writes(ANN, "walrus").await;
    scene.world.skip(minutes(1));
    scene
}

impl Scene {
    async fn states(&self) -> Vec<String> {
        let sql = "select state || ' ' || reasons::text from email_replies order by created_at";
        self.world.texts(sql).await
    }

    /// The function that answers is killed when its call to `operation` has come so far.
    async fn killed_at(&self, operation: &str, fault: Fault, happened: impl Fn() -> bool) {
        let ids = self.world.texts("select id::text from email_replies").await;
        let bodies = [json!({ "v": 1, "job": "reply", "id": ids[0] }).to_string()];
        let calls = self.world.google.calls();
        let before = calls.count(operation);
        self.world.google.faults().once(operation, fault);
        let stopped = async {
            calls.arrived(operation, before + 1).await;
            while !happened() {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            biased;
            () = stopped => {}
            _ = door::consume(&self.world.app, "auto_reply", &bodies) => panic!("it came to its end"),
        }
    }

    async fn is_left_in_peace(&self) {
        self.world.pass(minutes(30)).await;
        assert_eq!(self.mailbox.sent().len(), 0, "{:?}", self.states().await);
        assert_eq!(self.mailbox.drafts().len(), 0, "a draft is left");
        assert_eq!(self.states().await, ["cancelled {erased}"]);
        assert_eq!(self.holding(&OF_ANN).await, [""; 0]);
    }
}

#[tokio::test]
async fn an_answer_that_was_due_is_not_written() {
    let scene = waiting().await;
    scene.erases(scene.lead(ANN).await).await;
    scene.is_left_in_peace().await;
    assert_eq!(scene.world.llm.chats().len(), 0);
    scene.world.finish().await;
}

#[tokio::test]
async fn an_answer_that_waits_for_approval_cannot_be_approved_any_more() {
    let scene = Scene::open().await;
    scene.writes(ANN, "walrus").await;
    scene.world.pass(minutes(6)).await;
    let ann = scene.lead(ANN).await;
    let reply = scene.reply_to(ann).await;
    scene.erases(ann).await;
    let approve = door::post(&format!("/api/lumaleasing/gmail/replies/{reply}/approve"));
    let refused = approve
        .bearer(&scene.oak.admin.token)
        .send(&scene.world.app)
        .await;
    assert_eq!(refused.status, 409, "{}", refused.text);
    scene.is_left_in_peace().await;
}

#[tokio::test]
async fn killed_between_writing_and_sending_the_draft_is_taken_out_of_gmail() {
    let scene = waiting().await;
    scene.world.skip(minutes(5));
    scene.killed_at("drafts.send", Fault::Stall, || true).await;
    assert_eq!(scene.mailbox.drafts().len(), 1);
    scene.erases(scene.lead(ANN).await).await;
    scene.is_left_in_peace().await;
}

#[tokio::test]
async fn a_draft_whose_id_was_never_stored_is_found_and_taken_out() {
    let scene = waiting().await;
    scene.world.skip(minutes(5));
    let drafted = || !scene.mailbox.drafts().is_empty();
    scene
        .killed_at("drafts.create", Fault::StallAfterEffect, drafted)
        .await;
    scene.erases(scene.lead(ANN).await).await;
    scene.is_left_in_peace().await;
}

#[tokio::test]
async fn a_person_who_approved_it_does_not_send_it_either() {
    let scene = Scene::open().await;
    scene.writes(ANN, "walrus").await;
    scene.world.pass(minutes(6)).await;
    let ann = scene.lead(ANN).await;
    let reply = scene.reply_to(ann).await;
    let approve = door::post(&format!("/api/lumaleasing/gmail/replies/{reply}/approve"));
    scene.asks(approve).await;
    scene.erases(ann).await;
    scene.is_left_in_peace().await;
}

#[tokio::test]
async fn a_letter_that_left_all_the_same_is_recorded_without_its_words() {
    let scene = waiting().await;
    scene.world.skip(minutes(5));
    let sent = || !scene.mailbox.sent().is_empty();
    scene
        .killed_at("drafts.send", Fault::StallAfterEffect, sent)
        .await;
    scene.world.skip(minutes(1));
    scene.erases(scene.lead(ANN).await).await;
    scene.world.pass(minutes(30)).await;
    assert_eq!(scene.mailbox.sent().len(), 1);
    assert_eq!(scene.states().await, ["sent {}"]);
    assert_eq!(scene.holding(&OF_ANN).await, [""; 0]);
}

#[tokio::test]
async fn a_conversation_that_was_to_be_read_is_not_read() {
    let (scene, ann, _) = Scene::of_two().await;
    let asked = scene.world.llm.extractions().len();
    let due = "update enrichment_runs set state = 'due', next_attempt_at = null";
    scene.world.sql.batch_execute(due).await.unwrap();
    let of_ann = format!(
        "select count(*) from enrichment_runs r join conversations c on c.id = r.conversation_id
         left join widget_sessions s on s.id = c.widget_session_id
         where coalesce(c.lead_id, s.lead_id) = '{ann}' and r.state = 'due'"
    );
    let (hers, all) = (
        scene.world.count(&of_ann).await,
        scene
            .world
            .count("select count(*) from enrichment_runs")
            .await,
    );
    assert!(hers > 0 && all > hers, "{hers} of {all}");
    scene.erases(ann).await;
    assert_eq!(scene.world.count(&of_ann).await, 0);
    scene.world.pass(minutes(10)).await;
    let asks = scene.world.llm.extractions();
    assert!(asks.len() > asked, "Bob's is read");
    let new = asks[asked..]
        .iter()
        .map(ToString::to_string)
        .collect::<String>();
    assert!(!new.contains("walrus") && new.contains("otter"));
    assert_eq!(scene.holding(&OF_ANN).await, [""; 0]);
}

#[tokio::test]
async fn reminders_and_letters_of_an_erased_lead_are_not_sent() {
    let (scene, ann, _) = Scene::of_two().await;
    let sent = scene.mailbox.sent().len();
    let letter = format!(
        "insert into tour_letters (property_id, booking_id, kind, concerns, due_at, not_after)
         select property_id, id, 'reminder_24h', starts_at, '{0}', starts_at from tour_bookings where lead_id = '{ann}'
         on conflict do nothing",
        scene.world.now()
    );
    scene.world.sql.batch_execute(&letter).await.unwrap();
    scene.erases(ann).await;
    scene.world.pass(minutes(10)).await;
    let letters = format!(
        "select distinct l.state || ' ' || l.reason from tour_letters l join tour_bookings b on b.id = l.booking_id
         where b.lead_id = '{ann}' and l.state <> 'sent'"
    );
    assert_eq!(scene.world.texts(&letters).await, ["cancelled erased"]);
    let to_ann = scene.mailbox.sent().into_iter().skip(sent);
    let to_ann = to_ann.filter(|mail| mail.to == ["ann@example.com"]);
    assert_eq!(to_ann.count(), 0);
}
