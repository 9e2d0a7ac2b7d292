//! Who gets in, and what they are told when they do not.

use serde_json::json;
use uuid::Uuid;
use world::door::{self, Answer, Knock};
use world::{World, people};

const CONFIG: &str = "/api/lumaleasing/gmail/config";
const THREADS: &str = "/api/lumaleasing/gmail/threads";
const REPLIES: &str = "/api/lumaleasing/gmail/replies";

fn asks(path: &str, property: Uuid) -> Knock {
    door::get(&format!("{path}?propertyId={property}"))
}

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
async fn only_a_living_users_own_token_opens_a_door() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let now = world.now().timestamp();
    let token = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut claims = json!({
            "iss": world::AUTH_ISSUER, "aud": "authenticated", "sub": oak.admin.id, "role": "authenticated",
            "iat": now, "exp": now + 3600,
        });
        change(&mut claims);
        people::token(&claims)
    };
    let status = async |token: &str| {
        asks(CONFIG, oak.id)
            .bearer(token)
            .send(&world.app)
            .await
            .status
    };
    assert_eq!(status(&token(&|_| ())).await, 200);
    assert_eq!(
        status(&token(&|claims| claims["role"] = json!("service_role"))).await,
        401
    );
    assert_eq!(
        status(&token(&|claims| claims["role"] = json!("anon"))).await,
        401
    );
    assert_eq!(
        status(&token(&|claims| claims["aud"] = json!("other"))).await,
        401
    );
    assert_eq!(
        status(&token(&|claims| claims["iss"] = json!("https://other.test"))).await,
        401
    );
    assert_eq!(
        status(&token(&|claims| claims["exp"] = json!(now - 3600))).await,
        401
    );
    assert_eq!(
        status(&token(&|claims| claims["sub"] = json!(Uuid::new_v4()))).await,
        401
    );
    assert_eq!(status("").await, 401);
    let basic = asks(CONFIG, oak.id).header("authorization", &format!("Basic {}", oak.admin.token));
    assert_eq!(basic.send(&world.app).await.status, 401);
}

#[tokio::test]
async fn another_organizations_property_looks_like_none() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let elm = world.property("Elm House").await;
    world.connects(&elm, "leasing@elm.test").await;
    let token = &oak.admin.token;
    for path in [CONFIG, THREADS, REPLIES, "/api/lumaleasing/gmail/connect"] {
        let foreign = asks(path, elm.id).bearer(token).send(&world.app).await;
        let nothing = asks(path, Uuid::new_v4())
            .bearer(token)
            .send(&world.app)
            .await;
        assert_eq!(foreign.status, 404, "{path}");
        assert_eq!(foreign.text, nothing.text, "{path}");
    }
    let foreign = door::patch(&format!("{CONFIG}?propertyId={}", elm.id)).bearer(token);
    assert_eq!(
        foreign
            .json(&json!({ "replyMode": "off" }))
            .send(&world.app)
            .await
            .status,
        404
    );
    let foreign = door::delete(&format!("{CONFIG}?propertyId={}", elm.id)).bearer(token);
    assert_eq!(foreign.send(&world.app).await.status, 404);
    let foreign = door::post("/api/lumaleasing/gmail/sync").bearer(token);
    assert_eq!(
        foreign
            .json(&json!({ "propertyId": elm.id }))
            .send(&world.app)
            .await
            .status,
        404
    );
    assert_eq!(world.config(&elm).await["status"], json!("connected"));
    assert_eq!(world.config(&elm).await["replyMode"], json!("auto"));
}

#[tokio::test]
async fn a_user_without_an_organization_sees_nothing() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let drifter = world.person(None, "admin").await;
    // A property that belongs to nobody is not theirs either.
    world
        .sql
        .execute(
            "update properties set org_id = null where id = $1",
            &[&oak.id],
        )
        .await
        .unwrap();
    let answer = asks(CONFIG, oak.id)
        .bearer(&drifter.token)
        .send(&world.app)
        .await;
    assert_eq!(answer.status, 404);
}

#[tokio::test]
async fn a_viewer_sees_and_does_not_manage() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    world.connects(&oak, "leasing@oak.test").await;
    let viewer = world.person(Some(oak.org), "viewer").await;
    let manager = world.person(Some(oak.org), "manager").await;

    assert_eq!(
        asks(CONFIG, oak.id)
            .bearer(&viewer.token)
            .send(&world.app)
            .await
            .status,
        200
    );
    let change = |token: &str| {
        door::patch(&format!("{CONFIG}?propertyId={}", oak.id))
            .bearer(token)
            .json(&json!({ "autoReplyDelayMinutes": 7 }))
    };
    assert_eq!(change(&viewer.token).send(&world.app).await.status, 403);
    assert_eq!(change(&manager.token).send(&world.app).await.status, 200);

    let connect = "/api/lumaleasing/gmail/connect";
    assert_eq!(
        asks(connect, oak.id)
            .bearer(&viewer.token)
            .send(&world.app)
            .await
            .status,
        403
    );
    assert_eq!(
        asks(connect, oak.id)
            .bearer(&manager.token)
            .send(&world.app)
            .await
            .status,
        302
    );
    let gives_up = door::delete(&format!("{CONFIG}?propertyId={}", oak.id)).bearer(&viewer.token);
    assert_eq!(gives_up.send(&world.app).await.status, 403);
    assert_eq!(world.config(&oak).await["status"], json!("connected"));
}

#[tokio::test]
async fn a_browser_that_asks_for_json_gets_the_consent_page_and_its_cookie() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let knock = asks("/api/lumaleasing/gmail/connect", oak.id).bearer(&oak.admin.token);
    let answer = knock
        .header("accept", "application/json")
        .send(&world.app)
        .await;
    assert_eq!(answer.status, 200);
    assert!(
        answer.json["url"]
            .as_str()
            .unwrap()
            .starts_with(&world.google.url())
    );
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-luma_oauth="), "{cookie}");
    assert!(
        cookie.ends_with("; Path=/; Max-Age=600; HttpOnly; Secure; SameSite=Lax"),
        "{cookie}"
    );
}

#[tokio::test]
async fn the_six_hundred_and_first_request_of_a_minute_waits() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let knock = asks(CONFIG, oak.id).bearer(&oak.admin.token);
    assert_eq!(knock.send(&world.app).await.status, 200);
    let counted = "update rate_counters set hits = 599 where bucket = 'user:' || $1::text";
    world
        .sql
        .execute(counted, &[&oak.admin.id.to_string()])
        .await
        .unwrap();
    assert_eq!(knock.send(&world.app).await.status, 200);

    let answer = knock.send(&world.app).await;
    assert_eq!((answer.status, answer.code()), (429, "rate_limited"));
    let wait: i64 = answer.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait));

    world.skip(world::seconds(wait));
    assert_eq!(
        knock.send(&world.app).await.status,
        200,
        "in the next minute"
    );
    let other = world.person(Some(oak.org), "viewer").await;
    assert_eq!(
        asks(CONFIG, oak.id)
            .bearer(&other.token)
            .send(&world.app)
            .await
            .status,
        200
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

#[tokio::test]
async fn a_webhook_without_proof_marks_nothing() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let mailbox = world.connects(&oak, "leasing@oak.test").await;
    mailbox.receives("Ann Lee <ann@example.com>", "Hello", "Any two-bedrooms?");
    let push = world.google.take_pushes().pop().unwrap();
    let marks = "select dirty_seq from gmail_config";
    let before = world.count(marks).await;

    let (_, body) = world.google.push_request(&push);
    let unsigned: Answer = door::post("/api/lumaleasing/gmail/webhook")
        .text(&body)
        .send(&world.app)
        .await;
    assert_eq!(unsigned.status, 401);
    let user = door::post("/api/lumaleasing/gmail/webhook")
        .text(&body)
        .bearer(&oak.admin.token);
    assert_eq!(user.send(&world.app).await.status, 401);
    assert_eq!(world.count(marks).await, before);

    assert_eq!(world.deliver_push(&push).await.status, 204);
    assert_eq!(world.count(marks).await, before + 1);
}

#[tokio::test]
async fn an_authentic_push_of_another_subscription_is_forbidden() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let mailbox = world.connects(&oak, "leasing@oak.test").await;
    mailbox.receives("Ann Lee <ann@example.com>", "Hello", "Any two-bedrooms?");
    let push = world.google.take_pushes().pop().unwrap();
    let ours = [("PUBSUB_SUBSCRIPTION", "projects/luma/subscriptions/another")];
    let app = world.another_app(&ours);
    let (headers, body) = world.google.push_request(&push);
    assert_eq!(world::push_with(&app, headers, body).await.status, 403);
}

#[tokio::test]
async fn the_second_factor_of_the_push_address_is_asked_for_where_it_is_set() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let mailbox = world.connects(&oak, "leasing@oak.test").await;
    mailbox.receives("Ann Lee <ann@example.com>", "Hello", "Any two-bedrooms?");
    let push = world.google.take_pushes().pop().unwrap();
    let app = world.another_app(&[("GMAIL_WEBHOOK_SECRET", "open-sesame")]);
    for (query, status) in [
        ("", 401),
        ("?token=open-sesam", 401),
        ("?token=open-sesame", 204),
    ] {
        let (headers, body) = world.google.push_request(&push);
        let mut knock = door::post(&format!("/api/lumaleasing/gmail/webhook{query}")).text(body);
        for (name, value) in headers {
            knock = knock.header(&name, &value);
        }
        assert_eq!(knock.send(&app).await.status, status, "{query}");
    }
}

#[tokio::test]
async fn what_pubsub_would_repeat_for_a_week_is_acknowledged() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let mailbox = world.connects(&oak, "leasing@oak.test").await;
    mailbox.receives("Ann Lee <ann@example.com>", "Hello", "Any two-bedrooms?");
    let push = world.google.take_pushes().pop().unwrap();
    let (headers, _) = world.google.push_request(&push);
    let large = "x".repeat(70 * 1024);
    for body in ["", "{", "{}", r#"{"message":{"data":"!"}}"#, &large] {
        let answer = world::push_with(&world.app, headers.clone(), body.to_owned()).await;
        assert_eq!(answer.status, 204, "{} bytes", body.len());
    }
}
