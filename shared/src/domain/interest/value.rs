//! The canonical text of a value, and the ranges that it must keep to.

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;

/// Dollars a month that somebody can mean by a budget.
const BUDGET: std::ops::RangeInclusive<f64> = 300.0..=30_000.0;
/// Characters of a value in words.
const LONGEST: usize = 60;
const LONGEST_REQUIREMENT: usize = 120;

/// A monthly rent in whole dollars; one end may be open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    pub min: Option<u32>,
    pub max: Option<u32>,
}

impl Budget {
    /// `None` unless both ends are sensible and in order, and there is one.
    pub fn new(min: Option<f64>, max: Option<f64>) -> Option<Self> {
        let fits = |end: Option<f64>| end.is_none_or(|dollars| BUDGET.contains(&dollars));
        let ordered = match (min, max) {
            (Some(min), Some(max)) => min <= max,
            (None, None) => false,
            _ => true,
        };
        let whole = |end: Option<f64>| end.map(|dollars| dollars.round() as u32);
        (fits(min) && fits(max) && ordered).then(|| Self {
            min: whole(min),
            max: whole(max),
        })
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.min, self.max) {
            (Some(min), Some(max)) => write!(f, "{min}-{max}"),
            (Some(min), None) => write!(f, "from {min}"),
            (None, Some(max)) => write!(f, "up to {max}"),
            (None, None) => Ok(()),
        }
    }
}

/// Not a budget as this module writes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Foreign;

impl FromStr for Budget {
    type Err = Foreign;

    fn from_str(text: &str) -> Result<Self, Foreign> {
        let dollars = |text: &str| text.parse::<f64>().map_err(|_| Foreign);
        let (min, max) = if let Some(max) = text.strip_prefix("up to ") {
            (None, Some(dollars(max)?))
        } else if let Some(min) = text.strip_prefix("from ") {
            (Some(dollars(min)?), None)
        } else {
            let (min, max) = text.split_once('-').ok_or(Foreign)?;
            (Some(dollars(min)?), Some(dollars(max)?))
        };
        Self::new(min, max).ok_or(Foreign)
    }
}

/// Whether a place to park is wanted, and which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parking {
    pub needed: bool,
    pub kind: Option<String>,
}

impl fmt::Display for Parking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.kind, self.needed) {
            (_, false) => f.write_str("not needed"),
            (None, true) => f.write_str("needed"),
            (Some(kind), true) => f.write_str(kind),
        }
    }
}

impl From<&str> for Parking {
    fn from(text: &str) -> Self {
        Self {
            needed: text != "not needed",
            kind: Some(text.to_owned()).filter(|text| text != "needed" && text != "not needed"),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    Immediate,
    Soon,
    Flexible,
    Browsing,
}

impl Urgency {
    pub const ALL: [Self; 4] = [Self::Immediate, Self::Soon, Self::Flexible, Self::Browsing];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Immediate => "immediate",
            Self::Soon => "soon",
            Self::Flexible => "flexible",
            Self::Browsing => "browsing",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == text)
    }
}

/// A value in words, lower-case on one line; `None` if it is no short plain text.
pub fn phrase(text: &str) -> Option<String> {
    bounded(text, LONGEST).map(|text| text.to_lowercase())
}

/// A floor plan keeps its letters as they are: `A1`, `2BR`.
pub fn floorplan(text: &str) -> Option<String> {
    bounded(text, LONGEST)
}

pub fn requirement(text: &str) -> Option<String> {
    bounded(text, LONGEST_REQUIREMENT).map(|text| text.to_lowercase())
}

/// A day as ISO 8601 writes it.
pub fn date(text: &str) -> Option<NaiveDate> {
    let date: NaiveDate = text.trim().parse().ok()?;
    (text.trim().len() == 10 && date.to_string() == text.trim()).then_some(date)
}

fn bounded(text: &str, longest: usize) -> Option<String> {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let plain = !line
        .chars()
        .any(|c| c.is_control() || matches!(c, '<' | '>' | '{' | '}' | '*'))
        && !line.contains("://")
        && !line.contains('@');
    let worded = line.chars().any(char::is_alphanumeric);
    (plain && worded && line.chars().count() <= longest).then_some(line)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_keeps_to_what_homes_cost() {
        for (min, max, text) in [
            (None, Some(1500.0), Some("up to 1500")),
            (Some(1200.0), Some(1500.0), Some("1200-1500")),
            (Some(1200.0), None, Some("from 1200")),
            (Some(300.0), Some(30_000.0), Some("300-30000")),
            (None, Some(50.0), None),
            (None, Some(299.0), None),
            (None, Some(1e9), None),
            (Some(-1200.0), Some(1500.0), None),
            (Some(1500.0), Some(1200.0), None),
            (None, Some(f64::NAN), None),
            (None, None, None),
        ] {
            let budget = Budget::new(min, max);
            assert_eq!(
                budget.map(|budget| budget.to_string()).as_deref(),
                text,
                "{min:?} {max:?}"
            );
            if let Some(budget) = budget {
                assert_eq!(budget.to_string().parse(), Ok(budget));
            }
        }
        for foreign in ["1500", "", "a-b", "under $1500"] {
            assert_eq!(foreign.parse::<Budget>(), Err(Foreign), "{foreign}");
        }
    }

    #[test]
    fn parking_is_read_as_it_is_written() {
        for text in ["needed", "not needed", "garage"] {
            assert_eq!(Parking::from(text).to_string(), text);
        }
        assert!(!Parking::from("not needed").needed);
    }

    #[test]
    fn a_value_in_words_is_short_and_plain() {
        for (text, expected) in [
            (" Swimming \n Pool ", Some("swimming pool")),
            ("", None),
            ("!!", None),
            ("<b>pool</b>", None),
            ("https://evil.example", None),
            ("*", None),
            (&"pool ".repeat(40), None),
        ] {
            assert_eq!(phrase(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_date_is_written_in_one_way() {
        assert!(date("2027-01-15").is_some());
        for other in [
            "2027-1-15",
            "01/15/2027",
            "2027-02-30",
            "soon",
            "+12027-01-15",
        ] {
            assert_eq!(date(other), None, "{other}");
        }
    }
}
