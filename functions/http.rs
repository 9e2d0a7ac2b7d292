//! The HTTP door: which function answers which method and path.
//!
//! Handlers are boxed in a `pub static` of this library, so that their bodies are compiled once and a
//! binary costs its link alone.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::time::Instant;

use futures::FutureExt;
use lambda_http::{Body, RequestExt};
use shared::app::{App, refusals};
use shared::error::{Error, Result, Retry, chain};
use tracing::Instrument;

pub use crate::request::Request;
pub use crate::response::Response;
use crate::{process, response};

/// What one function answers.
pub struct Route {
    /// Folder, binary and log group.
    pub name: &'static str,
    pub endpoints: &'static [Endpoint],
}

/// One method on one path.
pub struct Endpoint {
    pub method: &'static str,
    /// As API Gateway writes it: `/api/lumaleasing/gmail/threads/{threadId}`; a last `{proxy+}` is all that follows.
    pub path: &'static str,
    handler: Handler,
    refusal: Refusal,
}

/// How an error is told: a problem for programs, a page for people.
type Refusal = fn(&Error, request_id: &str) -> Response;

impl Endpoint {
    /// For people: what goes wrong is told by a page.
    pub const fn refusing(mut self, refusal: Refusal) -> Self {
        self.refusal = refusal;
        self
    }
}

type Handler = fn(App, Request) -> Answering;
type Answering = Pin<Box<dyn Future<Output = Result<Response>> + Send>>;

pub const fn get(path: &'static str, handler: Handler) -> Endpoint {
    Endpoint {
        method: "GET",
        path,
        handler,
        refusal: response::problem,
    }
}

pub const fn post(path: &'static str, handler: Handler) -> Endpoint {
    Endpoint {
        method: "POST",
        path,
        handler,
        refusal: response::problem,
    }
}

pub const fn patch(path: &'static str, handler: Handler) -> Endpoint {
    Endpoint {
        method: "PATCH",
        path,
        handler,
        refusal: response::problem,
    }
}

pub const fn delete(path: &'static str, handler: Handler) -> Endpoint {
    Endpoint {
        method: "DELETE",
        path,
        handler,
        refusal: response::problem,
    }
}

/// What a browser asks before it lets a page of another site call the path. A path that answers this is
/// open to all sites: they call with a key. A browser lets none of them send cookies to read an answer, and
/// what changes something by cookie has to come from our own pages.
pub const fn options(path: &'static str) -> Endpoint {
    Endpoint {
        method: "OPTIONS",
        path,
        handler: |_, _| Box::pin(async { Ok(response::empty()) }),
        refusal: response::problem,
    }
}

impl Route {
    /// The whole `main` of an HTTP function.
    pub fn serve(&'static self) -> Result<(), lambda_http::Error> {
        process::run(async move {
            let app = process::app().await?;
            let service = lambda_http::service_fn(move |request| {
                let answer = self.answer(app.clone(), request);
                Box::pin(async move { Ok::<_, lambda_http::Error>(answer.await) })
            });
            lambda_http::run(service).await
        })
    }

    /// Answers one request. Never fails: what goes wrong becomes a problem response.
    pub async fn answer(
        &'static self,
        app: App,
        request: lambda_http::Request,
    ) -> lambda_http::Response<Body> {
        let id = request_id(&request);
        let method = request.method().as_str().to_owned();
        let path = request.raw_http_path().to_owned();
        let span = tracing::info_span!("request", function = self.name, request.id = %id, http.method = %method);
        let started = Instant::now();
        let mut response = match self.endpoint(&method, &path) {
            Ok((endpoint, names)) => {
                let work = (endpoint.handler)(app.clone(), Request::new(request, names, &id));
                let done = async {
                    match attempt(work).await {
                        Ok(response) => response,
                        Err(error) => {
                            refusals::remember(&app, &error, &method, &path).await;
                            (endpoint.refusal)(&error, &id)
                        }
                    }
                };
                done.instrument(span.clone()).await
            }
            Err(NoEndpoint::Path) => response::problem(&Error::NotFound("Page"), &id),
            Err(NoEndpoint::Method(allowed)) => response::method_not_allowed(&allowed, &id),
        };
        let methods = self.methods(&path);
        if methods.contains(&"OPTIONS") {
            response::open_to_all_sites(&mut response, &methods);
        }
        response::secure(&mut response);
        let duration = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        span.in_scope(|| {
            tracing::info!(
                http.status = response.status().as_u16(),
                duration_ms = duration,
                "Answered"
            );
        });
        response
    }

    fn methods(&self, path: &str) -> Vec<&'static str> {
        let here = self.endpoints.iter();
        let here = here.filter(|endpoint| names_in(endpoint.path, path).is_some());
        here.map(|endpoint| endpoint.method).collect()
    }

    fn endpoint(&self, method: &str, path: &str) -> Result<(&Endpoint, PathNames), NoEndpoint> {
        let here: Vec<_> = self
            .endpoints
            .iter()
            .filter_map(|endpoint| Some((endpoint, names_in(endpoint.path, path)?)))
            .collect();
        if here.is_empty() {
            return Err(NoEndpoint::Path);
        }
        let allowed = here.iter().map(|(endpoint, _)| endpoint.method).collect();
        here.into_iter()
            .find(|(endpoint, _)| endpoint.method == method)
            .ok_or(NoEndpoint::Method(allowed))
    }

    /// Whether this function has an endpoint on the path, whatever the method.
    pub fn knows(&self, path: &str) -> bool {
        self.endpoints
            .iter()
            .any(|endpoint| names_in(endpoint.path, path).is_some())
    }
}

#[derive(Debug)]
enum NoEndpoint {
    Path,
    Method(Vec<&'static str>),
}

/// What stands in the path at each `{name}` of its template.
pub(crate) type PathNames = Vec<(&'static str, String)>;

fn names_in(template: &'static str, path: &str) -> Option<PathNames> {
    let mut names = Vec::new();
    let mut segments = path.split('/');
    for expected in template.split('/') {
        if let Some(name) = expected
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix("+}"))
        {
            let rest = segments.collect::<Vec<_>>().join("/");
            names.push((name, rest));
            return names
                .last()
                .filter(|(_, rest)| !rest.is_empty())
                .is_some()
                .then_some(names);
        }
        let segment = segments.next()?;
        match expected
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'))
        {
            Some(name) if !segment.is_empty() => names.push((name, segment.to_owned())),
            None if segment == expected => {}
            _ => return None,
        }
    }
    segments.next().is_none().then_some(names)
}

/// Runs a handler to its end. Errors are logged here, once, with their sources; a panic is a defect like
/// any other.
async fn attempt(work: Answering) -> Result<Response> {
    let done = match AssertUnwindSafe(work).catch_unwind().await {
        Ok(done) => done,
        Err(_) => Err(Error::internal("the handler panicked")),
    };
    done.inspect_err(note)
}

/// Logs why a request was not done.
pub(crate) fn note(error: &Error) {
    match error.retry() {
        Retry::Later => tracing::error!(code = error.code(), error = chain(error), "Failed"),
        Retry::Never => tracing::info!(code = error.code(), "Refused"),
    }
}

/// API Gateway's name of the request, which the caller also sees in a header.
fn request_id(request: &lambda_http::Request) -> String {
    let gateway = match request.request_context_ref() {
        Some(lambda_http::request::RequestContext::ApiGatewayV2(context)) => {
            context.request_id.clone()
        }
        _ => None,
    };
    let lambda = || {
        request
            .lambda_context_ref()
            .map(|context| context.request_id.clone())
    };
    gateway.or_else(lambda).unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panicking_handler_is_answered_without_its_words() {
        let work: Answering = Box::pin(async { panic!("ann@example.com") });
        let error = attempt(work).await.unwrap_err();
        let response = response::problem(&error, "r-1");
        assert_eq!(response.status(), 500);
        let Body::Text(text) = response.body() else {
            panic!("a problem has a body")
        };
        assert!(text.contains("r-1") && !text.contains("ann"), "{text}");
    }

    #[test]
    fn a_path_fits_its_template_or_not() {
        let template = "/replies/{id}/approve";
        let cases = [
            ("/replies/7/approve", Some("7")),
            ("/replies//approve", None),
            ("/replies/7/approve/", None),
            ("/replies/7", None),
            ("/replies/7/reject", None),
            ("/x/replies/7/approve", None),
        ];
        for (path, expected) in cases {
            let names = names_in(template, path);
            assert_eq!(
                names.map(|names| names[0].1.clone()).as_deref(),
                expected,
                "{path}"
            );
        }
        assert_eq!(names_in("/health", "/health"), Some(vec![]));
    }

    #[test]
    fn a_greedy_name_takes_all_that_follows() {
        let template = "/dashboard/{proxy+}";
        for (path, expected) in [
            ("/dashboard/threads", Some("threads")),
            ("/dashboard/threads/7", Some("threads/7")),
            ("/dashboard/", None),
            ("/dashboard", None),
            ("/dash/threads", None),
        ] {
            let names = names_in(template, path);
            assert_eq!(
                names.map(|names| names[0].1.clone()).as_deref(),
                expected,
                "{path}"
            );
        }
    }
}
