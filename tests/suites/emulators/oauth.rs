//! OAuth: consent, codes, tokens, secrets.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use serde_json::Value;
use url::Url;
use world::google::{CLIENT_ID, CLIENT_SECRET, Consent};
use world::{Clock, Google, server};

use super::{Caller, MODIFY, OAK, answer};

const BACK: &str = "https://app.oak.test/callback";
/// RFC 7636's own example.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

async fn google() -> (Google, Arc<AtomicI64>) {
    let clock = Arc::new(AtomicI64::new(1_772_000_000_000));
    let google = Google::start_with(None, Clock::from(clock.clone())).await;
    google.allow_redirect(BACK);
    (google, clock)
}

/// The consent address that a careful client builds, with some parameters changed or left out.
fn address(google: &Google, changes: &[(&str, Option<&str>)]) -> String {
    let scope = format!("openid email {MODIFY}");
    let mut url = Url::parse(&google.auth_url()).unwrap();
    let usual = [
        ("client_id", CLIENT_ID),
        ("redirect_uri", BACK),
        ("response_type", "code"),
        ("scope", &scope),
        ("state", "our-state"),
        ("access_type", "offline"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in usual {
        if !changes.iter().any(|(changed, _)| *changed == name) {
            url.query_pairs_mut().append_pair(name, value);
        }
    }
    for (name, value) in changes {
        if let Some(value) = value {
            url.query_pairs_mut().append_pair(name, value);
        }
    }
    url.to_string()
}

fn param(url: &Url, name: &str) -> Option<String> {
    url.query_pairs()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

async fn token(google: &Google, form: &[(&str, &str)]) -> (u16, Value) {
    let request = server::client().post(google.token_url()).form(form);
    answer(request.send().await.unwrap()).await
}

fn exchange(code: &str) -> [(&str, &str); 6] {
    [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("client_id", CLIENT_ID),
        ("client_secret", CLIENT_SECRET),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
    ]
}

fn renewal(refresh_token: &str) -> [(&str, &str); 4] {
    [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh_token),
        ("client_id", CLIENT_ID),
        ("client_secret", CLIENT_SECRET),
    ]
}

async fn code(google: &Google, changes: &[(&str, Option<&str>)]) -> String {
    let back = google
        .consents(&address(google, changes), Consent::allow(OAK))
        .await
        .unwrap();
    param(&back, "code").unwrap()
}

#[tokio::test]
async fn consent_gives_a_code_that_is_good_once() {
    let (google, _) = google().await;
    let back = google
        .consents(&address(&google, &[]), Consent::allow(OAK))
        .await
        .unwrap();
    assert_eq!(param(&back, "state").as_deref(), Some("our-state"));
    let code = param(&back, "code").unwrap();
    let (status, granted) = token(&google, &exchange(&code)).await;
    assert_eq!(status, 200, "{granted}");
    assert!(granted["refresh_token"].is_string() && granted["id_token"].is_string());
    let scope = granted["scope"].as_str().unwrap();
    assert!(
        scope.contains(MODIFY) && scope.contains("userinfo.email"),
        "{scope}"
    );
    let (status, refusal) = token(&google, &exchange(&code)).await;
    assert_eq!(
        (status, refusal["error"].as_str()),
        (400, Some("invalid_grant"))
    );
}

#[tokio::test]
async fn a_consent_page_is_not_shown_for_a_wrong_request() {
    let (google, _) = google().await;
    google.account(OAK);
    let wrong = [
        ("client_id", Some("somebody-else"), "invalid_client"),
        (
            "redirect_uri",
            Some("https://evil.test/callback"),
            "redirect_uri_mismatch",
        ),
        (
            "redirect_uri",
            Some("https://app.oak.test/callback/"),
            "redirect_uri_mismatch",
        ),
        ("response_type", None, "invalid_request"),
        ("response_type", Some("token"), "unsupported_response_type"),
        ("scope", Some("openid gmail.everything"), "invalid_scope"),
        ("access_type", Some("forever"), "invalid_request"),
        ("code_challenge_method", Some("plain"), "invalid_request"),
        ("code_challenge", Some("short"), "invalid_request"),
    ];
    for (name, value, error) in wrong {
        let shown = google
            .consents(&address(&google, &[(name, value)]), Consent::allow(OAK))
            .await;
        let page = shown.unwrap_err();
        assert!(page.contains(error), "{name} {value:?}: {page}");
    }
    assert!(
        google
            .consents(&address(&google, &[]), Consent::allow(OAK))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_person_may_deny_and_may_untick() {
    let (google, _) = google().await;
    let back = google
        .consents(&address(&google, &[]), Consent::deny(OAK))
        .await
        .unwrap();
    assert_eq!(param(&back, "error").as_deref(), Some("access_denied"));
    assert_eq!(param(&back, "state").as_deref(), Some("our-state"));
    let unticked = Consent::allow(OAK).without(MODIFY);
    let back = google
        .consents(&address(&google, &[]), unticked)
        .await
        .unwrap();
    let code = param(&back, "code").unwrap();
    let (_, granted) = token(&google, &exchange(&code)).await;
    let scope = granted["scope"].as_str().unwrap();
    assert!(
        scope.contains("openid") && !scope.contains(MODIFY),
        "{scope}"
    );
}

#[tokio::test]
async fn a_refresh_token_comes_with_the_first_consent_or_a_forced_one() {
    let (google, _) = google().await;
    let refresh = async |changes| {
        let code = code(&google, changes).await;
        token(&google, &exchange(&code)).await.1["refresh_token"].is_string()
    };
    assert!(refresh(&[]).await, "the first");
    assert!(!refresh(&[]).await, "the second");
    assert!(
        refresh(&[("prompt", Some("consent"))]).await,
        "a forced one"
    );
    google.revoke(OAK);
    assert!(
        !refresh(&[("access_type", Some("online"))]).await,
        "never for online access"
    );
}

#[tokio::test]
async fn a_code_is_exchanged_only_by_who_asked_for_it_and_in_time() {
    let (google, clock) = google().await;
    let wrong = [
        (
            "code_verifier",
            "another-verifier-that-is-long-enough-to-be-one-at-all",
            400,
            "invalid_grant",
        ),
        (
            "redirect_uri",
            "https://app.oak.test/other",
            400,
            "redirect_uri_mismatch",
        ),
        ("client_secret", "wrong", 401, "invalid_client"),
        ("client_id", "somebody-else", 401, "invalid_client"),
        ("grant_type", "password", 400, "unsupported_grant_type"),
    ];
    let code = code(&google, &[]).await;
    for (name, value, status, error) in wrong {
        let mut form = exchange(&code);
        form.iter_mut()
            .filter(|(field, _)| *field == name)
            .for_each(|field| field.1 = value);
        let (got, refusal) = token(&google, &form).await;
        assert_eq!(
            (got, refusal["error"].as_str()),
            (status, Some(error)),
            "{name}"
        );
    }
    clock.fetch_add(10 * 60 * 1000, Ordering::SeqCst);
    let (_, late) = token(&google, &exchange(&code)).await;
    assert_eq!(late["error"], "invalid_grant");
    let fresh = self::code(&google, &[]).await;
    assert_eq!(token(&google, &exchange(&fresh)).await.0, 200);
}

#[tokio::test]
async fn the_token_endpoint_reads_forms_only() {
    let (google, _) = google().await;
    let tokens = google.grants(OAK, &[MODIFY]);
    let form = renewal(&tokens.refresh_token);
    assert_eq!(token(&google, &form).await.0, 200);
    let json: std::collections::BTreeMap<_, _> = form.into_iter().collect();
    let request = server::client().post(google.token_url()).json(&json);
    let (status, refusal) = answer(request.send().await.unwrap()).await;
    assert_eq!(
        (status, refusal["error"].as_str()),
        (400, Some("invalid_request"))
    );
}

#[tokio::test]
async fn an_access_token_lives_an_hour_and_a_refresh_gives_another() {
    let (google, clock) = google().await;
    let tokens = google.grants(OAK, &[MODIFY]);
    let old = Caller {
        google: google.clone(),
        token: tokens.access_token,
    };
    assert_eq!(old.get("profile").await.0, 200);
    clock.fetch_add(3600 * 1000, Ordering::SeqCst);
    assert_eq!(old.get("profile").await.0, 401);
    let (_, fresh) = token(&google, &renewal(&tokens.refresh_token)).await;
    assert!(
        fresh.get("refresh_token").is_none(),
        "a refresh keeps the refresh token"
    );
    let fresh = fresh["access_token"].as_str().unwrap().to_owned();
    assert_eq!(
        Caller {
            google,
            token: fresh
        }
        .get("profile")
        .await
        .0,
        200
    );
}

#[tokio::test]
async fn a_revoked_grant_is_not_a_wrong_secret() {
    let (google, _) = google().await;
    let tokens = google.grants(OAK, &[MODIFY]);
    google.client_secret_becomes("another");
    let (status, refusal) = token(&google, &renewal(&tokens.refresh_token)).await;
    assert_eq!(
        (status, refusal["error"].as_str()),
        (401, Some("invalid_client"))
    );
    google.client_secret_becomes(CLIENT_SECRET);
    assert_eq!(token(&google, &renewal(&tokens.refresh_token)).await.0, 200);
    google.revoke(OAK);
    let (status, refusal) = token(&google, &renewal(&tokens.refresh_token)).await;
    assert_eq!(
        (status, refusal["error"].as_str()),
        (400, Some("invalid_grant"))
    );
}
