//! HTTP to Google: base URLs, the transport, and what can go wrong.

pub mod gmail;
pub mod oauth;
pub mod pubsub;

use std::time::Duration;

use secrecy::SecretString;

use self::gmail::Gmail;
use self::oauth::OAuth;
use crate::config::GoogleConfig;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What Google answered, as the cases that a caller acts on. Holds no body and no token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The grant is gone or too small (`invalid_grant`, scope, domain policy): a person must act.
    #[error("the Google account has to be connected again ({0})")]
    Reconnect(String),
    /// 401: the access token. Refresh once, try once more.
    #[error("the access token was rejected")]
    TokenRejected,
    /// Our own client id or secret; no mailbox is to blame.
    #[error("Google refuses our OAuth client ({0})")]
    ClientRefused(String),
    #[error("no such thing at Google")]
    NotFound,
    /// `history.list` answered 404: the cursor is too old. Full sync.
    #[error("the history cursor is too old")]
    HistoryExpired,
    #[error("Google asks for patience ({reason})")]
    RateLimited {
        retry_after: Option<Duration>,
        reason: String,
    },
    /// Another 4xx: a repeat does not help.
    #[error("Google refuses with {status} ({reason})")]
    Refused { status: u16, reason: String },
    /// Another topic's watch is active on this mailbox: stop it, then watch.
    #[error("another watch is active")]
    WatchConflict,
    /// 5xx, a time-out, a lost connection, an unreadable answer: whether it took effect is unknown.
    #[error("Google could not be reached ({0})")]
    Unreachable(String),
}

/// The one HTTP client of the process.
pub fn http_client() -> reqwest::Client {
    unimplemented!()
}

/// Google, reached over HTTP. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Google {}

impl Google {
    pub fn new(_http: reqwest::Client, _config: GoogleConfig) -> Self {
        unimplemented!()
    }

    pub fn oauth(&self) -> OAuth<'_> {
        unimplemented!()
    }

    pub fn gmail<'a>(&'a self, _access: &'a SecretString) -> Gmail<'a> {
        unimplemented!()
    }
}
