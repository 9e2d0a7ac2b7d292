//! What an agent may decide about tours: changed field by field, all or nothing.

use serde_json::{Map, Value, json};

use crate::domain::zone;
use crate::error::{Error, Result};
use crate::store::agent_calendars::Terms;
use crate::store::working_hours;

/// Some of the terms, to be changed. What is `None` stays; where `Some(None)` is possible, it takes the
/// setting away.
#[derive(Clone, Debug, Default)]
pub struct TermsChange {
    pub sync_enabled: Option<bool>,
    /// JSON in one of the shapes that [`working_hours`] takes.
    pub working_hours: Option<Value>,
    pub date_overrides: Option<Value>,
    /// Minutes, as all that follow unless they say otherwise.
    pub tour_duration: Option<i32>,
    pub buffer: Option<i32>,
    /// Without one a slot begins where the one before and its buffer end.
    pub slot_interval: Option<Option<i32>>,
    pub minimum_notice: Option<i32>,
    /// Days.
    pub horizon: Option<i32>,
    pub max_tours_per_day: Option<Option<i32>>,
    /// IANA name; without one the property's counts.
    pub timezone: Option<Option<String>>,
}

/// # Errors
/// `Invalid` names the first field that is not acceptable.
pub(super) fn applied(now: &Terms, change: TermsChange) -> Result<Terms> {
    let (week, dates) = hours(now, &change)?;
    let slot_interval = match change.slot_interval {
        Some(Some(minutes)) => Some(within("slotIntervalMinutes", 5, i32::MAX, minutes)?),
        Some(None) => None,
        None => now.slot_interval,
    };
    let max_tours_per_day = match change.max_tours_per_day {
        Some(Some(tours)) => Some(within("maxToursPerDay", 1, i32::MAX, tours)?),
        Some(None) => None,
        None => now.max_tours_per_day,
    };
    let number = |field, least, most, asked: Option<i32>, now| {
        asked.map_or(Ok(now), |asked| within(field, least, most, asked))
    };
    Ok(Terms {
        sync_enabled: change.sync_enabled.unwrap_or(now.sync_enabled),
        working_hours: week,
        date_overrides: dates,
        tour_duration: number(
            "tourDurationMinutes",
            5,
            480,
            change.tour_duration,
            now.tour_duration,
        )?,
        buffer: number("bufferMinutes", 0, 120, change.buffer, now.buffer)?,
        slot_interval,
        minimum_notice: number(
            "minimumNoticeMinutes",
            0,
            i32::MAX,
            change.minimum_notice,
            now.minimum_notice,
        )?,
        horizon: number("horizonDays", 1, 400, change.horizon, now.horizon)?,
        max_tours_per_day,
        timezone: match change.timezone {
            Some(Some(name)) => Some(timezone(&name)?),
            Some(None) => None,
            None => now.timezone.clone(),
        },
    })
}

fn within(field: &'static str, least: i32, most: i32, asked: i32) -> Result<i32> {
    if (least..=most).contains(&asked) {
        return Ok(asked);
    }
    let why = if most == i32::MAX {
        format!("at least {least}")
    } else {
        format!("from {least} to {most}")
    };
    Err(Error::invalid(field, why))
}

/// As its own list spells it, whatever the case it was asked in: Google takes no other.
fn timezone(name: &str) -> Result<String> {
    zone::find(name)
        .and_then(|zone| zone.iana_name().map(str::to_owned))
        .ok_or_else(|| Error::invalid("timezone", "an IANA name such as America/Chicago"))
}

/// The week and the dates as they are stored. What stands there and cannot be read is replaced only by
/// who gives both: half of a schedule is none.
fn hours(now: &Terms, change: &TermsChange) -> Result<(Value, Value)> {
    let (week, dates) = (&change.working_hours, &change.date_overrides);
    if week.is_none() && dates.is_none() {
        return Ok((now.working_hours.clone(), now.date_overrides.clone()));
    }
    let empty = json!({});
    let stored_week = week.as_ref().map_or(&now.working_hours, |_| &empty);
    let stored_dates = dates.as_ref().map_or(&now.date_overrides, |_| &empty);
    let field = if week.is_none() {
        "workingHours"
    } else {
        "dateOverrides"
    };
    let stored = working_hours::read(stored_week, stored_dates)
        .map_err(|why| Error::invalid(field, why.to_string()))?;
    let changed = working_hours::changed(&stored, week.as_ref(), dates.as_ref())
        .map_err(|wrong| Error::invalid(wrong.field, wrong.why.to_string()))?;
    Ok((
        working_hours::write_week(&changed),
        working_hours::write_dates(&changed),
    ))
}

/// The settings that differ, before and after.
pub(super) fn difference(before: &Value, after: &Value) -> (Value, Value) {
    let differing = |these: &Value, those: &Value| -> Value {
        let fields = these.as_object().into_iter().flatten();
        let kept = fields.filter(|(key, value)| those.get(key) != Some(*value));
        let kept: Map<_, _> = kept
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        Value::Object(kept)
    };
    (differing(before, after), differing(after, before))
}

pub(super) fn as_json(terms: &Terms) -> Value {
    json!({
        "sync_enabled": terms.sync_enabled,
        "working_hours": terms.working_hours,
        "date_overrides": terms.date_overrides,
        "tour_duration_minutes": terms.tour_duration,
        "buffer_minutes": terms.buffer,
        "slot_interval_minutes": terms.slot_interval,
        "minimum_notice_minutes": terms.minimum_notice,
        "horizon_days": terms.horizon,
        "max_tours_per_day": terms.max_tours_per_day,
        "timezone": terms.timezone,
    })
}

/// What a calendar starts with that was never connected: as the table's own defaults.
pub(super) fn usual() -> Terms {
    let day = json!({ "start": "09:00", "end": "18:00" });
    let days = ["mon", "tue", "wed", "thu", "fri"];
    let week = days.map(|name| (name.to_owned(), day.clone()));
    Terms {
        sync_enabled: true,
        working_hours: Value::Object(week.into_iter().collect()),
        date_overrides: json!({}),
        tour_duration: 30,
        buffer: 15,
        slot_interval: None,
        minimum_notice: 60,
        horizon: 60,
        max_tours_per_day: None,
        timezone: None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn after(change: TermsChange) -> Result<Terms> {
        applied(&usual(), change)
    }

    fn refused(change: TermsChange) -> String {
        after(change).unwrap_err().code()
    }

    #[test]
    fn what_is_not_named_stays() {
        let mine = Terms {
            tour_duration: 45,
            slot_interval: Some(20),
            max_tours_per_day: Some(3),
            timezone: Some("America/Denver".into()),
            date_overrides: json!({ "2026-12-24": [] }),
            ..usual()
        };
        assert_eq!(applied(&mine, TermsChange::default()).unwrap(), mine);
    }

    #[test]
    fn limits_are_inside_and_their_neighbours_outside() {
        type Set = fn(&mut TermsChange, i32);
        let cases: [(&str, &[i32], &[i32], Set); 6] = [
            (
                "tour_duration_minutes",
                &[5, 480],
                &[4, 481, 0, -5],
                |c, n| {
                    c.tour_duration = Some(n);
                },
            ),
            ("buffer_minutes", &[0, 120], &[-1, 121], |c, n| {
                c.buffer = Some(n)
            }),
            ("slot_interval_minutes", &[5, 1440], &[4, 0, -1], |c, n| {
                c.slot_interval = Some(Some(n));
            }),
            ("minimum_notice_minutes", &[0, 100_000], &[-1], |c, n| {
                c.minimum_notice = Some(n);
            }),
            ("horizon_days", &[1, 400], &[0, 401], |c, n| {
                c.horizon = Some(n)
            }),
            ("max_tours_per_day", &[1, 50], &[0, -1], |c, n| {
                c.max_tours_per_day = Some(Some(n));
            }),
        ];
        for (field, good, bad, set) in cases {
            let with = |number| {
                let mut change = TermsChange::default();
                set(&mut change, number);
                change
            };
            for number in good {
                let json = as_json(&after(with(*number)).unwrap());
                assert_eq!(json[field], json!(number), "{field}");
            }
            for number in bad {
                assert_eq!(
                    refused(with(*number)),
                    format!("invalid_{field}"),
                    "{number}"
                );
            }
        }
    }

    #[test]
    fn what_may_be_left_open_can_be_taken_away() {
        let mine = Terms {
            slot_interval: Some(20),
            max_tours_per_day: Some(3),
            timezone: Some("America/Denver".into()),
            ..usual()
        };
        let open = TermsChange {
            slot_interval: Some(None),
            max_tours_per_day: Some(None),
            timezone: Some(None),
            ..TermsChange::default()
        };
        assert_eq!(applied(&mine, open).unwrap(), usual());
    }

    #[test]
    fn a_zone_is_one_of_the_known() {
        let zone = |name: &str| TermsChange {
            timezone: Some(Some(name.into())),
            ..TermsChange::default()
        };
        let denver = after(zone("america/denver")).unwrap().timezone;
        assert_eq!(denver.as_deref(), Some("America/Denver"));
        for odd in ["", "Denver", "UTC+7", "Etc/Unknown", "../etc/passwd"] {
            assert_eq!(refused(zone(odd)), "invalid_timezone", "{odd}");
        }
    }

    #[test]
    fn hours_are_replaced_whole_and_kept_in_one_shape() {
        let monday = json!({ "mon": { "enabled": true, "start": "10:00", "end": "12:00" },
                             "tue": { "enabled": false, "start": "10:00", "end": "12:00" } });
        let changed = after(TermsChange {
            working_hours: Some(monday),
            ..TermsChange::default()
        });
        let expected = json!({ "mon": { "start": "10:00", "end": "12:00" } });
        assert_eq!(changed.unwrap().working_hours, expected);

        let christmas = TermsChange {
            date_overrides: Some(json!({ "2026-12-24": [] })),
            ..TermsChange::default()
        };
        let changed = after(christmas).unwrap();
        assert_eq!(changed.date_overrides, json!({ "2026-12-24": [] }));
        assert_eq!(changed.working_hours, usual().working_hours);
    }

    #[test]
    fn hours_that_are_not_understood_are_refused_by_their_name() {
        for odd in [
            json!(null),
            json!([]),
            json!({ "monday": [] }),
            json!({ "mon": "9-17" }),
        ] {
            let change = TermsChange {
                working_hours: Some(odd.clone()),
                ..TermsChange::default()
            };
            assert_eq!(refused(change), "invalid_working_hours", "{odd}");
        }
        for odd in [json!([]), json!({ "2026-02-30": [] }), json!({ "mon": [] })] {
            let change = TermsChange {
                date_overrides: Some(odd.clone()),
                ..TermsChange::default()
            };
            assert_eq!(refused(change), "invalid_date_overrides", "{odd}");
        }
    }

    #[test]
    fn hours_that_became_unreadable_can_be_replaced() {
        let broken = Terms {
            working_hours: json!({ "mon": "always" }),
            ..usual()
        };
        let week = TermsChange {
            working_hours: Some(usual().working_hours),
            ..TermsChange::default()
        };
        assert_eq!(applied(&broken, week).unwrap(), usual());
    }

    #[test]
    fn the_audit_row_holds_what_changed_and_nothing_else() {
        let after = Terms {
            buffer: 0,
            ..usual()
        };
        let expected = (
            json!({ "buffer_minutes": 15 }),
            json!({ "buffer_minutes": 0 }),
        );
        assert_eq!(difference(&as_json(&usual()), &as_json(&after)), expected);
    }
}
