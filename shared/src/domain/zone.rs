//! Time zones by name, from data that the program carries.

use jiff::tz::{TimeZone, TimeZoneDatabase};

/// The zone of that IANA name, such as `America/Chicago`, or `None` where there is none.
///
/// Only the bundled data counts: the host's may be years old, and zones change their rules (all of
/// `America/Vancouver` keeps UTC-7 since 2026). The process's own zone (`TZ`) is never looked at.
pub fn find(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled()
        .get(name)
        .ok()
        .filter(|zone| !zone.is_unknown())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_zone_is_found_by_its_name_and_no_other() {
        for name in ["America/Chicago", "america/chicago", "US/Central", "UTC"] {
            assert!(find(name).is_some(), "{name}");
        }
        for name in [
            "",
            "Chicago",
            "CST6CDT,M3.2.0,M11.1.0",
            "Etc/Unknown",
            "../UTC",
        ] {
            assert!(find(name).is_none(), "{name}");
        }
    }

    #[test]
    fn the_rules_are_this_years() {
        let noon = date(2026, 12, 1).at(12, 0, 0, 0);
        let instant = find("America/Vancouver")
            .unwrap()
            .to_timestamp(noon)
            .unwrap();
        assert_eq!(instant.to_string(), "2026-12-01T19:00:00Z");
    }
}
