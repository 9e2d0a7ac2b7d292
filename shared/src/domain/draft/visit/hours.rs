//! The office hours as the property states them, said again in other words.

use jiff::civil::Date;

use super::group::{Group, grouped};
use crate::domain::draft::facts::{Day, Hour};
use crate::domain::draft::sentence::Sentence;

/// Whether the knowledge states the days and times of a clause: in the very same words, or group by group
/// ("Monday to Friday" "9 to 6", "Saturday" "10 to 5"), each in one group of the knowledge that has these
/// times and no fewer days.
pub fn are_stated(
    clause: &Sentence<'_>,
    whole: &Sentence<'_>,
    knowledge: &[Sentence<'_>],
    today: Date,
) -> bool {
    fn words<'a>(sentence: &'a Sentence<'_>) -> &'a str {
        sentence.plain.trim_end_matches(['.', '!'])
    }
    let stated = || {
        let groups = knowledge.iter().flat_map(|stated| grouped(stated, today));
        groups.collect::<Vec<Group>>()
    };
    let is_quoted = knowledge.iter().any(|said| words(said) == words(whole));
    is_quoted || {
        let (groups, stated) = (grouped(clause, today), stated());
        let is_stated = |group: &Group| {
            stated
                .iter()
                .any(|other| says_no_more(group, other, clause))
        };
        !groups.is_empty() && groups.iter().all(is_stated)
    }
}

fn says_no_more(group: &Group, stated: &Group, clause: &Sentence<'_>) -> bool {
    let days = stated.each_day();
    let has_days = group
        .each_day()
        .iter()
        .all(|day| days.iter().any(|other| other.fits(*day)));
    let is_range = group.is_range && stated.is_range && stated.hours.len() == 2;
    let is_fine = match group.hours.as_slice() {
        [] => !stated.days.is_empty() && clause.says(&["open", "hours", "office"]),
        [hour] => is_end(*hour, stated, clause) || is_dated(group) && stated.hours == [*hour],
        [opens, closes] => is_range && opens.fits(stated.hours[0]) && closes.fits(stated.hours[1]),
        _ => false,
    };
    has_days && is_fine && !group.is_contradiction
}

/// "Open until 6 p.m.", "opens at 9".
fn is_end(hour: Hour, stated: &Group, clause: &Sentence<'_>) -> bool {
    const CLOSES: [&str; 6] = [
        "until",
        "till",
        "closes at",
        "close at",
        "closing at",
        "closes",
    ];
    const OPENS: [&str; 5] = ["opens at", "open at", "opening at", "open from", "opens"];
    let [opens, closes] = stated.hours.as_slice() else {
        return false;
    };
    stated.is_range
        && (clause.says(&CLOSES) && hour.fits(*closes) || clause.says(&OPENS) && hour.fits(*opens))
}

fn is_dated(group: &Group) -> bool {
    let mut days = group.days.iter();
    days.any(|day| matches!(day, Day::Date { .. }))
}
