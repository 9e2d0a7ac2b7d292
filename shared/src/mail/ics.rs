//! Tours as iCalendar files (RFC 5545): invitations and their cancellation by e-mail (RFC 5546,
//! RFC 6047), and a file for whoever keeps a calendar without e-mail.
//!
//! Times are in UTC, so no zone has to be described. A calendar knows a tour by its UID, which is made
//! of the booking's id: a later file with a higher `SEQUENCE` changes the entry, and does not add one.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use icalendar::{
    Attendee, CUType, Calendar, Component, Event, EventLike, EventStatus, PartStat, Property, Role,
};
use jiff::Timestamp;

use crate::domain::ids::BookingId;
use crate::domain::interval::Interval;

use super::{Correspondent, clean, headers};

/// In characters.
const MAX_LINE: usize = 200;
/// In octets, without the line end.
const MAX_OCTETS: usize = 75;
/// In bytes.
const MAX_TEXT: usize = 8_000;

/// A tour as an entry of a calendar. Texts may come from anybody: what could end a line is taken out
/// of them or escaped.
#[derive(Clone, Copy)]
pub struct TourEntry<'a> {
    pub booking: BookingId,
    /// Names the system that makes the UIDs, such as the host of its address. Another domain is
    /// another entry, so it must stay the same for all files of a booking.
    pub domain: &'a str,
    /// How often the tour was moved or cancelled; a file with a lower one is out of date.
    pub sequence: u32,
    /// Whole seconds count.
    pub when: Interval,
    /// One line.
    pub summary: &'a str,
    pub description: &'a str,
    /// One line; may be empty.
    pub location: &'a str,
}

/// A calendar file, and what it is for.
#[derive(Clone)]
pub struct CalendarFile {
    method: &'static str,
    text: String,
}

impl CalendarFile {
    /// `REQUEST`, `CANCEL` or `PUBLISH`: the parameter of the file's media type (RFC 6047 section 2.4).
    pub fn method(&self) -> &'static str {
        self.method
    }

    /// The file: UTF-8, lines end in CR LF.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The file as a link that needs no server (RFC 2397).
    pub fn download(&self) -> String {
        let data = STANDARD.encode(&self.text);
        format!("data:text/calendar;charset=utf-8;base64,{data}")
    }
}

/// Invites the attendee, or tells of another time (`METHOD:REQUEST`).
///
/// `stamp` is when the file is made (`DTSTAMP`).
pub fn request(
    tour: &TourEntry<'_>,
    organizer: &Correspondent,
    attendee: &Correspondent,
    stamp: DateTime<Utc>,
) -> CalendarFile {
    let mut event = event(tour, Some(organizer), EventStatus::Confirmed, stamp);
    let guest = guest(attendee);
    event.attendee(guest.partstat(PartStat::NeedsAction).rsvp(true));
    calendar("REQUEST", event)
}

/// Takes the tour out of the attendee's calendar (`METHOD:CANCEL`). The sequence must be higher than
/// that of the last invitation.
pub fn cancel(
    tour: &TourEntry<'_>,
    organizer: &Correspondent,
    attendee: &Correspondent,
    stamp: DateTime<Utc>,
) -> CalendarFile {
    let mut event = event(tour, Some(organizer), EventStatus::Cancelled, stamp);
    event.attendee(guest(attendee));
    calendar("CANCEL", event)
}

/// The tour for whoever imports the file (`METHOD:PUBLISH`): nobody is invited, nobody answers.
pub fn publish(
    tour: &TourEntry<'_>,
    organizer: Option<&Correspondent>,
    stamp: DateTime<Utc>,
) -> CalendarFile {
    calendar(
        "PUBLISH",
        event(tour, organizer, EventStatus::Confirmed, stamp),
    )
}

fn calendar(method: &'static str, event: Event) -> CalendarFile {
    let mut calendar = Calendar::empty();
    for (name, value) in [
        ("VERSION", "2.0"),
        ("PRODID", "-//LumaLeasing//Tours//EN"),
        ("CALSCALE", "GREGORIAN"),
        ("METHOD", method),
    ] {
        calendar.append_property((name, value));
    }
    calendar.push(event);
    let text = folded(&calendar.to_string().replace("\r\n ", ""));
    CalendarFile { method, text }
}

/// Lines of 75 octets at the most (RFC 5545 section 3.1); the builder's own may have one more.
fn folded(file: &str) -> String {
    let mut out = String::with_capacity(file.len() + file.len() / 20);
    for line in file.split_terminator("\r\n") {
        let (mut rest, mut room) = (line, MAX_OCTETS);
        while rest.len() > room {
            let (piece, behind) = rest.split_at(rest.floor_char_boundary(room));
            out.push_str(piece);
            out.push_str("\r\n ");
            (rest, room) = (behind, MAX_OCTETS - 1);
        }
        out.push_str(rest);
        out.push_str("\r\n");
    }
    out
}

fn event(
    tour: &TourEntry<'_>,
    organizer: Option<&Correspondent>,
    status: EventStatus,
    stamp: DateTime<Utc>,
) -> Event {
    let mut description = clean::text(tour.description);
    clean::cut(&mut description, MAX_TEXT);
    let mut event = Event::new();
    event
        .uid(&headers::at_domain(tour.booking.0, tour.domain))
        .sequence(tour.sequence)
        .timestamp(stamp)
        .status(status)
        .summary(&line(tour.summary))
        .description(&description)
        .add_property("DTSTART", utc(tour.when.start()))
        .add_property("DTEND", utc(tour.when.end()));
    if !line(tour.location).is_empty() {
        event.location(&line(tour.location));
    }
    if let Some(organizer) = organizer {
        let mut property = Property::new("ORGANIZER", mailto(organizer));
        if let Some(name) = name(organizer) {
            property.add_parameter("CN", &name);
        }
        event.append_property(property);
    }
    event
}

fn guest(attendee: &Correspondent) -> Attendee {
    let guest = Attendee::new(mailto(attendee))
        .cutype(CUType::Individual)
        .role(Role::ReqParticipant);
    match name(attendee) {
        Some(name) => guest.cn(name),
        None => guest,
    }
}

fn mailto(person: &Correspondent) -> String {
    format!("mailto:{}", person.address)
}

/// The value of a parameter has no way to hold a double quote (RFC 5545 section 3.1).
fn name(person: &Correspondent) -> Option<String> {
    let name = line(person.name.as_deref()?).replace('"', "'");
    Some(name).filter(|name| !name.is_empty())
}

fn line(text: &str) -> String {
    let line = clean::line(text);
    line.chars()
        .take(MAX_LINE)
        .collect::<String>()
        .trim()
        .to_owned()
}

/// `20260314T153000Z`: form 2 of RFC 5545 section 3.3.5.
pub(super) fn utc(instant: Timestamp) -> String {
    instant.strftime("%Y%m%dT%H%M%SZ").to_string()
}
