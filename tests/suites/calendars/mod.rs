//! Agents' calendars: connected, set up, chosen, watched, and given up again.

mod channels;
mod choosing;
mod connecting;
mod giving_up;
mod renewal;
mod settings;

use serde_json::Value;
use uuid::Uuid;
use world::google::Calendar;
use world::{Person, Property, World, hours};

const SAM: &str = "sam@oak.test";

/// A property with an agent who has connected a calendar.
async fn oak(world: &World) -> (Property, Person, Calendar) {
    let oak = world.property("Oak Court").await;
    let agent = world.agent(&oak).await;
    let calendar = world.agent_connects(&oak, &agent, SAM).await;
    (oak, agent, calendar)
}

/// How many calendars hold a grant.
async fn grants(world: &World) -> i64 {
    let sql = "select count(*) from agent_calendars where access_token is not null or refresh_token is not null";
    world.count(sql).await
}

/// What was done to calendars, oldest first.
async fn audited(world: &World) -> Vec<String> {
    let sql = "select action from audit_log where entity = 'agent_calendars' order by id";
    world.texts(sql).await
}

/// The ids that nudges of this kind name, once each. The queue forgets them.
fn nudged(world: &World, job: &str) -> Vec<String> {
    let messages = world.aws.lose(&world.queue_url("sync"));
    let bodies = messages
        .iter()
        .map(|message| serde_json::from_str::<Value>(&message.body).unwrap());
    let mut ids: Vec<String> = bodies
        .filter(|body| body["job"] == job)
        .map(|body| body["id"].as_str().unwrap().to_owned())
        .collect();
    ids.sort();
    ids.dedup();
    ids
}

/// The id of an agent's calendar at a property.
async fn calendar_id(world: &World, property: &Property, agent: &Person) -> String {
    let sql = format!(
        "select id::text from agent_calendars where property_id = '{}' and profile_id = '{}'",
        property.id, agent.id
    );
    world.texts(&sql).await.remove(0)
}

/// A tour of that agent's, so many hours from now, whose event stands in the calendar as `status` says.
async fn tour(
    world: &World,
    property: &Property,
    agent: &Person,
    in_hours: i64,
    status: &str,
) -> Uuid {
    let calendar = calendar_id(world, property, agent).await;
    let start = world.now() + hours(in_hours);
    let booking = Uuid::new_v4();
    let event = format!("ll{}v0", booking.simple());
    world
        .sql
        .batch_execute(&format!(
            "with lead as (
                insert into leads (property_id, email) values ('{property}', '{booking}@example.com') returning id)
             insert into tour_bookings (id, property_id, lead_id, scheduled_date, scheduled_time, status,
                agent_profile_id, starts_at, ends_at, kept_until, timezone)
             select '{booking}', '{property}', id, ('{start}'::timestamptz at time zone 'UTC')::date,
                ('{start}'::timestamptz at time zone 'UTC')::time, 'confirmed', '{agent}',
                '{start}', '{start}'::timestamptz + interval '30 min', '{start}'::timestamptz + interval '45 min', 'UTC'
             from lead;
             insert into calendar_events (property_id, agent_calendar_id, tour_booking_id, google_event_id,
                sync_status, calendar_id, mirrored_version)
             values ('{property}', '{calendar}', '{booking}', '{event}', '{status}', 'primary', 0)",
            property = property.id,
            agent = agent.id,
            start = start.to_rfc3339(),
        ))
        .await
        .unwrap();
    booking
}

/// How far an event and its booking agree, and why not.
async fn link(world: &World, booking: Uuid) -> String {
    let sql = format!(
        "select concat_ws(' ', sync_status, reason) from calendar_events where tour_booking_id = '{booking}'"
    );
    world.texts(&sql).await.remove(0)
}

/// The rows of channels that we know.
async fn known_channels(world: &World) -> Vec<String> {
    let sql = "select id::text from calendar_channels order by created_at, id";
    world.texts(sql).await
}

fn refused(code: &str) -> String {
    format!("/dashboard/lumaleasing?error={code}")
}
