//! `GET /api/lumaleasing/gmail/connect`: starts the consent for a property's mailbox.
//!
//! The browser gets a cookie that has to come back with Google's answer: nobody can have another
//! person finish a consent they began.

use serde_json::json;
use shared::app::{App, connect};
use shared::domain::ids::PropertyId;
use shared::error::Result;

use crate::caller;
use crate::http::{Request, Response, Route, get};
use crate::response;

pub static ROUTE: Route = Route {
    name: "gmail_connect",
    endpoints: &[get("/api/lumaleasing/gmail/connect", |app, request| {
        Box::pin(handle(app, request))
    })],
};

/// Binds a consent to the browser that began it.
pub const COOKIE: &str = "__Host-luma_oauth";
/// Seconds; a consent lives no longer.
pub const COOKIE_AGE: u32 = 600;

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
