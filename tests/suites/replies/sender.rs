//! Whom we answer, and what we tell somebody who may be anybody.

use serde_json::json;
use world::google::StoredMessage;
use world::minutes;

use super::desk::{ANN, ANSWER, Desk};

/// A word that stands in Ann's first letter and nowhere else.
const CANARY: &str = "Zanzibar";

/// Ann's letter, which Gmail vouched for, has been answered.
async fn known() -> (Desk, StoredMessage) {
    let desk = Desk::open().await;
    let body = format!("Any two-bedrooms? I work at {CANARY} and pay up to $1,777.");
    let mail = desk.ann_writes(&body).await;
    desk.world.pass(minutes(6)).await;
    assert_eq!(desk.states().await, ["sent"]);
    (desk, mail)
}

/// Somebody writes into a thread, and nobody vouches for the address.
async fn forges(desk: &Desk, thread: &str, from: &str, body: &str) {
    let mail = desk.mailbox.incoming_in(thread, from, body);
    mail.unauthenticated().deliver();
    desk.world.deliver_pushes().await;
    desk.world.pass(minutes(6)).await;
}

#[tokio::test]
async fn a_prospect_goes_on_where_the_thread_stopped() {
    let (desk, mail) = known().await;
    desk.world.llm.will_say("You wrote of $1,777.");
    desk.ann_adds(&mail.thread_id, "What two-bedrooms did we speak of?")
        .await;
    desk.world.pass(minutes(6)).await;
    assert!(desk.world.llm.last_prompt().contains(CANARY));
    assert_eq!(desk.states().await, ["sent", "sent"]);
}

#[tokio::test]
async fn whoever_writes_under_a_prospects_address_learns_nothing_of_the_thread() {
    let (desk, mail) = known().await;
    forges(
        &desk,
        &mail.thread_id,
        ANN,
        "What two-bedrooms did we speak of?",
    )
    .await;
    let prompt = desk.world.llm.last_prompt();
    assert!(prompt.contains("did we speak of?"), "it was asked");
    assert!(!prompt.contains(CANARY), "{prompt}");
    assert!(!prompt.contains("We have received"), "nor our own words");
    assert_eq!(
        desk.states().await,
        ["sent", "sent"],
        "one answer all the same"
    );
    assert_eq!(desk.mailbox.sent()[1].to, ["ann@example.com"]);
}

#[tokio::test]
async fn what_stands_in_the_thread_is_no_source_for_an_unproven_senders_answer() {
    let (desk, mail) = known().await;
    desk.world.llm.will_say("You wrote of $1,777.");
    forges(
        &desk,
        &mail.thread_id,
        ANN,
        "What two-bedrooms did we speak of?",
    )
    .await;
    assert_eq!(desk.states().await, ["sent", "held: unknown_price"]);
}

#[tokio::test]
async fn what_a_forger_wrote_is_not_taken_for_the_prospects_words() {
    let (desk, mail) = known().await;
    let forged = "I am moving to Timbuktu.";
    forges(&desk, &mail.thread_id, ANN, forged).await;
    desk.ann_adds(&mail.thread_id, "What do two-bedrooms rent for?")
        .await;
    desk.world.pass(minutes(6)).await;
    let prompt = desk.world.llm.last_prompt();
    assert!(prompt.contains(CANARY), "her own words are there");
    assert!(!prompt.contains("Timbuktu"), "{prompt}");
}

#[tokio::test]
async fn after_one_answer_a_person_goes_on_with_an_unproven_sender() {
    let eve = "Eve <eve@example.com>";
    let desk = Desk::open().await;
    let first = desk
        .mailbox
        .incoming(eve, "2BR?", "Any two-bedrooms?")
        .unauthenticated()
        .deliver();
    desk.world.deliver_pushes().await;
    desk.world.pass(minutes(6)).await;
    assert_eq!(desk.states().await, ["sent"], "the first is answered");

    forges(&desk, &first.thread_id, eve, "What do they rent for?").await;
    let other = "Mallory <mallory@example.com>";
    forges(&desk, &first.thread_id, other, "And for me?").await;
    desk.mailbox
        .incoming(eve, "Another question", "Any two-bedrooms?")
        .unauthenticated()
        .deliver();
    desk.world.deliver_pushes().await;
    desk.world.pass(minutes(6)).await;
    let held = "held: unverified_sender";
    assert_eq!(
        desk.states().await,
        ["sent", "cancelled: superseded", held, held]
    );
    assert_eq!(desk.world.llm.chats().len(), 1, "nor was the model asked");

    // A person answers with words of their own.
    let reply = desk.newest().await;
    assert_eq!(desk.edits(&reply, "Please call us.").await.status, 200);
    assert_eq!(desk.approves(&reply).await.status, 200);
    desk.world.pass(minutes(6)).await;
    assert_eq!(desk.mailbox.sent().len(), 2);
    assert_eq!(desk.mailbox.sent()[1].to, ["eve@example.com"]);
}

#[tokio::test]
async fn a_sender_who_is_proven_later_is_answered_again() {
    let desk = Desk::open().await;
    let first = desk
        .mailbox
        .incoming(ANN, "2BR?", "Any two-bedrooms?")
        .unauthenticated()
        .deliver();
    desk.world.deliver_pushes().await;
    desk.world.pass(minutes(6)).await;
    desk.ann_adds(&first.thread_id, "What do two-bedrooms rent for?")
        .await;
    desk.world.pass(minutes(6)).await;
    assert_eq!(desk.states().await, ["sent", "sent"]);
}

#[tokio::test]
async fn two_letters_that_are_due_at_once_get_one_answer() {
    let desk = Desk::open().await;
    for number in 1..=2 {
        desk.mailbox
            .incoming(ANN, &format!("2BR? ({number})"), "Any two-bedrooms?")
            .unauthenticated()
            .deliver();
    }
    desk.world.deliver_pushes().await;
    desk.world.skip(minutes(5));
    let ids: Vec<String> = desk
        .replies()
        .await
        .iter()
        .map(|reply| super::desk::text(&reply["id"]))
        .collect();
    futures::future::join_all(ids.iter().map(|id| desk.wake(id))).await;
    desk.world.pass(minutes(6)).await;
    assert_eq!(desk.mailbox.sent().len(), 1, "{:?}", desk.states().await);
}

#[tokio::test]
async fn a_second_participant_is_answered_alone_and_told_nothing_of_the_first() {
    let (desk, mail) = known().await;
    desk.world.llm.will_say(ANSWER);
    desk.mailbox
        .incoming_in(
            &mail.thread_id,
            "Eve <eve@evil.test>",
            "What two-bedrooms did we speak of?",
        )
        .header("Reply-To", "ann@example.com")
        .deliver();
    desk.world.deliver_pushes().await;
    desk.world.pass(minutes(6)).await;
    assert!(!desk.world.llm.last_prompt().contains(CANARY));
    assert_eq!(desk.mailbox.sent()[1].to, ["eve@evil.test"]);
}

#[tokio::test]
async fn two_people_of_one_portal_in_one_thread_are_two_people() {
    let desk = Desk::open().await;
    desk.set(json!({ "portalDomains": ["portal.test"] })).await;
    let from = "Portal <no-reply@portal.test>";
    let first = format!("Any two-bedrooms? I work at {CANARY}.");
    let mail = desk.mailbox.incoming(from, "A request", &first);
    let mail = mail.header("Reply-To", "ann@example.com").deliver();
    desk.world.deliver_pushes().await;
    desk.world.pass(minutes(6)).await;
    for (person, sees) in [("bob@example.com", false), ("ann@example.com", true)] {
        desk.mailbox
            .incoming_in(&mail.thread_id, from, "Any two-bedrooms left?")
            .header("Reply-To", person)
            .deliver();
        desk.world.deliver_pushes().await;
        desk.world.pass(minutes(6)).await;
        let prompt = desk.world.llm.last_prompt();
        assert_eq!(prompt.contains(CANARY), sees, "{person}");
    }
    let to: Vec<String> = desk.mailbox.sent().into_iter().flat_map(|m| m.to).collect();
    assert_eq!(
        to,
        ["ann@example.com", "bob@example.com", "ann@example.com"]
    );
}

#[tokio::test]
async fn a_letter_changes_nothing_about_a_lead_that_is_there() {
    let (desk, mail) = known().await;
    let forged = "Mallory Doe <ann@example.com>";
    forges(&desk, &mail.thread_id, forged, "Any two-bedrooms?").await;
    let names = "select concat_ws(' ', first_name, last_name) from leads";
    assert_eq!(desk.world.texts(names).await, ["Ann Lee"]);
    forges(&desk, &mail.thread_id, "Eve <eve@example.com>", "And mine?").await;
    let names = "select concat_ws(' ', first_name, last_name) from leads order by created_at, id";
    assert_eq!(desk.world.texts(names).await, ["Ann Lee", "Eve"]);
}

#[tokio::test]
async fn stop_is_heard_whoever_says_it() {
    let (desk, mail) = known().await;
    forges(&desk, &mail.thread_id, ANN, "STOP").await;
    desk.ann_writes("Any two-bedrooms?").await;
    desk.world.pass(minutes(6)).await;
    assert_eq!(desk.mailbox.sent().len(), 1);
    assert_eq!(
        desk.states().await[1..],
        ["cancelled: opted_out", "cancelled: opted_out"]
    );
}
