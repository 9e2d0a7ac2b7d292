//! Which user calls: by a token of the host's, or by the dashboard's session.

use lambda_http::http::HeaderName;
use lambda_http::http::header::{AUTHORIZATION, CONTENT_TYPE, ORIGIN};
use shared::app::access::{self, User};
use shared::app::{App, sessions};
use shared::error::{Error, Result};

use crate::http::Request;

/// Holds the session. The prefix keeps other hosts and plain HTTP away from it (RFC 6265bis section 4.1.3.2).
pub const SESSION: &str = "__Host-luma_session";
/// Where the browser says that a request began; no page can write it (W3C Fetch Metadata).
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The user behind a request. A header is meant, a cookie comes along by itself: where there is an
/// `Authorization`, it alone counts.
///
/// # Errors
/// `Unauthenticated` without a valid token or session of a known user, `CrossSite` for a change that comes with
/// the cookie and not from a page of ours, `TooMany` beyond 600 requests a minute.
pub async fn user(app: &App, request: &Request) -> Result<User> {
    match request.cookie(SESSION) {
        Some(cookie) if !request.has(AUTHORIZATION) => {
            check_site(app, request)?;
            Ok(sessions::open(app, Some(cookie)).await?.user)
        }
        _ => access::user(app, request.authorization()).await,
    }
}

/// Whether a user calls, and not a widget: the token of a user (a JWT, RFC 7519) has two dots, and a key has
/// none. Whoever shows a key is a widget, on whatever page.
pub fn is_user(request: &Request) -> bool {
    match request.widget_key() {
        Some(key) => key.matches('.').count() == 2 && request.bearer() == Some(key),
        None => !request.has(AUTHORIZATION) && request.cookie(SESSION).is_some(),
    }
}

/// A browser sends the cookie with whatever page of this site's domain asks for, and some browsers do so for
/// others' pages. What changes something must therefore come from a page of ours: the browser says so, or names
/// our own origin; and it is JSON, which no form can send.
fn check_site(app: &App, request: &Request) -> Result<()> {
    let own = app.config().web.public_url.origin().ascii_serialization();
    let is_ours = match request.header(SEC_FETCH_SITE) {
        Some(site) => site == "same-origin",
        None => !request.has(SEC_FETCH_SITE) && request.header(ORIGIN) == Some(own.as_str()),
    };
    let is_json = match request.header(CONTENT_TYPE) {
        Some(kind) => kind.split(';').next().map(str::trim) == Some("application/json"),
        None => request.body().is_empty() && !request.has(CONTENT_TYPE),
    };
    if request.is_safe() || (is_ours && is_json) {
        Ok(())
    } else {
        Err(Error::CrossSite)
    }
}
