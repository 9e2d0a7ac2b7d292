//! Letters about tours: what they say, and the messages that carry them.

use chrono::{TimeZone as _, Utc};
use jiff::tz::TimeZone;
use mail_parser::{MessageParser, MimeHeaders, PartType};
use proptest::prelude::*;
use uuid::Uuid;

use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{BookingId, LetterId};
use crate::domain::interval::Interval;
use crate::domain::zone;
use crate::mail::ics::{CalendarFile, TourEntry, cancel, request};
use crate::mail::letters::{AgentNote, Occasion, TourLetter, spelled_out, write, write_to_agent};
use crate::mail::{
    Automatic, Correspondent, LETTER_MARK, MessageId, NotComposable, OutgoingLetter, clean,
    compose_letter, parse,
};

const ALL: [Occasion; 7] = [
    Occasion::Invitation,
    Occasion::MovedByTeam,
    Occasion::CancelledByTeam,
    Occasion::MovedByProspect,
    Occasion::CancelledByProspect,
    Occasion::Reminder24h,
    Occasion::Reminder1h,
];

fn instant(text: &str) -> jiff::Timestamp {
    text.parse().unwrap()
}

fn chicago() -> TimeZone {
    zone::find("America/Chicago").unwrap()
}

fn letter(occasion: Occasion, zone: &TimeZone) -> TourLetter<'_> {
    TourLetter {
        occasion,
        property: "Oak Court",
        address: "12 Oak St, Austin, TX",
        first_name: "Ann",
        agent: Some("Sam"),
        start: instant("2026-03-14T15:30:00Z"),
        zone,
        manage_url: "https://luma.example/tours/abc.def",
        phone: "555-0100",
        signature: "Oak Court Leasing",
    }
}

// ── Words ───────────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_time_is_spelled_out_by_the_clock_of_the_property() {
    for (instant_, zone_, text) in [
        (
            "2026-03-14T15:30:00Z",
            "America/Chicago",
            "Saturday, March 14, 2026 at 10:30 AM CDT",
        ),
        (
            "2026-03-08T07:59:00Z",
            "America/Chicago",
            "Sunday, March 8, 2026 at 1:59 AM CST",
        ),
        (
            "2026-03-08T08:00:00Z",
            "America/Chicago",
            "Sunday, March 8, 2026 at 3:00 AM CDT",
        ),
        (
            "2026-11-01T06:30:00Z",
            "America/Chicago",
            "Sunday, November 1, 2026 at 1:30 AM CDT",
        ),
        (
            "2026-11-01T07:30:00Z",
            "America/Chicago",
            "Sunday, November 1, 2026 at 1:30 AM CST",
        ),
        (
            "2026-01-01T05:00:00Z",
            "America/New_York",
            "Thursday, January 1, 2026 at 12:00 AM EST",
        ),
        (
            "2026-10-25T00:30:00Z",
            "Europe/London",
            "Sunday, October 25, 2026 at 1:30 AM BST",
        ),
        (
            "2026-10-25T01:30:00Z",
            "Europe/London",
            "Sunday, October 25, 2026 at 1:30 AM GMT",
        ),
        (
            "2026-06-01T12:00:00Z",
            "America/Phoenix",
            "Monday, June 1, 2026 at 5:00 AM MST",
        ),
        (
            "2026-06-01T12:00:00Z",
            "Australia/Lord_Howe",
            "Monday, June 1, 2026 at 10:30 PM UTC+1030",
        ),
    ] {
        assert_eq!(
            spelled_out(instant(instant_), &zone::find(zone_).unwrap()),
            text
        );
    }
}

#[test]
fn each_occasion_has_its_words() {
    let zone = chicago();
    let written = ALL.map(|occasion| {
        let written = write(&letter(occasion, &zone));
        format!("Subject: {}\n\n{}", written.subject, written.text)
    });
    insta::assert_snapshot!(written.join("\n\n=====\n\n"), @r#"
    Subject: Your tour of Oak Court on Saturday, March 14, 2026 at 10:30 AM CDT

    Hi Ann,

    Your tour of Oak Court is booked. The attached invitation puts it into your calendar.

    When: Saturday, March 14, 2026 at 10:30 AM CDT
    Where: Oak Court, 12 Oak St, Austin, TX
    With: Sam

    To pick another time or to cancel, go to https://luma.example/tours/abc.def

    Oak Court Leasing

    To reach a person, call 555-0100 or reply "person" to this e-mail.

    =====

    Subject: New time for your tour of Oak Court: Saturday, March 14, 2026 at 10:30 AM CDT

    Hi Ann,

    We had to move your tour of Oak Court. We are sorry for the trouble.

    When: Saturday, March 14, 2026 at 10:30 AM CDT
    Where: Oak Court, 12 Oak St, Austin, TX
    With: Sam

    To pick another time or to cancel, go to https://luma.example/tours/abc.def

    Oak Court Leasing

    To reach a person, call 555-0100 or reply "person" to this e-mail.

    =====

    Subject: Canceled: your tour of Oak Court on Saturday, March 14, 2026 at 10:30 AM CDT

    Hi Ann,

    We had to cancel your tour of Oak Court on Saturday, March 14, 2026 at 10:30 AM CDT. We are sorry for the trouble.

    To come at another time, just reply to this e-mail.

    Oak Court Leasing

    To reach a person, call 555-0100 or reply "person" to this e-mail.

    =====

    Subject: New time for your tour of Oak Court: Saturday, March 14, 2026 at 10:30 AM CDT

    Hi Ann,

    Your tour of Oak Court is moved, as you asked.

    When: Saturday, March 14, 2026 at 10:30 AM CDT
    Where: Oak Court, 12 Oak St, Austin, TX
    With: Sam

    To pick another time or to cancel, go to https://luma.example/tours/abc.def

    Oak Court Leasing

    To reach a person, call 555-0100 or reply "person" to this e-mail.

    =====

    Subject: Canceled: your tour of Oak Court on Saturday, March 14, 2026 at 10:30 AM CDT

    Hi Ann,

    Your tour of Oak Court on Saturday, March 14, 2026 at 10:30 AM CDT is canceled, as you asked.

    To come at another time, just reply to this e-mail.

    Oak Court Leasing

    To reach a person, call 555-0100 or reply "person" to this e-mail.

    =====

    Subject: Reminder: your tour of Oak Court on Saturday, March 14, 2026 at 10:30 AM CDT

    Hi Ann,

    We look forward to showing you Oak Court.

    When: Saturday, March 14, 2026 at 10:30 AM CDT
    Where: Oak Court, 12 Oak St, Austin, TX
    With: Sam

    To pick another time or to cancel, go to https://luma.example/tours/abc.def

    Oak Court Leasing

    To reach a person, call 555-0100 or reply "person" to this e-mail.

    =====

    Subject: Reminder: your tour of Oak Court on Saturday, March 14, 2026 at 10:30 AM CDT

    Hi Ann,

    Your tour of Oak Court starts soon.

    When: Saturday, March 14, 2026 at 10:30 AM CDT
    Where: Oak Court, 12 Oak St, Austin, TX
    With: Sam

    To pick another time or to cancel, go to https://luma.example/tours/abc.def

    Oak Court Leasing

    To reach a person, call 555-0100 or reply "person" to this e-mail.
    "#);
}

#[test]
fn every_letter_says_how_to_reach_a_person_and_how_to_change_what_is_planned() {
    let zone = chicago();
    for occasion in ALL {
        let written = write(&letter(occasion, &zone));
        assert!(
            written
                .text
                .contains("To reach a person, call 555-0100 or reply"),
            "{occasion:?}"
        );
        let cancelled = matches!(
            occasion,
            Occasion::CancelledByTeam | Occasion::CancelledByProspect
        );
        let has_link = written.text.contains("https://luma.example/tours/abc.def");
        assert_eq!(has_link, !cancelled, "{occasion:?}");
        for text in [&written.subject, &written.text] {
            assert!(
                text.contains("Saturday, March 14, 2026 at 10:30 AM CDT"),
                "{occasion:?}"
            );
        }
    }
}

#[test]
fn what_is_not_known_leaves_no_gap() {
    let zone = chicago();
    let bare = TourLetter {
        property: "",
        address: "",
        first_name: "",
        agent: Some(" "),
        phone: "",
        signature: "",
        ..letter(Occasion::Reminder24h, &zone)
    };
    insta::assert_snapshot!(write(&bare).text, @r#"
    Hello,

    We look forward to showing you our community.

    When: Saturday, March 14, 2026 at 10:30 AM CDT
    Where: our community

    To pick another time or to cancel, go to https://luma.example/tours/abc.def

    To reach a person, reply "person" to this e-mail.
    "#);
}

#[test]
fn only_a_name_is_greeted() {
    let zone = chicago();
    let greeting = |first_name| {
        let letter = TourLetter {
            first_name,
            ..letter(Occasion::Reminder1h, &zone)
        };
        write(&letter).text.lines().next().unwrap().to_owned()
    };
    for name in ["Ann", "Zoë", "Mary Jo", "D'Arcy", "Jean-Luc", "田中", "J."] {
        assert_eq!(greeting(name), format!("Hi {name},"));
    }
    for words in [
        "",
        " \n",
        "evil.example",
        "https://evil.example",
        "Call 555-0199",
        "<b>",
        "a@b.example",
    ] {
        assert_eq!(greeting(words), "Hello,", "{words}");
    }
    assert_eq!(greeting("Ann\r\nBcc: x"), "Hello,");
    assert_eq!(greeting(&"long ".repeat(9)), "Hello,");
}

#[test]
fn an_agent_is_told_what_the_prospect_did() {
    let zone = chicago();
    let note = AgentNote {
        is_on: true,
        property: "Oak Court",
        prospect: "Ann\r\nLee",
        agent: "Sam",
        start: instant("2026-03-14T15:30:00Z"),
        zone: &zone,
    };
    let moved = write_to_agent(&note);
    let cancelled = write_to_agent(&AgentNote {
        is_on: false,
        prospect: "",
        ..note
    });
    insta::assert_snapshot!([moved.subject, moved.text, cancelled.subject, cancelled.text].join("\n---\n"), @r"
    Tour of Oak Court moved to Saturday, March 14, 2026 at 10:30 AM CDT
    ---
    Hi Sam,

    Ann Lee moved the tour of Oak Court with you. It is now on Saturday, March 14, 2026 at 10:30 AM CDT.

    This note was written by the tour calendar; nobody waits for an answer.
    ---
    Tour of Oak Court on Saturday, March 14, 2026 at 10:30 AM CDT canceled
    ---
    Hi Sam,

    A prospect canceled the tour of Oak Court with you on Saturday, March 14, 2026 at 10:30 AM CDT.

    This note was written by the tour calendar; nobody waits for an answer.
    ");
}

// ── Messages ────────────────────────────────────────────────────────────────────────────────────

struct Letter {
    from: Correspondent,
    to: EmailAddress,
    subject: String,
    text: String,
    calendar: Option<CalendarFile>,
}

impl Letter {
    fn new(text: &str) -> Self {
        Self {
            from: person("Oak Court", "leasing@oak.example"),
            to: EmailAddress::parse("ann@example.com").unwrap(),
            subject: "Your tour of Oak Court".to_owned(),
            text: text.to_owned(),
            calendar: None,
        }
    }

    fn compose(&self) -> Result<Vec<u8>, NotComposable> {
        let letter_id = LetterId(Uuid::from_u128(9));
        compose_letter(&OutgoingLetter {
            from: &self.from,
            to: &self.to,
            subject: &self.subject,
            message_id: &MessageId::for_letter(letter_id, self.from.address.domain()),
            letter_id,
            text: &self.text,
            calendar: self.calendar.as_ref(),
            date: Utc.with_ymd_and_hms(2026, 3, 9, 8, 0, 0).unwrap(),
        })
    }
}

fn person(name: &str, address: &str) -> Correspondent {
    Correspondent {
        name: Some(name.to_owned()),
        address: EmailAddress::parse(address).unwrap(),
    }
}

fn tour() -> TourEntry<'static> {
    TourEntry {
        booking: BookingId(Uuid::from_u128(7)),
        domain: "luma.example",
        sequence: 0,
        when: Interval::new(
            instant("2026-03-14T15:30:00Z"),
            instant("2026-03-14T16:00:00Z"),
        )
        .unwrap(),
        summary: "Führung: Oak Court",
        description: "Bis bald",
        location: "12 Oak St",
    }
}

fn invitation() -> CalendarFile {
    let stamp = Utc.with_ymd_and_hms(2026, 3, 9, 8, 0, 0).unwrap();
    request(
        &tour(),
        &person("Oak Court", "leasing@oak.example"),
        &person("Ann", "ann@example.com"),
        stamp,
    )
}

fn head(raw: &[u8]) -> String {
    let raw = String::from_utf8(raw.to_vec()).unwrap();
    raw.split("\r\n\r\n").next().unwrap().replace("\r\n", "\n")
}

#[test]
fn a_letter_starts_a_thread_and_says_that_a_program_wrote_it() {
    let raw = Letter::new("Hi Ann").compose().unwrap();
    insta::assert_snapshot!(head(&raw), @r#"
    From: "Oak Court" <leasing@oak.example>
    To: <ann@example.com>
    Subject: Your tour of Oak Court
    Date: Mon, 9 Mar 2026 08:00:00 +0000
    Message-ID: <00000000-0000-0000-0000-000000000009@oak.example>
    X-Luma-Letter-Id: 00000000-0000-0000-0000-000000000009
    Auto-Submitted: auto-generated
    X-Auto-Response-Suppress: OOF, AutoReply
    MIME-Version: 1.0
    Content-Type: multipart/alternative;
     boundary="=_00000000000000000000000000000009"
    "#);
    let read = parse(&raw).unwrap();
    assert_eq!(
        read.letter_mark.as_deref(),
        Some("00000000-0000-0000-0000-000000000009")
    );
    assert_eq!(read.reply_mark, None);
    assert_eq!(read.automatic(&[]), Some(Automatic::OurOwn));
    assert!(read.attachments.is_empty());
}

#[test]
fn a_calendar_file_comes_as_an_alternative_and_as_an_attachment() {
    let stamp = Utc.with_ymd_and_hms(2026, 3, 9, 8, 0, 0).unwrap();
    let (office, ann) = (
        person("Oak", "leasing@oak.example"),
        person("Ann", "ann@example.com"),
    );
    let later = TourEntry {
        sequence: 1,
        ..tour()
    };
    for (file, kind) in [
        (invitation(), "REQUEST"),
        (cancel(&later, &office, &ann, stamp), "CANCEL"),
    ] {
        let letter = Letter {
            calendar: Some(file.clone()),
            ..Letter::new("Hi Ann,\n\nsee you.")
        };
        let raw = letter.compose().unwrap();
        let read = MessageParser::new().parse(&raw).unwrap();
        let parts: Vec<_> = read
            .parts
            .iter()
            .map(|part| {
                let content = part.content_type().unwrap();
                format!(
                    "{}/{}",
                    content.ctype(),
                    content.subtype().unwrap_or_default()
                )
            })
            .collect();
        assert_eq!(
            parts,
            [
                "multipart/mixed",
                "multipart/alternative",
                "text/plain",
                "text/html",
                "text/calendar",
                "application/ics",
            ]
        );
        let calendar = &read.parts[4];
        let content = calendar.content_type().unwrap();
        assert_eq!(content.attribute("method"), Some(kind));
        assert_eq!(content.attribute("charset"), Some("UTF-8"));
        let PartType::Text(text) = &calendar.body else {
            panic!("text")
        };
        assert_eq!(text.trim_end(), file.text().trim_end());
        assert_eq!(read.parts[5].attachment_name(), Some("invite.ics"));
        assert_eq!(read.parts[5].contents(), file.text().as_bytes());
        assert_eq!(letter.compose().unwrap(), raw, "the same bytes each time");
    }
}

#[test]
fn what_says_nothing_or_too_much_is_not_composed() {
    assert_eq!(Letter::new(" \n").compose(), Err(NotComposable::Empty));
    assert_eq!(
        Letter::new(&"x".repeat(100_001)).compose(),
        Err(NotComposable::TooLong)
    );
}

fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        "(?s:.{0,300})",
        "([a-zA-Zäß🐈<>@:;,\"\\\\ \r\n\0\t=?_.-]|\r\nBcc: x@y.example|--=_m0){0,200}",
    ]
}

proptest! {
    #[test]
    fn no_input_adds_a_header_a_recipient_or_a_part(
        subject in hostile(), name in hostile(), text in hostile(), place in hostile(),
    ) {
        let stamp = Utc.with_ymd_and_hms(2026, 3, 9, 8, 0, 0).unwrap();
        let entry = TourEntry { location: &place, summary: &subject, ..tour() };
        let file = request(&entry, &person(&name, "leasing@oak.example"), &person(&name, "ann@example.com"), stamp);
        let mut letter = Letter { subject: subject.clone(), calendar: Some(file.clone()), ..Letter::new(&text) };
        letter.from.name = Some(name);
        let Ok(raw) = letter.compose() else { return Ok(()) };
        prop_assert!(raw.is_ascii());
        let head = head(&raw);
        let names: Vec<_> = head.lines().filter(|line| !line.starts_with([' ', '\t']))
            .map(|line| line.split_once(':').unwrap().0).collect();
        prop_assert_eq!(names, [
            "From", "To", "Subject", "Date", "Message-ID", LETTER_MARK, "Auto-Submitted",
            "X-Auto-Response-Suppress", "MIME-Version", "Content-Type",
        ]);
        let read = parse(&raw).unwrap();
        prop_assert_eq!(&read.to, &[letter.to.clone()]);
        prop_assert!(read.cc.is_empty() && !read.truncated);
        prop_assert_eq!(read.text, clean::text(&text));
        prop_assert!(read.subject.chars().count() <= 200);
        let whole = MessageParser::new().parse(&raw).unwrap();
        prop_assert_eq!(whole.parts.len(), 6);
        prop_assert_eq!(whole.parts[5].contents(), file.text().as_bytes());
    }
}
