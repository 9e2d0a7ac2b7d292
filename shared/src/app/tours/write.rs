//! The transaction that books. Nothing in it waits for anybody but the database.

use chrono::{DateTime, Utc};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;

use super::availability::{self, Clocks};
use super::book::{Wish, key_of};
use super::rules::Occupied;
use crate::app::{App, enrichment};
use crate::crypto;
use crate::domain::ids::{self, *};
use crate::domain::interval::Interval;
use crate::error::{Error, Result};
use crate::slots::{self, Rules};
use crate::store::audit::{self, Actor, Entry};
use crate::store::enrichment::{Cause, Of};
use crate::store::leads::{self, Sender};
use crate::store::letters::{self, LetterKind};
use crate::store::properties::Property;
use crate::store::tours::{self, Asked, Booking, NewBooking, Prospect, Receiver};
use crate::store::{self, Tx, event_links, limits, retrying};

/// Invitations that one address may be sent in a day: else our calendars would be somebody's cannon.
const INVITATIONS: i32 = 5;
const DAY: std::time::Duration = std::time::Duration::from_secs(24 * 60 * 60);
/// Seconds for which whoever books has the event to itself: longer than the API waits.
const LEASE: f64 = 30.0;

/// A time of an agent that was free a moment ago.
pub struct Claim<'a> {
    pub receiver: &'a Receiver,
    pub rules: &'a Rules,
    pub time: Interval,
    pub clock: &'a Clocks,
}

pub enum Written {
    /// With the owner of the event's lease.
    Booked(Booking, Uuid),
    /// The same was asked for at the same moment.
    Repeated(Booking),
    Taken,
}

/// Why a booking was not written, as an error that undoes the transaction.
enum Stop {
    TooMany(std::time::Duration),
    Invalid(&'static str),
    KeyUsed,
    Store(store::Error),
}

impl From<store::Error> for Stop {
    fn from(error: store::Error) -> Self {
        Self::Store(error)
    }
}

/// Books the agent's time.
///
/// # Errors
/// `TooMany` for a person with two open tours; `Invalid` for a session or conversation of elsewhere.
pub async fn with_agent(
    app: &App,
    property: &Property,
    wish: &Wish,
    claim: &Claim<'_>,
) -> Result<Written> {
    let owner = ids::fresh();
    let attempt = || async {
        let tx = app.of(property.id).await?;
        let agent = claim.receiver.calendar.agent;
        tours::lock_agents(&tx, &[agent]).await?;
        let lead = lead(app, &tx, property, wish).await?;
        if let Some(booking) = already(&tx, property, wish, claim.time).await? {
            tx.commit().await?;
            return Ok(Written::Repeated(booking));
        }
        // What others of our processes took since it was read; another property's buffer counts, too.
        let around = availability::around(claim.time.start()).map_err(|_| store::Error::Missing)?;
        let visits = tours::taken(&tx, agent, around).await?;
        let occupied = Occupied::of(claim.rules, &[], &visits);
        let now = app.instant();
        if slots::claim(claim.rules, occupied.taken(), claim.time.start(), now).is_err() {
            tx.roll_back().await?;
            return Ok(Written::Taken);
        }
        within_limits(app, &tx, lead, wish).await?;
        let new = NewBooking {
            property: property.id,
            lead,
            slot: None,
            agent: Some(agent),
            time: claim.time,
            buffer: claim.rules.buffer.into(),
            zone: &claim.clock.name,
            local: claim.clock.zone.to_datetime(claim.time.start()),
            special_requests: wish.special_requests.as_deref(),
            source: wish.source,
            conversation: wish.conversation,
        };
        let id = tours::insert(&tx, &new, now).await?;
        let calendar = &claim.receiver.calendar;
        event_links::expect(
            &tx,
            id,
            property.id,
            calendar.id,
            &calendar.calendar,
            owner,
            LEASE,
        )
        .await?;
        event_links::expect_answer(&tx, id, property.id, lead, "google").await?;
        complete(app, &tx, property, wish, id, lead).await?;
        let booking = tours::by_id(&tx, id).await?.ok_or(store::Error::Missing)?;
        tx.commit().await?;
        Ok(Written::Booked(booking, owner))
    };
    conclude(
        app,
        property,
        wish,
        claim.time,
        retrying_stops(attempt).await,
    )
    .await
}

/// Books a place in a time that was made by hand.
pub async fn with_slot(
    app: &App,
    property: &Property,
    wish: &Wish,
    slot: ManualSlotId,
    time: Interval,
    clock: &Clocks,
) -> Result<Written> {
    let attempt = || async {
        let tx = app.of(property.id).await?;
        let lead = lead(app, &tx, property, wish).await?;
        if let Some(booking) = already(&tx, property, wish, time).await? {
            tx.commit().await?;
            return Ok(Written::Repeated(booking));
        }
        if !tours::take_place(&tx, slot).await? {
            tx.roll_back().await?;
            return Ok(Written::Taken);
        }
        within_limits(app, &tx, lead, wish).await?;
        let now = app.instant();
        let new = NewBooking {
            property: property.id,
            lead,
            slot: Some(slot),
            agent: None,
            time,
            buffer: 0,
            zone: &clock.name,
            local: clock.zone.to_datetime(time.start()),
            special_requests: wish.special_requests.as_deref(),
            source: wish.source,
            conversation: wish.conversation,
        };
        let id = tours::insert(&tx, &new, now).await?;
        event_links::expect_answer(&tx, id, property.id, lead, "ics").await?;
        complete(app, &tx, property, wish, id, lead).await?;
        let booking = tours::by_id(&tx, id).await?.ok_or(store::Error::Missing)?;
        invitation(&tx, &booking, now).await?;
        tx.commit().await?;
        Ok(Written::Booked(booking, ids::fresh()))
    };
    conclude(app, property, wish, time, retrying_stops(attempt).await).await
}

/// An invitation by letter: nobody's calendar invites.
pub async fn invitation(tx: &Tx, booking: &Booking, now: Timestamp) -> store::Result<()> {
    let not_after = booking.time.start();
    letters::expect(tx, booking, LetterKind::Invitation, now, not_after).await
}

/// The prospect's lead, made if there is none; whoever books for the same person waits here.
async fn lead(app: &App, tx: &Tx, property: &Property, wish: &Wish) -> Result<LeadId, Stop> {
    let key = key_of(&wish.prospect);
    let sender = sender(wish, &key);
    let lead = leads::find_or_create(tx, property.id, &sender).await?;
    leads::tour_booked(tx, lead, &sender, app.now()).await?;
    Ok(lead)
}

fn sender<'a>(wish: &'a Wish, key: &'a str) -> Sender<'a> {
    let told = |text: &'a str| Some(text).filter(|text| !text.is_empty());
    Sender {
        address_key: key,
        first_name: told(&wish.prospect.first_name),
        last_name: told(&wish.prospect.last_name),
        phone: told(&wish.prospect.phone),
        source: "LumaLeasing Tour Booking",
    }
}

/// The booking that somebody else made of the same wish meanwhile.
async fn already(
    tx: &Tx,
    property: &Property,
    wish: &Wish,
    time: Interval,
) -> Result<Option<Booking>, Stop> {
    if let Some(key) = &wish.key
        && let Some(asked) = tours::requested(tx, property.id, key).await?
    {
        if asked.fingerprint != wish.fingerprint() {
            return Err(Stop::KeyUsed);
        }
        return Ok(tours::by_id(tx, asked.booking).await?);
    }
    let key = key_of(&wish.prospect);
    Ok(tours::same(tx, property.id, &key, time.start()).await?)
}

async fn within_limits(app: &App, tx: &Tx, lead: LeadId, wish: &Wish) -> Result<(), Stop> {
    let most = app.config().limits.tours.open_per_person;
    if tours::open_of(tx, lead, app.instant()).await? >= most.into() {
        return Err(Stop::TooMany(DAY));
    }
    if matches!(wish.actor, Actor::User(_)) {
        return Ok(()); // a colleague knows whom they invite
    }
    match mailed(app, tx, &wish.prospect).await? {
        Some(wait) => Err(Stop::TooMany(wait)),
        None => Ok(()),
    }
}

/// Counts a mail that Google, or we, send a person because a stranger may have asked for it: a booking, a
/// move by the link. How long it takes until there may be another, where there were too many today.
pub async fn mailed(
    app: &App,
    tx: &Tx,
    prospect: &Prospect,
) -> store::Result<Option<std::time::Duration>> {
    let address = crypto::sha256(key_of(prospect).as_bytes());
    let bucket = format!(
        "invitations:{}",
        Uuid::from_slice(&address[..16]).unwrap_or_default()
    );
    let now = app.now();
    let hits = limits::hit(tx, &bucket, DAY, now).await?;
    let wait = (hits.ends_at - now).to_std().unwrap_or(DAY);
    Ok((hits.count > INVITATIONS).then_some(wait))
}

/// What a booking brings with it: the key, the session, the lead's history, the audit row.
async fn complete(
    app: &App,
    tx: &Tx,
    property: &Property,
    wish: &Wish,
    id: BookingId,
    lead: LeadId,
) -> Result<(), Stop> {
    let now: DateTime<Utc> = app.now();
    if let Some(key) = &wish.key {
        let asked = Asked {
            fingerprint: wish.fingerprint(),
            booking: id,
        };
        if !tours::remember(tx, property.id, key, &asked, app.instant()).await? {
            return Err(store::Error::Constraint(tours::SAME_REQUEST.into()).into());
        }
    }
    if let Some(conversation) = wish.conversation
        && !leads::has_conversation(tx, property.id, conversation).await?
    {
        return Err(Stop::Invalid("conversationId"));
    }
    if let Some(session) = wish.session
        && !leads::converted(tx, property.id, session, lead, now).await?
    {
        return Err(Stop::Invalid("sessionId"));
    }
    leads::note(tx, lead, "tour_booked", "Tour booked", now).await?;
    // Who books has often said what for; the sweep nudges.
    enrichment::expect(app, tx, property.id, Of::Lead(lead), Cause::TourBooked).await?;
    let entry = Entry {
        property: property.id,
        actor: wish.actor,
        action: "tour.booked",
        entity: "tour_bookings",
        entity_id: id.0,
        before: None,
        after: Some(json!({ "status": "confirmed" })),
    };
    audit::append(tx, &entry).await?;
    Ok(())
}

/// Runs the transaction again when it lost a race, as [`retrying`] does.
async fn retrying_stops<F, Fut>(mut attempt: F) -> Result<Written, Stop>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<Written, Stop>>,
{
    let outcome = retrying(|| {
        let attempt = attempt();
        async {
            match attempt.await {
                Err(Stop::Store(error)) => Err(error),
                outcome => Ok(outcome),
            }
        }
    });
    outcome.await?
}

async fn conclude(
    app: &App,
    property: &Property,
    wish: &Wish,
    time: Interval,
    outcome: Result<Written, Stop>,
) -> Result<Written> {
    match outcome {
        Ok(written) => Ok(written),
        Err(Stop::TooMany(retry_after)) => Err(Error::TooMany { retry_after }),
        Err(Stop::Invalid(field)) => Err(Error::invalid(field, "unknown")),
        Err(Stop::KeyUsed) => Err(key_used()),
        Err(Stop::Store(store::Error::Constraint(name))) if name == tours::NO_OVERLAP => {
            Ok(Written::Taken)
        }
        Err(Stop::Store(store::Error::Constraint(name))) if name == tours::SAME_REQUEST => {
            let tx = app.of(property.id).await?;
            let same = already(&tx, property, wish, time).await;
            tx.commit().await?;
            match same {
                Ok(Some(booking)) => Ok(Written::Repeated(booking)),
                Err(Stop::KeyUsed) => Err(key_used()),
                Ok(None) | Err(_) => Ok(Written::Taken),
            }
        }
        Err(Stop::Store(error)) => Err(error.into()),
    }
}

fn key_used() -> Error {
    Error::conflict(
        "idempotency_key_reused",
        "This Idempotency-Key was used for another request",
    )
}

/// How long a letter about a tour makes sense at the longest.
pub const LETTER_LIFE: SignedDuration = SignedDuration::from_hours(48);
