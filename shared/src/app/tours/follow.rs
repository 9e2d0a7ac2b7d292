//! A person changed the event in Google, and the booking follows. Nothing here writes to Google.
//!
//! What cannot be followed is marked `conflict` and shown to the team; the booking stays as it is.

use serde_json::{Value, json};
use tracing::info;

use super::event::{self, Verdict};
use super::mirror;
use super::write::LETTER_LIFE;
use crate::app::App;
use crate::app::calendars::may_list;
use crate::app::grants::{Account, Failure};
use crate::domain::ids::*;
use crate::domain::interval::Interval;
use crate::domain::tour::Rsvp;
use crate::error::{Error, Result};
use crate::google;
use crate::google::calendar::Event;
use crate::store::agent_calendars::AgentCalendar;
use crate::store::audit::{self, Actor, Entry};
use crate::store::event_links::{self, EventLink, Known, SyncStatus};
use crate::store::letters::{self, LetterKind};
use crate::store::tours::{self, Booking, Move};
use crate::store::{self, Tx, retrying};

/// How often an event is looked at again whose booking changes under our eyes.
const LOOKS: usize = 4;
/// Other calendars of an agent in which an event that disappeared is looked for.
const OTHER_CALENDARS: usize = 20;

/// What became of an event's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Followed {
    Done,
    /// Google is to be told of the booking.
    Ours,
    /// Booking or event were changed since they were read, and nothing was done: look again.
    Outdated,
}

/// Looks at the event of a booking and follows it, if it stands in this calendar of the agent's.
///
/// What a list said of the event only tells that there is something to look at: what we did meanwhile
/// may be newer than the list. So booking and event are read here, in this order.
///
/// # Errors
/// Google does not answer: the booking stays as it is.
pub(in crate::app) async fn look(
    app: &App,
    account: &mut Account<'_>,
    calendar: &AgentCalendar,
    id: BookingId,
) -> Result<(), Failure> {
    for _ in 0..LOOKS {
        let tx = app.of(calendar.property).await?;
        let link = event_links::of_booking(&tx, id).await?;
        let booking = tours::by_id(&tx, id).await?;
        tx.commit().await?;
        let Some((link, booking)) = link.zip(booking) else {
            return Ok(()); // erased meanwhile
        };
        let stands_in = link.calendar.as_ref().unwrap_or(&calendar.calendar);
        let is_here = calendar.is_same(stands_in, &calendar.calendar);
        if link.agent_calendar != calendar.id || !is_here {
            return Ok(()); // another agent's by now, or on its way from another calendar
        }
        let event = &link.event;
        let found = account
            .calendar(|google| async move { google.get(stands_in, event).await })
            .await;
        let followed = match found {
            // The id is somebody else's; the next try to write the event steps over it.
            Ok(found) if link.mirrored_version.is_none() && found.booking != Some(id) => {
                return Ok(());
            }
            Ok(found) => self::event(app, account, calendar, &booking, &link, &found).await?,
            Err(Failure::Google(google::Error::NotFound | google::Error::Gone)) => {
                gone(app, &booking, &link).await?
            }
            Err(failure) => return Err(failure),
        };
        match followed {
            Followed::Done => return Ok(()),
            Followed::Ours => {
                mirror::nudge(app, id).await;
                return Ok(());
            }
            Followed::Outdated => {}
        }
    }
    Err(Error::busy(std::time::Duration::from_secs(5)).into())
}

/// Makes the booking agree with the state of its event, as far as it can. The same state twice is
/// nothing new. The event must have been read after booking and link.
pub async fn event(
    app: &App,
    account: &mut Account<'_>,
    calendar: &AgentCalendar,
    booking: &Booking,
    link: &EventLink,
    found: &Event,
) -> Result<Followed, Failure> {
    let followed = match event::judge(booking, link, found) {
        Verdict::Same => same(app, booking, link, found).await?,
        Verdict::Moved(time) => moved(app, booking, link, found, time).await?,
        Verdict::Cancelled if is_elsewhere(account, calendar, link).await? => {
            conflict(app, booking, link, None, "other_calendar").await?
        }
        Verdict::Cancelled => cancelled(app, booking, link).await?,
        Verdict::Conflict(reason) => conflict(app, booking, link, Some(found), reason).await?,
        Verdict::Ours => ours(app, booking, link, found).await?,
    };
    Ok(followed)
}

/// Google does not know the event, in a calendar that can be read: purged after it was deleted.
pub async fn gone(app: &App, booking: &Booking, link: &EventLink) -> Result<Followed> {
    if link.mirrored_version.is_none() || !booking.status.is_live() {
        return Ok(Followed::Done); // not there yet, or nothing is missed
    }
    cancelled(app, booking, link).await
}

/// Whether an event that was deleted here stands in another calendar of the agent's: then it was moved
/// there. Without leave to list the calendars nobody knows, and it counts as deleted.
async fn is_elsewhere(
    account: &mut Account<'_>,
    calendar: &AgentCalendar,
    link: &EventLink,
) -> Result<bool, Failure> {
    if !may_list(calendar) {
        return Ok(false);
    }
    let here = link.calendar.as_ref().unwrap_or(&calendar.calendar);
    let entries = account.calendar(|google| async move { google.calendars().await });
    let entries = entries.await?.into_iter();
    let others = entries.filter(|entry| {
        let is_here =
            calendar.is_same(&entry.id, here) || (entry.is_primary && calendar.is_primary(here));
        entry.is_writable && !is_here
    });
    for other in others.take(OTHER_CALENDARS) {
        let (id, event) = (&other.id, &link.event);
        let found = account.calendar(|google| async move { google.get(id, event).await });
        match found.await {
            Ok(found) if !found.is_cancelled && found.booking == Some(link.booking) => {
                return Ok(true);
            }
            Ok(_) => {}
            Err(Failure::Google(
                google::Error::NotFound | google::Error::Gone | google::Error::Refused { .. },
            )) => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(false)
}

/// A transaction in which the booking stays as it is, if booking and link are still as they were read.
async fn unchanged(
    app: &App,
    booking: &Booking,
    link: &EventLink,
    agents: &[ProfileId],
) -> store::Result<Option<Tx>> {
    let tx = app.of(booking.property).await?;
    tours::lock_agents(&tx, agents).await?;
    let now_is = tours::hold(&tx, booking.id).await?;
    let known = event_links::of_booking(&tx, booking.id).await?;
    let same_booking = now_is.is_some_and(|now_is| now_is.version == booking.version);
    let same_link = known.is_some_and(|known| {
        known.event == link.event
            && known.agent_calendar == link.agent_calendar
            && known.etag == link.etag
    });
    if same_booking && same_link {
        return Ok(Some(tx));
    }
    tx.commit().await?;
    Ok(None)
}

/// They agree; what the prospect answered may be new.
async fn same(app: &App, booking: &Booking, link: &EventLink, found: &Event) -> Result<Followed> {
    let Some(tx) = unchanged(app, booking, link, &[]).await? else {
        return Ok(Followed::Outdated);
    };
    let now = app.instant();
    event_links::mirrored(&tx, link, booking.version, &known(link, found), now).await?;
    answer(&tx, booking, found).await?;
    if event::rsvp(booking, found).is_some() {
        event_links::invited(&tx, booking.id, Some(&link.event), now).await?;
    }
    tx.commit().await?;
    Ok(Followed::Done)
}

/// The booking goes where the agent moved the event, and the prospect is told. Onto another tour of
/// the agent's it cannot go.
async fn moved(
    app: &App,
    booking: &Booking,
    link: &EventLink,
    found: &Event,
    time: Interval,
) -> Result<Followed> {
    match retrying(|| follow_move(app, booking, link, found, time)).await {
        Ok(Followed::Done) => {
            info!(booking.id = %booking.id, "Booking {} follows its event", booking.id);
            mirror::nudge(app, booking.id).await; // the letter
            Ok(Followed::Done)
        }
        Ok(other) => Ok(other),
        Err(store::Error::Constraint(name)) if name == tours::NO_OVERLAP => {
            conflict(app, booking, link, Some(found), "overlaps_another_tour").await
        }
        // The same prospect has another tour at that time, with another agent.
        Err(store::Error::Constraint(name)) if name == tours::SAME_REQUEST => {
            conflict(app, booking, link, Some(found), "overlaps_another_tour").await
        }
        Err(error) => Err(error.into()),
    }
}

async fn follow_move(
    app: &App,
    booking: &Booking,
    link: &EventLink,
    found: &Event,
    time: Interval,
) -> store::Result<Followed> {
    let Some(tx) = unchanged(app, booking, link, booking.agent.as_slice()).await? else {
        return Ok(Followed::Outdated);
    };
    let now = app.instant();
    let to = Move {
        time,
        buffer: booking.buffer,
        local: booking.time_zone().to_datetime(time.start()),
        agent: booking.agent,
        slot: booking.slot,
    };
    let changed_at = found.updated.unwrap_or(now);
    if !tours::reschedule(&tx, booking.id, booking.version, &to, changed_at).await? {
        tx.commit().await?;
        return Ok(Followed::Outdated);
    }
    let now_at = tours::by_id(&tx, booking.id).await?;
    let now_at = now_at.ok_or(store::Error::Missing)?;
    event_links::mirrored(&tx, link, now_at.version, &known(link, found), now).await?;
    answer(&tx, booking, found).await?;
    if time.start() != booking.time.start() {
        tell(app, &tx, &now_at, LetterKind::MovedByTeam).await?;
    }
    let (before, after) = (stretch(booking.time), stretch(time));
    record(&tx, booking, "tour.moved", Some(before), Some(after)).await?;
    tx.commit().await?;
    Ok(Followed::Done)
}

/// The agent deleted the event: the tour is cancelled, once, and the prospect is told.
async fn cancelled(app: &App, booking: &Booking, link: &EventLink) -> Result<Followed> {
    let Some(tx) = unchanged(app, booking, link, &[]).await? else {
        return Ok(Followed::Outdated);
    };
    let now = app.instant();
    let was_live = tours::cancel(&tx, booking.id, "google", now).await?;
    let now_is = tours::by_id(&tx, booking.id).await?;
    let now_is = now_is.ok_or(store::Error::Missing)?;
    let known = Known {
        etag: Some(""),
        shown: None,
        calendar: calendar_of(link),
    };
    event_links::mirrored(&tx, link, now_is.version, &known, now).await?;
    if was_live {
        tell(app, &tx, &now_is, LetterKind::CancelledByTeam).await?;
        let mut before = stretch(booking.time);
        before["status"] = booking.status.as_str().into();
        let after = json!({ "status": "cancelled" });
        record(&tx, booking, "tour.cancelled", Some(before), Some(after)).await?;
    }
    tx.commit().await?;
    if was_live {
        info!(booking.id = %booking.id, "Booking {} is cancelled in Google", booking.id);
        mirror::nudge(app, booking.id).await;
    }
    Ok(Followed::Done)
}

/// A person has to look. `found`: the state of the event that is known from now on, if it is still there.
async fn conflict(
    app: &App,
    booking: &Booking,
    link: &EventLink,
    found: Option<&Event>,
    reason: &'static str,
) -> Result<Followed> {
    let Some(tx) = unchanged(app, booking, link, &[]).await? else {
        return Ok(Followed::Outdated);
    };
    if let Some(found) = found {
        event_links::seen(&tx, link, &known(link, found)).await?;
        answer(&tx, booking, found).await?;
    }
    let (id, version) = (booking.id, booking.version);
    if event_links::settle(&tx, id, version, SyncStatus::Conflict, reason).await? {
        let after = json!({ "reason": reason });
        record(&tx, booking, "tour.conflict", None, Some(after)).await?;
        crate::telemetry::metric("tour_conflict", 1.0, crate::telemetry::Unit::Count, &[]);
    }
    tx.commit().await?;
    Ok(Followed::Done)
}

/// The booking is newer: Google is told, from the state that it has now.
async fn ours(app: &App, booking: &Booking, link: &EventLink, found: &Event) -> Result<Followed> {
    let Some(tx) = unchanged(app, booking, link, &[]).await? else {
        return Ok(Followed::Outdated);
    };
    overrule(&tx, booking, link, found).await?;
    event_links::seen(&tx, link, &known(link, found)).await?;
    answer(&tx, booking, found).await?;
    event_links::retell(&tx, booking.id).await?;
    tx.commit().await?;
    Ok(Followed::Ours)
}

/// Where a person moved the event is lost to a newer change of the booking: the audit log keeps it.
pub async fn overrule(
    tx: &Tx,
    booking: &Booking,
    link: &EventLink,
    found: &Event,
) -> store::Result<()> {
    let Some(lost) = event::overruled(booking, link, found) else {
        return Ok(());
    };
    let mut after = stretch(booking.time);
    after["status"] = booking.status.as_str().into();
    record(
        tx,
        booking,
        "tour.move_overruled",
        Some(stretch(lost)),
        Some(after),
    )
    .await
}

/// What the prospect answered. That Google asks them anew after a move is no answer of theirs.
async fn answer(tx: &Tx, booking: &Booking, found: &Event) -> store::Result<()> {
    if found.is_cancelled {
        return Ok(());
    }
    if let Some(rsvp) = event::rsvp(booking, found)
        && event_links::answered(tx, booking.id, rsvp).await?
        && rsvp != Rsvp::Pending
    {
        let entry = Entry {
            actor: Actor::Prospect,
            ..entry(booking, "tour.answered")
        };
        let after = Some(json!({ "response": rsvp.as_str() }));
        audit::append(tx, &Entry { after, ..entry }).await?;
    }
    Ok(())
}

fn known<'a>(link: &'a EventLink, found: &'a Event) -> Known<'a> {
    Known {
        etag: Some(if found.is_cancelled { "" } else { &found.etag }),
        shown: event::shown(found).filter(|_| !found.is_cancelled),
        calendar: calendar_of(link),
    }
}

fn calendar_of(link: &EventLink) -> &CalendarId {
    link.calendar.as_ref().unwrap_or(&mirror::PRIMARY)
}

/// A letter to the prospect about what the team did.
async fn tell(app: &App, tx: &Tx, booking: &Booking, kind: LetterKind) -> store::Result<()> {
    let now = app.instant();
    if booking.time.end() <= now {
        return Ok(()); // about what is over nobody wants to hear
    }
    let not_after = now.checked_add(LETTER_LIFE).unwrap_or(now);
    letters::expect(tx, booking, kind, now, not_after).await
}

fn stretch(time: Interval) -> Value {
    json!({ "starts_at": time.start().to_string(), "ends_at": time.end().to_string() })
}

async fn record(
    tx: &Tx,
    booking: &Booking,
    action: &'static str,
    before: Option<Value>,
    after: Option<Value>,
) -> store::Result<()> {
    let entry = Entry {
        before,
        after,
        ..entry(booking, action)
    };
    audit::append(tx, &entry).await
}

fn entry(booking: &Booking, action: &'static str) -> Entry<'static> {
    Entry {
        property: booking.property,
        actor: Actor::Google,
        action,
        entity: "tour_bookings",
        entity_id: booking.id.0,
        before: None,
        after: None,
    }
}
