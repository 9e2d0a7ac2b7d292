//! Channels: standing subscriptions to calendars' changes, which Google names in each push
//! (`calendar_channels`).
//!
//! Two are alive while one takes over from the other. Of two that open at once the younger one stays.

use chrono::{DateTime, Utc};
use tokio_postgres::Row;

use super::agent_calendars::AgentCalendar;
use super::{Error, Result, Tx};
use crate::domain::ids::*;

#[derive(Clone, Debug)]
pub struct Channel {
    pub id: ChannelId,
    pub property: PropertyId,
    pub calendar: AgentCalendarId,
    /// SHA-256 of the token that each push repeats.
    pub token_hash: Vec<u8>,
    /// What Google calls the watched calendar. `None`: Google has not answered yet.
    pub resource: Option<String>,
    pub expires_at: Option<DateTime<Utc>>,
}

const COLUMNS: &str =
    "h.id, h.property_id, h.agent_calendar_id, h.token_hash, h.resource_id, h.expires_at";

impl TryFrom<&Row> for Channel {
    type Error = Error;

    fn try_from(row: &Row) -> Result<Self> {
        Ok(Self {
            id: ChannelId(row.try_get("id")?),
            property: PropertyId(row.try_get("property_id")?),
            calendar: AgentCalendarId(row.try_get("agent_calendar_id")?),
            token_hash: row.try_get("token_hash")?,
            resource: row.try_get("resource_id")?,
            expires_at: row.try_get("expires_at")?,
        })
    }
}

/// A channel that Google is about to be asked for. `false`: the account was given up, or the agent chose
/// another calendar since `calendar` was read. Whoever does that waits for this transaction, and finds
/// the channel.
///
/// Its age counts from when the calendar's lock was had, not from the transaction's beginning: else one that
/// waited for [`opened`] of a younger one would be the older, unseen by that, and both would stay. (The time is taken
/// again after the wait because `opened` updates the calendar.)
pub async fn announce(
    tx: &Tx,
    id: ChannelId,
    calendar: &AgentCalendar,
    token_hash: &[u8],
) -> Result<bool> {
    let inserted = tx
        .execute(
            "insert into calendar_channels (id, property_id, agent_calendar_id, token_hash, created_at)
             select $1, c.property_id, c.id, $3, clock_timestamp() from agent_calendars c
             where c.id = $2 and c.calendar_id = $4 and c.status = 'connected' for share",
            &[&id, &calendar.id, &token_hash, &calendar.calendar],
        )
        .await?;
    Ok(inserted > 0)
}

/// Google opened the channel. `false`: nobody wants it any more; a younger one took over, or the
/// account was given up, or another calendar chosen.
pub async fn opened(
    tx: &Tx,
    id: ChannelId,
    calendar: AgentCalendarId,
    resource: &str,
    expires_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<bool> {
    // In the order in which everybody takes these two: the calendar, then its channels.
    tx.execute(
        "select from agent_calendars where id = $1 for update",
        &[&calendar],
    )
    .await?;
    let known = tx
        .execute(
            "update calendar_channels set resource_id = $2, expires_at = $3 where id = $1",
            &[&id, &resource, &expires_at],
        )
        .await?;
    if known == 0 {
        return Ok(false);
    }
    tx.execute(
        "update agent_calendars set watch_expiration = $2, watch_renewed_at = $3, watch_error = null
         where id = $1",
        &[&calendar, &expires_at, &now],
    )
    .await?;
    Ok(true)
}

pub async fn by_id(tx: &Tx, id: ChannelId) -> Result<Option<Channel>> {
    let sql = format!("select {COLUMNS} from calendar_channels h where h.id = $1");
    let row = tx.query_opt(&sql, &[&id]).await?;
    row.as_ref().map(Channel::try_from).transpose()
}

/// All channels of a calendar, oldest first.
pub async fn of_calendar(tx: &Tx, calendar: AgentCalendarId) -> Result<Vec<Channel>> {
    let sql = format!(
        "select {COLUMNS} from calendar_channels h where h.agent_calendar_id = $1
         order by h.created_at, h.id"
    );
    let rows = tx.query(&sql, &[&calendar]).await?;
    rows.iter().map(Channel::try_from).collect()
}

/// The channels that this one takes over from, under the lock of [`opened`]: those of the same calendar that
/// are older and are to be stopped. One that Google has not answered for cannot be named to it, and is
/// forgotten: who still waits for the answer learns from [`opened`] that nobody wants it.
pub async fn supersede(tx: &Tx, id: ChannelId) -> Result<Vec<Channel>> {
    const OLDER: &str = "h.agent_calendar_id = this.agent_calendar_id
             and this.id = $1 and (h.created_at, h.id) < (this.created_at, this.id)";
    let unanswered = format!(
        "delete from calendar_channels h using calendar_channels this
         where {OLDER} and h.resource_id is null"
    );
    tx.execute(&unanswered, &[&id]).await?;
    let sql = format!(
        "select {COLUMNS} from calendar_channels h join calendar_channels this on {OLDER}
         order by h.created_at, h.id"
    );
    let rows = tx.query(&sql, &[&id]).await?;
    rows.iter().map(Channel::try_from).collect()
}

/// Its pushes come from nobody we know, from now on.
pub async fn forget(tx: &Tx, id: ChannelId) -> Result<()> {
    tx.execute("delete from calendar_channels where id = $1", &[&id])
        .await?;
    Ok(())
}

/// [`forget`] for every channel of a calendar.
pub async fn forget_all(tx: &Tx, calendar: AgentCalendarId) -> Result<()> {
    tx.execute(
        "delete from calendar_channels where agent_calendar_id = $1",
        &[&calendar],
    )
    .await?;
    Ok(())
}
