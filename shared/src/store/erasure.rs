//! Blanking what is stored about a person; and who was erased (`lead_erasures`).
//!
//! Rows stay, as ids and times: what Gmail still holds is not filed anew, and the audit log's ids go on
//! meaning something. Which columns go and which stay is listed in `migrations/README.md`.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::persons::{Mail, Person, ids};
use super::{Result, Tx, leads};
use crate::domain::ids::*;
use crate::domain::reply::ReplyState;

/// What a tombstone of an e-mail has lost.
pub(super) const BLANK: &str = "from_address = '', from_name = null, reply_to = null, to_address = '', \
     cc_addresses = '{}', subject = null, body_text = null, body_html = null, body_fresh = null, attachments = '[]', \
     rfc_message_id = null, rfc_in_reply_to = '{}', rfc_references = '{}', labels = '{}'";

/// Blanks the person's mail, and in the mail of others what is the person's: quotations, the subject of
/// a shared thread, the address among the copies. A thread goes to whoever else writes in it.
pub async fn blank_mail(
    tx: &Tx,
    property: PropertyId,
    person: &Person,
    mail: &Mail,
    now: DateTime<Utc>,
) -> Result<()> {
    let sql = format!(
        "update email_messages set {BLANK}, blanked_at = $2 where property_id = $1 and id = any ($3)"
    );
    tx.execute(&sql, &[&property, &now, &mail.messages]).await?;
    tx.execute(
        "update email_messages m set subject = null, body_html = null,
            body_text = coalesce(m.body_fresh, u.content, '')
         from email_messages own left join luma.messages u on u.id = own.turn_id
         where m.id = own.id and m.property_id = $1 and m.blanked_at is null and m.thread_id = any ($2)",
        &[&property, &mail.threads],
    )
    .await?;
    tx.execute(
        "update email_messages m
         set cc_addresses = array(select copy from unnest(m.cc_addresses) copy where lower(copy) <> $2),
            to_address = case when lower(m.to_address) = $2 then '' else m.to_address end,
            reply_to = nullif(lower(m.reply_to), $2)
         where m.property_id = $1 and m.blanked_at is null
           and ($2 in (lower(m.to_address), lower(m.reply_to)) or exists (select from unnest(m.cc_addresses) copy where lower(copy) = $2))",
        &[&property, &person.address],
    )
    .await?;
    tx.execute(
        "update email_threads t set subject = null, lead_id = o.lead_id, conversation_id = o.id, updated_at = $3,
            status = case when o.id is null then 'archived' else t.status end,
            handed_over = case when o.id is not null then t.handed_over end,
            handed_over_by = case when o.id is not null then t.handed_over_by end
         from email_threads own left join lateral (
            select c.id, c.lead_id
            from email_messages m join luma.messages u on u.id = m.turn_id
            join luma.conversations c on c.id = u.conversation_id
            where m.thread_id = own.id and m.blanked_at is null
            order by m.sent_at desc nulls last limit 1) o on true
         where t.id = own.id and t.property_id = $1 and t.id = any ($2)",
        &[&property, &mail.threads, &now],
    )
    .await?;
    Ok(())
}

/// Ends the replies to these e-mails and forgets their words. One that may be on its way keeps its state
/// and loses its worker: the next one takes its draft out of Gmail. Answers those.
pub async fn end_replies(tx: &Tx, property: PropertyId, messages: &[Uuid]) -> Result<Vec<ReplyId>> {
    let rows = tx
        .query(
            "update email_replies set body_text = null, letter = null, lease_owner = null, lease_until = null,
                next_attempt_at = null, updated_at = now(),
                state = case when state in ('due', 'held') then 'cancelled' else state end,
                reasons = case when state in ('due', 'held', 'sending') then '{erased}' else reasons end
             where property_id = $1 and message_id = any ($2) returning id, state",
            &[&property, &messages.to_vec()],
        )
        .await?;
    let mut sending = Vec::new();
    for row in &rows {
        if row.try_get::<_, &str>("state")? == ReplyState::Sending.as_str() {
            sending.push(ReplyId(row.try_get("id")?));
        }
    }
    Ok(sending)
}

/// Ends the letters about the person's tours, in the same way; answers the tours of those on their way.
pub async fn end_letters(tx: &Tx, property: PropertyId, person: &Person) -> Result<Vec<BookingId>> {
    let rows = tx
        .query(
            "update tour_letters set lease_owner = null, lease_until = null, next_attempt_at = null, reason = 'erased',
                state = case when state = 'due' then 'cancelled' else state end
             where property_id = $1 and state in ('due', 'sending')
               and booking_id in (select id from luma.tour_bookings where lead_id = any ($2))
             returning booking_id, state",
            &[&property, &person.leads],
        )
        .await?;
    let mut sending = Vec::new();
    for row in &rows {
        if row.try_get::<_, &str>("state")? == "sending" {
            sending.push(BookingId(row.try_get("booking_id")?));
        }
    }
    Ok(sending)
}

/// Tours that are not over: they are to be cancelled.
pub async fn coming_tours(
    tx: &Tx,
    property: PropertyId,
    person: &Person,
    now: DateTime<Utc>,
) -> Result<Vec<BookingId>> {
    let rows = tx
        .query(
            "select id from luma.tour_bookings
             where property_id = $1 and lead_id = any ($2) and status in ('held', 'confirmed')
               and coalesce(ends_at > $3, scheduled_date >= $3::date) order by id",
            &[&property, &person.leads, &now],
        )
        .await?;
    Ok(ids(&rows)?.into_iter().map(BookingId).collect())
}

/// Forgets what was read out of the person's words, the runs that would read them again, and what tours
/// say about the person beside the booking itself.
pub async fn forget_wishes(tx: &Tx, property: PropertyId, person: &Person) -> Result<()> {
    for sql in [
        "delete from lead_interests where property_id = $1 and lead_id = any ($2)",
        "delete from lead_preferences where property_id = $1 and lead_id = any ($2)",
        "update prospect_invites set response_status = null where property_id = $1 and lead_id = any ($2)",
        "delete from tour_requests where property_id = $1
            and booking_id in (select id from luma.tour_bookings where lead_id = any ($2))",
    ] {
        tx.execute(sql, &[&property, &person.leads]).await?;
    }
    // Whoever works on one finds it gone, and writes nothing.
    tx.execute(
        "delete from enrichment_runs where property_id = $1 and conversation_id = any ($2)",
        &[&property, &person.conversations],
    )
    .await?;
    Ok(())
}

/// Blanks the person in the host's tables. Last: the rows that name the lead are found by them.
pub async fn blank_lead(
    tx: &Tx,
    property: PropertyId,
    person: &Person,
    mail: &Mail,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.query(
        "select luma.erase_leads($1, $2, $3, $4, $5)",
        &[
            &property,
            &person.leads,
            &person.conversations,
            &mail.turns,
            &now,
        ],
    )
    .await?;
    Ok(())
}

/// Notes who was erased and when; an address that gets no mail goes on getting none. Answers the leads
/// that were not erased before.
pub async fn remember(
    tx: &Tx,
    property: PropertyId,
    person: &Person,
    now: DateTime<Utc>,
) -> Result<Vec<LeadId>> {
    tx.execute(
        "with known as (delete from email_suppressions where property_id = $1 and address_key = $2
                        returning reason, created_at)
         insert into email_suppressions (property_id, address_key, reason, created_at)
         select $1, luma_address_hash($1, $2), reason, created_at from known on conflict do nothing",
        &[&property, &person.address],
    )
    .await?;
    // Erased again, it may have got another address meanwhile.
    let rows = tx
        .query(
            "insert into lead_erasures as e (lead_id, property_id, address_hash, erased_at)
             select lead, $1, luma_address_hash($1, $3), $4 from unnest($2) lead
             on conflict (lead_id) do update set erased_at = excluded.erased_at,
                address_hash = coalesce(excluded.address_hash, e.address_hash)
             returning lead_id as id, xmax = 0 as is_new",
            &[&property, &person.leads, &person.address, &now],
        )
        .await?;
    let mut new = Vec::new();
    for row in &rows {
        if row.try_get("is_new")? {
            new.push(LeadId(row.try_get("id")?));
        }
    }
    Ok(new)
}

/// Whether the person with this address was erased after the given time: mail from before is not filed.
/// Whoever asks holds the address until the transaction ends, so that nobody is erased meanwhile.
pub async fn covers(
    tx: &Tx,
    property: PropertyId,
    address_key: &str,
    at: DateTime<Utc>,
) -> Result<bool> {
    leads::lock_address(tx, property, address_key).await?;
    let found = tx
        .query_opt(
            "select from lead_erasures
             where property_id = $1 and address_hash = luma_address_hash($1, $2) and erased_at >= $3 limit 1",
            &[&property, &address_key, &at],
        )
        .await?;
    Ok(found.is_some())
}

/// Whether a lead was erased.
pub async fn is_erased(tx: &Tx, property: PropertyId, lead: LeadId) -> Result<bool> {
    let sql = "select from lead_erasures where property_id = $1 and lead_id = $2";
    Ok(tx.query_opt(sql, &[&property, &lead]).await?.is_some())
}
