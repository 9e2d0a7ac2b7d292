//! How often one user may ask.

use serde_json::json;
use world::door::{self, Knock};
use world::people::Person;
use world::{Property, World, minutes, seconds};

/// Requests a minute that a user's token is good for.
const A_MINUTE: i32 = 600;

fn asks(property: &Property, who: &Person) -> Knock {
    let path = format!("/api/lumaleasing/gmail/config?propertyId={}", property.id);
    door::get(&path).bearer(&who.token)
}

/// As if somebody had asked so often in this minute.
async fn asked(world: &World, who: &Person, times: i32) {
    world
        .sql
        .execute(
            "insert into rate_counters (bucket, window_start, hits)
             values ('user:' || $1::text, to_timestamp($2::bigint / 60 * 60), $3)
             on conflict (bucket, window_start) do update set hits = excluded.hits",
            &[&who.id.to_string(), &world.now().timestamp(), &times],
        )
        .await
        .unwrap();
}

#[tokio::test]
async fn the_request_past_the_last_waits_for_the_next_minute() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    world.skip(seconds(20));
    asked(&world, &oak.admin, A_MINUTE - 1).await;
    let last = asks(&oak, &oak.admin).send(&world.app).await;
    assert_eq!(last.status, 200, "the six hundredth");

    let refused = asks(&oak, &oak.admin).send(&world.app).await;
    assert_eq!((refused.status, refused.code()), (429, "rate_limited"));
    assert_eq!(refused.header("retry-after"), "40");
    assert_eq!(refused.header("content-type"), "application/problem+json");

    world.skip(seconds(39));
    let early = asks(&oak, &oak.admin).send(&world.app).await;
    assert_eq!((early.status, early.header("retry-after")), (429, "1"));
    world.skip(seconds(1));
    let next = asks(&oak, &oak.admin).send(&world.app).await;
    assert_eq!(next.status, 200);
}

#[tokio::test]
async fn a_user_over_the_limit_changes_nothing_and_stops_nobody_else() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    world.connects(&oak, "leasing@oak.test").await;
    let colleague = world.person(Some(oak.org), "viewer").await;
    asked(&world, &oak.admin, A_MINUTE).await;

    let path = format!("/api/lumaleasing/gmail/config?propertyId={}", oak.id);
    let change = door::patch(&path).bearer(&oak.admin.token);
    let refused = change
        .json(&json!({ "replyMode": "off" }))
        .send(&world.app)
        .await;
    assert_eq!(refused.status, 429);
    let seen = asks(&oak, &colleague).send(&world.app).await;
    assert_eq!(
        (seen.status, &seen.json["replyMode"]),
        (200, &json!("auto"))
    );
}

#[tokio::test]
async fn every_process_counts_in_the_same_row() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let others = [world.another_app(&[]), world.another_app(&[])];
    let hits = "select coalesce(sum(hits), 0)::bigint from rate_counters";
    let before = world.count(hits).await;
    let all = (0..30).map(|turn| {
        let app = others[turn % 2].clone();
        let knock = asks(&oak, &oak.admin);
        async move { knock.send(&app).await.status }
    });
    let statuses = futures::future::join_all(all).await;
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    assert_eq!(world.count(hits).await - before, 30);
}

#[tokio::test]
async fn a_token_that_is_not_believed_is_not_counted() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let forged = Person {
        id: oak.admin.id,
        token: format!("{}x", oak.admin.token),
    };
    let before = world.count("select count(*) from rate_counters").await;
    assert_eq!(asks(&oak, &forged).send(&world.app).await.status, 401);
    let after = world.count("select count(*) from rate_counters").await;
    assert_eq!(after, before, "nobody uses up another's requests");
    assert_eq!(asks(&oak, &oak.admin).send(&world.app).await.status, 200);
}

#[tokio::test]
async fn the_operator_says_how_often() {
    let mut world = World::start().await;
    world.starts_again_with(&[("USER_REQUESTS_PER_MINUTE", "2")]);
    let oak = world.property("Oak Court").await;
    for status in [200, 200, 429] {
        let answer = asks(&oak, &oak.admin).send(&world.app).await;
        assert_eq!(answer.status, status);
    }
}

#[tokio::test]
async fn old_counters_are_forgotten() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    asks(&oak, &oak.admin).send(&world.app).await;
    let counters = "select count(*) from rate_counters where bucket like 'user:%'";
    world.pass(minutes(5)).await;
    assert_eq!(world.count(counters).await, 1);
    world.pass(minutes(62)).await;
    assert_eq!(world.count(counters).await, 1, "some count by the day");
    world.skip(minutes(25 * 60));
    world.sweep().await;
    assert_eq!(world.count(counters).await, 0);
}
