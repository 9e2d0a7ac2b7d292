//! OAuth 2.0 for web servers: the client, codes, grants and tokens.
//! <https://developers.google.com/identity/protocols/oauth2/web-server>

mod browser;
mod consent;
mod scopes;
mod token;

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::json;

pub(super) use browser::browse;
pub(super) use scopes::{covers, full_name, includes};

use super::Site;
use super::accounts::Tokens;
use super::gmail::state::Ids;

/// The registered client.
pub const CLIENT_ID: &str = "1234567890-luma.apps.googleusercontent.com";
/// Its secret, until [`super::Google::client_secret_becomes`].
pub const CLIENT_SECRET: &str = "world-google-client-secret";
/// The project that owns the client, and so must own the topic.
pub const PROJECT: &str = "luma-test";
/// The topic for `users.watch`.
pub const TOPIC: &str = "projects/luma-test/topics/gmail-push";

/// Seconds that an access token lives.
const ACCESS_TOKEN_LIFE: i64 = 3599;
/// Milliseconds that an authorization code lives.
const CODE_LIFE_MS: i64 = 10 * 60 * 1000;
/// Google silently drops the oldest refresh token of an account and client beyond this many.
const REFRESH_TOKENS_KEPT: usize = 100;

pub(crate) struct OAuth {
    secret: String,
    redirects: BTreeSet<String>,
    codes: BTreeMap<String, Code>,
    access_tokens: BTreeMap<String, AccessToken>,
    /// Oldest first.
    refresh_tokens: Vec<RefreshToken>,
    /// What each account has consented to, ever.
    consents: BTreeMap<String, BTreeSet<String>>,
    ids: Ids,
}

/// What the browser brings back; good for one exchange.
#[derive(Clone)]
struct Code {
    account: String,
    scopes: BTreeSet<String>,
    redirect_uri: String,
    challenge: Option<String>,
    nonce: Option<String>,
    /// Whether an exchange gives out a refresh token.
    offline: bool,
    expires_at: i64,
}

#[derive(Clone)]
struct AccessToken {
    account: String,
    scopes: BTreeSet<String>,
    /// Epoch milliseconds.
    expires_at: i64,
}

#[derive(Clone)]
struct RefreshToken {
    token: String,
    account: String,
    scopes: BTreeSet<String>,
}

impl Default for OAuth {
    fn default() -> OAuth {
        OAuth {
            secret: CLIENT_SECRET.to_owned(),
            redirects: BTreeSet::new(),
            codes: BTreeMap::new(),
            access_tokens: BTreeMap::new(),
            refresh_tokens: Vec::new(),
            consents: BTreeMap::new(),
            ids: Ids::default(),
        }
    }
}

impl OAuth {
    pub fn set_client_secret(&mut self, secret: &str) {
        self.secret = secret.to_owned();
    }

    pub fn allow_redirect(&mut self, uri: &str) {
        self.redirects.insert(uri.to_owned());
    }

    /// Gives out both tokens, as the exchange of a fresh offline code does.
    pub fn grant(&mut self, account: &str, scopes: BTreeSet<String>, now: i64) -> Tokens {
        self.consents
            .entry(account.to_owned())
            .or_default()
            .extend(scopes.clone());
        Tokens {
            refresh_token: self.refresh_token(account, &scopes),
            access_token: self.access_token(account, &scopes, now),
            expires_in: ACCESS_TOKEN_LIFE,
            scope: joined(&scopes),
        }
    }

    pub fn revoke_account(&mut self, account: &str) {
        self.access_tokens
            .retain(|_, token| token.account != account);
        self.refresh_tokens.retain(|token| token.account != account);
        self.consents.remove(account);
    }

    pub fn expire_access_tokens(&mut self) {
        self.access_tokens.clear();
    }

    /// Whose token this is and what it may do, unless it is unknown or expired.
    pub fn bearer(&self, token: &str, now: i64) -> Option<(&str, &BTreeSet<String>)> {
        let token = self
            .access_tokens
            .get(token)
            .filter(|token| now < token.expires_at)?;
        Some((&token.account, &token.scopes))
    }

    fn access_token(&mut self, account: &str, scopes: &BTreeSet<String>, now: i64) -> String {
        let token = format!("ya29.world-access-{}", self.ids.hex());
        let expires_at = now + ACCESS_TOKEN_LIFE * 1000;
        let known = AccessToken {
            account: account.to_owned(),
            scopes: scopes.clone(),
            expires_at,
        };
        self.access_tokens.insert(token.clone(), known);
        token
    }

    fn refresh_token(&mut self, account: &str, scopes: &BTreeSet<String>) -> String {
        let token = format!("1//world-refresh-{}", self.ids.hex());
        self.refresh_tokens.push(RefreshToken {
            token: token.clone(),
            account: account.to_owned(),
            scopes: scopes.clone(),
        });
        let own = |token: &RefreshToken| token.account == account;
        if self
            .refresh_tokens
            .iter()
            .filter(|token| own(token))
            .count()
            > REFRESH_TOKENS_KEPT
        {
            let oldest = self.refresh_tokens.iter().position(own).unwrap();
            self.refresh_tokens.remove(oldest);
        }
        token
    }
}

pub(super) fn router() -> Router<Site> {
    Router::new()
        .route(
            "/o/oauth2/v2/auth",
            get(consent::page).post(consent::answer),
        )
        .route("/token", post(token::token))
        .route("/revoke", post(token::revoke))
        .route("/oauth2/v3/certs", get(certs))
}

pub(super) fn operation(path: &str) -> Option<&'static str> {
    match path {
        "/o/oauth2/v2/auth" => Some("auth"),
        "/token" => Some("token"),
        "/revoke" => Some("revoke"),
        "/oauth2/v3/certs" => Some("certs"),
        _ => None,
    }
}

/// An error in OAuth's own form (RFC 6749 §5.2), which is not that of Google's other APIs.
pub(super) struct Wrong {
    pub code: StatusCode,
    pub error: String,
    pub description: String,
}

impl Wrong {
    pub fn new(code: StatusCode, error: &str, description: &str) -> Wrong {
        Wrong {
            code,
            error: error.to_owned(),
            description: description.to_owned(),
        }
    }
}

impl IntoResponse for Wrong {
    fn into_response(self) -> Response {
        let mut body = json!({ "error": self.error });
        if !self.description.is_empty() {
            body["error_description"] = json!(self.description);
        }
        (self.code, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
    }
}

async fn certs(axum::extract::State(site): axum::extract::State<Site>) -> Response {
    let keys = site.update(|state, _| state.keys.jwks());
    let fresh = "public, max-age=19845, must-revalidate, no-transform";
    ([(header::CACHE_CONTROL, fresh)], Json(keys)).into_response()
}

fn joined(scopes: &BTreeSet<String>) -> String {
    scopes
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(" ")
}
