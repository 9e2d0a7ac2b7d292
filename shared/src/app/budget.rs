//! Whether the model may be asked, and how often. Nothing else hands it out.
//!
//! A question is counted before it is asked, in a transaction of its own: one whose answer is lost, or
//! that is repeated, costs something too. The embedding that looks for knowledge comes with a question and
//! costs a hundredth of it; it is not counted beside it.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tracing::warn;

use super::App;
use crate::domain::ids::{PropertyId, ThreadId};
use crate::error::Result;
use crate::llm::Llm;
use crate::store::limits;

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);
/// Nobody tells when the switch is turned on again.
const SWITCHED_OFF: TimeDelta = TimeDelta::minutes(15);

/// Why the model is not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Denied {
    SwitchedOff,
    /// Until then, so many questions have been asked.
    Spent(DateTime<Utc>),
}

impl Denied {
    /// The stable reason of a reply that is held for it.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::SwitchedOff => "assistant_off",
            Self::Spent(_) => "model_budget",
        }
    }

    /// When to come back.
    pub(super) fn until(self, now: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::SwitchedOff => now + SWITCHED_OFF,
            Self::Spent(until) => until,
        }
    }
}

/// The model, for one question about this property, and about this thread if it is about one.
pub(super) async fn question(
    app: &App,
    property: PropertyId,
    thread: Option<ThreadId>,
) -> Result<Result<&Llm, Denied>> {
    if !app.assistant_is_on() {
        return Ok(Err(Denied::SwitchedOff));
    }
    let limits = app.config().limits.models;
    let of_thread = thread.map(|id| (format!("model:thread:{id}"), HOUR, limits.per_thread));
    let of_property = (
        format!("model:property:{property}"),
        DAY,
        limits.per_property,
    );
    let now = app.now();
    let tx = app.everywhere().await?;
    let mut denied = None;
    // The thread's own limit first: what one thread has too many is not taken from its property.
    for (bucket, window, most) in of_thread.into_iter().chain([of_property]) {
        let hits = limits::hit(&tx, &bucket, window, now).await?;
        if hits.count > most {
            warn!(property.id = %property, limit = most, "No more questions to the model for now");
            denied = Some(Denied::Spent(hits.ends_at));
            break;
        }
    }
    tx.commit().await?;
    Ok(denied.map_or(Ok(&app.0.llm), Err))
}
