//! E-mails about tours (`tour_letters`), from the wish to the sent mail: their outbox.
//!
//! `due → sending → draft stored → sent`, or `cancelled`, `failed`. Whoever works on one holds its
//! lease, and every step checks the lease or the state: a second run, or one after a crash, goes on from
//! what is stored.

use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::tours::Booking;
use super::{Error, Result, Tx, event_links};
use crate::domain::ids::*;

/// What a letter is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LetterKind {
    /// With a calendar file, where Google invites nobody; again after each move.
    Invitation,
    /// The same for a cancelled tour.
    Cancellation,
    /// The team changed the tour in its own calendar.
    MovedByTeam,
    CancelledByTeam,
    /// To the agent: the prospect changed the tour.
    AgentMoved,
    AgentCancelled,
    Reminder24h,
    Reminder1h,
}

impl LetterKind {
    const ALL: [Self; 8] = [
        Self::Invitation,
        Self::Cancellation,
        Self::MovedByTeam,
        Self::CancelledByTeam,
        Self::AgentMoved,
        Self::AgentCancelled,
        Self::Reminder24h,
        Self::Reminder1h,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::Cancellation => "cancellation",
            Self::MovedByTeam => "moved_by_team",
            Self::CancelledByTeam => "cancelled_by_team",
            Self::AgentMoved => "agent_moved",
            Self::AgentCancelled => "agent_cancelled",
            Self::Reminder24h => "reminder_24h",
            Self::Reminder1h => "reminder_1h",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    pub fn is_reminder(self) -> bool {
        matches!(self, Self::Reminder24h | Self::Reminder1h)
    }

    /// The others are for the prospect.
    pub fn is_to_agent(self) -> bool {
        matches!(self, Self::AgentMoved | Self::AgentCancelled)
    }

    /// Whether it tells that somebody is not expected any more.
    pub fn is_about_a_cancellation(self) -> bool {
        matches!(
            self,
            Self::Cancellation | Self::CancelledByTeam | Self::AgentCancelled
        )
    }
}

/// How far a letter has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LetterState {
    Due,
    /// Gmail may have been asked for a draft.
    Sending,
    Sent,
    /// Nobody wants it any more.
    Cancelled,
    Failed,
}

impl LetterState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }

    fn parse(text: &str) -> Self {
        match text {
            "due" => Self::Due,
            "sending" => Self::Sending,
            "sent" => Self::Sent,
            "cancelled" => Self::Cancelled,
            _ => Self::Failed,
        }
    }
}

/// One e-mail about a tour.
#[derive(Clone, Debug)]
pub struct Letter {
    pub id: LetterId,
    pub property: PropertyId,
    pub booking: BookingId,
    pub kind: LetterKind,
    /// The start that it speaks of.
    pub concerns: Timestamp,
    /// The booking's; 0 for reminders.
    pub version: i64,
    pub state: LetterState,
    pub due_at: Timestamp,
    /// After this it would only confuse.
    pub not_after: Timestamp,
    pub draft: Option<DraftId>,
    pub attempts: i32,
}

const COLUMNS: &str = "id, property_id, booking_id, kind, concerns, version, state, due_at, not_after, draft_id, \
     attempts";

/// What is due and nobody is at, as of `$1`.
const OPEN: &str = "state in ('due', 'sending') and due_at <= $1 \
     and (next_attempt_at is null or next_attempt_at <= $1) \
     and (lease_until is null or lease_until < clock_timestamp())";

impl TryFrom<&Row> for Letter {
    type Error = Error;

    fn try_from(row: &Row) -> Result<Self> {
        Ok(Self {
            id: LetterId(row.try_get("id")?),
            property: PropertyId(row.try_get("property_id")?),
            booking: BookingId(row.try_get("booking_id")?),
            kind: LetterKind::parse(row.try_get("kind")?).ok_or(Error::Missing)?,
            concerns: row.try_get("concerns")?,
            version: row.try_get("version")?,
            state: LetterState::parse(row.try_get("state")?),
            due_at: row.try_get("due_at")?,
            not_after: row.try_get("not_after")?,
            draft: row.try_get::<_, Option<_>>("draft_id")?.map(DraftId),
            attempts: row.try_get("attempts")?,
        })
    }
}

// --- the wish -----------------------------------------------------------------------------------

/// Wants a letter about a booking as it is now, in the transaction that makes it due; the same one is
/// wanted once. After `not_after` it would only confuse.
pub async fn expect(
    tx: &Tx,
    booking: &Booking,
    kind: LetterKind,
    now: Timestamp,
    not_after: Timestamp,
) -> Result<()> {
    tx.execute(
        "insert into tour_letters (property_id, booking_id, kind, concerns, version, due_at, not_after)
         values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing",
        &[
            &booking.property,
            &booking.id,
            &kind.as_str(),
            &booking.time.start(),
            &booking.version,
            &now,
            &not_after,
        ],
    )
    .await?;
    Ok(())
}

/// Wants the reminders whose time has come, of whichever bookings the transaction sees: the first within
/// the day before, while more than 90 minutes are left, the second within the last hour.
///
/// They follow from the bookings themselves, so whoever moves a tour, by whatever way, brings new ones
/// about; and what an outage missed is made up for while it still helps. One that was called off by a
/// move is wanted again when the tour moves back; it may have left all the same, so Gmail is asked first.
pub async fn remind(tx: &Tx, now: Timestamp) -> Result<Vec<BookingId>> {
    let rows = tx
        .query(
            "insert into tour_letters (property_id, booking_id, kind, concerns, version, due_at, not_after)
             select b.property_id, b.id, r.kind, b.starts_at, 0, $1, b.starts_at - r.at_least
             from luma.tour_bookings b
             cross join (values ('reminder_24h', interval '90 minutes', interval '24 hours'),
                                ('reminder_1h', interval '0', interval '60 minutes')) r (kind, at_least, at_most)
             where b.status = 'confirmed' and b.starts_at > $1 and b.starts_at <= $1 + interval '24 hours'
               and b.starts_at > $1 + r.at_least and b.starts_at <= $1 + r.at_most
             on conflict on constraint tour_letters_once do update set state = 'sending', reason = null,
                draft_id = null, due_at = excluded.due_at, attempts = 0
             where tour_letters.state = 'cancelled' and tour_letters.reason in ('tour_moved', 'tour_over')
             returning booking_id",
            &[&now],
        )
        .await?;
    bookings(&rows)
}

/// Wants a letter about each coming tour that somebody changed without telling: where we invited by
/// letter, nobody else tells the prospect. The host's pages change tours in this way.
///
/// Of one booking, or of whichever the transaction sees.
pub async fn retell(tx: &Tx, booking: Option<BookingId>, now: Timestamp) -> Result<Vec<BookingId>> {
    let rows = tx
        .query(
            "insert into tour_letters (property_id, booking_id, kind, concerns, version, due_at, not_after)
             select b.property_id, b.id, case b.status when 'cancelled' then 'cancelled_by_team' else 'moved_by_team' end,
                b.starts_at, b.version, $1, b.starts_at
             from prospect_invites i join luma.tour_bookings b on b.id = i.tour_booking_id
             where i.invite_method = 'ics' and ($2 is null or b.id = $2) and b.version > 0 and b.starts_at > $1
               and b.status in ('held', 'confirmed', 'cancelled')
               and not exists (select from tour_letters l where l.booking_id = b.id and l.version = b.version
                                 and l.kind in ('invitation', 'cancellation', 'moved_by_team', 'cancelled_by_team'))
             on conflict do nothing returning booking_id",
            &[&now, &booking.map(|id| id.0)],
        )
        .await?;
    bookings(&rows)
}

/// Whether the prospect is invited by letter, because Google invites nobody.
pub async fn invites(tx: &Tx, booking: BookingId) -> Result<bool> {
    let sql = "select from prospect_invites where tour_booking_id = $1 and invite_method = 'ics'
         union all select from tour_letters where booking_id = $1 and kind = 'invitation' limit 1";
    Ok(tx.query_opt(sql, &[&booking]).await?.is_some())
}

// --- who works on it ----------------------------------------------------------------------------

/// Bookings with letters that are due and that nobody works on, the most overdue first.
pub async fn unattended(tx: &Tx, now: Timestamp, at_most: i64) -> Result<Vec<BookingId>> {
    let sql = format!(
        "select booking_id from tour_letters where {OPEN} group by booking_id order by min(due_at) limit $2"
    );
    let rows = tx.query(&sql, &[&now, &at_most]).await?;
    bookings(&rows)
}

/// Whether a booking has a letter that could be sent now.
pub async fn is_due(tx: &Tx, booking: BookingId, now: Timestamp) -> Result<bool> {
    let sql = format!("select from tour_letters where {OPEN} and booking_id = $2 limit 1");
    Ok(tx.query_opt(&sql, &[&now, &booking]).await?.is_some())
}

/// Takes the oldest due letter of a booking for so many seconds of the database's clock, and counts the
/// try.
pub async fn lease(
    tx: &Tx,
    booking: BookingId,
    owner: Uuid,
    seconds: f64,
    now: Timestamp,
) -> Result<Option<Letter>> {
    let sql = format!(
        "update tour_letters set lease_owner = $3, lease_until = clock_timestamp() + make_interval(secs => $4),
            attempts = attempts + 1
         where id = (select id from tour_letters where {OPEN} and booking_id = $2
                     order by due_at, id limit 1 for update skip locked)
         returning {COLUMNS}"
    );
    let row = tx
        .query_opt(&sql, &[&now, &booking, &owner, &seconds])
        .await?;
    row.as_ref().map(Letter::try_from).transpose()
}

pub async fn by_id(tx: &Tx, id: LetterId) -> Result<Option<Letter>> {
    let sql = format!("select {COLUMNS} from tour_letters where id = $1");
    let row = tx.query_opt(&sql, &[&id]).await?;
    row.as_ref().map(Letter::try_from).transpose()
}

/// Gmail is about to be asked for a draft: from here on there may be one. `false`: the lease is lost.
pub async fn begun(tx: &Tx, id: LetterId, owner: Uuid) -> Result<bool> {
    let changed = tx
        .execute(
            "update tour_letters set state = 'sending'
             where id = $1 and lease_owner = $2 and state in ('due', 'sending')",
            &[&id, &owner],
        )
        .await?;
    Ok(changed > 0)
}

/// There is a draft, and this is the one that is sent. `false`: the lease is lost.
pub async fn drafted(tx: &Tx, id: LetterId, owner: Uuid, draft: &DraftId) -> Result<bool> {
    let changed = tx
        .execute(
            "update tour_letters set draft_id = $3
             where id = $1 and lease_owner = $2 and state = 'sending'",
            &[&id, &owner, draft],
        )
        .await?;
    Ok(changed > 0)
}

/// Gives the lease back; the next try is not before the given time.
pub async fn postpone(tx: &Tx, id: LetterId, owner: Uuid, until: Timestamp) -> Result<()> {
    tx.execute(
        "update tour_letters set next_attempt_at = $3, lease_owner = null, lease_until = null
         where id = $1 and lease_owner = $2",
        &[&id, &owner, &until],
    )
    .await?;
    Ok(())
}

// --- how it ends --------------------------------------------------------------------------------

/// It has left: the host's own columns say so, too. Of all who notice, one gets `true`. One that was
/// given up may turn out to have left all the same: what the mailbox shows as sent is the truth.
pub async fn sent(
    tx: &Tx,
    letter: &Letter,
    gmail_id: &GmailMessageId,
    at: Timestamp,
) -> Result<bool> {
    let changed = tx
        .execute(
            "update tour_letters set state = 'sent', gmail_message_id = $2, sent_at = $3, reason = null,
                lease_owner = null, lease_until = null, next_attempt_at = null
             where id = $1 and state <> 'sent'",
            &[&letter.id, gmail_id, &at],
        )
        .await?;
    if changed == 0 {
        return Ok(false);
    }
    let column = match letter.kind {
        LetterKind::Reminder24h => "reminder_24h_sent_at",
        LetterKind::Reminder1h => "reminder_1h_sent_at",
        LetterKind::Invitation => {
            event_links::invited(tx, letter.booking, None, at).await?;
            return Ok(true);
        }
        _ => return Ok(true),
    };
    let sql =
        format!("update luma.tour_bookings set {column} = $3 where id = $1 and starts_at = $2");
    tx.execute(&sql, &[&letter.booking, &letter.concerns, &at])
        .await?;
    Ok(true)
}

/// Ends it as cancelled or failed, with a stable code that says why, unless it has ended.
pub async fn end(tx: &Tx, id: LetterId, state: LetterState, reason: &str) -> Result<bool> {
    let changed = tx
        .execute(
            "update tour_letters set state = $2, reason = $3, lease_owner = null, lease_until = null,
                next_attempt_at = null
             where id = $1 and state in ('due', 'sending')",
            &[&id, &state.as_str(), &reason],
        )
        .await?;
    Ok(changed > 0)
}

fn bookings(rows: &[Row]) -> Result<Vec<BookingId>> {
    rows.iter()
        .map(|row| Ok(BookingId(row.try_get("booking_id")?)))
        .collect()
}
