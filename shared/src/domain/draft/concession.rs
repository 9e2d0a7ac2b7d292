//! Does a clause give something away: a free month, a fee waived, half off? Such promises name no sum, so
//! that no fact is read in them; they must stand in what the property knows.

use super::facts::Fact;
use super::sentence::{Sentence, says};
use super::theirs;
use super::words::stems;

/// Words that give away, by their kinds: one of a kind vouches for another.
const KINDS: [&[&str]; 5] = [
    &[
        "free",
        "complimentary",
        "gratis",
        "no charge",
        "no cost",
        "without charge",
        "without cost",
        "is on us",
        "are on us",
        "on the house",
        "nothing to pay",
        "don't pay",
        "won't pay",
        "doesn't cost",
    ],
    &[
        "waive",
        "waives",
        "waived",
        "waiving",
        "waiver",
        "no deposit",
        "no security deposit",
        "without a deposit",
        "zero",
        "not pay",
        "needn't pay",
        "isn't needed",
        "not needed",
        "isn't required",
        "not required",
        "no fee",
        "no fees",
        "no application fee",
        "no pet fee",
        "no pet rent",
        "no admin fee",
        "no rent",
    ],
    &[
        "half off",
        "half price",
        "half the",
        "half of",
        "half your",
        "half a month",
        "half month",
        "half rent",
        "halve",
        "halved",
        "is half",
        "be half",
        "are half",
    ],
    &[
        "discount",
        "discounts",
        "discounted",
        "month off",
        "months off",
        "week off",
        "weeks off",
        "off your",
        "off the rent",
        "off the first",
        "off the deposit",
        "off rent",
        "reduced",
        "lower your",
        "lowered",
        "knock off",
        "rebate",
        "credit towards",
        "credit toward",
        "rent credit",
    ],
    &[
        "current special",
        "in special",
        "lease special",
        "leasing special",
        "a special on",
        "a special for you",
        "have a special",
        "special is",
        "special offer",
        "special rate",
        "special price",
        "special deal",
        "specials",
        "concession",
        "concessions",
        "promotion",
        "promotions",
        "promo",
        "coupon",
        "gift card",
    ],
];
/// The places of discounts and of specials among them.
const DISCOUNT: usize = 3;
const SPECIAL: usize = 4;
/// The same words where they give nothing away.
const INNOCENT: [&str; 24] = [
    "feel free",
    "free to",
    "you free",
    "you're free",
    "you are free",
    "free time",
    "pet-free",
    "smoke-free",
    "smoke free",
    "toll-free",
    "toll free",
    "hands-free",
    "drug-free",
    "stress-free",
    "hassle-free",
    "worry-free",
    "noise-free",
    "carefree",
    "half past",
    "half bath",
    "half an hour",
    "half hour",
    "half a mile",
    "free weights",
];
/// What is free on a day, where the day is one that can be had.
const FREE_ON: [&str; 6] = [
    "free on",
    "free from",
    "free at",
    "free in",
    "free this",
    "free next",
];
const MONEY: [&str; 14] = [
    "rent",
    "month",
    "months",
    "week",
    "weeks",
    "deposit",
    "fee",
    "fees",
    "parking",
    "garage",
    "storage",
    "utilities",
    "internet",
    "application",
];

/// Whether a clause gives away what none of our sentences gives.
pub fn is_invented(clause: &Sentence<'_>, whole: &Sentence<'_>, ours: &[&Sentence<'_>]) -> bool {
    let kinds = kinds(clause);
    let is_asked = theirs::hands_on(clause) || theirs::asks(clause);
    let only_speaks_of_it = is_asked && !theirs::agrees(whole);
    !kinds.is_empty()
        && !only_speaks_of_it
        && !ours.iter().any(|said| vouches(said, clause, &kinds))
}

fn kinds(clause: &Sentence<'_>) -> Vec<usize> {
    let has_day = clause.facts.iter().any(|found| found.fact.is_of_calendar());
    let is_open_day = has_day && !clause.says(&MONEY);
    let without = |text: String, phrases: &[&str]| {
        phrases
            .iter()
            .fold(text, |text, phrase| text.replace(phrase, " "))
    };
    let mut text = without(clause.plain.clone(), &INNOCENT);
    if is_open_day {
        text = without(text, &FREE_ON);
    }
    let gives = |words: &[&str]| words.iter().any(|word| says(&text, word));
    let all = KINDS.iter().enumerate();
    let mut kinds: Vec<usize> = all
        .filter_map(|(kind, words)| gives(words).then_some(kind))
        .collect();
    if takes_off(clause) && !kinds.contains(&DISCOUNT) {
        kinds.push(DISCOUNT);
    }
    kinds
}

/// `$200 off`, `20% off`.
fn takes_off(clause: &Sentence<'_>) -> bool {
    let is_sum = |fact: &Fact| matches!(fact, Fact::Money(_) | Fact::Percent(_));
    let mut sums = clause.facts.iter().filter(|found| is_sum(&found.fact));
    sums.any(|found| {
        let behind = clause.between(found.range.end..clause.text.len());
        behind.split_whitespace().next() == Some("off")
    })
}

/// A clause of ours gives the same away, and half of the words are its own; the others stand in its sentence,
/// but not beside a price: of "garage parking is $60; surface parking is free" only the latter is.
fn vouches(said: &Sentence<'_>, clause: &Sentence<'_>, given: &[usize]) -> bool {
    let wanted = things(clause);
    let clauses = said.clauses();
    let has_price = |part: &Sentence<'_>| {
        let mut facts = part.facts.iter();
        facts.any(|found| matches!(found.fact, Fact::Money(_)))
    };
    let unpriced = clauses.iter().filter(|part| !has_price(part));
    let there: Vec<String> = unpriced.flat_map(|part| stems(&part.plain)).collect();
    let has_facts = clause
        .facts
        .iter()
        .all(|found| said.facts.iter().any(|one| one.fact.fits(&found.fact)));
    let only_names_it = given == [SPECIAL];
    let is_there =
        (only_names_it || !wanted.is_empty()) && wanted.iter().all(|word| there.contains(word));
    let gives_the_same = |part: &Sentence<'_>| {
        let kinds = kinds(part);
        let words = stems(&part.plain);
        let shared = wanted.iter().filter(|word| words.contains(word)).count();
        given.iter().all(|kind| kinds.contains(kind)) && shared * 2 >= wanted.len()
    };
    has_facts && is_there && clauses.iter().any(gives_the_same)
}

/// What is given away, and under which terms: the words of a clause but for those of giving.
fn things(clause: &Sentence<'_>) -> Vec<String> {
    const FILLERS: [&str; 8] = [
        "resident", "current", "offer", "currentl", "includ", "enjo", "receiv", "everyon",
    ];
    const GIVING: &str = "free complimentary gratis charge waive waived waiving waiver half halve \
        discount discounts discounted reduced special specials concession promotion promo rebate";
    let giving = stems(GIVING);
    let mut things = stems(&clause.without_facts());
    things.retain(|word| !giving.contains(word) && !FILLERS.contains(&word.as_str()));
    things
}
