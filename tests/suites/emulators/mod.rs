//! The simulated neighbours themselves: what they accept, and beside it what they refuse.

mod aws;
mod calendar;
mod control;
mod faults;
mod gmail;
mod llm;
mod oauth;
mod push;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE;
use serde_json::{Value, json};
use world::Google;
use world::google::Mailbox;
use world::server;

const OAK: &str = "leasing@oak.test";
const ANN: &str = "Ann Lee <ann@example.com>";
const MODIFY: &str = "https://www.googleapis.com/auth/gmail.modify";

/// Gmail's API as a program that holds a token sees it.
struct Caller {
    google: Google,
    token: String,
}

impl Caller {
    async fn start() -> (Caller, Mailbox) {
        let google = Google::start(None).await;
        let caller = Caller::with(&google, &["openid", "email", MODIFY]);
        let mailbox = google.mailbox(OAK);
        (caller, mailbox)
    }

    fn with(google: &Google, scopes: &[&str]) -> Caller {
        let token = google.grants(OAK, scopes).access_token;
        Caller {
            google: google.clone(),
            token,
        }
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        let request = server::client()
            .get(self.url(path))
            .bearer_auth(&self.token);
        answer(request.send().await.unwrap()).await
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let request = server::client()
            .post(self.url(path))
            .bearer_auth(&self.token);
        answer(request.json(&body).send().await.unwrap()).await
    }

    async fn put(&self, path: &str, body: Value) -> (u16, Value) {
        let request = server::client()
            .put(self.url(path))
            .bearer_auth(&self.token);
        answer(request.json(&body).send().await.unwrap()).await
    }

    fn url(&self, path: &str) -> String {
        format!("{}/gmail/v1/users/me/{path}", self.google.url())
    }
}

async fn answer(response: reqwest::Response) -> (u16, Value) {
    let status = response.status().as_u16();
    (
        status,
        serde_json::from_str(&response.text().await.unwrap()).unwrap_or_default(),
    )
}

fn reason(body: &Value) -> &str {
    body["error"]["errors"][0]["reason"]
        .as_str()
        .unwrap_or_default()
}

/// A mail to Ann, ready for `raw`; `parent` is the Message-ID that it answers.
fn mail(subject: &str, text: &str, parent: Option<&str>) -> String {
    let references = parent.map(|id| format!("In-Reply-To: {id}\r\nReferences: {id}\r\n"));
    BASE64_URL_SAFE.encode(format!(
        "From: {OAK}\r\nTo: {ANN}\r\nSubject: {subject}\r\nMessage-ID: <ours@oak.test>\r\n{}\r\n\
         {text}\r\n",
        references.unwrap_or_default()
    ))
}

fn ids(body: &Value, list: &str) -> Vec<String> {
    let entries = body[list].as_array().cloned().unwrap_or_default();
    entries
        .iter()
        .map(|entry| entry["id"].as_str().unwrap_or_default().to_owned())
        .collect()
}

fn draft(raw: &str, thread: &str) -> Value {
    json!({ "message": { "raw": raw, "threadId": thread } })
}
