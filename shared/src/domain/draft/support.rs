//! Who may vouch for which fact.
//!
//! | fact | knowledge, and what the property publishes | what we said in the thread | the prospect |
//! |---|---|---|---|
//! | link, e-mail address, telephone number | yes | no | no |
//! | share | yes | yes | no |
//! | sum, number of three digits and more | yes; a number counts the same thing | yes | given back in a fixed form |
//! | day, time, month | yes | yes | in a clause that takes it up, without a yes |
//! | small number | yes | yes | yes |
//! | day and time of a visit | stated hours | no | in a clause that declines it or hands it on |
//!
//! A visit's day and time is otherwise one that can be had now ([`super::visit`]); what the prospect's words
//! may be used for is [`super::theirs`].

use std::collections::HashSet;

use jiff::civil::Date;

use super::Sources;
use super::facts::{Amount, Day, Fact, Found, Month};
use super::numbers::{self, Counted};
use super::sentence::{self, Sentence};
use super::theirs;

/// How well something is vouched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Support {
    /// In the thread only.
    Said,
    /// By what the property knows and publishes.
    Known,
}

/// A fact of a letter, and where it stands.
#[derive(Clone, Copy)]
pub struct Stated<'a, 'b> {
    pub found: &'a Found,
    pub sentence: &'a Sentence<'b>,
    pub clause: &'a Sentence<'b>,
}

/// Everything that may be quoted from, read once.
pub struct Known<'a> {
    pub knowledge: Vec<Sentence<'a>>,
    pub office: Vec<Sentence<'a>>,
    pub prospect: Vec<Sentence<'a>>,
    today: Date,
    numbers: HashSet<Counted>,
    office_numbers: HashSet<Counted>,
    prospect_numbers: HashSet<Amount>,
    /// Of the prospect's sums, days and times.
    prospect_others: HashSet<Amount>,
}

impl<'a> Known<'a> {
    pub fn of(sources: &Sources<'a>) -> Self {
        let all = |texts: &[&'a str]| -> Vec<Sentence<'a>> {
            let sentences = texts.iter().flat_map(|text| sentence::split(text));
            sentences.collect()
        };
        let published = sources.knowledge.iter().copied();
        let published: Vec<&str> = published.chain(sources.published.iter().copied()).collect();
        let (knowledge, office) = (all(&published), all(&sources.office));
        let prospect = all(&sources.prospect);
        let both = |sentences: &[Sentence<'_>]| -> HashSet<Counted> {
            let mut both = numbers::stated(sentences);
            both.extend(numbers::within(sentences));
            both
        };
        let amounts = |numbers: HashSet<Counted>| -> HashSet<Amount> {
            numbers.into_iter().map(|number| number.amount).collect()
        };
        Self {
            numbers: both(&knowledge),
            office_numbers: both(&office),
            prospect_numbers: amounts(numbers::stated(&prospect)),
            prospect_others: amounts(numbers::within(&prospect)),
            today: sources.open.today,
            knowledge,
            office,
            prospect,
        }
    }

    /// What the property says and what we said.
    pub fn ours(&self) -> Vec<&Sentence<'a>> {
        self.knowledge.iter().chain(&self.office).collect()
    }

    /// Every word of what the property says, lower case.
    pub fn words(&self) -> HashSet<String> {
        let words = |said: &Sentence<'_>| -> Vec<String> {
            let words = said.plain.split(|c: char| !c.is_alphabetic() && c != '\'');
            words.map(str::to_owned).collect()
        };
        self.knowledge.iter().flat_map(words).collect()
    }

    /// Who vouches for a fact. `None`: nobody.
    pub fn support(&self, stated: Stated<'_, '_>) -> Option<Support> {
        let fact = &stated.found.fact;
        match fact {
            Fact::Link(link) => {
                self.published(|fact| matches!(fact, Fact::Link(known) if leads_to(known, link)))
            }
            Fact::Address(_) => self.published(|known| known == fact),
            Fact::Phone(phone) => {
                self.published(|fact| matches!(fact, Fact::Phone(known) if ends_with(known, phone)))
            }
            Fact::Money(_) => self.by_us(fact).or_else(|| {
                let theirs = has(&self.prospect, fact) && self.is_given_back(stated);
                theirs.then_some(Support::Said)
            }),
            Fact::Percent(_) | Fact::Sign(_) => self.by_us(fact),
            Fact::Number(number) => self.number(*number, stated),
            Fact::Day(Day::Ahead(0)) => Some(Support::Known),
            Fact::Month(month) => self.month(*month, stated),
            Fact::Day(_) => self.when(stated),
            Fact::Time(hour) => self.when(stated).or_else(|| {
                let number = hour.number().filter(|_| !hour.is_certain)?;
                let number = Counted::at(stated.sentence, stated.found, number);
                self.numbers.contains(&number).then_some(Support::Known)
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

    fn is_given_back(&self, stated: Stated<'_, '_>) -> bool {
        let is_ours = |found: &Found| {
            matches!(found.fact, Fact::Money(_)) && self.by_us(&found.fact).is_some()
        };
        let names_ours = stated.sentence.facts.iter().any(is_ours);
        let is_left_open = theirs::hands_on(stated.clause) && !theirs::agrees(stated.sentence);
        let (at, clause) = (&stated.found.range, stated.clause);
        is_left_open || theirs::gives_back(stated.sentence, clause, at, names_ours)
    }

    fn when(&self, stated: Stated<'_, '_>) -> Option<Support> {
        let fact = &stated.found.fact;
        let theirs = || has(&self.prospect, fact) && is_taken_up(stated);
        let by_us = self.by_us(fact);
        by_us.or_else(|| theirs().then_some(Support::Said))
    }

    fn number(&self, number: Amount, stated: Stated<'_, '_>) -> Option<Support> {
        let counted = Counted::at(stated.sentence, stated.found, number);
        if self.numbers.contains(&counted) || numbers::is_haste(stated.sentence, stated.found) {
            return Some(Support::Known);
        }
        let is_theirs = self.prospect_numbers.contains(&number);
        let is_in_theirs = is_theirs || self.prospect_others.contains(&number);
        let is_small = number < Amount::whole(100);
        let is_year = numbers::is_year(stated.sentence, stated.found);
        let is_this_year = number == Amount::whole(self.today.year().unsigned_abs().into());
        let said = self.office_numbers.contains(&counted)
            || is_small && (is_theirs || is_in_theirs && is_taken_up(stated))
            || is_year && (is_theirs || is_this_year)
            || is_in_theirs && self.is_given_back(stated);
        said.then_some(Support::Said)
    }

    fn month(&self, month: Month, stated: Stated<'_, '_>) -> Option<Support> {
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
            let theirs = said(&self.prospect) && is_taken_up(stated);
            (is_now || said(&self.office) || theirs).then_some(Support::Said)
        })
    }
}

/// Whether the clause takes the prospect's words up, and the sentence does not agree to them.
fn is_taken_up(stated: Stated<'_, '_>) -> bool {
    theirs::takes_up(stated.clause) && !theirs::agrees(stated.sentence)
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
