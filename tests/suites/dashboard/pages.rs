//! What the pages show.

use world::World;
use world::google::Consent;
use world::people::Property;

use super::sign_in;
use crate::tenants::tenant;

#[tokio::test]
async fn a_thread_shows_who_wrote_what_and_why_the_answer_waits() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    let browser = sign_in(&world, &oak.property.admin).await;
    let list = browser.get(&world, "/dashboard/threads").await;
    let link = format!("/dashboard/threads/{}", oak.thread);
    assert!(list.text.contains(&link), "{}", list.text);
    assert!(list.text.contains("Ann Lee"));
    let page = browser.get(&world, &link).await;
    for shown in [
        "Any two-bedrooms?",
        "ann@example.com",
        "Written by AI",
        "This property approves every reply.",
        "We have two-bedroom homes.",
        "Dec 2, 2026, 6:0", // 12:00 UTC on the property's clock
        "AM CST",
    ] {
        assert!(page.text.contains(shown), "{shown}: {}", page.text);
    }
}

#[tokio::test]
async fn threads_are_told_apart_by_their_status() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    let browser = sign_in(&world, &oak.property.admin).await;
    let shown = async |status: &str| {
        let page = browser
            .get(&world, &format!("/dashboard/threads?status={status}"))
            .await;
        page.text.contains(&oak.thread)
    };
    assert!(shown("open").await && shown("").await && !shown("closed").await);
    let path = format!("/dashboard/threads/{}", oak.thread);
    browser.post(&world, &path, &[("action", "close")]).await;
    assert!(!shown("open").await && shown("").await && shown("closed").await);
    let odd = browser.get(&world, "/dashboard/threads?status=odd").await;
    assert_eq!(odd.status, 404);
}

#[tokio::test]
async fn a_user_sees_the_properties_of_their_organization_and_switches() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let elm = world.property("Elm House").await;
    let browser = sign_in(&world, &oak.admin).await;
    let home = browser.get(&world, "/dashboard").await;
    assert!(home.text.contains("Oak Court") && !home.text.contains("Elm House"));
    let sold = format!(
        "update properties set org_id = '{}' where id = '{}'",
        oak.org, elm.id
    );
    world.sql.batch_execute(&sold).await.unwrap();
    let home = browser.get(&world, "/dashboard").await;
    assert!(
        home.text.contains(r#"<select id="switch""#),
        "{}",
        home.text
    );
    let switched = browser
        .get(&world, &format!("/dashboard?property={}", oak.id))
        .await;
    assert!(switched.text.contains("<h1>Oak Court</h1>"));
    let remembered = switched.cookie("__Host-luma_property").expect("remembered");
    assert_eq!(remembered, oak.id.to_string());
    // Google sends the browser back without a word about the property.
    let back = world::door::get("/dashboard/lumaleasing?success=gmail_connected")
        .cookie(super::SESSION, &browser.session)
        .cookie("__Host-luma_property", &remembered);
    let back = back.send(&world.app).await;
    assert!(back.text.contains("<h1>Oak Court</h1>"), "{}", back.text);
}

#[tokio::test]
async fn who_works_for_nobody_is_told_so() {
    let world = World::start().await;
    world.property("Oak Court").await;
    let drifter = world.person(None, "admin").await;
    let browser = sign_in(&world, &drifter).await;
    let home = browser.get(&world, "/dashboard").await;
    assert_eq!(home.status, 200);
    assert!(home.text.contains("You work for no property yet"));
    for page in [
        "threads",
        "approvals",
        "mailbox",
        "calendar",
        "tours",
        "leads",
        "activity",
    ] {
        let answer = browser.get(&world, &format!("/dashboard/{page}")).await;
        assert_eq!(answer.status, 404, "{page}");
    }
}

/// What the mailbox page says is broken.
async fn says(world: &World, oak: &Property, words: &str) {
    let browser = sign_in(world, &oak.admin).await;
    for page in ["/dashboard/mailbox", "/dashboard"] {
        let answer = browser.get(world, page).await;
        assert!(
            answer.text.contains(words),
            "{page}: {words}: {}",
            answer.text
        );
    }
}

#[tokio::test]
async fn what_is_broken_about_a_mailbox_stands_there_in_words() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    says(&world, &oak, "No mailbox is connected").await;
    world.connects(&oak, "leasing@oak.test").await;
    for (sql, words) in [
        (
            "status = 'reauth_required'",
            "Google does not let us into leasing@oak.test any more",
        ),
        (
            "status = 'connected', watch_expiration = now() - interval '99 days'",
            "notifications ended",
        ),
        (
            "watch_expiration = now() + interval '9999 days', watch_error = 'x'",
            "could not be renewed",
        ),
        (
            "watch_error = null, last_error = 'x'",
            "The last reading of the mailbox failed",
        ),
        (
            "last_error = null, auto_reply_enabled = false",
            "Automatic replies are switched off",
        ),
    ] {
        world
            .sql
            .batch_execute(&format!("update gmail_config set {sql}"))
            .await
            .unwrap();
        says(&world, &oak, words).await;
    }
    let well = "update gmail_config set auto_reply_enabled = true";
    world.sql.batch_execute(well).await.unwrap();
    let browser = sign_in(&world, &oak.admin).await;
    let page = browser.get(&world, "/dashboard/mailbox").await;
    assert!(!page.text.contains(r#"class="notice"#), "{}", page.text);
}

#[tokio::test]
async fn a_mailbox_and_a_calendar_are_connected_from_their_pages() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let browser = sign_in(&world, &oak.admin).await;
    for (page, address) in [
        ("mailbox", "leasing@oak.test"),
        ("calendar", "sam@oak.test"),
    ] {
        let path = format!("/dashboard/{page}");
        let started = browser.post(&world, &path, &[("action", "connect")]).await;
        assert_eq!(started.status, 303, "{}", started.text);
        let google = started.header("location");
        let keeps = started
            .cookie("__Host-luma_oauth")
            .expect("the browser is remembered");
        let back = world
            .google
            .consents(google, Consent::allow(address))
            .await
            .unwrap();
        let answer = world.comes_back(&back, Some(&keeps)).await;
        let home = browser.get(&world, answer.header("location")).await;
        assert!(
            home.text.contains(&format!("{address} is connected")),
            "{}",
            home.text
        );
        let shown = browser.get(&world, &path).await;
        assert!(shown.text.contains(address) && shown.text.contains("Disconnect"));
    }
}

#[tokio::test]
async fn a_letter_whose_sender_is_not_proven_says_so() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let mailbox = world.connects(&oak, "leasing@oak.test").await;
    mailbox.receives("Ann Lee <ann@example.com>", "2BR?", "Any two-bedrooms?");
    let forged = mailbox.incoming("Eve <eve@example.com>", "3BR?", "Any three-bedrooms?");
    forged.unauthenticated().deliver();
    world.deliver_pushes().await;
    let browser = sign_in(&world, &oak.admin).await;
    for (subject, marked) in [("2BR?", false), ("3BR?", true)] {
        let thread = format!("select id::text from email_threads where subject = '{subject}'");
        let thread = world.texts(&thread).await.remove(0);
        let page = browser
            .get(&world, &format!("/dashboard/threads/{thread}"))
            .await;
        let says = page.text.contains("Sender not verified");
        assert_eq!(says, marked, "{subject}: {}", page.text);
    }
}

#[tokio::test]
async fn an_assistant_that_is_switched_off_is_told_on_the_first_page() {
    let mut world = World::start().await;
    let oak = world.property("Oak Court").await;
    let browser = sign_in(&world, &oak.admin).await;
    let words = "The assistant is switched off";
    let home = browser.get(&world, "/dashboard").await;
    assert!(!home.text.contains(words));
    world.starts_again_with(&[("LLM_ENABLED", "false")]);
    let home = browser.get(&world, "/dashboard").await;
    assert!(home.text.contains(words), "{}", home.text);
}
