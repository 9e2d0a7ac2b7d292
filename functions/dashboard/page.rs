//! What all pages have in common: the frame around them, their headers, errors as pages.

use askama::Template;
use lambda_http::Body;
use lambda_http::http::{HeaderValue, StatusCode, header};
use shared::error::{Error, Result};

use super::words::Notice;
use crate::http::Response;

const STYLE: &str = include_str!("style.css");
/// The stylesheet's address changes with its text, so browsers may keep it for good.
const STYLE_HASH: u64 = fnv1a(STYLE.as_bytes());
const FOR_GOOD: &str = "public, max-age=31536000, immutable";

/// What surrounds a page.
#[derive(Default)]
pub struct Frame {
    pub title: String,
    /// Which entry of the menu this is.
    pub here: &'static str,
    /// Who is signed in; empty on pages for everybody.
    pub who: String,
    /// The properties to switch between, and which is shown.
    pub properties: Vec<Choice>,
    pub property: String,
    pub property_name: String,
    /// Whether they see what only admins and managers do.
    pub manages: bool,
    pub form_token: String,
    pub notice: Option<Notice>,
}

impl Frame {
    pub fn stylesheet(&self) -> String {
        format!("/dashboard/{}", style_name())
    }
}

/// An entry of a list to choose from.
pub struct Choice {
    pub id: String,
    pub name: String,
    pub chosen: bool,
}

#[derive(Template)]
#[template(path = "dashboard/templates/error.html")]
struct ErrorPage {
    frame: Frame,
    sentence: String,
    request_id: String,
}

/// A page. `google` is where its forms may lead besides ourselves.
pub fn page(template: &impl Template, google: Option<&str>) -> Result<Response> {
    html(StatusCode::OK, template, google)
}

pub fn html(
    status: StatusCode,
    template: &impl Template,
    google: Option<&str>,
) -> Result<Response> {
    let text = template.render().map_err(Error::internal)?;
    let mut response = Response::new(Body::Text(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    headers.insert(header::CONTENT_TYPE, kind);
    let policy = HeaderValue::try_from(policy(google)).map_err(Error::internal)?;
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    Ok(response)
}

/// No script, no frame, nothing from elsewhere. A form's redirect counts as its target, too.
fn policy(google: Option<&str>) -> String {
    let google = google
        .map(|origin| format!(" {origin}"))
        .unwrap_or_default();
    format!(
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'{google}; \
         frame-ancestors 'none'; base-uri 'none'"
    )
}

/// 303: what was posted is done; look there (RFC 9110 section 15.4.4).
pub fn see(to: &str) -> Result<Response> {
    let mut response = Response::new(Body::Empty);
    *response.status_mut() = StatusCode::SEE_OTHER;
    let location = HeaderValue::try_from(to).map_err(Error::internal)?;
    response.headers_mut().insert(header::LOCATION, location);
    Ok(response)
}

/// An error as whoever sent a form sees it: it does not vanish without a word when the session is over.
pub fn refusal_of_form(error: &Error, request_id: &str) -> Response {
    if matches!(error, Error::Unauthenticated) {
        return see("/dashboard/sign-in?error=session_over").unwrap_or_default();
    }
    refusal(error, request_id)
}

/// An error as a person sees it. Whoever is not signed in is asked to.
pub fn refusal(error: &Error, request_id: &str) -> Response {
    if matches!(error, Error::Unauthenticated) {
        return see("/dashboard/sign-in").unwrap_or_default();
    }
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let (title, sentence) = super::words::error(error);
    let page = ErrorPage {
        frame: Frame {
            title: title.to_owned(),
            ..Frame::default()
        },
        sentence,
        request_id: request_id.to_owned(),
    };
    let mut response = html(status, &page, None).unwrap_or_default();
    *response.status_mut() = status;
    if let Some(wait) = error.retry_after() {
        let seconds = HeaderValue::from(wait.as_secs().max(1));
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    response
}

/// The stylesheet.
pub fn asset(name: &str) -> Result<Response> {
    if name != style_name() {
        return Err(Error::NotFound("Page"));
    }
    let mut response = Response::new(Body::Text(STYLE.to_owned()));
    let headers = response.headers_mut();
    let kind = HeaderValue::from_static("text/css; charset=utf-8");
    headers.insert(header::CONTENT_TYPE, kind);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(FOR_GOOD));
    Ok(response)
}

fn style_name() -> String {
    format!("style-{STYLE_HASH:016x}.css")
}

/// Tells texts apart; nobody has to be unable to forge it.
const fn fnv1a(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325;
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0000_0100_0000_01b3);
        at += 1;
    }
    hash
}
