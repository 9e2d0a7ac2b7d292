//! Which page answers which path.

use shared::app::App;
use shared::error::{Error, Result};

use super::{
    activity, calendar, leads, mailbox, overview, page, privacy, replies, session, threads, tours,
    wordings,
};
use crate::http::{Request, Response};

pub async fn show(app: App, request: Request) -> Result<Response> {
    let path = request.named("proxy").unwrap_or_default().to_owned();
    match path.split('/').collect::<Vec<_>>()[..] {
        // Where Google's consents come back to.
        [""] | ["lumaleasing"] => overview::show(app, request).await,
        ["sign-in"] => session::show(app, request).await,
        ["session", "google"] => session::finish_google(app, request).await,
        ["threads"] => threads::list(app, request).await,
        ["threads", id] => threads::one(app, request, id).await,
        ["approvals"] => replies::queue(app, request).await,
        ["mailbox"] => mailbox::show(app, request).await,
        ["calendar"] => calendar::show(app, request).await,
        ["tours"] => tours::show(app, request).await,
        ["leads"] => leads::list(app, request).await,
        ["leads", id] => leads::one(app, request, id).await,
        ["leads", id, "export"] => privacy::export(app, request, id).await,
        ["leads", id, "erase"] => privacy::ask(app, request, id).await,
        ["activity"] => activity::show(app, request).await,
        // A form that was refused leaves its own address in the browser.
        ["replies", _] => page::see("/dashboard/approvals"),
        ["wordings"] => page::see("/dashboard/mailbox"),
        [file] => page::asset(file),
        _ => Err(Error::NotFound("Page")),
    }
}

pub async fn act(app: App, request: Request) -> Result<Response> {
    let path = request.named("proxy").unwrap_or_default().to_owned();
    match path.split('/').collect::<Vec<_>>()[..] {
        ["session"] => session::begin(app, request).await,
        ["session", "google"] => session::begin_google(app, request).await,
        ["sign-out"] => session::end(app, request).await,
        ["threads", id] => threads::act(app, request, id).await,
        ["replies", id] => replies::act(app, request, id).await,
        ["leads", id] => leads::act(app, request, id).await,
        ["leads", id, "erase"] => privacy::erase(app, request, id).await,
        ["mailbox"] => mailbox::act(app, request).await,
        ["wordings"] => wordings::act(app, request).await,
        ["calendar"] => calendar::act(app, request).await,
        _ => Err(Error::NotFound("Page")),
    }
}
