//! Google Calendar's REST API over the calendars' state: one table of operations, strict at the door.
//!
//! Stricter than Google where Google forgives: extended properties beyond the limits are refused and
//! not cut, and a sync token is refused with another `singleEvents` than it was made with. More
//! lenient in one place: a channel may lead to plain HTTP on this machine.

mod calendar_list;
mod channels;
pub(super) mod control;
mod event;
mod events;
mod fields;
mod free_busy;
mod handle;
mod invites;
mod list;
mod mishaps;
mod moment;
mod people;
mod recurrence;
mod request;
pub(super) mod state;
mod write;

use axum::Json;
use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{MethodFilter, on};
use serde_json::Value;

pub use channels::{Channel, Notification};
pub use event::Event;
pub use handle::Calendar;
pub use invites::{InviteKind, InviteMail};
pub use mishaps::Unreadable;
pub use moment::{Moment, When};
pub use people::Rsvp;
pub use state::Role;

use super::Site;
use super::refusal::Refusal;
use request::Ask;

/// What a handler makes of a request that passed the door; `None` is 204.
type Answer = Result<Option<Value>, Refusal>;

/// One method of the API.
pub(crate) struct Operation {
    /// Google's method id without `calendar.`.
    pub name: &'static str,
    method: Method,
    path: &'static str,
    /// Any of these scopes will do, without their common beginning.
    scopes: &'static [&'static str],
    /// Query parameters beyond those that every method takes.
    query: &'static [&'static str],
    handler: fn(&Ask) -> Answer,
}

const WRITE: &[&str] = &["calendar", "calendar.events"];
const READ: &[&str] = &[
    "calendar",
    "calendar.readonly",
    "calendar.events",
    "calendar.events.readonly",
];
/// `calendar.events` is not among them.
const FREE_BUSY: &[&str] = &[
    "calendar",
    "calendar.readonly",
    "calendar.freebusy",
    "calendar.events.freebusy",
];
const LISTS: &[&str] = &[
    "calendar",
    "calendar.readonly",
    "calendar.calendarlist",
    "calendar.calendarlist.readonly",
];
const LIST: &[&str] = &[
    "eventTypes",
    "iCalUID",
    "maxAttendees",
    "maxResults",
    "orderBy",
    "pageToken",
    "privateExtendedProperty",
    "q",
    "sharedExtendedProperty",
    "showDeleted",
    "showHiddenInvitations",
    "singleEvents",
    "syncToken",
    "timeMax",
    "timeMin",
    "timeZone",
    "updatedMin",
];
const WRITING: &[&str] = &[
    "conferenceDataVersion",
    "maxAttendees",
    "sendUpdates",
    "supportsAttachments",
];

/// <https://developers.google.com/workspace/calendar/api/v3/reference>
#[rustfmt::skip]
static OPERATIONS: [Operation; 11] = [
    Operation { name: "freebusy.query", method: Method::POST, path: "/freeBusy", scopes: FREE_BUSY, query: &[], handler: free_busy::query },
    Operation { name: "events.list", method: Method::GET, path: "/calendars/{calendar}/events", scopes: READ, query: LIST, handler: list::list },
    Operation { name: "events.insert", method: Method::POST, path: "/calendars/{calendar}/events", scopes: WRITE, query: WRITING, handler: events::insert },
    Operation { name: "events.watch", method: Method::POST, path: "/calendars/{calendar}/events/watch", scopes: READ, query: &["eventTypes"], handler: channels::watch },
    Operation { name: "events.get", method: Method::GET, path: "/calendars/{calendar}/events/{event}", scopes: READ, query: &["maxAttendees", "timeZone"], handler: events::get },
    Operation { name: "events.patch", method: Method::PATCH, path: "/calendars/{calendar}/events/{event}", scopes: WRITE, query: WRITING, handler: events::patch },
    Operation { name: "events.delete", method: Method::DELETE, path: "/calendars/{calendar}/events/{event}", scopes: WRITE, query: &["sendUpdates"], handler: events::delete },
    Operation { name: "events.move", method: Method::POST, path: "/calendars/{calendar}/events/{event}/move", scopes: WRITE, query: &["destination", "sendUpdates"], handler: events::move_to },
    Operation { name: "channels.stop", method: Method::POST, path: "/channels/stop", scopes: READ, query: &[], handler: channels::stop },
    Operation { name: "calendarList.list", method: Method::GET, path: "/users/me/calendarList", scopes: LISTS, query: &["maxResults", "minAccessRole", "pageToken", "showHidden"], handler: calendar_list::list },
    Operation { name: "calendarList.get", method: Method::GET, path: "/users/me/calendarList/{calendar}", scopes: LISTS, query: &[], handler: calendar_list::get },
];

/// Before every path above.
const BASE: &str = "/calendar/v3";

pub(super) fn router() -> Router<Site> {
    let add = |router: Router<Site>, operation: &'static Operation| {
        let filter = MethodFilter::try_from(operation.method.clone()).unwrap();
        let handler = move |State(site): State<Site>,
                            Path(path): Path<Vec<(String, String)>>,
                            RawQuery(query): RawQuery,
                            headers: HeaderMap,
                            body: axum::body::Bytes| async move {
            let ask = Ask::read(operation, site, path, query.as_deref(), &headers, &body);
            match ask.and_then(|ask| ask.answer(operation.handler)) {
                Ok(Some(body)) => Json(body).into_response(),
                Ok(None) => StatusCode::NO_CONTENT.into_response(),
                Err(refusal) => refusal.into_response(),
            }
        };
        router.route(&format!("{BASE}{}", operation.path), on(filter, handler))
    };
    OPERATIONS.iter().fold(Router::new(), add)
}

pub(super) fn operation(method: &Method, path: &str) -> Option<&'static str> {
    let path = path.strip_prefix(BASE)?;
    let same = |operation: &&Operation| operation.method == *method && operation.path == path;
    OPERATIONS.iter().find(same).map(|operation| operation.name)
}
