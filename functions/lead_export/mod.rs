//! `GET /api/lumaleasing/leads/{leadId}/export?since=&until=`: what we hold of a person, as a file. What is
//! too long for one answer is asked for in parts, by the times of mail and turns (RFC 3339).

use shared::app::App;
use shared::app::export::{self, Period};
use shared::error::Result;

use crate::caller;
use crate::http::{Request, Response, Route, get};
use crate::response;

pub static ROUTE: Route = Route {
    name: "lead_export",
    endpoints: &[get(
        "/api/lumaleasing/leads/{leadId}/export",
        |app, request| Box::pin(handle(app, request)),
    )],
};

async fn handle(app: App, request: Request) -> Result<Response> {
    let user = caller::user(&app, &request).await?;
    let lead = request.id("leadId", "Lead")?;
    let period = Period {
        since: request.query("since")?,
        until: request.query("until")?,
    };
    let document = export::export(&app, &user, lead, period).await?;
    response::file(&format!("lead-{lead}.json"), &document)
}
