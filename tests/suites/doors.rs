//! What every door has in common: methods, problems, messages that cannot be read.

use serde_json::json;
use uuid::Uuid;
use world::World;
use world::door::{self, Knock};

const CONFIG: &str = "/api/lumaleasing/gmail/config";

#[tokio::test]
async fn the_health_page_names_no_dependency() {
    let world = World::start().await;
    let answer = door::get("/health").send(&world.app).await;
    assert_eq!(answer.status, 200);
    let mut keys: Vec<_> = answer.json.as_object().unwrap().keys().collect();
    keys.sort();
    assert_eq!(keys, ["status", "version"]);
    assert_eq!(answer.json["status"], json!("ok"));
}

#[tokio::test]
async fn another_method_is_refused_with_the_ones_that_would_do() {
    let world = World::start().await;
    let answer = Knock::new("PUT", CONFIG).send(&world.app).await;
    assert_eq!((answer.status, answer.code()), (405, "method_not_allowed"));
    assert_eq!(answer.header("allow"), "GET, PATCH, DELETE");
}

#[tokio::test]
async fn a_problem_has_every_field_that_callers_rely_on() {
    let world = World::start().await;
    let answer = door::get(CONFIG).send(&world.app).await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("www-authenticate"), "Bearer");
    assert_eq!(
        answer.json,
        json!({
            "type": "urn:lumaleasing:problem:unauthenticated", "title": "Authentication required", "status": 401,
            "code": "unauthenticated", "requestId": "JKJaXmPLvHcESHA=", "error": "Authentication required",
        })
    );
}

#[tokio::test]
async fn a_message_that_nobody_can_read_is_the_only_one_delivered_again() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    world.connects(&oak, "leasing@oak.test").await;
    let mailbox = &world.texts("select id::text from gmail_config").await[0];
    let bodies = [
        format!(r#"{{"v":1,"job":"mailbox","id":"{mailbox}"}}"#),
        "not a job".to_owned(),
        format!(r#"{{"v":1,"job":"mailbox","id":"{}"}}"#, Uuid::new_v4()),
        format!(r#"{{"v":1,"job":"reply","id":"{}"}}"#, Uuid::new_v4()),
    ];
    let response = door::consume(&world.app, "sync", &bodies).await;
    let failed: Vec<_> = response
        .batch_item_failures
        .iter()
        .map(|failure| &failure.item_identifier)
        .collect();
    assert_eq!(failed, ["message-1", "message-3"]);
}
