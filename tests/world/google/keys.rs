//! Google's signing keys: what it publishes, what it signs, and what a forger would present.

use std::sync::OnceLock;

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{self, KeyPair as _};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use serde_json::{Value, json};

/// How a token is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signature {
    /// By the key that Google signs with now: a genuine token.
    Google,
    /// By the key that Google used before the last rotation, still published.
    Previous,
    /// By a key that Google never had, under the id of the one that it has.
    Stranger,
    /// By a key that Google never had, under its own id, which nobody publishes.
    UnknownKey,
    /// `alg: none`, with an empty signature.
    None,
    /// `alg: HS256`, with Google's public key as the shared secret.
    Hmac,
    /// By Google, and then one bit of the claims was changed.
    Tampered,
}

/// Which of the process's keys are in use. Rotation moves to the next.
#[derive(Clone, Copy, Default)]
pub(super) struct Keys {
    current: usize,
}

impl Keys {
    /// The next key signs from now on; the one before stays published.
    pub fn rotate(&mut self) {
        self.current += 1;
    }

    /// The published key set (RFC 7517), newest first.
    pub fn jwks(self) -> Value {
        let published = self.current.saturating_sub(1)..=self.current;
        let keys: Vec<Value> = published.rev().map(|n| jwk(&key_id(n), key(n))).collect();
        json!({ "keys": keys })
    }

    /// A compact JWS (RFC 7515) of `claims`.
    pub fn sign(self, signature: Signature, claims: &Value) -> String {
        self.sign_with(signature, claims, &Value::Null)
    }

    /// A compact JWS with more in its header than it should say.
    pub fn sign_with(self, signature: Signature, claims: &Value, header: &Value) -> String {
        let n = self.current;
        let signed_by = |id: &str, key| rs256(key, &signing_input("RS256", id, claims, header));
        match signature {
            Signature::Google => signed_by(&key_id(n), key(n)),
            Signature::Previous => signed_by(&key_id(n - 1), key(n - 1)),
            Signature::Stranger => signed_by(&key_id(n), stranger()),
            Signature::UnknownKey => signed_by("never-published", stranger()),
            Signature::None => format!("{}.", signing_input("none", &key_id(n), claims, header)),
            Signature::Hmac => {
                let secret = hmac::Key::new(hmac::HMAC_SHA256, key(n).public_key().as_ref());
                let input = signing_input("HS256", &key_id(n), claims, header);
                let tag = hmac::sign(&secret, input.as_bytes());
                format!("{input}.{}", BASE64URL.encode(tag.as_ref()))
            }
            Signature::Tampered => {
                let genuine = signed_by(&key_id(n), key(n));
                let signature = genuine.rsplit('.').next().unwrap_or_default();
                let mut changed = claims.clone();
                changed["iat"] = json!(changed["iat"].as_i64().unwrap_or_default() ^ 1);
                let input = signing_input("RS256", &key_id(n), &changed, header);
                format!("{input}.{signature}")
            }
        }
    }
}

/// The stranger's public key, as an attacker would publish it.
pub(super) fn strangers_jwk() -> Value {
    jwk("never-published", stranger())
}

fn key_id(n: usize) -> String {
    format!("world-key-{n}")
}

/// Making a key takes a tenth of a second, so a process makes each once.
fn key(n: usize) -> &'static KeyPair {
    const KEYS: usize = 4;
    static MADE: [OnceLock<KeyPair>; KEYS] = [const { OnceLock::new() }; KEYS];
    MADE[n % KEYS].get_or_init(generate)
}

fn stranger() -> &'static KeyPair {
    static MADE: OnceLock<KeyPair> = OnceLock::new();
    MADE.get_or_init(generate)
}

fn generate() -> KeyPair {
    KeyPair::generate(KeySize::Rsa2048).unwrap()
}

fn jwk(id: &str, key: &KeyPair) -> Value {
    // PKCS #1 of a 2048-bit key has a fixed layout: nine octets of tags and lengths (one of them
    // the zero that keeps the number positive), the modulus, and the exponent 65537.
    let der = key.public_key().as_ref();
    let modulus = BASE64URL.encode(&der[9..9 + 256]);
    json!({ "kty": "RSA", "alg": "RS256", "use": "sig", "kid": id, "n": modulus, "e": "AQAB" })
}

fn signing_input(algorithm: &str, id: &str, claims: &Value, more: &Value) -> String {
    let mut header = json!({ "alg": algorithm, "kid": id, "typ": "JWT" });
    for (name, value) in more.as_object().into_iter().flatten() {
        header[name] = value.clone();
    }
    let encode = |value: &Value| BASE64URL.encode(value.to_string());
    format!("{}.{}", encode(&header), encode(claims))
}

fn rs256(key: &KeyPair, input: &str) -> String {
    let mut signed = vec![0; key.public_modulus_len()];
    let random = SystemRandom::new();
    key.sign(
        &signature::RSA_PKCS1_SHA256,
        &random,
        input.as_bytes(),
        &mut signed,
    )
    .unwrap();
    format!("{input}.{}", BASE64URL.encode(signed))
}
