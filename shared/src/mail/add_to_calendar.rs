//! Links with which a prospect puts a tour into a calendar of the web, without e-mail or file.
//!
//! All name the same instants, in UTC, whatever zone the prospect's browser is in.

use jiff::Timestamp;
use url::form_urlencoded::Serializer;

use super::clean;
use super::ics::{TourEntry, utc};

/// A page for each calendar, with the tour filled in.
#[derive(Clone)]
pub struct Links {
    pub google: String,
    /// `outlook.live.com`: personal accounts.
    pub outlook: String,
    /// `outlook.office.com`: accounts of work and school.
    pub office365: String,
    pub yahoo: String,
}

/// The links for a tour.
pub fn links(tour: &TourEntry<'_>) -> Links {
    let (start, end) = (tour.when.start(), tour.when.end());
    let title = clean::line(tour.summary);
    let text = clean::text(tour.description);
    let place = clean::line(tour.location);
    let outlook = |host: &str| {
        link(
            &format!("https://{host}/calendar/0/deeplink/compose"),
            &[
                ("path", "/calendar/action/compose"),
                ("rru", "addevent"),
                ("subject", &title),
                ("startdt", &rfc3339(start)),
                ("enddt", &rfc3339(end)),
                ("body", &text),
                ("location", &place),
            ],
        )
    };
    Links {
        google: link(
            "https://calendar.google.com/calendar/render",
            &[
                ("action", "TEMPLATE"),
                ("text", &title),
                ("dates", &format!("{}/{}", utc(start), utc(end))),
                ("details", &text),
                ("location", &place),
            ],
        ),
        outlook: outlook("outlook.live.com"),
        office365: outlook("outlook.office.com"),
        yahoo: link(
            "https://calendar.yahoo.com/",
            &[
                ("v", "60"),
                ("view", "d"),
                ("type", "20"),
                ("title", &title),
                ("st", &utc(start)),
                ("et", &utc(end)),
                ("desc", &text),
                ("in_loc", &place),
            ],
        ),
    }
}

/// Outlook shows the `+` of a form's encoding as it stands, so a space is `%20` for all of them.
fn link(page: &str, fields: &[(&str, &str)]) -> String {
    let query = Serializer::new(String::new()).extend_pairs(fields).finish();
    format!("{page}?{}", query.replace('+', "%20"))
}

fn rfc3339(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
