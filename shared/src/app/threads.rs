//! E-mail threads, as the team reads and handles them.

use serde_json::{Value, json};

use super::access::{self, Right, User, hidden_as};
use super::{App, enrichment};
use crate::domain::ids::{ProfileId, PropertyId, ThreadId};
use crate::domain::page::{Listed, Page};
use crate::domain::thread::ThreadStatus;
use crate::error::{Error, Result};
use crate::store::audit::{self, Actor, Entry};
use crate::store::enrichment::{Cause, Of};
use crate::store::overview::{self, Handling};
pub use crate::store::overview::{Email, Filter, ThreadLine, Waiting};
use crate::store::replies;
pub use crate::store::replies::Reply;
use crate::store::{Tx, people, threads as store_threads};

/// Of a long thread the newest messages are shown, and of a long message its beginning.
const MESSAGES: i64 = 100;
const CHARACTERS: i32 = 20_000;

/// One thread with what was said in it.
#[derive(Clone, Debug)]
pub struct Thread {
    pub line: ThreadLine,
    /// Both directions, oldest first.
    pub emails: Vec<Email>,
    pub replies: Vec<Reply>,
}

/// What somebody wants changed. What is `None` stays.
#[derive(Clone, Copy, Debug, Default)]
pub struct Change {
    pub status: Option<ThreadStatus>,
    /// `Some(None)`: nobody.
    pub assigned_agent: Option<Option<ProfileId>>,
}

pub async fn list(
    app: &App,
    user: &User,
    property: PropertyId,
    filter: Filter,
    page: Page,
) -> Result<Listed<ThreadLine>> {
    let tx = app.of(property).await?;
    access::require(&tx, user, property, Right::See).await?;
    let rows = overview::threads(&tx, property, filter, &page).await?;
    tx.commit().await?;
    Ok(page.cut(rows, ThreadLine::place))
}

/// How many threads wait for a person's answer.
pub async fn waiting_for_person(app: &App, user: &User, property: PropertyId) -> Result<Waiting> {
    let tx = app.of(property).await?;
    access::require(&tx, user, property, Right::See).await?;
    let waiting = overview::waiting_for_person(&tx, property).await?;
    tx.commit().await?;
    Ok(waiting)
}

pub async fn one(app: &App, user: &User, id: ThreadId) -> Result<Thread> {
    let (tx, property) = open(app, user, id).await?;
    let thread = read(&tx, property, id).await?;
    tx.commit().await?;
    Ok(thread)
}

/// Changes a thread's status or who looks after it, and answers it as it then is. A thread that is
/// closed is worth reading.
pub async fn change(app: &App, user: &User, id: ThreadId, change: Change) -> Result<Thread> {
    let (tx, property) = open(app, user, id).await?;
    if let Some(Some(agent)) = change.assigned_agent
        && !people::works_at(&tx, agent, property).await?
    {
        return Err(Error::invalid(
            "assignedAgentId",
            "no user of this organization",
        ));
    }
    let before = overview::hold_thread(&tx, property, id)
        .await?
        .ok_or(Error::NotFound("Thread"))?;
    let after = Handling {
        status: change.status.unwrap_or(before.status),
        assigned_agent: change.assigned_agent.unwrap_or(before.assigned_agent),
    };
    // Who looks after a thread answers it: the assistant does not.
    let answers_now = match change.assigned_agent {
        Some(agent) => store_threads::leave_to(&tx, id, agent, app.now()).await?,
        None => false,
    };
    if after != before || answers_now {
        overview::handle_thread(&tx, property, id, after, app.now()).await?;
        let entry = Entry {
            property,
            actor: Actor::User(user.id),
            action: "thread.changed",
            entity: "email_threads",
            entity_id: id.0,
            before: Some(as_json(before)),
            after: Some(as_json(after)),
        };
        audit::append(&tx, &entry).await?;
    }
    let thread = read(&tx, property, id).await?;
    let closes = after.status == ThreadStatus::Closed && before.status != ThreadStatus::Closed;
    let worth_reading = match thread.line.conversation {
        Some(conversation) if closes => {
            let of = Of::Conversation(conversation);
            enrichment::expect(app, &tx, property, of, Cause::ThreadClosed).await?
        }
        _ => Vec::new(),
    };
    tx.commit().await?;
    enrichment::nudge(app, &worth_reading).await;
    Ok(thread)
}

/// Finds whose thread it is, and opens a transaction on that tenant if the user may see it.
async fn open(app: &App, user: &User, id: ThreadId) -> Result<(Tx, PropertyId)> {
    let tx = app.everywhere().await?;
    let property = overview::property_of_thread(&tx, id).await?;
    tx.commit().await?;
    let property = property.ok_or(Error::NotFound("Thread"))?;
    let tx = app.of(property).await?;
    access::require(&tx, user, property, Right::See)
        .await
        .map_err(hidden_as("Thread"))?;
    Ok((tx, property))
}

async fn read(tx: &Tx, property: PropertyId, id: ThreadId) -> Result<Thread> {
    // Sent together: one round trip.
    let (line, emails, replies) = tokio::try_join!(
        overview::thread(tx, property, id),
        overview::emails(tx, property, id, MESSAGES, CHARACTERS),
        replies::of_thread(tx, property, id),
    )?;
    Ok(Thread {
        line: line.ok_or(Error::NotFound("Thread"))?,
        emails,
        replies,
    })
}

fn as_json(handling: Handling) -> Value {
    json!({
        "status": handling.status.as_str(),
        "assigned_agent_id": handling.assigned_agent.map(|agent| agent.0),
    })
}
