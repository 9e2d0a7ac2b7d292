//! The team's view of its tours.

use super::availability::{self, Clocks, Range};
use crate::app::App;
use crate::app::access::{self, Right, User, hidden_as};
use crate::domain::ids::{BookingId, PropertyId};
use crate::error::{Error, Result};
use crate::store::tours::{self, Line, Troubles};

/// The bookings of some dates, with the state of their events and invitations, cancelled ones too.
pub async fn agenda(
    app: &App,
    user: &User,
    property: PropertyId,
    range: Range,
) -> Result<Vec<Line>> {
    let tx = app.of(property).await?;
    access::require(&tx, user, property, Right::See).await?;
    let property = availability::property(&tx, property).await?;
    let clock = Clocks::of(&property, None);
    let zone = clock.map_or(jiff::tz::TimeZone::UTC, |clock| clock.zone);
    let (from, to) = range.dates(Some(&zone), app.instant())?;
    let within = availability::days(&zone, from, to)?;
    let lines = tours::agenda(&tx, property.id, None, within).await?;
    tx.commit().await?;
    Ok(lines)
}

/// How many of the tours to come need a person, because of their calendars.
pub async fn troubles(app: &App, user: &User, property: PropertyId) -> Result<Troubles> {
    let tx = app.of(property).await?;
    access::require(&tx, user, property, Right::See).await?;
    let troubles = tours::troubles(&tx, property, app.instant()).await?;
    tx.commit().await?;
    Ok(troubles)
}

/// One booking.
pub async fn one(app: &App, user: &User, id: BookingId) -> Result<Line> {
    let tx = app.everywhere().await?;
    let booking = tours::by_id(&tx, id).await?;
    let found = async {
        let booking = booking.ok_or(Error::NotFound("Tour"))?;
        access::require(&tx, user, booking.property, Right::See)
            .await
            .map_err(hidden_as("Tour"))?;
        let lines = tours::agenda(&tx, booking.property, Some(id), booking.time).await?;
        lines.into_iter().next().ok_or(Error::NotFound("Tour"))
    };
    let found = found.await;
    tx.commit().await?;
    found
}
