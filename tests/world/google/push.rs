//! Pub/Sub: which changes are told, and the signed request that tells them.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::{Google, State};
use crate::server;

/// One notification: a mailbox changed. At least once, in any order, without the content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    pub address: String,
    pub history_id: u64,
    pub message_id: String,
    /// Epoch milliseconds.
    pub published_at: i64,
}

/// The push subscription's settings.
#[derive(Clone, Debug)]
pub struct PushSettings {
    pub audience: String,
    pub service_account: String,
    pub subscription: String,
    /// The wait after the first refusal; it doubles up to `max_backoff`.
    pub min_backoff: Duration,
    pub max_backoff: Duration,
}

impl Default for PushSettings {
    fn default() -> PushSettings {
        PushSettings {
            audience: "luma-gmail-push".to_owned(),
            service_account: "gmail-push@luma-test.iam.gserviceaccount.com".to_owned(),
            subscription: "projects/luma-test/subscriptions/gmail-push".to_owned(),
            min_backoff: Duration::from_secs(1),
            max_backoff: Duration::from_secs(60),
        }
    }
}

impl Google {
    /// The subscription's settings.
    pub fn push_settings(&self) -> PushSettings {
        self.update(|state, _| state.push.clone())
    }

    /// Changes the subscription's settings.
    pub fn set_push_settings(&self, settings: PushSettings) {
        self.update(|state, _| state.push = settings);
    }

    /// Notifications that nobody took yet, oldest first.
    pub fn pending_pushes(&self) -> Vec<Push> {
        self.update(|state, _| state.pushes.clone())
    }

    /// Takes the notifications that are due.
    pub fn take_pushes(&self) -> Vec<Push> {
        self.update(|state, _| std::mem::take(&mut state.pushes))
    }

    /// The request that delivers a notification: headers and JSON body. Every call is one delivery.
    pub fn push_request(&self, push: &Push) -> (Vec<(String, String)>, String) {
        let token = self.mint(json!({}));
        self.push_request_with(push, &token)
    }

    /// Like [`Google::push_request`], with any token: `mint` and `forge` make some.
    pub fn push_request_with(&self, push: &Push, token: &str) -> (Vec<(String, String)>, String) {
        let subscription = self.push_settings().subscription;
        let headers = [
            ("authorization", format!("Bearer {token}")),
            ("content-type", "application/json".to_owned()),
            ("user-agent", "CloudPubSub-Google".to_owned()),
        ];
        let headers = headers
            .map(|(name, value)| (name.to_owned(), value))
            .to_vec();
        (headers, envelope(push, &subscription).to_string())
    }

    /// Delivers notifications to `url` as Pub/Sub does: each again and again until acknowledged.
    ///
    /// Runs until the handle is aborted or the runtime ends.
    pub fn push_to(&self, url: &str) -> JoinHandle<()> {
        let (google, url) = (self.clone(), url.to_owned());
        tokio::spawn(async move {
            let client = server::client();
            loop {
                let pushed = google.0.site.pushed.notified();
                tokio::pin!(pushed);
                pushed.as_mut().enable(); // before looking, so that none falls in between
                for push in google.take_pushes() {
                    tokio::spawn(deliver(google.clone(), client.clone(), url.clone(), push));
                }
                pushed.await;
            }
        })
    }
}

/// Pub/Sub takes these as an acknowledgement, and nothing else.
const ACKNOWLEDGED: [u16; 5] = [102, 200, 201, 202, 204];

async fn deliver(google: Google, client: reqwest::Client, url: String, push: Push) {
    let PushSettings {
        min_backoff,
        max_backoff,
        ..
    } = google.push_settings();
    let mut backoff = min_backoff;
    loop {
        let (headers, body) = google.push_request(&push);
        let mut request = client
            .post(&url)
            .body(body)
            .timeout(Duration::from_secs(10));
        for (name, value) in headers {
            request = request.header(name, value);
        }
        match request.send().await {
            Ok(answer) if ACKNOWLEDGED.contains(&answer.status().as_u16()) => return,
            _ => tokio::time::sleep(backoff).await,
        }
        backoff = (backoff * 2).min(max_backoff);
    }
}

/// The wrapped form, with both spellings of the metadata, as Pub/Sub sends it.
/// <https://docs.cloud.google.com/pubsub/docs/push>
fn envelope(push: &Push, subscription: &str) -> Value {
    let content = json!({ "emailAddress": push.address, "historyId": push.history_id });
    let published = DateTime::<Utc>::from_timestamp_millis(push.published_at).unwrap_or_default();
    let published = published.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    json!({
        "message": {
            "data": BASE64_STANDARD.encode(content.to_string()),
            "messageId": push.message_id,
            "message_id": push.message_id,
            "publishTime": published,
            "publish_time": published,
        },
        "subscription": subscription,
    })
}

impl State {
    /// Claims of a genuine token for now.
    /// <https://docs.cloud.google.com/pubsub/docs/authenticate-push-subscriptions>
    pub(super) fn push_claims(&self, now: i64) -> Value {
        let issued = now.div_euclid(1000);
        json!({
            "iss": "https://accounts.google.com",
            "aud": self.push.audience,
            "azp": "113774264463038321964",
            "sub": "113774264463038321964",
            "email": self.push.service_account,
            "email_verified": true,
            "iat": issued,
            "exp": issued + 3600,
        })
    }

    /// Queues a notification for every watched mailbox that changed; tells whether there was any.
    pub(super) fn publish(&mut self, now: i64) -> bool {
        let before = self.pushes.len();
        for account in self.accounts.values_mut() {
            let mailbox = &mut account.mailbox;
            let watched = mailbox
                .watch
                .as_ref()
                .is_some_and(|watch| now < watch.expires_at)
                && !mailbox.quirks.dead_watch;
            if std::mem::take(&mut mailbox.notify) && watched {
                self.pushes.push(Push {
                    address: mailbox.address.clone(),
                    history_id: mailbox.history_id,
                    message_id: (2_070_443_601_311_540 + self.ids.number()).to_string(),
                    published_at: now,
                });
            }
        }
        self.pushes.len() > before
    }
}
