//! Moving a tour between times that were made by hand.

use jiff::Timestamp;
use serde_json::json;

use super::super::book::never_offered;
use super::super::{availability, mirror};
use super::{By, Moved, Wrote, changed, invite, mailed, record};
use crate::app::App;
use crate::error::{Error, Result};
use crate::store::properties::Property;
use crate::store::tours::{self, Booking, Move};
use crate::store::{self, retrying};

/// A tour without a calendar moves to another time that was made by hand.
pub(super) async fn reschedule(
    app: &App,
    by: &By,
    property: &Property,
    booking: &Booking,
    start: Timestamp,
) -> Result<Moved> {
    let wrote = retrying(|| once(app, by, property, booking, start)).await;
    match wrote {
        Ok(Some(Wrote::Moved(booking))) => {
            mirror::nudge(app, booking.id).await;
            Ok(Moved::Done(booking))
        }
        Ok(Some(Wrote::Nothing)) => Ok(Moved::Taken(Vec::new())),
        Ok(Some(Wrote::Changed)) => Err(changed()),
        Ok(Some(Wrote::TooMany(retry_after))) => Err(Error::TooMany { retry_after }),
        Ok(None) => Err(never_offered()),
        // The same person has another tour at that time.
        Err(store::Error::Constraint(name)) if name == tours::SAME_REQUEST => {
            Ok(Moved::Taken(Vec::new()))
        }
        Err(error) => Err(error.into()),
    }
}

/// `None`: there is no such time.
async fn once(
    app: &App,
    by: &By,
    property: &Property,
    booking: &Booking,
    start: Timestamp,
) -> store::Result<Option<Wrote>> {
    let zone = booking.time_zone();
    let date = zone.to_datetime(start).date();
    let tx = app.of(property.id).await?;
    let slots = tours::manual(&tx, property.id, date, date).await?;
    let timed = slots.iter().filter_map(|slot| {
        let time = availability::manual_interval(slot, &zone)?;
        (time.start() == start && app.instant() < start).then_some((slot, time))
    });
    let best = timed.max_by_key(|(slot, _)| (booking.slot == Some(slot.id), slot.places > 0));
    let to = best.map(|(slot, time)| (slot.id, time));
    let Some((slot, time)) = to else {
        tx.commit().await?;
        return Ok(None);
    };
    if booking.slot == Some(slot) {
        tx.commit().await?;
        return Ok(Some(Wrote::Moved(Box::new(booking.clone()))));
    }
    if !tours::take_place(&tx, slot).await? {
        tx.commit().await?;
        return Ok(Some(Wrote::Nothing));
    }
    if let Some(wait) = mailed(app, &tx, by, booking).await? {
        tx.roll_back().await?;
        return Ok(Some(Wrote::TooMany(wait)));
    }
    if let Some(before) = booking.slot {
        tours::give_place(&tx, before).await?;
    }
    let now = app.instant();
    let to = Move {
        time,
        buffer: 0,
        local: zone.to_datetime(time.start()),
        agent: None,
        slot: Some(slot),
    };
    if !tours::reschedule(&tx, booking.id, booking.version, &to, now).await? {
        tx.roll_back().await?;
        return Ok(Some(Wrote::Changed));
    }
    let moved = tours::by_id(&tx, booking.id).await?;
    let moved = moved.ok_or(store::Error::Missing)?;
    invite(&tx, by, &moved, now).await?;
    let after = json!({ "starts_at": moved.time.start().to_string() });
    record(&tx, by, booking, "tour.moved", after).await?;
    tx.commit().await?;
    Ok(Some(Wrote::Moved(Box::new(moved))))
}
