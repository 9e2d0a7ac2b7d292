//! `GET /api/lumaleasing/gmail/threads` lists a property's threads; `GET, PATCH …/{threadId}` shows one
//! with its messages and replies, and changes its status and who looks after it.

mod wire;

use serde_json::json;
use shared::app::App;
use shared::app::threads::{self, Filter};
use shared::domain::ids::LeadId;
use shared::error::Result;

use crate::caller;
use crate::http::{Request, Response, Route, get, patch};
use crate::response;

const LIST: &str = "/api/lumaleasing/gmail/threads";
const ONE: &str = "/api/lumaleasing/gmail/threads/{threadId}";

pub static ROUTE: Route = Route {
    name: "gmail_threads",
    endpoints: &[
        get(LIST, |app, request| Box::pin(list(app, request))),
        get(ONE, |app, request| Box::pin(one(app, request))),
        patch(ONE, |app, request| Box::pin(change(app, request))),
    ],
};

async fn list(app: App, request: Request) -> Result<Response> {
    let user = caller::user(&app, &request).await?;
    let property = request.required("propertyId")?;
    let filter = Filter {
        status: request.text("status").map(wire::status).transpose()?,
        lead: request.query::<LeadId>("leadId")?,
        needs_person: false,
    };
    let listed = threads::list(&app, &user, property, filter, request.page()?).await?;
    response::ok(&json!({
        "threads": listed.items.iter().map(wire::line).collect::<Vec<_>>(),
        "nextCursor": listed.next.map(|cursor| cursor.to_string()),
    }))
}

async fn one(app: App, request: Request) -> Result<Response> {
    let user = caller::user(&app, &request).await?;
    let id = request.id("threadId", "Thread")?;
    response::ok(&wire::thread(&threads::one(&app, &user, id).await?))
}

async fn change(app: App, request: Request) -> Result<Response> {
    let user = caller::user(&app, &request).await?;
    let id = request.id("threadId", "Thread")?;
    let change = request.json::<wire::In>()?.try_into()?;
    let thread = threads::change(&app, &user, id, change).await?;
    response::ok(&wire::thread(&thread))
}
