//! Who a prospect is, is never stored: not as a preference, not as an interest, not as evidence.

use serde_json::{Value, json};

use super::chat::{Chat, value};

/// Tells it, and lets a model that knows no shame find everything in it.
async fn told(text: &str, found: Value) -> Chat {
    let chat = Chat::open().await;
    chat.hears(text, found).await;
    assert_eq!(chat.runs().await, ["done"]);
    chat
}

#[tokio::test]
async fn traits_are_never_stored_under_whatever_name() {
    for (text, secret) in [
        ("I have two kids", "kids"),
        ("we are expecting a baby", "baby"),
        ("I use a wheelchair", "wheelchair"),
        ("I am deaf", "deaf"),
        ("I need grab bars", "grab bars"),
        ("he is my service dog", "service dog"),
        ("an emotional support cat", "emotional support"),
        ("I pay with a Section 8 voucher", "voucher"),
        ("I live on SSDI", "ssdi"),
        ("close to my church", "church"),
        ("a kosher kitchen", "kosher"),
        ("I came from Syria as a refugee", "refugee"),
        ("my husband and I", "husband"),
        ("I am a veteran", "veteran"),
        ("Do you accept section8", "section8"),
        ("room for a wheel chair", "wheel chair"),
        ("spanish-speaking staff", "spanish"),
    ] {
        let found = json!({
            "amenities": [value(text, text)],
            "floorplans": [value(text, text)],
            "pets": [value(secret, text), value("dog", text), value("cat", text)],
            "special_requirements": [value(secret, text), value(text, text)],
            "urgency": { "value": "soon", "evidence": text, "confidence": 1 },
            "parking": { "needed": true, "type": secret, "evidence": text, "confidence": 1 },
            "retracted": [{ "field": "pets", "value": secret, "evidence": text }],
        });
        let chat = told(text, found).await;
        for row in chat.everything().await {
            assert!(!row.to_lowercase().contains(secret), "{text}: {row}");
        }
        assert_eq!(chat.interests().await, [""; 0], "{text}");
    }
}

#[tokio::test]
async fn an_assistance_animal_is_no_pet_however_it_is_called() {
    let chat = Chat::open().await;
    chat.hears(
        "I have a dog. Is there a pool?",
        json!({
            "pets": [value("dog", "a dog")], "amenities": [value("pool", "a pool")],
        }),
    )
    .await;
    assert_eq!(chat.interests().await, ["amenity: pool", "pets: dog"]);
    chat.hears(
        "He is a service animal, by the way. My dog is calm.",
        json!({
            "pets": [value("dog", "My dog is calm")],
        }),
    )
    .await;
    assert_eq!(chat.interests().await, ["amenity: pool"]);
    assert_eq!(chat.preferences().await["pets"], json!([]));
    chat.hears(
        "The dog likes walks",
        json!({ "pets": [value("dog", "The dog")] }),
    )
    .await;
    assert_eq!(chat.interests().await, ["amenity: pool"]);
    for row in chat.everything().await {
        assert!(!row.contains("service"), "{row}");
    }
}

/// What stays of a dog after these words, but for names and times.
async fn left_of_a_dog(words: &str, found: Value) -> Vec<String> {
    let chat = Chat::open().await;
    chat.hears("I have a dog.", json!({ "pets": [value("dog", "a dog")] }))
        .await;
    chat.hears(words, found).await;
    assert_eq!(chat.interests().await, [""; 0]);
    let rows = "select (to_jsonb(i) - '{id, property_id, lead_id, source_message_id, said_at, retracted_at, created_at,
                updated_at}'::text[] || jsonb_build_object('said', said_at is not null, 'gone', retracted_at is not null,
                'message', source_message_id is not null))::text from lead_interests i order by interest_value";
    let audit = "select concat_ws(' ', actor_kind, action, after - 'run') from audit_log where entity = 'leads' order by id";
    let mut rows = chat.world.texts(rows).await;
    rows.extend(chat.world.texts(audit).await);
    rows
}

#[tokio::test]
async fn that_an_animal_is_no_pet_leaves_what_any_pet_leaves_that_is_gone() {
    let gone =
        json!({ "retracted": [{ "field": "pets", "value": null, "evidence": "we have no pets" }] });
    let ordinary = left_of_a_dog("Actually, we have no pets.", gone).await;
    let assistance = left_of_a_dog("He is a service animal.", json!({})).await;
    assert_eq!(assistance, ordinary);
    assert_eq!(ordinary.len(), 4, "{ordinary:?}");
}

#[tokio::test]
async fn a_reason_that_tells_of_a_trait_takes_the_requirement_with_it() {
    let text = "I need the ground floor. I walk with a cane. Parking near the door because of my disability.";
    let chat = told(text, json!({
        "special_requirements": [value("ground floor", "the ground floor")],
        "parking": { "needed": true, "type": "near the door", "evidence": "Parking near the door", "confidence": 1 },
        "amenities": [value("elevator", "elevator")],
    }))
    .await;
    assert_eq!(chat.interests().await, [""; 0]);
    let chat = told(
        "I need the ground floor.",
        json!({
            "special_requirements": [value("ground floor", "the ground floor")],
        }),
    )
    .await;
    assert_eq!(
        chat.interests().await,
        ["special_requirement: ground floor"]
    );
}

#[tokio::test]
async fn a_wish_beside_a_trait_is_kept_without_it() {
    let chat = told(
        "A two-bedroom for me and my kids.",
        json!({
            "floorplans": [value("2BR", "A two-bedroom")],
        }),
    )
    .await;
    assert_eq!(chat.interests().await, ["floorplan: 2BR"]);
    assert!(
        chat.everything()
            .await
            .iter()
            .all(|row| !row.contains("kids"))
    );
}

#[tokio::test]
async fn the_schema_has_no_field_for_a_trait() {
    let chat = told("Hello", json!({})).await;
    let ask = &chat.world.llm.extractions()[0];
    let properties = ask["response_format"]["json_schema"]["schema"]["properties"].as_object();
    let mut names: Vec<&str> = properties.unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    let expected = [
        "amenities",
        "budget",
        "floorplans",
        "move_in",
        "parking",
        "pets",
        "retracted",
        "special_requirements",
        "urgency",
    ];
    assert_eq!(names, expected);
    assert_eq!(ask["response_format"]["json_schema"]["strict"], json!(true));
}
