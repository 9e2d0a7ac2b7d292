//! Threads, as the team reads and handles them.

use serde_json::{Value, json};
use uuid::Uuid;
use world::{Property, World, door, minutes};

const THREADS: &str = "/api/lumaleasing/gmail/threads";

async fn list(world: &World, property: &Property, query: &str) -> door::Answer {
    let path = format!("{THREADS}?propertyId={}{query}", property.id);
    door::get(&path)
        .bearer(&property.admin.token)
        .send(&world.app)
        .await
}

fn subjects(answer: &door::Answer) -> Vec<&str> {
    let threads = answer.json["threads"].as_array().unwrap();
    threads
        .iter()
        .map(|thread| thread["subject"].as_str().unwrap())
        .collect()
}

async fn change(world: &World, property: &Property, id: &str, body: &Value) -> door::Answer {
    let knock = door::patch(&format!("{THREADS}/{id}")).bearer(&property.admin.token);
    knock.json(body).send(&world.app).await
}

/// A mailbox with so many threads, the last one the newest.
async fn with_threads(world: &World, count: usize) -> Property {
    let oak = world.property("Oak Court").await;
    let mailbox = world.connects(&oak, "leasing@oak.test").await;
    world.sets(&oak, json!({ "replyMode": "off" })).await;
    for number in 0..count {
        let from = format!("Ann Lee <ann{number}@example.com>");
        mailbox.receives(&from, &format!("Question {number}"), "Any two-bedrooms?");
        world.skip(minutes(1));
    }
    world.deliver_pushes().await;
    oak
}

#[tokio::test]
async fn pages_show_every_thread_once_the_newest_first() {
    let world = World::start().await;
    let oak = with_threads(&world, 5).await;
    let mut seen = Vec::new();
    let mut query = "&limit=2".to_owned();
    loop {
        let page = list(&world, &oak, &query).await;
        assert_eq!(page.status, 200, "{}", page.text);
        seen.extend(subjects(&page).into_iter().map(str::to_owned));
        let Some(cursor) = page.json["nextCursor"].as_str() else {
            break;
        };
        query = format!("&limit=2&cursor={cursor}");
    }
    assert_eq!(
        seen,
        [
            "Question 4",
            "Question 3",
            "Question 2",
            "Question 1",
            "Question 0"
        ]
    );
    assert_eq!(
        list(&world, &oak, "&cursor=x").await.code(),
        "invalid_cursor"
    );
}

#[tokio::test]
async fn a_list_is_narrowed_to_a_status_or_a_lead() {
    let world = World::start().await;
    let oak = with_threads(&world, 3).await;
    let all = list(&world, &oak, "").await;
    let first = &all.json["threads"][0];
    change(
        &world,
        &oak,
        first["id"].as_str().unwrap(),
        &json!({ "status": "closed" }),
    )
    .await;
    assert_eq!(
        subjects(&list(&world, &oak, "&status=closed").await),
        ["Question 2"]
    );
    assert_eq!(
        subjects(&list(&world, &oak, "&status=open").await),
        ["Question 1", "Question 0"]
    );
    let lead = all.json["threads"][1]["leadId"].as_str().unwrap();
    assert_eq!(
        subjects(&list(&world, &oak, &format!("&leadId={lead}")).await),
        ["Question 1"]
    );
    assert_eq!(
        list(&world, &oak, "&status=new").await.code(),
        "invalid_status"
    );
    assert_eq!(
        list(&world, &oak, "&leadId=1").await.code(),
        "invalid_lead_id"
    );
}

#[tokio::test]
async fn a_thread_shows_what_was_said_as_text() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let mailbox = world.connects(&oak, "leasing@oak.test").await;
    mailbox.receives(
        "Ann Lee <ann@example.com>",
        "2BR?",
        "Any <b>two</b>-bedrooms?",
    );
    world.deliver_pushes().await;
    let listed = list(&world, &oak, "").await;
    let line = &listed.json["threads"][0];
    assert_eq!(
        (&line["leadName"], &line["leadEmail"]),
        (&json!("Ann Lee"), &json!("ann@example.com"))
    );
    assert_eq!(
        (&line["messageCount"], &line["status"]),
        (&json!(1), &json!("open"))
    );

    let path = format!("{THREADS}/{}", line["id"].as_str().unwrap());
    let one = door::get(&path)
        .bearer(&oak.admin.token)
        .send(&world.app)
        .await;
    assert_eq!(one.status, 200, "{}", one.text);
    assert_eq!(one.json["messages"][0]["direction"], json!("inbound"));
    assert_eq!(
        one.json["messages"][0]["bodyText"].as_str().unwrap().trim(),
        "Any <b>two</b>-bedrooms?"
    );
    assert_eq!(one.json["replies"][0]["state"], json!("due"));
    assert!(!one.text.contains("bodyHtml"));
}

#[tokio::test]
async fn a_thread_is_given_to_a_colleague_and_to_nobody_else() {
    let world = World::start().await;
    let oak = with_threads(&world, 1).await;
    let id = list(&world, &oak, "").await.json["threads"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let colleague = world.person(Some(oak.org), "viewer").await;
    let stranger = world.property("Elm House").await.admin;

    let answer = change(
        &world,
        &oak,
        &id,
        &json!({ "assignedAgentId": colleague.id }),
    )
    .await;
    assert_eq!(answer.json["assignedAgentId"], json!(colleague.id));
    for outsider in [stranger.id, Uuid::new_v4()] {
        let body = json!({ "assignedAgentId": outsider, "status": "closed" });
        let answer = change(&world, &oak, &id, &body).await;
        assert_eq!(
            (answer.status, answer.code()),
            (400, "invalid_assigned_agent_id")
        );
    }
    let answer = change(&world, &oak, &id, &json!({ "assigned_agent_id": null })).await;
    assert_eq!(answer.json["assignedAgentId"], Value::Null);
    assert_eq!(
        answer.json["status"],
        json!("open"),
        "a refused change changes nothing"
    );
    let audited = "select count(*) from audit_log where action = 'thread.changed'";
    assert_eq!(world.count(audited).await, 2);
}

#[tokio::test]
async fn a_foreign_thread_looks_like_none() {
    let world = World::start().await;
    let oak = with_threads(&world, 1).await;
    let elm = world.property("Elm House").await;
    let id = list(&world, &oak, "").await.json["threads"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let read = async |id: &str| {
        let knock = door::get(&format!("{THREADS}/{id}")).bearer(&elm.admin.token);
        knock.send(&world.app).await
    };
    let foreign = read(&id).await;
    assert_eq!(foreign.status, 404);
    assert_eq!(foreign.text, read(&Uuid::new_v4().to_string()).await.text);
    assert_eq!(foreign.text, read("not-an-id").await.text);
    assert_eq!(
        change(&world, &elm, &id, &json!({ "status": "closed" }))
            .await
            .status,
        404
    );
    assert_eq!(
        list(&world, &oak, "&status=closed").await.json["threads"],
        json!([])
    );
}
