//! Days: whether words can mean one, and whether somebody can plan to move on it.

use chrono::{Datelike, Month, NaiveDate, TimeDelta};

use super::{numbers, same, words};

/// Whether a quotation of that day can mean the date.
pub fn supports_date(quote: &str, date: NaiveDate, said_on: NaiveDate) -> bool {
    let told = words(quote);
    let text = told.join(" ");
    let has = |word: &str| told.iter().any(|other| other == word);
    let numbers = numbers(quote);
    let day = u64::from(date.day());
    let ordinal = told.iter().filter_map(|word| {
        let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        digits.parse::<u64>().ok()
    });
    let days: Vec<u64> = numbers.iter().copied().chain(ordinal).collect();
    let year = days.iter().find(|number| (1900..2200).contains(*number));
    if year.is_some_and(|year| *year != u64::from(date.year().unsigned_abs())) {
        return false;
    }
    let small: Vec<u64> = days
        .iter()
        .copied()
        .filter(|number| (1..=31).contains(number))
        .collect();
    let month = u64::from(date.month());
    if let Some(named) = named_month(&told) {
        let whole_month = small.is_empty();
        return named == date.month() && (whole_month || small.contains(&day));
    }
    if small.contains(&day) && small.contains(&month) && small.len() >= 2 {
        return true;
    }
    let away = (date - said_on).num_days();
    let within = |from: i64, to: i64| (from..=to).contains(&away);
    let months_on =
        (date.year() - said_on.year()) * 12 + date.month() as i32 - said_on.month() as i32;
    for (unit, length) in [("day", 1), ("week", 7), ("month", 30)] {
        if told.iter().any(|word| same(unit, word)) && !text.contains("next ") {
            let slack = (length / 2).max(2);
            return numbers
                .iter()
                .filter_map(|count| i64::try_from(*count).ok())
                .any(|count| within(count * length - slack, count * length + slack + count / 2))
                || (text.contains(&format!("this {unit}")) && within(0, length))
                || (text.contains(&format!("end of the {unit}")) && within(0, length + 1));
        }
    }
    if text.contains("next month") {
        return months_on == 1;
    }
    if text.contains("next week") {
        return within(1, 14);
    }
    if text.contains("next year") {
        return date.year() == said_on.year() + 1;
    }
    if ["asap", "immediately", "now", "today", "immediate"]
        .iter()
        .any(|word| has(word))
        || text.contains("right away")
        || text.contains("as soon as possible")
    {
        return within(0, 14);
    }
    if has("tomorrow") {
        return within(0, 2);
    }
    season(&told).is_some_and(|months| months.contains(&date.month()))
}

fn named_month(words: &[String]) -> Option<u32> {
    words.iter().find_map(|word| {
        let word = if word == "sept" { "sep" } else { word };
        word.parse::<Month>()
            .ok()
            .map(|month| month.number_from_month())
    })
}

fn season(words: &[String]) -> Option<&'static [u32]> {
    words.iter().find_map(|word| match word.as_str() {
        "spring" => Some(&[3, 4, 5, 6][..]),
        "summer" => Some(&[6, 7, 8, 9][..]),
        "fall" | "autumn" => Some(&[9, 10, 11, 12][..]),
        "winter" => Some(&[12, 1, 2, 3][..]),
        _ => None,
    })
}

/// The longest time ahead that somebody plans to move.
pub fn is_sensible_move(date: NaiveDate, today: NaiveDate) -> bool {
    date >= today && date <= today + TimeDelta::days(731)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_quotation_must_be_able_to_mean_the_date() {
        let on = "2026-12-02".parse().unwrap();
        for (quote, date, can) in [
            ("in January", "2027-01-01", true),
            ("in January", "2027-01-20", true),
            ("January 15", "2027-01-15", true),
            ("Jan 15th", "2027-01-15", true),
            ("January 15", "2027-01-16", false),
            ("in January", "2027-02-01", false),
            ("January 2028", "2027-01-01", false),
            ("1/15", "2027-01-15", true),
            ("2027-01-15", "2027-01-15", true),
            ("on 01/15/2027", "2027-01-15", true),
            ("next month", "2027-01-01", true),
            ("next month", "2027-02-01", false),
            ("in two weeks", "2026-12-16", true),
            ("in two weeks", "2027-01-16", false),
            ("in 3 months", "2027-03-02", true),
            ("ASAP", "2026-12-02", true),
            ("asap", "2027-03-01", false),
            ("this summer", "2027-07-01", true),
            ("this summer", "2027-01-01", false),
            ("hello there", "2027-01-01", false),
        ] {
            let date: NaiveDate = date.parse().unwrap();
            assert_eq!(supports_date(quote, date, on), can, "{quote} / {date}");
        }
    }

    #[test]
    fn nobody_plans_to_move_in_the_past_or_in_three_years() {
        let today = "2026-12-02".parse().unwrap();
        for (date, sensible) in [
            ("2026-12-01", false),
            ("2026-12-02", true),
            ("2028-12-01", true),
            ("2029-12-02", false),
        ] {
            assert_eq!(
                is_sensible_move(date.parse().unwrap(), today),
                sensible,
                "{date}"
            );
        }
    }
}
