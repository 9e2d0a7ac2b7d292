//! Getting the letter out, once: draft, store the draft's id, send that draft, record.

use tracing::{info, warn};

use super::{Done, Work, end, wanted};
use crate::app::filing;
use crate::app::grants::{Account, Failure};
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{DraftId, GmailMessageId};
use crate::domain::reply::ReplyState;
use crate::error::{Error, chain};
use crate::google;
use crate::mail::headers::references_of_reply;
use crate::mail::{self, Correspondent, MessageId, Outgoing};
use crate::store::replies;

/// Sends the letter. `left` are drafts of it that earlier runs left in the thread.
pub(super) async fn deliver(
    work: &Work<'_>,
    account: &mut Account<'_>,
    letter: &str,
    left: &[GmailMessageId],
) -> Result<Done, Failure> {
    let (app, reply) = (work.app, &work.reply);
    let draft = &match &reply.draft {
        Some(draft) => draft.clone(),
        None => match draft(work, account, letter, left).await? {
            Ok(draft) => draft,
            Err(reason) => {
                end(app, reply, ReplyState::Failed, reason).await?;
                return Ok(Done::Settled);
            }
        },
    };
    match account
        .gmail(|gmail| async move { gmail.send_draft(draft).await })
        .await
    {
        Ok(sent) => {
            record(work, &sent.message, account).await?;
            Ok(Done::Settled)
        }
        // Gone: sent by an earlier try whose answer was lost, or thrown away by a person.
        Err(Failure::Google(google::Error::NotFound)) => look_for_it(work, account).await,
        Err(Failure::Google(google::Error::Refused { status, reason })) => {
            warn!(reply.id = %reply.id, google.status = status, google.reason = %reason, "Gmail refuses reply {}", reply.id);
            end(app, reply, ReplyState::Failed, "gmail_refused").await?;
            Ok(Done::Settled)
        }
        // Whether it took effect is unknown: the draft's id decides that at the next run.
        Err(failure) => Err(failure),
    }
}

/// The draft of this letter, its id stored. The inner error says why there can be none.
async fn draft(
    work: &Work<'_>,
    account: &mut Account<'_>,
    letter: &str,
    left: &[GmailMessageId],
) -> Result<Result<DraftId, &'static str>, Failure> {
    let Some(raw) = &raw(work, letter, work.reply.approved_by.is_none()) else {
        return Ok(Err("not_composable"));
    };
    let draft = match adopt(work, account, raw, left).await? {
        Some(draft) => draft,
        None => match create(work, account, raw).await? {
            Ok(draft) => draft,
            Err(reason) => return Ok(Err(reason)),
        },
    };
    let tx = work.app.of(work.reply.property).await?;
    let stored = replies::drafted(&tx, work.reply.id, work.owner, &draft).await?;
    tx.commit().await?;
    if !stored {
        // Cancelled meanwhile, or the lease ran out: the draft is found again by its mark.
        return Err(Error::busy(std::time::Duration::from_secs(5)).into());
    }
    Ok(Ok(draft))
}

/// A draft of this reply whose id is not stored, so that it was not sent. It may be a preview, with other words.
async fn adopt(
    work: &Work<'_>,
    account: &mut Account<'_>,
    raw: &[u8],
    left: &[GmailMessageId],
) -> Result<Option<DraftId>, Failure> {
    let Some(message) = left.first() else {
        return Ok(None);
    };
    let draft = account
        .gmail(|gmail| async move { gmail.draft_of(message).await })
        .await?;
    let Some(draft) = &draft else {
        return Ok(None);
    };
    let thread = &work.question.gmail_thread;
    let updated = account
        .gmail(|gmail| async move { gmail.update_draft(draft, raw, thread).await })
        .await;
    match updated {
        Ok(()) => Ok(Some(draft.clone())),
        // Sent by hand, or thrown away, since the thread was looked at.
        Err(Failure::Google(google::Error::NotFound)) => {
            Err(Error::busy(std::time::Duration::from_secs(5)).into())
        }
        Err(Failure::Google(google::Error::Refused { .. })) => {
            discard(account, left).await?;
            Ok(None)
        }
        Err(failure) => Err(failure),
    }
}

/// A new draft in the question's thread. The inner error says why there can be none.
pub(super) async fn create(
    work: &Work<'_>,
    account: &mut Account<'_>,
    raw: &[u8],
) -> Result<Result<DraftId, &'static str>, Failure> {
    let thread = &work.question.gmail_thread;
    let drafted = account
        .gmail(|gmail| async move { gmail.create_draft(raw, Some(thread)).await })
        .await;
    let drafted = match drafted {
        // The thread cannot be written to: the headers alone thread it at the recipient.
        Err(Failure::Google(google::Error::NotFound | google::Error::Refused { .. })) => {
            account
                .gmail(|gmail| async move { gmail.create_draft(raw, None).await })
                .await
        }
        drafted => drafted,
    };
    match drafted {
        Ok(drafted) => Ok(Ok(drafted.draft)),
        Err(Failure::Google(google::Error::Refused { .. })) => Ok(Err("gmail_refused")),
        Err(failure) => Err(failure),
    }
}

/// The bytes of the letter. `None` where the sender's address or the headers do not allow one.
///
/// `automatic`: no person stands behind it (RFC 3834).
pub(super) fn raw(work: &Work<'_>, letter: &str, automatic: bool) -> Option<Vec<u8>> {
    let question = &work.question;
    let ids = |texts: &[String]| -> Vec<MessageId> {
        texts
            .iter()
            .filter_map(|text| MessageId::parse(text))
            .collect()
    };
    let parent = question
        .rfc_message_id
        .as_deref()
        .and_then(MessageId::parse);
    let references = references_of_reply(
        &ids(&question.rfc_references),
        &ids(&question.rfc_in_reply_to),
        parent.as_ref(),
    );
    let address = EmailAddress::parse(&work.mailbox.address).ok()?;
    let message_id = MessageId::for_reply(work.reply.id.0, address.domain());
    let from = Correspondent {
        name: None,
        address,
    };
    let to = work.recipient()?;
    let outgoing = Outgoing {
        from: &from,
        to: &to,
        subject: &question.subject,
        message_id: &message_id,
        in_reply_to: parent.as_ref(),
        references: &references,
        reply_id: work.reply.id.0,
        automatic,
        text: letter,
        date: work.app.now(),
    };
    match mail::compose(&outgoing) {
        Ok(raw) => Some(raw),
        Err(error) => {
            warn!(reply.id = %work.reply.id, error = %error, "Reply {} cannot be composed", work.reply.id);
            None
        }
    }
}

/// Never sends again: the letter is in the thread, or somebody threw its draft away.
async fn look_for_it(work: &Work<'_>, account: &mut Account<'_>) -> Result<Done, Failure> {
    // A look that fails says nothing: asked again later.
    let outlines = wanted::outlines(work, account).await?;
    match wanted::sent(work, &outlines) {
        Some(sent) => record(work, &sent, account).await?,
        None => {
            let (app, reply) = (work.app, &work.reply);
            end(app, reply, ReplyState::Cancelled, "draft_discarded").await?;
        }
    }
    Ok(Done::Settled)
}

/// Files the letter as it left, in the way in which history would: whoever of the two comes first.
/// Read back, because Gmail may have rewritten the Message-ID that later References need.
pub(super) async fn record(
    work: &Work<'_>,
    message: &GmailMessageId,
    account: &mut Account<'_>,
) -> Result<(), Failure> {
    let (app, reply) = (work.app, &work.reply);
    let delivered = account
        .gmail(|gmail| async move { gmail.raw(message).await })
        .await;
    match delivered {
        Ok(raw) => {
            if let Err(filing::Failure::Ours(error)) =
                filing::file(app, &work.mailbox, &raw, false).await
            {
                return Err(error.into());
            }
        }
        // Deleted by a person since: it was sent all the same.
        Err(Failure::Google(google::Error::NotFound | google::Error::Refused { .. })) => {}
        Err(failure) => return Err(failure),
    }
    let tx = app.of(reply.property).await?;
    filing::delivered(&tx, reply, message, app.now()).await?;
    tx.commit().await?;
    info!(reply.id = %reply.id, thread.id = %work.question.thread, "Reply {} is sent", reply.id);
    if reply.attempts > 1 {
        clear(work, account).await;
    }
    Ok(())
}

/// Removes what a call that was given up may have drafted after all. Nobody waits for it.
async fn clear(work: &Work<'_>, account: &mut Account<'_>) {
    let cleared = match wanted::outlines(work, account).await {
        Ok(outlines) => discard(account, &wanted::drafts(work, &outlines)).await,
        Err(failure) => Err(failure),
    };
    if let Err(failure) = cleared {
        let error = Error::from(failure);
        warn!(reply.id = %work.reply.id, error = chain(&error), "A draft may be left in the thread");
    }
}

/// Takes back what nobody wants any more: the stored draft, and those left in the thread.
pub(super) async fn withdraw(
    work: &Work<'_>,
    account: &mut Account<'_>,
    left: &[GmailMessageId],
) -> Result<(), Failure> {
    if let Some(draft) = &work.reply.draft {
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

pub(super) async fn discard(
    account: &mut Account<'_>,
    drafts: &[GmailMessageId],
) -> Result<(), Failure> {
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
