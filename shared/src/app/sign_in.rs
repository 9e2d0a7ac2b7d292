//! Signing in to the dashboard: with a token of the host's, or with Google.
//!
//! Google says who somebody is, and nothing more: the verified address has to be that of one active user of the
//! host. The request is bound to the browser by a cookie, and its answer to the request by `state`, PKCE and a
//! nonce (RFC 9700 section 2.1.1).

use std::time::Duration;

use secrecy::SecretString;
use tracing::{info, warn};
use uuid::Uuid;

use super::App;
use super::access::{self, User};
use super::consent::{self, Callback, Started};
use crate::crypto::{self, Place};
use crate::error::{Error, Result, chain};
use crate::google::oauth::{self, Account};
use crate::store::{limits, oauth_states, people};
use crate::telemetry::{Unit, metric};

const CALLBACK: &str = "/dashboard/session/google";
const SCOPES: &[&str] = &["openid", "email"];
/// Attempts of one network address per [`WINDOW`]: an office shares one.
const ATTEMPTS: i32 = 30;
const WINDOW: Duration = Duration::from_secs(60);

/// How signing in with Google ended.
pub enum Outcome {
    Known(User),
    /// Refused; the code of the sentence that the page shows.
    Refused(&'static str),
}

/// Signs in with an access token of the host's, as its own pages do for their users.
///
/// # Errors
/// `Unauthenticated` for a token that is none, `TooMany` after 30 attempts of one source in a minute.
pub async fn by_token(app: &App, source: &str, token: &str) -> Result<User> {
    count(app, source).await?;
    let user = access::user(app, Some(&format!("Bearer {token}"))).await;
    if matches!(user, Err(Error::Unauthenticated)) {
        note_refusal("token");
    }
    user
}

/// Sends somebody to Google.
pub async fn begin(app: &App, source: &str) -> Result<Started> {
    count(app, source).await?;
    let (state, browser, verifier) = (
        crypto::random_token(),
        crypto::random_token(),
        crypto::random_token(),
    );
    let state_hash = crypto::sha256(state.as_bytes());
    let browser_hash = crypto::sha256(browser.as_bytes());
    let challenge = crypto::pkce_challenge(&verifier);
    let sealed = app
        .cipher()
        .seal(&place(&state_hash), &SecretString::from(verifier));
    let tx = app.everywhere().await?;
    let expires_at = app.now() + consent::CONSENT_TIME;
    oauth_states::insert_sign_in(&tx, state_hash, browser_hash, &sealed, expires_at).await?;
    tx.commit().await?;
    let url = app.google().oauth().consent_url(&oauth::Consent {
        redirect_uri: &consent::redirect_uri(app, CALLBACK),
        scopes: SCOPES,
        state: &state,
        challenge: &challenge,
        login_hint: None,
        force_consent: false,
        nonce: Some(&nonce(&browser)),
    });
    Ok(Started {
        url: url.into(),
        browser,
    })
}

/// Hears who it is. The tokens that come along are thrown away: to revoke them would end every grant of
/// that account, its mailbox's and its calendar's too.
///
/// # Errors
/// `Invalid` for a state that is unknown, used, expired, or of another browser.
pub async fn finish(app: &App, source: &str, callback: Callback) -> Result<Outcome> {
    count(app, source).await?;
    let (Some(state), Some(browser)) = (&callback.state, &callback.browser) else {
        return Err(Error::invalid(
            "state",
            "missing, or not started in this browser",
        ));
    };
    let state_hash = crypto::sha256(state.as_bytes());
    let browser_hash = crypto::sha256(browser.as_bytes());
    let tx = app.everywhere().await?;
    let sealed = oauth_states::take_sign_in(&tx, state_hash, browser_hash, app.now()).await?;
    tx.commit().await?;
    let Some(sealed) = sealed else {
        return Err(Error::invalid("state", "unknown, used or expired"));
    };
    if callback.error.is_some() {
        return Ok(refused("signin_denied"));
    }
    let Some(code) = &callback.code else {
        return Err(Error::invalid("code", "missing"));
    };
    let verifier = app
        .cipher()
        .open(&place(&state_hash), &sealed)
        .map_err(Error::internal)?;
    let account = match identify(app, code, &verifier).await {
        Some(account) if account.nonce.as_deref() == Some(nonce(browser).as_str()) => account,
        _ => return Ok(refused("signin_failed")),
    };
    if !account.email_verified {
        return Ok(refused("signin_unverified"));
    }
    let tx = app.everywhere().await?;
    let id = people::by_email(&tx, &account.email).await?;
    tx.commit().await?;
    let Some(id) = id else {
        return Ok(refused("signin_unknown"));
    };
    match access::admitted(app, id, None).await {
        Ok(user) => {
            info!(user.id = %user.id, "User {} signed in with Google", user.id);
            Ok(Outcome::Known(user))
        }
        Err(Error::Unauthenticated) => Ok(refused("signin_unknown")),
        Err(other) => Err(other),
    }
}

/// Where Google's page is: a form of ours may send the browser there.
pub fn google_origin(app: &App) -> String {
    let url = &app.config().google.urls.accounts;
    url.origin().ascii_serialization()
}

async fn identify(app: &App, code: &str, verifier: &SecretString) -> Option<Account> {
    let oauth = app.google().oauth();
    let redirect_uri = consent::redirect_uri(app, CALLBACK);
    let exchange = oauth.exchange(code, verifier, &redirect_uri);
    match tokio::time::timeout(consent::PATIENCE, exchange).await {
        Ok(Ok(granted)) => granted.account,
        Ok(Err(error)) => {
            warn!(error = chain(&error), "Google did not say who signs in");
            None
        }
        Err(_) => None,
    }
}

/// Only the browser that began can know it.
fn nonce(browser: &str) -> String {
    crypto::pkce_challenge(browser)
}

async fn count(app: &App, source: &str) -> Result<()> {
    let now = app.now();
    let tx = app.everywhere().await?;
    let hits = limits::hit(&tx, &format!("signin:{source}"), WINDOW, now).await?;
    tx.commit().await?;
    if hits.count > ATTEMPTS {
        note_refusal("too_many");
        let retry_after = (hits.ends_at - now).to_std().unwrap_or(WINDOW);
        return Err(Error::TooMany { retry_after });
    }
    Ok(())
}

fn refused(code: &'static str) -> Outcome {
    note_refusal(code);
    Outcome::Refused(code)
}

fn note_refusal(reason: &'static str) {
    warn!(reason, "A sign-in is refused");
    metric("sign_in_refused", 1.0, Unit::Count, &[("reason", reason)]);
}

/// A sign-in belongs to no property yet; its own state tells one row from another.
fn place(state_hash: &[u8; 32]) -> Place {
    let mut row = [0; 16];
    row.copy_from_slice(&state_hash[..16]);
    Place {
        table: "oauth_states",
        row: Uuid::from_bytes(row),
        column: "sealed_verifier",
        tenant: Uuid::nil(),
    }
}
