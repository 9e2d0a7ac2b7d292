//! When a conversation is read: a chat falls silent, a thread is closed, a tour is booked, somebody asks.

use serde_json::json;
use uuid::Uuid;
use world::{days, door, minutes};

use super::chat::{Chat, lead, said, widget_chat};

#[tokio::test]
async fn a_chat_is_read_ten_minutes_after_the_last_word() {
    let chat = Chat::open().await;
    chat.ann_says("Is there a pool?").await;
    chat.world.pass(minutes(9)).await;
    chat.ann_says("And a gym?").await;
    chat.world.pass(minutes(9)).await;
    assert_eq!(chat.calls(), 0);
    chat.world.pass(minutes(2)).await;
    assert_eq!(chat.calls(), 1);
    assert_eq!(chat.interests().await, ["amenity: gym", "amenity: pool"]);
    chat.world.finish().await;
}

#[tokio::test]
async fn the_hosts_mark_of_activity_counts_where_there_is_one() {
    // Nothing, long ago, and a moment ago.
    for (mark, calls) in [
        ("null", 1),
        ("'2026-12-02T11:00:00Z'", 1),
        ("'2026-12-02T12:09:00Z'", 0),
    ] {
        let chat = Chat::open().await;
        chat.ann_says("Is there a pool?").await;
        chat.sql(&format!(
            "update widget_sessions set last_activity_at = {mark}"
        ))
        .await;
        chat.falls_silent().await;
        assert_eq!(chat.calls(), calls, "{mark}");
        chat.world.pass(minutes(10)).await;
        assert_eq!(chat.calls(), 1, "{mark}");
        chat.world.finish().await;
    }
}

#[tokio::test]
async fn a_chat_without_a_session_a_lead_or_a_word_of_the_prospects_does_no_harm() {
    let chat = Chat::open().await;
    let bare = format!(
        "insert into conversations (property_id, channel, lead_id) values ('{0}', 'widget', '{1}'), ('{0}', 'chat', null);
         insert into messages (conversation_id, role, content, created_at)
            select id, 'assistant', 'Hello', '2026-12-02T12:00:00Z' from conversations",
        chat.oak.id, chat.lead
    );
    chat.sql(&bare).await;
    let anonymous =
        "select id from conversations where lead_id is null and widget_session_id is null";
    let row = chat.world.sql.query_one(anonymous, &[]).await.unwrap();
    said(
        &chat.world,
        row.get::<_, Uuid>(0),
        "user",
        "Is there a pool?",
    )
    .await;
    chat.falls_silent().await;
    assert_eq!((chat.calls(), chat.runs().await.len()), (0, 0));
    // Once they are known, what they said counts.
    chat.sql(&format!(
        "update conversations set lead_id = '{}' where lead_id is null",
        chat.lead
    ))
    .await;
    chat.falls_silent().await;
    assert_eq!(chat.interests().await, ["amenity: pool"]);
    chat.world.finish().await;
}

#[tokio::test]
async fn chats_of_long_ago_are_read_only_when_somebody_asks() {
    let chat = Chat::open().await;
    chat.ann_says("Is there a pool?").await;
    chat.world.skip(days(3));
    chat.falls_silent().await;
    assert_eq!(chat.calls(), 0);
    assert_eq!(chat.is_asked_for().await.status, 202);
    chat.world.work().await;
    assert_eq!(chat.interests().await, ["amenity: pool"]);
    chat.world.finish().await;
}

#[tokio::test]
async fn a_nudge_that_is_lost_is_made_up_for() {
    let chat = Chat::open().await;
    chat.ann_says("Is there a pool?").await;
    chat.is_asked_for().await;
    chat.world.lose_messages();
    chat.world.pass(minutes(2)).await;
    assert_eq!(chat.interests().await, ["amenity: pool"]);
    chat.world.finish().await;
}

#[tokio::test]
async fn a_message_about_nothing_asks_nobody() {
    let chat = Chat::open().await;
    chat.ann_says("Is there a pool?").await;
    assert!(chat.wake().await);
    assert_eq!((chat.calls(), chat.runs().await.len()), (0, 0));
}

#[tokio::test]
async fn closing_a_thread_has_it_read_once() {
    let chat = Chat::open().await;
    let world = &chat.world;
    let mailbox = world.connects(&chat.oak, "leasing@oak.test").await;
    mailbox.receives(
        "Ann <ann@example.com>",
        "2BR?",
        "A two-bedroom under $1,500, please.",
    );
    world.deliver_pushes().await;
    let thread = world
        .texts("select id::text from email_threads")
        .await
        .remove(0);
    let sets = async |status: &str| {
        let answer = door::patch(&format!("/api/lumaleasing/gmail/threads/{thread}"))
            .bearer(&chat.oak.admin.token)
            .json(&json!({ "status": status }))
            .send(&world.app)
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        world.work().await;
    };
    sets("archived").await;
    assert_eq!(chat.calls(), 0);
    for status in ["closed", "closed", "open", "closed"] {
        sets(status).await;
    }
    assert_eq!(chat.calls(), 1);
    assert_eq!(
        chat.interests().await,
        ["budget: up to 1500", "floorplan: 2BR"]
    );
}

#[tokio::test]
async fn booking_a_tour_has_the_chat_read() {
    let chat = Chat::open().await;
    let world = &chat.world;
    let slot = Uuid::new_v4();
    let offers = format!(
        "insert into lumaleasing_config (property_id, api_key, is_active, tours_enabled, timezone)
            values ('{0}', 'widget-key', true, true, 'America/Chicago');
         insert into tour_slots (id, property_id, slot_date, start_time, end_time)
            values ('{slot}', '{0}', '2026-12-04', '10:00', '10:30')",
        chat.oak.id
    );
    chat.sql(&offers).await;
    chat.ann_says("A two-bedroom, please.").await;
    let wish = json!({
        "slotId": slot, "sessionId": chat.session, "conversationId": chat.conversation,
        "leadInfo": { "firstName": "Ann", "lastName": "Lee", "email": "ann@example.com" },
    });
    let answer = door::post("/api/lumaleasing/tours")
        .header("x-api-key", "widget-key")
        .json(&wish)
        .send(&world.app)
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(chat.runs().await, ["due"], "with the booking");
    world.pass(minutes(2)).await;
    assert_eq!(chat.interests().await, ["floorplan: 2BR"]);
}

#[tokio::test]
async fn who_never_wrote_is_asked_about_in_vain_and_who_wrote_twice_is_read_twice() {
    let chat = Chat::open().await;
    assert_eq!(chat.is_asked_for().await.status, 202);
    assert_eq!(chat.runs().await.len(), 0);
    let (_, other) = widget_chat(&chat.world, &chat.oak, chat.lead).await;
    chat.ann_says("Is there a pool?").await;
    said(&chat.world, other, "user", "And a gym?").await;
    chat.is_asked_for().await;
    chat.world.work().await;
    assert_eq!(chat.calls(), 2);
    assert_eq!(chat.interests().await, ["amenity: gym", "amenity: pool"]);
    let bob = lead(&chat.world, &chat.oak, "bob@example.com").await;
    assert_ne!(bob, chat.lead);
}
