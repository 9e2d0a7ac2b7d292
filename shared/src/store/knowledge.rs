//! What the property published about itself (`documents`), matched by embedding.

use tokio_postgres::Row;

use super::{Result, Tx};
use crate::domain::ids::PropertyId;

/// A passage, and how like the question it is: the cosine of their vectors, -1 to 1.
#[derive(Clone, Debug)]
pub struct Passage {
    pub text: String,
    pub likeness: f64,
}

/// The passages most like the question, best first. `embedding` must come from the model that the
/// documents were embedded with.
pub async fn matching(
    tx: &Tx,
    property: PropertyId,
    embedding: &[f32],
    threshold: f64,
    at_most: i32,
) -> Result<Vec<Passage>> {
    let query: Vec<f64> = embedding.iter().copied().map(f64::from).collect();
    let rows = tx
        .query(
            "select content, similarity from luma.knowledge($1, $2, $3, $4) order by similarity desc",
            &[&property, &query, &threshold, &at_most],
        )
        .await?;
    let passage = |row: &Row| {
        Ok(Passage {
            text: row.try_get("content")?,
            likeness: row.try_get("similarity")?,
        })
    };
    rows.iter().map(passage).collect()
}
