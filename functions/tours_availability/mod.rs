//! `GET /api/lumaleasing/tours/availability`: what the host's widget asks, answered in the shape that it
//! knows. It never learns whose time it is.

mod wire;

use serde_json::json;
use shared::app::App;
use shared::app::tours::{self, Door};
use shared::error::{Error, Result};

use crate::calendar_availability::wire::range;
use crate::http::{Request, Response, Route, get, options};
use crate::response;

const PATH: &str = "/api/lumaleasing/tours/availability";

pub static ROUTE: Route = Route {
    name: "tours_availability",
    endpoints: &[
        get(PATH, |app, request| Box::pin(show(app, request))),
        options(PATH),
    ],
};

async fn show(app: App, request: Request) -> Result<Response> {
    let source = request.source_ip().unwrap_or_default();
    let (tx, property) = tours::admit(&app, request.widget_key(), source, Door::Look).await?;
    let (tx, range) = tours::go_on(tx, range(&request)).await?;
    match tours::availability(&app, tx, &property, range).await {
        Ok(times) => response::ok(&wire::availability(&times)),
        // The widget then asks for a wish instead of offering times.
        Err(error @ Error::CalendarUnreadable) => {
            let more =
                json!({ "fallback": true, "message": "Tour times cannot be shown at the moment" });
            Ok(response::problem_with_more(
                &error,
                request.request_id(),
                more,
            ))
        }
        Err(error) => Err(error),
    }
}
