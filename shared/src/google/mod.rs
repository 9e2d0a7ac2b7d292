//! HTTP to Google: base URLs, the transport, and what can go wrong.
//!
//! Nothing is repeated here, least of all a send: whether and when to try again is decided where
//! the state of the work is known. Errors carry Google's reason codes, never a body or a token.

pub mod calendar;
pub mod gmail;
pub mod oauth;
pub mod pubsub;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{RequestBuilder, StatusCode};
use secrecy::SecretString;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use self::calendar::Calendar;
use self::gmail::Gmail;
use self::oauth::OAuth;
use crate::config::GoogleConfig;
pub use crate::http::client as http_client;
use crate::http::{self, Failure, plain_code};

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Enough for a page of 500 ids or a long thread's headers.
const LARGEST_ANSWER: usize = 4 * 1024 * 1024;
const LARGEST_ERROR: usize = 64 * 1024;
/// Our own reason for not reading an answer.
pub const TOO_LARGE: &str = "answerTooLarge";

/// What Google answered, as the cases that a caller acts on. Holds no body and no token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The grant is gone or too small (`invalid_grant`, scope, domain policy): a person must act.
    #[error("the Google account has to be connected again ({0})")]
    Reconnect(String),
    /// 401: the access token. Refresh once, try once more.
    #[error("the access token was rejected")]
    TokenRejected,
    /// Our own client id, secret or project; no mailbox is to blame.
    #[error("Google refuses our OAuth client ({0})")]
    ClientRefused(String),
    #[error("no such thing at Google")]
    NotFound,
    /// `history.list` answered 404: the cursor is too old. Full sync.
    #[error("the history cursor is too old")]
    HistoryExpired,
    /// A quota of the mailbox or of our project; `dailyLimitExceeded` lasts until the next day.
    #[error("Google asks for patience ({reason})")]
    RateLimited {
        retry_after: Option<Duration>,
        reason: String,
    },
    /// Another 4xx, or one message that cannot be read: a repeat does not help.
    #[error("Google refuses with {status} ({reason})")]
    Refused { status: u16, reason: String },
    /// 409 `duplicate`: the id is taken, perhaps by what an earlier try made, or what was deleted.
    #[error("the id is taken")]
    AlreadyExists,
    /// 412: it is no longer as we knew it. Read it again.
    #[error("it was changed meanwhile")]
    Changed,
    /// 410 `deleted`: it was there.
    #[error("it was deleted")]
    Gone,
    /// 410 of a list by sync token: the token is too old. Full sync.
    #[error("the sync token has expired")]
    SyncTokenExpired,
    /// A 200 that does not tell clearly when the calendar is busy, with Google's reason or our own.
    #[error("when the calendar is busy cannot be read ({0})")]
    CalendarUnreadable(String),
    /// Another topic's watch is active on this mailbox: stop it, then watch.
    #[error("another watch is active")]
    WatchConflict,
    /// 5xx, a time-out, a lost connection, an unreadable answer: whether it took effect is unknown.
    #[error("Google could not be reached ({0})")]
    Unreachable(String),
}

impl Error {
    fn refused(status: u16, reason: &str) -> Self {
        Self::Refused {
            status,
            reason: reason.into(),
        }
    }

    fn unreadable() -> Self {
        Self::Unreachable("unreadable answer".into())
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unreachable(why) => Self::Unreachable(why.into()),
            Failure::TooLarge => Self::refused(413, TOO_LARGE),
        }
    }
}

impl From<reqwest::Error> for Error {
    fn from(error: reqwest::Error) -> Self {
        Failure::from(error).into()
    }
}

/// Google, reached over HTTP. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Google {
    http: reqwest::Client,
    config: Arc<GoogleConfig>,
}

impl Google {
    pub fn new(http: reqwest::Client, config: GoogleConfig) -> Self {
        Self {
            http,
            config: Arc::new(config),
        }
    }

    pub fn oauth(&self) -> OAuth<'_> {
        OAuth::new(self)
    }

    /// The calendars that the access token opens.
    pub fn calendar(&self, access: &SecretString) -> Calendar {
        Calendar::new(self.clone(), access.clone())
    }

    /// The mailbox that the access token opens.
    pub fn gmail(&self, access: &SecretString) -> Gmail {
        Gmail::new(self.clone(), access.clone())
    }
}

/// A base URL with more path. Each segment is percent-encoded: no id can leave its place.
fn join(base: &Url, segments: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

/// Sends a request and reads the JSON of its answer, up to `limit` bytes.
async fn call<T: DeserializeOwned>(request: RequestBuilder, limit: usize) -> Result<T> {
    wire::decode(&fetch(request, limit, classify).await?).ok_or_else(Error::unreadable)
}

/// Sends a request; an answer other than 2xx becomes what `classify` makes of it.
async fn fetch(
    request: RequestBuilder,
    limit: usize,
    classify: fn(StatusCode, &HeaderMap, &[u8]) -> Error,
) -> Result<Vec<u8>> {
    let response = request.send().await?;
    let status = response.status();
    if status.is_success() {
        return Ok(http::read(response, limit).await?);
    }
    let headers = response.headers().clone();
    // Without its body an error is told by its status.
    let body = http::read(response, LARGEST_ERROR)
        .await
        .unwrap_or_default();
    Err(classify(status, &headers, &body))
}

#[derive(Default, Deserialize)]
struct ApiAnswer {
    #[serde(default)]
    error: ApiError,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ApiError {
    errors: Vec<ApiReason>,
    details: Vec<ApiReason>,
    status: String,
    message: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ApiReason {
    reason: String,
}

/// The cases of an API's error, by its reason where it has one
/// (developers.google.com/workspace/gmail/api/guides/handle-errors and
/// developers.google.com/workspace/calendar/api/guides/errors).
fn classify(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Error {
    let ApiAnswer { error } = wire::decode(body).unwrap_or_default();
    let reasons = error
        .errors
        .iter()
        .chain(&error.details)
        .map(|entry| entry.reason.as_str());
    let reason = reasons.chain([error.status.as_str()]).find_map(plain_code);
    let reason = reason.unwrap_or_else(|| "unknown".into());
    match (status.as_u16(), reason.as_str()) {
        (
            403 | 429,
            "rateLimitExceeded"
            | "userRateLimitExceeded"
            | "dailyLimitExceeded"
            | "quotaExceeded"
            | "concurrentLimitExceeded"
            | "RATE_LIMIT_EXCEEDED"
            | "RESOURCE_EXHAUSTED",
        )
        | (429, _) => {
            let retry_after =
                http::retry_after(headers).or_else(|| retry_time(headers, &error.message));
            Error::RateLimited {
                retry_after,
                reason,
            }
        }
        // The address of a push is refused, not the token.
        (401, "push.webhookUrlUnauthorized") => Error::Refused {
            status: 401,
            reason,
        },
        (401, _) => Error::TokenRejected,
        (403, "insufficientPermissions" | "domainPolicy" | "ACCESS_TOKEN_SCOPE_INSUFFICIENT") => {
            Error::Reconnect(reason)
        }
        (403, "accessNotConfigured" | "SERVICE_DISABLED") => Error::ClientRefused(reason),
        (404, _) => Error::NotFound,
        (409, "duplicate") => Error::AlreadyExists,
        (410, "fullSyncRequired" | "updatedMinTooLongAgo") => Error::SyncTokenExpired,
        (410, _) => Error::Gone,
        (412, _) => Error::Changed,
        // This refusal has no reason of its own.
        (400, _)
            if error
                .message
                .contains("Only one user push notification client") =>
        {
            Error::WatchConflict
        }
        (408, _) | (500.., _) => Error::Unreachable(format!("{} {reason}", status.as_u16())),
        (status, _) => Error::Refused { status, reason },
    }
}

/// Gmail says until when a sending limit lasts in the message only:
/// "User-rate limit exceeded.  Retry after 2026-11-22T10:15:00.000Z (Mail sending)".
fn retry_time(headers: &HeaderMap, message: &str) -> Option<Duration> {
    let (_, rest) = message.split_once("Retry after ")?;
    let at = chrono::DateTime::parse_from_rfc3339(rest.split_whitespace().next()?).ok()?;
    http::until(headers, at)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn classified(status: u16, body: &str) -> Error {
        classify(
            StatusCode::from_u16(status).unwrap(),
            &HeaderMap::new(),
            body.as_bytes(),
        )
    }

    fn with_reason(status: u16, reason: &str) -> Error {
        let body = json!({"error": {
            "code": status, "message": "secret text",
            "errors": [{"domain": "global", "reason": reason, "message": "secret text"}],
        }});
        classified(status, &body.to_string())
    }

    fn limited(reason: &str) -> Error {
        Error::RateLimited {
            retry_after: None,
            reason: reason.into(),
        }
    }

    #[test]
    fn an_error_is_told_by_its_reason() {
        let cases = [
            (
                400,
                "invalidArgument",
                Error::refused(400, "invalidArgument"),
            ),
            (
                400,
                "failedPrecondition",
                Error::refused(400, "failedPrecondition"),
            ),
            (401, "authError", Error::TokenRejected),
            (
                401,
                "push.webhookUrlUnauthorized",
                Error::refused(401, "push.webhookUrlUnauthorized"),
            ),
            (
                403,
                "insufficientPermissions",
                Error::Reconnect("insufficientPermissions".into()),
            ),
            (403, "domainPolicy", Error::Reconnect("domainPolicy".into())),
            (
                403,
                "accessNotConfigured",
                Error::ClientRefused("accessNotConfigured".into()),
            ),
            (403, "rateLimitExceeded", limited("rateLimitExceeded")),
            (
                403,
                "userRateLimitExceeded",
                limited("userRateLimitExceeded"),
            ),
            (403, "dailyLimitExceeded", limited("dailyLimitExceeded")),
            (403, "quotaExceeded", limited("quotaExceeded")),
            (403, "forbidden", Error::refused(403, "forbidden")),
            (
                403,
                "forbiddenForNonOrganizer",
                Error::refused(403, "forbiddenForNonOrganizer"),
            ),
            (
                403,
                "requiredAccessLevel",
                Error::refused(403, "requiredAccessLevel"),
            ),
            (404, "notFound", Error::NotFound),
            (409, "conflict", Error::refused(409, "conflict")),
            (409, "duplicate", Error::AlreadyExists),
            (410, "deleted", Error::Gone),
            (410, "fullSyncRequired", Error::SyncTokenExpired),
            (410, "updatedMinTooLongAgo", Error::SyncTokenExpired),
            (412, "conditionNotMet", Error::Changed),
            (429, "rateLimitExceeded", limited("rateLimitExceeded")),
            (429, "something new", limited("unknown")),
            (
                500,
                "backendError",
                Error::Unreachable("500 backendError".into()),
            ),
            (
                503,
                "backendError",
                Error::Unreachable("503 backendError".into()),
            ),
        ];
        for (status, reason, error) in cases {
            assert_eq!(with_reason(status, reason), error, "{status} {reason}");
        }
    }

    #[test]
    fn the_newer_shape_of_errors_is_understood_too() {
        let scope = json!({"error": {"code": 403, "status": "PERMISSION_DENIED", "details": [
            {"@type": "type.googleapis.com/google.rpc.ErrorInfo",
             "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT", "domain": "googleapis.com"},
        ]}});
        assert_eq!(
            classified(403, &scope.to_string()),
            Error::Reconnect("ACCESS_TOKEN_SCOPE_INSUFFICIENT".into())
        );
        let quota = json!({"error": {"code": 403, "status": "RESOURCE_EXHAUSTED"}});
        assert_eq!(
            classified(403, &quota.to_string()),
            limited("RESOURCE_EXHAUSTED")
        );
    }

    #[test]
    fn an_error_without_a_body_is_told_by_its_status() {
        for body in ["", "<html>", "[]", r#"{"error":"text"}"#] {
            assert_eq!(
                classified(502, body),
                Error::Unreachable("502 unknown".into()),
                "{body}"
            );
            assert_eq!(classified(404, body), Error::NotFound);
            assert_eq!(classified(410, body), Error::Gone);
            assert_eq!(classified(412, body), Error::Changed);
            assert_eq!(classified(302, body), Error::refused(302, "unknown"));
        }
    }

    #[test]
    fn a_watch_for_another_topic_is_a_conflict() {
        let message = "Only one user push notification client allowed per developer \
                       (call /stop then try again)";
        let body = json!({"error": {"code": 400, "message": message,
                                    "errors": [{"reason": "failedPrecondition"}]}});
        assert_eq!(classified(400, &body.to_string()), Error::WatchConflict);
    }

    #[test]
    fn a_sending_limit_tells_how_long_it_lasts() {
        let body = json!({"error": {"code": 429,
            "message": "User-rate limit exceeded.  Retry after 2026-11-22T10:15:00.000Z (Mail sending)",
            "errors": [{"reason": "rateLimitExceeded"}]}});
        let mut headers = HeaderMap::new();
        headers.insert("date", "Sun, 22 Nov 2026 10:00:00 GMT".parse().unwrap());
        let told = |headers: &HeaderMap| match classify(
            StatusCode::TOO_MANY_REQUESTS,
            headers,
            body.to_string().as_bytes(),
        ) {
            Error::RateLimited { retry_after, .. } => retry_after,
            other => panic!("{other}"),
        };
        assert_eq!(told(&headers), Some(Duration::from_secs(900)));
        headers.insert("retry-after", "60".parse().unwrap());
        assert_eq!(told(&headers), Some(Duration::from_secs(60)));
        assert_eq!(told(&HeaderMap::new()), None);
    }

    #[test]
    fn nothing_of_a_body_gets_into_an_error() {
        for status in [400, 401, 403, 404, 429, 500] {
            let error = with_reason(status, "ya29.secret text");
            assert!(
                !format!("{error} {error:?}").contains("secret"),
                "{error:?}"
            );
        }
    }

    #[test]
    fn no_segment_leaves_its_place() {
        let base = Url::parse("http://127.0.0.1:4000/fake/").unwrap();
        let url = join(&base, &["gmail", "a/../b?c#d", "x"]);
        assert_eq!(
            url.as_str(),
            "http://127.0.0.1:4000/fake/gmail/a%2F..%2Fb%3Fc%23d/x"
        );
    }
}
