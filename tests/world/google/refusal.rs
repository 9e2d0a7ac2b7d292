//! Google's error bodies.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// An error in the form that all Google APIs share; the reason tells more than the status.
/// <https://developers.google.com/workspace/gmail/api/guides/handle-errors>
#[derive(Clone, Debug)]
pub struct Refusal {
    pub code: StatusCode,
    pub reason: String,
    pub message: String,
}

impl Refusal {
    pub fn new(code: StatusCode, reason: &str, message: impl Into<String>) -> Refusal {
        Refusal {
            code,
            reason: reason.to_owned(),
            message: message.into(),
        }
    }

    pub fn invalid_argument(message: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::BAD_REQUEST, "invalidArgument", message)
    }

    /// Calendar's way to say that a value will not do.
    pub fn invalid(message: &str) -> Refusal {
        Refusal::new(StatusCode::BAD_REQUEST, "invalid", message)
    }

    pub fn invalid_parameter(name: &str) -> Refusal {
        Refusal::invalid(&format!("Invalid value for: {name}"))
    }

    pub fn required(message: &str) -> Refusal {
        Refusal::new(StatusCode::BAD_REQUEST, "required", message)
    }

    pub fn unknown_name(name: &str) -> Refusal {
        Refusal::invalid_argument(format!(
            "Invalid JSON payload received. Unknown name \"{name}\": Cannot find field."
        ))
    }

    pub fn time_range_empty() -> Refusal {
        let message = "The specified time range is empty.";
        Refusal::new(StatusCode::BAD_REQUEST, "timeRangeEmpty", message)
    }

    /// Calendar's way to say that there is nothing.
    pub fn missing() -> Refusal {
        Refusal::new(StatusCode::NOT_FOUND, "notFound", "Not Found")
    }

    pub fn duplicate() -> Refusal {
        let message = "The requested identifier already exists.";
        Refusal::new(StatusCode::CONFLICT, "duplicate", message)
    }

    pub fn deleted() -> Refusal {
        Refusal::new(StatusCode::GONE, "deleted", "Resource has been deleted")
    }

    pub fn full_sync_required() -> Refusal {
        let message = "Sync token is no longer valid, a full sync is required.";
        Refusal::new(StatusCode::GONE, "fullSyncRequired", message)
    }

    pub fn condition_not_met() -> Refusal {
        let code = StatusCode::PRECONDITION_FAILED;
        Refusal::new(code, "conditionNotMet", "Precondition Failed")
    }

    pub fn not_found() -> Refusal {
        Refusal::new(
            StatusCode::NOT_FOUND,
            "notFound",
            "Requested entity was not found.",
        )
    }

    pub fn unauthenticated() -> Refusal {
        let message = "Request had invalid authentication credentials. Expected OAuth 2 access \
                       token, login cookie or other valid authentication credential.";
        Refusal::new(StatusCode::UNAUTHORIZED, "authError", message)
    }

    pub fn insufficient_permissions() -> Refusal {
        let message = "Request had insufficient authentication scopes.";
        Refusal::new(StatusCode::FORBIDDEN, "insufficientPermissions", message)
    }

    /// How Google words a refusal of which only status and reason are known.
    pub fn by_reason(code: StatusCode, reason: &str) -> Refusal {
        let message = match reason {
            "rateLimitExceeded" if code == StatusCode::TOO_MANY_REQUESTS => {
                "Too many concurrent requests for user"
            }
            "userRateLimitExceeded" => "User-rate limit exceeded.",
            "rateLimitExceeded" => "Rate Limit Exceeded",
            "dailyLimitExceeded" => "Daily Limit Exceeded",
            "quotaExceeded" => "Calendar usage limits exceeded.",
            "backendError" => "Backend Error",
            "domainPolicy" => "The domain administrators have disabled Gmail apps.",
            "failedPrecondition" => "Mail service not enabled",
            "authError" => return Refusal::unauthenticated(),
            "insufficientPermissions" => return Refusal::insufficient_permissions(),
            "notFound" => return Refusal::not_found(),
            "fullSyncRequired" => return Refusal::full_sync_required(),
            "conditionNotMet" => return Refusal::condition_not_met(),
            "duplicate" => return Refusal::duplicate(),
            "deleted" => return Refusal::deleted(),
            _ => "The request was refused.",
        };
        Refusal::new(code, reason, message)
    }

    fn domain(&self) -> &'static str {
        match self.reason.as_str() {
            "rateLimitExceeded"
            | "userRateLimitExceeded"
            | "dailyLimitExceeded"
            | "quotaExceeded" => "usageLimits",
            "forbiddenForNonOrganizer"
            | "fullSyncRequired"
            | "requiredAccessLevel"
            | "timeRangeEmpty"
            | "timeRangeTooLong" => "calendar",
            _ => "global",
        }
    }

    /// The part of the request that it is about.
    fn location(&self) -> Option<(&'static str, &'static str)> {
        match self.reason.as_str() {
            _ if self.code == StatusCode::UNAUTHORIZED => Some(("header", "Authorization")),
            "conditionNotMet" => Some(("header", "If-Match")),
            "timeRangeEmpty" => Some(("parameter", "timeMax")),
            "fullSyncRequired" => Some(("parameter", "syncToken")),
            _ => None,
        }
    }

    fn status(&self) -> &'static str {
        match self.code.as_u16() {
            400 if self.reason == "failedPrecondition" => "FAILED_PRECONDITION",
            400 => "INVALID_ARGUMENT",
            401 => "UNAUTHENTICATED",
            403 => "PERMISSION_DENIED",
            404 => "NOT_FOUND",
            409 => "ALREADY_EXISTS",
            429 => "RESOURCE_EXHAUSTED",
            503 => "UNAVAILABLE",
            500.. => "INTERNAL",
            _ => "UNKNOWN",
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut error = json!({
            "message": self.message, "domain": self.domain(), "reason": self.reason,
        });
        if let Some((kind, place)) = self.location() {
            error["locationType"] = json!(kind);
            error["location"] = json!(place);
        }
        let body = json!({ "error": {
            "code": self.code.as_u16(),
            "message": self.message,
            "errors": [error],
            "status": self.status(),
        }});
        let mut response = (self.code, Json(body)).into_response();
        let challenge = match self.code {
            StatusCode::UNAUTHORIZED => {
                "Bearer realm=\"https://accounts.google.com/\", error=\"invalid_token\""
            }
            StatusCode::FORBIDDEN if self.reason == "insufficientPermissions" => {
                "Bearer realm=\"https://accounts.google.com/\", error=\"insufficient_scope\""
            }
            _ => return response,
        };
        let challenge = HeaderValue::from_static(challenge);
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, challenge);
        response
    }
}
