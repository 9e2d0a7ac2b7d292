//! Replies and how far each has come (`email_replies`).
//!
//! Whoever works on one holds its lease; every step is a statement that checks the lease or the state,
//! so that a second run, a late one or one after a crash goes on from what is stored.

use chrono::{DateTime, Utc};
use tokio_postgres::Row;
use uuid::Uuid;

use super::{Error, Result, Tx};
use crate::domain::ids::*;
use crate::domain::reply::{Hand, ReplyState};

#[derive(Clone, Debug)]
pub struct Reply {
    pub id: ReplyId,
    pub property: PropertyId,
    pub mailbox: MailboxId,
    pub thread: ThreadId,
    /// The inbound message it answers.
    pub message: EmailId,
    pub state: ReplyState,
    pub reasons: Vec<String>,
    pub due_at: DateTime<Utc>,
    pub waiting_since: DateTime<Utc>,
    pub body_text: Option<String>,
    pub confidence: Option<f64>,
    /// The whole letter, once it is fixed.
    pub letter: Option<String>,
    /// When the first visit that the letter offers begins; from then on it is stale.
    pub offer_ends: Option<DateTime<Utc>>,
    pub approved_by: Option<ProfileId>,
    pub approved_at: Option<DateTime<Utc>>,
    pub written_by: Hand,
    /// The draft of the letter that is sent.
    pub draft: Option<DraftId>,
    /// A draft that shows the held text to people in Gmail.
    pub preview: Option<DraftId>,
    /// That is not yet as the text is.
    pub preview_due: bool,
    pub attempts: i32,
    /// Runs that ended without giving the lease back.
    pub kills: i32,
    pub next_attempt_at: Option<DateTime<Utc>>,
    pub sent_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

const COLUMNS: &str = "id, property_id, mailbox_id, thread_id, message_id, state, reasons, due_at, waiting_since, \
     body_text, confidence, letter, offer_ends_at, approved_by, approved_at, written_by, draft_id, \
     preview_draft_id, preview_due, attempts, kills, next_attempt_at, sent_at, created_at";

impl TryFrom<&Row> for Reply {
    type Error = Error;

    fn try_from(row: &Row) -> Result<Self> {
        Ok(Self {
            id: ReplyId(row.try_get("id")?),
            property: PropertyId(row.try_get("property_id")?),
            mailbox: MailboxId(row.try_get("mailbox_id")?),
            thread: ThreadId(row.try_get("thread_id")?),
            message: EmailId(row.try_get("message_id")?),
            // The column's check admits nothing else.
            state: ReplyState::parse(row.try_get("state")?).unwrap_or(ReplyState::Failed),
            reasons: row.try_get("reasons")?,
            due_at: row.try_get("due_at")?,
            waiting_since: row.try_get("waiting_since")?,
            body_text: row.try_get("body_text")?,
            confidence: row.try_get("confidence")?,
            letter: row.try_get("letter")?,
            offer_ends: row.try_get("offer_ends_at")?,
            approved_by: row.try_get::<_, Option<_>>("approved_by")?.map(ProfileId),
            approved_at: row.try_get("approved_at")?,
            // The column's check admits nothing else.
            written_by: Hand::parse(row.try_get("written_by")?).unwrap_or(Hand::Assistant),
            draft: row.try_get::<_, Option<_>>("draft_id")?.map(DraftId),
            preview: row
                .try_get::<_, Option<_>>("preview_draft_id")?
                .map(DraftId),
            preview_due: row.try_get("preview_due")?,
            attempts: row.try_get("attempts")?,
            kills: row.try_get("kills")?,
            next_attempt_at: row.try_get("next_attempt_at")?,
            sent_at: row.try_get("sent_at")?,
            created_at: row.try_get("created_at")?,
        })
    }
}

/// A reply that will be due. `None` if the message has one already.
pub async fn insert(
    tx: &Tx,
    property: PropertyId,
    mailbox: MailboxId,
    thread: ThreadId,
    message: EmailId,
    due_at: DateTime<Utc>,
    waiting_since: DateTime<Utc>,
) -> Result<Option<ReplyId>> {
    let row = tx
        .query_opt(
            "insert into email_replies (property_id, mailbox_id, thread_id, message_id, due_at, waiting_since)
             values ($1, $2, $3, $4, $5, $6) on conflict on constraint email_replies_once do nothing returning id",
            &[&property, &mailbox, &thread, &message, &due_at, &waiting_since],
        )
        .await?;
    row.map(|row| Ok(ReplyId(row.try_get("id")?))).transpose()
}

pub async fn by_id(tx: &Tx, id: ReplyId) -> Result<Option<Reply>> {
    let sql = format!("select {COLUMNS} from email_replies where id = $1");
    tx.query_opt(&sql, &[&id])
        .await?
        .as_ref()
        .map(Reply::try_from)
        .transpose()
}

/// A reply that nobody wants any more.
pub struct Ended {
    pub id: ReplyId,
    pub waiting_since: DateTime<Utc>,
    /// It was not yet written.
    pub was_due: bool,
}

/// Ends every reply of a thread that nobody started to send, if its message is not younger than
/// `at`: mail may be filed in any order.
pub async fn end_waiting(
    tx: &Tx,
    thread: ThreadId,
    at: DateTime<Utc>,
    reason: &str,
) -> Result<Vec<Ended>> {
    let rows = tx
        .query(
            "update email_replies r set state = 'cancelled', reasons = array[$2], attempts = 0, next_attempt_at = null,
                updated_at = now()
             from email_replies old join email_messages m on m.id = old.message_id
             where r.thread_id = $1 and r.state in ('due', 'held') and old.id = r.id and m.sent_at <= $3
             returning r.id, r.waiting_since, old.state = 'due' as was_due",
            &[&thread, &reason, &at],
        )
        .await?;
    let ended = |row: &Row| {
        Ok(Ended {
            id: ReplyId(row.try_get("id")?),
            waiting_since: row.try_get("waiting_since")?,
            was_due: row.try_get("was_due")?,
        })
    };
    rows.iter().map(ended).collect()
}

/// Ends every reply to a person that nobody started to send, and wakes those that are on their way: whoever
/// works on them next sees that they are not wanted, and takes the draft back. Answers which were ended.
pub async fn stop(
    tx: &Tx,
    property: PropertyId,
    address_key: &str,
    reason: &str,
) -> Result<Vec<ReplyId>> {
    let rows = tx
        .query(
            "update email_replies r set updated_at = now(), next_attempt_at = null,
                state = case when r.state = 'sending' then r.state else 'cancelled' end,
                attempts = case when r.state = 'sending' then r.attempts else 0 end,
                reasons = case when r.state = 'sending' then r.reasons else array[$3] end
             from email_messages m
             where m.id = r.message_id and r.property_id = $1 and r.state in ('due', 'held', 'sending')
               and (lower(m.from_address) = $2 or lower(m.reply_to) = $2)
             returning r.id, r.state = 'cancelled' as ended",
            &[&property, &address_key, &reason],
        )
        .await?;
    let mut ended = Vec::new();
    for row in &rows {
        if row.try_get("ended")? {
            ended.push(ReplyId(row.try_get("id")?));
        }
    }
    Ok(ended)
}

/// Takes a reply whose time has come, for so many seconds of the database's clock.
pub async fn claim(
    tx: &Tx,
    id: ReplyId,
    owner: Uuid,
    seconds: f64,
    now: DateTime<Utc>,
) -> Result<Option<Reply>> {
    let sql = format!(
        "update email_replies set lease_owner = $2, lease_until = clock_timestamp() + make_interval(secs => $3),
            attempts = attempts + 1, kills = kills + (lease_until is not null)::int, updated_at = now()
         where id = $1 and state in ('due', 'sending') and due_at <= $4
           and (next_attempt_at is null or next_attempt_at <= $4)
           and (lease_until is null or lease_until < clock_timestamp())
         returning {COLUMNS}"
    );
    let row = tx.query_opt(&sql, &[&id, &owner, &seconds, &now]).await?;
    row.as_ref().map(Reply::try_from).transpose()
}

/// What is sent, once it is fixed.
pub struct Text<'a> {
    pub body: &'a str,
    /// Where no person wrote or approved it.
    pub confidence: Option<f64>,
    /// The whole letter.
    pub letter: &'a str,
    /// When the first visit that it offers begins: from then on nobody may get it.
    pub offer_ends: Option<DateTime<Utc>>,
}

/// Fixes the text: from here on this and nothing else is sent.
pub async fn composed(tx: &Tx, id: ReplyId, owner: Uuid, text: &Text<'_>) -> Result<bool> {
    let changed = tx
        .execute(
            "update email_replies set state = 'sending', body_text = $3, confidence = coalesce($4, confidence),
                letter = $5, offer_ends_at = $6, updated_at = now()
             where id = $1 and lease_owner = $2 and state in ('due', 'sending') and letter is null",
            &[&id, &owner, &text.body, &text.confidence, &text.letter, &text.offer_ends],
        )
        .await?;
    Ok(changed > 0)
}

/// Takes a letter back whose offer is over, before it was delivered: a person is asked with its text. Its
/// draft must be gone from Gmail.
pub async fn recall(tx: &Tx, id: ReplyId, owner: Uuid, reason: &str) -> Result<bool> {
    let changed = tx
        .execute(
            "update email_replies set state = 'held', reasons = array[$3], letter = null, draft_id = null,
                offer_ends_at = null, lease_owner = null, lease_until = null, next_attempt_at = null,
                updated_at = now()
             where id = $1 and lease_owner = $2 and state = 'sending' and approved_by is null",
            &[&id, &owner, &reason],
        )
        .await?;
    Ok(changed > 0)
}

/// Puts it before a person, with what was written so far; `preview` in Gmail, too.
pub async fn hold(
    tx: &Tx,
    id: ReplyId,
    owner: Uuid,
    text: Option<(&str, f64)>,
    reasons: &[String],
    preview: bool,
) -> Result<bool> {
    let (body, confidence) = (text.map(|text| text.0), text.map(|text| text.1));
    let changed = tx
        .execute(
            "update email_replies set state = 'held', body_text = coalesce($3, body_text),
                confidence = coalesce($4, confidence), reasons = $5, preview_due = $6, lease_owner = null,
                lease_until = null, next_attempt_at = null, attempts = 0, updated_at = now()
             where id = $1 and lease_owner = $2 and state = 'due'",
            &[&id, &owner, &body, &confidence, &reasons, &preview],
        )
        .await?;
    Ok(changed > 0)
}

pub async fn drafted(tx: &Tx, id: ReplyId, owner: Uuid, draft: &DraftId) -> Result<bool> {
    let changed = tx
        .execute(
            "update email_replies set draft_id = $3, updated_at = now()
             where id = $1 and lease_owner = $2 and state = 'sending'",
            &[&id, &owner, draft],
        )
        .await?;
    Ok(changed > 0)
}

/// Its words were changed where it was sent.
pub async fn changed_by_hand(tx: &Tx, id: ReplyId) -> Result<()> {
    tx.execute(
        "update email_replies set written_by = 'edited' where id = $1 and written_by = 'assistant'",
        &[&id],
    )
    .await?;
    Ok(())
}

/// It was delivered; why it was held before stays. Of all who notice, one gets `true`. A reply that was given up may turn out to
/// have left all the same: what the mailbox shows as sent is the truth.
pub async fn sent(
    tx: &Tx,
    id: ReplyId,
    gmail_id: &GmailMessageId,
    at: DateTime<Utc>,
) -> Result<bool> {
    let changed = tx
        .execute(
            "update email_replies set state = 'sent', gmail_message_id = $2, sent_at = $3,
                reasons = case when state in ('held', 'sending') and reasons <> '{erased}' then reasons else '{}' end, lease_owner = null, lease_until = null, next_attempt_at = null, updated_at = now()
             where id = $1 and state in ('held', 'sending', 'cancelled', 'failed')",
            &[&id, gmail_id, &at],
        )
        .await?;
    Ok(changed > 0)
}

/// Ends it, unless it is final already.
pub async fn end(tx: &Tx, id: ReplyId, state: ReplyState, reason: &str) -> Result<bool> {
    let changed = tx
        .execute(
            "update email_replies set state = $2, reasons = array[$3], lease_owner = null, lease_until = null,
                next_attempt_at = null, updated_at = now()
             where id = $1 and state in ('due', 'held', 'sending')",
            &[&id, &state.as_str(), &reason],
        )
        .await?;
    Ok(changed > 0)
}

/// Gives the lease back; the next try is not before the given time.
pub async fn postpone(tx: &Tx, id: ReplyId, owner: Uuid, until: DateTime<Utc>) -> Result<()> {
    tx.execute(
        "update email_replies set next_attempt_at = $3, lease_owner = null, lease_until = null, updated_at = now()
         where id = $1 and lease_owner = $2",
        &[&id, &owner, &until],
    )
    .await?;
    Ok(())
}

/// A person says yes: it is sent as it stands.
pub async fn approve(
    tx: &Tx,
    property: PropertyId,
    id: ReplyId,
    by: ProfileId,
    now: DateTime<Utc>,
) -> Result<bool> {
    let changed = tx
        .execute(
            "update email_replies set state = 'sending', approved_by = $3, approved_at = $4, due_at = $4,
                attempts = 0, next_attempt_at = null, updated_at = now()
             where property_id = $1 and id = $2 and state = 'held' and coalesce(body_text, '') <> ''",
            &[&property, &id, &by, &now],
        )
        .await?;
    Ok(changed > 0)
}

/// A person's words replace the text of a held reply, and it is noted whose words they were.
pub async fn edit(tx: &Tx, property: PropertyId, id: ReplyId, body: &str) -> Result<bool> {
    let changed = tx
        .execute(
            "update email_replies set body_text = $3, updated_at = now(),
                preview_due = preview_due or preview_draft_id is not null, attempts = 0, next_attempt_at = null,
                written_by = case when coalesce(body_text, '') = '' then 'person'
                    when written_by = 'assistant' and body_text <> $3 then 'edited' else written_by end
             where property_id = $1 and id = $2 and state = 'held'",
            &[&property, &id, &body],
        )
        .await?;
    Ok(changed > 0)
}

/// A person says no.
pub async fn reject(tx: &Tx, property: PropertyId, id: ReplyId) -> Result<bool> {
    let changed = tx
        .execute(
            "update email_replies set state = 'cancelled', reasons = array['rejected'], attempts = 0,
                next_attempt_at = null, updated_at = now()
             where property_id = $1 and id = $2 and state = 'held'",
            &[&property, &id],
        )
        .await?;
    Ok(changed > 0)
}

/// What a preview is behind: the held text, or the reply's end.
const PREVIEW_IS_BEHIND: &str = "(state = 'held' and preview_due)
    or (state in ('sent', 'cancelled', 'failed') and (preview_due or preview_draft_id is not null))";

/// Takes a reply whose preview is behind, for so many seconds of the database's clock.
pub async fn claim_preview(
    tx: &Tx,
    id: ReplyId,
    owner: Uuid,
    seconds: f64,
    now: DateTime<Utc>,
) -> Result<Option<Reply>> {
    let sql = format!(
        "update email_replies set lease_owner = $2, lease_until = clock_timestamp() + make_interval(secs => $3),
            attempts = attempts + 1, updated_at = now()
         where id = $1 and ({PREVIEW_IS_BEHIND})
           and (next_attempt_at is null or next_attempt_at <= $4)
           and (lease_until is null or lease_until < clock_timestamp())
         returning {COLUMNS}"
    );
    let row = tx.query_opt(&sql, &[&id, &owner, &seconds, &now]).await?;
    row.as_ref().map(Reply::try_from).transpose()
}

/// What is left to do with a reply whose preview was seen to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    Nothing,
    /// It was edited or decided about meanwhile.
    More,
}

/// The preview shows `body`; `None`: there is none, and none is wanted. Gives the lease back. Answers `None` if
/// the lease had run out, and whoever has it knows nothing of this draft.
pub async fn previewed(
    tx: &Tx,
    id: ReplyId,
    owner: Uuid,
    preview: Option<(&DraftId, &str)>,
) -> Result<Option<Next>> {
    let draft = preview.map(|(draft, _)| draft.0.as_str());
    let body = preview.map(|(_, body)| body);
    let sql = format!(
        "update email_replies set preview_draft_id = $3,
            preview_due = $4::text is not null and body_text is distinct from $4, lease_owner = null,
            lease_until = null, next_attempt_at = null, attempts = 0, updated_at = now()
         where id = $1 and lease_owner = $2
         returning state = 'sending' or {PREVIEW_IS_BEHIND} as more"
    );
    let row = tx.query_opt(&sql, &[&id, &owner, &draft, &body]).await?;
    let next = |row: &Row| match row.try_get("more")? {
        true => Ok(Next::More),
        false => Ok(Next::Nothing),
    };
    row.as_ref().map(next).transpose()
}

/// The preview is gone; its reply goes on to be sent.
pub async fn unveil(tx: &Tx, id: ReplyId, owner: Uuid) -> Result<()> {
    tx.execute(
        "update email_replies set preview_draft_id = null, preview_due = false, updated_at = now()
         where id = $1 and lease_owner = $2",
        &[&id, &owner],
    )
    .await?;
    Ok(())
}

/// Replies whose time has come and that nobody works on, the most overdue first; then those whose preview is
/// behind.
pub async fn unattended(tx: &Tx, now: DateTime<Utc>, at_most: i64) -> Result<Vec<ReplyId>> {
    let sql = format!(
        "select id from email_replies
         where ((state in ('due', 'sending') and due_at <= $1) or {PREVIEW_IS_BEHIND})
           and (next_attempt_at is null or next_attempt_at <= $1)
           and (lease_until is null or lease_until < clock_timestamp())
         order by state not in ('due', 'sending'), due_at limit $2"
    );
    let rows = tx.query(&sql, &[&now, &at_most]).await?;
    rows.iter()
        .map(|row| Ok(ReplyId(row.try_get("id")?)))
        .collect()
}

/// How many replies went out, or are about to, within the windows that the caps count.
pub struct Traffic {
    pub thread_last_hour: i64,
    pub sender_last_day: i64,
    pub mailbox_last_hour: i64,
}

/// Until the transaction ends, nobody else decides whether a reply of this mailbox may go out.
pub async fn one_at_a_time(tx: &Tx, mailbox: MailboxId) -> Result<()> {
    let name = format!("replies {mailbox}");
    tx.query(
        "select pg_advisory_xact_lock(hashtextextended($1, 0))",
        &[&name],
    )
    .await?;
    Ok(())
}

/// Counts a reply that is being sent, which has no `sent_at` yet, as sent now. `relayed_for` tells apart the people for
/// whom a portal writes under one address.
pub async fn traffic(
    tx: &Tx,
    reply: &Reply,
    sender_key: &str,
    relayed_for: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Traffic> {
    let row = tx
        .query_one(
            "select count(*) filter (where r.thread_id = $3 and r.at > $5 - interval '1 hour') as thread,
                count(*) filter (where lower(m.from_address) = $4
                    and ($7::text is null or lower(m.reply_to) = $7)) as sender,
                count(*) filter (where r.at > $5 - interval '1 hour') as mailbox
             from (select *, coalesce(sent_at, $5) as at from email_replies
                   where property_id = $1 and mailbox_id = $2 and state in ('sending', 'sent') and id <> $6
                     and (sent_at is null or sent_at > $5 - interval '1 day')) r
             join email_messages m on m.id = r.message_id",
            &[&reply.property, &reply.mailbox, &reply.thread, &sender_key, &now, &reply.id, &relayed_for],
        )
        .await?;
    Ok(Traffic {
        thread_last_hour: row.try_get("thread")?,
        sender_last_day: row.try_get("sender")?,
        mailbox_last_hour: row.try_get("mailbox")?,
    })
}

/// Whether another letter that nobody stands behind was answered already: one of the same thread, or one
/// under the same sender's address.
pub async fn answered_unverified(tx: &Tx, reply: &Reply, sender_key: &str) -> Result<bool> {
    let found = tx
        .query_opt(
            "select 1 as one from email_replies r join email_messages m on m.id = r.message_id
             where r.property_id = $1 and r.state in ('sending', 'sent') and r.id <> $2
               and not m.sender_verified and (m.thread_id = $3 or lower(m.from_address) = $4)
             limit 1",
            &[&reply.property, &reply.id, &reply.thread, &sender_key],
        )
        .await?;
    Ok(found.is_some())
}

/// A property's replies, newest first, after the given one.
pub async fn list(
    tx: &Tx,
    property: PropertyId,
    state: Option<ReplyState>,
    after: Option<(DateTime<Utc>, ReplyId)>,
    at_most: i64,
) -> Result<Vec<Reply>> {
    let sql = format!(
        "select {COLUMNS} from email_replies
         where property_id = $1 and ($2::text is null or state = $2)
           and ($3::timestamptz is null or (created_at, id) < ($3, $4))
         order by created_at desc, id desc limit $5"
    );
    let state = state.map(ReplyState::as_str);
    let (at, id) = (after.map(|(at, _)| at), after.map(|(_, id)| id.0));
    let rows = tx
        .query(&sql, &[&property, &state, &at, &id, &at_most])
        .await?;
    rows.iter().map(Reply::try_from).collect()
}

/// The replies of one thread, oldest first.
pub async fn of_thread(tx: &Tx, property: PropertyId, thread: ThreadId) -> Result<Vec<Reply>> {
    let sql = format!(
        "select {COLUMNS} from email_replies where property_id = $1 and thread_id = $2 order by created_at, id"
    );
    let rows = tx.query(&sql, &[&property, &thread]).await?;
    rows.iter().map(Reply::try_from).collect()
}
