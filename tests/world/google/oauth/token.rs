//! The token and revocation endpoints (RFC 6749 §4.1.3 and §6, RFC 7009).

use std::collections::BTreeMap;

use aws_lc_rs::digest;
use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use url::form_urlencoded::parse;

use super::{ACCESS_TOKEN_LIFE, CLIENT_ID, Code, OAuth, Wrong, joined};
use crate::google::{Signature, Site, State as Google};

type Form = BTreeMap<String, String>;
type Answer = Result<Value, Wrong>;

pub async fn token(State(site): State<Site>, headers: HeaderMap, body: String) -> Response {
    let answer = site.update(|state, now| {
        let form = read(&headers, &body)?;
        authenticate(&state.oauth, &headers, &form)?;
        match form.get("grant_type").map(String::as_str) {
            Some("authorization_code") => exchange(state, &form, now),
            Some("refresh_token") => refresh(state, &form, now),
            other => {
                let text = format!("Invalid grant_type: {}", other.unwrap_or_default());
                Err(bad_request("unsupported_grant_type", &text))
            }
        }
    });
    match answer {
        Ok(body) => ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response(),
        Err(wrong) => wrong.into_response(),
    }
}

pub async fn revoke(
    State(site): State<Site>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: String,
) -> Response {
    let query: Form = parse(query.unwrap_or_default().as_bytes())
        .into_owned()
        .collect();
    let form = if query.contains_key("token") {
        Ok(query)
    } else {
        read(&headers, &body)
    };
    let token = match form {
        Ok(form) => form.get("token").cloned().unwrap_or_default(),
        Err(wrong) => return wrong.into_response(),
    };
    site.update(|state, now| match state.oauth.owner(&token, now) {
        Some(account) => {
            state.oauth.revoke_account(&account);
            Json(json!({})).into_response()
        }
        None => bad_request("invalid_token", "Token expired or revoked").into_response(),
    })
}

fn read(headers: &HeaderMap, body: &str) -> Result<Form, Wrong> {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let kind = kind
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .trim();
    if kind != "application/x-www-form-urlencoded" {
        return Err(bad_request("invalid_request", "Bad Request"));
    }
    let mut form = Form::new();
    for (name, value) in parse(body.as_bytes()).into_owned() {
        if form.insert(name.clone(), value).is_some() {
            let text = format!("OAuth 2 parameters can only have a single value: {name}");
            return Err(bad_request("invalid_request", &text));
        }
    }
    Ok(form)
}

/// The client names itself in the form, or by HTTP Basic.
fn authenticate(oauth: &OAuth, headers: &HeaderMap, form: &Form) -> Result<(), Wrong> {
    let basic = headers.get(header::AUTHORIZATION).and_then(|value| {
        let encoded = value.to_str().ok()?.strip_prefix("Basic ")?;
        let text = String::from_utf8(BASE64_STANDARD.decode(encoded).ok()?).ok()?;
        text.split_once(':')
            .map(|(id, secret)| (id.to_owned(), secret.to_owned()))
    });
    let field = |name: &str| form.get(name).cloned().unwrap_or_default();
    let (id, secret) = basic.unwrap_or_else(|| (field("client_id"), field("client_secret")));
    let unauthorized = |text| Err(Wrong::new(StatusCode::UNAUTHORIZED, "invalid_client", text));
    match id.as_str() {
        "" => Err(bad_request(
            "invalid_request",
            "Could not determine client ID from request.",
        )),
        CLIENT_ID if secret == oauth.secret => Ok(()),
        CLIENT_ID if secret.is_empty() => {
            Err(bad_request("invalid_request", "client_secret is missing."))
        }
        CLIENT_ID => unauthorized("The provided client secret is invalid."),
        _ => unauthorized("The OAuth client was not found."),
    }
}

fn exchange(state: &mut Google, form: &Form, now: i64) -> Answer {
    let given = form.get("code").map(String::as_str).unwrap_or_default();
    if given.is_empty() {
        return Err(bad_request(
            "invalid_request",
            "Missing required parameter: code",
        ));
    }
    let code = state
        .oauth
        .codes
        .get(given)
        .filter(|code| now < code.expires_at)
        .cloned();
    let Some(code) = code else {
        return Err(bad_request("invalid_grant", "Malformed auth code."));
    };
    if form.get("redirect_uri") != Some(&code.redirect_uri) {
        return Err(bad_request("redirect_uri_mismatch", "Bad Request"));
    }
    check_verifier(&code, form.get("code_verifier").map(String::as_str))?;
    state.oauth.codes.remove(given);

    let access = state.oauth.access_token(&code.account, &code.scopes, now);
    let mut body = json!({
        "access_token": access,
        "expires_in": ACCESS_TOKEN_LIFE,
        "scope": joined(&code.scopes),
        "token_type": "Bearer",
    });
    if code.offline {
        body["refresh_token"] = json!(state.oauth.refresh_token(&code.account, &code.scopes));
    }
    if code.scopes.contains("openid") {
        let nonce = code.nonce.as_deref();
        body["id_token"] = json!(state.id_token(&code.account, nonce, now));
    }
    Ok(body)
}

/// RFC 7636 §4.6.
fn check_verifier(code: &Code, verifier: Option<&str>) -> Result<(), Wrong> {
    match (&code.challenge, verifier) {
        (None, None) => Ok(()),
        (Some(_), None) => Err(bad_request("invalid_grant", "Missing code verifier.")),
        (Some(challenge), Some(verifier))
            if (43..=128).contains(&verifier.len())
                && *challenge
                    == BASE64_URL_SAFE_NO_PAD
                        .encode(digest::digest(&digest::SHA256, verifier.as_bytes())) =>
        {
            Ok(())
        }
        _ => Err(bad_request("invalid_grant", "Invalid code verifier.")),
    }
}

fn refresh(state: &mut Google, form: &Form, now: i64) -> Answer {
    let Some(given) = form.get("refresh_token").filter(|token| !token.is_empty()) else {
        return Err(bad_request(
            "invalid_request",
            "Missing required parameter: refresh_token",
        ));
    };
    let known = state
        .oauth
        .refresh_tokens
        .iter()
        .find(|token| token.token == *given)
        .cloned();
    let Some(known) = known else {
        return Err(bad_request(
            "invalid_grant",
            "Token has been expired or revoked.",
        ));
    };
    let access = state.oauth.access_token(&known.account, &known.scopes, now);
    let mut body = json!({
        "access_token": access,
        "expires_in": ACCESS_TOKEN_LIFE,
        "scope": joined(&known.scopes),
        "token_type": "Bearer",
    });
    if known.scopes.contains("openid") {
        body["id_token"] = json!(state.id_token(&known.account, None, now));
    }
    Ok(body)
}

impl OAuth {
    /// Whose access or refresh token this is.
    fn owner(&self, token: &str, now: i64) -> Option<String> {
        let refresh = self
            .refresh_tokens
            .iter()
            .find(|known| known.token == token);
        let refresh = refresh.map(|known| known.account.clone());
        refresh.or_else(|| {
            self.bearer(token, now)
                .map(|(account, _)| account.to_owned())
        })
    }
}

impl Google {
    /// Who signed in. <https://developers.google.com/identity/openid-connect/openid-connect>
    fn id_token(&self, account: &str, nonce: Option<&str>, now: i64) -> String {
        let issued = now.div_euclid(1000);
        let usual = || (account.to_owned(), true);
        let (email, verified) = self.accounts[account]
            .identity
            .clone()
            .unwrap_or_else(usual);
        let mut claims = json!({
            "iss": "https://accounts.google.com",
            "azp": CLIENT_ID,
            "aud": CLIENT_ID,
            "sub": self.accounts[account].subject,
            "email": email,
            "email_verified": verified,
            "iat": issued,
            "exp": issued + 3600,
        });
        if let Some(nonce) = nonce {
            claims["nonce"] = json!(nonce);
        }
        self.sign(Signature::Google, &claims)
    }
}

fn bad_request(code: &str, description: &str) -> Wrong {
    Wrong::new(StatusCode::BAD_REQUEST, code, description)
}
