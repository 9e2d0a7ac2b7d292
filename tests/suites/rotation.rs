//! A new key comes, the old one goes.

use serde_json::json;
use world::{World, door, minutes};

const OLD_AND_NEW: &str = r#"{"current":"k2","keys":{
    "k1":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=","k2":"ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="}}"#;
const NEW_ALONE: &str =
    r#"{"current":"k2","keys":{"k2":"ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="}}"#;

const TOKENS: &str =
    "select unnest(array[access_token, refresh_token]) from gmail_config order by 1";

#[tokio::test]
async fn the_sweep_seals_tokens_under_the_new_key_and_the_old_one_can_go() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let mailbox = world.connects(&oak, "leasing@oak.test").await;
    assert!(
        world
            .texts(TOKENS)
            .await
            .iter()
            .all(|token| token.starts_with("v1.k1."))
    );

    let rotating = world.another_app(&[("TOKEN_KEYS", OLD_AND_NEW)]);
    door::tick(&rotating, "sweep").await.unwrap();
    assert!(
        world
            .texts(TOKENS)
            .await
            .iter()
            .all(|token| token.starts_with("v1.k2."))
    );

    // The mailbox still opens, with the new key alone.
    let rotated = world.another_app(&[("TOKEN_KEYS", NEW_ALONE)]);
    mailbox.receives("Ann Lee <ann@example.com>", "Hello", "Any two-bedrooms?");
    let id = world
        .texts("select id::text from gmail_config")
        .await
        .remove(0);
    let body = json!({ "v": 1, "job": "mailbox", "id": id }).to_string();
    let failed = door::consume(&rotated, "sync", &[body]).await;
    assert!(failed.batch_item_failures.is_empty());
    assert_eq!(world.count("select count(*) from email_messages").await, 1);
    assert_eq!(world.config(&oak).await["status"], "connected");
}

#[tokio::test]
async fn a_token_under_a_key_that_is_gone_asks_for_a_new_connection_and_others_go_on() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let elm = world.property("Elm Place").await;
    world.connects(&oak, "leasing@oak.test").await;
    let other = world.connects(&elm, "leasing@elm.test").await;
    world
        .sql
        .execute("update gmail_config set access_token = replace(access_token, 'v1.k1.', 'v1.k0.'),
                  refresh_token = replace(refresh_token, 'v1.k1.', 'v1.k0.') where property_id = $1", &[&oak.id])
        .await
        .unwrap();
    other.receives("Ann Lee <ann@example.com>", "Hello", "Any two-bedrooms?");
    world.pass(minutes(6)).await;
    assert_eq!(world.config(&oak).await["status"], "reauth_required");
    assert_eq!(world.config(&elm).await["status"], "connected");
    assert_eq!(world.count("select count(*) from email_messages").await, 1);
}
