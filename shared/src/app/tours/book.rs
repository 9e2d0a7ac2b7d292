//! Booking a tour. One way for every door: widget, host app, e-mail.
//!
//! Read, ask Google, write, tell Google. What was free a moment ago may be taken when it is written:
//! the agent's lock and the database's constraint decide, and whoever comes second is told of other
//! times. Once the booking is committed it stands, whatever becomes of its event.

use std::time::Duration;

use jiff::civil::{Date, DateTime, Time as Clock};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::availability::{self, Clocks, Time, Why};
use super::{busy, mirror, rules, write};
use crate::app::{App, Deadline};
use crate::crypto;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::*;
use crate::domain::interval::Interval;
use crate::error::{Error, Result};
use crate::slots::{Refusal, Rules};
use crate::store::Tx;
use crate::store::audit::Actor;
use crate::store::properties::Property;
use crate::store::tours::{self, Booking, Prospect, Receiver};

/// Around the wished time: where other times are looked for, and tours are counted.
const BEFORE: SignedDuration = SignedDuration::from_hours(2 * 24);
const AFTER: SignedDuration = SignedDuration::from_hours(7 * 24);
/// For asking one agent after the other: the API gives up after 30 seconds, and the booking and its event
/// come after it.
const SEARCH: Duration = Duration::from_secs(16);
/// Other times that are named where the wished one is taken.
const ALTERNATIVES: usize = 5;

/// What somebody wants. Every text is checked before anything is done with it.
#[derive(Clone, Debug)]
pub struct Wish {
    pub when: When,
    pub agent: Option<ProfileId>,
    pub prospect: Prospect,
    pub special_requests: Option<String>,
    pub session: Option<Uuid>,
    pub conversation: Option<ConversationId>,
    /// The caller's `Idempotency-Key`.
    pub key: Option<String>,
    /// The host's word for the door: `lumaleasing` for its widget, `direct` for its own pages.
    pub source: &'static str,
    pub actor: Actor,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// A time that was made by hand.
    Slot(ManualSlotId),
    /// On the property's clock.
    At(Date, Clock),
}

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

/// Whoever asks again within this time has clicked twice.
const DOUBLE_CLICK: SignedDuration = SignedDuration::from_mins(5);

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
        Found::Agents(clock, search) => with_agent(app, property, clock, &wish, &search).await,
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
        None => clock_of_agents(tx, property).await?,
    };
    let starts = match wish.when {
        When::At(date, time) => instants(&clock.zone, date.to_datetime(time)),
        When::Slot(id) => slot_starts(tx, property, &clock, id).await?,
    };
    if let Some(booking) = before(tx, property, wish, &starts).await? {
        return Ok(Found::Before(booking));
    }
    let first = *starts.first().ok_or_else(never_offered)?;
    if starts.iter().all(|start| *start <= app.instant()) {
        return Err(past());
    }
    let within = stretch(first)?;
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

/// Tries the agents in turn, least loaded first, until one takes the tour.
async fn with_agent(
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
    let within = from_now(search.within, now);
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
                let asked = from_now(within, app.instant());
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

async fn slot_starts(
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
async fn clock_of_agents(tx: &Tx, property: &Property) -> Result<Clocks> {
    let calendars = crate::store::agent_calendars::of_property(tx, property.id).await?;
    let mut offering = calendars.iter().filter(|calendar| calendar.offers());
    offering
        .find_map(|calendar| Clocks::of(property, Some(calendar)))
        .ok_or_else(availability::no_zone)
}

/// The instants that a clock's reading may mean: one that occurs twice means both, the earlier first; one
/// that never occurs means none.
pub(super) fn instants(zone: &TimeZone, reading: DateTime) -> Vec<Timestamp> {
    let ambiguous = zone.to_ambiguous_timestamp(reading);
    let mut instants: Vec<Timestamp> = [ambiguous.earlier(), ambiguous.later()]
        .into_iter()
        .flatten()
        .filter(|instant| zone.to_datetime(*instant) == reading)
        .collect();
    instants.dedup();
    instants
}

pub(super) fn stretch(start: Timestamp) -> Result<Interval> {
    let from = start.checked_sub(BEFORE).ok();
    let until = start.checked_add(AFTER).ok();
    let stretch = from.zip(until);
    let stretch = stretch.and_then(|(from, until)| Interval::new(from, until));
    stretch.ok_or_else(never_offered)
}

/// What is over is nobody's question.
fn from_now(within: Interval, now: Timestamp) -> Interval {
    let earliest = now.checked_sub(BEFORE).unwrap_or(now);
    Interval::new(within.start().max(earliest), within.end()).unwrap_or(within)
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

/// By which the same person is known again.
pub(super) fn key_of(prospect: &Prospect) -> String {
    EmailAddress::parse(&prospect.email).map_or_else(
        |_| prospect.email.to_ascii_lowercase(),
        |address| address.key().to_owned(),
    )
}

const NAME: usize = 60;
const PHONE: usize = 32;
const NOTES: usize = 2_000;
const KEY: usize = 200;

impl Wish {
    /// Texts from strangers, before anything is done with them. Names go to the invited person in mail
    /// that we cause, so they are short and no links.
    fn check(mut self) -> Result<Self> {
        let prospect = &mut self.prospect;
        prospect.first_name = name("firstName", &prospect.first_name)?;
        prospect.last_name = name("lastName", &prospect.last_name)?;
        let email = prospect.email.trim();
        if email.is_empty() {
            return Err(Error::Incomplete {
                code: "invalid_email",
                title: "Email is required",
            });
        }
        let address = EmailAddress::parse(email)
            .map_err(|_| Error::invalid("email", "not an e-mail address"))?;
        prospect.email = address.as_str().to_owned();
        let phone = prospect.phone.trim();
        let odd = |letter: char| !(letter.is_ascii_digit() || " +-().x#".contains(letter));
        if phone.chars().count() > PHONE || phone.chars().any(odd) {
            return Err(Error::invalid("phone", "not a telephone number"));
        }
        prospect.phone = phone.to_owned();
        if let Some(notes) = &self.special_requests {
            let odd = |letter: char| letter.is_control() && !"\n\r\t".contains(letter);
            if notes.chars().count() > NOTES || notes.chars().any(odd) {
                return Err(Error::invalid(
                    "specialRequests",
                    "text of at most 2000 characters",
                ));
            }
        }
        let odd_key = |key: &String| {
            !(1..=KEY).contains(&key.len()) || !key.bytes().all(|byte| byte.is_ascii_graphic())
        };
        if self.key.as_ref().is_some_and(odd_key) {
            return Err(Error::invalid(
                "idempotencyKey",
                "1 to 200 visible ASCII characters",
            ));
        }
        Ok(self)
    }

    /// What makes it the same request.
    pub(super) fn fingerprint(&self) -> Vec<u8> {
        let when = match self.when {
            When::Slot(id) => id.to_string(),
            When::At(date, time) => format!("{date} {time}"),
        };
        let agent = self.agent.map(|agent| agent.to_string());
        let text = format!(
            "{when}\n{}\n{}",
            agent.unwrap_or_default(),
            key_of(&self.prospect)
        );
        crypto::sha256(text.as_bytes()).to_vec()
    }
}

/// On one line, at most 60 characters, and nothing that a mail program makes a link of.
pub(super) fn name(field: &'static str, text: &str) -> Result<String> {
    let text = text.trim();
    let lower = text.to_lowercase();
    let is_link = lower.contains("://")
        || lower.contains("www.")
        || lower.split_whitespace().any(looks_like_a_host)
        || text.contains(['@', '/', '<', '>', '\\']);
    if text.chars().count() > NAME || text.chars().any(char::is_control) || is_link {
        return Err(Error::invalid(
            field,
            "a name of at most 60 characters, without links",
        ));
    }
    Ok(text.to_owned())
}

/// `evil.com`, but not `J.R.` or `St.`
fn looks_like_a_host(word: &str) -> bool {
    let word = word.trim_end_matches(['.', ',', ';', ':', '!', '?', ')']);
    let Some((before, top)) = word.rsplit_once('.') else {
        return false;
    };
    let is_label = |label: &str| {
        label
            .chars()
            .all(|letter| letter.is_alphanumeric() || letter == '-')
    };
    before.chars().count() > 1
        && (2..=24).contains(&top.chars().count())
        && is_label(top)
        && before
            .split('.')
            .all(|label| !label.is_empty() && is_label(label))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use jiff::civil::date;

    use super::*;
    use crate::domain::zone;

    #[test]
    fn a_name_is_short_and_no_link() {
        for good in [
            "",
            "Ann",
            "J.R.",
            "María José",
            "O'Neil-Smith",
            "St. Clair",
            "李",
        ] {
            assert_eq!(name("firstName", good).unwrap(), good);
        }
        for bad in [
            "http://evil.example",
            "www.evil.example",
            "see evil.com now",
            "evil.com.",
            "ann@example.com",
            "a\nb",
            "<b>",
            &"a".repeat(61),
        ] {
            let refused = name("firstName", bad).unwrap_err();
            assert_eq!(refused.code(), "invalid_first_name", "{bad}");
        }
    }

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
