//! `GET /api/calendar/callback`: Google sends the agent's browser back, with a code or a refusal.
//!
//! Trusts nothing but the state and the cookie of the browser that began; there is no `Authorization`.

use shared::app::App;
use shared::app::calendars::connect;
use shared::app::consent::Callback;
use shared::error::Result;

use crate::gmail_connect::COOKIE;
use crate::http::{Request, Response, Route, get};
use crate::response;

pub static ROUTE: Route = Route {
    name: "calendar_callback",
    endpoints: &[get("/api/calendar/callback", |app, request| {
        Box::pin(handle(app, request))
    })],
};

async fn handle(app: App, request: Request) -> Result<Response> {
    let text = |name| request.text(name).map(str::to_owned);
    let callback = Callback {
        code: text("code"),
        state: text("state"),
        error: text("error"),
        browser: request.cookie(COOKIE).map(str::to_owned),
    };
    // A refusal leaves the cookie: a forged link must not end a consent that is under way.
    let back = connect::finish(&app, callback).await?;
    let mut answer = response::redirect(&back)?;
    response::set_cookie(&mut answer, COOKIE, "", 0)?;
    Ok(answer)
}
