//! `GET /api/calendar/connect`: starts the consent for the caller's own calendar at a property.

use serde_json::json;
use shared::app::App;
use shared::app::calendars::connect;
use shared::domain::ids::PropertyId;
use shared::error::Result;

use crate::caller;
use crate::gmail_connect::{COOKIE, COOKIE_AGE};
use crate::http::{Request, Response, Route, get};
use crate::response;

pub static ROUTE: Route = Route {
    name: "calendar_connect",
    endpoints: &[get("/api/calendar/connect", |app, request| {
        Box::pin(handle(app, request))
    })],
};

async fn handle(app: App, request: Request) -> Result<Response> {
    let user = caller::user(&app, &request).await?;
    let property: PropertyId = request.required("propertyId")?;
    let started = connect::begin(&app, &user, property).await?;
    let mut answer = if request.wants_json() {
        response::ok(&json!({ "url": started.url }))?
    } else {
        response::redirect(&started.url)?
    };
    response::set_cookie(&mut answer, COOKIE, &started.browser, COOKIE_AGE)?;
    Ok(answer)
}
