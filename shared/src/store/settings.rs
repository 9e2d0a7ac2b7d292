//! What a property decides about its mailbox, and how the mailbox is doing (`gmail_config`).

use chrono::{DateTime, Utc};
use tokio_postgres::Row;

use super::mailboxes::Status;
use super::{Error, Result, Tx};
use crate::domain::ids::*;
use crate::domain::reply::ReplyMode;

/// What the team may change.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub auto_reply_enabled: bool,
    pub reply_mode: ReplyMode,
    /// Minutes between a message and its answer.
    pub auto_reply_delay: i32,
    /// 0 to 1; below it a reply is held for a person. 0: never.
    pub confidence_threshold: f64,
    /// Text at the end of every reply.
    pub signature: Option<String>,
    /// Listing portals, in lower case, whose `Reply-To` is believed.
    pub portal_domains: Vec<String>,
}

impl Default for Settings {
    /// As the table's own defaults.
    fn default() -> Self {
        Self {
            auto_reply_enabled: true,
            reply_mode: ReplyMode::Auto,
            auto_reply_delay: 5,
            confidence_threshold: 0.8,
            signature: None,
            portal_domains: Vec::new(),
        }
    }
}

/// How the mailbox is doing.
#[derive(Clone, Debug)]
pub struct Health {
    pub address: Option<String>,
    pub status: Status,
    /// Why it is not connected any more, as Google or we said.
    pub status_reason: Option<String>,
    pub watch_expires_at: Option<DateTime<Utc>>,
    pub watch_renewed_at: Option<DateTime<Utc>>,
    /// Why the last renewal failed, if it did.
    pub watch_error: Option<String>,
    pub last_push_at: Option<DateTime<Utc>>,
    /// When the newest mail that was read reached the inbox.
    pub last_mail_at: Option<DateTime<Utc>>,
    pub last_sync_at: Option<DateTime<Utc>>,
    /// Why the last reading failed, if it did.
    pub last_error: Option<String>,
    /// Messages that could not be filed.
    pub quarantined: i64,
}

#[derive(Clone, Debug)]
pub struct MailboxRow {
    pub id: MailboxId,
    pub settings: Settings,
    pub health: Health,
}

impl TryFrom<&Row> for MailboxRow {
    type Error = Error;

    fn try_from(row: &Row) -> Result<Self> {
        Ok(Self {
            id: MailboxId(row.try_get("id")?),
            settings: Settings {
                auto_reply_enabled: row.try_get("auto_reply_enabled")?,
                // The column's check admits nothing else.
                reply_mode: ReplyMode::parse(row.try_get("reply_mode")?).unwrap_or(ReplyMode::Off),
                auto_reply_delay: row.try_get("auto_reply_delay_minutes")?,
                confidence_threshold: row.try_get("confidence_threshold")?,
                signature: row.try_get("signature")?,
                portal_domains: row.try_get("portal_domains")?,
            },
            health: Health {
                address: row.try_get("gmail_address")?,
                status: Status::parse(row.try_get("status")?),
                status_reason: row.try_get("status_reason")?,
                watch_expires_at: row.try_get("watch_expiration")?,
                watch_renewed_at: row.try_get("watch_renewed_at")?,
                watch_error: row.try_get("watch_error")?,
                last_push_at: row.try_get("last_push_at")?,
                last_mail_at: row.try_get("last_mail_at")?,
                last_sync_at: row.try_get("last_sync_at")?,
                last_error: row.try_get("last_error")?,
                quarantined: row.try_get("quarantined")?,
            },
        })
    }
}

const SELECT: &str = "select m.id, coalesce(m.auto_reply_enabled, true) as auto_reply_enabled, m.reply_mode,
        coalesce(m.auto_reply_delay_minutes, 5) as auto_reply_delay_minutes, m.confidence_threshold, m.signature,
        m.portal_domains, m.gmail_address, m.status, m.status_reason, m.watch_expiration,
        m.watch_renewed_at, m.watch_error, m.last_push_at, m.last_mail_at, m.last_sync_at, m.last_error,
        (select count(*) from email_quarantine q where q.mailbox_id = m.id and q.state = 'quarantined')
            as quarantined
     from gmail_config m where m.property_id = $1";

pub async fn read(tx: &Tx, property: PropertyId) -> Result<Option<MailboxRow>> {
    tx.query_opt(SELECT, &[&property])
        .await?
        .as_ref()
        .map(MailboxRow::try_from)
        .transpose()
}

/// Reads, and keeps others from writing until the transaction ends.
pub async fn hold(tx: &Tx, property: PropertyId) -> Result<Option<MailboxRow>> {
    let sql = format!("{SELECT} for update of m");
    tx.query_opt(&sql, &[&property])
        .await?
        .as_ref()
        .map(MailboxRow::try_from)
        .transpose()
}

pub async fn write(
    tx: &Tx,
    property: PropertyId,
    settings: &Settings,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.execute(
        "update gmail_config set auto_reply_enabled = $2, reply_mode = $3, auto_reply_delay_minutes = $4,
            confidence_threshold = $5, signature = $6, portal_domains = $7, updated_at = $8
         where property_id = $1",
        &[
            &property,
            &settings.auto_reply_enabled,
            &settings.reply_mode.as_str(),
            &settings.auto_reply_delay,
            &settings.confidence_threshold,
            &settings.signature,
            &settings.portal_domains,
            &now,
        ],
    )
    .await?;
    Ok(())
}
