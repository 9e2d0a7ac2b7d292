//! When an agent receives prospects: a weekly template, and dates that differ from it.

use std::collections::BTreeMap;

use jiff::civil::{Date, Weekday};

/// Minutes of a day on the clock; `24:00` is the midnight that ends it.
const DAY: u16 = 24 * 60;

/// One stretch of a day, by the clock on the wall, in minutes after 00:00; never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Window {
    opens: u16,
    closes: u16,
}

/// The text is not a time of day as `HH:MM`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a time of day as HH:MM")]
pub struct InvalidTime;

impl Window {
    /// Reads two times `HH:MM`, of which the end may be `24:00`.
    ///
    /// `Ok(None)` when the end is not after the start: such a window is never open. Hours that run
    /// past midnight are two windows, one on each day.
    pub fn parse(start: &str, end: &str) -> Result<Option<Self>, InvalidTime> {
        let opens = minutes(start).filter(|&minutes| minutes < DAY);
        let (opens, closes) = opens.zip(minutes(end)).ok_or(InvalidTime)?;
        Ok((opens < closes).then_some(Self { opens, closes }))
    }

    /// Minutes after 00:00, up to 1439.
    pub fn opens(&self) -> u16 {
        self.opens
    }

    /// Minutes after 00:00, up to 1440, which is the next midnight.
    pub fn closes(&self) -> u16 {
        self.closes
    }
}

fn minutes(text: &str) -> Option<u16> {
    let &[h1, h2, b':', m1, m2] = text.as_bytes() else {
        return None;
    };
    let digit = |byte: u8| byte.is_ascii_digit().then(|| u16::from(byte - b'0'));
    let (hours, rest) = (digit(h1)? * 10 + digit(h2)?, digit(m1)? * 10 + digit(m2)?);
    let minutes = hours * 60 + rest;
    (rest < 60 && minutes <= DAY).then_some(minutes)
}

/// An agent's hours, in the calendar's own zone. Without any: closed.
///
/// A day may have several windows, which may overlap. A date that is named wins over its weekday.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkingHours {
    /// From Monday.
    week: [Vec<Window>; 7],
    dates: BTreeMap<Date, Vec<Window>>,
}

impl WorkingHours {
    /// Sets the hours of every such weekday; no window means closed.
    pub fn set_weekday(&mut self, weekday: Weekday, windows: Vec<Window>) {
        if let Some(day) = self.week.get_mut(from_monday(weekday)) {
            *day = windows;
        }
    }

    /// Sets the hours of one date, whatever its weekday says; no window means closed.
    pub fn set_date(&mut self, date: Date, windows: Vec<Window>) {
        self.dates.insert(date, windows);
    }

    /// Sets the whole week: a weekday that is not named is closed. Dates stay.
    pub fn set_week(&mut self, days: impl IntoIterator<Item = (Weekday, Vec<Window>)>) {
        self.week = Default::default();
        for (weekday, windows) in days {
            self.set_weekday(weekday, windows);
        }
    }

    /// Sets all dates: one that is not named is as its weekday. The week stays.
    pub fn set_dates(&mut self, days: impl IntoIterator<Item = (Date, Vec<Window>)>) {
        self.dates = days.into_iter().collect();
    }

    /// The windows of each weekday, from Monday.
    pub fn week(&self) -> impl Iterator<Item = (Weekday, &[Window])> {
        let days = self.week.iter().map(Vec::as_slice);
        Weekday::Monday.cycle_forward().zip(days)
    }

    /// The dates that differ from their weekday, in order.
    pub fn dates(&self) -> impl Iterator<Item = (Date, &[Window])> {
        let dates = self.dates.iter();
        dates.map(|(&date, windows)| (date, windows.as_slice()))
    }

    /// The windows of a local date.
    pub fn on(&self, date: Date) -> &[Window] {
        self.dates
            .get(&date)
            .or_else(|| self.week.get(from_monday(date.weekday())))
            .map_or(&[], Vec::as_slice)
    }
}

fn from_monday(weekday: Weekday) -> usize {
    weekday.to_monday_zero_offset().unsigned_abs().into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_time_of_day_has_two_digits_each_and_only_the_end_may_be_24_00() {
        for (start, end, window) in [
            ("00:00", "24:00", Ok(Some((0, 1440)))),
            ("09:00", "18:30", Ok(Some((540, 1110)))),
            ("23:59", "24:00", Ok(Some((1439, 1440)))),
            ("09:00", "09:00", Ok(None)),
            ("18:00", "09:00", Ok(None)),
            ("00:00", "00:00", Ok(None)),
            ("24:00", "24:00", Err(InvalidTime)),
            ("00:00", "24:01", Err(InvalidTime)),
            ("00:00", "25:00", Err(InvalidTime)),
            ("09:60", "18:00", Err(InvalidTime)),
            ("9:00", "18:00", Err(InvalidTime)),
            ("09:00:00", "18:00", Err(InvalidTime)),
            ("+9:00", "18:00", Err(InvalidTime)),
            ("٠٩:00", "18:00", Err(InvalidTime)),
            ("", "", Err(InvalidTime)),
        ] {
            let read = Window::parse(start, end);
            let read = read.map(|window| window.map(|window| (window.opens(), window.closes())));
            assert_eq!(read, window, "{start} to {end}");
        }
    }

    #[test]
    fn a_named_date_wins_over_its_weekday() {
        let nine_to_five = Window::parse("09:00", "17:00").unwrap().unwrap();
        let late = Window::parse("16:00", "20:00").unwrap().unwrap();
        let mut hours = WorkingHours::default();
        hours.set_weekday(Weekday::Thursday, vec![nine_to_five]);
        hours.set_date(date(2026, 12, 24), vec![]);
        hours.set_date(date(2026, 12, 26), vec![late]);

        assert_eq!(hours.on(date(2026, 12, 17)), [nine_to_five], "a Thursday");
        assert_eq!(
            hours.on(date(2026, 12, 24)),
            [],
            "a Thursday that is closed"
        );
        assert_eq!(hours.on(date(2026, 12, 19)), [], "a Saturday");
        assert_eq!(
            hours.on(date(2026, 12, 26)),
            [late],
            "a Saturday that is open"
        );
    }
}
