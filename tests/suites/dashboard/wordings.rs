//! The approved texts on the mailbox's page, and where threads show that they need a person.

use shared::domain::fair_housing::Wording;
use shared::mail::wording::fair_housing;
use world::google::Mailbox;
use world::{Property, World, minutes};

use super::{Browser, sign_in};

const PATH: &str = "/dashboard/wordings";
const OWN: &str = "Hello,\n\nour office will call you about that.";

async fn desk() -> (World, Property, Mailbox, Browser) {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let mailbox = world.connects(&oak, "leasing@oak.test").await;
    let browser = sign_in(&world, &oak.admin).await;
    (world, oak, mailbox, browser)
}

async fn asks(world: &World, mailbox: &Mailbox, who: &str, body: &str) -> String {
    let from = format!("{who} <{who}@example.com>");
    let mail = mailbox.receives(&from, "A question", body);
    world.deliver_pushes().await;
    world.pass(minutes(6)).await;
    mail.thread_id
}

fn saves(topic: &str) -> [(&str, &str); 3] {
    [
        ("action", "save"),
        ("topic", topic),
        (
            "text",
            "Hello,\r\n\r\nour office will call you about that. ",
        ),
    ]
}

#[tokio::test]
async fn a_property_writes_its_own_wording_and_goes_back_to_the_default() {
    let (world, oak, mailbox, browser) = desk().await;
    let page = browser.get(&world, "/dashboard/mailbox").await.text;
    for wording in Wording::ALL {
        let first = fair_housing(wording).lines().next().unwrap();
        let field = format!("id=\"wording-{}\"", wording.as_str());
        assert!(page.contains(&field) && page.contains(first), "{page}");
    }
    assert!(!page.contains("Back to the default"), "{page}");

    let answer = browser.post(&world, PATH, &saves("steering")).await;
    assert!(
        answer.header("location").ends_with("success=saved"),
        "{}",
        answer.text
    );
    let page = browser.get(&world, "/dashboard/mailbox").await.text;
    assert!(
        page.contains(&format!("{OWN}</textarea>")) && page.contains("Back to the default"),
        "{page}"
    );
    asks(&world, &mailbox, "ann", "Is it safe at night?").await;
    asks(&world, &mailbox, "bob", "I use a wheelchair.").await;
    let sent = mailbox.sent();
    assert!(sent[0].text().starts_with(OWN), "{}", sent[0].text());
    assert!(
        sent[1]
            .text()
            .starts_with(fair_housing(Wording::Disability))
    );

    let reset = [("action", "reset"), ("topic", "steering")];
    let answer = browser.post(&world, PATH, &reset).await;
    assert!(answer.header("location").ends_with("success=saved"));
    asks(&world, &mailbox, "cyd", "Is it safe at night?").await;
    assert!(
        mailbox.sent()[2]
            .text()
            .starts_with(fair_housing(Wording::Steering))
    );

    let audited = "select concat_ws(' ', actor_id, after) from audit_log where action = 'wordings.changed' order by id";
    let by = oak.admin.id;
    let expected = [
        format!("{by} {{\"own\": true, \"topic\": \"steering\"}}"),
        format!("{by} {{\"own\": false, \"topic\": \"steering\"}}"),
    ];
    assert_eq!(world.texts(audited).await, expected);
}

#[tokio::test]
async fn a_text_that_no_letter_could_have_changes_nothing() {
    let (world, _, _, browser) = desk().await;
    let before = world.kept().await;
    for (topic, text, sentence) in [
        ("general", "", "A text is plain words"),
        ("general", "<b>Hello</b>", "A text is plain words"),
        (
            "general",
            &"word ".repeat(401) as &str,
            "A text is plain words",
        ),
        ("race", "Hello", "That did not work"),
    ] {
        let fields = [("action", "save"), ("topic", topic), ("text", text)];
        let answer = browser.post(&world, PATH, &fields).await;
        assert_eq!(answer.status, 422, "{text}");
        assert!(answer.text.contains(sentence), "{text}: {}", answer.text);
    }
    let unknown = [("action", "shred"), ("topic", "general")];
    let answer = browser.post(&world, PATH, &unknown).await;
    assert_eq!(answer.status, 422);
    assert_eq!(world.kept().await, before);
    // The product's own words are no words of the property's.
    let default = [
        ("action", "save"),
        ("topic", "general"),
        ("text", fair_housing(Wording::General)),
    ];
    browser.post(&world, PATH, &default).await;
    assert_eq!(world.count("select count(*) from reply_wordings").await, 0);
}

#[tokio::test]
async fn a_property_says_what_its_state_protects() {
    let (world, _, _, browser) = desk().await;
    let guarded = "select array_to_string(guarded_topics, ' ') from gmail_config";
    assert_eq!(
        world.texts(guarded).await,
        ["source_of_income marital_status age veteran_status"]
    );
    let fields = [("action", "guard"), ("age", "on"), ("race", "on")];
    let answer = browser.post(&world, PATH, &fields).await;
    assert!(answer.header("location").ends_with("success=saved"));
    assert_eq!(world.texts(guarded).await, ["age"]);
    let page = browser.get(&world, "/dashboard/mailbox").await.text;
    assert!(page.contains(r#"name="age" value="on" checked"#), "{page}");
    assert!(
        page.contains(r#"name="marital_status" value="on">"#),
        "{page}"
    );
}

#[tokio::test]
async fn only_those_who_manage_the_property_change_its_wordings() {
    let (world, oak, _, _) = desk().await;
    let elm = world.property("Elm House").await;
    world.connects(&elm, "leasing@elm.test").await;
    let viewer = world.person(Some(oak.org), "viewer").await;
    let manager = world.person(Some(oak.org), "manager").await;
    let oak_id = oak.id.to_string();
    let changed = "select concat_ws(' ', (select count(*) from reply_wordings),
        (select count(*) from gmail_config where guarded_topics = '{}'))";
    for (who, status) in [(&viewer, 403), (&elm.admin, 404), (&manager, 303)] {
        let browser = sign_in(&world, who).await;
        for mut fields in [
            saves("general").to_vec(),
            vec![("action", "reset"), ("topic", "general")],
            vec![("action", "guard")],
        ] {
            fields.push(("property", &oak_id));
            let answer = browser.post(&world, PATH, &fields).await;
            assert_eq!(answer.status, status, "{fields:?}: {}", answer.text);
        }
        let changed = world.texts(changed).await;
        assert_eq!(changed == ["0 0"], status != 303, "{status}: {changed:?}");
    }
    let browser = sign_in(&world, &viewer).await;
    let page = browser.get(&world, "/dashboard/mailbox").await.text;
    assert!(
        page.contains("readonly") && !page.contains("Save this text"),
        "{page}"
    );
}

#[tokio::test]
async fn a_thread_that_was_handed_over_says_so_until_somebody_answers_or_takes_it() {
    let (world, _, mailbox, browser) = desk().await;
    let gmail_thread = asks(&world, &mailbox, "ann", "Is it safe at night?").await;
    world
        .knows(&world.property("Elm House").await, "Unrelated")
        .await;
    let ids = world.texts("select id::text from email_threads").await;
    let thread = format!("/dashboard/threads/{}", ids[0]);
    let shows = async || {
        let mut shown = Vec::new();
        for (path, words) in [
            ("/dashboard", "1 thread waits for a person"),
            ("/dashboard/threads", "needs a person"),
            ("/dashboard/threads?status=needs_person", "A question"),
            (&thread, "This thread needs a person"),
        ] {
            let page = browser.get(&world, path).await;
            assert_eq!(page.status, 200, "{path}");
            shown.push(page.text.contains(words));
        }
        shown
    };
    let (yes, no) = (vec![true; 4], vec![false; 4]);
    assert_eq!(shows().await, yes);
    let page = browser.get(&world, &thread).await.text;
    assert!(
        page.contains("Fair-housing law: a person answers"),
        "{page}"
    );

    world.skip(minutes(1));
    mailbox.human_replies(&gmail_thread, "Please ask the police department.");
    world.pass(minutes(10)).await;
    assert_eq!(shows().await, no, "answered");
    world.skip(minutes(1));
    mailbox.receives_in(&gmail_thread, "ann <ann@example.com>", "And the bus?");
    world.deliver_pushes().await;
    world.pass(minutes(6)).await;
    assert_eq!(mailbox.sent().len(), 2, "the assistant's and the person's");
    assert_eq!(shows().await, yes, "the next mail is for people, too");

    for (action, after) in [("close", &no), ("reopen", &yes), ("take_over", &no)] {
        browser.post(&world, &thread, &[("action", action)]).await;
        assert_eq!(shows().await, *after, "{action}");
    }
    let taken =
        "select count(*) from conversations where is_human_mode and human_agent_id is not null";
    assert_eq!(world.count(taken).await, 1);
    let page = browser.get(&world, &thread).await.text;
    assert!(page.contains("Give back to the assistant"), "{page}");
    browser
        .post(&world, &thread, &[("action", "release")])
        .await;
    assert_eq!(
        world
            .count("select count(*) from conversations where is_human_mode")
            .await,
        0
    );
    assert_eq!(shows().await, no, "the assistant answers again");
    mailbox.receives_in(&gmail_thread, "ann <ann@example.com>", "Any two-bedrooms?");
    world.deliver_pushes().await;
    world.pass(minutes(6)).await;
    assert_eq!(mailbox.sent().len(), 2, "nothing is known, so it is held");
    let state = "select state from email_replies order by created_at desc limit 1";
    assert_eq!(world.texts(state).await, ["held"]);
}

#[tokio::test]
async fn a_text_that_a_person_changes_is_theirs_with_a_warning() {
    let (world, oak, mailbox, browser) = desk().await;
    world
        .sets(&oak, serde_json::json!({ "replyMode": "approve" }))
        .await;
    asks(&world, &mailbox, "ann", "Is it safe at night?").await;
    let reply = world
        .texts("select id::text from email_replies")
        .await
        .remove(0);
    const WARNING: &str = "Before you approve";
    for (text, warned) in [
        (fair_housing(Wording::Steering), false),
        ("We are open until 6.", false),
        ("It is a very safe neighborhood.", true),
    ] {
        let path = format!("/dashboard/replies/{reply}");
        browser
            .post(&world, &path, &[("action", "save"), ("body_text", text)])
            .await;
        let page = browser.get(&world, "/dashboard/approvals").await.text;
        assert_eq!(page.contains(WARNING), warned, "{text}: {page}");
    }
    let path = format!("/dashboard/replies/{reply}");
    let fields = [
        ("action", "approve"),
        ("body_text", "It is a very safe neighborhood."),
    ];
    browser.post(&world, &path, &fields).await;
    world.work().await;
    assert_eq!(mailbox.sent().len(), 1, "a person's words are theirs");
}
