//! Messages that could not be stored: waiting for another try, given up, or gone (`email_quarantine`).
//!
//! The cursor passes such a message only because it stands here.

use chrono::{DateTime, Utc};

use super::{Result, Tx};
use crate::domain::ids::*;

/// What is to become of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Tried again at the given time.
    Retry(DateTime<Utc>),
    /// Unreadable: waits for a person, who may have it read again.
    Quarantined,
    /// Deleted at Gmail before it could be read.
    Skipped,
}

pub async fn put(
    tx: &Tx,
    property: PropertyId,
    mailbox: MailboxId,
    id: &GmailMessageId,
    fate: Fate,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    let (state, next) = match fate {
        Fate::Retry(at) => ("retrying", Some(at)),
        Fate::Quarantined => ("quarantined", None),
        Fate::Skipped => ("skipped", None),
    };
    tx.execute(
        "insert into email_quarantine as q (property_id, mailbox_id, gmail_message_id, state, reason, attempts,
            next_attempt_at, created_at, updated_at) values ($1, $2, $3, $4, $5, 1, $6, $7, $7)
         on conflict (mailbox_id, gmail_message_id) do update set state = excluded.state,
            reason = excluded.reason, attempts = q.attempts + 1, next_attempt_at = excluded.next_attempt_at,
            updated_at = excluded.updated_at
         where q.state <> 'filed'",
        &[&property, &mailbox, id, &state, &reason, &next, &now],
    )
    .await?;
    Ok(())
}

/// A message whose turn for another try has come.
pub struct Due {
    pub message: GmailMessageId,
    pub attempts: i32,
}

pub async fn due(
    tx: &Tx,
    mailbox: MailboxId,
    now: DateTime<Utc>,
    at_most: i64,
) -> Result<Vec<Due>> {
    let rows = tx
        .query(
            "select gmail_message_id, attempts from email_quarantine
             where mailbox_id = $1 and state = 'retrying' and next_attempt_at <= $2
             order by next_attempt_at limit $3",
            &[&mailbox, &now, &at_most],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Due {
                message: GmailMessageId(row.try_get("gmail_message_id")?),
                attempts: row.try_get("attempts")?,
            })
        })
        .collect()
}

/// Mailboxes with messages whose turn has come.
pub async fn mailboxes_due(tx: &Tx, now: DateTime<Utc>, at_most: i64) -> Result<Vec<MailboxId>> {
    let rows = tx
        .query(
            "select distinct mailbox_id from email_quarantine
             where state = 'retrying' and next_attempt_at <= $1 limit $2",
            &[&now, &at_most],
        )
        .await?;
    rows.iter()
        .map(|row| Ok(MailboxId(row.try_get("mailbox_id")?)))
        .collect()
}

/// It could be stored after all.
pub async fn filed(tx: &Tx, mailbox: MailboxId, id: &GmailMessageId) -> Result<()> {
    tx.execute(
        "update email_quarantine set state = 'filed', next_attempt_at = null, updated_at = now()
         where mailbox_id = $1 and gmail_message_id = $2",
        &[&mailbox, id],
    )
    .await?;
    Ok(())
}

/// Has everything that was given up read again. Answers how many.
pub async fn replay(tx: &Tx, property: PropertyId, now: DateTime<Utc>) -> Result<u64> {
    tx.execute(
        "update email_quarantine set state = 'retrying', attempts = 0, next_attempt_at = $2, updated_at = $2
         where property_id = $1 and state = 'quarantined'",
        &[&property, &now],
    )
    .await
}
