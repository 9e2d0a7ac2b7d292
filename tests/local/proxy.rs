//! A plain address for the HTTP API.
//!
//! The emulator answers below `/_aws/execute-api/<id>/$default`; a browser, its cookies and
//! Google's redirects want the root of a host.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;

use crate::Result;

/// API Gateway's limit of a request's body.
const BODY_LIMIT: usize = 10 << 20;

/// Meant for one connection, not for the one behind it (RFC 9110, section 7.6.1).
const HOP_BY_HOP: [HeaderName; 6] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

#[derive(Clone)]
struct Upstream {
    http: reqwest::Client,
    base: String,
}

/// Serves `listener` from the API until the runtime ends.
pub fn serve(listener: TcpListener, http: reqwest::Client, aws_url: &str, api_id: &str) {
    let base = format!("{aws_url}/_aws/execute-api/{api_id}/$default");
    let router = Router::new()
        .fallback(forward)
        .with_state(Upstream { http, base });
    tokio::spawn(async move { axum::serve(listener, router).await });
}

async fn forward(State(upstream): State<Upstream>, request: Request) -> Response {
    pass(upstream, request).await.unwrap_or_else(|error| {
        (
            StatusCode::BAD_GATEWAY,
            format!("the local stack does not answer: {error}\n"),
        )
            .into_response()
    })
}

async fn pass(upstream: Upstream, request: Request) -> Result<Response> {
    let (parts, body) = request.into_parts();
    let target = parts
        .uri
        .path_and_query()
        .map_or("/", |target| target.as_str());
    let answer = upstream
        .http
        .request(parts.method, format!("{}{target}", upstream.base))
        .headers(end_to_end(parts.headers))
        .body(to_bytes(body, BODY_LIMIT).await?)
        .send()
        .await?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = answer.status();
    *response.headers_mut() = end_to_end(answer.headers().clone());
    *response.body_mut() = Body::from(answer.bytes().await?);
    Ok(response)
}

fn end_to_end(mut headers: HeaderMap) -> HeaderMap {
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
    headers
}
