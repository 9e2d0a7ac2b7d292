//! Getting the letter out, once: draft, store the draft's id, send that draft, record.

use chrono::{DateTime, Utc};
use serde_json::json;
use tracing::{info, warn};

use super::{Done, Work, end};
use crate::app::grants::{Account, Failure};
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{DraftId, GmailMessageId};
use crate::domain::reply::ReplyState;
use crate::error::Error;
use crate::google;
use crate::mail::headers::{references_of_reply, subject_of_reply};
use crate::mail::{self, Correspondent, MessageId, Outgoing};
use crate::store::audit::{self, Actor, Entry};
use crate::store::messages::{self, NewEmail};
use crate::store::{leads, replies, threads};

/// Sends the letter. `adopted` is a draft of ours that an earlier run left in the thread.
pub(super) async fn deliver(
    work: &Work<'_>,
    account: &mut Account<'_>,
    letter: &str,
    adopted: Option<GmailMessageId>,
) -> Result<Done, Failure> {
    let (app, reply) = (work.app, &work.reply);
    let draft = &match &reply.draft {
        Some(draft) => draft.clone(),
        None => match draft(work, account, letter, adopted).await? {
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
            record(work, &sent.message, app.now(), account).await?;
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
    adopted: Option<GmailMessageId>,
) -> Result<Result<DraftId, &'static str>, Failure> {
    let adopted = match &adopted {
        Some(message) => {
            account
                .gmail(|gmail| async move { gmail.draft_of(message).await })
                .await?
        }
        None => None,
    };
    let draft = match adopted {
        Some(draft) => draft,
        None => {
            let Some(raw) = &raw(work, letter) else {
                return Ok(Err("not_composable"));
            };
            let thread = &work.question.gmail_thread;
            let drafted = account
                .gmail(|gmail| async move { gmail.create_draft(raw, Some(thread)).await })
                .await;
            match drafted {
                Ok(drafted) => drafted.draft,
                // The thread cannot be written to: the headers alone thread it at the recipient.
                Err(Failure::Google(google::Error::NotFound | google::Error::Refused { .. })) => {
                    match account
                        .gmail(|gmail| async move { gmail.create_draft(raw, None).await })
                        .await
                    {
                        Ok(drafted) => drafted.draft,
                        Err(Failure::Google(google::Error::Refused { .. })) => {
                            return Ok(Err("gmail_refused"));
                        }
                        Err(failure) => return Err(failure),
                    }
                }
                Err(failure) => return Err(failure),
            }
        }
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

/// The bytes of the letter. `None` where the sender's address or the headers do not allow one.
fn raw(work: &Work<'_>, letter: &str) -> Option<Vec<u8>> {
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
    let to = recipient(work)?;
    let outgoing = Outgoing {
        from: &from,
        to: &to,
        subject: &question.subject,
        message_id: &message_id,
        in_reply_to: parent.as_ref(),
        references: &references,
        reply_id: work.reply.id.0,
        automatic: work.reply.approved_by.is_none(),
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

/// The sender of the message that is answered, and nobody else. `Reply-To` counts only within the
/// sender's own domain, or where the sender is a listing portal that relays for the prospect.
fn recipient(work: &Work<'_>) -> Option<EmailAddress> {
    let from = EmailAddress::parse(&work.question.from_address).ok()?;
    let reply_to = work
        .question
        .reply_to
        .as_deref()
        .and_then(|text| EmailAddress::parse(text).ok());
    let Some(reply_to) = reply_to else {
        return Some(from);
    };
    let domain = from.domain();
    let portal = work.mailbox.portal_domains.iter().any(|portal| {
        let portal = portal.to_ascii_lowercase();
        domain == portal || domain.ends_with(&format!(".{portal}"))
    });
    Some(if portal || reply_to.domain() == domain {
        reply_to
    } else {
        from
    })
}

/// Never sends again: the letter is in the thread, or somebody threw its draft away.
async fn look_for_it(work: &Work<'_>, account: &mut Account<'_>) -> Result<Done, Failure> {
    let thread = &work.question.gmail_thread;
    let outlines = match account
        .gmail(|gmail| async move { gmail.outline(thread).await })
        .await
    {
        Ok(outlines) => outlines,
        Err(Failure::Google(google::Error::NotFound)) => Vec::new(),
        Err(failure) => return Err(failure), // not known: asked again later
    };
    let mark = work.reply.id.to_string();
    let sent = outlines.iter().find(|outline| {
        outline.reply_mark.as_deref().map(str::trim) == Some(&mark)
            && outline.labels.iter().any(|label| label == "SENT")
    });
    match sent {
        Some(sent) => record(work, &sent.id, sent.received_at, account).await?,
        None => {
            end(
                work.app,
                &work.reply,
                ReplyState::Cancelled,
                "draft_discarded",
            )
            .await?
        }
    }
    Ok(Done::Settled)
}

/// Stores the delivered letter, once: the run that sent it and the history that shows it may meet here.
pub(super) async fn record(
    work: &Work<'_>,
    message: &GmailMessageId,
    at: DateTime<Utc>,
    account: &mut Account<'_>,
) -> Result<(), Failure> {
    let (app, reply, question) = (work.app, &work.reply, &work.question);
    // Gmail may have rewritten the Message-ID; later References need the real one. Not worth failing for.
    let message_id = account
        .gmail(|gmail| async move { gmail.message_id_of(message).await })
        .await;
    let message_id = message_id.unwrap_or_default();
    let letter = match &reply.letter {
        Some(letter) => letter.clone(),
        None => {
            let tx = app.of(reply.property).await?;
            let stored = replies::by_id(&tx, reply.id).await?;
            tx.commit().await?;
            stored.and_then(|stored| stored.letter).unwrap_or_default()
        }
    };
    let to = recipient(work)
        .map(|to| to.as_str().to_owned())
        .unwrap_or_default();
    let subject = subject_of_reply(&question.subject);
    let tx = app.of(reply.property).await?;
    let thread = threads::find(&tx, reply.property, &question.gmail_thread).await?;
    if replies::sent(&tx, reply.id, message, at).await?
        && let Some(thread) = thread
        && !messages::is_stored(&tx, work.mailbox.id, message).await?
    {
        let turn = match question.conversation {
            Some(conversation) => {
                Some(leads::add_turn(&tx, conversation, "assistant", &letter).await?)
            }
            None => None,
        };
        let mut references = question.rfc_references.clone();
        references.extend(question.rfc_message_id.clone());
        let email = NewEmail {
            property: reply.property,
            mailbox: work.mailbox.id,
            thread: thread.id,
            gmail_id: message,
            inbound: false,
            from_address: &work.mailbox.address,
            from_name: None,
            to_address: &to,
            cc_addresses: Vec::new(),
            reply_to: None,
            subject: &subject,
            body_text: &letter,
            body_fresh: None,
            body_html: None,
            attachments: json!([]),
            rfc_message_id: message_id.as_deref(),
            rfc_in_reply_to: question.rfc_message_id.clone().into_iter().collect(),
            rfc_references: references,
            labels: vec!["SENT".to_owned()],
            truncated: false,
            date_clamped: false,
            unanswerable: None,
            sender_verified: true,
            ai_generated: true,
            turn,
            reply: Some(reply.id),
            at,
        };
        messages::insert(&tx, &email).await?;
        threads::grew(&tx, thread.id, None, None, at, false).await?;
        let actor = reply.approved_by.map_or(Actor::System, Actor::User);
        let entry = Entry {
            property: reply.property,
            actor,
            action: "reply.sent",
            entity: "email_replies",
            entity_id: reply.id.0,
            before: None,
            after: Some(json!({"thread": thread.id.0})),
        };
        audit::append(&tx, &entry).await?;
    }
    tx.commit().await?;
    info!(reply.id = %reply.id, thread.id = %question.thread, "Reply {} is sent", reply.id);
    Ok(())
}

/// Takes back a draft that nobody wants any more.
pub(super) async fn withdraw(work: &Work<'_>, account: &mut Account<'_>) -> Result<(), Failure> {
    let Some(draft) = &work.reply.draft else {
        return Ok(());
    };
    match account
        .gmail(|gmail| async move { gmail.delete_draft(draft).await })
        .await
    {
        Ok(()) | Err(Failure::Google(google::Error::NotFound) | Failure::Reconnect) => Ok(()),
        Err(failure) => Err(failure),
    }
}
