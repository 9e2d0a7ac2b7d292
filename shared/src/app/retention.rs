//! Forgetting what is old: a little with every sweep, until nothing older than the limit has words.
//!
//! Of prompts and of what a model answered nothing is stored but the drafts of replies. Leads stay,
//! with their address: whether somebody is a customer is for people to say, who then erase them.

use std::time::Duration;

use chrono::{DateTime, Days, Months, Utc};
use tracing::info;

use super::{App, Deadline};
use crate::error::Result;
use crate::store::retention;

/// Rows of each kind that one run takes: a few hundred thousand a day.
const BITE: i64 = 200;
/// With less time than this the rest is left to the next run.
const WORTH_BEGINNING: Duration = Duration::from_secs(10);

/// One bite of each kind. May be repeated; stopped anywhere, the next run goes on.
pub async fn run(app: &App, deadline: Deadline) -> Result<()> {
    let limits = &app.config().retention;
    let now = app.now();
    let old = ago(now, |now| {
        now.checked_sub_months(Months::new(limits.months))
    });
    let drafts = ago(now, |now| {
        now.checked_sub_days(Days::new(limits.prompt_days.into()))
    });
    let mut forgotten = 0;
    for kind in KINDS {
        if deadline.is_near(WORTH_BEGINNING) {
            break;
        }
        let tx = app.everywhere().await?;
        forgotten += match kind {
            Kind::Mail => retention::blank_mail(&tx, old, now, BITE).await?,
            Kind::Subjects => retention::blank_subjects(&tx, old, BITE).await?,
            Kind::Turns => retention::blank_turns(&tx, old, BITE).await?,
            Kind::Requests => retention::blank_requests(&tx, old.date_naive(), BITE).await?,
            Kind::Interests => retention::forget_interests(&tx, old, BITE).await?,
            Kind::Quarantined => retention::forget_quarantined(&tx, old, BITE).await?,
            Kind::Unsent => retention::blank_unsent(&tx, drafts, BITE).await?,
        };
        tx.commit().await?;
    }
    if forgotten > 0 {
        info!(rows = forgotten, "Forgot what is older than it may be");
    }
    Ok(())
}

/// What there is to forget. Each in a transaction of its own: none waits for another's locks.
#[derive(Clone, Copy)]
enum Kind {
    Mail,
    Subjects,
    Turns,
    Requests,
    Interests,
    Quarantined,
    Unsent,
}

const KINDS: [Kind; 7] = [
    Kind::Mail,
    Kind::Subjects,
    Kind::Turns,
    Kind::Requests,
    Kind::Interests,
    Kind::Quarantined,
    Kind::Unsent,
];

/// Never before 1970: whatever is meant by a longer time, nothing is as old.
fn ago(
    now: DateTime<Utc>,
    back: impl FnOnce(DateTime<Utc>) -> Option<DateTime<Utc>>,
) -> DateTime<Utc> {
    back(now).map_or(DateTime::UNIX_EPOCH, |then| then.max(DateTime::UNIX_EPOCH))
}
