//! Which of the account's calendars receives the tours.

use chrono::{DateTime, Utc};

use super::connect::LIST;
use super::{absent, agent};
use crate::app::App;
use crate::app::access::User;
use crate::app::grants::{Account, Failure};
use crate::domain::ids::{BookingId, CalendarId, ProfileId, PropertyId};
use crate::error::{Error, Result};
use crate::google;
pub use crate::google::calendar::CalendarEntry as Choice;
use crate::store::accounts::Status;
use crate::store::agent_calendars::{self, AgentCalendar, connecting, events};
use crate::store::channels::{self, Channel};
use crate::store::{self, Tx};

/// The calendars that the agent may choose from: those that tours can be written to. Empty where Google
/// was not allowed to list them, or nothing is connected.
pub async fn of(
    app: &App,
    user: &User,
    property: PropertyId,
    named: Option<ProfileId>,
) -> Result<Vec<Choice>> {
    let tx = app.of(property).await?;
    let agent = agent(&tx, user, property, named).await?;
    let calendar = agent_calendars::of_agent(&tx, property, agent).await?;
    tx.commit().await?;
    match calendar {
        Some(calendar) if calendar.status == Status::Connected && may_list(&calendar) => {
            let mut entries = list(app, &calendar).await?;
            entries.retain(|entry| entry.is_writable);
            Ok(entries)
        }
        None if named.is_some_and(|named| named != user.id) => Err(absent(named, agent, user)),
        _ => Ok(Vec::new()),
    }
}

/// Without the scope Google's refusal would look like a lost grant.
pub(in crate::app) fn may_list(calendar: &AgentCalendar) -> bool {
    calendar.scopes.iter().any(|scope| scope == LIST)
}

async fn list(app: &App, calendar: &AgentCalendar) -> Result<Vec<Choice>, Failure> {
    let mut account = Account::of(app, calendar.account());
    let list = account.calendar(|google| async move { google.calendars().await });
    list.await
}

/// Whether tours can be written to that calendar, as far as Google tells.
///
/// # Errors
/// `Invalid` if not; `Reconnect` without a grant; `Busy` while Google does not say.
pub(super) async fn check(app: &App, calendar: &AgentCalendar, chosen: &CalendarId) -> Result<()> {
    let refused = || Error::invalid("calendarId", "not one of the calendars that you may change");
    if calendar.status != Status::Connected {
        return Err(Error::Reconnect);
    }
    if may_list(calendar) {
        let own = calendar.is_primary(chosen);
        let entries = list(app, calendar).await?;
        let found = entries
            .iter()
            .find(|entry| entry.id == *chosen || (own && entry.is_primary));
        return found
            .filter(|entry| entry.is_writable)
            .map(|_| ())
            .ok_or_else(refused);
    }
    let mut account = Account::of(app, calendar.account());
    let read = account.calendar(|google| async move { google.zone(chosen).await });
    match read.await {
        Ok(_) => Ok(()),
        Err(Failure::Google(google::Error::NotFound | google::Error::Refused { .. })) => {
            Err(refused())
        }
        Err(other) => Err(other.into()),
    }
}

/// What is to be done once the choice is stored.
pub(super) struct Moved {
    /// Channels to the calendar before.
    pub old_channels: Vec<Channel>,
    /// Tours whose events follow.
    pub bookings: Vec<BookingId>,
}

/// Stores the choice. The two names of the account's own calendar are one place: nothing moves between them.
pub(super) async fn choose(
    tx: &Tx,
    calendar: &AgentCalendar,
    chosen: &CalendarId,
    now: DateTime<Utc>,
) -> store::Result<Moved> {
    let id = calendar.id;
    connecting::choose(tx, id, chosen, now).await?;
    let old_channels = channels::of_calendar(tx, id).await?;
    channels::forget_all(tx, id).await?;
    let stays = calendar.is_primary(&calendar.calendar) && calendar.is_primary(chosen);
    let bookings = if stays {
        events::rename(tx, id, &calendar.calendar, chosen).await?;
        Vec::new()
    } else {
        events::follow(tx, id, now).await?
    };
    Ok(Moved {
        old_channels,
        bookings,
    })
}
