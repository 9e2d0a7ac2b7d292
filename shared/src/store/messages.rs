//! Stored e-mails (`email_messages`), both directions.

use chrono::{DateTime, Utc};
use serde_json::Value;
use tokio_postgres::Row;

use super::{Error, Result, Tx};
use crate::domain::ids::*;

/// Everything that is kept of one e-mail.
pub struct NewEmail<'a> {
    pub property: PropertyId,
    pub mailbox: MailboxId,
    pub thread: ThreadId,
    pub gmail_id: &'a GmailMessageId,
    pub inbound: bool,
    pub from_address: &'a str,
    pub from_name: Option<&'a str>,
    pub to_address: &'a str,
    pub cc_addresses: Vec<String>,
    pub reply_to: Option<&'a str>,
    pub subject: &'a str,
    pub body_text: &'a str,
    pub body_fresh: Option<&'a str>,
    pub body_html: Option<&'a str>,
    pub attachments: Value,
    pub rfc_message_id: Option<&'a str>,
    pub rfc_in_reply_to: Vec<String>,
    pub rfc_references: Vec<String>,
    pub labels: Vec<String>,
    pub truncated: bool,
    pub date_clamped: bool,
    /// A stable code: why no robot may answer.
    pub unanswerable: Option<&'a str>,
    pub sender_verified: bool,
    pub ai_generated: bool,
    pub turn: Option<TurnId>,
    pub reply: Option<ReplyId>,
    /// When Gmail accepted it.
    pub at: DateTime<Utc>,
}

/// Stores one e-mail; `None` if this mailbox already holds it.
pub async fn insert(tx: &Tx, email: &NewEmail<'_>) -> Result<Option<EmailId>> {
    let direction = if email.inbound { "inbound" } else { "outbound" };
    let row = tx
        .query_opt(
            "insert into email_messages (property_id, mailbox_id, thread_id, gmail_message_id, direction,
                from_address, from_name, to_address, cc_addresses, reply_to, subject, body_text, body_fresh,
                body_html, attachments, rfc_message_id, rfc_in_reply_to, rfc_references, labels, truncated,
                date_clamped, unanswerable, sender_verified, ai_generated, turn_id, reply_id, sent_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
                $21, $22, $23, $24, $25, $26, $27)
             on conflict (mailbox_id, gmail_message_id) do nothing
             returning id",
            &[
                &email.property,
                &email.mailbox,
                &email.thread,
                email.gmail_id,
                &direction,
                &email.from_address,
                &email.from_name,
                &email.to_address,
                &email.cc_addresses,
                &email.reply_to,
                &email.subject,
                &email.body_text,
                &email.body_fresh,
                &email.body_html,
                &email.attachments,
                &email.rfc_message_id,
                &email.rfc_in_reply_to,
                &email.rfc_references,
                &email.labels,
                &email.truncated,
                &email.date_clamped,
                &email.unanswerable,
                &email.sender_verified,
                &email.ai_generated,
                &email.turn.map(|id| id.0),
                &email.reply.map(|id| id.0),
                &email.at,
            ],
        )
        .await?;
    row.map(|row| Ok(EmailId(row.try_get("id")?))).transpose()
}

/// Which of these Gmail ids need no reading: stored, or recorded as skipped or quarantined.
pub async fn known(
    tx: &Tx,
    mailbox: MailboxId,
    ids: &[GmailMessageId],
) -> Result<Vec<GmailMessageId>> {
    let names: Vec<String> = ids.iter().map(|id| id.0.clone()).collect();
    let rows = tx
        .query(
            "select gmail_message_id from email_messages where mailbox_id = $1 and gmail_message_id = any($2)
             union
             select gmail_message_id from email_quarantine where mailbox_id = $1 and gmail_message_id = any($2)",
            &[&mailbox, &names],
        )
        .await?;
    rows.iter()
        .map(|row| Ok(GmailMessageId(row.try_get("gmail_message_id")?)))
        .collect()
}

/// Whether this mailbox holds the message already.
pub async fn is_stored(tx: &Tx, mailbox: MailboxId, id: &GmailMessageId) -> Result<bool> {
    let found = tx
        .query_opt(
            "select 1 as one from email_messages where mailbox_id = $1 and gmail_message_id = $2",
            &[&mailbox, id],
        )
        .await?;
    Ok(found.is_some())
}

/// Whether the words of an e-mail are gone.
pub async fn is_blanked(tx: &Tx, id: EmailId) -> Result<bool> {
    let sql = "select from email_messages where id = $1 and blanked_at is not null";
    Ok(tx.query_opt(sql, &[&id]).await?.is_some())
}

/// Whether we ever wrote to this address from this property.
pub async fn wrote_to(tx: &Tx, property: PropertyId, address_key: &str) -> Result<bool> {
    let found = tx
        .query_opt(
            "select 1 as one from email_messages
             where property_id = $1 and direction = 'outbound' and to_address_key = $2 limit 1",
            &[&property, &address_key],
        )
        .await?;
    Ok(found.is_some())
}

/// When the newest stored message of a mailbox reached Gmail.
pub async fn newest(tx: &Tx, mailbox: MailboxId) -> Result<Option<DateTime<Utc>>> {
    let row = tx
        .query_one(
            "select max(sent_at) as newest from email_messages where mailbox_id = $1",
            &[&mailbox],
        )
        .await?;
    Ok(row.try_get("newest")?)
}

/// The e-mail that a reply answers.
#[derive(Clone, Debug)]
pub struct Question {
    pub id: EmailId,
    pub thread: ThreadId,
    pub gmail_id: GmailMessageId,
    pub gmail_thread: GmailThreadId,
    /// Of the person who wrote it, not of the one who began the thread. `None`: erased meanwhile.
    pub lead: Option<LeadId>,
    pub conversation: Option<ConversationId>,
    pub thread_status: String,
    /// The thread was left to people, and by which letter if it is still stored.
    pub handed_over: bool,
    pub handed_over_by: Option<ReplyId>,
    pub from_address: String,
    pub from_name: Option<String>,
    pub reply_to: Option<String>,
    pub subject: String,
    pub body_fresh: String,
    pub rfc_message_id: Option<String>,
    pub rfc_in_reply_to: Vec<String>,
    pub rfc_references: Vec<String>,
    pub unanswerable: Option<String>,
    /// Gmail saw that the domain of `From` stands behind it (DMARC).
    pub sender_verified: bool,
    /// Its words are gone: the person was erased, or it is too old to be kept.
    pub blanked: bool,
    pub at: DateTime<Utc>,
}

impl TryFrom<&Row> for Question {
    type Error = Error;

    fn try_from(row: &Row) -> Result<Self> {
        Ok(Self {
            id: EmailId(row.try_get("id")?),
            thread: ThreadId(row.try_get("thread_id")?),
            gmail_id: GmailMessageId(row.try_get("gmail_message_id")?),
            gmail_thread: GmailThreadId(row.try_get("gmail_thread_id")?),
            lead: row.try_get::<_, Option<_>>("lead_id")?.map(LeadId),
            conversation: row
                .try_get::<_, Option<_>>("conversation_id")?
                .map(ConversationId),
            thread_status: row.try_get::<_, Option<_>>("status")?.unwrap_or_default(),
            handed_over: row.try_get("handed_over")?,
            handed_over_by: row.try_get::<_, Option<_>>("handed_over_by")?.map(ReplyId),
            from_address: row.try_get("from_address")?,
            from_name: row.try_get("from_name")?,
            reply_to: row.try_get("reply_to")?,
            subject: row.try_get::<_, Option<_>>("subject")?.unwrap_or_default(),
            body_fresh: row
                .try_get::<_, Option<_>>("body_fresh")?
                .unwrap_or_default(),
            rfc_message_id: row.try_get("rfc_message_id")?,
            rfc_in_reply_to: row.try_get("rfc_in_reply_to")?,
            rfc_references: row.try_get("rfc_references")?,
            unanswerable: row.try_get("unanswerable")?,
            sender_verified: row.try_get("sender_verified")?,
            blanked: row.try_get("blanked")?,
            at: row.try_get::<_, Option<_>>("sent_at")?.unwrap_or_default(),
        })
    }
}

pub async fn question(tx: &Tx, property: PropertyId, id: EmailId) -> Result<Option<Question>> {
    let row = tx
        .query_opt(
            "select m.id, m.thread_id, m.gmail_message_id, t.gmail_thread_id, c.lead_id, c.id as conversation_id,
                t.status, t.handed_over is not null as handed_over, t.handed_over_by, m.from_address, m.from_name,
                m.reply_to, m.subject, m.body_fresh, m.rfc_message_id, m.rfc_in_reply_to, m.rfc_references,
                m.unanswerable, m.sender_verified, m.blanked_at is not null as blanked, m.sent_at
             from email_messages m join email_threads t on t.id = m.thread_id
             left join luma.messages turn on turn.id = m.turn_id
             left join luma.conversations c on c.id = turn.conversation_id
             where m.property_id = $1 and m.id = $2",
            &[&property, &id],
        )
        .await?;
    row.as_ref().map(Question::try_from).transpose()
}

/// One side of what was said before.
pub struct Said {
    pub inbound: bool,
    pub text: String,
}

/// What this sender and we wrote in this thread up to the given message, oldest first, without what either
/// quotes. Other people's words in the thread are left out: those of other senders, of other people for whom a
/// portal wrote, and those of which nobody knows that they are the sender's.
///
/// `recipient_key` is whom the message is answered to.
pub async fn exchange(
    tx: &Tx,
    property: PropertyId,
    question: &Question,
    recipient_key: &str,
    at_most: i64,
) -> Result<Vec<Said>> {
    let rows = tx
        .query(
            "select direction, body_fresh as text from (
                select direction, body_fresh, sent_at, id from email_messages
                where property_id = $1 and thread_id = $2 and sent_at <= $4 and id <> $5 and body_fresh <> ''
                  and ((direction = 'inbound' and sender_verified and lower(from_address) = lower($3)
                        and lower(coalesce(reply_to, '')) = lower(coalesce($8, '')))
                    or (direction = 'outbound' and lower(to_address) = $7))
                order by sent_at desc, id limit $6) recent
             order by sent_at, id",
            &[
                &property,
                &question.thread,
                &question.from_address,
                &question.at,
                &question.id,
                &at_most,
                &recipient_key,
                &question.reply_to,
            ],
        )
        .await?;
    let said = |row: &Row| {
        Ok(Said {
            inbound: row.try_get::<_, &str>("direction")? == "inbound",
            text: row.try_get("text")?,
        })
    };
    rows.iter().map(said).collect()
}

/// A message with what came before it in its thread since the last letter that left there, oldest first.
pub async fn waiting(tx: &Tx, property: PropertyId, question: &Question) -> Result<Vec<String>> {
    let rows = tx
        .query(
            "select coalesce(body_fresh, '') as text from email_messages
             where property_id = $1 and thread_id = $2 and direction = 'inbound' and sent_at <= $3
               and (id = $4 or sent_at > coalesce((select max(sent_at) from email_messages
                    where thread_id = $2 and direction = 'outbound' and sent_at <= $3), '-infinity'))
             order by sent_at, id",
            &[&property, &question.thread, &question.at, &question.id],
        )
        .await?;
    rows.iter().map(|row| Ok(row.try_get("text")?)).collect()
}

/// Whether something newer stands in the thread: a later message that a person wrote to us, or a
/// person's answer. What a program wrote, on either side, is `unanswerable`.
pub struct Since {
    pub prospect_wrote: bool,
    pub human_answered: bool,
}

pub async fn since(tx: &Tx, thread: ThreadId, id: EmailId, at: DateTime<Utc>) -> Result<Since> {
    let row = tx
        .query_one(
            "select coalesce(bool_or(direction = 'inbound' and unanswerable is null and sent_at > $2), false)
                    as prospect,
                coalesce(bool_or(direction = 'outbound' and reply_id is null and unanswerable is null), false)
                    as human
             from email_messages where thread_id = $1 and id <> $3 and sent_at >= $2",
            &[&thread, &at, &id],
        )
        .await?;
    Ok(Since {
        prospect_wrote: row.try_get("prospect")?,
        human_answered: row.try_get("human")?,
    })
}
