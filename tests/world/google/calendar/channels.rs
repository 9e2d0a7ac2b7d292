//! Channels: who wants to be told that a calendar changed, and the empty request that tells them.
//! <https://developers.google.com/workspace/calendar/api/guides/push>

use std::time::Duration;

use axum::http::StatusCode;
use chrono::DateTime;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use url::{Host, Url};

use super::Answer;
use super::request::Ask;
use super::state::{Calendars, Role};
use crate::google::Google;
use crate::google::refusal::Refusal;
use crate::server;

/// A channel lives seven days at the most, in milliseconds.
const LIFE_MS: i64 = 7 * 24 * 60 * 60 * 1000;
/// Message numbers grow, and not by one.
const STEP: u64 = 3;

/// Somebody who is told of changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    pub id: String,
    pub calendar: String,
    /// Whose token opened it.
    pub account: String,
    pub address: String,
    pub token: Option<String>,
    pub resource: String,
    /// Epoch milliseconds.
    pub expires_at: i64,
    pub stopped: bool,
    /// Of the last message.
    number: u64,
}

/// One notification: something changed in a calendar. What, it does not say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// Where it goes.
    pub address: String,
    pub channel: String,
    pub resource: String,
    pub resource_uri: String,
    /// `sync` for the first one of a channel, then `exists`.
    pub state: &'static str,
    pub number: u64,
    pub token: Option<String>,
    /// Epoch milliseconds.
    pub expires_at: i64,
}

impl Channel {
    fn is_live(&self, now: i64) -> bool {
        !self.stopped && now < self.expires_at
    }

    fn notification(&mut self, state: &'static str) -> Notification {
        self.number += if state == "sync" { 1 } else { STEP };
        Notification {
            address: self.address.clone(),
            channel: self.id.clone(),
            resource: self.resource.clone(),
            resource_uri: uri(&self.calendar),
            state,
            number: self.number,
            token: self.token.clone(),
            expires_at: self.expires_at,
        }
    }
}

impl Notification {
    /// The request's headers; its body is empty.
    pub fn headers(&self) -> Vec<(String, String)> {
        let expires = DateTime::from_timestamp_millis(self.expires_at).unwrap_or_default();
        let mut headers = vec![
            ("Content-Type", "application/json; utf-8".to_owned()),
            ("Content-Length", "0".to_owned()),
            ("X-Goog-Channel-ID", self.channel.clone()),
            ("X-Goog-Message-Number", self.number.to_string()),
            ("X-Goog-Resource-ID", self.resource.clone()),
            ("X-Goog-Resource-State", self.state.to_owned()),
            ("X-Goog-Resource-URI", self.resource_uri.clone()),
            (
                "X-Goog-Channel-Expiration",
                expires.format("%a, %d %b %Y %H:%M:%S GMT").to_string(),
            ),
        ];
        if let Some(token) = &self.token {
            headers.push(("X-Goog-Channel-Token", token.clone()));
        }
        let owned = headers
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value));
        owned.collect()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ChannelIn {
    id: Option<String>,
    r#type: Option<String>,
    address: Option<String>,
    token: Option<String>,
    expiration: Option<Value>,
    params: Option<Params>,
    resource_id: Option<String>,
    #[serde(rename = "kind")]
    _kind: Option<String>,
    #[serde(rename = "payload")]
    _payload: Option<bool>,
    #[serde(rename = "resourceUri")]
    _resource_uri: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    ttl: Option<Value>,
}

pub fn watch(ask: &Ask) -> Answer {
    let asked: ChannelIn = ask.body()?;
    let id = asked.id.as_deref().unwrap_or_default();
    let good = |c: char| c.is_ascii_alphanumeric() || "-_+/=".contains(c);
    if !(1..=64).contains(&id.len()) || !id.chars().all(good) {
        return Err(Refusal::invalid("Invalid channel id."));
    }
    if !["web_hook", "webhook"].contains(&asked.r#type.as_deref().unwrap_or_default()) {
        return Err(Refusal::invalid("Unknown channel type."));
    }
    let address = asked.address.as_deref().unwrap_or_default();
    check_address(address)?;
    if asked.token.as_ref().is_some_and(|token| token.len() > 256) {
        return Err(Refusal::invalid("Invalid channel token."));
    }
    let ttl = asked.params.and_then(|params| params.ttl);
    let (ttl, expiration) = (number(ttl)?, number(asked.expiration)?);
    ask.update(|calendars, now| {
        let calendar = calendars.open(&ask.account, ask.segment("calendar"), Role::Reader)?;
        let (calendar, resource) = (calendar.id.clone(), calendar.resource.clone());
        let known = |channel: &Channel| channel.id == id && channel.account == ask.account;
        if calendars.channels.iter().any(known) {
            let message = format!("Channel id {id} not unique");
            let reason = "channelIdNotUnique";
            return Err(Refusal::new(StatusCode::BAD_REQUEST, reason, message));
        }
        let wanted = expiration.or(ttl.map(|seconds| now + seconds * 1000));
        let expires_at = wanted.unwrap_or(i64::MAX).min(now + LIFE_MS);
        if expires_at <= now {
            return Err(Refusal::invalid("The channel has already expired."));
        }
        let mut channel = Channel {
            id: id.to_owned(),
            calendar,
            account: ask.account.clone(),
            address: address.to_owned(),
            token: asked.token.clone(),
            resource,
            expires_at,
            stopped: false,
            number: 0,
        };
        let hello = channel.notification("sync");
        let mut shown = json!({
            "kind": "api#channel",
            "id": channel.id,
            "resourceId": channel.resource,
            "resourceUri": hello.resource_uri,
            "expiration": channel.expires_at.to_string(),
        });
        if let Some(token) = &channel.token {
            shown["token"] = json!(token);
        }
        calendars.notifications.push(hello);
        calendars.channels.push(channel);
        Ok(Some(shown))
    })
}

pub fn stop(ask: &Ask) -> Answer {
    let asked: ChannelIn = ask.body()?;
    let (Some(id), Some(resource)) = (asked.id, asked.resource_id) else {
        return Err(Refusal::required("Missing id or resourceId."));
    };
    ask.update(|calendars, now| {
        let own = calendars.channels.iter_mut().find(|channel| {
            channel.id == id
                && channel.resource == resource
                && channel.account == ask.account
                && channel.is_live(now)
        });
        match own {
            None => Err(Refusal::new(
                StatusCode::NOT_FOUND,
                "notFound",
                format!("Channel '{id}' not found for project"),
            )),
            Some(channel) => {
                channel.stopped = true;
                Ok(None)
            }
        }
    })
}

/// HTTPS; or plain HTTP to this machine, where the local stack has no certificate. Google itself
/// knows no such exception.
fn check_address(address: &str) -> Result<(), Refusal> {
    let url = Url::parse(address).map_err(|_| Refusal::invalid("Invalid channel address."))?;
    let local = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    if url.scheme() == "https" || (url.scheme() == "http" && local) {
        return Ok(());
    }
    let message = format!("WebHook callback must be HTTPS: {address}");
    let reason = "push.webhookUrlNotHttps";
    Err(Refusal::new(StatusCode::BAD_REQUEST, reason, message))
}

/// Google's 64-bit numbers are JSON strings; plain numbers do as well.
fn number(given: Option<Value>) -> Result<Option<i64>, Refusal> {
    let read = |value: Value| match value {
        Value::String(text) => text.parse().ok(),
        value => value.as_i64(),
    };
    match given {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match read(value) {
            None => Err(Refusal::invalid("Invalid expiration.")),
            number => Ok(number),
        },
    }
}

fn uri(calendar: &str) -> String {
    let calendar: String = url::form_urlencoded::byte_serialize(calendar.as_bytes()).collect();
    format!("https://www.googleapis.com/calendar/v3/calendars/{calendar}/events?alt=json")
}

impl Calendars {
    /// Queues a notification for every live channel of every calendar that changed; tells whether
    /// any waits.
    pub fn publish(&mut self, now: i64) -> bool {
        for (id, calendar) in &mut self.all {
            let quirks = calendar.quirks.clone();
            if !std::mem::take(&mut calendar.notify) || quirks.silent {
                continue;
            }
            let live = self.channels.iter_mut();
            for channel in live.filter(|channel| channel.calendar == *id && channel.is_live(now)) {
                let notification = channel.notification("exists");
                if quirks.repeats {
                    self.notifications.push(notification.clone());
                }
                self.notifications.push(notification);
            }
        }
        !self.notifications.is_empty()
    }

    /// Whether the notification's channel is still there to be told.
    fn has(&self, told: &Notification, now: i64) -> bool {
        let mut channels = self.channels.iter();
        channels
            .any(|one| one.id == told.channel && one.resource == told.resource && one.is_live(now))
    }

    /// The channels that are told of changes now, oldest first.
    pub fn live_channels(&self, calendar: &str, now: i64) -> Vec<Channel> {
        let own = |channel: &&Channel| channel.calendar == calendar && channel.is_live(now);
        self.channels.iter().filter(own).cloned().collect()
    }

    /// Notifications as if something had changed, which are not queued.
    pub fn pretend(&mut self, calendar: &str, now: i64) -> Vec<Notification> {
        let live = self.channels.iter_mut();
        live.filter(|channel| channel.calendar == calendar && channel.is_live(now))
            .map(|channel| channel.notification("exists"))
            .collect()
    }
}

impl Google {
    /// Notifications of calendars that nobody took yet, oldest first.
    pub fn pending_notifications(&self) -> Vec<Notification> {
        self.update(|state, _| state.calendars.notifications.clone())
    }

    /// Takes the notifications that are due.
    pub fn take_notifications(&self) -> Vec<Notification> {
        self.update(|state, _| std::mem::take(&mut state.calendars.notifications))
    }

    /// Delivers every calendar's notifications to the addresses that their channels name, each again
    /// and again while the receiver is out of order and the channel lives.
    ///
    /// Runs until the handle is aborted or the runtime ends.
    pub fn notify_channels(&self) -> JoinHandle<()> {
        let google = self.clone();
        tokio::spawn(async move {
            let client = server::client();
            loop {
                let pushed = google.site().pushed;
                let pushed = pushed.notified();
                tokio::pin!(pushed);
                pushed.as_mut().enable(); // before looking, so that none falls in between
                for notification in google.take_notifications() {
                    tokio::spawn(deliver(google.clone(), client.clone(), notification));
                }
                pushed.await;
            }
        })
    }
}

/// Google tries these again, and gives up on every other refusal.
const OUT_OF_ORDER: [u16; 4] = [500, 502, 503, 504];

async fn deliver(google: Google, client: reqwest::Client, notification: Notification) {
    let settings = google.push_settings();
    let mut backoff = settings.min_backoff;
    while google.update(|state, now| state.calendars.has(&notification, now)) {
        let mut request = client
            .post(&notification.address)
            .timeout(Duration::from_secs(10));
        for (name, value) in notification.headers() {
            request = request.header(name, value);
        }
        match request.send().await {
            Ok(answer) if !OUT_OF_ORDER.contains(&answer.status().as_u16()) => return,
            _ => tokio::time::sleep(backoff).await,
        }
        backoff = (backoff * 2).min(settings.max_backoff);
    }
}
