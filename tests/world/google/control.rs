//! What the local stack shows and offers beside Google's own interfaces, under `/_world`.
//!
//! JSON for programs, and a plain page on which somebody plays the prospect.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use mail_parser::MessageParser;
use serde::Deserialize;
use serde_json::{Value, json};

use super::gmail::rfc822;
use super::gmail::state::StoredMessage;
use super::{Incoming, Mailbox, Site};

pub(super) fn router() -> Router<Site> {
    Router::new()
        .route("/_world", get(home))
        .route("/_world/mailboxes", get(mailboxes).post(create))
        .route("/_world/mailboxes/{address}", get(page).post(write))
        .route("/_world/mailboxes/{address}/messages", get(messages))
        .route("/_world/mail", post(deliver))
        .route("/_world/sent", get(sent))
        .route("/_world/pushes", get(pushes))
}

/// A mail from outside; `thread` (Gmail's id) makes it an answer to the newest mail there.
#[derive(Deserialize)]
struct Mail {
    #[serde(default)]
    to: String,
    from: String,
    #[serde(default)]
    subject: String,
    body: String,
    thread: Option<String>,
}

impl Mail {
    fn deliver(&self, site: &Site, to: &str) -> StoredMessage {
        let mailbox = Mailbox::at(site.clone(), to);
        let thread = self.thread.as_deref().filter(|thread| !thread.is_empty());
        let incoming: Incoming = match thread {
            Some(thread) => mailbox.incoming_in(thread, &self.from, &self.body),
            None => mailbox.incoming(&self.from, &self.subject, &self.body),
        };
        incoming.deliver()
    }
}

async fn deliver(State(site): State<Site>, Json(mail): Json<Mail>) -> Response {
    let to = mail.to.to_lowercase();
    let refusal = site.update(|state, _| {
        let account = state.accounts.get(&to)?;
        let thread = mail.thread.as_deref().filter(|thread| !thread.is_empty());
        thread
            .is_none_or(|thread| !account.mailbox.thread(thread).is_empty())
            .then_some(())
    });
    match refusal {
        None => (StatusCode::NOT_FOUND, "no such mailbox or thread").into_response(),
        Some(()) => Json(show(&mail.deliver(&site, &to))).into_response(),
    }
}

#[derive(Deserialize)]
struct Address {
    address: String,
}

async fn create(State(site): State<Site>, Json(Address { address }): Json<Address>) -> Response {
    let address = address.to_lowercase();
    site.update(|state, _| state.create(&address));
    (StatusCode::CREATED, Json(json!({ "address": address }))).into_response()
}

async fn mailboxes(State(site): State<Site>) -> Json<Value> {
    let list = site.update(|state, now| -> Vec<Value> {
        let accounts = state.accounts.values().map(|account| &account.mailbox);
        let show = accounts.map(|mailbox| {
            json!({
                "address": mailbox.address,
                "messages": mailbox.messages.len(),
                "historyId": mailbox.history_id.to_string(),
                "watched": mailbox.watch.as_ref().is_some_and(|watch| now < watch.expires_at),
            })
        });
        show.collect()
    });
    Json(json!({ "mailboxes": list }))
}

async fn messages(State(site): State<Site>, Path(address): Path<String>) -> Response {
    match stored(&site, &address.to_lowercase()) {
        None => StatusCode::NOT_FOUND.into_response(),
        Some(messages) => {
            let shown: Vec<Value> = messages.iter().map(show).collect();
            Json(json!({ "messages": shown })).into_response()
        }
    }
}

async fn sent(State(site): State<Site>) -> Json<Value> {
    let sent = site.update(|state, _| state.delivered.clone());
    let shown = sent.iter().map(|mail| {
        json!({
            "id": mail.id,
            "threadId": mail.thread_id,
            "from": mail.from,
            "to": mail.to,
            "at": mail.at,
            "subject": mail.subject(),
            "messageId": mail.message_id(),
            "inReplyTo": mail.in_reply_to(),
            "text": mail.text(),
            "raw": String::from_utf8_lossy(&mail.raw),
        })
    });
    Json(json!({ "sent": shown.collect::<Vec<_>>() }))
}

async fn pushes(State(site): State<Site>) -> Json<Value> {
    let waiting = site.update(|state, _| state.pushes.len());
    Json(json!({ "waiting": waiting }))
}

async fn home(State(site): State<Site>) -> Html<String> {
    let addresses: Vec<String> = site.update(|state, _| state.accounts.keys().cloned().collect());
    let links = addresses.iter().map(|address| {
        let address = escape(address);
        format!("<li><a href=\"/_world/mailboxes/{address}\">{address}</a></li>\n")
    });
    let links: String = links.collect();
    let calendars: Vec<String> =
        site.update(|state, _| state.calendars.all.keys().cloned().collect());
    let calendars = calendars.iter().map(|id| {
        let id = escape(id);
        format!("<li><a href=\"/_world/calendars/{id}\">{id}</a></li>\n")
    });
    let calendars: String = calendars.collect();
    html(
        "Mailboxes and calendars",
        &format!(
            "<h1>Mailboxes</h1>\n<ul>\n{links}</ul>\n<h1>Calendars</h1>\n<ul>\n{calendars}</ul>\n"
        ),
    )
}

async fn page(State(site): State<Site>, Path(address): Path<String>) -> Response {
    let address = address.to_lowercase();
    let Some(messages) = stored(&site, &address) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut threads: Vec<&str> = messages
        .iter()
        .map(|message| message.thread_id.as_str())
        .collect();
    threads.reverse();
    let mut seen = std::collections::BTreeSet::new();
    threads.retain(|thread| seen.insert(*thread));
    let mut shown = String::new();
    for thread in threads {
        let own: Vec<&StoredMessage> = messages
            .iter()
            .filter(|message| message.thread_id == thread)
            .collect();
        shown += &section(&address, thread, &own);
    }
    let body = format!(
        "<p><a href=\"/_world\">All mailboxes</a></p>\n<h1>{0}</h1>\n<h2>Write to {0}</h2>\n\
         <form method=\"post\">\n\
         <p><input name=\"from\" size=\"40\" value=\"Ann Lee &lt;ann@example.com&gt;\"></p>\n\
         <p><input name=\"subject\" size=\"60\" placeholder=\"Subject\"></p>\n\
         <p><textarea name=\"body\" rows=\"5\" cols=\"60\"></textarea></p>\n\
         <p><button>Send</button></p>\n</form>\n{shown}",
        escape(&address)
    );
    html(&address, &body).into_response()
}

async fn write(
    State(site): State<Site>,
    Path(address): Path<String>,
    Form(mail): Form<Mail>,
) -> Response {
    let address = address.to_lowercase();
    if stored(&site, &address).is_none() {
        return StatusCode::NOT_FOUND.into_response();
    }
    mail.deliver(&site, &address);
    Redirect::to(&format!("/_world/mailboxes/{address}")).into_response()
}

fn section(address: &str, thread: &str, messages: &[&StoredMessage]) -> String {
    let subject = messages
        .first()
        .and_then(|first| rfc822::header(&first.raw, "Subject"));
    let mut text = format!("<hr>\n<h2>{}</h2>\n", escape(&subject.unwrap_or_default()));
    for message in messages {
        let from = rfc822::header(&message.raw, "From").unwrap_or_default();
        let labels: Vec<&str> = message.labels.iter().map(String::as_str).collect();
        text += &format!(
            "<p><b>{}</b> {}</p>\n<pre>{}</pre>\n",
            escape(&from),
            labels.join(" "),
            escape(&body(message))
        );
    }
    let others = messages
        .iter()
        .filter_map(|message| rfc822::sender(&message.raw));
    let other = others
        .into_iter()
        .find(|sender| sender != address)
        .unwrap_or_default();
    text + &format!(
        "<form method=\"post\">\n<input type=\"hidden\" name=\"thread\" value=\"{thread}\">\n\
         <input type=\"hidden\" name=\"from\" value=\"{}\">\n\
         <p><textarea name=\"body\" rows=\"3\" cols=\"60\"></textarea></p>\n\
         <p><button>Answer as {0}</button></p>\n</form>\n",
        escape(&other)
    )
}

/// Oldest first; none when there is no such account.
fn stored(site: &Site, address: &str) -> Option<Vec<StoredMessage>> {
    site.update(|state, _| {
        let account = state.accounts.get(address)?;
        Some(account.mailbox.messages.values().cloned().collect())
    })
}

fn show(message: &StoredMessage) -> Value {
    json!({
        "id": message.id,
        "threadId": message.thread_id,
        "labelIds": message.labels,
        "internalDate": message.internal_date,
        "from": rfc822::header(&message.raw, "From"),
        "subject": rfc822::header(&message.raw, "Subject"),
        "messageId": rfc822::message_id(&message.raw),
        "inReplyTo": rfc822::message_ids(&message.raw, "In-Reply-To").first(),
        "text": body(message),
    })
}

fn body(message: &StoredMessage) -> String {
    let parsed = MessageParser::default()
        .parse(&message.raw)
        .unwrap_or_default();
    parsed
        .body_text(0)
        .unwrap_or_default()
        .replace("\r\n", "\n")
}

/// Legible on a phone too.
const STYLE: &str = "body { font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 0 auto; \
     padding: 1rem } h1, h2 { line-height: 1.2; overflow-wrap: anywhere } pre { white-space: \
     pre-wrap; overflow-wrap: anywhere } section { border: 1px solid #ccc; border-radius: .5rem; \
     padding: 0 1rem; margin: 1rem 0 } input, textarea, button { font: inherit; padding: .4rem; \
     max-width: 100%; box-sizing: border-box } label { display: inline-block; margin: 0 .5rem \
     .5rem 0 }";

pub(super) fn html(title: &str, body: &str) -> Html<String> {
    let title = escape(title);
    Html(format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n{body}"
    ))
}

pub(super) fn escape(text: &str) -> String {
    let text = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    text.replace('"', "&quot;")
}
