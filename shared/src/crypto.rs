//! Tokens at rest, random tokens, and the few primitives around them.
//!
//! A secret is sealed under a fresh data key, and the data key under a key-encryption key that only
//! the process holds: `v1.<kid>.<wrapped data key>.<nonce>.<ciphertext>`, the parts in base64url.
//! Both layers are AES-256-GCM and bound to the place of the secret, so that a row copied over
//! another row, column or tenant does not open.

use std::collections::BTreeMap;
use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::{constant_time, digest, hmac, rand};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use uuid::Uuid;
use zeroize::{Zeroize, Zeroizing};

const VERSION: &str = "v1";
const KEY_LEN: usize = 32;

/// Seals and opens secrets for the database.
///
/// New secrets use the newest key; older keys still open, so keys are rotated by adding one and
/// sealing again whatever is not [current](Cipher::is_current).
pub struct Cipher {
    current: String,
    keys: BTreeMap<String, RandomizedNonceKey>,
}

/// Where a secret lies. A ciphertext moved to another place does not open.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub table: &'static str,
    pub row: Uuid,
    pub column: &'static str,
    pub tenant: Uuid,
}

/// A sealed secret as the database holds it.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(String);

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealed(…)")
    }
}

impl Sealed {
    pub fn from_stored(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// For the database column, and nothing else.
    pub fn as_stored(&self) -> &str {
        &self.0
    }
}

/// Why a sealed secret does not open. Neither is a crash: the account has to be connected again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damaged {
    #[error("Sealed under the unknown key {0}")]
    UnknownKey(String),
    #[error("Altered, moved from its place, or not a sealed secret")]
    Altered,
}

/// `TOKEN_KEYS` cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("TOKEN_KEYS: {0}")]
pub struct BadKeys(&'static str);

#[derive(Deserialize)]
struct TokenKeys {
    current: String,
    keys: BTreeMap<String, String>,
}

impl Drop for TokenKeys {
    fn drop(&mut self) {
        self.keys.values_mut().for_each(Zeroize::zeroize);
    }
}

impl Cipher {
    /// Takes `{"current":"k2","keys":{"k1":"<base64 of 32 bytes>","k2":"…"}}`.
    pub fn new(token_keys: &SecretString) -> Result<Self, BadKeys> {
        let given: TokenKeys = serde_json::from_str(token_keys.expose_secret())
            .map_err(|_| BadKeys("not the JSON of a current key id and keys"))?;
        let mut keys = BTreeMap::new();
        for (kid, text) in &given.keys {
            if !is_kid(kid) {
                return Err(BadKeys("a key id is 1 to 32 letters, digits, '_' or '-'"));
            }
            let bytes = Zeroizing::new(STANDARD.decode(text).unwrap_or_default());
            let key = RandomizedNonceKey::new(&AES_256_GCM, &bytes)
                .map_err(|_| BadKeys("a key is not the base64 of 32 bytes"))?;
            keys.insert(kid.clone(), key);
        }
        if !keys.contains_key(&given.current) {
            return Err(BadKeys("the current key is not among the keys"));
        }
        Ok(Self {
            current: given.current.clone(),
            keys,
        })
    }

    pub fn seal(&self, place: &Place, secret: &SecretString) -> Sealed {
        let kid = &self.current;
        let aad = place.bind(kid);
        let data_key = Zeroizing::new(random_bytes());
        let (wrap_nonce, wrapped) = encrypt(&self.keys[kid], &aad, data_key.as_slice());
        let (nonce, ciphertext) = encrypt(
            &cipher_key(&data_key),
            &aad,
            secret.expose_secret().as_bytes(),
        );
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        Sealed(format!(
            "{VERSION}.{kid}.{}.{}.{}",
            encode(&[wrap_nonce.as_slice(), &wrapped].concat()),
            encode(&nonce),
            encode(&ciphertext),
        ))
    }

    pub fn open(&self, place: &Place, sealed: &Sealed) -> Result<SecretString, Damaged> {
        let parts: Vec<&str> = sealed.0.split('.').collect();
        let [VERSION, kid, wrapped, nonce, ciphertext] = parts[..] else {
            return Err(Damaged::Altered);
        };
        if !is_kid(kid) {
            return Err(Damaged::Altered);
        }
        let key = self
            .keys
            .get(kid)
            .ok_or_else(|| Damaged::UnknownKey(kid.into()))?;
        let aad = place.bind(kid);
        let wrapped = decode(wrapped)?;
        let (wrap_nonce, wrapped) = wrapped
            .split_at_checked(NONCE_LEN)
            .ok_or(Damaged::Altered)?;
        let data_key = decrypt(key, &aad, wrap_nonce, wrapped)?;
        let data_key: Zeroizing<[u8; KEY_LEN]> = Zeroizing::new(
            data_key
                .as_slice()
                .try_into()
                .map_err(|_| Damaged::Altered)?,
        );
        let secret = decrypt(
            &cipher_key(&data_key),
            &aad,
            &decode(nonce)?,
            &decode(ciphertext)?,
        )?;
        let secret = std::str::from_utf8(&secret).map_err(|_| Damaged::Altered)?;
        Ok(SecretString::from(secret))
    }

    /// Whether it was sealed under the newest key; if not, it should be sealed again.
    pub fn is_current(&self, sealed: &Sealed) -> bool {
        sealed.0.starts_with(&self.current_prefix())
    }

    /// How everything begins that was sealed under the newest key.
    pub fn current_prefix(&self) -> String {
        format!("{VERSION}.{}.", self.current)
    }
}

impl Place {
    /// The associated data. Each part is preceded by its length: no two places look the same.
    fn bind(&self, kid: &str) -> Vec<u8> {
        let parts: [&[u8]; 6] = [
            VERSION.as_bytes(),
            self.table.as_bytes(),
            self.row.as_bytes(),
            self.column.as_bytes(),
            self.tenant.as_bytes(),
            kid.as_bytes(),
        ];
        let mut bound = Vec::new();
        for part in parts {
            bound.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bound.extend_from_slice(part);
        }
        bound
    }
}

fn is_kid(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (1..=32).contains(&text.len()) && text.bytes().all(allowed)
}

fn cipher_key(bytes: &[u8; KEY_LEN]) -> RandomizedNonceKey {
    RandomizedNonceKey::new(&AES_256_GCM, bytes).expect("32 bytes make an AES-256 key")
}

fn encrypt(key: &RandomizedNonceKey, aad: &[u8], plain: &[u8]) -> ([u8; NONCE_LEN], Vec<u8>) {
    let mut text = plain.to_vec();
    // Encrypted in place, so no clear copy stays behind; room for the tag, so that it never moves.
    text.reserve_exact(AES_256_GCM.tag_len());
    let nonce = key
        .seal_in_place_append_tag(Aad::from(aad), &mut text)
        .expect("AES-GCM fails only on texts of 64 GiB");
    (*nonce.as_ref(), text)
}

fn decrypt(
    key: &RandomizedNonceKey,
    aad: &[u8],
    nonce: &[u8],
    text: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Damaged> {
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Damaged::Altered)?;
    let mut text = Zeroizing::new(text.to_vec());
    let length = key
        .open_in_place(nonce, Aad::from(aad), &mut text)
        .map_err(|_| Damaged::Altered)?
        .len();
    text.truncate(length);
    Ok(text)
}

fn decode(part: &str) -> Result<Vec<u8>, Damaged> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| Damaged::Altered)
}

fn random_bytes() -> [u8; 32] {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).expect("the operating system's generator works");
    bytes
}

/// 32 random bytes as 43 characters of base64url: a `state`, a PKCE verifier, a cookie.
pub fn random_token() -> String {
    URL_SAFE_NO_PAD.encode(random_bytes())
}

/// Proves that we said this, and for what: HMAC-SHA256 (RFC 2104).
pub fn sign(key: &SecretString, purpose: &str, message: &[u8]) -> [u8; 32] {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.expose_secret().as_bytes());
    let mut context = hmac::Context::with_key(&key);
    context.update(purpose.as_bytes());
    context.update(&[0]); // a purpose ends where its message begins
    context.update(message);
    let mut tag = [0; 32];
    tag.copy_from_slice(context.sign().as_ref());
    tag
}

pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    hash
}

/// Compares in constant time; only the lengths can be learnt from the timing.
pub fn equal(a: &[u8], b: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(a, b).is_ok()
}

/// PKCE's S256 challenge of a verifier (RFC 7636, 4.2).
pub fn pkce_challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(sha256(verifier.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place = Place {
        table: "gmail_config",
        row: Uuid::from_u128(1),
        column: "refresh_token",
        tenant: Uuid::from_u128(2),
    };

    fn cipher(current: &str, kids: &[&str]) -> Cipher {
        let key = |kid: &&str| (kid.to_string(), STANDARD.encode(sha256(kid.as_bytes())));
        let keys: BTreeMap<String, String> = kids.iter().map(key).collect();
        let json = serde_json::json!({ "current": current, "keys": keys });
        Cipher::new(&json.to_string().into()).unwrap()
    }

    fn seal(cipher: &Cipher) -> Sealed {
        cipher.seal(&PLACE, &"1//refresh".into())
    }

    #[test]
    fn what_was_sealed_opens_in_its_place() {
        let cipher = cipher("k1", &["k1"]);
        for secret in ["1//refresh", "", "ü".repeat(2_000).as_str()] {
            let sealed = cipher.seal(&PLACE, &secret.into());
            assert_eq!(
                cipher.open(&PLACE, &sealed).unwrap().expose_secret(),
                secret
            );
        }
    }

    #[test]
    fn the_same_secret_never_looks_the_same_twice() {
        let cipher = cipher("k1", &["k1"]);
        let (one, other) = (seal(&cipher), seal(&cipher));
        for (a, b) in one.0.split('.').zip(other.0.split('.')).skip(2) {
            assert_ne!(a, b);
        }
        assert!(one.as_stored().starts_with("v1.k1."));
        assert!(!one.as_stored().contains("refresh"));
    }

    #[test]
    fn a_sealed_secret_does_not_open_anywhere_else() {
        let cipher = cipher("k1", &["k1"]);
        let sealed = seal(&cipher);
        let elsewhere = [
            Place {
                table: "agent_calendars",
                ..PLACE
            },
            Place {
                row: Uuid::from_u128(3),
                ..PLACE
            },
            Place {
                column: "access_token",
                ..PLACE
            },
            Place {
                tenant: Uuid::from_u128(3),
                ..PLACE
            },
            Place {
                table: "gmail_configr",
                column: "efresh_token",
                ..PLACE
            },
        ];
        for place in elsewhere {
            assert_eq!(
                cipher.open(&place, &sealed).unwrap_err(),
                Damaged::Altered,
                "{place:?}"
            );
        }
    }

    #[test]
    fn no_character_can_be_changed_added_or_removed() {
        let cipher = cipher("k1", &["k1"]);
        let stored = seal(&cipher).0;
        for at in 0..stored.len() {
            let swapped = if &stored[at..=at] == "A" { "B" } else { "A" };
            let tampered = [
                format!("{}{swapped}{}", &stored[..at], &stored[at + 1..]),
                format!("{}{}", &stored[..at], &stored[at + 1..]),
                format!("{}{swapped}{}", &stored[..at], &stored[at..]),
            ];
            for text in tampered {
                assert!(
                    cipher.open(&PLACE, &Sealed::from_stored(&*text)).is_err(),
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn parts_of_two_secrets_do_not_combine() {
        let cipher = cipher("k1", &["k1"]);
        let (one, other) = (seal(&cipher).0, seal(&cipher).0);
        let one: Vec<&str> = one.split('.').collect();
        let other: Vec<&str> = other.split('.').collect();
        for at in 2..5 {
            let mut mixed = one.clone();
            mixed[at] = other[at];
            let mixed = Sealed::from_stored(mixed.join("."));
            assert_eq!(cipher.open(&PLACE, &mixed).unwrap_err(), Damaged::Altered);
        }
    }

    #[test]
    fn what_was_never_sealed_is_damage_and_not_a_crash() {
        let cipher = cipher("k1", &["k1"]);
        for text in [
            "",
            "1//refresh",
            "v1",
            "v1.k1...",
            "v1.k1.AA.AA.AA",
            "v2.k1.A.A.A",
            "v1.k 1.A.A.A",
        ] {
            let opened = cipher.open(&PLACE, &Sealed::from_stored(text));
            assert_eq!(opened.unwrap_err(), Damaged::Altered, "{text}");
        }
    }

    #[test]
    fn keys_rotate_without_losing_what_older_ones_sealed() {
        let old = cipher("k1", &["k1"]);
        let new = cipher("k2", &["k1", "k2"]);
        let sealed = seal(&old);
        assert!(old.is_current(&sealed));
        assert!(!new.is_current(&sealed));
        let opened = new.open(&PLACE, &sealed).unwrap();
        let again = new.seal(&PLACE, &opened);
        assert!(new.is_current(&again));
        assert_eq!(
            old.open(&PLACE, &again).unwrap_err(),
            Damaged::UnknownKey("k2".into())
        );
    }

    #[test]
    fn the_key_id_cannot_be_rewritten() {
        let cipher = cipher("k1", &["k1", "k2"]);
        let renamed = seal(&cipher).0.replacen("k1", "k2", 1);
        let opened = cipher.open(&PLACE, &Sealed::from_stored(renamed));
        assert_eq!(opened.unwrap_err(), Damaged::Altered);
    }

    #[test]
    fn keys_that_cannot_be_used_are_refused() {
        let good = STANDARD.encode([7; 32]);
        let short = STANDARD.encode([7; 16]);
        let cases = [
            "s3cret".to_owned(),
            r#"{"current":"k1","keys":{}}"#.to_owned(),
            format!(r#"{{"current":"k1","keys":{{"k1":"{short}"}}}}"#),
            r#"{"current":"k1","keys":{"k1":"!"}}"#.to_owned(),
            format!(r#"{{"current":"k1","keys":{{"k2":"{good}"}}}}"#),
            format!(r#"{{"current":"k.1","keys":{{"k.1":"{good}"}}}}"#),
        ];
        for json in cases {
            let error = Cipher::new(&json.as_str().into()).err().unwrap();
            assert!(!error.to_string().contains("s3cret"));
        }
        let usable = format!(r#"{{"current":"k1","keys":{{"k1":"{good}"}}}}"#);
        assert!(Cipher::new(&usable.into()).is_ok());
    }

    #[test]
    fn debug_output_shows_nothing() {
        let sealed = seal(&cipher("k1", &["k1"]));
        assert_eq!(format!("{sealed:?}"), "Sealed(…)");
    }

    #[test]
    fn random_tokens_are_long_and_differ() {
        let (one, other) = (random_token(), random_token());
        assert_eq!(one.len(), 43);
        assert_ne!(one, other);
    }

    #[test]
    fn the_challenge_is_that_of_rfc_7636_appendix_b() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(
            pkce_challenge(verifier),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }

    #[test]
    fn equality_looks_at_every_byte() {
        assert!(equal(b"abc", b"abc"));
        assert!(!equal(b"abc", b"abd"));
        assert!(!equal(b"abc", b"abcd"));
        assert!(equal(b"", b""));
    }
}
