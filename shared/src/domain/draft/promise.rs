//! Does a sentence say that a visit is arranged? Nothing that writes letters can arrange one.

use super::sentence::{Sentence, says};

/// Always a claim.
const ARRANGED: [&str; 13] = [
    "you are booked",
    "you are scheduled",
    "you are confirmed",
    "you are all set",
    "you are set for",
    "have you down",
    "has you down",
    "put you down",
    "you have an appointment",
    "consider it booked",
    "booking is confirmed",
    "booking confirmed",
    "tour confirmed",
];
/// A claim where a day or a time stands in the sentence.
const MEETING: [&str; 14] = [
    "see you",
    "seeing you",
    "expect you",
    "expecting you",
    "meet you",
    "i can confirm",
    "we can confirm",
    "i confirm",
    "happy to confirm",
    "pleased to confirm",
    "confirming your",
    "hold that time",
    "hold the time",
    "saved you",
];
const WHO: [&str; 8] = [
    "i have",
    "we have",
    "i have just",
    "we have just",
    "i have already",
    "we have already",
    "i",
    "we",
];
const WILL: [&str; 4] = ["i will", "we will", "i am going to", "we are going to"];
const DONE: [&str; 6] = [
    "booked",
    "scheduled",
    "reserved",
    "arranged",
    "confirmed",
    "set up",
];
const DO: [&str; 5] = ["book", "schedule", "reserve", "arrange", "confirm"];
const VISITS: [&str; 6] = [
    "tour",
    "visit",
    "appointment",
    "showing",
    "viewing",
    "walkthrough",
];
const IS: [&str; 5] = ["is", "is now", "is all", "is already", "has been"];

/// Whether it says so: "you are booked", "I've scheduled your tour", "see you Saturday".
pub fn claims_a_booking(sentence: &Sentence<'_>) -> bool {
    let whole = expanded(&sentence.plain);
    let has_when = sentence.facts.iter().any(|found| found.fact.is_when());
    let clauses = whole.split([',', ';', ':', '\u{2013}', '\u{2014}']);
    clauses
        .into_iter()
        .any(|clause| is_claim(clause, &whole, has_when))
}

fn is_claim(clause: &str, whole: &str, has_when: bool) -> bool {
    let any = |phrases: &[&str]| phrases.iter().any(|phrase| states(clause, phrase));
    let pairs = |firsts: &[&str], seconds: &[&str]| {
        firsts.iter().any(|first| {
            let with = |second: &&str| states(clause, &format!("{first} {second}"));
            seconds.iter().any(with)
        })
    };
    let wishes = whole.ends_with('?')
        || ["would love to", "would like to", "happy to meet"]
            .iter()
            .any(|wish| says(whole, wish));
    let about_you = has_when
        || VISITS
            .iter()
            .chain(&["you", "your"])
            .any(|word| says(whole, word));
    let visit_is = || {
        let subject = VISITS.iter().filter_map(|visit| clause.find(visit)).min();
        subject.is_some_and(|at| {
            IS.iter().any(|is| {
                let done = |done: &&str| states(&clause[at..], &format!("{is} {done}"));
                DONE.iter().any(done) || done(&"set")
            })
        }) && !is_conditional(clause)
    };
    any(&ARRANGED)
        || (has_when && !wishes && any(&MEETING))
        || (about_you && pairs(&WHO, &DONE))
        || (has_when && pairs(&WILL, &DO))
        || visit_is()
}

/// Whether a phrase stands in a clause, under no condition: "once you are booked" states nothing.
fn states(clause: &str, phrase: &str) -> bool {
    says(clause, phrase) && !is_conditional(clause.split(phrase).next().unwrap_or_default())
}

fn is_conditional(text: &str) -> bool {
    const CONDITIONS: [&str; 9] = [
        "once", "until", "unless", "if", "when", "not", "cannot", "before", "after",
    ];
    CONDITIONS.iter().any(|word| says(text, word))
}

/// Without contractions.
fn expanded(plain: &str) -> String {
    const SHORT: [(&str, &str); 7] = [
        ("can't", "cannot"),
        ("n't", " not"),
        ("i'm", "i am"),
        ("'re", " are"),
        ("'ve", " have"),
        ("'ll", " will"),
        ("'d", " would"),
    ];
    let long = |text: String, (short, long): &(&str, &str)| text.replace(short, long);
    SHORT.iter().fold(plain.to_owned(), long)
}
