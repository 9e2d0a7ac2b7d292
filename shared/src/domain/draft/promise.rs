//! Does a sentence say that a visit is arranged? Nothing that writes letters can arrange one.
//!
//! The unit is the clause. Whatever is *done* in a clause about the reader, a visit or a time is a claim,
//! unless a condition, a "not" or a "can be" governs it, with nothing but small words between.

use super::sentence::{Sentence, says};

/// A claim by itself.
const ARRANGED: [&str; 20] = [
    "you are set",
    "see you then",
    "you are all set",
    "you down",
    "you have an appointment",
    "consider it booked",
    "consider it done",
    "booking is confirmed",
    "booking confirmed",
    "it is booked",
    "it is scheduled",
    "it is confirmed",
    "it is settled",
    "it is all set",
    "it is a date",
    "good to go",
    "is all set",
    "is now set",
    "is set for",
    "marked you",
];
/// A claim where a day or a time stands in the clause.
const MEETING: [&str; 20] = [
    "see you",
    "seeing you",
    "expect you",
    "expecting you",
    "meet you",
    "meeting you",
    "showing you",
    "forward to your",
    "i can confirm",
    "we can confirm",
    "i confirm",
    "we confirm",
    "happy to confirm",
    "pleased to confirm",
    "confirming your",
    "hold that time",
    "hold the time",
    "saved you",
    "added you",
    "signed you up",
];
/// What was done, in a clause about the reader, a visit or a time.
const DONE: [&str; 15] = [
    "booked",
    "scheduled",
    "reserved",
    "arranged",
    "confirmed",
    "secured",
    "slotted",
    "penciled",
    "pencilled",
    "locked in",
    "set up",
    "on the calendar",
    "on our calendar",
    "on my calendar",
    "on the schedule",
];
const ABOUT: [&str; 8] = [
    "you",
    "your",
    "tour",
    "visit",
    "appointment",
    "showing",
    "viewing",
    "walkthrough",
];
const WE: [&str; 2] = ["i", "we"];
const WILL: [&str; 4] = ["i will", "we will", "i am going to", "we are going to"];
const DO: [&str; 5] = ["book", "schedule", "reserve", "arrange", "confirm"];
/// What is said of visits in general.
const GENERAL: [&str; 2] = ["by appointment", "fully booked"];
const WISHES: [&str; 3] = ["would love to", "would like to", "happy to meet"];

/// Whether it says so: "you are booked", "I've gone ahead and scheduled your tour", "Saturday at 10 it is!".
pub fn claims_a_booking(sentence: &Sentence<'_>) -> bool {
    if is_question(sentence) {
        return false;
    }
    let wishes = sentence.clauses().iter().any(|clause| {
        let plain = expanded(&clause.plain);
        WISHES.iter().any(|wish| says(&plain, wish))
    });
    let whole = expanded(&sentence.plain);
    let about_you = sentence.has_when() || ABOUT.iter().any(|word| says(&whole, word));
    let is_claim = |clause: &Sentence<'_>| Clause::of(clause).is_claim(wishes, about_you);
    sentence.clauses().iter().any(is_claim)
}

/// A sentence that asks. "You're booked, OK?" does not.
fn is_question(sentence: &Sentence<'_>) -> bool {
    const ASKS: [&str; 18] = [
        "would", "could", "can", "shall", "should", "may", "do", "does", "did", "have", "has",
        "is", "are", "will", "when", "what", "which", "how",
    ];
    let first = sentence.plain.split(' ').next().unwrap_or_default();
    sentence.text.ends_with('?') && ASKS.contains(&first.trim_end_matches(','))
}

struct Clause {
    plain: String,
    has_when: bool,
}

impl Clause {
    fn of(clause: &Sentence<'_>) -> Self {
        let plain = expanded(&clause.plain);
        Self {
            plain: GENERAL
                .iter()
                .fold(plain, |plain, phrase| plain.replace(phrase, "")),
            has_when: clause.has_when(),
        }
    }

    fn is_claim(&self, wishes: bool, about_you: bool) -> bool {
        let says_one_of = |words: &[&str]| words.iter().any(|word| says(&self.plain, word));
        let any = |phrases: &[&str]| phrases.iter().any(|phrase| self.states(phrase));
        let will_do = || {
            WILL.iter()
                .any(|will| DO.iter().any(|act| self.states(&format!("{will} {act}"))))
        };
        let is_about = self.has_when || says_one_of(&ABOUT) || (about_you && says_one_of(&WE));
        let said = self.plain.trim_end_matches(|c: char| !c.is_alphanumeric());
        any(&ARRANGED)
            || (self.has_when && !wishes && any(&MEETING))
            || (self.has_when && will_do())
            || (self.has_when && said.ends_with(" it is"))
            || (is_about && DONE.iter().any(|done| self.is_done(done)))
    }

    /// Whether a phrase stands in it as a fact.
    fn states(&self, phrase: &str) -> bool {
        self.stands(phrase, |before| !self.is_open(before))
    }

    /// Whether something was done, and not only "can be".
    fn is_done(&self, phrase: &str) -> bool {
        self.stands(phrase, |before| !self.is_open(before) && !is_modal(before))
    }

    fn stands(&self, phrase: &str, behind: impl Fn(&str) -> bool) -> bool {
        let is_word = says(&self.plain, phrase);
        let mut places = self.plain.match_indices(phrase);
        is_word && places.any(|(at, _)| behind(&self.plain[..at]))
    }

    /// Whether what follows is open yet: "once your tour is …", "nothing is … yet", "can be …". "After
    /// checking I have …" is not: what it waits for is over.
    fn is_open(&self, before: &str) -> bool {
        const CONDITIONS: [&str; 11] = [
            "once", "until", "unless", "if", "when", "not", "nothing", "cannot", "before", "after",
            "whether",
        ];
        // Without a time they promise the team's work; with one, a visit.
        const FUTURE: [&str; 6] = ["will", "to", "let", "like", "want", "would"];
        const LINKS: [&str; 41] = [
            "i",
            "we",
            "you",
            "your",
            "it",
            "that",
            "this",
            "the",
            "a",
            "an",
            "tour",
            "visit",
            "appointment",
            "showing",
            "viewing",
            "is",
            "are",
            "am",
            "be",
            "been",
            "has",
            "have",
            "had",
            "get",
            "gets",
            "got",
            "all",
            "already",
            "yet",
            "just",
            "them",
            "me",
            "any",
            "anything",
            "time",
            "us",
            "fully",
            "our",
            "their",
            "he",
            "she",
        ];
        let words = words(before);
        let governs = words.iter().rev().find(|word| !LINKS.contains(word));
        governs.is_some_and(|word| {
            CONDITIONS.contains(word) || (!self.has_when && FUTURE.contains(word))
        })
    }
}

/// "can be", "to".
fn is_modal(before: &str) -> bool {
    const MODALS: [&str; 8] = [
        "can", "could", "may", "might", "must", "should", "would", "to",
    ];
    match words(before).as_slice() {
        [.., modal, "be"] | [.., modal] => MODALS.contains(modal),
        [] => false,
    }
}

fn words(text: &str) -> Vec<&str> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| !word.is_empty()).collect()
}

/// Without contractions.
fn expanded(plain: &str) -> String {
    const SHORT: [(&str, &str); 9] = [
        ("can't", "cannot"),
        ("n't", " not"),
        ("i'm", "i am"),
        ("it's", "it is"),
        ("that's", "that is"),
        ("'re", " are"),
        ("'ve", " have"),
        ("'ll", " will"),
        ("'d", " would"),
    ];
    let long = |text: String, (short, long): &(&str, &str)| text.replace(short, long);
    SHORT.iter().fold(plain.to_owned(), long)
}
