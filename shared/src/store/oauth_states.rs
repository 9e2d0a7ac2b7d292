//! Consents under way (`oauth_states`).

use chrono::{DateTime, Utc};

use super::{Result, Tx};
use crate::crypto::Sealed;
use crate::domain::ids::*;

/// One consent: who started it for which property, in which browser.
pub struct Consent {
    pub property: PropertyId,
    pub profile: ProfileId,
    pub verifier: Sealed,
}

pub async fn insert(
    tx: &Tx,
    state_hash: [u8; 32],
    browser_hash: [u8; 32],
    purpose: &str,
    consent: &Consent,
    expires_at: DateTime<Utc>,
) -> Result<()> {
    tx.execute(
        "insert into oauth_states (state_hash, browser_hash, purpose, property_id, profile_id, sealed_verifier,
            expires_at) values ($1, $2, $3, $4, $5, $6, $7)",
        &[
            &state_hash.to_vec(),
            &browser_hash.to_vec(),
            &purpose,
            &consent.property,
            &consent.profile,
            &consent.verifier.as_stored(),
            &expires_at,
        ],
    )
    .await?;
    Ok(())
}

/// Takes the consent with this state out, once. `None`: unknown, used, expired, for another purpose, or
/// started in another browser (which leaves it in place: a stranger must not be able to use it up).
pub async fn take(
    tx: &Tx,
    state_hash: [u8; 32],
    browser_hash: [u8; 32],
    purpose: &str,
    now: DateTime<Utc>,
) -> Result<Option<Consent>> {
    let row = tx
        .query_opt(
            "delete from oauth_states
             where state_hash = $1 and browser_hash = $2 and purpose = $3 and expires_at > $4
             returning property_id, profile_id, sealed_verifier",
            &[&state_hash.to_vec(), &browser_hash.to_vec(), &purpose, &now],
        )
        .await?;
    row.map(|row| {
        Ok(Consent {
            property: PropertyId(row.try_get("property_id")?),
            profile: ProfileId(row.try_get("profile_id")?),
            verifier: Sealed::from_stored(row.try_get::<_, String>("sealed_verifier")?),
        })
    })
    .transpose()
}

/// Somebody begins to sign in, in that browser.
pub async fn insert_sign_in(
    tx: &Tx,
    state_hash: [u8; 32],
    browser_hash: [u8; 32],
    verifier: &Sealed,
    expires_at: DateTime<Utc>,
) -> Result<()> {
    tx.execute(
        "insert into oauth_states (state_hash, browser_hash, purpose, sealed_verifier, expires_at)
         values ($1, $2, 'signin', $3, $4)",
        &[
            &state_hash.to_vec(),
            &browser_hash.to_vec(),
            &verifier.as_stored(),
            &expires_at,
        ],
    )
    .await?;
    Ok(())
}

/// As [`take`], for somebody who signs in: the sealed verifier.
pub async fn take_sign_in(
    tx: &Tx,
    state_hash: [u8; 32],
    browser_hash: [u8; 32],
    now: DateTime<Utc>,
) -> Result<Option<Sealed>> {
    let row = tx
        .query_opt(
            "delete from oauth_states
             where state_hash = $1 and browser_hash = $2 and purpose = 'signin' and expires_at > $3
             returning sealed_verifier",
            &[&state_hash.to_vec(), &browser_hash.to_vec(), &now],
        )
        .await?;
    row.map(|row| {
        Ok(Sealed::from_stored(
            row.try_get::<_, String>("sealed_verifier")?,
        ))
    })
    .transpose()
}

/// Forgets what nobody finished.
pub async fn forget_expired(tx: &Tx, now: DateTime<Utc>) -> Result<u64> {
    tx.execute("delete from oauth_states where expires_at < $1", &[&now])
        .await
}
