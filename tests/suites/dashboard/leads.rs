//! Leads: who they are to find, what they want in which words, and what a click has read.

use world::{World, door, minutes};

use super::{Browser, sign_in};
use crate::enrichment::chat::Chat;
use crate::tenants::tenant;

pub(super) const LIST: &str = "/dashboard/leads";

pub(super) async fn page(world: &World, browser: &Browser, path: &str) -> String {
    let answer = browser.get(world, path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    answer.text
}

#[tokio::test]
async fn the_list_tells_who_they_are_and_what_they_want() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    let browser = sign_in(&world, &oak.property.admin).await;
    let wants = r#"update leads set phone = '555-0100',
        preferences = '{"floorplans": ["2BR"], "budget": {"min": null, "max": 1500}}'"#;
    world.sql.batch_execute(wants).await.unwrap();
    let text = page(&world, &browser, LIST).await;
    for words in [
        "Ann Lee",
        "ann@example.com · 555-0100",
        "came by Email",
        "tour booked",
        "2BR · up to $1,500",
        "Dec 2, 2026",
        r#"aria-current="page">Leads"#,
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[tokio::test]
async fn who_was_active_last_comes_first_and_older_ones_are_a_page_away() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let browser = sign_in(&world, &oak.admin).await;
    let many = format!(
        "insert into leads (property_id, first_name, created_at, updated_at)
         select '{}', 'Lead ' || n || '.', at, at
         from generate_series(1, 7) n, lateral (select '2026-11-01'::timestamptz + n * interval '1 hour') t (at)",
        oak.id
    );
    world.sql.batch_execute(&many).await.unwrap();
    let mut path = format!("{LIST}?limit=3");
    let mut pages = Vec::new();
    loop {
        let text = page(&world, &browser, &path).await;
        let seen = (1..=7)
            .rev()
            .filter(|n| text.contains(&format!("Lead {n}.")));
        pages.push(seen.collect::<Vec<_>>());
        let Some(next) = text.split("&amp;cursor=").nth(1) else {
            break;
        };
        path = format!("{LIST}?limit=3&cursor={}", next.split('"').next().unwrap());
    }
    assert_eq!(pages, [vec![7, 6, 5], vec![4, 3, 2], vec![1]]);
    let talks = "insert into widget_sessions (property_id, visitor_id, lead_id, last_activity_at)
        select property_id, 'v', id, '2026-12-01' from leads where first_name = 'Lead 1.'";
    world.sql.batch_execute(talks).await.unwrap();
    let first = page(&world, &browser, &format!("{LIST}?limit=1")).await;
    assert!(first.contains("Lead 1."), "{first}");
}

#[tokio::test]
async fn leads_are_found_by_name_address_wish_and_tour() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    let browser = sign_in(&world, &oak.property.admin).await;
    let bob = format!(
        r#"insert into leads (property_id, first_name, email, preferences) values
            ('{0}', 'Bob', 'bob_ray@example.com', '{{"pets": ["cat"], "budget": {{"min": null, "max": null}}}}');
           update leads set preferences = '{{"pets": []}}' where first_name = 'Ann'"#,
        oak.property.id
    );
    world.sql.batch_execute(&bob).await.unwrap();
    for (query, ann, bob) in [
        ("", true, true),
        ("?q=ann", true, false),
        ("?q=ANN%40Example", true, false),
        ("?q=+b+", false, true),
        ("?q=ann+lee", true, false),
        ("?q=%25", false, false),
        ("?q=ann%00", true, false),
        ("?q=bob_ray", false, true),
        ("?q=b__%5C", false, false),
        ("?only=tours", true, false),
        ("?only=pets", false, true),
        ("?only=budget", false, false),
        ("?only=pets&q=ann", false, false),
    ] {
        let text = page(&world, &browser, &format!("{LIST}{query}")).await;
        assert_eq!(text.contains("ann@example.com"), ann, "{query}: {text}");
        assert_eq!(text.contains("bob_ray@example.com"), bob, "{query}: {text}");
        assert_eq!(
            text.contains("Nobody fits this search"),
            !ann && !bob,
            "{query}"
        );
    }
    for odd in ["?only=mood", "?cursor=x", "?limit=0"] {
        let answer = browser.get(&world, &format!("{LIST}{odd}")).await;
        assert!(answer.status == 404 || answer.status == 400, "{odd}");
    }
}

#[tokio::test]
async fn a_lead_is_shown_with_their_words_where_they_stand() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    let browser = sign_in(&world, &oak.property.admin).await;
    world.pass(minutes(12)).await;
    let lead = world.texts("select id::text from leads").await.remove(0);
    let text = page(&world, &browser, &format!("{LIST}/{lead}")).await;
    let thread = format!(
        r#"<a href="/dashboard/threads/{}">in this thread"#,
        oak.thread
    );
    for words in [
        "ann@example.com",
        "2BR",
        "Read in an e-mail",
        r#"<blockquote class="words" tabindex="0">"#,
        &thread,
        "Thursday, December 3, 2026, 10:30 AM – 11:00 AM",
        "Sam Agent",
        "Read again now",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    for (from, id) in [
        ("threads", &oak.thread),
        ("tours?from=2026-12-03", &String::new()),
    ] {
        let path = format!("/dashboard/{from}");
        let path = if id.is_empty() {
            path
        } else {
            format!("{path}/{id}")
        };
        let there = page(&world, &browser, &path).await;
        assert!(
            there.contains(&format!("/dashboard/leads/{lead}")),
            "{path}"
        );
    }
}

#[tokio::test]
async fn an_empty_list_and_an_empty_lead_say_so() {
    let chat = Chat::open().await;
    let browser = sign_in(&chat.world, &chat.oak.admin).await;
    let text = page(&chat.world, &browser, &format!("{LIST}/{}", chat.lead)).await;
    for words in [
        "Nothing is known yet",
        "Nothing was read in their words yet",
        "No e-mail yet",
        "No tour yet",
    ] {
        assert!(text.contains(words), "{words}");
    }
    chat.sql("delete from widget_sessions; delete from leads")
        .await;
    let text = page(&chat.world, &browser, LIST).await;
    assert!(text.contains("No leads yet"), "{text}");
}

async fn reads(chat: &Chat, browser: &Browser) -> String {
    let path = format!("{LIST}/{}", chat.lead);
    let read = [("action", "read")];
    let answer = browser.post(&chat.world, &path, &read).await;
    page(&chat.world, browser, answer.header("location")).await
}

#[tokio::test]
async fn a_conversation_is_read_again_by_a_click() {
    let chat = Chat::open().await;
    let viewer = chat.world.person(Some(chat.oak.org), "viewer").await;
    let browser = sign_in(&chat.world, &viewer).await;
    let said = async |words: &str| {
        let text = reads(&chat, &browser).await;
        assert!(text.contains(words), "{words}: {text}");
    };
    said("Nothing new to read.").await;
    chat.ann_says("Is there a pool?").await;
    said("is read in a moment").await;
    said("is read in a moment").await;
    chat.world.work().await;
    assert_eq!(chat.runs().await, ["done"]);
    said("Nothing new to read.").await;
    let path = format!("{LIST}/{}", chat.lead);
    let text = page(&chat.world, &browser, &path).await;
    assert!(
        text.contains("<blockquote") && text.contains("pool"),
        "{text}"
    );
    chat.sql("update enrichment_runs set state = 'failed'")
        .await;
    said("is read in a moment").await;
    chat.world.work().await;
    assert_eq!(chat.runs().await, ["done"]);
}

#[tokio::test]
async fn while_the_assistant_is_switched_off_the_click_says_so() {
    let chat = Chat::open().await;
    let browser = sign_in(&chat.world, &chat.oak.admin).await;
    let off = chat.world.another_app(&[("LLM_ENABLED", "false")]);
    let path = format!("{LIST}/{}", chat.lead);
    let says = async |words: &str| {
        let fields = [
            ("form_token", browser.form_token.as_str()),
            ("action", "read"),
        ];
        let form = browser.with(door::post(&path).form(&fields));
        let answer = form.send(&off).await;
        let text = page(&chat.world, &browser, answer.header("location")).await;
        assert!(text.contains(words), "{words}: {text}");
    };
    says("Nothing new to read.").await;
    chat.ann_says("Is there a pool?").await;
    says("The assistant is switched off").await;
    says("The assistant is switched off").await;
    assert!(reads(&chat, &browser).await.contains("is read in a moment"));
}

#[tokio::test]
async fn hostile_words_of_a_lead_are_shown_as_the_text_they_are() {
    let chat = Chat::open().await;
    let browser = sign_in(&chat.world, &chat.oak.admin).await;
    let script = "</blockquote><script>alert(1)</script>\"><img src=x onerror=alert(2)>";
    chat.sql(&format!(
        "update leads set first_name = '{script}', last_name = '{{{{ 7 * 7 }}}}', phone = '{script}', source = '{script}',
            status = '{script}', email = 'x{script}',
            preferences = jsonb_build_object('pets', jsonb_build_array('{script}'), 'urgency', '{script}',
                'parking', jsonb_build_object('needed', true, 'type', '{script}'), 'move_in', '{script}');
         insert into lead_interests (lead_id, interest_type, interest_value, extracted_from, evidence, said_at)
         values ('{}', 'pets', '{script}', 'chat', '{script}', now())",
        chat.lead
    ))
    .await;
    for path in [
        LIST.to_owned(),
        format!("{LIST}?q={}", "%3Cscript%3E"),
        format!("{LIST}/{}", chat.lead),
    ] {
        let text = page(&chat.world, &browser, &path).await;
        assert!(text.contains("&#60;script&#62;alert(1)"), "{path}: {text}");
        for word in ["<script", "<img", "</blockquote><", "onerror=alert(2)>"] {
            assert!(!text.contains(word), "{path}: {word}");
        }
        assert!(text.contains("{{ 7 * 7 }}"));
    }
}
