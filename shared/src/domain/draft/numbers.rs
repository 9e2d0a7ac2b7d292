//! Numbers, and what they count: "950 sq ft" is no price of 950, nor is "1200 Oak Street" one of 1,200.

use std::collections::HashSet;

use super::facts::{Amount, Fact, Found};
use super::sentence::{Sentence, plain};

/// A number, and the word behind it where the two belong together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Counted {
    pub amount: Amount,
    of: String,
}

/// Numbers that could be a price or a street's: below them are rooms and pets, above them zips.
const LARGE: std::ops::Range<Amount> = Amount::whole(100)..Amount::whole(10_000);

impl Counted {
    /// The number at that place of a sentence.
    pub fn at(sentence: &Sentence<'_>, found: &Found, amount: Amount) -> Self {
        let is_large = LARGE.contains(&amount);
        Self {
            amount,
            of: if is_large {
                counted(sentence, found)
            } else {
                String::new()
            },
        }
    }

    fn alone(amount: Amount) -> Self {
        Self {
            amount,
            of: String::new(),
        }
    }
}

/// The word behind a number; of "1,100 to 1,200 sq ft" both are areas. Empty where it counts nothing.
fn counted(sentence: &Sentence<'_>, found: &Found) -> String {
    let is_number = |next: &&Found| matches!(next.fact, Fact::Number(_));
    let mut end = found.range.end;
    for next in sentence.facts.iter().filter(is_number) {
        let between = sentence.text.get(end..next.range.start).unwrap_or_default();
        if next.range.start > end && matches!(between.trim(), "-" | "–" | "—" | "to" | "or" | "and")
        {
            end = next.range.end;
        }
    }
    let behind = plain(sentence.text.get(end..).unwrap_or_default());
    let behind = behind.trim_start_matches(['-', ' ']);
    let word = behind.split(|c: char| !c.is_alphanumeric()).next();
    match word.unwrap_or_default() {
        "to" | "and" | "or" | "for" | "in" | "on" | "at" | "with" | "if" | "is" | "are" | "was"
        | "as" | "but" | "so" | "per" | "a" | "the" | "each" | "depending" | "plus" | "when"
        | "while" | "that" | "which" | "of" | "by" | "from" | "until" | "this" | "now"
        | "today" | "monthly" | "total" | "only" | "right" | "including" => String::new(),
        "sq" | "sqft" | "sf" | "square" => "sq".to_owned(),
        word => word.to_owned(),
    }
}

/// The numbers that some sentences state as numbers.
pub fn stated(sentences: &[Sentence<'_>]) -> HashSet<Counted> {
    let of = |sentence: &Sentence<'_>| -> Vec<Counted> {
        let facts = sentence.facts.iter();
        facts
            .filter_map(|found| match found.fact {
                Fact::Number(amount) => Some(Counted::at(sentence, found, amount)),
                _ => None,
            })
            .collect()
    };
    sentences.iter().flat_map(of).collect()
}

/// The numbers of their sums, days and times; not those of telephone numbers and links.
pub fn within(sentences: &[Sentence<'_>]) -> HashSet<Counted> {
    let mut numbers = HashSet::new();
    for sentence in sentences {
        for found in &sentence.facts {
            match &found.fact {
                Fact::Money(amount) | Fact::Percent(amount) => {
                    numbers.insert(Counted::alone(*amount));
                }
                Fact::Day(_) | Fact::Time(_) | Fact::Month(_) => {
                    let text = sentence.text.get(found.range.clone()).unwrap_or_default();
                    let digits = text.split(|c: char| !c.is_ascii_digit());
                    let digits = digits.filter_map(|digits| digits.parse().ok());
                    numbers.extend(digits.map(|number| Counted::alone(Amount::whole(number))));
                }
                _ => {}
            }
        }
    }
    numbers
}

/// Whether the number there is written as a year: four digits behind "in", "of", "summer".
pub fn is_year(sentence: &Sentence<'_>, found: &Found) -> bool {
    const BEFORE: [&str; 13] = [
        "in", "of", "by", "since", "until", "early", "mid", "late", "spring", "summer", "fall",
        "autumn", "winter",
    ];
    let text = sentence.text.get(found.range.clone()).unwrap_or_default();
    let before = sentence.between(0..found.range.start);
    let word = before.rsplit(|c: char| !c.is_alphanumeric()).next();
    let has_four = text.len() == 4 && text.chars().all(|c| c.is_ascii_digit());
    has_four && word.is_some_and(|word| BEFORE.contains(&word))
}

/// Whether the number there is how soon an answer comes: "within 24 hours", "within two business days".
pub fn is_haste(sentence: &Sentence<'_>, found: &Found) -> bool {
    let before = sentence.between(0..found.range.start);
    let behind = sentence.between(found.range.end..sentence.text.len());
    let unit = behind.trim_start_matches('-').split_whitespace().next();
    let unit = unit
        .unwrap_or_default()
        .trim_end_matches(|c: char| !c.is_alphabetic());
    let is_unit = matches!(unit, "hours" | "minutes" | "business" | "working");
    is_unit && (before.ends_with("within") || before.ends_with("within the next"))
}
