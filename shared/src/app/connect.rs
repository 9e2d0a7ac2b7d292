//! Connecting a property's mailbox and giving it up again. Scopes and account are checked before
//! anything is stored.

use std::time::Duration;

use secrecy::SecretString;
use serde_json::json;
use tracing::{info, warn};

use super::App;
use super::access::{self, Right, User};
use super::consent::{self, Callback, Consented, Outcome, Purpose, Started};
use super::grants::{self, Account};
use super::revocations;
use crate::domain::ids::{self, MailboxId, PropertyId};
use crate::error::{Result, chain};
use crate::google;
use crate::google::gmail::{Profile, Watching};
use crate::google::oauth::Granted;
use crate::queue::Job;
use crate::store::accounts::Holder;
use crate::store::audit::{self, Actor, Entry};
use crate::store::mailboxes::{self, Connection, Status};
use crate::store::{self, Tx};

const MODIFY: &str = "https://www.googleapis.com/auth/gmail.modify";
const PURPOSE: Purpose = Purpose {
    name: "gmail",
    scopes: &["openid", "email", MODIFY],
    callback: "/api/lumaleasing/gmail/callback",
    right: Right::Manage,
};
/// How long a person who disconnects waits for Google.
const COURTESY: Duration = Duration::from_secs(5);

/// Starts the consent for a property's mailbox.
pub async fn begin(app: &App, user: &User, property: PropertyId) -> Result<Started> {
    access::may(app, user, property, PURPOSE.right).await?;
    let tx = app.of(property).await?;
    let known = mailboxes::of_property(&tx, property).await?;
    tx.commit().await?;
    let known = known.filter(|known| known.status != Status::Disconnected);
    let hint = known.as_ref().map(|mailbox| mailbox.address.as_str());
    consent::begin(app, user, property, &PURPOSE, hint).await
}

/// Finishes the consent: checks it, stores the grant, starts the watch. Answers where the browser goes.
///
/// Everything at Google happens before the one transaction; a stop before it leaves at most a watch
/// whose pushes nobody knows, which are acknowledged and ignored.
pub async fn finish(app: &App, callback: Callback) -> Result<String> {
    let consented = match consent::finish(app, callback, &PURPOSE).await? {
        Outcome::Granted(consented) => consented,
        Outcome::Refused(code) => return Ok(consent::failed(&code)),
    };
    let Consented {
        user,
        property,
        granted,
    } = *consented;
    match store(app, &user, property, &granted).await {
        Ok(address) => Ok(consent::succeeded(&PURPOSE, &address)),
        Err(refusal) => {
            consent::give_up(app, &granted).await?;
            Ok(consent::failed(refusal))
        }
    }
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
    mailboxes::one_consent_at_a_time(&tx, property).await?;
    let known = mailboxes::of_property(&tx, property).await?;
    let id = known
        .as_ref()
        .map_or_else(|| MailboxId(ids::fresh()), |known| known.id);
    if let Some(known) = &known {
        // Another account takes the place of a connected one. The same account's older grant is left
        // alone: Google revokes all grants of an account together.
        if known.google_subject.as_deref() != Some(subject) {
            revocations::owe(app, &tx, &known.account(), now).await?;
        }
    }
    let seal = |column, secret| {
        app.cipher().seal(
            &grants::place(Holder::Mailbox(id), property, column),
            secret,
        )
    };
    let connection = Connection {
        id,
        property,
        address: &profile.address,
        google_subject: subject,
        access: &seal("access_token", &granted.access),
        refresh: &seal("refresh_token", refresh),
        expires_at: grants::expiry(granted, now),
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

/// Gives the mailbox up: stops the watch, erases the grant, revokes it at Google. May be repeated.
///
/// The erasure does not wait for Google: a watch that could not be stopped pushes at nobody and ends by
/// itself, and a revocation that did not succeed is owed and tried again by the sweep.
pub async fn disconnect(app: &App, user: &User, property: PropertyId) -> Result<()> {
    access::may(app, user, property, Right::Manage).await?;
    let tx = app.of(property).await?;
    let mailbox = mailboxes::of_property(&tx, property).await?;
    tx.commit().await?;
    let Some(mailbox) = mailbox.filter(|mailbox| mailbox.status != Status::Disconnected) else {
        return Ok(());
    };
    let mut account = Account::of(app, mailbox.account());
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
    if mailboxes::disconnect(&tx, mailbox.id, now).await? {
        revocations::owe(app, &tx, &mailbox.account(), now).await?;
        record(&tx, property, user, "mailbox.disconnected", mailbox.id).await?;
    }
    tx.commit().await?;
    if tokio::time::timeout(COURTESY, revocations::settle(app))
        .await
        .is_err()
    {
        warn!(mailbox.id = %mailbox.id, "The grant of mailbox {} is revoked later", mailbox.id);
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
