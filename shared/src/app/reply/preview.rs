//! Held replies as drafts in Gmail, in the prospect's thread: whoever works there sees what the assistant would
//! say, and may change and send it. It goes out under the reply's mark, so that filing it ends the reply.
//!
//! Only texts against which nothing was found: Gmail's button asks nobody twice and names no reasons. The draft
//! that is sent after an approval is another one, made of the approved text; the preview goes before that.

use chrono::TimeDelta;
use tracing::warn;

use super::{Work, send, wanted};
use crate::app::grants::{Account, Failure};
use crate::app::{App, Deadline};
use crate::domain::ids::{DraftId, ReplyId};
use crate::domain::reply::ReplyState;
use crate::error::{Error, Result, chain};
use crate::google;
use crate::mail::{self, wording};
use crate::queue::Job;
use crate::store::accounts::Status;
use crate::store::replies::{self, Next};

/// What a text may be held for and still be shown.
const HARMLESS: [&str; 2] = ["approval_required", "low_confidence"];
/// Runs in which Gmail is asked for a draft. Nobody misses one that is not there.
const TRIES: i32 = 8;
/// Minutes between two runs, at the most.
const PATIENCE: i32 = 60;

pub(super) fn is_shown(reasons: &[String]) -> bool {
    reasons
        .iter()
        .all(|reason| HARMLESS.contains(&reason.as_str()))
}

/// Brings the preview to where the reply is: shows the text as it stands now, or takes the draft away.
///
/// May be repeated. Stopped half-way, a draft may be left that nobody knows; the next run finds it by its mark.
pub(super) async fn attend(app: &App, id: ReplyId, deadline: Deadline) -> Result<()> {
    let owner = crate::domain::ids::fresh();
    let seconds = deadline.lease().as_secs_f64();
    let tx = app.everywhere().await?;
    let reply = replies::claim_preview(&tx, id, owner, seconds, app.now()).await?;
    tx.commit().await?;
    let Some(reply) = reply else { return Ok(()) };
    let Some(work) = Work::load(app, owner, reply, deadline).await? else {
        return Ok(()); // the row goes with its message
    };
    let is_held = work.reply.state == ReplyState::Held;
    let is_unwilling = is_held && work.reply.preview.is_none() && work.reply.attempts > TRIES;
    if work.mailbox.status == Status::Disconnected || is_unwilling {
        return store(&work, None).await.map(drop);
    }
    let mut account = Account::of(app, work.mailbox.account());
    let done = match work.reply.state {
        ReplyState::Held => show(&work, &mut account).await,
        _ => hide(&work, &mut account).await,
    };
    match done {
        Ok(()) => Ok(()),
        Err(Failure::Ours(error)) => Err(error),
        Err(failure) => {
            let error = Error::from(failure);
            warn!(reply.id = %id, error = chain(&error), "Gmail does not show reply {id} as it is");
            let wait = (5 * work.reply.attempts).min(PATIENCE);
            work.postpone(TimeDelta::minutes(wait.into())).await
        }
    }
}

async fn show(work: &Work<'_>, account: &mut Account<'_>) -> Result<(), Failure> {
    let body = work.reply.body_text.as_deref().unwrap_or_default();
    let signature = work.mailbox.signature.as_deref().unwrap_or_default();
    let letter = mail::letter(body, signature, "", wording::OPT_OUT);
    let Some(raw) = &send::raw(work, &letter, false) else {
        store(work, None).await?;
        return Ok(());
    };
    if let Some(draft) = &work.reply.preview {
        let thread = &work.question.gmail_thread;
        let updated = account
            .gmail(|gmail| async move { gmail.update_draft(draft, raw, thread).await })
            .await;
        match updated {
            Ok(()) => {
                store(work, Some((draft, body))).await?;
            }
            // Thrown away, or sent by hand, which is noticed where mail is filed. Either way nobody wants another.
            Err(Failure::Google(google::Error::NotFound)) => {
                store(work, None).await?;
            }
            Err(failure) => return Err(failure),
        }
        return Ok(());
    }
    let outlines = wanted::outlines(work, account).await?;
    if let Some(sent) = wanted::sent(work, &outlines) {
        return send::record(work, &sent, account).await;
    }
    send::discard(account, &wanted::drafts(work, &outlines)).await?;
    match send::create(work, account, raw).await? {
        Ok(draft) => {
            if !store(work, Some((&draft, body))).await? {
                take_away(account, &draft).await?;
            }
        }
        Err(reason) => {
            warn!(reply.id = %work.reply.id, reason, "Gmail takes no draft of reply {}", work.reply.id);
            store(work, None).await?;
        }
    }
    Ok(())
}

async fn hide(work: &Work<'_>, account: &mut Account<'_>) -> Result<(), Failure> {
    match &work.reply.preview {
        Some(draft) => {
            take_away(account, draft).await?;
        }
        // It ended while one was made, and nobody knows whether it was.
        None => {
            let outlines = wanted::outlines(work, account).await?;
            send::discard(account, &wanted::drafts(work, &outlines)).await?;
        }
    }
    store(work, None).await?;
    Ok(())
}

/// Before an approved letter is drafted. Where the access is lost the preview stays until it is back.
pub(super) async fn give_way(
    work: &mut Work<'_>,
    account: &mut Account<'_>,
) -> Result<(), Failure> {
    let Some(draft) = &work.reply.preview else {
        return Ok(());
    };
    match take_away(account, draft).await {
        Ok(was_there) => work.preview_was_gone = !was_there,
        Err(Failure::Reconnect) => return Ok(()),
        Err(failure) => return Err(failure),
    }
    work.reply.preview = None;
    let tx = work.app.of(work.reply.property).await?;
    replies::unveil(&tx, work.reply.id, work.owner).await?;
    tx.commit().await?;
    Ok(())
}

async fn take_away(account: &mut Account<'_>, draft: &DraftId) -> Result<bool, Failure> {
    account
        .gmail(|gmail| async move { gmail.delete_draft(draft).await })
        .await
}

/// `false`: the lease had run out.
async fn store(work: &Work<'_>, shown: Option<(&DraftId, &str)>) -> Result<bool> {
    let (app, id) = (work.app, work.reply.id);
    let tx = app.of(work.reply.property).await?;
    let stored = replies::previewed(&tx, id, work.owner, shown).await?;
    tx.commit().await?;
    if stored == Some(Next::More) {
        // Somebody approved, edited or rejected meanwhile, and whom that woke found the lease taken.
        app.queue()
            .nudge(Job::Reply(id), std::time::Duration::ZERO)
            .await;
    }
    Ok(stored.is_some())
}
