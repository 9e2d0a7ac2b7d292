//! What is known of a lead's wishes (`lead_interests`, `leads.preferences`).

use chrono::{DateTime, Utc};
use serde_json::Value;
use tokio_postgres::Row;

use super::{Error, Result, Tx};
use crate::domain::ids::*;
use crate::domain::interest::{Interest, Kind, Source};

/// An interest as the team sees it.
pub struct Shown {
    pub interest: Interest,
    pub created_at: DateTime<Utc>,
}

/// Whose a lead is, to find the tenant of a request that names nothing else.
pub async fn property_of_lead(tx: &Tx, lead: LeadId) -> Result<Option<PropertyId>> {
    let sql = "select property_id from luma.leads where id = $1";
    let row = tx.query_opt(sql, &[&lead]).await?;
    match row {
        Some(row) => Ok(row.try_get::<_, Option<_>>("property_id")?.map(PropertyId)),
        None => Ok(None),
    }
}

/// What is preferred, and what of it a machine wrote.
#[derive(Clone, Debug, PartialEq)]
pub struct Preferences {
    pub held: Value,
    pub written: Value,
}

/// A lead's preferences; nobody else changes them, or the interests, until the transaction ends.
/// `None`: the lead is gone.
pub async fn hold(tx: &Tx, property: PropertyId, lead: LeadId) -> Result<Option<Preferences>> {
    let held = tx
        .query_opt(
            "select coalesce(preferences, '{}') as held from luma.preferences
             where property_id = $1 and lead_id = $2 for update",
            &[&property, &lead],
        )
        .await?;
    let Some(held) = held else {
        return Ok(None);
    };
    // Read after the lock is held: another run may have written meanwhile.
    let written = tx
        .query_opt(
            "select written from lead_preferences where property_id = $1 and lead_id = $2",
            &[&property, &lead],
        )
        .await?;
    Ok(Some(Preferences {
        held: held.try_get("held")?,
        written: written
            .map(|row| row.try_get("written"))
            .transpose()?
            .unwrap_or(Value::Null),
    }))
}

/// What a lead prefers, as it stands. `None`: there is no such lead.
pub async fn preferences(
    tx: &Tx,
    property: PropertyId,
    lead: LeadId,
) -> Result<Option<Preferences>> {
    let row = tx
        .query_opt(
            "select coalesce(p.preferences, '{}') as held, coalesce(w.written, 'null') as written
             from luma.preferences p
             left join lead_preferences w on w.lead_id = p.lead_id and w.property_id = p.property_id
             where p.property_id = $1 and p.lead_id = $2",
            &[&property, &lead],
        )
        .await?;
    row.map(|row| {
        Ok(Preferences {
            held: row.try_get("held")?,
            written: row.try_get("written")?,
        })
    })
    .transpose()
}

pub async fn set_preferences(
    tx: &Tx,
    property: PropertyId,
    lead: LeadId,
    preferences: &Preferences,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.execute(
        "update luma.preferences set preferences = $3, updated_at = $4 where property_id = $1 and lead_id = $2",
        &[&property, &lead, &preferences.held, &now],
    )
    .await?;
    tx.execute(
        "insert into lead_preferences (lead_id, property_id, written, updated_at) values ($2, $1, $3, $4)
         on conflict (lead_id) do update set written = excluded.written, updated_at = excluded.updated_at",
        &[&property, &lead, &preferences.written, &now],
    )
    .await?;
    Ok(())
}

/// Every row of a lead, what was taken back included; the newest statement first.
pub async fn of_lead(tx: &Tx, property: PropertyId, lead: LeadId) -> Result<Vec<Shown>> {
    let rows = tx
        .query(
            "select interest_type, interest_value, coalesce(confidence, 1)::float8 as confidence, extracted_from,
                evidence, source_message_id, said_at, retracted_at, coalesce(created_at, updated_at) as created_at
             from lead_interests where property_id = $1 and lead_id = $2
             order by said_at desc nulls first, created_at desc, interest_type, interest_value",
            &[&property, &lead],
        )
        .await?;
    let mut shown = Vec::with_capacity(rows.len());
    for row in &rows {
        shown.extend(read(row)?);
    }
    Ok(shown)
}

/// `None` for a type that the checked list does not know: a row from before the check.
fn read(row: &Row) -> Result<Option<Shown>, Error> {
    let Some(kind) = Kind::parse(row.try_get("interest_type")?) else {
        return Ok(None);
    };
    let source = match row.try_get::<_, Option<&str>>("extracted_from")? {
        Some("chat") => Source::Chat,
        Some("email") => Source::Email,
        _ => Source::Manual,
    };
    Ok(Some(Shown {
        interest: Interest {
            kind,
            value: row.try_get("interest_value")?,
            confidence: row.try_get("confidence")?,
            source,
            evidence: row.try_get("evidence")?,
            message: row
                .try_get::<_, Option<_>>("source_message_id")?
                .map(TurnId),
            said_at: row.try_get("said_at")?,
            retracted_at: row.try_get("retracted_at")?,
        },
        created_at: row.try_get("created_at")?,
    }))
}

/// Writes one row, whatever stood there of a machine's. A person's row stays as it is.
pub async fn save(
    tx: &Tx,
    property: PropertyId,
    lead: LeadId,
    interest: &Interest,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.execute(
        "insert into lead_interests as i (property_id, lead_id, interest_type, interest_value, confidence,
            extracted_from, evidence, source_message_id, said_at, retracted_at, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)
         on conflict on constraint lead_interests_key do update
            set confidence = excluded.confidence, extracted_from = excluded.extracted_from,
                evidence = excluded.evidence, source_message_id = excluded.source_message_id,
                said_at = excluded.said_at, retracted_at = excluded.retracted_at, updated_at = excluded.updated_at
            where i.extracted_from in ('chat', 'email')",
        &[
            &property,
            &lead,
            &interest.kind.as_str(),
            &interest.value,
            &interest.confidence,
            &interest.source.as_str(),
            &interest.evidence,
            &interest.message.map(|message| message.0),
            &interest.said_at,
            &interest.retracted_at,
            &now,
        ],
    )
    .await?;
    Ok(())
}

/// A person takes back what persons entered as rows: of a kind all, or one value.
pub async fn withdraw_manual(
    tx: &Tx,
    property: PropertyId,
    lead: LeadId,
    kind: Kind,
    value: Option<&str>,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.execute(
        "update lead_interests set retracted_at = $5, updated_at = $5
         where property_id = $1 and lead_id = $2 and interest_type = $3 and retracted_at is null
           and ($4::text is null or lower(trim(interest_value)) = lower(trim($4)))
           and (coalesce(extracted_from, 'manual') = 'manual' or evidence is null or said_at is null)",
        &[&property, &lead, &kind.as_str(), &value, &now],
    )
    .await?;
    Ok(())
}
