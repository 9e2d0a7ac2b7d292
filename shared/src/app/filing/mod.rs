//! Filing one e-mail: into our tables and the CRM's conversation, in one transaction.
//!
//! Whether a robot may ever answer it is decided here from the message alone (RFC 3834); whether it
//! may answer now is decided again when the reply is due.

mod outbound;

pub(super) use self::outbound::delivered;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use tracing::error;

use super::App;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{ConversationId, EmailId, LeadId, PropertyId, ReplyId, ThreadId};
use crate::domain::{opt_out, reply};
use crate::error::{Error, chain};
use crate::google::gmail::RawMessage;
use crate::mail::{self, Dmarc, Inbound};
use crate::store::audit::{self, Actor, Entry};
use crate::store::leads::{self, Sender};
use crate::store::mailboxes::Mailbox;
use crate::store::messages::{self, NewEmail};
use crate::store::quarantine::{self, Fate};
use crate::store::threads::{self, Thread};
use crate::store::{self, Tx, erasure, replies};

/// What became of a message.
pub enum Filed {
    /// It is new; with the reply that it will get, if any, and when.
    Stored {
        reply: Option<(ReplyId, DateTime<Utc>)>,
    },
    /// This mailbox holds it already.
    Known,
    /// A draft, spam, or a person's private correspondence.
    NotForUs,
    /// From before its person was erased. It is recorded as skipped.
    Erased,
}

pub enum Failure {
    /// This message cannot be stored; a stable code says why.
    Unreadable(&'static str),
    /// The database is away or unwell; another try may succeed.
    Ours(Error),
}

impl From<store::Error> for Failure {
    fn from(failure: store::Error) -> Self {
        // The database refuses this very message: others must not wait behind it. Any other failure
        // would meet them too, and passes.
        if failure.is_about_the_values() {
            error!(error = chain(&failure), "The database refuses a message");
            return Self::Unreadable("storage_refused");
        }
        Self::Ours(failure.into())
    }
}

/// Whether a message with these labels is mail that we received or sent.
pub fn is_mail(labels: &[String]) -> bool {
    !is_aside(labels) && (has(labels, "INBOX") || has(labels, "SENT"))
}

/// Drafts, spam, trash and chats.
fn is_aside(labels: &[String]) -> bool {
    ["DRAFT", "SPAM", "TRASH", "CHAT"]
        .iter()
        .any(|name| has(labels, name))
}

pub(super) fn has(labels: &[String], name: &str) -> bool {
    labels.iter().any(|label| label == name)
}

/// Files one message. Repeating it changes nothing.
///
/// `was_in_inbox`: it stood in the inbox when Gmail told of it. Somebody may have archived it before it
/// is read here, and it is a prospect's letter all the same.
pub async fn file(
    app: &App,
    mailbox: &Mailbox,
    raw: &RawMessage,
    was_in_inbox: bool,
) -> Result<Filed, Failure> {
    let ours = is_mail(&raw.labels) || (was_in_inbox && !is_aside(&raw.labels));
    if !ours {
        return Ok(Filed::NotForUs);
    }
    // The parser does not panic on any bytes that its tests could think of; mail thinks of more.
    let parsed = std::panic::catch_unwind(|| mail::parse(&raw.raw));
    let parsed = parsed.map_err(|_| Failure::Unreadable("parser_panicked"))?;
    let mail = parsed.map_err(|unreadable| Failure::Unreadable(unreadable.code()))?;
    store::retrying(async || {
        let tx = app.of(mailbox.property).await?;
        if messages::is_stored(&tx, mailbox.id, &raw.id).await? {
            quarantine::filed(&tx, mailbox.id, &raw.id).await?;
            tx.commit().await?;
            return Ok(Filed::Known);
        }
        let filed = if has(&raw.labels, "SENT") {
            outbound::file(app, &tx, mailbox, raw, &mail).await?
        } else {
            inbound(app, &tx, mailbox, raw, &mail).await?
        };
        match filed {
            // Somebody was faster: everything written here goes with the transaction.
            Filed::Known => return Ok(filed),
            Filed::Erased => {
                let (property, now) = (mailbox.property, app.now());
                let fate = Fate::Skipped;
                quarantine::put(&tx, property, mailbox.id, &raw.id, fate, "erased", now).await?;
            }
            Filed::Stored { .. } | Filed::NotForUs => {
                quarantine::filed(&tx, mailbox.id, &raw.id).await?;
            }
        }
        tx.commit().await?;
        Ok(filed)
    })
    .await
    .map_err(Failure::from)
}

/// A prospect's message, or any other that stands in the inbox.
async fn inbound(
    app: &App,
    tx: &Tx,
    mailbox: &Mailbox,
    raw: &RawMessage,
    mail: &Inbound,
) -> store::Result<Filed> {
    let now = app.now();
    let (at, date_clamped) = clamped(raw.received_at, now);
    let property = mailbox.property;
    if let Some(writer) = writer(mailbox, mail)
        && erasure::covers(tx, property, writer.key(), at).await?
    {
        return Ok(Filed::Erased);
    }
    let unanswerable = unanswerable(tx, mailbox, mail).await?;
    let thread =
        threads::find_or_create(tx, property, mailbox.id, &raw.thread, &mail.subject).await?;
    let (lead, conversation) = correspondent(tx, mailbox, mail, unanswerable).await?;
    let turn = match conversation {
        Some(conversation) => {
            Some(leads::add_turn(tx, conversation, "user", &mail.fresh, at).await?)
        }
        None => None,
    };
    let email = NewEmail {
        inbound: true,
        unanswerable,
        turn,
        date_clamped,
        at,
        body_fresh: Some(&mail.fresh),
        ..record(mailbox, &thread, raw, mail)
    };
    let Some(id) = messages::insert(tx, &email).await? else {
        return Ok(Filed::Known);
    };
    let wrote = unanswerable.is_none();
    threads::grew(tx, thread.id, lead, conversation, at, wrote).await?;
    if let Some(bounced) = &mail.bounced {
        // Anybody can claim a bounce: only an address that we wrote to is believed.
        if messages::wrote_to(tx, property, bounced.key()).await? {
            leads::suppress(tx, property, bounced.key(), "bounced", now).await?;
        }
    }
    let reply = if unanswerable.is_none() {
        expect_reply(app, tx, mailbox, &thread, id, at).await?
    } else {
        None
    };
    if opt_out::asks_to_stop(&mail.subject, &mail.fresh) {
        stop(app, tx, mailbox, mail, id, lead).await?;
    }
    Ok(Filed::Stored { reply })
}

/// Somebody asks us to stop: nothing that waits for them is sent, and nothing is written to them any more.
/// Whoever it is, and whether or not a program said it for them: believing it does the least harm.
async fn stop(
    app: &App,
    tx: &Tx,
    mailbox: &Mailbox,
    mail: &Inbound,
    message: EmailId,
    lead: Option<LeadId>,
) -> store::Result<()> {
    let Some(from) = &mail.from else {
        return Ok(());
    };
    let (property, portals) = (mailbox.property, &mailbox.portal_domains);
    let person = reply::recipient(&from.address, mail.reply_to.as_ref(), portals);
    let is_new = leads::suppress(tx, property, person.key(), "opted_out", app.now()).await?;
    for ended in replies::stop(tx, property, person.key(), "opted_out").await? {
        let reasons = ["opted_out".to_owned()];
        super::reply::log(tx, property, ended, "reply.cancelled", &reasons).await?;
    }
    if !is_new {
        return Ok(());
    }
    let (entity, entity_id) = match lead {
        Some(lead) => ("leads", lead.0),
        None => ("email_messages", message.0),
    };
    let entry = Entry {
        property,
        actor: Actor::System,
        action: "lead.opted_out",
        entity,
        entity_id,
        before: None,
        after: Some(json!({ "message": message.0 })),
    };
    audit::append(tx, &entry).await
}

/// Writes the reply that this message will get, in place of those that older ones still waited for.
/// A message that is filed after a younger one of its thread gets none: that one is answered.
async fn expect_reply(
    app: &App,
    tx: &Tx,
    mailbox: &Mailbox,
    thread: &Thread,
    message: EmailId,
    at: DateTime<Utc>,
) -> store::Result<Option<(ReplyId, DateTime<Utc>)>> {
    let (now, max_age) = (app.now(), app.config().limits.replies.max_age);
    let since = messages::since(tx, thread.id, message, at).await?;
    if since.prospect_wrote || since.human_answered {
        return Ok(None);
    }
    let waiting = end_waiting(tx, mailbox.property, thread.id, at, "superseded").await?;
    let too_old = mailbox.connected_at.is_none_or(|connected| at < connected) || at < now - max_age;
    if !mailbox.answers() || too_old {
        return Ok(None);
    }
    let since = waiting.unwrap_or(now);
    let due_at = reply::due_at(now, since, mailbox.auto_reply_delay);
    let id = replies::insert(
        tx,
        mailbox.property,
        mailbox.id,
        thread.id,
        message,
        due_at,
        since,
    )
    .await?;
    Ok(id.map(|id| (id, due_at)))
}

/// Who wrote it, or for whom a portal did.
fn writer<'a>(mailbox: &Mailbox, mail: &'a Inbound) -> Option<&'a EmailAddress> {
    let from = &mail.from.as_ref()?.address;
    let reply_to = mail.reply_to.as_ref();
    Some(reply::writer(from, reply_to, &mailbox.portal_domains))
}

/// The lead and the conversation that a message belongs to. Automatic mail makes no lead of its own,
/// but is filed under one that exists.
async fn correspondent(
    tx: &Tx,
    mailbox: &Mailbox,
    mail: &Inbound,
    unanswerable: Option<&'static str>,
) -> store::Result<(Option<LeadId>, Option<ConversationId>)> {
    let Some(from) = &mail.from else {
        return Ok((None, None));
    };
    let key = writer(mailbox, mail).map_or(from.address.key(), EmailAddress::key);
    // A letter to an alias, or by Bcc, is no robot's: only its answer is left to a person.
    let from_a_person = matches!(unanswerable, None | Some(NOT_ADDRESSED));
    let lead = if !from_a_person {
        leads::with_address(tx, mailbox.property, key).await?
    } else {
        let (first_name, last_name) = reply::person_name(from.name.as_deref());
        let sender = Sender {
            address_key: key,
            first_name,
            last_name,
            phone: None,
            source: "Email",
        };
        Some(leads::find_or_create(tx, mailbox.property, &sender).await?)
    };
    let Some(lead) = lead else {
        return Ok((None, None));
    };
    let conversation = leads::email_conversation(tx, mailbox.property, lead).await?;
    Ok((Some(lead), Some(conversation)))
}

/// Why no robot may answer this message, from the message alone: a stable code.
async fn unanswerable(
    tx: &Tx,
    mailbox: &Mailbox,
    mail: &Inbound,
) -> store::Result<Option<&'static str>> {
    if let Some(automatic) = mail.automatic(&mailbox.portal_domains) {
        return Ok(Some(automatic.code()));
    }
    let Some(from) = &mail.from else {
        return Ok(Some("no_sender"));
    };
    if leads::is_mailbox(tx, from.address.key()).await? {
        return Ok(Some("own_address"));
    }
    let addressed = mail
        .to
        .iter()
        .chain(&mail.cc)
        .any(|to| is_ours(to, &mailbox.address));
    Ok((!addressed).then_some(NOT_ADDRESSED))
}

const NOT_ADDRESSED: &str = "not_addressed";

/// Whether an address is the mailbox's, plus-addressing included.
fn is_ours(address: &EmailAddress, mailbox: &str) -> bool {
    let Ok(mailbox) = EmailAddress::parse(mailbox) else {
        return false;
    };
    let local = |address: &EmailAddress| {
        let local = address.local().to_ascii_lowercase();
        local.split('+').next().unwrap_or_default().to_owned()
    };
    local(address) == local(&mailbox) && address.domain() == mailbox.domain()
}

/// Ends the thread's replies that nobody started to send, in favour of what was written `at` that time. Answers
/// since when the prospect has been waiting for one that was not yet written.
async fn end_waiting(
    tx: &Tx,
    property: PropertyId,
    thread: ThreadId,
    at: DateTime<Utc>,
    reason: &str,
) -> store::Result<Option<DateTime<Utc>>> {
    let ended = replies::end_waiting(tx, thread, at, reason).await?;
    for one in &ended {
        let reasons = [reason.to_owned()];
        super::reply::log(tx, property, one.id, "reply.cancelled", &reasons).await?;
    }
    let unwritten = ended.iter().filter(|one| one.was_due);
    Ok(unwritten.map(|one| one.waiting_since).min())
}

/// What both directions keep of a message.
fn record<'a>(
    mailbox: &Mailbox,
    thread: &Thread,
    raw: &'a RawMessage,
    mail: &'a Inbound,
) -> NewEmail<'a> {
    let from = mail.from.as_ref();
    let attachments = mail.attachments.iter().map(|attachment| {
        json!({
            "fileName": attachment.file_name,
            "contentType": attachment.content_type,
            "size": attachment.size,
        })
    });
    let names = |ids: &[mail::MessageId]| ids.iter().map(|id| id.as_str().to_owned()).collect();
    NewEmail {
        property: mailbox.property,
        mailbox: mailbox.id,
        thread: thread.id,
        gmail_id: &raw.id,
        inbound: true,
        from_address: from.map_or(mail.from_text.as_str(), |from| from.address.as_str()),
        from_name: from.and_then(|from| from.name.as_deref()),
        to_address: mail.to.first().map_or("", EmailAddress::as_str),
        cc_addresses: mail.cc.iter().map(|cc| cc.as_str().to_owned()).collect(),
        reply_to: mail.reply_to.as_ref().map(EmailAddress::as_str),
        subject: &mail.subject,
        body_text: &mail.text,
        body_fresh: None,
        body_html: mail.html.as_deref(),
        attachments: attachments.collect(),
        rfc_message_id: mail.message_id.as_ref().map(mail::MessageId::as_str),
        rfc_in_reply_to: names(&mail.in_reply_to),
        rfc_references: names(&mail.references),
        labels: raw.labels.clone(),
        truncated: mail.truncated || raw.without_attachments,
        date_clamped: false,
        unanswerable: None,
        sender_verified: mail.dmarc == Dmarc::Pass,
        ai_generated: false,
        turn: None,
        reply: None,
        at: raw.received_at,
    }
}

/// Gmail's own date of receipt, or now where it cannot be true.
fn clamped(at: DateTime<Utc>, now: DateTime<Utc>) -> (DateTime<Utc>, bool) {
    let gmail_began = DateTime::from_timestamp(1_080_777_600, 0).unwrap_or_default(); // 1 April 2004
    if at < gmail_began || at > now + TimeDelta::days(1) {
        (now, true)
    } else {
        (at, false)
    }
}
