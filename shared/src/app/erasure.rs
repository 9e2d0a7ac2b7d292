//! Erasing a lead: what we hold of the person is blanked, what is under way for them ends.
//!
//! The property's Gmail mailbox and its agents' Google calendars are not ours to empty: their owners
//! delete there what was received and what is over. Tours to come are cancelled there, too.

use std::time::Duration;

use serde_json::json;
use tracing::info;

use super::App;
use super::access::{self, Right, User, hidden_as};
use crate::domain::ids::*;
use crate::error::{Error, Result};
use crate::queue::Job;
use crate::store::audit::{self, Actor, Entry};
use crate::store::persons::{self, Person};
use crate::store::{self, Tx, erasure, interests, retrying, tours};

/// What Google is still to be told, and a worker does.
struct Left {
    tours: Vec<BookingId>,
    replies: Vec<ReplyId>,
}

/// Erases a lead, at our own tables and the host's, in one transaction. May be repeated: what was
/// written about the lead since then goes, too.
///
/// Tours to come are cancelled in that transaction, and Google is told by whoever finds the row, so
/// that nothing is lost if this stops anywhere: before the commit nothing has happened, after it the
/// sweep goes on. Answers that may be on their way lose their worker; the next one removes the draft.
/// One whose sending Google was already asked for cannot be called back.
///
/// # Errors
/// `NotFound` for a lead of elsewhere, `Forbidden` for anybody but an admin.
pub async fn erase(app: &App, user: &User, lead: LeadId) -> Result<()> {
    let (tx, property) = open(app, user, lead, Right::Erase).await?;
    tx.commit().await?;
    let left = retrying(|| once(app, user, property, lead)).await?;
    let left = left.ok_or(Error::NotFound("Lead"))?;
    info!(lead.id = %lead, tours = left.tours.len(), replies = left.replies.len(), "Lead {lead} is erased");
    let tours = left.tours.into_iter().map(Job::Booking);
    for job in tours.chain(left.replies.into_iter().map(Job::Reply)) {
        app.queue().nudge(job, Duration::ZERO).await;
    }
    Ok(())
}

/// Finds whose lead it is, and opens a transaction on that tenant if the user has that right there.
pub(super) async fn open(
    app: &App,
    user: &User,
    lead: LeadId,
    right: Right,
) -> Result<(Tx, PropertyId)> {
    let tx = app.everywhere().await?;
    let property = interests::property_of_lead(&tx, lead).await?;
    tx.commit().await?;
    let property = property.ok_or(Error::NotFound("Lead"))?;
    let tx = app.of(property).await?;
    access::require(&tx, user, property, right)
        .await
        .map_err(hidden_as("Lead"))?;
    Ok((tx, property))
}

/// `None`: the host has deleted the lead meanwhile.
async fn once(
    app: &App,
    user: &User,
    property: PropertyId,
    lead: LeadId,
) -> store::Result<Option<Left>> {
    let now = app.now();
    let tx = app.of(property).await?;
    let Some(person) = persons::hold(&tx, property, lead).await? else {
        return Ok(None);
    };
    let mail = persons::mail(&tx, property, &person).await?;
    let mut tours = cancel_tours(app, &tx, user, property, &person).await?;
    tours.extend(erasure::end_letters(&tx, property, &person).await?);
    let replies = erasure::end_replies(&tx, property, &mail.messages).await?;
    erasure::blank_mail(&tx, property, &person, &mail, now).await?;
    erasure::forget_wishes(&tx, property, &person).await?;
    for erased in erasure::remember(&tx, property, &person, now).await? {
        let entry = Entry {
            property,
            actor: Actor::User(user.id),
            action: "lead.erased",
            entity: "leads",
            entity_id: erased.0,
            before: None,
            after: None,
        };
        audit::append(&tx, &entry).await?;
    }
    erasure::blank_lead(&tx, property, &person, &mail, now).await?;
    tx.commit().await?;
    Ok(Some(Left { tours, replies }))
}

/// The person is told by Google, which invited them; we have no address any more to write to.
async fn cancel_tours(
    app: &App,
    tx: &Tx,
    user: &User,
    property: PropertyId,
    person: &Person,
) -> store::Result<Vec<BookingId>> {
    let coming = erasure::coming_tours(tx, property, person, app.now()).await?;
    for tour in &coming {
        tours::cancel(tx, *tour, "user", app.instant()).await?;
        let entry = Entry {
            property,
            actor: Actor::User(user.id),
            action: "tour.cancelled",
            entity: "tour_bookings",
            entity_id: tour.0,
            before: None,
            after: Some(json!({ "status": "cancelled", "reason": "lead_erased" })),
        };
        audit::append(tx, &entry).await?;
    }
    Ok(coming)
}
