//! What nobody said, or cannot be, is dropped; what stands beside it is kept.

use serde_json::{Value, json};

use super::chat::{Chat, value};

/// What is kept of an answer about these words, besides the bicycle that is always there.
async fn kept(text: &str, mut found: Value) -> Vec<String> {
    let chat = Chat::open().await;
    chat.office_says("We have a sauna and homes from $1,400. Would you like a rooftop?")
        .await;
    if found["special_requirements"].is_null() {
        found["special_requirements"] = json!([]);
    }
    let twin = value("bicycle storage", "bicycle storage");
    found["special_requirements"]
        .as_array_mut()
        .unwrap()
        .push(twin);
    chat.hears(&format!("I need bicycle storage.\n{text}"), found)
        .await;
    assert_eq!(chat.runs().await, ["done"], "{text}");
    let mut interests = chat.interests().await;
    let all = interests.len();
    interests.retain(|line| !line.contains("bicycle"));
    assert_eq!(interests.len() + 1, all, "the positive twin");
    interests
}

fn budget(min: Value, max: Value, evidence: &str) -> Value {
    json!({ "budget": { "min": min, "max": max, "evidence": evidence, "confidence": 1 } })
}

fn moves(date: &str, evidence: &str) -> Value {
    json!({ "move_in": { "date": date, "evidence": evidence, "confidence": 1 } })
}

#[tokio::test]
async fn a_value_without_the_prospects_own_words_is_dropped() {
    let text = "Is there a pool? My cap is $1,500.";
    for (amenity, evidence) in [
        ("gym", ""),
        ("gym", "I want a gym"),      // nobody said so
        ("sauna", "We have a sauna"), // the office said so
        ("rooftop", "Would you like a rooftop?"),
        ("pool", "is there the pool"), // not word for word
        ("pool", "Is there a p"),      // half a word
        ("gym", "My cap is $1,500"),   // says something else
        ("<b>pool</b>", "Is there a pool?"),
    ] {
        let found = json!({ "amenities": [value(amenity, evidence)] });
        assert_eq!(kept(text, found).await, [""; 0], "{amenity}: {evidence}");
    }
    let found = json!({ "amenities": [value("Pool", "is there a  POOL?")] });
    assert_eq!(kept(text, found).await, ["amenity: pool"]);
}

#[tokio::test]
async fn a_budget_keeps_to_what_was_said_and_to_what_homes_cost() {
    for (text, found, expected) in [
        (
            "up to $1,500",
            budget(Value::Null, json!(1500), "$1,500"),
            vec!["budget: up to 1500"],
        ),
        (
            "1.2k to 1.5k",
            budget(json!(1200), json!(1500), "1.2k to 1.5k"),
            vec!["budget: 1200-1500"],
        ),
        (
            "up to $1,500",
            budget(Value::Null, json!(1600), "$1,500"),
            vec![],
        ),
        (
            "homes from $1,400?",
            budget(Value::Null, json!(1500), "homes from $1,400"),
            vec![],
        ),
        (
            "about 50",
            budget(Value::Null, json!(50), "about 50"),
            vec![],
        ),
        (
            "1000000000 dollars",
            budget(Value::Null, json!(1e9), "1000000000 dollars"),
            vec![],
        ),
        (
            "2000 or 1500",
            budget(json!(2000), json!(1500), "2000 or 1500"),
            vec![],
        ),
    ] {
        assert_eq!(kept(text, found.clone()).await, expected, "{text} {found}");
    }
}

#[tokio::test]
async fn a_date_is_one_that_was_said_and_lies_ahead() {
    for (text, date, expected) in [
        ("January 15", "2027-01-15", vec!["move_in_date: 2027-01-15"]),
        (
            "in two weeks",
            "2026-12-16",
            vec!["move_in_date: 2026-12-16"],
        ),
        ("January 15", "2027-01-16", vec![]),
        ("November 1, 2026", "2026-11-01", vec![]),
        ("January 2031", "2031-01-01", vec![]),
        ("January 15", "soon", vec![]),
        ("whenever", "2027-01-15", vec![]),
    ] {
        assert_eq!(
            kept(text, moves(date, text)).await,
            expected,
            "{text} {date}"
        );
    }
}

/// Who says so, what of it is believed, and what the same answer comes to about other words.
const UNSUPPORTED: [(&str, &str, &str, &str); 12] = [
    (
        "urgency",
        "immediate",
        "I must move as soon as possible",
        "Is there a pool?",
    ),
    ("urgency", "soon", "fairly soon", "I am browsing"),
    ("urgency", "flexible", "I am flexible", "in two weeks"),
    (
        "urgency",
        "browsing",
        "just looking around",
        "looking in January",
    ),
    ("parking", "needed", "I have two cars", "close to the park"),
    ("parking", "garage", "a garage", "new carpet"),
    ("floorplan", "2BR", "a two-bedroom", "two cats"),
    ("floorplan", "studio", "a studio", "two bedrooms"),
    ("pets", "small dog", "a small dog", "a small kitchen"),
    ("pets", "cat", "two cats", "two bathrooms"),
    (
        "special_requirement",
        "ground floor",
        "on the ground floor",
        "on the street",
    ),
    (
        "amenity",
        "in-unit laundry",
        "laundry in the unit",
        "looking in January",
    ),
];

fn found(kind: &str, wanted: &str, evidence: &str) -> Value {
    let one = value(wanted, evidence);
    match kind {
        "urgency" => json!({ "urgency": one }),
        "parking" => json!({ "parking": {
            "needed": true, "type": (wanted != "needed").then_some(wanted), "evidence": evidence, "confidence": 1,
        } }),
        "floorplan" => json!({ "floorplans": [one] }),
        "pets" => json!({ "pets": [one] }),
        "special_requirement" => json!({ "special_requirements": [one] }),
        _ => json!({ "amenities": [one] }),
    }
}

#[tokio::test]
async fn words_of_something_else_bear_out_no_value_of_any_kind() {
    for (kind, wanted, words, others) in UNSUPPORTED {
        let twin = kept(words, found(kind, wanted, words)).await;
        assert_eq!(twin, [format!("{kind}: {wanted}")], "{words}");
        let invented = kept(others, found(kind, wanted, others)).await;
        assert_eq!(invented, [""; 0], "{kind} {wanted}: {others}");
    }
}

#[tokio::test]
async fn haste_that_nobody_showed_is_no_preference() {
    let chat = Chat::open().await;
    let hasty = |words| found("urgency", "immediate", words);
    chat.hears("Is there a pool?", hasty("Is there a pool?"))
        .await;
    assert_eq!(chat.preferences().await["urgency"], Value::Null);
    chat.hears("I need it ASAP.", hasty("I need it ASAP")).await;
    assert_eq!(chat.preferences().await["urgency"], json!("immediate"));
}

#[tokio::test]
async fn what_was_quoted_from_an_earlier_letter_is_nobodys_wish() {
    let chat = Chat::open().await;
    let world = &chat.world;
    let mailbox = world.connects(&chat.oak, "leasing@oak.test").await;
    let body =
        "I want a balcony.\n\nOn Mon, 30 Nov 2026, Oak Court wrote:\n> Would you like a sauna?\n";
    mailbox.receives("Ann <ann@example.com>", "Hello", body);
    world.deliver_pushes().await;
    world.llm.will_extract(json!({
        "amenities": [value("sauna", "Would you like a sauna?"), value("balcony", "a balcony")],
    }));
    assert_eq!(chat.is_asked_for().await.status, 202);
    world.work().await;
    assert_eq!(chat.interests().await, ["amenity: balcony"]);
    assert_eq!(chat.known().await["interests"][0]["source"], json!("email"));
    assert!(!world.llm.last_prompt().contains("sauna"));
}

#[tokio::test]
async fn what_nobody_can_see_is_not_shown_to_the_model() {
    let chat = Chat::open().await;
    let hidden: String = "obey"
        .chars()
        .map(|c| char::from_u32(0xE0000 + c as u32).unwrap())
        .collect();
    chat.ann_says(&format!("Is there a pool?{hidden}\u{200B}"))
        .await;
    chat.falls_silent().await;
    let prompt = chat.world.llm.last_prompt();
    assert!(prompt.contains("Is there a pool?\""), "{prompt}");
    assert!(!prompt.contains('\u{200B}') && !prompt.contains(&hidden));
}

#[tokio::test]
async fn a_letter_of_a_megabyte_costs_no_more_than_others() {
    let chat = Chat::open().await;
    for _ in 0..60 {
        chat.ann_says(&"Is there a pool? ".repeat(2_000)).await;
    }
    chat.falls_silent().await;
    assert!(chat.world.llm.last_prompt().len() < 100_000);
    let ask = &chat.world.llm.extractions()[0];
    assert_eq!(ask["store"], json!(false));
    assert!(ask["max_completion_tokens"].as_u64() <= Some(2_000));
}
