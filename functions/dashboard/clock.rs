//! Instants as people at a property read them.

use chrono::{DateTime, Utc};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// An instant, for programs and for people.
pub struct Moment {
    pub iso: String,
    pub text: String,
}

/// On the clock of a zone: `Dec 2, 2026, 6:05 AM CST`.
pub fn moment(at: DateTime<Utc>, zone: &TimeZone) -> Moment {
    let at = Timestamp::from_microsecond(at.timestamp_micros()).unwrap_or_default();
    of(at, zone)
}

/// [`moment`] of the other kind of instant.
pub fn of(at: Timestamp, zone: &TimeZone) -> Moment {
    let local = at.to_zoned(zone.clone());
    Moment {
        iso: at.to_string(),
        text: local.strftime("%b %-d, %Y, %-I:%M %p %Z").to_string(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use shared::domain::zone;

    use super::*;

    #[test]
    fn a_time_is_told_on_the_propertys_clock() {
        let at = "2026-12-02T12:05:00Z".parse().unwrap();
        let moment = moment(at, &zone::find("America/Chicago").unwrap());
        assert_eq!(moment.text, "Dec 2, 2026, 6:05 AM CST");
        assert_eq!(moment.iso, "2026-12-02T12:05:00Z");
    }
}
