//! Until when Google tells of a calendar's changes, and how that is going.

use chrono::{DateTime, Utc};
use tokio_postgres::Row;

use super::{AgentCalendar, COLUMNS, FROM};
use crate::domain::ids::*;
use crate::store::{Error, Result, Tx};

/// How a calendar is doing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Health {
    /// Why it is not connected any more, as Google or we said.
    pub status_reason: Option<String>,
    /// When its newest channel ends.
    pub channel_expires_at: Option<DateTime<Utc>>,
    /// Why the last renewal failed, if it did.
    pub watch_error: Option<String>,
    pub last_push_at: Option<DateTime<Utc>>,
    /// When the last complete reading began.
    pub last_sync_at: Option<DateTime<Utc>>,
    /// Why the last reading failed, if it did.
    pub last_error: Option<String>,
}

impl TryFrom<&Row> for Health {
    type Error = Error;

    fn try_from(row: &Row) -> Result<Self> {
        Ok(Self {
            status_reason: row.try_get("status_reason")?,
            channel_expires_at: row.try_get("watch_expiration")?,
            watch_error: row.try_get("watch_error")?,
            last_push_at: row.try_get("last_push_at")?,
            last_sync_at: row.try_get("last_sync_at")?,
            last_error: row.try_get("last_error")?,
        })
    }
}

/// All calendars of a property with how they are doing, in the order in which they were first connected.
pub async fn overview(tx: &Tx, property: PropertyId) -> Result<Vec<(AgentCalendar, Health)>> {
    let sql = format!(
        "select {COLUMNS}, c.status_reason, c.watch_expiration, c.watch_error, c.last_push_at, c.last_error
         {FROM} where c.property_id = $1 and c.profile_id is not null order by c.created_at, c.id"
    );
    let rows = tx.query(&sql, &[&property]).await?;
    rows.iter()
        .map(|row| Ok((AgentCalendar::try_from(row)?, Health::try_from(row)?)))
        .collect()
}

/// Which channels need a successor.
pub struct DueChannels {
    pub now: DateTime<Utc>,
    /// Those that end before this instant.
    pub ending_before: DateTime<Utc>,
    /// Those that were not renewed since.
    pub renewed_before: DateTime<Utc>,
}

/// Calendars whose channel needs a successor and whose account is not blocked. The channel that ends first
/// comes first; those that failed last time come after the others, to take no turn from them.
pub async fn to_watch(tx: &Tx, due: &DueChannels, at_most: i64) -> Result<Vec<AgentCalendar>> {
    let sql = format!(
        "select {COLUMNS} {FROM}
         where c.status = 'connected' and c.profile_id is not null
           and (c.blocked_until is null or c.blocked_until <= $1)
           and (c.watch_expiration is null or c.watch_expiration < $2
                or c.watch_renewed_at is null or c.watch_renewed_at < $3 or c.watch_error is not null)
         order by c.watch_error is not null, c.watch_expiration nulls first limit $4"
    );
    let rows = tx
        .query(
            &sql,
            &[&due.now, &due.ending_before, &due.renewed_before, &at_most],
        )
        .await?;
    rows.iter().map(AgentCalendar::try_from).collect()
}
