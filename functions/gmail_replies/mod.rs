//! `GET /api/lumaleasing/gmail/replies` lists a property's replies; `PATCH …/{id}` changes the text
//! of one that is held, `POST …/approve` has it sent, `POST …/reject` has it not sent.

pub(crate) mod wire;

use serde_json::json;
use shared::app::{App, reply};
use shared::error::Result;

use crate::caller;
use crate::http::{Request, Response, Route, get, patch, post};
use crate::response;

const LIST: &str = "/api/lumaleasing/gmail/replies";
const ONE: &str = "/api/lumaleasing/gmail/replies/{id}";
const APPROVE: &str = "/api/lumaleasing/gmail/replies/{id}/approve";
const REJECT: &str = "/api/lumaleasing/gmail/replies/{id}/reject";

pub static ROUTE: Route = Route {
    name: "gmail_replies",
    endpoints: &[
        get(LIST, |app, request| Box::pin(list(app, request))),
        patch(ONE, |app, request| Box::pin(edit(app, request))),
        post(APPROVE, |app, request| Box::pin(approve(app, request))),
        post(REJECT, |app, request| Box::pin(reject(app, request))),
    ],
};

async fn list(app: App, request: Request) -> Result<Response> {
    let user = caller::user(&app, &request).await?;
    let property = request.required("propertyId")?;
    let state = request.text("status").map(wire::state).transpose()?;
    let listed = reply::list(&app, &user, property, state, request.page()?).await?;
    response::ok(&json!({
        "replies": listed.items.iter().map(wire::reply).collect::<Vec<_>>(),
        "nextCursor": listed.next.map(|cursor| cursor.to_string()),
    }))
}

async fn edit(app: App, request: Request) -> Result<Response> {
    let user = caller::user(&app, &request).await?;
    let id = request.id("id", "Reply")?;
    let body: wire::In = request.json()?;
    let edited = reply::edit(&app, &user, id, &body.body_text).await?;
    response::ok(&wire::reply(&edited))
}

async fn approve(app: App, request: Request) -> Result<Response> {
    let user = caller::user(&app, &request).await?;
    let id = request.id("id", "Reply")?;
    response::ok(&wire::reply(&reply::approve(&app, &user, id).await?))
}

async fn reject(app: App, request: Request) -> Result<Response> {
    let user = caller::user(&app, &request).await?;
    let id = request.id("id", "Reply")?;
    response::ok(&wire::reply(&reply::reject(&app, &user, id).await?))
}
