//! Leads as the team looks at them: in a list, and one with what belongs to it.

use chrono::{DateTime, Utc};
use serde_json::Value;
use tokio_postgres::Row;
use uuid::Uuid;

use super::{Error, Result, Tx};
use crate::domain::ids::*;
use crate::domain::page::{Cursor, Page};

/// A lead as a list shows it.
#[derive(Clone, Debug)]
pub struct LeadLine {
    pub id: LeadId,
    pub property: PropertyId,
    pub name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    /// The host's word for the way they came.
    pub source: Option<String>,
    pub status: String,
    pub preferences: Value,
    /// What lists are sorted by: the last letter, chat, tour or change.
    pub active_at: DateTime<Utc>,
}

impl LeadLine {
    pub fn place(&self) -> Cursor {
        Cursor {
            at: self.active_at,
            id: self.id.0,
        }
    }
}

impl TryFrom<&Row> for LeadLine {
    type Error = Error;

    fn try_from(row: &Row) -> Result<Self> {
        Ok(Self {
            id: LeadId(row.try_get("id")?),
            property: PropertyId(row.try_get("property_id")?),
            name: row.try_get("name")?,
            email: row.try_get("email")?,
            phone: row.try_get("phone")?,
            source: row.try_get("source")?,
            status: row.try_get("status")?,
            preferences: row.try_get("preferences")?,
            active_at: row.try_get("active_at")?,
        })
    }
}

/// The leads of the property `$1`, or `$2` of them alone. What they did is gathered by property: one pass over each
/// table, however many leads there are.
const LEADS: &str = "select l.id, l.property_id, l.email as address,
        nullif(concat_ws(' ', nullif(l.first_name, ''), nullif(l.last_name, '')), '') as name,
        nullif(l.email, '') as email, nullif(l.phone, '') as phone, nullif(l.source, '') as source,
        coalesce(nullif(l.status, ''), 'new') as status, coalesce(p.preferences, '{}') as preferences,
        greatest(coalesce(l.created_at, 'epoch'), l.updated_at, l.last_contacted_at, did.at) as active_at
     from luma.leads l join luma.preferences p on p.lead_id = l.id and p.property_id = l.property_id
     left join (select lead_id, max(at) as at from (
           select lead_id, last_message_at as at from email_threads where property_id = $1
           union all select lead_id, greatest(created_at, updated_at) from luma.tour_bookings where property_id = $1
           union all select lead_id, last_activity_at from luma.widget_sessions where property_id = $1) done
        where $2::uuid is null or lead_id = $2 group by lead_id) did on did.lead_id = l.id
     where l.property_id = $1 and ($2::uuid is null or l.id = $2)";

/// Which leads are wanted.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Part of a name or an address, whatever its case.
    pub words: Option<String>,
    /// The field of the preferences in which something stands.
    pub wants: Option<&'static str>,
    /// Only who booked a tour, cancelled ones too.
    pub toured: bool,
}

/// A property's leads, the one that was last active first.
pub async fn list(
    tx: &Tx,
    property: PropertyId,
    filter: &Filter,
    page: &Page,
) -> Result<Vec<LeadLine>> {
    // Any value at any depth counts as something; nulls and empty lists do not.
    let sql = format!(
        "select * from ({LEADS}) leads
         where ($3::text is null or position(lower($3) in lower(concat_ws(' ', name, address))) > 0)
           and ($4::text is null or jsonb_path_exists(preferences -> $4,
                '$.** ? (@.type() == \"string\" || @.type() == \"number\" || @.type() == \"boolean\")'))
           and (not $5 or exists (select from luma.tour_bookings b where b.lead_id = leads.id and b.property_id = $1))
           and ($6::timestamptz is null or (active_at, id) < ($6, $7))
         order by active_at desc, id desc limit $8"
    );
    let nobody: Option<Uuid> = None;
    let (at, id) = (
        page.after.map(|place| place.at),
        page.after.map(|place| place.id),
    );
    let rows = tx
        .query(
            &sql,
            &[
                &property,
                &nobody,
                &filter.words,
                &filter.wants,
                &filter.toured,
                &at,
                &id,
                &page.probe(),
            ],
        )
        .await?;
    rows.iter().map(LeadLine::try_from).collect()
}

pub async fn one(tx: &Tx, property: PropertyId, id: LeadId) -> Result<Option<LeadLine>> {
    let row = tx.query_opt(LEADS, &[&property, &Some(id.0)]).await?;
    row.as_ref().map(LeadLine::try_from).transpose()
}

/// In which threads these turns of a conversation stand; those of a chat stand in none.
pub async fn threads_of(
    tx: &Tx,
    property: PropertyId,
    turns: Vec<Uuid>,
) -> Result<Vec<(TurnId, ThreadId)>> {
    let rows = tx
        .query(
            "select turn_id, thread_id from email_messages
             where property_id = $1 and turn_id = any($2) and thread_id is not null",
            &[&property, &turns],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok((
                TurnId(row.try_get("turn_id")?),
                ThreadId(row.try_get("thread_id")?),
            ))
        })
        .collect()
}
