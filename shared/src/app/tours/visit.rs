//! What the prospect's page shows.

use super::availability::{self, Range, Time};
use super::change::{By, seen_by};
use super::link::Link;
use crate::app::App;
use crate::error::Result;
use crate::store::properties::Property;
use crate::store::tours::Booking;

/// A tour, with the times to which it could move.
pub struct Visit {
    pub booking: Booking,
    pub property: Property,
    /// It has begun, or should have.
    pub is_over: bool,
    /// Free times of the next days; `None`: not asked for, or not to be known now.
    pub times: Option<Vec<Time>>,
}

impl Visit {
    /// Whether the prospect may still move or cancel it.
    pub fn can_change(&self) -> bool {
        self.booking.status.is_live() && !self.is_over
    }
}

/// The tour of a link; changes nothing.
///
/// # Errors
/// `NotFound` for a tour that is no more.
pub async fn visit(app: &App, link: &Link, with_times: bool) -> Result<Visit> {
    let by = By::Prospect(*link);
    let (booking, property) = seen_by(app, &by, link.booking).await?;
    let mut visit = Visit {
        is_over: booking.time.start() <= app.instant(),
        booking,
        property,
        times: None,
    };
    if with_times && visit.can_change() {
        let range = Range {
            from: None,
            to: None,
        };
        visit.times = availability::others(app, &visit.property, &visit.booking, range).await?;
    }
    Ok(visit)
}
