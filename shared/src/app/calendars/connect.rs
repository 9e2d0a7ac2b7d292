//! Connecting an agent's own calendar at a property, and giving it up again. Scopes and account are
//! checked before anything is stored.

use std::time::Duration;

use secrecy::SecretString;
use serde_json::json;
use tracing::{info, warn};

use super::{agent, channels, nudge_bookings};
use crate::app::access::{self, Right, User};
use crate::app::consent::{self, Callback, Consented, Outcome, Purpose, Started};
use crate::app::{App, grants, revocations};
use crate::domain::ids::{AgentCalendarId, BookingId, CalendarId, ProfileId, PropertyId};
use crate::domain::zone;
use crate::error::{Result, chain};
use crate::google;
use crate::google::oauth::{self, Granted};
use crate::queue::Job;
use crate::store::accounts::{Holder, Status};
use crate::store::agent_calendars::connecting::{self, Connection};
use crate::store::agent_calendars::{self, AgentCalendar, events};
use crate::store::audit::{self, Actor, Entry};
use crate::store::channels as stored_channels;
use crate::store::{self, Tx};

const EVENTS: &str = "https://www.googleapis.com/auth/calendar.events";
const FREE_BUSY: &str = "https://www.googleapis.com/auth/calendar.freebusy";
/// For the list to choose a calendar from. Whoever refuses it names the calendar by hand.
pub(super) const LIST: &str = "https://www.googleapis.com/auth/calendar.calendarlist.readonly";
const PURPOSE: Purpose = Purpose {
    name: "calendar",
    scopes: &["openid", "email", EVENTS, FREE_BUSY, LIST],
    callback: "/api/calendar/callback",
    right: Right::See,
};
/// How long the callback waits for the calendar: the API gives up after 30 seconds.
const PATIENCE: Duration = Duration::from_secs(8);
/// How long a person who disconnects waits for Google.
const COURTESY: Duration = Duration::from_secs(5);

/// Starts the consent for the caller's own calendar at a property.
pub async fn begin(app: &App, user: &User, property: PropertyId) -> Result<Started> {
    let tx = app.of(property).await?;
    access::require(&tx, user, property, PURPOSE.right).await?;
    let known = agent_calendars::of_agent(&tx, property, user.id).await?;
    tx.commit().await?;
    let known = known.filter(|known| known.status != Status::Disconnected);
    let hint = known.as_ref().map(|known| known.google_email.as_str());
    consent::begin(app, user, property, &PURPOSE, hint).await
}

/// Finishes the consent: checks it, stores the grant, opens a channel. Answers where the browser goes.
///
/// Once the grant is stored the calendar is connected: a channel that did not open is tried again by the
/// hourly renewal, and the sweep reads the calendar meanwhile.
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
    if !granted.lacks(&[EVENTS, FREE_BUSY]).is_empty() {
        return Err("missing_scope"); // granular consent: a box was unticked
    }
    let refresh = granted.refresh.as_ref().ok_or("missing_tokens")?;
    let account = granted.account.as_ref().ok_or("missing_account")?;
    if !account.email_verified {
        return Err("unverified_account");
    }
    let timezone = look(app, &granted.access).await.map_err(|error| {
        warn!(error = chain(&error), "The new calendar could not be read");
        "calendar_unreachable"
    })?;
    let consent = NewGrant {
        granted,
        refresh,
        account,
        timezone,
    };
    let stored = stop_others(app, user, property, account).await;
    let stored = match stored {
        Ok(()) => write(app, user, property, &consent).await,
        Err(error) => Err(error),
    };
    match stored {
        Ok((id, bookings)) => {
            info!(calendar.id = %id, property.id = %property, "Calendar {id} is connected");
            channels::open_soon(app, property, id).await;
            app.queue().nudge(Job::Calendar(id), Duration::ZERO).await;
            nudge_bookings(app, &bookings).await;
            Ok(account.email.clone())
        }
        Err(error) => {
            warn!(error = chain(&error), "The grant could not be stored");
            Err("database_error")
        }
    }
}

/// A grant that was found good.
struct NewGrant<'a> {
    granted: &'a Granted,
    refresh: &'a SecretString,
    account: &'a oauth::Account,
    timezone: Option<String>,
}

/// The zone of the account's own calendar, which proves that it can be read. A name that is not a zone
/// is none: then the property's counts.
async fn look(app: &App, access: &SecretString) -> google::Result<Option<String>> {
    let calendar = app.google().calendar(access);
    let primary = CalendarId("primary".to_owned());
    let zone = match tokio::time::timeout(PATIENCE, calendar.zone(&primary)).await {
        Ok(zone) => zone?,
        Err(_) => return Err(google::Error::Unreachable("no answer in time".into())),
    };
    Ok(zone::find(&zone).map(|_| zone))
}

/// The channels of another account, which this one replaces, can only be stopped with its grant.
async fn stop_others(
    app: &App,
    user: &User,
    property: PropertyId,
    account: &oauth::Account,
) -> store::Result<()> {
    let tx = app.of(property).await?;
    let known = agent_calendars::of_agent(&tx, property, user.id).await?;
    let alive = match &known {
        Some(known) if !known.is_of(&account.subject, &account.email) => {
            stored_channels::of_calendar(&tx, known.id).await?
        }
        _ => Vec::new(),
    };
    tx.commit().await?;
    if let Some(known) = known.filter(|_| !alive.is_empty()) {
        channels::stop(app, &known, &alive).await;
    }
    Ok(())
}

/// One transaction. Answers the tours whose events are to be written again.
async fn write(
    app: &App,
    user: &User,
    property: PropertyId,
    new: &NewGrant<'_>,
) -> store::Result<(AgentCalendarId, Vec<BookingId>)> {
    let now = app.now();
    let account = new.account;
    let tx = app.of(property).await?;
    let known = connecting::claim(&tx, property, user.id).await?;
    let is_same = known.is_of(&account.subject, &account.email);
    if !is_same {
        // The same account's older grant is left alone: Google revokes all grants of an account together.
        revocations::owe(app, &tx, &known.account(), now).await?;
        stored_channels::forget_all(&tx, known.id).await?;
    }
    let seal = |column, secret| {
        let place = grants::place(Holder::Calendar(known.id), property, column);
        app.cipher().seal(&place, secret)
    };
    let connection = Connection {
        google_email: &account.email,
        google_subject: &account.subject,
        access: &seal("access_token", &new.granted.access),
        refresh: &seal("refresh_token", new.refresh),
        expires_at: grants::expiry(new.granted, now),
        scopes: new.granted.scopes.iter().cloned().collect(),
        timezone: new.timezone.as_deref(),
    };
    connecting::connect(&tx, &known, &connection, now).await?;
    let bookings = if is_same {
        events::resume(&tx, known.id, now).await?
    } else {
        events::begin_anew(&tx, known.id, now).await?
    };
    let action = match known.status {
        Status::Connected | Status::ReauthRequired => "calendar.reconnected",
        Status::Disconnected => "calendar.connected",
    };
    record(&tx, user, &known, action).await?;
    tx.commit().await?;
    Ok((known.id, bookings))
}

/// Gives a calendar up, one's own or, for an admin or manager, a named agent's: stops its channels,
/// erases the grant, revokes it at Google. May be repeated. Tours that are booked stand, and are not
/// written to the calendar any more.
///
/// The erasure does not wait for Google: a channel that could not be stopped pushes at nobody and ends by
/// itself, and a revocation that did not succeed is owed and tried again by the sweep.
pub async fn disconnect(
    app: &App,
    user: &User,
    property: PropertyId,
    named: Option<ProfileId>,
) -> Result<()> {
    let tx = app.of(property).await?;
    let agent = agent(&tx, user, property, named).await?;
    let calendar = agent_calendars::of_agent(&tx, property, agent).await?;
    tx.commit().await?;
    let Some(calendar) = calendar else {
        return match named {
            Some(other) if other != user.id => Err(super::absent(named, agent, user)),
            _ => Ok(()),
        };
    };
    if calendar.status == Status::Disconnected {
        return Ok(());
    }
    channels::stop_all(app, &calendar).await?;

    let now = app.now();
    let tx = app.of(property).await?;
    // Read again: the grant may have been refreshed while the channels were stopped.
    let held = connecting::hold(&tx, property, agent).await?;
    let calendar = held.unwrap_or(calendar);
    if connecting::disconnect(&tx, calendar.id, now).await? {
        revocations::owe(app, &tx, &calendar.account(), now).await?;
        stored_channels::forget_all(&tx, calendar.id).await?;
        events::strand(&tx, calendar.id, now).await?;
        record(&tx, user, &calendar, "calendar.disconnected").await?;
    }
    tx.commit().await?;
    if tokio::time::timeout(COURTESY, revocations::settle(app))
        .await
        .is_err()
    {
        warn!(calendar.id = %calendar.id, "The grant of calendar {} is revoked later", calendar.id);
    }
    Ok(())
}

async fn record(tx: &Tx, user: &User, calendar: &AgentCalendar, action: &str) -> store::Result<()> {
    let entry = Entry {
        property: calendar.property,
        actor: Actor::User(user.id),
        action,
        entity: "agent_calendars",
        entity_id: calendar.id.0,
        before: None,
        after: Some(json!({ "profile_id": calendar.agent.0 })),
    };
    audit::append(tx, &entry).await
}
