//! Whose changes are to be read, and by whom.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{AgentCalendar, COLUMNS};
use crate::domain::ids::*;
use crate::store::{Result, Tx};

/// A push says that the calendar changed: marks it dirty. `false`: it is not connected.
pub async fn heard(tx: &Tx, id: AgentCalendarId, now: DateTime<Utc>) -> Result<bool> {
    let changed = tx
        .execute(
            "update agent_calendars set dirty_seq = dirty_seq + 1, last_push_at = greatest(last_push_at, $2)
             where id = $1 and status = 'connected'",
            &[&id, &now],
        )
        .await?;
    Ok(changed > 0)
}

/// A calendar that nobody else reads until the lease runs out.
pub struct Leased {
    pub calendar: AgentCalendar,
    pub dirty_seq: i64,
}

/// Takes the lease for so many seconds of the database's clock. `None`: somebody holds it, the account is
/// blocked or not connected; the dirty mark stays for whoever comes next.
pub async fn lease(
    tx: &Tx,
    id: AgentCalendarId,
    owner: Uuid,
    seconds: f64,
    now: DateTime<Utc>,
) -> Result<Option<Leased>> {
    let sql = format!(
        "with c as (
            update agent_calendars set lease_owner = $2,
                lease_until = clock_timestamp() + make_interval(secs => $3)
            where id = $1 and status = 'connected' and profile_id is not null
              and (lease_until is null or lease_until < clock_timestamp())
              and (blocked_until is null or blocked_until <= $4)
            returning *)
         select {COLUMNS}, c.dirty_seq from c left join luma.profiles p on p.id = c.profile_id"
    );
    let Some(row) = tx.query_opt(&sql, &[&id, &owner, &seconds, &now]).await? else {
        return Ok(None);
    };
    Ok(Some(Leased {
        calendar: AgentCalendar::try_from(&row)?,
        dirty_seq: row.try_get("dirty_seq")?,
    }))
}

/// Everything up to `seen` is done. In one statement with the check: releases the lease, unless the
/// calendar became dirty again, in which case the answer is the new mark and the lease is kept.
pub async fn release(
    tx: &Tx,
    id: AgentCalendarId,
    owner: Uuid,
    seen: i64,
    now: DateTime<Utc>,
) -> Result<Option<i64>> {
    let row = tx
        .query_opt(
            "update agent_calendars set
                lease_owner = case when dirty_seq = $3 then null else lease_owner end,
                lease_until = case when dirty_seq = $3 then null else lease_until end,
                clean_seq = greatest(clean_seq, $3), last_sync_at = greatest(last_sync_at, $4),
                failures = 0, blocked_until = null, last_error = null
             where id = $1 and lease_owner = $2
             returning dirty_seq",
            &[&id, &owner, &seen, &now],
        )
        .await?;
    let Some(row) = row else { return Ok(None) }; // the lease ran out: somebody else is at it
    let dirty_seq: i64 = row.try_get("dirty_seq")?;
    Ok((dirty_seq != seen).then_some(dirty_seq))
}

/// Connected calendars that have unread hints, or were not read for `silence`, less up to a quarter of it
/// by chance: calendars that were connected together are not asked about together for ever. Longest
/// silence first.
pub async fn to_read(
    tx: &Tx,
    now: DateTime<Utc>,
    silence: TimeDelta,
    at_most: i64,
) -> Result<Vec<AgentCalendarId>> {
    let seconds = f64::from(i32::try_from(silence.num_seconds()).unwrap_or(i32::MAX));
    let rows = tx
        .query(
            "select id from agent_calendars
             where status = 'connected' and profile_id is not null
               and (dirty_seq > clean_seq or last_sync_at is null
                    or last_sync_at < $1 - make_interval(secs => $2 * (1 - random() / 4)))
               and (blocked_until is null or blocked_until <= $1)
               and (lease_until is null or lease_until < clock_timestamp())
             order by last_sync_at nulls first limit $3",
            &[&now, &seconds, &at_most],
        )
        .await?;
    rows.iter()
        .map(|row| Ok(AgentCalendarId(row.try_get("id")?)))
        .collect()
}

/// Everything that Google told before `to` is followed. `false`: somebody else reads the calendar by now,
/// or another calendar was chosen.
pub async fn advance(
    tx: &Tx,
    calendar: &AgentCalendar,
    owner: Uuid,
    to: &SyncToken,
) -> Result<bool> {
    let changed = tx
        .execute(
            "update agent_calendars set sync_token = $4
             where id = $1 and lease_owner = $2 and calendar_id = $3 and sync_token is not distinct from $5",
            &[
                &calendar.id,
                &owner,
                &calendar.calendar,
                &to.0,
                &calendar.sync_token.as_ref().map(|token| token.0.as_str()),
            ],
        )
        .await?;
    Ok(changed > 0)
}
