//! One question to the model, and the checks of its answer against everything that it was told.

use std::time::Duration;

use super::Work;
use super::prompt::{self, Answer};
use super::visits::{self, Visits};
use crate::app::budget::{self, Denied};
use crate::app::grants::Failure;
use crate::crypto;
use crate::domain::draft::{self, Sources, Verdict};
use crate::error::Error;
use crate::llm::{self, Llm, Prompt};
use crate::store::knowledge;
use crate::store::messages::Said;
use crate::store::properties::Property;

/// Passages of knowledge in the prompt. There is no floor on their likeness: 0.5 is strict for
/// text-embedding-3-small, and what the answer says is checked against them anyway.
const PASSAGES: i32 = 6;
const LIKENESS_MIN: f64 = -1.0;
/// Characters of knowledge in the prompt, the most alike first.
const KNOWLEDGE_MAX: usize = 12_000;
/// Time that a second try and the sending after it may take.
const REPAIR: Duration = Duration::from_secs(30);

/// What is answered, and what was said before.
pub(super) struct Asked<'a> {
    pub property: &'a Property,
    /// Earlier mail of the thread, oldest first.
    pub said: &'a [Said],
    pub subject: &'a str,
    pub question: &'a str,
}

/// What the model made of a question, and everything that it was told.
pub(super) struct Drafted {
    knowledge: Knowledge,
    pub visits: Visits,
    boundary: String,
    pub answer: Answer,
}

impl Drafted {
    /// What of the property's knowledge the model was told.
    pub fn passages(&self) -> &[String] {
        &self.knowledge.passages
    }

    pub fn check(&self, work: &Work<'_>, asked: &Asked<'_>, body: &str) -> Verdict {
        let said = |inbound: bool| {
            let turns = asked
                .said
                .iter()
                .filter(move |said| said.inbound == inbound);
            turns.map(|said| prompt::cut(&said.text))
        };
        let passages = &self.knowledge.passages;
        let knowledge: Vec<&str> = passages.iter().map(String::as_str).collect();
        let sources = Sources {
            knowledge: &knowledge,
            likeness: self.knowledge.likeness,
            published: [
                Some(asked.property.name.as_str()),
                asked.property.address.as_deref(),
                Some(&work.mailbox.address),
            ]
            .into_iter()
            .flatten()
            .collect(),
            office: said(false).collect(),
            prospect: said(true).chain([asked.subject, asked.question]).collect(),
            open: self.visits.as_open(),
            boundary: &self.boundary,
            instructions: prompt::TEMPLATE,
        };
        draft::check(body, &self.answer.facts_used, &sources)
    }
}

/// What the property published that is like the question, best first.
pub(super) struct Knowledge {
    pub passages: Vec<String>,
    /// How like the best of them is.
    likeness: f64,
}

/// Asks the model once; twice where its first answer was broken.
pub(super) async fn ask(
    work: &Work<'_>,
    llm: &Llm,
    asked: &Asked<'_>,
) -> Result<Result<Drafted, llm::Error>, Failure> {
    let (found, visits) = futures::join!(
        knowledge(work, llm, asked),
        visits::open(work, asked.property)
    );
    let knowledge = match found? {
        Ok(knowledge) => knowledge,
        Err(error) => return Ok(Err(error)),
    };
    let boundary = crypto::random_token();
    let prompt = prompt::prompt(asked, &knowledge, &visits, &boundary);
    let mut answer = answered(llm, &prompt).await;
    let broken = matches!(answer, Err(llm::Error::Malformed | llm::Error::Truncated));
    if broken
        && !work.deadline.is_near(REPAIR)
        && let Ok(llm) = model(work).await?
    {
        answer = answered(llm, &prompt).await; // one repair try
    }
    Ok(answer.map(|answer| Drafted {
        knowledge,
        visits,
        boundary,
        answer,
    }))
}

async fn knowledge(
    work: &Work<'_>,
    llm: &Llm,
    asked: &Asked<'_>,
) -> Result<Result<Knowledge, llm::Error>, Failure> {
    let texts = [asked.question, asked.subject];
    let Some(text) = texts.into_iter().find(|text| !text.trim().is_empty()) else {
        return Ok(Ok(Knowledge {
            passages: Vec::new(),
            likeness: 0.0,
        }));
    };
    let embedding = match llm.embed(text).await {
        Ok(embedding) => embedding,
        Err(error) => return Ok(Err(error)),
    };
    let property = work.reply.property;
    let tx = work.app.of(property).await?;
    let found = knowledge::matching(&tx, property, &embedding, LIKENESS_MIN, PASSAGES).await?;
    tx.commit().await?;
    let likeness = found.first().map_or(0.0, |passage| passage.likeness);
    let texts = found.into_iter().map(|passage| passage.text).collect();
    Ok(Ok(Knowledge {
        passages: llm::fitting(texts, KNOWLEDGE_MAX),
        likeness,
    }))
}

/// The model, for one question about this thread.
pub(super) async fn model<'a>(work: &Work<'a>) -> Result<Result<&'a Llm, Denied>, Error> {
    budget::question(work.app, work.reply.property, Some(work.reply.thread)).await
}

async fn answered(llm: &Llm, prompt: &Prompt) -> Result<Answer, llm::Error> {
    let answer = llm.answer(prompt).await?;
    serde_json::from_value(answer).map_err(|_| llm::Error::Malformed)
}
