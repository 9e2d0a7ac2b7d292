//! Foreign ids at every route, and what a role may do.

use serde_json::json;
use uuid::Uuid;
use world::World;
use world::door;
use world::people::Person;

use super::{
    ABOUT_LEADS, Tenant, endpoints, endpoints_for_users, requests, requests_about, tenant,
};

async fn statuses(world: &World, who: &Person, of: &Tenant) -> Vec<u16> {
    let mut statuses = Vec::new();
    for knock in requests(of.property.id, &of.thread, &of.reply, &of.tour) {
        statuses.push(knock.bearer(&who.token).send(&world.app).await.status);
    }
    statuses
}

#[test]
fn every_endpoint_for_users_is_among_the_requests() {
    let nil = Uuid::nil();
    let requests = requests(nil, "", "", "");
    assert_eq!(requests.len(), endpoints_for_users());
    let about_leads = endpoints(|name| ABOUT_LEADS.contains(&name));
    assert_eq!(requests_about("").len(), about_leads);
}

#[tokio::test]
async fn a_lead_of_another_looks_like_one_that_does_not_exist() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    let elm = tenant(&world, "Elm House").await;
    let lead = format!(
        "select id::text from leads where property_id = '{}'",
        elm.property.id
    );
    let lead = world.texts(&lead).await.remove(0);
    let nowhere = Uuid::new_v4().to_string();
    let before = world.kept().await;
    let calls = world.google.calls().all().len();
    for (foreign, nothing) in requests_about(&lead)
        .into_iter()
        .zip(requests_about(&nowhere))
    {
        let shown = format!("{foreign:?}");
        let token = &oak.property.admin.token;
        let foreign = foreign.bearer(token).send(&world.app).await;
        let nothing = nothing.bearer(token).send(&world.app).await;
        assert_eq!(foreign.status, 404, "{shown}: {}", foreign.text);
        assert_eq!(foreign.text, nothing.text, "{shown}");
        assert_eq!(foreign.headers, nothing.headers, "{shown}");
    }
    assert_eq!(world.kept().await, before, "nothing changed");
    assert_eq!(world.google.calls().all().len(), calls, "nobody was asked");
    let mut own = Vec::new();
    for knock in requests_about(&lead) {
        let knock = knock.bearer(&elm.property.admin.token);
        own.push(knock.send(&world.app).await.status);
    }
    assert_eq!(own, [200, 202, 200, 200]);
    assert_ne!(world.kept().await, before);
}

#[tokio::test]
async fn no_tour_is_given_to_an_agent_of_another_customer() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    let elm = tenant(&world, "Elm House").await;
    let token = &oak.property.admin.token;
    let tours = "/api/lumaleasing/tours";
    let tour = format!("{tours}/{}", oak.tour);
    let wish = |agent: Uuid, time: &str| json!({ "tourDate": "2026-12-03", "tourTime": time, "agentId": agent });
    let requests = |agent: Uuid| {
        let mut booking = wish(agent, "12:00");
        booking["propertyId"] = json!(oak.property.id);
        booking["leadInfo"] = json!({ "email": "ann@example.com" });
        let moving = wish(agent, "13:30");
        [
            door::post(tours).json(&booking),
            door::patch(&tour).json(&moving),
        ]
    };
    let before = world.kept().await;
    let stranger = elm.property.admin.id;
    for (foreign, nobody) in requests(stranger).into_iter().zip(requests(Uuid::new_v4())) {
        let shown = format!("{foreign:?}");
        let foreign = foreign.bearer(token).send(&world.app).await;
        let nobody = nobody.bearer(token).send(&world.app).await;
        assert_eq!(
            (foreign.status, foreign.code()),
            (422, "outside_availability"),
            "{shown}: {}",
            foreign.text
        );
        assert_eq!(foreign.text, nobody.text, "{shown}");
    }
    assert_eq!(world.kept().await, before, "nothing changed");
    for knock in requests(oak.property.admin.id) {
        let answer = knock.bearer(token).send(&world.app).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
}

#[tokio::test]
async fn what_belongs_to_another_looks_like_what_does_not_exist() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    let elm = tenant(&world, "Elm House").await;
    let nowhere = Uuid::new_v4().to_string();
    let before = world.kept().await;
    let calls = world.google.calls().all().len();

    let foreign = requests(elm.property.id, &elm.thread, &elm.reply, &elm.tour);
    let nothing = requests(Uuid::new_v4(), &nowhere, &nowhere, &nowhere);
    for (foreign, nothing) in foreign.into_iter().zip(nothing) {
        let shown = format!("{foreign:?}");
        let token = &oak.property.admin.token;
        let foreign = foreign.bearer(token).send(&world.app).await;
        let nothing = nothing.bearer(token).send(&world.app).await;
        assert_eq!(foreign.status, 404, "{shown}: {}", foreign.text);
        assert_eq!(foreign.text, nothing.text, "{shown}");
        assert_eq!(foreign.headers, nothing.headers, "{shown}");
    }
    assert_eq!(world.kept().await, before, "nothing changed");
    assert_eq!(world.google.calls().all().len(), calls, "nobody was asked");
}

#[tokio::test]
async fn an_admin_may_do_everything_at_home() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    // What was approved is not rejected any more.
    assert_eq!(
        statuses(&world, &oak.property.admin, &oak).await,
        [
            302, 200, 200, 202, 200, 200, 200, 200, 200, 200, 409, 204, // the mailbox
            200, 200, 200, 200, 200, 204, // tours
            302, 200, 200, 202, 204, // their calendar
        ]
    );
}

#[tokio::test]
async fn a_viewer_looks_and_sorts_but_decides_nothing() {
    let world = World::start().await;
    for role in ["viewer", "agent", "Admin", ""] {
        let oak = tenant(&world, "Oak Court").await;
        let person = world.person(Some(oak.property.org), role).await;
        assert_eq!(
            statuses(&world, &person, &oak).await,
            [
                403, 200, 403, 202, 200, 200, 200, 200, 200, 403, 403, 403, // the mailbox
                200, 200, 200, 200, 200, 204, // tours
                302, 200, 409, 409,
                204, // a calendar of their own, which they have not connected
            ],
            "{role}"
        );
    }
}

#[tokio::test]
async fn who_works_for_nobody_sees_nothing_not_even_what_belongs_to_nobody() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    let drifter = world.person(None, "admin").await;
    assert_eq!(statuses(&world, &drifter, &oak).await, [404; 23]);
    let orphan = "update properties set org_id = null where id = $1";
    world
        .sql
        .execute(orphan, &[&oak.property.id])
        .await
        .unwrap();
    assert_eq!(statuses(&world, &drifter, &oak).await, [404; 23]);
}

#[tokio::test]
async fn a_second_property_of_the_same_customer_is_open_to_its_people() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    let elm = tenant(&world, "Elm House").await;
    let moved = "update properties set org_id = $2 where id = $1";
    let into = [elm.property.id, oak.property.org];
    world
        .sql
        .execute(moved, &[&into[0], &into[1]])
        .await
        .unwrap();
    let answers = statuses(&world, &oak.property.admin, &elm).await;
    assert!(!answers.contains(&404), "{answers:?}");
    assert_eq!(statuses(&world, &elm.property.admin, &elm).await, [404; 23]);
}

#[tokio::test]
async fn rights_taken_away_are_gone_with_the_next_request() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    let admin = &oak.property.admin;
    let demoted = "update profiles set role = 'viewer' where id = $1";
    world.sql.execute(demoted, &[&admin.id]).await.unwrap();
    assert_eq!(statuses(&world, admin, &oak).await[2], 403);
    let left = "delete from profiles where id = $1";
    world.sql.execute(left, &[&admin.id]).await.unwrap();
    assert_eq!(statuses(&world, admin, &oak).await, [401; 23]);
}

#[tokio::test]
async fn an_agent_of_another_customer_cannot_be_named() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    let elm = tenant(&world, "Elm House").await;
    let path = |of: &Tenant, agent: &Tenant| {
        let (property, agent) = (of.property.id, agent.property.admin.id);
        format!("/api/calendar/config?propertyId={property}&profileId={agent}")
    };
    let before = world.kept().await;
    for path in [path(&oak, &elm), path(&elm, &elm), path(&elm, &oak)] {
        let change = door::patch(&path).json(&json!({ "bufferMinutes": 0 }));
        for knock in [door::get(&path), change, door::delete(&path)] {
            let knock = knock.bearer(&oak.property.admin.token);
            assert_eq!(knock.send(&world.app).await.status, 404, "{path}");
        }
    }
    assert_eq!(world.kept().await, before);
    let own = door::get(&path(&oak, &oak)).bearer(&oak.property.admin.token);
    assert_eq!(own.send(&world.app).await.status, 200);
}
