//! Agents' calendars as the team sees them, and what an agent decides about tours.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::json;

pub use super::terms::TermsChange;
use super::{absent, agent, channels, choices, nudge_bookings, terms};
use crate::app::App;
use crate::app::access::User;
use crate::app::watches::WatchState;
use crate::domain::ids::{CalendarId, ProfileId, PropertyId};
use crate::domain::working_hours::WorkingHours;
use crate::error::{Error, Result};
use crate::queue::Job;
use crate::store::Tx;
use crate::store::accounts::Status;
use crate::store::agent_calendars::terms as stored_terms;
use crate::store::agent_calendars::watching::{self, Health};
use crate::store::agent_calendars::{self, connecting};
use crate::store::agent_calendars::{AgentCalendar, Terms};
use crate::store::audit::{self, Actor, Entry};
use crate::store::working_hours;

/// One agent's calendar at a property.
#[derive(Clone, Debug)]
pub struct Calendar {
    pub agent: ProfileId,
    /// As the host spells it; empty where it has none.
    pub agent_name: String,
    /// The connected account; stays when it is given up.
    pub google_email: Option<String>,
    pub status: Status,
    pub calendar: CalendarId,
    pub terms: Terms,
    pub health: Health,
    pub watch: WatchState,
}

/// The calendar that was asked about, and all that the caller may see.
#[derive(Clone, Debug)]
pub struct Calendars {
    pub one: Calendar,
    pub all: Vec<Calendar>,
}

/// Some of the settings, to be changed. What is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Change {
    pub terms: TermsChange,
    /// Another of the account's calendars.
    pub calendar: Option<CalendarId>,
}

/// Settings and health: of the named agent's calendar, or else the caller's own, or else the only one
/// that they may see. One that was never connected has the settings that it would start with.
///
/// # Errors
/// `Forbidden` for somebody else's without the right to manage, `NotFound` if they have none.
pub async fn read(
    app: &App,
    user: &User,
    property: PropertyId,
    named: Option<ProfileId>,
) -> Result<Calendars> {
    let tx = app.of(property).await?;
    let agent = agent(&tx, user, property, named).await?;
    let calendars = seen(app, &tx, user, property, agent, named).await;
    tx.commit().await?;
    calendars
}

/// Changes all that is asked for, or nothing. Tours that are booked stay as they are; if another calendar
/// is chosen, their events follow.
///
/// # Errors
/// `Invalid` names the first field that is not acceptable; `Conflict` where no calendar was ever connected;
/// otherwise as [`read`].
pub async fn change(
    app: &App,
    user: &User,
    property: PropertyId,
    named: Option<ProfileId>,
    change: Change,
) -> Result<Calendars> {
    let tx = app.of(property).await?;
    let agent = agent(&tx, user, property, named).await?;
    let known = agent_calendars::of_agent(&tx, property, agent).await?;
    tx.commit().await?;
    let known = known.ok_or_else(|| absent(named, agent, user))?;
    terms::applied(&known.terms, change.terms.clone())?; // before Google is asked
    let chosen = change.calendar.filter(|chosen| *chosen != known.calendar);
    if let Some(chosen) = &chosen {
        choices::check(app, &known, chosen).await?;
    }

    let now = app.now();
    let tx = app.of(property).await?;
    let held = connecting::hold(&tx, property, agent).await?;
    let held = held.ok_or_else(|| absent(named, agent, user))?;
    if chosen.is_some() && held.google_subject != known.google_subject {
        return Err(Error::busy(Duration::from_secs(1))); // checked against another account
    }
    let changed = terms::applied(&held.terms, change.terms)?;
    if changed != held.terms {
        stored_terms::write(&tx, held.id, &changed, now).await?;
    }
    let moved = match &chosen {
        Some(chosen) => Some(choices::choose(&tx, &held, chosen, now).await?),
        None => None,
    };
    record(&tx, user, &held, &changed, chosen.as_ref()).await?;
    let calendars = seen(app, &tx, user, property, agent, named).await;
    tx.commit().await?;
    if let Some(moved) = moved {
        channels::stop(app, &held, &moved.old_channels).await;
        channels::open_soon(app, property, held.id).await;
        let job = Job::Calendar(held.id);
        app.queue().nudge(job, Duration::ZERO).await;
        nudge_bookings(app, &moved.bookings).await;
    }
    calendars
}

/// The hours of stored terms; `None` where what stands there cannot be read.
pub fn hours(terms: &Terms) -> Option<WorkingHours> {
    working_hours::read(&terms.working_hours, &terms.date_overrides).ok()
}

async fn seen(
    app: &App,
    tx: &Tx,
    user: &User,
    property: PropertyId,
    agent: ProfileId,
    named: Option<ProfileId>,
) -> Result<Calendars> {
    let now = app.now();
    let rows = watching::overview(tx, property).await?;
    let all: Vec<Calendar> = rows
        .into_iter()
        .filter(|(row, _)| row.agent == user.id || user.role.manages())
        .map(|(row, health)| Calendar::of(row, health, now))
        .collect();
    let own = all.iter().find(|one| one.agent == agent);
    let only = match all.as_slice() {
        [only] if named.is_none() => Some(only),
        _ => None,
    };
    let one = match own.or(only) {
        Some(one) => one.clone(),
        None if agent != user.id => return Err(absent(named, agent, user)),
        None => unconnected(user.id),
    };
    Ok(Calendars { one, all })
}

async fn record(
    tx: &Tx,
    user: &User,
    held: &AgentCalendar,
    changed: &Terms,
    chosen: Option<&CalendarId>,
) -> Result<()> {
    let (mut before, mut after) = (terms::as_json(&held.terms), terms::as_json(changed));
    before["calendar_id"] = json!(held.calendar.0);
    after["calendar_id"] = json!(chosen.unwrap_or(&held.calendar).0);
    if before == after {
        return Ok(());
    }
    let (before, after) = terms::difference(&before, &after);
    let entry = Entry {
        property: held.property,
        actor: Actor::User(user.id),
        action: "calendar.settings_changed",
        entity: "agent_calendars",
        entity_id: held.id.0,
        before: Some(before),
        after: Some(after),
    };
    audit::append(tx, &entry).await?;
    Ok(())
}

impl Calendar {
    fn of(row: AgentCalendar, health: Health, now: DateTime<Utc>) -> Self {
        let watch = if row.status != Status::Connected {
            WatchState::None
        } else if health.channel_expires_at.is_none_or(|end| end <= now) {
            WatchState::Expired
        } else if health.watch_error.is_some() {
            WatchState::Failing
        } else {
            WatchState::Active
        };
        Self {
            agent: row.agent,
            agent_name: row.agent_name,
            google_email: Some(row.google_email).filter(|email| !email.is_empty()),
            status: row.status,
            calendar: row.calendar,
            terms: row.terms,
            health,
            watch,
        }
    }
}

fn unconnected(agent: ProfileId) -> Calendar {
    Calendar {
        agent,
        agent_name: String::new(),
        google_email: None,
        status: Status::Disconnected,
        calendar: CalendarId("primary".to_owned()),
        terms: terms::usual(),
        health: Health::default(),
        watch: WatchState::None,
    }
}
