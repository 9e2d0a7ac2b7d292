//! Is it what the prospect said? A quotation counts if it stands, word for word, in one of their own
//! messages, and speaks of the value.

mod cues;
mod dates;
mod rooms;
mod speaks;

pub use cues::{supports_parking, supports_urgency, takes_back};
pub use dates::{is_sensible_move, supports_date};
pub use rooms::supports_rooms;
pub use speaks::{numbers, same, states, supports, supports_amounts};

use chrono::{DateTime, Utc};

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
}
