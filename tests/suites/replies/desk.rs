//! A leasing desk, as these stories need it.

use std::future::Future;

use serde_json::{Value, json};
use world::google::{Mailbox, StoredMessage};
use world::{Fault, Property, World, door, minutes};

/// A question that Oak Court's knowledge answers, and what a well-behaved model makes of it.
pub const KNOWLEDGE: &str = "Two-bedroom homes at Oak Court rent from $1,850 a month.";
pub const ANSWER: &str =
    "Our two-bedroom homes rent from $1,850 a month. Would you like to see one?";
pub const ANN: &str = "Ann Lee <ann@example.com>";

/// Oak Court with its mailbox, after five minutes of delay answering by itself.
pub struct Desk {
    pub world: World,
    pub oak: Property,
    pub mailbox: Mailbox,
}

impl Desk {
    pub async fn open() -> Desk {
        let world = World::start().await;
        let oak = world.property("Oak Court").await;
        world.knows(&oak, KNOWLEDGE).await;
        let mailbox = world.connects(&oak, "leasing@oak.test").await;
        Desk {
            world,
            oak,
            mailbox,
        }
    }

    /// A mail of Ann's that starts a thread, filed; its answer is due in five minutes.
    pub async fn ann_writes(&self, body: &str) -> StoredMessage {
        self.writes(ANN, body).await
    }

    pub async fn writes(&self, from: &str, body: &str) -> StoredMessage {
        let mail = self.mailbox.receives(from, "2BR in January?", body);
        self.world.deliver_pushes().await;
        mail
    }

    /// Ann writes again in the same thread, and it is filed.
    pub async fn ann_adds(&self, thread: &str, body: &str) -> StoredMessage {
        let mail = self.mailbox.receives_in(thread, ANN, body);
        self.world.deliver_pushes().await;
        mail
    }

    pub async fn set(&self, settings: Value) {
        self.world.sets(&self.oak, settings).await;
    }

    // --- replies --------------------------------------------------------------------------------

    /// Oldest first.
    pub async fn replies(&self) -> Vec<Value> {
        let mut replies = self.world.replies(&self.oak).await;
        replies.reverse();
        replies
    }

    /// State and reasons of each reply, oldest first: `sent`, `cancelled: superseded`.
    pub async fn states(&self) -> Vec<String> {
        self.replies().await.iter().map(state).collect()
    }

    /// The id of the newest reply.
    pub async fn newest(&self) -> String {
        let replies = self.replies().await;
        text(&replies.last().expect("there is a reply")["id"])
    }

    /// One delivery of the queue's message about a reply; whether it was done with.
    pub async fn wake(&self, reply: &str) -> bool {
        let body = json!({ "v": 1, "job": "reply", "id": reply }).to_string();
        let failed = door::consume(&self.world.app, "auto_reply", &[body]).await;
        failed.batch_item_failures.is_empty()
    }

    /// The function that answers is killed when its next call to `operation` has come so far that
    /// `happened`. Its lease has run out when this returns.
    pub async fn killed_at(&self, operation: &str, fault: Fault, happened: impl Fn() -> bool) {
        let reply = self.newest().await;
        let calls = self.world.google.calls();
        let before = calls.count(operation);
        self.world.google.faults().once(operation, fault);
        let stopped = async {
            calls.arrived(operation, before + 1).await;
            until(happened).await;
        };
        self.killed(&reply, stopped).await;
    }

    /// The function that answers is killed when `stopped` is over.
    pub async fn killed(&self, reply: &str, stopped: impl Future<Output = ()>) {
        tokio::select! {
            biased;
            () = stopped => {}
            _ = self.wake(reply) => panic!("the function came to its end before it was killed"),
        }
        self.world.leases_run_out().await;
    }

    // --- people ---------------------------------------------------------------------------------

    pub async fn approves(&self, reply: &str) -> door::Answer {
        self.decides(reply, "approve").await
    }

    pub async fn rejects(&self, reply: &str) -> door::Answer {
        self.decides(reply, "reject").await
    }

    async fn decides(&self, reply: &str, what: &str) -> door::Answer {
        door::post(&format!("/api/lumaleasing/gmail/replies/{reply}/{what}"))
            .bearer(&self.oak.admin.token)
            .send(&self.world.app)
            .await
    }

    pub async fn edits(&self, reply: &str, body: &str) -> door::Answer {
        door::patch(&format!("/api/lumaleasing/gmail/replies/{reply}"))
            .bearer(&self.oak.admin.token)
            .json(&json!({ "bodyText": body }))
            .send(&self.world.app)
            .await
    }

    pub async fn disconnects(&self) {
        let path = format!("/api/lumaleasing/gmail/config?propertyId={}", self.oak.id);
        let answer = door::delete(&path)
            .bearer(&self.oak.admin.token)
            .send(&self.world.app)
            .await;
        assert!(answer.status < 300, "{}", answer.text);
    }

    /// Closes or archives the thread of a reply.
    pub async fn sets_thread(&self, reply: &Value, status: &str) {
        let path = format!(
            "/api/lumaleasing/gmail/threads/{}",
            text(&reply["threadId"])
        );
        let answer = door::patch(&path)
            .bearer(&self.oak.admin.token)
            .json(&json!({ "status": status }))
            .send(&self.world.app)
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }

    // --- what must hold -------------------------------------------------------------------------

    /// Time passes, and in the end one letter was delivered and stands once in either table, in the
    /// words in which it was delivered. No draft is left.
    pub async fn is_settled_with_one_letter(&self) {
        self.world.pass(minutes(30)).await;
        let sent = self.mailbox.sent();
        assert_eq!(sent.len(), 1, "{:?}", self.states().await);
        self.are_stored_as_delivered().await;
        assert_eq!(self.states().await.last().unwrap(), "sent");
    }

    /// Every letter that left stands in both tables, once and word for word; no draft is left.
    pub async fn are_stored_as_delivered(&self) {
        let mut delivered: Vec<String> =
            self.mailbox.sent().iter().map(|mail| mail.text()).collect();
        delivered.sort();
        for sql in [
            "select body_text from email_messages where direction = 'outbound'",
            "select content from messages where role = 'assistant'",
        ] {
            let mut stored = self.world.texts(sql).await;
            stored.sort();
            assert_eq!(stored, delivered, "{sql}");
        }
        assert_eq!(self.mailbox.drafts().len(), 0, "a draft is left");
    }

    /// Half an hour passes, and nothing leaves.
    pub async fn stays_silent(&self) {
        self.world.pass(minutes(30)).await;
        assert_eq!(self.mailbox.sent().len(), 0, "{:?}", self.states().await);
        let shown = "select preview_draft_id from email_replies where preview_draft_id is not null order by 1";
        let drafts = self.mailbox.drafts().into_iter().map(|(id, _)| id);
        let drafts: Vec<String> = drafts.collect();
        assert_eq!(drafts, self.world.texts(shown).await, "a draft is left");
    }
}

/// State and reasons in one text; of what was sent, only that.
pub fn state(reply: &Value) -> String {
    if reply["state"] == "sent" {
        return text(&reply["state"]);
    }
    let reasons = reply["reasons"].as_array().cloned().unwrap_or_default();
    let reasons: Vec<String> = reasons.iter().map(text).collect();
    match reasons.as_slice() {
        [] => text(&reply["state"]),
        reasons => format!("{}: {}", text(&reply["state"]), reasons.join(", ")),
    }
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Lets the neighbours work until it has happened.
pub async fn until(happened: impl Fn() -> bool) {
    while !happened() {
        tokio::task::yield_now().await;
    }
}
