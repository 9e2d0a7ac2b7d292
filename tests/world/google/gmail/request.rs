//! The door of every Gmail operation: who asks, may they, and is the request well-formed.

use std::collections::BTreeSet;

use axum::http::{HeaderMap, StatusCode};
use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Operation;
use super::state::{MailboxState, StoredMessage};
use crate::google::oauth;
use crate::google::refusal::Refusal;
use crate::google::request::{self, Caller};
use crate::google::{Site, State};

/// A request that passed the door.
pub struct Ask {
    pub site: Site,
    /// The mailbox's address.
    pub address: String,
    /// Granted scopes, by full name.
    pub scopes: BTreeSet<String>,
    largest_page: usize,
    path: Vec<(String, String)>,
    query: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Ask {
    pub fn read(
        operation: &Operation,
        site: Site,
        path: Vec<(String, String)>,
        query: Option<&str>,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Ask, Refusal> {
        request::check_length(&operation.method, headers)?;
        let Caller { address, scopes } = Caller::identify(&site, headers)?;
        let quirks = site.update(|state, _| state.mailbox_mut(&address).quirks.clone());
        if quirks.outage {
            let code = StatusCode::SERVICE_UNAVAILABLE;
            return Err(Refusal::by_reason(code, "backendError"));
        }
        if !oauth::covers(&scopes, operation.scopes) {
            return Err(Refusal::insufficient_permissions());
        }
        let query = request::parameters(query, operation.query)?;
        request::check_content_type(headers, body)?;
        let ask = Ask {
            site,
            address,
            scopes,
            largest_page: quirks.page.unwrap_or(500),
            path,
            query,
            body: body.to_vec(),
        };
        let user = ask.segment("user").to_lowercase();
        if user != "me" && user != ask.address {
            let message = format!("Delegation denied for {}", ask.address);
            return Err(Refusal::new(StatusCode::FORBIDDEN, "forbidden", message));
        }
        Ok(ask)
    }

    /// A part of the path, by its name in the template.
    pub fn segment(&self, name: &str) -> &str {
        let segment = self.path.iter().find(|(candidate, _)| candidate == name);
        segment.map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// The first query parameter of that name.
    pub fn param(&self, name: &str) -> Option<&str> {
        let same = |(candidate, _): &&(String, String)| candidate == name;
        self.query
            .iter()
            .find(same)
            .map(|(_, value)| value.as_str())
    }

    /// Every query parameter of that name.
    pub fn params<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let same = move |(candidate, _): &&(String, String)| candidate == name;
        self.query
            .iter()
            .filter(same)
            .map(|(_, value)| value.as_str())
    }

    /// How many results a page may have.
    pub fn page_size(&self) -> Result<usize, Refusal> {
        match self.param("maxResults").map(str::parse::<u32>) {
            None => Ok(self.largest_page.min(100)),
            Some(Ok(size)) if size > 0 => Ok(self.largest_page.min(size as usize)),
            Some(_) => Err(Refusal::invalid_argument("Invalid maxResults")),
        }
    }

    /// The body; unknown fields are refused, as Google's JSON parser does.
    pub fn body<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        request::json(&self.body)
    }

    pub fn update<T>(&self, work: impl FnOnce(&mut State, i64) -> T) -> T {
        self.site.update(work)
    }

    pub fn mailbox<T>(&self, work: impl FnOnce(&mut MailboxState, i64) -> T) -> T {
        self.update(|state, now| work(state.mailbox_mut(&self.address), now))
    }
}

/// A message as callers send it. What Google ignores is accepted and ignored.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MessageIn {
    pub raw: Option<String>,
    pub thread_id: Option<String>,
    #[serde(rename = "id")]
    _id: Option<Value>,
    #[serde(rename = "labelIds")]
    _label_ids: Option<Value>,
    #[serde(rename = "snippet")]
    _snippet: Option<Value>,
    #[serde(rename = "historyId")]
    _history_id: Option<Value>,
    #[serde(rename = "internalDate")]
    _internal_date: Option<Value>,
    #[serde(rename = "payload")]
    _payload: Option<Value>,
    #[serde(rename = "sizeEstimate")]
    _size_estimate: Option<Value>,
}

impl MessageIn {
    /// The mail itself.
    pub fn mail(&self) -> Result<Vec<u8>, Refusal> {
        let raw = self.raw.as_deref().unwrap_or_default();
        if raw.is_empty() {
            return Err(Refusal::invalid_argument(
                "'raw' RFC822 payload message string or uploading message via /upload/* URL \
                 required",
            ));
        }
        decode(raw)
            .ok_or_else(|| Refusal::invalid_argument("Invalid value for ByteString: not base64url"))
    }
}

/// The URL-safe alphabet only; padding is optional.
fn decode(text: &str) -> Option<Vec<u8>> {
    let config =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(&alphabet::URL_SAFE, config)
        .decode(text)
        .ok()
}

/// One page of `all`; a page token is the place of the first result that it stands for.
pub fn page<'a>(
    ask: &Ask,
    all: &'a [StoredMessage],
) -> Result<(&'a [StoredMessage], Option<String>), Refusal> {
    let start = match ask.param("pageToken") {
        None => 0,
        Some(token) => token
            .parse()
            .ok()
            .filter(|start| *start <= all.len())
            .ok_or_else(|| Refusal::invalid_argument("Invalid pageToken"))?,
    };
    let end = all.len().min(start + ask.page_size()?);
    Ok((&all[start..end], (end < all.len()).then(|| end.to_string())))
}
