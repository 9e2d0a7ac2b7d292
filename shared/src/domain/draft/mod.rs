//! What a model wrote, before anybody trusts it.
//!
//! A draft is text and nothing else: who gets it, under which subject and whether it is sent is decided
//! by code. It may be sent only if no check objects; confidence says how well it is supported. Facts are
//! read in English, and no other language is let through.

mod concession;
mod confidence;
mod facts;
mod form;
mod language;
mod numbers;
mod promise;
mod sentence;
mod support;
#[cfg(test)]
mod tests;
mod theirs;
mod visit;
mod words;

use std::collections::HashSet;

use jiff::civil::DateTime;

use self::confidence::Judged;
use self::facts::Fact;
use self::sentence::Sentence;
use self::support::{Known, Stated, Support};
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
    let known = Known::of(sources);
    let mut reader = Reader::of(&known, sources.open);
    let mut letter = Vec::new();
    for sentence in sentence::split(body) {
        let facts = reader.read(&sentence, &mut objections);
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
        offer_ends: reader.thread.offer_ends,
    }
}

/// Whether a body that was found good still offers only visits that can be had. Doubtful where it mixes them with
/// other times.
pub fn still_offers(body: &str, open: Open<'_>) -> bool {
    let mut thread = Thread::default();
    let holds = |sentence: &Sentence<'_>| {
        !thread.follow(sentence)
            || sentence
                .clauses()
                .iter()
                .filter(|clause| clause.has_when() && !visit::declines(clause))
                .all(|clause| visit::is_open(clause, &mut thread, open))
    };
    sentence::split(body).iter().all(holds)
}

/// Reads a letter sentence by sentence.
struct Reader<'a> {
    known: &'a Known<'a>,
    words: HashSet<String>,
    open: Open<'a>,
    thread: Thread,
    /// Whether the sentence before took up what the prospect wrote.
    took_up: bool,
}

impl<'a> Reader<'a> {
    fn of(known: &'a Known<'a>, open: Open<'a>) -> Self {
        Self {
            words: known.words(),
            known,
            open,
            thread: Thread::default(),
            took_up: false,
        }
    }

    /// Objects to what nobody vouches for; answers who vouches for the weakest of the facts.
    fn read(
        &mut self,
        sentence: &Sentence<'_>,
        objections: &mut Vec<&'static str>,
    ) -> Option<Support> {
        if language::is_foreign(sentence, &self.words) {
            objections.push("not_english");
        }
        if promise::claims_a_booking(sentence) {
            objections.push("promised_appointment");
        }
        if self.took_up && theirs::only_agrees(sentence) {
            objections.push("bare_yes");
        }
        let is_visit = self.thread.follow(sentence);
        let clauses = sentence.clauses();
        self.took_up = clauses.iter().any(theirs::takes_up);
        let ours = self.known.ours();
        for clause in &clauses {
            if concession::is_invented(clause, sentence, &ours) {
                objections.push("unknown_concession");
            }
            if is_visit && !self.is_visit_fine(clause, sentence) {
                objections.push("unoffered_time");
            }
        }
        // A fact lies in one clause, and both are in order.
        let places = clauses
            .iter()
            .flat_map(|clause| clause.facts.iter().map(move |_| clause));
        let mut weakest = None;
        for (found, clause) in sentence.facts.iter().zip(places) {
            if is_visit && found.fact.is_when() {
                continue;
            }
            let stated = Stated {
                found,
                sentence,
                clause,
            };
            match self.known.support(stated) {
                Some(support) => {
                    weakest = Some(weakest.map_or(support, |weaker: Support| weaker.min(support)));
                }
                None => objections.push(objection(&found.fact)),
            }
        }
        weakest
    }

    /// Whether the days and times of a clause about a visit are stated hours, are not given, or can be had.
    fn is_visit_fine(&mut self, clause: &Sentence<'_>, whole: &Sentence<'_>) -> bool {
        let (known, open) = (self.known, self.open);
        !clause.has_when()
            || visit::are_stated(clause, whole, &known.knowledge, open.today)
            || visit::takes_up(clause, whole, &known.prospect)
            || visit::is_open(clause, &mut self.thread, open)
    }
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
