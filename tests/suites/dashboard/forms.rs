//! What the pages' forms do.

use serde_json::json;
use world::World;

use super::{Browser, sign_in};
use crate::tenants::tenant;

async fn one(world: &World, sql: &str) -> String {
    world.texts(sql).await.remove(0)
}

#[tokio::test]
async fn a_thread_is_taken_over_given_away_closed_archived_and_opened() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    let browser = sign_in(&world, &oak.property.admin).await;
    let viewer = world.person(Some(oak.property.org), "viewer").await;
    let path = format!("/dashboard/threads/{}", oak.thread);
    let (me, her) = (oak.property.admin.id.to_string(), viewer.id.to_string());
    for (fields, status, agent) in [
        (&[("action", "take_over")][..], "open", me.as_str()),
        (&[("action", "assign"), ("agent", &her)], "open", &her),
        (&[("action", "assign"), ("agent", "")], "open", "null"),
        (&[("action", "close")], "closed", "null"),
        (&[("action", "reopen")], "open", "null"),
        (&[("action", "archive")], "archived", "null"),
    ] {
        let answer = browser.post(&world, &path, fields).await;
        assert_eq!(answer.status, 303, "{fields:?}");
        assert!(
            answer
                .header("location")
                .starts_with(&format!("{path}?success="))
        );
        assert_eq!(
            one(&world, "select status from email_threads").await,
            status
        );
        assert_eq!(
            one(&world, "select assigned_agent_id::text from email_threads").await,
            agent
        );
    }
}

#[tokio::test]
async fn what_is_approved_is_sent_with_the_words_that_stood_there() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    let browser = sign_in(&world, &oak.property.admin).await;
    let queue = browser.get(&world, "/dashboard/approvals").await;
    assert!(queue.text.contains("Any two-bedrooms?"), "{}", queue.text);
    let path = format!("/dashboard/replies/{}", oak.reply);
    let fields = [
        ("action", "approve"),
        ("body_text", "Yes, two of them.\r\nSee you soon!"),
    ];
    let answer = browser.post(&world, &path, &fields).await;
    assert!(
        answer.header("location").ends_with("success=approved"),
        "{}",
        answer.text
    );
    world.work().await;
    let address = one(&world, "select gmail_address from gmail_config").await;
    let sent = world.google.mailbox(&address).sent();
    assert_eq!(sent.len(), 1);
    let page = browser
        .get(&world, &format!("/dashboard/threads/{}", oak.thread))
        .await;
    assert!(
        page.text.contains("Yes, two of them.\nSee you soon!"),
        "{}",
        page.text
    );
    let actions =
        "select string_agg(action, ' ' order by id) from audit_log where entity = 'email_replies'
        and actor_kind = 'user'";
    assert_eq!(
        one(&world, actions).await,
        "reply.edited reply.approved reply.sent"
    );
    // Once: the second time it is not held any more.
    let answer = browser.post(&world, &path, &fields).await;
    assert_eq!(answer.status, 409, "{}", answer.text);
    world.work().await;
    assert_eq!(world.google.mailbox(&address).sent().len(), 1);
}

#[tokio::test]
async fn a_reply_is_saved_or_rejected() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    let browser = sign_in(&world, &oak.property.admin).await;
    let path = format!("/dashboard/replies/{}", oak.reply);
    let text = "select body_text from email_replies";
    let saved = browser
        .post(
            &world,
            &path,
            &[("action", "save"), ("body_text", "Another")],
        )
        .await;
    assert!(saved.header("location").ends_with("success=saved"));
    assert_eq!(one(&world, text).await, "Another");
    let empty = browser
        .post(&world, &path, &[("action", "save"), ("body_text", "  ")])
        .await;
    assert_eq!(empty.status, 422);
    assert_eq!(one(&world, text).await, "Another");
    browser.post(&world, &path, &[("action", "reject")]).await;
    assert_eq!(
        one(&world, "select state from email_replies").await,
        "cancelled"
    );
}

#[tokio::test]
async fn a_viewer_looks_and_sorts_but_decides_nothing() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    let viewer = world.person(Some(oak.property.org), "viewer").await;
    let browser = sign_in(&world, &viewer).await;
    let statuses = async |browser: &Browser| {
        let mut statuses = Vec::new();
        for page in [
            "",
            "/threads",
            "/approvals",
            "/mailbox",
            "/calendar",
            "/tours",
        ] {
            let path = format!("/dashboard{page}");
            statuses.push(browser.get(&world, &path).await.status);
        }
        let reply = format!("/dashboard/replies/{}", oak.reply);
        let thread = format!("/dashboard/threads/{}", oak.thread);
        for (path, action) in [
            (thread.as_str(), "take_over"),
            (&reply, "save"),
            (&reply, "approve"),
            (&reply, "reject"),
            ("/dashboard/mailbox", "save"),
            ("/dashboard/mailbox", "connect"),
            ("/dashboard/mailbox", "disconnect"),
        ] {
            let fields = [
                ("action", action),
                ("body_text", "Changed by me"),
                ("reply_mode", "off"),
            ];
            statuses.push(browser.post(&world, path, &fields).await.status);
        }
        statuses
    };
    assert_eq!(
        statuses(&browser).await,
        [
            200, 200, 200, 200, 200, 200, 303, 303, 403, 403, 403, 403, 403
        ]
    );
    assert_eq!(one(&world, "select state from email_replies").await, "held");
    let manager = world.person(Some(oak.property.org), "manager").await;
    let browser = sign_in(&world, &manager).await;
    assert_eq!(
        statuses(&browser).await,
        // What was approved is not rejected any more.
        [
            200, 200, 200, 200, 200, 200, 303, 303, 303, 409, 303, 303, 303
        ]
    );
}

#[tokio::test]
async fn the_mailboxs_settings_are_what_the_form_says() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    world.connects(&oak, "leasing@oak.test").await;
    let browser = sign_in(&world, &oak.admin).await;
    let fields = [
        ("action", "save"),
        ("reply_mode", "approve"),
        ("auto_reply_delay_minutes", "12"),
        ("confidence_threshold", "0.5"),
        ("signature", "Oak Court\r\n1 Oak St"),
        ("portal_domains", "listings.example\r\nhomes.example"),
    ];
    let answer = browser.post(&world, "/dashboard/mailbox", &fields).await;
    assert!(
        answer.header("location").ends_with("success=saved"),
        "{}",
        answer.header("location")
    );
    let config = world.config(&oak).await;
    assert_eq!(
        config["autoReplyEnabled"],
        json!(false),
        "the box was not ticked"
    );
    assert_eq!(config["replyMode"], json!("approve"));
    assert_eq!(config["autoReplyDelayMinutes"], json!(12));
    assert_eq!(config["confidenceThreshold"], json!(0.5));
    assert_eq!(config["signature"], json!("Oak Court\n1 Oak St"));
    assert_eq!(
        config["portalDomains"],
        json!(["homes.example", "listings.example"])
    );
    let page = browser.get(&world, "/dashboard/mailbox").await;
    assert!(
        page.text
            .contains("homes.example\nlistings.example</textarea>"),
        "{}",
        page.text
    );
    let answer = browser
        .post(&world, "/dashboard/mailbox", &[("action", "disconnect")])
        .await;
    assert!(answer.header("location").ends_with("success=disconnected"));
    assert_eq!(world.config(&oak).await["status"], json!("disconnected"));
}
