//! Times of day.

use jiff::civil::Time;

use super::amount::{Amount, word_value};
use super::names::is_name;
use super::token::Tokens;

const HALF_DAY: u16 = 12 * 60;

/// A time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hour {
    /// Minutes since midnight.
    pub minute: u16,
    /// Whether it says which half of the day it means.
    pub is_certain: bool,
}

impl Hour {
    pub fn of(time: Time) -> Self {
        let minute = i16::from(time.hour()) * 60 + i16::from(time.minute());
        Self {
            minute: minute.unsigned_abs(),
            is_certain: true,
        }
    }

    /// Whether both can mean the same time.
    pub fn fits(self, other: Self) -> bool {
        if self.is_certain && other.is_certain {
            self.minute == other.minute
        } else {
            self.minute % HALF_DAY == other.minute % HALF_DAY
        }
    }

    /// On the hour, as its bare number.
    pub fn number(self) -> Option<Amount> {
        let hour = self.minute / 60;
        let hour = if hour.is_multiple_of(12) {
            12
        } else {
            hour % 12
        };
        self.minute
            .is_multiple_of(60)
            .then(|| Amount::whole(hour.into()))
    }
}

/// A time, and the place behind it: `10:30 am`, `10 a.m.`, `2pm`, `14:00`, `noon`, `ten o'clock`, and
/// `at 10` with nothing counted behind it.
pub fn read(tokens: &Tokens<'_>, at: usize) -> Option<(Hour, usize)> {
    let certain = |minute, next| {
        Some((
            Hour {
                minute,
                is_certain: true,
            },
            next,
        ))
    };
    match tokens.word(at) {
        "noon" | "midday" => return certain(HALF_DAY, at + 1),
        "midnight" => return certain(0, at + 1),
        _ => {}
    }
    let hour = match tokens.digits(at) {
        Some(_) => tokens.small(at, 2)?,
        None => u16::try_from(word_value(tokens.word(at))?).ok()?,
    };
    let minutes = (tokens.is(at + 1, ':') && tokens.is_glued(at + 1) && tokens.is_glued(at + 2))
        .then(|| tokens.small(at + 2, 2).filter(|minutes| *minutes < 60))
        .flatten();
    let next = if minutes.is_some() { at + 3 } else { at + 1 };
    let minute = hour * 60 + minutes.unwrap_or(0);
    if let Some((is_afternoon, next)) = half(tokens, next) {
        let half = if is_afternoon { HALF_DAY } else { 0 };
        return match hour {
            1..=12 => certain(minute % HALF_DAY + half, next),
            13..24 => certain(minute, next),
            _ => None,
        };
    }
    if hour >= 24 {
        return None;
    }
    let is_certain = hour > 12
        || tokens
            .digits(at)
            .is_some_and(|digits| digits.starts_with('0'));
    let read = Hour { minute, is_certain };
    if minutes.is_some() {
        return Some((read, next));
    }
    if tokens.word(next) == "o'clock" {
        return Some((read, next + 1));
    }
    let is_said = match tokens.word_before(at) {
        "at" | "around" | "until" | "till" | "by" | "before" | "after" => {
            counts_nothing(tokens, next)
        }
        "from" | "between" => begins_a_range(tokens, next),
        _ => false,
    };
    (is_said && (1..=12).contains(&hour)).then_some((read, next))
}

/// The hours of a day, from the first number to the second: "9-6" is from morning to evening, and in "9-10"
/// nobody knows of the second.
pub fn opening(from: u16, to: u16) -> [Hour; 2] {
    let opens = if (6..12).contains(&from) {
        from * 60
    } else {
        from % 12 * 60 + HALF_DAY
    };
    let closes = to % 12 * 60 + HALF_DAY;
    let certain = |minute, is_certain| Hour { minute, is_certain };
    [
        certain(opens, true),
        certain(closes, to <= from || from == 12),
    ]
}

/// Behind "from 9": "to 5", with nothing counted.
fn begins_a_range(tokens: &Tokens<'_>, at: usize) -> bool {
    let goes_on = matches!(tokens.word(at), "to" | "and" | "until" | "till") || tokens.is(at, '-');
    goes_on && tokens.digits(at + 1).is_some() && counts_nothing(tokens, at + 2)
}

/// `am`, `a.m.`, `PM`: whether it is the afternoon.
fn half(tokens: &Tokens<'_>, at: usize) -> Option<(bool, usize)> {
    let is_afternoon = match tokens.word(at) {
        "am" => return Some((false, at + 1)),
        "pm" => return Some((true, at + 1)),
        "a" => false,
        "p" => true,
        _ => return None,
    };
    let is_m = tokens.is(at + 1, '.') && tokens.is_glued(at + 1) && tokens.word(at + 2) == "m";
    let end = if tokens.is(at + 3, '.') && tokens.is_glued(at + 3) {
        at + 4
    } else {
        at + 3
    };
    is_m.then_some((is_afternoon, end))
}

/// Whether the number before that place stands alone: "at 10 on Saturday", and not "at 10 homes", "at 10%",
/// "at 1,850".
pub fn counts_nothing(tokens: &Tokens<'_>, at: usize) -> bool {
    const GOES_ON: [&str; 24] = [
        "and", "or", "to", "on", "in", "for", "if", "with", "this", "next", "today", "tomorrow",
        "until", "till", "works", "work", "would", "is", "as", "but", "so", "then", "suit",
        "suits",
    ];
    match tokens.word(at) {
        "" => {
            let goes_on = matches!(tokens.mark(at), Some(',' | '.' | ':'))
                && tokens.is_glued(at)
                && tokens.is_glued(at + 1)
                && tokens.digits(at + 1).is_some();
            !goes_on
                && !matches!(tokens.mark(at), Some('%' | '$' | '-' | '/'))
                && tokens.digits(at).is_none()
        }
        word => GOES_ON.contains(&word) || is_name(word),
    }
}
