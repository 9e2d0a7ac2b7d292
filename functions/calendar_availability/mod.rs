//! `GET /api/calendar/availability`: the times of a property that are free, by agent. A user may also ask
//! why a time is not (`&at=2026-03-09T10:00`).

pub mod wire;

use shared::app::App;
use shared::app::tours::{self, Door};
use shared::error::Result;

use crate::caller;
use crate::http::{Request, Response, Route, get, options};
use crate::response;

const PATH: &str = "/api/calendar/availability";

pub static ROUTE: Route = Route {
    name: "calendar_availability",
    endpoints: &[
        get(PATH, |app, request| Box::pin(show(app, request))),
        options(PATH),
    ],
};

async fn show(app: App, request: Request) -> Result<Response> {
    if caller::is_user(&request) {
        return for_user(&app, &request).await;
    }
    let source = request.source_ip().unwrap_or_default();
    let (tx, property) = tours::admit(&app, request.widget_key(), source, Door::Look).await?;
    let (tx, range) = tours::go_on(tx, wire::asked(&request, property.id)).await?;
    let times = tours::availability(&app, tx, &property, range).await?;
    response::ok(&wire::availability(&times))
}

async fn for_user(app: &App, request: &Request) -> Result<Response> {
    let user = caller::user(app, request).await?;
    let (tx, property) = tours::admit_user(app, &user, request.required("propertyId")?).await?;
    let (tx, range) = tours::go_on(tx, wire::range(request)).await?;
    let times = tours::availability(app, tx, &property, range).await?;
    let mut answer = wire::availability(&times);
    if let Some(at) = request.text("at").map(wire::reading).transpose()? {
        let explained = tours::explain(app, &property, at).await?;
        answer["explanations"] = explained.iter().map(wire::explanation).collect();
    }
    response::ok(&answer)
}
