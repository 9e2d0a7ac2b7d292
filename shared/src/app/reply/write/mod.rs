//! Writing the letter: knowledge, the thread so far, open visits, one question to the model, and the checks.

mod ask;
mod prompt;
mod visits;

use chrono::{DateTime, TimeDelta, Utc};
use tracing::warn;

use self::ask::{Asked, ask, model};
use self::prompt::Action;
pub(super) use self::prompt::cut;
use super::{MODEL_PATIENCE, Work, guarded, sender, wanted};
use crate::app::grants::Failure;
use crate::domain::draft;
use crate::domain::fair_housing::outbound as fair_housing;
use crate::domain::reply::{ReplyMode, ReplyState};
use crate::error::{Error, chain};
use crate::llm;
use crate::mail::{self, wording};
use crate::store::messages::Said;
use crate::store::properties::{self, Property};
use crate::store::replies::{self, Text};

/// Runs in which a model that is away is asked.
const MODEL_TRIES: i32 = 6;

/// What came of an attempt to write.
pub(super) enum Written<T> {
    Done(T),
    /// A person is asked, or the reply was ended meanwhile.
    Held,
    /// The model is away; the same again in a while.
    Later(TimeDelta),
}

/// A text that may be sent.
struct Passed {
    body: String,
    /// `None` where a person wrote or approved it.
    confidence: Option<f64>,
    /// When the first visit that it offers begins.
    offer_ends: Option<DateTime<Utc>>,
}

/// The letter, fixed in the row before anybody else sees it.
pub(super) async fn letter(work: &Work<'_>) -> Result<Written<String>, Failure> {
    let (app, reply) = (work.app, &work.reply);
    let tx = app.of(reply.property).await?;
    let property = properties::find(&tx, reply.property).await?;
    let said = sender::said_before(work, &tx).await?;
    let property = property.ok_or(Error::NotFound("Property"))?;
    let guarded = guarded::wording(work, &tx, &property.name).await?;
    tx.commit().await?;

    let passed = match (reply.state, &reply.body_text, &guarded) {
        // Approved by a person: their words, whoever wrote them first.
        (ReplyState::Sending, Some(body), _) => Passed {
            body: body.clone(),
            confidence: None,
            offer_ends: None,
        },
        (_, _, Some(wording)) if work.mailbox.reply_mode != ReplyMode::Auto => {
            let reasons = [fair_housing::CODE, "approval_required"].map(str::to_owned);
            work.hold(Some((wording, 1.0)), &reasons).await?;
            return Ok(Written::Held);
        }
        (_, _, Some(wording)) => Passed {
            body: wording.clone(),
            confidence: Some(1.0),
            offer_ends: None,
        },
        _ => match drafted(work, &property, &said).await? {
            Written::Done(passed) => passed,
            Written::Held => return Ok(Written::Held),
            Written::Later(wait) => return Ok(Written::Later(wait)),
        },
    };
    let notice = match reply.approved_by {
        Some(_) => String::new(),
        None => wording::disclosure(&property.name, ""),
    };
    let signature = work.mailbox.signature.as_deref().unwrap_or_default();
    let letter = mail::letter(&passed.body, signature, &notice, wording::OPT_OUT);
    let tx = app.of(reply.property).await?;
    if reply.approved_by.is_none() {
        // Counted again now that nobody else counts: many replies may be written at once.
        replies::one_at_a_time(&tx, reply.mailbox).await?;
        if let Some(reason) = wanted::held_back(work, &tx).await? {
            tx.commit().await?;
            let text = passed
                .confidence
                .map(|confidence| (passed.body.as_str(), confidence));
            work.hold(text, &[reason.to_owned()]).await?;
            return Ok(Written::Held);
        }
    }
    let text = Text {
        body: &passed.body,
        confidence: passed.confidence,
        letter: &letter,
        offer_ends: passed.offer_ends,
    };
    let fixed = replies::composed(&tx, reply.id, work.owner, &text).await?;
    if fixed && guarded.is_some() {
        guarded::hand_over(work, &tx).await?;
    }
    tx.commit().await?;
    // Not fixed: it was cancelled meanwhile, or the lease ran out and another run goes on.
    Ok(if fixed {
        Written::Done(letter)
    } else {
        Written::Held
    })
}

/// Whether the visits that the letter offers can still be had: it may have waited for Gmail for hours. `None`: no
/// calendar can be read.
pub(super) async fn still_offers(work: &Work<'_>) -> Result<Option<bool>, Failure> {
    if work.offer_is_known {
        return Ok(Some(true));
    }
    let tx = work.app.of(work.reply.property).await?;
    let property = properties::find(&tx, work.reply.property).await?;
    tx.commit().await?;
    let property = property.ok_or(Error::NotFound("Property"))?;
    let visits = visits::open(work, &property).await;
    let body = work.reply.body_text.as_deref().unwrap_or_default();
    let holds = || draft::still_offers(body, visits.as_open());
    Ok(visits.is_known.then(holds))
}

/// A draft that may be sent, with its confidence. Anything else is held with the reasons.
async fn drafted(
    work: &Work<'_>,
    property: &Property,
    said: &[Said],
) -> Result<Written<Passed>, Failure> {
    let asked = Asked {
        property,
        said,
        subject: &work.question.subject,
        question: cut(&work.question.body_fresh),
    };
    let llm = match model(work).await? {
        Ok(llm) => llm,
        Err(denied) => {
            work.hold(None, &[denied.code().to_owned()]).await?;
            return Ok(Written::Held);
        }
    };
    let drafted = match ask(work, llm, &asked).await? {
        Ok(drafted) => drafted,
        Err(error) => return model_failed(work, &error).await,
    };
    let body = drafted.answer.body.trim().to_owned();
    let verdict = drafted.check(work, &asked, &body);
    let mut reasons: Vec<String> = verdict.objections.iter().map(ToString::to_string).collect();
    let mut confidence = verdict.confidence;
    let law = fair_housing::objections(&body, &property.name, drafted.passages());
    if !law.is_empty() {
        reasons.extend(law.into_iter().map(str::to_owned));
        confidence = 0.0;
    }
    if drafted.answer.action == Action::HandOff {
        reasons.insert(0, "handed_off".to_owned());
        confidence = 0.0;
    }
    if work.mailbox.reply_mode != ReplyMode::Auto {
        reasons.push("approval_required".to_owned());
    } else if reasons.is_empty() && confidence < work.mailbox.confidence_threshold {
        reasons.push("low_confidence".to_owned());
    }
    if reasons.is_empty() {
        let offer_ends = verdict.offer_ends;
        return Ok(Written::Done(Passed {
            body,
            confidence: Some(confidence),
            offer_ends: offer_ends.and_then(|at| drafted.visits.instant(at)),
        }));
    }
    work.hold(Some((&body, confidence)), &reasons).await?;
    Ok(Written::Held)
}

/// A model that is away is asked again in half a minute, as long as the prospect's patience lasts.
/// Then, and at once where the answer itself is no good, a person is asked.
async fn model_failed(work: &Work<'_>, error: &llm::Error) -> Result<Written<Passed>, Failure> {
    warn!(reply.id = %work.reply.id, error = chain(error), attempt = work.reply.attempts,
        "The model gave no usable answer for reply {}", work.reply.id);
    let passing = matches!(error, llm::Error::Busy { .. } | llm::Error::Unreachable(_));
    let wait = match error {
        llm::Error::Busy {
            retry_after: Some(wait),
        } => TimeDelta::from_std(*wait).unwrap_or(TimeDelta::seconds(30)),
        _ => TimeDelta::seconds(30),
    };
    let in_time = work.app.now() + wait - work.reply.due_at < MODEL_PATIENCE;
    if passing && in_time && work.reply.attempts < MODEL_TRIES {
        return Ok(Written::Later(wait));
    }
    let reason = match error {
        llm::Error::Refused | llm::Error::Filtered => "model_declined",
        llm::Error::Truncated | llm::Error::Malformed => "model_answer_unusable",
        llm::Error::Busy { .. }
        | llm::Error::Quota
        | llm::Error::Misconfigured { .. }
        | llm::Error::Unreachable(_) => "model_unavailable",
    };
    work.hold(None, &[reason.to_owned()]).await?;
    Ok(Written::Held)
}
