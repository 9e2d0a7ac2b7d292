//! Access to a connected account: the one place where tokens are in clear.
//!
//! An access token is refreshed five minutes early, by one worker at a time; the others wait for what
//! it stores. A refused grant is marked only if it is still the stored one.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use serde_json::json;
use tracing::{error, warn};

use super::App;
use crate::crypto::{Damaged, Place, Sealed};
use crate::domain::ids::{self, PropertyId};
use crate::error::Error;
use crate::google::calendar::Calendar;
use crate::google::gmail::Gmail;
use crate::google::{self, oauth::Granted};
use crate::store::accounts::{self, Holder, Status, StoredGrant};
use crate::store::audit::{self, Actor, Entry};
use crate::telemetry;

/// Refreshed when less than this is left.
const EARLY: TimeDelta = TimeDelta::minutes(5);
/// How long to wait for another worker's refresh.
const PATIENCE: Duration = Duration::from_secs(10);

/// The reason of a refusal that is our own: somebody was asked for patience before.
pub const BLOCKED: &str = "blocked";

/// Why a call on an account did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The account is marked: nothing happens until a person connects it again.
    #[error("the account has to be connected again")]
    Reconnect,
    #[error(transparent)]
    Google(google::Error),
    #[error(transparent)]
    Ours(#[from] Error),
}

impl From<crate::store::Error> for Failure {
    fn from(error: crate::store::Error) -> Self {
        Self::Ours(error.into())
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Reconnect => Self::Reconnect,
            Failure::Ours(error) => error,
            Failure::Google(google::Error::NotFound) => Self::NotFound("Message"),
            Failure::Google(error) => {
                let retry_after = match &error {
                    google::Error::RateLimited {
                        retry_after: Some(wait),
                        ..
                    } => *wait,
                    _ => Duration::from_secs(30),
                };
                Self::Busy {
                    retry_after,
                    source: Some(Box::new(error)),
                }
            }
        }
    }
}

/// Where an account's tokens are sealed to.
pub fn place(holder: Holder, property: PropertyId, column: &'static str) -> Place {
    Place {
        table: holder.table(),
        row: holder.row(),
        column,
        tenant: property.0,
    }
}

/// One account with a token at hand, for the length of one unit of work.
pub struct Account<'a> {
    app: &'a App,
    holder: Holder,
    property: PropertyId,
    grant: Option<StoredGrant>,
    access: Option<SecretString>,
    blocked_until: Option<DateTime<Utc>>,
}

impl<'a> Account<'a> {
    pub fn of(app: &'a App, account: accounts::Account) -> Self {
        Self {
            app,
            holder: account.holder,
            property: account.property,
            grant: account.grant,
            access: None,
            blocked_until: account.blocked_until,
        }
    }

    /// Calls Gmail with the account's token, as `call` does.
    pub async fn gmail<T, Answer>(&mut self, call: impl Fn(Gmail) -> Answer) -> Result<T, Failure>
    where
        Answer: Future<Output = google::Result<T>>,
    {
        let app = self.app;
        self.call(|access| call(app.google().gmail(&access))).await
    }

    /// Calls Calendar with the account's token, as `call` does.
    pub async fn calendar<T, Answer>(
        &mut self,
        call: impl Fn(Calendar) -> Answer,
    ) -> Result<T, Failure>
    where
        Answer: Future<Output = google::Result<T>>,
    {
        let app = self.app;
        self.call(|access| call(app.google().calendar(&access)))
            .await
    }

    /// Calls Google, unless the account is blocked. A rejected access token is refreshed and the call
    /// made once more; a refused grant marks the account.
    async fn call<T, Answer>(&mut self, call: impl Fn(SecretString) -> Answer) -> Result<T, Failure>
    where
        Answer: Future<Output = google::Result<T>>,
    {
        self.unblocked()?;
        let mut refreshed = false;
        loop {
            let access = self.access(refreshed).await?;
            let answer = call(access).await;
            match answer {
                Ok(answer) => return Ok(answer),
                Err(google::Error::TokenRejected) if !refreshed => {
                    refreshed = true;
                    self.access = None;
                }
                Err(google::Error::TokenRejected) => {
                    self.refused("access token rejected after a refresh")
                        .await?;
                    return Err(Failure::Reconnect);
                }
                Err(google::Error::Reconnect(reason)) => {
                    self.refused(&reason).await?;
                    return Err(Failure::Reconnect);
                }
                Err(google::Error::ClientRefused(reason)) => {
                    return Err(self.client_refused(reason));
                }
                Err(other) => return Err(Failure::Google(other)),
            }
        }
    }

    /// Google asked to leave this account alone, or it failed: nobody calls it before the time is up.
    fn unblocked(&self) -> Result<(), Failure> {
        match self.blocked_until.map(|until| until - self.app.now()) {
            Some(left) if left > TimeDelta::zero() => {
                Err(Failure::Google(google::Error::RateLimited {
                    retry_after: left.to_std().ok(),
                    reason: BLOCKED.into(),
                }))
            }
            _ => Ok(()),
        }
    }

    /// The token to use now; with `force`, one that is newer than the one in use.
    async fn access(&mut self, force: bool) -> Result<SecretString, Failure> {
        if let Some(access) = &self.access {
            return Ok(access.clone());
        }
        let Some(grant) = self.grant.clone() else {
            return Err(Failure::Reconnect);
        };
        let access = if force || grant.expires_at - EARLY <= self.app.now() {
            self.refresh(grant).await?
        } else {
            self.open("access_token", &grant.access).await?
        };
        self.access = Some(access.clone());
        Ok(access)
    }

    /// Refreshes the grant, or waits for whoever is at it.
    async fn refresh(&mut self, mut used: StoredGrant) -> Result<SecretString, Failure> {
        let owner = ids::fresh();
        let asked_at = std::time::Instant::now();
        loop {
            let tx = self.app.of(self.property).await?;
            let ours = accounts::claim_refresh(&tx, self.holder, used.version, owner).await?;
            tx.commit().await?;
            if ours {
                match self.ask_google(&used).await {
                    Ok(Some(access)) => return Ok(access),
                    Ok(None) => {} // somebody stored another grant meanwhile: use that one
                    Err(failure) => {
                        let tx = self.app.of(self.property).await?;
                        accounts::give_up_refresh(&tx, self.holder, owner).await?;
                        tx.commit().await?;
                        return Err(failure);
                    }
                }
            } else if asked_at.elapsed() > PATIENCE {
                return Err(Error::busy(Duration::from_secs(5)).into());
            }
            let tx = self.app.of(self.property).await?;
            let now = accounts::find(&tx, self.holder).await?;
            tx.commit().await?;
            let grant = now
                .filter(|now| now.status == Status::Connected)
                .and_then(|now| now.grant);
            let Some(grant) = grant else {
                return Err(Failure::Reconnect);
            };
            if grant.version != used.version {
                let access = self.open("access_token", &grant.access).await?;
                self.grant = Some(grant);
                return Ok(access);
            }
            used = grant;
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// One refresh at Google. `None`: its result was not stored, because another grant was.
    async fn ask_google(&mut self, used: &StoredGrant) -> Result<Option<SecretString>, Failure> {
        let refresh = self.open("refresh_token", &used.refresh).await?;
        let granted = match self.app.google().oauth().refresh(&refresh).await {
            Ok(granted) => granted,
            Err(google::Error::ClientRefused(reason)) => return Err(self.client_refused(reason)),
            Err(google::Error::Reconnect(reason)) => {
                let marked = self.mark_lost(used.version, &reason).await?;
                return if marked {
                    Err(Failure::Reconnect)
                } else {
                    Ok(None)
                };
            }
            Err(other) => return Err(Failure::Google(other)),
        };
        self.store(used, granted).await
    }

    async fn store(
        &mut self,
        used: &StoredGrant,
        granted: Granted,
    ) -> Result<Option<SecretString>, Failure> {
        let seal = |column, secret: &SecretString| {
            self.app
                .cipher()
                .seal(&place(self.holder, self.property, column), secret)
        };
        let access = seal("access_token", &granted.access);
        // Google normally keeps the refresh token and sends none; what is stored is never erased by that.
        let refresh = granted
            .refresh
            .as_ref()
            .map(|secret| seal("refresh_token", secret));
        let expires_at = expiry(&granted, self.app.now());
        let tx = self.app.of(self.property).await?;
        let stored = accounts::refreshed(
            &tx,
            self.holder,
            used.version,
            &access,
            refresh.as_ref(),
            expires_at,
        )
        .await?;
        tx.commit().await?;
        if !stored {
            return Ok(None);
        }
        self.grant = Some(StoredGrant {
            access,
            refresh: refresh.unwrap_or_else(|| used.refresh.clone()),
            expires_at,
            version: used.version + 1,
        });
        Ok(Some(granted.access))
    }

    /// Opens a sealed token. A damaged one, or one under a key that is gone, is a lost grant: the
    /// admin sees it, nothing crashes, the others go on.
    async fn open(&self, column: &'static str, sealed: &Sealed) -> Result<SecretString, Failure> {
        match self
            .app
            .cipher()
            .open(&place(self.holder, self.property, column), sealed)
        {
            Ok(token) => Ok(token),
            Err(damage) => {
                let reason = match damage {
                    Damaged::UnknownKey(_) => "sealed with an unknown key",
                    Damaged::Altered => "sealed token is damaged",
                };
                self.refused(reason).await?;
                Err(Failure::Reconnect)
            }
        }
    }

    /// Our own secret is wrong, or our project is shut: no mailbox is to blame, an operator is needed.
    fn client_refused(&self, reason: String) -> Failure {
        error!(account.id = %self.holder.row(), google.reason = %reason, "Google refuses our OAuth client");
        telemetry::metric("oauth_client_refused", 1.0, telemetry::Unit::Count, &[]);
        Failure::Google(google::Error::ClientRefused(reason))
    }

    async fn refused(&self, reason: &str) -> Result<(), Failure> {
        let version = self.grant.as_ref().map_or(0, |grant| grant.version);
        self.mark_lost(version, reason).await?;
        Ok(())
    }

    /// The grant of this version is of no use any more. `false`: another one is stored, or it is known.
    async fn mark_lost(&self, version: i64, reason: &str) -> Result<bool, Failure> {
        let (holder, property) = (self.holder, self.property);
        let tx = self.app.of(property).await?;
        let marked = accounts::require_reauth(&tx, holder, version, reason).await?;
        if marked {
            let entry = Entry {
                property,
                actor: Actor::System,
                action: match holder {
                    Holder::Mailbox(_) => "mailbox.reauth_required",
                    Holder::Calendar(_) => "calendar.reauth_required",
                },
                entity: holder.table(),
                entity_id: holder.row(),
                before: Some(json!({ "status": "connected" })),
                after: Some(json!({ "status": "reauth_required" })),
            };
            audit::append(&tx, &entry).await?;
        }
        tx.commit().await?;
        if marked {
            lost(holder, reason);
        }
        Ok(marked)
    }
}

/// When the granted access token ends.
pub fn expiry(granted: &Granted, now: DateTime<Utc>) -> DateTime<Utc> {
    now + TimeDelta::from_std(granted.expires_in).unwrap_or(TimeDelta::minutes(30))
}

/// Seals again what lies under an older key, so that the old key can be taken away. A grant that does
/// not open is left for its next use to find.
pub async fn reseal(app: &App) -> Result<(), Error> {
    let tx = app.everywhere().await?;
    let prefix = app.cipher().current_prefix();
    let old = accounts::sealed_otherwise(&tx, &prefix, 50).await?;
    tx.commit().await?;
    for account in &old {
        let Some(grant) = &account.grant else {
            continue;
        };
        let again = |column, sealed| {
            let place = place(account.holder, account.property, column);
            let token = app.cipher().open(&place, sealed).ok()?;
            Some(app.cipher().seal(&place, &token))
        };
        let access = again("access_token", &grant.access);
        let refresh = again("refresh_token", &grant.refresh);
        if let Some((access, refresh)) = access.zip(refresh) {
            let tx = app.of(account.property).await?;
            let (holder, version) = (account.holder, grant.version);
            accounts::resealed(&tx, holder, version, &access, &refresh).await?;
            tx.commit().await?;
        }
    }
    Ok(())
}

fn lost(holder: Holder, reason: &str) {
    let (account, id) = (holder.table(), holder.row());
    warn!(account, account.id = %id, google.reason = %reason, "An account has to be connected again");
    telemetry::metric("reconnect_required", 1.0, telemetry::Unit::Count, &[]);
}
