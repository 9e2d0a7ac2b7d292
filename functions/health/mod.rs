//! `GET /health`: whether the function answers. Names no dependency to strangers.

use serde_json::json;
use shared::error::Result;

use crate::http::{Response, Route, get};
use crate::response;

pub static ROUTE: Route = Route {
    name: "health",
    endpoints: &[get("/health", |_app, _request| Box::pin(handle()))],
};

async fn handle() -> Result<Response> {
    response::ok(&json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") }))
}
