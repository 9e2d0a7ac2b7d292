//! What prospects say becomes interests with evidence: repeatable, in any order, only in their own
//! words, and never about who they are.

mod answers;
mod changes;
pub(crate) mod chat;
mod evidence;
mod once;
mod people;
mod protected;
mod sender;
mod tenants;
mod triggers;

use serde_json::json;

use chat::Chat;

#[tokio::test]
async fn what_a_visitor_wants_is_known_with_the_words_that_say_so() {
    let chat = Chat::open().await;
    let first = chat.ann_says("Hi! Is there a  Pool?").await;
    chat.office_says("Yes, and a gym. Parking is $50.").await;
    let second = chat
        .ann_says("We look for a two-bedroom under $1,500 in January, with our cat.")
        .await;
    chat.falls_silent().await;

    let known = chat.known().await;
    assert_eq!(
        known["preferences"],
        json!({
            "amenities": ["pool"], "floorplans": ["2BR"], "budget": { "min": null, "max": 1500 },
            "move_in": "2027-01-01", "pets": ["cat"], "parking": { "needed": null, "type": null },
            "special_requirements": [], "urgency": null,
        })
    );
    assert_eq!(
        chat.interests().await,
        [
            "amenity: pool",
            "budget: up to 1500",
            "floorplan: 2BR",
            "move_in_date: 2027-01-01",
            "pets: cat"
        ]
    );
    for interest in known["interests"].as_array().unwrap() {
        let message = if interest["type"] == json!("amenity") {
            first
        } else {
            second
        };
        assert_eq!(interest["messageId"], json!(message), "{interest}");
        assert_eq!(interest["source"], json!("chat"));
        assert!(interest["confidence"].as_f64().unwrap() > 0.5);
    }
    let unfounded =
        "select count(*) from lead_interests i left join messages m on m.id = i.source_message_id
        where m.role is distinct from 'user' or position(i.evidence in m.content) = 0";
    assert_eq!(chat.world.count(unfounded).await, 0);
    let audited = "select action from audit_log where entity = 'leads'";
    assert_eq!(chat.world.texts(audited).await, ["lead.enriched"]);
    chat.world.finish().await;
}
