//! What every simulated neighbour has in common: a port, a log of calls, and faults by name.

mod calls;
mod faults;

use std::io;
use std::net::Ipv4Addr;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;

pub use calls::{Call, Calls};
pub use faults::{Fault, Faults};

/// Larger than Gmail's largest message (35 MiB, a third more in base64).
const BODY_LIMIT: usize = 64 << 20;

/// The part of a neighbour that sees every request before the neighbour itself does.
#[derive(Clone)]
pub struct Front {
    pub calls: Calls,
    pub faults: Faults,
    /// What the neighbour's documentation calls the operation that a request asks for.
    name: fn(&Parts) -> String,
    /// How the neighbour words an error: operation, status, reason.
    word: fn(&str, StatusCode, &str) -> Response,
}

/// Marks an answer that must never reach the caller: the connection is closed instead.
#[derive(Clone)]
struct Lost;

impl Front {
    /// A front with an empty log and no faults planned.
    pub fn new(name: fn(&Parts) -> String, word: fn(&str, StatusCode, &str) -> Response) -> Front {
        Front {
            calls: Calls::default(),
            faults: Faults::default(),
            name,
            word,
        }
    }

    /// Lets every request to `router` pass through this front.
    pub fn guard<S: Clone + Send + Sync + 'static>(&self, router: Router<S>) -> Router<S> {
        let watch = middleware::from_fn_with_state(self.clone(), watch);
        router.layer(DefaultBodyLimit::disable()).layer(watch)
    }

    async fn play(&self, fault: Option<Fault>, operation: &str, ask: Ask) -> Response {
        let refuse = |code: u16, reason: &str| {
            (self.word)(operation, StatusCode::from_u16(code).unwrap(), reason)
        };
        match fault {
            None => ask.run().await,
            Some(Fault::AnswerLostBeforeEffect) => lost(),
            Some(Fault::AnswerLostAfterEffect) => {
                ask.run().await;
                lost()
            }
            Some(Fault::Status {
                code,
                reason,
                retry_after,
            }) => {
                let mut response = refuse(code, reason);
                if let Some(seconds) = retry_after {
                    response
                        .headers_mut()
                        .insert(header::RETRY_AFTER, seconds.into());
                }
                response
            }
            Some(Fault::Slow(delay)) => {
                tokio::time::sleep(delay).await;
                ask.run().await
            }
            Some(Fault::Held) => {
                self.faults.hold().await;
                ask.run().await
            }
            Some(Fault::Stall) => std::future::pending().await,
            Some(Fault::StallAfterEffect) => {
                ask.run().await;
                std::future::pending().await
            }
            Some(Fault::Garbage) => {
                ask.run().await;
                let json = [(header::CONTENT_TYPE, "application/json; charset=UTF-8")];
                (json, "{\"id\": \"18c0").into_response()
            }
            Some(Fault::LateEffect) => {
                self.faults.postpone(None, ask.run());
                refuse(503, "backendError")
            }
            Some(Fault::LateEffectAfter(other)) => {
                self.faults.postpone(Some(other), ask.run());
                refuse(503, "backendError")
            }
        }
    }
}

/// Opens a port on this machine and serves `router` until the runtime ends.
///
/// Answers the base URL, without a final slash. `None` takes any free port.
pub async fn listen(router: Router, port: Option<u16>) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port.unwrap_or(0))).await;
    let listener = listener.unwrap_or_else(|error| panic!("port {port:?} is taken: {error}"));
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(accept(listener, router));
    url
}

/// A client for this machine's own ports that stays where it is sent from.
pub fn client() -> reqwest::Client {
    // The client wants some TLS to exist; when the program chose one before, that one stays.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .tls_certs_only([]) // reading the machine's would take longer than the test
        .build()
        .unwrap()
}

/// A request with the handler that would answer it.
struct Ask {
    parts: Parts,
    body: Bytes,
    next: Next,
}

impl Ask {
    async fn run(self) -> Response {
        self.next
            .run(Request::from_parts(self.parts, Body::from(self.body)))
            .await
    }
}

fn lost() -> Response {
    let mut response = Response::default();
    response.extensions_mut().insert(Lost);
    response
}

async fn watch(State(front): State<Front>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let operation = (front.name)(&parts);
    let call = front.calls.arrived_now(&operation, &parts);
    let fault = front.faults.take(&operation, parts.uri.path(), &body);
    let response = front
        .play(fault, &operation, Ask { parts, body, next })
        .await;
    front.faults.release_after(&operation).await;
    let status = response
        .extensions()
        .get::<Lost>()
        .is_none()
        .then(|| response.status().as_u16());
    front.calls.answered(call, status);
    response
}

/// Accepts connections; unlike `axum::serve` it can hang up instead of answering.
async fn accept(listener: TcpListener, router: Router) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        let _ = stream.set_nodelay(true); // only speed is lost without it
        let inner = TowerToHyperService::new(router.clone());
        let service = hyper::service::service_fn(move |request| {
            let answer = inner.call(request);
            async move {
                let Ok(response) = answer.await;
                match response.extensions().get::<Lost>() {
                    Some(Lost) => Err(io::Error::other("the answer is lost")),
                    None => Ok(response),
                }
            }
        });
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        tokio::spawn(connection);
    }
}
