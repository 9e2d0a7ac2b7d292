//! Google, simulated: OAuth, Gmail, Calendar and their pushes on one port.
//!
//! The state is the truth and HTTP a view of it; tests act on the state through [`Google`] and
//! [`Mailbox`] as people act in a browser, and the system under test comes in through HTTP.

mod accounts;
mod calendar;
mod control;
mod gmail;
mod keys;
mod mailbox;
mod mishaps;
mod oauth;
mod push;
mod refusal;
mod request;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::extract::MatchedPath;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tokio::sync::Notify;

pub use accounts::{Account, Consent, Tokens};
pub use calendar::{
    Calendar, Channel, Event, InviteKind, InviteMail, Moment, Notification, Role, Rsvp, Unreadable,
    When,
};
pub use gmail::sending::Delivered;
pub use gmail::state::{Change, Draft, HistoryRecord, StoredMessage, Watch};
pub use keys::Signature;
pub use mailbox::{Incoming, Mailbox};
pub use oauth::{CLIENT_ID, CLIENT_SECRET, PROJECT, TOPIC};
pub use push::{Push, PushSettings};

use crate::clock::Clock;
use crate::server::{self, Calls, Faults, Front};
use calendar::state::Calendars;
use gmail::state::{Ids, MailboxState};
use keys::Keys;
use oauth::OAuth;
use refusal::Refusal;

/// A cheap handle on the simulated Google.
#[derive(Clone)]
pub struct Google(Arc<Inner>);

struct Inner {
    url: String,
    front: Front,
    site: Site,
}

/// What the HTTP handlers work on.
#[derive(Clone)]
pub(crate) struct Site {
    state: Arc<Mutex<State>>,
    clock: Clock,
    pushed: Arc<Notify>,
}

/// Everything that Google knows.
pub(crate) struct State {
    accounts: BTreeMap<String, AccountState>,
    oauth: OAuth,
    delivered: Vec<Delivered>,
    /// Addresses at which mail bounces.
    unreachable: Vec<String>,
    pushes: Vec<Push>,
    push: PushSettings,
    keys: Keys,
    ids: Ids,
    calendars: Calendars,
}

struct AccountState {
    /// Google's stable name for the person, whatever the address.
    subject: String,
    /// Address and `email_verified` of its ID tokens, where they are not as usual.
    identity: Option<(String, bool)>,
    mailbox: MailboxState,
}

impl Google {
    /// Starts on the given port, or on any free one, and follows the machine's clock.
    pub async fn start(port: Option<u16>) -> Google {
        Google::start_with(port, Clock::system()).await
    }

    /// Starts by a clock of one's own: tokens expire and mails are dated by it.
    pub async fn start_with(port: Option<u16>, clock: Clock) -> Google {
        let ids = Ids::default();
        let state = State {
            accounts: BTreeMap::new(),
            oauth: OAuth::default(),
            delivered: Vec::new(),
            unreachable: Vec::new(),
            pushes: Vec::new(),
            push: PushSettings::default(),
            keys: Keys::default(),
            calendars: Calendars::new(ids.clone()),
            ids,
        };
        let state = Arc::new(Mutex::new(state));
        let pushed = Arc::new(Notify::new());
        let site = Site {
            state,
            clock,
            pushed,
        };
        let front = Front::new(operation, word);
        let router = oauth::router()
            .merge(gmail::router())
            .merge(calendar::router());
        let router = front
            .guard(router)
            .merge(control::router())
            .merge(calendar::control::router())
            .with_state(site.clone());
        let url = server::listen(router, port).await;
        Google(Arc::new(Inner { url, front, site }))
    }

    /// The base of every URL, without a final slash: accounts, tokens, keys, Gmail and Calendar.
    pub fn url(&self) -> String {
        self.0.url.clone()
    }

    /// Where consent starts.
    pub fn auth_url(&self) -> String {
        format!("{}/o/oauth2/v2/auth", self.0.url)
    }

    /// Where codes and refresh tokens are exchanged.
    pub fn token_url(&self) -> String {
        format!("{}/token", self.0.url)
    }

    /// Where the signing keys are published.
    pub fn certs_url(&self) -> String {
        format!("{}/oauth2/v3/certs", self.0.url)
    }

    /// The calls received, by operation: `token`, `history.list`, `events.insert`…
    pub fn calls(&self) -> Calls {
        self.0.front.calls.clone()
    }

    /// What is to go wrong, by operation.
    pub fn faults(&self) -> Faults {
        self.0.front.faults.clone()
    }

    /// Signs with a new key from now on. The one before stays published until the next rotation.
    pub fn rotate_keys(&self) {
        self.update(|state, _| state.keys.rotate());
    }

    /// The public key (JWK) of somebody who is not Google, and signs as [`Signature::Stranger`].
    pub fn strangers_key(&self) -> Value {
        keys::strangers_jwk()
    }

    /// Everything sent by any account, oldest first.
    pub fn delivered(&self) -> Vec<Delivered> {
        self.update(|state, _| state.delivered.clone())
    }

    /// Mail to that address bounces from now on: the sender receives a delivery report.
    pub fn bounces(&self, address: &str) {
        self.update(|state, _| state.unreachable.push(address.to_lowercase()));
    }

    /// Works on the state, and tells watchers about changes afterwards.
    pub(crate) fn update<T>(&self, work: impl FnOnce(&mut State, i64) -> T) -> T {
        self.0.site.update(work)
    }

    fn site(&self) -> Site {
        self.0.site.clone()
    }
}

impl Site {
    pub(crate) fn update<T>(&self, work: impl FnOnce(&mut State, i64) -> T) -> T {
        let now = self.clock.now_ms();
        let mut state = self.state.lock().unwrap();
        let answer = work(&mut state, now);
        let mailboxes = state.publish(now);
        let calendars = state.calendars.publish(now);
        if mailboxes || calendars {
            self.pushed.notify_waiters();
        }
        answer
    }
}

impl State {
    pub(crate) fn mailbox_mut(&mut self, address: &str) -> &mut MailboxState {
        let account = self.accounts.get_mut(address);
        &mut account
            .unwrap_or_else(|| panic!("there is no account {address}"))
            .mailbox
    }

    fn sign(&self, signature: Signature, claims: &Value) -> String {
        self.keys.sign(signature, claims)
    }
}

/// The operation's name, from Google's own method ids where they exist.
fn operation(parts: &Parts) -> String {
    let path = parts
        .extensions
        .get::<MatchedPath>()
        .map_or("", MatchedPath::as_str);
    let name = oauth::operation(path)
        .or_else(|| gmail::operation(&parts.method, path))
        .or_else(|| calendar::operation(&parts.method, path));
    name.map_or_else(|| format!("{} {path}", parts.method), str::to_owned)
}

fn word(operation: &str, code: StatusCode, reason: &str) -> Response {
    match operation {
        "token" | "revoke" => oauth::Wrong::new(code, reason, "").into_response(),
        _ => Refusal::by_reason(code, reason).into_response(),
    }
}
