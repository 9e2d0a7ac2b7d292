//! The names of days and months.

use jiff::civil::Weekday;

use super::token::Tokens;

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

/// The first to the twentieth.
pub const ORDINALS: [&str; 20] = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
];

/// The weekday named there.
pub fn weekday(tokens: &Tokens<'_>, at: usize) -> Option<Weekday> {
    let word = tokens.word(at);
    let word = word.strip_suffix("'s").unwrap_or(word);
    let full = word.strip_suffix('s').unwrap_or(word);
    if let Some((_, weekday)) = WEEKDAYS
        .iter()
        .find(|(name, _)| *name == full || *name == word)
    {
        return Some(*weekday);
    }
    let is_short = matches!(
        word,
        "mon" | "tue" | "tues" | "wed" | "thu" | "thur" | "thurs" | "fri" | "sat" | "sun"
    );
    let found = WEEKDAYS.iter().find(|(name, _)| name.starts_with(word));
    (is_short && tokens.is_capital(at)).then_some(found?.1)
}

/// Whether a word names a day.
pub fn is_name(word: &str) -> bool {
    let name = word.strip_suffix('s').unwrap_or(word);
    WEEKDAYS.iter().any(|(full, _)| *full == name) || matches!(name, "weekend" | "weekday")
}

/// The month named there, 1 to 12. "You may 2" names none.
pub fn month_at(tokens: &Tokens<'_>, at: usize) -> Option<u16> {
    let word = tokens.word(at);
    let is_clear = !matches!(word, "may" | "march") || tokens.is_capital(at);
    month(word).filter(|_| is_clear)
}

/// The month of that name, 1 to 12.
pub fn month(word: &str) -> Option<u16> {
    let is_month = |name: &str| name == word || (word.len() == 3 && name.starts_with(word));
    let word_is_sept = |name: &str| word == "sept" && name == "september";
    let place = MONTHS
        .iter()
        .position(|name| is_month(name) || word_is_sept(name))?;
    u16::try_from(place + 1).ok()
}
