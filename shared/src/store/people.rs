//! The host's users and whose property is whose: rights come from here, never from a token.

use uuid::Uuid;

use super::{Result, Tx};
use crate::domain::ids::*;

pub struct Profile {
    pub id: ProfileId,
    /// The customer that the user belongs to, if any.
    pub org: Option<Uuid>,
    /// As the host writes it: `admin`, `manager`, `viewer`, …
    pub role: Option<String>,
}

/// A user who is neither banned nor deleted at the host; a token may outlive both.
pub async fn find(tx: &Tx, id: ProfileId) -> Result<Option<Profile>> {
    let sql = "select id, org_id, role from luma.profiles where id = $1";
    let row = tx.query_opt(sql, &[&id]).await?;
    row.map(|row| {
        Ok(Profile {
            id: ProfileId(row.try_get("id")?),
            org: row.try_get("org_id")?,
            role: row.try_get("role")?,
        })
    })
    .transpose()
}

/// The customer that owns a property; `None` also for a property that does not exist.
pub async fn owner(tx: &Tx, property: PropertyId) -> Result<Option<Uuid>> {
    let row = tx
        .query_opt(
            "select org_id from luma.properties where id = $1",
            &[&property],
        )
        .await?;
    match row {
        Some(row) => Ok(row.try_get("org_id")?),
        None => Ok(None),
    }
}

/// Whether somebody works for the customer that owns the property.
pub async fn works_at(tx: &Tx, id: ProfileId, property: PropertyId) -> Result<bool> {
    let found = tx
        .query_opt(
            "select p.id from luma.profiles p join luma.properties o on o.org_id = p.org_id
             where p.id = $1 and o.id = $2",
            &[&id, &property],
        )
        .await?;
    Ok(found.is_some())
}

/// The user with an address that Google has verified, if there is exactly one.
pub async fn by_email(tx: &Tx, address: &str) -> Result<Option<ProfileId>> {
    let sql = "select luma.user_by_email($1) as id";
    let row = tx.query_one(sql, &[&address]).await?;
    Ok(row.try_get::<_, Option<Uuid>>("id")?.map(ProfileId))
}

/// Everybody who works for a customer, with the name that the host has, by name.
pub async fn of_org(tx: &Tx, org: Uuid) -> Result<Vec<(ProfileId, String)>> {
    let rows = tx
        .query(
            "select id, coalesce(full_name, '') as name from luma.profiles where org_id = $1 order by 2, 1",
            &[&org],
        )
        .await?;
    rows.iter()
        .map(|row| Ok((ProfileId(row.try_get("id")?), row.try_get("name")?)))
        .collect()
}

/// The properties of a customer, by name.
pub async fn properties_of(tx: &Tx, org: Uuid) -> Result<Vec<(PropertyId, String)>> {
    let rows = tx
        .query(
            "select id, name from luma.properties where org_id = $1 order by 2, 1",
            &[&org],
        )
        .await?;
    rows.iter()
        .map(|row| Ok((PropertyId(row.try_get("id")?), row.try_get("name")?)))
        .collect()
}
