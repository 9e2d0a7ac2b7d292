//! Agents' calendars: how each is doing, when tours are taken, and how long they are.

use askama::Template;
use shared::app::calendars::settings::{self, Calendar, Change, TermsChange};
use shared::app::calendars::{self, choices, connect};
use shared::app::watches::WatchState;
use shared::app::{App, sign_in};
use shared::domain::ids::{CalendarId, ProfileId};
use shared::error::{Error, Result};

use super::clock::{Moment, moment};
use super::desk::{Desk, back};
use super::hours::{self, Row};
use super::mailbox::Finding;
use super::page::{Choice, Frame, see};
use super::watch::Watch;
use crate::form::Form;
use crate::gmail_connect::{COOKIE, COOKIE_AGE};
use crate::http::{Request, Response};
use crate::response;

#[derive(Template)]
#[template(path = "dashboard/templates/calendar.html")]
struct CalendarPage {
    frame: Frame,
    /// Everybody whose calendar the viewer may see.
    agents: Vec<Choice>,
    /// Whose is shown.
    agent: String,
    agent_name: String,
    is_mine: bool,
    email: Option<String>,
    calendar: String,
    status: &'static str,
    findings: Vec<Finding>,
    watch: Watch,
    last_push: Option<Moment>,
    last_sync: Option<Moment>,
    offers: bool,
    /// The account's calendars, when it is asked for them.
    choices: Vec<Choice>,
    week: Vec<Row>,
    dates: Vec<Row>,
    duration: String,
    buffer: String,
    interval: String,
    notice_minutes: String,
    horizon: String,
    most: String,
    timezone: String,
    property_zone: String,
}

/// What is broken about a calendar.
pub fn findings(calendar: &Calendar, name: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    match calendar.status.as_str() {
        "disconnected" => {
            let text = format!("{name} is not connected: no tours are offered in it. Connect it.");
            return vec![Finding::bad(text)];
        }
        "reauth_required" => {
            let text = format!(
                "Google does not let us into {name} any more, so no tours are offered in it. Its owner has to connect it again."
            );
            return vec![Finding::bad(text)];
        }
        _ => {}
    }
    if !calendar.terms.sync_enabled {
        found.push(Finding::warn(format!(
            "{name} is paused: no tours are offered in it."
        )));
    }
    match calendar.watch {
        WatchState::None | WatchState::Active => {}
        _ => found.push(Finding::warn(format!(
            "Google does not tell of changes in {name} at the moment; we look every few minutes instead, and try again every hour."
        ))),
    }
    if calendar.health.last_error.is_some() {
        let text = format!("The last reading of {name} failed. We try again by ourselves.");
        found.push(Finding::warn(text));
    }
    if settings::hours(&calendar.terms).is_none() {
        let text = format!("The working hours of {name} cannot be read. Set them again below.");
        found.push(Finding::bad(text));
    }
    found
}

pub async fn show(app: App, request: Request) -> Result<Response> {
    let desk = Desk::open(app, &request).await?;
    let agent = request.query::<ProfileId>("agent");
    let agent = agent.map_err(|_| Error::NotFound("Calendar"))?;
    answer(desk, agent, request.text("choose").is_some()).await
}

async fn answer(mut desk: Desk, agent: Option<ProfileId>, chooses: bool) -> Result<Response> {
    let (user, property) = (&desk.session.user, desk.here()?.id);
    let calendars = settings::read(&desk.app, user, property, agent).await?;
    let one = &calendars.one;
    let choices = if chooses {
        let list = choices::of(&desk.app, user, property, Some(one.agent)).await?;
        list.into_iter().map(|entry| choice(entry, one)).collect()
    } else {
        Vec::new()
    };
    let template = filled(&mut desk, &calendars, choices);
    let google = sign_in::google_origin(&desk.app);
    desk.remember(desk.page(&template, Some(&google))?)
}

fn choice(entry: choices::Choice, calendar: &Calendar) -> Choice {
    Choice {
        chosen: entry.id == calendar.calendar
            || (entry.is_primary && calendar.calendar.0 == "primary"),
        id: entry.id.0,
        name: entry.name,
    }
}

fn filled(desk: &mut Desk, calendars: &settings::Calendars, choices: Vec<Choice>) -> CalendarPage {
    let one = &calendars.one;
    let me = desk.session.user.id;
    let is_mine = one.agent == me;
    let name = |calendar: &Calendar| match calendar.agent_name.as_str() {
        _ if calendar.agent == me => "You".to_owned(),
        "" => desk
            .team
            .name_of(calendar.agent)
            .unwrap_or("An agent")
            .to_owned(),
        name => name.to_owned(),
    };
    let agents = calendars.all.iter().map(|calendar| Choice {
        id: calendar.agent.to_string(),
        name: name(calendar),
        chosen: calendar.agent == one.agent,
    });
    let mut agents: Vec<_> = agents.collect();
    if calendars.all.iter().all(|calendar| calendar.agent != me) {
        agents.push(Choice {
            id: me.to_string(),
            name: "You".to_owned(),
            chosen: is_mine,
        });
    }
    let whose = if is_mine {
        "Your calendar".to_owned()
    } else {
        format!("{}’s calendar", name(one))
    };
    let terms = &one.terms;
    let (week, dates) = match desk.refused("save") {
        Some(form) => (hours::typed_week(form), hours::typed_dates(form)),
        None => {
            let hours = settings::hours(terms).unwrap_or_default();
            (hours::week(&hours), hours::dates(&hours))
        }
    };
    let optional = |set: Option<i32>| set.map(|number| number.to_string()).unwrap_or_default();
    let zone = desk.zone();
    let property_zone = desk
        .property
        .as_ref()
        .and_then(|property| property.zone.clone());
    CalendarPage {
        agents,
        agent: one.agent.to_string(),
        findings: findings(one, &whose),
        agent_name: whose,
        is_mine,
        email: one.google_email.clone(),
        calendar: one.calendar.0.clone(),
        status: one.status.as_str(),
        watch: Watch::of(one.watch, one.health.channel_expires_at, &zone),
        last_push: one.health.last_push_at.map(|at| moment(at, &zone)),
        last_sync: one.health.last_sync_at.map(|at| moment(at, &zone)),
        offers: terms.sync_enabled,
        choices,
        week,
        dates,
        duration: desk.typed("tour_duration_minutes", terms.tour_duration),
        buffer: desk.typed("buffer_minutes", terms.buffer),
        interval: desk.typed("slot_interval_minutes", optional(terms.slot_interval)),
        notice_minutes: desk.typed("minimum_notice_minutes", terms.minimum_notice),
        horizon: desk.typed("horizon_days", terms.horizon),
        most: desk.typed("max_tours_per_day", optional(terms.max_tours_per_day)),
        timezone: desk.typed("timezone", terms.timezone.clone().unwrap_or_default()),
        property_zone: property_zone.unwrap_or_default(),
        frame: desk.frame("Calendar", "calendar"),
    }
}

pub async fn act(app: App, request: Request) -> Result<Response> {
    let (desk, form) = Desk::receive(app, &request).await?;
    let (app, user, property) = (&desk.app, &desk.session.user, desk.here()?.id);
    let agent = form.parsed::<ProfileId>("agent", "agent");
    let agent = agent.map_err(|_| Error::NotFound("Calendar"))?;
    let done = match form.text("action").as_deref() {
        Some("connect") => {
            let started = connect::begin(app, user, property).await?;
            let mut answer = see(&started.url)?;
            response::set_cookie(&mut answer, COOKIE, &started.browser, COOKIE_AGE)?;
            return desk.remember(answer);
        }
        Some("read") => calendars::sync_now(app, user, property)
            .await
            .map(|()| "reading_now"),
        Some("disconnect") => connect::disconnect(app, user, property, agent)
            .await
            .map(|()| "disconnected"),
        Some(action) => match wish(action, &form) {
            Ok((change, said)) => settings::change(app, user, property, agent, change)
                .await
                .map(|_| said),
            Err(error) => Err(error),
        },
        None => Err(Error::invalid("action", "none of this page")),
    };
    let path = match agent {
        Some(agent) => format!("/dashboard/calendar?agent={agent}"),
        None => "/dashboard/calendar".to_owned(),
    };
    match done {
        Ok(said) => back(&path, Some(property), said),
        Err(error) => answer(desk.back_to(form, error)?, agent, false).await,
    }
}

fn wish(action: &str, form: &Form) -> Result<(Change, &'static str)> {
    let offering = |offers| Change {
        terms: TermsChange {
            sync_enabled: Some(offers),
            ..TermsChange::default()
        },
        calendar: None,
    };
    Ok(match action {
        "pause" => (offering(false), "paused"),
        "resume" => (offering(true), "resumed"),
        "choose" => {
            let calendar = form.text("calendar").map(CalendarId);
            let calendar = calendar.ok_or_else(|| Error::invalid("calendarId", "required"))?;
            let change = Change {
                calendar: Some(calendar),
                ..Change::default()
            };
            (change, "saved")
        }
        "save" => {
            let terms = terms(form)?;
            let change = Change {
                terms,
                calendar: None,
            };
            (change, "saved")
        }
        _ => return Err(Error::invalid("action", "none of this page")),
    })
}

/// The whole form: an empty field that may be empty takes the setting away.
fn terms(form: &Form) -> Result<TermsChange> {
    Ok(TermsChange {
        sync_enabled: None,
        working_hours: Some(hours::read_week(form)),
        date_overrides: Some(hours::read_dates(form)?),
        tour_duration: form.parsed("tour_duration_minutes", "tourDurationMinutes")?,
        buffer: form.parsed("buffer_minutes", "bufferMinutes")?,
        slot_interval: Some(form.parsed("slot_interval_minutes", "slotIntervalMinutes")?),
        minimum_notice: form.parsed("minimum_notice_minutes", "minimumNoticeMinutes")?,
        horizon: form.parsed("horizon_days", "horizonDays")?,
        max_tours_per_day: Some(form.parsed("max_tours_per_day", "maxToursPerDay")?),
        timezone: Some(form.text("timezone")),
    })
}
