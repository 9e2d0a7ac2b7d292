//! Who may vouch for which fact.
//!
//! | fact | knowledge, and what the property publishes | what we said in the thread | the prospect |
//! |---|---|---|---|
//! | link, e-mail address, telephone number | yes | no | no |
//! | sum, share | yes | yes | given back as theirs |
//! | day, time, month, number | yes | yes | yes; a number of three digits and more given back as theirs |
//! | day and time of a visit | stated hours | no | given back without a yes |
//!
//! A visit's day and time is otherwise one that can be had now ([`super::visit`]).

use std::collections::HashSet;

use jiff::civil::Date;

use super::Sources;
use super::facts::{Amount, Day, Fact, Month};
use super::sentence::{self, Sentence};

/// How well something is vouched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Support {
    /// In the thread only.
    Said,
    /// By what the property knows and publishes.
    Known,
}

/// Everything that may be quoted from, read once.
pub struct Known<'a> {
    pub knowledge: Vec<Sentence<'a>>,
    pub office: Vec<Sentence<'a>>,
    pub prospect: Vec<Sentence<'a>>,
    today: Date,
    numbers: HashSet<Amount>,
    office_numbers: HashSet<Amount>,
    prospect_numbers: HashSet<Amount>,
}

impl<'a> Known<'a> {
    /// `is_english`: in other languages the thread cannot be read, and vouches for nothing.
    pub fn of(sources: &Sources<'a>, is_english: bool) -> Self {
        let all = |texts: &[&'a str]| {
            texts
                .iter()
                .flat_map(|text| sentence::split(text))
                .collect()
        };
        let of_thread = |texts: &[&'a str]| if is_english { all(texts) } else { Vec::new() };
        let published = sources.knowledge.iter().copied();
        let published: Vec<&str> = published.chain(sources.published.iter().copied()).collect();
        let (knowledge, office, prospect) = (
            all(&published),
            of_thread(&sources.office),
            of_thread(&sources.prospect),
        );
        Self {
            numbers: numbers(&knowledge),
            office_numbers: numbers(&office),
            prospect_numbers: numbers(&prospect),
            today: sources.open.today,
            knowledge,
            office,
            prospect,
        }
    }

    /// Who vouches for a fact of that sentence. `None`: nobody.
    pub fn support(&self, fact: &Fact, sentence: &Sentence<'_>) -> Option<Support> {
        match fact {
            Fact::Link(link) => {
                self.published(|fact| matches!(fact, Fact::Link(known) if leads_to(known, link)))
            }
            Fact::Address(_) => self.published(|known| known == fact),
            Fact::Phone(phone) => {
                self.published(|fact| matches!(fact, Fact::Phone(known) if ends_with(known, phone)))
            }
            Fact::Money(_) | Fact::Percent(_) => self.by_us(fact).or_else(|| {
                let theirs = gives_back(sentence) && has(&self.prospect, fact);
                theirs.then_some(Support::Said)
            }),
            Fact::Number(number) => self.number(*number, sentence),
            Fact::Sign(_) => self.by_us(fact),
            Fact::Day(Day::Ahead(0)) => Some(Support::Known),
            Fact::Day(_) => self.by_anybody(fact),
            Fact::Month(month) => self.month(*month),
            Fact::Time(hour) => self.by_anybody(fact).or_else(|| {
                let number = hour.number().filter(|_| !hour.is_certain)?;
                self.number(number, sentence)
            }),
        }
    }

    fn published(&self, is: impl Fn(&Fact) -> bool) -> Option<Support> {
        let mut facts = self.knowledge.iter().flat_map(|said| &said.facts);
        facts.any(|found| is(&found.fact)).then_some(Support::Known)
    }

    fn by_us(&self, fact: &Fact) -> Option<Support> {
        let known = has(&self.knowledge, fact).then_some(Support::Known);
        known.or_else(|| has(&self.office, fact).then_some(Support::Said))
    }

    fn by_anybody(&self, fact: &Fact) -> Option<Support> {
        let by_us = self.by_us(fact);
        by_us.or_else(|| has(&self.prospect, fact).then_some(Support::Said))
    }

    fn number(&self, number: Amount, sentence: &Sentence<'_>) -> Option<Support> {
        const YEARS: std::ops::Range<u64> = 1900..2100;
        if self.numbers.contains(&number) {
            return Some(Support::Known);
        }
        let is_small = number < Amount::whole(100);
        let is_year = number.as_whole().is_some_and(|year| YEARS.contains(&year));
        let is_this_year = number == Amount::whole(self.today.year().unsigned_abs().into());
        let theirs = (is_small || is_year || gives_back(sentence))
            && self.prospect_numbers.contains(&number);
        (is_this_year || self.office_numbers.contains(&number) || theirs).then_some(Support::Said)
    }

    fn month(&self, month: Month) -> Option<Support> {
        let is_said = |fact: &Fact| match fact {
            Fact::Month(said) => said.fits(month),
            Fact::Day(Day::Date {
                year, month: said, ..
            }) => month.fits(Month {
                year: *year,
                month: *said,
            }),
            _ => false,
        };
        let said = |sentences: &[Sentence<'_>]| {
            let mut facts = sentences.iter().flat_map(|said| &said.facts);
            facts.any(|found| is_said(&found.fact))
        };
        let is_now = month.fits(Month {
            year: Some(self.today.year()),
            month: self.today.month(),
        });
        let known = said(&self.knowledge).then_some(Support::Known);
        known.or_else(|| {
            (is_now || said(&self.office) || said(&self.prospect)).then_some(Support::Said)
        })
    }
}

fn has(sentences: &[Sentence<'_>], fact: &Fact) -> bool {
    let mut facts = sentences.iter().flat_map(|said| &said.facts);
    facts.any(|found| found.fact.fits(fact))
}

/// The page itself, or the front page of its host.
fn leads_to(known: &str, link: &str) -> bool {
    let host = known.split(['/', '?', '#']).next().unwrap_or_default();
    known == link || (host == link && !known.contains("://"))
}

/// The whole number, or its local part.
fn ends_with(known: &str, phone: &str) -> bool {
    known == phone || (phone.len() == 7 && known.len() == 10 && known.ends_with(phone))
}

/// Every number of some sentences, also of their sums, days and times; not those of telephone numbers and links.
fn numbers(sentences: &[Sentence<'_>]) -> HashSet<Amount> {
    let mut numbers = HashSet::new();
    for sentence in sentences {
        for found in &sentence.facts {
            match &found.fact {
                Fact::Number(amount) | Fact::Money(amount) | Fact::Percent(amount) => {
                    numbers.insert(*amount);
                }
                Fact::Day(_) | Fact::Time(_) | Fact::Month(_) => {
                    let text = sentence.text.get(found.range.clone()).unwrap_or_default();
                    let digits = text.split(|c: char| !c.is_ascii_digit());
                    numbers.extend(
                        digits
                            .filter_map(|digits| digits.parse().ok())
                            .map(Amount::whole),
                    );
                }
                _ => {}
            }
        }
    }
    numbers
}

/// Whether a sentence gives the prospect's own words back as theirs, and says nothing of what the property
/// asks for or agrees to.
pub fn gives_back(sentence: &Sentence<'_>) -> bool {
    const THEIRS: [&str; 18] = [
        "your budget",
        "budget of",
        "budget is",
        "you mentioned",
        "you said",
        "you asked",
        "you wrote",
        "you told",
        "you noted",
        "you're looking",
        "you are looking",
        "you'd like",
        "you would like",
        "you need",
        "you want",
        "you prefer",
        "you requested",
        "your message",
    ];
    const OURS: [&str; 22] = [
        "rent",
        "rents",
        "price",
        "prices",
        "fee",
        "fees",
        "deposit",
        "discount",
        "special",
        "waive",
        "waived",
        "concession",
        "yes",
        "correct",
        "that's right",
        "confirm",
        "confirmed",
        "indeed",
        "agree",
        "honor",
        "match",
        "accept",
    ];
    sentence.says(&THEIRS) && !sentence.says(&OURS)
}
