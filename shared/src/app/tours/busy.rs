//! When agents are busy, from their calendars. What cannot be read is unknown, never free.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use futures::StreamExt;
use jiff::{SignedDuration, Timestamp};
use tracing::{info, warn};

use crate::app::App;
use crate::app::grants::{Account, Failure};
use crate::domain::ids::{AgentCalendarId, BookingId, CalendarId};
use crate::domain::interval::Interval;
use crate::error::{Error, chain};
use crate::google;
use crate::google::calendar::When;
use crate::store::accounts::{self, Status};
use crate::store::agent_calendars::AgentCalendar;
use crate::telemetry;

/// How long an answer serves those who look. Nobody books with it.
const FRESH: SignedDuration = SignedDuration::from_secs(10);
/// Calendars that are asked at the same time.
const AT_ONCE: usize = 8;
/// For one calendar; the API gives up after 30 seconds.
pub const PATIENCE: Duration = Duration::from_secs(8);
/// For all that are asked at once.
const ALTOGETHER: Duration = Duration::from_secs(12);
/// Answers that are kept; a process serves few properties at a time.
const KEPT: usize = 500;

/// What calendars said a moment ago, in this process.
#[derive(Default)]
pub struct BusyCache(Mutex<HashMap<AgentCalendarId, Known>>);

struct Known {
    calendar: CalendarId,
    grant: Option<i64>,
    within: Interval,
    asked_at: Timestamp,
    busy: Vec<Interval>,
}

impl BusyCache {
    fn get(
        &self,
        calendar: &AgentCalendar,
        within: Interval,
        now: Timestamp,
    ) -> Option<Vec<Interval>> {
        let known = self.0.lock().ok()?;
        let known = known.get(&calendar.id)?;
        let serves = known.calendar == calendar.calendar
            && known.grant == version(calendar)
            && known.within.start() <= within.start()
            && within.end() <= known.within.end()
            && now.duration_since(known.asked_at) < FRESH;
        serves.then(|| known.busy.clone())
    }

    fn put(&self, calendar: &AgentCalendar, within: Interval, now: Timestamp, busy: &[Interval]) {
        let Ok(mut known) = self.0.lock() else { return };
        if known.len() >= KEPT {
            known.clear();
        }
        let answer = Known {
            calendar: calendar.calendar.clone(),
            grant: version(calendar),
            within,
            asked_at: now,
            busy: busy.to_vec(),
        };
        known.insert(calendar.id, answer);
    }

    pub fn forget(&self, calendar: AgentCalendarId) {
        if let Ok(mut known) = self.0.lock() {
            known.remove(&calendar);
        }
    }
}

fn version(calendar: &AgentCalendar) -> Option<i64> {
    calendar.grant.as_ref().map(|grant| grant.version)
}

/// The busy time of every calendar over the stretch, in the order given, each asked once and several
/// at the same time; `None` for one that cannot be read. Answers of the last seconds serve.
pub async fn of_all(
    app: &App,
    calendars: &[&AgentCalendar],
    within: Interval,
) -> Vec<Option<Vec<Interval>>> {
    let now = app.instant();
    let mut asked = Vec::with_capacity(calendars.len());
    for calendar in calendars {
        asked.push(lately_of(app, calendar, within, now));
    }
    let deadline = tokio::time::Instant::now() + ALTOGETHER;
    let mut answers = futures::stream::iter(asked).buffered(AT_ONCE);
    let mut busy = Vec::with_capacity(calendars.len());
    while let Ok(Some(answer)) = tokio::time::timeout_at(deadline, answers.next()).await {
        busy.push(answer);
    }
    busy.resize(calendars.len(), None); // whoever did not answer in time is unknown
    busy
}

async fn lately_of(
    app: &App,
    calendar: &AgentCalendar,
    within: Interval,
    now: Timestamp,
) -> Option<Vec<Interval>> {
    if let Some(busy) = app.busy_cache().get(calendar, within, now) {
        return Some(busy);
    }
    let busy = now_of(app, calendar, within).await?;
    app.busy_cache().put(calendar, within, now, &busy);
    Some(busy)
}

/// The busy time of one calendar, asked of Google at this moment. `None`: it cannot be read.
pub async fn now_of(
    app: &App,
    calendar: &AgentCalendar,
    within: Interval,
) -> Option<Vec<Interval>> {
    if calendar.status != Status::Connected {
        return None;
    }
    let mut account = Account::of(app, calendar.account());
    let id = &calendar.calendar;
    let asked = account.calendar(|google| async move { google.busy(id, within).await });
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(busy)) => Some(busy),
        Ok(Err(failure)) => {
            unreadable(app, calendar, failure).await;
            None
        }
        Err(_) => {
            warn!(calendar.id = %calendar.id, "Calendar {} did not answer in time", calendar.id);
            telemetry::metric("calendar_unreadable", 1.0, telemetry::Unit::Count, &[]);
            None
        }
    }
}

/// What takes the agent's time in a stretch, without one tour's own event. `None`: it cannot be read.
pub async fn others(
    app: &App,
    calendar: &AgentCalendar,
    booking: BookingId,
    within: Interval,
) -> Option<Vec<Interval>> {
    let mut account = Account::of(app, calendar.account());
    let id = &calendar.calendar;
    let asked = account.calendar(|google| async move { google.between(id, within).await });
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(events)) => {
            let others = events
                .into_iter()
                .filter(|event| event.booking != Some(booking));
            let times = others.map(|event| match event.when {
                Some(When::Timed(time)) => time,
                Some(When::AllDay) | None => within,
            });
            Some(times.collect())
        }
        Ok(Err(failure)) => {
            unreadable(app, calendar, failure).await;
            None
        }
        Err(_) => None,
    }
}

/// Notes why. Where Google asks for patience, nobody asks again before it is over.
async fn unreadable(app: &App, calendar: &AgentCalendar, failure: Failure) {
    telemetry::metric("calendar_unreadable", 1.0, telemetry::Unit::Count, &[]);
    if let Failure::Google(google::Error::RateLimited {
        retry_after,
        reason,
    }) = &failure
        && reason != "blocked"
    {
        let wait = retry_after.unwrap_or(Duration::from_secs(30));
        let until = app.now() + chrono::TimeDelta::from_std(wait).unwrap_or_default();
        let noted = async {
            let tx = app.of(calendar.property).await?;
            accounts::leave_alone(&tx, calendar.holder(), until, reason).await?;
            tx.commit().await
        };
        if let Err(error) = noted.await {
            info!(
                error = chain(&error),
                "A request for patience was not noted"
            );
        }
    }
    let error = Error::from(failure);
    warn!(calendar.id = %calendar.id, error = chain(&error), "Calendar {} cannot be read", calendar.id);
}
