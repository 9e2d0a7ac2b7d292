//! Bringing the tours of one agent's calendar up to date with what people changed there.
//!
//! Pushes, the sweep and people only mark a calendar dirty and nudge; whoever gets its lease lists what
//! changed since the stored sync token. The list names events, and of those that are tours each is
//! looked at and followed; the agent's own are passed over and leave no trace. The new token is stored
//! after the last page and only if every tour could be followed. Stopped anywhere, the next run takes
//! the same list again and finds what it already followed.

use std::collections::HashSet;
use std::time::Duration;

use jiff::SignedDuration;
use tracing::{info, warn};
use uuid::Uuid;

use super::grants::{Account, Failure};
use super::{App, Deadline, inbox, tours};
use crate::domain::ids::{self, AgentCalendarId, BookingId, SyncToken};
use crate::error::{Error, Result, chain};
use crate::google;
use crate::google::calendar::{Event, EventsPage, Next, Since};
use crate::queue::Job;
use crate::store::accounts::{self, Status};
use crate::store::agent_calendars::{self, AgentCalendar, reading};
use crate::store::event_links::{self, EventLink};
use crate::telemetry;

/// Time that one step (a page, a tour) may take; with less left, the rest goes to the next run.
const STEP: Duration = Duration::from_secs(5);
/// How far back a whole list goes: tours that are over do not change any more.
const WHOLE_LIST: SignedDuration = SignedDuration::from_hours(24);

/// Follows everything that changed in one calendar, under its lease. A paused one is read, too: its
/// tours stay in step.
pub async fn catch_up(app: &App, id: AgentCalendarId, deadline: Deadline) -> Result<()> {
    let owner = ids::fresh();
    let seconds = deadline.lease().as_secs_f64();
    let tx = app.everywhere().await?;
    let leased = reading::lease(&tx, id, owner, seconds, app.now()).await?;
    tx.commit().await?;
    // Somebody else reads it, or it is blocked or not connected: the mark stays for the next one.
    let Some(reading::Leased {
        mut calendar,
        mut dirty_seq,
    }) = leased
    else {
        return Ok(());
    };

    let started_at = app.now();
    let mut looked_at = 0;
    loop {
        let mut reader = Reader {
            app,
            account: Account::of(app, calendar.account()),
            calendar: &calendar,
            owner,
            deadline,
            looked_at: HashSet::new(),
            seen: HashSet::new(),
            failed: None,
        };
        let walked = reader.walk().await;
        looked_at += reader.looked_at.len();
        match walked {
            Ok(Walked::ToTheEnd) => {
                let tx = app.of(calendar.property).await?;
                let again = reading::release(&tx, id, owner, dirty_seq, started_at).await?;
                let now_is = agent_calendars::by_id(&tx, id).await?;
                tx.commit().await?;
                let Some(newer) = again else { break };
                // It changed while we read: once more, the lease is still ours.
                match now_is.filter(|now_is| now_is.status == Status::Connected) {
                    Some(now_is) => (calendar, dirty_seq) = (now_is, newer),
                    None => return give_up(app, &calendar, owner).await,
                }
            }
            Ok(Walked::OutOfTime) => {
                give_up(app, &calendar, owner).await?;
                // A list that does not fit into a run is begun again: not at once, for Google's sake.
                app.queue().nudge(Job::Calendar(id), ANOTHER_RUN).await;
                break;
            }
            Err(failure) => return stopped(app, &calendar, owner, failure).await,
        }
    }
    info!(calendar.id = %id, looked_at, "Looked at {looked_at} tours of calendar {id}");
    Ok(())
}

/// Between two runs over a list that is too long for one.
const ANOTHER_RUN: Duration = Duration::from_secs(30);

/// How far a walk came.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Walked {
    ToTheEnd,
    OutOfTime,
}

async fn give_up(app: &App, calendar: &AgentCalendar, owner: Uuid) -> Result<()> {
    let tx = app.of(calendar.property).await?;
    accounts::give_up_lease(&tx, calendar.holder(), owner).await?;
    tx.commit().await?;
    Ok(())
}

/// Ends a run that met a failure: the circuit of this account opens, the others go on.
async fn stopped(app: &App, calendar: &AgentCalendar, owner: Uuid, failure: Failure) -> Result<()> {
    let error = match failure {
        Failure::Google(error) => error,
        Failure::Reconnect => return give_up(app, calendar, owner).await,
        Failure::Ours(error) => {
            give_up(app, calendar, owner).await?;
            return Err(error);
        }
    };
    let wait = inbox::patience(&error, calendar.failures);
    warn!(calendar.id = %calendar.id, error = chain(&error), retry_after_s = wait.num_seconds(),
        "Calendar {} is left alone for a while", calendar.id);
    let until = app.now() + wait;
    let tx = app.of(calendar.property).await?;
    accounts::block(&tx, calendar.holder(), owner, until, &error.to_string()).await?;
    tx.commit().await?;
    let wait = wait.to_std().unwrap_or_default();
    let job = Job::Calendar(calendar.id);
    app.queue().nudge(job, wait).await;
    Ok(())
}

struct Reader<'a> {
    app: &'a App,
    account: Account<'a>,
    calendar: &'a AgentCalendar,
    owner: Uuid,
    deadline: Deadline,
    /// Tours that were looked at, each once.
    looked_at: HashSet<BookingId>,
    /// Tours whose events the list named.
    seen: HashSet<BookingId>,
    /// Why a tour could not be followed, the first time; the others were.
    failed: Option<Failure>,
}

impl Reader<'_> {
    /// Follows what changed since the sync token; without one, or with one that Google does not know
    /// any more, everything that is still to come.
    async fn walk(&mut self) -> Result<Walked, Failure> {
        let token = self.calendar.sync_token.as_ref();
        let listed = match token {
            Some(token) => self.list(Since::Token(token)).await,
            None => Err(Failure::Google(google::Error::SyncTokenExpired)),
        };
        let next = match listed {
            Err(Failure::Google(google::Error::SyncTokenExpired)) => {
                if token.is_some() {
                    info!(calendar.id = %self.calendar.id, "The sync token expired");
                    telemetry::metric("sync_token_expired", 1.0, telemetry::Unit::Count, &[]);
                }
                self.resync().await?
            }
            listed => listed?,
        };
        let Some(next) = next else {
            return Ok(Walked::OutOfTime);
        };
        if let Some(failure) = self.failed.take() {
            return Err(failure);
        }
        let tx = self.app.of(self.calendar.property).await?;
        let moved = reading::advance(&tx, self.calendar, self.owner, &next).await?;
        tx.commit().await?;
        if !moved {
            // Our lease ran out and somebody else goes on, or another calendar was chosen.
            return Err(Error::busy(Duration::from_secs(5)).into());
        }
        Ok(Walked::ToTheEnd)
    }

    /// A whole list, and then those tours that it does not name: an event that was deleted long ago is
    /// in no list. That it is missing proves nothing, so it is asked for.
    async fn resync(&mut self) -> Result<Option<SyncToken>, Failure> {
        let now = self.app.instant();
        let since = now.checked_sub(WHOLE_LIST).unwrap_or(now);
        let Some(next) = self.list(Since::Time(since)).await? else {
            return Ok(None);
        };
        let tx = self.app.of(self.calendar.property).await?;
        let coming = event_links::coming_of(&tx, self.calendar.id, now).await?;
        tx.commit().await?;
        let missing = coming.iter().map(|link| link.booking);
        let missing: Vec<_> = missing.filter(|id| !self.seen.contains(id)).collect();
        let in_time = self.look_at_all(missing).await?;
        Ok(Some(next).filter(|_| in_time))
    }

    /// Goes through a list, page by page. `None`: the time ran out before its end.
    async fn list(&mut self, since: Since<'_>) -> Result<Option<SyncToken>, Failure> {
        let calendar = &self.calendar.calendar;
        let mut page_token: Option<String> = None;
        loop {
            if self.deadline.is_near(STEP) {
                return Ok(None);
            }
            let token = page_token.as_deref();
            let page = self
                .account
                .calendar(|google| async move { google.changes(calendar, since, token).await })
                .await?;
            let EventsPage { events, next } = page;
            if !self.follow(&events).await? {
                return Ok(None);
            }
            match next {
                Next::Page(token) => page_token = Some(token),
                Next::Token(token) => return Ok(Some(token)),
            }
        }
    }

    /// Follows those of the events that are tours, or come from one: an instance of an event that was
    /// made to recur has another id, and our mark. `false`: the time ran out before the last.
    async fn follow(&mut self, events: &[Event]) -> Result<bool, Failure> {
        let ids: Vec<String> = events.iter().map(|event| event.id.0.clone()).collect();
        let marked: Vec<BookingId> = events.iter().filter_map(|event| event.booking).collect();
        if ids.is_empty() {
            return Ok(true);
        }
        self.app.busy_cache().forget(self.calendar.id);
        let tx = self.app.of(self.calendar.property).await?;
        let links = event_links::concerned(&tx, self.calendar.id, &ids, &marked).await?;
        tx.commit().await?;
        self.seen.extend(links.iter().map(|link| link.booking));
        let news = links.iter().filter(|link| !is_known(link, events));
        let news = news.map(|link| link.booking).collect();
        self.look_at_all(news).await
    }

    async fn look_at_all(&mut self, bookings: Vec<BookingId>) -> Result<bool, Failure> {
        for id in bookings {
            if self.looked_at.contains(&id) {
                continue;
            }
            if self.deadline.is_near(STEP) {
                return Ok(false);
            }
            self.look_at(id).await?;
        }
        Ok(true)
    }

    /// One tour that cannot be followed does not stop the others; the token stays for it.
    async fn look_at(&mut self, id: BookingId) -> Result<(), Failure> {
        let looked = tours::look(self.app, &mut self.account, self.calendar, id).await;
        match looked {
            Ok(()) => {
                self.looked_at.insert(id);
            }
            Err(
                failure @ (Failure::Reconnect | Failure::Google(google::Error::RateLimited { .. })),
            ) => return Err(failure),
            Err(failure) => {
                warn!(booking.id = %id, error = chain(&failure), "Booking {id} cannot follow its event yet");
                self.failed.get_or_insert(failure);
            }
        }
        Ok(())
    }
}

/// Whether what the list tells of a tour's event is what we knew: our own change comes back.
fn is_known(link: &EventLink, events: &[Event]) -> bool {
    let own = events.iter().find(|event| event.id == link.event);
    own.is_some_and(|event| {
        let etag = if event.is_cancelled { "" } else { &event.etag };
        link.etag.as_deref() == Some(etag) && (event.is_cancelled || !etag.is_empty())
    })
}
