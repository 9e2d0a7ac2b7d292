//! A person changed the event in Google, and the booking follows. Nothing here writes to Google.
//!
//! What cannot be followed is marked `conflict` and shown to the team; the booking stays as it is.

use serde_json::json;
use tracing::info;

use super::event::{self, Verdict};
use super::write::LETTER_LIFE;
use super::{Property, mirror};
use crate::app::App;
use crate::domain::interval::Interval;
use crate::error::Result;
use crate::google::calendar::Event;
use crate::store::audit::{self, Actor, Entry};
use crate::store::event_links::{self, EventLink, Known, SyncStatus};
use crate::store::letters::{self, LetterKind};
use crate::store::tours::{self, Booking, Move};
use crate::store::{self, Tx, retrying};

/// Makes the booking agree with the state of its event, as far as it can. The same state twice is
/// nothing new.
pub async fn event(
    app: &App,
    property: &Property,
    booking: &Booking,
    link: &EventLink,
    found: &Event,
) -> Result<()> {
    let verdict = event::judge(booking, link, found);
    match verdict {
        Verdict::Same => same(app, booking, link, found).await?,
        Verdict::Moved(time) => moved(app, property, booking, link, found, time).await?,
        Verdict::Cancelled => cancelled(app, property, booking, link).await?,
        Verdict::Conflict(reason) => conflict(app, booking, link, found, reason).await?,
        Verdict::Ours => ours(app, booking, link, found).await?,
    }
    Ok(())
}

/// They agree; what the prospect answered may be new.
async fn same(app: &App, booking: &Booking, link: &EventLink, found: &Event) -> Result<()> {
    let tx = app.of(booking.property).await?;
    event_links::mirrored(
        &tx,
        link,
        booking.version,
        &known(link, found),
        app.instant(),
    )
    .await?;
    answer(&tx, booking, found).await?;
    tx.commit().await?;
    Ok(())
}

/// The booking goes where the agent moved the event, and the prospect is told. Onto another tour of
/// the agent's it cannot go.
async fn moved(
    app: &App,
    property: &Property,
    booking: &Booking,
    link: &EventLink,
    found: &Event,
    time: Interval,
) -> Result<()> {
    let local = booking.time_zone().to_datetime(time.start());
    let to = Move {
        time,
        buffer: booking.buffer,
        local,
        agent: booking.agent,
        slot: booking.slot,
    };
    let changed_at = found.updated.unwrap_or(app.instant());
    let written = retrying(|| async {
        let tx = app.of(property.id).await?;
        tours::lock_agents(&tx, booking.agent.as_slice()).await?;
        if !tours::reschedule(&tx, booking.id, booking.version, &to, changed_at).await? {
            tx.commit().await?;
            return Ok(None); // changed meanwhile: the next look decides
        }
        let now_at = tours::by_id(&tx, booking.id).await?;
        let now_at = now_at.ok_or(store::Error::Missing)?;
        event_links::mirrored(
            &tx,
            link,
            now_at.version,
            &known(link, found),
            app.instant(),
        )
        .await?;
        answer(&tx, booking, found).await?;
        tell(app, &tx, &now_at, LetterKind::MovedByTeam).await?;
        let times = (
            json!({ "starts_at": booking.time.start().to_string() }),
            json!({ "starts_at": time.start().to_string() }),
        );
        record(&tx, booking, "tour.moved", Some(times.0), Some(times.1)).await?;
        tx.commit().await?;
        Ok(Some(now_at))
    });
    match written.await {
        Ok(Some(_)) => {
            info!(booking.id = %booking.id, "Booking {} follows its event", booking.id);
            mirror::nudge(app, booking.id).await; // the letter
            Ok(())
        }
        Ok(None) => ours(app, booking, link, found).await,
        Err(store::Error::Constraint(name)) if name == tours::NO_OVERLAP => {
            conflict(app, booking, link, found, "overlaps_another_tour").await
        }
        Err(error) => Err(error.into()),
    }
}

/// The agent deleted the event: the tour is cancelled, once, and the prospect is told.
pub async fn cancelled(
    app: &App,
    property: &Property,
    booking: &Booking,
    link: &EventLink,
) -> Result<()> {
    let now = app.instant();
    let tx = app.of(property.id).await?;
    let was_live = tours::cancel(&tx, booking.id, "google", now).await?;
    if let Some(now_at) = tours::by_id(&tx, booking.id).await? {
        let known = Known {
            etag: "",
            shown: None,
            calendar: link.calendar.as_ref().unwrap_or(&super::mirror::PRIMARY),
        };
        event_links::mirrored(&tx, link, now_at.version, &known, now).await?;
        if was_live {
            tell(app, &tx, &now_at, LetterKind::CancelledByTeam).await?;
            let status = |status| Some(json!({ "status": status }));
            let (before, after) = (status(booking.status.as_str()), status("cancelled"));
            record(&tx, booking, "tour.cancelled", before, after).await?;
        }
    }
    tx.commit().await?;
    if was_live {
        info!(booking.id = %booking.id, "Booking {} is cancelled in Google", booking.id);
        mirror::nudge(app, booking.id).await;
    }
    Ok(())
}

async fn conflict(
    app: &App,
    booking: &Booking,
    link: &EventLink,
    found: &Event,
    reason: &'static str,
) -> Result<()> {
    let tx = app.of(booking.property).await?;
    event_links::seen(&tx, link, &known(link, found)).await?;
    answer(&tx, booking, found).await?;
    let (id, version) = (booking.id, booking.version);
    if event_links::settle(&tx, id, version, SyncStatus::Conflict, reason).await? {
        record(
            &tx,
            booking,
            "tour.conflict",
            None,
            Some(json!({ "reason": reason })),
        )
        .await?;
        crate::telemetry::metric("tour_conflict", 1.0, crate::telemetry::Unit::Count, &[]);
    }
    tx.commit().await?;
    Ok(())
}

/// The booking is newer: Google is told, from the state that it has now.
async fn ours(app: &App, booking: &Booking, link: &EventLink, found: &Event) -> Result<()> {
    let tx = app.of(booking.property).await?;
    event_links::seen(&tx, link, &known(link, found)).await?;
    answer(&tx, booking, found).await?;
    event_links::retell(&tx, booking.id).await?;
    tx.commit().await?;
    mirror::nudge(app, booking.id).await;
    Ok(())
}

async fn answer(tx: &Tx, booking: &Booking, found: &Event) -> store::Result<()> {
    if let Some(rsvp) = event::rsvp(booking, found)
        && event_links::answered(tx, booking.id, rsvp).await?
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
        etag: &found.etag,
        shown: event::shown(found),
        calendar: link.calendar.as_ref().unwrap_or(&super::mirror::PRIMARY),
    }
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

async fn record(
    tx: &Tx,
    booking: &Booking,
    action: &'static str,
    before: Option<serde_json::Value>,
    after: Option<serde_json::Value>,
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
