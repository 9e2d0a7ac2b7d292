//! The pages, as text. Everything that is shown is escaped by the templates.

use askama::Template;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use shared::app::tours::{Time, Visit};
use shared::domain::ids;
use shared::domain::tour::BookingStatus;
use shared::error::{Error, Result};

use crate::http::Response;
use crate::response;

/// A page that is written.
pub struct Page {
    status: u16,
    nonce: String,
    html: String,
    /// Seconds to wait for.
    retry_after: Option<u64>,
}

impl Page {
    pub fn respond(self) -> Result<Response> {
        response::page(self.status, &self.nonce, self.html, self.retry_after)
    }
}

/// What became of a wish to move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    Moved,
    Taken,
    NotOffered,
    Unknown,
}

impl Notice {
    fn text(self) -> &'static str {
        match self {
            Self::Moved => "Your tour has moved. A new invitation is on its way.",
            Self::Taken => {
                "Somebody else has just taken that time. Your tour is where it was; please choose another time."
            }
            Self::NotOffered => {
                "No tour is offered at that time. Your tour is where it was; please choose another time."
            }
            Self::Unknown => {
                "We cannot see which times are free at the moment. Your tour is where it was; please try again later."
            }
        }
    }

    fn status(self) -> u16 {
        match self {
            Self::Moved => 200,
            Self::Taken => 409,
            Self::NotOffered => 422,
            Self::Unknown => 503,
        }
    }
}

/// The tour in the prospect's words and hours.
struct Shown {
    start: String,
    when: String,
    zone: String,
    property: String,
    address: Option<String>,
}

struct Day {
    name: String,
    times: Vec<Start>,
}

struct Start {
    /// An instant: a clock may show a time twice.
    start: String,
    label: String,
}

#[derive(Template)]
#[template(path = "tour_page/templates/tour.html")]
struct Tour {
    nonce: String,
    title: &'static str,
    notice: Option<&'static str>,
    tour: Shown,
    can_change: bool,
    days: Vec<Day>,
    no_times: &'static str,
}

#[derive(Template)]
#[template(path = "tour_page/templates/confirm.html")]
struct Confirm {
    nonce: String,
    title: &'static str,
    tour: Shown,
}

#[derive(Template)]
#[template(path = "tour_page/templates/message.html")]
struct Message {
    nonce: String,
    title: &'static str,
    text: &'static str,
}

pub fn tour(visit: &Visit, notice: Option<Notice>) -> Result<Page> {
    let nonce = nonce();
    let title = match visit.booking.status {
        BookingStatus::Cancelled => "Your tour is cancelled",
        _ if visit.is_over => "Your tour is over",
        _ => "Your tour",
    };
    let no_times = match &visit.times {
        Some(_) => "No other time is free within the next two weeks.",
        None => "Other times cannot be shown at the moment. Please try again later.",
    };
    let page = Tour {
        nonce: nonce.clone(),
        title,
        notice: notice.map(Notice::text),
        tour: shown(visit),
        can_change: visit.can_change(),
        days: days(visit),
        no_times,
    };
    written(notice.map_or(200, Notice::status), nonce, &page)
}

/// Asks once more before anything is cancelled.
pub fn confirm(visit: &Visit) -> Result<Page> {
    if !visit.can_change() {
        return tour(visit, None);
    }
    let nonce = nonce();
    let page = Confirm {
        nonce: nonce.clone(),
        title: "Cancel your tour?",
        tour: shown(visit),
    };
    written(200, nonce, &page)
}

/// A page that says what went wrong, and nothing about why.
pub fn sorry(error: &Error) -> Page {
    let (title, text) = match error {
        Error::NotFound(_) => (
            "This link leads nowhere",
            "Please use the link of your newest invitation, as it stands there.",
        ),
        Error::TooMany { .. } => ("Too many requests", "Please wait a minute and try again."),
        Error::Conflict { .. } => (
            "This tour has changed",
            "It is over, or somebody changed it meanwhile. Please open the link again.",
        ),
        Error::Invalid { .. } => (
            "Please choose a time",
            "Go back, choose one of the times that are shown, and try again.",
        ),
        _ => (
            "Something went wrong",
            "Nothing was changed that you cannot see here. Please try again in a minute.",
        ),
    };
    let nonce = nonce();
    let message = Message {
        nonce: nonce.clone(),
        title,
        text,
    };
    Page {
        status: error.status(),
        html: message.render().unwrap_or_else(|_| title.to_owned()),
        nonce,
        retry_after: error.retry_after().map(|wait| wait.as_secs().max(1)),
    }
}

fn written(status: u16, nonce: String, page: &impl Template) -> Result<Page> {
    Ok(Page {
        status,
        html: page.render().map_err(Error::internal)?,
        nonce,
        retry_after: None,
    })
}

/// Names the page's own style to the browser; every other is refused.
fn nonce() -> String {
    ids::fresh().simple().to_string()
}

fn shown(visit: &Visit) -> Shown {
    let (booking, property) = (&visit.booking, &visit.property);
    let start = booking.time.start();
    let zone = booking.time_zone();
    Shown {
        start: start.to_string(),
        when: text(start, &zone, "%A, %B %-d, %Y at %-I:%M %p"),
        zone: format!("{} ({})", text(start, &zone, "%Z"), booking.zone),
        property: property.name.clone(),
        address: property.address.clone(),
    }
}

fn days(visit: &Visit) -> Vec<Day> {
    let zone = visit.booking.time_zone();
    let times: &[Time] = visit.times.as_deref().unwrap_or_default();
    let same_day = times.chunk_by(|one, next| one.date == next.date);
    let day = |times: &[Time]| {
        let first = times.first()?.time.start();
        let time = |time: &Time| Start {
            start: time.time.start().to_string(),
            label: text(time.time.start(), &zone, "%-I:%M %p"),
        };
        Some(Day {
            name: text(first, &zone, "%A, %B %-d"),
            times: times.iter().map(time).collect(),
        })
    };
    same_day.filter_map(day).collect()
}

fn text(instant: Timestamp, zone: &TimeZone, format: &str) -> String {
    instant.to_zoned(zone.clone()).strftime(format).to_string()
}
