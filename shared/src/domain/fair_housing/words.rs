//! The words of a text, as terms are looked for in them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

/// Where a sentence or a paragraph ends: no term reaches across.
const STOP: &str = "|";
/// In a term: any number.
const NUMBER: &str = "%";
/// Letters of a word that is found though it is written as two, and of either half: shorter ones would be found in
/// other words ("as Ian", "it in").
const SPLIT_MIN: usize = 7;
const HALF_MIN: usize = 3;
/// Letters of a word that is found letter by letter ("E.S.A.").
const SPELLED_MAX: usize = 5;

/// A text as words in lower case, without accents and apostrophes. Line breaks of mail programs are spaces; digits
/// and letters are words of their own.
#[derive(Clone, Debug)]
pub struct Words {
    list: Vec<String>,
    /// Where each word begins and ends, however it is written: mail may be long, and there are a thousand terms.
    places: HashMap<String, BTreeMap<usize, usize>>,
}

/// A word or a run of words that is looked for, in each way that it may be written: with an `s` at the end, with two
/// of the words as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term(Vec<Vec<String>>);

impl Term {
    pub fn of(text: &str) -> Self {
        let words = split(text);
        let joined = (1..words.len()).map(|at| {
            let mut joined = words.clone();
            let second = joined.remove(at);
            joined[at - 1].push_str(&second);
            joined
        });
        let mut forms: Vec<Vec<String>> = joined.collect();
        forms.push(words);
        forms.retain(|form| !form.is_empty());
        let mut plural = forms.clone();
        for last in plural.iter_mut().filter_map(|form| form.last_mut()) {
            last.push('s');
        }
        forms.extend(plural);
        Self(forms)
    }
}

impl Words {
    pub fn of(text: &str) -> Self {
        Self::from_list(split(text))
    }

    fn from_list(list: Vec<String>) -> Self {
        let mut places: HashMap<String, BTreeMap<usize, usize>> = HashMap::new();
        for start in 0..list.len() {
            for (word, end) in readings(&list[start..]) {
                places.entry(word).or_default().insert(start, start + end);
            }
        }
        Self { list, places }
    }

    /// Whether the term stands in it.
    pub fn say(&self, term: &Term) -> bool {
        term.0.iter().any(|form| self.spans(form).next().is_some())
    }

    /// Whether one of the terms stands in it.
    pub fn say_any(&self, terms: &[Term]) -> bool {
        terms.iter().any(|term| self.say(term))
    }

    /// Whether one of the first terms stands in it and, in the same sentence and at most so many words later, one of
    /// the others.
    pub fn say_near(&self, first: &[Term], others: &[Term], words: usize) -> bool {
        let starts: BTreeSet<usize> = self.all(others).map(|span| span.start).collect();
        self.all(first).any(|span| {
            let later = &self.list[span.end..];
            let sentence = later.iter().take_while(|word| *word != STOP);
            let near = sentence.take(words + 1).count();
            starts.range(span.end..span.end + near).next().is_some()
        })
    }

    /// The same words with stops in place of the terms.
    pub fn without(&self, terms: &[Term]) -> Self {
        let mut list = self.list.clone();
        for span in self.all(terms) {
            list[span].fill(STOP.to_owned());
        }
        Self::from_list(list)
    }

    /// The sentences, each with its words.
    pub fn sentences(&self) -> impl Iterator<Item = &[String]> {
        self.list
            .split(|word| word == STOP)
            .filter(|sentence| !sentence.is_empty())
    }

    /// Where the terms stand.
    fn all<'a>(&'a self, terms: &'a [Term]) -> impl Iterator<Item = Range<usize>> + 'a {
        let forms = terms.iter().flat_map(|term| &term.0);
        forms.flat_map(|form| self.spans(form))
    }

    /// Where the words stand one after the other.
    fn spans<'a>(&'a self, form: &'a [String]) -> impl Iterator<Item = Range<usize>> + 'a {
        let first = form.first().and_then(|first| self.places.get(first));
        let starts = first.into_iter().flatten();
        starts.filter_map(|(start, end)| {
            let end = form[1..]
                .iter()
                .try_fold(*end, |at, word| self.after(word, at))?;
            Some(*start..end)
        })
    }

    /// Where the word ends that begins at a place.
    fn after(&self, word: &str, at: usize) -> Option<usize> {
        if word == NUMBER {
            return self
                .list
                .get(at)
                .filter(|word| is_number(word))
                .map(|_| at + 1);
        }
        self.places.get(word)?.get(&at).copied()
    }
}

/// What a text begins with, and how many of its words that takes: the first word, a long word that was written as
/// two, an abbreviation letter by letter.
fn readings(list: &[String]) -> Vec<(String, usize)> {
    let mut found: Vec<(String, usize)> = list.iter().take(1).map(|one| (one.clone(), 1)).collect();
    if let [one, two, ..] = list {
        let is_half =
            |word: &String| word.len() >= HALF_MIN && word.chars().all(char::is_alphabetic);
        if is_half(one) && is_half(two) && one.len() + two.len() >= SPLIT_MIN {
            found.push((format!("{one}{two}"), 2));
        }
    }
    let is_letter = |word: &&String| word.len() == 1 && word.chars().all(char::is_alphabetic);
    let letters = list.iter().take(SPELLED_MAX).take_while(is_letter).count();
    found.extend((2..=letters).map(|count| (list[..count].concat(), count)));
    found
}

fn split(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if is_silent(letter) {
            continue;
        }
        if letter.is_alphanumeric() || letter == '%' {
            let is_digit = |c: char| c.is_ascii_digit();
            if word.ends_with(is_digit) != is_digit(letter) && !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
            word.extend(letter.to_lowercase().map(plain));
            continue;
        }
        let is_letter = word.len() == 1 && !word.ends_with(|c: char| c.is_ascii_digit());
        let was_abbreviated = matches!(word.as_str(), "sec" | "sect") || is_letter;
        if !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        let ends = match letter {
            '.' | '!' | '?' => {
                !was_abbreviated && letters.peek().is_none_or(|next| next.is_whitespace())
            }
            '\n' => letters
                .peek()
                .is_some_and(|next| matches!(next, '\n' | '\r')),
            ';' | '(' | ')' => true,
            _ => false,
        };
        if ends {
            words.push(STOP.to_owned());
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// Whether a word counts something, in digits or spelled out.
pub fn is_number(word: &str) -> bool {
    const SPELLED: [&str; 22] = [
        "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
        "twelve", "un", "una", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve",
    ];
    word.starts_with(|c: char| c.is_ascii_digit()) || SPELLED.contains(&word)
}

/// Characters that are not seen, or not heard: "don't", a soft hyphen, an accent of its own.
fn is_silent(letter: char) -> bool {
    matches!(letter,
        '\'' | '\u{2018}' | '\u{2019}' | '\u{AD}' | '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}'
        | '\u{300}'..='\u{36F}')
}

/// The letter without its accent: people leave them out.
fn plain(letter: char) -> char {
    match letter {
        'á' | 'à' | 'â' | 'ä' | 'ã' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ó' | 'ò' | 'ô' | 'ö' | 'õ' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ñ' => 'n',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(text: &str, term: &str) -> bool {
        Words::of(text).say(&Term::of(term))
    }

    #[test]
    fn a_term_is_found_however_it_is_written() {
        for (text, term) in [
            ("My SERVICE-DOG barks", "service dog"),
            ("two service\r\ndogs", "service dog"),
            ("I don\u{2019}t", "dont"),
            ("wheel\u{200B}chair", "wheelchair"),
            ("¿Aceptan niños?", "nino"),
            ("nin\u{303}os", "nino"),
            ("Sec. 8 welcome", "sec 8"),
            ("My 6 year old, too", "my % year old"),
            ("my six year old", "my % year old"),
            ("a U.S. citizen", "u s citizen"),
            ("a U.S. citizen", "us citizen"),
            ("section8", "section 8"),
            ("my 6yr old", "my % yr old"),
            ("servicedogs only", "service dog"),
            ("an emotionalsupport cat", "emotional support cat"),
            ("a wheel chair", "wheelchair"),
            ("two wheel-chairs", "wheelchair"),
            ("a wheel-chair ramp", "wheelchair ramp"),
            ("my E.S.A.?", "esa"),
            ("my e-s-a letter", "esa letter"),
        ] {
            assert!(says(text, term), "{text}: {term}");
        }
    }

    #[test]
    fn a_term_is_not_put_together_from_two_sentences_or_parts_of_words() {
        for (text, term) in [
            ("It is for my family. Of course we pay.", "family of"),
            ("for my family\n\nof course", "family of"),
            ("skid row", "kid"),
            ("my dogs year old", "my % year old"),
            ("", "kid"),
            ("kid", ""),
            ("near the wheel. Chair lifts", "wheelchair"),
            ("as Ian said", "asian"),
            ("for the past or next month", "pastor"),
            ("is it in January?", "itin"),
            ("plan A is a start", "ada"),
        ] {
            assert!(!says(text, term), "{text}: {term}");
        }
    }

    #[test]
    fn near_is_in_the_same_sentence_and_not_far() {
        let (praise, persons) = ([Term::of("perfect for")], [Term::of("couple")]);
        for (text, near) in [
            ("perfect for couples", true),
            ("perfect for a young, busy couple", true),
            ("perfect for a young and very busy couple", false),
            ("perfect for you. A couple called", false),
            ("a couple found it perfect for", false),
        ] {
            let said = Words::of(text).say_near(&praise, &persons, 3);
            assert_eq!(said, near, "{text}");
        }
    }

    #[test]
    fn what_is_taken_out_leaves_a_stop() {
        let without = Words::of("near the race tracks there").without(&[Term::of("race track")]);
        assert!(!without.say(&Term::of("race")));
        assert!(!without.say(&Term::of("the there")));
        assert_eq!(without.sentences().count(), 2);
    }
}
