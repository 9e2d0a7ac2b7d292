//! Every minute: nudges whatever a lost message left behind, and forgets what is over.
//!
//! The rows say what is to be done; a nudge too many does no harm.

use std::time::Duration;

use chrono::TimeDelta;
use jiff::SignedDuration;
use tracing::info;

use super::{App, Deadline, enrichment, grants, inbox, metrics, retention, revocations, sessions};
use crate::error::Result;
use crate::queue::Job;
use crate::store::agent_calendars::reading;
use crate::store::{
    event_links, letters, limits, mailboxes, oauth_states, quarantine, replies, tours,
};

/// A mailbox that was not read for so long is read, pushes or not.
const SILENCE: TimeDelta = TimeDelta::minutes(5);
/// The same for a calendar: Google drops some of its pushes, and may be late with the others by an hour.
const CALENDAR_SILENCE: TimeDelta = TimeDelta::minutes(10);
/// Nobody repeats a request after that time.
const REQUESTS_KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);
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
    let calendars = reading::to_read(&tx, now, CALENDAR_SILENCE, AT_MOST).await?;
    let replies = replies::unattended(&tx, now, AT_MOST).await?;
    let instant = app.instant();
    letters::remind(&tx, instant).await?;
    letters::retell(&tx, None, instant).await?;
    let mut bookings = letters::unattended(&tx, instant, AT_MOST).await?;
    for waiting in event_links::unattended(&tx, instant, AT_MOST).await? {
        if !bookings.contains(&waiting) {
            bookings.push(waiting);
        }
    }
    tours::forget_requests(&tx, instant - REQUESTS_KEPT).await?;
    let conversations = enrichment::due(app, &tx, AT_MOST).await?;
    oauth_states::forget_expired(&tx, now).await?;
    sessions::forget(app, &tx).await?;
    // The longest window is a day.
    limits::forget_before(&tx, now - TimeDelta::hours(25)).await?;
    tx.commit().await?;

    // Whom this run does not come to, the next one nudges: in a minute.
    let replies_due = replies.iter().map(|id| Job::Reply(*id));
    let changed = mailboxes.iter().map(|id| Job::Mailbox(*id));
    let calendars_due = calendars.iter().map(|id| Job::Calendar(*id));
    let bookings_due = bookings.iter().map(|id| Job::Booking(*id));
    let worth_reading = conversations.iter().map(|id| Job::Enrich(*id));
    let due = replies_due.chain(bookings_due);
    for job in due.chain(changed).chain(calendars_due).chain(worth_reading) {
        if deadline.is_near(Duration::from_secs(10)) {
            break;
        }
        app.queue().nudge(job, Duration::ZERO).await;
    }
    if !deadline.is_near(Duration::from_secs(10)) {
        revocations::settle(app).await?;
        grants::reseal(app).await?;
        metrics::tell(app).await?;
        retention::run(app, deadline).await?;
    }
    info!(
        mailboxes = mailboxes.len(),
        calendars = calendars.len(),
        replies = replies.len(),
        bookings = bookings.len(),
        conversations = conversations.len(),
        "Nudged what was due"
    );
    Ok(())
}
