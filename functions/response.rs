//! Answers: JSON, redirects and problems (RFC 9457).

use lambda_http::Body;
use lambda_http::http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::{Value, json};
use shared::error::{Error, Result};

pub type Response = lambda_http::Response<Body>;

/// 200 with a JSON body.
pub fn ok(body: &impl Serialize) -> Result<Response> {
    json_with(StatusCode::OK, body)
}

/// 202: taken on, not done yet.
pub fn accepted() -> Result<Response> {
    json_with(StatusCode::ACCEPTED, &json!({ "success": true }))
}

/// 200 with a JSON body that a browser saves under that name.
pub fn file(name: &str, body: &impl Serialize) -> Result<Response> {
    let mut response = ok(body)?;
    let disposition = format!("attachment; filename=\"{name}\"");
    let disposition = HeaderValue::try_from(disposition).map_err(Error::internal)?;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_DISPOSITION, disposition);
    Ok(response)
}

pub fn no_content() -> Response {
    status(StatusCode::NO_CONTENT)
}

/// 200 without a body.
pub fn empty() -> Response {
    status(StatusCode::OK)
}

/// A page that runs nothing, loads nothing and sends its forms to us alone; its only style carries the
/// nonce. No search engine keeps it.
pub fn page(code: u16, nonce: &str, html: String, retry_after: Option<u64>) -> Result<Response> {
    let code = StatusCode::from_u16(code).map_err(Error::internal)?;
    let mut response = with_body(code, "text/html; charset=utf-8", html);
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'"
    );
    let headers = response.headers_mut();
    let policy = HeaderValue::try_from(policy).map_err(Error::internal)?;
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    headers.insert(
        "x-robots-tag",
        HeaderValue::from_static("noindex, nofollow"),
    );
    if let Some(seconds) = retry_after {
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    Ok(response)
}

/// 302 to an address made by us.
pub fn redirect(to: &str) -> Result<Response> {
    let mut response = status(StatusCode::FOUND);
    let location = HeaderValue::try_from(to).map_err(Error::internal)?;
    response.headers_mut().insert(header::LOCATION, location);
    Ok(response)
}

/// Sets a cookie that only this host's HTTPS pages send back, or forgets it (`max_age` 0).
/// `Lax`: it has to come along when Google redirects the browser back to us.
pub fn set_cookie(response: &mut Response, name: &str, value: &str, max_age: u32) -> Result<()> {
    let cookie =
        format!("{name}={value}; Path=/; Max-Age={max_age}; HttpOnly; Secure; SameSite=Lax");
    let cookie = HeaderValue::try_from(cookie).map_err(Error::internal)?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(())
}

/// An error as its caller sees it: a code, a sentence of ours and the request's id; never a cause.
pub fn problem(error: &Error, request_id: &str) -> Response {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = problem_with(status, &error.code(), &error.to_string(), request_id);
    let headers = response.headers_mut();
    if let Some(wait) = error.retry_after() {
        // Whole seconds, and never zero: "at once" is what overran us.
        let seconds = wait.as_millis().div_ceil(1000).max(1);
        if let Ok(seconds) = HeaderValue::try_from(seconds.to_string()) {
            headers.insert(header::RETRY_AFTER, seconds);
        }
    }
    if matches!(error, Error::Unauthenticated) {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// A problem that says more than every problem does (RFC 9457 section 3.2), in fields of its own.
pub fn problem_with_more(error: &Error, request_id: &str, more: Value) -> Response {
    let mut response = problem(error, request_id);
    let mut body = problem_body(
        error.status(),
        &error.code(),
        &error.to_string(),
        request_id,
    );
    if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
        body.extend(more);
    }
    *response.body_mut() = Body::Text(body.to_string());
    response
}

/// Lets pages of all sites read the answer, as the host does for its widget: its key travels in a
/// header or in the query, and with `*` no browser lets a page read what a cookie brought.
pub fn open_to_all_sites(response: &mut Response, methods: &[&str]) {
    const HEADERS: &str = "Content-Type, X-API-Key, X-Visitor-ID, Authorization, Idempotency-Key";
    let headers = response.headers_mut();
    let everybody = HeaderValue::from_static("*");
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, everybody);
    let allowed = HeaderValue::from_static(HEADERS);
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed);
    if let Ok(methods) = HeaderValue::try_from(methods.join(", ")) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
    }
}

pub fn method_not_allowed(allowed: &[&str], request_id: &str) -> Response {
    let title = "This method is not allowed here";
    let mut response = problem_with(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        title,
        request_id,
    );
    if let Ok(allowed) = HeaderValue::try_from(allowed.join(", ")) {
        response.headers_mut().insert(header::ALLOW, allowed);
    }
    response
}

/// What every response says about itself: nothing here is cached, sniffed, framed or passed on.
pub fn secure(response: &mut Response) {
    let always = [
        (header::CACHE_CONTROL, "no-store"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    for (name, value) in always {
        response
            .headers_mut()
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
}

fn problem_with(status: StatusCode, code: &str, title: &str, request_id: &str) -> Response {
    let body = problem_body(status.as_u16(), code, title, request_id);
    with_body(status, "application/problem+json", body.to_string())
}

fn problem_body(status: u16, code: &str, title: &str, request_id: &str) -> Value {
    json!({
        "type": format!("urn:lumaleasing:problem:{code}"),
        "title": title,
        "status": status,
        "code": code,
        "requestId": request_id,
        "error": title,
    })
}

fn json_with(status: StatusCode, body: &impl Serialize) -> Result<Response> {
    let body = serde_json::to_string(body).map_err(Error::internal)?;
    Ok(with_body(status, "application/json", body))
}

fn with_body(code: StatusCode, media_type: &'static str, body: String) -> Response {
    let mut response = status(code);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    *response.body_mut() = Body::Text(body);
    response
}

fn status(code: StatusCode) -> Response {
    let mut response = Response::new(Body::Empty);
    *response.status_mut() = code;
    response
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn body(response: &Response) -> serde_json::Value {
        let Body::Text(text) = response.body() else {
            panic!("a problem has a body")
        };
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_problem_never_tells_its_cause() {
        let error = Error::internal("password authentication failed for user luma");
        let response = problem(&error, "r-1");
        assert_eq!(
            response.headers()[header::CONTENT_TYPE],
            "application/problem+json"
        );
        assert_eq!(
            body(&response),
            json!({ "type": "urn:lumaleasing:problem:internal", "title": "Internal error", "status": 500,
                    "code": "internal", "requestId": "r-1", "error": "Internal error" })
        );
    }

    #[test]
    fn a_caller_that_asks_too_often_learns_how_long_to_wait() {
        let wait = |millis| {
            let error = Error::TooMany {
                retry_after: Duration::from_millis(millis),
            };
            problem(&error, "").headers()[header::RETRY_AFTER]
                .to_str()
                .unwrap()
                .to_owned()
        };
        assert_eq!(wait(0), "1");
        assert_eq!(wait(1500), "2");
        assert!(
            !problem(&Error::Forbidden, "")
                .headers()
                .contains_key(header::RETRY_AFTER)
        );
    }

    #[test]
    fn every_response_forbids_caching_and_framing() {
        let mut response = no_content();
        secure(&mut response);
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
        assert!(
            response.headers()[header::CONTENT_SECURITY_POLICY]
                .to_str()
                .unwrap()
                .contains("frame-ancestors")
        );
    }

    #[test]
    fn a_redirect_cannot_carry_a_second_header() {
        assert!(redirect("/dashboard?x=1\r\nSet-Cookie: a=b").is_err());
        assert_eq!(
            redirect("/dashboard?x=1").unwrap().headers()[header::LOCATION],
            "/dashboard?x=1"
        );
    }
}
