//! Agents' connected Google calendars (`agent_calendars`): on which terms they receive prospects, the
//! grant, and how far their changes were read.

pub mod connecting;
pub mod events;
pub mod reading;
pub mod terms;
pub mod watching;

use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::Row;

use super::accounts::{Account, Holder, Status, StoredGrant};
use super::{Error, Result, Tx};
use crate::domain::ids::*;

/// One agent's calendar at one property.
#[derive(Clone, Debug)]
pub struct AgentCalendar {
    pub id: AgentCalendarId,
    pub property: PropertyId,
    pub agent: ProfileId,
    /// As the host spells it; empty where it has none.
    pub agent_name: String,
    pub google_email: String,
    pub google_subject: Option<String>,
    /// What was granted, as Google names it; empty where nothing is connected.
    pub scopes: Vec<String>,
    pub status: Status,
    pub grant: Option<StoredGrant>,
    pub blocked_until: Option<chrono::DateTime<chrono::Utc>>,
    pub failures: i32,
    /// The chosen one of the account's calendars.
    pub calendar: CalendarId,
    pub terms: Terms,
    pub sync_token: Option<SyncToken>,
    pub last_sync_at: Option<Timestamp>,
}

/// What an agent decides about tours, as stored; [`crate::slots::Rules`] are made of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Terms {
    /// False while paused by a person: no tour is offered. Those that are booked stay in step.
    pub sync_enabled: bool,
    /// JSON as `working_hours` reads it.
    pub working_hours: Value,
    pub date_overrides: Value,
    /// Minutes, as all that follow unless they say otherwise.
    pub tour_duration: i32,
    pub buffer: i32,
    pub slot_interval: Option<i32>,
    pub minimum_notice: i32,
    /// Days.
    pub horizon: i32,
    pub max_tours_per_day: Option<i32>,
    /// IANA name; without one the property's counts.
    pub timezone: Option<String>,
}

impl AgentCalendar {
    pub fn holder(&self) -> Holder {
        Holder::Calendar(self.id)
    }

    pub fn account(&self) -> Account {
        Account {
            holder: self.holder(),
            property: self.property,
            status: self.status,
            subject: self.google_subject.clone(),
            grant: self.grant.clone(),
            blocked_until: self.blocked_until,
        }
    }

    /// Whether it is that account's. One that an older version connected is known by its address only.
    pub fn is_of(&self, subject: &str, email: &str) -> bool {
        match &self.google_subject {
            Some(known) => known == subject,
            None => self.google_email.eq_ignore_ascii_case(email),
        }
    }

    /// Whether that is the account's own calendar, which has two names.
    pub fn is_primary(&self, calendar: &CalendarId) -> bool {
        calendar.0 == "primary" || calendar.0.eq_ignore_ascii_case(&self.google_email)
    }

    /// Whether two names mean the same of the account's calendars.
    pub fn is_same(&self, one: &CalendarId, other: &CalendarId) -> bool {
        one == other || (self.is_primary(one) && self.is_primary(other))
    }

    /// Whether tours are offered with it: one whose grant is lost still counts, and cannot be read.
    pub fn offers(&self) -> bool {
        self.terms.sync_enabled && self.status != Status::Disconnected
    }
}

/// The columns of [`AgentCalendar`], of `agent_calendars c` beside the agent's profile `p`.
pub(super) const COLUMNS: &str = "c.id, c.property_id, c.profile_id, coalesce(p.full_name, '') as agent_name, \
     c.google_email, c.google_subject, c.granted_scopes, c.status, c.access_token, c.refresh_token, c.token_expires_at, \
     c.grant_version, c.blocked_until, c.failures, c.calendar_id, c.sync_enabled, c.working_hours, c.date_overrides, \
     c.tour_duration_minutes, c.buffer_minutes, c.slot_interval_minutes, c.minimum_notice_minutes, c.horizon_days, \
     c.max_tours_per_day, c.timezone, c.sync_token, c.last_sync_at";

impl TryFrom<&Row> for AgentCalendar {
    type Error = Error;

    fn try_from(row: &Row) -> Result<Self> {
        Ok(Self {
            id: AgentCalendarId(row.try_get("id")?),
            property: PropertyId(row.try_get("property_id")?),
            agent: ProfileId(row.try_get("profile_id")?),
            agent_name: row.try_get("agent_name")?,
            google_email: row.try_get("google_email")?,
            google_subject: row.try_get("google_subject")?,
            scopes: row.try_get("granted_scopes")?,
            status: Status::parse(row.try_get("status")?),
            grant: StoredGrant::read(row)?,
            blocked_until: row.try_get("blocked_until")?,
            failures: row.try_get("failures")?,
            calendar: CalendarId(row.try_get("calendar_id")?),
            terms: Terms {
                sync_enabled: row.try_get("sync_enabled")?,
                working_hours: row.try_get("working_hours")?,
                date_overrides: row.try_get("date_overrides")?,
                tour_duration: row.try_get("tour_duration_minutes")?,
                buffer: row.try_get("buffer_minutes")?,
                slot_interval: row.try_get("slot_interval_minutes")?,
                minimum_notice: row.try_get("minimum_notice_minutes")?,
                horizon: row.try_get("horizon_days")?,
                max_tours_per_day: row.try_get("max_tours_per_day")?,
                timezone: row.try_get("timezone")?,
            },
            sync_token: row
                .try_get::<_, Option<String>>("sync_token")?
                .map(SyncToken),
            last_sync_at: row.try_get("last_sync_at")?,
        })
    }
}

pub(super) const FROM: &str =
    "from agent_calendars c left join luma.profiles p on p.id = c.profile_id";

/// All calendars of a property, the disconnected ones too, in the order in which they were first connected.
pub async fn of_property(tx: &Tx, property: PropertyId) -> Result<Vec<AgentCalendar>> {
    let sql = format!(
        "select {COLUMNS} {FROM} where c.property_id = $1 and c.profile_id is not null order by c.created_at, c.id"
    );
    let rows = tx.query(&sql, &[&property]).await?;
    rows.iter().map(AgentCalendar::try_from).collect()
}

pub async fn by_id(tx: &Tx, id: AgentCalendarId) -> Result<Option<AgentCalendar>> {
    let sql = format!("select {COLUMNS} {FROM} where c.id = $1 and c.profile_id is not null");
    let row = tx.query_opt(&sql, &[&id]).await?;
    row.as_ref().map(AgentCalendar::try_from).transpose()
}

/// One agent's calendar at a property.
pub async fn of_agent(
    tx: &Tx,
    property: PropertyId,
    agent: ProfileId,
) -> Result<Option<AgentCalendar>> {
    let sql = format!("select {COLUMNS} {FROM} where c.property_id = $1 and c.profile_id = $2");
    let row = tx.query_opt(&sql, &[&property, &agent]).await?;
    row.as_ref().map(AgentCalendar::try_from).transpose()
}
