//! The consent page: choose an account, tick permissions, allow or deny.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use url::Url;
use url::form_urlencoded::parse;

use super::{CLIENT_ID, CODE_LIFE_MS, Code, OAuth, scopes};
use crate::google::Site;

/// What the product asked for, found acceptable.
struct Ask {
    redirect_uri: Url,
    /// As registered, to compare at the exchange: parsing may have changed its spelling.
    registered: String,
    scopes: BTreeSet<String>,
    state: Option<String>,
    challenge: Option<String>,
    nonce: Option<String>,
    login_hint: Option<String>,
    offline: bool,
    consent: bool,
    incremental: bool,
}

/// Google shows these to the person, and does not redirect: the client is not to be trusted yet.
struct Shown(&'static str, String);

impl IntoResponse for Shown {
    fn into_response(self) -> Response {
        let Shown(error, detail) = self;
        let text = format!("Error 400: {error}");
        let page = format!(
            "<h1>Access blocked</h1><p>{text}</p><p>{}</p>",
            escape(&detail)
        );
        (StatusCode::BAD_REQUEST, Html(page)).into_response()
    }
}

pub async fn page(State(site): State<Site>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    site.update(|state, _| match Ask::parse(&state.oauth, &query) {
        Err(shown) => shown.into_response(),
        Ok(ask) => Html(form(&ask, &query, state.accounts.keys())).into_response(),
    })
}

pub async fn answer(State(site): State<Site>, body: String) -> Response {
    let fields: Vec<(String, String)> = parse(body.as_bytes()).into_owned().collect();
    let one = |name: &str| {
        let field = fields.iter().find(|(field, _)| field == name);
        field.map(|(_, value)| value.as_str()).unwrap_or_default()
    };
    let ticked: BTreeSet<String> = fields
        .iter()
        .filter(|(name, _)| name == "scope")
        .map(|(_, v)| v.clone())
        .collect();
    let account = one("account").to_lowercase();
    let allow = one("decision") == "allow";
    site.update(|state, now| {
        let ask = match Ask::parse(&state.oauth, one("request")) {
            Ok(ask) => ask,
            Err(shown) => return shown.into_response(),
        };
        if allow && !state.accounts.contains_key(&account) {
            return Shown("invalid_request", format!("no account {account}")).into_response();
        }
        let mut back = ask.redirect_uri.clone();
        if let Some(state) = &ask.state {
            back.query_pairs_mut().append_pair("state", state);
        }
        if allow {
            let (code, scope) = state.oauth.consent(&ask, &account, &ticked, now);
            back.query_pairs_mut()
                .append_pair("code", &code)
                .append_pair("scope", &scope);
        } else {
            back.query_pairs_mut().append_pair("error", "access_denied");
        }
        (StatusCode::FOUND, Redirect::to(back.as_str())).into_response()
    })
}

impl Ask {
    fn parse(oauth: &OAuth, query: &str) -> Result<Ask, Shown> {
        let mut given: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in parse(query.as_bytes()).into_owned() {
            if given.insert(name.clone(), value).is_some() {
                let detail = format!("OAuth 2 parameters can only have a single value: {name}");
                return Err(Shown("invalid_request", detail));
            }
        }
        let mut take = |name: &str| given.remove(name).filter(|value| !value.is_empty());
        if take("client_id").as_deref() != Some(CLIENT_ID) {
            return Err(Shown(
                "invalid_client",
                "The OAuth client was not found.".to_owned(),
            ));
        }
        let missing = |name: &str| {
            Shown(
                "invalid_request",
                format!("Missing required parameter: {name}"),
            )
        };
        let registered = take("redirect_uri").ok_or_else(|| missing("redirect_uri"))?;
        if !oauth.redirects.contains(&registered) {
            return Err(Shown(
                "redirect_uri_mismatch",
                format!("redirect_uri={registered}"),
            ));
        }
        match take("response_type").as_deref() {
            Some("code") => {}
            None => return Err(missing("response_type")),
            Some(other) => return Err(Shown("unsupported_response_type", other.to_owned())),
        }
        let scope = take("scope").ok_or_else(|| missing("scope"))?;
        if let Some(unknown) = scope.split_whitespace().find(|scope| !scopes::known(scope)) {
            return Err(Shown(
                "invalid_scope",
                format!("Some requested scopes: {unknown}"),
            ));
        }
        let challenge = take("code_challenge");
        check_challenge(
            challenge.as_deref(),
            take("code_challenge_method").as_deref(),
        )?;
        let prompt = take("prompt").unwrap_or_default();
        Ok(Ask {
            redirect_uri: Url::parse(&registered).unwrap(),
            registered,
            scopes: scope
                .split_whitespace()
                .map(|s| scopes::full_name(s).to_owned())
                .collect(),
            state: take("state"),
            challenge,
            nonce: take("nonce"),
            login_hint: take("login_hint"),
            offline: one_of("access_type", take("access_type"), &["online", "offline"])?
                == "offline",
            consent: prompt.split_whitespace().any(|word| word == "consent"),
            incremental: one_of(
                "include_granted_scopes",
                take("include_granted_scopes"),
                &["false", "true"],
            )? == "true",
        })
    }
}

/// RFC 7636; of its two methods only the safe one.
fn check_challenge(challenge: Option<&str>, method: Option<&str>) -> Result<(), Shown> {
    let refuse = |detail: &str| Err(Shown("invalid_request", detail.to_owned()));
    let unreserved = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
    match (challenge, method) {
        (None, None) => Ok(()),
        (None, Some(_)) => refuse("code_challenge_method without code_challenge"),
        (Some(_), None | Some("plain")) => refuse("code_challenge_method must be S256"),
        (Some(text), Some("S256")) if text.len() == 43 && text.chars().all(unreserved) => Ok(()),
        (Some(_), Some("S256")) => refuse("code_challenge is malformed"),
        (Some(_), Some(_)) => refuse("Invalid code_challenge_method"),
    }
}

fn one_of(
    name: &str,
    value: Option<String>,
    allowed: &[&'static str; 2],
) -> Result<&'static str, Shown> {
    let Some(value) = value else {
        return Ok(allowed[0]);
    };
    let known = allowed.iter().find(|allowed| **allowed == value);
    known.copied().ok_or_else(|| {
        Shown(
            "invalid_request",
            format!("Invalid parameter value for {name}: {value}"),
        )
    })
}

impl OAuth {
    /// Records the consent; answers the code and the scopes for the redirect.
    fn consent(
        &mut self,
        ask: &Ask,
        account: &str,
        ticked: &BTreeSet<String>,
        now: i64,
    ) -> (String, String) {
        let mut scopes = ask.scopes.clone();
        scopes.retain(|scope| !scopes::optional(scope) || ticked.contains(scope));
        let first = !self.consents.contains_key(account);
        let consented = self.consents.entry(account.to_owned()).or_default();
        consented.extend(scopes.clone());
        if ask.incremental {
            scopes.extend(consented.clone());
        }
        let code = format!("4/0world-code-{}", self.ids.hex());
        let known = Code {
            account: account.to_owned(),
            scopes: scopes.clone(),
            redirect_uri: ask.registered.clone(),
            challenge: ask.challenge.clone(),
            nonce: ask.nonce.clone(),
            offline: ask.offline && (first || ask.consent),
            expires_at: now + CODE_LIFE_MS,
        };
        self.codes.insert(code.clone(), known);
        (code, super::joined(&scopes))
    }
}

fn form<'a>(ask: &Ask, query: &str, accounts: impl Iterator<Item = &'a String>) -> String {
    let mut choices = String::new();
    for (index, account) in accounts.enumerate() {
        let hinted = ask.login_hint.as_deref().map(str::to_lowercase).as_ref() == Some(account);
        let checked = if hinted || (index == 0 && ask.login_hint.is_none()) {
            "checked"
        } else {
            ""
        };
        let account = escape(account);
        choices += &format!(
            "<p><label><input type=\"radio\" name=\"account\" value=\"{account}\" {checked}> \
             {account}</label></p>\n"
        );
    }
    let mut boxes = String::new();
    for scope in ask.scopes.iter().filter(|scope| scopes::optional(scope)) {
        let scope = escape(scope);
        boxes += &format!(
            "<p><label><input type=\"checkbox\" name=\"scope\" value=\"{scope}\" checked> \
             {scope}</label></p>\n"
        );
    }
    format!(
        "<!doctype html><meta charset=\"utf-8\"><title>Sign in - simulated Google</title>\n\
         <h1>Choose an account</h1>\n<form method=\"post\" action=\"/o/oauth2/v2/auth\">\n\
         <input type=\"hidden\" name=\"request\" value=\"{}\">\n{choices}\
         <h2>LumaLeasing wants to</h2>\n{boxes}\
         <button name=\"decision\" value=\"deny\">Cancel</button>\n\
         <button name=\"decision\" value=\"allow\">Allow</button>\n</form>\n",
        escape(query)
    )
}

fn escape(text: &str) -> String {
    let text = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    text.replace('"', "&quot;")
}
