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

#[tokio::test]
async fn every_setting_is_taken_in_either_spelling_and_comes_back() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    world.connects(&oak, "leasing@oak.test").await;
    let cases = [
        ("autoReplyEnabled", "auto_reply_enabled", json!(false)),
        ("replyMode", "reply_mode", json!("approve")),
        ("replyMode", "reply_mode", json!("off")),
        ("replyMode", "reply_mode", json!("auto")),
        (
            "autoReplyDelayMinutes",
            "auto_reply_delay_minutes",
            json!(0),
        ),
        (
            "autoReplyDelayMinutes",
            "auto_reply_delay_minutes",
            json!(100_000),
        ),
        ("confidenceThreshold", "confidence_threshold", json!(0.0)),
        ("confidenceThreshold", "confidence_threshold", json!(1.0)),
        ("signature", "signature", json!("Oak Court\n1 Oak Street")),
        ("signature", "signature", Value::Null),
        (
            "portalDomains",
            "portal_domains",
            json!(["apartments.com", "zillow.com"]),
        ),
        ("portalDomains", "portal_domains", json!([])),
    ];
    let before = world.config(&oak).await;
    for (camel, snake, value) in cases {
        for spelling in [camel, snake] {
            let answer = patch(&world, &oak, &json!({ spelling: value })).await;
            assert_eq!(answer.status, 200, "{spelling}: {}", answer.text);
            assert_eq!(answer.json[camel], value, "{spelling}");
            let mut expected = before.clone();
            expected[camel] = value.clone();
            assert_eq!(world.config(&oak).await, expected, "{spelling}");
        }
        let undone = json!({ camel: before[camel] });
        assert_eq!(patch(&world, &oak, &undone).await.status, 200);
    }
    assert_eq!(world.config(&oak).await, before);
}

#[tokio::test]
async fn a_field_that_is_not_a_setting_is_named_and_changes_nothing() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    world.connects(&oak, "leasing@oak.test").await;
    let before = world.kept().await;
    // What somebody might try to smuggle in, and values of the wrong kind.
    let cases = [
        (
            r#"{"gmailAddress":"other@oak.test"}"#,
            "invalid_gmail_address",
        ),
        (r#"{"refresh_token":"x"}"#, "invalid_refresh_token"),
        (r#"{"historyId":1}"#, "invalid_history_id"),
        (r#"{"isActive":false}"#, "invalid_is_active"),
        (r#"{"quarantinedCount":0}"#, "invalid_quarantined_count"),
        (
            r#"{"autoReplyEnabled":"yes"}"#,
            "invalid_auto_reply_enabled",
        ),
        (r#"{"autoReplyEnabled":1}"#, "invalid_auto_reply_enabled"),
        (r#"{"replyMode":"AUTO"}"#, "invalid_reply_mode"),
        (
            r#"{"autoReplyDelayMinutes":2147483648}"#,
            "invalid_auto_reply_delay_minutes",
        ),
        (
            r#"{"confidenceThreshold":"0.5"}"#,
            "invalid_confidence_threshold",
        ),
        (
            r#"{"confidenceThreshold":-0.01}"#,
            "invalid_confidence_threshold",
        ),
        (r#"{"signature":5}"#, "invalid_signature"),
        (r#"{"signature":"a\u0000b"}"#, "invalid_signature"),
        (
            r#"{"portalDomains":"zillow.com"}"#,
            "invalid_portal_domains",
        ),
        (
            r#"{"portalDomains":["zillow.com",5]}"#,
            "invalid_portal_domains",
        ),
        (
            r#"{"portalDomains":["https://zillow.com"]}"#,
            "invalid_portal_domains",
        ),
        (
            r#"{"replyMode":"off","reply_mode":"off"}"#,
            "invalid_reply_mode",
        ),
        (r#"{"replyMode":"off","signature":"#, "invalid_body"),
        ("[]", "invalid_body"),
        ("", "invalid_body"),
    ];
    for (body, code) in cases {
        let path = format!("/api/lumaleasing/gmail/config?propertyId={}", oak.id);
        let knock = door::patch(&path).bearer(&oak.admin.token).text(body);
        let answer = knock.send(&world.app).await;
        assert_eq!((answer.status, answer.code()), (400, code), "{body}");
    }
    let long = json!({ "signature": "x".repeat(2_001) });
    assert_eq!(patch(&world, &oak, &long).await.code(), "invalid_signature");
    let many: Vec<_> = (0..51).map(|n| format!("portal{n}.com")).collect();
    let many = json!({ "portalDomains": many });
    assert_eq!(
        patch(&world, &oak, &many).await.code(),
        "invalid_portal_domains"
    );
    assert_eq!(world.kept().await, before);
    assert_eq!(
        patch(&world, &oak, &json!({})).await.status,
        200,
        "nothing is no field"
    );
    assert_eq!(world.kept().await, before);
}

#[tokio::test]
async fn a_property_has_to_be_named() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    for query in ["", "?propertyId=", "?propertyId=oak", "?property=x"] {
        let path = format!("/api/lumaleasing/gmail/config{query}");
        let knock = door::get(&path).bearer(&oak.admin.token);
        let answer = knock.send(&world.app).await;
        assert_eq!(
            (answer.status, answer.code()),
            (400, "invalid_property_id"),
            "{query}"
        );
    }
    let path = format!("/api/lumaleasing/gmail/config?property_id={}", oak.id);
    let knock = door::get(&path).bearer(&oak.admin.token);
    assert_eq!(knock.send(&world.app).await.status, 200);
}

#[tokio::test]
async fn health_follows_what_happens_to_the_mailbox() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let mailbox = world.connects(&oak, "leasing@oak.test").await;
    let instant = |value: &Value| {
        let text = value
            .as_str()
            .unwrap_or_else(|| panic!("{value} is no time"));
        text.parse::<chrono::DateTime<chrono::Utc>>().unwrap()
    };
    let fresh = world.config(&oak).await;
    assert!(instant(&fresh["watchExpiration"]) > world.now() + world::days(6));
    assert_eq!(fresh["lastPushAt"], Value::Null);

    world.skip(world::minutes(7));
    mailbox.receives("Ann Lee <ann@example.com>", "2BR?", "Any two-bedrooms?");
    world.deliver_pushes().await;
    let pushed = world.config(&oak).await;
    assert_eq!(instant(&pushed["lastPushAt"]), world.now());
    assert_eq!(instant(&pushed["lastSyncAt"]), world.now());

    let odd =
        "insert into email_quarantine (property_id, mailbox_id, gmail_message_id, state, reason)
         select property_id, id, state, state, 'odd' from gmail_config,
         unnest(array['quarantined', 'skipped', 'filed']) state";
    world.sql.batch_execute(odd).await.unwrap();
    assert_eq!(world.config(&oak).await["quarantinedCount"], json!(1));

    world.google.revoke("leasing@oak.test");
    world.pass(world::minutes(6)).await;
    let lost = world.config(&oak).await;
    assert_eq!(lost["status"], json!("reauth_required"));
    assert_eq!(lost["statusReason"], json!("invalid_grant"));
    assert_eq!(lost["gmailAddress"], json!("leasing@oak.test"));
}

#[tokio::test]
async fn two_admins_who_change_different_things_at_once_both_succeed() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    world.connects(&oak, "leasing@oak.test").await;
    for round in 1..10 {
        let (delay, signature) = (
            json!({ "autoReplyDelayMinutes": round }),
            json!({ "signature": format!("Round {round}") }),
        );
        let both = futures::join!(patch(&world, &oak, &delay), patch(&world, &oak, &signature));
        assert_eq!((both.0.status, both.1.status), (200, 200));
        let config = world.config(&oak).await;
        assert_eq!(config["autoReplyDelayMinutes"], json!(round));
        assert_eq!(config["signature"], json!(format!("Round {round}")));
    }
}
