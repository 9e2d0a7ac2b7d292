//! On which terms an agent receives prospects, as the slots need them.

use std::num::NonZeroU32;

use crate::domain::interval::Interval;
use crate::domain::zone;
use crate::slots::{Rules, Taken};
use crate::store::agent_calendars::AgentCalendar;
use crate::store::properties::Property;
use crate::store::tours::Visit;
use crate::store::working_hours;

/// `None`: hours that cannot be read, or no zone anywhere. A guess would book tours at the wrong hour.
///
/// The agent calendar's own zone comes first, then the property's.
pub fn of(calendar: &AgentCalendar, property: &Property) -> Option<Rules> {
    let terms = &calendar.terms;
    let own = terms.timezone.as_deref().and_then(zone::find);
    let positive = |minutes: i32| u32::try_from(minutes).ok();
    Some(Rules {
        zone: own.or_else(|| property.time_zone())?,
        hours: working_hours::read(&terms.working_hours, &terms.date_overrides).ok()?,
        duration: NonZeroU32::new(positive(terms.tour_duration)?)?,
        buffer: positive(terms.buffer)?,
        interval: terms
            .slot_interval
            .and_then(positive)
            .and_then(NonZeroU32::new),
        notice_min: positive(terms.minimum_notice)?,
        horizon_max: Some(positive(terms.horizon)?),
        max_per_day: terms
            .max_tours_per_day
            .and_then(positive)
            .and_then(NonZeroU32::new),
    })
}

/// What takes an agent's time: what the calendar says, and their tours, each with the buffer that it was
/// booked with.
pub struct Occupied {
    busy: Vec<Interval>,
    tours: Vec<Interval>,
}

impl Occupied {
    pub fn of(rules: &Rules, busy: &[Interval], visits: &[Visit]) -> Self {
        let kept = visits.iter().map(|visit| visit.taken(rules.buffer));
        Self {
            busy: busy.iter().copied().chain(kept).collect(),
            tours: visits.iter().map(|visit| visit.time).collect(),
        }
    }

    pub fn taken(&self) -> Taken<'_> {
        Taken {
            busy: &self.busy,
            tours: &self.tours,
        }
    }
}
