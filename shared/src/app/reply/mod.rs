//! Answering a prospect: from a due reply to one delivered letter.
//!
//! `due → sending (text fixed) → draft stored → sent`, or `held`, `cancelled`, `failed`. Every run takes
//! the reply's lease, asks the database and the Gmail thread whether the answer is still wanted and
//! whether it is out already, and goes on from what is stored. The letter leaves Gmail as a draft whose
//! id is stored before it is sent: sending consumes the draft, so a second send delivers nothing.

mod approvals;
mod send;
mod wanted;
mod write;

pub use approvals::{approve, edit, list, reject};

use chrono::TimeDelta;
use tracing::{info, warn};
use uuid::Uuid;

use self::wanted::Verdict;
use self::write::Written;
use super::grants::{Account, Failure};
use super::{App, Deadline, inbox};
use crate::domain::ids::{self, ReplyId};
use crate::domain::reply::ReplyState;
use crate::error::{Result, chain};
use crate::queue::Job;
use crate::store::mailboxes::{self, Mailbox};
use crate::store::messages::{self, Question};
use crate::store::replies::{self, Reply};

/// A model that fails for so long is given up and the reply held (contracts: within five minutes).
const MODEL_PATIENCE: TimeDelta = TimeDelta::minutes(4);
/// A letter that could not be sent for so long is no longer an answer.
const SENDING_PATIENCE: TimeDelta = TimeDelta::hours(24);

/// A reply may be due: brings it one state further, or to its end.
///
/// Early, repeated and late calls do no harm. Stopped anywhere, the sweep calls again once the lease
/// has run out.
pub async fn attend(app: &App, id: ReplyId, deadline: Deadline) -> Result<()> {
    let owner = ids::fresh();
    let seconds = deadline.lease().as_secs_f64();
    let tx = app.everywhere().await?;
    let reply = replies::claim(&tx, id, owner, seconds, app.now()).await?;
    let Some(reply) = reply else {
        let early = replies::by_id(&tx, id).await?;
        tx.commit().await?;
        return hop(app, early).await;
    };
    tx.commit().await?;

    let tx = app.of(reply.property).await?;
    let mailbox = mailboxes::by_id(&tx, reply.mailbox).await?;
    let question = messages::question(&tx, reply.property, reply.message).await?;
    tx.commit().await?;
    let (Some(mailbox), Some(question)) = (mailbox, question) else {
        return end(app, &reply, ReplyState::Cancelled, "erased").await;
    };
    let work = Work {
        app,
        owner,
        reply,
        mailbox,
        question,
    };
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
    replies::end(&tx, reply.id, state, reason).await?;
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
}

/// How a run ended.
enum Done {
    /// Nothing is left to do, or a person is asked.
    Settled,
    /// The same again in a while.
    Later(TimeDelta),
}

impl Work<'_> {
    async fn go(&self) -> Result<Done, Failure> {
        let mut account = Account::of(self.app, &self.mailbox);
        match wanted::decide(self, &mut account).await? {
            Verdict::Delivered(message, at) => {
                send::record(self, &message, at, &mut account).await?;
                Ok(Done::Settled)
            }
            Verdict::Unwanted(reason) => {
                send::withdraw(self, &mut account).await?;
                end(self.app, &self.reply, ReplyState::Cancelled, reason).await?;
                Ok(Done::Settled)
            }
            Verdict::NotYet(wait) => Ok(Done::Later(wait)),
            Verdict::Hold(reason) => {
                self.hold(None, None, &[reason.to_owned()]).await?;
                Ok(Done::Settled)
            }
            Verdict::Wanted { drafted } => {
                let letter = match &self.reply.letter {
                    Some(letter) => letter.clone(),
                    None => match write::letter(self).await? {
                        Written::Done(letter) => letter,
                        Written::Held => return Ok(Done::Settled),
                        Written::Later(wait) => return Ok(Done::Later(wait)),
                    },
                };
                send::deliver(self, &mut account, &letter, drafted).await
            }
        }
    }

    async fn hold(
        &self,
        body: Option<&str>,
        confidence: Option<f64>,
        reasons: &[String],
    ) -> Result<(), Failure> {
        let tx = self.app.of(self.reply.property).await?;
        replies::hold(&tx, self.reply.id, self.owner, body, confidence, reasons).await?;
        tx.commit().await?;
        info!(reply.id = %self.reply.id, reasons = ?reasons, "Reply {} is held", self.reply.id);
        Ok(())
    }

    /// Leaves the row as the next run wants to find it.
    async fn conclude(&self, answered: Result<Done, Failure>) -> Result<()> {
        let id = self.reply.id;
        let wait = match answered {
            Ok(Done::Settled) => return Ok(()),
            Ok(Done::Later(wait)) => wait,
            Err(Failure::Ours(error)) => {
                // The queue brings it again at once, the sweep when the lease has run out.
                self.postpone(TimeDelta::zero()).await?;
                return Err(error);
            }
            Err(Failure::Reconnect) => TimeDelta::minutes(10),
            Err(Failure::Google(error)) => {
                warn!(reply.id = %id, error = chain(&error), "Reply {id} waits for Google");
                inbox::patience(&error, self.reply.attempts)
            }
        };
        let since = self.reply.approved_at.unwrap_or(self.reply.due_at);
        if self.app.now() + wait - since > SENDING_PATIENCE {
            return end(self.app, &self.reply, ReplyState::Failed, "gave_up").await;
        }
        self.postpone(wait).await?;
        self.app
            .queue()
            .nudge(Job::Reply(id), wait.to_std().unwrap_or_default())
            .await;
        Ok(())
    }

    async fn postpone(&self, wait: TimeDelta) -> Result<()> {
        let until = self.app.now() + wait;
        let tx = self.app.of(self.reply.property).await?;
        replies::postpone(&tx, self.reply.id, self.owner, until).await?;
        tx.commit().await?;
        Ok(())
    }
}
