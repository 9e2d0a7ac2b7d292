//! Is the answer still wanted, and is it out already?
//!
//! Everything is asked again at the moment of sending, from the database and from the Gmail thread:
//! between the message and its answer anything may have happened.

use chrono::TimeDelta;

use super::{Work, guarded, sender, write};
use crate::app::grants::{Account, Failure};
use crate::domain::ids::GmailMessageId;
use crate::domain::reply::{self, ReplyState};
use crate::google;
use crate::google::gmail::Outline;
use crate::queue::Job;
use crate::store::mailboxes::Status;
use crate::store::{self, Tx, leads, messages, replies};

pub(super) enum Verdict {
    /// It stands in the thread as sent: only the record is missing.
    Delivered(GmailMessageId),
    Unwanted(&'static str),
    NotYet(TimeDelta),
    Hold(&'static str),
    /// The letter is written and must not be delivered any more: a person is asked.
    Stale(&'static str),
    Wanted,
}

/// The verdict, and the drafts of this reply that stopped runs left in the thread.
pub(super) async fn decide(
    work: &Work<'_>,
    account: &mut Account<'_>,
) -> Result<(Verdict, Vec<GmailMessageId>), Failure> {
    match work.mailbox.status {
        Status::Disconnected => {
            return Ok((Verdict::Unwanted("mailbox_disconnected"), Vec::new()));
        }
        // The text waits for the grant; until then nobody can say what stands in the thread.
        Status::ReauthRequired => {
            return Ok((Verdict::NotYet(TimeDelta::minutes(10)), Vec::new()));
        }
        Status::Connected => {}
    }
    let outlines = outlines(work, account).await?;
    let verdict = match sent(work, &outlines) {
        Some(sent) => Verdict::Delivered(sent),
        None => judge(work, &outlines).await?,
    };
    Ok((verdict, drafts(work, &outlines)))
}

/// Everything in the thread; nothing, where the thread is gone.
pub(super) async fn outlines(
    work: &Work<'_>,
    account: &mut Account<'_>,
) -> Result<Vec<Outline>, Failure> {
    let thread = &work.question.gmail_thread;
    match account
        .gmail(|gmail| async move { gmail.outline(thread).await })
        .await
    {
        Err(Failure::Google(google::Error::NotFound)) => Ok(Vec::new()),
        outlines => outlines,
    }
}

/// The delivered letter of this reply, if the thread shows one.
pub(super) fn sent(work: &Work<'_>, outlines: &[Outline]) -> Option<GmailMessageId> {
    let sent = ours(work, outlines).find(|outline| has(outline, "SENT"));
    sent.map(|sent| sent.id.clone())
}

/// This reply's drafts in the thread.
pub(super) fn drafts(work: &Work<'_>, outlines: &[Outline]) -> Vec<GmailMessageId> {
    let drafts = ours(work, outlines).filter(|outline| has(outline, "DRAFT"));
    drafts.map(|draft| draft.id.clone()).collect()
}

fn ours<'a>(work: &Work<'_>, outlines: &'a [Outline]) -> impl Iterator<Item = &'a Outline> {
    let mark = work.reply.id.to_string();
    let marked = move |outline: &&Outline| {
        outline.reply_mark.as_deref().map(str::trim) == Some(mark.as_str())
    };
    outlines.iter().filter(marked)
}

async fn judge(work: &Work<'_>, outlines: &[Outline]) -> Result<Verdict, Failure> {
    if let Some(reason) = stored_reasons(work).await? {
        return Ok(Verdict::Unwanted(reason));
    }
    if let Some(reason) = thread_reasons(work, outlines) {
        return Ok(Verdict::Unwanted(reason));
    }
    if work.preview_was_gone && answered_unseen(work, outlines).await? {
        return Ok(Verdict::Unwanted("human_answered"));
    }
    if work.reply.state != ReplyState::Due {
        let offer_ends = work.reply.offer_ends;
        let ends = offer_ends.filter(|_| work.reply.approved_by.is_none());
        let is_over = match ends {
            Some(ends) if ends > work.app.now() => match write::still_offers(work).await? {
                Some(holds) => !holds,
                None => return Ok(Verdict::NotYet(TimeDelta::minutes(2))),
            },
            Some(_) => true,
            None => false,
        };
        return Ok(if is_over {
            Verdict::Stale("offer_expired")
        } else {
            Verdict::Wanted
        });
    }
    if unread(work, outlines).await? {
        // A newer message is on its way into the database and may supersede this one.
        work.app
            .queue()
            .nudge(Job::Mailbox(work.mailbox.id), std::time::Duration::ZERO)
            .await;
        return Ok(Verdict::NotYet(TimeDelta::seconds(15)));
    }
    let tx = work.app.of(work.reply.property).await?;
    let held_back = held_back(work, &tx).await?;
    tx.commit().await?;
    if let Some(reason) = held_back {
        return Ok(Verdict::Hold(reason));
    }
    if reply::asks_for_a_person(&work.question.body_fresh) {
        return Ok(Verdict::Hold("asked_for_person"));
    }
    Ok(Verdict::Wanted)
}

/// What the database says against it. A letter that a person approved is theirs to send.
async fn stored_reasons(work: &Work<'_>) -> Result<Option<&'static str>, Failure> {
    let (app, question) = (work.app, &work.question);
    if question.blanked {
        return Ok(Some("erased"));
    }
    let tx = app.of(work.reply.property).await?;
    let since = messages::since(&tx, question.thread, question.id, question.at).await?;
    let suppression = match work.recipient() {
        Some(to) => leads::suppression(&tx, work.reply.property, to.key()).await?,
        None => None,
    };
    let left_to_people = guarded::is_left_to_people(work, &tx).await?;
    tx.commit().await?;
    let stopped = suppression.as_ref();
    if stopped.is_some_and(|stopped| stopped.reason == "bounced") {
        return Ok(Some("bounced"));
    }
    if work.reply.approved_by.is_some() {
        // Whoever approved it did not know yet.
        let later = stopped.is_some_and(|stopped| work.reply.approved_at < Some(stopped.at));
        return Ok(later.then_some("opted_out"));
    }
    let waiting = app.now() - question.at;
    let connected_since = work.mailbox.connected_at;
    let reasons = [
        // Connected again since: what came before is not ours to answer any more.
        (
            connected_since.is_none_or(|since| question.at < since),
            "mailbox_disconnected",
        ),
        (question.lead.is_none(), "erased"),
        (suppression.is_some(), "opted_out"),
        (question.unanswerable.is_some(), "automatic"),
        (!work.mailbox.answers(), "switched_off"),
        (question.thread_status != "open", "thread_closed"),
        (left_to_people, "human_took_over"),
        (since.human_answered, "human_answered"),
        // The letter that handed the thread over is owed whatever follows: nobody else answers for us now.
        (
            since.prospect_wrote && question.handed_over_by != Some(work.reply.id),
            "superseded",
        ),
        (waiting > app.config().limits.replies.max_age, "too_old"),
    ];
    Ok(reasons
        .into_iter()
        .find_map(|(applies, reason)| applies.then_some(reason)))
}

/// What the thread at Gmail says against it.
fn thread_reasons(work: &Work<'_>, outlines: &[Outline]) -> Option<&'static str> {
    let question = outlines
        .iter()
        .find(|outline| outline.id == work.question.gmail_id);
    let Some(question) = question else {
        return Some("message_removed");
    };
    if has(question, "TRASH") || has(question, "SPAM") {
        return Some("message_removed");
    }
    let answered = outlines.iter().any(|outline| {
        has(outline, "SENT")
            && outline.reply_mark.is_none()
            && outline.letter_mark.is_none()
            && outline.received_at >= question.received_at
    });
    (answered && work.reply.approved_by.is_none()).then_some("human_answered")
}

/// Whether the thread holds a person's answer that is not filed yet, so that whoever approved did not know of it.
/// Gmail's own pages may drop our mark from what is changed there.
async fn answered_unseen(work: &Work<'_>, outlines: &[Outline]) -> Result<bool, Failure> {
    let answers = outlines.iter().filter(|outline| {
        has(outline, "SENT")
            && outline.letter_mark.is_none()
            && outline.received_at >= work.question.at
    });
    let ids: Vec<GmailMessageId> = answers.map(|outline| outline.id.clone()).collect();
    if ids.is_empty() {
        return Ok(false);
    }
    let tx = work.app.of(work.reply.property).await?;
    let known = messages::known(&tx, work.mailbox.id, &ids).await?;
    tx.commit().await?;
    Ok(known.len() < ids.len())
}

/// Whether the thread holds a newer message that is not filed yet.
async fn unread(work: &Work<'_>, outlines: &[Outline]) -> Result<bool, Failure> {
    let newer = outlines.iter().filter(|outline| {
        has(outline, "INBOX")
            && !has(outline, "SENT")
            && outline.id != work.question.gmail_id
            && outline.received_at >= work.question.at
    });
    let ids: Vec<GmailMessageId> = newer.map(|outline| outline.id.clone()).collect();
    if ids.is_empty() {
        return Ok(false);
    }
    let tx = work.app.of(work.reply.property).await?;
    let known = messages::known(&tx, work.mailbox.id, &ids).await?;
    tx.commit().await?;
    Ok(known.len() < ids.len())
}

/// What keeps an automatic answer back that is wanted otherwise: so much was sent already.
pub(super) async fn held_back(work: &Work<'_>, tx: &Tx) -> store::Result<Option<&'static str>> {
    if sender::needs_a_person(work, tx).await? {
        return Ok(Some("unverified_sender"));
    }
    let key = work.question.from_address.to_ascii_lowercase();
    let writer = work.writer();
    let relayed_for = writer.as_ref().map(|writer| writer.key());
    let relayed_for = relayed_for.filter(|writer| *writer != key);
    let traffic = replies::traffic(tx, &work.reply, &key, relayed_for, work.app.now()).await?;
    let limits = work.app.config().limits.replies;
    let caps = [
        (
            traffic.thread_last_hour >= limits.per_thread.into(),
            "cap_thread",
        ),
        (
            traffic.sender_last_day >= limits.per_sender.into(),
            "cap_sender",
        ),
        (
            traffic.mailbox_last_hour >= limits.per_mailbox.into(),
            "cap_mailbox",
        ),
    ];
    Ok(caps
        .into_iter()
        .find_map(|(reached, reason)| reached.then_some(reason)))
}

fn has(outline: &Outline, label: &str) -> bool {
    outline.labels.iter().any(|held| held == label)
}
