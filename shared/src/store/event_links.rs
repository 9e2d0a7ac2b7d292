//! Which event stands for which booking (`calendar_events`), and whether Google agrees: the outbox of
//! the calendar. And events that must go (`calendar_leftovers`).

use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::{Error, Result, Tx};
use crate::domain::ids::*;
use crate::domain::interval::Interval;
use crate::domain::tour::Rsvp;

/// How far booking and event agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncStatus {
    /// Google is to be told.
    Pending,
    Synced,
    /// Google will not take it, or the calendar is gone; a person has to act.
    Failed,
    /// They cannot be made to agree; a person has to look.
    Conflict,
}

impl SyncStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Synced => "synced",
            Self::Failed => "failed",
            Self::Conflict => "conflict",
        }
    }

    pub fn parse(text: &str) -> Self {
        match text {
            "pending" => Self::Pending,
            "synced" => Self::Synced,
            "conflict" => Self::Conflict,
            _ => Self::Failed,
        }
    }
}

/// A booking's event.
#[derive(Clone, Debug)]
pub struct EventLink {
    pub booking: BookingId,
    pub property: PropertyId,
    pub agent_calendar: AgentCalendarId,
    /// Where the event is; `None` in rows of the host's.
    pub calendar: Option<CalendarId>,
    pub event: EventId,
    pub generation: i32,
    pub status: SyncStatus,
    /// Of the event's last state that we know. `None`: Google never showed us the event; empty: it is
    /// deleted, or gone.
    pub etag: Option<String>,
    /// The version of the booking that Google has; `None`: nothing was accepted yet.
    pub mirrored_version: Option<i64>,
    /// When the event is, as Google last told; before that, as it was first asked for.
    pub shown: Option<Interval>,
    pub attempts: i32,
}

const COLUMNS: &str = "tour_booking_id, property_id, agent_calendar_id, calendar_id, google_event_id, generation, \
     coalesce(sync_status, 'failed') as sync_status, google_etag, mirrored_version, \
     shown_from, shown_until, attempts";

impl TryFrom<&Row> for EventLink {
    type Error = Error;

    fn try_from(row: &Row) -> Result<Self> {
        Ok(Self {
            booking: BookingId(row.try_get("tour_booking_id")?),
            property: PropertyId(row.try_get("property_id")?),
            agent_calendar: AgentCalendarId(row.try_get("agent_calendar_id")?),
            calendar: row.try_get::<_, Option<_>>("calendar_id")?.map(CalendarId),
            event: EventId(row.try_get("google_event_id")?),
            generation: row.try_get("generation")?,
            status: SyncStatus::parse(row.try_get("sync_status")?),
            etag: row.try_get("google_etag")?,
            mirrored_version: row.try_get("mirrored_version")?,
            shown: shown(row)?,
            attempts: row.try_get("attempts")?,
        })
    }
}

fn shown(row: &Row) -> Result<Option<Interval>> {
    let from: Option<Timestamp> = row.try_get("shown_from")?;
    let until: Option<Timestamp> = row.try_get("shown_until")?;
    Ok(from
        .zip(until)
        .and_then(|(from, until)| Interval::new(from, until)))
}

/// The id of a booking's event: known before Google is asked, so that a second try is no second event.
/// Letters `a`–`v` and digits only, as Google wants:
/// <https://developers.google.com/workspace/calendar/api/v3/reference/events/insert>.
pub fn event_id(booking: BookingId, generation: i32) -> EventId {
    EventId(format!("ll{}v{generation}", booking.0.simple()))
}

/// Expects an event, in the booking's own transaction, leased to whoever writes it: nobody else tries
/// before `lease_seconds` are over.
pub async fn expect(
    tx: &Tx,
    booking: BookingId,
    property: PropertyId,
    agent_calendar: AgentCalendarId,
    calendar: &CalendarId,
    owner: Uuid,
    lease_seconds: f64,
) -> Result<()> {
    tx.execute(
        "insert into calendar_events (tour_booking_id, property_id, agent_calendar_id, calendar_id, google_event_id,
            generation, sync_status, attempts, lease_owner, lease_until, last_synced_at, shown_from, shown_until)
         select $1, $2, $3, $4, $5, 0, 'pending', 1, $6, clock_timestamp() + make_interval(secs => $7), null,
            b.starts_at, b.ends_at
         from luma.tour_bookings b where b.id = $1",
        &[
            &booking,
            &property,
            &agent_calendar,
            calendar,
            &event_id(booking, 0),
            &owner,
            &lease_seconds,
        ],
    )
    .await?;
    Ok(())
}

pub async fn of_booking(tx: &Tx, booking: BookingId) -> Result<Option<EventLink>> {
    let sql = format!(
        "select {COLUMNS} from calendar_events where tour_booking_id = $1 and property_id is not null"
    );
    let row = tx.query_opt(&sql, &[&booking]).await?;
    row.as_ref().map(EventLink::try_from).transpose()
}

/// The links of an agent's calendar that one of these events, or bookings, belongs to.
pub async fn concerned(
    tx: &Tx,
    agent_calendar: AgentCalendarId,
    events: &[String],
    bookings: &[BookingId],
) -> Result<Vec<EventLink>> {
    let bookings: Vec<Uuid> = bookings.iter().map(|id| id.0).collect();
    let sql = format!(
        "select {COLUMNS} from calendar_events
         where agent_calendar_id = $1 and property_id is not null
           and (google_event_id = any ($2) or tour_booking_id = any ($3))"
    );
    let rows = tx
        .query(&sql, &[&agent_calendar, &events, &bookings])
        .await?;
    rows.iter().map(EventLink::try_from).collect()
}

/// The links of an agent's calendar whose tours are still to come and live: what must be looked up
/// when the list of changes has a gap.
pub async fn coming_of(
    tx: &Tx,
    agent_calendar: AgentCalendarId,
    now: Timestamp,
) -> Result<Vec<EventLink>> {
    let sql = format!(
        "select {COLUMNS} from calendar_events
         where agent_calendar_id = $1 and property_id is not null and mirrored_version is not null
           and tour_booking_id in (select id from luma.tour_bookings
                                   where status in ('held', 'confirmed') and ends_at > $2)"
    );
    let rows = tx.query(&sql, &[&agent_calendar, &now]).await?;
    rows.iter().map(EventLink::try_from).collect()
}

/// Takes the lease on a pending link for so many seconds of the database's clock, and counts the try.
/// `None`: nothing is pending, it is not due again yet, or somebody is at it.
pub async fn lease(
    tx: &Tx,
    booking: BookingId,
    owner: Uuid,
    seconds: f64,
    now: Timestamp,
) -> Result<Option<EventLink>> {
    let sql = format!(
        "update calendar_events set lease_owner = $2, lease_until = clock_timestamp() + make_interval(secs => $3),
            attempts = attempts + 1
         where tour_booking_id = $1 and sync_status = 'pending' and property_id is not null
           and (next_attempt_at is null or next_attempt_at <= $4)
           and (lease_until is null or lease_until < clock_timestamp())
         returning {COLUMNS}"
    );
    let row = tx
        .query_opt(&sql, &[&booking, &owner, &seconds, &now])
        .await?;
    row.as_ref().map(EventLink::try_from).transpose()
}

/// A state of the event at Google.
pub struct Known<'a> {
    /// As [`EventLink::etag`].
    pub etag: Option<&'a str>,
    pub shown: Option<Interval>,
    pub calendar: &'a CalendarId,
}

/// Google has this version of the booking. `false`: the booking has a newer one, and the link stays
/// pending.
///
/// Nothing happens if Google has a newer one by now, or the link stands for another event.
pub async fn mirrored(
    tx: &Tx,
    link: &EventLink,
    version: i64,
    known: &Known<'_>,
    now: Timestamp,
) -> Result<bool> {
    let row = tx
        .query_opt(
            "update calendar_events e set mirrored_version = $2, google_etag = $3, calendar_id = $4, last_synced_at = $5,
                accepted_at = coalesce(accepted_at, case when $3 <> '' then $5 end), reason = null, attempts = 0, next_attempt_at = null,
                sync_status = case when b.version = $2 then 'synced' else 'pending' end,
                shown_from = $8, shown_until = $9, lease_owner = null, lease_until = null
             from luma.tour_bookings b
             where e.tour_booking_id = $1 and b.id = $1 and e.google_event_id = $6 and e.agent_calendar_id = $7
               and (e.mirrored_version is null or e.mirrored_version <= $2)
             returning e.sync_status = 'synced' as is_synced",
            &[
                &link.booking,
                &version,
                &known.etag,
                known.calendar,
                &now,
                &link.event,
                &link.agent_calendar,
                &known.shown.map(|shown| shown.start()),
                &known.shown.map(|shown| shown.end()),
            ],
        )
        .await?;
    match row {
        Some(row) => Ok(row.try_get("is_synced")?),
        None => Ok(true),
    }
}

/// The event has another state than we knew, and the booking's own is still to be shown there.
pub async fn seen(tx: &Tx, link: &EventLink, known: &Known<'_>) -> Result<()> {
    tx.execute(
        "update calendar_events set google_etag = $2, shown_from = $3, shown_until = $4
         where tour_booking_id = $1 and google_event_id = $5",
        &[
            &link.booking,
            &known.etag,
            &known.shown.map(|shown| shown.start()),
            &known.shown.map(|shown| shown.end()),
            &link.event,
        ],
    )
    .await?;
    Ok(())
}

/// Google is to be told once more.
pub async fn retell(tx: &Tx, booking: BookingId) -> Result<()> {
    tx.execute(
        "update calendar_events set sync_status = 'pending', reason = null, attempts = 0, next_attempt_at = null
         where tour_booking_id = $1",
        &[&booking],
    )
    .await?;
    Ok(())
}

/// Not now: tried again at `next`, and the lease is given back.
pub async fn postpone(
    tx: &Tx,
    booking: BookingId,
    owner: Uuid,
    next: Timestamp,
    reason: &str,
) -> Result<()> {
    tx.execute(
        "update calendar_events set next_attempt_at = $3, reason = $4, lease_owner = null, lease_until = null
         where tour_booking_id = $1 and lease_owner = $2",
        &[&booking, &owner, &next, &reason],
    )
    .await?;
    Ok(())
}

/// `Failed` or `Conflict`, with a stable code that says why; `version` is the booking's as it was looked
/// at: a change since then asks for another try.
pub async fn settle(
    tx: &Tx,
    booking: BookingId,
    version: i64,
    status: SyncStatus,
    reason: &str,
) -> Result<bool> {
    let changed = tx
        .execute(
            "update calendar_events e set sync_status = $3, reason = $4, next_attempt_at = null,
                lease_owner = null, lease_until = null
             from luma.tour_bookings b
             where e.tour_booking_id = $1 and b.id = $1 and b.version = $2
               and (e.sync_status, e.reason) is distinct from ($3, $4)",
            &[&booking, &version, &status.as_str(), &reason],
        )
        .await?;
    Ok(changed > 0)
}

/// The next id for the same booking: the present one belongs to a deleted event, or to somebody else.
/// The lease stays.
pub async fn next_generation(tx: &Tx, link: &EventLink) -> Result<EventId> {
    let next = event_id(link.booking, link.generation + 1);
    tx.execute(
        "update calendar_events e set generation = $2, google_event_id = $3, google_etag = null,
            mirrored_version = null, shown_from = b.starts_at, shown_until = b.ends_at
         from luma.tour_bookings b
         where e.tour_booking_id = $1 and b.id = $1 and e.generation = $4",
        &[
            &link.booking,
            &(link.generation + 1),
            &next,
            &link.generation,
        ],
    )
    .await?;
    Ok(next)
}

/// The tour has another agent: its event of before becomes a leftover, and a new one is expected there.
pub async fn hand_over(
    tx: &Tx,
    link: &EventLink,
    agent_calendar: AgentCalendarId,
    calendar: &CalendarId,
    now: Timestamp,
) -> Result<()> {
    leave_over(tx, link, now).await?;
    tx.execute(
        "update calendar_events e set agent_calendar_id = $2, calendar_id = $3, generation = e.generation + 1,
            google_event_id = $4, google_etag = null, mirrored_version = null, sync_status = 'pending', reason = null,
            attempts = 0, next_attempt_at = null, lease_owner = null, lease_until = null,
            shown_from = b.starts_at, shown_until = b.ends_at
         from luma.tour_bookings b
         where e.tour_booking_id = $1 and b.id = $1",
        &[
            &link.booking,
            &agent_calendar,
            calendar,
            &event_id(link.booking, link.generation + 1),
        ],
    )
    .await?;
    Ok(())
}

/// A new event takes the place of one that cannot be used any more, in the calendar that the agent chose.
pub async fn replace(
    tx: &Tx,
    link: &EventLink,
    calendar: &CalendarId,
    now: Timestamp,
) -> Result<()> {
    leave_over(tx, link, now).await?;
    next_generation(tx, link).await?;
    tx.execute(
        "update calendar_events set calendar_id = $2 where tour_booking_id = $1",
        &[&link.booking, calendar],
    )
    .await?;
    Ok(())
}

// --- leftovers ----------------------------------------------------------------------------------

/// An event that must go.
#[derive(Clone, Debug)]
pub struct Leftover {
    pub id: Uuid,
    pub agent_calendar: AgentCalendarId,
    pub calendar: CalendarId,
    pub event: EventId,
    pub attempts: i32,
}

async fn leave_over(tx: &Tx, link: &EventLink, now: Timestamp) -> Result<()> {
    let Some(calendar) = &link.calendar else {
        return Ok(());
    };
    tx.execute(
        "insert into calendar_leftovers (property_id, agent_calendar_id, booking_id, calendar_id, google_event_id,
            next_attempt_at)
         values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
        &[
            &link.property,
            &link.agent_calendar,
            &link.booking,
            calendar,
            &link.event,
            &now,
        ],
    )
    .await?;
    Ok(())
}

pub async fn leftovers(tx: &Tx, booking: BookingId, now: Timestamp) -> Result<Vec<Leftover>> {
    let rows = tx
        .query(
            "select id, agent_calendar_id, calendar_id, google_event_id, attempts from calendar_leftovers
             where booking_id = $1 and (next_attempt_at is null or next_attempt_at <= $2)",
            &[&booking, &now],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Leftover {
                id: row.try_get("id")?,
                agent_calendar: AgentCalendarId(row.try_get("agent_calendar_id")?),
                calendar: CalendarId(row.try_get("calendar_id")?),
                event: EventId(row.try_get("google_event_id")?),
                attempts: row.try_get("attempts")?,
            })
        })
        .collect()
}

pub async fn gone(tx: &Tx, leftover: Uuid) -> Result<()> {
    tx.execute("delete from calendar_leftovers where id = $1", &[&leftover])
        .await?;
    Ok(())
}

pub async fn still_there(tx: &Tx, leftover: Uuid, next: Timestamp) -> Result<()> {
    tx.execute(
        "update calendar_leftovers set attempts = attempts + 1, next_attempt_at = $2 where id = $1",
        &[&leftover, &next],
    )
    .await?;
    Ok(())
}

// --- what is due, and invitations ---------------------------------------------------------------

/// Bookings of which Google is to be told and nobody is at it, at whichever property; longest due first.
pub async fn unattended(tx: &Tx, now: Timestamp, at_most: i64) -> Result<Vec<BookingId>> {
    let rows = tx
        .query(
            "select id from (
                select tour_booking_id as id, next_attempt_at from calendar_events
                where sync_status = 'pending' and property_id is not null
                  and (next_attempt_at is null or next_attempt_at <= $1)
                  and (lease_until is null or lease_until < clock_timestamp())
                union all
                select booking_id, next_attempt_at from calendar_leftovers
                where next_attempt_at is null or next_attempt_at <= $1) due
             group by id order by min(next_attempt_at) nulls first limit $2",
            &[&now, &at_most],
        )
        .await?;
    rows.iter()
        .map(|row| Ok(BookingId(row.try_get("id")?)))
        .collect()
}

/// The prospect will be invited: by Google with the event (`google`), or by letter with a calendar file
/// (`ics`).
pub async fn expect_answer(
    tx: &Tx,
    booking: BookingId,
    property: PropertyId,
    lead: LeadId,
    method: &str,
) -> Result<()> {
    tx.execute(
        "insert into prospect_invites (tour_booking_id, property_id, lead_id, invite_method, response_status)
         values ($1, $2, $3, $4, 'pending')",
        &[&booking, &property, &lead, &method],
    )
    .await?;
    Ok(())
}

/// The invitation is out, by Google with this event, or (`None`) by letter.
pub async fn invited(
    tx: &Tx,
    booking: BookingId,
    event: Option<&EventId>,
    now: Timestamp,
) -> Result<()> {
    let event_id = event.map(|event| event.0.as_str());
    let method = if event.is_some() { "google" } else { "ics" };
    tx.execute(
        "update prospect_invites set google_event_id = coalesce($2, google_event_id), invite_method = $3,
            invite_sent_at = coalesce(invite_sent_at, $4)
         where tour_booking_id = $1",
        &[&booking, &event_id, &method, &now],
    )
    .await?;
    Ok(())
}

/// What the prospect answered. `false`: nothing new.
pub async fn answered(tx: &Tx, booking: BookingId, rsvp: Rsvp) -> Result<bool> {
    let changed = tx
        .execute(
            "update prospect_invites set response_status = $2
             where tour_booking_id = $1 and response_status is distinct from $2",
            &[&booking, &rsvp.as_str()],
        )
        .await?;
    Ok(changed > 0)
}
