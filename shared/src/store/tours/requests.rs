//! What callers asked for, by the key that they gave: a request that is repeated gets the same booking.

use jiff::Timestamp;

use crate::domain::ids::*;
use crate::store::{Result, Tx};

/// What a key stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Of the request: the same key with another one is a mistake of the caller's.
    pub fingerprint: Vec<u8>,
    pub booking: BookingId,
}

pub async fn requested(tx: &Tx, property: PropertyId, key: &str) -> Result<Option<Asked>> {
    let row = tx
        .query_opt(
            "select fingerprint, booking_id from tour_requests where property_id = $1 and key = $2",
            &[&property, &key],
        )
        .await?;
    row.map(|row| {
        Ok(Asked {
            fingerprint: row.try_get("fingerprint")?,
            booking: BookingId(row.try_get("booking_id")?),
        })
    })
    .transpose()
}

/// Notes the key in the booking's own transaction. `false`: another request with it was faster.
pub async fn remember(
    tx: &Tx,
    property: PropertyId,
    key: &str,
    asked: &Asked,
    now: Timestamp,
) -> Result<bool> {
    let made = tx
        .execute(
            "insert into tour_requests (property_id, key, fingerprint, booking_id, created_at)
             values ($1, $2, $3, $4, $5) on conflict do nothing",
            &[&property, &key, &asked.fingerprint, &asked.booking, &now],
        )
        .await?;
    Ok(made > 0)
}

pub async fn forget_requests(tx: &Tx, before: Timestamp) -> Result<u64> {
    tx.execute(
        "delete from tour_requests where created_at < $1",
        &[&before],
    )
    .await
}
