//! `GET, PATCH, DELETE /api/lumaleasing/gmail/config`: settings and health of a property's mailbox,
//! and giving it up. Never shows a token.

mod wire;

use shared::app::{App, connect, settings};
use shared::error::Result;

use crate::caller;
use crate::http::{Request, Response, Route, delete, get, patch};
use crate::response;

const PATH: &str = "/api/lumaleasing/gmail/config";

pub static ROUTE: Route = Route {
    name: "gmail_config",
    endpoints: &[
        get(PATH, |app, request| Box::pin(show(app, request))),
        patch(PATH, |app, request| Box::pin(change(app, request))),
        delete(PATH, |app, request| Box::pin(disconnect(app, request))),
    ],
};

async fn show(app: App, request: Request) -> Result<Response> {
    let user = caller::user(&app, &request).await?;
    let mailbox = settings::read(&app, &user, request.required("propertyId")?).await?;
    response::ok(&wire::mailbox(&mailbox))
}

async fn change(app: App, request: Request) -> Result<Response> {
    let user = caller::user(&app, &request).await?;
    let property = request.required("propertyId")?;
    let change = request.json::<wire::In>()?.try_into()?;
    let mailbox = settings::change(&app, &user, property, change).await?;
    response::ok(&wire::mailbox(&mailbox))
}

async fn disconnect(app: App, request: Request) -> Result<Response> {
    let user = caller::user(&app, &request).await?;
    connect::disconnect(&app, &user, request.required("propertyId")?).await?;
    Ok(response::no_content())
}
