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

/// Characters behind a point that say whether a sentence ends there.
const NEAR: usize = 40;

/// The beginning of a text.
pub fn near(text: &str) -> &str {
    let end = text.char_indices().nth(NEAR);
    end.map_or(text, |(end, _)| &text[..end])
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
    // A day's name is short, and a line can be long: each point reads no more than the next words.
    let names_a_day = facts::read(near(next))
        .first()
        .is_some_and(|first| first.range.start == 0 && matches!(first.fact, Fact::Day(_)));
    next.starts_with(char::is_uppercase) && !names_a_day
}

impl<'a> Sentence<'a> {
    /// Its clauses in order, each with its own facts, none empty: what one clause declines or gives back, the
    /// next may still promise. Days and times that belong together stay together.
    pub fn clauses(&self) -> Vec<Sentence<'a>> {
        let mut clauses = Vec::new();
        let mut start = 0;
        for cut in self.cuts() {
            clauses.extend(self.part(start..cut.start));
            start = cut.end;
        }
        clauses.extend(self.part(start..self.text.len()));
        clauses
    }

    /// Where one clause ends and the next begins.
    fn cuts(&self) -> Vec<Range<usize>> {
        const MARKS: [char; 7] = [',', ';', ':', '(', ')', '\u{2013}', '\u{2014}'];
        const WORDS: [&str; 6] = [" and ", " but ", " so ", " which ", " because ", " - "];
        let lower = self.text.to_ascii_lowercase();
        let words = WORDS.iter().flat_map(|word| lower.match_indices(word));
        let mut cuts: Vec<Range<usize>> = self
            .text
            .match_indices(MARKS)
            .chain(words)
            .map(|(at, cut)| at..at + cut.len())
            .filter(|cut| !self.is_held_together(cut))
            .collect();
        cuts.sort_by_key(|cut| cut.start);
        cuts
    }

    /// Whether a place is inside a fact, or between two days or times with nothing but joints between them.
    fn is_held_together(&self, place: &Range<usize>) -> bool {
        const JOINTS: [&str; 18] = [
            "and", "or", "to", "on", "at", "the", "this", "coming", "next", "from", "until",
            "till", "through", "between", "either", "also", "both", "of",
        ];
        let next = self
            .facts
            .partition_point(|found| found.range.end <= place.start);
        let Some(after) = self.facts.get(next) else {
            return false;
        };
        if after.range.start < place.end {
            return true;
        }
        let Some(before) = next.checked_sub(1).and_then(|last| self.facts.get(last)) else {
            return false;
        };
        let between = self.between(before.range.end..after.range.start);
        let mut words = between
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty());
        before.fact.is_when() && after.fact.is_when() && words.all(|word| JOINTS.contains(&word))
    }

    fn part(&self, range: Range<usize>) -> Option<Sentence<'a>> {
        let text = self.text.get(range.clone())?;
        let start = range.start + text.len() - text.trim_start().len();
        let text = text.trim();
        let end = start + text.len();
        let within = |found: &&Found| start <= found.range.start && found.range.end <= end;
        let shifted = |found: &Found| Found {
            fact: found.fact.clone(),
            range: found.range.start - start..found.range.end - start,
        };
        let facts = self.facts.iter().filter(within).map(shifted).collect();
        (!text.is_empty()).then(|| Sentence {
            text,
            plain: plain(text),
            facts,
        })
    }

    /// Whether it names a day or a time.
    pub fn has_when(&self) -> bool {
        self.facts.iter().any(|found| found.fact.is_when())
    }

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

    /// Its text but for links and addresses.
    pub fn without_links(&self) -> String {
        let mut rest = self.text.to_owned();
        for found in self.facts.iter().rev() {
            if matches!(found.fact, Fact::Link(_) | Fact::Address(_)) {
                rest.replace_range(found.range.clone(), " ");
            }
        }
        rest
    }

    /// What stands in the sentence between two of its facts, lower case.
    pub fn between(&self, range: Range<usize>) -> String {
        plain(self.text.get(range).unwrap_or_default())
    }
}

/// Whether a phrase stands in a text, as whole words.
pub fn says(text: &str, phrase: &str) -> bool {
    let mut places = text.match_indices(phrase);
    places.any(|(at, _)| says_at(text, at, phrase))
}

/// Whether a phrase that stands at a place of a text is whole words.
pub fn says_at(text: &str, at: usize, phrase: &str) -> bool {
    let is_edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    is_edge(text[..at].chars().next_back()) && is_edge(text[at + phrase.len()..].chars().next())
}
