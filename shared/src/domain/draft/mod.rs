//! What a model wrote, before anybody trusts it.
//!
//! A draft is text and nothing else: who gets it, under which subject and whether it is sent is decided
//! by code. It may be sent only if no check objects; confidence says how well it is supported. Facts are
//! read in English; in other languages only what the property publishes may be stated.

mod confidence;
mod facts;
mod form;
mod promise;
mod sentence;
mod support;
#[cfg(test)]
mod tests;
mod visit;
mod words;

use std::collections::HashSet;

use jiff::civil::DateTime;

use self::confidence::Judged;
use self::facts::Fact;
use self::sentence::Sentence;
use self::support::{Known, Support};
use self::visit::Thread;

pub use self::form::{LENGTH_MAX, has_markup};
pub use self::visit::Open;

/// Everything that a letter may quote from, and what it must not.
#[derive(Clone, Debug)]
pub struct Sources<'a> {
    /// Passages of what the property published, those that were found for the question.
    pub knowledge: &'a [&'a str],
    /// How like the question the best passage is, -1 to 1.
    pub likeness: f64,
    /// What else the property makes public: its name, address, mailbox.
    pub published: Vec<&'a str>,
    /// What we wrote in the thread.
    pub office: Vec<&'a str>,
    /// What the prospect wrote in the thread, subject included.
    pub prospect: Vec<&'a str>,
    /// The visits that can be had, and the property's date.
    pub open: Open<'a>,
    /// The secret word of the prompt.
    pub boundary: &'a str,
    /// What the model was told to do, before the facts are filled in.
    pub instructions: &'a str,
}

/// What the checks say.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Why the text must not be sent as it is: stable codes, each once, in the order found.
    pub objections: Vec<&'static str>,
    /// 0 to 1, two decimals; 0 with any objection.
    pub confidence: f64,
    /// When the first visit that it offers begins, on the property's clock: from then on it is stale.
    pub offer_ends: Option<DateTime>,
}

/// Checks a body. `quotes`: what the model says that it relied on.
pub fn check(body: &str, quotes: &[String], sources: &Sources<'_>) -> Verdict {
    let mut objections = form::objections(body, sources.boundary, sources.instructions);
    let language = form::language(body, &sources.prospect);
    if language == form::Language::Another {
        objections.push("wrong_language");
    }
    let known = Known::of(sources, language == form::Language::English);
    let mut letter = Vec::new();
    let mut thread = Thread::default();
    for sentence in sentence::split(body) {
        let facts = judge(
            &sentence,
            &known,
            &mut thread,
            sources.open,
            &mut objections,
        );
        letter.push(Judged { sentence, facts });
    }
    if sources.knowledge.is_empty() && confidence::states_anything(&letter) {
        objections.push("no_knowledge");
    }
    let mut seen = HashSet::new();
    objections.retain(|code| seen.insert(*code));
    let confidence = if objections.is_empty() {
        confidence::confidence(&letter, sources, &known, quotes)
    } else {
        0.0
    };
    Verdict {
        objections,
        confidence,
        offer_ends: thread.offer_ends,
    }
}

/// Objects to the facts of a sentence that nobody vouches for; answers who vouches for the weakest of the rest.
fn judge(
    sentence: &Sentence<'_>,
    known: &Known<'_>,
    thread: &mut Thread,
    open: Open<'_>,
    objections: &mut Vec<&'static str>,
) -> Option<Support> {
    if promise::claims_a_booking(sentence) {
        objections.push("promised_appointment");
    }
    let is_visit = thread.follow(sentence);
    if is_visit {
        let is_fine = visit::are_stated_hours(sentence, &known.knowledge)
            || visit::takes_up(sentence, &known.prospect)
            || visit::is_open(sentence, thread, open);
        if !is_fine {
            objections.push("unoffered_time");
        }
    }
    let mut weakest = None;
    for found in &sentence.facts {
        if is_visit && found.fact.is_when() {
            continue;
        }
        match known.support(&found.fact, sentence) {
            Some(support) => {
                weakest = Some(weakest.map_or(support, |weaker: Support| weaker.min(support)))
            }
            None => objections.push(objection(&found.fact)),
        }
    }
    weakest
}

fn objection(fact: &Fact) -> &'static str {
    match fact {
        Fact::Money(_) | Fact::Percent(_) => "unknown_price",
        Fact::Day(_) | Fact::Month(_) => "unknown_date",
        Fact::Time(_) => "unknown_time",
        Fact::Phone(_) => "unknown_phone",
        Fact::Link(_) => "unknown_link",
        Fact::Address(_) => "unknown_address",
        Fact::Number(_) | Fact::Sign(_) => "unknown_number",
    }
}
