//! Connecting a property's mailbox and giving it up again.
//!
//! Consent is bound to the user *and* the browser that started it, used once, for ten minutes
//! (RFC 9700 section 4.7). Scopes and account are checked before anything is stored.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use serde_json::json;
use tracing::{info, warn};

use super::App;
use super::access::{self, User};
use super::grants::{self, Account};
use crate::crypto::{self, Place};
use crate::domain::ids::{self, MailboxId, PropertyId};
use crate::error::{Error, Result, chain};
use crate::google;
use crate::google::gmail::{Profile, Watching};
use crate::google::oauth::{Consent, Granted};
use crate::queue::Job;
use crate::store::audit::{self, Actor, Entry};
use crate::store::mailboxes::{self, Connection, Mailbox, Status};
use crate::store::{self, Tx, leads, oauth_states};

const PURPOSE: &str = "gmail";
const MODIFY: &str = "https://www.googleapis.com/auth/gmail.modify";
const SCOPES: [&str; 3] = ["openid", "email", MODIFY];
const CONSENT_TIME: TimeDelta = TimeDelta::minutes(10);
/// How long each half of a consent waits for Google, so that it is refused rather than killed half-way:
/// the API gives up after 30 seconds.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a person who disconnects waits for Google.
const COURTESY: Duration = Duration::from_secs(5);

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

/// Starts the consent for a property's mailbox.
pub async fn begin(app: &App, user: &User, property: PropertyId) -> Result<Started> {
    access::may_manage(app, user, property).await?;
    let (state, browser, verifier) = (
        crypto::random_token(),
        crypto::random_token(),
        crypto::random_token(),
    );
    let state_hash = crypto::sha256(state.as_bytes());
    let challenge = crypto::pkce_challenge(&verifier);
    let verifier = app
        .cipher()
        .seal(&verifier_place(property), &SecretString::from(verifier));

    let tx = app.of(property).await?;
    let known = mailboxes::of_property(&tx, property).await?;
    let consent = oauth_states::Consent {
        property,
        profile: user.id,
        verifier,
    };
    let browser_hash = crypto::sha256(browser.as_bytes());
    let expires_at = app.now() + CONSENT_TIME;
    oauth_states::insert(&tx, state_hash, browser_hash, PURPOSE, &consent, expires_at).await?;
    tx.commit().await?;

    let login_hint = known.filter(|known| known.status != Status::Disconnected);
    let url = app.google().oauth().consent_url(&Consent {
        redirect_uri: &redirect_uri(app),
        scopes: &SCOPES,
        state: &state,
        challenge: &challenge,
        login_hint: login_hint.as_ref().map(|mailbox| mailbox.address.as_str()),
        force_consent: true, // Google sends a refresh token only on consent
    });
    Ok(Started {
        url: url.into(),
        browser,
    })
}

/// Finishes the consent: checks it, stores the grant, starts the watch. Answers where the browser goes.
///
/// Everything at Google happens before the one transaction; a stop before it leaves at most a watch
/// whose pushes nobody knows, which are acknowledged and ignored.
pub async fn finish(app: &App, callback: Callback) -> Result<String> {
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
    let consent = oauth_states::take(&tx, hashes.0, hashes.1, PURPOSE, app.now()).await?;
    tx.commit().await?;
    let Some(consent) = consent else {
        return Err(Error::invalid("state", "unknown, used or expired"));
    };
    if let Some(error) = &callback.error {
        let code = if error == "access_denied" {
            "gmail_denied"
        } else {
            "gmail_refused"
        };
        return Ok(failed(code));
    }
    let Some(code) = &callback.code else {
        return Err(Error::invalid("code", "missing"));
    };
    // Rights may have been taken away while Google's page was open.
    let user = access::by_id(app, consent.profile).await?;
    access::may_manage(app, &user, consent.property).await?;

    let verifier = app
        .cipher()
        .open(&verifier_place(consent.property), &consent.verifier)
        .map_err(Error::internal)?;
    let oauth = app.google().oauth();
    let redirect_uri = redirect_uri(app);
    let exchange = oauth.exchange(code, &verifier, &redirect_uri);
    let granted = match tokio::time::timeout(PATIENCE, exchange).await {
        Ok(Ok(granted)) => granted,
        Ok(Err(error)) => {
            warn!(error = chain(&error), "Google did not exchange the code");
            return Ok(failed("token_exchange_failed"));
        }
        Err(_) => return Ok(failed("token_exchange_failed")),
    };
    match store(app, &user, consent.property, &granted).await {
        Ok(address) => Ok(format!(
            "/dashboard/lumaleasing?{}",
            url::form_urlencoded::Serializer::new(String::new())
                .append_pair("success", "gmail_connected")
                .append_pair("email", &address)
                .finish()
        )),
        Err(refusal) => {
            give_up(app, &granted).await?;
            Ok(failed(refusal))
        }
    }
}

/// Nothing of this grant was stored, so nobody else would ever give it back. But Google revokes all
/// grants of an account together: one that is connected elsewhere is left alone.
async fn give_up(app: &App, granted: &Granted) -> Result<()> {
    let Some(account) = &granted.account else {
        return Ok(());
    };
    let tx = app.everywhere().await?;
    let in_use = leads::is_mailbox(&tx, &account.email.to_ascii_lowercase()).await?;
    tx.commit().await?;
    if !in_use && let Err(error) = app.google().oauth().revoke(&granted.access).await {
        warn!(
            error = chain(&error),
            "A refused grant could not be revoked"
        );
    }
    Ok(())
}

/// Checks what was granted and stores it. The error is the code that the dashboard shows.
async fn store(
    app: &App,
    user: &User,
    property: PropertyId,
    granted: &Granted,
) -> Result<String, &'static str> {
    if !granted.lacks(&[MODIFY]).is_empty() {
        return Err("missing_scope"); // granular consent: the box was unticked
    }
    let refresh = granted.refresh.as_ref().ok_or("missing_tokens")?;
    let account = granted.account.as_ref().ok_or("missing_account")?;
    if !account.email_verified {
        return Err("unverified_account");
    }
    let (profile, watching) = look(app, &granted.access).await.map_err(|error| {
        warn!(
            error = chain(&error),
            "The new mailbox could not be read or watched"
        );
        "gmail_unreachable"
    })?;
    if !profile.address.eq_ignore_ascii_case(&account.email) {
        return Err("account_mismatch");
    }
    match write(
        app,
        user,
        property,
        granted,
        refresh,
        &account.subject,
        &profile,
        &watching,
    )
    .await
    {
        Ok(mailbox) => {
            info!(mailbox.id = %mailbox, property.id = %property, "Mailbox {mailbox} is connected");
            app.queue()
                .nudge(Job::Mailbox(mailbox), Duration::ZERO)
                .await;
            Ok(profile.address)
        }
        Err(store::Error::Constraint(name)) if name == "gmail_config_one_owner" => {
            Err("mailbox_in_use")
        }
        Err(error) => {
            warn!(error = chain(&error), "The grant could not be stored");
            Err("database_error")
        }
    }
}

/// The account's name and cursor, and a watch on its inbox.
async fn look(app: &App, access: &SecretString) -> google::Result<(Profile, Watching)> {
    let gmail = app.google().gmail(access);
    let profile = gmail.profile().await?;
    let topic = &app.config().google.topic;
    let watching = match gmail.watch(topic).await {
        Err(google::Error::WatchConflict) => {
            gmail.stop().await?;
            gmail.watch(topic).await?
        }
        answer => answer?,
    };
    Ok((profile, watching))
}

#[expect(
    clippy::too_many_arguments,
    reason = "the facts of one row, gathered from four answers"
)]
async fn write(
    app: &App,
    user: &User,
    property: PropertyId,
    granted: &Granted,
    refresh: &SecretString,
    subject: &str,
    profile: &Profile,
    watching: &Watching,
) -> store::Result<MailboxId> {
    let now = app.now();
    let tx = app.of(property).await?;
    let known = mailboxes::of_property(&tx, property).await?;
    let id = known
        .as_ref()
        .map_or_else(|| MailboxId(ids::fresh()), |known| known.id);
    if let Some(known) = &known {
        give_back(app, &tx, known, subject, now).await?;
    }
    let seal = |column, secret| {
        app.cipher()
            .seal(&grants::place(id, property, column), secret)
    };
    let connection = Connection {
        id,
        property,
        address: &profile.address,
        google_subject: subject,
        access: &seal("access_token", &granted.access),
        refresh: &seal("refresh_token", refresh),
        expires_at: expiry(granted, now),
        scopes: granted.scopes.iter().cloned().collect(),
        // The profile was read before the watch began: nothing lies between the two unseen.
        baseline: profile.history_id.min(watching.history_id),
        watch_expires_at: watching.expires_at,
    };
    let id = mailboxes::connect(&tx, &connection, now).await?;
    let action = match known.map(|known| known.status) {
        Some(Status::Connected | Status::ReauthRequired) => "mailbox.reconnected",
        Some(Status::Disconnected) | None => "mailbox.connected",
    };
    record(&tx, property, user, action, id).await?;
    tx.commit().await?;
    Ok(id)
}

/// Another account takes the place of a connected one: the old grant is owed a revocation.
///
/// The same account's older grant is left alone: Google revokes all grants of an account together, so
/// revoking it would end the new one too.
async fn give_back(
    app: &App,
    tx: &Tx,
    known: &Mailbox,
    subject: &str,
    now: DateTime<Utc>,
) -> store::Result<()> {
    if known.google_subject.as_deref() == Some(subject) {
        return Ok(());
    }
    if let Some((id, token)) = owe(app, known) {
        mailboxes::owe_revocation(tx, id, known, &token, now).await?;
    }
    Ok(())
}

/// Gives the mailbox up: stops the watch, erases the grant, revokes it at Google. May be repeated.
///
/// The erasure does not wait for Google: a watch that could not be stopped pushes at nobody and ends by
/// itself, and a revocation that did not succeed is owed and tried again by the sweep.
pub async fn disconnect(app: &App, user: &User, property: PropertyId) -> Result<()> {
    access::may_manage(app, user, property).await?;
    let tx = app.of(property).await?;
    let mailbox = mailboxes::of_property(&tx, property).await?;
    tx.commit().await?;
    let Some(mailbox) = mailbox.filter(|mailbox| mailbox.status != Status::Disconnected) else {
        return Ok(());
    };
    let mut account = Account::of(app, &mailbox);
    let stop = account.gmail(|gmail| async move { gmail.stop().await });
    if !matches!(tokio::time::timeout(COURTESY, stop).await, Ok(Ok(()))) {
        warn!(mailbox.id = %mailbox.id, "The watch of mailbox {} could not be stopped", mailbox.id);
    }

    let now = app.now();
    let tx = app.of(property).await?;
    // Read again: the grant may have been refreshed while the watch was stopped.
    let mailbox = mailboxes::of_property(&tx, property)
        .await?
        .unwrap_or(mailbox);
    let owed = owe(app, &mailbox);
    if mailboxes::disconnect(&tx, mailbox.id, now).await? {
        if let Some((id, token)) = &owed {
            mailboxes::owe_revocation(&tx, *id, &mailbox, token, now).await?;
        }
        record(&tx, property, user, "mailbox.disconnected", mailbox.id).await?;
    }
    tx.commit().await?;
    if tokio::time::timeout(COURTESY, settle_revocations(app))
        .await
        .is_err()
    {
        warn!(mailbox.id = %mailbox.id, "The grant of mailbox {} is revoked later", mailbox.id);
    }
    Ok(())
}

/// The refresh token, sealed anew to the row that remembers it: the mailbox's own columns are erased.
fn owe(app: &App, mailbox: &Mailbox) -> Option<(uuid::Uuid, crypto::Sealed)> {
    let grant = mailbox.grant.as_ref()?;
    let from = grants::place(mailbox.id, mailbox.property, "refresh_token");
    let token = app.cipher().open(&from, &grant.refresh).ok()?; // damaged: nothing left to revoke with
    let id = ids::fresh();
    Some((
        id,
        app.cipher()
            .seal(&revocation_place(id, mailbox.property), &token),
    ))
}

/// Tells Google about grants that were given up, but for accounts that are connected again. What fails
/// is tried again, less and less often.
pub async fn settle_revocations(app: &App) -> Result<()> {
    let now = app.now();
    let tx = app.everywhere().await?;
    mailboxes::forgive_revocations(&tx).await?;
    let owed = mailboxes::revocations_due(&tx, now, 20).await?;
    tx.commit().await?;
    for revocation in owed {
        let place = revocation_place(revocation.id, revocation.property);
        let told = match app.cipher().open(&place, &revocation.token) {
            Ok(token) => app.google().oauth().revoke(&token).await.is_ok(),
            Err(_) => true, // unreadable: it can never be revoked by us
        };
        let tx = app.everywhere().await?;
        if told {
            mailboxes::revoked(&tx, revocation.id).await?;
        } else {
            let wait = TimeDelta::minutes(1 << revocation.attempts.clamp(0, 10));
            mailboxes::revocation_failed(&tx, revocation.id, now + wait).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

async fn record(
    tx: &Tx,
    property: PropertyId,
    user: &User,
    action: &str,
    id: MailboxId,
) -> store::Result<()> {
    let entry = Entry {
        property,
        actor: Actor::User(user.id),
        action,
        entity: "gmail_config",
        entity_id: id.0,
        before: None,
        after: Some(json!({})),
    };
    audit::append(tx, &entry).await
}

fn expiry(granted: &Granted, now: DateTime<Utc>) -> DateTime<Utc> {
    now + TimeDelta::from_std(granted.expires_in).unwrap_or(TimeDelta::minutes(30))
}

fn redirect_uri(app: &App) -> String {
    let base = app.config().web.public_url.as_str().trim_end_matches('/');
    format!("{base}/api/lumaleasing/gmail/callback")
}

fn failed(code: &str) -> String {
    format!("/dashboard/lumaleasing?error={code}")
}

fn verifier_place(property: PropertyId) -> Place {
    Place {
        table: "oauth_states",
        row: property.0,
        column: "sealed_verifier",
        tenant: property.0,
    }
}

fn revocation_place(id: uuid::Uuid, property: PropertyId) -> Place {
    Place {
        table: "grant_revocations",
        row: id,
        column: "sealed_token",
        tenant: property.0,
    }
}
