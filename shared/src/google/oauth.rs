//! Consent, and what comes of it (developers.google.com/identity/protocols/oauth2/web-server).

use std::collections::BTreeSet;
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{RequestBuilder, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use super::wire::{self, Number};
use super::{Error, Google, LARGEST_ANSWER, Result, fetch, join};
use crate::http::{self, plain_code};

const ISSUERS: [&str; 2] = ["https://accounts.google.com", "accounts.google.com"];
/// Google says how long a token lives; were it silent, this is what it always said.
const USUAL_LIFE_S: u64 = 3_600;

pub struct OAuth<'a> {
    google: &'a Google,
}

/// A request for consent.
#[derive(Clone, Debug)]
pub struct Consent<'a> {
    pub redirect_uri: &'a str,
    pub scopes: &'a [&'a str],
    pub state: &'a str,
    /// PKCE's S256 challenge.
    pub challenge: &'a str,
    /// The address that is expected, if one is.
    pub login_hint: Option<&'a str>,
    /// Asks again although consent was given before: the only way to get another refresh token.
    pub force_consent: bool,
    /// Asks who somebody is and for nothing that lasts; the ID token has to repeat this word
    /// (OpenID Connect Core, 3.1.2.1).
    pub nonce: Option<&'a str>,
}

/// Fresh tokens. Store before use.
#[derive(Clone, Debug)]
pub struct Granted {
    pub access: SecretString,
    /// Absent on most refreshes: then the stored one stays.
    pub refresh: Option<SecretString>,
    pub expires_in: Duration,
    /// What the person ticked, which may be less than was asked.
    pub scopes: BTreeSet<String>,
    pub account: Option<Account>,
}

/// The Google account that consented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Google's stable key of the account; addresses change.
    pub subject: String,
    pub email: String,
    pub email_verified: bool,
    /// What the request for consent asked to be repeated.
    pub nonce: Option<String>,
}

impl Granted {
    /// The scopes that were asked and not granted.
    pub fn lacks<'s>(&self, asked: &[&'s str]) -> Vec<&'s str> {
        let granted = |scope: &str| {
            // Google answers these two by their long names.
            let long = match scope {
                "email" => "https://www.googleapis.com/auth/userinfo.email",
                "profile" => "https://www.googleapis.com/auth/userinfo.profile",
                other => other,
            };
            self.scopes.contains(scope) || self.scopes.contains(long)
        };
        asked
            .iter()
            .copied()
            .filter(|scope| !granted(scope))
            .collect()
    }
}

impl<'a> OAuth<'a> {
    pub(super) fn new(google: &'a Google) -> Self {
        Self { google }
    }

    /// Where to send the browser. Grants of other connections are left out of this one, so that
    /// a mailbox and a calendar can be disconnected apart.
    pub fn consent_url(&self, consent: &Consent<'_>) -> Url {
        let mut url = join(
            &self.google.config.urls.accounts,
            &["o", "oauth2", "v2", "auth"],
        );
        let mut query = url.query_pairs_mut();
        query
            .append_pair("client_id", &self.google.config.client_id)
            .append_pair("redirect_uri", consent.redirect_uri)
            .append_pair("response_type", "code")
            .append_pair("scope", &consent.scopes.join(" "))
            .append_pair("state", consent.state)
            .append_pair("code_challenge", consent.challenge)
            .append_pair("code_challenge_method", "S256");
        match consent.nonce {
            Some(nonce) => query
                .append_pair("access_type", "online")
                .append_pair("nonce", nonce),
            None => query.append_pair("access_type", "offline"),
        };
        query.append_pair("include_granted_scopes", "false");
        if consent.force_consent {
            query.append_pair("prompt", "consent");
        }
        if let Some(address) = consent.login_hint {
            query.append_pair("login_hint", address);
        }
        drop(query);
        url
    }

    /// Trades the callback's code, once. [`Error::Reconnect`]: the code is used up or too old.
    pub async fn exchange(
        &self,
        code: &str,
        verifier: &SecretString,
        redirect_uri: &str,
    ) -> Result<Granted> {
        self.grant(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("code_verifier", verifier.expose_secret()),
            ("redirect_uri", redirect_uri),
        ])
        .await
    }

    /// Another access token. If the answer is lost the next try works: Google keeps the old token.
    pub async fn refresh(&self, refresh: &SecretString) -> Result<Granted> {
        self.grant(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh.expose_secret()),
        ])
        .await
    }

    /// Ends the grant, for all its tokens. A token that Google no longer knows counts as revoked.
    pub async fn revoke(&self, token: &SecretString) -> Result<()> {
        let form = [("token", token.expose_secret())];
        match fetch(self.post("revoke").form(&form), LARGEST_ANSWER, classify).await {
            Err(Error::Refused { reason, .. }) if reason == "invalid_token" => Ok(()),
            answer => answer.map(drop),
        }
    }

    async fn grant(&self, fields: &[(&str, &str)]) -> Result<Granted> {
        let config = &self.google.config;
        let mut form = fields.to_vec();
        form.push(("client_id", &config.client_id));
        form.push(("client_secret", config.client_secret.expose_secret()));
        let body = fetch(self.post("token").form(&form), LARGEST_ANSWER, classify).await?;
        parse_grant(&body, &config.client_id)
    }

    fn post(&self, path: &str) -> RequestBuilder {
        self.google
            .http
            .post(join(&self.google.config.urls.oauth, &[path]))
    }
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: SecretText,
    refresh_token: Option<SecretText>,
    expires_in: Option<Number>,
    #[serde(default)]
    scope: String,
    id_token: Option<String>,
}

struct SecretText(SecretString);

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> std::result::Result<Self, D::Error> {
        Ok(Self(String::deserialize(deserializer)?.into()))
    }
}

#[derive(Deserialize)]
struct IdToken {
    iss: String,
    aud: String,
    sub: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    email_verified: bool,
    nonce: Option<String>,
}

fn parse_grant(body: &[u8], client_id: &str) -> Result<Granted> {
    let answer: TokenAnswer = wire::decode(body).ok_or_else(Error::unreadable)?;
    let account = answer
        .id_token
        .map(|token| parse_account(&token, client_id))
        .transpose()?;
    Ok(Granted {
        access: answer.access_token.0,
        refresh: answer.refresh_token.map(|token| token.0),
        expires_in: Duration::from_secs(answer.expires_in.map_or(USUAL_LIFE_S, |life| life.0)),
        scopes: answer.scope.split_whitespace().map(Into::into).collect(),
        account,
    })
}

/// The signature is not checked: the token came straight from Google over TLS (OpenID Connect
/// Core, 3.1.3.7, 6).
fn parse_account(token: &str, client_id: &str) -> Result<Account> {
    let wrong = || Error::refused(200, "id_token");
    let claims: IdToken =
        jsonwebtoken::dangerous::insecure_decode_claims(token).map_err(|_| wrong())?;
    if claims.aud != client_id || !ISSUERS.contains(&claims.iss.as_str()) {
        return Err(wrong());
    }
    let IdToken {
        sub: subject,
        email,
        email_verified,
        nonce,
        ..
    } = claims;
    Ok(Account {
        subject,
        email,
        email_verified,
        nonce,
    })
}

/// The cases of RFC 6749, 5.2, and of Google's own codes.
fn classify(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Error {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Answer {
        error: String,
    }
    let Answer { error } = wire::decode(body).unwrap_or_default();
    let code = plain_code(&error).unwrap_or_else(|| "unknown".into());
    match (status.as_u16(), code.as_str()) {
        (429, _) | (_, "rate_limit_exceeded" | "slow_down") => Error::RateLimited {
            retry_after: http::retry_after(headers),
            reason: code,
        },
        (408 | 500.., _) | (_, "temporarily_unavailable" | "server_error" | "internal_failure") => {
            Error::Unreachable(format!("{} {code}", status.as_u16()))
        }
        (_, "invalid_grant" | "access_denied" | "admin_policy_enforced") => Error::Reconnect(code),
        (401, _)
        | (_, "invalid_client" | "unauthorized_client" | "deleted_client" | "org_internal") => {
            Error::ClientRefused(code)
        }
        (status, _) => Error::Refused {
            status,
            reason: code,
        },
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::{Value, json};

    use super::*;
    use crate::config::{GoogleConfig, GoogleUrls};

    const SCOPES: [&str; 3] = [
        "openid",
        "email",
        "https://www.googleapis.com/auth/gmail.modify",
    ];

    fn id_token(claims: &Value) -> String {
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        format!(
            "{}.{}.unchecked",
            encode(&json!({"alg": "RS256"})),
            encode(claims)
        )
    }

    fn answer(changes: &[(&str, Value)]) -> Result<Granted> {
        let mut answer = json!({
            "access_token": "ya29.secret", "refresh_token": "1//secret", "expires_in": 3599,
            "scope": "openid https://www.googleapis.com/auth/userinfo.email \
                      https://www.googleapis.com/auth/gmail.modify",
            "token_type": "Bearer",
            "id_token": id_token(&json!({
                "iss": "https://accounts.google.com", "aud": "client", "sub": "1077",
                "email": "leasing@oak.example", "email_verified": true,
            })),
        });
        for (name, value) in changes {
            answer[name] = value.clone();
        }
        parse_grant(answer.to_string().as_bytes(), "client")
    }

    #[test]
    fn a_grant_names_its_account_scopes_and_life() {
        let granted = answer(&[]).unwrap();
        assert_eq!(granted.access.expose_secret(), "ya29.secret");
        assert_eq!(
            granted.refresh.as_ref().unwrap().expose_secret(),
            "1//secret"
        );
        assert_eq!(granted.expires_in, Duration::from_secs(3_599));
        assert_eq!(granted.lacks(&SCOPES), [""; 0]);
        let account = granted.account.as_ref().unwrap();
        assert_eq!(
            (account.subject.as_str(), account.email_verified),
            ("1077", true)
        );
        assert!(!format!("{granted:?}").contains("secret"));
    }

    #[test]
    fn a_refresh_usually_keeps_the_refresh_token() {
        let granted = answer(&[("refresh_token", Value::Null), ("id_token", Value::Null)]).unwrap();
        assert!(granted.refresh.is_none());
        assert_eq!(granted.account, None);
    }

    #[test]
    fn scopes_that_were_not_ticked_are_named() {
        let granted = answer(&[("scope", "openid email".into())]).unwrap();
        assert_eq!(
            granted.lacks(&SCOPES),
            ["https://www.googleapis.com/auth/gmail.modify"]
        );
        let granted = answer(&[("scope", Value::from(""))]).unwrap();
        assert_eq!(granted.lacks(&SCOPES), SCOPES);
    }

    #[test]
    fn an_account_of_another_client_or_issuer_is_refused() {
        let claims = |iss: &str, aud: &str| json!({"iss": iss, "aud": aud, "sub": "1"});
        for token in [
            id_token(&claims("https://accounts.google.com", "another")),
            id_token(&claims("https://accounts.evil.example", "client")),
            id_token(&json!({"sub": "1"})),
            "nonsense".to_owned(),
        ] {
            let refused = answer(&[("id_token", token.into())]).unwrap_err();
            assert_eq!(refused, Error::refused(200, "id_token"));
        }
    }

    #[test]
    fn an_answer_without_a_token_is_unreadable() {
        assert_eq!(
            answer(&[("access_token", Value::Null)]).unwrap_err(),
            Error::unreadable()
        );
        assert_eq!(
            parse_grant(b"<html>", "client").unwrap_err(),
            Error::unreadable()
        );
    }

    #[test]
    fn a_refusal_tells_whose_fault_it_is() {
        let reconnect = |code: &str| Error::Reconnect(code.into());
        let client = |code: &str| Error::ClientRefused(code.into());
        let cases = [
            (400, "invalid_grant", reconnect("invalid_grant")),
            (
                400,
                "admin_policy_enforced",
                reconnect("admin_policy_enforced"),
            ),
            (401, "invalid_client", client("invalid_client")),
            (400, "invalid_client", client("invalid_client")),
            (401, "unauthorized_client", client("unauthorized_client")),
            (401, "something new", client("unknown")),
            (
                400,
                "redirect_uri_mismatch",
                Error::refused(400, "redirect_uri_mismatch"),
            ),
            (400, "invalid_token", Error::refused(400, "invalid_token")),
            (
                503,
                "invalid_grant",
                Error::Unreachable("503 invalid_grant".into()),
            ),
            (
                400,
                "internal_failure",
                Error::Unreachable("400 internal_failure".into()),
            ),
            (
                429,
                "",
                Error::RateLimited {
                    retry_after: None,
                    reason: "unknown".into(),
                },
            ),
        ];
        for (status, code, error) in cases {
            let body = json!({"error": code, "error_description": "secret"}).to_string();
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(
                classify(status, &HeaderMap::new(), body.as_bytes()),
                error,
                "{code}"
            );
        }
    }

    #[test]
    fn consent_is_asked_offline_with_pkce_and_without_other_grants() {
        let base = |text: &str| Url::parse(text).unwrap();
        let config = GoogleConfig {
            client_id: "client".into(),
            client_secret: "secret".into(),
            topic: "projects/p/topics/t".into(),
            urls: GoogleUrls {
                accounts: base("https://accounts.google.com"),
                oauth: base("https://oauth2.googleapis.com"),
                gmail: base("https://gmail.googleapis.com"),
                calendar: base("https://www.googleapis.com"),
                certs: base("https://www.googleapis.com/oauth2/v3/certs"),
            },
        };
        let google = Google::new(http::client(), config);
        let mut consent = Consent {
            redirect_uri: "https://luma.example/callback",
            scopes: &SCOPES,
            state: "s&t",
            challenge: "c",
            login_hint: Some("leasing@oak.example"),
            force_consent: true,
            nonce: None,
        };
        insta::assert_snapshot!(google.oauth().consent_url(&consent), @"https://accounts.google.com/o/oauth2/v2/auth?client_id=client&redirect_uri=https%3A%2F%2Fluma.example%2Fcallback&response_type=code&scope=openid+email+https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fgmail.modify&state=s%26t&code_challenge=c&code_challenge_method=S256&access_type=offline&include_granted_scopes=false&prompt=consent&login_hint=leasing%40oak.example");
        (consent.force_consent, consent.login_hint) = (false, None);
        let url = google.oauth().consent_url(&consent);
        assert!(!url.as_str().contains("prompt") && !url.as_str().contains("login_hint"));
    }
}
