//! What Google is told of one booking: insert, patch or delete, and what its answers mean.

use super::event::{self, Verdict};
use super::follow::{self, Followed};
use super::mirror::{Done, State, Work, nudge};
use super::{link, write};
use crate::app::grants::{Account, Failure};
use crate::domain::ids::*;
use crate::domain::tour::BookingStatus;
use crate::google;
use crate::google::calendar::{Event, EventChange, Guest, NewEvent};
use crate::store::event_links::{self, EventLink};
use crate::telemetry;
use tracing::warn;

/// Ids of deleted events, or of somebody else's, that are stepped over in one run.
const GENERATIONS: usize = 4;

impl Work<'_> {
    /// One try to make Google agree with the booking.
    pub(super) async fn tell(&self, account: &mut Account<'_>) -> Result<Done, Failure> {
        if !self.booking.status.is_live() {
            return self.remove(account).await;
        }
        let before = self.link.calendar.as_ref();
        let before = before.filter(|before| !self.is_chosen(before));
        match (&self.link.etag, before) {
            // Known to be gone: a tour that lives again gets another.
            (Some(etag), _) if etag.is_empty() => self.create(account).await,
            (Some(_), Some(before)) => self.carry(account, before).await,
            (Some(etag), None) => self.change(account, etag).await,
            // A try whose answer was lost may have made it where it was first expected.
            (None, Some(before)) => match self.read(account, before).await? {
                Some(found) if self.is_ours(&found) => self.carry(account, before).await,
                _ => self.create(account).await,
            },
            (None, None) => self.create(account).await,
        }
    }

    fn is_chosen(&self, calendar: &CalendarId) -> bool {
        self.calendar.is_same(calendar, &self.calendar.calendar)
    }

    /// Live, and of this booking.
    fn is_ours(&self, found: &Event) -> bool {
        found.booking == Some(self.booking.id) && !found.is_cancelled
    }

    /// The event as it is in a calendar; `None` where there is none.
    async fn read(
        &self,
        account: &mut Account<'_>,
        calendar: &CalendarId,
    ) -> Result<Option<Event>, Failure> {
        let id = &self.link.event;
        let found = account.calendar(|google| async move { google.get(calendar, id).await });
        match found.await {
            Ok(found) => Ok(Some(found)),
            Err(Failure::Google(google::Error::NotFound | google::Error::Gone)) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// Makes the event. One that is there already is ours from a try whose answer was lost.
    async fn create(&self, account: &mut Account<'_>) -> Result<Done, Failure> {
        let mut link = self.link.clone();
        for _ in 0..GENERATIONS {
            match self.insert(account, &link.event).await {
                Ok(event) => return Ok(Done::Agreed(State::Shown(event))),
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
            let (calendar, id) = (&self.calendar.calendar, &link.event);
            let found = account
                .calendar(|google| async move { google.get(calendar, id).await })
                .await?;
            if self.is_ours(&found) {
                return self.settle(account, &link, &found).await;
            }
            if !found.is_cancelled {
                warn!(booking.id = %self.booking.id, "An event of somebody else's has our id");
                telemetry::metric("event_id_taken", 1.0, telemetry::Unit::Count, &[]);
            }
            let tx = self.app.of(self.property.id).await?;
            link.event = event_links::next_generation(&tx, &link).await?;
            tx.commit().await?;
            link.generation += 1;
            (link.etag, link.mirrored_version) = (None, None);
            link.shown = Some(self.booking.time);
        }
        Ok(Done::Failed("event_id_taken"))
    }

    /// With the prospect invited; without, where Google does not take the address.
    async fn insert(&self, account: &mut Account<'_>, id: &EventId) -> Result<Event, Failure> {
        let url = link::manage_url(self.app, self.booking.id);
        let description = event::description(self.property, &url);
        let (summary, name) = (
            event::summary(self.booking),
            event::guest_name(self.booking),
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
                // Wanted first: an event whose answer is lost is found again, and invites nobody.
                let tx = self.app.of(self.property.id).await?;
                write::invitation(&tx, self.booking, self.app.instant()).await?;
                tx.commit().await?;
                nudge(self.app, self.booking.id).await;
                let alone = new(None);
                let made = account.calendar(|google| {
                    let alone = &alone;
                    async move { google.insert(calendar, alone).await }
                });
                made.await
            }
            made => made,
        }
    }

    /// Shows a change of the booking, unless a person changed the event since we last looked.
    async fn change(&self, account: &mut Account<'_>, etag: &str) -> Result<Done, Failure> {
        let calendar = &self.calendar.calendar;
        if self.link.mirrored_version == Some(self.booking.version) {
            // Nothing to tell: whether they agree is asked. Each change sends a mail.
            return match self.read(account, calendar).await? {
                Some(found) => self.settle(account, &self.link, &found).await,
                None => self.missing(account).await,
            };
        }
        match self.patch(account, &self.link.event, etag).await {
            Ok(event) => Ok(Done::Agreed(State::Shown(event))),
            Err(Failure::Google(google::Error::Changed | google::Error::Gone)) => {
                match self.read(account, calendar).await? {
                    Some(found) => self.settle(account, &self.link, &found).await,
                    None => self.missing(account).await,
                }
            }
            Err(Failure::Google(google::Error::NotFound)) => self.missing(account).await,
            Err(failure) => refused(failure),
        }
    }

    async fn patch(
        &self,
        account: &mut Account<'_>,
        id: &EventId,
        etag: &str,
    ) -> Result<Event, Failure> {
        let zone = self.booking.time_zone();
        let change = EventChange {
            time: Some(self.booking.time),
            zone: &zone,
            summary: None,
            description: None,
            location: None,
        };
        let (calendar, change) = (&self.calendar.calendar, &change);
        account
            .calendar(|google| async move { google.patch(calendar, id, change, etag).await })
            .await
    }

    /// Google does not know the event. That says something of it only while the calendar can be read:
    /// one that was removed, or is out of reach, takes no tour with it.
    async fn missing(&self, account: &mut Account<'_>) -> Result<Done, Failure> {
        let calendar = &self.calendar.calendar;
        let readable = account.calendar(|google| async move { google.zone(calendar).await });
        match readable.await {
            Ok(_) => {
                let followed = follow::gone(self.app, self.booking, &self.link).await?;
                Ok(followed.into())
            }
            Err(Failure::Google(google::Error::NotFound | google::Error::Gone)) => {
                Ok(Done::Failed("calendar_gone"))
            }
            Err(Failure::Google(google::Error::Refused { .. })) => {
                Ok(Done::Failed("calendar_forbidden"))
            }
            Err(failure) => Err(failure),
        }
    }

    /// Takes the event into the calendar that the agent chose since. Its guests are told nothing.
    async fn carry(&self, account: &mut Account<'_>, before: &CalendarId) -> Result<Done, Failure> {
        let (calendar, id) = (&self.calendar.calendar, &self.link.event);
        let moved =
            account.calendar(|google| async move { google.move_to(before, id, calendar).await });
        match moved.await {
            Ok(event) => return self.settle(account, &self.link, &event).await,
            // Carried by a try whose answer was lost, or deleted, or its calendar is gone.
            Err(Failure::Google(
                google::Error::NotFound | google::Error::Gone | google::Error::AlreadyExists,
            )) => {}
            Err(failure) => return refused(failure),
        }
        match self.read(account, calendar).await? {
            Some(found) if self.is_ours(&found) => {
                return self.settle(account, &self.link, &found).await;
            }
            _ => {}
        }
        match self.read(account, before).await {
            // It cannot come along, because one of its id was here once.
            Ok(Some(found)) if self.is_ours(&found) => {
                let tx = self.app.of(self.property.id).await?;
                let now = self.app.instant();
                event_links::replace(&tx, &self.link, calendar, now).await?;
                tx.commit().await?;
                Ok(Done::Again)
            }
            Ok(Some(deleted)) => self.settle(account, &self.link, &deleted).await,
            // The calendar went, not the tour: it gets an event where the agent looks now.
            Ok(None) => self.create(account).await,
            Err(failure) => refused(failure),
        }
    }

    /// The event has another state than we knew. A live one was found in the chosen calendar.
    async fn settle(
        &self,
        account: &mut Account<'_>,
        link: &EventLink,
        found: &Event,
    ) -> Result<Done, Failure> {
        if event::judge(self.booking, link, found) == Verdict::Ours && !found.is_cancelled {
            let tx = self.app.of(self.property.id).await?;
            follow::overrule(&tx, self.booking, link, found).await?;
            tx.commit().await?;
            return match self.patch(account, &link.event, &found.etag).await {
                Ok(event) => Ok(Done::Agreed(State::Shown(event))),
                Err(Failure::Google(google::Error::Changed)) => Ok(Done::Again),
                Err(failure) => refused(failure),
            };
        }
        let link = EventLink {
            calendar: Some(self.calendar.calendar.clone()),
            ..link.clone()
        };
        let (app, calendar) = (self.app, self.calendar);
        let followed = follow::event(app, account, calendar, self.booking, &link, found).await?;
        Ok(followed.into())
    }

    /// Takes the event away. One that is gone, or was never there, is what is wanted.
    async fn remove(&self, account: &mut Account<'_>) -> Result<Done, Failure> {
        if self.booking.status != BookingStatus::Cancelled {
            return Ok(Done::Agreed(State::Untouched)); // over: the event stays as it was
        }
        let calendar = self
            .link
            .calendar
            .as_ref()
            .unwrap_or(&self.calendar.calendar);
        let id = &self.link.event;
        let deleted = account.calendar(|google| async move { google.delete(calendar, id).await });
        match deleted.await {
            Ok(()) | Err(Failure::Google(google::Error::Gone)) => Ok(Done::Agreed(State::Gone)),
            // Never seen: a try to make it may still take effect, and then it has to go.
            Err(Failure::Google(google::Error::NotFound)) if self.link.etag.is_none() => {
                Ok(Done::Agreed(State::Untouched))
            }
            Err(Failure::Google(google::Error::NotFound)) => Ok(Done::Agreed(State::Gone)),
            Err(failure) => refused(failure),
        }
    }
}

impl From<Followed> for Done {
    fn from(followed: Followed) -> Self {
        match followed {
            Followed::Done => Self::Followed,
            Followed::Ours | Followed::Outdated => Self::Again,
        }
    }
}

/// What Google will say again tomorrow waits for a person.
fn refused(failure: Failure) -> Result<Done, Failure> {
    match failure {
        Failure::Google(google::Error::Refused { status: 403, .. }) => {
            Ok(Done::Failed("event_not_ours_to_edit"))
        }
        Failure::Google(google::Error::Refused { .. }) => Ok(Done::Failed("event_refused")),
        failure => Err(failure),
    }
}
