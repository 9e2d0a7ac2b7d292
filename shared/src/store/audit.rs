//! Who did what to which row: appended by every change a person makes or the system makes for one.
//!
//! Rows hold ids, states and settings; never mail, names or tokens. The database seals each row with
//! the hash of the one before and refuses updates.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Database, Result, Tenant, Tx};
use crate::domain::ids::{ProfileId, PropertyId};

/// On whose behalf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    User(ProfileId),
    System,
    Google,
    Prospect,
}

impl Actor {
    pub(super) fn columns(self) -> (&'static str, Option<Uuid>) {
        match self {
            Self::User(id) => ("user", Some(id.0)),
            Self::System => ("system", None),
            Self::Google => ("google", None),
            Self::Prospect => ("prospect", None),
        }
    }
}

pub struct Entry<'a> {
    pub property: PropertyId,
    pub actor: Actor,
    /// `area.verb`, as in `mailbox.connected`.
    pub action: &'a str,
    /// The table of the row.
    pub entity: &'a str,
    pub entity_id: Uuid,
    pub before: Option<Value>,
    pub after: Option<Value>,
}

pub async fn append(tx: &Tx, entry: &Entry<'_>) -> Result<()> {
    let (kind, id) = entry.actor.columns();
    tx.execute(
        "insert into audit_log (property_id, actor_kind, actor_id, action, entity, entity_id, before, after, hash)
         values ($1, $2, $3, $4, $5, $6, $7, $8, '')",
        &[
            &entry.property,
            &kind,
            &id,
            &entry.action,
            &entry.entity,
            &entry.entity_id,
            &entry.before,
            &entry.after,
        ],
    )
    .await?;
    Ok(())
}

/// Somebody proved who they are and is no active user. Belongs to no property: the transaction is on no
/// tenant's behalf.
pub async fn append_refused_sign_in(tx: &Tx, user: ProfileId) -> Result<()> {
    tx.execute(
        "insert into audit_log (actor_kind, actor_id, action, entity, entity_id, hash)
         values ('user', $1, 'signin.refused', 'profiles', $1, '')",
        &[&user],
    )
    .await?;
    Ok(())
}

// --- verifying ----------------------------------------------------------------------------------

/// Rows that one statement walks: seconds, at some ten microseconds each.
const STRETCH: i32 = 50_000;

/// The end of a chain, as somebody noted it earlier.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Head {
    pub property: Option<Uuid>,
    pub id: i64,
    /// Hexadecimal.
    pub hash: String,
}

/// One property's rows, from the first to the last.
#[derive(Clone, Debug)]
pub struct Chain {
    pub property: Option<Uuid>,
    pub rows: i64,
    pub head: Head,
    /// The first row whose seal fits neither its content nor the row before; or one that was noted as the
    /// end and is gone.
    pub broken: Option<i64>,
}

/// What a walk over the whole log found.
#[derive(Clone, Debug)]
pub struct Verified {
    pub chains: Vec<Chain>,
}

impl Verified {
    pub fn broken(&self) -> impl Iterator<Item = &Chain> {
        self.chains.iter().filter(|chain| chain.broken.is_some())
    }

    pub fn rows(&self) -> i64 {
        self.chains.iter().map(|chain| chain.rows).sum()
    }

    pub fn is_whole(&self) -> bool {
        self.broken().next().is_none()
    }

    /// As operators see it. `heads` is what a later walk may be compared with.
    pub fn as_json(&self) -> Value {
        let broken = self
            .broken()
            .map(|chain| json!({ "property": chain.property, "id": chain.broken }));
        json!({
            "ok": self.is_whole(),
            "rows": self.rows(),
            "properties": self.chains.len(),
            "broken": broken.collect::<Vec<_>>(),
            "heads": self.chains.iter().map(|chain| &chain.head).collect::<Vec<_>>(),
        })
    }
}

/// Walks every chain from its beginning, and looks whether the ends that were noted are still there:
/// what was cut off shows in no other way. Reads only, a stretch at a time; rows do not change.
pub async fn verify(database: &Database, noted: &[Head]) -> Result<Verified> {
    let tx = database.begin(Tenant::All).await?;
    let rows = tx
        .query("select distinct property_id from audit_log", &[])
        .await?;
    tx.commit().await?;
    let mut properties = Vec::new();
    for row in &rows {
        properties.push(row.try_get::<_, Option<Uuid>>("property_id")?);
    }
    for head in noted {
        if !properties.contains(&head.property) {
            properties.push(head.property); // nothing is left of it
        }
    }
    properties.sort();
    let mut chains = Vec::with_capacity(properties.len());
    for property in properties {
        let mut chain = walk(database, property).await?;
        for head in noted.iter().filter(|head| head.property == property) {
            if chain.broken.is_none() && !holds(database, head).await? {
                chain.broken = Some(head.id);
            }
        }
        chains.push(chain);
    }
    Ok(Verified { chains })
}

async fn walk(database: &Database, property: Option<Uuid>) -> Result<Chain> {
    let mut chain = Chain {
        property,
        rows: 0,
        head: Head {
            property,
            id: 0,
            hash: String::new(),
        },
        broken: None,
    };
    let mut before: Option<Vec<u8>> = None;
    loop {
        let tx = database.begin(Tenant::All).await?;
        let row = tx
            .query_one(
                "select walked, last_id, last_hash, encode(last_hash, 'hex') as hash, broken_id
                 from luma_audit_walk($1, $2, $3, $4)",
                &[&property, &chain.head.id, &before, &STRETCH],
            )
            .await?;
        tx.commit().await?;
        let walked: i64 = row.try_get("walked")?;
        if walked == 0 {
            return Ok(chain);
        }
        chain.rows += walked;
        chain.broken = chain.broken.or(row.try_get("broken_id")?);
        chain.head.id = row.try_get("last_id")?;
        chain.head.hash = row.try_get("hash")?;
        before = row.try_get("last_hash")?;
    }
}

async fn holds(database: &Database, head: &Head) -> Result<bool> {
    let tx = database.begin(Tenant::All).await?;
    let found = tx
        .query_opt(
            "select from audit_log where id = $1 and property_id is not distinct from $2 and encode(hash, 'hex') = $3",
            &[&head.id, &head.property, &head.hash],
        )
        .await?;
    tx.commit().await?;
    Ok(found.is_some())
}
