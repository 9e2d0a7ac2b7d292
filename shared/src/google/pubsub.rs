//! The envelope in which Pub/Sub says that a mailbox changed
//! (developers.google.com/workspace/gmail/api/guides/push, cloud.google.com/pubsub/docs/push).
//!
//! Whether Pub/Sub said it is for [`crate::jwt::verify_push`]: the body itself is not signed.

use serde::Deserialize;

use super::wire::{self, Number};
use crate::domain::ids::HistoryId;

/// The largest body that is read at all.
pub const MAX_BODY: usize = 64 * 1024;

/// "This mailbox changed": a hint, never data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    /// `projects/…/subscriptions/…`
    pub subscription: String,
    /// The mailbox's primary address, in lower case.
    pub address: String,
    pub history_id: HistoryId,
    /// Pub/Sub's id of the message, for the log; empty if it has none.
    pub message_id: String,
}

/// A body that says nothing to us. A repeat would not help: acknowledge it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Undecodable {
    #[error("larger than 64 KiB")]
    TooLarge,
    #[error("not a Pub/Sub envelope")]
    Envelope,
    #[error("not a Gmail notification")]
    Notification,
}

#[derive(Deserialize)]
struct Envelope {
    subscription: String,
    message: Message,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    data: String,
    /// Pub/Sub sends both spellings.
    #[serde(rename = "messageId")]
    camel_id: Option<String>,
    #[serde(rename = "message_id")]
    snake_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Notification {
    email_address: String,
    history_id: Number,
}

pub fn decode(body: &[u8]) -> Result<Push, Undecodable> {
    if body.len() > MAX_BODY {
        return Err(Undecodable::TooLarge);
    }
    let Envelope {
        subscription,
        message,
    } = wire::decode(body).ok_or(Undecodable::Envelope)?;
    let data = wire::base64(&message.data).ok_or(Undecodable::Notification)?;
    let notification: Notification = wire::decode(&data).ok_or(Undecodable::Notification)?;
    let address = notification.email_address.trim().to_lowercase();
    if !address.contains('@') {
        return Err(Undecodable::Notification);
    }
    Ok(Push {
        subscription,
        address,
        history_id: HistoryId(notification.history_id.0),
        message_id: message.camel_id.or(message.snake_id).unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
    use serde_json::{Value, json};

    use super::*;

    fn envelope(data: &str) -> Value {
        json!({
            "message": {"data": data, "messageId": "2070443601311540", "message_id": "2070443601311540",
                        "publishTime": "2026-11-22T10:00:00.749Z", "publish_time": "2026-11-22T10:00:00.749Z"},
            "subscription": "projects/p/subscriptions/s",
        })
    }

    fn decoded(envelope: &Value) -> Result<Push, Undecodable> {
        decode(envelope.to_string().as_bytes())
    }

    #[test]
    fn a_push_is_read_in_every_shape_that_google_sends() {
        // "~~?>" makes the two alphabets differ.
        let text = r#"{"emailAddress":"Leasing~~?>@Oak.example","historyId":"9876543210"}"#;
        let number = r#"{"emailAddress":"leasing~~?>@oak.example","historyId":9876543210}"#;
        for engine in [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD] {
            for notification in [text, number] {
                let push = decoded(&envelope(&engine.encode(notification))).unwrap();
                assert_eq!(push.address, "leasing~~?>@oak.example");
                assert_eq!(push.history_id, HistoryId(9_876_543_210));
                assert_eq!(push.subscription, "projects/p/subscriptions/s");
                assert_eq!(push.message_id, "2070443601311540");
            }
        }
    }

    #[test]
    fn only_what_is_used_has_to_be_there() {
        let data = STANDARD.encode(r#"{"emailAddress":"a@b.example","historyId":"1"}"#);
        let lean = json!({"message": {"data": data}, "subscription": "s"});
        assert_eq!(decoded(&lean).unwrap().message_id, "");
        let mut rich = envelope(&data);
        rich["deliveryAttempt"] = 5.into();
        rich["message"]["attributes"] = json!({"k": "v"});
        rich["message"]["orderingKey"] = "o".into();
        assert!(decoded(&rich).is_ok());
    }

    #[test]
    fn what_says_nothing_to_us_is_undecodable() {
        let data = |text: &str| envelope(&STANDARD.encode(text));
        let cases = [
            (json!({}), Undecodable::Envelope),
            (json!([]), Undecodable::Envelope),
            (json!({"message": {"data": ""}}), Undecodable::Envelope),
            (
                json!({"message": "x", "subscription": "s"}),
                Undecodable::Envelope,
            ),
            (
                json!({"message": {"attributes": {}}, "subscription": "s"}),
                Undecodable::Notification,
            ),
            (envelope("!"), Undecodable::Notification),
            (data("hello"), Undecodable::Notification),
            (
                data(r#"{"emailAddress":"a@b.example"}"#),
                Undecodable::Notification,
            ),
            (
                data(r#"{"emailAddress":"","historyId":1}"#),
                Undecodable::Notification,
            ),
            (
                data(r#"{"emailAddress":"a@b.example","historyId":-1}"#),
                Undecodable::Notification,
            ),
        ];
        for (body, why) in cases {
            assert_eq!(decoded(&body), Err(why), "{body}");
        }
        assert_eq!(decode(b""), Err(Undecodable::Envelope));
    }

    #[test]
    fn a_large_body_is_not_read() {
        let data = STANDARD.encode(r#"{"emailAddress":"a@b.example","historyId":"1"}"#);
        let mut body = envelope(&data).to_string().into_bytes();
        body.resize(MAX_BODY, b' ');
        assert!(decode(&body).is_ok());
        body.push(b' ');
        assert_eq!(decode(&body), Err(Undecodable::TooLarge));
    }
}
