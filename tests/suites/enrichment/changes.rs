//! Minds change: the later statement counts, and silence erases nothing.

use serde_json::json;

use super::chat::{Chat, value};

#[tokio::test]
async fn a_later_mail_that_does_not_mention_pets_erases_none() {
    let chat = Chat::open().await;
    chat.hears("We have a cat.", json!({ "pets": [value("cat", "a cat")] }))
        .await;
    chat.hears(
        "Is there a pool?",
        json!({ "amenities": [value("pool", "a pool")] }),
    )
    .await;
    let mailbox = chat.world.connects(&chat.oak, "leasing@oak.test").await;
    mailbox.receives("Ann <ann@example.com>", "Hello", "Do you have a gym?");
    chat.world.deliver_pushes().await;
    chat.world
        .llm
        .will_extract(json!({ "amenities": [value("gym", "a gym")] }));
    chat.is_asked_for().await;
    chat.world.work().await;
    let preferences = chat.preferences().await;
    assert_eq!(preferences["pets"], json!(["cat"]));
    assert_eq!(preferences["amenities"], json!(["gym", "pool"]));
}

#[tokio::test]
async fn a_later_value_takes_the_place_of_an_earlier_one() {
    let chat = Chat::open().await;
    for (text, max) in [
        ("$1,500 at most", 1500),
        ("now $1,800", 1800),
        ("rather $1,600", 1600),
    ] {
        let found =
            json!({ "budget": { "min": null, "max": max, "evidence": text, "confidence": 0.9 } });
        chat.hears(text, found).await;
    }
    assert_eq!(
        chat.preferences().await["budget"],
        json!({ "min": null, "max": 1600 })
    );
}

#[tokio::test]
async fn what_is_taken_back_is_gone_and_may_come_back() {
    let chat = Chat::open().await;
    chat.hears(
        "We have two cats and a dog.",
        json!({
            "pets": [value("two cats", "two cats"), value("dog", "a dog")],
        }),
    )
    .await;
    let back = json!({ "retracted": [
        { "field": "pets", "value": "cats", "evidence": "we no longer have the cats" },
        { "field": "budget", "value": null, "evidence": "we no longer have the cats" },
    ] });
    chat.hears("Sorry, we no longer have the cats.", back).await;
    assert_eq!(chat.preferences().await["pets"], json!(["dog"]));
    assert_eq!(chat.interests().await, ["pets: dog"]);
    chat.hears(
        "The two cats are back!",
        json!({ "pets": [value("two cats", "two cats")] }),
    )
    .await;
    assert_eq!(chat.preferences().await["pets"], json!(["dog", "two cats"]));
}

#[tokio::test]
async fn a_model_cannot_take_back_what_nobody_took_back() {
    let chat = Chat::open().await;
    chat.hears("We have a cat.", json!({ "pets": [value("cat", "a cat")] }))
        .await;
    for evidence in ["The cat likes sun", "we no longer have the cat", ""] {
        let found =
            json!({ "retracted": [{ "field": "pets", "value": "cat", "evidence": evidence }] });
        chat.hears("The cat likes sun.", found).await;
        assert_eq!(
            chat.preferences().await["pets"],
            json!(["cat"]),
            "{evidence}"
        );
    }
}

#[tokio::test]
async fn parking_and_urgency_are_known_as_they_are_said() {
    let chat = Chat::open().await;
    chat.hears("I need covered parking, as soon as possible.", json!({
        "parking": { "needed": true, "type": "covered", "evidence": "covered parking", "confidence": 1 },
        "urgency": { "value": "immediate", "evidence": "as soon as possible", "confidence": 1 },
    }))
    .await;
    let preferences = chat.preferences().await;
    assert_eq!(
        preferences["parking"],
        json!({ "needed": true, "type": "covered" })
    );
    assert_eq!(preferences["urgency"], json!("immediate"));
    chat.hears("I don't need parking after all.", json!({
        "parking": { "needed": false, "type": null, "evidence": "I don't need parking", "confidence": 1 },
    }))
    .await;
    assert_eq!(
        chat.preferences().await["parking"],
        json!({ "needed": false, "type": null })
    );
}
