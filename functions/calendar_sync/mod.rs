//! `POST /api/calendar/sync`: reads the caller's calendar now, and for who manages the property all of them.

use serde::Deserialize;
use shared::app::{App, calendars};
use shared::domain::ids::PropertyId;
use shared::error::Result;
use uuid::Uuid;

use crate::caller;
use crate::http::{Request, Response, Route, post};
use crate::response;

pub static ROUTE: Route = Route {
    name: "calendar_sync",
    endpoints: &[post("/api/calendar/sync", |app, request| {
        Box::pin(handle(app, request))
    })],
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct In {
    property_id: Uuid,
}

async fn handle(app: App, request: Request) -> Result<Response> {
    let user = caller::user(&app, &request).await?;
    let body: In = request.json()?;
    calendars::sync_now(&app, &user, PropertyId(body.property_id)).await?;
    response::accepted()
}
