//! What every connected Google account has, a mailbox or an agent's calendar: a grant, a dirty mark, a
//! lease, a circuit breaker. The columns have the same names in both tables.

use chrono::{DateTime, Utc};
use tokio_postgres::Row;
use uuid::Uuid;

use super::{Result, Tx};
use crate::crypto::Sealed;
use crate::domain::ids::*;

/// Which row holds the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    Mailbox(MailboxId),
    Calendar(AgentCalendarId),
}

impl Holder {
    pub fn table(self) -> &'static str {
        match self {
            Self::Mailbox(_) => "gmail_config",
            Self::Calendar(_) => "agent_calendars",
        }
    }

    pub fn row(self) -> Uuid {
        match self {
            Self::Mailbox(id) => id.0,
            Self::Calendar(id) => id.0,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Connected,
    /// The grant is gone; a person has to connect the account again.
    ReauthRequired,
    Disconnected,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::ReauthRequired => "reauth_required",
            Self::Disconnected => "disconnected",
        }
    }

    pub(super) fn parse(text: &str) -> Self {
        match text {
            "connected" => Self::Connected,
            "reauth_required" => Self::ReauthRequired,
            _ => Self::Disconnected,
        }
    }
}

/// Access and refresh token as they lie in the row: sealed.
#[derive(Clone, Debug)]
pub struct StoredGrant {
    pub access: Sealed,
    pub refresh: Sealed,
    pub expires_at: DateTime<Utc>,
    /// Raised with every change of the grant.
    pub version: i64,
}

/// An account as far as calling Google goes.
#[derive(Clone, Debug)]
pub struct Account {
    pub holder: Holder,
    pub property: PropertyId,
    pub status: Status,
    /// Google's stable name of the account.
    pub subject: Option<String>,
    pub grant: Option<StoredGrant>,
    /// Google asked for patience, or failed: nothing is called before.
    pub blocked_until: Option<DateTime<Utc>>,
}

const COLUMNS: &str = "id, property_id, status, google_subject, access_token, refresh_token, \
     token_expires_at, grant_version, blocked_until";

impl Account {
    fn read(holder: Holder, row: &Row) -> Result<Self> {
        Ok(Self {
            holder,
            property: PropertyId(row.try_get("property_id")?),
            status: Status::parse(row.try_get("status")?),
            subject: row.try_get("google_subject")?,
            grant: StoredGrant::read(row)?,
            blocked_until: row.try_get("blocked_until")?,
        })
    }
}

impl StoredGrant {
    /// From a row with the columns of a grant; `None` where the tokens were erased.
    pub(super) fn read(row: &Row) -> Result<Option<Self>> {
        let access: Option<String> = row.try_get("access_token")?;
        let refresh: Option<String> = row.try_get("refresh_token")?;
        let expires_at: Option<DateTime<Utc>> = row.try_get("token_expires_at")?;
        let version: i64 = row.try_get("grant_version")?;
        Ok(access.zip(refresh).map(|(access, refresh)| Self {
            access: Sealed::from_stored(access),
            refresh: Sealed::from_stored(refresh),
            expires_at: expires_at.unwrap_or_default(), // unknown counts as expired
            version,
        }))
    }
}

pub async fn find(tx: &Tx, holder: Holder) -> Result<Option<Account>> {
    let sql = format!("select {COLUMNS} from {} where id = $1", holder.table());
    let row = tx.query_opt(&sql, &[&holder.row()]).await?;
    row.map(|row| Account::read(holder, &row)).transpose()
}

// --- grants -------------------------------------------------------------------------------------

/// Tries to become the one that refreshes this version of the grant, for thirty seconds.
pub async fn claim_refresh(tx: &Tx, holder: Holder, version: i64, owner: Uuid) -> Result<bool> {
    let sql = format!(
        "update {} set refresh_owner = $3, refresh_until = clock_timestamp() + interval '30 seconds'
         where id = $1 and grant_version = $2 and status = 'connected'
           and (refresh_until is null or refresh_until < clock_timestamp())",
        holder.table()
    );
    let changed = tx.execute(&sql, &[&holder.row(), &version, &owner]).await?;
    Ok(changed > 0)
}

pub async fn give_up_refresh(tx: &Tx, holder: Holder, owner: Uuid) -> Result<()> {
    let sql = format!(
        "update {} set refresh_owner = null, refresh_until = null where id = $1 and refresh_owner = $2",
        holder.table()
    );
    tx.execute(&sql, &[&holder.row(), &owner]).await?;
    Ok(())
}

/// Stores a refreshed grant, unless somebody stored another one meanwhile.
pub async fn refreshed(
    tx: &Tx,
    holder: Holder,
    version: i64,
    access: &Sealed,
    refresh: Option<&Sealed>,
    expires_at: DateTime<Utc>,
) -> Result<bool> {
    let refresh = refresh.map(Sealed::as_stored);
    let sql = format!(
        "update {} set access_token = $3, refresh_token = coalesce($4, refresh_token),
            token_expires_at = $5, grant_version = grant_version + 1, refresh_owner = null, refresh_until = null
         where id = $1 and grant_version = $2 and status = 'connected'",
        holder.table()
    );
    let access = access.as_stored();
    let changed = tx
        .execute(
            &sql,
            &[&holder.row(), &version, &access, &refresh, &expires_at],
        )
        .await?;
    Ok(changed > 0)
}

/// The grant of this version is dead. A newer one survives (the answer is then `false`).
pub async fn require_reauth(tx: &Tx, holder: Holder, version: i64, reason: &str) -> Result<bool> {
    let sql = format!(
        "update {} set status = 'reauth_required', status_reason = $3,
            refresh_owner = null, refresh_until = null
         where id = $1 and grant_version = $2 and status = 'connected'",
        holder.table()
    );
    let changed = tx
        .execute(&sql, &[&holder.row(), &version, &reason])
        .await?;
    Ok(changed > 0)
}

/// Connected accounts whose tokens are not sealed under the newest key; any of them, so that some that
/// do not open cannot keep the others from their turn.
pub async fn sealed_otherwise(tx: &Tx, current_prefix: &str, at_most: i64) -> Result<Vec<Account>> {
    let one = |table: &str| {
        format!(
            "select {COLUMNS}, '{table}' as holder from {table} where status = 'connected'
               and not (starts_with(access_token, $1) and starts_with(refresh_token, $1))"
        )
    };
    let (mailboxes, calendars) = (one("gmail_config"), one("agent_calendars"));
    let sql = format!(
        "select * from ({mailboxes} union all {calendars}) accounts order by random() limit $2"
    );
    let rows = tx.query(&sql, &[&current_prefix, &at_most]).await?;
    let account = |row: &Row| {
        let id = row.try_get("id")?;
        let holder = match row.try_get("holder")? {
            "gmail_config" => Holder::Mailbox(MailboxId(id)),
            _ => Holder::Calendar(AgentCalendarId(id)),
        };
        Account::read(holder, row)
    };
    rows.iter().map(account).collect()
}

/// The same grant, sealed again. A grant that was changed meanwhile is left alone.
pub async fn resealed(
    tx: &Tx,
    holder: Holder,
    version: i64,
    access: &Sealed,
    refresh: &Sealed,
) -> Result<bool> {
    let sql = format!(
        "update {} set access_token = $3, refresh_token = $4 where id = $1 and grant_version = $2",
        holder.table()
    );
    let (access, refresh) = (access.as_stored(), refresh.as_stored());
    let changed = tx
        .execute(&sql, &[&holder.row(), &version, &access, &refresh])
        .await?;
    Ok(changed > 0)
}

// --- leases and patience ------------------------------------------------------------------------

/// Something may have changed at Google. Raised before anyone tries the lease.
pub async fn mark_dirty(tx: &Tx, holder: Holder) -> Result<()> {
    let sql = format!(
        "update {} set dirty_seq = dirty_seq + 1 where id = $1",
        holder.table()
    );
    tx.execute(&sql, &[&holder.row()]).await?;
    Ok(())
}

/// Gives the lease back with work left over.
pub async fn give_up_lease(tx: &Tx, holder: Holder, owner: Uuid) -> Result<()> {
    let sql = format!(
        "update {} set lease_owner = null, lease_until = null where id = $1 and lease_owner = $2",
        holder.table()
    );
    tx.execute(&sql, &[&holder.row(), &owner]).await?;
    Ok(())
}

/// Opens the circuit of this account until the given instant, and gives the lease back.
pub async fn block(
    tx: &Tx,
    holder: Holder,
    owner: Uuid,
    until: DateTime<Utc>,
    reason: &str,
) -> Result<()> {
    let sql = format!(
        "update {} set blocked_until = $3, failures = failures + 1, last_error = $4,
            lease_owner = null, lease_until = null
         where id = $1 and lease_owner = $2",
        holder.table()
    );
    tx.execute(&sql, &[&holder.row(), &owner, &until, &reason])
        .await?;
    Ok(())
}

/// Google asks for patience, whoever heard it: nobody calls this account before the given instant.
pub async fn leave_alone(
    tx: &Tx,
    holder: Holder,
    until: DateTime<Utc>,
    reason: &str,
) -> Result<()> {
    let sql = format!(
        "update {} set blocked_until = greatest(blocked_until, $2), last_error = $3 where id = $1",
        holder.table()
    );
    tx.execute(&sql, &[&holder.row(), &until, &reason]).await?;
    Ok(())
}

// --- watches ------------------------------------------------------------------------------------

/// A watch could not be renewed. With `until`, Google asks to leave the account alone until then.
pub async fn watch_failed(
    tx: &Tx,
    holder: Holder,
    reason: &str,
    until: Option<DateTime<Utc>>,
) -> Result<()> {
    let sql = format!(
        "update {} set watch_error = $2, blocked_until = greatest(blocked_until, $3) where id = $1",
        holder.table()
    );
    tx.execute(&sql, &[&holder.row(), &reason, &until]).await?;
    Ok(())
}

// --- revocations --------------------------------------------------------------------------------

/// A grant to be revoked at Google, kept until Google confirms.
pub struct Revocation {
    pub id: Uuid,
    pub property: PropertyId,
    pub token: Sealed,
    pub attempts: i32,
}

/// Remembers the grant of an account that is given up; `token` is its refresh token, sealed to `id`.
pub async fn owe_revocation(
    tx: &Tx,
    id: Uuid,
    account: &Account,
    token: &Sealed,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.execute(
        "insert into grant_revocations (id, property_id, google_subject, sealed_token, next_attempt_at)
         values ($1, $2, $3, $4, $5)",
        &[
            &id,
            &account.property,
            &account.subject,
            &token.as_stored(),
            &now,
        ],
    )
    .await?;
    Ok(())
}

/// Whether this Google account is connected anywhere, as a mailbox or a calendar, at whichever
/// property the transaction sees. Google revokes all grants of an account together.
pub async fn in_use(tx: &Tx, subject: &str) -> Result<bool> {
    let row = tx
        .query_one(
            "select exists (select from gmail_config where google_subject = $1 and status <> 'disconnected')
                 or exists (select from agent_calendars where google_subject = $1 and status <> 'disconnected')
                 as used",
            &[&subject],
        )
        .await?;
    Ok(row.try_get("used")?)
}

/// Forgets the debts of accounts that are connected again, at whichever property: Google revokes all
/// grants of an account together, so paying would end the new one.
pub async fn forgive_revocations(tx: &Tx) -> Result<u64> {
    tx.execute(
        "delete from grant_revocations r using (
            select google_subject from gmail_config where status <> 'disconnected'
            union all
            select google_subject from agent_calendars where status <> 'disconnected') account
         where account.google_subject = r.google_subject",
        &[],
    )
    .await
}

pub async fn revocations_due(tx: &Tx, now: DateTime<Utc>, at_most: i64) -> Result<Vec<Revocation>> {
    let rows = tx
        .query(
            "select id, property_id, sealed_token, attempts from grant_revocations
             where next_attempt_at <= $1 order by next_attempt_at limit $2",
            &[&now, &at_most],
        )
        .await?;
    let revocation = |row: &Row| {
        Ok(Revocation {
            id: row.try_get("id")?,
            property: PropertyId(row.try_get("property_id")?),
            token: Sealed::from_stored(row.try_get::<_, String>("sealed_token")?),
            attempts: row.try_get("attempts")?,
        })
    };
    rows.iter().map(revocation).collect()
}

pub async fn revoked(tx: &Tx, id: Uuid) -> Result<()> {
    tx.execute("delete from grant_revocations where id = $1", &[&id])
        .await?;
    Ok(())
}

pub async fn revocation_failed(tx: &Tx, id: Uuid, next: DateTime<Utc>) -> Result<()> {
    tx.execute(
        "update grant_revocations set attempts = attempts + 1, next_attempt_at = $2 where id = $1",
        &[&id, &next],
    )
    .await?;
    Ok(())
}
