//! One lead's words stay with that lead.

use serde_json::json;
use uuid::Uuid;
use world::door;

use super::chat::{Chat, enrich, known, lead, said, widget_chat};

#[tokio::test]
async fn a_prompt_holds_nothing_of_another_lead_or_tenant() {
    let chat = Chat::open().await;
    let elm = chat.world.property("Elm House").await;
    let bob = lead(&chat.world, &chat.oak, "bob@example.com").await;
    let eve = lead(&chat.world, &elm, "ann@example.com").await;
    for (property, who, canary) in [(&chat.oak, bob, "walrus"), (&elm, eve, "penguin")] {
        let (_, conversation) = widget_chat(&chat.world, property, who).await;
        said(
            &chat.world,
            conversation,
            "user",
            &format!("A {canary} pool?"),
        )
        .await;
    }
    chat.sql("update leads set notes = 'zebra', preferences = '{\"amenities\": [\"flamingo\"]}'")
        .await;
    chat.ann_says("Is there a gym?").await;
    chat.is_asked_for().await;
    chat.world.work().await;
    let asks = chat.world.llm.extractions();
    assert_eq!(asks.len(), 1);
    for canary in [
        "walrus",
        "penguin",
        "zebra",
        "flamingo",
        "ann@example.com",
        "Elm House",
    ] {
        assert!(!asks[0].to_string().contains(canary), "{canary}");
    }
    assert_eq!(chat.interests().await, ["amenity: gym"]);
    assert_eq!(known(&chat.world, &elm, eve).await["interests"], json!([]));
}

#[tokio::test]
async fn a_foreign_lead_is_as_good_as_none() {
    let chat = Chat::open().await;
    let elm = chat.world.property("Elm House").await;
    chat.ann_says("Is there a pool?").await;
    let nobody = Uuid::new_v4();
    for path in ["interests", "enrich"] {
        let knock = |lead: Uuid| {
            let path = format!("/api/lumaleasing/leads/{lead}/{path}");
            if path.ends_with("enrich") {
                door::post(&path)
            } else {
                door::get(&path)
            }
        };
        let foreign = knock(chat.lead)
            .bearer(&elm.admin.token)
            .send(&chat.world.app)
            .await;
        let nothing = knock(nobody)
            .bearer(&elm.admin.token)
            .send(&chat.world.app)
            .await;
        assert_eq!(
            (foreign.status, foreign.code()),
            (404, "not_found"),
            "{path}"
        );
        assert_eq!(foreign.text, nothing.text);
        let anonymous = knock(chat.lead).send(&chat.world.app).await;
        assert_eq!(anonymous.status, 401);
        let odd = door::get("/api/lumaleasing/leads/7/interests").bearer(&elm.admin.token);
        assert_eq!(odd.send(&chat.world.app).await.status, 404);
    }
    chat.world.work().await;
    assert_eq!((chat.calls(), chat.runs().await.len()), (0, 0));
    assert_eq!(enrich(&chat.world, &chat.oak, chat.lead).await.status, 202);
}

#[tokio::test]
async fn a_conversation_that_names_a_lead_of_elsewhere_is_not_read() {
    let chat = Chat::open().await;
    let elm = chat.world.property("Elm House").await;
    let eve = lead(&chat.world, &elm, "eve@example.com").await;
    chat.ann_says("Is there a pool?").await;
    chat.sql(&format!("update conversations set lead_id = '{eve}'"))
        .await;
    chat.falls_silent().await;
    assert_eq!((chat.calls(), chat.runs().await.len()), (0, 0));
}
