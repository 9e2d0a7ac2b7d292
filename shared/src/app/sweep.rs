//! Every minute: nudges whatever a lost message left behind, and forgets what is over.
//!
//! The rows say what is to be done; a nudge too many does no harm.

use std::time::Duration;

use chrono::TimeDelta;
use tracing::info;

use super::{App, Deadline, grants, inbox, revocations};
use crate::error::Result;
use crate::queue::Job;
use crate::store::{limits, mailboxes, oauth_states, quarantine, replies};

/// A mailbox that was not read for so long is read, pushes or not.
const SILENCE: TimeDelta = TimeDelta::minutes(5);
const AT_MOST: i64 = 500;

pub async fn run(app: &App, deadline: Deadline) -> Result<()> {
    let now = app.now();
    let tx = app.everywhere().await?;
    let mut mailboxes =
        mailboxes::to_read(&tx, now, now - SILENCE, now - inbox::LAG, AT_MOST).await?;
    for waiting in quarantine::mailboxes_due(&tx, now, AT_MOST).await? {
        if !mailboxes.contains(&waiting) {
            mailboxes.push(waiting);
        }
    }
    let replies = replies::unattended(&tx, now, AT_MOST).await?;
    oauth_states::forget_expired(&tx, now).await?;
    limits::forget_before(&tx, now - TimeDelta::hours(1)).await?;
    tx.commit().await?;

    // Whom this run does not come to, the next one nudges: in a minute.
    let replies_due = replies.iter().map(|id| Job::Reply(*id));
    for job in replies_due.chain(mailboxes.iter().map(|id| Job::Mailbox(*id))) {
        if deadline.is_near(Duration::from_secs(10)) {
            break;
        }
        app.queue().nudge(job, Duration::ZERO).await;
    }
    if !deadline.is_near(Duration::from_secs(10)) {
        revocations::settle(app).await?;
        grants::reseal(app).await?;
    }
    let (mailboxes, replies) = (mailboxes.len(), replies.len());
    info!(
        mailboxes,
        replies, "Nudged {mailboxes} mailboxes and {replies} replies"
    );
    Ok(())
}
