//! The product at an address that a browser can open. Each request becomes the event that API Gateway
//! would send, and goes through the [door].

use std::net::Ipv4Addr;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use shared::app::App;
use tokio::net::TcpListener;

use crate::door::{Answer, Knock};
use crate::world::{CALLBACKS, World};

/// API Gateway's limit of a request's body.
const BODY_LIMIT: usize = 10 << 20;

impl World {
    /// From now on the product answers at the address that this returns, without a final slash; its own
    /// links and Google's redirects lead there.
    ///
    /// It is `localhost`: browsers keep `Secure` cookies of that name without TLS. And it is another site
    /// than the emulated Google at `127.0.0.1`, as in life: what `SameSite` keeps back is kept back.
    pub async fn opens_site(&mut self) -> String {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        for callback in CALLBACKS {
            self.google.allow_redirect(&format!("{url}/{callback}"));
        }
        self.app = self.another_app(&[("PUBLIC_URL", &url)]);
        let router = Router::new().fallback(answer).with_state(self.app.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        url
    }
}

async fn answer(State(app): State<App>, request: Request) -> Response {
    match knock(request).await {
        Some(knock) => respond(knock.send(&app).await),
        None => StatusCode::BAD_REQUEST.into_response(),
    }
}

/// `None` for what no page of ours makes a browser send.
async fn knock(request: Request) -> Option<Knock> {
    let (parts, body) = request.into_parts();
    let method = match parts.method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => return None,
    };
    let mut knock = Knock::new(method, parts.uri.path_and_query()?.as_str());
    for (name, value) in &parts.headers {
        let value = value.to_str().ok()?;
        if name == header::COOKIE {
            for (name, value) in value.split("; ").filter_map(|one| one.split_once('=')) {
                knock = knock.cookie(name, value);
            }
        } else {
            knock = knock.header(name.as_str(), value);
        }
    }
    let body = to_bytes(body, BODY_LIMIT).await.ok()?;
    if !body.is_empty() {
        knock = knock.text(String::from_utf8(body.into()).ok()?);
    }
    Some(knock)
}

fn respond(answer: Answer) -> Response {
    let mut response = Response::new(Body::from(answer.text));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap();
    *response.headers_mut() = answer.headers;
    response
}
