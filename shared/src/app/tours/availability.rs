//! When a tour can be had: working hours − busy time − tours, per agent, in the property's zone.

use jiff::civil::{Date, DateTime, Time as Clock};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::book::instants;
use super::busy;
use super::rules::{self, Occupied};
use crate::app::App;
use crate::domain::ids::{ManualSlotId, ProfileId, PropertyId};
use crate::domain::interval::Interval;
use crate::domain::zone;
use crate::error::{Error, Result};
use crate::slots::{self, Candidate, Refusal, Rules};
use crate::store::Tx;
use crate::store::agent_calendars::AgentCalendar;
use crate::store::properties::Property;
use crate::store::tours::{self, Booking, ManualSlot, Receiver};

/// Days that can be asked for at once, and the usual number.
const DAYS_MAX: i32 = 60;
const DAYS: i32 = 14;
/// Agents of a property that are asked; those connected first. What they cost is one call each.
const AGENTS_MAX: usize = 100;
/// Around a range: a tour of a neighbouring day in another zone still counts for its day.
const MARGIN: SignedDuration = SignedDuration::from_hours(48);

/// The longest buffer around a tour.
const BUFFER_MAX: SignedDuration = SignedDuration::from_hours(2);

/// Local dates of the property, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    pub from: Option<Date>,
    pub to: Option<Date>,
}

/// What can be had.
#[derive(Clone, Debug)]
pub struct Availability {
    /// IANA name of the zone of all dates and times.
    pub zone: String,
    pub source: Source,
    /// Minutes.
    pub tour_duration: i32,
    pub buffer: i32,
    /// By start, then in the order of the agents.
    pub times: Vec<Time>,
    /// Agents whose calendar cannot be read: nothing of them is offered.
    pub unreadable: Vec<ProfileId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    GoogleCalendar,
    /// No agent has a calendar: the times that people made by hand.
    Manual,
}

/// A time at which a tour could start, on offer or taken.
#[derive(Clone, Debug)]
pub struct Time {
    pub time: Interval,
    /// The same on the property's clock.
    pub date: Date,
    pub starts: Clock,
    pub ends: Clock,
    pub offer: Offer,
}

#[derive(Clone, Debug)]
pub enum Offer {
    Agent {
        id: ProfileId,
        name: String,
        free: bool,
    },
    Manual(ManualTime),
}

#[derive(Clone, Copy, Debug)]
pub struct ManualTime {
    pub id: ManualSlotId,
    /// Places that are left.
    pub places: i32,
}

impl Time {
    pub fn is_free(&self) -> bool {
        match &self.offer {
            Offer::Agent { free, .. } => *free,
            Offer::Manual(slot) => slot.places > 0,
        }
    }
}

/// The times of a property, in a transaction that sees it; the transaction ends before Google is asked.
///
/// # Errors
/// `Invalid` for a range that is none, or too long; `CalendarUnreadable` where there are calendars and
/// none can be read; `Conflict` where no zone is configured anywhere.
pub async fn availability(
    app: &App,
    tx: Tx,
    property: &Property,
    range: Range,
) -> Result<Availability> {
    let now = app.instant();
    let clock = Clocks::of(property, None);
    let read = look(&tx, property, clock.as_ref(), range, now).await;
    tx.commit().await?; // a call that is refused counts, too
    let (from, to, receivers) = match read? {
        Found::ByHand(slots) => {
            let clock = clock.ok_or_else(no_zone)?;
            return Ok(manual(property, clock, slots, now));
        }
        Found::Agents(from, to, receivers) => (from, to, receivers),
    };
    let of_agent = |one: &Receiver| Clocks::of(property, Some(&one.calendar));
    let clock = clock.or_else(|| receivers.iter().find_map(of_agent));
    let clock = clock.ok_or_else(no_zone)?;
    let within = days(&clock.zone, from, to)?;
    let receivers = &receivers[..receivers.len().min(AGENTS_MAX)];
    let agents = of_agents(app, property, receivers, within).await;
    if agents.iter().all(|agent| agent.candidates.is_none()) {
        return Err(Error::CalendarUnreadable);
    }
    Ok(offered(clock, receivers, &agents))
}

/// The free times to which a tour can move: those of its agent, or those made by hand. `None`: not to be
/// known now. Around the tour itself its own event still counts as busy.
pub(super) async fn others(
    app: &App,
    property: &Property,
    booking: &Booking,
    range: Range,
) -> Result<Option<Vec<Time>>> {
    let now = app.instant();
    let clock = Clocks {
        name: booking.zone.clone(),
        zone: booking.time_zone(),
    };
    let (from, to) = range.dates(Some(&clock.zone), now)?;
    let within = days(&clock.zone, from, to)?;
    let tx = app.of(property.id).await?;
    let mut times = match booking.agent {
        None => {
            let slots = tours::manual(&tx, property.id, from, to).await?;
            tx.commit().await?;
            manual(property, clock, slots, now).times
        }
        Some(agent) => {
            let mut receivers = tours::receivers(&tx, property.id, widened(within)).await?;
            tx.commit().await?;
            receivers.retain(|one| one.calendar.agent == agent);
            let agents = of_agents(app, property, &receivers, within).await;
            if agents.iter().any(|agent| agent.candidates.is_none()) {
                return Ok(None);
            }
            offered(clock, &receivers, &agents).times
        }
    };
    times.retain(|time| time.is_free() && time.time != booking.time);
    Ok(Some(times))
}

/// What there is, before Google is asked.
enum Found {
    /// Nobody has a calendar.
    ByHand(Vec<ManualSlot>),
    /// The first and the last date, and who receives prospects.
    Agents(Date, Date, Vec<Receiver>),
}

/// Without a zone of the property's own the agent's decides: days are cut after it is known.
async fn look(
    tx: &Tx,
    property: &Property,
    clock: Option<&Clocks>,
    range: Range,
    now: Timestamp,
) -> Result<Found> {
    let zone = clock.map_or(TimeZone::UTC, |clock| clock.zone.clone());
    let (from, to) = range.dates(Some(&zone), now)?;
    let within = widened(days(&zone, from, to)?);
    let receivers = tours::receivers(tx, property.id, within).await?;
    if receivers.is_empty() {
        let slots = tours::manual(tx, property.id, from, to).await?;
        return Ok(Found::ByHand(slots));
    }
    Ok(Found::Agents(from, to, receivers))
}

/// One agent, and their times; `None`: not readable.
struct Agent {
    candidates: Option<Vec<Candidate>>,
    length: SignedDuration,
}

async fn of_agents(
    app: &App,
    property: &Property,
    receivers: &[Receiver],
    within: Interval,
) -> Vec<Agent> {
    let now = app.instant();
    let calendars: Vec<&AgentCalendar> = receivers.iter().map(|one| &one.calendar).collect();
    let busy = busy::of_all(app, &calendars, asked(within, now)).await;
    let each = receivers.iter().zip(busy).map(|(receiver, busy)| {
        let rules = rules::of(&receiver.calendar, property);
        let candidates = rules.as_ref().zip(busy).map(|(rules, busy)| {
            let occupied = Occupied::of(rules, &busy, &receiver.visits);
            slots::all(rules, occupied.taken(), within, now)
        });
        Agent {
            candidates,
            length: length(&receiver.calendar),
        }
    });
    each.collect()
}

fn offered(clock: Clocks, receivers: &[Receiver], agents: &[Agent]) -> Availability {
    let mut times = Vec::new();
    let mut unreadable = Vec::new();
    for (receiver, agent) in receivers.iter().zip(agents) {
        let calendar = &receiver.calendar;
        let Some(candidates) = &agent.candidates else {
            unreadable.push(calendar.agent);
            continue;
        };
        for candidate in candidates {
            let end = candidate.start.checked_add(agent.length);
            let time = end.ok().and_then(|end| Interval::new(candidate.start, end));
            let offer = Offer::Agent {
                id: calendar.agent,
                name: calendar.agent_name.clone(),
                free: candidate.free,
            };
            times.extend(time.map(|time| clock.time(time, offer)));
        }
    }
    times.sort_by_key(|time| time.time.start()); // stable: the agents keep their order
    let terms = receivers.first().map(|one| &one.calendar.terms);
    Availability {
        zone: clock.name,
        source: Source::GoogleCalendar,
        tour_duration: terms.map_or(0, |terms| terms.tour_duration),
        buffer: terms.map_or(0, |terms| terms.buffer),
        times,
        unreadable,
    }
}

fn manual(
    property: &Property,
    clock: Clocks,
    slots: Vec<ManualSlot>,
    now: Timestamp,
) -> Availability {
    let times = slots.iter().filter_map(|slot| {
        let time = manual_interval(slot, &clock.zone)?;
        let offer = Offer::Manual(ManualTime {
            id: slot.id,
            places: slot.places,
        });
        (now < time.start()).then(|| clock.time(time, offer))
    });
    Availability {
        times: times.collect(),
        zone: clock.name.clone(),
        source: Source::Manual,
        tour_duration: property.tour_duration,
        buffer: 0,
        unreadable: Vec::new(),
    }
}

/// When a hand-made time is, on the property's clock.
pub(super) fn manual_interval(slot: &ManualSlot, zone: &TimeZone) -> Option<Interval> {
    let at = |time: Clock| zone.to_timestamp(slot.date.to_datetime(time)).ok();
    Interval::new(at(slot.start)?, at(slot.end)?)
}

/// Why an agent offers a time, or does not.
#[derive(Clone, Debug)]
pub struct Explanation {
    pub agent: ProfileId,
    pub agent_name: String,
    /// `Ok` is on offer.
    pub verdict: Result<(), Why>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Not connected, refused by Google, or hours and zone that cannot be understood.
    Unreadable,
    Refused(Refusal),
}

/// For the team: why each agent offers a start, or does not. `reading` is on the property's clock; one
/// that occurs twice means the earlier.
///
/// # Errors
/// `Invalid` for a reading that never occurs.
pub async fn explain(
    app: &App,
    property: &Property,
    reading: DateTime,
) -> Result<Vec<Explanation>> {
    let clock = Clocks::of(property, None).ok_or_else(no_zone)?;
    let start = instants(&clock.zone, reading).first().copied();
    let start = start.ok_or_else(|| Error::invalid("at", "never on this clock"))?;
    let within = around(start)?;
    let tx = app.of(property.id).await?;
    let receivers = tours::receivers(&tx, property.id, within).await?;
    tx.commit().await?;
    let calendars: Vec<&AgentCalendar> = receivers.iter().map(|one| &one.calendar).collect();
    let busy = busy::of_all(app, &calendars, within).await;
    let each = receivers.iter().zip(busy).map(|(receiver, busy)| {
        let rules = rules::of(&receiver.calendar, property);
        Explanation {
            agent: receiver.calendar.agent,
            agent_name: receiver.calendar.agent_name.clone(),
            verdict: match rules.zip(busy) {
                None => Err(Why::Unreadable),
                Some((rules, busy)) => claim(&rules, &busy, receiver, start, app.instant())
                    .map(drop)
                    .map_err(Why::Refused),
            },
        }
    });
    Ok(each.collect())
}

/// Whether an agent can take a tour that starts then.
pub(super) fn claim(
    rules: &Rules,
    busy: &[Interval],
    receiver: &Receiver,
    start: Timestamp,
    now: Timestamp,
) -> Result<Interval, Refusal> {
    let occupied = Occupied::of(rules, busy, &receiver.visits);
    slots::claim(rules, occupied.taken(), start, now)
}

/// What an agent has free in a stretch, as times of the property's clock.
pub(super) fn free(
    rules: &Rules,
    busy: &[Interval],
    receiver: &Receiver,
    clock: &Clocks,
    within: Interval,
    now: Timestamp,
) -> Vec<Time> {
    let occupied = Occupied::of(rules, busy, &receiver.visits);
    let calendar = &receiver.calendar;
    let starts = slots::open(rules, occupied.taken(), within, now).into_iter();
    let time = |start: Timestamp| {
        let end = start.checked_add(length(calendar)).ok()?;
        let offer = Offer::Agent {
            id: calendar.agent,
            name: calendar.agent_name.clone(),
            free: true,
        };
        Some(clock.time(Interval::new(start, end)?, offer))
    };
    starts.filter_map(time).collect()
}

/// The stretch whose tours matter for a tour that starts then.
pub(super) fn around(start: Timestamp) -> Result<Interval> {
    let too_far = |_| Error::invalid("tourDate", "beyond the calendar");
    let from = start.checked_sub(MARGIN).map_err(too_far)?;
    let until = start.checked_add(MARGIN).map_err(too_far)?;
    Interval::new(from, until).ok_or_else(|| Error::invalid("tourDate", "beyond the calendar"))
}

fn length(calendar: &AgentCalendar) -> SignedDuration {
    SignedDuration::from_mins(calendar.terms.tour_duration.into())
}

impl Range {
    /// # Errors
    /// `Invalid` where the end lies before the start, or more than 60 days are asked for.
    pub(super) fn dates(&self, zone: Option<&TimeZone>, now: Timestamp) -> Result<(Date, Date)> {
        let today = zone.unwrap_or(&TimeZone::UTC).to_datetime(now).date();
        let from = self.from.unwrap_or(today);
        let usual = from.saturating_add(jiff::Span::new().days(DAYS - 1));
        let to = self.to.unwrap_or(usual);
        let days = from.until(to).map_or(i32::MAX, |span| span.get_days());
        if !(0..DAYS_MAX).contains(&days) {
            return Err(Error::invalid(
                "endDate",
                "not before startDate, and at most 60 days",
            ));
        }
        Ok((from, to))
    }
}

/// From the first local midnight to the one after the last date.
pub(super) fn days(zone: &TimeZone, from: Date, to: Date) -> Result<Interval> {
    let midnight = |date: Date| date.to_zoned(zone.clone()).map(|day| day.timestamp());
    let beyond = |_| Error::invalid("endDate", "beyond the calendar");
    let until = to.tomorrow().and_then(midnight).map_err(beyond)?;
    Interval::new(midnight(from).map_err(beyond)?, until)
        .ok_or_else(|| Error::invalid("endDate", "before startDate"))
}

fn widened(within: Interval) -> Interval {
    let start = within.start().checked_sub(MARGIN).unwrap_or(within.start());
    let end = within.end().checked_add(MARGIN).unwrap_or(within.end());
    Interval::new(start, end).unwrap_or(within)
}

/// What Google is asked for: the stretch without what is over, and the longest buffer around it. Short,
/// so that a usual range is one call.
fn asked(within: Interval, now: Timestamp) -> Interval {
    let start = within.start().max(now).checked_sub(BUFFER_MAX);
    let end = within.end().checked_add(BUFFER_MAX);
    let asked = start.ok().zip(end.ok());
    asked
        .and_then(|(start, end)| Interval::new(start, end))
        .unwrap_or(within)
}

pub(super) fn no_zone() -> Error {
    Error::conflict(
        "time_zone_missing",
        "No time zone is configured for this property",
    )
}

/// The clock on which a property tells times.
pub(super) struct Clocks {
    pub name: String,
    pub zone: TimeZone,
}

impl Clocks {
    /// The property's own, else the agent's.
    pub fn of(property: &Property, calendar: Option<&AgentCalendar>) -> Option<Self> {
        let names = [
            property.zone.as_deref(),
            calendar.and_then(|calendar| calendar.terms.timezone.as_deref()),
        ];
        names.into_iter().flatten().find_map(|name| {
            Some(Self {
                zone: zone::find(name)?,
                name: name.to_owned(),
            })
        })
    }

    pub fn time(&self, time: Interval, offer: Offer) -> Time {
        let start = self.zone.to_datetime(time.start());
        Time {
            time,
            date: start.date(),
            starts: start.time(),
            ends: self.zone.to_datetime(time.end()).time(),
            offer,
        }
    }
}

/// The property, for a use case that has only its id.
pub(super) async fn property(tx: &Tx, id: PropertyId) -> Result<Property> {
    let found = crate::store::properties::find(tx, id).await?;
    found.ok_or(Error::NotFound("Property"))
}
