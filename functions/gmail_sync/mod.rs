//! `POST /api/lumaleasing/gmail/sync`: reads a property's mailbox now.

use serde::Deserialize;
use shared::app::{App, inbox};
use shared::domain::ids::PropertyId;
use shared::error::Result;
use uuid::Uuid;

use crate::caller;
use crate::http::{Request, Response, Route, post};
use crate::response;

pub static ROUTE: Route = Route {
    name: "gmail_sync",
    endpoints: &[post("/api/lumaleasing/gmail/sync", |app, request| {
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
    inbox::sync_now(&app, &user, PropertyId(body.property_id)).await?;
    response::accepted()
}
