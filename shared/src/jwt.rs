//! Who signed this token: Pub/Sub's pushes and the host app's users.

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use url::Url;
use uuid::Uuid;

/// A JWK set behind a URL, kept as its `Cache-Control` says. Clones share the cache.
#[derive(Clone, Debug)]
pub struct Keys {}

impl Keys {
    pub fn new(_http: reqwest::Client, _url: Url) -> Self {
        unimplemented!()
    }
}

/// What a push must prove.
#[derive(Clone, Debug)]
pub struct PushRule {
    pub audience: String,
    pub service_account: String,
}

/// What a user's token must prove.
#[derive(Clone, Debug)]
pub struct UserRule {
    pub issuer: String,
    pub audience: String,
    pub key: UserKey,
}

#[derive(Clone, Debug)]
pub enum UserKey {
    /// HS256.
    Secret(SecretString),
    /// ES256 or RS256.
    Keys(Keys),
}

/// Who a user's token speaks for. Tenant and rights come from our tables, never from a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserClaims {
    pub sub: Uuid,
    pub email: Option<String>,
}

/// Why a token is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    #[error("not a token")]
    Malformed,
    #[error("signed with an algorithm that is not ours")]
    Algorithm,
    #[error("signed with an unknown key")]
    UnknownKey,
    #[error("the signature does not fit")]
    Signature,
    #[error("{0} is missing or not acceptable")]
    Claim(&'static str),
    /// Nothing can be said about the token: the key set was never read. Ask again later.
    #[error("no signing keys are known")]
    KeysUnavailable,
}

pub async fn verify_push(
    _keys: &Keys,
    _token: &str,
    _rule: &PushRule,
    _now: DateTime<Utc>,
) -> Result<(), Rejected> {
    unimplemented!()
}

pub async fn verify_user(
    _token: &str,
    _rule: &UserRule,
    _now: DateTime<Utc>,
) -> Result<UserClaims, Rejected> {
    unimplemented!()
}
