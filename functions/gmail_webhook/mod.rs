//! `POST /api/lumaleasing/gmail/webhook`: Pub/Sub says that a mailbox changed.
//!
//! Proves the sender, marks the mailbox as changed, answers 204. Gmail is not asked here: Pub/Sub
//! waits ten seconds, and Gmail's history can take longer.

use shared::app::{App, inbox};
use shared::error::Result;

use crate::http::{Request, Response, Route, post};
use crate::{push, response};

pub static ROUTE: Route = Route {
    name: "gmail_webhook",
    endpoints: &[post("/api/lumaleasing/gmail/webhook", |app, request| {
        Box::pin(handle(app, request))
    })],
};

async fn handle(app: App, request: Request) -> Result<Response> {
    match push::gmail(&app, &request).await? {
        Some(notice) => push::answer(inbox::heard(&app, notice).await),
        None => Ok(response::no_content()),
    }
}
