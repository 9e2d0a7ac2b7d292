//! What a text states that can be compared: sums, shares, days, times, telephone numbers, links,
//! addresses, numbers. Pure reading; whether any of it is true is asked elsewhere.

mod amount;
mod clock;
mod contact;
mod day;
mod names;
mod token;

use std::ops::Range;

pub use amount::Amount;
pub use clock::Hour;
pub use day::{Day, Month};
use token::Tokens;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Fact {
    Money(Amount),
    Percent(Amount),
    Day(Day),
    Month(Month),
    Time(Hour),
    /// Digits without separators and without the 1 of North America.
    Phone(String),
    /// Lower case, without `https://`, `www.` and a last slash.
    Link(String),
    /// Lower case.
    Address(String),
    Number(Amount),
    /// A digit that is none of 0–9, such as ½.
    Sign(char),
}

impl Fact {
    pub fn is_day(&self) -> bool {
        matches!(self, Self::Day(_))
    }

    /// Whether it is of the calendar: a day or a month.
    pub fn is_of_calendar(&self) -> bool {
        matches!(self, Self::Day(_) | Self::Month(_))
    }

    pub fn is_time(&self) -> bool {
        matches!(self, Self::Time(_))
    }

    /// Whether it says when something is.
    pub fn is_when(&self) -> bool {
        self.is_day() || self.is_time()
    }

    /// Whether both can state the same.
    pub fn fits(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Time(one), Self::Time(other)) => one.fits(*other),
            (Self::Day(one), Self::Day(other)) => one.fits(*other),
            (Self::Month(one), Self::Month(other)) => one.fits(*other),
            (one, other) => one == other,
        }
    }
}

/// A fact and the bytes of the text that state it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub fact: Fact,
    pub range: Range<usize>,
}

/// Every fact of a text, in the order in which they stand.
pub fn read(text: &str) -> Vec<Found> {
    let mut found = contact::read(text);
    let tokens = Tokens::of(text, &contact::ranges(&found));
    let mut at = 0;
    while at < tokens.len() {
        match recognised(&tokens, at) {
            Some((fact, next)) => {
                let range = tokens.range(at, next);
                found.push(Found { fact, range });
                at = next;
            }
            None => at += 1,
        }
    }
    found.sort_by_key(|found| found.range.start);
    join(text, &tokens, &mut found);
    found
}

fn recognised(tokens: &Tokens<'_>, at: usize) -> Option<(Fact, usize)> {
    fn make<T>(kind: fn(T) -> Fact) -> impl FnOnce((T, usize)) -> (Fact, usize) {
        move |(value, next)| (kind(value), next)
    }
    let read = contact::phone(tokens, at).map(make(Fact::Phone));
    let read = read.or_else(|| day::read(tokens, at).map(make(Fact::Day)));
    let read = read.or_else(|| amount::money(tokens, at).map(make(Fact::Money)));
    let read = read.or_else(|| amount::percent(tokens, at).map(make(Fact::Percent)));
    let read = read.or_else(|| clock::read(tokens, at).map(make(Fact::Time)));
    let read = read.or_else(|| day::month_alone(tokens, at).map(make(Fact::Month)));
    let read = read.or_else(|| amount::number(tokens, at).map(make(Fact::Number)));
    read.or_else(|| {
        let sign = tokens.mark(at).filter(|mark| mark.is_numeric())?;
        Some((Fact::Sign(sign), at + 1))
    })
}

/// Reads numbers by their neighbours: in "9 to 6 pm" and "10 or 11:30" all are times, in "$1,850–1,950"
/// both are sums.
fn join(text: &str, tokens: &Tokens<'_>, found: &mut [Found]) {
    let joined = |one: &Found, other: &Found| {
        let between = text[one.range.end..other.range.start].trim().to_lowercase();
        matches!(
            between.as_str(),
            "-" | "–"
                | "—"
                | "to"
                | "or"
                | "and"
                | "until"
                | "till"
                | ","
                | ", or"
                | ", and"
                | "/"
                | "through"
        )
    };
    let place = |byte: usize| tokens.at_or_behind(byte);
    for index in 1..found.len() {
        let behind = place(found[index].range.end);
        let is_day = |next: &Found| next.fact.is_day() && place(next.range.start) == behind;
        let stands_alone =
            clock::counts_nothing(tokens, behind) || found.get(index + 1).is_some_and(is_day);
        if let Some([opens, closes]) = opening(text, found, index).filter(|_| stands_alone) {
            found[index - 1].fact = Fact::Time(opens);
            found[index].fact = Fact::Time(closes);
        }
    }
    for index in (1..found.len()).rev() {
        if joined(&found[index - 1], &found[index])
            && let (Fact::Number(number), Fact::Time(_)) =
                (&found[index - 1].fact, &found[index].fact)
            && let Some(hour) = bare_hour(*number)
        {
            found[index - 1].fact = Fact::Time(hour);
        }
    }
    for index in 1..found.len() {
        if !joined(&found[index - 1], &found[index]) {
            continue;
        }
        let Fact::Number(number) = found[index].fact else {
            continue;
        };
        match found[index - 1].fact {
            Fact::Time(_) => {
                let stands_alone = clock::counts_nothing(tokens, place(found[index].range.end));
                if let Some(hour) = bare_hour(number).filter(|_| stands_alone) {
                    found[index].fact = Fact::Time(hour);
                }
            }
            Fact::Money(_) if number >= Amount::whole(100) => {
                found[index].fact = Fact::Money(number)
            }
            _ => {}
        }
    }
}

/// The hours of a day that two bare numbers beside it name: "Mon-Fri 9-6", "10 to 5 on Saturday".
fn opening(text: &str, found: &[Found], last: usize) -> Option<[Hour; 2]> {
    let first = last.checked_sub(1)?;
    let gap = |one: usize, other: usize| {
        let (one, other) = (found.get(one)?, found.get(other)?);
        Some(text[one.range.end..other.range.start].trim().to_lowercase())
    };
    let is_day = |at: usize| found.get(at).is_some_and(|found| found.fact.is_day());
    let hour = |at: usize| match found[at].fact {
        Fact::Number(number) => number.as_whole().filter(|hour| (1..=12).contains(hour)),
        _ => None,
    };
    let (from, to) = (hour(first)?, hour(last)?);
    let is_range = matches!(gap(first, last)?.as_str(), "-" | "–" | "—" | "to");
    let behind_day = first.checked_sub(1).is_some_and(|before| {
        let gap = gap(before, first);
        is_day(before)
            && matches!(
                gap.as_deref(),
                Some("" | ":" | "," | "from" | ", from" | "is")
            )
    });
    let before_day =
        is_day(last + 1) && matches!(gap(last, last + 1).as_deref(), Some("" | "," | "on"));
    let hours = || {
        Some(clock::opening(
            u16::try_from(from).ok()?,
            u16::try_from(to).ok()?,
        ))
    };
    (is_range && (behind_day || before_day)).then(hours)?
}

/// A number as an hour of the clock on the wall.
fn bare_hour(number: Amount) -> Option<Hour> {
    let hour = number.as_whole().filter(|hour| (1..=12).contains(hour))?;
    Some(Hour {
        minute: u16::try_from(hour).ok()? * 60,
        is_certain: false,
    })
}
