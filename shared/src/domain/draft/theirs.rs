//! What only the prospect said: it may be given back as theirs, in a fixed form, and never with a yes.

use super::sentence::{Sentence, plain, says};

/// What agrees to something.
const AGREES: [&str; 33] = [
    "yes",
    "correct",
    "that's right",
    "is right",
    "confirm",
    "confirmed",
    "indeed",
    "agree",
    "agreed",
    "honor",
    "match",
    "matches",
    "accept",
    "deal",
    "perfect",
    "sure",
    "of course",
    "absolutely",
    "certainly",
    "exactly",
    "no problem",
    "not a problem",
    "can do",
    "do that",
    "do it",
    "fine",
    "ok",
    "okay",
    "works",
    "sounds good",
    "possible",
    "available",
    "ready",
];

/// Whether a sentence agrees to something.
pub fn agrees(sentence: &Sentence<'_>) -> bool {
    // "Make sure" and "not sure" agree to nothing.
    let plain = ["make sure", "not sure"]
        .iter()
        .fold(sentence.plain.clone(), |plain, other| {
            plain.replace(other, "")
        });
    AGREES.iter().any(|phrase| says(&plain, phrase))
}

/// Whether a sentence does nothing but agree: "No problem!" behind what was given back says yes to it.
pub fn only_agrees(sentence: &Sentence<'_>) -> bool {
    const AROUND: [&str; 22] = [
        "we", "we'll", "i", "that", "that's", "this", "it", "it's", "is", "and", "for", "us",
        "can", "will", "would", "be", "with", "you", "happy", "to", "at", "all",
    ];
    let mut rest = sentence.plain.clone();
    for phrase in AGREES {
        if says(&rest, phrase) {
            rest = rest.replace(phrase, " ");
        }
    }
    let mut words = rest.split(|c: char| !c.is_alphanumeric() && c != '\'');
    agrees(sentence) && words.all(|word| word.is_empty() || AROUND.contains(&word))
}

/// Whether a clause takes up the prospect's words: a day, a time or a month of theirs may stand in it.
pub fn takes_up(clause: &Sentence<'_>) -> bool {
    const THEIRS: [&str; 25] = [
        "your interest",
        "reaching out about",
        "asking about",
        "your budget",
        "your move",
        "your question",
        "your message",
        "your request",
        "you mentioned",
        "you said",
        "you asked",
        "you wrote",
        "you told",
        "you noted",
        "you're looking",
        "you are looking",
        "you're moving",
        "you are moving",
        "you're hoping",
        "you plan",
        "you'd like",
        "you would like",
        "you need",
        "you want",
        "you prefer",
    ];
    clause.says(&THEIRS) || hands_on(clause)
}

/// Whether a clause leaves the matter to people, or says that the answer is not known.
pub fn hands_on(clause: &Sentence<'_>) -> bool {
    const WHO: [&str; 10] = [
        "i", "i'll", "i've", "i'm", "we", "we'll", "we've", "let me", "will", "can",
    ];
    const PASS: [&str; 21] = [
        "pass",
        "passed",
        "passing",
        "share",
        "shared",
        "sharing",
        "forward",
        "forwarded",
        "check with",
        "checking with",
        "ask",
        "asked",
        "let the",
        "tell",
        "answer",
        "explain",
        "confirm whether",
        "confirm if",
        "follow up",
        "get back to you",
        "in touch",
    ];
    const TEAM: [&str; 5] = ["team", "office", "colleague", "colleagues", "manager"];
    const OPEN: [&str; 12] = [
        "noted your",
        "noted that you",
        "whether",
        "follow up about",
        "follow up on",
        "back to you about",
        "back to you on",
        "not sure",
        "don't know",
        "do not know",
        "question about",
        "questions about",
    ];
    const LACKS: [&str; 4] = ["don't have", "do not have", "have no", "lack"];
    const DETAILS: [&str; 4] = ["details", "information", "info", "answer"];
    // It asks the prospect, and so offers: "let us know whether Friday works".
    let asks_back = clause.says(&["let me know", "let us know", "please"]);
    let passes = clause.says(&WHO) && clause.says(&PASS) && clause.says(&TEAM);
    let lacks = clause.says(&LACKS) && clause.says(&DETAILS);
    !asks_back && (passes || lacks || clause.says(&OPEN))
}

/// Whether a clause begins with what the prospect wants; "the tour you requested is on Friday" does not.
pub fn asks(clause: &Sentence<'_>) -> bool {
    const ASKS: [&str; 8] = [
        "you asked",
        "you mentioned",
        "you requested",
        "you suggested",
        "you proposed",
        "you wrote",
        "i see that you",
        "i understand that you",
    ];
    ASKS.iter().any(|asks| clause.plain.starts_with(asks))
}

/// Whether the sum or number at that place of a sentence is given back: "your budget of" or "you mentioned"
/// stands directly before it, and nothing else in the sentence asserts anything, unless a sum of ours
/// stands there, too (`names_ours`).
pub fn gives_back(sentence: &Sentence<'_>, at: &std::ops::Range<usize>, names_ours: bool) -> bool {
    const FORMS: [&str; 9] = [
        "budget of",
        "budget is",
        "budget at",
        "you mentioned",
        "you mentioned the",
        "you wrote of",
        "you said",
        "you asked about",
        "you asked about the",
    ];
    const BETWEEN: [&str; 12] = [
        " about",
        " around",
        " roughly",
        " up to",
        " the code",
        " code",
        " unit",
        " apartment",
        " apt",
        " home",
        " number",
        " #",
    ];
    // They look like assertions, and are none.
    const HARMLESS: [&str; 10] = [
        "we've noted",
        "we have noted",
        "i see that",
        "we understand that",
        "letting us know",
        "let us know",
        "will pass it on",
        "will pass this on",
        "the leasing team will follow up",
        "our team will follow up",
    ];
    const ASSERTS: [&str; 31] = [
        "we", "we're", "us", "our", "it", "it's", "that", "this", "is", "are", "was", "be", "have",
        "has", "can", "could", "will", "would", "fit", "fits", "within", "offer", "get", "gets",
        "rent", "rents", "price", "fee", "deposit", "cost", "costs",
    ];
    let part = |range| plain(sentence.text.get(range).unwrap_or_default());
    let (before, after) = (part(0..at.start), part(at.end..sentence.text.len()));
    let bare = BETWEEN
        .iter()
        .find_map(|word| before.strip_suffix(word))
        .unwrap_or(&before);
    let Some(lead) = FORMS.iter().find_map(|form| bare.strip_suffix(form)) else {
        return false;
    };
    let mut rest = format!("{lead} , {after}");
    for phrase in HARMLESS {
        rest = rest.replace(phrase, " ");
    }
    let asserts = ASSERTS.iter().any(|word| says(&rest, word));
    !agrees(sentence) && (names_ours || !asserts)
}
