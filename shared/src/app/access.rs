//! Who is calling, and what they may do. The only place that decides either.
//!
//! A token proves who somebody is and nothing else: their organization and role are read from the
//! host's tables with every request.

use std::time::Duration;

use secrecy::ExposeSecret;
use tracing::warn;
use uuid::Uuid;

use super::{App, refusals};
use crate::config::AuthKey;
use crate::crypto;
use crate::domain::ids::{ProfileId, PropertyId};
use crate::error::{Error, Result};
use crate::google::pubsub;
pub use crate::google::pubsub::Push;
use crate::jwt::{self, PushRule, Rejected, UserKey, UserRule};
use crate::store::people::{self, Profile};
use crate::store::{Tx, limits, sessions};
use crate::telemetry::{Unit, metric};

/// In which the requests of one user are counted.
const WINDOW: Duration = Duration::from_secs(60);

/// A user of the host app, proven and found.
#[derive(Clone, Debug)]
pub struct User {
    pub id: ProfileId,
    /// The customer they work for; without one they see nothing.
    pub org: Option<Uuid>,
    pub role: Role,
}

impl From<Profile> for User {
    fn from(profile: Profile) -> Self {
        let role = Role::parse(profile.role.as_deref());
        Self {
            id: profile.id,
            org: profile.org,
            role,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Admin,
    Manager,
    /// Everybody else, whatever the host calls them: sees, answers, but changes no settings.
    Viewer,
}

impl Role {
    fn parse(text: Option<&str>) -> Self {
        match text {
            Some("admin") => Self::Admin,
            Some("manager") => Self::Manager,
            _ => Self::Viewer,
        }
    }

    pub fn manages(self) -> bool {
        matches!(self, Self::Admin | Self::Manager)
    }
}

/// What somebody wants to do at a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    See,
    /// Settings, connections, approvals.
    Manage,
    /// What cannot be undone: erasing a person. An admin's alone.
    Erase,
}

/// The user behind an `Authorization` header.
///
/// # Errors
/// `Unauthenticated` without a valid token of a known user; `TooMany` beyond `USER_REQUESTS_PER_MINUTE`.
pub async fn user(app: &App, authorization: Option<&str>) -> Result<User> {
    let token = authorization
        .and_then(bearer)
        .ok_or(Error::Unauthenticated)?;
    let claims = jwt::verify_user(token, &rule(app)?, app.now()).await;
    let claims = claims.map_err(|rejected| refused("user", rejected))?;
    admitted(app, ProfileId(claims.sub), None).await
}

/// A user who has proven who they are: found again with every request, and counted. What came with a `session`
/// that somebody signed out of proves nothing, and is not counted.
///
/// # Errors
/// As [`user`].
pub(super) async fn admitted(app: &App, id: ProfileId, session: Option<Uuid>) -> Result<User> {
    let now = app.now();
    let bucket = format!("user:{id}");
    let tx = app.everywhere().await?;
    let over = async {
        match session {
            Some(session) => sessions::has_ended(&tx, session).await,
            None => Ok(false),
        }
    };
    // Sent together: one round trip.
    let (profile, hits, over) = tokio::try_join!(
        people::find(&tx, id),
        limits::hit(&tx, &bucket, WINDOW, now),
        over
    )?;
    if over {
        tx.roll_back().await?;
        return Err(Error::Unauthenticated);
    }
    tx.commit().await?;

    let Some(profile) = profile else {
        refusals::inactive(app, id).await;
        return Err(Error::Unauthenticated);
    };
    if hits.count > app.config().limits.user_requests {
        let retry_after = (hits.ends_at - now).to_std().unwrap_or(WINDOW);
        return Err(Error::TooMany { retry_after });
    }
    Ok(User::from(profile))
}

/// A user whose token was proven when they began what they now finish (a consent).
///
/// # Errors
/// `Unauthenticated` if they are gone.
pub async fn by_id(app: &App, id: ProfileId) -> Result<User> {
    let tx = app.everywhere().await?;
    let profile = people::find(&tx, id).await?;
    tx.commit().await?;
    profile.map(User::from).ok_or(Error::Unauthenticated)
}

/// What Pub/Sub says, once it is proven that our own subscription says it. `None`: it is authentic and
/// says nothing to us, which no repeat would change.
///
/// # Errors
/// `Unauthenticated` or `Forbidden` for anybody else; `Busy` while Google's keys cannot be read.
pub async fn push(
    app: &App,
    authorization: Option<&str>,
    second_factor: Option<&str>,
    body: &[u8],
) -> Result<Option<Push>> {
    let config = &app.config().push;
    let token = authorization
        .and_then(bearer)
        .ok_or(Error::Unauthenticated)?;
    if let Some(secret) = &config.token {
        let given = second_factor.unwrap_or_default().as_bytes();
        if !crypto::equal(given, secret.expose_secret().as_bytes()) {
            return Err(refused("push", Rejected::Claim("token")));
        }
    }
    let rule = PushRule {
        audience: config.audience.clone(),
        service_account: config.service_account.clone(),
    };
    jwt::verify_push(app.google_keys(), token, &rule, app.now())
        .await
        .map_err(|rejected| refused("push", rejected))?;
    match pubsub::decode(body) {
        Ok(push) if push.subscription != config.subscription => Err(Error::Forbidden),
        Ok(push) => Ok(Some(push)),
        Err(undecodable) => {
            warn!(reason = %undecodable, "A push says nothing to us");
            metric("push_undecodable", 1.0, Unit::Count, &[]);
            Ok(None)
        }
    }
}

/// The one rule: a user has to do with the properties of their own organization, and manages them as
/// admin or manager. Anybody else's property is as good as none.
pub async fn require(tx: &Tx, user: &User, property: PropertyId, right: Right) -> Result<()> {
    let owner = people::owner(tx, property).await?;
    if owner.is_none() || owner != user.org {
        return Err(Error::NotFound("Property"));
    }
    let allowed = match right {
        Right::See => true,
        Right::Manage => user.role.manages(),
        Right::Erase => user.role == Role::Admin,
    };
    if !allowed {
        return Err(Error::Denied {
            user: user.id,
            property,
        });
    }
    Ok(())
}

/// [`require`] in a transaction of its own, for use cases that need none before they call Google.
pub async fn may(app: &App, user: &User, property: PropertyId, right: Right) -> Result<()> {
    let tx = app.of(property).await?;
    let allowed = require(&tx, user, property, right).await;
    tx.commit().await?;
    allowed
}

/// Says "no such `what`" where a property is somebody else's, so that the answer is the same as for a
/// thing that does not exist.
pub fn hidden_as(what: &'static str) -> impl Fn(Error) -> Error {
    move |error| match error {
        Error::NotFound(_) => Error::NotFound(what),
        other => other,
    }
}

fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
}

fn rule(app: &App) -> Result<UserRule> {
    let auth = &app.config().auth;
    let key = match &auth.key {
        AuthKey::Secret(secret) => UserKey::Secret(secret.clone()),
        AuthKey::Jwks(_) => UserKey::Keys(
            app.user_keys()
                .cloned()
                .ok_or_else(|| Error::internal("no keys for user tokens"))?,
        ),
    };
    Ok(UserRule {
        issuer: auth.issuer.clone(),
        audience: auth.audience.clone(),
        key,
    })
}

fn refused(caller: &'static str, rejected: Rejected) -> Error {
    if rejected == Rejected::KeysUnavailable {
        return Error::busy(Duration::from_secs(5));
    }
    warn!(caller, reason = %rejected, "A token is refused");
    metric("token_refused", 1.0, Unit::Count, &[("caller", caller)]);
    Error::Unauthenticated
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_admins_and_managers_manage() {
        let cases = [
            (Some("admin"), true),
            (Some("manager"), true),
            (Some("viewer"), false),
            (Some("Admin"), false),
            (Some(""), false),
            (None, false),
        ];
        for (role, manages) in cases {
            assert_eq!(Role::parse(role).manages(), manages, "{role:?}");
        }
    }

    #[test]
    fn a_token_is_read_from_a_bearer_header_and_no_other() {
        assert_eq!(bearer("Bearer abc"), Some("abc"));
        assert_eq!(bearer("bearer abc"), Some("abc"));
        assert_eq!(bearer("Basic abc"), None);
        assert_eq!(bearer("abc"), None);
    }
}
