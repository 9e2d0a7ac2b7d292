//! Grants that were given up, until Google has revoked them.
//!
//! Google revokes all grants of an account together, so the grant of an account that is connected
//! elsewhere, as a mailbox or a calendar, is left alone.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{App, grants};
use crate::crypto::Place;
use crate::domain::ids::{self, PropertyId};
use crate::error::Result;
use crate::store::accounts::{self, Account};
use crate::store::{self, Tx};

/// Notes that the account's grant has to be revoked. One that is damaged can be revoked by nobody.
///
/// The refresh token is sealed anew to the row that remembers it: the account's own columns are erased.
pub async fn owe(app: &App, tx: &Tx, account: &Account, now: DateTime<Utc>) -> store::Result<()> {
    let Some(grant) = &account.grant else {
        return Ok(());
    };
    let from = grants::place(account.holder, account.property, "refresh_token");
    let Ok(token) = app.cipher().open(&from, &grant.refresh) else {
        return Ok(());
    };
    let id = ids::fresh();
    let token = app.cipher().seal(&place(id, account.property), &token);
    accounts::owe_revocation(tx, id, account, &token, now).await
}

/// Tells Google about grants that were given up, but for accounts that are connected again. What fails
/// is tried again, less and less often.
pub async fn settle(app: &App) -> Result<()> {
    let now = app.now();
    let tx = app.everywhere().await?;
    accounts::forgive_revocations(&tx).await?;
    let owed = accounts::revocations_due(&tx, now, 20).await?;
    tx.commit().await?;
    for revocation in owed {
        let place = place(revocation.id, revocation.property);
        let told = match app.cipher().open(&place, &revocation.token) {
            Ok(token) => app.google().oauth().revoke(&token).await.is_ok(),
            Err(_) => true, // unreadable: it can never be revoked by us
        };
        let tx = app.everywhere().await?;
        if told {
            accounts::revoked(&tx, revocation.id).await?;
        } else {
            let wait = TimeDelta::minutes(1 << revocation.attempts.clamp(0, 10));
            accounts::revocation_failed(&tx, revocation.id, now + wait).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

fn place(id: Uuid, property: PropertyId) -> Place {
    Place {
        table: "grant_revocations",
        row: id,
        column: "sealed_token",
        tenant: property.0,
    }
}
