//! `GET /api/lumaleasing/leads/{leadId}/interests`: what a lead said they want, in which words, and what
//! that makes of the lead's preferences.

use serde_json::{Value, json};
use shared::app::App;
use shared::app::enrichment::{self, Shown};
use shared::error::Result;

use crate::caller;
use crate::http::{Request, Response, Route, get};
use crate::response;

pub static ROUTE: Route = Route {
    name: "lead_interests",
    endpoints: &[get(
        "/api/lumaleasing/leads/{leadId}/interests",
        |app, request| Box::pin(handle(app, request)),
    )],
};

async fn handle(app: App, request: Request) -> Result<Response> {
    let user = caller::user(&app, &request).await?;
    let lead = request.id("leadId", "Lead")?;
    let known = enrichment::known(&app, &user, lead).await?;
    response::ok(&json!({
        "interests": known.interests.iter().map(interest).collect::<Vec<_>>(),
        "preferences": enrichment::shaped(&known.preferences),
    }))
}

fn interest(shown: &Shown) -> Value {
    let interest = &shown.interest;
    json!({
        "type": interest.kind.as_str(),
        "value": interest.value,
        "confidence": interest.confidence,
        "source": interest.source.as_str(),
        "evidence": interest.evidence,
        "messageId": interest.message.map(|message| message.0),
        "createdAt": shown.created_at,
    })
}
