//! Tours: bookings (`tour_bookings`), the hand-made times (`tour_slots`), and what callers asked for
//! (`tour_requests`).
//!
//! A booking takes its agent's time at every property; the constraint [`NO_OVERLAP`] has the last word.

mod agenda;
mod manual;
mod requests;

use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};
use tokio_postgres::Row;

pub use self::agenda::{Line, Receiver, Troubles, Visit, agenda, of_lead, receivers, troubles};
pub use self::manual::{ManualSlot, give_place, manual, manual_by_id, take_place};
pub use self::requests::{Asked, forget_requests, remember, requested};
use super::{Error, Result, Tx};
use crate::domain::ids::*;
use crate::domain::interval::Interval;
use crate::domain::tour::BookingStatus;
use crate::domain::zone;

/// An agent would be promised twice.
pub const NO_OVERLAP: &str = "tour_bookings_no_overlap";
/// The same person has this time at this property already.
pub const SAME_REQUEST: &str = "tour_bookings_same_request";

/// A prospect's visit.
#[derive(Clone, Debug)]
pub struct Booking {
    pub id: BookingId,
    pub property: PropertyId,
    pub lead: Option<LeadId>,
    /// The hand-made time it stands in, if no calendar is behind it.
    pub slot: Option<ManualSlotId>,
    pub agent: Option<ProfileId>,
    /// As the host spells it; empty where it has none.
    pub agent_name: String,
    pub status: BookingStatus,
    pub time: Interval,
    /// Minutes that the agent keeps free after it.
    pub buffer: i64,
    /// IANA name of the zone in which the prospect was told the time.
    pub zone: String,
    pub prospect: Prospect,
    /// Raised with every change of time, agent or status.
    pub version: i64,
    /// When somebody last changed one of those.
    pub changed_at: Timestamp,
    pub created_at: Timestamp,
}

/// Whom the tour is for.
#[derive(Clone, PartialEq, Eq)]
pub struct Prospect {
    pub first_name: String,
    pub last_name: String,
    pub email: String,
    pub phone: String,
}

impl std::fmt::Debug for Prospect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Prospect(…)")
    }
}

impl Prospect {
    pub fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
            .trim()
            .to_owned()
    }
}

impl Booking {
    pub fn time_zone(&self) -> TimeZone {
        zone::find(&self.zone).unwrap_or(TimeZone::UTC)
    }

    /// Date and time on the clock of its zone.
    pub fn local_start(&self) -> civil::DateTime {
        self.time_zone().to_datetime(self.time.start())
    }
}

const COLUMNS: &str = "b.id, b.property_id, b.lead_id, b.slot_id, b.agent_profile_id, \
     coalesce(p.full_name, '') as agent_name, b.status, b.starts_at, b.ends_at, b.kept_until, \
     coalesce(b.timezone, 'UTC') as timezone, coalesce(l.first_name, '') as first_name, \
     coalesce(l.last_name, '') as last_name, coalesce(l.email, '') as email, coalesce(l.phone, '') as phone, \
     b.version, b.changed_at, b.created_at";

/// Bookings that the host made by itself know no instant; they are the host's.
const FROM: &str = "luma.tour_bookings b left join luma.leads l on l.id = b.lead_id \
     left join luma.profiles p on p.id = b.agent_profile_id";

impl TryFrom<&Row> for Booking {
    type Error = Error;

    fn try_from(row: &Row) -> Result<Self> {
        let ends_at: Timestamp = row.try_get("ends_at")?;
        let kept_until: Timestamp = row.try_get("kept_until")?;
        let time = Interval::new(row.try_get("starts_at")?, ends_at).ok_or(Error::Missing)?;
        Ok(Self {
            id: BookingId(row.try_get("id")?),
            property: PropertyId(row.try_get("property_id")?),
            lead: row.try_get::<_, Option<_>>("lead_id")?.map(LeadId),
            slot: row.try_get::<_, Option<_>>("slot_id")?.map(ManualSlotId),
            agent: row
                .try_get::<_, Option<_>>("agent_profile_id")?
                .map(ProfileId),
            agent_name: row.try_get("agent_name")?,
            status: BookingStatus::parse(row.try_get::<_, Option<&str>>("status")?.unwrap_or("")),
            time,
            buffer: kept_until.duration_since(ends_at).as_secs() / 60,
            zone: row.try_get("timezone")?,
            prospect: Prospect {
                first_name: row.try_get("first_name")?,
                last_name: row.try_get("last_name")?,
                email: row.try_get("email")?,
                phone: row.try_get("phone")?,
            },
            version: row.try_get("version")?,
            changed_at: row.try_get("changed_at")?,
            created_at: row.try_get("created_at")?,
        })
    }
}

pub async fn by_id(tx: &Tx, id: BookingId) -> Result<Option<Booking>> {
    let sql = format!("select {COLUMNS} from {FROM} where b.id = $1 and b.starts_at is not null");
    let row = tx.query_opt(&sql, &[&id]).await?;
    row.as_ref().map(Booking::try_from).transpose()
}

/// [`by_id`], and nobody changes the booking until the transaction ends.
pub async fn hold(tx: &Tx, id: BookingId) -> Result<Option<Booking>> {
    tx.query(
        "select from luma.tour_bookings where id = $1 for update",
        &[&id],
    )
    .await?;
    by_id(tx, id).await
}

/// The live booking of this person for this time, if there is one: asking again gets the same.
pub async fn same(
    tx: &Tx,
    property: PropertyId,
    email_key: &str,
    start: Timestamp,
) -> Result<Option<Booking>> {
    let sql = format!(
        "select {COLUMNS} from {FROM} where b.property_id = $1 and lower(l.email) = $2 and b.starts_at = $3
           and b.status in ('held', 'confirmed') order by b.created_at, b.id limit 1"
    );
    let row = tx.query_opt(&sql, &[&property, &email_key, &start]).await?;
    row.as_ref().map(Booking::try_from).transpose()
}

/// How many tours of this lead at this property are still to come.
pub async fn open_of(tx: &Tx, lead: LeadId, now: Timestamp) -> Result<i64> {
    let row = tx
        .query_one(
            "select count(*) as open from luma.tour_bookings
             where lead_id = $1 and status in ('held', 'confirmed') and ends_at > $2",
            &[&lead, &now],
        )
        .await?;
    Ok(row.try_get("open")?)
}

/// What a new booking says.
pub struct NewBooking<'a> {
    pub property: PropertyId,
    pub lead: LeadId,
    pub slot: Option<ManualSlotId>,
    pub agent: Option<ProfileId>,
    pub time: Interval,
    /// Minutes that the agent keeps free after it.
    pub buffer: i64,
    pub zone: &'a str,
    /// The start on that zone's clock.
    pub local: civil::DateTime,
    pub special_requests: Option<&'a str>,
    pub source: &'a str,
    pub conversation: Option<ConversationId>,
}

/// # Errors
/// [`NO_OVERLAP`] or [`SAME_REQUEST`] as a constraint.
pub async fn insert(tx: &Tx, new: &NewBooking<'_>, now: Timestamp) -> Result<BookingId> {
    let row = tx
        .query_one(
            "insert into luma.tour_bookings (property_id, lead_id, slot_id, agent_profile_id, starts_at, ends_at,
                kept_until, timezone, scheduled_date, scheduled_time, duration_minutes, special_requests, source,
                booked_via_conversation_id, status, changed_at, created_at, updated_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 'confirmed', $15, $15, $15)
             returning id",
            &[
                &new.property,
                &new.lead,
                &new.slot.map(|id| id.0),
                &new.agent.map(|id| id.0),
                &new.time.start(),
                &new.time.end(),
                &kept_until(new.time, new.buffer),
                &new.zone,
                &new.local.date(),
                &new.local.time(),
                &minutes(new.time),
                &new.special_requests,
                &new.source,
                &new.conversation.map(|id| id.0),
                &now,
            ],
        )
        .await?;
    Ok(BookingId(row.try_get("id")?))
}

/// A booking's new time, and agent.
pub struct Move {
    pub time: Interval,
    /// Minutes that the agent keeps free after it.
    pub buffer: i64,
    /// The start on the clock of the booking's zone.
    pub local: civil::DateTime,
    pub agent: Option<ProfileId>,
    pub slot: Option<ManualSlotId>,
}

/// Moves a live booking that is still of this version. `false`: somebody changed it meanwhile.
///
/// Reminders of the old time are forgotten; those of the new one become due by themselves.
pub async fn reschedule(
    tx: &Tx,
    id: BookingId,
    version: i64,
    to: &Move,
    changed_at: Timestamp,
) -> Result<bool> {
    let changed = tx
        .execute(
            "update luma.tour_bookings set starts_at = $3, ends_at = $4, kept_until = $5, scheduled_date = $6,
                scheduled_time = $7, duration_minutes = $8, agent_profile_id = $9, slot_id = $10, changed_at = $11,
                updated_at = $11, reminder_24h_sent_at = null, reminder_1h_sent_at = null
             where id = $1 and version = $2 and status in ('held', 'confirmed')",
            &[
                &id,
                &version,
                &to.time.start(),
                &to.time.end(),
                &kept_until(to.time, to.buffer),
                &to.local.date(),
                &to.local.time(),
                &minutes(to.time),
                &to.agent.map(|id| id.0),
                &to.slot.map(|id| id.0),
                &changed_at,
            ],
        )
        .await?;
    Ok(changed > 0)
}

/// Cancels a live booking; `via` says who: google, prospect, user. `false`: it was not live any more.
pub async fn cancel(tx: &Tx, id: BookingId, via: &str, changed_at: Timestamp) -> Result<bool> {
    let changed = tx
        .execute(
            "update luma.tour_bookings set status = 'cancelled', cancelled_via = $2, changed_at = $3, updated_at = $3
             where id = $1 and status in ('held', 'confirmed')",
            &[&id, &via, &changed_at],
        )
        .await?;
    Ok(changed > 0)
}

/// Whoever wants an agent's time waits here until the transaction ends, so that what is read of the
/// agent's tours stays true until the tour is written. In the order of their ids: nobody waits in a circle.
pub async fn lock_agents(tx: &Tx, agents: &[ProfileId]) -> Result<()> {
    let mut ids: Vec<uuid::Uuid> = agents.iter().map(|agent| agent.0).collect();
    ids.sort_unstable();
    ids.dedup();
    tx.query(
        "select pg_advisory_xact_lock(hashtextextended('tours of ' || id, 0))
         from unnest($1::uuid[]) with ordinality as agents (id, place) order by place",
        &[&ids],
    )
    .await?;
    Ok(())
}

/// The live tours of an agent at any property that touch the stretch, buffers included.
pub async fn taken(tx: &Tx, agent: ProfileId, within: Interval) -> Result<Vec<Visit>> {
    let rows = tx
        .query(
            "select booking, starts_at, ends_at, kept_until from luma.taken(array[$1], $2, $3) order by starts_at",
            &[&agent, &within.start(), &within.end()],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let time = Interval::new(row.try_get("starts_at")?, row.try_get("ends_at")?);
            Ok(Visit {
                booking: BookingId(row.try_get("booking")?),
                time: time.ok_or(Error::Missing)?,
                kept_until: row.try_get("kept_until")?,
            })
        })
        .collect()
}

fn kept_until(time: Interval, buffer: i64) -> Timestamp {
    let kept = jiff::SignedDuration::from_mins(buffer);
    time.end().checked_add(kept).unwrap_or(time.end())
}

fn minutes(time: Interval) -> i32 {
    let length = time.end().duration_since(time.start());
    i32::try_from(length.as_secs() / 60).unwrap_or(i32::MAX)
}
