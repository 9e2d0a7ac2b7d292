//! Forgetting what is old: small bites, each of which a partial index finds without reading what was
//! forgotten before.

use chrono::{DateTime, NaiveDate, Utc};
use tokio_postgres::Row;

use super::erasure::BLANK;
use super::{Result, Tx};
use crate::domain::ids::*;

/// E-mails older than that, with what was answered to them. Answers how many; the rows stay.
pub async fn blank_mail(
    tx: &Tx,
    before: DateTime<Utc>,
    now: DateTime<Utc>,
    at_most: i64,
) -> Result<u64> {
    let sql = format!(
        "with old as (
            select id from email_messages where blanked_at is null and coalesce(sent_at, created_at) < $1
            order by coalesce(sent_at, created_at) limit $3 for update skip locked),
         replies as (
            update email_replies set body_text = null, letter = null
            where message_id in (select id from old) and state not in ('due', 'sending'))
         update email_messages set {BLANK}, blanked_at = $2 where id in (select id from old)"
    );
    tx.execute(&sql, &[&before, &now, &at_most]).await
}

/// Subjects of threads in which nobody has written since.
pub async fn blank_subjects(tx: &Tx, before: DateTime<Utc>, at_most: i64) -> Result<u64> {
    tx.execute(
        "update email_threads set subject = null where id in (
            select id from email_threads where subject is not null and last_message_at < $1
            order by last_message_at limit $2 for update skip locked)",
        &[&before, &at_most],
    )
    .await
}

/// What was said in the CRM's conversations, over whichever channel.
pub async fn blank_turns(tx: &Tx, before: DateTime<Utc>, at_most: i64) -> Result<u64> {
    tx.execute(
        "update luma.messages set content = '' where id in (
            select id from luma.messages where content <> '' and created_at < $1 order by created_at limit $2)",
        &[&before, &at_most],
    )
    .await
}

/// Wishes that came with a booking.
pub async fn blank_requests(tx: &Tx, before: NaiveDate, at_most: i64) -> Result<u64> {
    tx.execute(
        "update luma.tour_bookings set special_requests = null where id in (
            select id from luma.tour_bookings
            where special_requests is not null and scheduled_date < $1::text::date
            order by scheduled_date limit $2)",
        &[&before.to_string(), &at_most],
    )
    .await
}

/// What a machine read out of words that are forgotten. What a person noted stays.
pub async fn forget_interests(tx: &Tx, before: DateTime<Utc>, at_most: i64) -> Result<u64> {
    tx.execute(
        "delete from lead_interests where id in (
            select id from lead_interests
            where evidence is not null and said_at < $1 and extracted_from in ('chat', 'email')
            order by said_at limit $2)",
        &[&before, &at_most],
    )
    .await
}

/// Messages that could not be filed. Nobody will read them again, and no listing goes back so far.
pub async fn forget_quarantined(tx: &Tx, before: DateTime<Utc>, at_most: i64) -> Result<u64> {
    tx.execute(
        "delete from email_quarantine where id in (
            select id from email_quarantine where updated_at < $1 and state <> 'retrying'
            order by updated_at limit $2)",
        &[&before, &at_most],
    )
    .await
}

/// Ends the replies that nobody decided about, and forgets their words. Answers which.
pub async fn end_held(
    tx: &Tx,
    before: DateTime<Utc>,
    at_most: i64,
) -> Result<Vec<(PropertyId, ReplyId)>> {
    let rows = tx
        .query(
            "update email_replies set state = 'cancelled', reasons = array['too_old'], body_text = null,
                attempts = 0, next_attempt_at = null, updated_at = now()
             where id in (select id from email_replies where state = 'held' and updated_at < $1
                          order by updated_at limit $2)
             returning property_id, id",
            &[&before, &at_most],
        )
        .await?;
    let ended = |row: &Row| {
        Ok((
            PropertyId(row.try_get("property_id")?),
            ReplyId(row.try_get("id")?),
        ))
    };
    rows.iter().map(ended).collect()
}

/// What a model wrote and nobody sent.
pub async fn blank_unsent(tx: &Tx, before: DateTime<Utc>, at_most: i64) -> Result<u64> {
    tx.execute(
        "update email_replies set body_text = null, letter = null where id in (
            select id from email_replies
            where state in ('cancelled', 'failed') and (body_text is not null or letter is not null)
              and updated_at < $1 order by updated_at limit $2)",
        &[&before, &at_most],
    )
    .await
}
