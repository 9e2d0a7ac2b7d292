//! Tokens at rest, random tokens, and the few primitives around them.

use std::fmt;

use secrecy::SecretString;
use uuid::Uuid;

/// Seals and opens secrets for the database.
pub struct Cipher {}

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
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("TOKEN_KEYS: {0}")]
pub struct BadKeys(&'static str);

impl Cipher {
    pub fn new(_token_keys: &SecretString) -> Result<Self, BadKeys> {
        unimplemented!()
    }

    pub fn seal(&self, _place: &Place, _secret: &SecretString) -> Sealed {
        unimplemented!()
    }

    pub fn open(&self, _place: &Place, _sealed: &Sealed) -> Result<SecretString, Damaged> {
        unimplemented!()
    }

    /// Whether it was sealed under the newest key; if not, the rotation seals it again.
    pub fn is_current(&self, _sealed: &Sealed) -> bool {
        unimplemented!()
    }
}

/// 32 random bytes as 43 characters of base64url: a `state`, a PKCE verifier, a cookie.
pub fn random_token() -> String {
    unimplemented!()
}

pub fn sha256(_bytes: &[u8]) -> [u8; 32] {
    unimplemented!()
}

/// Compares in constant time; only the lengths can be learnt from the timing.
pub fn equal(_a: &[u8], _b: &[u8]) -> bool {
    unimplemented!()
}

/// PKCE's S256 challenge of a verifier (RFC 7636, 4.2).
pub fn pkce_challenge(_verifier: &str) -> String {
    unimplemented!()
}
