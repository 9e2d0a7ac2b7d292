//! What known people were refused stands in the audit log, once an hour.

use serde_json::json;
use world::door;
use world::{World, minutes};

use super::sign_in;
use crate::tenants::tenant;

const ROWS: &str =
    "select concat_ws(' ', actor_kind, action, entity, after ->> 'tried') from audit_log
    where action in ('access.denied', 'signin.refused') order by id";

#[tokio::test]
async fn what_a_role_does_not_allow_is_written_down_once_an_hour() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    let viewer = world.person(Some(oak.property.org), "viewer").await;
    let browser = sign_in(&world, &viewer).await;
    let config = format!(
        "/api/lumaleasing/gmail/config?propertyId={}",
        oak.property.id
    );
    let approve = format!("/api/lumaleasing/gmail/replies/{}/approve", oak.reply);
    for _ in 0..3 {
        for knock in [
            door::patch(&config).json(&json!({ "signature": "Changed" })),
            door::post(&approve),
        ] {
            let answer = knock.bearer(&viewer.token).send(&world.app).await;
            assert_eq!((answer.status, answer.code()), (403, "forbidden"));
        }
        let saved = browser
            .post(&world, "/dashboard/mailbox", &[("action", "disconnect")])
            .await;
        assert_eq!(saved.status, 403);
    }
    let an_hours = [
        "user access.denied properties PATCH /api/lumaleasing/gmail/config",
        "user access.denied properties POST /api/lumaleasing/gmail/replies/{id}/approve",
        "user access.denied properties POST /dashboard/mailbox",
    ];
    assert_eq!(world.texts(ROWS).await, an_hours);
    let whose = format!(
        "select count(*) from audit_log where action = 'access.denied' and actor_id = '{}' and property_id = '{}'",
        viewer.id, oak.property.id
    );
    assert_eq!(world.count(&whose).await, 3);

    world.skip(minutes(60));
    let again = door::post(&approve).bearer(&viewer.token);
    assert_eq!(again.send(&world.app).await.status, 403);
    assert_eq!(world.texts(ROWS).await.len(), 4);
}

#[tokio::test]
async fn what_is_allowed_and_what_is_anothers_leaves_no_refusal() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    let elm = world.property("Elm House").await;
    for (who, status) in [(&elm.admin, 404), (&oak.property.admin, 200)] {
        let path = format!(
            "/api/lumaleasing/gmail/config?propertyId={}",
            oak.property.id
        );
        let change = door::patch(&path).json(&json!({ "signature": "Changed" }));
        let answer = change.bearer(&who.token).send(&world.app).await;
        assert_eq!(answer.status, status);
    }
    assert_eq!(world.texts(ROWS).await, [""; 0]);
}

#[tokio::test]
async fn who_is_no_user_any_more_is_written_down_for_no_property() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let browser = sign_in(&world, &oak.admin).await;
    let ban = "update auth.users set banned_until = now() + interval '1 hour'";
    world.sql.batch_execute(ban).await.unwrap();
    for _ in 0..3 {
        let token = [("access_token", oak.admin.token.as_str())];
        let answer = door::post("/dashboard/session")
            .form(&token)
            .send(&world.app)
            .await;
        assert_eq!(answer.status, 401);
        assert_eq!(browser.get(&world, "/dashboard").await.status, 303);
    }
    assert_eq!(world.texts(ROWS).await, ["user signin.refused profiles"]);
    let whose = format!(
        "select count(*) from audit_log where property_id is null and actor_id = '{}'",
        oak.admin.id
    );
    assert_eq!(world.count(&whose).await, 1);
    // A token that nobody proved is nobody's.
    let forged = [("access_token", "a.b.c")];
    let answer = door::post("/dashboard/session")
        .form(&forged)
        .send(&world.app)
        .await;
    assert_eq!(answer.status, 401);
    assert_eq!(world.texts(ROWS).await.len(), 1);
}
