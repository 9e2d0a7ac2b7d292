//! Runs that read a conversation (`enrichment_runs`), and what they read.
//!
//! A run is named by the last message that the prospect wrote: asked for twice, it is there once.

use chrono::{DateTime, Utc};
use tokio_postgres::Row;
use uuid::Uuid;

use super::{Error, Result, Tx};
use crate::domain::ids::*;

/// What asks for a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    ThreadClosed,
    TourBooked,
    Manual,
}

impl Cause {
    fn as_str(self) -> &'static str {
        match self {
            Self::ThreadClosed => "thread_closed",
            Self::TourBooked => "tour_booked",
            Self::Manual => "manual",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Run {
    pub id: Uuid,
    pub property: PropertyId,
    pub conversation: ConversationId,
    pub last_message: TurnId,
    pub last_message_at: DateTime<Utc>,
    pub attempts: i32,
    pub kills: i32,
    pub calls: i32,
}

impl TryFrom<&Row> for Run {
    type Error = Error;

    fn try_from(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            property: PropertyId(row.try_get("property_id")?),
            conversation: ConversationId(row.try_get("conversation_id")?),
            last_message: TurnId(row.try_get("last_message_id")?),
            last_message_at: row.try_get("last_message_at")?,
            attempts: row.try_get("attempts")?,
            kills: row.try_get("kills")?,
            calls: row.try_get("calls")?,
        })
    }
}

/// Conversations with the lead they belong to and the last message that the prospect wrote and that has
/// words left. The host sets a lead on the conversation or on the visitor's session. A letter that anybody
/// may have written under the prospect's address is not what the prospect wrote.
const READABLE: &str = "select c.property_id, c.id as conversation_id, l.id as lead_id, c.channel,
        s.last_activity_at, m.id as message_id, m.created_at as message_at
     from luma.exchanges c
     left join luma.widget_sessions s on s.id = c.widget_session_id and s.property_id = c.property_id
     join luma.leads l on l.id = coalesce(c.lead_id, s.lead_id) and l.property_id = c.property_id
     cross join lateral (select id, created_at from luma.messages
        where conversation_id = c.id and role = 'user' and created_at is not null and content <> ''
          and not exists (select from email_messages e where e.turn_id = messages.id and not e.sender_verified)
        order by created_at desc, id desc limit 1) m";

/// Asks for a run over one conversation, or over all of a lead's; answers those that are due by this. What
/// was read to the end is not read again, unless something was written since; a manual wish also
/// repeats what failed, and is answered with what was due before it, too.
pub async fn expect(
    tx: &Tx,
    property: PropertyId,
    of: Of,
    version: i32,
    cause: Cause,
    now: DateTime<Utc>,
) -> Result<Vec<ConversationId>> {
    let sql = format!(
        "with asked as (
         insert into enrichment_runs as r (property_id, conversation_id, last_message_id, last_message_at,
            prompt_version, cause, created_at, updated_at)
         select property_id, conversation_id, message_id, message_at, $4, $5, $6, $6 from ({READABLE}
            where c.property_id = $1 and (c.id = $2 or l.id = $3)) readable
         on conflict on constraint enrichment_runs_once do update
            set state = 'due', reason = null, attempts = 0, kills = 0, next_attempt_at = null, updated_at = $6
            where r.state = 'failed' and $5 = 'manual'
         returning conversation_id)
         select conversation_id from asked
         union
         select r.conversation_id from enrichment_runs r
         join ({READABLE} where c.property_id = $1 and (c.id = $2 or l.id = $3)) readable
           on readable.conversation_id = r.conversation_id
         where r.property_id = $1 and r.state = 'due' and $5 = 'manual'"
    );
    let (conversation, lead) = match of {
        Of::Conversation(id) => (Some(id.0), None),
        Of::Lead(id) => (None, Some(id.0)),
    };
    let rows = tx
        .query(
            &sql,
            &[
                &property,
                &conversation,
                &lead,
                &version,
                &cause.as_str(),
                &now,
            ],
        )
        .await?;
    conversations(&rows)
}

/// Whose conversations are meant.
#[derive(Clone, Copy, Debug)]
pub enum Of {
    Conversation(ConversationId),
    Lead(LeadId),
}

/// Asks for runs over the chats that fell silent before `quiet` and were still spoken in after `since`.
/// The host's mark of activity is empty until a first answer is out, so the last message counts, too.
pub async fn expect_silent(
    tx: &Tx,
    version: i32,
    quiet: DateTime<Utc>,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
    at_most: i64,
) -> Result<u64> {
    let sql = format!(
        "insert into enrichment_runs (property_id, conversation_id, last_message_id, last_message_at,
            prompt_version, cause, created_at, updated_at)
         select property_id, conversation_id, message_id, message_at, $1, 'idle', $4, $4 from ({READABLE}
            where c.channel in ('widget', 'chat')
              and c.id in (select conversation_id from luma.messages where created_at > $3)) readable
         where greatest(last_activity_at, message_at) <= $2
           and not exists (select from luma.messages n
                           where n.conversation_id = readable.conversation_id and n.created_at > $2)
           and not exists (select from enrichment_runs r where r.conversation_id = readable.conversation_id
                             and r.last_message_id = message_id and r.prompt_version = $1)
         order by message_at limit $5
         on conflict on constraint enrichment_runs_once do nothing"
    );
    tx.execute(&sql, &[&version, &quiet, &since, &now, &at_most])
        .await
}

/// Conversations with a run whose time has come and that nobody works on.
pub async fn unattended(tx: &Tx, now: DateTime<Utc>, at_most: i64) -> Result<Vec<ConversationId>> {
    let rows = tx
        .query(
            "select conversation_id from enrichment_runs
             where state = 'due' and (next_attempt_at is null or next_attempt_at <= $1)
               and (lease_until is null or lease_until < clock_timestamp())
             group by conversation_id order by min(created_at) limit $2",
            &[&now, &at_most],
        )
        .await?;
    conversations(&rows)
}

fn conversations(rows: &[Row]) -> Result<Vec<ConversationId>> {
    rows.iter()
        .map(|row| Ok(ConversationId(row.try_get("conversation_id")?)))
        .collect()
}

/// Takes the newest run of a conversation that is due, for so many seconds of the database's clock.
/// What was to be read before it, it reads too.
pub async fn claim(
    tx: &Tx,
    conversation: ConversationId,
    owner: Uuid,
    seconds: f64,
    now: DateTime<Utc>,
) -> Result<Option<Run>> {
    let row = tx
        .query_opt(
            "update enrichment_runs set lease_owner = $2, updated_at = $4,
                lease_until = clock_timestamp() + make_interval(secs => $3),
                attempts = attempts + 1, kills = kills + (lease_until is not null)::int
             where id = (select id from enrichment_runs
                         where conversation_id = $1 and state = 'due'
                         order by last_message_at desc, last_message_id desc, prompt_version desc limit 1)
               and (next_attempt_at is null or next_attempt_at <= $4)
               and (lease_until is null or lease_until < clock_timestamp())
             returning id, property_id, conversation_id, last_message_id, last_message_at, attempts, kills, calls",
            &[&conversation, &owner, &seconds, &now],
        )
        .await?;
    row.as_ref().map(Run::try_from).transpose()
}

/// Notes that the model is asked. `false`: the lease is not ours any more.
pub async fn asked(tx: &Tx, run: &Run, owner: Uuid, now: DateTime<Utc>) -> Result<bool> {
    let changed = tx
        .execute(
            "update enrichment_runs set calls = calls + 1, updated_at = $3
             where id = $1 and lease_owner = $2 and state = 'due'",
            &[&run.id, &owner, &now],
        )
        .await?;
    Ok(changed > 0)
}

/// A conversation as a run reads it.
pub struct Exchange {
    pub lead: LeadId,
    pub is_email: bool,
    /// Oldest first; of the prospect and of us.
    pub turns: Vec<Turn>,
}

pub struct Turn {
    pub id: TurnId,
    pub at: DateTime<Utc>,
    pub by_prospect: bool,
    pub text: String,
}

/// The newest turns of the run's conversation up to its last message, and whose it is, in one query.
/// Of an e-mail only what was written this time, and nothing of a sender who is not proven. `None`: the
/// conversation or its lead is gone.
pub async fn exchange(
    tx: &Tx,
    run: &Run,
    at_most: i64,
    characters: i32,
) -> Result<Option<Exchange>> {
    let sql = format!(
        "select readable.lead_id, readable.channel, t.id, t.created_at, t.role, t.text
         from ({READABLE} where c.property_id = $1 and c.id = $2) readable
         cross join lateral (
            select m.id, m.created_at, m.role, left(coalesce(e.body_fresh, m.content, ''), $6) as text
            from luma.messages m left join email_messages e on e.turn_id = m.id and e.property_id = $1
            where m.conversation_id = readable.conversation_id and m.role in ('user', 'assistant')
              and (m.created_at, m.id) <= ($3, $4)
              and (m.role = 'assistant' or e.sender_verified is distinct from false)
            order by m.created_at desc, m.id desc limit $5) t
         order by t.created_at, t.id"
    );
    let rows = tx
        .query(
            &sql,
            &[
                &run.property,
                &run.conversation,
                &run.last_message_at,
                &run.last_message,
                &at_most,
                &characters,
            ],
        )
        .await?;
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let turn = |row: &Row| {
        Ok(Turn {
            id: TurnId(row.try_get("id")?),
            at: row.try_get("created_at")?,
            by_prospect: row.try_get::<_, &str>("role")? == "user",
            text: row.try_get("text")?,
        })
    };
    Ok(Some(Exchange {
        lead: LeadId(first.try_get("lead_id")?),
        is_email: first.try_get::<_, Option<&str>>("channel")? == Some("email"),
        turns: rows.iter().map(turn).collect::<Result<_>>()?,
    }))
}

/// Ends a run, and with it those of the same conversation that had less to read. `false`: the lease is
/// not ours any more.
pub async fn finish(
    tx: &Tx,
    run: &Run,
    owner: Uuid,
    failed: bool,
    reason: Option<&str>,
    now: DateTime<Utc>,
) -> Result<bool> {
    let state = if failed { "failed" } else { "done" };
    let changed = tx
        .execute(
            "update enrichment_runs set state = $3, reason = $4, lease_owner = null, lease_until = null,
                next_attempt_at = null, updated_at = $5
             where id = $1 and lease_owner = $2 and state = 'due'",
            &[&run.id, &owner, &state, &reason, &now],
        )
        .await?;
    if changed == 0 {
        return Ok(false);
    }
    tx.execute(
        "update enrichment_runs set state = 'done', reason = 'superseded', next_attempt_at = null, updated_at = $4
         where conversation_id = $1 and state = 'due' and (last_message_at, last_message_id) < ($2, $3)
           and (lease_until is null or lease_until < clock_timestamp())",
        &[&run.conversation, &run.last_message_at, &run.last_message, &now],
    )
    .await?;
    Ok(true)
}

/// Gives the lease back; the next try is not before the given time.
pub async fn postpone(tx: &Tx, run: &Run, owner: Uuid, until: DateTime<Utc>) -> Result<()> {
    tx.execute(
        "update enrichment_runs set next_attempt_at = $3, lease_owner = null, lease_until = null, updated_at = now()
         where id = $1 and lease_owner = $2",
        &[&run.id, &owner, &until],
    )
    .await?;
    Ok(())
}

/// The same for a run that was not begun: it counts as no attempt.
pub async fn put_off(tx: &Tx, run: &Run, owner: Uuid, until: DateTime<Utc>) -> Result<()> {
    tx.execute(
        "update enrichment_runs set next_attempt_at = $3, lease_owner = null, lease_until = null,
            attempts = attempts - 1, updated_at = now()
         where id = $1 and lease_owner = $2",
        &[&run.id, &owner, &until],
    )
    .await?;
    Ok(())
}
