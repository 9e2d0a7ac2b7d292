//! Days, and the times that are said of them.

use jiff::civil::{Date, Weekday};

use super::offer::dates;
use crate::domain::draft::facts::{Day, Fact, Found, Hour};
use crate::domain::draft::sentence::Sentence;

#[derive(Clone, Debug, Default)]
pub struct Group {
    /// All of them: "Monday to Wednesday" are three.
    pub days: Vec<Day>,
    pub hours: Vec<Hour>,
    /// "9 to 6", and not "9 or 6".
    pub is_range: bool,
    /// "Saturday, 29 November" where that is a Sunday.
    pub is_contradiction: bool,
}

/// Days with their times: "Saturday or Sunday at 10" is one group, "Saturday at 10 or Monday at 2" are two,
/// "10 on Saturday" is one. "Saturday, 28 November" is one day.
pub fn grouped(clause: &Sentence<'_>, today: Date) -> Vec<Group> {
    let mut groups = Groups {
        all: Vec::new(),
        begins_with_time: false,
        before: None,
        today,
    };
    for found in clause.facts.iter().filter(|found| found.fact.is_when()) {
        groups.take(clause, found);
    }
    let mut groups = groups.all;
    // "10 on Saturday or 2": the last time is said of the day before.
    if let [.., said, rest] = groups.as_mut_slice()
        && rest.days.is_empty()
    {
        rest.days.clone_from(&said.days);
    }
    groups
}

struct Groups<'a> {
    all: Vec<Group>,
    begins_with_time: bool,
    before: Option<&'a Found>,
    today: Date,
}

impl<'a> Groups<'a> {
    fn take(&mut self, clause: &Sentence<'_>, found: &'a Found) {
        self.begins_with_time |= self.before.is_none() && found.fact.is_time();
        let gap = self
            .before
            .map(|before| clause.between(before.range.end..found.range.start));
        let gap = gap.unwrap_or_default();
        match &found.fact {
            Fact::Time(hour) => self.take_hour(clause, *hour, &gap),
            Fact::Day(day) => self.take_day(*day, &gap),
            _ => {}
        }
        self.before = Some(found);
    }

    fn take_hour(&mut self, clause: &Sentence<'_>, hour: Hour, gap: &str) {
        let begins_with_time = self.begins_with_time;
        let follows_hour = self.before.is_some_and(|before| before.fact.is_time());
        match self.all.last_mut() {
            Some(group) if !begins_with_time || group.days.is_empty() => {
                let between = gap == "and" && clause.says(&["between"]);
                group.is_range |= follows_hour && (is_range(gap) || between);
                group.hours.push(hour);
            }
            _ => self.all.push(Group {
                hours: vec![hour],
                ..Group::default()
            }),
        }
    }

    fn take_day(&mut self, day: Day, gap: &str) {
        let named = match self.before.map(|before| &before.fact) {
            Some(Fact::Day(named)) => Some(*named),
            _ => None,
        };
        match (self.all.last_mut(), named) {
            (Some(group), Some(named)) if is_another_name(named, day, gap) => {
                group.narrow(day, self.today);
            }
            (Some(group), Some(named)) if is_range(gap) => group.days.extend(behind(named, day)),
            (Some(group), named)
                if group.hours.is_empty()
                    || group.days.is_empty()
                    || self.begins_with_time && named.is_some() =>
            {
                group.days.push(day);
            }
            _ => self.all.push(Group {
                days: vec![day],
                ..Group::default()
            }),
        }
    }
}

/// What stands between the ends of a range.
fn is_range(gap: &str) -> bool {
    matches!(
        gap,
        "-" | "–" | "—" | "to" | "through" | "thru" | "until" | "till"
    )
}

/// The days behind the first, to the last.
fn behind(first: Day, last: Day) -> Vec<Day> {
    let (Day::Weekday { weekday: from, .. }, Day::Weekday { weekday: to, .. }) = (first, last)
    else {
        return vec![last];
    };
    let week = from.cycle_forward().skip(1).take(7);
    let mut days = Vec::new();
    for weekday in week {
        days.push(self::weekday(weekday));
        if weekday == to {
            break;
        }
    }
    days
}

fn weekday(weekday: Weekday) -> Day {
    Day::Weekday {
        weekday,
        is_next: false,
    }
}

/// Whether two names side by side are of one day: a weekday and its date, "tomorrow, Friday".
fn is_another_name(first: Day, second: Day, between: &str) -> bool {
    let is_one_kind = std::mem::discriminant(&first) == std::mem::discriminant(&second);
    !is_one_kind && matches!(between, "" | "," | "the" | ", the" | "(")
}

impl Group {
    /// Another name of the last day.
    fn narrow(&mut self, day: Day, today: Date) {
        let Some(last) = self.days.pop() else { return };
        let (of_last, of_day) = (dates(last, today), dates(day, today));
        let both = of_day.iter().any(|date| of_last.contains(date));
        // A weekday further ahead than a week: the date says which.
        let falls_on = |weekday: Weekday, dates: &[Date]| {
            let mut dates = dates.iter();
            dates.any(|date| date.weekday() == weekday)
        };
        let far = match (last, day) {
            (Day::Weekday { weekday, .. }, _) => falls_on(weekday, &of_day),
            (_, Day::Weekday { weekday, .. }) => falls_on(weekday, &of_last),
            _ => false,
        };
        self.is_contradiction |= !both && !far;
        let says_which = matches!(last, Day::Date { .. } | Day::OfMonth(_));
        self.days.push(if says_which { last } else { day });
    }

    /// Every day by itself: weekdays and weekends are the days that they mean.
    pub fn each_day(&self) -> Vec<Day> {
        let each = |day: &Day| match day {
            Day::Weekdays => [weekday(Weekday::Monday)]
                .into_iter()
                .chain(behind(weekday(Weekday::Monday), weekday(Weekday::Friday)))
                .collect(),
            Day::Weekend => vec![weekday(Weekday::Saturday), weekday(Weekday::Sunday)],
            day => vec![*day],
        };
        self.days.iter().flat_map(each).collect()
    }
}
