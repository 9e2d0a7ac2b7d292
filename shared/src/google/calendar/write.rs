//! Our own events, as Google wants them.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use crate::domain::ids::{BookingId, EventId};
use crate::domain::interval::Interval;

/// A tour that goes into an agent's calendar.
pub struct NewEvent<'a> {
    /// 5 to 1,024 of the characters `0-9a-v`, made from the booking's id.
    pub id: &'a EventId,
    pub booking: BookingId,
    pub summary: &'a str,
    /// HTML. The guest reads it.
    pub description: &'a str,
    pub location: Option<&'a str>,
    pub time: Interval,
    /// In which Google shows the time; the property's.
    pub zone: &'a TimeZone,
    /// Whom Google invites.
    pub guest: Option<Guest<'a>>,
}

#[derive(Clone, Copy)]
pub struct Guest<'a> {
    pub email: &'a str,
    pub name: Option<&'a str>,
}

/// What becomes different about an event; what is `None` stays. Guests and their answers stay.
pub struct EventChange<'a> {
    pub time: Option<Interval>,
    /// Of the time, if that changes.
    pub zone: &'a TimeZone,
    pub summary: Option<&'a str>,
    /// HTML. The guest reads it.
    pub description: Option<&'a str>,
    pub location: Option<&'a str>,
}

impl NewEvent<'_> {
    pub(super) fn to_json(&self) -> Value {
        let mut event = json!({
            "id": self.id.0,
            "summary": self.summary,
            "description": self.description,
            "start": moment(self.time.start(), self.zone),
            "end": moment(self.time.end(), self.zone),
            "extendedProperties": { "private": { "booking_id": self.booking.to_string() } },
            "guestsCanInviteOthers": false,
            "guestsCanSeeOtherGuests": false,
            // The agent's own: Google reminds no guest.
            "reminders": { "useDefault": false, "overrides": [
                { "method": "email", "minutes": 1440 },
                { "method": "popup", "minutes": 60 },
            ] },
        });
        if let Some(location) = self.location {
            event["location"] = location.into();
        }
        if let Some(guest) = self.guest {
            let mut attendee = json!({ "email": guest.email });
            if let Some(name) = guest.name {
                attendee["displayName"] = name.into();
            }
            event["attendees"] = json!([attendee]);
        }
        event
    }
}

impl EventChange<'_> {
    pub(super) fn to_json(&self) -> Value {
        let mut event = Map::new();
        if let Some(time) = self.time {
            // A day that it may have had goes: a patch merges, and an event has either.
            let timed = |at| {
                let mut moment = moment(at, self.zone);
                moment["date"] = Value::Null;
                moment
            };
            event.insert("start".into(), timed(time.start()));
            event.insert("end".into(), timed(time.end()));
        }
        for (name, text) in [
            ("summary", self.summary),
            ("description", self.description),
            ("location", self.location),
        ] {
            if let Some(text) = text {
                event.insert(name.into(), text.into());
            }
        }
        event.into()
    }
}

/// With its offset, so that an hour that comes twice is told apart, and with its zone, so that Google
/// shows it there.
fn moment(at: Timestamp, zone: &TimeZone) -> Value {
    let date_time = at.display_with_offset(zone.to_offset(at)).to_string();
    match zone.iana_name() {
        Some(name) => json!({ "dateTime": date_time, "timeZone": name }),
        None => json!({ "dateTime": date_time }),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::zone;

    fn time(start: &str, end: &str) -> Interval {
        Interval::new(start.parse().unwrap(), end.parse().unwrap()).unwrap()
    }

    /// In the order of the letters, whatever order the build keeps.
    fn pretty(json: &Value) -> String {
        let mut json = json.clone();
        json.sort_all_objects();
        serde_json::to_string_pretty(&json).unwrap()
    }

    #[test]
    fn a_tour_invites_its_guest_and_reminds_the_agent() {
        let event = NewEvent {
            id: &EventId("lt0123".into()),
            booking: BookingId(Uuid::from_u128(7)),
            summary: "Tour: Ann Lee",
            description: "Meet at the <b>office</b> &amp; look around",
            location: Some("1 Oak Street"),
            time: time("2026-01-15T16:00:00Z", "2026-01-15T16:30:00Z"),
            zone: &zone::find("America/Chicago").unwrap(),
            guest: Some(Guest {
                email: "ann@example.com",
                name: Some("Ann Lee"),
            }),
        };
        insta::assert_snapshot!(pretty(&event.to_json()), @r#"
        {
          "attendees": [
            {
              "displayName": "Ann Lee",
              "email": "ann@example.com"
            }
          ],
          "description": "Meet at the <b>office</b> &amp; look around",
          "end": {
            "dateTime": "2026-01-15T10:30:00-06:00",
            "timeZone": "America/Chicago"
          },
          "extendedProperties": {
            "private": {
              "booking_id": "00000000-0000-0000-0000-000000000007"
            }
          },
          "guestsCanInviteOthers": false,
          "guestsCanSeeOtherGuests": false,
          "id": "lt0123",
          "location": "1 Oak Street",
          "reminders": {
            "overrides": [
              {
                "method": "email",
                "minutes": 1440
              },
              {
                "method": "popup",
                "minutes": 60
              }
            ],
            "useDefault": false
          },
          "start": {
            "dateTime": "2026-01-15T10:00:00-06:00",
            "timeZone": "America/Chicago"
          },
          "summary": "Tour: Ann Lee"
        }
        "#);
    }

    #[test]
    fn without_a_guest_nobody_is_invited() {
        let event = NewEvent {
            id: &EventId("lt0123".into()),
            booking: BookingId(Uuid::from_u128(7)),
            summary: "Tour",
            description: "",
            location: None,
            time: time("2026-01-15T16:00:00Z", "2026-01-15T16:30:00Z"),
            zone: &TimeZone::UTC,
            guest: None,
        };
        let json = event.to_json();
        assert!(json.get("attendees").is_none() && json.get("location").is_none());
        let guest = Guest {
            email: "ann@example.com",
            name: None,
        };
        let json = NewEvent {
            guest: Some(guest),
            ..event
        }
        .to_json();
        assert_eq!(json["attendees"], json!([{"email": "ann@example.com"}]));
    }

    #[test]
    fn the_hour_that_comes_twice_is_told_by_its_offset() {
        let chicago = zone::find("America/Chicago").unwrap();
        for (instant, told) in [
            ("2026-11-01T06:30:00Z", "2026-11-01T01:30:00-05:00"),
            ("2026-11-01T07:30:00Z", "2026-11-01T01:30:00-06:00"),
            ("2026-03-08T08:00:00Z", "2026-03-08T03:00:00-05:00"),
        ] {
            let moment = moment(instant.parse().unwrap(), &chicago);
            assert_eq!(
                moment,
                json!({"dateTime": told, "timeZone": "America/Chicago"})
            );
        }
        let at = "2026-11-01T06:30:00Z".parse().unwrap();
        assert_eq!(
            moment(at, &zone::find("Asia/Kolkata").unwrap())["dateTime"],
            "2026-11-01T12:00:00+05:30"
        );
        let nameless = TimeZone::fixed(jiff::tz::offset(-6));
        assert_eq!(
            moment(at, &nameless),
            json!({"dateTime": "2026-11-01T00:30:00-06:00"})
        );
    }

    #[test]
    fn a_change_names_only_what_becomes_different() {
        let zone = &zone::find("Europe/London").unwrap();
        let nothing = EventChange {
            time: None,
            zone,
            summary: None,
            description: None,
            location: None,
        };
        assert_eq!(nothing.to_json(), json!({}));
        let change = EventChange {
            time: Some(time("2026-07-15T16:00:00Z", "2026-07-15T16:30:00Z")),
            description: Some("Now at five"),
            ..nothing
        };
        insta::assert_snapshot!(pretty(&change.to_json()), @r#"
        {
          "description": "Now at five",
          "end": {
            "date": null,
            "dateTime": "2026-07-15T17:30:00+01:00",
            "timeZone": "Europe/London"
          },
          "start": {
            "date": null,
            "dateTime": "2026-07-15T17:00:00+01:00",
            "timeZone": "Europe/London"
          }
        }
        "#);
    }
}
