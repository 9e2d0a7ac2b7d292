//! The session's cookie at the API: as good as a token, where a page of ours sends it.

use serde_json::json;
use uuid::Uuid;
use world::door::{self, Knock};
use world::{World, hours};

use super::{Browser, SESSION, sign_in};
use crate::sources::{code, rust_files};
use crate::tenants::{Tenant, requests, tenant};

const CONFIG: &str = "/api/lumaleasing/gmail/config";

/// As a script of one of our pages asks.
fn from_our_page(browser: &Browser, knock: Knock) -> Knock {
    browser.with(knock).header("sec-fetch-site", "same-origin")
}

fn of(tenant: &Tenant) -> Vec<Knock> {
    requests(
        tenant.property.id,
        &tenant.thread,
        &tenant.reply,
        &tenant.tour,
    )
}

fn settings(property: Uuid) -> Knock {
    door::get(&format!("{CONFIG}?propertyId={property}"))
}

fn change(property: Uuid) -> Knock {
    let path = format!("{CONFIG}?propertyId={property}");
    door::patch(&path).json(&json!({ "signature": "Changed" }))
}

async fn signature(world: &World) -> String {
    let sql = "select coalesce(signature, 'none') from gmail_config";
    world.texts(sql).await.remove(0)
}

#[test]
fn users_are_proven_in_one_place() {
    let elsewhere = rust_files("functions").into_iter().filter(|(path, text)| {
        let proves = code(text).any(|line| line.contains("access::user("));
        proves && !path.ends_with("functions/caller.rs")
    });
    let elsewhere: Vec<_> = elsewhere.map(|(path, _)| path).collect();
    assert!(
        elsewhere.is_empty(),
        "the session does not open {elsewhere:?}"
    );
}

#[tokio::test]
async fn whatever_a_token_may_do_the_session_may_do() {
    let world = World::start().await;
    let (oak, elm) = (
        tenant(&world, "Oak Court").await,
        tenant(&world, "Elm House").await,
    );
    let browser = sign_in(&world, &elm.property.admin).await;
    for (by_token, by_cookie) in of(&oak).into_iter().zip(of(&elm)) {
        let shown = format!("{by_cookie:?}");
        let token = &oak.property.admin.token;
        let by_token = by_token.bearer(token).send(&world.app).await;
        let by_cookie = from_our_page(&browser, by_cookie);
        let by_cookie = by_cookie.send(&world.app).await;
        assert_ne!(by_cookie.status, 401, "{shown}");
        assert_eq!(by_cookie.status, by_token.status, "{shown}");
    }
}

#[tokio::test]
async fn looking_takes_the_cookie_alone_and_a_change_a_page_of_ours() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    world.connects(&oak, "leasing@oak.test").await;
    let browser = sign_in(&world, &oak.admin).await;
    let seen = browser.with(settings(oak.id)).send(&world.app).await;
    assert_eq!(seen.status, 200, "{}", seen.text);

    let ours = "https://app.luma.test";
    let theirs = "https://evil.test";
    let before = world.kept().await;
    for headers in [
        &[][..],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "none")],
        &[("sec-fetch-site", "")],
        &[("sec-fetch-site", "cross-site"), ("origin", ours)],
        &[("origin", theirs)],
        &[("origin", "null")],
        &[("origin", "https://app.luma.test.evil.test")],
        &[("origin", "http://app.luma.test")],
        &[("referer", ours)],
        // What a form or a fetch without a preflight can send.
        &[
            ("sec-fetch-site", "same-origin"),
            ("content-type", "text/plain"),
        ],
        &[
            ("sec-fetch-site", "same-origin"),
            ("content-type", "application/jsonp"),
        ],
        &[
            ("sec-fetch-site", "same-origin"),
            ("content-type", "application/x-www-form-urlencoded"),
        ],
    ] {
        let mut knock = browser.with(change(oak.id));
        for (name, value) in headers {
            knock = knock.header(name, value);
        }
        let answer = knock.send(&world.app).await;
        assert_eq!(
            (answer.status, answer.code()),
            (403, "cross_site"),
            "{headers:?}"
        );
    }
    assert_eq!(world.kept().await, before, "nothing changed");

    for (name, value) in [("sec-fetch-site", "same-origin"), ("origin", ours)] {
        let reset = "update gmail_config set signature = null";
        world.sql.batch_execute(reset).await.unwrap();
        let knock = browser.with(change(oak.id)).header(name, value);
        let answer = knock.send(&world.app).await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.text);
        assert_eq!(signature(&world).await, "Changed", "{name}");
    }
}

#[tokio::test]
async fn no_change_of_any_kind_comes_from_another_site() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    let browser = sign_in(&world, &oak.property.admin).await;
    let lead = world.texts("select id::text from leads").await.remove(0);
    let mut knocks = of(&oak);
    knocks.push(door::post(&format!("/api/lumaleasing/leads/{lead}/enrich")));
    let before = world.kept().await;
    let mut refused = 0;
    for knock in knocks {
        if format!("{knock:?}").contains(r#"method: "GET""#) {
            continue;
        }
        let shown = format!("{knock:?}");
        let answer = browser.with(knock).header("sec-fetch-site", "cross-site");
        let answer = answer.send(&world.app).await;
        assert_eq!(
            (answer.status, answer.code()),
            (403, "cross_site"),
            "{shown}"
        );
        refused += 1;
    }
    assert!(refused > 10, "{refused}");
    assert_eq!(world.kept().await, before, "nothing changed");
}

#[tokio::test]
async fn a_header_counts_and_the_cookie_beside_it_does_not() {
    let world = World::start().await;
    let (oak, elm) = (
        world.property("Oak Court").await,
        world.property("Elm House").await,
    );
    let browser = sign_in(&world, &oak.admin).await;
    let asks = async |knock: Knock| knock.send(&world.app).await.status;
    for header in ["Bearer x", "Basic x", "", "Bearer "] {
        let both = browser.with(settings(oak.id));
        let both = both.header("authorization", header);
        assert_eq!(asks(both).await, 401, "{header}");
    }
    let hers = browser.with(settings(elm.id)).bearer(&elm.admin.token);
    assert_eq!(asks(hers).await, 200);
    let his = browser.with(settings(oak.id)).bearer(&elm.admin.token);
    assert_eq!(asks(his).await, 404);
    // A token comes from no browser by itself.
    world.connects(&oak, "leasing@oak.test").await;
    let from_elsewhere = change(oak.id).header("sec-fetch-site", "cross-site");
    let by_token = from_elsewhere.bearer(&oak.admin.token);
    assert_eq!(asks(by_token).await, 200);
}

#[tokio::test]
async fn a_cookie_of_another_making_or_time_is_nobodys() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let browser = sign_in(&world, &oak.admin).await;
    let asks = async |cookie: &str| {
        let knock = settings(oak.id).cookie(SESSION, cookie);
        let answer = knock.send(&world.app).await;
        (answer.status, answer.code().to_owned())
    };
    let nobody = (401, "unauthenticated".to_owned());
    assert_eq!(asks(&browser.session).await.0, 200);
    let forged = format!("A{}", &browser.session[1..]);
    for cookie in ["", "x", &forged, &oak.admin.token] {
        assert_eq!(asks(cookie).await, nobody, "{cookie}");
    }
    let twice = settings(oak.id).cookie(SESSION, &forged);
    let twice = browser.with(twice).send(&world.app).await;
    assert_eq!(twice.status, 401, "one of them was planted");
    world.skip(hours(12));
    assert_eq!(asks(&browser.session).await, nobody);
}

#[tokio::test]
async fn another_tenants_ids_are_as_good_as_none() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    let elm = tenant(&world, "Elm House").await;
    let browser = sign_in(&world, &oak.property.admin).await;
    let before = world.kept().await;
    for knock in of(&elm) {
        let shown = format!("{knock:?}");
        let answer = from_our_page(&browser, knock).send(&world.app).await;
        assert_eq!(answer.status, 404, "{shown}");
    }
    assert_eq!(world.kept().await, before, "nothing changed");
}

#[tokio::test]
async fn the_session_and_the_token_of_a_user_count_together() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let browser = sign_in(&world, &oak.admin).await;
    let asked = "update rate_counters set hits = 599 where bucket like 'user:%'";
    world.sql.batch_execute(asked).await.unwrap();
    let by_token = settings(oak.id).bearer(&oak.admin.token);
    assert_eq!(by_token.send(&world.app).await.status, 200);
    let refused = browser.with(settings(oak.id)).send(&world.app).await;
    assert_eq!((refused.status, refused.code()), (429, "rate_limited"));
}

#[tokio::test]
async fn a_widget_on_a_page_of_somebody_signed_in_stays_a_widget() {
    let world = World::start().await;
    let oak = tenant(&world, "Oak Court").await;
    let key = format!(
        "insert into lumaleasing_config (property_id, api_key, is_active, tours_enabled)
         values ('{}', 'key-of-oak', true, true)",
        oak.property.id
    );
    world.sql.batch_execute(&key).await.unwrap();
    let browser = sign_in(&world, &oak.property.admin).await;
    let tours = "/api/lumaleasing/tours?startDate=2026-12-03&endDate=2026-12-04";
    let team = format!("{tours}&propertyId={}", oak.property.id);
    let agenda = browser.with(door::get(&team)).send(&world.app).await;
    assert!(agenda.json["tours"].is_array(), "{}", agenda.text);
    let widget = browser
        .with(door::get(tours))
        .header("x-api-key", "key-of-oak");
    let widget = widget.send(&world.app).await;
    assert!(widget.json["slots"].is_object(), "{}", widget.text);
}
