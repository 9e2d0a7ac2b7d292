//! How often strangers may call. The two public tour routes have no other guard (invariant I18).

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::availability;
use crate::app::App;
use crate::app::access::{self, Right, User};
use crate::config::Tours;
use crate::domain::ids::PropertyId;
use crate::error::{Error, Result};
use crate::store::properties::{self, Property};
use crate::store::{Tx, limits};

const WINDOW: SignedDuration = SignedDuration::from_mins(1);

/// What a widget wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// To see times.
    Look,
    Book,
}

impl Door {
    fn name(self) -> &'static str {
        match self {
            Self::Look => "tours",
            Self::Book => "bookings",
        }
    }

    /// Per window: of one network address, and of one property.
    fn limits(self, tours: &Tours) -> (i32, i32) {
        match self {
            Self::Look => (tours.looks_per_source, tours.looks_per_property),
            Self::Book => (tours.bookings_per_source, tours.bookings_per_property),
        }
    }
}

/// The property that a widget's key names, in a transaction that sees only that property.
///
/// One statement: the call is counted, whatever comes of it.
///
/// # Errors
/// `Unauthenticated` without a key or with one that is nobody's; `TooMany`; `ToursNotAvailable` where
/// the property has switched tours or its widget off.
pub async fn admit(
    app: &App,
    api_key: Option<&str>,
    source: &str,
    door: Door,
) -> Result<(Tx, Property)> {
    let key = api_key.map(str::trim).filter(|key| !key.is_empty());
    let key = key.ok_or(Error::Unauthenticated)?;
    let (start, end) = window(app.instant());
    let tx = app.everywhere().await?;
    let admission = properties::admit(&tx, key, door.name(), source, start).await?;
    let (by_source, by_property) = door.limits(&app.config().limits.tours);
    let too_many = admission.by_source > by_source || admission.by_property > by_property;
    let refusal = match &admission.property {
        _ if too_many => Some(Error::TooMany {
            retry_after: until(end, app.instant()),
        }),
        None => Some(Error::Unauthenticated),
        Some(_) if !admission.is_open => Some(Error::ToursNotAvailable),
        Some(_) => None,
    };
    match (refusal, admission.property) {
        (None, Some(property)) => Ok((tx, property)),
        (refusal, _) => {
            tx.commit().await?; // a refused call counts
            Err(refusal.unwrap_or(Error::Unauthenticated))
        }
    }
}

/// Goes on with what a call says; where it says nothing acceptable it is refused, and counts.
pub async fn go_on<T>(tx: Tx, said: Result<T>) -> Result<(Tx, T)> {
    match said {
        Ok(said) => Ok((tx, said)),
        Err(refusal) => {
            tx.commit().await?;
            Err(refusal)
        }
    }
}

/// The property that a user names, in a transaction that sees only that property.
///
/// # Errors
/// `NotFound` for a property of somebody else's.
pub async fn admit_user(app: &App, user: &User, property: PropertyId) -> Result<(Tx, Property)> {
    let tx = app.of(property).await?;
    let found = async {
        access::require(&tx, user, property, Right::See).await?;
        availability::property(&tx, property).await
    };
    let found = found.await;
    go_on(tx, found).await
}

/// Counts a call of the prospect's page.
pub async fn admit_page(app: &App, source: &str) -> Result<()> {
    let now = app.now();
    let tx = app.everywhere().await?;
    let bucket = format!("page:{source}");
    let hits = limits::hit(&tx, &bucket, Duration::from_secs(60), now).await?;
    tx.commit().await?;
    if hits.count > app.config().limits.tours.looks_per_source {
        let retry_after = (hits.ends_at - now).to_std().unwrap_or_default();
        return Err(Error::TooMany { retry_after });
    }
    Ok(())
}

fn window(now: Timestamp) -> (Timestamp, Timestamp) {
    let length = WINDOW.as_secs();
    let start = now.as_second() - now.as_second().rem_euclid(length);
    let at = |second| Timestamp::from_second(second).unwrap_or(now);
    (at(start), at(start + length))
}

fn until(end: Timestamp, now: Timestamp) -> Duration {
    end.duration_since(now).try_into().unwrap_or_default()
}
