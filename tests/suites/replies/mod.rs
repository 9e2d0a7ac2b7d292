//! From a prospect's e-mail to the answer in the same thread: once, in time, only if it is wanted,
//! and never with a text that nobody would sign.

mod approval;
mod automatic;
mod budget;
mod desk;
mod drafts;
mod facts;
mod fair_housing;
mod faults;
mod injections;
mod letter;
mod limits;
mod model;
mod once;
mod preview;
mod reasons;
mod sender;
mod tenants;
mod timing;
mod visits;

use serde_json::json;
use world::minutes;

use desk::{ANSWER, Desk};

#[tokio::test]
async fn a_prospect_writes_and_is_answered_in_the_same_thread() {
    let desk = Desk::open().await;
    desk.world.llm.will_say(ANSWER);

    let mail = desk.ann_writes("Any two-bedrooms?").await;
    assert_eq!(desk.mailbox.sent().len(), 0, "not before the delay");
    desk.world.pass(minutes(6)).await;

    let sent = desk.mailbox.sent();
    assert_eq!(sent.len(), 1, "{:?}", desk.states().await);
    assert_eq!(sent[0].thread_id, mail.thread_id);
    let leads = "select count(*) from leads where email = 'ann@example.com'";
    assert_eq!(desk.world.count(leads).await, 1);
    let roles = "select role from messages order by created_at";
    assert_eq!(desk.world.texts(roles).await, ["user", "assistant"]);
    assert_eq!(desk.replies().await[0]["state"], json!("sent"));
    desk.is_settled_with_one_letter().await;
    desk.world.finish().await;
}
