//! What becomes of the tours' events when their calendar is exchanged, given up or connected again.

use chrono::{DateTime, Utc};
use tokio_postgres::Row;

use crate::domain::ids::*;
use crate::store::{Result, Tx};

/// The agent chose another calendar of the account: the events of tours to come are to follow.
pub async fn follow(tx: &Tx, id: AgentCalendarId, now: DateTime<Utc>) -> Result<Vec<BookingId>> {
    let rows = tx
        .query(
            "update calendar_events e set sync_status = 'pending', reason = null, attempts = 0,
                next_attempt_at = null
             from luma.tour_bookings b
             where e.agent_calendar_id = $1 and b.id = e.tour_booking_id and e.sync_status <> 'conflict'
               and b.status in ('held', 'confirmed') and b.starts_at > $2
             returning e.tour_booking_id",
            &[&id, &now],
        )
        .await?;
    bookings(&rows)
}

/// The same calendar by its other name: its events have nowhere to go.
pub async fn rename(
    tx: &Tx,
    id: AgentCalendarId,
    from: &CalendarId,
    to: &CalendarId,
) -> Result<()> {
    tx.execute(
        "update calendar_events set calendar_id = $3 where agent_calendar_id = $1 and calendar_id = $2",
        &[&id, from, to],
    )
    .await?;
    Ok(())
}

/// The calendar is given up: what was still to be written to it cannot be. The tours stand.
pub async fn strand(tx: &Tx, id: AgentCalendarId, now: DateTime<Utc>) -> Result<()> {
    tx.execute(
        "update calendar_events e set sync_status = 'failed', reason = 'calendar_disconnected',
            next_attempt_at = null
         from luma.tour_bookings b
         where e.agent_calendar_id = $1 and b.id = e.tour_booking_id
           and (e.sync_status = 'pending' or (b.status in ('held', 'confirmed') and b.starts_at > $2))",
        &[&id, &now],
    )
    .await?;
    Ok(())
}

/// The same account is back: what failed meanwhile, of tours that are still to come, is tried again.
pub async fn resume(tx: &Tx, id: AgentCalendarId, now: DateTime<Utc>) -> Result<Vec<BookingId>> {
    let rows = tx
        .query(
            "update calendar_events e set sync_status = 'pending', reason = null, attempts = 0,
                next_attempt_at = null
             from luma.tour_bookings b
             where e.agent_calendar_id = $1 and b.id = e.tour_booking_id and e.sync_status in ('failed', 'pending')
               and b.starts_at > $2
             returning e.tour_booking_id",
            &[&id, &now],
        )
        .await?;
    bookings(&rows)
}

/// Another account takes the place of the one before: tours to come get new events in it. The old ones
/// are out of our reach.
pub async fn begin_anew(
    tx: &Tx,
    id: AgentCalendarId,
    now: DateTime<Utc>,
) -> Result<Vec<BookingId>> {
    tx.execute(
        "delete from calendar_leftovers where agent_calendar_id = $1",
        &[&id],
    )
    .await?;
    let rows = tx
        .query(
            "update calendar_events e set sync_status = 'pending', reason = null, attempts = 0,
                next_attempt_at = null, mirrored_version = null, google_etag = null,
                shown_from = null, shown_until = null, calendar_id = c.calendar_id
             from luma.tour_bookings b, agent_calendars c
             where e.agent_calendar_id = $1 and c.id = $1 and b.id = e.tour_booking_id
               and b.status in ('held', 'confirmed') and b.starts_at > $2
             returning e.tour_booking_id",
            &[&id, &now],
        )
        .await?;
    bookings(&rows)
}

fn bookings(rows: &[Row]) -> Result<Vec<BookingId>> {
    rows.iter()
        .map(|row| Ok(BookingId(row.try_get("tour_booking_id")?)))
        .collect()
}
