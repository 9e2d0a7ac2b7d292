//! Forged and borrowed tokens, each beside the genuine one.

use serde_json::{Value, json};
use world::google::Signature;
use world::{World, door};

use super::{claims, delivers, listening, marks, signed};

#[tokio::test]
async fn a_genuine_token_is_believed() {
    let (world, mailbox) = listening().await;
    let before = marks(&world).await;
    assert_eq!(claims(&world, &mailbox, json!({})).await, 204);
    assert_eq!(marks(&world).await, before + 1);
}

#[tokio::test]
async fn a_signature_that_is_not_googles_is_refused() {
    let (world, mailbox) = listening().await;
    let before = marks(&world).await;
    let forged = [
        Signature::None,
        Signature::Hmac,
        Signature::Stranger,
        Signature::UnknownKey,
        Signature::Tampered,
    ];
    for signature in forged {
        let status = signed(&world, &mailbox, signature).await;
        assert_eq!(status, 401, "{signature:?}");
    }
    assert_eq!(marks(&world).await, before);
    assert_eq!(signed(&world, &mailbox, Signature::Google).await, 204);
}

#[tokio::test]
async fn a_key_that_the_token_itself_brings_or_points_at_is_not_used() {
    let (world, mailbox) = listening().await;
    let before = marks(&world).await;
    let set = format!("{}/strangers-keys", world.google.url());
    let hints = [
        json!({ "jwk": world.google.strangers_key() }),
        json!({ "jku": set }),
        json!({ "x5u": set }),
        json!({ "jku": set, "x5u": set, "jwk": world.google.strangers_key() }),
    ];
    for hint in hints {
        for signature in [Signature::Stranger, Signature::UnknownKey] {
            let token = world.google.forge_with(signature, json!({}), &hint);
            let status = delivers(&world, &mailbox, &token).await.status;
            assert_eq!(status, 401, "{signature:?} {hint}");
        }
        // Beside a signature of Google's they are ignored.
        let token = world.google.forge_with(Signature::Google, json!({}), &hint);
        let status = delivers(&world, &mailbox, &token).await.status;
        assert_eq!(status, 204, "{hint}");
    }
    let fetched = world.google.calls().operations();
    assert!(!fetched.iter().any(|call| call.contains("strangers-keys")));
    assert_eq!(marks(&world).await, before + 4);
}

#[tokio::test]
async fn an_extension_that_we_do_not_know_makes_a_token_unreadable() {
    let (world, mailbox) = listening().await;
    let header = json!({ "crit": ["exp-in-millis"], "exp-in-millis": true });
    let token = world
        .google
        .forge_with(Signature::Google, json!({}), &header);
    assert_eq!(delivers(&world, &mailbox, &token).await.status, 401);
}

#[tokio::test]
async fn every_claim_has_to_be_ours() {
    let (world, mailbox) = listening().await;
    let before = marks(&world).await;
    let settings = world.google.push_settings();
    let (ours, us) = (settings.audience, settings.service_account);
    let refused = [
        ("aud", Value::Null),
        ("aud", json!("somebody-elses-audience")),
        ("aud", json!(format!("{ours} "))),
        ("aud", json!([ours])),
        ("aud", json!([ours, "somebody-elses-audience"])),
        ("aud", json!(42)),
        ("iss", Value::Null),
        ("iss", json!("https://accounts.google.com.attacker.test")),
        ("iss", json!("http://accounts.google.com")),
        ("iss", json!(["https://accounts.google.com"])),
        // Anybody with a Google project has this one: a genuine token for our audience.
        ("email", json!("push@attacker.iam.gserviceaccount.com")),
        ("email", Value::Null),
        ("email", json!([us])),
        ("email_verified", json!(false)),
        ("email_verified", json!("true")),
        ("email_verified", Value::Null),
    ];
    for (name, value) in refused {
        let status = claims(&world, &mailbox, json!({ name: value })).await;
        assert_eq!(status, 401, "{name}: {value}");
    }
    assert_eq!(marks(&world).await, before);

    let accepted = [
        ("iss", json!("accounts.google.com")),
        ("azp", json!("another")),
        ("sub", json!("another")),
    ];
    for (name, value) in accepted {
        let status = claims(&world, &mailbox, json!({ name: value })).await;
        assert_eq!(status, 204, "{name}: {value}");
    }
}

#[tokio::test]
async fn a_token_lives_from_its_issue_to_its_end_and_at_most_a_day() {
    let (world, mailbox) = listening().await;
    let now = world.now().timestamp();
    let cases = [
        (json!({ "exp": Value::Null }), 401),
        (json!({ "exp": "never" }), 401),
        (json!({ "iat": now - 7200, "exp": now - 3600 }), 401),
        (json!({ "exp": now - 60 }), 401),
        (json!({ "exp": now - 59 }), 204),
        (json!({ "iat": Value::Null }), 401),
        (json!({ "iat": "now" }), 401),
        (json!({ "iat": now + 61, "exp": now + 3600 }), 401),
        (json!({ "iat": now + 60, "exp": now + 3600 }), 204),
        (json!({ "nbf": "99999999999" }), 401),
        (json!({ "nbf": now + 61 }), 401),
        (json!({ "nbf": now + 60 }), 204),
        (json!({ "iat": now, "exp": now + 86_401 }), 401),
        (json!({ "iat": now, "exp": now + 86_400 }), 204),
        (json!({ "iat": now - 90_000, "exp": now + 60 }), 401),
    ];
    for (overrides, status) in cases {
        let shown = overrides.to_string();
        assert_eq!(claims(&world, &mailbox, overrides).await, status, "{shown}");
    }
}

#[tokio::test]
async fn what_is_no_bearer_token_is_refused_without_asking_google() {
    let (world, mailbox) = listening().await;
    let push = mailbox.push();
    let (_, body) = world.google.push_request(&push);
    let genuine = world.google.mint(json!({}));
    let long = format!("Bearer {}", "x".repeat(20_000));
    let refused = [
        "",
        "Bearer",
        "Bearer ",
        "Bearer not.a.token",
        "Bearer a.b.c",
        &format!("Basic {genuine}"),
        &long,
        genuine.as_str(),
    ];
    for header in refused {
        let knock = door::post("/api/lumaleasing/gmail/webhook").text(&body);
        let answer = knock.header("authorization", header).send(&world.app).await;
        assert_eq!((answer.status, answer.code()), (401, "unauthenticated"));
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
    assert_eq!(world.google.calls().count("certs"), 0);

    // A user's own token is no push's, even where both are signed with HS256.
    let user = world.property("Elm House").await.admin.token;
    assert_eq!(delivers(&world, &mailbox, &user).await.status, 401);
    assert_eq!(delivers(&world, &mailbox, &genuine).await.status, 204);
}

#[tokio::test]
async fn the_second_factor_is_asked_for_where_one_is_set() {
    let (world, mailbox) = listening().await;
    let strict = world.another_app(&[("GMAIL_WEBHOOK_SECRET", "open-sesame")]);
    let before = marks(&world).await;
    let cases = [
        ("", 401),
        ("?token=", 401),
        ("?token=open-sesam", 401),
        ("?token=open-sesame-", 401),
        ("?token=open-sesame", 204),
    ];
    for (query, status) in cases {
        let (headers, body) = world.google.push_request(&mailbox.push());
        let path = format!("/api/lumaleasing/gmail/webhook{query}");
        let mut knock = door::post(&path).text(body);
        for (name, value) in headers {
            knock = knock.header(&name, &value);
        }
        assert_eq!(knock.send(&strict).await.status, status, "{query}");
    }
    assert_eq!(marks(&world).await, before + 1);

    // The factor alone proves nothing.
    let alone = door::post("/api/lumaleasing/gmail/webhook?token=open-sesame").text("{}");
    assert_eq!(alone.send(&strict).await.status, 401);
}

#[tokio::test]
async fn without_what_a_push_must_prove_the_system_does_not_start() {
    let world = World::start().await;
    let known = world::variables(&world.database, &world.google, &world.llm, &world.aws);
    for missing in [
        "PUBSUB_AUDIENCE",
        "PUBSUB_SERVICE_ACCOUNT",
        "PUBSUB_SUBSCRIPTION",
    ] {
        let config = shared::config::Config::from_lookup(|name| {
            let value = known.iter().find(|(key, _)| key == name && key != missing);
            value.map(|(_, value)| value.clone())
        });
        let error = config.expect_err(missing).to_string();
        assert!(error.contains(missing), "{error}");
    }
}
