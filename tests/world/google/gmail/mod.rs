//! Gmail's REST API over the mailboxes' state: one table of operations, strict at the door.

pub mod drafts;
mod history;
mod labels;
mod messages;
mod render;
mod request;
pub mod rfc822;
mod search;
pub mod sending;
pub mod state;
mod threads;
mod watch;

use axum::Json;
use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{MethodFilter, on};
use serde_json::Value;

use super::Site;
use super::refusal::Refusal;
use request::Ask;

/// What a handler makes of a request that passed the door; `None` is 204.
type Answer = Result<Option<Value>, Refusal>;

/// One method of the API.
pub(crate) struct Operation {
    /// Google's method id without `gmail.users.`, and without `users` for the mailbox itself.
    pub name: &'static str,
    method: Method,
    path: &'static str,
    /// Any of these scopes (short names) will do.
    scopes: &'static [&'static str],
    /// Query parameters beyond those that every method takes.
    query: &'static [&'static str],
    handler: fn(&Ask) -> Answer,
}

const READ: &[&str] = &["modify", "readonly", "metadata"];
const BODIES: &[&str] = &["modify", "readonly"];
const CHANGE: &[&str] = &["modify"];
const COMPOSE: &[&str] = &["modify", "compose"];

/// <https://developers.google.com/workspace/gmail/api/reference/rest>
#[rustfmt::skip]
static OPERATIONS: [Operation; 20] = [
    Operation { name: "getProfile", method: Method::GET, path: "/profile", scopes: &["modify", "readonly", "metadata", "compose"], query: &[], handler: watch::profile },
    Operation { name: "watch", method: Method::POST, path: "/watch", scopes: READ, query: &[], handler: watch::watch },
    Operation { name: "stop", method: Method::POST, path: "/stop", scopes: READ, query: &[], handler: watch::stop },
    Operation { name: "history.list", method: Method::GET, path: "/history", scopes: READ, query: &["startHistoryId", "historyTypes", "labelId", "maxResults", "pageToken"], handler: history::list },
    Operation { name: "messages.list", method: Method::GET, path: "/messages", scopes: READ, query: &["q", "labelIds", "maxResults", "pageToken", "includeSpamTrash"], handler: messages::list },
    Operation { name: "messages.get", method: Method::GET, path: "/messages/{id}", scopes: READ, query: &["format", "metadataHeaders"], handler: messages::get },
    Operation { name: "messages.modify", method: Method::POST, path: "/messages/{id}/modify", scopes: CHANGE, query: &[], handler: messages::modify },
    Operation { name: "messages.send", method: Method::POST, path: "/messages/send", scopes: &["modify", "compose", "send"], query: &[], handler: messages::send },
    Operation { name: "attachments.get", method: Method::GET, path: "/messages/{message_id}/attachments/{id}", scopes: BODIES, query: &[], handler: messages::attachment },
    Operation { name: "threads.list", method: Method::GET, path: "/threads", scopes: READ, query: &["q", "labelIds", "maxResults", "pageToken", "includeSpamTrash"], handler: threads::list },
    Operation { name: "threads.get", method: Method::GET, path: "/threads/{id}", scopes: READ, query: &["format", "metadataHeaders"], handler: threads::get },
    Operation { name: "drafts.create", method: Method::POST, path: "/drafts", scopes: COMPOSE, query: &[], handler: drafts::create },
    Operation { name: "drafts.list", method: Method::GET, path: "/drafts", scopes: &["modify", "compose", "readonly"], query: &["q", "maxResults", "pageToken", "includeSpamTrash"], handler: drafts::list },
    Operation { name: "drafts.get", method: Method::GET, path: "/drafts/{id}", scopes: &["modify", "compose", "readonly"], query: &["format"], handler: drafts::get },
    Operation { name: "drafts.update", method: Method::PUT, path: "/drafts/{id}", scopes: COMPOSE, query: &[], handler: drafts::update },
    Operation { name: "drafts.delete", method: Method::DELETE, path: "/drafts/{id}", scopes: COMPOSE, query: &[], handler: drafts::delete },
    Operation { name: "drafts.send", method: Method::POST, path: "/drafts/send", scopes: COMPOSE, query: &[], handler: drafts::send },
    Operation { name: "labels.list", method: Method::GET, path: "/labels", scopes: &["modify", "readonly", "metadata", "labels"], query: &[], handler: labels::list },
    Operation { name: "labels.create", method: Method::POST, path: "/labels", scopes: &["modify", "labels"], query: &[], handler: labels::create },
    Operation { name: "sendAs.list", method: Method::GET, path: "/settings/sendAs", scopes: &["modify", "readonly", "settings.basic"], query: &[], handler: labels::send_as },
];

/// Before every path above.
const BASE: &str = "/gmail/v1/users/{user}";

pub(super) fn router() -> Router<Site> {
    let add = |router: Router<Site>, operation: &'static Operation| {
        let filter = MethodFilter::try_from(operation.method.clone()).unwrap();
        let handler = move |State(site): State<Site>,
                            Path(path): Path<Vec<(String, String)>>,
                            RawQuery(query): RawQuery,
                            headers: HeaderMap,
                            body: axum::body::Bytes| async move {
            let ask = Ask::read(operation, site, path, query.as_deref(), &headers, &body);
            match ask.and_then(|ask| (operation.handler)(&ask)) {
                Ok(Some(body)) => Json(body).into_response(),
                Ok(None) => StatusCode::NO_CONTENT.into_response(),
                Err(refusal) => refusal.into_response(),
            }
        };
        router.route(&format!("{BASE}{}", operation.path), on(filter, handler))
    };
    OPERATIONS.iter().fold(Router::new(), add)
}

pub(super) fn operation(method: &Method, path: &str) -> Option<&'static str> {
    let path = path.strip_prefix(BASE)?;
    let same = |operation: &&Operation| operation.method == *method && operation.path == path;
    OPERATIONS.iter().find(same).map(|operation| operation.name)
}
