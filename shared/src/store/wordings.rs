//! A property's own texts where fair-housing law leaves the talking to people (`reply_wordings`), and what else than
//! the federal law it minds (`gmail_config.guarded_topics`).

use chrono::{DateTime, Utc};

use super::{Result, Tx};
use crate::domain::fair_housing::{Topic, Wording};
use crate::domain::ids::{ProfileId, PropertyId};

/// The property's own texts; of the others the product's own count.
pub async fn of_property(tx: &Tx, property: PropertyId) -> Result<Vec<(Wording, String)>> {
    let sql = "select topic, text from reply_wordings where property_id = $1";
    let rows = tx.query(sql, &[&property]).await?;
    let mut texts = Vec::new();
    for row in &rows {
        // The column's check admits nothing else.
        if let Some(wording) = Wording::parse(row.try_get("topic")?) {
            texts.push((wording, row.try_get("text")?));
        }
    }
    Ok(texts)
}

/// Puts the property's own text in place of what was there.
pub async fn write(
    tx: &Tx,
    property: PropertyId,
    wording: Wording,
    text: &str,
    by: ProfileId,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.execute(
        "insert into reply_wordings (property_id, topic, text, updated_by, updated_at) values ($1, $2, $3, $4, $5)
         on conflict (property_id, topic) do update set text = excluded.text, updated_by = excluded.updated_by,
            updated_at = excluded.updated_at",
        &[&property, &wording.as_str(), &text, &by, &now],
    )
    .await?;
    Ok(())
}

/// Takes the property's own text away: the product's counts again.
pub async fn forget(tx: &Tx, property: PropertyId, wording: Wording) -> Result<()> {
    tx.execute(
        "delete from reply_wordings where property_id = $1 and topic = $2",
        &[&property, &wording.as_str()],
    )
    .await?;
    Ok(())
}

/// The topics of [`Topic::LOCAL`] that are left to people. All of them, where no mailbox was ever connected.
pub async fn guarded(tx: &Tx, property: PropertyId) -> Result<Vec<Topic>> {
    let sql = "select guarded_topics from gmail_config where property_id = $1";
    let Some(row) = tx.query_opt(sql, &[&property]).await? else {
        return Ok(Topic::LOCAL.to_vec());
    };
    let codes: Vec<String> = row.try_get("guarded_topics")?;
    Ok(codes
        .iter()
        .filter_map(|code| Topic::parse_local(code))
        .collect())
}

/// `false`: there is no mailbox to set it for.
pub async fn guard(
    tx: &Tx,
    property: PropertyId,
    topics: &[Topic],
    now: DateTime<Utc>,
) -> Result<bool> {
    let codes: Vec<String> = topics
        .iter()
        .map(|topic| topic.as_str().to_owned())
        .collect();
    let changed = tx
        .execute(
            "update gmail_config set guarded_topics = $2, updated_at = $3 where property_id = $1",
            &[&property, &codes, &now],
        )
        .await?;
    Ok(changed > 0)
}
