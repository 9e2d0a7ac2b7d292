//! `GET /api/lumaleasing/gmail/replies` lists a property's replies; `PATCH …/{id}` changes the text
//! of one that is held, `POST …/approve` has it sent, `POST …/reject` has it not sent.

use serde::Deserialize;
use serde_json::{Value, json};
use shared::app::threads::Reply;
use shared::app::{App, access, reply};
use shared::domain::reply::ReplyState;
use shared::error::{Error, Result};

use crate::http::{Request, Response, Route, get, patch, post};
use crate::response;

pub static ROUTE: Route = Route {
    name: "gmail_replies",
    endpoints: &[
        get("/api/lumaleasing/gmail/replies", |app, request| {
            Box::pin(list(app, request))
        }),
        patch("/api/lumaleasing/gmail/replies/{id}", |app, request| {
            Box::pin(edit(app, request))
        }),
        post(
            "/api/lumaleasing/gmail/replies/{id}/approve",
            |app, request| Box::pin(approve(app, request)),
        ),
        post(
            "/api/lumaleasing/gmail/replies/{id}/reject",
            |app, request| Box::pin(reject(app, request)),
        ),
    ],
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct In {
    body_text: String,
}

async fn list(app: App, request: Request) -> Result<Response> {
    let user = access::user(&app, request.authorization()).await?;
    let property = request.required("propertyId")?;
    let state = |text| ReplyState::parse(text).ok_or(Error::invalid("status", "no such state"));
    let state = request.text("status").map(state).transpose()?;
    let listed = reply::list(&app, &user, property, state, request.page()?).await?;
    response::ok(&json!({
        "replies": listed.items.iter().map(as_json).collect::<Vec<_>>(),
        "nextCursor": listed.next.map(|cursor| cursor.to_string()),
    }))
}

async fn edit(app: App, request: Request) -> Result<Response> {
    let user = access::user(&app, request.authorization()).await?;
    let id = request.id("id", "Reply")?;
    let body: In = request.json()?;
    response::ok(&as_json(
        &reply::edit(&app, &user, id, &body.body_text).await?,
    ))
}

async fn approve(app: App, request: Request) -> Result<Response> {
    let user = access::user(&app, request.authorization()).await?;
    let id = request.id("id", "Reply")?;
    response::ok(&as_json(&reply::approve(&app, &user, id).await?))
}

async fn reject(app: App, request: Request) -> Result<Response> {
    let user = access::user(&app, request.authorization()).await?;
    let id = request.id("id", "Reply")?;
    response::ok(&as_json(&reply::reject(&app, &user, id).await?))
}

/// A reply as the API shows it, here and within its thread.
pub fn as_json(reply: &Reply) -> Value {
    json!({
        "id": reply.id.0,
        "threadId": reply.thread.0,
        "messageId": reply.message.0,
        "state": reply.state.as_str(),
        "bodyText": reply.body_text,
        "confidence": reply.confidence,
        "reasons": reply.reasons,
        "dueAt": reply.due_at,
        "sentAt": reply.sent_at,
    })
}
