//! Reading conversations: what prospects say they want becomes interests with evidence, and the lead's
//! preferences.
//!
//! A run is a row, named by the last message that the prospect wrote; whoever works on it holds its
//! lease. One question to the model a run; what it answers is data, checked value by value against the
//! prospect's own words. Everything is written in one transaction under the lead's lock, in a way that
//! neither repeats nor the order of runs change the outcome.

mod answer;
mod preferences;
mod prompt;

pub use preferences::{Origin, Want, field, shaped};
pub(super) use preferences::{changed, has, merged, wants};

use std::time::Duration;

use chrono::TimeDelta;
use serde_json::{Value, json};
use tracing::{info, warn};
use uuid::Uuid;

use super::access::{self, Right, User, hidden_as};
use super::budget::{self, Denied};
use super::{App, Deadline};
use crate::domain::ids::{self, ConversationId, LeadId, PropertyId};
use crate::domain::interest::{Interest, settle};
use crate::error::{Error, Result, chain};
use crate::llm::{self, Llm};
use crate::queue::Job;
use crate::store::audit::{self, Actor, Entry};
use crate::store::enrichment::{self, Cause, Exchange, Of, Run, Turn};
pub use crate::store::interests::Shown;
use crate::store::{Tx, interests};
use crate::telemetry::{Unit, metric};

/// Raised when prompt or checks change so that conversations are worth reading again.
pub const PROMPT_VERSION: i32 = 1;
/// A chat in which nobody wrote for so long is over, as far as anybody can tell.
const SILENCE: TimeDelta = TimeDelta::minutes(10);
/// Chats that fell silent longer ago are left to whoever asks for them.
const RECENT: TimeDelta = TimeDelta::days(2);
/// Turns of a conversation that are read, characters of each, and characters of all: the oldest are left
/// out first.
const TURNS: i64 = 40;
const CHARACTERS: i32 = 2_000;
const CHARACTERS_MAX: usize = 40_000;
/// Answers without sense, and calls without an answer, after which a run is given up.
const BAD_ANSWERS_MAX: i32 = 3;
const ATTEMPTS_MAX: i32 = 6;
/// Runs that may fail by our own fault: by then the queue has given the message up, too.
const FAULTS_MAX: i32 = 30;
/// Runs that may be killed.
const KILLS_MAX: i32 = 5;
/// With less time than this a run is not begun: it would be killed in the middle.
const WORTH_BEGINNING: Duration = Duration::from_secs(25);

/// A conversation may be worth reading: does what is due about it.
///
/// Early, repeated and needless calls do no harm, and ask the model nothing. Stopped anywhere, the sweep
/// calls again once the lease has run out.
pub async fn attend(app: &App, conversation: ConversationId, deadline: Deadline) -> Result<()> {
    if deadline.is_near(WORTH_BEGINNING) {
        return Err(Error::busy(WORTH_BEGINNING));
    }
    let owner = ids::fresh();
    let seconds = deadline.lease().as_secs_f64();
    let tx = app.everywhere().await?;
    let run = enrichment::claim(&tx, conversation, owner, seconds, app.now()).await?;
    tx.commit().await?;
    let Some(run) = run else {
        return Ok(());
    };
    let work = Work { app, owner, run };
    match work.go().await {
        Ok(()) => Ok(()),
        Err(error) if work.run.attempts >= FAULTS_MAX && !matches!(error, Error::Busy { .. }) => {
            work.fail("internal_error").await?;
            Err(error)
        }
        Err(error) => {
            // The queue brings it again at once, the sweep when it is not brought any more.
            work.postpone(TimeDelta::zero()).await?;
            Err(error)
        }
    }
}

/// What becomes of a wish to have a lead's conversations read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// All that they wrote was read already.
    NothingNew,
    Soon,
    /// What is due waits until the model may be asked again (`LLM_ENABLED`).
    WhenSwitchedOn,
}

/// A user wants a lead's conversations read now.
///
/// # Errors
/// `NotFound` for a lead of elsewhere.
pub async fn request(app: &App, user: &User, lead: LeadId) -> Result<Asked> {
    let (tx, property) = open(app, user, lead).await?;
    let asked = expect(app, &tx, property, Of::Lead(lead), Cause::Manual).await?;
    tx.commit().await?;
    nudge(app, &asked).await;
    Ok(match asked.is_empty() {
        true => Asked::NothingNew,
        false if app.assistant_is_on() => Asked::Soon,
        false => Asked::WhenSwitchedOn,
    })
}

/// A lead's interests, and what the lead prefers.
pub struct Known {
    /// What stands: nothing that was taken back.
    pub interests: Vec<Shown>,
    pub preferences: Value,
}

/// What is known of a lead.
///
/// # Errors
/// `NotFound` for a lead of elsewhere.
pub async fn known(app: &App, user: &User, lead: LeadId) -> Result<Known> {
    let (tx, property) = open(app, user, lead).await?;
    let preferences = interests::preferences(&tx, property, lead).await?;
    let mut interests = interests::of_lead(&tx, property, lead).await?;
    tx.commit().await?;
    interests.retain(|shown| shown.interest.is_live());
    Ok(Known {
        interests,
        preferences: preferences.ok_or(Error::NotFound("Lead"))?.held,
    })
}

/// Asks for runs in the caller's transaction; answers the conversations to nudge after its commit.
pub(super) async fn expect(
    app: &App,
    tx: &Tx,
    property: PropertyId,
    of: Of,
    cause: Cause,
) -> crate::store::Result<Vec<ConversationId>> {
    enrichment::expect(tx, property, of, PROMPT_VERSION, cause, app.now()).await
}

pub(super) async fn nudge(app: &App, conversations: &[ConversationId]) {
    for conversation in conversations {
        let job = Job::Enrich(*conversation);
        app.queue().nudge(job, Duration::ZERO).await;
    }
}

/// Asks for runs over chats that fell silent, and answers which conversations have a run due.
pub(super) async fn due(app: &App, tx: &Tx, at_most: i64) -> Result<Vec<ConversationId>> {
    let now = app.now();
    let (quiet, since) = (now - SILENCE, now - RECENT);
    enrichment::expect_silent(tx, PROMPT_VERSION, quiet, since, now, at_most).await?;
    Ok(enrichment::unattended(tx, now, at_most).await?)
}

/// Finds whose lead it is, and opens a transaction on that tenant if the user may see it.
pub(super) async fn open(app: &App, user: &User, lead: LeadId) -> Result<(Tx, PropertyId)> {
    let tx = app.everywhere().await?;
    let property = interests::property_of_lead(&tx, lead).await?;
    tx.commit().await?;
    let property = property.ok_or(Error::NotFound("Lead"))?;
    let tx = app.of(property).await?;
    access::require(&tx, user, property, Right::See)
        .await
        .map_err(hidden_as("Lead"))?;
    Ok((tx, property))
}

/// One run.
struct Work<'a> {
    app: &'a App,
    owner: Uuid,
    run: Run,
}

impl Work<'_> {
    async fn go(&self) -> Result<()> {
        let (app, run) = (self.app, &self.run);
        if run.kills >= KILLS_MAX {
            return self.fail("internal_error").await;
        }
        let tx = app.of(run.property).await?;
        let exchange = enrichment::exchange(&tx, run, TURNS, CHARACTERS).await?;
        tx.commit().await?;
        let Some(mut exchange) = exchange else {
            return self.fail("erased").await;
        };
        let length = |turn: &Turn| turn.text.chars().count();
        exchange.turns = llm::newest(exchange.turns, CHARACTERS_MAX, length);
        let llm = match budget::question(app, run.property, None).await? {
            Ok(llm) => llm,
            Err(denied) => return self.put_off(denied).await,
        };
        let tx = app.of(run.property).await?;
        let ours = enrichment::asked(&tx, run, self.owner, app.now()).await?;
        tx.commit().await?;
        if !ours {
            return Ok(()); // the lease ran out: another run goes on
        }
        match self.read(llm, &exchange).await {
            Ok(found) => self.keep(&exchange, found).await,
            Err(error) => self.unread(&error).await,
        }
    }

    /// What the model finds, as far as the prospect's words bear it out.
    async fn read(&self, llm: &Llm, exchange: &Exchange) -> Result<Vec<Interest>, llm::Error> {
        let answer = llm.answer(&prompt::about(exchange)).await?;
        let read = answer::read(answer, exchange, self.app.now().date_naive());
        read.ok_or(llm::Error::Malformed)
    }

    /// Writes what was found, and ends the run, both or neither.
    async fn keep(&self, exchange: &Exchange, found: Vec<Interest>) -> Result<()> {
        let (app, run, lead) = (self.app, &self.run, exchange.lead);
        let (property, now) = (run.property, app.now());
        let tx = app.of(property).await?;
        let Some(held) = interests::hold(&tx, property, lead).await? else {
            tx.commit().await?;
            return self.fail("erased").await;
        };
        if !enrichment::finish(&tx, run, self.owner, false, None, now).await? {
            return Ok(()); // the lease ran out: another run goes on, and this one wrote nothing
        }
        let stored = interests::of_lead(&tx, property, lead).await?;
        let mut rows: Vec<Interest> = stored.into_iter().map(|shown| shown.interest).collect();
        let changed = settle::settle(&rows, &found);
        for interest in &changed {
            interests::save(&tx, property, lead, interest, now).await?;
            rows.retain(|row| (row.kind, &row.value) != (interest.kind, &interest.value));
            rows.push(interest.clone());
        }
        let merged = preferences::merged(&held, &rows);
        let fields = preferences::changed(&held.held, &merged.held);
        if !fields.is_empty() || merged.written != held.written {
            interests::set_preferences(&tx, property, lead, &merged, now).await?;
        }
        if !changed.is_empty() || !fields.is_empty() {
            let entry = Entry {
                property,
                actor: Actor::System,
                action: "lead.enriched",
                entity: "leads",
                entity_id: lead.0,
                before: None,
                after: Some(json!({ "run": run.id, "interests": changed.len(), "fields": fields })),
            };
            audit::append(&tx, &entry).await?;
        }
        tx.commit().await?;
        let interests = changed.len();
        info!(run.id = %run.id, interests, "Read conversation {}", run.conversation);
        metric("lead_enriched", 1.0, Unit::Count, &[]);
        Ok(())
    }

    /// Nothing can be used: tries again a bounded number of times.
    async fn unread(&self, error: &llm::Error) -> Result<()> {
        let run = &self.run;
        warn!(run.id = %run.id, error = chain(error), calls = run.calls + 1,
            "The model gave no usable answer about conversation {}", run.conversation);
        let (reason, tries) = match error {
            llm::Error::Refused | llm::Error::Filtered => ("model_declined", 1),
            llm::Error::Truncated | llm::Error::Malformed => {
                ("model_answer_unusable", BAD_ANSWERS_MAX)
            }
            llm::Error::Busy { .. }
            | llm::Error::Quota
            | llm::Error::Misconfigured { .. }
            | llm::Error::Unreachable(_) => ("model_unavailable", ATTEMPTS_MAX),
        };
        if run.attempts >= tries {
            return self.fail(reason).await;
        }
        let wait = match error {
            llm::Error::Busy {
                retry_after: Some(wait),
            } => TimeDelta::from_std(*wait).unwrap_or(TimeDelta::minutes(1)),
            _ => TimeDelta::minutes(1 << run.attempts.clamp(0, 5)),
        };
        self.postpone(wait).await
    }

    async fn fail(&self, reason: &str) -> Result<()> {
        let tx = self.app.of(self.run.property).await?;
        let now = self.app.now();
        enrichment::finish(&tx, &self.run, self.owner, true, Some(reason), now).await?;
        tx.commit().await?;
        warn!(run.id = %self.run.id, reason, "Conversation {} was not read", self.run.conversation);
        metric("enrichment_failed", 1.0, Unit::Count, &[("reason", reason)]);
        Ok(())
    }

    /// The model may not be asked now: the run waits, and was no attempt.
    async fn put_off(&self, denied: Denied) -> Result<()> {
        let (run, until) = (&self.run, denied.until(self.app.now()));
        let tx = self.app.of(run.property).await?;
        enrichment::put_off(&tx, run, self.owner, until).await?;
        tx.commit().await?;
        info!(run.id = %run.id, reason = denied.code(), "Conversation {} waits", run.conversation);
        Ok(())
    }

    async fn postpone(&self, wait: TimeDelta) -> Result<()> {
        let until = self.app.now() + wait;
        let tx = self.app.of(self.run.property).await?;
        enrichment::postpone(&tx, &self.run, self.owner, until).await?;
        tx.commit().await?;
        Ok(())
    }
}
