//! Showing a booking on its agent's calendar: insert, patch, delete, until Google agrees.
//!
//! The event's id is known before Google is asked, so a try whose answer was lost is found again and
//! never made twice. Google sends the invitation, once for each thing that changes. What cannot be done
//! now stays `pending` for the queue and the sweep.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tracing::{info, warn};
use uuid::Uuid;

use super::event;
use crate::app::grants::{self, Account, Failure};
use crate::app::{App, Deadline, metrics};
use crate::domain::ids::{self, *};
use crate::domain::interval::Interval;
use crate::domain::metric::Metric;
use crate::error::{Error, Result, chain};
use crate::google;
use crate::google::calendar::Event;
use crate::queue::Job;
use crate::store::accounts::{self, Status};
use crate::store::agent_calendars::{self, AgentCalendar};
use crate::store::event_links::{self, EventLink, Known, Leftover, SyncStatus};
use crate::store::properties::{self, Property};
use crate::store::tours::{self, Booking};
use crate::telemetry;

/// How long whoever books waits for the event.
const AT_ONCE: Duration = Duration::from_secs(6);

/// Where an event is that no row names a calendar for.
pub(super) static PRIMARY: std::sync::LazyLock<CalendarId> =
    std::sync::LazyLock::new(|| CalendarId("primary".into()));

/// Everything that one run needs to know.
pub(super) struct Work<'a> {
    pub app: &'a App,
    pub property: &'a Property,
    pub booking: &'a Booking,
    pub calendar: &'a AgentCalendar,
    pub link: EventLink,
    pub owner: Uuid,
}

/// What became of a try.
pub(super) enum Done {
    /// Google shows this version of the booking.
    Agreed(State),
    /// A person changed the event, and the booking followed or is marked.
    Followed,
    /// The booking was changed while Google was told: once more.
    Again,
    /// A person has to act: a stable code.
    Failed(&'static str),
}

/// How an event is that agrees with its booking.
pub(super) enum State {
    Shown(Event),
    Gone,
    /// As it was, or it never was.
    Untouched,
}

/// Tells Google of a booking that was just made, by whoever holds its lease. Never fails: what is not
/// done is left to the queue and the sweep.
pub(super) async fn at_once(
    app: &App,
    property: &Property,
    booking: &Booking,
    calendar: &AgentCalendar,
    owner: Uuid,
) {
    let link = EventLink {
        booking: booking.id,
        property: property.id,
        agent_calendar: calendar.id,
        calendar: Some(calendar.calendar.clone()),
        event: event_links::event_id(booking.id, 0),
        generation: 0,
        status: SyncStatus::Pending,
        etag: None,
        mirrored_version: None,
        shown: Some(booking.time),
        attempts: 1,
    };
    let work = Work {
        app,
        property,
        booking,
        calendar,
        link,
        owner,
    };
    if tokio::time::timeout(AT_ONCE, work.run()).await.is_err() {
        warn!(booking.id = %booking.id, "The event of booking {} is made later", booking.id);
        work.postpone("timeout", app.instant(), SignedDuration::from_secs(5))
            .await;
    }
}

/// Asks the queue to look after a booking.
pub(in crate::app) async fn nudge(app: &App, booking: BookingId) {
    app.queue()
        .nudge(Job::Booking(booking), Duration::ZERO)
        .await;
}

/// Brings everything about a booking outside of our database in step: events that must go, its event,
/// its letters. May be repeated, late or for nothing.
pub async fn attend(app: &App, id: BookingId, deadline: Deadline) -> Result<()> {
    let tx = app.everywhere().await?;
    let owner = ids::fresh();
    let now = app.instant();
    let seconds = deadline.lease().as_secs_f64();
    let link = event_links::lease(&tx, id, owner, seconds, now).await?;
    // Read under the lease: what is told must not be older than what somebody told before.
    let Some(booking) = tours::by_id(&tx, id).await? else {
        tx.commit().await?;
        return Ok(()); // erased meanwhile
    };
    let leftovers = event_links::leftovers(&tx, id, now).await?;
    let property = properties::find(&tx, booking.property).await?;
    tx.commit().await?;
    let Some(property) = property else {
        return Ok(());
    };
    for leftover in &leftovers {
        clear(app, &property, leftover).await?;
    }
    if let Some(link) = link {
        show(app, &property, &booking, link, owner).await?;
    }
    super::letters::attend(app, &property, id, deadline).await
}

async fn show(
    app: &App,
    property: &Property,
    booking: &Booking,
    link: EventLink,
    owner: Uuid,
) -> Result<()> {
    let tx = app.of(property.id).await?;
    let calendar = agent_calendars::by_id(&tx, link.agent_calendar).await?;
    tx.commit().await?;
    let Some(calendar) = calendar else {
        return Ok(()); // the agent is gone, and the link with them
    };
    let work = Work {
        app,
        property,
        booking,
        calendar: &calendar,
        link,
        owner,
    };
    work.run().await;
    Ok(())
}

impl Work<'_> {
    /// One try, and a note of how it ended.
    async fn run(&self) {
        let ended = match self.calendar.status {
            Status::Disconnected => Ok(Done::Failed("calendar_disconnected")),
            Status::Connected | Status::ReauthRequired => {
                let mut account = Account::of(self.app, self.calendar.account());
                self.tell(&mut account).await
            }
        };
        let noted = match ended {
            Ok(Done::Agreed(state)) => self.agreed(&state).await,
            Ok(Done::Followed) => Ok(()),
            Ok(Done::Again) => {
                let soon = SignedDuration::from_secs(1);
                self.postpone("changed_meanwhile", self.app.instant(), soon)
                    .await;
                Ok(())
            }
            Ok(Done::Failed(reason)) => self.failed(reason).await,
            Err(failure) => {
                self.later(failure).await;
                Ok(())
            }
        };
        if let Err(error) = noted {
            // Google may have it and we do not know: the next try finds it by its id.
            warn!(booking.id = %self.booking.id, error = chain(&error), "What Google answered was not noted");
        }
    }

    /// Notes that Google shows this version of the booking.
    async fn agreed(&self, state: &State) -> Result<()> {
        let now = self.app.instant();
        let (link, known) = match state {
            State::Shown(event) => (
                // Another generation than the one we began with may have been made.
                EventLink {
                    event: event.id.clone(),
                    ..self.link.clone()
                },
                Known {
                    etag: Some(&event.etag),
                    shown: event::shown(event),
                    calendar: &self.calendar.calendar,
                },
            ),
            State::Gone => (self.link.clone(), self.known(Some(""), None)),
            State::Untouched => {
                let known = self.known(self.link.etag.as_deref(), self.link.shown);
                (self.link.clone(), known)
            }
        };
        let tx = self.app.of(self.property.id).await?;
        let version = self.booking.version;
        let is_in_step = event_links::mirrored(&tx, &link, version, &known, now).await?;
        if let State::Shown(event) = state
            && event::rsvp(self.booking, event).is_some()
        {
            event_links::invited(&tx, self.booking.id, Some(&link.event), now).await?;
        }
        tx.commit().await?;
        info!(booking.id = %self.booking.id, "Google shows booking {}", self.booking.id);
        // Not when an event takes another one's place, weeks later.
        let is_first = self.link.mirrored_version.is_none() && self.link.generation == 0;
        if is_first && matches!(state, State::Shown(_)) {
            let took = now.duration_since(self.booking.created_at).as_secs_f64();
            metrics::emit(Metric::BookingToCalendar, took);
        }
        if !is_in_step {
            nudge(self.app, self.booking.id).await; // it was changed while we told Google
        }
        Ok(())
    }

    fn known<'k>(&'k self, etag: Option<&'k str>, shown: Option<Interval>) -> Known<'k> {
        Known {
            etag,
            shown,
            calendar: self.link.calendar.as_ref().unwrap_or(&PRIMARY),
        }
    }

    async fn failed(&self, reason: &'static str) -> Result<()> {
        warn!(booking.id = %self.booking.id, reason, "Google does not show booking {}", self.booking.id);
        telemetry::metric("event_failed", 1.0, telemetry::Unit::Count, &[]);
        let tx = self.app.of(self.property.id).await?;
        let (id, version) = (self.booking.id, self.booking.version);
        event_links::settle(&tx, id, version, SyncStatus::Failed, reason).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Not now: less and less often, and for hours where Google says that we invite too much.
    async fn later(&self, failure: Failure) {
        let now = self.app.instant();
        let patience = SignedDuration::from_secs(10 << self.link.attempts.clamp(0, 6));
        let (reason, wait) = match &failure {
            Failure::Reconnect => ("reconnect_required", SignedDuration::from_mins(10)),
            // Somebody else found Google out of reach, or was asked for patience.
            Failure::Google(google::Error::RateLimited {
                retry_after,
                reason,
            }) if reason == grants::BLOCKED => {
                let wait = retry_after.and_then(|wait| SignedDuration::try_from(wait).ok());
                ("calendar_left_alone", wait.unwrap_or(patience))
            }
            Failure::Google(google::Error::RateLimited {
                retry_after,
                reason,
            }) => {
                let wait = retry_after.and_then(|wait| SignedDuration::try_from(wait).ok());
                let usual = if reason == "quotaExceeded" {
                    SignedDuration::from_hours(2)
                } else {
                    patience
                };
                self.leave_alone(wait.unwrap_or(usual), reason).await;
                ("rate_limited", wait.unwrap_or(usual))
            }
            _ => ("google_unreachable", patience),
        };
        let error = Error::from(failure);
        warn!(booking.id = %self.booking.id, reason, error = chain(&error), "The event of booking {} has to wait", self.booking.id);
        self.postpone(reason, now, wait).await;
    }

    async fn leave_alone(&self, wait: SignedDuration, reason: &str) {
        let wait = chrono::TimeDelta::seconds(wait.as_secs());
        let until = self.app.now() + wait;
        let noted = async {
            let tx = self.app.of(self.property.id).await?;
            accounts::leave_alone(&tx, self.calendar.holder(), until, reason).await?;
            tx.commit().await
        };
        if let Err(error) = noted.await {
            info!(
                error = chain(&error),
                "A request for patience was not noted"
            );
        }
    }

    async fn postpone(&self, reason: &str, now: Timestamp, wait: SignedDuration) {
        let next = now.checked_add(wait).unwrap_or(now);
        let noted = async {
            let tx = self.app.of(self.property.id).await?;
            event_links::postpone(&tx, self.booking.id, self.owner, next, reason).await?;
            tx.commit().await
        };
        if let Err(error) = noted.await {
            info!(
                error = chain(&error),
                "The lease of an event runs out by itself"
            );
        }
        let wait = wait.try_into().unwrap_or_default();
        let queue = self.app.queue();
        queue.nudge(Job::Booking(self.booking.id), wait).await;
    }
}

/// Deletes an event whose tour has another agent or another event.
async fn clear(app: &App, property: &Property, leftover: &Leftover) -> Result<()> {
    let tx = app.of(property.id).await?;
    let calendar = agent_calendars::by_id(&tx, leftover.agent_calendar).await?;
    tx.commit().await?;
    let calendar = calendar.filter(|calendar| calendar.status != Status::Disconnected);
    let gone = match &calendar {
        None => true, // out of our reach
        Some(calendar) => {
            let mut account = Account::of(app, calendar.account());
            let (id, event) = (&leftover.calendar, &leftover.event);
            let deleted = account.calendar(|google| async move { google.delete(id, event).await });
            match deleted.await {
                Ok(()) => true,
                Err(Failure::Google(
                    google::Error::NotFound | google::Error::Gone | google::Error::Refused { .. },
                )) => true,
                Err(failure) => {
                    let error = Error::from(failure);
                    warn!(booking.id = %leftover.id, error = chain(&error), "An event is left over");
                    false
                }
            }
        }
    };
    let tx = app.of(property.id).await?;
    if gone {
        event_links::gone(&tx, leftover.id).await?;
    } else {
        let wait = SignedDuration::from_mins(1 << leftover.attempts.clamp(0, 7));
        let next = app.instant().checked_add(wait).unwrap_or(app.instant());
        event_links::still_there(&tx, leftover.id, next).await?;
    }
    tx.commit().await?;
    Ok(())
}
