//! What a property decides about its mailbox.

use serde_json::{Value, json};
use world::{Property, World, door};

async fn patch(world: &World, property: &Property, body: &Value) -> door::Answer {
    door::patch(&format!(
        "/api/lumaleasing/gmail/config?propertyId={}",
        property.id
    ))
    .bearer(&property.admin.token)
    .json(body)
    .send(&world.app)
    .await
}

#[tokio::test]
async fn a_new_mailbox_shows_its_settings_and_health_and_no_token() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    world.connects(&oak, "leasing@oak.test").await;
    let mut config = world.config(&oak).await;
    for instant in ["watchExpiration", "lastSyncAt"] {
        assert!(
            config[instant].is_string(),
            "{instant} is {}",
            config[instant]
        );
        config[instant] = json!("some time");
    }
    assert_eq!(
        config,
        json!({
            "autoReplyEnabled": true, "replyMode": "auto", "autoReplyDelayMinutes": 5, "confidenceThreshold": 0.8,
            "signature": null, "portalDomains": [],
            "gmailAddress": "leasing@oak.test", "status": "connected", "statusReason": null,
            "watchStatus": "active", "watchExpiration": "some time", "watchError": null,
            "lastPushAt": null, "lastSyncAt": "some time", "lastError": null, "quarantinedCount": 0,
        })
    );
}

#[tokio::test]
async fn a_property_without_a_mailbox_says_so() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let config = world.config(&oak).await;
    assert_eq!(config["status"], json!("disconnected"));
    assert_eq!(config["gmailAddress"], Value::Null);
    let answer = patch(&world, &oak, &json!({ "replyMode": "off" })).await;
    assert_eq!(
        (answer.status, answer.code()),
        (409, "mailbox_not_connected")
    );
}

#[tokio::test]
async fn any_part_of_the_settings_may_be_changed_and_the_rest_stays() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    world.connects(&oak, "leasing@oak.test").await;
    let answer = patch(
        &world,
        &oak,
        &json!({ "reply_mode": "approve", "signature": "Oak Court" }),
    )
    .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let answer = patch(&world, &oak, &json!({ "autoReplyDelayMinutes": 40 })).await;
    assert_eq!(answer.json, world.config(&oak).await);
    assert_eq!(answer.json["replyMode"], json!("approve"));
    assert_eq!(answer.json["signature"], json!("Oak Court"));
    assert_eq!(answer.json["autoReplyDelayMinutes"], json!(40));
    let answer = patch(&world, &oak, &json!({ "signature": null })).await;
    assert_eq!(answer.json["signature"], Value::Null);
}

#[tokio::test]
async fn one_bad_field_changes_nothing() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    world.connects(&oak, "leasing@oak.test").await;
    let before = world.config(&oak).await;
    let cases = [
        (json!({ "replyMode": "sometimes" }), "invalid_reply_mode"),
        (
            json!({ "autoReplyDelayMinutes": -1 }),
            "invalid_auto_reply_delay_minutes",
        ),
        (
            json!({ "autoReplyDelayMinutes": 2.5 }),
            "invalid_auto_reply_delay_minutes",
        ),
        (
            json!({ "autoReplyDelayMinutes": "5" }),
            "invalid_auto_reply_delay_minutes",
        ),
        (
            json!({ "confidenceThreshold": 1.5 }),
            "invalid_confidence_threshold",
        ),
        (
            json!({ "portalDomains": ["not a domain"] }),
            "invalid_portal_domains",
        ),
        (json!({ "propertyId": oak.id }), "invalid_property_id"),
        (json!({ "accessToken": "x" }), "invalid_access_token"),
        (json!({ "status": "connected" }), "invalid_status"),
    ];
    for (mut body, code) in cases {
        body["autoReplyEnabled"] = json!(false); // acceptable by itself
        let answer = patch(&world, &oak, &body).await;
        assert_eq!((answer.status, answer.code()), (400, code));
    }
    assert_eq!(world.config(&oak).await, before);
    let audited = "select count(*) from audit_log where action = 'mailbox.settings_changed'";
    assert_eq!(world.count(audited).await, 0);
}

#[tokio::test]
async fn the_audit_log_says_who_changed_what() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    world.connects(&oak, "leasing@oak.test").await;
    patch(&world, &oak, &json!({ "replyMode": "off" })).await;
    patch(&world, &oak, &json!({ "replyMode": "off" })).await; // changes nothing
    let rows = world
        .texts(
            "select concat_ws(' ', actor_kind, actor_id, before, after) from audit_log
             where action = 'mailbox.settings_changed'",
        )
        .await;
    let expected = format!(
        r#"user {} {{"reply_mode": "auto"}} {{"reply_mode": "off"}}"#,
        oak.admin.id
    );
    assert_eq!(rows, [expected]);
}
