//! The API as its users reach it: over HTTP, with a token, through the stack's own address.

use reqwest::Method;
use reqwest::header::{AUTHORIZATION, COOKIE, LOCATION, SET_COOKIE};
use serde_json::Value;

use crate::{Failure, Result};

/// Somebody who uses the API.
pub struct Api {
    http: reqwest::Client,
    base: String,
    caller: Caller,
}

/// As whom.
enum Caller {
    /// A user of the host's, by an access token.
    User(String),
    /// A property's web site, by the key that stands in its pages.
    Widget(String),
}

/// Where a browser is sent, and what it is to keep.
pub struct Sent {
    pub location: String,
    pub cookie: String,
}

impl Api {
    pub fn new(http: reqwest::Client, base: &str, token: String) -> Self {
        Self {
            http,
            base: base.to_owned(),
            caller: Caller::User(token),
        }
    }

    /// The same API, used by a property's web site.
    pub fn widget(&self, key: &str) -> Self {
        Self {
            http: self.http.clone(),
            base: self.base.clone(),
            caller: Caller::Widget(key.to_owned()),
        }
    }

    /// Asks for JSON, with an optional JSON body; every answer but a success is an error.
    pub async fn json(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value> {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        request = match &self.caller {
            Caller::User(token) => request.bearer_auth(token),
            Caller::Widget(key) => request.header("x-api-key", key),
        };
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        if !status.is_success() {
            return Err(Failure::new(format!("{path}: {status} {text}")).into());
        }
        Ok(serde_json::from_str(&text)?)
    }

    pub async fn get(&self, path: &str) -> Result<Value> {
        self.json(Method::GET, path, None).await
    }

    /// Opens a page of ours as a signed-in browser does; it must redirect.
    pub async fn follow(&self, path: &str) -> Result<Sent> {
        let page = self.http.get(format!("{}{path}", self.base));
        let Caller::User(token) = &self.caller else {
            return Err(Failure::new("a web site is nobody who signs in").into());
        };
        sent(page.header(AUTHORIZATION, format!("Bearer {token}"))).await
    }

    /// Opens a page as anybody who has its address.
    pub async fn page(&self, url: &str) -> Result<String> {
        page(self.http.get(url)).await
    }

    /// Opens a page of ours as a browser with a cookie.
    pub async fn visit(&self, path: &str, cookie: &str) -> Result<String> {
        page(
            self.http
                .get(format!("{}{path}", self.base))
                .header(COOKIE, cookie),
        )
        .await
    }

    /// Sends a form of such a page.
    pub async fn submit(&self, url: &str, fields: &[(&str, &str)]) -> Result<String> {
        page(self.http.post(url).form(fields)).await
    }

    /// Comes from elsewhere with the cookie that it was given, if any; nobody is signed in there.
    pub async fn come_back(&self, url: &str, cookie: &str) -> Result<Sent> {
        sent(self.http.get(url).header(COOKIE, cookie)).await
    }
}

async fn page(request: reqwest::RequestBuilder) -> Result<String> {
    let answer = request.send().await?;
    let (status, text) = (answer.status(), answer.text().await?);
    if !status.is_success() {
        return Err(Failure::new(format!("a page said {status}: {text}")).into());
    }
    Ok(text)
}

async fn sent(request: reqwest::RequestBuilder) -> Result<Sent> {
    let answer = request.send().await?;
    let header = |name| {
        let value = answer
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let (location, cookie) = (header(LOCATION), header(SET_COOKIE));
    if !answer.status().is_redirection() {
        let (status, url) = (answer.status(), answer.url().path().to_owned());
        let text = answer.text().await?;
        return Err(Failure::new(format!("{url} did not redirect: {status} {text}")).into());
    }
    // `name=value`, without its attributes.
    Ok(Sent {
        location,
        cookie: cookie.split(';').next().unwrap_or_default().to_owned(),
    })
}
