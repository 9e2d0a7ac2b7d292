//! The Lambda runtime API, for one function and one event.
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// The function's answer, or what it reported instead of one.
pub type Outcome = Result<String, String>;

/// What the function did, and when.
pub enum Step {
    /// It asked for its event: it has started.
    Ready(Instant),
    /// It is done with the event.
    Done(Instant, Outcome),
}

#[derive(Clone)]
struct Api {
    event: Arc<Mutex<Option<String>>>,
    steps: mpsc::UnboundedSender<Step>,
}

/// Serves `event` once; answers the address for `AWS_LAMBDA_RUNTIME_API`, and what happens.
pub async fn serve(event: String) -> (String, mpsc::UnboundedReceiver<Step>) {
    let (steps, happened) = mpsc::unbounded_channel();
    let api = Api {
        event: Arc::new(Mutex::new(Some(event))),
        steps,
    };
    let router = Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route(
            "/2018-06-01/runtime/invocation/{id}/response",
            post(response),
        )
        .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
        .route("/2018-06-01/runtime/init/error", post(error))
        .with_state(api);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, happened)
}

async fn next(State(api): State<Api>) -> Response {
    let Some(event) = api.event.lock().unwrap().take() else {
        return std::future::pending().await; // no second event: Lambda lets the function wait
    };
    let _ = api.steps.send(Step::Ready(Instant::now())); // fails when the test is over
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let headers = [
        ("content-type", "application/json".to_owned()),
        (
            "lambda-runtime-aws-request-id",
            "8476a536-e9f4-11e8-9739-2dfe598c3fcd".to_owned(),
        ),
        (
            "lambda-runtime-deadline-ms",
            (now.as_millis() + 30_000).to_string(),
        ),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:us-east-1:000000000000:function:sample".to_owned(),
        ),
    ];
    (headers, event).into_response()
}

async fn response(State(api): State<Api>, body: String) -> StatusCode {
    let _ = api.steps.send(Step::Done(Instant::now(), Ok(body)));
    StatusCode::ACCEPTED
}

async fn error(State(api): State<Api>, body: String) -> StatusCode {
    let _ = api.steps.send(Step::Done(Instant::now(), Err(body)));
    StatusCode::ACCEPTED
}
