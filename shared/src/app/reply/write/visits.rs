//! The visits that a letter may offer: those that can be had at this moment, from the engine that books them.

use std::time::Duration;

use chrono::Utc;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use tracing::info;

use super::Work;
use crate::app::tours::{self, Range};
use crate::domain::draft::Open;
use crate::domain::zone;
use crate::error::chain;
use crate::store::properties::Property;

/// Calendars that take longer are unknown: the letter then names no times. More than the engine itself waits.
const PATIENCE: Duration = Duration::from_secs(13);
/// Days with visits, and visits of a day, that the model is told of. The checks know all of two weeks.
const DAYS_TOLD: usize = 5;
const TOLD_A_DAY: usize = 3;

/// The visits of the coming two weeks.
pub(super) struct Visits {
    zone: TimeZone,
    /// IANA name.
    zone_name: String,
    pub today: Date,
    /// Calendars could be read.
    pub is_known: bool,
    /// On the property's clock, each once, in order.
    pub starts: Vec<DateTime>,
}

/// Calendars that cannot be read, or no zone, mean that no visit is known; the letter is written all the same.
pub(super) async fn open(work: &Work<'_>, property: &Property) -> Visits {
    let app = work.app;
    let asked = async {
        let range = Range {
            from: None,
            to: None,
        };
        let tx = app.of(property.id).await?;
        tours::availability(app, tx, property, range).await
    };
    let (name, starts) = match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(found)) => {
            let free = found.times.iter().filter(|time| time.is_free());
            let mut starts: Vec<DateTime> = free
                .map(|time| time.date.to_datetime(time.starts))
                .collect();
            starts.dedup();
            (Some(found.zone), starts)
        }
        Ok(Err(error)) => {
            info!(reply.id = %work.reply.id, error = chain(&error), "No visits are known to reply {}", work.reply.id);
            (None, Vec::new())
        }
        Err(_) => {
            info!(reply.id = %work.reply.id, "No visits are known in time to reply {}", work.reply.id);
            (None, Vec::new())
        }
    };
    let is_known = name.is_some();
    let name = name.or_else(|| property.zone.clone());
    let known = name.and_then(|name| Some((zone::find(&name)?, name)));
    let (zone, zone_name) = known.unwrap_or((TimeZone::UTC, "UTC".to_owned()));
    Visits {
        today: zone.to_datetime(app.instant()).date(),
        zone,
        zone_name,
        is_known,
        starts,
    }
}

impl Visits {
    /// The date in words; where nobody set a zone, UTC's, and said so.
    pub fn today(&self) -> String {
        let today = self.today.strftime("%A, %-d %B %Y");
        match self.zone_name.as_str() {
            "UTC" => format!("{today} (UTC)"),
            _ => today.to_string(),
        }
    }

    pub fn as_open(&self) -> Open<'_> {
        Open {
            today: self.today,
            starts: &self.starts,
        }
    }

    /// A few of each of the first days, early, middle and late, one a line.
    pub fn in_words(&self) -> String {
        if self.starts.is_empty() {
            return "(no times are known now)".to_owned();
        }
        let days = self
            .starts
            .chunk_by(|one, other| one.date() == other.date());
        let told = days.take(DAYS_TOLD).flat_map(choice);
        let lines: Vec<String> = told
            .map(|start| start.strftime("%A, %-d %B, %-I:%M %p").to_string())
            .collect();
        format!(
            "Times are those of {}:\n{}",
            self.zone_name,
            lines.join("\n")
        )
    }

    /// An instant of the property's clock; the earlier one where there are two.
    pub fn instant(&self, at: DateTime) -> Option<chrono::DateTime<Utc>> {
        let instant = self.zone.to_timestamp(at).ok()?;
        chrono::DateTime::from_timestamp_millis(instant.as_millisecond())
    }
}

/// At most three of a day: the first, the one in the middle, the last.
fn choice(day: &[DateTime]) -> Vec<DateTime> {
    if day.len() <= TOLD_A_DAY {
        return day.to_vec();
    }
    vec![day[0], day[day.len() / 2], day[day.len() - 1]]
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn visits(starts: Vec<DateTime>) -> Visits {
        Visits {
            zone: TimeZone::UTC,
            zone_name: "America/Chicago".to_owned(),
            today: date(2026, 11, 25),
            is_known: true,
            starts,
        }
    }

    #[test]
    fn the_model_is_told_of_a_few_of_each_day_in_words() {
        let mut starts = Vec::new();
        for day in 26..=30 {
            let hours = if day == 26 { 9..17 } else { 10..12 };
            starts.extend(hours.map(|hour| date(2026, 11, day).at(hour, 30, 0, 0)));
        }
        insta::assert_snapshot!(visits(starts).in_words(), @r"
        Times are those of America/Chicago:
        Thursday, 26 November, 9:30 AM
        Thursday, 26 November, 1:30 PM
        Thursday, 26 November, 4:30 PM
        Friday, 27 November, 10:30 AM
        Friday, 27 November, 11:30 AM
        Saturday, 28 November, 10:30 AM
        Saturday, 28 November, 11:30 AM
        Sunday, 29 November, 10:30 AM
        Sunday, 29 November, 11:30 AM
        Monday, 30 November, 10:30 AM
        Monday, 30 November, 11:30 AM
        ");
    }

    #[test]
    fn without_times_the_model_is_told_so() {
        assert_eq!(visits(Vec::new()).in_words(), "(no times are known now)");
        assert_eq!(visits(Vec::new()).today(), "Wednesday, 25 November 2026");
    }
}
