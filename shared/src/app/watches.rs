//! Keeping watches alive. Gmail forgets one after seven days and asks for a daily renewal:
//! <https://developers.google.com/workspace/gmail/api/guides/push>. A calendar's channel lasts as long, and
//! is replaced as often: [`super::calendars::channels`].

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tracing::{info, warn};

use super::calendars::channels;
use super::grants::{Account, Failure};
use super::{App, Deadline};
use crate::error::{Result, chain};
use crate::google::{self, gmail::Watching};
use crate::store::accounts;
use crate::store::agent_calendars::AgentCalendar;
use crate::store::agent_calendars::watching::{self, DueChannels};
use crate::store::mailboxes::{self, DueWatches, Mailbox, Status};
use crate::store::settings::Health;
use crate::telemetry;

/// Mailboxes of one run, and calendars; what is left over ends later and comes first next time.
const AT_MOST: i64 = 200;
const STEP: Duration = Duration::from_secs(5);
/// A push comes within seconds of the mail; one that did not come for so long will not come.
pub(super) const SILENCE: TimeDelta = TimeDelta::minutes(3);

/// An account with a watch that needs looking after.
enum Watched {
    Mailbox(Box<Mailbox>),
    Calendar(Box<AgentCalendar>),
}

impl Watched {
    fn account(&self) -> accounts::Account {
        match self {
            Self::Mailbox(mailbox) => mailbox.account(),
            Self::Calendar(calendar) => calendar.account(),
        }
    }
}

/// Renews every watch that ends within 48 hours, was not renewed today, could not be renewed last time,
/// or told nothing of a mail. One that fails does not keep the others from their turn.
pub async fn renew(app: &App, deadline: Deadline) -> Result<()> {
    let due = due(app).await?;
    for watched in &due {
        if deadline.is_near(STEP) {
            break;
        }
        let renewed = match watched {
            Watched::Mailbox(mailbox) => renew_one(app, mailbox).await,
            Watched::Calendar(calendar) => channels::open(app, calendar).await,
        };
        if let Err(failure) = renewed {
            failed(app, &watched.account(), &failure).await?;
        }
    }
    info!(watches = due.len(), "Looked after {} watches", due.len());
    Ok(())
}

/// Mailboxes and calendars by turns, each in the order of their own: neither starves the other.
async fn due(app: &App) -> Result<Vec<Watched>> {
    let now = app.now();
    let (ending_before, renewed_before) = (now + TimeDelta::hours(48), now - TimeDelta::hours(23));
    let due_mailboxes = DueWatches {
        now,
        ending_before,
        renewed_before,
        told_before: now - SILENCE,
    };
    let due_channels = DueChannels {
        now,
        ending_before,
        renewed_before,
    };
    let tx = app.everywhere().await?;
    let mailboxes = mailboxes::to_watch(&tx, &due_mailboxes, AT_MOST).await?;
    let calendars = watching::to_watch(&tx, &due_channels, AT_MOST).await?;
    tx.commit().await?;
    let mailboxes = mailboxes
        .into_iter()
        .map(|one| Watched::Mailbox(Box::new(one)));
    let calendars = calendars
        .into_iter()
        .map(|one| Watched::Calendar(Box::new(one)));
    let mut turns: Vec<_> = mailboxes.enumerate().chain(calendars.enumerate()).collect();
    turns.sort_by_key(|(turn, _)| *turn); // stable
    Ok(turns.into_iter().map(|(_, watched)| watched).collect())
}

/// Notes where people see it that a watch was not renewed.
async fn failed(app: &App, account: &accounts::Account, failure: &Failure) -> Result<()> {
    let (kind, id) = (account.holder.table(), account.holder.row());
    warn!(account = kind, account.id = %id, error = chain(failure), "A watch was not renewed");
    telemetry::metric("watch_renewal_failed", 1.0, telemetry::Unit::Count, &[]);
    let wait = match failure {
        Failure::Google(google::Error::RateLimited { retry_after, .. }) => *retry_after,
        _ => None,
    };
    let until = wait.and_then(|wait| TimeDelta::from_std(wait).ok());
    let until = until.map(|wait| app.now() + wait);
    let tx = app.of(account.property).await?;
    accounts::watch_failed(&tx, account.holder, &failure.to_string(), until).await?;
    tx.commit().await?;
    Ok(())
}

async fn renew_one(app: &App, mailbox: &Mailbox) -> Result<(), Failure> {
    let mut account = Account::of(app, mailbox.account());
    let watching = watch(app, &mut account).await?;
    let tx = app.of(mailbox.property).await?;
    mailboxes::watched(&tx, mailbox.id, watching.expires_at, app.now()).await?;
    // A watch may have been dead: what it should have told is read now.
    accounts::mark_dirty(&tx, mailbox.holder()).await?;
    tx.commit().await?;
    Ok(())
}

/// Another topic's watch has to be stopped before ours can begin.
async fn watch(app: &App, account: &mut Account<'_>) -> Result<Watching, Failure> {
    let topic = app.config().google.topic.as_str();
    match account
        .gmail(|gmail| async move { gmail.watch(topic).await })
        .await
    {
        Err(Failure::Google(google::Error::WatchConflict)) => {
            account
                .gmail(|gmail| async move { gmail.stop().await })
                .await?;
            account
                .gmail(|gmail| async move { gmail.watch(topic).await })
                .await
        }
        answer => answer,
    }
}

/// How a mailbox's watch is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchState {
    /// The mailbox is not connected.
    None,
    Active,
    /// Alive by its date, and yet no push told of a mail that was found without one.
    Silent,
    /// Still alive; the last renewal failed.
    Failing,
    Expired,
}

impl WatchState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Active => "active",
            Self::Silent => "silent",
            Self::Failing => "failing",
            Self::Expired => "expired",
        }
    }
}

pub(super) fn state(health: &Health, now: DateTime<Utc>) -> WatchState {
    let told = health.last_push_at.max(health.watch_renewed_at);
    let untold = health.last_mail_at > told;
    if health.status != Status::Connected {
        WatchState::None
    } else if health.watch_expires_at.is_none_or(|end| end <= now) {
        WatchState::Expired
    } else if health.watch_error.is_some() {
        WatchState::Failing
    } else if untold && health.last_mail_at < Some(now - SILENCE) {
        WatchState::Silent
    } else {
        WatchState::Active
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_watch_is_judged_by_its_end_its_renewal_and_what_it_told() {
        let now = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let ago = |minutes| Some(now - TimeDelta::minutes(minutes));
        let good = Health {
            address: None,
            status: Status::Connected,
            status_reason: None,
            watch_expires_at: ago(-1),
            watch_renewed_at: ago(60),
            watch_error: None,
            last_push_at: ago(10),
            last_mail_at: ago(10),
            last_sync_at: None,
            last_error: None,
            quarantined: 0,
        };
        type Change<'a> = &'a dyn Fn(&mut Health);
        let cases: [(WatchState, Change<'_>); 9] = [
            (WatchState::Active, &|_| {}),
            // Its push may be on its way; or the mail is older than the watch.
            (WatchState::Active, &|health| health.last_mail_at = ago(2)),
            (WatchState::Active, &|health| {
                (health.last_mail_at, health.last_push_at) = (ago(90), None);
            }),
            (WatchState::Silent, &|health| health.last_mail_at = ago(9)),
            (WatchState::Silent, &|health| health.last_push_at = None),
            (WatchState::Failing, &|health| {
                health.watch_error = Some("away".into());
            }),
            (WatchState::Expired, &|health| {
                health.watch_expires_at = ago(0);
            }),
            (WatchState::Expired, &|health| {
                health.watch_expires_at = None;
            }),
            (WatchState::None, &|health| {
                health.status = Status::ReauthRequired;
            }),
        ];
        for (expected, change) in cases {
            let mut health = good.clone();
            change(&mut health);
            assert_eq!(state(&health, now), expected, "{health:?}");
        }
    }
}
