//! What every Google API looks at before it looks at what is asked.

use std::collections::BTreeSet;

use axum::http::{HeaderMap, HeaderName, Method, StatusCode, header};
use serde::de::DeserializeOwned;
use url::form_urlencoded::parse;

use super::Site;
use super::refusal::Refusal;

/// Query parameters of every Google API.
const COMMON: [&str; 5] = ["alt", "prettyPrint", "key", "quotaUser", "$.xgafv"];

/// Whose token a request carries, and what it may do.
pub struct Caller {
    pub address: String,
    /// Granted scopes, by full name.
    pub scopes: BTreeSet<String>,
}

impl Caller {
    /// Reads the bearer token; 401 when it is missing, unknown or expired.
    pub fn identify(site: &Site, headers: &HeaderMap) -> Result<Caller, Refusal> {
        let token = text(headers, &header::AUTHORIZATION);
        let token = token.and_then(|value| value.strip_prefix("Bearer "));
        let caller = site.update(|state, now| {
            let (account, scopes) = state.oauth.bearer(token?, now)?;
            Some(Caller {
                address: account.to_owned(),
                scopes: scopes.clone(),
            })
        });
        caller.ok_or_else(Refusal::unauthenticated)
    }
}

/// A header's value, where it is text.
pub fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Google's front end wants to know how long a body is, even an empty one.
pub fn check_length(method: &Method, headers: &HeaderMap) -> Result<(), Refusal> {
    let known = headers.contains_key(header::CONTENT_LENGTH)
        || headers.contains_key(header::TRANSFER_ENCODING);
    if [Method::POST, Method::PUT].contains(method) && !known {
        let message = "POST requests require a Content-length header.";
        return Err(Refusal::new(
            StatusCode::LENGTH_REQUIRED,
            "lengthRequired",
            message,
        ));
    }
    Ok(())
}

/// The query, in which every name must be one of `known` or common to all APIs.
pub fn parameters(query: Option<&str>, known: &[&str]) -> Result<Vec<(String, String)>, Refusal> {
    let query: Vec<(String, String)> = parse(query.unwrap_or_default().as_bytes())
        .into_owned()
        .collect();
    for (name, value) in &query {
        if !COMMON.contains(&name.as_str()) && !known.contains(&name.as_str()) {
            return Err(Refusal::invalid_argument(format!(
                "Invalid JSON payload received. Unknown name \"{name}\": Cannot bind query \
                 parameter."
            )));
        }
        if name == "alt" && value != "json" {
            return Err(Refusal::invalid_argument(format!(
                "alt={value} is not simulated"
            )));
        }
    }
    Ok(query)
}

/// A body is JSON and says so.
pub fn check_content_type(headers: &HeaderMap, body: &[u8]) -> Result<(), Refusal> {
    let kind = text(headers, &header::CONTENT_TYPE);
    if !body.is_empty() && !kind.is_some_and(|kind| kind.starts_with("application/json")) {
        return Err(Refusal::invalid_argument(
            "Invalid content type; expected application/json",
        ));
    }
    Ok(())
}

/// The body; unknown fields are refused, as Google's JSON parser does.
pub fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    let body: &[u8] = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| {
        Refusal::invalid_argument(format!("Invalid JSON payload received. {error}"))
    })
}
