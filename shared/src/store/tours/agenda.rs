//! Who receives prospects at a property and when they are taken; and the team's agenda.

use jiff::{SignedDuration, Timestamp};
use tokio_postgres::Row;

use super::{Booking, COLUMNS, FROM};
use crate::domain::ids::*;
use crate::domain::interval::Interval;
use crate::domain::tour::Rsvp;
use crate::store::agent_calendars::{self, AgentCalendar};
use crate::store::{Error, Result, Tx};

/// One live tour, as a bare time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visit {
    pub booking: BookingId,
    pub time: Interval,
    /// Until then the agent takes no other tour: the end, and the buffer that it was booked with.
    pub kept_until: Timestamp,
}

impl Visit {
    /// What a tour that keeps `buffer` minutes free around itself must miss: the larger buffer counts, on
    /// both sides, whichever tour was booked first and at whichever property.
    pub fn taken(&self, buffer: u32) -> Interval {
        let own = self.kept_until.duration_since(self.time.end());
        let more = own - SignedDuration::from_mins(buffer.into());
        let more = more.max(SignedDuration::ZERO);
        let start = self.time.start().checked_sub(more);
        let end = self.time.end().checked_add(more);
        let taken = start.ok().zip(end.ok());
        taken
            .and_then(|(start, end)| Interval::new(start, end))
            .unwrap_or(self.time)
    }
}

/// An agent who receives prospects, with the live tours they have, at any property.
#[derive(Clone, Debug)]
pub struct Receiver {
    pub calendar: AgentCalendar,
    pub visits: Vec<Visit>,
}

/// Everybody who receives prospects at a property and whose calendar is neither paused nor disconnected, with
/// their tours that touch the stretch.
pub async fn receivers(tx: &Tx, property: PropertyId, within: Interval) -> Result<Vec<Receiver>> {
    let sql = format!(
        "select {}, t.bookings, t.starts, t.ends, t.kept
         from agent_calendars c left join luma.profiles p on p.id = c.profile_id
         left join lateral (
            select array_agg(booking) as bookings, array_agg(starts_at) as starts, array_agg(ends_at) as ends,
               array_agg(kept_until) as kept
            from luma.taken(array[c.profile_id], $2, $3)) t on true
         where c.property_id = $1 and c.profile_id is not null and c.sync_enabled and c.status <> 'disconnected'
         order by c.created_at, c.id",
        agent_calendars::COLUMNS
    );
    let rows = tx
        .query(&sql, &[&property, &within.start(), &within.end()])
        .await?;
    rows.iter().map(Receiver::try_from).collect()
}

impl TryFrom<&Row> for Receiver {
    type Error = Error;

    fn try_from(row: &Row) -> Result<Self> {
        let bookings: Option<Vec<uuid::Uuid>> = row.try_get("bookings")?;
        let starts: Option<Vec<Timestamp>> = row.try_get("starts")?;
        let ends: Option<Vec<Timestamp>> = row.try_get("ends")?;
        let kept: Option<Vec<Timestamp>> = row.try_get("kept")?;
        let ends = ends.into_iter().flatten().zip(kept.into_iter().flatten());
        let times = starts.into_iter().flatten().zip(ends);
        let visits = bookings.into_iter().flatten().zip(times);
        Ok(Self {
            calendar: AgentCalendar::try_from(row)?,
            visits: visits
                .filter_map(|(id, (start, (end, kept_until)))| {
                    Some(Visit {
                        booking: BookingId(id),
                        time: Interval::new(start, end)?,
                        kept_until,
                    })
                })
                .collect(),
        })
    }
}

/// A booking as the team sees it: with the state of its event and of the invitation.
#[derive(Clone, Debug)]
pub struct Line {
    pub booking: Booking,
    /// `pending`, `synced`, `failed`, `conflict`; `None` where no calendar is behind it.
    pub event_status: Option<String>,
    /// Why it failed, or cannot be made to agree: a stable code.
    pub event_reason: Option<String>,
    pub rsvp: Option<Rsvp>,
    /// When the invitation went out, if it did.
    pub invite_sent_at: Option<Timestamp>,
    /// Who invites: `google` with the event, or `ics` by letter.
    pub invite_method: Option<String>,
    /// The letter with the invitation could not be sent.
    pub invite_failed: bool,
    pub special_requests: Option<String>,
    pub cancelled_via: Option<String>,
}

impl TryFrom<&Row> for Line {
    type Error = Error;

    fn try_from(row: &Row) -> Result<Self> {
        let rsvp: Option<&str> = row.try_get("response_status")?;
        Ok(Self {
            booking: Booking::try_from(row)?,
            event_status: row.try_get("sync_status")?,
            event_reason: row.try_get("reason")?,
            rsvp: rsvp.map(Rsvp::parse),
            invite_sent_at: row.try_get("invite_sent_at")?,
            invite_method: row.try_get("invite_method")?,
            invite_failed: row.try_get("invite_failed")?,
            special_requests: row.try_get("special_requests")?,
            cancelled_via: row.try_get("cancelled_via")?,
        })
    }
}

const LINE: &str = "b.special_requests, b.cancelled_via, e.sync_status, e.reason, i.response_status, i.invite_sent_at, \
     i.invite_method, exists (select from tour_letters l where l.booking_id = b.id and l.kind = 'invitation' \
                              and l.version = b.version and l.state = 'failed') as invite_failed";
const BESIDE: &str = "left join calendar_events e on e.tour_booking_id = b.id \
     left join prospect_invites i on i.tour_booking_id = b.id";

/// A lead's bookings, the latest first, cancelled ones too; at most 100.
pub async fn of_lead(tx: &Tx, property: PropertyId, lead: LeadId) -> Result<Vec<Line>> {
    let sql = format!(
        "select {COLUMNS}, {LINE} from {FROM} {BESIDE}
         where b.property_id = $1 and b.lead_id = $2 and b.starts_at is not null
         order by b.starts_at desc, b.id limit 100"
    );
    let rows = tx.query(&sql, &[&property, &lead]).await?;
    rows.iter().map(Line::try_from).collect()
}

/// The bookings that start within the stretch, in order, cancelled ones too; at most 500.
pub async fn agenda(
    tx: &Tx,
    property: PropertyId,
    only: Option<BookingId>,
    within: Interval,
) -> Result<Vec<Line>> {
    let sql = format!(
        "select {COLUMNS}, {LINE} from {FROM} {BESIDE}
         where b.property_id = $1 and b.starts_at >= $2 and b.starts_at < $3 and ($4::uuid is null or b.id = $4)
         order by b.starts_at, b.id limit 500"
    );
    let only = only.map(|id| id.0);
    let rows = tx
        .query(&sql, &[&property, &within.start(), &within.end(), &only])
        .await?;
    rows.iter().map(Line::try_from).collect()
}

/// What is wrong between the tours that are still to come and their agents' calendars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Troubles {
    /// Tours that no calendar shows, because Google would not take them.
    pub failed: i64,
    /// Tours that stand otherwise in the calendar than in the booking.
    pub conflicts: i64,
    /// When the first of them begins.
    pub first: Option<Timestamp>,
}

pub async fn troubles(tx: &Tx, property: PropertyId, now: Timestamp) -> Result<Troubles> {
    let row = tx
        .query_one(
            "select count(*) filter (where e.sync_status = 'failed') as failed,
                count(*) filter (where e.sync_status = 'conflict') as conflicts, min(b.starts_at) as first
             from luma.tour_bookings b join calendar_events e on e.tour_booking_id = b.id
             where b.property_id = $1 and b.status in ('held', 'confirmed') and b.ends_at > $2
               and e.sync_status in ('failed', 'conflict')",
            &[&property, &now],
        )
        .await?;
    Ok(Troubles {
        failed: row.try_get("failed")?,
        conflicts: row.try_get("conflicts")?,
        first: row.try_get("first")?,
    })
}
