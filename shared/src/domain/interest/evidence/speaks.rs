//! What words speak of: whether a quotation bears out the value that somebody read in it.

use super::words;

/// Words that stand beside everything and tell nothing: they bear out no value.
const EMPTY: [&str; 46] = [
    "a",
    "an",
    "the",
    "this",
    "that",
    "there",
    "and",
    "or",
    "but",
    "in",
    "on",
    "of",
    "for",
    "to",
    "at",
    "by",
    "from",
    "near",
    "with",
    "is",
    "are",
    "be",
    "it",
    "i",
    "we",
    "you",
    "my",
    "our",
    "your",
    "me",
    "us",
    "some",
    "any",
    "have",
    "has",
    "want",
    "need",
    "like",
    "look",
    "looking",
    "unit",
    "units",
    "apartment",
    "home",
    "place",
    "please",
];

/// Whether a quotation speaks of the value: it states every number of it, and at least half of its words that mean
/// something.
pub fn supports(quote: &str, value: &str) -> bool {
    let (said, all) = shared(quote, value);
    says_numbers(quote, value) && said * 2 >= all && (said > 0 || !numbers(value).is_empty())
}

/// Whether a quotation states the value: every number and every word of it that means something.
pub fn states(quote: &str, value: &str) -> bool {
    supports(quote, value) && {
        let (said, all) = shared(quote, value);
        said == all
    }
}

/// Whether every number of the value is in the quotation, and there is one.
pub fn supports_amounts(quote: &str, value: &str) -> bool {
    !numbers(value).is_empty() && says_numbers(quote, value)
}

fn says_numbers(quote: &str, value: &str) -> bool {
    let told = numbers(quote);
    numbers(value).iter().all(|number| told.contains(number))
}

/// How many words of the value that mean something are in the quotation, and how many there are.
fn shared(quote: &str, value: &str) -> (usize, usize) {
    let told = words(quote);
    let meant = words(value);
    let meant: Vec<&String> = meant
        .iter()
        .filter(|word| !EMPTY.contains(&word.as_str()) && numbers(word).is_empty())
        .collect();
    let said = meant
        .iter()
        .filter(|word| told.iter().any(|other| same(word, other)));
    (said.count(), meant.len())
}

/// "cat" and "cats", "balcony" and "balconies"; of four letters and more "park" and "parking", too.
pub fn same(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() <= other.len() {
        (one, other)
    } else {
        (other, one)
    };
    let ending = long.strip_prefix(short);
    let stem = short.strip_suffix('y');
    ending.is_some_and(|ending| {
        ending.is_empty()
            || short.chars().count() >= 4
            || (short.chars().count() == 3 && ["s", "es"].contains(&ending))
    }) || stem.is_some_and(|stem| long.strip_prefix(stem) == Some("ies"))
}

/// Every number that a text states, in digits or words: `1.5k` is 1500.
pub fn numbers(text: &str) -> Vec<u64> {
    let text = super::plain(text).replace(',', "");
    let mut found: Vec<u64> = words(&text)
        .iter()
        .filter_map(|word| spelled(word))
        .collect();
    let mut rest = text.as_str();
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        rest = &rest[start..];
        let end = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(rest.len());
        let digits = rest[..end].trim_end_matches('.');
        let thousands = rest[digits.len()..].trim_start().starts_with('k');
        if let Ok(number) = digits.parse::<f64>() {
            let number = if thousands { number * 1000.0 } else { number };
            if number.is_finite() && (0.0..1e9).contains(&number) {
                found.push(number.round() as u64);
            }
        }
        rest = &rest[end..];
    }
    found
}

fn spelled(word: &str) -> Option<u64> {
    const NUMBERS: [&str; 13] = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
        "eleven", "twelve",
    ];
    NUMBERS
        .iter()
        .position(|name| *name == word)
        .map(|at| at as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_digits_and_words() {
        for (text, expected) in [
            ("under $1,500", vec![1500]),
            ("1.5k to 2k", vec![1500, 2000]),
            ("two-bedroom", vec![2]),
            ("2BR/1.5BA", vec![2, 2]),
            ("none", vec![]),
            ("9999999999999", vec![]),
        ] {
            assert_eq!(numbers(text), expected, "{text}");
        }
    }

    #[test]
    fn a_quotation_must_speak_of_the_value() {
        for (quote, value, speaks) in [
            ("my cats", "cat", true),
            ("hello there", "pool", false),
            ("is there a pool?", "swimming pool", true),
            ("covered parking", "covered", true),
            ("laundry in the unit", "in-unit laundry", true),
            ("looking in January", "in-unit laundry", false),
            ("a nice unit", "in-unit laundry", false),
            ("two balconies", "balcony", true),
            ("a hot tub", "a hot tub", true),
            ("I need a 2BR", "a hot tub", false),
            ("there is", "the pool", false),
            ("the theater", "the", false),
            ("two parking spots", "2 parking spots", true),
            ("two cats", "2 parking spots", false),
            ("a parking spot", "2 parking spots", false),
        ] {
            assert_eq!(supports(quote, value), speaks, "{quote} / {value}");
        }
    }

    #[test]
    fn what_is_stated_is_said_in_full() {
        for (quote, value, stated) in [
            ("two small dogs", "small dog", true),
            ("a small kitchen", "small dog", false),
            ("two cats", "two cats", true),
            ("two baths and a cat", "cat", true),
            ("my cats", "two cats", false),
        ] {
            assert_eq!(states(quote, value), stated, "{quote} / {value}");
        }
    }

    #[test]
    fn an_amount_is_one_that_was_said() {
        assert!(supports_amounts("under $1,500", "up to 1500"));
        assert!(!supports_amounts("under $1,500", "up to 1600"));
        assert!(!supports_amounts("up to something", "up to"));
    }
}
