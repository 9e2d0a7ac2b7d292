//! The overview's metrics: a story's numbers, counted by hand.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::json;
use shared::app::metrics;
use shared::domain::metric::Metric;
use world::google::Mailbox;
use world::{Fault, Property, World, door, hours, minutes};

use super::sign_in;
use crate::tenants::tenant;

const ANN: &str = "ann@example.com";
const DAY: &str = "2026-12-03";
const ANSWER: &str = "We have two-bedroom homes.";

/// Oak Court with a mailbox, whose answers people approve, and its admin's calendar.
async fn oak(world: &World) -> (Property, Mailbox) {
    let oak = world.property("Oak Court").await;
    world.knows(&oak, ANSWER).await;
    let mailbox = world.connects(&oak, "leasing@oak.test").await;
    world.sets(&oak, json!({ "replyMode": "approve" })).await;
    world.agent_connects(&oak, &oak.admin, "sam@oak.test").await;
    (oak, mailbox)
}

/// Three people write and a fourth mail cannot be read. One answer is approved, one changed, one rejected.
/// Ann books two tours, of which Google takes the first; so only her mail is read for what she wants.
async fn story(world: &World) -> Property {
    let (oak, mailbox) = oak(world).await;
    for who in [
        "Ann Lee <ann@example.com>",
        "Bob <bob@example.com>",
        "Cy <cy@example.com>",
    ] {
        world.llm.will_say(ANSWER);
        mailbox.receives(who, "2BR in January?", "Any two-bedrooms? Is there a pool?");
    }
    let broken = mailbox.receives("Di <di@example.com>", "2BR?", "Any?");
    mailbox.garbles(&broken.id);
    world.deliver_pushes().await;
    world.pass(minutes(6)).await;
    let replies = world.replies(&oak).await;
    assert_eq!(replies.len(), 3);
    let reply = |place: usize| {
        format!(
            "/api/lumaleasing/gmail/replies/{}",
            replies[place]["id"].as_str().unwrap()
        )
    };
    let words = json!({ "bodyText": "We have two. Sam" });
    for decision in [
        door::post(&format!("{}/approve", reply(0))),
        door::patch(&reply(1)).json(&words),
        door::post(&format!("{}/approve", reply(1))),
        door::post(&format!("{}/reject", reply(2))),
    ] {
        let answer = decision.bearer(&oak.admin.token).send(&world.app).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    world.booked_for(&oak, DAY, "10:30", ANN).await;
    let forbidden = Fault::status(403, "requiredAccessLevel");
    world.google.faults().always("events.insert", forbidden);
    world.booked_for(&oak, DAY, "13:30", ANN).await;
    world.pass(minutes(20)).await;
    world.google.faults().clear();
    oak
}

/// The overview as the property's admin sees it.
async fn overview(world: &World, property: &Property) -> String {
    let browser = sign_in(world, &property.admin).await;
    let page = browser.get(world, "/dashboard").await;
    assert_eq!(page.status, 200);
    page.text
}

/// What the page says about a metric.
fn card(page: &str, metric: Metric) -> String {
    let start = format!(r#"aria-labelledby="{}">"#, metric.name());
    let (_, rest) = page
        .split_once(&start)
        .unwrap_or_else(|| panic!("{metric:?}: {page}"));
    rest.split("</article>").next().unwrap().to_owned()
}

fn says(page: &str, metric: Metric, words: &[&str]) {
    let card = card(page, metric);
    for words in words {
        assert!(card.contains(words), "{words}: {card}");
    }
}

#[tokio::test]
async fn every_number_is_the_storys() {
    let world = World::start().await;
    let oak = story(&world).await;
    let page = overview(&world, &oak).await;
    says(
        &page,
        Metric::MailboxesConnected,
        &[
            "1 of 1<",
            "On target",
            "Target: 1 or more",
            "A mailbox is connected at 1 of your organization’s 1 property.",
        ],
    );
    says(
        &page,
        Metric::InboundProcessed,
        &[
            "75%",
            "Off target",
            "Target: 95% or more",
            "We filed 3 of 4 e-mails; 1 could not be read and waits for a person.",
            "/dashboard/mailbox?",
        ],
    );
    says(
        &page,
        Metric::RepliesAccepted,
        &[
            "33.3%",
            "Off target",
            "Target: 90% or more",
            "1 of the assistant’s 3 texts went out as written; 1 was changed by a person; 1 was rejected.",
        ],
    );
    says(
        &page,
        Metric::EventsSynced,
        &[
            "50%",
            "Off target",
            "Target: 99% or more",
            "are right about 1 of 2 tours; 1 is not taken by Google.",
            "/dashboard/tours?",
        ],
    );
    says(
        &page,
        Metric::BookingToCalendar,
        &[
            "0 s",
            "On target",
            "Target: less than 5 s",
            "Of 1 tour, half were in the calendar within 0 s",
        ],
    );
    says(
        &page,
        Metric::EnrichmentCoverage,
        &[
            "33.3%",
            "Off target",
            "Target: 80% or more",
            "from 1 of 3 leads who wrote",
            "/dashboard/threads?",
        ],
    );
}

#[tokio::test]
async fn a_property_where_nothing_happened_has_no_data_and_no_false_hundred() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let page = overview(&world, &oak).await;
    for metric in Metric::ALL.into_iter().skip(1) {
        says(&page, metric, &["No data yet", "–"]);
        let card = card(&page, metric);
        assert!(
            !card.contains("100") && !card.contains("NaN") && !card.contains("<svg"),
            "{card}"
        );
    }
    let none = [
        "0 of 1<",
        "Off target",
        "A mailbox is connected at 0 of your organization’s 1 property.",
    ];
    says(&page, Metric::MailboxesConnected, &none);
}

#[tokio::test]
async fn what_another_tenant_does_changes_nothing_here_and_a_sisters_mailbox_counts() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let before = overview(&world, &oak).await;
    let elm = tenant(&world, "Elm House").await;
    let after = overview(&world, &oak).await;
    for metric in Metric::ALL {
        assert_eq!(card(&after, metric), card(&before, metric));
    }
    let theirs = overview(&world, &elm.property).await;
    says(
        &theirs,
        Metric::InboundProcessed,
        &["100%", "We filed 1 of 1 e-mail."],
    );
    says(&theirs, Metric::EventsSynced, &["100%", "On target"]);

    let sold = "update properties set org_id = (select org_id from properties where id = $1) where id = $2";
    world
        .sql
        .execute(sold, &[&oak.id, &elm.property.id])
        .await
        .unwrap();
    let browser = sign_in(&world, &oak.admin).await;
    let here = browser
        .get(&world, &format!("/dashboard?property={}", oak.id))
        .await;
    says(
        &here.text,
        Metric::MailboxesConnected,
        &["1 of 2<", "Target: 2 or more"],
    );
    says(&here.text, Metric::InboundProcessed, &["No data yet"]);
}

#[tokio::test]
async fn a_tour_that_google_took_late_is_seen_in_the_time_it_took() {
    let world = World::start().await;
    let (oak, _) = oak(&world).await;
    let faults = world.google.faults();
    for operation in ["events.insert", "events.get", "events.list"] {
        faults.always(operation, Fault::status(503, "backendError"));
    }
    world.booked_for(&oak, DAY, "10:30", ANN).await;
    let page = overview(&world, &oak).await;
    says(&page, Metric::EventsSynced, &["No data yet"]); // under way
    world.pass(minutes(20)).await;
    let page = overview(&world, &oak).await;
    says(
        &page,
        Metric::EventsSynced,
        &["0%", "are right about 0 of 1 tour; 1 waits for Google."],
    );
    says(&page, Metric::BookingToCalendar, &["No data yet"]);
    faults.clear();
    world.pass(hours(1)).await;
    let page = overview(&world, &oak).await;
    says(&page, Metric::EventsSynced, &["100%", "On target"]);
    says(
        &page,
        Metric::BookingToCalendar,
        &["Off target", "/dashboard/calendar?"],
    );
    let took = card(&page, Metric::BookingToCalendar);
    let seconds = took.split(r#"class="value">"#).nth(1).unwrap();
    let seconds: f64 = seconds.split(' ').next().unwrap().parse().unwrap();
    assert!((1_200.0..4_800.0).contains(&seconds), "{seconds}");
}

#[tokio::test]
async fn plots_are_well_formed_and_bring_nothing_along() {
    let world = World::start().await;
    let oak = story(&world).await;
    let page = overview(&world, &oak).await;
    let plots: Vec<&str> = page
        .split("<svg")
        .skip(1)
        .map(|rest| rest.split("</svg>").next().unwrap())
        .collect();
    assert_eq!(plots.len(), Metric::ALL.len());
    for plot in plots {
        let svg = format!("<svg{plot}</svg>");
        let document = roxmltree::Document::parse(&svg).unwrap();
        let root = document.root_element();
        let named: Vec<&str> = root
            .attribute("aria-labelledby")
            .unwrap()
            .split(' ')
            .collect();
        assert_eq!((root.attribute("role"), named.len()), (Some("img"), 2));
        for node in root.descendants().filter(roxmltree::Node::is_element) {
            let name = node.tag_name().name();
            assert!(
                ["svg", "title", "desc", "polyline", "circle"].contains(&name),
                "{name}"
            );
            for attribute in node.attributes() {
                let name = attribute.name();
                assert!(
                    name != "style" && !name.contains("href") && !name.starts_with("on"),
                    "{name}"
                );
                assert!(!attribute.value().contains("url("), "{svg}");
            }
            if ["title", "desc"].contains(&name) {
                assert!(named.contains(&node.attribute("id").unwrap()));
                assert!(!node.text().unwrap().is_empty());
            }
        }
    }
    for never in ["<script", " style=", "//"] {
        assert!(!page.contains(never), "{never}");
    }
}

#[tokio::test]
async fn a_metric_has_one_name_in_sql_in_cloudwatch_on_the_page_and_in_the_documents() {
    let world = World::start().await;
    let oak = story(&world).await;
    let names: BTreeSet<String> = Metric::ALL
        .iter()
        .map(|metric| metric.name().to_owned())
        .collect();

    let tenant = "set app.tenant = '*'";
    world.sql.batch_execute(tenant).await.unwrap();
    let mut counted = world
        .texts("select distinct metric from luma.observations")
        .await;
    counted.push("mailboxes_connected".into()); // a state, of which luma.mailboxes tells
    assert_eq!(BTreeSet::from_iter(counted), names);

    // What is told every hour, and what is told when it happens.
    let told = metrics::of_all(&world.app).await.unwrap();
    let mut told: BTreeSet<String> = told
        .into_iter()
        .map(|(metric, _)| metric.name().to_owned())
        .collect();
    assert!(
        told.insert(Metric::BookingToCalendar.name().into()),
        "told once"
    );
    assert_eq!(told, names);

    let page = overview(&world, &oak).await;
    for name in &names {
        assert!(page.contains(&format!(r#"<h3 id="{name}">"#)), "{name}");
        for document in ["README.md", "migrations/README.md"] {
            let path = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("..")
                .join(document);
            let text = std::fs::read_to_string(path).unwrap();
            assert!(text.contains(&format!("`{name}`")), "{document} {name}");
        }
    }
}

#[tokio::test]
async fn cloudwatch_is_told_of_all_properties_together_and_once_an_hour() {
    let world = World::start().await;
    assert_eq!(
        metrics::of_all(&world.app).await.unwrap(),
        [],
        "there is nothing to tell"
    );
    story(&world).await;
    tenant(&world, "Elm House").await;
    let told = metrics::of_all(&world.app).await.unwrap();
    let of = |metric| {
        told.iter()
            .find(|(told, _)| *told == metric)
            .map(|(_, value)| *value)
    };
    assert_eq!(of(Metric::MailboxesConnected), Some(2.0));
    assert_eq!(
        of(Metric::InboundProcessed),
        Some(80.0),
        "3 of 4, and 1 of 1"
    );
    let sql = "select count(*) from rate_counters where bucket = 'metrics'";
    let hours_told = world.count(sql).await;
    world.pass(hours(2)).await;
    assert_eq!(world.count(sql).await, hours_told + 2);
}
