//! Which days and times a sentence names together.

use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Weekday};

use super::{Open, Thread};
use crate::domain::draft::facts::{Day, Fact, Hour};
use crate::domain::draft::sentence::Sentence;

/// What a sentence offers. Times without a day are said of the day before, also in the sentence before.
pub fn offers(sentence: &Sentence<'_>, thread: &mut Thread, today: Date) -> Vec<Offer> {
    let mut offers = grouped(sentence, today);
    for offer in &mut offers {
        if offer.days.is_empty() {
            offer.days.clone_from(&thread.days);
        } else {
            thread.days.clone_from(&offer.days);
        }
    }
    offers
}

/// Days, and the times that are said of them.
#[derive(Clone, Debug, Default)]
pub struct Offer {
    days: Vec<Day>,
    hours: Vec<Hour>,
    /// "Saturday, 29 November" where that is a Sunday.
    is_contradiction: bool,
}

impl Offer {
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

/// Days with their times: "Saturday or Sunday at 10" is one offer, "Saturday at 10 or Monday at 2" are two,
/// "10 on Saturday" is one. "Saturday, 28 November" is one day.
fn grouped(sentence: &Sentence<'_>, today: Date) -> Vec<Offer> {
    let whens = || sentence.facts.iter().filter(|found| found.fact.is_when());
    let begins_with_time = whens().next().is_some_and(|found| found.fact.is_time());
    let mut offers: Vec<Offer> = Vec::new();
    let mut before: Option<(Day, usize)> = None;
    for found in whens() {
        match (&found.fact, offers.last_mut()) {
            (Fact::Time(hour), Some(offer)) if !begins_with_time || offer.days.is_empty() => {
                offer.hours.push(*hour);
            }
            (Fact::Time(hour), _) => offers.push(Offer {
                hours: vec![*hour],
                ..Offer::default()
            }),
            (Fact::Day(day), last) => {
                let beside = before.is_some_and(|(named, end)| {
                    let between = sentence.between(end..found.range.start);
                    is_another_name(named, *day, &between)
                });
                before = Some((*day, found.range.end));
                match last {
                    Some(offer) if beside => offer.narrow(*day, today),
                    Some(offer) if offer.hours.is_empty() || offer.days.is_empty() => {
                        offer.days.push(*day);
                    }
                    _ => offers.push(Offer {
                        days: vec![*day],
                        ..Offer::default()
                    }),
                }
            }
            _ => {}
        }
    }
    // "10 on Saturday or 2": the last time is said of the day before.
    if let [.., said, rest] = offers.as_mut_slice()
        && rest.days.is_empty()
    {
        rest.days.clone_from(&said.days);
    }
    offers
}

/// Whether two names side by side are of one day: a weekday and its date, "tomorrow, Friday".
fn is_another_name(first: Day, second: Day, between: &str) -> bool {
    let is_one_kind = std::mem::discriminant(&first) == std::mem::discriminant(&second);
    !is_one_kind && matches!(between, "" | "," | "the" | ", the" | "(")
}

impl Offer {
    /// Another name of the last day.
    fn narrow(&mut self, day: Day, today: Date) {
        let Some(last) = self.days.pop() else { return };
        let of_last = dates(last, today);
        let both = dates(day, today).iter().any(|date| of_last.contains(date));
        // A weekday further ahead than a week: the date says which.
        let far = match (last, day) {
            (Day::Weekday { weekday, .. }, date @ Day::Date { .. })
            | (date @ Day::Date { .. }, Day::Weekday { weekday, .. }) => dates(date, today)
                .iter()
                .any(|date| date.weekday() == weekday),
            _ => false,
        };
        self.is_contradiction |= !both && !far;
        self.days.push(if matches!(last, Day::Date { .. }) {
            last
        } else {
            day
        });
    }
}

/// The dates that a day can mean.
fn dates(day: Day, today: Date) -> Vec<Date> {
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
        Day::Weekend => (0..7)
            .map(ahead)
            .filter(|date| matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday))
            .collect(),
    }
}
