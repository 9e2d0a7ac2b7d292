//! Until when Google tells of news by itself, in words: a mailbox's watch, a calendar's channel.

use chrono::{DateTime, Utc};
use jiff::tz::TimeZone;
use shared::app::watches::WatchState;

use super::clock::{Moment, moment};

/// How a watch is doing.
pub struct Watch {
    /// `good`, `warn`, `bad`, or nothing without a connection.
    pub level: &'static str,
    pub state: &'static str,
    /// The word between, and when it ends or ended.
    pub end: Option<(&'static str, Moment)>,
}

impl Watch {
    pub fn of(state: WatchState, expires_at: Option<DateTime<Utc>>, zone: &TimeZone) -> Self {
        let (level, words, joined) = match state {
            WatchState::None => ("", "off", None),
            WatchState::Active => ("good", "on", Some("until")),
            WatchState::Silent => ("warn", "on, but silent", Some("until")),
            WatchState::Failing => ("warn", "not renewed", Some("ends")),
            WatchState::Expired => ("bad", "ended", Some("on")),
        };
        Self {
            level,
            state: words,
            end: joined.zip(expires_at.map(|at| moment(at, zone))),
        }
    }
}
