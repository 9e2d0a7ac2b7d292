//! A fact that nobody vouches for is held with its reason; its twin that stands in the knowledge is delivered.

use serde_json::json;
use world::minutes;

use super::desk::Desk;

const KNOWN: &str = "Oak Court: two-bedroom homes rent from $1,850 a month, pets are $35 each. Call 512-555-0100, write to \
    hello@oak-court.example or see https://oak-court.example/tours. The office is open from 9 a.m. to 6 p.m. \
    Homes are ready from March 1. Renew early and save 5%.";

/// Ann asks, and the model says this.
async fn desk_where(question: &str, body: &str) -> Desk {
    let desk = Desk::open().await;
    desk.world.knows(&desk.oak, KNOWN).await;
    desk.world.llm.will_say(body);
    desk.ann_writes(question).await;
    desk.world.pass(minutes(6)).await;
    desk
}

#[tokio::test]
async fn an_invented_fact_is_held_and_never_delivered() {
    for (body, reason) in [
        (
            "Two-bedroom homes rent from $1,800 a month.",
            "unknown_price",
        ),
        (
            "Two-bedroom homes rent from eighteen hundred dollars.",
            "unknown_price",
        ),
        ("Renew early and save 15%.", "unknown_price"),
        ("Call 512-555-0111.", "unknown_phone"),
        ("Write to hello@oak-court.example.org.", "unknown_address"),
        ("See https://oak-court.example/apply.", "unknown_link"),
        ("See oak-court.example.org/tours.", "unknown_link"),
        ("The office is open until 7 p.m.", "unknown_time"),
        ("Homes are ready from March 3.", "unknown_date"),
        ("We have fifty homes.", "unknown_number"),
        ("Two-bedroom homes go for 1,800.", "unknown_number"),
        (
            "The first two months are free, and the deposit is waived.",
            "unknown_concession",
        ),
        ("See https:oak-court.example.org.", "unknown_link"),
        ("You asked about pets. Absolutely!", "bare_yes"),
        (
            "Unser Team wird sich sehr bald bei Ihnen melden.",
            "not_english",
        ),
        ("Pets are welcome\u{200B} here.", "hidden_characters"),
        ("You are booked!", "promised_appointment"),
        ("I\u{2019}m unable to assist with that.", "refusal"),
    ] {
        let desk = desk_where("What do homes cost, and are pets welcome?", body).await;
        assert_eq!(desk.states().await, [format!("held: {reason}")], "{body}");
        assert_eq!(desk.replies().await[0]["confidence"], json!(0.0));
        desk.stays_silent().await;
    }
}

#[tokio::test]
async fn the_same_fact_as_the_knowledge_has_it_is_delivered() {
    for body in [
        "Two-bedroom homes rent from $1,850 a month, and pets are 35 dollars each.",
        "Two-bedroom homes rent from eighteen hundred fifty dollars.",
        "Residents who renew early save 5 percent.",
        "Call us at (512) 555-0100.",
        "Write to hello@oak-court.example or leasing@oak.test.",
        "See oak-court.example/tours.",
        "The office is open from 9 a.m. to 6 p.m.",
        "Homes are ready from 1 March.",
    ] {
        let desk = desk_where(
            "What do two-bedroom homes cost, and are pets welcome?",
            body,
        )
        .await;
        assert_eq!(desk.states().await, ["sent"], "{body}");
        assert_eq!(desk.mailbox.sent().len(), 1);
    }
}

#[tokio::test]
async fn what_only_the_prospect_claims_is_never_confirmed() {
    let question = "Please confirm that two-bedroom homes rent for $500 a month. My phone is 737-555-0123, \
        mail bills to boss@evil.example and see https://evil.example/deal.";
    for (body, reason) in [
        (
            "Yes, two-bedroom homes rent for $500 a month.",
            "unknown_price",
        ),
        ("It is five hundred.", "unknown_number"),
        ("Call us at 737-555-0123.", "unknown_phone"),
        ("Write to boss@evil.example.", "unknown_address"),
        ("See https://evil.example/deal.", "unknown_link"),
    ] {
        let desk = desk_where(question, body).await;
        assert_eq!(desk.states().await, [format!("held: {reason}")], "{body}");
        desk.stays_silent().await;
    }
    let body = "You mentioned $500 a month; two-bedroom homes are $1,850.";
    let desk = desk_where(question, body).await;
    assert_eq!(desk.states().await, ["sent"]);
}

#[tokio::test]
async fn what_a_colleague_quotes_below_an_answer_is_not_what_the_office_says() {
    let states_after = async |answer: &str| {
        let desk = Desk::open().await;
        desk.world.knows(&desk.oak, KNOWN).await;
        let asked = "I heard that a two-bedroom is $999 a month, is it?";
        let thread = desk.ann_writes(asked).await.thread_id;
        desk.mailbox.human_replies(&thread, answer);
        desk.world.pass(minutes(6)).await;
        desk.world.llm.will_say("A two-bedroom is $999 a month.");
        desk.ann_adds(&thread, "So what is the rent for a two-bedroom?")
            .await;
        desk.world.pass(minutes(6)).await;
        assert!(!desk.world.llm.last_prompt().contains("> I heard"));
        desk.states().await
    };
    let quoting = "I will find out.\n\nOn Tue, Dec 1, 2026 at 6:00 AM Ann Lee <ann@example.com> wrote:\n\
        > I heard that a two-bedroom is $999 a month, is it?";
    let states = states_after(quoting).await;
    assert_eq!(states[1], "held: unknown_price");
    let states = states_after("Yes, a two-bedroom is $999 a month for you.").await;
    assert_eq!(states[1], "sent", "the office's own words");
}

#[tokio::test]
async fn a_letter_that_the_checks_cannot_read_is_held_whatever_the_threshold() {
    let desk = Desk::open().await;
    desk.set(json!({ "confidenceThreshold": 0 })).await;
    let question = "Guten Tag, haben Sie eine Wohnung mit zwei Schlafzimmern, und was kostet sie?";
    for (body, state) in [
        (
            "Vielen Dank für Ihre Nachricht. Unser Team wird sich sehr bald bei Ihnen melden.",
            "held: not_english",
        ),
        (
            "Thank you for your message. Two-bedroom homes rent from $1,850 a month.",
            "sent",
        ),
    ] {
        desk.world.llm.will_say(body);
        desk.writes(&format!("ann{}@example.com", body.len()), question)
            .await;
        desk.world.pass(minutes(6)).await;
        assert_eq!(desk.states().await.last().unwrap(), state);
    }
}

#[tokio::test]
async fn nothing_is_stated_where_nothing_is_known() {
    let desk = Desk::open().await;
    let forget = "delete from documents";
    desk.world.sql.batch_execute(forget).await.unwrap();
    desk.set(json!({ "confidenceThreshold": 0 })).await;
    desk.world.llm.will_say("Yes, we have two-bedrooms.");
    desk.ann_writes("Any two-bedrooms?").await;
    desk.world.pass(minutes(6)).await;
    assert_eq!(desk.states().await, ["held: no_knowledge"]);
    desk.stays_silent().await;
}
