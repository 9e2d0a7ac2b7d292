//! The audit log as the team reads it.

use chrono::{DateTime, Utc};
use serde_json::Value;
use tokio_postgres::Row;
use uuid::Uuid;

use super::audit::Actor;
use super::{Error, Result, Tx};
use crate::domain::ids::{ProfileId, PropertyId, ThreadId};
use crate::domain::page::{Cursor, Page};

/// One row as the team reads it.
#[derive(Clone, Debug)]
pub struct Record {
    id: i64,
    pub at: DateTime<Utc>,
    pub actor: Actor,
    pub action: String,
    pub entity: String,
    pub entity_id: Option<Uuid>,
    pub before: Option<Value>,
    pub after: Option<Value>,
    /// Where the row is about a reply: its thread.
    pub thread: Option<ThreadId>,
    /// Where it is about a tour: when that is.
    pub starts_at: Option<DateTime<Utc>>,
    /// Where it is about a calendar: whose.
    pub agent: Option<ProfileId>,
}

impl Record {
    pub fn place(&self) -> Cursor {
        Cursor {
            at: self.at,
            id: Uuid::from_u128(self.id.unsigned_abs().into()),
        }
    }
}

impl TryFrom<&Row> for Record {
    type Error = Error;

    fn try_from(row: &Row) -> Result<Self> {
        let id = row.try_get::<_, Option<Uuid>>("actor_id")?;
        let actor = match (row.try_get("actor_kind")?, id) {
            ("user", Some(id)) => Actor::User(ProfileId(id)),
            ("google", _) => Actor::Google,
            ("prospect", _) => Actor::Prospect,
            _ => Actor::System,
        };
        Ok(Self {
            id: row.try_get("id")?,
            at: row.try_get("at")?,
            actor,
            action: row.try_get("action")?,
            entity: row.try_get("entity")?,
            entity_id: row.try_get("entity_id")?,
            before: row.try_get("before")?,
            after: row.try_get("after")?,
            thread: row.try_get::<_, Option<_>>("thread_id")?.map(ThreadId),
            starts_at: row.try_get("starts_at")?,
            agent: row.try_get::<_, Option<_>>("profile_id")?.map(ProfileId),
        })
    }
}

/// Which rows are wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter<'a> {
    /// What stands before the point of the action.
    pub area: Option<&'a str>,
    pub actor: Option<Actor>,
}

/// A property's rows, the newest first.
pub async fn list(
    tx: &Tx,
    property: PropertyId,
    filter: Filter<'_>,
    page: &Page,
) -> Result<Vec<Record>> {
    let (kind, actor) = filter.actor.map(Actor::columns).unzip();
    let after = page.after.map(|place| place.id.as_u128());
    let after = after.map(|id| i64::try_from(id).unwrap_or(i64::MAX));
    let rows = tx
        .query(
            "select a.id, a.at, a.actor_kind, a.actor_id, a.action, a.entity, a.entity_id, a.before, a.after,
                r.thread_id, b.starts_at, c.profile_id
             from (select * from audit_log where property_id = $1
                     and ($2::text is null or split_part(action, '.', 1) = $2)
                     and ($3::text is null or (actor_kind = $3 and actor_id is not distinct from $4))
                     and ($5::bigint is null or id < $5)
                   order by id desc limit $6) a
             left join email_replies r on a.entity = 'email_replies' and r.id = a.entity_id and r.property_id = $1
             left join luma.tour_bookings b on a.entity = 'tour_bookings' and b.id = a.entity_id and b.property_id = $1
             left join agent_calendars c on a.entity = 'agent_calendars' and c.id = a.entity_id and c.property_id = $1
             order by a.id desc",
            &[
                &property,
                &filter.area,
                &kind,
                &actor.flatten(),
                &after,
                &page.probe(),
            ],
        )
        .await?;
    rows.iter().map(Record::try_from).collect()
}
