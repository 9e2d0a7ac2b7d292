//! A plain address for the HTTP API.
//!
//! The emulator answers below `/_aws/execute-api/<id>/$default`; a browser, its cookies and
//! Google's redirects want the root of a host. And it refuses what a browser asks before it calls
//! another site, where API Gateway hands it to the route that waits for it: an API without a CORS
//! configuration treats `OPTIONS` as any method. [Signing in by a link](crate::hand_over) is this address's own.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::Result;
use crate::cloud::Deployed;
use crate::hand_over::{self, HandOver};

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
    aws: String,
    /// Physical names of the functions, by the folder's.
    functions: BTreeMap<String, String>,
    hand_over: Option<HandOver>,
}

/// Serves `listener` from the API until the runtime ends.
pub fn serve(
    listener: TcpListener,
    http: reqwest::Client,
    aws_url: &str,
    deployed: &Deployed,
    hand_over: Option<HandOver>,
) {
    let api_id = &deployed.outputs["ApiId"];
    let functions = deployed.functions.values();
    let by_folder = |name: &String| Some((name.rsplit('-').next()?.to_owned(), name.clone()));
    let router = Router::new().fallback(forward).with_state(Upstream {
        http,
        base: format!("{aws_url}/_aws/execute-api/{api_id}/$default"),
        aws: aws_url.to_owned(),
        functions: functions.filter_map(by_folder).collect(),
        hand_over,
    });
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
    if parts.method == Method::OPTIONS
        && let Some(function) = upstream.waits_for_options(parts.uri.path())
    {
        return upstream.preflight(function, parts.uri.path()).await;
    }
    if let Some(hand_over) = &upstream.hand_over
        && parts.uri.path() == hand_over::PATH
    {
        let query = parts.uri.query().unwrap_or_default();
        return match hand_over.token(query).await? {
            Some(token) => upstream.sign_in(&token).await,
            None => Ok(StatusCode::NOT_FOUND.into_response()),
        };
    }
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
    passed_on(answer).await
}

async fn passed_on(answer: reqwest::Response) -> Result<Response> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = answer.status();
    *response.headers_mut() = end_to_end(answer.headers().clone());
    *response.body_mut() = Body::from(answer.bytes().await?);
    Ok(response)
}

impl Upstream {
    /// What the host's pages post; the answer carries the session.
    async fn sign_in(&self, token: &str) -> Result<Response> {
        let url = format!("{}/dashboard/session", self.base);
        let body = json!({ "accessToken": token });
        passed_on(self.http.post(url).json(&body).send().await?).await
    }

    /// The function whose route takes `OPTIONS` on this path.
    fn waits_for_options(&self, path: &str) -> Option<&str> {
        let mut routes = functions::ROUTES.iter();
        let route = routes.find(|route| {
            let mut endpoints = route.endpoints.iter();
            endpoints.any(|endpoint| endpoint.method == "OPTIONS" && endpoint.path == path)
        })?;
        self.functions.get(route.name).map(String::as_str)
    }

    /// Invokes the function with the event that API Gateway would make of it.
    async fn preflight(&self, function: &str, path: &str) -> Result<Response> {
        let route = format!("OPTIONS {path}");
        let event = json!({
            "version": "2.0", "routeKey": route, "rawPath": path, "rawQueryString": "",
            "headers": {}, "isBase64Encoded": false,
            "requestContext": {
                "accountId": "000000000000", "apiId": "local", "domainName": "127.0.0.1",
                "domainPrefix": "local", "requestId": "preflight", "routeKey": route,
                "stage": "$default", "time": "01/Jan/2026:00:00:00 +0000", "timeEpoch": 0,
                "http": { "method": "OPTIONS", "path": path, "protocol": "HTTP/1.1",
                          "sourceIp": "127.0.0.1", "userAgent": "" },
            },
        });
        let url = format!("{}/2015-03-31/functions/{function}/invocations", self.aws);
        let answer: Value = self
            .http
            .post(url)
            .json(&event)
            .send()
            .await?
            .json()
            .await?;
        let mut response = Response::new(Body::empty());
        let status = answer["statusCode"]
            .as_u64()
            .and_then(|code| code.try_into().ok());
        *response.status_mut() = StatusCode::from_u16(status.unwrap_or(502))?;
        for (name, value) in answer["headers"].as_object().into_iter().flatten() {
            let value = HeaderValue::from_str(value.as_str().unwrap_or_default())?;
            response
                .headers_mut()
                .insert(name.parse::<HeaderName>()?, value);
        }
        Ok(response)
    }
}

fn end_to_end(mut headers: HeaderMap) -> HeaderMap {
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
    headers
}
