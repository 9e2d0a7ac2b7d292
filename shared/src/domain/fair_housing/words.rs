//! The words of a text, as terms are looked for in them.

use std::collections::HashMap;

/// Where a sentence or a paragraph ends: no term reaches across.
const STOP: &str = "|";
/// In a term: any number.
const NUMBER: &str = "%";

/// A text as words in lower case, without accents and apostrophes. Line breaks of mail programs are spaces.
#[derive(Clone, Debug)]
pub struct Words {
    list: Vec<String>,
    /// Where each word stands: mail may be long, and there are a thousand terms.
    places: HashMap<String, Vec<usize>>,
}

/// A word or a run of words that is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term(Vec<String>);

impl Term {
    pub fn of(text: &str) -> Self {
        Self(split(text))
    }
}

impl Words {
    pub fn of(text: &str) -> Self {
        Self::from_list(split(text))
    }

    fn from_list(list: Vec<String>) -> Self {
        let mut places: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, word) in list.iter().enumerate() {
            places.entry(word.clone()).or_default().push(place);
        }
        Self { list, places }
    }

    /// Whether the term stands in it; an `s` behind the term's last word makes no difference.
    pub fn say(&self, term: &Term) -> bool {
        self.starts(term).next().is_some()
    }

    /// Whether one of the terms stands in it.
    pub fn say_any(&self, terms: &[Term]) -> bool {
        terms.iter().any(|term| self.say(term))
    }

    /// The same words with stops in place of the terms.
    pub fn without(&self, terms: &[Term]) -> Self {
        let mut list = self.list.clone();
        for term in terms {
            for start in self.starts(term) {
                list[start..start + term.0.len()].fill(STOP.to_owned());
            }
        }
        Self::from_list(list)
    }

    /// The sentences, each with its words.
    pub fn sentences(&self) -> impl Iterator<Item = &[String]> {
        self.list
            .split(|word| word == STOP)
            .filter(|sentence| !sentence.is_empty())
    }

    /// Where the term begins.
    fn starts<'a>(&'a self, term: &'a Term) -> impl Iterator<Item = usize> + 'a {
        let first = term.0.first().map(String::as_str).unwrap_or_default();
        let plural = (term.0.len() == 1).then(|| format!("{first}s"));
        let places = |word: &str| self.places.get(word).into_iter().flatten().copied();
        let plural: Vec<usize> = plural.iter().flat_map(|word| places(word)).collect();
        places(first)
            .chain(plural)
            .filter(|start| self.says_at(*start, term))
    }

    fn says_at(&self, start: usize, term: &Term) -> bool {
        let Some(here) = self.list.get(start..start + term.0.len()) else {
            return false;
        };
        let last = term.0.len() - 1;
        let alike = |(at, (word, wanted)): (usize, (&String, &String))| {
            word == wanted
                || at == last && word.strip_suffix('s') == Some(wanted)
                || wanted == NUMBER && is_number(word)
        };
        here.iter().zip(&term.0).enumerate().all(alike)
    }
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
            word.extend(letter.to_lowercase().map(plain));
            continue;
        }
        let was_abbreviated = matches!(word.as_str(), "sec" | "sect") || word.len() == 1;
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
    const SPELLED: [&str; 12] = [
        "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
        "twelve",
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
        ] {
            assert!(!says(text, term), "{text}: {term}");
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
