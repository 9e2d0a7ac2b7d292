//! From a mail that waits to the letter that leaves, and to what is known of the prospect.

use serde_json::json;

use super::Office;
use super::story::{ANN, KNOWLEDGE};

#[tokio::test]
async fn an_edited_reply_is_sent_as_it_was_approved_and_closing_the_thread_tells_what_ann_wants() {
    let office = Office::open().await;
    office.signs_in().await;
    office.answers_ann().await;
    office.admin.follows("Threads").await;
    office.closes_anns_thread().await;
    office.closes().await;
}

impl Office {
    /// Ann's mail waits for approval; the admin changes the answer and has it sent.
    pub async fn answers_ann(&self) {
        let (world, oak, admin) = (&self.world, &self.oak, &self.admin);
        world.knows(oak, KNOWLEDGE).await;
        let mailbox = world.connects(oak, "leasing@oak.test").await;
        let settings = json!({ "replyMode": "approve", "autoReplyDelayMinutes": 0 });
        world.sets(oak, settings).await;
        let asked = "Do you have a two-bedroom in January? We have a cat, and want a pool.";
        let mail = mailbox.receives(ANN, "A two-bedroom in January?", asked);
        world.deliver_pushes().await;
        assert_eq!(mailbox.sent().len(), 0, "it waits");

        admin.follows("Overview").await;
        admin.sees("1 reply waits for a person.").await;
        admin.follows("Look at them").await;
        admin.sees(asked).await;
        admin.sees("This property approves every reply.").await;
        let text = "Yes, two of them. Would Thursday suit you?";
        admin.fills("Text of the reply", text).await;
        admin.presses("Approve and send").await;
        admin.sees("Approved. The reply is on its way.").await;
        admin.sees("No reply waits for a person.").await;

        world.work().await;
        let sent = mailbox.sent();
        assert_eq!(sent.len(), 1);
        assert_eq!(sent[0].thread_id, mail.thread_id);
        assert_eq!(
            sent[0].text().split("\n\n").next(),
            Some(text),
            "{}",
            sent[0].text()
        );
    }

    /// On the list of threads: the admin opens Ann's, and closes it.
    pub async fn closes_anns_thread(&self) {
        let (world, admin) = (&self.world, &self.admin);
        admin.follows("A two-bedroom in January?").await;
        admin.sees("Yes, two of them.").await;
        admin.follows("Ann Lee").await;
        admin.sees("Nothing was read in their words yet.").await;
        admin.follows("A two-bedroom in January?").await;
        admin.presses("Close").await;
        admin.sees("Closed, until the prospect writes again.").await;
        world.work().await;
        admin.follows("Ann Lee").await;
        for (what, words) in [
            ("Floor plan: 2BR", "two-bedroom"),
            ("Move-in: from Jan 1, 2027", "January"),
            ("Pets: cat", "cat"),
            ("Amenities: pool", "pool"),
        ] {
            admin.sees_quoted(what, words).await;
        }
    }
}
