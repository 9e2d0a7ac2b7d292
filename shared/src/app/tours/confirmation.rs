//! What the person who booked is told at once: how to keep the tour, and how to change it.

use super::book::Booked;
use super::link;
use crate::app::App;
use crate::mail::add_to_calendar::{self, Links};
use crate::mail::ics::{self, TourEntry};

/// For the page on which somebody booked.
pub struct Confirmation {
    pub links: Links,
    /// A calendar file as a link that needs no server.
    pub ics_download: String,
    /// The prospect's page; only for whom the tour is.
    pub manage_url: Option<String>,
    /// One sentence for the prospect.
    pub message: String,
}

/// The same for the same booking, however often it is asked for.
pub fn confirmation(app: &App, booked: &Booked) -> Confirmation {
    let (booking, property) = (&booked.booking, &booked.property);
    let manage_url = booked.is_theirs.then(|| link::manage_url(app, booking.id));
    let description = manage_url
        .as_ref()
        .map(|url| format!("Move or cancel: {url}"));
    let public_url = &app.config().web.public_url;
    let entry = TourEntry {
        booking: booking.id,
        domain: public_url.host_str().unwrap_or("localhost"),
        sequence: u32::try_from(booking.version).unwrap_or_default(),
        when: booking.time,
        summary: &format!("Tour of {}", property.name),
        description: description.as_deref().unwrap_or_default(),
        location: property.address.as_deref().unwrap_or_default(),
    };
    let file = ics::publish(&entry, None, app.now());
    let when = booking.local_start().strftime("%A, %B %-d at %-I:%M %p");
    Confirmation {
        links: add_to_calendar::links(&entry),
        ics_download: file.download(),
        message: format!("Your tour of {} is booked for {when}.", property.name),
        manage_url,
    }
}
