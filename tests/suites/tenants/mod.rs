//! One tenant neither reads nor changes another's data, by any route, id or token.

mod routes;
mod rows;
mod tokens;

use serde_json::json;
use uuid::Uuid;
use world::door::{self, Knock};
use world::{Property, World};

/// A property that has one of everything: a mailbox, a thread, a held reply, its admin's calendar, a tour.
pub(crate) struct Tenant {
    pub(crate) property: Property,
    pub(crate) thread: String,
    pub(crate) reply: String,
    pub(crate) tour: String,
}

pub(crate) async fn tenant(world: &World, name: &str) -> Tenant {
    let property = world.property(name).await;
    let address = format!("leasing@{}.test", property.id.simple());
    let mailbox = world.connects(&property, &address).await;
    let agent = format!("agent@{}.test", property.id.simple());
    world
        .agent_connects(&property, &property.admin, &agent)
        .await;
    world
        .sets(&property, json!({ "replyMode": "approve" }))
        .await;
    world.knows(&property, "We have two-bedroom homes.").await;
    world.llm.will_say("We have two-bedroom homes.");
    mailbox.receives("Ann Lee <ann@example.com>", name, "Any two-bedrooms?");
    world.deliver_pushes().await;
    world.pass(world::minutes(6)).await;
    let of = format!("where property_id = '{}'", property.id);
    let one = async |table: &str| {
        let ids = world
            .texts(&format!("select id::text from {table} {of}"))
            .await;
        assert_eq!(ids.len(), 1, "{table} of {name}");
        ids[0].clone()
    };
    let reply = world.replies(&property).await.remove(0);
    assert_eq!(reply["state"], json!("held"), "{reply}");
    let booked = books(property.id, "10:30").bearer(&property.admin.token);
    let booked = booked.send(&world.app).await;
    assert_eq!(booked.status, 200, "{}", booked.text);
    Tenant {
        thread: one("email_threads").await,
        reply: one("email_replies").await,
        tour: one("tour_bookings").await,
        property,
    }
}

/// A user books for the prospect who wrote.
fn books(property: Uuid, time: &str) -> Knock {
    door::post("/api/lumaleasing/tours").json(&json!({
        "propertyId": property, "tourDate": "2026-12-03", "tourTime": time,
        "leadInfo": { "email": "ann@example.com" },
    }))
}

/// Every request that a user can make, about that property, thread, reply and tour.
pub(crate) fn requests(property: Uuid, thread: &str, reply: &str, tour: &str) -> Vec<Knock> {
    const GMAIL: &str = "/api/lumaleasing/gmail";
    const CALENDAR: &str = "/api/calendar";
    let of = |path: &str| format!("{GMAIL}/{path}?propertyId={property}");
    let calendar = |path: &str| format!("{CALENDAR}/{path}?propertyId={property}");
    let replies = format!("{GMAIL}/replies/{reply}");
    let tours = "/api/lumaleasing/tours";
    let tour = format!("{tours}/{tour}");
    vec![
        door::get(&of("connect")),
        door::get(&of("config")),
        door::patch(&of("config")).json(&json!({ "signature": "Changed" })),
        door::post(&format!("{GMAIL}/sync")).json(&json!({ "propertyId": property })),
        door::get(&of("threads")),
        door::get(&format!("{GMAIL}/threads/{thread}")),
        door::patch(&format!("{GMAIL}/threads/{thread}")).json(&json!({ "status": "archived" })),
        door::get(&of("replies")),
        door::patch(&replies).json(&json!({ "bodyText": "Changed" })),
        door::post(&format!("{replies}/approve")),
        door::post(&format!("{replies}/reject")),
        door::delete(&of("config")),
        door::get(&calendar("availability")),
        door::get(&format!("{tours}?propertyId={property}")),
        books(property, "12:00"),
        door::get(&tour),
        door::patch(&tour).json(&json!({ "tourDate": "2026-12-03", "tourTime": "13:30" })),
        door::delete(&tour),
        door::get(&calendar("connect")),
        door::get(&calendar("config")),
        door::patch(&calendar("config")).json(&json!({ "bufferMinutes": 0 })),
        door::post(&format!("{CALENDAR}/sync")).json(&json!({ "propertyId": property })),
        door::delete(&calendar("config")),
    ]
}

/// Every request about a lead.
fn requests_about(lead: &str) -> Vec<Knock> {
    let lead = format!("/api/lumaleasing/leads/{lead}");
    vec![
        door::get(&format!("{lead}/interests")),
        door::post(&format!("{lead}/enrich")),
        door::get(&format!("{lead}/export")),
        door::delete(&lead),
    ]
}

const ABOUT_LEADS: [&str; 4] = ["lead", "lead_enrich", "lead_export", "lead_interests"];

/// How many endpoints need a user: all but what strangers, browsers on their way back and pushes call. The
/// dashboard's pages have a suite of their own.
fn endpoints_for_users() -> usize {
    let others = [
        "health",
        "calendar_callback",
        "calendar_webhook",
        "dashboard",
        "gmail_callback",
        "gmail_webhook",
        "tour_page",
        "tours_availability",
    ];
    endpoints(|name| !others.contains(&name) && !ABOUT_LEADS.contains(&name))
}

fn endpoints(of: impl Fn(&str) -> bool) -> usize {
    let routes = functions::ROUTES.iter().filter(|route| of(route.name));
    let endpoints = routes.flat_map(|route| route.endpoints);
    endpoints
        .filter(|endpoint| endpoint.method != "OPTIONS")
        .count()
}
