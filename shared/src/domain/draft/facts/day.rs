//! Days: dates, weekdays, and days counted from today.

use jiff::civil::{Date, Weekday};

use super::names::{ORDINALS, is_name, month, month_at, weekday};
use super::token::Tokens;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Day {
    /// Without a year it is the next one of that name.
    Date {
        year: Option<i16>,
        month: i8,
        day: i8,
    },
    /// `is_next`: "next Friday", which means either of two.
    Weekday {
        weekday: Weekday,
        is_next: bool,
    },
    /// 0 is today, 1 tomorrow.
    Ahead(u8),
    Weekend,
    /// Monday to Friday.
    Weekdays,
    /// "the 28th" behind a weekday.
    OfMonth(i8),
}

/// A month without a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Month {
    pub year: Option<i16>,
    pub month: i8,
}

impl Day {
    /// Whether both can name the same day. A date is not known by its weekday.
    pub fn fits(self, other: Self) -> bool {
        match (self, other) {
            (
                Self::Date { year, month, day },
                Self::Date {
                    year: other_year,
                    month: other_month,
                    day: other_day,
                },
            ) => (month, day) == (other_month, other_day) && fit(year, other_year),
            (Self::Weekday { weekday, .. }, Self::Weekday { weekday: other, .. }) => {
                weekday == other
            }
            (one, other) => one == other,
        }
    }
}

impl Month {
    pub fn fits(self, other: Self) -> bool {
        self.month == other.month && fit(self.year, other.year)
    }
}

/// A year that is not said fits any.
fn fit(one: Option<i16>, other: Option<i16>) -> bool {
    one.is_none() || other.is_none() || one == other
}

/// A day, and the place behind it.
pub fn read(tokens: &Tokens<'_>, at: usize) -> Option<(Day, usize)> {
    numeric(tokens, at)
        .or_else(|| named(tokens, at))
        .or_else(|| of_weekday(tokens, at))
        .or_else(|| relative(tokens, at))
}

/// `2026-03-09`, `3/9/2026`, `3/9`: month before day.
fn numeric(tokens: &Tokens<'_>, at: usize) -> Option<(Day, usize)> {
    let part = |place: usize, mark: char, digits: usize| {
        let joined = tokens.is(place, mark) && tokens.is_glued(place) && tokens.is_glued(place + 1);
        joined.then(|| tokens.small(place + 1, digits)).flatten()
    };
    let is_year = tokens.digits(at)?.len() == 4;
    if is_year {
        let (month, day) = (part(at + 1, '-', 2)?, part(at + 3, '-', 2)?);
        let year = tokens.small(at, 4)?;
        return Some((date(Some(year), month, day)?, at + 5));
    }
    let (month, day) = (tokens.small(at, 2)?, part(at + 1, '/', 2)?);
    match part(at + 3, '/', 4) {
        Some(year) => Some((date(Some(year), month, day)?, at + 5)),
        None => Some((date(None, month, day)?, at + 3)),
    }
}

/// `March 9`, `Mar. 9th, 2026`, `9 March 2026`, `the 9th of March`, `March ninth`.
fn named(tokens: &Tokens<'_>, at: usize) -> Option<(Day, usize)> {
    if let Some((number, mut next)) = of_month(tokens, at) {
        if tokens.word(next) == "of" {
            next += 1;
        }
        let month = month_at(tokens, next)?;
        let (year, next) = year(tokens, next + 1);
        return Some((date(year, month, number)?, next));
    }
    let month = month_at(tokens, at)?;
    let next = if tokens.is(at + 1, '.') {
        at + 2
    } else {
        at + 1
    };
    let next = if tokens.word(next) == "the" {
        next + 1
    } else {
        next
    };
    let (number, next) = of_month(tokens, next).or_else(|| {
        let place = ORDINALS
            .iter()
            .position(|word| *word == tokens.word(next))?;
        Some((u16::try_from(place).ok()? + 1, next + 1))
    })?;
    let (year, next) = year(tokens, next);
    Some((date(year, month, number)?, next))
}

/// `the 28th` behind a weekday, with or without its comma and article.
fn of_weekday(tokens: &Tokens<'_>, at: usize) -> Option<(Day, usize)> {
    let (number, next) = of_month(tokens, at).filter(|(_, next)| *next == at + 2)?;
    let is_joint = |at: usize| tokens.is(at, ',') || tokens.word(at) == "the";
    let before = (1..=3).map_while(|back| at.checked_sub(back));
    let before = before.into_iter().find(|before| !is_joint(*before))?;
    weekday(tokens, before)?;
    let day = i8::try_from(number).ok()?;
    (1..=31).contains(&day).then_some((Day::OfMonth(day), next))
}

/// The number of a day: `9`, `9th`.
fn of_month(tokens: &Tokens<'_>, at: usize) -> Option<(u16, usize)> {
    let number = tokens.small(at, 2)?;
    let is_ordinal =
        matches!(tokens.word(at + 1), "st" | "nd" | "rd" | "th") && tokens.is_glued(at + 1);
    Some((number, if is_ordinal { at + 2 } else { at + 1 }))
}

fn year(tokens: &Tokens<'_>, at: usize) -> (Option<u16>, usize) {
    let place = if tokens.is(at, ',') { at + 1 } else { at };
    match tokens.small(place, 4) {
        Some(year) if (1900..2100).contains(&year) => (Some(year), place + 1),
        _ => (None, at),
    }
}

fn date(year: Option<u16>, month: u16, day: u16) -> Option<Day> {
    let year = match year {
        Some(short @ ..100) => Some(short + 2000),
        year => year,
    };
    let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
    let year = year.map(i16::try_from).transpose().ok()?;
    Date::new(year.unwrap_or(2028), month, day).ok()?; // a leap year
    Some(Day::Date { year, month, day })
}

fn relative(tokens: &Tokens<'_>, at: usize) -> Option<(Day, usize)> {
    let word = tokens.word(at);
    let before = tokens.word_before(at);
    let day = match word {
        "today" | "tonight" => Day::Ahead(0),
        "tomorrow" if before == "after" => Day::Ahead(2),
        "tomorrow" => Day::Ahead(1),
        "weekend" | "weekends" => Day::Weekend,
        "weekday" | "weekdays" => Day::Weekdays,
        _ => Day::Weekday {
            weekday: weekday(tokens, at)?,
            is_next: before == "next",
        },
    };
    let is_short = tokens.is(at + 1, '.') && tokens.is_glued(at + 1) && word.len() <= 5;
    Some((
        day,
        if is_short && !is_name(word) {
            at + 2
        } else {
            at + 1
        },
    ))
}

/// A month alone, and the place behind it: `in January`, `March 2027`. "May" and "march" are words, too.
pub fn month_alone(tokens: &Tokens<'_>, at: usize) -> Option<(Month, usize)> {
    let word = tokens.word(at);
    let month = i8::try_from(month(word)?).ok()?;
    let (year, next) = year(tokens, at + 1);
    let is_clear = match word {
        "may" | "march" => matches!(
            tokens.word_before(at),
            "in" | "by"
                | "of"
                | "until"
                | "from"
                | "for"
                | "this"
                | "next"
                | "early"
                | "late"
                | "mid"
                | "since"
        ),
        _ => true,
    };
    let year = year.and_then(|year| i16::try_from(year).ok());
    ((is_clear || year.is_some()) && tokens.is_capital(at)).then_some((Month { year, month }, next))
}
