//! `GET, POST /tours/{token}`: the prospect's page, by the link of the invitation.

use shared::app::App;
use shared::error::{Error, Result};

use crate::http::{Request, Response, Route, get, post};

const PATH: &str = "/tours/{token}";

pub static ROUTE: Route = Route {
    name: "tour_page",
    endpoints: &[
        get(PATH, |app, request| Box::pin(show(app, request))),
        post(PATH, |app, request| Box::pin(show(app, request))),
    ],
};

async fn show(_app: App, _request: Request) -> Result<Response> {
    Err(Error::NotFound("Tour"))
}
