//! Booking a tour. One way for every door: widget, host app, e-mail.
//!
//! Read, ask Google, write, tell Google. What was free a moment ago may be taken when it is written:
//! the agent's lock and the database's constraint decide, and whoever comes second is told of other
//! times. Once the booking is committed it stands, whatever becomes of its event.

mod agents;
mod times;
mod wish;

use jiff::{SignedDuration, Timestamp};

use super::availability::{self, Clocks, Time};
use super::{mirror, write};
use crate::app::App;
use crate::domain::ids::*;
use crate::domain::interval::Interval;
use crate::error::{Error, Result};
use crate::store::Tx;
use crate::store::audit::Actor;
use crate::store::properties::Property;
use crate::store::tours::{self, Booking, Receiver};

pub(super) use times::{instants, stretch};
pub use wish::{When, Wish};
pub(super) use wish::{key_of, name};

/// Other times that are named where the wished one is taken.
const ALTERNATIVES: usize = 5;
/// Whoever asks again within this time has clicked twice.
const DOUBLE_CLICK: SignedDuration = SignedDuration::from_mins(5);

pub enum Answer {
    Booked(Box<Booked>),
    /// It was on offer and is taken; these are free.
    Taken(Vec<Time>),
}

pub struct Booked {
    pub booking: Booking,
    pub property: Property,
    /// Whoever asks is who booked, as far as can be told: they made it now, or a moment ago, or name its
    /// key. A name and a time alone do not open a tour's page: others may know them.
    pub is_theirs: bool,
}

/// Books a tour, in a transaction that sees its property; that ends before Google is asked.
///
/// Asking twice, by the same key or by the same person for the same time, gives the same booking. Once
/// it is committed, the answer is the booking: the event is tried at once and otherwise left to the
/// sweep.
///
/// # Errors
/// `Unprocessable` for a time that was never on offer; `CalendarUnreadable`; `TooMany` beyond two
/// open tours of a person; `Conflict` for a key that stands for another request.
pub async fn book(app: &App, tx: Tx, property: Property, wish: Wish) -> Result<Answer> {
    let read = async {
        let wish = wish.check()?;
        let found = look(app, &tx, &property, &wish).await?;
        Ok((wish, found))
    };
    let read: Result<_> = read.await;
    tx.commit().await?; // a call that is refused counts, too
    let (wish, found) = read?;
    match found {
        Found::Before(booking) => Ok(Answer::repeat(app, &wish, booking, property)),
        Found::ByHand(clock, slot) => manual(app, property, clock, wish, slot).await,
        Found::Agents(clock, search) => {
            agents::with_agent(app, property, clock, &wish, &search).await
        }
    }
}

/// What there is for a wish, before Google is asked.
enum Found {
    /// The same was booked before.
    Before(Booking),
    /// Nobody has a calendar; the hand-made time that is wished for.
    ByHand(Clocks, (ManualSlotId, Interval)),
    Agents(Clocks, Search),
}

/// Where a time is looked for.
struct Search {
    /// The instants that the wish may mean, the earlier first; at least one.
    starts: Vec<Timestamp>,
    receivers: Vec<Receiver>,
    within: Interval,
}

async fn look(app: &App, tx: &Tx, property: &Property, wish: &Wish) -> Result<Found> {
    if let Some(booking) = repeated(tx, property, wish).await? {
        return Ok(Found::Before(booking));
    }
    let clock = match Clocks::of(property, None) {
        Some(clock) => clock,
        None => times::clock_of_agents(tx, property).await?,
    };
    let starts = match wish.when {
        When::At(date, time) => times::instants(&clock.zone, date.to_datetime(time)),
        When::Slot(id) => times::slot_starts(tx, property, &clock, id).await?,
    };
    if let Some(booking) = before(tx, property, wish, &starts).await? {
        return Ok(Found::Before(booking));
    }
    let first = *starts.first().ok_or_else(never_offered)?;
    if starts.iter().all(|start| *start <= app.instant()) {
        return Err(past());
    }
    let within = times::stretch(first)?;
    let receivers = tours::receivers(tx, property.id, within).await?;
    if receivers.is_empty() {
        let slot = by_hand(tx, property, &clock, wish, first).await?;
        return Ok(Found::ByHand(clock, slot));
    }
    if matches!(wish.when, When::Slot(_)) {
        return Err(never_offered()); // by hand only where nobody has a calendar
    }
    let search = Search {
        starts,
        receivers,
        within,
    };
    Ok(Found::Agents(clock, search))
}

/// The booking that this wish got before: by its key, or by person and time.
async fn before(
    tx: &Tx,
    property: &Property,
    wish: &Wish,
    starts: &[Timestamp],
) -> Result<Option<Booking>> {
    if let Some(booking) = repeated(tx, property, wish).await? {
        return Ok(Some(booking));
    }
    let email = key_of(&wish.prospect);
    for start in starts {
        if let Some(booking) = tours::same(tx, property.id, &email, *start).await? {
            return Ok(Some(booking));
        }
    }
    Ok(None)
}

/// What the same key was answered before.
async fn repeated(tx: &Tx, property: &Property, wish: &Wish) -> Result<Option<Booking>> {
    let Some(key) = &wish.key else {
        return Ok(None);
    };
    let Some(asked) = tours::requested(tx, property.id, key).await? else {
        return Ok(None);
    };
    if asked.fingerprint != wish.fingerprint() {
        return Err(Error::conflict(
            "idempotency_key_reused",
            "This Idempotency-Key was used for another request",
        ));
    }
    Ok(tours::by_id(tx, asked.booking).await?)
}

/// The hand-made time that is wished for, with places or without.
async fn by_hand(
    tx: &Tx,
    property: &Property,
    clock: &Clocks,
    wish: &Wish,
    start: Timestamp,
) -> Result<(ManualSlotId, Interval)> {
    let date = clock.zone.to_datetime(start).date();
    let slots = tours::manual(tx, property.id, date, date).await?;
    let wanted = slots.iter().filter_map(|slot| {
        let time = availability::manual_interval(slot, &clock.zone)?;
        let is_wanted = match wish.when {
            When::Slot(id) => slot.id == id,
            When::At(..) => time.start() == start,
        };
        is_wanted.then_some((slot, time))
    });
    // Of several that start then, one that has a place.
    let wanted = wanted.max_by_key(|(slot, _)| slot.places > 0);
    let (slot, time) = wanted.ok_or_else(never_offered)?;
    if wish.agent.is_some() {
        return Err(never_offered()); // nobody's time is known
    }
    Ok((slot.id, time))
}

/// Books a place in a time that was made by hand.
async fn manual(
    app: &App,
    property: Property,
    clock: Clocks,
    wish: Wish,
    (slot, time): (ManualSlotId, Interval),
) -> Result<Answer> {
    match write::with_slot(app, &property, &wish, slot, time, &clock).await? {
        write::Written::Booked(booking, _) => {
            mirror::nudge(app, booking.id).await;
            Ok(Answer::booked(booking, property))
        }
        write::Written::Repeated(booking) => Ok(Answer::repeat(app, &wish, booking, property)),
        write::Written::Taken => {
            let tx = app.of(property.id).await?;
            let range = availability::Range {
                from: Some(clock.zone.to_datetime(time.start()).date()),
                to: None,
            };
            let other = availability::availability(app, tx, &property, range).await?;
            let free = other.times.into_iter().filter(Time::is_free);
            Ok(Answer::Taken(free.take(ALTERNATIVES).collect()))
        }
    }
}

impl Answer {
    fn booked(booking: Booking, property: Property) -> Self {
        Self::Booked(Box::new(Booked {
            booking,
            property,
            is_theirs: true,
        }))
    }

    fn repeat(app: &App, wish: &Wish, booking: Booking, property: Property) -> Self {
        let age = app.instant().duration_since(booking.created_at);
        let is_theirs =
            wish.key.is_some() || matches!(wish.actor, Actor::User(_)) || age < DOUBLE_CLICK;
        Self::Booked(Box::new(Booked {
            booking,
            property,
            is_theirs,
        }))
    }
}

pub(super) fn never_offered() -> Error {
    Error::Unprocessable {
        code: "outside_availability",
        title: "No tour is offered at this time",
    }
}

/// A time that is over; the host's widget shows the title.
fn past() -> Error {
    Error::Unprocessable {
        code: "outside_availability",
        title: "Cannot book tours in the past",
    }
}
