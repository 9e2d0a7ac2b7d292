//! What only the prospect said: it may be given back as theirs, in a fixed form, and never with a yes.

use super::facts;
use super::sentence::{Sentence, plain, says, says_at};

/// What agrees to something.
const AGREES: [&str; 36] = [
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
    "instead of",
    "down from",
    "rather than",
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
    const OPEN: [&str; 11] = [
        "noted your",
        "noted that you",
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
    let lacks = clause.says(&LACKS) && clause.says(&DETAILS);
    let leaves = passes(&clause.plain) || team_answers(&clause.plain) || wonders(&clause.plain);
    !asks_back && (leaves || lacks || clause.says(&OPEN))
}

const TEAM: [&str; 5] = ["team", "office", "colleague", "colleagues", "manager"];

/// "I'll share this with our team", "I'll ask the office": somebody, what is done with it, and to whom.
fn passes(plain: &str) -> bool {
    const WHO: [&str; 10] = [
        "i", "i'll", "i've", "i'm", "we", "we'll", "we've", "let me", "will", "can",
    ];
    // What is passed stands behind these, and those it is passed to behind "to" or "with".
    const PASS: [&str; 8] = [
        "pass",
        "passed",
        "passing",
        "share",
        "shared",
        "sharing",
        "forward",
        "forwarded",
    ];
    const ASK: [&str; 10] = [
        "check with",
        "checked with",
        "checking with",
        "ask",
        "asked",
        "asking",
        "let",
        "tell",
        "follow up with",
        "in touch with",
    ];
    let is_done = |before: &str| {
        let before = without_being(before);
        WHO.iter().any(|who| says(before, who)) && !states(before)
    };
    let passed = PASS.iter().flat_map(|word| around(plain, word));
    let is_passed = passed.into_iter().any(|(before, after)| {
        let mut teams = TEAM.iter().flat_map(|team| around(after, team));
        is_done(before) && teams.any(|(what, rest)| is_handed(what) && !gives(rest))
    });
    let asked = ASK.iter().flat_map(|word| around(plain, word));
    let is_asked = asked.into_iter().any(|(before, after)| {
        let mut teams = TEAM.iter().flat_map(|team| around(after, team));
        is_done(before) && teams.any(|(who, rest)| are_all(who, &OUR) && !gives(rest))
    });
    is_passed || is_asked
}

/// What stands between a person of ours and what is done with them.
const OUR: [&str; 9] = [
    "the", "our", "my", "a", "leasing", "property", "on-site", "front", "rental",
];

/// Whether only the matter itself stands before "to our leasing": not "that our", as in "I'm happy to share
/// that our office has waived the fee".
fn is_handed(between: &str) -> bool {
    const SMALL: [&str; 16] = [
        "this", "that", "it", "on", "along", "over", "your", "the", "all", "of", "these", "them",
        "directly", "right", "both", "note",
    ];
    const MATTERS: [&str; 12] = [
        "your request",
        "your question",
        "your questions",
        "your message",
        "your note",
        "your inquiry",
        "your interest",
        "your preference",
        "your wish",
        "your budget",
        "your details",
        "your move",
    ];
    let Some((what, who)) = [" to ", " with "]
        .iter()
        .filter_map(|joint| between.rsplit_once(joint))
        .min_by_key(|(_, who)| who.len())
    else {
        return false;
    };
    let names_it = MATTERS.iter().any(|matter| {
        let what = what.trim_start_matches(" on").trim_start_matches(" along");
        what.trim_start().starts_with(matter)
    });
    let wished = ["to come", "to stop", "to drop"]
        .iter()
        .fold(what.to_owned(), |what, wish| what.replace(wish, ""));
    are_all(who, &OUR) && (are_all(what, &SMALL) || names_it && !states(&wished))
}

/// "Our team will be in touch about that."
fn team_answers(plain: &str) -> bool {
    const ANSWERS: [&str; 4] = ["follow up", "get back to you", "in touch", "reach out"];
    const WILL: [&str; 10] = [
        "will", "can", "be", "get", "then", "also", "soon", "shortly", "happily", "gladly",
    ];
    TEAM.iter().any(|team| {
        let mut all = around(plain, team).into_iter();
        all.any(|(before, after)| {
            let mut answers = ANSWERS.iter().flat_map(|answer| around(after, answer));
            !states(before) && answers.any(|(will, rest)| are_all(will, &WILL) && !gives(rest))
        })
    })
}

/// "I'll check whether"; not "whether you apply online or in person", nor anything said before.
fn wonders(plain: &str) -> bool {
    const WONDERS: [&str; 17] = [
        "check whether",
        "checking whether",
        "ask whether",
        "asked whether",
        "asking whether",
        "confirm whether",
        "know whether",
        "sure whether",
        "see whether",
        "about whether",
        "find out whether",
        "follow up on whether",
        "back to you on whether",
        "you on whether",
        "check if",
        "ask if",
        "confirm if",
    ];
    const ABOUT: [&str; 5] = ["for ", "about ", "regarding ", "as for ", "as to "];
    WONDERS.iter().any(|wonders| {
        let mut all = around(plain, wonders).into_iter();
        all.any(|(before, after)| {
            let is_about = ABOUT.iter().any(|about| before.starts_with(about));
            let is_looked_at = *wonders == "see whether" && says(after, "you");
            let before = without_being(before);
            let gives_facts = !is_about && !facts::read(before).is_empty();
            !states(before) && !gives_facts && !is_looked_at
        })
    })
}

/// Whether what stands behind people of ours says how it is: "know that your fee is waived". What the
/// prospect wishes and what is asked does not.
fn gives(rest: &str) -> bool {
    const ASKED: [&str; 21] = [
        "if",
        "whether",
        "you'd like",
        "you would like",
        "you want",
        "you wish",
        "you hope",
        "you're hoping",
        "you are hoping",
        "you are looking",
        "you're looking",
        "you are moving",
        "you're moving",
        "you are interested",
        "you're interested",
        "you are asking",
        "you prefer",
        "you need",
        "you asked",
        "you mentioned",
        "you requested",
    ];
    let asked = ASKED.iter().flat_map(|asked| around(rest, asked));
    let before = asked
        .map(|(before, _)| before)
        .min_by_key(|text| text.len());
    states(before.unwrap_or(rest))
}

/// Whether a part of a clause says how something is.
fn states(part: &str) -> bool {
    const STATES: [&str; 29] = [
        "is",
        "are",
        "was",
        "were",
        "it's",
        "that's",
        "waive",
        "waived",
        "waives",
        "work",
        "works",
        "worked",
        "rents",
        "get",
        "gets",
        "pay",
        "pays",
        "come",
        "stop by",
        "drop by",
        "drop in",
        "can visit",
        "can see",
        "can have",
        "can tour",
        "agreed",
        "approved",
        "has",
        "you'll",
    ];
    STATES.iter().any(|word| says(part, word))
}

/// "The team is", before "checking whether": no statement by itself.
fn without_being(before: &str) -> &str {
    let before = before.trim_end();
    let is = [" is", " are"].iter();
    let mut without = is.filter_map(|is| before.strip_suffix(is));
    without.next().unwrap_or(before)
}

/// What stands before and behind a phrase, wherever it stands.
fn around<'a>(text: &'a str, phrase: &str) -> Vec<(&'a str, &'a str)> {
    let all = text.match_indices(phrase);
    let whole = all.filter(|(at, _)| says_at(text, *at, phrase));
    whole
        .map(|(at, _)| (&text[..at], &text[at + phrase.len()..]))
        .collect()
}

fn are_all(text: &str, words: &[&str]) -> bool {
    text.split_whitespace().all(|word| words.contains(&word))
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
/// stands directly before it, and nothing else in the sentence asserts anything. Where a sum of ours stands
/// in the sentence, too (`names_ours`), nothing else in its clause does, and no other clause turns to it.
pub fn gives_back(
    sentence: &Sentence<'_>,
    clause: &Sentence<'_>,
    at: &std::ops::Range<usize>,
    names_ours: bool,
) -> bool {
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
    // A sum of ours is only held beside it.
    const COMPARES: [&str; 12] = [
        "is within",
        "are within",
        "would be within",
        "be within",
        "within",
        "would fit",
        "could fit",
        "will fit",
        "fits",
        "fit",
        "our",
        "would cover",
    ];
    const TURNS_TO: [&str; 14] = [
        "pay that",
        "pay this",
        "pay it",
        "charge that",
        "charge this",
        "charge you that",
        "offer that",
        "get that",
        "give you that",
        "that is",
        "that's",
        "that will",
        "this is",
        "this will",
    ];
    let part = |range| plain(sentence.text.get(range).unwrap_or_default());
    let (before, after) = (part(0..at.start), part(at.end..sentence.text.len()));
    let bare = BETWEEN
        .iter()
        .find_map(|word| before.strip_suffix(word))
        .unwrap_or(&before);
    let Some((form, lead)) = FORMS
        .iter()
        .find_map(|form| Some((form, bare.strip_suffix(form)?)))
    else {
        return false;
    };
    let without = |text: String, phrases: &[&str]| {
        phrases.iter().fold(text, |text, phrase| {
            let parts = around(&text, phrase);
            let first = parts.first();
            first.map_or_else(
                || text.clone(),
                |(before, after)| format!("{before} {after}"),
            )
        })
    };
    let turns_to_it = sentence.says(&TURNS_TO);
    let rest = if names_ours {
        without(without(clause.without_facts(), &[form]), &COMPARES)
    } else {
        format!("{lead} , {after}")
    };
    let rest = without(rest, &HARMLESS);
    let asserts = ASSERTS.iter().any(|word| says(&rest, word));
    !agrees(sentence) && !asserts && !turns_to_it
}
