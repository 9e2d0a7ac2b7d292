//! Who did what to which row: appended by every change a person makes or the system makes for one.
//!
//! Rows hold ids, states and settings; never mail, names or tokens. The database seals each row with
//! the hash of the one before and refuses updates.

use serde_json::Value;
use uuid::Uuid;

use super::{Result, Tx};
use crate::domain::ids::{ProfileId, PropertyId};

/// On whose behalf.
#[derive(Clone, Copy, Debug)]
pub enum Actor {
    User(ProfileId),
    System,
    Google,
    Prospect,
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
    let (kind, id) = match entry.actor {
        Actor::User(id) => ("user", Some(id.0)),
        Actor::System => ("system", None),
        Actor::Google => ("google", None),
        Actor::Prospect => ("prospect", None),
    };
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
