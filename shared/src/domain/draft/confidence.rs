//! How well a letter is supported, from what the checks found.

use std::collections::HashSet;

use super::Sources;
use super::sentence::{Sentence, plain};
use super::support::{Known, Support};
use super::theirs;
use super::visit;
use super::words::stems;

/// What is never reached: the checks cannot see everything.
const BEST: f64 = 0.95;
/// Where the property knows nothing of the question and the letter states nothing.
const WITHOUT_KNOWLEDGE: f64 = 0.5;
/// What a statement is worth that only the thread vouches for.
const SAID: f64 = 0.8;
/// The weight of unsupported statements; the rest is left even if all are.
const STATEMENTS: f64 = 0.6;
/// Likeness of the best passage from which it counts as an answer, and what is lost at none.
const ALIKE: f64 = 0.25;
const UNLIKE: f64 = 0.2;

/// A sentence, and who vouches for the weakest of its facts (`None`: it has none).
pub struct Judged<'a> {
    pub sentence: Sentence<'a>,
    pub facts: Option<Support>,
}

/// From 0 to 1, two decimals, for a letter without objections:
///
/// `0.95 × quotes × statements × likeness`, where *quotes* is 1, 0.95, 0.84, 0.63 for none, one, two, more
/// quotations that are not in the knowledge; *statements* is 0.4 + 0.6 × the share of the letter's statements
/// that are vouched for, one by the thread alone counting 0.8; *likeness* is 1 where the best passage is like the
/// question (0.25 and more), down to 0.8. Greetings, questions, offers of visits and "the team will follow up"
/// state nothing. A letter that states nothing loses nothing by likeness, and has 0.5 where nothing is known.
pub fn confidence(
    letter: &[Judged<'_>],
    sources: &Sources<'_>,
    known: &Known<'_>,
    quotes: &[String],
) -> f64 {
    if sources.knowledge.is_empty() {
        return WITHOUT_KNOWLEDGE;
    }
    let words = Words::of(known);
    let worth: Vec<f64> = letter
        .iter()
        .filter_map(|judged| words.worth(judged))
        .collect();
    let (statements, likeness) = if worth.is_empty() {
        (1.0, 1.0)
    } else {
        #[expect(clippy::cast_precision_loss, reason = "a letter has few sentences")]
        let share = worth.iter().sum::<f64>() / worth.len() as f64;
        let alike = (sources.likeness / ALIKE).clamp(0.0, 1.0);
        (
            1.0 - STATEMENTS * (1.0 - share),
            1.0 - UNLIKE * (1.0 - alike),
        )
    };
    rounded(BEST * quoted(quotes, sources.knowledge) * statements * likeness)
}

/// Whether the letter states anything at all.
pub fn states_anything(letter: &[Judged<'_>]) -> bool {
    letter
        .iter()
        .any(|judged| !statement(&judged.sentence).is_empty())
}

fn quoted(quotes: &[String], knowledge: &[&str]) -> f64 {
    let knowledge = plain(&knowledge.join(" "));
    let invented = quotes
        .iter()
        .filter(|quote| !knowledge.contains(&plain(quote)));
    match invented.count() {
        0 => 1.0,
        1 => 0.95,
        2 => 0.84,
        _ => 0.63,
    }
}

fn rounded(confidence: f64) -> f64 {
    (confidence * 100.0).round() / 100.0
}

/// The words that the sources use.
struct Words {
    known: HashSet<String>,
    said: HashSet<String>,
}

impl Words {
    fn of(known: &Known<'_>) -> Self {
        let all = |sentences: &[Sentence<'_>]| -> HashSet<String> {
            sentences
                .iter()
                .flat_map(|said| stems(&said.plain))
                .collect()
        };
        let thread = all(&known.office).into_iter().chain(all(&known.prospect));
        Self {
            known: all(&known.knowledge),
            said: thread.collect(),
        }
    }

    /// What a sentence is worth; `None` where it states nothing. Half of its words must be those of a source,
    /// and each of its facts vouched for.
    fn worth(&self, judged: &Judged<'_>) -> Option<f64> {
        let words = statement(&judged.sentence);
        if words.is_empty() {
            return None;
        }
        let share = |knows: &dyn Fn(&String) -> bool| {
            words.iter().filter(|word| knows(word)).count() * 2 >= words.len()
        };
        let by_words = if share(&|word| self.known.contains(word)) {
            1.0
        } else if share(&|word| self.known.contains(word) || self.said.contains(word)) {
            SAID
        } else {
            0.0
        };
        let by_facts = match judged.facts {
            Some(Support::Said) => SAID,
            Some(Support::Known) | None => 1.0,
        };
        Some(by_facts.min(by_words))
    }
}

/// The words of a sentence that state something; none in a greeting, a question, an offer or a hedge.
fn statement(sentence: &Sentence<'_>) -> Vec<String> {
    let clauses = sentence.clauses();
    let stating = clauses.iter().filter(|clause| !is_hedge(clause));
    let words: Vec<String> = stating
        .flat_map(|clause| stems(&clause.without_facts()))
        .collect();
    // Room for the words of the offer itself.
    let is_offer = sentence.text.ends_with('?') || visit::speaks_of_a_visit(sentence);
    if is_offer && words.len() <= 4 {
        Vec::new()
    } else {
        words
    }
}

/// Whether a clause is courtesy, or leaves the matter open.
fn is_hedge(clause: &Sentence<'_>) -> bool {
    const HEDGES: [&str; 32] = [
        "regarding",
        "i understand",
        "follow up",
        "following up",
        "get back to you",
        "be in touch",
        "reach out",
        "let you know",
        "team will",
        "thank you",
        "thanks",
        "look forward",
        "looking forward",
        "happy to help",
        "glad to help",
        "don't have",
        "do not have",
        "not sure",
        "don't know",
        "do not know",
        "no information",
        "feel free",
        "pass your",
        "passed your",
        "regards",
        "sincerely",
        "best wishes",
        "cheers",
        "hello",
        "hola",
        "hi",
        "dear",
    ];
    clause.says(&HEDGES)
        || theirs::hands_on(clause)
        || theirs::asks(clause)
        || visit::declines(clause)
}
