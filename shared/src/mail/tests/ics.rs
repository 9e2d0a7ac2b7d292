//! Calendar files, read back by a parser and looked at as bytes; links to calendars of the web.

use chrono::{TimeZone, Utc};
use icalendar::{Calendar, CalendarComponent, Component, Event, EventLike};
use proptest::prelude::*;
use uuid::Uuid;

use crate::domain::email_address::EmailAddress;
use crate::domain::ids::BookingId;
use crate::domain::interval::Interval;
use crate::mail::ics::{CalendarFile, TourEntry, cancel, publish, request};
use crate::mail::{Correspondent, add_to_calendar, clean};

fn person(name: &str, address: &str) -> Correspondent {
    Correspondent {
        name: Some(name.to_owned()),
        address: EmailAddress::parse(address).unwrap(),
    }
}

fn office() -> Correspondent {
    person("Oak Court Leasing", "leasing@oak.example")
}

fn ann() -> Correspondent {
    person("Ann Lee", "ann@example.com")
}

fn stamp() -> chrono::DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 9, 8, 0, 5).unwrap()
}

fn tour() -> TourEntry<'static> {
    let at = |text: &str| text.parse().unwrap();
    TourEntry {
        booking: BookingId(Uuid::from_u128(7)),
        domain: "tours.oak.example",
        sequence: 2,
        when: Interval::new(
            at("2026-03-14T10:30:00-05:00"),
            at("2026-03-14T11:00:00-05:00"),
        )
        .unwrap(),
        summary: "Tour: Oak Court",
        description: "Hi Ann,\n\nsee you; then, at the office: C:\\oak.",
        location: "12 Oak St, Austin, TX",
    }
}

fn read(file: &CalendarFile) -> (Calendar, Event) {
    let calendar: Calendar = file.text().parse().unwrap();
    assert_eq!(calendar.property_value("METHOD"), Some(file.method()));
    let [CalendarComponent::Event(event)] = &calendar.components[..] else {
        panic!("one event: {}", file.text());
    };
    let event = event.clone();
    (calendar, event)
}

#[test]
fn an_invitation_says_who_invites_whom_to_what_and_when() {
    let file = request(&tour(), &office(), &ann(), stamp());
    insta::assert_snapshot!(file.text().replace("\r\n", "\n"), @r"
    BEGIN:VCALENDAR
    VERSION:2.0
    PRODID:-//LumaLeasing//Tours//EN
    CALSCALE:GREGORIAN
    METHOD:REQUEST
    BEGIN:VEVENT
    DESCRIPTION:Hi Ann\,\n\nsee you\; then\, at the office: C:\\oak.
    DTEND:20260314T160000Z
    DTSTAMP:20260309T080005Z
    DTSTART:20260314T153000Z
    LOCATION:12 Oak St\, Austin\, TX
    ORGANIZER;CN=Oak Court Leasing:mailto:leasing@oak.example
    SEQUENCE:2
    STATUS:CONFIRMED
    SUMMARY:Tour: Oak Court
    UID:00000000-0000-0000-0000-000000000007@tours.oak.example
    ATTENDEE;CN=Ann Lee;CUTYPE=INDIVIDUAL;PARTSTAT=NEEDS-ACTION;ROLE=REQ-PARTIC
     IPANT;RSVP=TRUE:mailto:ann@example.com
    END:VEVENT
    END:VCALENDAR
    ");
}

#[test]
fn what_is_written_reads_back_escaped_once() {
    let (_, event) = read(&request(&tour(), &office(), &ann(), stamp()));
    assert_eq!(event.get_summary(), Some(tour().summary));
    assert_eq!(event.get_description(), Some(tour().description));
    assert_eq!(event.get_location(), Some(tour().location));
}

#[test]
fn a_file_for_a_move_or_a_cancellation_is_about_the_same_entry() {
    let first = TourEntry {
        sequence: 0,
        ..tour()
    };
    let (_, first) = read(&request(&first, &office(), &ann(), stamp()));
    let (calendar, cancelled) = read(&cancel(&tour(), &office(), &ann(), stamp()));
    assert_eq!(first.get_uid(), cancelled.get_uid());
    assert_eq!(
        first.get_uid(),
        Some("00000000-0000-0000-0000-000000000007@tours.oak.example")
    );
    assert_eq!(
        (first.get_sequence(), cancelled.get_sequence()),
        (Some(0), Some(2))
    );
    assert_eq!(calendar.property_value("METHOD"), Some("CANCEL"));
    assert_eq!(cancelled.property_value("STATUS"), Some("CANCELLED"));
    assert_eq!(cancelled.get_attendees().len(), 1);
    let attendee = &cancelled.multi_properties()["ATTENDEE"][0];
    assert!(!attendee.params().contains_key("RSVP"), "nothing to answer");
}

#[test]
fn a_file_to_import_invites_nobody() {
    let file = publish(&tour(), None, stamp());
    let (calendar, event) = read(&file);
    assert_eq!(calendar.property_value("METHOD"), Some("PUBLISH"));
    assert_eq!(event.get_attendees(), []);
    assert!(!file.text().contains("mailto:"));
    let with_organizer = publish(&tour(), Some(&office()), stamp());
    assert!(
        with_organizer
            .text()
            .contains("ORGANIZER;CN=Oak Court Leasing:mailto:leasing@oak.example\r\n")
    );
    assert!(!with_organizer.text().contains("ATTENDEE"));
}

#[test]
fn a_download_is_the_file_itself() {
    use base64::Engine;
    let file = publish(
        &TourEntry {
            summary: "Führung 🏡",
            ..tour()
        },
        None,
        stamp(),
    );
    let link = file.download();
    let data = link
        .strip_prefix("data:text/calendar;charset=utf-8;base64,")
        .unwrap();
    let decoded = base64::engine::general_purpose::STANDARD
        .decode(data)
        .unwrap();
    assert_eq!(decoded, file.text().as_bytes());
}

#[test]
fn no_name_ends_its_line_or_adds_an_attendee() {
    for (name, shown) in [
        ("Lee, Ann; \"the boss\"", "Lee, Ann; 'the boss'"),
        (
            "Ann\r\nATTENDEE:mailto:eve@evil.example",
            "Ann ATTENDEE:mailto:eve@evil.example",
        ),
        ("Ann:\u{85}Lee\0", "Ann: Lee"),
        ("\"Ann\"", "'Ann'"),
        ("🏡 Zoë", "🏡 Zoë"),
    ] {
        let file = request(
            &tour(),
            &person(name, "a@b.example"),
            &person(name, "c@d.example"),
            stamp(),
        );
        let (_, event) = read(&file);
        let organizer = &event.properties()["ORGANIZER"];
        assert_eq!(organizer.value(), "mailto:a@b.example", "{name}");
        assert_eq!(organizer.params()["CN"].value(), shown);
        let attendees = &event.multi_properties()["ATTENDEE"];
        assert_eq!(attendees.len(), 1, "{name}");
        assert_eq!(attendees[0].value(), "mailto:c@d.example");
        assert_eq!(attendees[0].params()["CN"].value(), shown);
    }
    let nameless = Correspondent {
        name: Some(" \r\n".into()),
        ..ann()
    };
    assert!(
        !request(&tour(), &nameless, &nameless, stamp())
            .text()
            .contains("CN=")
    );
}

fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        "(?s:.{0,300})",
        "([a-zäß🐈:;,\"\\\\^= \r\n\0\t]|\r\nEND:VEVENT|\\\\n){0,120}",
    ]
}

proptest! {
    #[test]
    fn every_text_stays_in_its_place_and_every_line_in_its_length(
        summary in hostile(), description in hostile(), location in hostile(), name in hostile(),
    ) {
        let tour = TourEntry {
            summary: &summary, description: &description, location: &location, ..tour()
        };
        let file = request(&tour, &person(&name, "a@b.example"), &ann(), stamp());
        let text = file.text();
        prop_assert!(text.ends_with("END:VCALENDAR\r\n"));
        for line in text.split("\r\n") {
            prop_assert!(line.len() <= 75, "{} octets", line.len());
            prop_assert!(!line.contains(['\r', '\n']));
        }
        let names: Vec<_> = text.replace("\r\n ", "").lines()
            .map(|line| line.split([':', ';']).next().unwrap().to_owned()).collect();
        let count = |name: &str| names.iter().filter(|line| *line == name).count();
        for name in ["BEGIN", "END"] {
            prop_assert_eq!(count(name), 2);
        }
        for name in ["UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "ORGANIZER", "ATTENDEE"] {
            prop_assert_eq!(count(name), 1, "{}", name);
        }
        let (_, event) = read(&file);
        let short: String = clean::line(&summary).chars().take(200).collect();
        prop_assert_eq!(event.get_summary().unwrap_or_default(), short.trim());
        prop_assert_eq!(event.get_description().unwrap_or_default(), clean::text(&description));
    }

    #[test]
    fn every_link_leads_to_the_same_instants_with_the_same_words(
        start in 0_i64..4_000_000_000, minutes in 1_i64..600,
        summary in hostile(), description in hostile(), location in hostile(),
    ) {
        let start = jiff::Timestamp::from_second(start).unwrap();
        let end = start + jiff::SignedDuration::from_mins(minutes);
        let tour = TourEntry {
            when: Interval::new(start, end).unwrap(),
            summary: &summary, description: &description, location: &location, ..tour()
        };
        let links = add_to_calendar::links(&tour);
        for (link, host, names) in [
            (&links.google, "calendar.google.com", ["dates", "dates", "text", "details", "location"]),
            (&links.outlook, "outlook.live.com", ["startdt", "enddt", "subject", "body", "location"]),
            (&links.office365, "outlook.office.com", ["startdt", "enddt", "subject", "body", "location"]),
            (&links.yahoo, "calendar.yahoo.com", ["st", "et", "title", "desc", "in_loc"]),
        ] {
            let url = url::Url::parse(link).unwrap();
            prop_assert_eq!((url.scheme(), url.host_str()), ("https", Some(host)));
            prop_assert!(!link.contains(['+', '"', '<', '\n', '#']));
            let field = |name: &str| {
                let mut found = url.query_pairs().filter(|(key, _)| key == name);
                let value = found.next().unwrap().1.into_owned();
                assert!(found.next().is_none(), "{name} occurs once");
                value
            };
            let [first, last, title, text, place] = names;
            let (first, last) = (field(first), field(last));
            let instant = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
            prop_assert_eq!(instant(first.split('/').next().unwrap()), start);
            prop_assert_eq!(instant(last.rsplit('/').next().unwrap()), end);
            prop_assert_eq!(field(title), clean::line(&summary));
            prop_assert_eq!(field(text), clean::text(&description));
            prop_assert_eq!(field(place), clean::line(&location));
        }
    }
}

#[test]
fn links_can_be_read_by_people() {
    let tour = TourEntry {
        description: "See you",
        ..tour()
    };
    let links = add_to_calendar::links(&tour);
    let all = [links.google, links.outlook, links.office365, links.yahoo];
    insta::assert_snapshot!(all.join("\n"), @r"
    https://calendar.google.com/calendar/render?action=TEMPLATE&text=Tour%3A%20Oak%20Court&dates=20260314T153000Z%2F20260314T160000Z&details=See%20you&location=12%20Oak%20St%2C%20Austin%2C%20TX
    https://outlook.live.com/calendar/0/deeplink/compose?path=%2Fcalendar%2Faction%2Fcompose&rru=addevent&subject=Tour%3A%20Oak%20Court&startdt=2026-03-14T15%3A30%3A00Z&enddt=2026-03-14T16%3A00%3A00Z&body=See%20you&location=12%20Oak%20St%2C%20Austin%2C%20TX
    https://outlook.office.com/calendar/0/deeplink/compose?path=%2Fcalendar%2Faction%2Fcompose&rru=addevent&subject=Tour%3A%20Oak%20Court&startdt=2026-03-14T15%3A30%3A00Z&enddt=2026-03-14T16%3A00%3A00Z&body=See%20you&location=12%20Oak%20St%2C%20Austin%2C%20TX
    https://calendar.yahoo.com/?v=60&view=d&type=20&title=Tour%3A%20Oak%20Court&st=20260314T153000Z&et=20260314T160000Z&desc=See%20you&in_loc=12%20Oak%20St%2C%20Austin%2C%20TX
    ");
}
