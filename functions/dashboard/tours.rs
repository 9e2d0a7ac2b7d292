//! The agenda: tours by day, with the state of their events and invitations.

use askama::Template;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use shared::app::App;
use shared::app::tours::{self, Line, Range};
use shared::domain::tour::BookingStatus;
use shared::error::{Error, Result};

use super::desk::Desk;
use super::page::{Frame, page};
use super::standing::{self, Standing};
use crate::http::{Request, Response};
use crate::request::local_date;

/// Days on one page.
const DAYS: i64 = 14;

#[derive(Template)]
#[template(path = "dashboard/templates/tours.html")]
struct ToursPage {
    frame: Frame,
    from: String,
    to: String,
    earlier: String,
    later: String,
    zone: String,
    days: Vec<Day>,
}

struct Day {
    name: String,
    date: String,
    tours: Vec<Tour>,
}

pub struct Tour {
    pub iso: String,
    pub time: String,
    prospect: String,
    /// The lead's page.
    lead: Option<String>,
    contact: String,
    pub agent: String,
    pub status: &'static str,
    pub status_level: &'static str,
    /// How it stands in the agent's calendar.
    pub event: Option<Standing>,
    pub invite: Option<Standing>,
    pub requests: Option<String>,
}

pub async fn show(app: App, request: Request) -> Result<Response> {
    let mut desk = Desk::open(app, &request).await?;
    let property = desk.here()?.id;
    let today = desk.app.instant().to_zoned(desk.zone()).date();
    let from = match request.text("from") {
        Some(text) => local_date(text).ok_or(Error::NotFound("Page"))?,
        None => today,
    };
    let step = |days: i64| from.checked_add(days.days()).unwrap_or(from);
    let range = Range {
        from: Some(from),
        to: Some(step(DAYS - 1)),
    };
    let lines = tours::agenda(&desk.app, &desk.session.user, property, range).await?;
    let zone = desk
        .property
        .as_ref()
        .and_then(|property| property.zone.clone());
    let template = ToursPage {
        from: long(from),
        to: long(step(DAYS - 1)),
        earlier: step(-DAYS).to_string(),
        later: step(DAYS).to_string(),
        zone: zone.unwrap_or_else(|| "UTC".to_owned()),
        days: days(&lines, &desk),
        frame: desk.frame("Tours", "tours"),
    };
    desk.remember(page(&template, None)?)
}

pub fn long(date: Date) -> String {
    date.strftime("%A, %B %-d, %Y").to_string()
}

pub fn date(line: &Line, zone: &TimeZone) -> Date {
    line.booking.time.start().to_zoned(zone.clone()).date()
}

fn days(lines: &[Line], desk: &Desk) -> Vec<Day> {
    let zone = desk.zone();
    let date = |line: &Line| date(line, &zone);
    let same = |one: &Line, next: &Line| date(one) == date(next);
    let days = lines.chunk_by(same).filter_map(|tours| {
        let first = date(tours.first()?);
        Some(Day {
            name: long(first),
            date: first.to_string(),
            tours: tours.iter().map(|line| tour(line, desk)).collect(),
        })
    });
    days.collect()
}

pub fn tour(line: &Line, desk: &Desk) -> Tour {
    let booking = &line.booking;
    let clock = |at: jiff::Timestamp| {
        let local = at.to_zoned(desk.zone());
        local.strftime("%-I:%M %p").to_string()
    };
    let name = booking.prospect.full_name();
    let contact = [
        booking.prospect.email.as_str(),
        booking.prospect.phone.as_str(),
    ];
    let contact: Vec<&str> = contact.into_iter().filter(|one| !one.is_empty()).collect();
    let (status, status_level) = status(booking.status, line.cancelled_via.as_deref());
    Tour {
        iso: booking.time.start().to_string(),
        time: format!(
            "{} – {}",
            clock(booking.time.start()),
            clock(booking.time.end())
        ),
        prospect: if name.is_empty() {
            "A prospect".to_owned()
        } else {
            name
        },
        lead: booking.lead.map(|lead| lead.to_string()),
        contact: contact.join(" · "),
        agent: if booking.agent_name.is_empty() {
            "no agent".to_owned()
        } else {
            booking.agent_name.clone()
        },
        status,
        status_level,
        event: standing::event(line),
        invite: standing::invite(line),
        requests: line
            .special_requests
            .clone()
            .filter(|text| !text.trim().is_empty()),
    }
}

fn status(status: BookingStatus, via: Option<&str>) -> (&'static str, &'static str) {
    match (status, via) {
        (BookingStatus::Held, _) => ("held", "warn"),
        (BookingStatus::Confirmed, _) => ("confirmed", "good"),
        (BookingStatus::Completed, _) => ("completed", ""),
        (BookingStatus::NoShow, _) => ("no show", "warn"),
        (BookingStatus::Cancelled, Some("google")) => ("cancelled in Google", ""),
        (BookingStatus::Cancelled, Some("prospect")) => ("cancelled by the prospect", ""),
        (BookingStatus::Cancelled, _) => ("cancelled", ""),
    }
}
