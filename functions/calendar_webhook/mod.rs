//! `POST /api/calendar/webhook`: Google says that a calendar changed, and not how.
//!
//! Proves the channel by what its headers say, marks the calendar as changed, answers 204. The body is
//! not read, and Calendar is not asked here.

use lambda_http::http::HeaderName;
use shared::app::App;
use shared::app::calendars::channels::{self, Push};
use shared::error::Result;

use crate::http::{Request, Response, Route, post};
use crate::response;

pub static ROUTE: Route = Route {
    name: "calendar_webhook",
    endpoints: &[post("/api/calendar/webhook", |app, request| {
        Box::pin(handle(app, request))
    })],
};

async fn handle(app: App, request: Request) -> Result<Response> {
    let says = |name| request.header(HeaderName::from_static(name));
    let push = Push {
        channel: says("x-goog-channel-id"),
        token: says("x-goog-channel-token"),
        resource: says("x-goog-resource-id"),
        state: says("x-goog-resource-state"),
    };
    channels::push(&app, &push).await?;
    Ok(response::no_content())
}
