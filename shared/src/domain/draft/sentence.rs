//! A text in sentences, each with its facts, and what kind of thing a sentence says.

use std::ops::Range;

use super::facts::{self, Fact, Found};

/// One sentence, or one line.
#[derive(Clone, Debug)]
pub struct Sentence<'a> {
    /// As it stands in the text.
    pub text: &'a str,
    /// Lower case, with straight apostrophes and single spaces.
    pub plain: String,
    /// In order; their ranges are those of `text`.
    pub facts: Vec<Found>,
}

/// The sentences of a text in order, none of them empty.
pub fn split(text: &str) -> Vec<Sentence<'_>> {
    let lines = text.split('\n').flat_map(in_line);
    lines
        .map(str::trim)
        .filter(|sentence| !sentence.is_empty())
        .map(|sentence| Sentence {
            text: sentence,
            plain: plain(sentence),
            facts: facts::read(sentence),
        })
        .collect()
}

/// Lower case, straight apostrophes, single spaces.
pub fn plain(text: &str) -> String {
    let lower = text.to_lowercase().replace('\u{2019}', "'");
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The sentences of one line.
fn in_line(line: &str) -> Vec<&str> {
    let mut sentences = Vec::new();
    let mut start = 0;
    for (at, c) in line.char_indices() {
        let end = at + c.len_utf8();
        let ends = match c {
            '!' | '?' => true,
            '.' => is_stop(&line[start..at], &line[end..]),
            _ => false,
        };
        if ends {
            sentences.push(&line[start..end]);
            start = end;
        }
    }
    sentences.push(&line[start..]);
    sentences
}

/// Whether a point between two texts ends a sentence: not in "1.5", "e.g. the", "10 a.m. on", "10 a.m. Monday".
fn is_stop(before: &str, after: &str) -> bool {
    const SHORT: [&str; 16] = [
        "apt", "st", "no", "mr", "mrs", "ms", "dr", "e.g", "i.e", "approx", "ft", "sq", "ave",
        "mon", "sat", "vs",
    ];
    if !after.is_empty() && !after.starts_with(char::is_whitespace) {
        return false;
    }
    let word = before
        .rsplit(|c: char| c.is_whitespace() || c == '(')
        .next();
    let word = word.unwrap_or_default().to_lowercase();
    if SHORT.contains(&word.as_str()) {
        return false;
    }
    let is_clock = ["a.m", "p.m"].iter().any(|half| word.ends_with(half));
    let next = after.trim_start();
    if !is_clock || next.is_empty() {
        return true;
    }
    let names_a_day = facts::read(next)
        .first()
        .is_some_and(|first| first.range.start == 0 && matches!(first.fact, Fact::Day(_)));
    next.starts_with(char::is_uppercase) && !names_a_day
}

impl Sentence<'_> {
    /// Whether any of the phrases stands in it, as whole words.
    pub fn says(&self, phrases: &[&str]) -> bool {
        phrases.iter().any(|phrase| says(&self.plain, phrase))
    }

    /// Its words alone, lower case.
    pub fn without_facts(&self) -> String {
        let mut rest = String::new();
        let mut from = 0;
        for found in &self.facts {
            rest.push_str(self.text.get(from..found.range.start).unwrap_or_default());
            rest.push(' ');
            from = found.range.end;
        }
        rest.push_str(self.text.get(from..).unwrap_or_default());
        plain(&rest)
    }

    /// What stands in the sentence between two of its facts, lower case.
    pub fn between(&self, range: Range<usize>) -> String {
        plain(self.text.get(range).unwrap_or_default())
    }
}

/// Whether a phrase stands in a text, as whole words.
pub fn says(text: &str, phrase: &str) -> bool {
    let is_edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    text.match_indices(phrase).any(|(at, _)| {
        is_edge(text[..at].chars().next_back()) && is_edge(text[at + phrase.len()..].chars().next())
    })
}
