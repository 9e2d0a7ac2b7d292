//! Gmail threads that we follow (`email_threads`).

use chrono::{DateTime, Utc};
use tokio_postgres::Row;

use super::{Error, Result, Tx};
use crate::domain::ids::*;

pub struct Thread {
    pub id: ThreadId,
    pub lead: Option<LeadId>,
    pub conversation: Option<ConversationId>,
}

impl TryFrom<&Row> for Thread {
    type Error = Error;

    fn try_from(row: &Row) -> Result<Self> {
        Ok(Self {
            id: ThreadId(row.try_get("id")?),
            lead: row.try_get::<_, Option<_>>("lead_id")?.map(LeadId),
            conversation: row
                .try_get::<_, Option<_>>("conversation_id")?
                .map(ConversationId),
        })
    }
}

/// The thread under Gmail's name, made if it is new. Holds the row against other writers until the
/// transaction ends, so that one thread's messages are filed one after the other.
pub async fn find_or_create(
    tx: &Tx,
    property: PropertyId,
    mailbox: MailboxId,
    gmail: &GmailThreadId,
    subject: &str,
) -> Result<Thread> {
    let row = tx
        .query_one(
            "insert into email_threads (property_id, mailbox_id, gmail_thread_id, subject)
             values ($1, $2, $3, $4)
             on conflict (property_id, gmail_thread_id) do update set mailbox_id = excluded.mailbox_id,
                subject = coalesce(email_threads.subject, excluded.subject)
             returning id, lead_id, conversation_id",
            &[&property, &mailbox, gmail, &subject],
        )
        .await?;
    Thread::try_from(&row)
}

/// The thread under Gmail's name, held like [`find_or_create`] holds it.
pub async fn find(tx: &Tx, property: PropertyId, gmail: &GmailThreadId) -> Result<Option<Thread>> {
    let row = tx
        .query_opt(
            "select id, lead_id, conversation_id from email_threads
             where property_id = $1 and gmail_thread_id = $2 for update",
            &[&property, gmail],
        )
        .await?;
    row.as_ref().map(Thread::try_from).transpose()
}

/// The thread of that id, held in the same way.
pub async fn by_id(tx: &Tx, property: PropertyId, id: ThreadId) -> Result<Option<Thread>> {
    let row = tx
        .query_opt(
            "select id, lead_id, conversation_id from email_threads
             where property_id = $1 and id = $2 for update",
            &[&property, &id],
        )
        .await?;
    row.as_ref().map(Thread::try_from).transpose()
}

/// A message was added: counts it, dates the thread, and opens it again if the prospect wrote.
/// The thread's first lead and conversation stay.
pub async fn grew(
    tx: &Tx,
    id: ThreadId,
    lead: Option<LeadId>,
    conversation: Option<ConversationId>,
    at: DateTime<Utc>,
    reopen: bool,
) -> Result<()> {
    tx.execute(
        "update email_threads set message_count = coalesce(message_count, 0) + 1,
            last_message_at = greatest(last_message_at, $4), lead_id = coalesce(lead_id, $2),
            conversation_id = coalesce(conversation_id, $3),
            status = case when $5 then 'open' else status end, updated_at = now()
         where id = $1",
        &[
            &id,
            &lead.map(|id| id.0),
            &conversation.map(|id| id.0),
            &at,
            &reopen,
        ],
    )
    .await?;
    Ok(())
}

/// The assistant leaves the thread to people, with this letter and for this reason.
pub async fn hand_over(tx: &Tx, id: ThreadId, reply: ReplyId, reason: &str) -> Result<()> {
    tx.execute(
        "update email_threads set handed_over = $3, handed_over_by = $2, updated_at = now() where id = $1",
        &[&id, &reply, &reason],
    )
    .await?;
    Ok(())
}

/// Whom everything that is said in the thread is left to: a person, or the assistant again (`None`), with the
/// conversations of all who wrote in it. `false`: so it was.
pub async fn leave_to(
    tx: &Tx,
    id: ThreadId,
    agent: Option<ProfileId>,
    now: DateTime<Utc>,
) -> Result<bool> {
    let agent = agent.map(|agent| agent.0);
    let handed_back = tx
        .execute(
            "update email_threads set handed_over = null, handed_over_by = null, updated_at = $2
             where id = $1 and handed_over is not null",
            &[&id, &now],
        )
        .await?;
    let changed = tx
        .execute(
            "update luma.takeovers set is_human_mode = $2::uuid is not null, human_agent_id = $2,
                human_started_at = case when $2::uuid is null then human_started_at else $3 end,
                human_ended_at = case when $2::uuid is null then $3 end
             where id in (select turn.conversation_id from email_messages m
                          join luma.messages turn on turn.id = m.turn_id where m.thread_id = $1)
               and (coalesce(is_human_mode, false) <> ($2::uuid is not null)
                    or is_human_mode and human_agent_id is distinct from $2)",
            &[&id, &agent, &now],
        )
        .await?;
    Ok(handed_back + changed > 0)
}

/// A stored message that belongs to another thread than it is filed under.
pub struct Misplaced {
    message: EmailId,
    from: ThreadId,
    to: GmailThreadId,
    subject: String,
    lead: Option<LeadId>,
    conversation: Option<ConversationId>,
    at: DateTime<Utc>,
}

/// Those of the messages that are stored under another thread than the one named at the same place.
pub async fn misplaced(
    tx: &Tx,
    mailbox: MailboxId,
    messages: Vec<String>,
    threads: Vec<String>,
) -> Result<Vec<Misplaced>> {
    let rows = tx
        .query(
            "select m.id, m.thread_id, named.thread, m.subject, t.lead_id, t.conversation_id, m.sent_at
             from unnest($2, $3) as named (message, thread)
             join email_messages m on m.mailbox_id = $1 and m.gmail_message_id = named.message
             join email_threads t on t.id = m.thread_id and t.gmail_thread_id <> named.thread",
            &[&mailbox, &messages, &threads],
        )
        .await?;
    let misplaced = |row: &tokio_postgres::Row| {
        Ok(Misplaced {
            message: EmailId(row.try_get("id")?),
            from: ThreadId(row.try_get("thread_id")?),
            to: GmailThreadId(row.try_get("thread")?),
            subject: row.try_get::<_, Option<_>>("subject")?.unwrap_or_default(),
            lead: row.try_get::<_, Option<_>>("lead_id")?.map(LeadId),
            conversation: row
                .try_get::<_, Option<_>>("conversation_id")?
                .map(ConversationId),
            at: row.try_get::<_, Option<_>>("sent_at")?.unwrap_or_default(),
        })
    };
    rows.iter().map(misplaced).collect()
}

/// Moves a message to its thread, with the reply to it. What was said in the CRM stays where it is.
pub async fn adopt(
    tx: &Tx,
    property: PropertyId,
    mailbox: MailboxId,
    message: &Misplaced,
) -> Result<()> {
    let thread = find_or_create(tx, property, mailbox, &message.to, &message.subject).await?;
    for sql in [
        "update email_messages set thread_id = $2 where id = $1",
        "update email_replies set thread_id = $2, updated_at = now() where message_id = $1",
    ] {
        tx.execute(sql, &[&message.message, &thread.id]).await?;
    }
    tx.execute(
        "update email_threads set message_count = message_count - 1, updated_at = now() where id = $1",
        &[&message.from],
    )
    .await?;
    let (lead, conversation) = (message.lead, message.conversation);
    grew(tx, thread.id, lead, conversation, message.at, false).await
}
