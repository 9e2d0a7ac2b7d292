//! Getting a letter out, once: draft, store the draft's id, send that draft, record.

use chrono::{DateTime, TimeDelta, Utc};
use tracing::{info, warn};

use super::wanted::Addressed;
use super::{Done, Run, text};
use crate::app::filing;
use crate::app::grants::{Account, Failure};
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{DraftId, GmailMessageId};
use crate::error::{Error, chain};
use crate::google;
use crate::store::letters::{self, LetterState};
use crate::store::mailboxes::Mailbox;

/// Gmail's clock is not ours, and its search takes days as it likes.
const SLACK: TimeDelta = TimeDelta::days(1);

/// What earlier runs left in the mailbox.
#[derive(Default)]
pub(super) struct Left {
    /// The letter has left.
    pub sent: Option<GmailMessageId>,
    /// Drafts of it, as messages.
    pub drafts: Vec<GmailMessageId>,
}

/// Looks for what earlier runs left, if any came so far as to ask Gmail.
pub(super) async fn left(
    run: &Run<'_>,
    account: &mut Account<'_>,
    to: &EmailAddress,
) -> Result<Left, Failure> {
    if run.letter.state == LetterState::Sending {
        look(run, account, to).await
    } else {
        Ok(Left::default())
    }
}

/// What the mailbox holds of this letter. A look that fails says nothing: asked again later.
async fn look(
    run: &Run<'_>,
    account: &mut Account<'_>,
    to: &EmailAddress,
) -> Result<Left, Failure> {
    let due = run.letter.due_at.as_second();
    let since = DateTime::<Utc>::from_timestamp(due, 0).unwrap_or_default() - SLACK;
    let written = account
        .gmail(|gmail| async move { gmail.written_to(to, since).await })
        .await?;
    let mark = run.letter.id.to_string();
    let mut left = Left::default();
    for outline in written {
        let has = |name: &str| outline.labels.iter().any(|label| label == name);
        if outline.letter_mark.as_deref() != Some(mark.as_str()) {
            continue;
        } else if has("SENT") {
            left.sent = Some(outline.id);
        } else if has("DRAFT") {
            left.drafts.push(outline.id);
        }
    }
    Ok(left)
}

/// Sends the letter. `left` are drafts of it that earlier runs left.
pub(super) async fn deliver(
    run: &Run<'_>,
    account: &mut Account<'_>,
    mailbox: &Mailbox,
    to: &Addressed,
    left: &[GmailMessageId],
) -> Result<Done, Failure> {
    let draft = &match &run.letter.draft {
        Some(draft) => draft.clone(),
        None => match draft(run, account, mailbox, to, left).await? {
            Ok(draft) => draft,
            Err(reason) => return Ok(Done::Ended(LetterState::Failed, reason)),
        },
    };
    match account
        .gmail(|gmail| async move { gmail.send_draft(draft).await })
        .await
    {
        Ok(sent) => {
            record(run, mailbox, &sent.message, account).await?;
            clear(run, account, &to.address).await;
            Ok(Done::Settled)
        }
        // Gone: sent by an earlier try whose answer was lost, or thrown away by a person.
        Err(Failure::Google(google::Error::NotFound)) => {
            match look(run, account, &to.address).await?.sent {
                Some(sent) => {
                    record(run, mailbox, &sent, account).await?;
                    Ok(Done::Settled)
                }
                // Search may be late: then history shows it as sent, and so it is written down.
                None => Ok(Done::Ended(LetterState::Cancelled, "draft_discarded")),
            }
        }
        Err(Failure::Google(google::Error::Refused { status, reason })) => {
            let id = run.letter.id;
            warn!(letter.id = %id, google.status = status, google.reason = %reason, "Gmail refuses letter {id}");
            Ok(Done::Ended(LetterState::Failed, "gmail_refused"))
        }
        // Whether it took effect is unknown: the draft's id decides that at the next run.
        Err(failure) => Err(failure),
    }
}

/// The draft of this letter, its id stored. The inner error says why there can be none.
async fn draft(
    run: &Run<'_>,
    account: &mut Account<'_>,
    mailbox: &Mailbox,
    to: &Addressed,
    left: &[GmailMessageId],
) -> Result<Result<DraftId, &'static str>, Failure> {
    let adopted = match left.first() {
        Some(message) => {
            account
                .gmail(|gmail| async move { gmail.draft_of(message).await })
                .await?
        }
        None => None,
    };
    let draft = match adopted {
        Some(draft) => draft,
        None => match create(run, account, mailbox, to).await? {
            Ok(draft) => draft,
            Err(reason) => return Ok(Err(reason)),
        },
    };
    let tx = run.app.of(run.property.id).await?;
    let stored = letters::drafted(&tx, run.letter.id, run.owner, &draft).await?;
    tx.commit().await?;
    if !stored {
        return Err(Run::lost()); // the draft is found again by its mark
    }
    Ok(Ok(draft))
}

async fn create(
    run: &Run<'_>,
    account: &mut Account<'_>,
    mailbox: &Mailbox,
    to: &Addressed,
) -> Result<Result<DraftId, &'static str>, Failure> {
    let raw = match text::raw(run, mailbox, to) {
        Some(Ok(raw)) => raw,
        Some(Err(error)) => {
            warn!(letter.id = %run.letter.id, error = %error, "A letter cannot be composed");
            return Ok(Err("not_composable"));
        }
        None => return Ok(Err("not_composable")),
    };
    let tx = run.app.of(run.property.id).await?;
    let ours = letters::begun(&tx, run.letter.id, run.owner).await?;
    tx.commit().await?;
    if !ours {
        return Err(Run::lost());
    }
    let raw = raw.as_slice();
    let drafted = account
        .gmail(|gmail| async move { gmail.create_draft(raw, None).await })
        .await;
    match drafted {
        Ok(drafted) => Ok(Ok(drafted.draft)),
        Err(Failure::Google(google::Error::Refused { .. })) => Ok(Err("gmail_refused")),
        Err(failure) => Err(failure),
    }
}

/// Files the letter as it left, in the way in which history would: whoever of the two comes first.
pub(super) async fn record(
    run: &Run<'_>,
    mailbox: &Mailbox,
    message: &GmailMessageId,
    account: &mut Account<'_>,
) -> Result<(), Failure> {
    let app = run.app;
    let delivered = account
        .gmail(|gmail| async move { gmail.raw(message).await })
        .await;
    match delivered {
        Ok(raw) => {
            if let Err(filing::Failure::Ours(error)) = filing::file(app, mailbox, &raw, false).await
            {
                return Err(error.into());
            }
        }
        // Deleted by a person since: it was sent all the same.
        Err(Failure::Google(google::Error::NotFound | google::Error::Refused { .. })) => {}
        Err(failure) => return Err(failure),
    }
    let tx = app.of(run.property.id).await?;
    letters::sent(&tx, &run.letter, message, app.instant()).await?;
    tx.commit().await?;
    let (id, kind) = (run.letter.id, run.letter.kind.as_str());
    info!(letter.id = %id, letter.kind = kind, "Letter {id} is sent");
    Ok(())
}

/// Removes what a call that was given up may have drafted after all. Nobody waits for it.
async fn clear(run: &Run<'_>, account: &mut Account<'_>, to: &EmailAddress) {
    if run.letter.attempts < 2 {
        return;
    }
    let cleared = match look(run, account, to).await {
        Ok(left) => discard(account, &left.drafts).await,
        Err(failure) => Err(failure),
    };
    if let Err(failure) = cleared {
        let error = Error::from(failure);
        warn!(letter.id = %run.letter.id, error = chain(&error), "A draft of a letter may be left");
    }
}

/// Takes back what nobody wants any more: the stored draft, and those that were left.
pub(super) async fn withdraw(
    run: &Run<'_>,
    account: &mut Account<'_>,
    left: &[GmailMessageId],
) -> Result<(), Failure> {
    if let Some(draft) = &run.letter.draft {
        match account
            .gmail(|gmail| async move { gmail.delete_draft(draft).await })
            .await
        {
            Ok(_) | Err(Failure::Reconnect) => {}
            Err(failure) => return Err(failure),
        }
    }
    discard(account, left).await
}

async fn discard(account: &mut Account<'_>, drafts: &[GmailMessageId]) -> Result<(), Failure> {
    for message in drafts {
        let draft = account
            .gmail(|gmail| async move { gmail.draft_of(message).await })
            .await?;
        if let Some(draft) = &draft {
            account
                .gmail(|gmail| async move { gmail.delete_draft(draft).await })
                .await?;
        }
    }
    Ok(())
}
