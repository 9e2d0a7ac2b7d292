//! Limits of occupancy: how many may live in a home.

use super::words::{Words, is_number};

const PERSONS: [&str; 17] = [
    "adult",
    "adults",
    "adultos",
    "individual",
    "individuals",
    "inquilinos",
    "occupant",
    "occupants",
    "ocupantes",
    "people",
    "person",
    "persona",
    "personas",
    "persons",
    "residents",
    "roommates",
    "tenants",
];
/// What may stand between a number and the persons.
const QUALIFIERS: [&str; 6] = ["more", "other", "total", "additional", "unrelated", "adult"];
const LIMITS: [&str; 14] = [
    "max",
    "maximum",
    "maximo",
    "limit",
    "limits",
    "limited",
    "most",
    "allow",
    "allows",
    "allowed",
    "permit",
    "permits",
    "permitted",
    "exceed",
];
const LIMITING_PAIRS: [(&str, &str); 5] = [
    ("up", "to"),
    ("more", "than"),
    ("no", "more"),
    ("hasta", ""),
    ("mas", "de"),
];
const LIVING: [&str; 8] = [
    "live", "lives", "living", "occupy", "reside", "share", "viven", "vivir",
];
/// Behind the persons, before a part of a home: "two people per bedroom", "four in an apartment".
const WITHIN: [&str; 6] = ["per", "in", "to", "for", "por", "en"];
const HOMES: [&str; 13] = [
    "bedroom",
    "room",
    "home",
    "house",
    "unit",
    "apartment",
    "studio",
    "plan",
    "floorplan",
    "habitacion",
    "recamara",
    "cuarto",
    "apartamento",
];
/// More than that live in no home: "the clubhouse holds up to 40 people".
const HOUSEHOLD_MAX: u32 = 12;

/// Whether a sentence says how many may live in a home: persons who are counted, beside a word of limits, of living
/// there, or of a part of a home. What a person pays, how many pets there may be and how long somebody may park say
/// nothing of it.
pub fn is_limited_in(sentence: &str) -> bool {
    Words::of(sentence).sentences().any(|words| {
        let occupancy = words.iter().any(|word| word.starts_with("occupanc"));
        let counted = (0..words.len()).any(|at| {
            counts_persons(words, at)
                .is_some_and(|end| is_limit(words) || is_within_home(words, end))
        });
        occupancy || counted || sleeps(words)
    })
}

/// Where the persons end that a number at a place counts.
fn counts_persons(words: &[String], at: usize) -> Option<usize> {
    let is = |at: usize, list: &[&str]| {
        let word = words.get(at).map(String::as_str);
        word.is_some_and(|word| list.contains(&word))
    };
    let number = words.get(at).filter(|word| is_number(word))?;
    let household = number
        .parse::<u32>()
        .map_or(true, |number| number <= HOUSEHOLD_MAX);
    let persons = if is(at + 1, &PERSONS) {
        at + 1
    } else if is(at + 1, &QUALIFIERS) && is(at + 2, &PERSONS) {
        at + 2
    } else {
        return None;
    };
    household.then_some(persons + 1)
}

fn is_limit(words: &[String]) -> bool {
    let says = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let pair = |(first, second): &(&str, &str)| {
        words.iter().enumerate().any(|(at, word)| {
            let next = words.get(at + 1).map(String::as_str);
            word == first && (second.is_empty() || next == Some(second))
        })
    };
    says(&LIMITS) || says(&LIVING) || LIMITING_PAIRS.iter().any(pair)
}

fn is_within_home(words: &[String], end: usize) -> bool {
    let rest = words.get(end..).unwrap_or_default();
    let within = rest
        .first()
        .is_some_and(|word| WITHIN.contains(&word.as_str()));
    within
        && rest
            .iter()
            .any(|word| HOMES.contains(&word.trim_end_matches('s')))
}

/// "The two-bedroom sleeps up to four."
fn sleeps(words: &[String]) -> bool {
    words.iter().enumerate().any(|(at, word)| {
        let next = words.iter().skip(at + 1).take(3);
        matches!(word.as_str(), "sleep" | "sleeps") && next.into_iter().any(|word| is_number(word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_many_may_live_in_a_home_is_told_from_other_numbers() {
        for sentence in [
            "At most two people per bedroom.",
            "Two people per bedroom.",
            "Two persons in a studio, four in a two-bedroom.",
            "Up to 3 persons may live in it.",
            "No more than 4 residents.",
            "It is limited to two unrelated adults.",
            "Only two people can live in a studio.",
            "Four occupants are allowed.",
            "The maximum occupancy is four.",
            "The two-bedroom sleeps up to four.",
            "Hasta cuatro personas.",
            "M\u{e1}ximo dos personas por habitaci\u{f3}n.",
        ] {
            assert!(is_limited_in(sentence), "{sentence}");
        }
        for sentence in [
            "The application fee is $50 per person.",
            "The fee is $50 per adult, so $100 for two adults.",
            "Parking is $60 per month for residents.",
            "Residents may keep up to two pets.",
            "Guests can park up to 2 hours.",
            "Each resident may bring up to two guests to the pool.",
            "The clubhouse holds up to 40 people.",
            "Two people in our office will help you.",
            "One more person can join you on the tour.",
            "The two-bedroom has room for a desk.",
            "The building is occupied and most homes have two bedrooms.",
            "",
        ] {
            assert!(!is_limited_in(sentence), "{sentence}");
        }
    }
}
