//! Connected Gmail accounts (`gmail_config`): settings, grant, cursor, lease and health.

use chrono::{DateTime, Utc};
use tokio_postgres::Row;
use uuid::Uuid;

use super::accounts::{Account, Holder};
pub use super::accounts::{Status, StoredGrant};
use super::{Error, Result, Tx};
use crate::crypto::Sealed;
use crate::domain::ids::*;
use crate::domain::reply::ReplyMode;

/// A property's mailbox as the use cases need it.
#[derive(Clone, Debug)]
pub struct Mailbox {
    pub id: MailboxId,
    pub property: PropertyId,
    /// The account's primary address, as Google spells it.
    pub address: String,
    pub status: Status,
    /// False while paused by a person.
    pub is_active: bool,
    pub connected_at: Option<DateTime<Utc>>,
    pub history_id: Option<HistoryId>,
    pub grant: Option<StoredGrant>,
    pub last_sync_at: Option<DateTime<Utc>>,
    pub last_push_at: Option<DateTime<Utc>>,
    pub blocked_until: Option<DateTime<Utc>>,
    /// Failures of this account in a row.
    pub failures: i32,
    pub auto_reply_enabled: bool,
    pub reply_mode: ReplyMode,
    /// Minutes.
    pub auto_reply_delay: i32,
    pub confidence_threshold: f64,
    pub signature: Option<String>,
    pub portal_domains: Vec<String>,
    pub google_subject: Option<String>,
}

impl Mailbox {
    /// Whether a robot may answer at all.
    pub fn answers(&self) -> bool {
        self.status == Status::Connected
            && self.is_active
            && self.auto_reply_enabled
            && self.reply_mode != ReplyMode::Off
    }

    pub fn holder(&self) -> Holder {
        Holder::Mailbox(self.id)
    }

    pub fn account(&self) -> Account {
        Account {
            holder: self.holder(),
            property: self.property,
            status: self.status,
            subject: self.google_subject.clone(),
            grant: self.grant.clone(),
            blocked_until: self.blocked_until,
        }
    }
}

const COLUMNS: &str = "id, property_id, gmail_address, status, is_active, connected_at, \
     history_id::bigint as history_id, access_token, refresh_token, token_expires_at, grant_version, \
     last_sync_at, last_push_at, blocked_until, failures, auto_reply_enabled, reply_mode, auto_reply_delay_minutes, \
     confidence_threshold, signature, portal_domains, google_subject";

impl TryFrom<&Row> for Mailbox {
    type Error = Error;

    fn try_from(row: &Row) -> Result<Self> {
        Ok(Self {
            id: MailboxId(row.try_get("id")?),
            property: PropertyId(row.try_get("property_id")?),
            address: row.try_get("gmail_address")?,
            status: Status::parse(row.try_get("status")?),
            is_active: row.try_get::<_, Option<bool>>("is_active")?.unwrap_or(true),
            connected_at: row.try_get("connected_at")?,
            history_id: row.try_get::<_, Option<i64>>("history_id")?.map(history_id),
            grant: StoredGrant::read(row)?,
            last_sync_at: row.try_get("last_sync_at")?,
            last_push_at: row.try_get("last_push_at")?,
            blocked_until: row.try_get("blocked_until")?,
            failures: row.try_get("failures")?,
            auto_reply_enabled: row
                .try_get::<_, Option<bool>>("auto_reply_enabled")?
                .unwrap_or(true),
            reply_mode: ReplyMode::parse(row.try_get("reply_mode")?).unwrap_or(ReplyMode::Off),
            auto_reply_delay: row
                .try_get::<_, Option<i32>>("auto_reply_delay_minutes")?
                .unwrap_or(5),
            confidence_threshold: row.try_get("confidence_threshold")?,
            signature: row.try_get("signature")?,
            portal_domains: row.try_get("portal_domains")?,
            google_subject: row.try_get("google_subject")?,
        })
    }
}

fn history_id(stored: i64) -> HistoryId {
    HistoryId(u64::try_from(stored).unwrap_or_default())
}

/// Postgres has no unsigned numbers; Gmail's cursors are far below the limit.
fn stored_history_id(id: HistoryId) -> i64 {
    i64::try_from(id.0).unwrap_or(i64::MAX)
}

pub async fn of_property(tx: &Tx, property: PropertyId) -> Result<Option<Mailbox>> {
    let sql = format!("select {COLUMNS} from gmail_config where property_id = $1");
    tx.query_opt(&sql, &[&property])
        .await?
        .as_ref()
        .map(Mailbox::try_from)
        .transpose()
}

pub async fn by_id(tx: &Tx, id: MailboxId) -> Result<Option<Mailbox>> {
    let sql = format!("select {COLUMNS} from gmail_config where id = $1");
    tx.query_opt(&sql, &[&id])
        .await?
        .as_ref()
        .map(Mailbox::try_from)
        .transpose()
}

// --- connecting ---------------------------------------------------------------------------------

/// What a finished consent stores.
pub struct Connection<'a> {
    pub id: MailboxId,
    pub property: PropertyId,
    pub address: &'a str,
    pub google_subject: &'a str,
    pub access: &'a Sealed,
    pub refresh: &'a Sealed,
    pub expires_at: DateTime<Utc>,
    pub scopes: Vec<String>,
    /// Where reading starts if this account was not connected before.
    pub baseline: HistoryId,
    pub watch_expires_at: DateTime<Utc>,
}

/// Lets one consent of a property write at a time, to the end of the transaction. A first consent has no
/// row that could be locked, and its tokens are sealed for one that it names itself.
pub async fn one_consent_at_a_time(tx: &Tx, property: PropertyId) -> Result<()> {
    let name = format!("mailbox of {property}");
    tx.query(
        "select pg_advisory_xact_lock(hashtextextended($1, 0))",
        &[&name],
    )
    .await?;
    Ok(())
}

/// Stores the grant and marks the mailbox dirty.
///
/// The same account connected again keeps its cursor and its day of connection, so that the gap is
/// filled; another account, or one that was disconnected, starts at the baseline, and what a push
/// said of the old one is forgotten: its history ids count something else.
pub async fn connect(tx: &Tx, new: &Connection<'_>, now: DateTime<Utc>) -> Result<MailboxId> {
    let row = tx
        .query_one(
            "insert into gmail_config as m (id, property_id, gmail_address, google_subject, access_token,
                refresh_token, token_expires_at, granted_scopes, history_id, watch_expiration,
                watch_renewed_at, status, is_active, connected_at, grant_version, dirty_seq, updated_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'connected', true, $11, 1, 1, $11)
             on conflict (property_id) do update set
                gmail_address = excluded.gmail_address, google_subject = excluded.google_subject,
                access_token = excluded.access_token, refresh_token = excluded.refresh_token,
                token_expires_at = excluded.token_expires_at, granted_scopes = excluded.granted_scopes,
                history_id = case when m.status <> 'disconnected' and m.google_subject = excluded.google_subject
                                  then m.history_id else excluded.history_id end,
                connected_at = case when m.status <> 'disconnected' and m.google_subject = excluded.google_subject
                                    then m.connected_at else excluded.connected_at end,
                pushed_history_id = case when m.status <> 'disconnected' and m.google_subject = excluded.google_subject
                                         then m.pushed_history_id end,
                watch_expiration = excluded.watch_expiration, watch_renewed_at = excluded.watch_renewed_at,
                watch_error = null, status = 'connected', status_reason = null, is_active = true,
                grant_version = m.grant_version + 1, refresh_owner = null, refresh_until = null,
                blocked_until = null, failures = 0, last_error = null, dirty_seq = m.dirty_seq + 1,
                updated_at = excluded.updated_at
             returning id",
            &[
                &new.id,
                &new.property,
                &new.address,
                &new.google_subject,
                &new.access.as_stored(),
                &new.refresh.as_stored(),
                &new.expires_at,
                &new.scopes,
                &stored_history_id(new.baseline),
                &new.watch_expires_at,
                &now,
            ],
        )
        .await?;
    Ok(MailboxId(row.try_get("id")?))
}

/// Erases the grant; the address, settings and mail stay. Answers whether anything was connected.
pub async fn disconnect(tx: &Tx, id: MailboxId, now: DateTime<Utc>) -> Result<bool> {
    let changed = tx
        .execute(
            "update gmail_config set status = 'disconnected', status_reason = null, access_token = null,
                refresh_token = null, token_expires_at = null, granted_scopes = '{}', watch_expiration = null,
                grant_version = grant_version + 1, refresh_owner = null, refresh_until = null, updated_at = $2
             where id = $1 and status <> 'disconnected'",
            &[&id, &now],
        )
        .await?;
    Ok(changed > 0)
}

// --- catching up --------------------------------------------------------------------------------

/// A push names an address: marks its mailbox dirty. `None` for addresses that are not connected.
/// `hint` is the history id that the push names; pushes come late and in any order.
pub async fn heard(
    tx: &Tx,
    address_key: &str,
    hint: HistoryId,
    now: DateTime<Utc>,
) -> Result<Option<MailboxId>> {
    let row = tx
        .query_opt(
            "update gmail_config set dirty_seq = dirty_seq + 1, last_push_at = greatest(last_push_at, $2),
                pushed_history_id = greatest(pushed_history_id, $3)
             where lower(gmail_address) = $1 and status = 'connected' and is_active
             returning id",
            &[&address_key, &now, &stored_history_id(hint)],
        )
        .await?;
    row.map(|row| Ok(MailboxId(row.try_get("id")?))).transpose()
}

/// A mailbox that nobody else reads until the lease runs out.
pub struct Leased {
    pub mailbox: Mailbox,
    pub dirty_seq: i64,
}

/// Takes the lease for so many seconds of the database's clock. `None`: somebody holds it, the account
/// is blocked, paused or not connected; the dirty mark stays for whoever comes next.
pub async fn lease(
    tx: &Tx,
    id: MailboxId,
    owner: Uuid,
    seconds: f64,
    now: DateTime<Utc>,
) -> Result<Option<Leased>> {
    let sql = format!(
        "update gmail_config set lease_owner = $2, lease_until = clock_timestamp() + make_interval(secs => $3)
         where id = $1 and status = 'connected' and is_active
           and (lease_until is null or lease_until < clock_timestamp())
           and (blocked_until is null or blocked_until <= $4)
         returning {COLUMNS}, dirty_seq"
    );
    let Some(row) = tx.query_opt(&sql, &[&id, &owner, &seconds, &now]).await? else {
        return Ok(None);
    };
    Ok(Some(Leased {
        mailbox: Mailbox::try_from(&row)?,
        dirty_seq: row.try_get("dirty_seq")?,
    }))
}

/// Moves the cursor forward, never back. `false`: somebody moved it meanwhile.
pub async fn advance(
    tx: &Tx,
    id: MailboxId,
    from: Option<HistoryId>,
    to: HistoryId,
) -> Result<bool> {
    let changed = tx
        .execute(
            "update gmail_config set history_id = greatest(history_id, $3)
             where id = $1 and history_id is not distinct from $2",
            &[&id, &from.map(stored_history_id), &stored_history_id(to)],
        )
        .await?;
    Ok(changed > 0)
}

/// Everything up to `seen` is done, and `newest_mail` is when the newest mail reached the inbox. In one statement with the check: releases the lease, unless the
/// mailbox became dirty again, in which case the answer is the new mark and the lease is kept.
pub async fn release(
    tx: &Tx,
    id: MailboxId,
    owner: Uuid,
    seen: i64,
    now: DateTime<Utc>,
    newest_mail: Option<DateTime<Utc>>,
) -> Result<Option<i64>> {
    let row = tx
        .query_opt(
            "update gmail_config set
                lease_owner = case when dirty_seq = $3 then null else lease_owner end,
                lease_until = case when dirty_seq = $3 then null else lease_until end,
                clean_seq = greatest(clean_seq, $3), last_sync_at = greatest(last_sync_at, $4),
                last_mail_at = greatest(last_mail_at, $5),
                failures = 0, blocked_until = null, last_error = null
             where id = $1 and lease_owner = $2
             returning dirty_seq",
            &[&id, &owner, &seen, &now, &newest_mail],
        )
        .await?;
    let Some(row) = row else { return Ok(None) }; // the lease ran out: somebody else is at it
    let dirty_seq: i64 = row.try_get("dirty_seq")?;
    Ok((dirty_seq != seen).then_some(dirty_seq))
}

/// Connected mailboxes that have unread hints, were not read for a while, or were pushed since
/// `lagging_since` and have not come as far as the push said; longest silence first.
pub async fn to_read(
    tx: &Tx,
    now: DateTime<Utc>,
    silent_since: DateTime<Utc>,
    lagging_since: DateTime<Utc>,
    at_most: i64,
) -> Result<Vec<MailboxId>> {
    let rows = tx
        .query(
            "select id from gmail_config
             where status = 'connected' and is_active
               and (dirty_seq > clean_seq or last_sync_at is null or last_sync_at < $2
                    or (pushed_history_id > history_id and last_push_at > $4))
               and (blocked_until is null or blocked_until <= $1)
               and (lease_until is null or lease_until < clock_timestamp())
             order by last_sync_at nulls first limit $3",
            &[&now, &silent_since, &at_most, &lagging_since],
        )
        .await?;
    rows.iter()
        .map(|row| Ok(MailboxId(row.try_get("id")?)))
        .collect()
}

// --- watches ------------------------------------------------------------------------------------

/// Which watches need looking after.
pub struct DueWatches {
    pub now: DateTime<Utc>,
    /// Those that end before this instant.
    pub ending_before: DateTime<Utc>,
    /// Those that were not renewed since.
    pub renewed_before: DateTime<Utc>,
    /// Those that told nothing of a mail that arrived before this instant.
    pub told_before: DateTime<Utc>,
}

/// Mailboxes whose watch needs looking after and which are not blocked. The watch that ends first
/// comes first; those that failed last time come after the others, to take no turn from them.
pub async fn to_watch(tx: &Tx, due: &DueWatches, at_most: i64) -> Result<Vec<Mailbox>> {
    let sql = format!(
        "select {COLUMNS} from gmail_config
         where status = 'connected' and (blocked_until is null or blocked_until <= $1)
           and (watch_expiration is null or watch_expiration < $2
                or watch_renewed_at is null or watch_renewed_at < $3 or watch_error is not null
                or (last_mail_at < $4 and last_mail_at > greatest(last_push_at, watch_renewed_at)))
         order by watch_error is not null, watch_expiration nulls first limit $5"
    );
    let rows = tx
        .query(
            &sql,
            &[
                &due.now,
                &due.ending_before,
                &due.renewed_before,
                &due.told_before,
                &at_most,
            ],
        )
        .await?;
    rows.iter().map(Mailbox::try_from).collect()
}

/// A watch was started or renewed. The cursor is not touched: the answer's id would skip mail.
pub async fn watched(
    tx: &Tx,
    id: MailboxId,
    expires_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.execute(
        "update gmail_config set watch_expiration = $2, watch_renewed_at = $3, watch_error = null where id = $1",
        &[&id, &expires_at, &now],
    )
    .await?;
    Ok(())
}
