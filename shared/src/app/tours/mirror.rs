//! Showing a booking on its agent's calendar: insert, patch, delete, until Google agrees.
//!
//! The event's id is known before Google is asked, so a try whose answer was lost is found again and
//! never made twice. Google sends the invitation, once for each thing that changes. What cannot be done
//! now stays `pending` for the queue and the sweep.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tracing::{info, warn};
use uuid::Uuid;

use super::event::{self, Verdict};
use super::{follow, link, write};
use crate::app::grants::{Account, Failure};
use crate::app::{App, Deadline};
use crate::domain::ids::{self, *};
use crate::error::{Error, Result, chain};
use crate::google::calendar::{Event, EventChange, Guest, NewEvent};
use crate::google::{self};
use crate::queue::Job;
use crate::store::accounts::{self, Status};
use crate::store::agent_calendars::{self, AgentCalendar};
use crate::store::event_links::{self, EventLink, Known, Leftover, SyncStatus};
use crate::store::properties::{self, Property};
use crate::store::tours::{self, Booking};
use crate::telemetry;

/// How long whoever books waits for the event.
const AT_ONCE: Duration = Duration::from_secs(6);
/// Ids of deleted events, or of somebody else's, that are stepped over in one run.
const GENERATIONS: usize = 4;

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
enum Done {
    /// Google shows this state of the booking.
    Agreed(Option<Event>),
    /// A person changed the event, and the booking followed or is marked.
    Followed,
    /// A person has to act: a stable code.
    Failed(&'static str),
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
        shown: None,
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
    let Some(booking) = tours::by_id(&tx, id).await? else {
        tx.commit().await?;
        return Ok(()); // erased meanwhile
    };
    let owner = ids::fresh();
    let now = app.instant();
    let seconds = deadline.lease().as_secs_f64();
    let link = event_links::lease(&tx, id, owner, seconds, now).await?;
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
            Ok(Done::Agreed(event)) => self.agreed(event).await,
            Ok(Done::Followed) => Ok(()),
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

    async fn tell(&self, account: &mut Account<'_>) -> Result<Done, Failure> {
        if !self.booking.status.is_live() {
            return self.remove(account).await;
        }
        match (&self.link.etag, self.link.mirrored_version) {
            // Without an etag the event is gone: a tour that lives again gets another.
            (Some(etag), Some(_)) if !etag.is_empty() => self.change(account, etag).await,
            _ => self.create(account).await,
        }
    }

    /// Makes the event. One that is there already is ours from a try whose answer was lost.
    async fn create(&self, account: &mut Account<'_>) -> Result<Done, Failure> {
        let mut link = self.link.clone();
        for _ in 0..GENERATIONS {
            match self.insert(account, &link.event).await {
                Ok(event) => return Ok(Done::Agreed(Some(event))),
                Err(Failure::Google(google::Error::AlreadyExists)) => {}
                Err(Failure::Google(google::Error::NotFound)) => {
                    return Ok(Done::Failed("calendar_gone"));
                }
                Err(Failure::Google(google::Error::Refused { status: 403, .. })) => {
                    return Ok(Done::Failed("calendar_forbidden"));
                }
                Err(Failure::Google(google::Error::Refused { .. })) => {
                    return Ok(Done::Failed("event_refused"));
                }
                Err(failure) => return Err(failure),
            }
            let id = &link.event;
            let found = account
                .calendar(|google| async move { google.get(&self.calendar.calendar, id).await });
            let found = found.await?;
            if found.booking == Some(self.booking.id) && !found.is_cancelled {
                return self.settle(account, &found).await;
            }
            if found.booking != Some(self.booking.id) {
                warn!(booking.id = %self.booking.id, "An event of somebody else's has our id");
                telemetry::metric("event_id_taken", 1.0, telemetry::Unit::Count, &[]);
            }
            let tx = self.app.of(self.property.id).await?;
            link.event = event_links::next_generation(&tx, &link).await?;
            tx.commit().await?;
            link.generation += 1;
        }
        Ok(Done::Failed("event_id_taken"))
    }

    /// With the prospect invited; without, where Google does not take the address.
    async fn insert(&self, account: &mut Account<'_>, id: &EventId) -> Result<Event, Failure> {
        let url = link::manage_url(self.app, self.booking.id);
        let description = event::description(self.property, &url);
        let (summary, name) = (
            event::summary(self.booking),
            self.booking.prospect.full_name(),
        );
        let zone = self.booking.time_zone();
        let guest = Guest {
            email: &self.booking.prospect.email,
            name: Some(name.as_str()).filter(|name| !name.is_empty()),
        };
        let new = |guest| NewEvent {
            id,
            booking: self.booking.id,
            summary: &summary,
            description: &description,
            location: self.property.address.as_deref(),
            time: self.booking.time,
            zone: &zone,
            guest,
        };
        let calendar = &self.calendar.calendar;
        let invited = new(Some(guest));
        let made = account.calendar(|google| {
            let invited = &invited;
            async move { google.insert(calendar, invited).await }
        });
        match made.await {
            Err(Failure::Google(google::Error::Refused { status: 400, .. })) => {
                let alone = new(None);
                let made = account.calendar(|google| {
                    let alone = &alone;
                    async move { google.insert(calendar, alone).await }
                });
                let made = made.await?;
                let tx = self.app.of(self.property.id).await?;
                write::invitation(&tx, self.booking, self.app.instant()).await?;
                tx.commit().await?;
                nudge(self.app, self.booking.id).await;
                Ok(made)
            }
            made => made,
        }
    }

    /// Moves the event, unless a person changed it since we last looked.
    async fn change(&self, account: &mut Account<'_>, etag: &str) -> Result<Done, Failure> {
        let (calendar, id) = (&self.calendar.calendar, &self.link.event);
        let mut etag = etag.to_owned();
        if let Some(before) = self
            .link
            .calendar
            .as_ref()
            .filter(|before| *before != calendar)
        {
            let moved = account
                .calendar(|google| async move { google.move_to(before, id, calendar).await });
            match moved.await {
                Ok(event) => etag = event.etag,
                // Moved by a try whose answer was lost, or gone: looking tells.
                Err(Failure::Google(google::Error::NotFound | google::Error::Gone)) => {}
                Err(failure) => return Err(failure),
            }
        }
        let zone = self.booking.time_zone();
        let change = EventChange {
            time: Some(self.booking.time),
            zone: &zone,
            summary: None,
            description: None,
            location: None,
        };
        let (change, etag) = (&change, etag.as_str());
        let patched = account
            .calendar(|google| async move { google.patch(calendar, id, change, etag).await })
            .await;
        match patched {
            Ok(event) => Ok(Done::Agreed(Some(event))),
            Err(Failure::Google(google::Error::Changed)) => {
                let found = account
                    .calendar(|google| async move { google.get(calendar, id).await })
                    .await?;
                self.settle(account, &found).await
            }
            Err(Failure::Google(google::Error::NotFound | google::Error::Gone)) => {
                follow::cancelled(self.app, self.property, self.booking, &self.link).await?;
                Ok(Done::Followed)
            }
            Err(Failure::Google(google::Error::Refused { status: 403, .. })) => {
                Ok(Done::Failed("event_not_ours_to_edit"))
            }
            Err(Failure::Google(google::Error::Refused { .. })) => {
                Ok(Done::Failed("event_refused"))
            }
            Err(failure) => Err(failure),
        }
    }

    /// The event has another state than we knew.
    async fn settle(&self, account: &mut Account<'_>, found: &Event) -> Result<Done, Failure> {
        if event::judge(self.booking, &self.link, found) == Verdict::Ours {
            let zone = self.booking.time_zone();
            let change = EventChange {
                time: Some(self.booking.time),
                zone: &zone,
                summary: None,
                description: None,
                location: None,
            };
            let (calendar, id) = (&self.calendar.calendar, &self.link.event);
            let (change, etag) = (&change, found.etag.as_str());
            let patched = account
                .calendar(|google| async move { google.patch(calendar, id, change, etag).await });
            return Ok(Done::Agreed(Some(patched.await?)));
        }
        follow::event(self.app, self.property, self.booking, &self.link, found).await?;
        Ok(Done::Followed)
    }

    /// Takes the event away. One that is gone, or was never there, is what is wanted.
    async fn remove(&self, account: &mut Account<'_>) -> Result<Done, Failure> {
        if self.booking.status != crate::domain::tour::BookingStatus::Cancelled {
            return Ok(Done::Agreed(None)); // over: the event stays as it was
        }
        let calendar = self
            .link
            .calendar
            .as_ref()
            .unwrap_or(&self.calendar.calendar);
        let id = &self.link.event;
        let deleted = account.calendar(|google| async move { google.delete(calendar, id).await });
        match deleted.await {
            Ok(()) | Err(Failure::Google(google::Error::NotFound | google::Error::Gone)) => {
                Ok(Done::Agreed(None))
            }
            Err(Failure::Google(google::Error::Refused { .. })) => {
                Ok(Done::Failed("event_not_ours_to_edit"))
            }
            Err(failure) => Err(failure),
        }
    }

    async fn agreed(&self, event: Option<Event>) -> Result<()> {
        let now = self.app.instant();
        // Another generation than the one we began with may have been made.
        let link = EventLink {
            event: event
                .as_ref()
                .map_or(self.link.event.clone(), |event| event.id.clone()),
            ..self.link.clone()
        };
        let known = Known {
            etag: event.as_ref().map_or("", |event| event.etag.as_str()),
            shown: event.as_ref().and_then(event::shown),
            calendar: &self.calendar.calendar,
        };
        let tx = self.app.of(self.property.id).await?;
        event_links::mirrored(&tx, &link, self.booking.version, &known, now).await?;
        if event
            .as_ref()
            .is_some_and(|event| event::rsvp(self.booking, event).is_some())
        {
            event_links::invited(&tx, self.booking.id, Some(&link.event), now).await?;
        }
        tx.commit().await?;
        info!(booking.id = %self.booking.id, "Google shows booking {}", self.booking.id);
        if self.link.mirrored_version.is_none() && self.booking.status.is_live() {
            let took = now.duration_since(self.booking.created_at).as_secs_f64();
            telemetry::metric("booking_to_calendar", took, telemetry::Unit::Seconds, &[]);
        }
        Ok(())
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
