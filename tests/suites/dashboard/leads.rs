//! Leads: who they are to find, what they want in which words, and what a person says about it.

use serde_json::json;
use world::{World, door, minutes};

use super::{Browser, sign_in};
use crate::enrichment::chat::{Chat, value};
use crate::tenants::tenant;

const LIST: &str = "/dashboard/leads";

async fn page(world: &World, browser: &Browser, path: &str) -> String {
    let answer = browser.get(world, path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    answer.text
}

/// Everything that the form of an empty lead sends, but for what is named.
async fn prefers(chat: &Chat, browser: &Browser, fields: &[(&str, &str)]) -> String {
    let path = format!("{LIST}/{}", chat.lead);
    let mut all = vec![("action", "prefer")];
    all.extend_from_slice(fields);
    let answer = browser.post(&chat.world, &path, &all).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    let to = answer.header("location");
    to.strip_prefix(&format!("{path}?")).unwrap().to_owned()
}

/// The page of the chat's lead without its form: what is shown, and not what can be typed.
async fn shown(chat: &Chat, browser: &Browser) -> String {
    let path = format!("{LIST}/{}", chat.lead);
    let page = page(&chat.world, browser, &path).await;
    page.split(r#"id="set-right""#).next().unwrap().to_owned()
}

fn budget(max: u32) -> serde_json::Value {
    let evidence = format!("${max}");
    json!({ "budget": { "min": null, "max": max, "evidence": evidence, "confidence": 0.9 } })
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

#[tokio::test]
async fn what_a_person_set_stays_whatever_is_read_later() {
    let chat = Chat::open().await;
    let viewer = chat.world.person(Some(chat.oak.org), "viewer").await;
    let browser = sign_in(&chat.world, &viewer).await;
    chat.hears("At most $1500", budget(1500)).await;
    let text = shown(&chat, &browser).await;
    assert!(
        text.contains("up to $1,500") && text.contains("Read in a chat, 90 % sure"),
        "{text}"
    );
    assert!(!text.contains("Set by a person"));

    let mine = [
        ("was_budget_max", "1500"),
        ("budget_min", "1000"),
        ("budget_max", "1400"),
        ("move_in", "2027-02-01"),
        ("urgency", "soon"),
        ("parking", "yes"),
        ("parking_type", "Garage"),
        ("pets", "Two cats\r\n\r\n A dog "),
        ("floorplans", "2BR"),
    ];
    assert_eq!(
        prefers(&chat, &browser, &mine).await,
        "success=preferences_saved"
    );
    chat.hears("make that $1900", budget(1900)).await;
    let preferences = chat.preferences().await;
    assert_eq!(
        preferences,
        json!({
            "budget": { "min": 1000, "max": 1400 }, "move_in": "2027-02-01", "urgency": "soon",
            "parking": { "needed": true, "type": "garage" }, "pets": ["two cats", "a dog"],
            "floorplans": ["2BR"], "amenities": [], "special_requirements": [],
        })
    );
    let text = shown(&chat, &browser).await;
    assert_eq!(text.matches("Set by a person").count(), 7, "{text}");
    assert!(text.contains("$1,000 to $1,400"));
    assert!(text.contains("up to $1,900"), "said all the same");

    let rows = "select concat_ws(' ', actor_kind, actor_id, before, after) from audit_log
                where action = 'lead.preferences_set'";
    let fields = r#"["budget", "floorplans", "move_in", "parking", "pets", "urgency"]"#;
    let row = format!(r#"user {} {{"fields": {fields}}}"#, viewer.id);
    assert_eq!(chat.world.texts(rows).await, [row]);
}

#[tokio::test]
async fn a_field_that_nobody_changed_stays_as_it_was_found() {
    let chat = Chat::open().await;
    let browser = sign_in(&chat.world, &chat.oak.admin).await;
    chat.hears("At most $1500", budget(1500)).await;
    let before = chat.world.kept().await;
    let as_it_was = [("was_budget_max", "1500"), ("budget_max", "1500")];
    assert_eq!(
        prefers(&chat, &browser, &as_it_was).await,
        "success=preferences_saved"
    );
    assert_eq!(
        chat.world.kept().await,
        before,
        "nothing changed, and nothing is written down"
    );
    // Somebody saves an old page after another value was found: only what they typed is theirs.
    chat.hears("make that $1900", budget(1900)).await;
    let late = [
        ("was_budget_max", "1500"),
        ("budget_max", "1500"),
        ("urgency", "soon"),
    ];
    prefers(&chat, &browser, &late).await;
    assert_eq!(chat.preferences().await["budget"]["max"], json!(1900));
    assert_eq!(chat.preferences().await["urgency"], json!("soon"));
    chat.hears("make that $2100", budget(2100)).await;
    assert_eq!(chat.preferences().await["budget"]["max"], json!(2100));
}

#[tokio::test]
async fn the_same_value_said_by_a_person_is_theirs_from_then_on() {
    let chat = Chat::open().await;
    let browser = sign_in(&chat.world, &chat.oak.admin).await;
    chat.hears("At most $1500", budget(1500)).await;
    prefers(
        &chat,
        &browser,
        &[("was_budget_max", ""), ("budget_max", "1500")],
    )
    .await;
    assert!(shown(&chat, &browser).await.contains("Set by a person"));
    chat.hears("make that $1900", budget(1900)).await;
    assert_eq!(chat.preferences().await["budget"]["max"], json!(1500));
}

#[tokio::test]
async fn what_a_person_takes_back_counts_as_the_prospect_said() {
    let chat = Chat::open().await;
    let browser = sign_in(&chat.world, &chat.oak.admin).await;
    prefers(&chat, &browser, &[("budget_max", "1200")]).await;
    chat.hears("At most $1500", budget(1500)).await;
    assert_eq!(chat.preferences().await["budget"]["max"], json!(1200));
    prefers(
        &chat,
        &browser,
        &[("was_budget_max", "1200"), ("budget_max", "")],
    )
    .await;
    assert_eq!(chat.preferences().await["budget"]["max"], json!(1500));
    // What a machine found and a person takes out stays out, until something else is said.
    prefers(
        &chat,
        &browser,
        &[("was_budget_max", "1500"), ("budget_max", "")],
    )
    .await;
    chat.hears("still $1500", budget(1500)).await;
    assert_eq!(chat.preferences().await["budget"]["max"], json!(null));
    chat.hears("make that $1900", budget(1900)).await;
    assert_eq!(chat.preferences().await["budget"]["max"], json!(1900));
}

#[tokio::test]
async fn items_of_a_list_are_added_and_taken_out_for_good() {
    let chat = Chat::open().await;
    let browser = sign_in(&chat.world, &chat.oak.admin).await;
    let amenities = |names: &[&str]| {
        let found: Vec<_> = names.iter().map(|name| value(name, name)).collect();
        json!({ "amenities": found })
    };
    chat.hears("a pool and a gym", amenities(&["pool", "gym"]))
        .await;
    let entered = format!(
        "insert into lead_interests (lead_id, interest_type, interest_value, extracted_from)
         values ('{}', 'amenity', 'sauna', 'manual')",
        chat.lead
    );
    chat.sql(&entered).await;
    chat.hears("and a bar", amenities(&["bar"])).await;
    assert_eq!(
        chat.preferences().await["amenities"],
        json!(["bar", "gym", "pool", "sauna"])
    );
    let mine = [
        ("was_amenities", "bar\ngym\npool\nsauna"),
        ("amenities", "bar\ngym\nrooftop"),
    ];
    prefers(&chat, &browser, &mine).await;
    chat.hears(
        "a pool, a sauna, a rooftop",
        amenities(&["pool", "sauna", "rooftop"]),
    )
    .await;
    assert_eq!(
        chat.preferences().await["amenities"],
        json!(["rooftop", "bar", "gym"])
    );
}

#[tokio::test]
async fn an_older_row_of_a_persons_gives_way_to_their_newer_word() {
    let chat = Chat::open().await;
    let browser = sign_in(&chat.world, &chat.oak.admin).await;
    let entered = format!(
        "insert into lead_interests (lead_id, interest_type, interest_value, extracted_from)
         values ('{}', 'budget', 'up to 1200', 'manual')",
        chat.lead
    );
    chat.sql(&entered).await;
    prefers(&chat, &browser, &[("budget_max", "1400")]).await;
    chat.hears("At most $1500", budget(1500)).await;
    assert_eq!(chat.preferences().await["budget"]["max"], json!(1400));
}

#[tokio::test]
async fn who_somebody_is_is_neither_noted_nor_shown() {
    let chat = Chat::open().await;
    let browser = sign_in(&chat.world, &chat.oak.admin).await;
    let before = chat.world.kept().await;
    const TRAIT: &str = "This tells who somebody is, not what they want";
    for (name, text, sentence) in [
        ("special_requirements", "wheelchair ramp", TRAIT),
        ("amenities", "pool\nnear a good school", TRAIT),
        ("floorplans", "2BR for my kids", TRAIT),
        ("pets", "service dog", "An assistance animal is no pet"),
        ("pets", "<script>", "a few plain words each"),
        ("budget_max", "cheap", "A budget is $300 to $30,000"),
        ("budget_max", "50", "A budget is $300 to $30,000"),
        ("move_in", "2020-01-01", "a date from today on"),
        ("urgency", "now", "one of those in the list"),
    ] {
        let path = format!("{LIST}/{}", chat.lead);
        let fields = [("action", "prefer"), (name, text)];
        let answer = browser.post(&chat.world, &path, &fields).await;
        assert_eq!(answer.status, 422, "{text}");
        assert!(answer.text.contains(sentence), "{text}: {}", answer.text);
    }
    assert_eq!(chat.world.kept().await, before, "nothing changed");

    // Wherever else it was written.
    chat.sql(r#"update leads set preferences = '{"special_requirements": ["wheelchair ramp", "quiet"]}'"#)
        .await;
    let row = format!(
        "insert into lead_interests (lead_id, interest_type, interest_value, extracted_from, evidence, said_at)
         values ('{}', 'amenity', 'playground', 'chat', 'for our two kids', now())",
        chat.lead
    );
    chat.sql(&row).await;
    for path in [LIST.to_owned(), format!("{LIST}/{}", chat.lead)] {
        let text = page(&chat.world, &browser, &path).await;
        assert!(text.contains("quiet"), "{text}");
        assert!(
            !text.contains("wheelchair") && !text.contains("two kids"),
            "{text}"
        );
    }
    // A form that does not show it does not take it out either.
    prefers(
        &chat,
        &browser,
        &[
            ("was_special_requirements", "quiet"),
            ("special_requirements", "quiet\nlight"),
        ],
    )
    .await;
    let kept = chat.preferences().await["special_requirements"].clone();
    assert_eq!(kept, json!(["wheelchair ramp", "quiet", "light"]));
}

#[tokio::test]
async fn a_kind_of_parking_is_a_wish_for_parking() {
    let chat = Chat::open().await;
    let browser = sign_in(&chat.world, &chat.oak.admin).await;
    let parking = async || chat.preferences().await["parking"].clone();
    let garage = [("parking", ""), ("parking_type", "Garage")];
    prefers(&chat, &browser, &garage).await;
    assert_eq!(parking().await, json!({ "needed": true, "type": "garage" }));
    // Only the need is taken away: the kind that still stands there is nothing new.
    let unknown = [
        ("was_parking", "yes"),
        ("was_parking_type", "garage"),
        ("parking", ""),
        ("parking_type", "garage"),
    ];
    prefers(&chat, &browser, &unknown).await;
    assert_eq!(parking().await, json!({ "needed": null, "type": null }));
    let no = [("parking", "no"), ("parking_type", "")];
    prefers(&chat, &browser, &no).await;
    assert_eq!(parking().await, json!({ "needed": false, "type": null }));
    let carport = [
        ("was_parking", "no"),
        ("parking", "no"),
        ("parking_type", "Carport"),
    ];
    prefers(&chat, &browser, &carport).await;
    assert_eq!(
        parking().await,
        json!({ "needed": true, "type": "carport" })
    );
    let none = [
        ("was_parking", "yes"),
        ("was_parking_type", "carport"),
        ("parking", "no"),
        ("parking_type", "carport"),
    ];
    prefers(&chat, &browser, &none).await;
    assert_eq!(parking().await, json!({ "needed": false, "type": null }));
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
