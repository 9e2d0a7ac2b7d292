//! `POST /api/lumaleasing/leads/{leadId}/enrich`: reads a lead's conversations now.

use shared::app::{App, enrichment};
use shared::error::Result;

use crate::caller;
use crate::http::{Request, Response, Route, post};
use crate::response;

pub static ROUTE: Route = Route {
    name: "lead_enrich",
    endpoints: &[post(
        "/api/lumaleasing/leads/{leadId}/enrich",
        |app, request| Box::pin(handle(app, request)),
    )],
};

async fn handle(app: App, request: Request) -> Result<Response> {
    let user = caller::user(&app, &request).await?;
    let lead = request.id("leadId", "Lead")?;
    enrichment::request(&app, &user, lead).await?;
    response::accepted()
}
