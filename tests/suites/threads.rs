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

#[tokio::test]
async fn pages_stay_in_step_while_mail_comes_in() {
    let world = World::start().await;
    let oak = with_threads(&world, 4).await;
    let first = list(&world, &oak, "&limit=2").await;
    assert_eq!(subjects(&first), ["Question 3", "Question 2"]);
    let cursor = first.json["nextCursor"].as_str().unwrap();

    let mailbox = world.google.mailbox("leasing@oak.test");
    mailbox.receives("Zed Fox <zed@example.com>", "Question 9", "Any lofts?");
    world.deliver_pushes().await;
    let second = list(&world, &oak, &format!("&limit=2&cursor={cursor}")).await;
    assert_eq!(subjects(&second), ["Question 1", "Question 0"]);
    assert_eq!(second.json["nextCursor"], Value::Null);
    let again = list(&world, &oak, "&limit=1").await;
    assert_eq!(subjects(&again), ["Question 9"]);
}

#[tokio::test]
async fn threads_of_one_instant_are_all_shown_once() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let mailbox = world.connects(&oak, "leasing@oak.test").await;
    for number in 0..5 {
        let from = format!("Ann Lee <ann{number}@example.com>");
        mailbox.receives(&from, &format!("Question {number}"), "Any two-bedrooms?");
    }
    world.deliver_pushes().await;
    let mut seen = Vec::new();
    let mut query = "&limit=1".to_owned();
    loop {
        let page = list(&world, &oak, &query).await;
        seen.extend(subjects(&page).into_iter().map(str::to_owned));
        let Some(cursor) = page.json["nextCursor"].as_str() else {
            break;
        };
        query = format!("&limit=1&cursor={cursor}");
    }
    seen.sort();
    let all: Vec<_> = (0..5).map(|number| format!("Question {number}")).collect();
    assert_eq!(seen, all);
}

#[tokio::test]
async fn a_page_has_its_bounds() {
    let world = World::start().await;
    let oak = with_threads(&world, 1).await;
    for (query, code) in [
        ("&limit=0", "invalid_limit"),
        ("&limit=101", "invalid_limit"),
        ("&limit=x", "invalid_limit"),
        ("&cursor=1-2", "invalid_cursor"),
        ("&status=spam", "invalid_status"),
    ] {
        let answer = list(&world, &oak, query).await;
        assert_eq!((answer.status, answer.code()), (400, code), "{query}");
    }
    assert_eq!(list(&world, &oak, "&limit=100").await.status, 200);
    let other = format!("&leadId={}", Uuid::new_v4());
    assert_eq!(list(&world, &oak, &other).await.json["threads"], json!([]));
}

#[tokio::test]
async fn what_is_closed_or_archived_opens_again_when_the_prospect_writes() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let mailbox = world.connects(&oak, "leasing@oak.test").await;
    let mail = mailbox.receives("Ann Lee <ann@example.com>", "2BR?", "Any two-bedrooms?");
    world.deliver_pushes().await;
    let listed = list(&world, &oak, "").await;
    let id = listed.json["threads"][0]["id"].as_str().unwrap().to_owned();
    for status in ["closed", "archived"] {
        let answer = change(&world, &oak, &id, &json!({ "status": status })).await;
        assert_eq!(answer.json["status"], json!(status));
        world.pass(minutes(10)).await;
        let query = format!("&status={status}");
        assert_eq!(subjects(&list(&world, &oak, &query).await), ["2BR?"]);
        mailbox.receives_in(&mail.thread_id, "Ann Lee <ann@example.com>", "Hello?");
        world.deliver_pushes().await;
        assert_eq!(
            subjects(&list(&world, &oak, "&status=open").await),
            ["2BR?"]
        );
    }
}

#[tokio::test]
async fn a_thread_is_changed_by_what_is_listed_and_nothing_else() {
    let world = World::start().await;
    let oak = with_threads(&world, 1).await;
    let listed = list(&world, &oak, "").await;
    let id = listed.json["threads"][0]["id"].as_str().unwrap().to_owned();
    let before = world.kept().await;
    for (body, code) in [
        (json!({ "status": "spam" }), "invalid_status"),
        (json!({ "status": null }), "invalid_status"),
        (
            json!({ "status": "closed", "subject": "Changed" }),
            "invalid_subject",
        ),
        (
            json!({ "propertyId": Uuid::new_v4() }),
            "invalid_property_id",
        ),
        (
            json!({ "leadId": Uuid::new_v4(), "status": "closed" }),
            "invalid_lead_id",
        ),
        (
            json!({ "assignedAgentId": "me", "status": "closed" }),
            "invalid_assigned_agent_id",
        ),
    ] {
        let answer = change(&world, &oak, &id, &body).await;
        assert_eq!((answer.status, answer.code()), (400, code), "{body}");
    }
    assert_eq!(world.kept().await, before);
    assert_eq!(change(&world, &oak, &id, &json!({})).await.status, 200);
    assert_eq!(
        change(&world, &oak, &id, &json!({ "status": "open" }))
            .await
            .status,
        200
    );
    assert_eq!(world.kept().await, before, "as it was");
}

#[tokio::test]
async fn a_long_thread_shows_its_newest_messages_and_the_beginning_of_long_ones() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let mailbox = world.connects(&oak, "leasing@oak.test").await;
    world.sets(&oak, json!({ "replyMode": "off" })).await;
    let first = mailbox.receives("Ann Lee <ann@example.com>", "2BR?", "The first");
    for number in 1..=101 {
        world.skip(world::seconds(1));
        let text = format!("Number {number}");
        mailbox.receives_in(&first.thread_id, "Ann Lee <ann@example.com>", &text);
    }
    world.skip(world::seconds(1));
    let long = "word ".repeat(5_000);
    mailbox.receives_in(&first.thread_id, "Ann Lee <ann@example.com>", &long);
    world.deliver_pushes().await;
    let listed = list(&world, &oak, "").await;
    let line = &listed.json["threads"][0];
    assert_eq!(line["messageCount"], json!(103));
    let path = format!("{THREADS}/{}", line["id"].as_str().unwrap());
    let knock = door::get(&path).bearer(&oak.admin.token);
    let one = knock.send(&world.app).await;
    let messages = one.json["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 100);
    assert_eq!(messages[0]["bodyText"].as_str().unwrap().trim(), "Number 3");
    let last = &messages[99];
    assert_eq!(last["truncated"], json!(true));
    assert_eq!(last["bodyText"].as_str().unwrap().chars().count(), 20_000);
    assert!(
        one.text.len() < 6_000_000,
        "Lambda answers with six megabytes at the most"
    );
}
