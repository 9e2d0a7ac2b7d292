//! Forgetting what is old: a little every hour, until nothing older than the limit has words.
//!
//! Of prompts and of what a model answered nothing is stored but the drafts of replies. Leads stay,
//! with their address: whether somebody is a customer is for people to say, who then erase them.

use std::time::Duration;

use chrono::{DateTime, Days, Months, Utc};
use tracing::info;

use super::{App, Deadline, reply};
use crate::error::Result;
use crate::store::{Tx, limits, retention};

/// Nothing becomes too old in a hurry.
const EVERY: Duration = Duration::from_secs(3600);
/// Rows that one transaction takes, and transactions for each kind: together a quarter of a million rows a
/// day, for a database that is old when the limits are set.
const BITE: u64 = 500;
const BITES: usize = 20;
/// With less time than this the rest is left to the next hour.
const WORTH_BEGINNING: Duration = Duration::from_secs(10);

/// Once an hour, some bites of each kind. Stopped anywhere, the next hour goes on.
pub async fn run(app: &App, deadline: Deadline) -> Result<()> {
    let kept = &app.config().retention;
    let now = app.now();
    let tx = app.everywhere().await?;
    let turn = limits::hit(&tx, "retention", EVERY, now).await?;
    tx.commit().await?;
    if turn.count > 1 {
        return Ok(());
    }
    let limit = Limit {
        now,
        old: ago(now, |now| now.checked_sub_months(Months::new(kept.months))),
        unsent: ago(now, |now| {
            now.checked_sub_days(Days::new(kept.prompt_days.into()))
        }),
    };
    let mut forgotten = 0;
    for kind in KINDS {
        for _ in 0..BITES {
            if deadline.is_near(WORTH_BEGINNING) {
                break;
            }
            let taken = bite(app, kind, &limit).await?;
            forgotten += taken;
            if taken < BITE {
                break;
            }
        }
    }
    if forgotten > 0 {
        info!(rows = forgotten, "Forgot what is older than it may be");
    }
    Ok(())
}

/// Before when something is too old.
struct Limit {
    now: DateTime<Utc>,
    old: DateTime<Utc>,
    unsent: DateTime<Utc>,
}

/// Answers how many rows there were. In a transaction of its own: none waits for another's locks.
async fn bite(app: &App, kind: Kind, limit: &Limit) -> Result<u64> {
    let (old, most) = (limit.old, i64::try_from(BITE).unwrap_or(i64::MAX));
    let tx = app.everywhere().await?;
    let taken = match kind {
        Kind::Mail => retention::blank_mail(&tx, old, limit.now, most).await?,
        Kind::Subjects => retention::blank_subjects(&tx, old, most).await?,
        Kind::Turns => retention::blank_turns(&tx, old, most).await?,
        Kind::Requests => retention::blank_requests(&tx, old.date_naive(), most).await?,
        Kind::Interests => retention::forget_interests(&tx, old, most).await?,
        Kind::Quarantined => retention::forget_quarantined(&tx, old, most).await?,
        Kind::Held => end_held(&tx, limit.unsent, most).await?,
        Kind::Unsent => retention::blank_unsent(&tx, limit.unsent, most).await?,
    };
    tx.commit().await?;
    Ok(taken)
}

/// For so long nobody decided about them.
async fn end_held(tx: &Tx, before: DateTime<Utc>, at_most: i64) -> Result<u64> {
    let ended = retention::end_held(tx, before, at_most).await?;
    for (property, id) in &ended {
        let reasons = ["too_old".to_owned()];
        reply::log(tx, *property, *id, "reply.cancelled", &reasons).await?;
    }
    Ok(ended.len() as u64)
}

/// What there is to forget.
#[derive(Clone, Copy)]
enum Kind {
    Mail,
    Subjects,
    Turns,
    Requests,
    Interests,
    Quarantined,
    Held,
    Unsent,
}

const KINDS: [Kind; 8] = [
    Kind::Mail,
    Kind::Subjects,
    Kind::Turns,
    Kind::Requests,
    Kind::Interests,
    Kind::Quarantined,
    Kind::Held,
    Kind::Unsent,
];

/// Never before 1970: whatever is meant by a longer time, nothing is as old.
fn ago(
    now: DateTime<Utc>,
    back: impl FnOnce(DateTime<Utc>) -> Option<DateTime<Utc>>,
) -> DateTime<Utc> {
    back(now).map_or(DateTime::UNIX_EPOCH, |then| then.max(DateTime::UNIX_EPOCH))
}
