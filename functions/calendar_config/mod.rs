//! `GET, PATCH, DELETE /api/calendar/config`: settings and health of agents' calendars at a property, and
//! giving one up. Never shows a token.

mod wire;

use shared::app::App;
use shared::app::calendars::{choices, connect, settings};
use shared::error::Result;

use crate::caller;
use crate::http::{Request, Response, Route, delete, get, patch};
use crate::response;

const PATH: &str = "/api/calendar/config";

pub static ROUTE: Route = Route {
    name: "calendar_config",
    endpoints: &[
        get(PATH, |app, request| Box::pin(show(app, request))),
        patch(PATH, |app, request| Box::pin(change(app, request))),
        delete(PATH, |app, request| Box::pin(disconnect(app, request))),
    ],
};

async fn show(app: App, request: Request) -> Result<Response> {
    let user = caller::user(&app, &request).await?;
    let (property, agent) = (request.required("propertyId")?, request.query("profileId")?);
    let calendars = settings::read(&app, &user, property, agent).await?;
    let mut answer = wire::calendars(&calendars);
    if request.query("choices")?.unwrap_or(false) {
        let choices = choices::of(&app, &user, property, agent).await?;
        answer["choices"] = choices.iter().map(wire::choice).collect();
    }
    response::ok(&answer)
}

async fn change(app: App, request: Request) -> Result<Response> {
    let user = caller::user(&app, &request).await?;
    let (property, agent) = (request.required("propertyId")?, request.query("profileId")?);
    let change = request.json::<wire::In>()?.into();
    let calendars = settings::change(&app, &user, property, agent, change).await?;
    response::ok(&wire::calendars(&calendars))
}

async fn disconnect(app: App, request: Request) -> Result<Response> {
    let user = caller::user(&app, &request).await?;
    let (property, agent) = (request.required("propertyId")?, request.query("profileId")?);
    connect::disconnect(&app, &user, property, agent).await?;
    Ok(response::no_content())
}
