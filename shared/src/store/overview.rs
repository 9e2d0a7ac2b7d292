//! What the team sees: threads in a list, one thread with its messages. Reads, and the two things that
//! a person changes on a thread.

use chrono::{DateTime, Utc};
use serde_json::Value;
use tokio_postgres::Row;
use uuid::Uuid;

use super::{Error, Result, Tx};
use crate::domain::ids::*;
use crate::domain::page::{Cursor, Page};
use crate::domain::thread::ThreadStatus;

/// A thread as a list shows it.
#[derive(Clone, Debug)]
pub struct ThreadLine {
    pub id: ThreadId,
    pub property: PropertyId,
    pub gmail_thread: GmailThreadId,
    pub conversation: Option<ConversationId>,
    pub lead: Option<LeadId>,
    pub lead_name: Option<String>,
    pub lead_email: Option<String>,
    pub subject: Option<String>,
    pub status: ThreadStatus,
    pub assigned_agent: Option<ProfileId>,
    /// The assistant leaves it to people.
    pub left_to_people: bool,
    /// Why it waits for a person's answer (a stable code), if it does.
    pub needs_person: Option<String>,
    /// It waits because a reply could not be sent, and not because it was left to people.
    pub reply_failed: bool,
    pub message_count: i32,
    pub last_message_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    /// What lists are sorted by: the last message, or the thread's making.
    pub active_at: DateTime<Utc>,
}

impl ThreadLine {
    pub fn place(&self) -> Cursor {
        Cursor {
            at: self.active_at,
            id: self.id.0,
        }
    }
}

impl TryFrom<&Row> for ThreadLine {
    type Error = Error;

    fn try_from(row: &Row) -> Result<Self> {
        Ok(Self {
            id: ThreadId(row.try_get("id")?),
            property: PropertyId(row.try_get("property_id")?),
            gmail_thread: GmailThreadId(row.try_get("gmail_thread_id")?),
            conversation: row
                .try_get::<_, Option<_>>("conversation_id")?
                .map(ConversationId),
            lead: row.try_get::<_, Option<_>>("lead_id")?.map(LeadId),
            lead_name: row.try_get("lead_name")?,
            lead_email: row.try_get("lead_email")?,
            subject: row.try_get("subject")?,
            status: ThreadStatus::parse(row.try_get("status")?).unwrap_or(ThreadStatus::Open),
            assigned_agent: row
                .try_get::<_, Option<_>>("assigned_agent_id")?
                .map(ProfileId),
            left_to_people: row.try_get("left_to_people")?,
            needs_person: row.try_get("needs_person")?,
            reply_failed: row.try_get("reply_failed")?,
            message_count: row.try_get("message_count")?,
            last_message_at: row.try_get("last_message_at")?,
            created_at: row.try_get("created_at")?,
            active_at: row.try_get("active_at")?,
        })
    }
}

/// What the assistant leaves to people waits for one as long as nobody looks after it and no person has answered the
/// prospect's last mail. A mail whose reply could not be sent waits until something else was sent after it, whoever looks
/// after the thread: they may believe that it is answered. A thread that is not open waits for nobody.
const THREAD: &str = "select t.id, t.property_id, t.gmail_thread_id, t.conversation_id, t.lead_id,
        nullif(concat_ws(' ', nullif(l.first_name, ''), nullif(l.last_name, '')), '') as lead_name,
        nullif(l.email, '') as lead_email, t.subject, coalesce(t.status, 'open') as status, t.assigned_agent_id,
        coalesce(t.message_count, 0) as message_count, t.last_message_at, coalesce(t.created_at, now()) as created_at,
        coalesce(t.last_message_at, t.created_at, 'epoch') as active_at,
        t.handed_over is not null or coalesce(c.is_human_mode, false) as left_to_people,
        coalesce(p.left_because, f.failed_because) as needs_person,
        p.left_because is null and f.failed_because is not null as reply_failed
     from email_threads t left join luma.leads l on l.id = t.lead_id and l.property_id = t.property_id
     left join luma.conversations c on c.id = t.conversation_id and c.property_id = t.property_id
     left join lateral (
        select case when (t.handed_over is not null or c.is_human_mode) and t.assigned_agent_id is null
              and (select max(q.sent_at) from email_messages q
                   where q.thread_id = t.id and q.direction = 'inbound' and q.unanswerable is null)
                > coalesce((select max(a.sent_at) from email_messages a left join email_replies r on r.id = a.reply_id
                            where a.thread_id = t.id and a.direction = 'outbound' and a.unanswerable is null
                              and (a.reply_id is null or r.approved_by is not null)), '-infinity')
             then coalesce(t.handed_over, 'human_took_over') end as left_because) p
        on coalesce(t.status, 'open') = 'open'
     left join lateral (
        select coalesce(r.reasons[1], 'internal_error') as failed_because
        from email_replies r join email_messages q on q.id = r.message_id
        where r.thread_id = t.id and r.state = 'failed' and q.blanked_at is null
          and not exists (select from email_messages a
                          where a.thread_id = t.id and a.direction = 'outbound' and a.unanswerable is null
                            and a.sent_at > q.sent_at)
        order by q.sent_at desc limit 1) f on coalesce(t.status, 'open') = 'open'";

/// Which threads are wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    pub status: Option<ThreadStatus>,
    pub lead: Option<LeadId>,
    /// Only those that wait for a person's answer.
    pub needs_person: bool,
}

/// A property's threads, the one with the newest message first.
pub async fn threads(
    tx: &Tx,
    property: PropertyId,
    filter: Filter,
    page: &Page,
) -> Result<Vec<ThreadLine>> {
    let sql = format!(
        "select * from ({THREAD} where t.property_id = $1
            and ($2::text is null or coalesce(t.status, 'open') = $2) and ($3::uuid is null or t.lead_id = $3)
            and ($4::timestamptz is null
                 or (coalesce(t.last_message_at, t.created_at, 'epoch'), t.id) < ($4, $5))
         ) t where not $7 or needs_person is not null order by active_at desc, id desc limit $6"
    );
    let status = filter.status.map(ThreadStatus::as_str);
    let lead = filter.lead.map(|lead| lead.0);
    let (at, id) = (
        page.after.map(|place| place.at),
        page.after.map(|place| place.id),
    );
    let rows = tx
        .query(
            &sql,
            &[
                &property,
                &status,
                &lead,
                &at,
                &id,
                &page.probe(),
                &filter.needs_person,
            ],
        )
        .await?;
    rows.iter().map(ThreadLine::try_from).collect()
}

/// How many threads wait for a person's answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Left to people by the assistant.
    pub left: i64,
    /// Not answered, because a reply could not be sent.
    pub failed: i64,
}

pub async fn waiting_for_person(tx: &Tx, property: PropertyId) -> Result<Waiting> {
    let sql = format!(
        "select count(*) filter (where not reply_failed) as left_to_people,
            count(*) filter (where reply_failed) as failed
         from ({THREAD} where t.property_id = $1) t where needs_person is not null"
    );
    let row = tx.query_one(&sql, &[&property]).await?;
    Ok(Waiting {
        left: row.try_get("left_to_people")?,
        failed: row.try_get("failed")?,
    })
}

pub async fn thread(tx: &Tx, property: PropertyId, id: ThreadId) -> Result<Option<ThreadLine>> {
    let sql = format!("{THREAD} where t.property_id = $1 and t.id = $2");
    tx.query_opt(&sql, &[&property, &id])
        .await?
        .as_ref()
        .map(ThreadLine::try_from)
        .transpose()
}

/// Whose a thread is, to find the tenant of a request that names nothing else.
pub async fn property_of_thread(tx: &Tx, id: ThreadId) -> Result<Option<PropertyId>> {
    let row = tx
        .query_opt(
            "select property_id from email_threads where id = $1",
            &[&id],
        )
        .await?;
    match row {
        Some(row) => Ok(row
            .try_get::<_, Option<Uuid>>("property_id")?
            .map(PropertyId)),
        None => Ok(None),
    }
}

/// One e-mail as the team reads it: text only, whatever the sender wrote in HTML.
#[derive(Clone, Debug)]
pub struct Email {
    pub id: EmailId,
    pub gmail_id: GmailMessageId,
    pub inbound: bool,
    pub from_address: String,
    pub from_name: Option<String>,
    pub to_address: String,
    pub cc_addresses: Vec<String>,
    pub subject: Option<String>,
    pub body_text: String,
    /// The text was cut here or when it was stored.
    pub truncated: bool,
    pub ai_generated: bool,
    /// The reply of ours that it is.
    pub reply: Option<ReplyId>,
    pub attachments: Value,
    /// Why no robot may answer it (a stable code).
    pub unanswerable: Option<String>,
    /// Of an inbound one: the sender's domain stands behind it.
    pub sender_verified: bool,
    pub at: Option<DateTime<Utc>>,
}

impl TryFrom<&Row> for Email {
    type Error = Error;

    fn try_from(row: &Row) -> Result<Self> {
        Ok(Self {
            id: EmailId(row.try_get("id")?),
            gmail_id: GmailMessageId(row.try_get("gmail_message_id")?),
            inbound: row.try_get::<_, &str>("direction")? == "inbound",
            from_address: row.try_get("from_address")?,
            from_name: row.try_get("from_name")?,
            to_address: row.try_get("to_address")?,
            cc_addresses: row.try_get("cc_addresses")?,
            subject: row.try_get("subject")?,
            body_text: row.try_get("body_text")?,
            truncated: row.try_get("truncated")?,
            ai_generated: row.try_get("ai_generated")?,
            reply: row.try_get::<_, Option<_>>("reply_id")?.map(ReplyId),
            attachments: row.try_get("attachments")?,
            unanswerable: row.try_get("unanswerable")?,
            sender_verified: row.try_get("sender_verified")?,
            at: row.try_get("sent_at")?,
        })
    }
}

/// The newest messages of a thread, oldest first, of one moment the question before the answer, each cut to so many characters: a response of
/// Lambda's may hold six megabytes.
pub async fn emails(
    tx: &Tx,
    property: PropertyId,
    thread: ThreadId,
    at_most: i64,
    characters: i32,
) -> Result<Vec<Email>> {
    let rows = tx
        .query(
            "select id, gmail_message_id, direction, from_address, from_name, to_address, cc_addresses, subject,
                left(coalesce(body_text, ''), $4) as body_text,
                truncated or char_length(body_text) > $4 is true as truncated,
                coalesce(ai_generated, false) as ai_generated, reply_id, attachments, unanswerable,
                sender_verified, sent_at
             from (select * from email_messages where property_id = $1 and thread_id = $2
                   order by sent_at desc nulls last, direction = 'outbound' desc, id desc limit $3) newest
             order by sent_at nulls first, direction = 'outbound', id",
            &[&property, &thread, &at_most, &characters],
        )
        .await?;
    rows.iter().map(Email::try_from).collect()
}

/// What a person decides about a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handling {
    pub status: ThreadStatus,
    pub assigned_agent: Option<ProfileId>,
}

/// Reads, and keeps others from writing until the transaction ends.
pub async fn hold_thread(tx: &Tx, property: PropertyId, id: ThreadId) -> Result<Option<Handling>> {
    let row = tx
        .query_opt(
            "select coalesce(status, 'open') as status, assigned_agent_id from email_threads
             where property_id = $1 and id = $2 for update",
            &[&property, &id],
        )
        .await?;
    row.map(|row| {
        Ok(Handling {
            status: ThreadStatus::parse(row.try_get("status")?).unwrap_or(ThreadStatus::Open),
            assigned_agent: row
                .try_get::<_, Option<_>>("assigned_agent_id")?
                .map(ProfileId),
        })
    })
    .transpose()
}

pub async fn handle_thread(
    tx: &Tx,
    property: PropertyId,
    id: ThreadId,
    handling: Handling,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.execute(
        "update email_threads set status = $3, assigned_agent_id = $4, updated_at = $5
         where property_id = $1 and id = $2",
        &[
            &property,
            &id,
            &handling.status.as_str(),
            &handling.assigned_agent.map(|agent| agent.0),
            &now,
        ],
    )
    .await?;
    Ok(())
}
