//! Consents that must not be finished: nothing is stored, and Google is not even asked.

use url::Url;
use world::google::Consent;
use world::{Consenting, Fault, Property, World, minutes, seconds};

use super::grants;

/// A consent that Google has sent back, and nobody has finished.
async fn at_the_callback(world: &World, property: &Property) -> (Consenting, Url) {
    let consenting = world.begins_consent(property, &property.admin).await;
    let consent = Consent::allow("leasing@oak.test");
    let back = world.answers_google(&consenting, consent).await;
    (consenting, back)
}

/// The same URL with one parameter replaced, or taken away.
fn with(url: &Url, name: &str, value: Option<&str>) -> Url {
    let pairs = url.query_pairs().into_owned();
    let others: Vec<_> = pairs.filter(|(key, _)| key != name).collect();
    let mut changed = url.clone();
    changed.query_pairs_mut().clear().extend_pairs(others);
    if let Some(value) = value {
        changed.query_pairs_mut().append_pair(name, value);
    }
    changed
}

#[tokio::test]
async fn only_the_browser_and_the_state_that_began_a_consent_finish_it() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let (consenting, back) = at_the_callback(&world, &oak).await;
    let elsewhere = world.begins_consent(&oak, &oak.admin).await;
    let (ours, theirs) = (&consenting.browser, &elsewhere.browser);
    let swapped = elsewhere.state();
    let attempts = [
        ("no state", with(&back, "state", None), Some(ours)),
        (
            "a made-up state",
            with(&back, "state", Some("x")),
            Some(ours),
        ),
        (
            "the state of another consent",
            with(&back, "state", Some(&swapped)),
            Some(ours),
        ),
        ("no cookie", back.clone(), None),
        ("the cookie of another browser", back.clone(), Some(theirs)),
        ("an empty cookie", back.clone(), Some(&String::new())),
    ];
    let before = world.kept().await;
    for (attempt, url, browser) in attempts {
        let answer = world.comes_back(&url, browser.map(String::as_str)).await;
        assert_eq!(
            (answer.status, answer.code()),
            (400, "invalid_state"),
            "{attempt}"
        );
        assert_eq!(answer.header("cache-control"), "no-store", "{attempt}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{attempt}");
        assert_eq!(answer.header("set-cookie"), "", "the consent goes on");
    }
    assert_eq!(world.kept().await, before);
    assert_eq!(world.google.calls().count("token"), 0);

    // None of this used the consent up.
    let done = world.comes_back(&back, Some(ours)).await;
    assert!(done.header("location").contains("success=gmail_connected"));
}

#[tokio::test]
async fn a_consent_is_good_for_ten_minutes() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let (late, back) = at_the_callback(&world, &oak).await;
    world.skip(minutes(10));
    let answer = world.comes_back(&back, Some(&late.browser)).await;
    assert_eq!((answer.status, answer.code()), (400, "invalid_state"));
    assert_eq!(grants(&world).await, 0);

    let (in_time, back) = at_the_callback(&world, &oak).await;
    world.skip(minutes(10) - seconds(1));
    let done = world.comes_back(&back, Some(&in_time.browser)).await;
    assert!(done.header("location").contains("success=gmail_connected"));
}

#[tokio::test]
async fn who_lost_the_right_meanwhile_does_not_finish() {
    let world = World::start().await;
    let elm = world.property("Elm House").await;
    let moved = format!("update profiles set org_id = '{}' where id = $1", elm.org);
    let losses = [
        ("update profiles set role = 'viewer' where id = $1", 403),
        (moved.as_str(), 404),
        ("update profiles set org_id = null where id = $1", 404),
        ("delete from profiles where id = $1", 401),
    ];
    for (loss, status) in losses {
        let oak = world.property("Oak Court").await;
        let (consenting, back) = at_the_callback(&world, &oak).await;
        world.sql.execute(loss, &[&oak.admin.id]).await.unwrap();
        let answer = world.comes_back(&back, Some(&consenting.browser)).await;
        assert_eq!(answer.status, status, "{loss}: {}", answer.text);
    }
    assert_eq!(grants(&world).await, 0);
    assert_eq!(world.google.calls().count("token"), 0);

    let oak = world.property("Oak Court").await;
    let (consenting, back) = at_the_callback(&world, &oak).await;
    let promotion = "update profiles set role = 'manager' where id = $1";
    world
        .sql
        .execute(promotion, &[&oak.admin.id])
        .await
        .unwrap();
    let done = world.comes_back(&back, Some(&consenting.browser)).await;
    assert!(done.header("location").contains("success=gmail_connected"));
}

#[tokio::test]
async fn a_person_may_say_no() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let answer = world
        .consents(&oak, Consent::deny("leasing@oak.test"))
        .await;
    assert_eq!(answer.status, 302);
    assert_eq!(
        answer.header("location"),
        "/dashboard/lumaleasing?error=gmail_denied"
    );
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
    assert_eq!(grants(&world).await, 0);
    assert_eq!(world.google.calls().count("token"), 0);
    assert_eq!(world.count("select count(*) from oauth_states").await, 0);

    world.connects(&oak, "leasing@oak.test").await;
}

#[tokio::test]
async fn what_google_says_in_an_error_is_not_repeated() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let (consenting, back) = at_the_callback(&world, &oak).await;
    let odd = with(&back, "error", Some("<script>alert(1)</script>"));
    // A stranger's link cannot even learn that.
    assert_eq!(world.comes_back(&odd, None).await.status, 400);
    let answer = world.comes_back(&odd, Some(&consenting.browser)).await;
    assert_eq!(
        answer.header("location"),
        "/dashboard/lumaleasing?error=gmail_refused"
    );
    assert_eq!(
        world.google.calls().count("token"),
        0,
        "nor is the code used"
    );
}

#[tokio::test]
async fn an_answer_without_a_code_ends_the_consent() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let (consenting, back) = at_the_callback(&world, &oak).await;
    let without = with(&back, "code", None);
    let answer = world.comes_back(&without, Some(&consenting.browser)).await;
    assert_eq!((answer.status, answer.code()), (400, "invalid_code"));
    assert_eq!(grants(&world).await, 0);
}

#[tokio::test]
async fn an_exchange_that_google_does_not_make_stores_nothing() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let faults = [
        Fault::status(503, "backendError"),
        Fault::AnswerLostBeforeEffect,
        Fault::AnswerLostAfterEffect,
        Fault::Garbage,
    ];
    for fault in faults {
        world.google.faults().once("token", fault.clone());
        let answer = world
            .consents(&oak, Consent::allow("leasing@oak.test"))
            .await;
        assert_eq!(
            answer.header("location"),
            "/dashboard/lumaleasing?error=token_exchange_failed",
            "{fault:?}"
        );
        assert_eq!(grants(&world).await, 0, "{fault:?}");
    }
    world.google.client_secret_becomes("another");
    let answer = world
        .consents(&oak, Consent::allow("leasing@oak.test"))
        .await;
    assert!(
        answer
            .header("location")
            .ends_with("=token_exchange_failed")
    );
    assert_eq!(grants(&world).await, 0);

    world
        .google
        .client_secret_becomes(world::google::CLIENT_SECRET);
    world.connects(&oak, "leasing@oak.test").await;
}
