//! The instants of a wish, and where around them is looked.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::super::availability::{self, Clocks};
use super::never_offered;
use crate::domain::ids::*;
use crate::domain::interval::Interval;
use crate::error::Result;
use crate::store::properties::Property;
use crate::store::tours;
use crate::store::{Tx, agent_calendars};

/// Around the wished time: where other times are looked for, and tours are counted.
const BEFORE: SignedDuration = SignedDuration::from_hours(2 * 24);
const AFTER: SignedDuration = SignedDuration::from_hours(7 * 24);

pub(super) async fn slot_starts(
    tx: &Tx,
    property: &Property,
    clock: &Clocks,
    id: ManualSlotId,
) -> Result<Vec<Timestamp>> {
    let slot = tours::manual_by_id(tx, property.id, id).await?;
    let time = slot.and_then(|slot| availability::manual_interval(&slot, &clock.zone));
    Ok(vec![time.ok_or_else(never_offered)?.start()])
}

/// A property without a zone of its own tells times on its first agent's clock.
pub(super) async fn clock_of_agents(tx: &Tx, property: &Property) -> Result<Clocks> {
    let calendars = agent_calendars::of_property(tx, property.id).await?;
    let mut offering = calendars.iter().filter(|calendar| calendar.offers());
    offering
        .find_map(|calendar| Clocks::of(property, Some(calendar)))
        .ok_or_else(availability::no_zone)
}

/// The instants that a clock's reading may mean: one that occurs twice means both, the earlier first; one
/// that never occurs means none.
pub(in crate::app::tours) fn instants(zone: &TimeZone, reading: DateTime) -> Vec<Timestamp> {
    let ambiguous = zone.to_ambiguous_timestamp(reading);
    let mut instants: Vec<Timestamp> = [ambiguous.earlier(), ambiguous.later()]
        .into_iter()
        .flatten()
        .filter(|instant| zone.to_datetime(*instant) == reading)
        .collect();
    instants.dedup();
    instants
}

pub(in crate::app::tours) fn stretch(start: Timestamp) -> Result<Interval> {
    let from = start.checked_sub(BEFORE).ok();
    let until = start.checked_add(AFTER).ok();
    let stretch = from.zip(until);
    let stretch = stretch.and_then(|(from, until)| Interval::new(from, until));
    stretch.ok_or_else(never_offered)
}

/// What is over is nobody's question.
pub(super) fn from_now(within: Interval, now: Timestamp) -> Interval {
    let earliest = now.checked_sub(BEFORE).unwrap_or(now);
    Interval::new(within.start().max(earliest), within.end()).unwrap_or(within)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::domain::zone;

    #[test]
    fn a_reading_of_the_clock_means_one_instant_two_or_none() {
        let chicago = zone::find("America/Chicago").unwrap();
        let read = |year, month, day, hour, minute| {
            let at = date(year, month, day).at(hour, minute, 0, 0);
            let instants = instants(&chicago, at);
            instants.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(read(2026, 3, 9, 9, 0), ["2026-03-09T14:00:00Z"]);
        assert_eq!(read(2026, 3, 8, 2, 30), [] as [&str; 0], "skipped");
        assert_eq!(
            read(2026, 11, 1, 1, 30),
            ["2026-11-01T06:30:00Z", "2026-11-01T07:30:00Z"],
            "occurs twice"
        );
    }
}
