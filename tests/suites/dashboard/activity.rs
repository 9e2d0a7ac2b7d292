//! The activity log: who did what, for those who manage the property.

use serde_json::json;
use world::{World, minutes};

use super::{Browser, sign_in};
use crate::sources::{code, rust_files, text};
use crate::tenants::tenant;

const LOG: &str = "/dashboard/activity";

async fn page(world: &World, browser: &Browser, path: &str) -> String {
    let answer = browser.get(world, path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    answer.text
}

#[test]
fn every_action_that_is_written_down_has_words() {
    let words = text("functions/dashboard/deeds.rs");
    let areas = [
        "mailbox", "reply", "thread", "lead", "tour", "calendar", "access",
    ];
    let mut found = 0;
    for (path, text) in rust_files("shared/src/app") {
        for literal in code(&text).flat_map(|line| line.split('"').skip(1).step_by(2)) {
            let is_action = literal.split_once('.').is_some_and(|(area, verb)| {
                areas.contains(&area) && verb.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
            });
            if is_action {
                found += 1;
                assert!(
                    words.contains(&format!("\"{literal}\" =>")),
                    "{literal} of {path:?}"
                );
            }
        }
    }
    assert!(found > 20, "only {found} actions were found");
}

#[tokio::test]
async fn the_log_says_who_did_what_and_what_it_was_before() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    world.pass(minutes(2)).await;
    let browser = sign_in(&world, &oak.property.admin).await;
    world
        .sets(
            &oak.property,
            json!({ "autoReplyDelayMinutes": 12, "signature": "Oak <b>Court" }),
        )
        .await;
    let thread = format!("/dashboard/threads/{}", oak.thread);
    let agent = oak.property.admin.id.to_string();
    browser
        .post(&world, &thread, &[("action", "assign"), ("agent", &agent)])
        .await;
    let text = page(&world, &browser, LOG).await;
    let lead = world.texts("select id::text from leads").await.remove(0);
    for words in [
        "Sam Agent",
        "Connected the mailbox",
        "Delay, in minutes: 5 → 12",
        "Signature: none → Oak &#60;b&#62;Court",
        "Looked after by: none → Sam Agent",
        &format!(r#"<a href="{thread}">Changed a thread</a>"#),
        r#"<a href="/dashboard/mailbox">Changed the mailbox’s settings</a>"#,
        r#"<a href="/dashboard/tours?from=2026-12-03">Booked a tour</a>"#,
        &format!(r#"<a href="/dashboard/calendar?agent={agent}">Connected a calendar</a>"#),
        &format!(r#"<a href="/dashboard/leads/{lead}">Read what a prospect wants</a>"#),
        "The assistant",
        r#"aria-current="page">Activity"#,
        "<caption",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains("<b>Court"));
    assert!(
        !text.contains("Confidence needed"),
        "what did not change is not told"
    );
    // Each link leads to a page.
    for link in text.split(r#"<a href=""#).skip(1) {
        let path = link.split('"').next().unwrap();
        if path.starts_with("/dashboard/") {
            page(&world, &browser, &path.replace("&amp;", "&")).await;
        }
    }
}

#[tokio::test]
async fn the_log_is_narrowed_by_area_and_by_person() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    world.pass(minutes(2)).await;
    let manager = world.person(Some(oak.property.org), "manager").await;
    let browser = sign_in(&world, &manager).await;
    let path = format!("/dashboard/threads/{}", oak.thread);
    browser.post(&world, &path, &[("action", "archive")]).await;
    let nobody = uuid::Uuid::new_v4();
    for (query, connected, archived, read) in [
        (String::new(), true, true, true),
        ("?area=thread".to_owned(), false, true, false),
        ("?area=mailbox".to_owned(), true, false, false),
        (format!("?who={}", manager.id), false, true, false),
        (
            format!("?who={}", oak.property.admin.id),
            true,
            false,
            false,
        ),
        ("?who=system".to_owned(), false, false, true),
        (
            format!("?area=mailbox&who={}", manager.id),
            false,
            false,
            false,
        ),
        (format!("?who={nobody}"), false, false, false),
    ] {
        let text = page(&world, &browser, &format!("{LOG}{query}")).await;
        assert_eq!(text.contains("Connected the mailbox"), connected, "{query}");
        assert_eq!(text.contains("Changed a thread"), archived, "{query}");
        assert_eq!(text.contains("Read what a prospect wants"), read, "{query}");
        let none = !(connected || archived || read);
        assert_eq!(
            text.contains("Nothing of this kind was done"),
            none,
            "{query}"
        );
    }
    for odd in ["?area=odd", "?who=odd"] {
        let answer = browser.get(&world, &format!("{LOG}{odd}")).await;
        assert_eq!(answer.status, 404, "{odd}");
    }
}

#[tokio::test]
async fn older_rows_are_a_page_away_and_none_comes_twice() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    world.connects(&oak, "leasing@oak.test").await;
    for more in 1..=7 {
        world
            .sets(&oak, json!({ "autoReplyDelayMinutes": 100 + more }))
            .await;
    }
    let browser = sign_in(&world, &oak.admin).await;
    let mut path = format!("{LOG}?limit=3&area=mailbox");
    let mut pages = Vec::new();
    loop {
        let text = page(&world, &browser, &path).await;
        let seen = (1..=7).rev().filter(|n| text.contains(&format!("→ 10{n}")));
        pages.push(seen.collect::<Vec<_>>());
        let Some(next) = text.split("&amp;cursor=").nth(1) else {
            break;
        };
        let next = next.split('"').next().unwrap();
        path = format!("{LOG}?limit=3&area=mailbox&cursor={next}");
    }
    assert_eq!(pages, [vec![7, 6, 5], vec![4, 3, 2], vec![1]]);
}

#[tokio::test]
async fn the_log_is_for_those_who_manage_and_of_their_property_alone() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    let elm = tenant(&world, "Elm House").await;
    let viewer = world.person(Some(oak.property.org), "viewer").await;
    let browser = sign_in(&world, &viewer).await;
    assert_eq!(browser.get(&world, LOG).await.status, 403);
    let home = page(&world, &browser, "/dashboard").await;
    assert!(!home.contains(LOG) && home.contains("/dashboard/leads"));

    let browser = sign_in(&world, &oak.property.admin).await;
    let home = page(&world, &browser, "/dashboard").await;
    assert!(home.contains(LOG));
    let text = page(&world, &browser, LOG).await;
    assert!(
        text.contains("Was refused what their role does not allow"),
        "{text}"
    );
    assert!(text.contains("Tried: GET /dashboard/activity"), "{text}");
    let ids = world
        .texts(&format!(
            "select entity_id::text from audit_log where property_id = '{}'",
            elm.property.id
        ))
        .await;
    assert!(!ids.is_empty());
    for id in ids {
        assert!(!text.contains(&id), "{id}");
    }
    let theirs = format!("{LOG}?who={}", elm.property.admin.id);
    assert!(
        page(&world, &browser, &theirs)
            .await
            .contains("Nothing of this kind")
    );
}

#[tokio::test]
async fn a_property_where_nothing_was_done_says_so() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let browser = sign_in(&world, &oak.admin).await;
    assert!(
        page(&world, &browser, LOG)
            .await
            .contains("Nothing was done yet")
    );
}
