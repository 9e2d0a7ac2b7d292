//! What Google is asked, what the browser is given, what is stored.

use world::consenting::parameter;
use world::google::{CLIENT_ID, Consent};
use world::{PUBLIC_URL, World, door, minutes};

use super::{audited, grants};

#[tokio::test]
async fn google_is_asked_for_the_mailbox_and_nothing_more() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let asked = world.begins_consent(&oak, &oak.admin).await;
    let redirect = format!("{PUBLIC_URL}/api/lumaleasing/gmail/callback");
    let expected = [
        ("client_id", CLIENT_ID),
        ("redirect_uri", &redirect),
        ("response_type", "code"),
        (
            "scope",
            "openid email https://www.googleapis.com/auth/gmail.modify",
        ),
        ("code_challenge_method", "S256"),
        ("access_type", "offline"),
        ("prompt", "consent"),
        ("include_granted_scopes", "false"),
    ];
    for (name, value) in expected {
        assert_eq!(asked.asks(name).as_deref(), Some(value), "{name}");
    }
    assert_eq!(asked.asks("code_challenge").unwrap().len(), 43);
    assert_eq!(asked.asks("login_hint"), None, "nobody is expected yet");

    world.connects(&oak, "leasing@oak.test").await;
    let again = world.begins_consent(&oak, &oak.admin).await;
    assert_eq!(
        again.asks("login_hint").as_deref(),
        Some("leasing@oak.test")
    );
}

#[tokio::test]
async fn every_consent_has_secrets_of_its_own() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let first = world.begins_consent(&oak, &oak.admin).await;
    let second = world.begins_consent(&oak, &oak.admin).await;
    for name in ["state", "code_challenge"] {
        assert_ne!(first.asks(name), second.asks(name), "{name}");
    }
    assert_ne!(first.browser, second.browser);
    for secret in [first.state(), first.browser.clone()] {
        assert!(secret.len() >= 22, "128 bits in base64url: {secret}");
        assert_eq!(first.auth_url.as_str().matches(&first.browser).count(), 0);
    }
}

#[tokio::test]
async fn the_browser_gets_a_cookie_that_no_other_page_or_host_sees() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let path = format!("/api/lumaleasing/gmail/connect?propertyId={}", oak.id);
    for (accept, status) in [("text/html", 302), ("application/json", 200)] {
        let knock = door::get(&path)
            .bearer(&oak.admin.token)
            .header("accept", accept);
        let started = knock.send(&world.app).await;
        assert_eq!(started.status, status, "{}", started.text);
        let cookie = started.header("set-cookie");
        let (pair, attributes) = cookie.split_once(';').unwrap();
        assert!(pair.starts_with("__Host-luma_oauth="), "{pair}");
        assert_eq!(
            attributes,
            " Path=/; Max-Age=600; HttpOnly; Secure; SameSite=Lax"
        );
        assert_eq!(started.header("cache-control"), "no-store");
        assert_eq!(started.header("referrer-policy"), "no-referrer");
        let page = match status {
            302 => started.header("location"),
            _ => started.json["url"].as_str().unwrap(),
        };
        assert!(page.starts_with(&world.google.auth_url()), "{page}");
    }
}

#[tokio::test]
async fn a_consent_under_way_is_kept_as_hashes_for_ten_minutes() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let consenting = world.begins_consent(&oak, &oak.admin).await;
    let rows = world.everything().await["public.oauth_states"].join("\n");
    assert!(!rows.contains(&consenting.state()), "{rows}");
    assert!(!rows.contains(&consenting.browser), "{rows}");
    assert!(rows.contains("v1.k1."), "the verifier is sealed: {rows}");
    let sql = "select extract(epoch from expires_at)::bigint from oauth_states";
    let left = world.count(sql).await - world.now().timestamp();
    assert_eq!(left, 600);

    world.pass(minutes(12)).await;
    assert_eq!(world.count("select count(*) from oauth_states").await, 0);
}

#[tokio::test]
async fn consent_stores_a_sealed_grant_and_starts_the_watch() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let address = "leasing+oak@oak.test";
    let consenting = world.begins_consent(&oak, &oak.admin).await;
    let back = world
        .answers_google(&consenting, Consent::allow(address))
        .await;
    let done = world.comes_back(&back, Some(&consenting.browser)).await;

    assert_eq!(done.status, 302, "{}", done.text);
    assert_eq!(
        done.header("location"),
        "/dashboard/lumaleasing?success=gmail_connected&email=leasing%2Boak%40oak.test"
    );
    assert_eq!(done.header("cache-control"), "no-store");
    assert_eq!(done.header("referrer-policy"), "no-referrer");
    assert_eq!(
        done.header("set-cookie"),
        "__Host-luma_oauth=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax",
        "the browser forgets"
    );

    let tokens = world
        .texts("select unnest(array[access_token, refresh_token]) from gmail_config")
        .await;
    assert!(tokens.iter().all(|token| token.starts_with("v1.k1.")));
    let watch = world.google.mailbox(address).watch();
    assert!(watch.is_some(), "Gmail tells about changes");
    let config = world.config(&oak).await;
    assert_eq!(config["status"], "connected");
    assert_eq!(config["gmailAddress"], address);
    assert_eq!(audited(&world).await, ["mailbox.connected"]);
    world.finish().await;
}

#[tokio::test]
async fn a_code_is_exchanged_once_and_a_consent_finished_once() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let consenting = world.begins_consent(&oak, &oak.admin).await;
    let back = world
        .answers_google(&consenting, Consent::allow("leasing@oak.test"))
        .await;
    let first = world.comes_back(&back, Some(&consenting.browser)).await;
    assert_eq!(first.status, 302);
    let again = world.comes_back(&back, Some(&consenting.browser)).await;
    assert_eq!((again.status, again.code()), (400, "invalid_state"));
    assert_eq!(world.google.calls().count("token"), 1);
    assert_eq!(world.config(&oak).await["status"], "connected");
    assert_eq!(audited(&world).await.len(), 1);
}

#[tokio::test]
async fn a_code_of_another_consent_is_worthless() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let attacked = world.begins_consent(&oak, &oak.admin).await;
    let attacker = world.begins_consent(&oak, &oak.admin).await;
    let stolen = world
        .answers_google(&attacked, Consent::allow("victim@oak.test"))
        .await;
    let mut back = world
        .answers_google(&attacker, Consent::allow("attacker@oak.test"))
        .await;
    let code = parameter(&stolen, "code").unwrap();
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("state", &attacker.state())
        .append_pair("code", &code)
        .finish();
    back.set_query(Some(&query));
    let answer = world.comes_back(&back, Some(&attacker.browser)).await;
    // Google compares the verifier with the challenge that the code was given for.
    assert_eq!(
        answer.header("location"),
        "/dashboard/lumaleasing?error=token_exchange_failed"
    );
    assert_eq!(grants(&world).await, 0);

    // Its own consent would have taken it.
    let done = world.comes_back(&stolen, Some(&attacked.browser)).await;
    assert!(done.header("location").contains("success=gmail_connected"));
}

#[tokio::test]
async fn the_browser_is_sent_to_our_own_page_whatever_the_query_says() {
    let world = World::start().await;
    let oak = world.property("Oak Court").await;
    let consenting = world.begins_consent(&oak, &oak.admin).await;
    let mut back = world
        .answers_google(&consenting, Consent::allow("leasing@oak.test"))
        .await;
    for name in ["returnTo", "return_to", "redirect", "redirect_uri", "next"] {
        back.query_pairs_mut()
            .append_pair(name, "https://attacker.test/");
    }
    let done = world.comes_back(&back, Some(&consenting.browser)).await;
    assert!(
        done.header("location")
            .starts_with("/dashboard/lumaleasing?success="),
        "{}",
        done.header("location")
    );
    assert!(!done.header("location").contains("attacker"));
}
