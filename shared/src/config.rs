//! Every variable of the environment, named once.

use std::fmt;

use secrecy::SecretString;
use url::Url;

/// What the whole system is told from outside.
#[derive(Clone, Debug)]
pub struct Config {
    pub database: DatabaseConfig,
    pub google: GoogleConfig,
    pub push: PushConfig,
    pub llm: LlmConfig,
    pub queues: QueueConfig,
    pub crypto: CryptoConfig,
    pub web: WebConfig,
    pub auth: AuthConfig,
}

#[derive(Clone, Debug)]
pub struct DatabaseConfig {
    /// May name a transaction-mode pooler. Holds the password.
    pub url: SecretString,
    /// `DATABASE_CA_PEM`: the authority that a managed Postgres signs with, if not a public one.
    pub ca_pem: Option<String>,
}

#[derive(Clone, Debug)]
pub struct GoogleConfig {
    pub client_id: String,
    pub client_secret: SecretString,
    /// `projects/…/topics/…`, in the project that owns the OAuth client.
    pub topic: String,
    pub urls: GoogleUrls,
}

/// The hosts that stand for Google; the defaults are Google's own.
#[derive(Clone, Debug)]
pub struct GoogleUrls {
    /// Base of the consent page.
    pub accounts: Url,
    /// Base of `/token` and `/revoke`.
    pub oauth: Url,
    /// Base of `/gmail/v1/…`.
    pub gmail: Url,
    /// The JWK set that signs Pub/Sub's pushes.
    pub certs: Url,
}

/// What a push from Pub/Sub must prove. None of it is optional: a push is never taken on trust.
#[derive(Clone, Debug)]
pub struct PushConfig {
    /// `projects/…/subscriptions/…`
    pub subscription: String,
    pub audience: String,
    /// E-mail of the service account that signs.
    pub service_account: String,
    /// Optional second factor: `?token=` of the push URL.
    pub token: Option<SecretString>,
}

/// An OpenAI-compatible provider.
#[derive(Clone, Debug)]
pub struct LlmConfig {
    pub url: Url,
    pub model: String,
    pub embedding_model: String,
    pub key: SecretString,
}

#[derive(Clone, Debug)]
pub struct QueueConfig {
    pub sync_url: String,
    pub reply_url: String,
}

#[derive(Clone, Debug)]
pub struct CryptoConfig {
    /// `{"current":"k2","keys":{"k1":"<base64 of 32 bytes>",…}}`, see [`crate::crypto::Cipher`].
    pub token_keys: SecretString,
    pub session_key: SecretString,
}

#[derive(Clone, Debug)]
pub struct WebConfig {
    /// Base of redirect URIs and links.
    pub public_url: Url,
}

/// How user tokens of the host app are checked.
#[derive(Clone, Debug)]
pub struct AuthConfig {
    pub issuer: String,
    pub audience: String,
    pub key: AuthKey,
}

/// One way for one issuer, never both: a public key must not pass for an HMAC secret.
#[derive(Clone, Debug)]
pub enum AuthKey {
    Secret(SecretString),
    Jwks(Url),
}

/// Why the process must not start.
#[derive(Debug)]
pub enum Error {
    /// Names that have no value, and names whose value cannot be used (with the reason).
    Names {
        missing: Vec<&'static str>,
        invalid: Vec<(&'static str, String)>,
    },
    /// The secret named by `SECRETS_ID` cannot be read.
    Secret(Box<dyn std::error::Error + Send + Sync>),
}

impl fmt::Display for Error {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        unimplemented!()
    }
}

impl std::error::Error for Error {}

impl Config {
    /// Environment, then the one JSON secret named by `SECRETS_ID`, then defaults.
    pub async fn load() -> Result<Self, Error> {
        unimplemented!()
    }

    /// The environment alone.
    pub fn from_env() -> Result<Self, Error> {
        unimplemented!()
    }

    /// From any source of values; reports all missing names at once.
    pub fn from_lookup(_lookup: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        unimplemented!()
    }
}
