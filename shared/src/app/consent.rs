//! A person's consent at Google, from the link to the granted tokens.
//!
//! It is bound to the user *and* the browser that started it, used once, for ten minutes (RFC 9700
//! section 4.7). What is done with the grant is for who asked: [`super::connect`] for a mailbox,
//! [`super::calendars`] for an agent's calendar.

use std::time::Duration;

use chrono::TimeDelta;
use secrecy::SecretString;
use tracing::warn;

use super::App;
use super::access::{self, Right, User};
use crate::crypto::{self, Place};
use crate::domain::ids::PropertyId;
use crate::error::{Error, Result, chain};
use crate::google::oauth::{self, Granted};
use crate::store::{accounts, oauth_states};

pub(super) const CONSENT_TIME: TimeDelta = TimeDelta::minutes(10);
/// How long each half of a consent waits for Google, so that it is refused rather than killed half-way:
/// the API gives up after 30 seconds.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// What is asked of Google, and by which of our doors.
pub struct Purpose {
    /// `gmail` or `calendar`: begins the codes that the dashboard shows.
    pub name: &'static str,
    pub scopes: &'static [&'static str],
    /// The path of the callback.
    pub callback: &'static str,
    /// What a user needs to connect such an account.
    pub right: Right,
}

/// A consent under way.
pub struct Started {
    /// Google's consent page.
    pub url: String,
    /// The secret half that stays in this browser, in a cookie.
    pub browser: String,
}

/// What the browser brings back from Google.
pub struct Callback {
    pub code: Option<String>,
    pub state: Option<String>,
    pub error: Option<String>,
    pub browser: Option<String>,
}

/// How a consent ended.
pub enum Outcome {
    Granted(Box<Consented>),
    /// Refused; the code for the dashboard.
    Refused(String),
}

/// Who consented to what.
pub struct Consented {
    pub user: User,
    pub property: PropertyId,
    pub granted: Granted,
}

/// Starts a consent. `login_hint` is the account that should be chosen.
pub async fn begin(
    app: &App,
    user: &User,
    property: PropertyId,
    purpose: &Purpose,
    login_hint: Option<&str>,
) -> Result<Started> {
    let (state, browser, verifier) = (
        crypto::random_token(),
        crypto::random_token(),
        crypto::random_token(),
    );
    let state_hash = crypto::sha256(state.as_bytes());
    let browser_hash = crypto::sha256(browser.as_bytes());
    let challenge = crypto::pkce_challenge(&verifier);
    let verifier = app
        .cipher()
        .seal(&verifier_place(property), &SecretString::from(verifier));

    let tx = app.of(property).await?;
    let consent = oauth_states::Consent {
        property,
        profile: user.id,
        verifier,
    };
    let expires_at = app.now() + CONSENT_TIME;
    let name = purpose.name;
    oauth_states::insert(&tx, state_hash, browser_hash, name, &consent, expires_at).await?;
    tx.commit().await?;

    let url = app.google().oauth().consent_url(&oauth::Consent {
        redirect_uri: &redirect_uri(app, purpose.callback),
        scopes: purpose.scopes,
        state: &state,
        challenge: &challenge,
        login_hint,
        force_consent: true, // Google sends a refresh token only on consent
        nonce: None,
    });
    Ok(Started {
        url: url.into(),
        browser,
    })
}

/// Checks what the browser brings back and exchanges the code.
///
/// # Errors
/// `Invalid` for a state that is unknown, used, expired, or of another browser or purpose.
pub async fn finish(app: &App, callback: Callback, purpose: &Purpose) -> Result<Outcome> {
    let (Some(state), Some(browser)) = (&callback.state, &callback.browser) else {
        return Err(Error::invalid(
            "state",
            "missing, or not started in this browser",
        ));
    };
    let hashes = (
        crypto::sha256(state.as_bytes()),
        crypto::sha256(browser.as_bytes()),
    );
    let tx = app.everywhere().await?;
    let consent = oauth_states::take(&tx, hashes.0, hashes.1, purpose.name, app.now()).await?;
    tx.commit().await?;
    let Some(consent) = consent else {
        return Err(Error::invalid("state", "unknown, used or expired"));
    };
    if let Some(error) = &callback.error {
        let how = if error == "access_denied" {
            "denied"
        } else {
            "refused"
        };
        return Ok(Outcome::Refused(format!("{}_{how}", purpose.name)));
    }
    let Some(code) = &callback.code else {
        return Err(Error::invalid("code", "missing"));
    };
    // Rights may have been taken away while Google's page was open.
    let user = access::by_id(app, consent.profile).await?;
    access::may(app, &user, consent.property, purpose.right).await?;

    let verifier = app
        .cipher()
        .open(&verifier_place(consent.property), &consent.verifier)
        .map_err(Error::internal)?;
    let oauth = app.google().oauth();
    let redirect_uri = redirect_uri(app, purpose.callback);
    let exchange = oauth.exchange(code, &verifier, &redirect_uri);
    match tokio::time::timeout(PATIENCE, exchange).await {
        Ok(Ok(granted)) => Ok(Outcome::Granted(Box::new(Consented {
            user,
            property: consent.property,
            granted,
        }))),
        Ok(Err(error)) => {
            warn!(error = chain(&error), "Google did not exchange the code");
            Ok(Outcome::Refused("token_exchange_failed".into()))
        }
        Err(_) => Ok(Outcome::Refused("token_exchange_failed".into())),
    }
}

/// Where the browser goes in the end: the page of the host's dashboard that reads these names.
pub fn succeeded(purpose: &Purpose, address: &str) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("success", &format!("{}_connected", purpose.name))
        .append_pair("email", address)
        .finish();
    format!("/dashboard/lumaleasing?{query}")
}

/// Where the browser goes with a code that says why not.
pub fn failed(code: &str) -> String {
    format!("/dashboard/lumaleasing?error={code}")
}

/// Nothing of this grant was stored, so nobody else would ever give it back. But Google revokes all
/// grants of an account together: one that is connected elsewhere is left alone.
pub async fn give_up(app: &App, granted: &Granted) -> Result<()> {
    let Some(account) = &granted.account else {
        return Ok(());
    };
    let tx = app.everywhere().await?;
    let in_use = accounts::in_use(&tx, &account.subject).await?;
    tx.commit().await?;
    if !in_use && let Err(error) = app.google().oauth().revoke(&granted.access).await {
        warn!(
            error = chain(&error),
            "A refused grant could not be revoked"
        );
    }
    Ok(())
}

/// The whole address of a callback, as it is registered with Google.
pub(super) fn redirect_uri(app: &App, callback: &str) -> String {
    let base = app.config().web.public_url.as_str().trim_end_matches('/');
    format!("{base}{callback}")
}

fn verifier_place(property: PropertyId) -> Place {
    Place {
        table: "oauth_states",
        row: property.0,
        column: "sealed_verifier",
        tenant: property.0,
    }
}
