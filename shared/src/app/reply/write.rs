//! Writing the letter: knowledge, the thread so far, one question to the model, and the checks.

use std::time::Duration;

use chrono::TimeDelta;
use serde::Deserialize;
use serde_json::{Value, json};
use tracing::warn;

use super::{MODEL_PATIENCE, Work, guarded, sender, wanted};
use crate::app::budget::{self, Denied};
use crate::app::grants::Failure;
use crate::crypto;
use crate::domain::draft;
use crate::domain::fair_housing::outbound as fair_housing;
use crate::domain::reply::{ReplyMode, ReplyState};
use crate::error::{Error, chain};
use crate::llm::{self, Llm, Prompt, Role};
use crate::mail::{self, wording};
use crate::store::knowledge::{self, Profile};
use crate::store::messages::Said;
use crate::store::replies;

const TEMPLATE: &str = include_str!("../../llm/prompts/reply.txt");
/// Passages of knowledge in the prompt. There is no floor on their likeness: 0.5 is strict for
/// text-embedding-3-small, and what the answer says is checked against them anyway.
const PASSAGES: i32 = 6;
const LIKENESS_MIN: f64 = -1.0;
/// Characters of knowledge in the prompt, the most alike first.
const KNOWLEDGE_MAX: usize = 12_000;
/// Characters of one message in the prompt: a long letter costs no more than others.
const MESSAGE_MAX: usize = 8_000;
/// Time that a second try and the sending after it may take.
const REPAIR: Duration = Duration::from_secs(30);
/// Tokens of an answer.
const TOKENS_MAX: u32 = 700;
/// Runs in which a model that is away is asked.
const MODEL_TRIES: i32 = 6;

/// What the model answers, and nothing more.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    action: Action,
    body: String,
    facts_used: Vec<String>,
    #[serde(rename = "topics")]
    _topics: Vec<String>,
}

#[derive(Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Action {
    Reply,
    HandOff,
}

fn schema() -> Value {
    let texts = json!({"type": "array", "items": {"type": "string"}});
    json!({
        "type": "object",
        "properties": {
            "action": {"type": "string", "enum": ["reply", "hand_off"]},
            "body": {"type": "string"},
            "facts_used": texts,
            "topics": texts,
        },
        "required": ["action", "body", "facts_used", "topics"],
        "additionalProperties": false,
    })
}

/// What came of an attempt to write.
pub(super) enum Written<T> {
    Done(T),
    /// A person is asked, or the reply was ended meanwhile.
    Held,
    /// The model is away; the same again in a while.
    Later(TimeDelta),
}

/// The letter, fixed in the row before anybody else sees it.
pub(super) async fn letter(work: &Work<'_>) -> Result<Written<String>, Failure> {
    let (app, reply) = (work.app, &work.reply);
    let tx = app.of(reply.property).await?;
    let profile = knowledge::profile(&tx, reply.property).await?;
    let said = sender::said_before(work, &tx).await?;
    let profile = profile.ok_or(Error::NotFound("Property"))?;
    let guarded = guarded::wording(work, &tx, &profile.name).await?;
    tx.commit().await?;

    let (body, confidence) = match (reply.state, &reply.body_text, &guarded) {
        // Approved by a person: their words, whoever wrote them first.
        (ReplyState::Sending, Some(body), _) => (body.clone(), None),
        (_, _, Some(wording)) if work.mailbox.reply_mode != ReplyMode::Auto => {
            let reasons = [fair_housing::CODE, "approval_required"].map(str::to_owned);
            work.hold(Some(wording), Some(1.0), &reasons).await?;
            return Ok(Written::Held);
        }
        (_, _, Some(wording)) => (wording.clone(), Some(1.0)),
        _ => match draft(work, &profile, &said).await? {
            Written::Done((body, confidence)) => (body, Some(confidence)),
            Written::Held => return Ok(Written::Held),
            Written::Later(wait) => return Ok(Written::Later(wait)),
        },
    };
    let notice = match reply.approved_by {
        Some(_) => String::new(),
        None => wording::disclosure(&profile.name, ""),
    };
    let signature = work.mailbox.signature.as_deref().unwrap_or_default();
    let letter = mail::letter(&body, signature, &notice, wording::OPT_OUT);
    let tx = app.of(reply.property).await?;
    if reply.approved_by.is_none() {
        // Counted again now that nobody else counts: many replies may be written at once.
        replies::one_at_a_time(&tx, reply.mailbox).await?;
        if let Some(reason) = wanted::held_back(work, &tx).await? {
            tx.commit().await?;
            work.hold(Some(&body), confidence, &[reason.to_owned()])
                .await?;
            return Ok(Written::Held);
        }
    }
    let fixed = replies::composed(&tx, reply.id, work.owner, &body, confidence, &letter).await?;
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

/// A draft that may be sent, with its confidence. Anything else is held with the reasons.
async fn draft(
    work: &Work<'_>,
    profile: &Profile,
    said: &[Said],
) -> Result<Written<(String, f64)>, Failure> {
    let question = cut(&work.question.body_fresh);
    let llm = match model(work).await? {
        Ok(llm) => llm,
        Err(denied) => {
            work.hold(None, None, &[denied.code().to_owned()]).await?;
            return Ok(Written::Held);
        }
    };
    let (knowledge, answer, boundary) = match ask(work, llm, profile, said, question).await? {
        Ok(answered) => answered,
        Err(error) => return model_failed(work, &error).await,
    };
    let known = knowledge.join("\n");
    let mut sources: Vec<&str> = vec![&known, question, &work.question.subject, &profile.name];
    sources.extend(said.iter().map(|said| said.text.as_str()));
    let body = answer.body.trim().to_owned();
    let mut reasons: Vec<String> = draft::objections(&body, &sources, &boundary)
        .into_iter()
        .map(str::to_owned)
        .collect();
    reasons.extend(
        fair_housing::objections(&body, &profile.name, &knowledge)
            .into_iter()
            .map(str::to_owned),
    );
    if answer.action == Action::HandOff {
        reasons.insert(0, "handed_off".to_owned());
    }
    let confidence = if reasons.is_empty() {
        draft::confidence(&answer.facts_used, &knowledge)
    } else {
        0.0
    };
    if work.mailbox.reply_mode != ReplyMode::Auto {
        reasons.push("approval_required".to_owned());
    } else if reasons.is_empty() && confidence < work.mailbox.confidence_threshold {
        reasons.push("low_confidence".to_owned());
    }
    if reasons.is_empty() {
        return Ok(Written::Done((body, confidence)));
    }
    work.hold(Some(&body), Some(confidence), &reasons).await?;
    Ok(Written::Held)
}

type Asked = Result<(Vec<String>, Answer, String), llm::Error>;

/// The passages that were found, what the model made of them, and the prompt's secret word.
async fn ask(
    work: &Work<'_>,
    llm: &Llm,
    profile: &Profile,
    said: &[Said],
    question: &str,
) -> Result<Asked, Failure> {
    let app = work.app;
    let asked = if question.trim().is_empty() {
        &work.question.subject
    } else {
        question
    };
    let knowledge = if asked.trim().is_empty() {
        Vec::new()
    } else {
        match llm.embed(asked).await {
            Ok(embedding) => {
                let tx = app.of(work.reply.property).await?;
                let found = knowledge::matching(
                    &tx,
                    work.reply.property,
                    &embedding,
                    LIKENESS_MIN,
                    PASSAGES,
                )
                .await?;
                tx.commit().await?;
                llm::fitting(found, KNOWLEDGE_MAX)
            }
            Err(error) => return Ok(Err(error)),
        }
    };
    let boundary = crypto::random_token();
    let prompt = prompt(work, profile, said, question, &knowledge, &boundary);
    let mut answer = answered(llm, &prompt).await;
    let broken = matches!(answer, Err(llm::Error::Malformed | llm::Error::Truncated));
    if broken
        && !work.deadline.is_near(REPAIR)
        && let Ok(llm) = model(work).await?
    {
        answer = answered(llm, &prompt).await; // one repair try
    }
    Ok(answer.map(|answer| (knowledge, answer, boundary)))
}

/// The model, for one question about this thread.
async fn model<'a>(work: &Work<'a>) -> Result<Result<&'a Llm, Denied>, Error> {
    budget::question(work.app, work.reply.property, Some(work.reply.thread)).await
}

async fn answered(llm: &Llm, prompt: &Prompt) -> Result<Answer, llm::Error> {
    let answer = llm.answer(prompt).await?;
    serde_json::from_value(answer).map_err(|_| llm::Error::Malformed)
}

fn prompt(
    work: &Work<'_>,
    profile: &Profile,
    said: &[Said],
    question: &str,
    knowledge: &[String],
    boundary: &str,
) -> Prompt {
    let passages = if knowledge.is_empty() {
        "(nothing is known about this question)".to_owned()
    } else {
        knowledge.join("\n\n")
    };
    // The passages come last: nothing in them can be taken for one of the places to fill.
    let system = TEMPLATE
        .replace("{property}", &one_line(&profile.name))
        .replace("{today}", &today(work, profile))
        .replace("{boundary}", boundary)
        .replace("{knowledge}", &passages);
    let mut messages: Vec<(Role, String)> = said
        .iter()
        .map(|said| {
            let text = cut(&said.text);
            if said.inbound {
                (Role::User, fence(boundary, text))
            } else {
                (Role::Assistant, text.to_owned())
            }
        })
        .collect();
    let subject = one_line(&work.question.subject);
    messages.push((
        Role::User,
        fence(boundary, &format!("Subject: {subject}\n\n{question}")),
    ));
    Prompt {
        system,
        messages,
        schema_name: "reply",
        schema: schema(),
        max_tokens: TOKENS_MAX,
    }
}

fn fence(boundary: &str, text: &str) -> String {
    format!("{boundary} mail\n{text}\n{boundary} end")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(super) fn cut(text: &str) -> &str {
    match text.char_indices().nth(MESSAGE_MAX) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

/// The property's own date; where nobody set a zone, UTC's, and said so.
fn today(work: &Work<'_>, profile: &Profile) -> String {
    let now = jiff::Timestamp::from_second(work.app.now().timestamp()).unwrap_or_default();
    let zone = profile
        .time_zone
        .as_deref()
        .and_then(|name| jiff::tz::TimeZone::get(name).ok());
    match zone {
        Some(zone) => now.to_zoned(zone).strftime("%A, %-d %B %Y").to_string(),
        None => now
            .to_zoned(jiff::tz::TimeZone::UTC)
            .strftime("%A, %-d %B %Y (UTC)")
            .to_string(),
    }
}

/// A model that is away is asked again in half a minute, as long as the prospect's patience lasts.
/// Then, and at once where the answer itself is no good, a person is asked.
async fn model_failed(
    work: &Work<'_>,
    error: &llm::Error,
) -> Result<Written<(String, f64)>, Failure> {
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
    work.hold(None, None, &[reason.to_owned()]).await?;
    Ok(Written::Held)
}
