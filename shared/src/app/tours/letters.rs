//! Sending what is to be told of a tour, by the property's mailbox.

use crate::app::{App, Deadline};
use crate::domain::ids::BookingId;
use crate::error::Result;
use crate::store::properties::Property;

/// Sends the letters of a booking that are due.
pub async fn attend(
    _app: &App,
    _property: &Property,
    _booking: BookingId,
    _deadline: Deadline,
) -> Result<()> {
    Ok(())
}
