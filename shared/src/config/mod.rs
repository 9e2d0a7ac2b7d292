//! Every variable of the environment, named once.
//!
//! A value is looked for in the environment, then in the one JSON secret of Secrets Manager that
//! `SECRETS_ID` names, then among the defaults. Only addresses, model names and limits have defaults. What
//! a push must prove has none: a process without it does not start.

mod limits;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig};
use secrecy::SecretString;
use serde_json::Value;
use tracing::Level;
use url::Url;

pub use self::limits::{Limits, Models, Replies, Tours};

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
    pub limits: Limits,
    pub retention: Retention,
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
    /// Base of `/calendar/v3/…`.
    pub calendar: Url,
    /// The JWK set that signs Pub/Sub's pushes.
    pub certs: Url,
}

/// What a push from Pub/Sub must prove. It is never taken on trust, so there is no default.
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
    /// Off: the model is asked nothing at all, by anybody.
    pub enabled: bool,
    pub url: Url,
    pub model: String,
    pub embedding_model: String,
    pub key: SecretString,
    /// For one call. A reply may be late, but a worker must not hang.
    pub time_limit: Duration,
}

#[derive(Clone, Debug)]
pub struct QueueConfig {
    pub sync_url: String,
    pub reply_url: String,
    pub enrichment_url: String,
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

/// How long words are kept.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// Mail, conversations and what was read out of them.
    pub months: u32,
    /// What a model wrote and nobody sent, in days.
    pub prompt_days: u32,
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
    /// Names that have no value, and names whose value cannot be used, with the reason.
    Names {
        missing: Vec<&'static str>,
        invalid: Vec<(&'static str, &'static str)>,
    },
    /// The secret named by `SECRETS_ID` cannot be read.
    Secret(Box<dyn StdError + Send + Sync>),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Names { missing, invalid } => {
                f.write_str("Configuration:")?;
                if !missing.is_empty() {
                    write!(f, " missing {}", missing.join(", "))?;
                }
                for (name, why) in invalid {
                    write!(f, " [{name}: {why}]")?;
                }
                Ok(())
            }
            Self::Secret(_) => f.write_str("The secret named by SECRETS_ID cannot be read"),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Names { .. } => None,
            Self::Secret(source) => Some(source.as_ref()),
        }
    }
}

impl Config {
    /// Reads the environment, and where `SECRETS_ID` is set also that secret.
    pub async fn load() -> Result<Self, Error> {
        let Some(id) = variable("SECRETS_ID") else {
            return Self::from_env();
        };
        let secret = fetch_secret(&id).await.map_err(Error::Secret)?;
        Self::from_lookup(|name| variable(name).or_else(|| secret.get(name).cloned()))
    }

    /// Reads the environment alone.
    pub fn from_env() -> Result<Self, Error> {
        Self::from_lookup(variable)
    }

    /// Reads any source of values. An empty value counts as none.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let mut read = Reader {
            lookup,
            missing: Vec::new(),
            invalid: Vec::new(),
        };
        let config = Self {
            database: DatabaseConfig {
                url: read.secret("DATABASE_URL"),
                ca_pem: read.find("DATABASE_CA_PEM"),
            },
            google: GoogleConfig {
                client_id: read.text("GOOGLE_CLIENT_ID"),
                client_secret: read.secret("GOOGLE_CLIENT_SECRET"),
                topic: read.text("GOOGLE_PUBSUB_TOPIC"),
                urls: GoogleUrls {
                    accounts: read.url("GOOGLE_ACCOUNTS_URL", Some("https://accounts.google.com")),
                    oauth: read.url("GOOGLE_OAUTH_URL", Some("https://oauth2.googleapis.com")),
                    gmail: read.url("GMAIL_URL", Some("https://gmail.googleapis.com")),
                    calendar: read.url("CALENDAR_URL", Some("https://www.googleapis.com")),
                    certs: read.url(
                        "GOOGLE_CERTS_URL",
                        Some("https://www.googleapis.com/oauth2/v3/certs"),
                    ),
                },
            },
            push: PushConfig {
                subscription: read.text("PUBSUB_SUBSCRIPTION"),
                audience: read.text("PUBSUB_AUDIENCE"),
                service_account: read.text("PUBSUB_SERVICE_ACCOUNT"),
                token: read.find("GMAIL_WEBHOOK_SECRET").map(Into::into),
            },
            llm: LlmConfig {
                enabled: read.switch("LLM_ENABLED", true),
                url: read.url("LLM_URL", Some("https://api.openai.com/v1")),
                model: read.text_or("LLM_MODEL", "gpt-6-luna"),
                embedding_model: read.text_or("LLM_EMBEDDING_MODEL", "text-embedding-3-small"),
                key: read.secret("OPENAI_API_KEY"),
                time_limit: Duration::from_secs(20),
            },
            queues: QueueConfig {
                sync_url: read.text("SYNC_QUEUE_URL"),
                reply_url: read.text("REPLY_QUEUE_URL"),
                enrichment_url: read.text("ENRICHMENT_QUEUE_URL"),
            },
            crypto: CryptoConfig {
                token_keys: read.secret("TOKEN_KEYS"),
                session_key: read.secret("SESSION_KEY"),
            },
            web: WebConfig {
                public_url: read.url("PUBLIC_URL", None),
            },
            auth: AuthConfig {
                issuer: read.text("AUTH_ISSUER"),
                audience: read.text_or("AUTH_AUDIENCE", "authenticated"),
                key: read.auth_key(),
            },
            limits: Limits::read(&mut read),
            retention: Retention {
                months: read.number("RETENTION_MONTHS", 24).unsigned_abs(),
                prompt_days: read.number("PROMPT_RETENTION_DAYS", 30).unsigned_abs(),
            },
        };
        if read.missing.is_empty() && read.invalid.is_empty() {
            Ok(config)
        } else {
            Err(Error::Names {
                missing: read.missing,
                invalid: read.invalid,
            })
        }
    }
}

/// The level of the log, `LOG_LEVEL`; `INFO` where it says nothing sensible.
pub fn log_level() -> Level {
    variable("LOG_LEVEL")
        .and_then(|level| level.parse().ok())
        .unwrap_or(Level::INFO)
}

/// What the AWS SDK's clients are made from; it reads `AWS_*` itself.
pub async fn aws() -> SdkConfig {
    aws_config::load_defaults(BehaviorVersion::latest()).await
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Values may be nested JSON, as `TOKEN_KEYS` is: those are handed on as JSON text.
async fn fetch_secret(
    id: &str,
) -> Result<HashMap<String, String>, Box<dyn StdError + Send + Sync>> {
    let client = aws_sdk_secretsmanager::Client::new(&aws().await);
    let answer = client.get_secret_value().secret_id(id).send().await?;
    parse_secret(answer.secret_string().unwrap_or_default())
}

fn parse_secret(text: &str) -> Result<HashMap<String, String>, Box<dyn StdError + Send + Sync>> {
    // serde_json's own error may quote what it read.
    let values: HashMap<String, Value> =
        serde_json::from_str(text).map_err(|_| "the secret is not a JSON object")?;
    let as_text = |value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    Ok(values
        .into_iter()
        .map(|(name, value)| (name, as_text(value)))
        .collect())
}

/// Collects what is wrong, so that all of it is said at once; stands in with empty values meanwhile.
struct Reader<F> {
    lookup: F,
    missing: Vec<&'static str>,
    invalid: Vec<(&'static str, &'static str)>,
}

impl<F: Fn(&str) -> Option<String>> Reader<F> {
    fn find(&self, name: &'static str) -> Option<String> {
        (self.lookup)(name).filter(|value| !value.is_empty())
    }

    fn text(&mut self, name: &'static str) -> String {
        self.find(name).unwrap_or_else(|| {
            self.missing.push(name);
            String::new()
        })
    }

    fn text_or(&self, name: &'static str, default: &str) -> String {
        self.find(name).unwrap_or_else(|| default.into())
    }

    fn secret(&mut self, name: &'static str) -> SecretString {
        self.text(name).into()
    }

    fn url(&mut self, name: &'static str, default: Option<&str>) -> Url {
        match self.find(name).or_else(|| default.map(Into::into)) {
            Some(text) => self.parse_url(name, &text),
            None => {
                self.missing.push(name);
                placeholder()
            }
        }
    }

    fn parse_url(&mut self, name: &'static str, text: &str) -> Url {
        match Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => url,
            _ => {
                self.invalid.push((name, "not an http(s) address"));
                placeholder()
            }
        }
    }

    fn switch(&mut self, name: &'static str, default: bool) -> bool {
        match self.find(name).as_deref() {
            None => default,
            Some("true") => true,
            Some("false") => false,
            Some(_) => {
                self.invalid.push((name, "neither true nor false"));
                default
            }
        }
    }

    fn number(&mut self, name: &'static str, default: i32) -> i32 {
        let Some(text) = self.find(name) else {
            return default;
        };
        match text.parse() {
            Ok(number) if (1..=1_000_000).contains(&number) => number,
            _ => {
                self.invalid
                    .push((name, "not a whole number from 1 to 1,000,000"));
                default
            }
        }
    }

    fn auth_key(&mut self) -> AuthKey {
        match (self.find("AUTH_JWT_SECRET"), self.find("AUTH_JWKS_URL")) {
            (Some(secret), None) => AuthKey::Secret(secret.into()),
            (None, Some(url)) => AuthKey::Jwks(self.parse_url("AUTH_JWKS_URL", &url)),
            (Some(_), Some(_)) => {
                self.invalid.push((
                    "AUTH_JWT_SECRET",
                    "set beside AUTH_JWKS_URL; only one may be",
                ));
                AuthKey::Jwks(placeholder())
            }
            (None, None) => {
                self.missing.push("AUTH_JWT_SECRET or AUTH_JWKS_URL");
                AuthKey::Jwks(placeholder())
            }
        }
    }
}

/// Never leaves this module: a configuration that holds it is not handed out.
fn placeholder() -> Url {
    Url::parse("http://unset.invalid").expect("a constant address")
}
