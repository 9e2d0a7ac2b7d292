//! Our own letters: those that people write in Gmail, and replies and letters about tours, which left
//! as drafts.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::{Filed, clamped, end_waiting, record};
use crate::app::App;
use crate::domain::ids::{ConversationId, GmailMessageId};
use crate::domain::reply::{Hand, ReplyState};
use crate::google::gmail::RawMessage;
use crate::mail::Inbound;
use crate::store::audit::{self, Actor, Entry};
use crate::store::letters::{self, Letter};
use crate::store::mailboxes::Mailbox;
use crate::store::messages::{self, NewEmail};
use crate::store::replies::{self, Reply};
use crate::store::{self, Tx, erasure, leads, threads, tours};

/// A message of ours: sent by a person in Gmail, or a reply of our own, wherever Gmail put it.
pub(super) async fn file(
    app: &App,
    tx: &Tx,
    mailbox: &Mailbox,
    raw: &RawMessage,
    mail: &Inbound,
) -> store::Result<Filed> {
    if let Some(letter) = letter(tx, mailbox, mail).await? {
        return file_letter(app, tx, mailbox, raw, mail, &letter).await;
    }
    let reply = marked(tx, mailbox, mail).await?;
    let (at, date_clamped) = clamped(raw.received_at, app.now());
    if reply.is_none() && is_from_before(tx, mailbox, mail, at).await? {
        return Ok(Filed::Erased);
    }
    let thread = match &reply {
        Some(reply) => threads::by_id(tx, mailbox.property, reply.thread).await?,
        // Threads that began with our people's own letters are none of the leasing desk's business.
        None => threads::find(tx, mailbox.property, &raw.thread).await?,
    };
    let Some(thread) = thread else {
        return Ok(Filed::NotForUs);
    };
    match &reply {
        Some(reply) => {
            delivered(tx, reply, &raw.id, at).await?;
            let body = reply.body_text.as_deref().unwrap_or_default();
            if is_by_hand(reply) && !mail.text.contains(body.trim()) {
                replies::changed_by_hand(tx, reply.id).await?;
            }
            if messages::is_blanked(tx, reply.message).await? {
                return Ok(Filed::Erased);
            }
        }
        None => {
            end_waiting(tx, mailbox.property, thread.id, at, "human_answered").await?;
        }
    }
    let known = addressee(tx, mailbox, mail).await?;
    // What people quote below their answer is the prospect's, not ours.
    let said = match &reply {
        Some(_) => &mail.text,
        None => &mail.fresh,
    };
    let turn = match known.or(thread.conversation) {
        Some(conversation) => Some(leads::add_turn(tx, conversation, "assistant", said, at).await?),
        None => None,
    };
    let email = NewEmail {
        inbound: false,
        turn,
        date_clamped,
        at,
        body_fresh: Some(said),
        ai_generated: reply
            .as_ref()
            .is_some_and(|reply| reply.written_by != Hand::Person),
        reply: reply.map(|reply| reply.id),
        ..record(mailbox, &thread, raw, mail)
    };
    if messages::insert(tx, &email).await?.is_none() {
        return Ok(Filed::Known);
    }
    threads::grew(tx, thread.id, None, None, at, false).await?;
    Ok(Filed::Stored { reply: None })
}

/// The reply of ours whose mark a message carries.
async fn marked(tx: &Tx, mailbox: &Mailbox, mail: &Inbound) -> store::Result<Option<Reply>> {
    let mark = mail.reply_mark.as_deref();
    let Some(id) = mark.and_then(|mark| mark.trim().parse().ok()) else {
        return Ok(None);
    };
    let reply = replies::by_id(tx, id).await?;
    Ok(reply.filter(|reply| reply.mailbox == mailbox.id))
}

/// The letter about a tour whose mark a message carries.
async fn letter(tx: &Tx, mailbox: &Mailbox, mail: &Inbound) -> store::Result<Option<Letter>> {
    let mark = mail.letter_mark.as_deref();
    let Some(id) = mark.and_then(|mark| mark.trim().parse().ok()) else {
        return Ok(None);
    };
    let letter = letters::by_id(tx, id).await?;
    Ok(letter.filter(|letter| letter.property == mailbox.property))
}

/// A letter about a tour has left. The prospect's conversation shows it; nobody's answer it is, so
/// whatever waits there goes on waiting. What agents are sent is none of the conversation.
async fn file_letter(
    app: &App,
    tx: &Tx,
    mailbox: &Mailbox,
    raw: &RawMessage,
    mail: &Inbound,
    letter: &Letter,
) -> store::Result<Filed> {
    let (at, date_clamped) = clamped(raw.received_at, app.now());
    letters::sent(tx, letter, &raw.id, app.instant()).await?;
    let booking = tours::by_id(tx, letter.booking).await?;
    let lead = booking.and_then(|booking| booking.lead);
    let Some(lead) = lead.filter(|_| !letter.kind.is_to_agent()) else {
        return Ok(Filed::NotForUs);
    };
    let property = mailbox.property;
    if erasure::is_erased(tx, property, lead).await? {
        return Ok(Filed::Erased);
    }
    let thread =
        threads::find_or_create(tx, property, mailbox.id, &raw.thread, &mail.subject).await?;
    let conversation = leads::email_conversation(tx, property, lead).await?;
    let turn = leads::add_turn(tx, conversation, "assistant", &mail.text, at).await?;
    let email = NewEmail {
        inbound: false,
        unanswerable: Some("our_own"),
        body_fresh: Some(&mail.text),
        turn: Some(turn),
        date_clamped,
        at,
        ..record(mailbox, &thread, raw, mail)
    };
    if messages::insert(tx, &email).await?.is_none() {
        return Ok(Filed::Known);
    }
    threads::grew(tx, thread.id, Some(lead), Some(conversation), at, false).await?;
    Ok(Filed::Stored { reply: None })
}

/// Whether somebody sent the draft that showed its text: we never did.
fn is_by_hand(reply: &Reply) -> bool {
    let is_ours = matches!(reply.state, ReplyState::Sending | ReplyState::Sent);
    !is_ours && reply.letter.is_none()
}

/// The reply has left: whoever learns of it first writes it down. One that was held was sent from Gmail, where
/// nobody says who it was.
pub async fn delivered(
    tx: &Tx,
    reply: &Reply,
    message: &GmailMessageId,
    at: DateTime<Utc>,
) -> store::Result<()> {
    if !replies::sent(tx, reply.id, message, at).await? {
        return Ok(());
    }
    let entry = Entry {
        property: reply.property,
        actor: reply.approved_by.map_or(Actor::System, Actor::User),
        action: if is_by_hand(reply) {
            "reply.sent_by_hand"
        } else {
            "reply.sent"
        },
        entity: "email_replies",
        entity_id: reply.id.0,
        before: None,
        after: Some(json!({"thread": reply.thread.0})),
    };
    audit::append(tx, &entry).await
}

/// Whether whom we wrote to was erased since.
async fn is_from_before(
    tx: &Tx,
    mailbox: &Mailbox,
    mail: &Inbound,
    at: DateTime<Utc>,
) -> store::Result<bool> {
    match mail.to.first() {
        Some(to) => erasure::covers(tx, mailbox.property, to.key(), at).await,
        None => Ok(false),
    }
}

/// The conversation with whom we wrote to, if that is somebody we know.
async fn addressee(
    tx: &Tx,
    mailbox: &Mailbox,
    mail: &Inbound,
) -> store::Result<Option<ConversationId>> {
    let Some(to) = mail.to.first() else {
        return Ok(None);
    };
    match leads::with_address(tx, mailbox.property, to.key()).await? {
        Some(lead) => Ok(Some(
            leads::email_conversation(tx, mailbox.property, lead).await?,
        )),
        None => Ok(None),
    }
}
