//! Which visits a clause offers, and whether they can be had.

use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Weekday};

use super::group::{Group, grouped};
use super::{Open, Thread};
use crate::domain::draft::facts::{Day, Hour};
use crate::domain::draft::sentence::Sentence;

/// What a clause offers. Times without a day are said of the day before, also in the clause before.
pub fn offers(clause: &Sentence<'_>, thread: &mut Thread, today: Date) -> Vec<Group> {
    let mut offers = grouped(clause, today);
    for offer in &mut offers {
        if offer.days.is_empty() {
            offer.days.clone_from(&thread.days);
        } else {
            thread.days.clone_from(&offer.days);
        }
    }
    offers
}

impl Group {
    /// Each day has each of the times open; without a time, any.
    pub fn is_open(&self, open: Open<'_>) -> bool {
        let has_all = |day: &Day| {
            let starts: Vec<DateTime> = starts(*day, open).collect();
            let is_met = |hour: &Hour| starts.iter().any(|start| hour.fits(Hour::of(start.time())));
            !starts.is_empty() && self.hours.iter().all(is_met)
        };
        !self.is_contradiction && !self.days.is_empty() && self.days.iter().all(has_all)
    }

    /// When the first of it is over: a day without a time with its last visit.
    pub fn over_at(&self, open: Open<'_>) -> Option<DateTime> {
        let of_day = |day: &Day| {
            if self.hours.is_empty() {
                return starts(*day, open).max();
            }
            let is_said = |start: &DateTime| {
                self.hours
                    .iter()
                    .any(|hour| hour.fits(Hour::of(start.time())))
            };
            starts(*day, open).filter(is_said).min()
        };
        self.days.iter().filter_map(of_day).min()
    }
}

/// The visits of a day.
fn starts(day: Day, open: Open<'_>) -> impl Iterator<Item = DateTime> {
    let dates = dates(day, open.today);
    open.starts
        .iter()
        .copied()
        .filter(move |start| dates.contains(&start.date()))
}

/// The dates that a day can mean.
pub fn dates(day: Day, today: Date) -> Vec<Date> {
    let ahead = |days: i64| today.saturating_add(days.days());
    match day {
        Day::Ahead(days) => vec![ahead(days.into())],
        Day::Date {
            year: Some(year),
            month,
            day,
        } => Date::new(year, month, day).into_iter().collect(),
        Day::Date {
            year: None,
            month,
            day,
        } => {
            let years = [today.year(), today.year().saturating_add(1)];
            let all = years
                .into_iter()
                .filter_map(|year| Date::new(year, month, day).ok());
            all.filter(|date| *date >= today).take(1).collect()
        }
        Day::Weekday { weekday, is_next } => {
            let coming = (0..7).map(ahead).find(|date| date.weekday() == weekday);
            let coming = coming.unwrap_or(today);
            let following = coming.saturating_add(7.days());
            if is_next || coming == today {
                vec![coming, following]
            } else {
                vec![coming]
            }
        }
        Day::OfMonth(day) => {
            let ahead = (0..62).map(ahead).filter(|date| date.day() == day);
            ahead.take(1).collect()
        }
        Day::Weekend | Day::Weekdays => {
            let is_end = |date: Date| matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
            let week = (0..7).map(ahead);
            week.filter(|date| is_end(*date) == (day == Day::Weekend))
                .collect()
        }
    }
}
