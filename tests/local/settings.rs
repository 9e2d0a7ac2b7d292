//! What the functions are told: the environment of `make up` first, then the stack's own parts.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::{Failure, Result};

/// In the secret, as on AWS. Everything else reaches the functions as a parameter of the template
/// or, where only a local stack would set it, through the emulator's environment.
const SECRET: [&str; 9] = [
    "DATABASE_URL",
    "GOOGLE_CLIENT_ID",
    "GOOGLE_CLIENT_SECRET",
    "GMAIL_WEBHOOK_SECRET",
    "TOKEN_KEYS",
    "SESSION_KEY",
    "AUTH_JWT_SECRET",
    "OPENAI_API_KEY",
    "DATABASE_CA_PEM",
];

/// Variable and parameter of the template.
const PARAMETERS: [(&str, &str); 26] = [
    ("PUBLIC_URL", "PublicUrl"),
    ("SECRETS_ID", "SecretArn"),
    ("GOOGLE_PUBSUB_TOPIC", "GooglePubsubTopic"),
    ("PUBSUB_SUBSCRIPTION", "PubsubSubscription"),
    ("PUBSUB_AUDIENCE", "PubsubAudience"),
    ("PUBSUB_SERVICE_ACCOUNT", "PubsubServiceAccount"),
    ("AUTH_ISSUER", "AuthIssuer"),
    ("AUTH_AUDIENCE", "AuthAudience"),
    ("AUTH_JWKS_URL", "AuthJwksUrl"),
    ("LLM_URL", "LlmUrl"),
    ("LLM_MODEL", "LlmModel"),
    ("LLM_EMBEDDING_MODEL", "LlmEmbeddingModel"),
    ("LLM_ENABLED", "LlmEnabled"),
    ("REPLIES_PER_THREAD_HOUR", "RepliesPerThreadHour"),
    ("REPLIES_PER_SENDER_DAY", "RepliesPerSenderDay"),
    ("REPLIES_PER_MAILBOX_HOUR", "RepliesPerMailboxHour"),
    ("REPLY_MAX_AGE_HOURS", "ReplyMaxAgeHours"),
    ("MODEL_CALLS_PER_THREAD_HOUR", "ModelCallsPerThreadHour"),
    ("MODEL_CALLS_PER_PROPERTY_DAY", "ModelCallsPerPropertyDay"),
    ("TOUR_LOOKS_PER_SOURCE_MINUTE", "TourLooksPerSourceMinute"),
    (
        "TOUR_LOOKS_PER_PROPERTY_MINUTE",
        "TourLooksPerPropertyMinute",
    ),
    ("BOOKINGS_PER_SOURCE_MINUTE", "BookingsPerSourceMinute"),
    ("BOOKINGS_PER_PROPERTY_MINUTE", "BookingsPerPropertyMinute"),
    ("OPEN_TOURS_PER_PERSON", "OpenToursPerPerson"),
    ("USER_REQUESTS_PER_MINUTE", "UserRequestsPerMinute"),
    ("LOG_LEVEL", "LogLevel"),
];

/// The emulated Google, one address for all that it stands for.
const GOOGLE_URLS: [&str; 5] = [
    "GOOGLE_ACCOUNTS_URL",
    "GOOGLE_OAUTH_URL",
    "GMAIL_URL",
    "CALENDAR_URL",
    "GOOGLE_CERTS_URL",
];

/// Every setting that has a value, by the variable's name.
#[derive(Clone, Default)]
pub struct Settings(BTreeMap<String, String>);

impl Settings {
    /// What the environment says about the settings that the stack knows.
    pub fn from_environment() -> Self {
        let known = SECRET
            .into_iter()
            .chain(PARAMETERS.map(|(name, _)| name))
            .chain(GOOGLE_URLS);
        let set = known.filter_map(|name| Some((name.to_owned(), crate::variable(name)?)));
        Self(set.collect())
    }

    /// Whether a setting has a value already: then its own part of the stack is not needed.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// Gives a setting the stack's own value, unless the environment gave it one.
    pub fn own(&mut self, name: &str, value: impl Into<String>) {
        self.0
            .entry(name.to_owned())
            .or_insert_with(|| value.into());
    }

    /// The stack's own values for all that depends on nothing else.
    pub fn own_keys(&mut self) -> Result<()> {
        self.own(
            "TOKEN_KEYS",
            json!({ "current": "local", "keys": { "local": fresh_key()? } }).to_string(),
        );
        self.own("SESSION_KEY", fresh_key()?);
        self.own("AUTH_ISSUER", "https://local.supabase.co/auth/v1");
        self.own("AUTH_AUDIENCE", "authenticated");
        if !self.has("AUTH_JWKS_URL") {
            self.own("AUTH_JWT_SECRET", fresh_key()?);
        }
        Ok(())
    }

    /// The stack's own values for Google: the emulator's address and client.
    pub fn own_google(&mut self, google: &world::Google) {
        for name in [
            "GOOGLE_ACCOUNTS_URL",
            "GOOGLE_OAUTH_URL",
            "GMAIL_URL",
            "CALENDAR_URL",
        ] {
            self.own(name, google.url());
        }
        self.own("GOOGLE_CERTS_URL", google.certs_url());
        self.own("GOOGLE_CLIENT_ID", world::google::CLIENT_ID);
        self.own("GOOGLE_CLIENT_SECRET", world::google::CLIENT_SECRET);
        self.own("GOOGLE_PUBSUB_TOPIC", world::google::TOPIC);
        let mut push = google.push_settings();
        self.own("PUBSUB_AUDIENCE", push.audience);
        self.own("PUBSUB_SERVICE_ACCOUNT", push.service_account);
        self.own("PUBSUB_SUBSCRIPTION", push.subscription);
        push.audience = self.get("PUBSUB_AUDIENCE").to_owned();
        push.service_account = self.get("PUBSUB_SERVICE_ACCOUNT").to_owned();
        push.subscription = self.get("PUBSUB_SUBSCRIPTION").to_owned();
        google.set_push_settings(push);
    }

    /// The stack's own values for the model. The emulator takes the environment's key, if there is
    /// one, so that the functions always have the one that was asked for.
    pub fn own_llm(&mut self, llm: &world::Llm) {
        if !self.has("LLM_URL") {
            self.own("LLM_URL", format!("{}/v1", llm.url()));
            self.own("OPENAI_API_KEY", world::llm::KEY);
            llm.knows_key(self.get("OPENAI_API_KEY"));
        }
        for name in ["LLM_MODEL", "LLM_EMBEDDING_MODEL"] {
            if self.has(name) {
                llm.knows_model(self.get(name));
            }
        }
    }

    /// The JSON object that goes to Secrets Manager.
    pub fn secret(&self) -> String {
        let values = SECRET
            .iter()
            .filter_map(|name| Some((*name, self.0.get(*name)?)));
        Value::from_iter(values.map(|(name, value)| (name, value.as_str()))).to_string()
    }

    /// `Name=value` for `sam deploy`.
    pub fn parameters(&self) -> Vec<String> {
        let values = PARAMETERS.iter().filter_map(|(name, as_parameter)| {
            Some(format!("{as_parameter}={}", self.0.get(*name)?))
        });
        values.collect()
    }

    /// What only the emulator's environment can tell the functions: on AWS these have defaults.
    pub fn inherited(&self) -> impl Iterator<Item = (&str, &str)> {
        GOOGLE_URLS
            .into_iter()
            .filter_map(|name| Some((name, self.0.get(name)?.as_str())))
    }

    /// What must not be in the emulator's environment, so that the functions read it as on AWS.
    pub fn not_inherited() -> impl Iterator<Item = &'static str> {
        SECRET.into_iter().chain(PARAMETERS.map(|(name, _)| name))
    }
}

/// A base address that the functions will be told; its port is held until it is served.
pub async fn hold_port() -> Result<tokio::net::TcpListener> {
    let wanted = crate::variable("LOCAL_PORT").map_or(Ok(0), |port| port.parse::<u16>())?;
    Ok(tokio::net::TcpListener::bind(("127.0.0.1", wanted)).await?)
}

/// 32 random bytes, as text.
fn fresh_key() -> Result<String> {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Failure::new("no random numbers"))?;
    Ok(BASE64_STANDARD.encode(bytes))
}
