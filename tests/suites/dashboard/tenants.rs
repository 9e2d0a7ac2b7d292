//! Foreign ids on every page and form.

use std::collections::BTreeSet;

use uuid::Uuid;
use world::World;

use super::sign_in;
use crate::sources::text;
use crate::tenants::{Tenant, tenant};

/// Pages for everybody, which show nothing of anybody's: as `routes.rs` writes them.
const FOR_EVERYBODY: [&str; 5] = [
    r#"["sign-in"]"#,
    r#"["session", "google"]"#,
    "[file]",
    r#"["session"]"#,
    // Asks for nothing but the session.
    r#"["sign-out"]"#,
];

/// Where forms were sent to: they lead to a page of one's own, whatever they name.
const LEADING_ON: [&str; 2] = [r#"["replies", _]"#, r#"["wordings"]"#];

/// What requests name.
struct Ids {
    property: String,
    thread: String,
    reply: String,
    agent: String,
    lead: String,
}

impl Ids {
    async fn of(world: &World, tenant: &Tenant) -> Self {
        let leads = format!(
            "select id::text from leads where property_id = '{}'",
            tenant.property.id
        );
        Self {
            property: tenant.property.id.to_string(),
            thread: tenant.thread.clone(),
            reply: tenant.reply.clone(),
            agent: tenant.property.admin.id.to_string(),
            lead: world.texts(&leads).await.remove(0),
        }
    }

    fn all(id: &str) -> Self {
        let id = || id.to_owned();
        Self {
            property: id(),
            thread: id(),
            reply: id(),
            agent: id(),
            lead: id(),
        }
    }
}

/// A page as `routes.rs` writes it, and its addresses with somebody's ids.
fn pages(ids: &Ids) -> Vec<(&'static str, Vec<String>)> {
    let of = |page: &str| vec![format!("/dashboard{page}?property={}", ids.property)];
    vec![
        (r#"[""]"#, of("")),
        (r#"["lumaleasing"]"#, of("/lumaleasing")),
        (r#"["threads"]"#, of("/threads")),
        (
            r#"["threads", id]"#,
            vec![format!("/dashboard/threads/{}", ids.thread)],
        ),
        (r#"["approvals"]"#, of("/approvals")),
        (r#"["mailbox"]"#, of("/mailbox")),
        (
            r#"["calendar"]"#,
            vec![
                of("/calendar").remove(0),
                format!("/dashboard/calendar?agent={}", ids.agent),
            ],
        ),
        (r#"["tours"]"#, of("/tours")),
        (r#"["leads"]"#, of("/leads")),
        (
            r#"["leads", id]"#,
            vec![format!("/dashboard/leads/{}", ids.lead)],
        ),
        (
            r#"["leads", id, "export"]"#,
            vec![format!("/dashboard/leads/{}/export", ids.lead)],
        ),
        (
            r#"["leads", id, "erase"]"#,
            vec![format!("/dashboard/leads/{}/erase", ids.lead)],
        ),
        (r#"["activity"]"#, of("/activity")),
    ]
}

/// A form as `routes.rs` writes it, its address, what it can be asked, and whether it names a property.
fn forms(ids: &Ids) -> Vec<(&'static str, String, &'static [&'static str], bool)> {
    vec![
        (
            r#"["threads", id]"#,
            format!("/dashboard/threads/{}", ids.thread),
            &[
                "take_over",
                "assign",
                "release",
                "close",
                "archive",
                "reopen",
            ],
            false,
        ),
        (
            r#"["replies", id]"#,
            format!("/dashboard/replies/{}", ids.reply),
            &["save", "approve", "reject"],
            false,
        ),
        (
            r#"["leads", id]"#,
            format!("/dashboard/leads/{}", ids.lead),
            &["read", "prefer", "other"],
            false,
        ),
        (
            r#"["leads", id, "erase"]"#,
            format!("/dashboard/leads/{}/erase", ids.lead),
            &["erase"],
            false,
        ),
        (
            r#"["mailbox"]"#,
            "/dashboard/mailbox".to_owned(),
            &["connect", "disconnect", "read", "save"],
            true,
        ),
        (
            r#"["wordings"]"#,
            "/dashboard/wordings".to_owned(),
            &["save", "reset", "guard"],
            true,
        ),
        (
            r#"["calendar"]"#,
            "/dashboard/calendar".to_owned(),
            &[
                "connect",
                "disconnect",
                "read",
                "pause",
                "resume",
                "choose",
                "save",
            ],
            true,
        ),
    ]
}

/// The patterns of a function in `routes.rs`.
fn patterns(function: &str) -> BTreeSet<String> {
    let routes = text("functions/dashboard/routes.rs");
    let body = routes.split(&format!("pub async fn {function}(")).nth(1);
    let body = body.unwrap().split("\n}").next().unwrap();
    let arms = body
        .lines()
        .filter_map(|line| line.trim().split_once(" =>"));
    let arms = arms.flat_map(|(pattern, _)| pattern.split(" | "));
    arms.filter(|pattern| pattern.starts_with('['))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_page_and_every_form_is_tried_with_the_ids_of_others() {
    let ids = Ids::all("");
    let everybody = FOR_EVERYBODY.iter().map(|pattern| (*pattern).to_owned());
    let everybody: BTreeSet<String> = everybody.collect();
    let tried = |patterns: Vec<&str>| -> BTreeSet<String> {
        patterns.into_iter().map(str::to_owned).collect()
    };
    let shown = tried(pages(&ids).iter().map(|page| page.0).collect());
    let sent = tried(forms(&ids).iter().map(|form| form.0).collect());
    let (show, act) = (patterns("show"), patterns("act"));
    assert!(show.len() > 10 && act.len() > 5, "{show:?} {act:?}");
    let leading_on = tried(LEADING_ON.to_vec());
    assert_eq!(&(&show - &everybody) - &leading_on, shown);
    assert_eq!(
        act.difference(&everybody).cloned().collect::<BTreeSet<_>>(),
        sent
    );
}

#[tokio::test]
async fn what_belongs_to_another_looks_like_what_does_not_exist() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    let elm = tenant(&world, "Elm House").await;
    let browser = sign_in(&world, &oak.property.admin).await;
    let before = world.kept().await;
    let calls = world.google.calls().all().len();
    let nothing = Uuid::new_v4().to_string();
    for ids in [
        Ids::of(&world, &elm).await,
        Ids::all(&nothing),
        Ids::all("x"),
    ] {
        for path in pages(&ids).into_iter().flat_map(|(_, paths)| paths) {
            let answer = browser.get(&world, &path).await;
            assert_eq!(answer.status, 404, "{path}");
            assert!(!answer.text.contains("Elm House"), "{path}");
        }
        for (_, path, actions, names_property) in forms(&ids) {
            for action in actions {
                let mut fields = vec![("action", *action), ("body_text", "Changed")];
                fields.extend([("urgency", "soon"), ("budget_max", "cheap")]);
                fields.extend([("topic", "general"), ("text", "Changed"), ("word", "erase")]);
                if names_property {
                    fields.push(("property", &ids.property));
                }
                let answer = browser.post(&world, &path, &fields).await;
                assert_eq!(answer.status, 404, "{path} {action}");
            }
        }
    }
    assert_eq!(world.kept().await, before, "nothing changed");
    assert_eq!(world.google.calls().all().len(), calls, "nobody was asked");
}

#[tokio::test]
async fn at_home_every_page_opens() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    let browser = sign_in(&world, &oak.property.admin).await;
    let ids = Ids::of(&world, &oak).await;
    for path in pages(&ids).into_iter().flat_map(|(_, paths)| paths) {
        let answer = browser.get(&world, &path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    }
    for (_, path, actions, _) in forms(&ids) {
        let action = [("action", actions[0])];
        let answer = browser.post(&world, &path, &action).await;
        let opens = matches!(answer.status, 303 | 422); // done, or there to be filled in
        assert!(opens, "{path}: {} {}", answer.status, answer.text);
    }
}

#[tokio::test]
async fn a_thread_is_not_given_to_somebody_elsewhere() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    let elm = world.property("Elm House").await;
    let browser = sign_in(&world, &oak.property.admin).await;
    let path = format!("/dashboard/threads/{}", oak.thread);
    let stranger = elm.admin.id.to_string();
    let answer = browser
        .post(&world, &path, &[("action", "assign"), ("agent", &stranger)])
        .await;
    assert_eq!(answer.status, 422);
    let sentence = "Nobody of that name works here.";
    assert!(answer.text.contains(sentence), "{}", answer.text);
    assert_eq!(
        world
            .texts("select assigned_agent_id::text from email_threads")
            .await,
        ["null"]
    );
}

#[tokio::test]
async fn a_calendar_of_another_customers_agent_is_not_set_at_a_property_of_ones_own() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    let elm = tenant(&world, "Elm House").await;
    let browser = sign_in(&world, &oak.property.admin).await;
    let property = oak.property.id.to_string();
    let sends = async |agent: Uuid, action: &str| {
        let agent = agent.to_string();
        let fields = [
            ("action", action),
            ("property", property.as_str()),
            ("agent", &agent),
            ("tour_duration_minutes", "45"),
        ];
        let path = "/dashboard/calendar";
        browser.post(&world, path, &fields).await
    };
    let before = world.kept().await;
    for action in ["save", "choose", "pause", "resume", "disconnect"] {
        for agent in [elm.property.admin.id, Uuid::new_v4()] {
            let answer = sends(agent, action).await;
            assert_eq!(answer.status, 404, "{action}: {}", answer.text);
            assert!(!answer.text.contains("agent@"), "{action}");
        }
    }
    assert_eq!(world.kept().await, before, "nothing changed");
    let own = sends(oak.property.admin.id, "pause").await;
    assert_eq!(own.status, 303, "{}", own.text);
    let paused = "select property_id::text from agent_calendars where not sync_enabled";
    assert_eq!(world.texts(paused).await, [property]);
}
