//! Which of the agents takes the tour, and which other times they have.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::super::availability::{self, Clocks, Time, Why};
use super::super::{busy, mirror, rules, write};
use super::{ALTERNATIVES, Answer, Search, Wish, before, never_offered, times};
use crate::app::{App, Deadline};
use crate::domain::ids::*;
use crate::domain::interval::Interval;
use crate::error::{Error, Result};
use crate::slots::{Refusal, Rules};
use crate::store::properties::Property;
use crate::store::tours::{self, Receiver};

/// For asking one agent after the other: the API gives up after 30 seconds, and the booking and its event
/// come after it.
const SEARCH: Duration = Duration::from_secs(16);

/// Tries the agents in turn, least loaded first, until one takes the tour.
pub(super) async fn with_agent(
    app: &App,
    property: Property,
    clock: Clocks,
    wish: &Wish,
    search: &Search,
) -> Result<Answer> {
    let mut refusals = Vec::new();
    let mut seen = Vec::new();
    let deadline = Deadline::after(SEARCH);
    for receiver in by_load(&search.receivers, wish.agent, &search.starts) {
        if deadline.is_near(busy::PATIENCE) {
            refusals.push(Why::Unreadable); // whoever has not been asked by now
            break;
        }
        let (rules, time) = match free_of(app, &property, search, receiver, &mut seen).await {
            Ok(free) => free,
            Err(why) => {
                refusals.push(why);
                continue;
            }
        };
        let claimed = write::Claim {
            receiver,
            rules: &rules,
            time,
            clock: &clock,
        };
        match write::with_agent(app, &property, wish, &claimed).await? {
            write::Written::Booked(booking, owner) => {
                app.busy_cache().forget(receiver.calendar.id);
                mirror::at_once(app, &property, &booking, &receiver.calendar, owner).await;
                return Ok(Answer::booked(booking, property));
            }
            write::Written::Repeated(booking) => {
                return Ok(Answer::repeat(app, wish, booking, property));
            }
            write::Written::Taken => refusals.push(Why::Refused(Refusal::Busy(time))),
        }
    }
    let was_on_offer =
        |why: &Why| matches!(why, Why::Refused(Refusal::Busy(_) | Refusal::DayFull(_)));
    // The same wish may have been granted while this one was looking: its own tour is what took the time.
    let tx = app.of(property.id).await?;
    let granted = before(&tx, &property, wish, &search.starts).await?;
    tx.commit().await?;
    if let Some(booking) = granted {
        return Ok(Answer::repeat(app, wish, booking, property));
    }
    if refusals.iter().any(was_on_offer) {
        let times = alternatives(app, &property, &clock, wish, search, seen).await?;
        return Ok(Answer::Taken(times));
    }
    Err(if refusals.contains(&Why::Unreadable) {
        Error::CalendarUnreadable
    } else {
        never_offered()
    })
}

/// Calendars that were asked, with what they said.
type Seen = Vec<(AgentCalendarId, Vec<Interval>)>;

/// The agent's terms and the wished time, if they are free then. What is known without Google decides
/// first, and costs nothing.
async fn free_of(
    app: &App,
    property: &Property,
    search: &Search,
    receiver: &Receiver,
    seen: &mut Seen,
) -> Result<(Rules, Interval), Why> {
    let now = app.instant();
    let rules = rules::of(&receiver.calendar, property).ok_or(Why::Unreadable)?;
    let mut offered = Err(Why::Unreadable);
    for start in &search.starts {
        let claim = availability::claim(&rules, &[], receiver, *start, now);
        offered = claim.map_err(Why::Refused);
        if offered.is_ok() {
            break;
        }
    }
    let start = offered?.start();
    let within = times::from_now(search.within, now);
    let busy = busy::now_of(app, &receiver.calendar, within).await;
    let busy = busy.ok_or(Why::Unreadable)?;
    let claim = availability::claim(&rules, &busy, receiver, start, now);
    seen.push((receiver.calendar.id, busy));
    Ok((rules, claim.map_err(Why::Refused)?))
}

/// The named agent, or all; who has the fewest tours around that day comes first.
fn by_load<'a>(
    receivers: &'a [Receiver],
    agent: Option<ProfileId>,
    starts: &[Timestamp],
) -> Vec<&'a Receiver> {
    let named = |receiver: &&Receiver| agent.is_none_or(|agent| receiver.calendar.agent == agent);
    let mut receivers: Vec<&Receiver> = receivers.iter().filter(named).collect();
    let day = SignedDuration::from_hours(12);
    let load = |receiver: &&Receiver| {
        let near = receiver.visits.iter().filter(|visit| {
            starts
                .iter()
                .any(|start| visit.time.start().duration_since(*start).abs() < day)
        });
        (near.count(), receiver.visits.len())
    };
    receivers.sort_by_cached_key(load); // stable: the order in which they connected
    receivers
}

/// The free times nearest to the one that is taken. Read anew: whoever was faster may have taken more.
async fn alternatives(
    app: &App,
    property: &Property,
    clock: &Clocks,
    wish: &Wish,
    search: &Search,
    seen: Seen,
) -> Result<Vec<Time>> {
    let Some(wished) = search.starts.first().copied() else {
        return Ok(Vec::new());
    };
    let within = search.within;
    let tx = app.of(property.id).await?;
    let fresh = tours::receivers(&tx, property.id, within).await?;
    tx.commit().await?;
    let mut times = Vec::new();
    for receiver in by_load(&fresh, wish.agent, &search.starts) {
        let id = receiver.calendar.id;
        let busy = match seen.iter().find(|(known, _)| *known == id) {
            Some((_, busy)) => Some(busy.clone()),
            // Its tours alone refused it: with nobody's answer at hand, a recent one will do.
            None if search.receivers.len() <= ALTERNATIVES => {
                let asked = times::from_now(within, app.instant());
                let mut answers = busy::of_all(app, &[&receiver.calendar], asked).await;
                answers.pop().flatten()
            }
            None => None,
        };
        let Some((rules, busy)) = rules::of(&receiver.calendar, property).zip(busy) else {
            continue;
        };
        times.extend(availability::free(
            &rules,
            &busy,
            receiver,
            clock,
            within,
            app.instant(),
        ));
    }
    let distance = |time: &Time| time.time.start().duration_since(wished).abs();
    times.sort_by_key(distance);
    times.dedup_by_key(|time| time.time.start());
    times.truncate(ALTERNATIVES);
    times.sort_by_key(|time| time.time.start());
    Ok(times)
}
