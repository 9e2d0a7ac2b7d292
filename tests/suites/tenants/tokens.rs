//! Tokens that are not a living user's own.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use uuid::Uuid;
use world::people::Person;
use world::{AUTH_ISSUER, AUTH_SECRET, World, people};

use super::{Tenant, requests, tenant};

/// Claims of a genuine token, some of them replaced (`null` removes one).
fn claims(world: &World, person: &Person, overrides: &Value) -> Value {
    let now = world.now().timestamp();
    let mut claims = json!({
        "iss": AUTH_ISSUER, "aud": "authenticated", "sub": person.id, "role": "authenticated",
        "email": "sam@staff.test", "iat": now, "exp": now + 3600,
    });
    for (name, value) in overrides.as_object().unwrap() {
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
            value => claims[name] = value.clone(),
        }
    }
    claims
}

/// What the settings page answers to a token.
async fn status(world: &World, oak: &Tenant, token: &str) -> u16 {
    let settings = requests(oak.property.id, &oak.thread, &oak.reply, &oak.tour).remove(1);
    settings.bearer(token).send(&world.app).await.status
}

#[tokio::test]
async fn every_claim_of_a_users_token_counts() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    let now = world.now().timestamp();
    let cases = [
        (json!({}), 200),
        (json!({ "email": Value::Null }), 200),
        (json!({ "role": "anon" }), 401),
        (json!({ "role": "service_role" }), 401),
        (json!({ "role": Value::Null }), 401),
        (json!({ "aud": "another" }), 401),
        (json!({ "aud": ["authenticated"] }), 401),
        (json!({ "aud": Value::Null }), 401),
        (json!({ "iss": "https://auth.attacker.test" }), 401),
        (json!({ "iss": Value::Null }), 401),
        (json!({ "exp": now - 61 }), 401),
        (json!({ "exp": now - 59 }), 200),
        (json!({ "exp": Value::Null }), 401),
        (json!({ "nbf": now + 3600 }), 401),
        (json!({ "sub": Value::Null }), 401),
        (json!({ "sub": "sam@staff.test" }), 401),
        (json!({ "sub": Uuid::new_v4() }), 401),
    ];
    for (overrides, expected) in cases {
        let token = people::token(&claims(&world, &oak.property.admin, &overrides));
        assert_eq!(status(&world, &oak, &token).await, expected, "{overrides}");
    }
}

#[tokio::test]
async fn a_user_whom_the_host_banned_or_deleted_is_refused_though_the_token_lives_on() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    let token = &oak.property.admin.token;
    let cases = [
        ("banned_until = now() + interval '1 hour'", 401),
        ("banned_until = 'infinity'", 401),
        ("banned_until = now() - interval '1 second'", 200),
        ("deleted_at = now()", 401),
        ("banned_until = null, deleted_at = null", 200),
    ];
    for (change, expected) in cases {
        let id = oak.property.admin.id;
        let update = format!("update auth.users set {change} where id = '{id}'");
        world.sql.batch_execute(&update).await.unwrap();
        assert_eq!(status(&world, &oak, token).await, expected, "{change}");
        let undo = format!(
            "update auth.users set banned_until = null, deleted_at = null where id = '{id}'"
        );
        world.sql.batch_execute(&undo).await.unwrap();
    }
    // A host's own table may never have had the columns.
    let columns = "alter table auth.users drop column banned_until, drop column deleted_at";
    world.sql.batch_execute(columns).await.unwrap();
    assert_eq!(status(&world, &oak, token).await, 200);
}

#[tokio::test]
async fn what_a_token_says_about_rights_is_not_believed() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    let elm = tenant(&world, "Elm House").await;
    let boasts = json!({
        "user_metadata": { "org_id": oak.property.org, "role": "admin", "property_id": oak.property.id },
        "app_metadata": { "org_id": oak.property.org, "role": "admin" },
        "org_id": oak.property.org,
    });
    let token = people::token(&claims(&world, &elm.property.admin, &boasts));
    assert_eq!(status(&world, &oak, &token).await, 404);
    assert_eq!(status(&world, &elm, &token).await, 200);
}

#[tokio::test]
async fn only_the_hosts_signature_counts() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    let genuine = claims(&world, &oak.property.admin, &json!({}));
    let signed = |algorithm, secret: &str| {
        let key = EncodingKey::from_secret(secret.as_bytes());
        jsonwebtoken::encode(&Header::new(algorithm), &genuine, &key).unwrap()
    };
    let other = signed(Algorithm::HS256, "some-other-secret");
    let longer = signed(Algorithm::HS512, AUTH_SECRET);
    let unsigned = {
        let parts: Vec<_> = other.split('.').collect();
        // {"alg":"none","typ":"JWT"}
        format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{}.", parts[1])
    };
    let google = world.google.mint(genuine.clone());
    for forged in [&other, &longer, &unsigned, &google, ""] {
        assert_eq!(status(&world, &oak, forged).await, 401, "{forged}");
    }
    let right = signed(Algorithm::HS256, AUTH_SECRET);
    assert_eq!(status(&world, &oak, &right).await, 200);
}

#[tokio::test]
async fn without_a_token_every_door_for_users_stays_closed() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    let before = world.everything().await;
    for knock in requests(oak.property.id, &oak.thread, &oak.reply, &oak.tour) {
        let shown = format!("{knock:?}");
        let answer = knock.send(&world.app).await;
        assert_eq!(
            (answer.status, answer.code()),
            (401, "unauthenticated"),
            "{shown}"
        );
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
    assert_eq!(world.everything().await, before);
}
