//! Leads, as the team looks at them and sets right what is known of them.

mod wish;

use std::collections::HashMap;

use serde_json::json;
use uuid::Uuid;

pub use self::wish::{ListChange, ParkingChange, Wish};
use super::App;
use super::access::{self, Right, User};
pub use super::enrichment::{Origin, Want};
use super::enrichment::{Shown, changed, merged, open, wants};
use crate::domain::ids::{LeadId, PropertyId, ThreadId, TurnId};
use crate::domain::interest::Interest;
use crate::domain::page::{Listed, Page};
use crate::error::{Error, Result};
use crate::store::audit::{self, Actor, Entry};
use crate::store::overview::{self, ThreadLine};
pub use crate::store::prospects::{Filter, LeadLine};
use crate::store::tours::Line;
use crate::store::{interests, prospects, tours};

/// Threads that are shown with a lead.
const THREADS: u32 = 50;

pub async fn list(
    app: &App,
    user: &User,
    property: PropertyId,
    filter: &Filter,
    page: Page,
) -> Result<Listed<LeadLine>> {
    let tx = app.of(property).await?;
    access::require(&tx, user, property, Right::See).await?;
    let rows = prospects::list(&tx, property, filter, &page).await?;
    tx.commit().await?;
    Ok(page.cut(rows, LeadLine::place))
}

/// One lead with all that is known.
pub struct Lead {
    pub line: LeadLine,
    pub wants: Vec<Want>,
    /// What the prospect said, the newest first; nothing that was taken back.
    pub said: Vec<Said>,
    /// The newest first.
    pub threads: Vec<ThreadLine>,
    /// The latest first, cancelled ones too.
    pub tours: Vec<Line>,
}

/// An interest, and the thread in which its words stand. Those of a chat stand in none.
pub struct Said {
    pub shown: Shown,
    pub thread: Option<ThreadId>,
}

/// # Errors
/// `NotFound` for a lead of elsewhere.
pub async fn one(app: &App, user: &User, id: LeadId) -> Result<Lead> {
    let (tx, property) = open(app, user, id).await?;
    let filter = overview::Filter {
        lead: Some(id),
        status: None,
        needs_person: false,
    };
    let page = Page {
        after: None,
        limit: THREADS,
    };
    // Sent together: one round trip.
    let (line, held, said, threads, tours) = tokio::try_join!(
        prospects::one(&tx, property, id),
        interests::preferences(&tx, property, id),
        interests::of_lead(&tx, property, id),
        overview::threads(&tx, property, filter, &page),
        tours::of_lead(&tx, property, id),
    )?;
    let turns = said.iter().filter_map(|shown| shown.interest.message);
    let turns: Vec<Uuid> = turns.map(|turn| turn.0).collect();
    let places = prospects::threads_of(&tx, property, turns).await?;
    tx.commit().await?;
    let places: HashMap<TurnId, ThreadId> = places.into_iter().collect();
    let rows: Vec<Interest> = said.iter().map(|shown| shown.interest.clone()).collect();
    let place = |shown: Shown| Said {
        thread: shown
            .interest
            .message
            .and_then(|turn| places.get(&turn).copied()),
        shown,
    };
    let live = said.into_iter().filter(|shown| shown.interest.is_live());
    Ok(Lead {
        line: line.ok_or(Error::NotFound("Lead"))?,
        wants: wants(&held.ok_or(Error::NotFound("Lead"))?, &rows),
        said: live.map(place).collect(),
        threads: page.cut(threads, ThreadLine::place).items,
        tours,
    })
}

/// A person says what a lead wants. From then on no machine changes it; where they take their own word back,
/// what the prospect said counts again.
///
/// # Errors
/// `NotFound` for a lead of elsewhere; `Invalid` for a value that no reading would be believed either;
/// `Unprocessable` for what tells of a protected trait, or takes an assistance animal for a pet.
pub async fn prefer(app: &App, user: &User, id: LeadId, wish: Wish) -> Result<()> {
    let (tx, property) = open(app, user, id).await?;
    let wish = wish.checked(app.now().date_naive())?;
    let now = app.now();
    let before = interests::hold(&tx, property, id).await?;
    let before = before.ok_or(Error::NotFound("Lead"))?;
    for (kind, value) in wish.withdrawn() {
        interests::withdraw_manual(&tx, property, id, kind, value, now).await?;
    }
    let rows = interests::of_lead(&tx, property, id).await?;
    let rows: Vec<Interest> = rows.into_iter().map(|shown| shown.interest).collect();
    let after = merged(&wish.applied(&before), &rows);
    if after != before {
        interests::set_preferences(&tx, property, id, &after, now).await?;
        let mut fields = changed(&before.held, &after.held);
        let pinned = changed(&before.written, &after.written);
        fields.extend(pinned.into_iter().filter(|field| wish.sets(field)));
        fields.sort_unstable();
        fields.dedup();
        let entry = Entry {
            property,
            actor: Actor::User(user.id),
            action: "lead.preferences_set",
            entity: "leads",
            entity_id: id.0,
            before: None,
            // What they are stands with the lead, and goes when the lead is erased.
            after: Some(json!({ "fields": fields })),
        };
        audit::append(&tx, &entry).await?;
    }
    tx.commit().await?;
    Ok(())
}
