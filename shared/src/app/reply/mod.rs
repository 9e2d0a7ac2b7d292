//! Answering a prospect: from a due reply to one delivered letter.
//!
//! `due → sending (text fixed) → draft stored → sent`, or `held`, `cancelled`, `failed`. Every run takes
//! the reply's lease, asks the database and the Gmail thread whether the answer is still wanted and
//! whether it is out already, and goes on from what is stored. The letter leaves Gmail as a draft whose
//! id is stored before it is sent: sending consumes the draft, so a second send delivers nothing.

mod approvals;
mod guarded;
mod journal;
mod preview;
mod send;
mod sender;
mod wanted;
mod write;

pub(in crate::app) use self::journal::log;
pub use approvals::{approve, approve_as, edit, list, reject};

use std::time::Duration;

use chrono::TimeDelta;
use tracing::{info, warn};
use uuid::Uuid;

use self::wanted::Verdict;
use self::write::Written;
use super::grants::{Account, Failure};
use super::{App, Deadline, inbox};
use crate::domain;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{self, ReplyId};
use crate::domain::reply::ReplyState;
use crate::error::{Error, Result, chain};
use crate::google;
use crate::queue::Job;
use crate::store::accounts;
use crate::store::mailboxes::{self, Mailbox};
use crate::store::messages::{self, Question};
use crate::store::replies::{self, Reply};

/// A model that fails for so long is given up and the reply held (contracts: within five minutes).
const MODEL_PATIENCE: TimeDelta = TimeDelta::minutes(4);
/// A letter that could not be sent for so long is no longer an answer.
const SENDING_PATIENCE: TimeDelta = TimeDelta::hours(24);
/// Runs that may fail by our own fault before a person is asked; by then the queue has given the
/// message up, too.
const ATTEMPTS_MAX: i32 = 10;
/// Runs that may be killed before there is a letter: each takes a minute, and its lease some more.
const KILLS_MAX: i32 = 5;
/// With less time than this a run is not begun: it would be killed in the middle.
const WORTH_BEGINNING: Duration = Duration::from_secs(5);

/// A reply may be due: brings it one state further, or to its end.
///
/// Early, repeated and late calls do no harm. Stopped anywhere, the sweep calls again once the lease
/// has run out.
pub async fn attend(app: &App, id: ReplyId, deadline: Deadline) -> Result<()> {
    if deadline.is_near(WORTH_BEGINNING) {
        return Err(Error::busy(WORTH_BEGINNING));
    }
    let owner = ids::fresh();
    let seconds = deadline.lease().as_secs_f64();
    let tx = app.everywhere().await?;
    let reply = replies::claim(&tx, id, owner, seconds, app.now()).await?;
    let Some(reply) = reply else {
        let early = replies::by_id(&tx, id).await?;
        tx.commit().await?;
        hop(app, early).await?;
        return preview::attend(app, id, deadline).await;
    };
    tx.commit().await?;

    let Some(mut work) = Work::load(app, owner, reply, deadline).await? else {
        return Ok(()); // the row goes with its message
    };
    if work.reply.kills >= KILLS_MAX && work.reply.state == ReplyState::Due {
        // Whatever kills the runs does it before there is a letter: a person is asked.
        let reasons = ["internal_error".to_owned()];
        return Ok(work.hold(None, &reasons).await?);
    }
    if work.reply.kills > 0 && work.is_too_late(TimeDelta::zero()) {
        return work.give_up().await;
    }
    let answered = work.go().await;
    work.conclude(answered).await
}

/// Not due yet: wakes it again, in hops that the queue can hold.
async fn hop(app: &App, reply: Option<Reply>) -> Result<()> {
    if let Some(reply) = reply
        && matches!(reply.state, ReplyState::Due | ReplyState::Sending)
    {
        let next = reply
            .next_attempt_at
            .map_or(reply.due_at, |next| next.max(reply.due_at));
        if next > app.now() {
            inbox::nudge_reply(app, reply.id, next).await;
        }
    }
    Ok(())
}

async fn end(app: &App, reply: &Reply, state: ReplyState, reason: &str) -> Result<()> {
    let tx = app.of(reply.property).await?;
    if replies::end(&tx, reply.id, state, reason).await? {
        let action = match state {
            ReplyState::Failed => "reply.failed",
            _ => "reply.cancelled",
        };
        log(&tx, reply.property, reply.id, action, &[reason.to_owned()]).await?;
    }
    tx.commit().await?;
    info!(reply.id = %reply.id, reply.state = state.as_str(), reason, "Reply {} ended", reply.id);
    Ok(())
}

/// One run over one reply.
struct Work<'a> {
    app: &'a App,
    owner: Uuid,
    reply: Reply,
    mailbox: Mailbox,
    question: Question,
    deadline: Deadline,
    /// The visits that the letter offers were open in this run.
    offer_is_known: bool,
    /// Somebody sent the draft that showed the text, or threw it away.
    preview_was_gone: bool,
}

/// How a run ended.
enum Done {
    /// Nothing is left to do, or a person is asked.
    Settled,
    /// The same again in a while.
    Later(TimeDelta),
}

impl<'a> Work<'a> {
    /// `None`: the message or the mailbox is gone, and the reply with it.
    async fn load(
        app: &'a App,
        owner: Uuid,
        reply: Reply,
        deadline: Deadline,
    ) -> Result<Option<Self>> {
        let tx = app.of(reply.property).await?;
        let mailbox = mailboxes::by_id(&tx, reply.mailbox).await?;
        let question = messages::question(&tx, reply.property, reply.message).await?;
        tx.commit().await?;
        Ok(mailbox.zip(question).map(|(mailbox, question)| Self {
            app,
            owner,
            reply,
            mailbox,
            question,
            deadline,
            offer_is_known: false,
            preview_was_gone: false,
        }))
    }
}

impl Work<'_> {
    async fn go(&mut self) -> Result<Done, Failure> {
        let mut account = Account::of(self.app, self.mailbox.account());
        preview::give_way(self, &mut account).await?;
        loop {
            let (verdict, drafts) = wanted::decide(self, &mut account).await?;
            match verdict {
                Verdict::Delivered(message) => {
                    send::record(self, &message, &mut account).await?;
                    return Ok(Done::Settled);
                }
                Verdict::Unwanted(reason) => {
                    send::withdraw(self, &mut account, &drafts).await?;
                    end(self.app, &self.reply, ReplyState::Cancelled, reason).await?;
                    return Ok(Done::Settled);
                }
                Verdict::Stale(reason) => {
                    send::withdraw(self, &mut account, &drafts).await?;
                    self.recall(reason).await?;
                    return Ok(Done::Settled);
                }
                Verdict::NotYet(wait) => return Ok(Done::Later(wait)),
                Verdict::Hold(reason) => {
                    self.hold(None, &[reason.to_owned()]).await?;
                    return Ok(Done::Settled);
                }
                Verdict::Wanted => {}
            }
            if let Some(letter) = &self.reply.letter {
                return send::deliver(self, &mut account, letter, &drafts).await;
            }
            match write::letter(self).await? {
                // Writing takes a while, in which anything may happen: it is all asked again.
                Written::Done(letter) => self.written(letter).await?,
                Written::Held => return Ok(Done::Settled),
                Written::Later(wait) => return Ok(Done::Later(wait)),
            }
        }
    }

    /// Goes on as the next run would: with the letter, and with what is stored by now.
    async fn written(&mut self, letter: String) -> Result<(), Failure> {
        self.reply.letter = Some(letter);
        self.offer_is_known = true;
        self.reply.state = ReplyState::Sending;
        let tx = self.app.of(self.reply.property).await?;
        let mailbox = mailboxes::by_id(&tx, self.reply.mailbox).await?;
        let question = messages::question(&tx, self.reply.property, self.reply.message).await?;
        tx.commit().await?;
        self.mailbox = mailbox.ok_or(Error::NotFound("Mailbox"))?;
        self.question = question.ok_or(Error::NotFound("Message"))?;
        Ok(())
    }

    /// Whom the letter goes to. `None`: the sender's address is none.
    fn recipient(&self) -> Option<EmailAddress> {
        self.one_of(domain::reply::recipient)
    }

    /// Who asks: the sender, or the prospect for whom a portal writes. `None`: the sender's address is none.
    fn writer(&self) -> Option<EmailAddress> {
        self.one_of(domain::reply::writer)
    }

    fn one_of(
        &self,
        choose: for<'a> fn(
            &'a EmailAddress,
            Option<&'a EmailAddress>,
            &[String],
        ) -> &'a EmailAddress,
    ) -> Option<EmailAddress> {
        let address = |text: &str| EmailAddress::parse(text).ok();
        let from = address(&self.question.from_address)?;
        let reply_to = self.question.reply_to.as_deref().and_then(address);
        Some(choose(&from, reply_to.as_ref(), &self.mailbox.portal_domains).clone())
    }

    /// Puts it before a person, with what is written so far and the confidence in it.
    async fn hold(&self, text: Option<(&str, f64)>, reasons: &[String]) -> Result<(), Failure> {
        let (id, property) = (self.reply.id, self.reply.property);
        let preview = text.is_some() && preview::is_shown(reasons);
        let tx = self.app.of(property).await?;
        if replies::hold(&tx, id, self.owner, text, reasons, preview).await? {
            log(&tx, property, id, "reply.held", reasons).await?;
        }
        tx.commit().await?;
        info!(reply.id = %id, reasons = ?reasons, "Reply {id} is held");
        if preview {
            let queue = self.app.queue();
            queue.nudge(Job::Reply(id), Duration::ZERO).await;
        }
        Ok(())
    }

    /// Puts a letter that was not delivered before a person after all.
    async fn recall(&self, reason: &str) -> Result<(), Failure> {
        let tx = self.app.of(self.reply.property).await?;
        let (id, property) = (self.reply.id, self.reply.property);
        if replies::recall(&tx, id, self.owner, reason).await? {
            log(&tx, property, id, "reply.held", &[reason.to_owned()]).await?;
        }
        tx.commit().await?;
        info!(reply.id = %self.reply.id, reason, "Reply {} is held after all", self.reply.id);
        Ok(())
    }

    /// Leaves the row as the next run wants to find it.
    async fn conclude(&self, answered: Result<Done, Failure>) -> Result<()> {
        let id = self.reply.id;
        let wait = match answered {
            Ok(Done::Settled) => return Ok(()),
            Ok(Done::Later(wait)) => wait,
            Err(Failure::Ours(error)) => {
                if self.is_hopeless(&error) {
                    self.hold(None, &["internal_error".to_owned()]).await?;
                } else {
                    // The queue brings it again at once, the sweep when the lease has run out.
                    self.postpone(TimeDelta::zero()).await?;
                }
                return Err(error);
            }
            Err(Failure::Reconnect) => TimeDelta::minutes(10),
            Err(Failure::Google(error)) => {
                warn!(reply.id = %id, error = chain(&error), "Reply {id} waits for Google");
                let wait = inbox::patience(&error, self.reply.attempts);
                if matches!(error, google::Error::RateLimited { .. }) {
                    let until = self.app.now() + wait;
                    let tx = self.app.of(self.reply.property).await?;
                    accounts::leave_alone(&tx, self.mailbox.holder(), until, &error.to_string())
                        .await?;
                    tx.commit().await?;
                }
                wait
            }
        };
        if self.is_too_late(wait) {
            return self.give_up().await;
        }
        self.postpone(wait).await?;
        self.app
            .queue()
            .nudge(Job::Reply(id), wait.to_std().unwrap_or_default())
            .await;
        Ok(())
    }

    fn is_too_late(&self, wait: TimeDelta) -> bool {
        let since = self.reply.approved_at.unwrap_or(self.reply.due_at);
        self.app.now() + wait - since > SENDING_PATIENCE
    }

    /// Whether what is not written yet will not be written by trying again.
    fn is_hopeless(&self, error: &Error) -> bool {
        self.reply.state == ReplyState::Due
            && self.reply.attempts >= ATTEMPTS_MAX
            && !matches!(error, Error::Busy { .. })
    }

    /// The letter is too late. Its draft goes too, as far as Gmail lets us.
    async fn give_up(&self) -> Result<()> {
        let mut account = Account::of(self.app, self.mailbox.account());
        if let Err(failure) = send::withdraw(self, &mut account, &[]).await {
            let error = Error::from(failure);
            warn!(reply.id = %self.reply.id, error = chain(&error), "A draft is left in Gmail");
        }
        end(self.app, &self.reply, ReplyState::Failed, "gave_up").await
    }

    async fn postpone(&self, wait: TimeDelta) -> Result<()> {
        let until = self.app.now() + wait;
        let tx = self.app.of(self.reply.property).await?;
        replies::postpone(&tx, self.reply.id, self.owner, until).await?;
        tx.commit().await?;
        Ok(())
    }
}
