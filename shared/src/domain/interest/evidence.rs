//! Is it what the prospect said? A quotation counts if it stands, word for word, in one of their own
//! messages, and speaks of the value.

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};

use crate::domain::ids::TurnId;

/// Characters that a quotation may have: more is no evidence but a letter.
const LONGEST: usize = 300;

/// One message of the prospect's own.
#[derive(Clone, Debug)]
pub struct Words {
    pub message: TurnId,
    pub at: DateTime<Utc>,
    pub text: String,
}

/// A quotation where it was found.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    pub words: &'a Words,
    /// As the prospect wrote it.
    pub text: &'a str,
}

/// The newest message that holds the quotation, whatever the case, white space and quotation marks.
pub fn find<'a>(quote: &str, said: &'a [Words]) -> Option<Found<'a>> {
    let wanted = plain(quote);
    let letters = wanted.chars().filter(|c| c.is_alphanumeric()).count();
    if letters < 2 || wanted.chars().count() > LONGEST {
        return None;
    }
    let found = said.iter().filter_map(|words| {
        let text = place(&wanted, &words.text)?;
        Some(Found { words, text })
    });
    found.max_by_key(|found| (found.words.at, found.words.message))
}

/// The sentence of a text around a quotation; the whole text where it crosses sentences.
pub fn sentence<'a>(text: &'a str, quote: &str) -> &'a str {
    let wanted = plain(quote);
    text.split_inclusive(['.', '!', '?', '\n', ';'])
        .find(|sentence| place(&wanted, sentence).is_some())
        .unwrap_or(text)
}

/// Where the wanted words stand in a text, as whole words only: "cat" is not said in "location".
fn place<'a>(wanted: &str, text: &'a str) -> Option<&'a str> {
    let wanted: Vec<char> = wanted.chars().collect();
    let text_chars = folded(text);
    let joined = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let (first, last) = (
        joined(wanted.first().copied()),
        joined(wanted.last().copied()),
    );
    let at = |index: usize| text_chars.get(index).map(|folded| folded.0);
    for start in 0..=text_chars.len().checked_sub(wanted.len())? {
        let end = start + wanted.len();
        let same = wanted
            .iter()
            .zip(&text_chars[start..end])
            .all(|(one, other)| *one == other.0);
        let before = start.checked_sub(1).and_then(at);
        if same && !(first && joined(before)) && !(last && joined(at(end))) {
            let (from, to) = (
                text_chars.get(start)?.1,
                text_chars.get(end.checked_sub(1)?)?.2,
            );
            return text.get(from..to);
        }
    }
    None
}

/// Characters as they are compared, each with the place of the original.
fn folded(text: &str) -> Vec<(char, usize, usize)> {
    let mut folded: Vec<(char, usize, usize)> = Vec::with_capacity(text.len());
    for (start, c) in text.char_indices() {
        let end = start + c.len_utf8();
        if c.is_whitespace() {
            match folded.last_mut() {
                Some((' ', _, last)) => *last = end,
                _ => folded.push((' ', start, end)),
            }
            continue;
        }
        folded.extend(straight(c).to_lowercase().map(|c| (c, start, end)));
    }
    folded
}

fn straight(c: char) -> char {
    match c {
        '\u{2018}' | '\u{2019}' => '\'',
        '\u{201C}' | '\u{201D}' => '"',
        '\u{2010}'..='\u{2015}' => '-',
        other => other,
    }
}

fn plain(text: &str) -> String {
    let text: String = folded(text.trim()).into_iter().map(|(c, ..)| c).collect();
    text.trim_matches('"').to_owned()
}

/// The words of a text, lower-case; a number with its separators is one word.
pub fn words(text: &str) -> Vec<String> {
    let plain = plain(text).replace(['\'', ','], "");
    plain
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Whether a quotation speaks of the value: every number of the value is in it, and where there is
/// none at least one of its words.
pub fn supports(quote: &str, value: &str) -> bool {
    let (told, wanted) = (numbers(quote), numbers(value));
    if !wanted.is_empty() {
        return wanted.iter().all(|number| told.contains(number));
    }
    let told = words(quote);
    words(value)
        .iter()
        .any(|word| told.iter().any(|other| same(word, other)))
}

/// "cat" and "cats", "park" and "parking".
pub fn same(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() <= other.len() {
        (one, other)
    } else {
        (other, one)
    };
    short == long || (short.chars().count() >= 3 && long.starts_with(short))
}

/// Every number that a text states, in digits or words: `1.5k` is 1500.
pub fn numbers(text: &str) -> Vec<u64> {
    let text = plain(text).replace(',', "");
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

/// Whether a quotation of that day can mean the date.
pub fn supports_date(quote: &str, date: NaiveDate, said_on: NaiveDate) -> bool {
    let told = words(quote);
    let text = told.join(" ");
    let has = |word: &str| told.iter().any(|other| other == word);
    let numbers = numbers(quote);
    let day = u64::from(date.day());
    let ordinal = told.iter().filter_map(|word| {
        let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        digits.parse::<u64>().ok()
    });
    let days: Vec<u64> = numbers.iter().copied().chain(ordinal).collect();
    let year = days.iter().find(|number| (1900..2200).contains(*number));
    if year.is_some_and(|year| *year != u64::from(date.year().unsigned_abs())) {
        return false;
    }
    let small: Vec<u64> = days
        .iter()
        .copied()
        .filter(|number| (1..=31).contains(number))
        .collect();
    let month = u64::from(date.month());
    if let Some(named) = named_month(&told) {
        let whole_month = small.is_empty();
        return named == date.month() && (whole_month || small.contains(&day));
    }
    if small.contains(&day) && small.contains(&month) && small.len() >= 2 {
        return true;
    }
    let away = (date - said_on).num_days();
    let within = |from: i64, to: i64| (from..=to).contains(&away);
    let months_on =
        (date.year() - said_on.year()) * 12 + date.month() as i32 - said_on.month() as i32;
    for (unit, length) in [("day", 1), ("week", 7), ("month", 30)] {
        if told.iter().any(|word| same(unit, word)) && !text.contains("next ") {
            let slack = (length / 2).max(2);
            return numbers
                .iter()
                .filter_map(|count| i64::try_from(*count).ok())
                .any(|count| within(count * length - slack, count * length + slack + count / 2))
                || (text.contains(&format!("this {unit}")) && within(0, length))
                || (text.contains(&format!("end of the {unit}")) && within(0, length + 1));
        }
    }
    if text.contains("next month") {
        return months_on == 1;
    }
    if text.contains("next week") {
        return within(1, 14);
    }
    if text.contains("next year") {
        return date.year() == said_on.year() + 1;
    }
    if ["asap", "immediately", "now", "today", "immediate"]
        .iter()
        .any(|word| has(word))
        || text.contains("right away")
        || text.contains("as soon as possible")
    {
        return within(0, 14);
    }
    if has("tomorrow") {
        return within(0, 2);
    }
    season(&told).is_some_and(|months| months.contains(&date.month()))
}

fn named_month(words: &[String]) -> Option<u32> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    words.iter().find_map(|word| {
        let month = MONTHS.iter().position(|name| {
            name == word || (word.len() >= 3 && word.len() <= 4 && name.starts_with(word.as_str()))
        });
        month.map(|at| at as u32 + 1)
    })
}

fn season(words: &[String]) -> Option<&'static [u32]> {
    words.iter().find_map(|word| match word.as_str() {
        "spring" => Some(&[3, 4, 5, 6][..]),
        "summer" => Some(&[6, 7, 8, 9][..]),
        "fall" | "autumn" => Some(&[9, 10, 11, 12][..]),
        "winter" => Some(&[12, 1, 2, 3][..]),
        _ => None,
    })
}

/// Whether a quotation can take something back; what was merely not mentioned is not taken back.
pub fn takes_back(quote: &str) -> bool {
    const CUES: [&str; 24] = [
        "no",
        "not",
        "never",
        "without",
        "anymore",
        "longer",
        "dont",
        "doesnt",
        "didnt",
        "wont",
        "isnt",
        "arent",
        "cant",
        "nevermind",
        "forget",
        "ignore",
        "scratch",
        "instead",
        "rather",
        "actually",
        "gave",
        "died",
        "passed",
        "changed",
    ];
    words(quote)
        .iter()
        .any(|word| CUES.contains(&word.as_str()))
}

/// The longest time ahead that somebody plans to move.
pub fn is_sensible_move(date: NaiveDate, today: NaiveDate) -> bool {
    date >= today && date <= today + TimeDelta::days(731)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn said(texts: &[&str]) -> Vec<Words> {
        let words = texts.iter().enumerate().map(|(number, text)| Words {
            message: TurnId(Uuid::from_u128(number as u128 + 1)),
            at: DateTime::from_timestamp(1_790_000_000 + number as i64, 0).unwrap(),
            text: (*text).to_owned(),
        });
        words.collect()
    }

    #[test]
    fn a_quotation_must_stand_in_a_message_word_for_word() {
        let said = said(&[
            "I have a  Cat,\nand a bike.",
            "The location is \u{201C}great\u{201D}.",
        ]);
        for (quote, message) in [
            ("i have a cat", Some(1)),
            ("\"a cat, and\"", Some(1)),
            ("location is \"great\"", Some(2)),
            ("I have cats", None),
            ("a dog", None),
            ("cat and a bike", None), // a comma is missing
            ("ocation", None),
            ("", None),
            ("a", None),
        ] {
            let found = find(quote, &said).map(|found| found.words.message.0.as_u128());
            assert_eq!(found, message, "{quote}");
        }
    }

    #[test]
    fn what_is_kept_is_what_the_prospect_wrote() {
        let said = said(&["I  have\na \u{201C}Cat\u{201D}, \u{C4}rger."]);
        assert_eq!(
            find("i have a \"cat\", \u{E4}rger", &said).unwrap().text,
            "I  have\na \u{201C}Cat\u{201D}, \u{C4}rger"
        );
        assert_eq!(find("\u{E4}rger", &said).unwrap().text, "\u{C4}rger");
    }

    #[test]
    fn of_two_messages_that_say_it_the_newer_counts() {
        let said = said(&["a pool", "really, a pool"]);
        assert_eq!(find("a pool", &said).unwrap().words.message.0.as_u128(), 2);
    }

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
            ("a two bedroom", "2BR", true),
            ("a two bedroom", "3BR", false),
            ("my cats", "cat", true),
            ("hello there", "pool", false),
            ("is there a pool?", "swimming pool", true),
            ("covered parking", "covered", true),
        ] {
            assert_eq!(supports(quote, value), speaks, "{quote} / {value}");
        }
    }

    #[test]
    fn a_quotation_must_be_able_to_mean_the_date() {
        let on = "2026-12-02".parse().unwrap();
        for (quote, date, can) in [
            ("in January", "2027-01-01", true),
            ("in January", "2027-01-20", true),
            ("January 15", "2027-01-15", true),
            ("Jan 15th", "2027-01-15", true),
            ("January 15", "2027-01-16", false),
            ("in January", "2027-02-01", false),
            ("January 2028", "2027-01-01", false),
            ("1/15", "2027-01-15", true),
            ("2027-01-15", "2027-01-15", true),
            ("on 01/15/2027", "2027-01-15", true),
            ("next month", "2027-01-01", true),
            ("next month", "2027-02-01", false),
            ("in two weeks", "2026-12-16", true),
            ("in two weeks", "2027-01-16", false),
            ("in 3 months", "2027-03-02", true),
            ("ASAP", "2026-12-02", true),
            ("asap", "2027-03-01", false),
            ("this summer", "2027-07-01", true),
            ("this summer", "2027-01-01", false),
            ("hello there", "2027-01-01", false),
        ] {
            let date: NaiveDate = date.parse().unwrap();
            assert_eq!(supports_date(quote, date, on), can, "{quote} / {date}");
        }
    }

    #[test]
    fn nobody_plans_to_move_in_the_past_or_in_three_years() {
        let today = "2026-12-02".parse().unwrap();
        for (date, sensible) in [
            ("2026-12-01", false),
            ("2026-12-02", true),
            ("2028-12-01", true),
            ("2029-12-02", false),
        ] {
            assert_eq!(
                is_sensible_move(date.parse().unwrap(), today),
                sensible,
                "{date}"
            );
        }
    }

    #[test]
    fn only_words_of_taking_back_take_back() {
        assert!(takes_back("We no longer have the cat"));
        assert!(takes_back("we don't need parking"));
        assert!(!takes_back("We have a cat"));
    }
}
