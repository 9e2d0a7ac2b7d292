//! A JWK set behind a URL, kept as long as its `Cache-Control` says.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use reqwest::header::{AGE, CACHE_CONTROL, HeaderMap};
use serde::Deserialize;
use serde_json::Value;
use tracing::warn;
use url::Url;

use super::Rejected;
use crate::http;

const SHORTEST: i64 = 5 * 60;
const LONGEST: i64 = 24 * 60 * 60;
/// How long keys outlive their freshness while the endpoint is down.
const GRACE: TimeDelta = TimeDelta::hours(24);
/// At most one fetch in this time, whatever keys are asked for.
const PAUSE: TimeDelta = TimeDelta::seconds(30);
const FETCH_LIMIT: Duration = Duration::from_secs(5);
const LARGEST_SET: usize = 256 * 1024;
const SMALLEST_RSA_BITS: usize = 2048;

/// A JWK set behind a URL. Clones share the cache.
///
/// A key that was seen stays known until its time is up: neither an unknown `kid`, nor an endpoint
/// that is down or answers nonsense, drops it.
#[derive(Clone, Debug)]
pub struct Keys(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    http: reqwest::Client,
    url: Url,
    cache: Mutex<Cache>,
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Clone, Debug)]
pub(super) struct Key {
    algorithm: Algorithm,
    decoding: DecodingKey,
}

impl Key {
    pub(super) fn new(algorithm: Algorithm, decoding: DecodingKey) -> Self {
        Self {
            algorithm,
            decoding,
        }
    }

    /// A key serves the one algorithm it was made for.
    pub(super) fn for_algorithm(&self, algorithm: Algorithm) -> Option<&DecodingKey> {
        (self.algorithm == algorithm).then_some(&self.decoding)
    }
}

impl Keys {
    pub fn new(http: reqwest::Client, url: Url) -> Self {
        let (cache, fetching) = (Mutex::default(), tokio::sync::Mutex::default());
        Self(Arc::new(Inner {
            http,
            url,
            cache,
            fetching,
        }))
    }

    /// The key named `kid`, fetched if need be.
    pub(super) async fn find(&self, kid: &str, now: DateTime<Utc>) -> Result<Key, Rejected> {
        if let Some(answer) = self.cache().answer(kid, now) {
            return answer;
        }
        let _one_at_a_time = self.0.fetching.lock().await;
        // Somebody else may have fetched while we waited.
        if let Some(answer) = self.cache().answer(kid, now) {
            return answer;
        }
        let fetched = self.fetch().await;
        let mut cache = self.cache();
        match fetched {
            Ok((keys, lifetime)) => cache.renew(keys, lifetime, now),
            Err(why) => {
                warn!(jwks.failure = why, "The signing keys were not renewed");
                cache.failed(now);
            }
        }
        cache.look_up(kid, now)
    }

    async fn fetch(&self) -> Result<(HashMap<String, Key>, TimeDelta), &'static str> {
        let request = self.0.http.get(self.0.url.clone()).timeout(FETCH_LIMIT);
        let response = request.send().await.map_err(|_| "no answer")?;
        if !response.status().is_success() {
            return Err("an error status");
        }
        let lifetime = lifetime(response.headers());
        let body = http::read(response, LARGEST_SET)
            .await
            .map_err(|_| "no complete answer")?;
        let keys = parse_set(&body).ok_or("not a key set")?;
        Ok((keys, lifetime))
    }

    fn cache(&self) -> MutexGuard<'_, Cache> {
        self.0.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, Default)]
struct Cache {
    keys: HashMap<String, Seen>,
    attempted: Option<DateTime<Utc>>,
    last_attempt_failed: bool,
}

#[derive(Debug)]
struct Seen {
    key: Key,
    fresh_until: DateTime<Utc>,
}

impl Cache {
    /// What can be said without a fetch; nothing if one is due.
    fn answer(&self, kid: &str, now: DateTime<Utc>) -> Option<Result<Key, Rejected>> {
        match self.keys.get(kid) {
            Some(seen) if now < seen.fresh_until => Some(Ok(seen.key.clone())),
            _ if self.attempted.is_some_and(|at| now < at + PAUSE) => Some(self.look_up(kid, now)),
            _ => None,
        }
    }

    fn look_up(&self, kid: &str, now: DateTime<Utc>) -> Result<Key, Rejected> {
        match self.keys.get(kid) {
            Some(seen) if now < seen.fresh_until + GRACE => Ok(seen.key.clone()),
            // A key that we could not look for may exist.
            _ if self.last_attempt_failed => Err(Rejected::KeysUnavailable),
            _ => Err(Rejected::UnknownKey),
        }
    }

    fn renew(&mut self, keys: HashMap<String, Key>, lifetime: TimeDelta, now: DateTime<Utc>) {
        let fresh_until = now + lifetime;
        // A key that is no longer listed serves out the time for which it was promised.
        self.keys.retain(|_, seen| now < seen.fresh_until);
        self.keys.extend(
            keys.into_iter()
                .map(|(kid, key)| (kid, Seen { key, fresh_until })),
        );
        self.attempted = Some(now);
        self.last_attempt_failed = false;
    }

    fn failed(&mut self, now: DateTime<Utc>) {
        self.attempted = Some(now);
        self.last_attempt_failed = true;
    }
}

/// What is left of `max-age` (RFC 9111, 4.2), from 5 minutes to 24 hours.
fn lifetime(headers: &HeaderMap) -> TimeDelta {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let max_age = text(CACHE_CONTROL)
        .into_iter()
        .flat_map(|value| value.split(','))
        .find_map(|part| {
            let (name, seconds) = part.split_once('=')?;
            let seconds = seconds.trim().trim_matches('"').parse::<i64>().ok()?;
            name.trim()
                .eq_ignore_ascii_case("max-age")
                .then_some(seconds)
        });
    let age = text(AGE)
        .and_then(|age| age.trim().parse::<i64>().ok())
        .unwrap_or(0);
    let left = max_age.unwrap_or(0).saturating_sub(age);
    TimeDelta::seconds(left.clamp(SHORTEST, LONGEST))
}

/// The usable keys of a set. Nothing for a body that is no key set or holds no usable key: an
/// endpoint's error page must not replace what is known.
fn parse_set(body: &[u8]) -> Option<HashMap<String, Key>> {
    #[derive(Deserialize)]
    struct Set {
        keys: Vec<Value>,
    }
    let set: Set = serde_json::from_slice(body).ok()?;
    // One by one: a key of a kind that we do not know must not spoil the others.
    let keys: HashMap<String, Key> = set.keys.into_iter().filter_map(parse_key).collect();
    (!keys.is_empty()).then_some(keys)
}

fn parse_key(value: Value) -> Option<(String, Key)> {
    let jwk: Jwk = serde_json::from_value(value).ok()?;
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::RSA(rsa) if bits(&rsa.n)? >= SMALLEST_RSA_BITS => Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(ec) if ec.curve == EllipticCurve::P256 => {
            Algorithm::ES256
        }
        // A symmetric key would make a public document a secret.
        _ => return None,
    };
    let for_signatures = matches!(
        jwk.common.public_key_use,
        None | Some(PublicKeyUse::Signature)
    );
    let named = jwk
        .common
        .key_algorithm
        .unwrap_or(KeyAlgorithm::from(algorithm));
    if !for_signatures || named != KeyAlgorithm::from(algorithm) {
        return None;
    }
    let decoding = DecodingKey::from_jwk(&jwk).ok()?;
    Some((
        jwk.common.key_id?,
        Key {
            algorithm,
            decoding,
        },
    ))
}

fn bits(modulus: &str) -> Option<usize> {
    let bytes = URL_SAFE_NO_PAD.decode(modulus.trim_end_matches('=')).ok()?;
    let at = bytes.iter().position(|byte| *byte != 0)?;
    Some((bytes.len() - at) * 8 - bytes[at].leading_zeros() as usize)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn key() -> Key {
        Key::new(
            Algorithm::RS256,
            DecodingKey::from_rsa_raw_components(&[1], &[1]),
        )
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000 + seconds, 0).unwrap()
    }

    fn set(kids: &[&str]) -> HashMap<String, Key> {
        kids.iter().map(|kid| ((*kid).to_owned(), key())).collect()
    }

    /// What the cache says without a fetch; `"fetch"` if it wants one.
    fn says(cache: &Cache, kid: &str, seconds: i64) -> &'static str {
        match cache.answer(kid, at(seconds)) {
            None => "fetch",
            Some(Ok(_)) => "known",
            Some(Err(Rejected::UnknownKey)) => "unknown",
            Some(Err(_)) => "unavailable",
        }
    }

    const HOUR: i64 = 60 * 60;

    #[test]
    fn keys_are_fetched_once_in_their_lifetime() {
        let mut cache = Cache::default();
        assert_eq!(says(&cache, "a", 0), "fetch");
        cache.renew(set(&["a"]), TimeDelta::hours(1), at(0));
        assert_eq!(says(&cache, "a", 0), "known");
        assert_eq!(says(&cache, "a", HOUR - 1), "known");
        assert_eq!(says(&cache, "a", HOUR), "fetch");
    }

    #[test]
    fn an_unknown_kid_causes_one_fetch_in_thirty_seconds_and_drops_nothing() {
        let mut cache = Cache::default();
        cache.renew(set(&["a"]), TimeDelta::hours(1), at(0));
        assert_eq!(says(&cache, "b", 29), "unknown");
        assert_eq!(says(&cache, "b", 30), "fetch");
        cache.renew(set(&["c"]), TimeDelta::hours(1), at(30));
        assert_eq!(says(&cache, "b", 31), "unknown");
        assert_eq!(says(&cache, "c", 31), "known");
        assert_eq!(says(&cache, "a", 31), "known");
    }

    #[test]
    fn a_key_that_is_no_longer_listed_serves_out_its_time() {
        let mut cache = Cache::default();
        cache.renew(set(&["a"]), TimeDelta::hours(1), at(0));
        cache.renew(set(&["b"]), TimeDelta::hours(1), at(HOUR));
        assert_eq!(says(&cache, "a", HOUR + 1), "unknown");
        assert_eq!(says(&cache, "b", HOUR + 1), "known");
    }

    #[test]
    fn an_endpoint_that_is_down_stops_nothing_for_a_day() {
        let mut cache = Cache::default();
        cache.renew(set(&["a"]), TimeDelta::hours(1), at(0));
        cache.failed(at(HOUR));
        assert_eq!(says(&cache, "a", HOUR + 1), "known");
        assert_eq!(says(&cache, "a", HOUR + 30), "fetch");
        cache.failed(at(25 * HOUR - 1));
        assert_eq!(says(&cache, "a", 25 * HOUR - 1), "known");
        assert_eq!(says(&cache, "a", 25 * HOUR), "unavailable");
        assert_eq!(says(&cache, "b", 25 * HOUR), "unavailable");
        cache.renew(set(&["a"]), TimeDelta::hours(1), at(26 * HOUR));
        assert_eq!(says(&cache, "a", 26 * HOUR), "known");
    }

    #[test]
    fn the_lifetime_is_what_the_endpoint_says_within_bounds() {
        let cases = [
            ("public, max-age=19845, must-revalidate", "0", 19_845),
            ("Max-Age=3600", "600", 3_000),
            ("max-age=10", "0", SHORTEST),
            ("max-age=99999999", "0", LONGEST),
            ("no-store", "0", SHORTEST),
            ("max-age=-5", "0", SHORTEST),
            ("s-maxage=7200", "0", SHORTEST),
        ];
        for (control, age, seconds) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(CACHE_CONTROL, control.parse().unwrap());
            headers.insert(AGE, age.parse().unwrap());
            assert_eq!(lifetime(&headers), TimeDelta::seconds(seconds), "{control}");
        }
        assert_eq!(lifetime(&HeaderMap::new()), TimeDelta::seconds(SHORTEST));
    }

    #[test]
    fn a_set_yields_its_usable_keys_only() {
        let modulus = |bytes: usize| URL_SAFE_NO_PAD.encode(vec![0xff; bytes]);
        let rsa =
            |kid: &str, bytes| json!({"kty": "RSA", "kid": kid, "n": modulus(bytes), "e": "AQAB"});
        let with = |mut key: Value, name: &str, value: &str| {
            key[name] = value.into();
            key
        };
        let ec =
            json!({"kty": "EC", "kid": "ec", "crv": "P-256", "x": modulus(32), "y": modulus(32)});
        let body = json!({"keys": [
            rsa("good", 256),
            with(with(rsa("labelled", 256), "alg", "RS256"), "use", "sig"),
            ec,
            rsa("short", 255),
            with(rsa("encrypts", 256), "use", "enc"),
            with(rsa("other", 256), "alg", "RS512"),
            {"kty": "RSA", "n": modulus(256), "e": "AQAB"},
            {"kty": "oct", "kid": "shared", "k": modulus(32)},
            {"kty": "EC", "kid": "large", "crv": "P-384", "x": modulus(48), "y": modulus(48)},
            {"kty": "AKP", "kid": "new"},
            "nonsense",
        ]});
        let mut kids: Vec<_> = parse_set(body.to_string().as_bytes())
            .unwrap()
            .into_keys()
            .collect();
        kids.sort();
        assert_eq!(kids, ["ec", "good", "labelled"]);
    }

    #[test]
    fn what_is_not_a_key_set_is_ignored() {
        for body in [
            "",
            "<html>",
            "{}",
            r#"{"keys":[]}"#,
            r#"{"keys":{}}"#,
            r#"{"keys":[{}]}"#,
        ] {
            assert!(parse_set(body.as_bytes()).is_none(), "{body}");
        }
    }
}
