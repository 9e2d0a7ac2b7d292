//! Cookies that open pages, and those that do not; forms that act, and those that do not.

use world::door;
use world::{World, hours, minutes};

use super::{SESSION, sign_in};
use crate::tenants::tenant;

const SIGN_IN: &str = "/dashboard/sign-in";
const OVER: &str = "/dashboard/sign-in?error=session_over";

#[tokio::test]
async fn without_a_session_every_page_leads_to_the_sign_in() {
    let world = World::start().await;
    for path in [
        "/dashboard",
        "/dashboard/lumaleasing",
        "/dashboard/threads",
        "/dashboard/approvals",
        "/dashboard/mailbox",
        "/dashboard/calendar",
        "/dashboard/tours",
        "/dashboard/leads",
        "/dashboard/activity",
    ] {
        let answer = door::get(path).send(&world.app).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, SIGN_IN),
            "{path}"
        );
    }
    let page = door::get(SIGN_IN).send(&world.app).await;
    assert!(page.text.contains("Sign in with Google"));
}

#[tokio::test]
async fn a_cookie_of_another_making_or_time_opens_nothing() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let browser = sign_in(&world, &oak.admin).await;
    let opens = async |cookie: &str| {
        let page = door::get("/dashboard").cookie(SESSION, cookie);
        page.send(&world.app).await.status
    };
    assert_eq!(opens(&browser.session).await, 200);

    let other_key = world.another_app(&[("SESSION_KEY", "another-key-of-somebody-else-entirely")]);
    let page = door::get("/dashboard").cookie(SESSION, &browser.session);
    assert_eq!(page.send(&other_key).await.status, 303);
    let other = if browser.session.starts_with('A') {
        "B"
    } else {
        "A"
    };
    let forged = format!("{other}{}", &browser.session[1..]);
    for cookie in ["", "x", &forged, &oak.admin.token] {
        assert_eq!(opens(cookie).await, 303, "{cookie}");
    }
    world.skip(hours(12) - minutes(1));
    assert_eq!(opens(&browser.session).await, 200);
    world.skip(minutes(1));
    assert_eq!(opens(&browser.session).await, 303);
}

#[tokio::test]
async fn a_user_who_is_banned_is_out_at_once() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let browser = sign_in(&world, &oak.admin).await;
    let ban = "update auth.users set banned_until = now() + interval '1 hour'";
    world.sql.batch_execute(ban).await.unwrap();
    let answer = browser.get(&world, "/dashboard").await;
    assert_eq!((answer.status, answer.header("location")), (303, SIGN_IN));
}

#[tokio::test]
async fn signing_out_takes_the_cookie_away() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let browser = sign_in(&world, &oak.admin).await;
    let answer = browser.post(&world, "/dashboard/sign-out", &[]).await;
    assert_eq!(answer.status, 303);
    let cookie = answer.header("set-cookie");
    assert!(
        cookie.starts_with("__Host-luma_session=; Path=/; Max-Age=0"),
        "{cookie}"
    );
}

#[tokio::test]
async fn a_session_that_was_signed_out_of_is_over_whoever_kept_its_cookie() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let browser = sign_in(&world, &oak.admin).await;
    let other = sign_in(&world, &oak.admin).await;
    let config = format!("/api/lumaleasing/gmail/config?propertyId={}", oak.id);
    browser.post(&world, "/dashboard/sign-out", &[]).await;

    let count =
        "select coalesce(sum(hits), 0)::bigint from rate_counters where bucket like 'user:%'";
    let before = world.count(count).await;
    assert_eq!(browser.get(&world, "/dashboard").await.status, 303);
    assert_eq!(browser.get(&world, &config).await.status, 401);
    let form = browser.post(&world, "/dashboard/sign-out", &[]).await;
    assert_eq!((form.status, form.header("location")), (303, OVER));
    assert_eq!(
        world.count(count).await,
        before,
        "uses up nobody's requests"
    );

    assert_eq!(other.get(&world, "/dashboard").await.status, 200);
    assert_eq!(other.get(&world, &config).await.status, 200);
    let again = sign_in(&world, &oak.admin).await;
    assert_eq!(again.get(&world, "/dashboard").await.status, 200);
}

#[tokio::test]
async fn a_form_of_a_session_that_is_over_is_told_that_nothing_was_saved() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    let browser = sign_in(&world, &oak.property.admin).await;
    let text = [("action", "save"), ("body_text", "A walrus of a text")];
    let path = format!("/dashboard/replies/{}", oak.reply);
    world.skip(hours(12));
    let before = world.kept().await;
    let answer = browser.post(&world, &path, &text).await;
    assert_eq!((answer.status, answer.header("location")), (303, OVER));
    let page = browser.get(&world, OVER).await;
    assert!(page.text.contains("nothing was saved"), "{}", page.text);
    assert_eq!(world.kept().await, before);
    // A page that is only looked at loses nothing.
    let page = browser.get(&world, "/dashboard/approvals").await;
    assert_eq!((page.status, page.header("location")), (303, SIGN_IN));
    let browser = sign_in(&world, &oak.property.admin).await;
    let answer = browser.post(&world, &path, &text).await;
    assert!(answer.header("location").ends_with("success=saved"));
}

#[tokio::test]
async fn an_ended_session_is_forgotten_when_its_cookie_is_too_old() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let browser = sign_in(&world, &oak.admin).await;
    browser.post(&world, "/dashboard/sign-out", &[]).await;
    let known = "select count(*) from ended_sessions";
    world.skip(hours(12));
    world.sweep().await;
    assert_eq!(world.count(known).await, 1);
    world.skip(minutes(2));
    world.sweep().await;
    assert_eq!(world.count(known).await, 0);
    assert_eq!(browser.get(&world, "/dashboard").await.status, 303);
}

#[tokio::test]
async fn a_form_that_is_not_of_this_session_does_nothing() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    let browser = sign_in(&world, &oak.property.admin).await;
    let again = sign_in(&world, &oak.property.admin).await;
    assert_ne!(browser.form_token, again.form_token);
    let before = world.kept().await;
    let thread = format!("/dashboard/threads/{}", oak.thread);
    let reply = format!("/dashboard/replies/{}", oak.reply);
    let lead = world.texts("select id::text from leads").await.remove(0);
    let lead = format!("/dashboard/leads/{lead}");
    for (path, action) in [
        (thread.as_str(), "archive"),
        (&lead, "read"),
        (&lead, "prefer"),
        (&reply, "reject"),
        (&reply, "approve"),
        ("/dashboard/mailbox", "disconnect"),
        ("/dashboard/mailbox", "connect"),
        ("/dashboard/calendar", "disconnect"),
        ("/dashboard/calendar", "connect"),
        ("/dashboard/sign-out", ""),
    ] {
        for token in [
            None,
            Some(""),
            Some("x"),
            Some(again.form_token.as_str()),
            Some(&browser.session),
        ] {
            let mut fields = vec![("action", action), ("body_text", "Changed")];
            fields.extend(token.map(|token| ("form_token", token)));
            let answer = browser
                .with(door::post(path).form(&fields))
                .send(&world.app)
                .await;
            assert_eq!(answer.status, 403, "{path} {token:?}");
            assert_eq!(answer.cookie(SESSION), None, "{path} {token:?}");
        }
    }
    assert_eq!(world.kept().await, before);
    let answer = browser
        .post(&world, &thread, &[("action", "archive")])
        .await;
    assert_eq!(answer.status, 303);
}
