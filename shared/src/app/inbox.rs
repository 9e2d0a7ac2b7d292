//! Bringing a mailbox up to date.
//!
//! Pushes, the sweep and people only mark a mailbox dirty and nudge; whoever gets its lease walks
//! Gmail's history from the stored cursor. Each message is filed in one transaction, the cursor follows
//! page by page and never passes a message that is neither stored nor recorded as skipped. Stopped
//! anywhere, the next run goes on from the cursor and finds what it already filed.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tracing::{info, warn};

use super::access::{self, User};
use super::filing::{self, Filed};
use super::grants::{Account, Failure};
use super::{App, Deadline};
use crate::domain::ids::{self, GmailMessageId, HistoryId, MailboxId, PropertyId, ReplyId};
use crate::error::{Error, Result, chain};
use crate::google::gmail::Change;
use crate::google::{self, pubsub::Push};
use crate::queue::Job;
use crate::store::accounts::{self, Holder};
use crate::store::mailboxes::{self, Leased, Mailbox, Status};
use crate::store::messages;
use crate::store::quarantine::{self, Fate};
use crate::store::threads;
use crate::telemetry;

/// Time that one step (a page, a message) may take; with less left, the rest goes to the next run.
const STEP: Duration = Duration::from_secs(5);
/// History pages of one run; the next run goes on, so that other mailboxes get their turn.
const PAGES: usize = 20;
const PAGE_SIZE: u16 = 500;
/// How far history is believed to lag behind a push.
pub(super) const LAG: TimeDelta = TimeDelta::minutes(15);
/// Tries of one message before it waits for a person: about a day.
const TRIES: i32 = 96;

/// A push says that a mailbox changed. The mark is committed before the push is acknowledged; the nudge
/// may be lost. Addresses that nobody connected are ignored.
pub async fn heard(app: &App, push: Push) -> Result<()> {
    let tx = app.everywhere().await?;
    let key = push.address.trim().to_ascii_lowercase();
    let mailbox = mailboxes::heard(&tx, &key, push.history_id, app.now()).await?;
    tx.commit().await?;
    match mailbox {
        Some(mailbox) => {
            app.queue()
                .nudge(Job::Mailbox(mailbox), Duration::ZERO)
                .await
        }
        None => {
            info!(pubsub.message_id = %push.message_id, "A push for a mailbox that is not connected")
        }
    }
    Ok(())
}

/// A person asks to look now.
pub async fn sync_now(app: &App, user: &User, property: PropertyId) -> Result<()> {
    access::may(app, user, property, access::Right::See).await?;
    let tx = app.of(property).await?;
    let mailbox = mailboxes::of_property(&tx, property).await?;
    let Some(mailbox) = mailbox.filter(|mailbox| mailbox.status != Status::Disconnected) else {
        return Err(Error::NotFound("Mailbox"));
    };
    if mailbox.status == Status::ReauthRequired {
        return Err(Error::Reconnect);
    }
    accounts::mark_dirty(&tx, mailbox.holder()).await?;
    quarantine::replay(&tx, property, app.now()).await?;
    tx.commit().await?;
    app.queue()
        .nudge(Job::Mailbox(mailbox.id), Duration::ZERO)
        .await;
    Ok(())
}

/// Reads everything that is new in one mailbox, under its lease.
pub async fn catch_up(app: &App, id: MailboxId, deadline: Deadline) -> Result<()> {
    let owner = ids::fresh();
    let seconds = deadline.lease().as_secs_f64();
    let tx = app.everywhere().await?;
    let leased = mailboxes::lease(&tx, id, owner, seconds, app.now()).await?;
    tx.commit().await?;
    // Somebody else reads it, or it is blocked or not connected: the mark stays for the next one.
    let Some(Leased {
        mut mailbox,
        mut dirty_seq,
    }) = leased
    else {
        return Ok(());
    };

    let started_at = app.now();
    let mut tally = Tally::default();
    loop {
        match walk(app, &mut mailbox, deadline, &mut tally).await {
            Ok(Walked::ToTheEnd) => {
                let tx = app.of(mailbox.property).await?;
                let newest = tally.newest;
                let again =
                    mailboxes::release(&tx, id, owner, dirty_seq, started_at, newest).await?;
                tx.commit().await?;
                let Some(newer) = again else { break };
                dirty_seq = newer; // it changed while we read: once more, the lease is still ours
            }
            Ok(Walked::OutOfTime) => {
                let tx = app.of(mailbox.property).await?;
                accounts::give_up_lease(&tx, Holder::Mailbox(id), owner).await?;
                tx.commit().await?;
                app.queue().nudge(Job::Mailbox(id), Duration::ZERO).await;
                break;
            }
            Err(failure) => return stopped(app, &mailbox, owner, failure).await,
        }
    }
    let filed = tally.filed;
    info!(mailbox.id = %id, filed, "Filed {filed} e-mails for mailbox {id}");
    Ok(())
}

/// What a run brought.
#[derive(Default)]
struct Tally {
    filed: usize,
    /// When the newest mail reached the inbox.
    newest: Option<DateTime<Utc>>,
}

/// How far a walk came.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Walked {
    ToTheEnd,
    OutOfTime,
}

/// Ends a run that met a failure: the circuit of this account opens, the others go on.
async fn stopped(app: &App, mailbox: &Mailbox, owner: uuid::Uuid, failure: Failure) -> Result<()> {
    let tx = app.of(mailbox.property).await?;
    let result = match failure {
        Failure::Google(error) => {
            let wait = patience(&error, mailbox.failures);
            warn!(mailbox.id = %mailbox.id, error = chain(&error), retry_after_s = wait.num_seconds(),
                "Mailbox {} is left alone for a while", mailbox.id);
            let until = app.now() + wait;
            accounts::block(&tx, mailbox.holder(), owner, until, &error.to_string()).await?;
            Ok(Some(wait))
        }
        Failure::Reconnect => {
            accounts::give_up_lease(&tx, mailbox.holder(), owner).await?;
            Ok(None)
        }
        Failure::Ours(error) => {
            accounts::give_up_lease(&tx, mailbox.holder(), owner).await?;
            Err(error)
        }
    };
    tx.commit().await?;
    if let Some(wait) = result? {
        let wait = wait.to_std().unwrap_or_default();
        app.queue().nudge(Job::Mailbox(mailbox.id), wait).await;
    }
    Ok(())
}

/// How long to leave an account alone: what Google says, else twice as long with every failure, up to
/// ten minutes, less a random part so that accounts do not come back all at once.
pub(in crate::app) fn patience(error: &google::Error, failures: i32) -> TimeDelta {
    if let google::Error::RateLimited {
        retry_after: Some(wait),
        ..
    } = error
    {
        let day = Duration::from_secs(86_400);
        return TimeDelta::from_std((*wait).min(day)).unwrap_or(TimeDelta::minutes(1));
    }
    let floor: i64 = match error {
        google::Error::ClientRefused(_) | google::Error::Refused { .. } => 300,
        _ => 2,
    };
    let seconds = (floor << failures.clamp(0, 9)).min(600);
    let spread = ids::fresh().as_u128() % 500;
    let spread = i64::try_from(spread).unwrap_or_default();
    TimeDelta::milliseconds(seconds * (1000 - spread))
}

/// Reads what is new, then what could not be read before.
async fn walk(
    app: &App,
    mailbox: &mut Mailbox,
    deadline: Deadline,
    tally: &mut Tally,
) -> Result<Walked, Failure> {
    let mut reader = Reader {
        app,
        account: Account::of(app, mailbox.account()),
        deadline,
        tally,
    };
    let walked = reader.walk(mailbox).await?;
    if walked == Walked::ToTheEnd {
        // New mail first: what fails again and again must not keep it waiting.
        reader.retry(mailbox).await?;
    }
    Ok(walked)
}

/// Whether Gmail's list may be believed to be complete, and the cursor set to the mailbox's own id.
///
/// Right after a change, history can lag behind it: an id beyond the last record that was read would
/// skip what shows up later. For a while after a push the cursor therefore stands on a record.
fn is_settled(mailbox: &Mailbox, now: DateTime<Utc>) -> bool {
    mailbox.last_push_at.is_none_or(|pushed| pushed < now - LAG)
}

/// Drafts, spam and trash are not mail to us (yet): a rescue from spam comes as a change of its own.
fn may_concern_us(change: &Change) -> bool {
    change.labels.as_deref().is_none_or(filing::is_mail)
}

fn was_in_inbox(change: &Change) -> bool {
    change
        .labels
        .as_deref()
        .is_some_and(|labels| filing::has(labels, "INBOX"))
}

async fn advance(app: &App, mailbox: &mut Mailbox, to: HistoryId) -> Result<(), Failure> {
    let tx = app.of(mailbox.property).await?;
    let moved = mailboxes::advance(&tx, mailbox.id, mailbox.history_id, to).await?;
    tx.commit().await?;
    if !moved {
        // Only a holder of the lease moves the cursor: ours ran out, and somebody else goes on.
        return Err(Error::busy(Duration::from_secs(5)).into());
    }
    mailbox.history_id = mailbox.history_id.max(Some(to));
    Ok(())
}

struct Reader<'a> {
    app: &'a App,
    account: Account<'a>,
    deadline: Deadline,
    tally: &'a mut Tally,
}

impl Reader<'_> {
    /// Walks the history from the cursor to now.
    async fn walk(&mut self, mailbox: &mut Mailbox) -> Result<Walked, Failure> {
        let Some(start) = mailbox.history_id else {
            return self.resync(mailbox).await;
        };
        let mut page_token: Option<String> = None;
        for _ in 0..PAGES {
            if self.deadline.is_near(STEP) {
                return Ok(Walked::OutOfTime);
            }
            let token = page_token.as_deref();
            let page = self
                .account
                .gmail(|gmail| async move { gmail.history(start, token, PAGE_SIZE).await })
                .await;
            let page = match page {
                Err(Failure::Google(google::Error::HistoryExpired)) => {
                    info!(mailbox.id = %mailbox.id, "The history of mailbox {} expired", mailbox.id);
                    telemetry::metric("history_expired", 1.0, telemetry::Unit::Count, &[]);
                    return self.resync(mailbox).await;
                }
                page => page?,
            };
            self.follow_threads(mailbox, &page.changes).await?;
            let wanted = page.changes.iter().filter(|change| may_concern_us(change));
            let ids = wanted
                .map(|change| (change.message.clone(), was_in_inbox(change)))
                .collect();
            if !self.read(mailbox, ids).await? {
                return Ok(Walked::OutOfTime);
            }
            let done = match page.next_page {
                None if is_settled(mailbox, self.app.now()) => Some(page.history_id),
                _ => page.last_record,
            };
            if let Some(done) = done {
                advance(self.app, mailbox, done).await?;
            }
            page_token = page.next_page;
            if page_token.is_none() {
                return Ok(Walked::ToTheEnd);
            }
        }
        Ok(Walked::OutOfTime)
    }

    /// Reads the inbox since the last complete walk, less a day, and sets the cursor to where the
    /// mailbox stood before the listing began: nothing that arrives meanwhile is skipped.
    async fn resync(&mut self, mailbox: &mut Mailbox) -> Result<Walked, Failure> {
        let before = self
            .account
            .gmail(|gmail| async move { gmail.profile().await })
            .await?
            .history_id;
        let complete = mailbox.last_sync_at.or(mailbox.connected_at);
        let since = complete.unwrap_or_else(|| self.app.now()) - TimeDelta::days(1);
        let mut page_token: Option<String> = None;
        loop {
            if self.deadline.is_near(STEP) {
                return Ok(Walked::OutOfTime); // the cursor is still too old: the listing starts again
            }
            let token = page_token.as_deref();
            let page = self
                .account
                .gmail(|gmail| async move { gmail.inbox_since(since, token).await })
                .await?;
            let ids = page
                .ids
                .into_iter()
                .map(|(message, _)| (message, true))
                .collect();
            if !self.read(mailbox, ids).await? {
                return Ok(Walked::OutOfTime);
            }
            page_token = page.next_page;
            if page_token.is_none() {
                break;
            }
        }
        advance(self.app, mailbox, before).await?;
        Ok(Walked::ToTheEnd)
    }

    /// Tries again what could not be read before.
    async fn retry(&mut self, mailbox: &Mailbox) -> Result<(), Failure> {
        let tx = self.app.of(mailbox.property).await?;
        let due = quarantine::due(&tx, mailbox.id, self.app.now(), 20).await?;
        tx.commit().await?;
        for waiting in due {
            if self.deadline.is_near(STEP) {
                break;
            }
            // It was mail when it was set aside, whoever archived it since.
            self.take_in(mailbox, &waiting.message, true, waiting.attempts)
                .await?;
        }
        Ok(())
    }

    /// Moves messages that are stored under another thread than Gmail now says.
    async fn follow_threads(
        &mut self,
        mailbox: &Mailbox,
        changes: &[Change],
    ) -> Result<(), Failure> {
        // Where Gmail names no thread, the message's own id stands in for it.
        let named = changes.iter().filter(|one| one.thread.0 != one.message.0);
        let (ids, threads): (Vec<_>, Vec<_>) = named
            .map(|one| (one.message.0.clone(), one.thread.0.clone()))
            .unzip();
        if ids.is_empty() {
            return Ok(());
        }
        let tx = self.app.of(mailbox.property).await?;
        for misplaced in threads::misplaced(&tx, mailbox.id, ids, threads).await? {
            threads::adopt(&tx, mailbox.property, mailbox.id, &misplaced).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Files those of the messages that are not known yet; with each, whether it stood in the inbox. `false`: the time ran out before the last.
    async fn read(
        &mut self,
        mailbox: &Mailbox,
        mut listed: Vec<(GmailMessageId, bool)>,
    ) -> Result<bool, Failure> {
        if listed.is_empty() {
            return Ok(true);
        }
        let ids: Vec<_> = listed.iter().map(|(id, _)| id.clone()).collect();
        let tx = self.app.of(mailbox.property).await?;
        let known = messages::known(&tx, mailbox.id, &ids).await?;
        tx.commit().await?;
        listed.retain(|(id, _)| !known.contains(id));
        for (id, was_in_inbox) in listed {
            if self.deadline.is_near(STEP) {
                return Ok(false);
            }
            self.take_in(mailbox, &id, was_in_inbox, 0).await?;
        }
        Ok(true)
    }

    /// Fetches and files one message. What cannot be had or read is recorded, so that the cursor may
    /// pass it and its neighbours are filed.
    async fn take_in(
        &mut self,
        mailbox: &Mailbox,
        id: &GmailMessageId,
        was_in_inbox: bool,
        attempts: i32,
    ) -> Result<(), Failure> {
        let raw = match self
            .account
            .gmail(|gmail| async move { gmail.raw(id).await })
            .await
        {
            Ok(raw) => raw,
            Err(Failure::Google(google::Error::NotFound)) => {
                return self.set_aside(mailbox, id, Fate::Skipped, "deleted").await;
            }
            Err(Failure::Google(google::Error::Unreachable(_))) => {
                // Whether it is this message or all of Gmail, the profile tells: an outage ends the run.
                self.account
                    .gmail(|gmail| async move { gmail.profile().await })
                    .await?;
                return self
                    .set_aside(mailbox, id, self.again(attempts), "unreachable")
                    .await;
            }
            // What Gmail will say again tomorrow waits for a person; other refusals may pass.
            Err(Failure::Google(google::Error::Refused { reason, .. })) => {
                let fate = match reason.as_str() {
                    "unreadable" | google::TOO_LARGE => Fate::Quarantined,
                    _ => self.again(attempts),
                };
                return self.set_aside(mailbox, id, fate, &reason).await;
            }
            Err(other) => return Err(other),
        };
        match filing::file(self.app, mailbox, &raw, was_in_inbox).await {
            Ok(Filed::Stored { reply }) => {
                self.tally.filed += 1;
                if raw.received_at <= self.app.now() && filing::has(&raw.labels, "INBOX") {
                    self.tally.newest = self.tally.newest.max(Some(raw.received_at));
                }
                if let Some((reply, due_at)) = reply {
                    nudge_reply(self.app, reply, due_at).await;
                }
                Ok(())
            }
            Ok(Filed::NotForUs) if attempts > 0 => {
                self.set_aside(mailbox, id, Fate::Skipped, "no_mail_any_more")
                    .await
            }
            Ok(Filed::Known | Filed::NotForUs | Filed::Erased) => Ok(()),
            Err(filing::Failure::Unreadable(reason)) => {
                self.set_aside(mailbox, id, Fate::Quarantined, reason).await
            }
            Err(filing::Failure::Ours(error)) => Err(Failure::Ours(error)),
        }
    }

    fn again(&self, attempts: i32) -> Fate {
        if attempts + 1 >= TRIES {
            return Fate::Quarantined;
        }
        Fate::Retry(self.app.now() + TimeDelta::minutes(1 << attempts.clamp(0, 4)))
    }

    async fn set_aside(
        &self,
        mailbox: &Mailbox,
        id: &GmailMessageId,
        fate: Fate,
        reason: &str,
    ) -> Result<(), Failure> {
        if fate == Fate::Quarantined {
            warn!(mailbox.id = %mailbox.id, gmail.message_id = %id, reason, "A message is quarantined");
            telemetry::metric("quarantined", 1.0, telemetry::Unit::Count, &[]);
        }
        let tx = self.app.of(mailbox.property).await?;
        let now = self.app.now();
        quarantine::put(&tx, mailbox.property, mailbox.id, id, fate, reason, now).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Wakes the reply when it is due; longer waits go in hops, and the sweep finds what was lost.
pub(super) async fn nudge_reply(app: &App, reply: ReplyId, due_at: DateTime<Utc>) {
    let wait = (due_at - app.now()).to_std().unwrap_or_default();
    app.queue().nudge(Job::Reply(reply), wait).await;
}
