//! Google tells of a calendar's changes over a channel, which ends after a week and is never renewed:
//! another one takes over, then the old one is stopped. Both push meanwhile, which is harmless.
//! <https://developers.google.com/workspace/calendar/api/guides/push>

use std::time::Duration;

use chrono::{DateTime, Utc};
use tracing::{info, warn};

use crate::app::App;
use crate::app::grants::{Account, Failure};
use crate::crypto;
use crate::domain::ids::{self, AgentCalendarId, ChannelId, PropertyId};
use crate::error::{Error, Result};
use crate::google::calendar::Watched;
use crate::queue::Job;
use crate::store::agent_calendars::{self, AgentCalendar, reading};
use crate::store::channels::Channel;
use crate::store::{accounts, channels};

/// Where Google's pushes go, below our own address.
const WEBHOOK: &str = "/api/calendar/webhook";
/// How long a channel that is not needed any more may take to stop.
const COURTESY: Duration = Duration::from_secs(5);

/// What a push says of itself, in its headers. Nobody has proven yet that it is Google's.
#[derive(Clone, Copy, Default)]
pub struct Push<'a> {
    pub channel: Option<&'a str>,
    pub token: Option<&'a str>,
    pub resource: Option<&'a str>,
    /// `sync` for the first one of a channel, then `exists` or `not_exists`.
    pub state: Option<&'a str>,
}

/// Proves a push and marks its calendar as changed. The mark is committed before the push is
/// acknowledged; the nudge may be lost.
///
/// A channel that Google has not answered for may say hello and nothing else: what changes before the
/// answer is read after it.
///
/// # Errors
/// `NotFound` for a channel that is not alive; `Unauthenticated` if the token or the resource is not the channel's.
pub async fn push(app: &App, push: &Push<'_>) -> Result<()> {
    let now = app.now();
    let tx = app.everywhere().await?;
    let channel = match push.channel.and_then(|id| id.parse().ok()) {
        Some(id) => channels::by_id(&tx, id).await?,
        None => None,
    };
    let told = judge(channel, push, now);
    let changed = match told {
        Ok(Some(calendar)) if reading::heard(&tx, calendar, now).await? => Some(calendar),
        _ => None,
    };
    tx.commit().await?;
    if let Some(calendar) = changed {
        app.queue()
            .nudge(Job::Calendar(calendar), Duration::ZERO)
            .await;
    }
    told.map(|_| ())
}

/// Which calendar a push says has changed, if it is Google's and says so.
fn judge(
    channel: Option<Channel>,
    push: &Push<'_>,
    now: DateTime<Utc>,
) -> Result<Option<AgentCalendarId>> {
    let channel = channel
        .filter(|channel| channel.expires_at.is_none_or(|end| end > now))
        .ok_or(Error::NotFound("Channel"))?;
    let token = crypto::sha256(push.token.unwrap_or_default().as_bytes());
    if !crypto::equal(&token, &channel.token_hash) {
        return Err(Error::Unauthenticated);
    }
    let is_first = push.state == Some("sync");
    match channel.resource.as_deref() {
        None if is_first => return Ok(None),
        Some(resource) if push.resource == Some(resource) => {}
        _ => return Err(Error::Unauthenticated),
    }
    let changed = matches!(push.state, Some("exists" | "not_exists"));
    Ok(changed.then_some(channel.calendar))
}

/// Opens a channel to the chosen calendar, and lets it take over from those before.
///
/// Its row comes first, because its first push may come before Google's answer. Stopped between the two,
/// a row without a resource is left, which the next channel clears away, and a channel of Google's that
/// nobody knows, whose pushes have no effect until it ends. Two runs at once leave the younger channel.
pub(in crate::app) async fn open(app: &App, calendar: &AgentCalendar) -> Result<(), Failure> {
    let id = ChannelId(ids::fresh());
    let token = crypto::random_token();
    let hash = crypto::sha256(token.as_bytes());
    let tx = app.of(calendar.property).await?;
    let wanted = channels::announce(&tx, id, calendar, &hash).await?;
    tx.commit().await?;
    if !wanted {
        return Ok(());
    }
    let base = app.config().web.public_url.as_str().trim_end_matches('/');
    let address = format!("{base}{WEBHOOK}");
    let channel = crate::google::calendar::Channel {
        id,
        address: &address,
        token: &token,
    };
    let mut account = Account::of(app, calendar.account());
    let watch =
        account.calendar(|google| async move { google.watch(&calendar.calendar, &channel).await });
    match watch.await {
        Ok(watched) => take_over(app, &mut account, calendar, id, watched).await,
        Err(failure) => {
            forget(app, calendar.property, id).await?;
            Err(failure)
        }
    }
}

async fn take_over(
    app: &App,
    account: &mut Account<'_>,
    calendar: &AgentCalendar,
    id: ChannelId,
    watched: Watched,
) -> Result<(), Failure> {
    let end = DateTime::from_timestamp_millis(watched.expires_at.as_millisecond());
    let end = end.unwrap_or_else(|| app.now());
    let resource = &watched.resource;
    let tx = app.of(calendar.property).await?;
    let wanted = channels::opened(&tx, id, calendar.id, resource, end, app.now()).await?;
    let older = if wanted {
        // Something may have changed while nobody told.
        accounts::mark_dirty(&tx, calendar.holder()).await?;
        channels::supersede(&tx, id).await?
    } else {
        Vec::new()
    };
    tx.commit().await?;
    if !wanted {
        let stop = account.calendar(|google| async move { google.stop(id, resource).await });
        return stop.await;
    }
    info!(calendar.id = %calendar.id, channel.id = %id, "Google tells of changes in calendar {}", calendar.id);
    for channel in &older {
        if stop_one(app, account, channel).await {
            forget(app, calendar.property, channel.id).await?;
        } // else the next channel tries it again
    }
    Ok(())
}

/// The channels of a calendar, as far as they are known, are asked to end. May take a moment.
pub(super) async fn stop_all(app: &App, calendar: &AgentCalendar) -> Result<()> {
    let tx = app.of(calendar.property).await?;
    let alive = channels::of_calendar(&tx, calendar.id).await?;
    tx.commit().await?;
    stop(app, calendar, &alive).await;
    Ok(())
}

/// [`stop_all`] for channels that are forgotten already.
pub(super) async fn stop(app: &App, calendar: &AgentCalendar, alive: &[Channel]) {
    let mut account = Account::of(app, calendar.account());
    let stopping = async {
        for channel in alive {
            stop_one(app, &mut account, channel).await;
        }
    };
    if tokio::time::timeout(COURTESY, stopping).await.is_err() {
        warn!(calendar.id = %calendar.id, "Not all channels of calendar {} could be stopped", calendar.id);
    }
}

/// Whether the channel has ended. One that Google never answered for cannot be named to it.
async fn stop_one(app: &App, account: &mut Account<'_>, channel: &Channel) -> bool {
    let Some(resource) = &channel.resource else {
        return true;
    };
    if channel.expires_at.is_some_and(|end| end <= app.now()) {
        return true;
    }
    let id = channel.id;
    let stopped = account
        .calendar(|google| async move { google.stop(id, resource).await })
        .await;
    if stopped.is_err() {
        warn!(channel.id = %id, "Channel {id} could not be stopped");
    }
    stopped.is_ok()
}

/// Opens a channel without making anybody wait for it or fail by it: what goes wrong is written where
/// people see it, and the hourly renewal tries again.
pub(super) async fn open_soon(app: &App, property: PropertyId, id: AgentCalendarId) {
    let opening = async {
        let tx = app.of(property).await?;
        let calendar = agent_calendars::by_id(&tx, id).await?;
        tx.commit().await?;
        match calendar {
            Some(calendar) => open(app, &calendar).await,
            None => Ok(()),
        }
    };
    let failure = match tokio::time::timeout(COURTESY, opening).await {
        Ok(Ok(())) => return,
        Ok(Err(failure)) => failure.to_string(),
        Err(_) => "Google did not answer in time".to_owned(),
    };
    warn!(calendar.id = %id, error = failure, "Calendar {id} has no channel yet");
    let noted = async {
        let tx = app.of(property).await?;
        let holder = accounts::Holder::Calendar(id);
        accounts::watch_failed(&tx, holder, &failure, None).await?;
        tx.commit().await
    };
    if noted.await.is_err() {
        warn!(calendar.id = %id, "Nor could that be written down");
    }
}

async fn forget(app: &App, property: PropertyId, id: ChannelId) -> Result<()> {
    let tx = app.of(property).await?;
    channels::forget(&tx, id).await?;
    tx.commit().await?;
    Ok(())
}
