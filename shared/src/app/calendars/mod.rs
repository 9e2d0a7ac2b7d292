//! Agents' calendars: connected and given up, set up, watched, and asked to be read.
//!
//! Everybody who works for a property's organization may connect a calendar of their own there. An
//! admin or manager sees, sets up and disconnects everybody's; the others see their own.

pub mod channels;
pub mod choices;
pub mod connect;
pub mod settings;
mod terms;

use std::time::Duration;

pub(super) use self::choices::may_list;
use super::App;
use super::access::{self, Right, User};
use crate::domain::ids::{BookingId, ProfileId, PropertyId};
use crate::error::{Error, Result};
use crate::queue::Job;
use crate::store::accounts::{self, Status};
use crate::store::{Tx, agent_calendars};

/// Bookings that are nudged at once; the sweep finds the others.
const AT_ONCE: usize = 20;

/// Whose calendar is meant: the named agent's, or else the caller's own. Somebody else's takes an admin
/// or manager.
async fn agent(
    tx: &Tx,
    user: &User,
    property: PropertyId,
    named: Option<ProfileId>,
) -> Result<ProfileId> {
    access::require(tx, user, property, Right::See).await?;
    match named {
        Some(other) if other != user.id => {
            access::require(tx, user, property, Right::Manage).await?;
            Ok(other)
        }
        _ => Ok(user.id),
    }
}

/// What is said where there is no calendar: a named one does not exist, one's own is to be connected.
fn absent(named: Option<ProfileId>, agent: ProfileId, user: &User) -> Error {
    if named.is_some() && agent != user.id {
        Error::NotFound("Calendar")
    } else {
        Error::conflict("calendar_not_connected", "Connect a Google calendar first")
    }
}

/// A person asks to look now: into their own calendar, and if they manage the property, into all of its.
///
/// # Errors
/// `Conflict` where there is no calendar; `Reconnect` where the grants of all are lost.
pub async fn sync_now(app: &App, user: &User, property: PropertyId) -> Result<()> {
    let tx = app.of(property).await?;
    access::require(&tx, user, property, Right::See).await?;
    let mut calendars = agent_calendars::of_property(&tx, property).await?;
    calendars.retain(|one| {
        one.status != Status::Disconnected && (one.agent == user.id || user.role.manages())
    });
    if calendars.is_empty() {
        return Err(absent(None, user.id, user));
    }
    calendars.retain(|one| one.status == Status::Connected);
    if calendars.is_empty() {
        return Err(Error::Reconnect);
    }
    for calendar in &calendars {
        accounts::mark_dirty(&tx, calendar.holder()).await?;
    }
    tx.commit().await?;
    for calendar in &calendars {
        let job = Job::Calendar(calendar.id);
        app.queue().nudge(job, Duration::ZERO).await;
    }
    Ok(())
}

/// Tours whose events are to be written now.
async fn nudge_bookings(app: &App, bookings: &[BookingId]) {
    for booking in bookings.iter().take(AT_ONCE) {
        let job = Job::Booking(*booking);
        app.queue().nudge(job, Duration::ZERO).await;
    }
}
