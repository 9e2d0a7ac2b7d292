//! What can go wrong, as few kinds as callers act on.
//!
//! Neighbours (`google`, `llm`, `store`) own small errors with the cases that `app` decides on;
//! `app` folds them into this one. Each door reads [`Error::status`] or [`Error::retry`]; adding a
//! kind forces both to be thought about. `Display` never repeats the source: the chain is logged
//! once, at the door, and never reaches a caller.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::time::Duration;

use crate::domain::ids::{ProfileId, PropertyId};

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a use case did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A field of the request is not acceptable. The field is named in camelCase; the name of an
    /// unknown field comes from the caller, checked to be a plain identifier.
    #[error("{field}: {why}")]
    Invalid {
        field: Cow<'static, str>,
        why: String,
    },
    /// Something that is needed is missing. The code is stable, for programs; the host's widget shows the
    /// title.
    #[error("{title}")]
    Incomplete {
        code: &'static str,
        title: &'static str,
    },
    /// The caller did not prove who they are.
    #[error("Authentication required")]
    Unauthenticated,
    /// The caller is known and may not do this.
    #[error("Not allowed")]
    Forbidden,
    /// The caller is known and lacks a right at a property of their own organization: what [`Error::Forbidden`]
    /// is to them, and worth remembering to us.
    #[error("Not allowed")]
    Denied {
        user: ProfileId,
        property: PropertyId,
    },
    /// The session's cookie came with a change that no page of ours asked for.
    #[error("Only a page of this site can do this")]
    CrossSite,
    /// There is no such thing, or it belongs to somebody else: the two are not told apart.
    #[error("{0} not found")]
    NotFound(&'static str),
    /// The state of things does not allow it. The code is stable, for programs.
    #[error("{title}")]
    Conflict {
        code: &'static str,
        title: &'static str,
    },
    /// What is asked for was never on offer. The code is stable, for programs.
    #[error("{title}")]
    Unprocessable {
        code: &'static str,
        title: &'static str,
    },
    /// The property does not offer tours.
    #[error("Tours not available")]
    ToursNotAvailable,
    /// No agent's calendar can be read, so nobody knows what is free.
    #[error("The calendar cannot be read at the moment")]
    CalendarUnreadable,
    /// The Google account's grant is gone; a person has to connect it again.
    #[error("The Google account has to be connected again")]
    Reconnect,
    /// The caller asks too often.
    #[error("Too many requests")]
    TooMany { retry_after: Duration },
    /// A neighbour is busy or away; later may work.
    #[error("Busy, try again later")]
    Busy {
        retry_after: Duration,
        source: Option<Box<dyn StdError + Send + Sync>>,
    },
    /// A defect or an outage that no caller can mend.
    #[error("Internal error")]
    Internal(#[source] Box<dyn StdError + Send + Sync>),
}

/// What a queue or a push door should do with the event that met an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// A repeat cannot help: acknowledge it.
    Never,
    /// Deliver it again; after the queue's limit it lands in the dead-letter queue.
    Later,
}

impl Error {
    pub fn invalid(field: impl Into<Cow<'static, str>>, why: impl Into<String>) -> Self {
        Self::Invalid {
            field: field.into(),
            why: why.into(),
        }
    }

    pub fn conflict(code: &'static str, title: &'static str) -> Self {
        Self::Conflict { code, title }
    }

    pub fn busy(retry_after: Duration) -> Self {
        Self::Busy {
            retry_after,
            source: None,
        }
    }

    pub fn internal(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Internal(source.into())
    }

    /// The HTTP status of the API door.
    pub fn status(&self) -> u16 {
        match self {
            Self::Invalid { .. } | Self::Incomplete { .. } => 400,
            Self::Unauthenticated => 401,
            Self::Forbidden | Self::Denied { .. } | Self::CrossSite => 403,
            Self::NotFound(_) | Self::ToursNotAvailable => 404,
            Self::Unprocessable { .. } => 422,
            Self::Conflict { .. } | Self::Reconnect => 409,
            Self::TooMany { .. } => 429,
            Self::Busy { .. } | Self::CalendarUnreadable => 503,
            Self::Internal(_) => 500,
        }
    }

    /// A stable `snake_case` code for programs.
    pub fn code(&self) -> String {
        match self {
            Self::Invalid { field, .. } => format!("invalid_{}", snake_case(field)),
            Self::Unauthenticated => "unauthenticated".into(),
            Self::Forbidden | Self::Denied { .. } => "forbidden".into(),
            Self::CrossSite => "cross_site".into(),
            Self::NotFound(_) => "not_found".into(),
            Self::Conflict { code, .. }
            | Self::Incomplete { code, .. }
            | Self::Unprocessable { code, .. } => (*code).into(),
            Self::ToursNotAvailable => "tours_not_available".into(),
            Self::CalendarUnreadable => "calendar_unreadable".into(),
            Self::Reconnect => "reconnect_required".into(),
            Self::TooMany { .. } => "rate_limited".into(),
            Self::Busy { .. } => "busy".into(),
            Self::Internal(_) => "internal".into(),
        }
    }

    /// What the push and queue doors do with the event.
    pub fn retry(&self) -> Retry {
        match self {
            Self::Invalid { .. }
            | Self::Incomplete { .. }
            | Self::Unauthenticated
            | Self::Forbidden
            | Self::Denied { .. }
            | Self::CrossSite
            | Self::NotFound(_)
            | Self::Unprocessable { .. }
            | Self::ToursNotAvailable
            | Self::Conflict { .. }
            | Self::Reconnect => Retry::Never,
            Self::TooMany { .. }
            | Self::Busy { .. }
            | Self::CalendarUnreadable
            | Self::Internal(_) => Retry::Later,
        }
    }

    /// How long the caller should wait, where that is known.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::TooMany { retry_after } | Self::Busy { retry_after, .. } => Some(*retry_after),
            Self::CalendarUnreadable => Some(Duration::from_secs(60)),
            _ => None,
        }
    }
}

/// The error and its sources on one line, for the log.
pub fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

fn snake_case(camel: &str) -> String {
    let mut snake = String::with_capacity(camel.len() + 4);
    for letter in camel.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_field_is_named_in_the_code() {
        assert_eq!(
            Error::invalid("replyMode", "unknown").code(),
            "invalid_reply_mode"
        );
        assert_eq!(
            Error::invalid("signature", "too long").code(),
            "invalid_signature"
        );
    }

    #[test]
    fn the_message_never_repeats_its_source() {
        let error = Error::internal(std::io::Error::other("password authentication failed"));
        assert_eq!(error.to_string(), "Internal error");
        assert_eq!(
            chain(&error),
            "Internal error: password authentication failed"
        );
    }
}
