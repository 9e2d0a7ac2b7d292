//! Getting in: with a token of the host's, or with Google.

use serde_json::json;
use url::Url;
use world::consenting::parameter;
use world::door::{self, Answer};
use world::google::Consent;
use world::{Person, World, minutes};

use super::SESSION;

const COOKIE: &str = "__Host-luma_signin";

async fn address_of(world: &World, who: &Person) -> String {
    let sql = format!("select email::text from auth.users where id = '{}'", who.id);
    world.texts(&sql).await.remove(0)
}

/// Presses "Sign in with Google": Google's page, and what the browser keeps.
async fn begins(world: &World) -> (Url, String) {
    let started = door::post("/dashboard/session/google")
        .send(&world.app)
        .await;
    assert_eq!(started.status, 303, "{}", started.text);
    let url = Url::parse(started.header("location")).unwrap();
    (
        url,
        started.cookie(COOKIE).expect("the browser is remembered"),
    )
}

async fn comes_back(world: &World, back: &Url, browser: Option<&str>) -> Answer {
    let path = format!("{}?{}", back.path(), back.query().unwrap_or_default());
    let mut knock = door::get(&path);
    if let Some(browser) = browser {
        knock = knock.cookie(COOKIE, browser);
    }
    knock.send(&world.app).await
}

async fn signs_in(world: &World, consent: Consent) -> Answer {
    let (url, browser) = begins(world).await;
    let back = world.google.consents(url.as_str(), consent).await.unwrap();
    comes_back(world, &back, Some(&browser)).await
}

#[tokio::test]
async fn the_hosts_pages_hand_a_user_over_by_form_or_json() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let token = &oak.admin.token;
    for knock in [
        door::post("/dashboard/session").form(&[("access_token", token)]),
        door::post("/dashboard/session").json(&json!({ "accessToken": token })),
    ] {
        let answer = knock.send(&world.app).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, "/dashboard")
        );
        let cookie = answer.header("set-cookie");
        assert!(cookie.starts_with("__Host-luma_session="), "{cookie}");
        assert!(
            cookie.ends_with("; Path=/; Max-Age=43200; HttpOnly; Secure; SameSite=Lax"),
            "{cookie}"
        );
        let session = answer.cookie(SESSION).unwrap();
        let home = door::get("/dashboard").cookie(SESSION, &session);
        let home = home.send(&world.app).await;
        assert_eq!(home.status, 200);
        assert!(home.text.contains("Oak Court"), "{}", home.text);
    }
}

#[tokio::test]
async fn a_token_that_is_none_opens_nothing() {
    let world = World::start().await;
    world.property("Oak Court").await;
    for fields in [
        &[("access_token", "a.b.c")][..],
        &[("access_token", "")],
        &[],
    ] {
        let answer = door::post("/dashboard/session").form(fields);
        let answer = answer.send(&world.app).await;
        assert!(
            matches!(answer.status, 400 | 401),
            "{fields:?}: {}",
            answer.status
        );
        assert_eq!(answer.cookie(SESSION), None);
    }
}

#[tokio::test]
async fn a_program_is_told_of_errors_as_a_program() {
    let world = World::start().await;
    world.property("Oak Court").await;
    let form = "application/x-www-form-urlencoded";
    let page = "text/html; charset=utf-8";
    let problem = "application/problem+json";
    let tries = async |kind: &str, body: &str| {
        let knock = door::post("/dashboard/session").header("content-type", kind);
        let answer = knock.text(body).send(&world.app).await;
        assert_eq!(answer.cookie(SESSION), None);
        (
            answer.status,
            answer.header("content-type").to_owned(),
            answer,
        )
    };
    for (kind, body, status, told, code) in [
        ("application/json", "{", 400, problem, "invalid_body"),
        (
            "application/json",
            r#"{"token": "a.b.c"}"#,
            400,
            problem,
            "invalid_token",
        ),
        (
            "application/json",
            r#"{"accessToken": "a.b.c"}"#,
            401,
            problem,
            "unauthenticated",
        ),
        (form, "", 400, page, ""),
        (form, "access_token=a.b.c", 401, page, ""),
    ] {
        let (answered, media, answer) = tries(kind, body).await;
        assert_eq!((answered, media.as_str()), (status, told), "{body}");
        let told = answer.json["code"].as_str().unwrap_or_default();
        assert_eq!(told, code, "{body}: {}", answer.text);
    }
    for _ in 0..30 {
        tries("application/json", r#"{"accessToken": "a.b.c"}"#).await;
    }
    let (status, media, answer) = tries("application/json", r#"{"accessToken": "a.b.c"}"#).await;
    assert_eq!(
        (status, media.as_str(), answer.code()),
        (429, problem, "rate_limited")
    );
    assert!(!answer.header("retry-after").is_empty());
    let (status, media, _) = tries(form, "access_token=a.b.c").await;
    assert_eq!((status, media.as_str()), (429, page));
}

#[tokio::test]
async fn google_is_asked_who_it_is_and_for_nothing_that_lasts() {
    let world = World::start().await;
    let (url, browser) = begins(&world).await;
    let asked = |name| parameter(&url, name);
    assert_eq!(asked("scope").as_deref(), Some("openid email"));
    assert_eq!(asked("access_type").as_deref(), Some("online"));
    assert_eq!(asked("code_challenge_method").as_deref(), Some("S256"));
    for name in ["state", "nonce", "code_challenge"] {
        assert_eq!(asked(name).unwrap().len(), 43, "{name}");
    }
    assert!(!url.as_str().contains(&browser));
}

#[tokio::test]
async fn a_user_signs_in_with_the_google_account_of_their_address() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let address = address_of(&world, &oak.admin).await;
    let answer = signs_in(&world, Consent::allow(&address)).await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, "/dashboard")
    );
    let session = answer.cookie(SESSION).expect("a session");
    let home = door::get("/dashboard").cookie(SESSION, &session);
    assert!(home.send(&world.app).await.text.contains("Oak Court"));
    assert_eq!(world.count("select count(*) from oauth_states").await, 0);
}

#[tokio::test]
async fn nobody_else_gets_in_with_google() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let address = address_of(&world, &oak.admin).await;
    let refused = async |consent, code: &str| {
        let answer = signs_in(&world, consent).await;
        let expected = format!("/dashboard/sign-in?error={code}");
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, &*expected)
        );
        assert_eq!(answer.cookie(SESSION), None, "{code}");
        let page = door::get(&expected).send(&world.app).await;
        assert!(page.text.contains(r#"role="alert""#), "{}", page.text);
    };
    refused(Consent::allow("stranger@gmail.test"), "signin_unknown").await;
    refused(Consent::deny(&address), "signin_denied").await;
    world
        .google
        .account(&address)
        .identified_as(&address, false);
    refused(Consent::allow(&address), "signin_unverified").await;
    world.google.account(&address).identified_as(&address, true);

    let ban = "update auth.users set banned_until = now() + interval '1 hour'";
    world.sql.batch_execute(ban).await.unwrap();
    refused(Consent::allow(&address), "signin_unknown").await;
    world
        .sql
        .batch_execute("update auth.users set banned_until = null")
        .await
        .unwrap();

    // Two users of one address are nobody; a host's table may forbid them, or not.
    let twin = world.person(Some(oak.org), "admin").await;
    let same = format!(
        "alter table auth.users drop constraint if exists users_email_key; drop index if exists auth.users_email_key;
         update auth.users set email = upper('{address}') where id = '{}'",
        twin.id
    );
    world.sql.batch_execute(&same).await.unwrap();
    refused(Consent::allow(&address), "signin_unknown").await;
    let apart = "update auth.users set email = id || '@x.test' where email ~ '[A-Z]'";
    world.sql.batch_execute(apart).await.unwrap();
    let answer = signs_in(&world, Consent::allow(&address)).await;
    assert!(answer.cookie(SESSION).is_some());
}

#[tokio::test]
async fn a_sign_in_is_finished_once_in_its_browser_and_in_time() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let address = address_of(&world, &oak.admin).await;
    let (url, browser) = begins(&world).await;
    let (_, other) = begins(&world).await;
    let consent = Consent::allow(&address);
    let back = world.google.consents(url.as_str(), consent).await.unwrap();
    for wrong in [None, Some(""), Some(other.as_str())] {
        let answer = comes_back(&world, &back, wrong).await;
        assert_eq!((answer.status, answer.cookie(SESSION)), (400, None));
    }
    assert_eq!(comes_back(&world, &back, Some(&browser)).await.status, 303);
    assert_eq!(comes_back(&world, &back, Some(&browser)).await.status, 400);

    let (url, browser) = begins(&world).await;
    let consent = Consent::allow(&address);
    let back = world.google.consents(url.as_str(), consent).await.unwrap();
    world.skip(minutes(11));
    assert_eq!(comes_back(&world, &back, Some(&browser)).await.status, 400);
}

#[tokio::test]
async fn a_consent_for_a_mailbox_signs_nobody_in() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let consenting = world.begins_consent(&oak, &oak.admin).await;
    let address = address_of(&world, &oak.admin).await;
    let back = world
        .answers_google(&consenting, Consent::allow(&address))
        .await;
    let path = format!("/dashboard/session/google?{}", back.query().unwrap());
    let knock = door::get(&path).cookie(COOKIE, &consenting.browser);
    let answer = knock.send(&world.app).await;
    assert_eq!((answer.status, answer.cookie(SESSION)), (400, None));
}

#[tokio::test]
async fn one_source_does_not_try_for_ever() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let tries = async |source: &str, token: &str| {
        let knock = door::post("/dashboard/session").form(&[("access_token", token)]);
        knock.source_ip(source).send(&world.app).await
    };
    for _ in 0..30 {
        assert_eq!(tries("203.0.113.9", "a.b.c").await.status, 401);
    }
    let refused = tries("203.0.113.9", &oak.admin.token).await;
    assert_eq!(refused.status, 429);
    assert!(!refused.header("retry-after").is_empty());
    assert_eq!(tries("203.0.113.10", &oak.admin.token).await.status, 303);
    world.skip(minutes(1));
    assert_eq!(tries("203.0.113.9", &oak.admin.token).await.status, 303);
}
