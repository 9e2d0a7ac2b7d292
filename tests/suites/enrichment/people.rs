//! What a person of the team set stays as they set it.

use serde_json::{Value, json};

use super::chat::{Chat, value};

fn budget(max: u32) -> Value {
    let evidence = format!("${max}");
    json!({ "budget": { "min": null, "max": max, "evidence": evidence, "confidence": 1 } })
}

async fn prefers(chat: &Chat, preferences: Value) {
    let sql = format!("update leads set preferences = preferences || '{preferences}'");
    chat.sql(&sql).await;
}

#[tokio::test]
async fn a_persons_budget_wins_whenever_it_was_set() {
    for first in [true, false] {
        let chat = Chat::open().await;
        let theirs = json!({ "budget": { "min": 1000, "max": 1400 } });
        if first {
            prefers(&chat, theirs.clone()).await;
        }
        chat.hears("At most $1500", budget(1500)).await;
        prefers(&chat, theirs.clone()).await;
        for max in [1400, 1900] {
            chat.hears(&format!("make that ${max}"), budget(max)).await;
        }
        assert_eq!(
            chat.preferences().await["budget"],
            theirs["budget"],
            "first: {first}"
        );
        assert!(
            chat.interests()
                .await
                .contains(&"budget: up to 1900".to_owned()),
            "said all the same"
        );
    }
}

#[tokio::test]
async fn without_a_person_the_machine_goes_on() {
    let chat = Chat::open().await;
    prefers(&chat, json!({ "urgency": "soon" })).await;
    for max in [1500, 1900] {
        chat.hears(&format!("at most ${max}"), budget(max)).await;
    }
    assert_eq!(chat.preferences().await["budget"]["max"], json!(1900));
    assert_eq!(chat.preferences().await["urgency"], json!("soon"));
}

#[tokio::test]
async fn an_interest_that_a_person_entered_wins() {
    let chat = Chat::open().await;
    let entered = format!(
        "insert into lead_interests (lead_id, interest_type, interest_value, extracted_from) values
            ('{0}', 'budget', '1000-1400', 'manual'), ('{0}', 'pets', 'cat', 'manual')",
        chat.lead
    );
    chat.sql(&entered).await;
    let mut found = budget(1500);
    found["pets"] = json!([value("cat", "a cat")]);
    chat.hears("At most $1500, and a cat", found).await;
    let back = json!({ "retracted": [{ "field": "pets", "value": null, "evidence": "no longer have the cat" }] });
    chat.hears("We no longer have the cat", back).await;
    let preferences = chat.preferences().await;
    assert_eq!(preferences["budget"], json!({ "min": 1000, "max": 1400 }));
    assert_eq!(preferences["pets"], json!(["cat"]));
    let manual = "select interest_value from lead_interests where extracted_from = 'manual' and evidence is null
                  and retracted_at is null order by 1";
    assert_eq!(chat.world.texts(manual).await, ["1000-1400", "cat"]);
}

#[tokio::test]
async fn what_a_person_added_or_took_out_of_a_list_stays_so() {
    let chat = Chat::open().await;
    let amenities = |names: &[&str]| {
        let found: Vec<Value> = names.iter().map(|name| value(name, name)).collect();
        json!({ "amenities": found })
    };
    chat.hears("a pool and a gym", amenities(&["pool", "gym"]))
        .await;
    prefers(&chat, json!({ "amenities": ["Rooftop", "gym"] })).await; // the pool is out
    chat.hears("a sauna", amenities(&["sauna"])).await;
    chat.hears("and a rooftop", amenities(&["rooftop"])).await;
    assert_eq!(
        chat.preferences().await["amenities"],
        json!(["Rooftop", "gym", "sauna"])
    );
}

#[tokio::test]
async fn what_the_host_keeps_there_in_another_form_is_left_alone() {
    let chat = Chat::open().await;
    prefers(
        &chat,
        json!({ "theme": "light", "parking": true, "pets": "a goldfish" }),
    )
    .await;
    chat.hears(
        "A cat, and parking",
        json!({
            "pets": [value("cat", "A cat")],
            "parking": { "needed": true, "type": null, "evidence": "parking", "confidence": 1 },
        }),
    )
    .await;
    let held = chat
        .world
        .texts("select preferences::text from leads")
        .await;
    assert_eq!(
        serde_json::from_str::<Value>(&held[0]).unwrap(),
        json!({ "theme": "light", "parking": true, "pets": "a goldfish" })
    );
    assert_eq!(chat.interests().await, ["parking: needed", "pets: cat"]);
}
