//! Leads and their e-mail conversation, in the host's tables.
//!
//! The host has no unique keys here and may hold duplicates already: the oldest row wins, and a
//! transaction-level lock on the key keeps two writers of ours from both inserting.

use chrono::{DateTime, Utc};

use super::{Error, Result, Tx};
use crate::domain::ids::*;

/// Who wrote or booked, as far as they tell.
pub struct Sender<'a> {
    /// Lower-cased address, never empty.
    pub address_key: &'a str,
    pub first_name: Option<&'a str>,
    pub last_name: Option<&'a str>,
    pub phone: Option<&'a str>,
    /// The host's word for the way they came.
    pub source: &'a str,
}

/// The lead with this address, matched without regard to case.
pub async fn with_address(tx: &Tx, property: PropertyId, key: &str) -> Result<Option<LeadId>> {
    let row = tx
        .query_opt(
            "select id from luma.leads where property_id = $1 and lower(email) = $2 and email <> ''
             order by created_at, id limit 1",
            &[&property, &key],
        )
        .await?;
    row.map(|row| Ok(LeadId(row.try_get("id")?))).transpose()
}

/// Until the transaction ends nobody else finds, makes or erases the lead with this address.
pub(super) async fn lock_address(tx: &Tx, property: PropertyId, key: &str) -> Result<()> {
    lock(tx, "lead", property, key).await
}

/// The lead with the sender's address, made if there is none. A name is only written on a new lead.
pub async fn find_or_create(tx: &Tx, property: PropertyId, sender: &Sender<'_>) -> Result<LeadId> {
    lock_address(tx, property, sender.address_key).await?;
    if let Some(id) = with_address(tx, property, sender.address_key).await? {
        return Ok(id);
    }
    let row = tx
        .query_opt(
            "insert into luma.leads (property_id, source, first_name, last_name, email, phone, status)
             values ($1, $2, $3, $4, $5, $6, 'new') on conflict do nothing returning id",
            &[
                &property,
                &sender.source,
                &sender.first_name,
                &sender.last_name,
                &sender.address_key,
                &sender.phone,
            ],
        )
        .await?;
    match row {
        Some(row) => Ok(LeadId(row.try_get("id")?)),
        // The host, which takes no lock of ours, was faster.
        None => with_address(tx, property, sender.address_key)
            .await?
            .ok_or(Error::Missing),
    }
}

/// A tour is booked: fills in what the lead did not tell before, and never takes a status back that lies
/// further on.
pub async fn tour_booked(
    tx: &Tx,
    lead: LeadId,
    sender: &Sender<'_>,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.execute(
        "update luma.leads set first_name = coalesce(nullif(first_name, ''), $2),
            last_name = coalesce(nullif(last_name, ''), $3), phone = coalesce(nullif(phone, ''), $4),
            status = case when coalesce(status, 'new') in ('new', 'contacted') then 'tour_booked' else status end,
            updated_at = $5
         where id = $1",
        &[
            &lead,
            &sender.first_name,
            &sender.last_name,
            &sender.phone,
            &now,
        ],
    )
    .await?;
    Ok(())
}

/// A line in the lead's history, as the host's pages show it.
pub async fn note(
    tx: &Tx,
    lead: LeadId,
    kind: &str,
    description: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.execute(
        "insert into luma.lead_activities (lead_id, type, description, created_at) values ($1, $2, $3, $4)",
        &[&lead, &kind, &description, &now],
    )
    .await?;
    Ok(())
}

/// Whether the conversation is the property's.
pub async fn has_conversation(tx: &Tx, property: PropertyId, id: ConversationId) -> Result<bool> {
    let sql = "select id from luma.conversations where id = $1 and property_id = $2";
    Ok(tx.query_opt(sql, &[&id, &property]).await?.is_some())
}

/// A visitor of the widget became this lead. `false`: the session is not the property's.
pub async fn converted(
    tx: &Tx,
    property: PropertyId,
    session: uuid::Uuid,
    lead: LeadId,
    now: DateTime<Utc>,
) -> Result<bool> {
    let changed = tx
        .execute(
            "update luma.widget_sessions set lead_id = coalesce(lead_id, $3), converted_at = coalesce(converted_at, $4)
             where id = $1 and property_id = $2",
            &[&session, &property, &lead, &now],
        )
        .await?;
    Ok(changed > 0)
}

/// The one conversation over e-mail that the host looks up by lead and channel.
pub async fn email_conversation(
    tx: &Tx,
    property: PropertyId,
    lead: LeadId,
) -> Result<ConversationId> {
    lock(tx, "conversation", property, &lead.to_string()).await?;
    if let Some(found) = conversation_of(tx, property, lead).await? {
        return Ok(found);
    }
    let row = tx
        .query_opt(
            "insert into luma.conversations (property_id, lead_id, channel) values ($1, $2, 'email')
             on conflict do nothing returning id",
            &[&property, &lead],
        )
        .await?;
    match row {
        Some(row) => Ok(ConversationId(row.try_get("id")?)),
        None => conversation_of(tx, property, lead)
            .await?
            .ok_or(Error::Missing),
    }
}

async fn conversation_of(
    tx: &Tx,
    property: PropertyId,
    lead: LeadId,
) -> Result<Option<ConversationId>> {
    let row = tx
        .query_opt(
            "select id from luma.conversations where property_id = $1 and lead_id = $2 and channel = 'email'
             order by created_at, id limit 1",
            &[&property, &lead],
        )
        .await?;
    row.map(|row| Ok(ConversationId(row.try_get("id")?)))
        .transpose()
}

/// One entry of a conversation, as the CRM shows it: in the order of their times, which are Gmail's and
/// not those of the filing.
pub async fn add_turn(
    tx: &Tx,
    conversation: ConversationId,
    role: &str,
    content: &str,
    at: DateTime<Utc>,
) -> Result<TurnId> {
    let row = tx
        .query_one(
            "insert into luma.messages (conversation_id, role, content, created_at)
             values ($1, $2, $3, $4) returning id",
            &[&conversation, &role, &content, &at],
        )
        .await?;
    Ok(TurnId(row.try_get("id")?))
}

/// Whether a person has taken the conversation over.
pub async fn is_human_mode(tx: &Tx, conversation: ConversationId) -> Result<bool> {
    let row = tx
        .query_opt(
            "select coalesce(is_human_mode, false) as human from luma.conversations where id = $1",
            &[&conversation],
        )
        .await?;
    Ok(row
        .map(|row| row.try_get("human"))
        .transpose()?
        .unwrap_or(false))
}

/// Whether a certain person has taken the conversation over: it is not only waiting for one.
pub async fn is_taken_over(tx: &Tx, conversation: ConversationId) -> Result<bool> {
    let sql = "select id from luma.takeovers where id = $1 and is_human_mode and human_agent_id is not null";
    Ok(tx.query_opt(sql, &[&conversation]).await?.is_some())
}

/// Leaves the conversation to people; whoever took it over already keeps it.
pub async fn hand_over(tx: &Tx, conversation: ConversationId, now: DateTime<Utc>) -> Result<()> {
    tx.execute(
        "update luma.takeovers set is_human_mode = true, human_agent_id = null, human_started_at = $2,
            human_ended_at = null
         where id = $1 and is_human_mode is not true",
        &[&conversation, &now],
    )
    .await?;
    Ok(())
}

/// Why and since when an address gets no automatic mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// `bounced` or `opted_out`.
    pub reason: String,
    /// The last time that it was said.
    pub at: DateTime<Utc>,
}

/// Stops automatic mail to an address at once. The first reason stays. `false`: it was stopped already.
pub async fn suppress(
    tx: &Tx,
    property: PropertyId,
    key: &str,
    reason: &str,
    at: DateTime<Utc>,
) -> Result<bool> {
    let row = tx
        .query_one(
            "insert into email_suppressions as s (property_id, address_key, reason, created_at)
             values ($1, $2, $3, $4)
             on conflict (property_id, address_key) do update set created_at =
                case when s.reason = excluded.reason then excluded.created_at else s.created_at end
             returning xmax = 0 as is_new",
            &[&property, &key, &reason, &at],
        )
        .await?;
    Ok(row.try_get("is_new")?)
}

/// Whether an address gets no automatic mail. Of a person who was erased it stands there as a hash.
pub async fn suppression(tx: &Tx, property: PropertyId, key: &str) -> Result<Option<Suppression>> {
    let row = tx
        .query_opt(
            "select reason, created_at from email_suppressions
             where property_id = $1 and address_key in ($2, luma_address_hash($1, $2))
             order by created_at desc limit 1",
            &[&property, &key],
        )
        .await?;
    row.map(|row| {
        Ok(Suppression {
            reason: row.try_get("reason")?,
            at: row.try_get("created_at")?,
        })
    })
    .transpose()
}

/// Whether the address belongs to any connected mailbox of the system.
pub async fn is_mailbox(tx: &Tx, key: &str) -> Result<bool> {
    Ok(tx
        .query_one("select luma.is_mailbox($1) as ours", &[&key])
        .await?
        .try_get("ours")?)
}

async fn lock(tx: &Tx, kind: &str, property: PropertyId, key: &str) -> Result<()> {
    let name = format!("{kind} {property} {key}");
    tx.query(
        "select pg_advisory_xact_lock(hashtextextended($1, 0))",
        &[&name],
    )
    .await?;
    Ok(())
}
