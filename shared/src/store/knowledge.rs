//! What the property published about itself (`documents`), matched by embedding, and who it is.

use super::{Result, Tx};
use crate::domain::ids::PropertyId;

/// The passages most like the question, best first. `embedding` must come from the model that the
/// documents were embedded with.
pub async fn matching(
    tx: &Tx,
    property: PropertyId,
    embedding: &[f32],
    threshold: f64,
    at_most: i32,
) -> Result<Vec<String>> {
    let query: Vec<f64> = embedding.iter().copied().map(f64::from).collect();
    let rows = tx
        .query(
            "select content from luma.knowledge($1, $2, $3, $4) order by similarity desc",
            &[&property, &query, &threshold, &at_most],
        )
        .await?;
    rows.iter().map(|row| Ok(row.try_get("content")?)).collect()
}

/// A property as its mail speaks of it.
pub struct Profile {
    pub name: String,
    /// IANA name, where anybody set one.
    pub time_zone: Option<String>,
}

pub async fn profile(tx: &Tx, property: PropertyId) -> Result<Option<Profile>> {
    let row = tx
        .query_opt(
            "select p.name, coalesce(w.timezone, p.settings ->> 'timezone', o.settings ->> 'timezone') as zone
             from luma.properties p
             left join luma.widget_settings w on w.property_id = p.id
             left join luma.organizations o on o.id = p.org_id
             where p.id = $1 limit 1",
            &[&property],
        )
        .await?;
    row.map(|row| {
        Ok(Profile {
            name: row.try_get("name")?,
            time_zone: row.try_get("zone")?,
        })
    })
    .transpose()
}
