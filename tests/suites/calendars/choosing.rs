//! Which of the account's calendars receives the tours.

use serde_json::json;
use world::agents::calendar_config;

use world::google::{Calendar, Consent, Role};
use world::{Fault, Person, Property, World, door};

use super::{SAM, audited, calendar_id, known_channels, link, nudged, oak, tour};

const LIST: &str = "https://www.googleapis.com/auth/calendar.calendarlist.readonly";

async fn choices(world: &World, property: &Property, agent: &Person) -> door::Answer {
    let path = format!("{}&choices=true", calendar_config(property));
    door::get(&path).bearer(&agent.token).send(&world.app).await
}

async fn chooses(
    world: &World,
    property: &Property,
    agent: &Person,
    calendar: &str,
) -> door::Answer {
    let settings = json!({ "calendarId": calendar });
    world.agent_asks(property, agent, settings).await
}

/// A calendar of somebody else's, which Sam may read only.
fn read_only(world: &World) -> Calendar {
    let other = world.google.calendar("kim@oak.test");
    other.is_shared_with(SAM, Role::Reader);
    other
}

#[tokio::test]
async fn the_agent_chooses_among_the_calendars_that_they_may_write_to() {
    let world = World::start().await;
    let (oak, agent, own) = oak(&world).await;
    let tours = own.another("Tours");
    tours.lives_in("Europe/London");
    read_only(&world);
    let shown = choices(&world, &oak, &agent).await;
    let names = shown.json["choices"].as_array().unwrap();
    assert_eq!(names.len(), 2, "{}", shown.text);
    let found = names.iter().find(|one| one["id"] == tours.id()).unwrap();
    assert_eq!(found["name"], "Tours");
    assert_eq!(found["timezone"], "Europe/London");
    assert_eq!(found["primary"], false);
    assert!(names.iter().any(|one| one["primary"] == true));

    world.agent_disconnects(&oak, &agent).await;
    assert_eq!(
        choices(&world, &oak, &agent).await.json["choices"],
        json!([])
    );
}

#[tokio::test]
async fn a_chosen_calendar_is_watched_and_read_anew_and_events_follow() {
    let world = World::start().await;
    let (oak, agent, own) = oak(&world).await;
    let tours = own.another("Tours");
    let to_come = tour(&world, &oak, &agent, 48, "synced").await;
    let failed = tour(&world, &oak, &agent, 72, "failed").await;
    let odd = tour(&world, &oak, &agent, 96, "conflict").await;
    let over = tour(&world, &oak, &agent, -48, "synced").await;
    let token = "update agent_calendars set sync_token = 's1'";
    world.sql.batch_execute(token).await.unwrap();
    nudged(&world, "calendar");

    let answer = chooses(&world, &oak, &agent, tours.id()).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json["calendarId"], tours.id());
    assert_eq!(own.channels(), []);
    assert_eq!(tours.channels().len(), 1);
    assert_eq!(
        known_channels(&world).await,
        [tours.channels()[0].id.clone()]
    );
    let token = world.texts("select sync_token from agent_calendars").await;
    assert_eq!(token, ["null"]);
    assert_eq!(link(&world, to_come).await, "pending");
    assert_eq!(link(&world, failed).await, "pending");
    assert_eq!(
        link(&world, odd).await,
        "conflict",
        "a person looks at it first"
    );
    assert_eq!(link(&world, over).await, "synced");
    let messages = world.aws.messages(&world.queue_url("sync"));
    let bodies: String = messages.into_iter().map(|message| message.body).collect();
    let calendar = calendar_id(&world, &oak, &agent).await;
    for id in [calendar, to_come.to_string(), failed.to_string()] {
        assert!(bodies.contains(&id), "{id} is nudged: {bodies}");
    }
    assert_eq!(
        audited(&world).await,
        ["calendar.connected", "calendar.settings_changed"]
    );

    // The same choice once more is none.
    let calls = world.google.calls().all().len();
    chooses(&world, &oak, &agent, tours.id()).await;
    assert_eq!(world.google.calls().all().len(), calls);
    assert_eq!(audited(&world).await.len(), 2);
}

#[tokio::test]
async fn the_accounts_own_calendar_is_one_by_either_name() {
    let world = World::start().await;
    let (oak, agent, own) = oak(&world).await;
    let booked = tour(&world, &oak, &agent, 48, "synced").await;
    for name in [SAM, "primary"] {
        let answer = chooses(&world, &oak, &agent, name).await;
        assert_eq!(answer.json["calendarId"], name, "{}", answer.text);
        assert_eq!(link(&world, booked).await, "synced", "nothing moves");
        let place = world.texts("select calendar_id from calendar_events").await;
        assert_eq!(place, [name]);
        assert_eq!(own.channels().len(), 1);
    }
}

#[tokio::test]
async fn a_calendar_that_tours_cannot_be_written_to_is_refused() {
    let world = World::start().await;
    let (oak, agent, own) = oak(&world).await;
    let foreign = world.google.calendar("stranger@elm.test");
    let read_only = read_only(&world);
    let before = world.kept().await;
    for id in [foreign.id(), read_only.id(), "no such calendar", "../x", ""] {
        let refused = chooses(&world, &oak, &agent, id).await;
        let told = (refused.status, refused.code());
        assert_eq!(told, (400, "invalid_calendar_id"), "{id}");
    }
    assert_eq!(world.kept().await, before);
    assert_eq!(own.channels().len(), 1);

    read_only.is_shared_with(SAM, Role::Writer);
    assert_eq!(
        chooses(&world, &oak, &agent, read_only.id()).await.status,
        200
    );
}

#[tokio::test]
async fn without_the_list_a_calendar_is_named_and_tried() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let agent = world.agent(&oak).await;
    let consent = Consent::allow(SAM).without(LIST);
    world.agent_consents(&oak, &agent, consent).await;
    let tours = world.google.calendar(SAM).another("Tours");
    let foreign = world.google.calendar("stranger@elm.test");
    for id in [foreign.id(), "no such calendar", "a/b"] {
        let refused = chooses(&world, &oak, &agent, id).await;
        let told = (refused.status, refused.code());
        assert_eq!(told, (400, "invalid_calendar_id"), "{id}");
    }
    assert_eq!(chooses(&world, &oak, &agent, tours.id()).await.status, 200);
    assert_eq!(tours.channels().len(), 1);
    assert_eq!(
        world.agent_config(&oak, &agent).await["status"],
        "connected"
    );
}

#[tokio::test]
async fn what_google_does_not_confirm_is_not_chosen() {
    let world = World::start().await;
    let (oak, agent, own) = oak(&world).await;
    let tours = own.another("Tours");
    let before = world.kept().await;
    world
        .google
        .faults()
        .once("calendarList.list", Fault::status(503, "backendError"));
    let busy = chooses(&world, &oak, &agent, tours.id()).await;
    assert_eq!((busy.status, busy.code()), (503, "busy"));
    assert_eq!(world.kept().await, before);

    world.agent_disconnects(&oak, &agent).await;
    let refused = chooses(&world, &oak, &agent, tours.id()).await;
    assert_eq!(
        (refused.status, refused.code()),
        (409, "reconnect_required")
    );
    let other = world
        .agent_asks(&oak, &agent, json!({ "bufferMinutes": 0 }))
        .await;
    assert_eq!(
        other.status, 200,
        "what takes no Google may still be changed"
    );
}
