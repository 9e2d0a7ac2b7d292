//! Who signed this token: Pub/Sub's pushes and the host app's users.
//!
//! The library checks the signature; the claims are checked here, because the library accepts a
//! list of audiences and knows no clock but the system's. The algorithm is ours, never the token's,
//! and of the token's header only `kid` is used.

mod keys;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use uuid::Uuid;

pub use self::keys::Keys;

/// Google's longest token.
const LONGEST_LIFE_S: i64 = 24 * 60 * 60;
/// What two clocks may differ by.
const LEEWAY_S: i64 = 60;
/// Larger than any token of Google's or Supabase's.
const LONGEST_TOKEN: usize = 16 * 1024;
const GOOGLE: [&str; 2] = ["https://accounts.google.com", "accounts.google.com"];

type Claims = Map<String, Value>;

/// What a push must prove.
#[derive(Clone, Debug)]
pub struct PushRule {
    pub audience: String,
    /// E-mail of the service account that Pub/Sub signs as. Anybody with a Google project can have
    /// a token signed for any audience; this tells ours from theirs.
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
    /// ES256 or RS256, as the key says.
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
    /// Nothing can be said about the token: its keys cannot be read now. Ask again later.
    #[error("no signing keys are known")]
    KeysUnavailable,
}

/// Checks the bearer token of a push (cloud.google.com/pubsub/docs/authenticate-push-subscriptions).
pub async fn verify_push(
    keys: &Keys,
    token: &str,
    rule: &PushRule,
    now: DateTime<Utc>,
) -> Result<(), Rejected> {
    let header = header_of(token)?;
    if header.alg != Algorithm::RS256 {
        return Err(Rejected::Algorithm);
    }
    let key = keys
        .find(header.kid.as_deref().ok_or(Rejected::Malformed)?, now)
        .await?;
    let claims = signed_claims(token, Algorithm::RS256, &key, &GOOGLE, &rule.audience)?;
    check_push(&claims, rule, now.timestamp())
}

/// Checks a Supabase access token (supabase.com/docs/guides/auth/jwts).
///
/// Whether that user exists and is active is for the caller to look up.
pub async fn verify_user(
    token: &str,
    rule: &UserRule,
    now: DateTime<Utc>,
) -> Result<UserClaims, Rejected> {
    let header = header_of(token)?;
    let (algorithm, key) = match &rule.key {
        UserKey::Secret(secret) => (
            Algorithm::HS256,
            keys::Key::new(Algorithm::HS256, secret_key(secret)),
        ),
        UserKey::Keys(keys) => {
            if !matches!(header.alg, Algorithm::ES256 | Algorithm::RS256) {
                return Err(Rejected::Algorithm);
            }
            let kid = header.kid.as_deref().ok_or(Rejected::Malformed)?;
            (header.alg, keys.find(kid, now).await?)
        }
    };
    if header.alg != algorithm {
        return Err(Rejected::Algorithm);
    }
    let claims = signed_claims(token, algorithm, &key, &[&rule.issuer], &rule.audience)?;
    check_user(&claims, rule, now.timestamp())
}

fn secret_key(secret: &SecretString) -> DecodingKey {
    DecodingKey::from_secret(secret.expose_secret().as_bytes())
}

fn header_of(token: &str) -> Result<Header, Rejected> {
    if token.len() > LONGEST_TOKEN {
        return Err(Rejected::Malformed);
    }
    let header = jsonwebtoken::decode_header(token).map_err(|_| Rejected::Malformed)?;
    // An extension that must be understood, and we understand none (RFC 7515, 4.1.11).
    if header.crit.is_some() {
        Err(Rejected::Malformed)
    } else {
        Ok(header)
    }
}

fn signed_claims(
    token: &str,
    algorithm: Algorithm,
    key: &keys::Key,
    issuers: &[&str],
    audience: &str,
) -> Result<Claims, Rejected> {
    let decoding = key.for_algorithm(algorithm).ok_or(Rejected::Algorithm)?;
    let mut validation = Validation::new(algorithm);
    validation.set_required_spec_claims(&["exp", "aud", "iss"]);
    validation.set_audience(&[audience]);
    validation.set_issuer(issuers);
    // Against the caller's clock, below.
    validation.validate_exp = false;
    use jsonwebtoken::errors::ErrorKind;
    let decoded = jsonwebtoken::decode::<Claims>(token, decoding, &validation);
    decoded
        .map(|data| data.claims)
        .map_err(|error| match error.kind() {
            ErrorKind::InvalidSignature => Rejected::Signature,
            ErrorKind::InvalidAlgorithm => Rejected::Algorithm,
            ErrorKind::InvalidIssuer => Rejected::Claim("iss"),
            ErrorKind::InvalidAudience => Rejected::Claim("aud"),
            ErrorKind::MissingRequiredClaim(name) => Rejected::Claim(match name.as_str() {
                "aud" => "aud",
                "iss" => "iss",
                _ => "exp",
            }),
            _ => Rejected::Malformed,
        })
}

fn check_push(claims: &Claims, rule: &PushRule, now: i64) -> Result<(), Rejected> {
    expect(claims, "aud", |aud| aud == rule.audience)?;
    expect(claims, "iss", |iss| GOOGLE.contains(&iss))?;
    expect(claims, "email", |email| email == rule.service_account)?;
    if claims.get("email_verified") != Some(&Value::Bool(true)) {
        return Err(Rejected::Claim("email_verified"));
    }
    let issued = number(claims, "iat").ok_or(Rejected::Claim("iat"))?;
    let expires = check_time(claims, now)?;
    if expires.saturating_sub(issued) > LONGEST_LIFE_S {
        return Err(Rejected::Claim("exp"));
    }
    Ok(())
}

fn check_user(claims: &Claims, rule: &UserRule, now: i64) -> Result<UserClaims, Rejected> {
    expect(claims, "aud", |aud| aud == rule.audience)?;
    expect(claims, "iss", |iss| iss == rule.issuer)?;
    // `anon` and `service_role` are keys of programs, not people.
    expect(claims, "role", |role| role == "authenticated")?;
    check_time(claims, now)?;
    let sub = claims
        .get("sub")
        .and_then(Value::as_str)
        .and_then(|sub| sub.parse().ok());
    let email = claims
        .get("email")
        .and_then(Value::as_str)
        .filter(|email| !email.is_empty());
    Ok(UserClaims {
        sub: sub.ok_or(Rejected::Claim("sub"))?,
        email: email.map(Into::into),
    })
}

/// `exp` must be there; `nbf` and `iat` count where they are. Answers `exp`.
fn check_time(claims: &Claims, now: i64) -> Result<i64, Rejected> {
    let expires = number(claims, "exp").ok_or(Rejected::Claim("exp"))?;
    if expires.saturating_add(LEEWAY_S) <= now {
        return Err(Rejected::Claim("exp"));
    }
    for name in ["nbf", "iat"] {
        if claims.contains_key(name) {
            let from = number(claims, name).ok_or(Rejected::Claim(name))?;
            if from > now.saturating_add(LEEWAY_S) {
                return Err(Rejected::Claim(name));
            }
        }
    }
    Ok(expires)
}

/// One string that passes; a list, even of one, does not.
fn expect(
    claims: &Claims,
    name: &'static str,
    passes: impl Fn(&str) -> bool,
) -> Result<(), Rejected> {
    match claims.get(name).and_then(Value::as_str) {
        Some(value) if passes(value) => Ok(()),
        _ => Err(Rejected::Claim(name)),
    }
}

/// A `NumericDate`: seconds, possibly with a fraction (RFC 7519, 2).
#[expect(
    clippy::cast_possible_truncation,
    reason = "saturates, and fractions do not matter"
)]
fn number(claims: &Claims, name: &str) -> Option<i64> {
    let value = claims.get(name)?;
    value
        .as_i64()
        .or_else(|| value.as_f64().map(|seconds| seconds as i64))
}
