//! An agent's account is connected, chooses a calendar, and is given up.

use chrono::{DateTime, Utc};

use super::{AgentCalendar, COLUMNS, FROM};
use crate::crypto::Sealed;
use crate::domain::ids::*;
use crate::store::{Error, Result, Tx};

/// What a finished consent stores.
pub struct Connection<'a> {
    pub google_email: &'a str,
    pub google_subject: &'a str,
    pub access: &'a Sealed,
    pub refresh: &'a Sealed,
    pub expires_at: DateTime<Utc>,
    pub scopes: Vec<String>,
    /// The zone in which this account lives, as an IANA name.
    pub timezone: Option<&'a str>,
}

/// The calendar of an agent at a property, kept from others until the transaction ends.
pub async fn hold(
    tx: &Tx,
    property: PropertyId,
    agent: ProfileId,
) -> Result<Option<AgentCalendar>> {
    let sql = format!(
        "select {COLUMNS} {FROM} where c.property_id = $1 and c.profile_id = $2 for update of c"
    );
    let row = tx.query_opt(&sql, &[&property, &agent]).await?;
    row.as_ref().map(AgentCalendar::try_from).transpose()
}

/// [`hold`], with a new row where there is none: tokens are sealed to its id, so it comes before them.
pub async fn claim(tx: &Tx, property: PropertyId, agent: ProfileId) -> Result<AgentCalendar> {
    tx.execute(
        "insert into agent_calendars (property_id, profile_id, google_email) values ($1, $2, '')
         on conflict (profile_id, property_id) do nothing",
        &[&property, &agent],
    )
    .await?;
    hold(tx, property, agent).await?.ok_or(Error::Missing)
}

/// Stores the grant and marks the calendar dirty.
///
/// The same account connected again keeps all settings and its sync token, so that the gap is filled.
/// Another account keeps what the agent decided about tours; its calendar, zone and sync token are its own.
pub async fn connect(
    tx: &Tx,
    known: &AgentCalendar,
    new: &Connection<'_>,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.execute(
        "update agent_calendars set
            google_email = $2, google_subject = $3, access_token = $4, refresh_token = $5,
            token_expires_at = $6, granted_scopes = $7,
            timezone = case when not $9 then $8 when google_subject is null then coalesce(timezone, $8)
                            else timezone end,
            calendar_id = case when $9 then calendar_id else 'primary' end,
            sync_token = case when $9 then sync_token end,
            watch_expiration = case when $9 then watch_expiration end,
            connected_at = case when $9 and status <> 'disconnected' then connected_at else $10 end,
            status = 'connected', status_reason = null, watch_error = null,
            grant_version = grant_version + 1, refresh_owner = null, refresh_until = null,
            blocked_until = null, failures = 0, last_error = null, dirty_seq = dirty_seq + 1,
            updated_at = $10
         where id = $1",
        &[
            &known.id,
            &new.google_email,
            &new.google_subject,
            &new.access.as_stored(),
            &new.refresh.as_stored(),
            &new.expires_at,
            &new.scopes,
            &new.timezone,
            &known.is_of(new.google_subject, new.google_email),
            &now,
        ],
    )
    .await?;
    Ok(())
}

/// Another of the account's calendars: it is read from its beginning and watched anew.
pub async fn choose(
    tx: &Tx,
    id: AgentCalendarId,
    calendar: &CalendarId,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.execute(
        "update agent_calendars set calendar_id = $2, sync_token = null, watch_expiration = null,
            watch_error = null, dirty_seq = dirty_seq + 1, updated_at = $3
         where id = $1",
        &[&id, calendar, &now],
    )
    .await?;
    Ok(())
}

/// Erases the grant; the settings stay. Answers whether anything was connected.
pub async fn disconnect(tx: &Tx, id: AgentCalendarId, now: DateTime<Utc>) -> Result<bool> {
    let changed = tx
        .execute(
            "update agent_calendars set status = 'disconnected', status_reason = null, access_token = null,
                refresh_token = null, token_expires_at = null, granted_scopes = '{}', watch_expiration = null,
                watch_error = null, grant_version = grant_version + 1, refresh_owner = null,
                refresh_until = null, updated_at = $2
             where id = $1 and status <> 'disconnected'",
            &[&id, &now],
        )
        .await?;
    Ok(changed > 0)
}
