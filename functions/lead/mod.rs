//! `DELETE /api/lumaleasing/leads/{leadId}`: erases a person. An admin's alone; may be repeated.

use serde_json::json;
use shared::app::{App, erasure};
use shared::error::Result;

use crate::caller;
use crate::http::{Request, Response, Route, delete};
use crate::response;

/// Said with every erasure: what only the owners of mailbox and calendars can delete.
const REMAINS: &str = "Mail in the property's Gmail mailbox and past events in its agents' Google \
     calendars remain there until their owners delete them.";

pub static ROUTE: Route = Route {
    name: "lead",
    endpoints: &[delete("/api/lumaleasing/leads/{leadId}", |app, request| {
        Box::pin(erase(app, request))
    })],
};

async fn erase(app: App, request: Request) -> Result<Response> {
    let user = caller::user(&app, &request).await?;
    let lead = request.id("leadId", "Lead")?;
    erasure::erase(&app, &user, lead).await?;
    response::ok(&json!({ "success": true, "remains": REMAINS }))
}
