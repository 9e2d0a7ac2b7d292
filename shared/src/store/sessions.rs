//! Sessions that somebody signed out of (`ended_sessions`).

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Result, Tx};

/// Ends a session; one that has ended stays so.
pub async fn end(tx: &Tx, session: Uuid, now: DateTime<Utc>) -> Result<()> {
    tx.execute(
        "insert into ended_sessions (session_id, ended_at) values ($1, $2) on conflict (session_id) do nothing",
        &[&session, &now],
    )
    .await?;
    Ok(())
}

pub async fn has_ended(tx: &Tx, session: Uuid) -> Result<bool> {
    let sql = "select session_id from ended_sessions where session_id = $1";
    Ok(tx.query_opt(sql, &[&session]).await?.is_some())
}

/// Forgets the sessions that ended before the given time.
pub async fn forget_before(tx: &Tx, before: DateTime<Utc>) -> Result<u64> {
    tx.execute("delete from ended_sessions where ended_at < $1", &[&before])
        .await
}
