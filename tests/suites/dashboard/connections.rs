//! How connections are doing on the pages of mailbox and calendar, and reading them at once.

use world::World;

use super::{Browser, sign_in};

async fn page(world: &World, browser: &Browser, path: &str) -> String {
    let answer = browser.get(world, path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    answer.text
}

#[tokio::test]
async fn until_when_google_tells_of_news_is_shown_on_the_propertys_clock() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    world.connects(&oak, "leasing@oak.test").await;
    world.agent_connects(&oak, &oak.admin, "sam@oak.test").await;
    let browser = sign_in(&world, &oak.admin).await;
    for (path, table, told) in [
        (
            "/dashboard/mailbox",
            "gmail_config",
            "Gmail tells of new mail",
        ),
        (
            "/dashboard/calendar",
            "agent_calendars",
            "Google tells of changes",
        ),
    ] {
        for (sql, words) in [
            (
                "watch_expiration = '2026-12-08T18:30:00Z'",
                r#"<span class="badge good">on</span> until <time datetime="2026-12-08T18:30:00Z">Dec 8, 2026, 12:30 PM CST</time>"#,
            ),
            (
                "watch_error = 'x'",
                r#"<span class="badge warn">not renewed</span> ends <time"#,
            ),
            (
                "watch_expiration = '2026-12-01T18:30:00Z'",
                r#"<span class="badge bad">ended</span> on <time datetime="2026-12-01T18:30:00Z">"#,
            ),
            (
                "status = 'disconnected'",
                r#"<span class="badge ">off</span></dd>"#,
            ),
        ] {
            let changes = format!("update {table} set {sql}");
            world.sql.batch_execute(&changes).await.unwrap();
            let shown = page(&world, &browser, path).await;
            let line = format!("<dt>{told}</dt><dd>{words}");
            assert!(shown.contains(&line), "{line}: {shown}");
        }
        let shown = page(&world, &browser, path).await;
        assert!(!shown.contains("Read now"), "there is nothing to read");
    }
}

#[tokio::test]
async fn a_mailbox_and_a_calendar_are_read_at_once_when_somebody_asks() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let mailbox = world.connects(&oak, "leasing@oak.test").await;
    let agent = world.agent(&oak).await;
    world.agent_connects(&oak, &agent, "sam@oak.test").await;
    world.work().await;
    let browser = sign_in(&world, &agent).await;
    mailbox.receives("Ann Lee <ann@example.com>", "2BR?", "Any two-bedrooms?");
    for (path, read) in [
        ("/dashboard/mailbox", "history.list"),
        ("/dashboard/calendar", "events.list"),
    ] {
        assert!(page(&world, &browser, path).await.contains("Read now"));
        world.google.calls().clear();
        let asked = browser.post(&world, path, &[("action", "read")]).await;
        assert!(
            asked.header("location").ends_with("success=reading_now"),
            "{}",
            asked.text
        );
        let told = page(&world, &browser, asked.header("location")).await;
        assert!(told.contains("It is being read"), "{told}");
        world.work().await;
        assert!(world.google.calls().count(read) > 0, "{read}");
    }
    assert_eq!(world.count("select count(*) from email_messages").await, 1);
    let lost = "update gmail_config set status = 'reauth_required'";
    world.sql.batch_execute(lost).await.unwrap();
    let read = [("action", "read")];
    let asked = browser.post(&world, "/dashboard/mailbox", &read).await;
    assert_eq!(asked.status, 409, "{}", asked.text);
    assert!(
        asked.text.contains("has to be connected again first"),
        "{}",
        asked.text
    );
}
