//! What the requests and answers about a mailbox look like.

use serde::Deserialize;
use serde_json::{Value, json};
use shared::app::settings::{Change, Mailbox};
use shared::domain::reply::ReplyMode;
use shared::error::{Error, Result};

use crate::request::{nullable, present};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct In {
    #[serde(default, deserialize_with = "present")]
    auto_reply_enabled: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    reply_mode: Option<String>,
    #[serde(default, deserialize_with = "present")]
    auto_reply_delay_minutes: Option<i32>,
    #[serde(default, deserialize_with = "present")]
    confidence_threshold: Option<f64>,
    #[serde(default, deserialize_with = "nullable")]
    signature: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    portal_domains: Option<Vec<String>>,
}

impl TryFrom<In> for Change {
    type Error = Error;

    fn try_from(body: In) -> Result<Self> {
        let mode = |text: String| {
            ReplyMode::parse(&text).ok_or(Error::invalid("replyMode", "auto, approve or off"))
        };
        Ok(Self {
            auto_reply_enabled: body.auto_reply_enabled,
            reply_mode: body.reply_mode.map(mode).transpose()?,
            auto_reply_delay: body.auto_reply_delay_minutes,
            confidence_threshold: body.confidence_threshold,
            signature: body.signature,
            portal_domains: body.portal_domains,
        })
    }
}

/// Settings and health; never a token.
pub fn mailbox(mailbox: &Mailbox) -> Value {
    let Mailbox {
        settings,
        health,
        watch,
    } = mailbox;
    json!({
        "autoReplyEnabled": settings.auto_reply_enabled,
        "replyMode": settings.reply_mode.as_str(),
        "autoReplyDelayMinutes": settings.auto_reply_delay,
        "confidenceThreshold": settings.confidence_threshold,
        "signature": settings.signature,
        "portalDomains": settings.portal_domains,
        "gmailAddress": health.address,
        "status": health.status.as_str(),
        "statusReason": health.status_reason,
        "watchStatus": watch.as_str(),
        "watchExpiration": health.watch_expires_at,
        "watchError": health.watch_error,
        "lastPushAt": health.last_push_at,
        "lastSyncAt": health.last_sync_at,
        "lastError": health.last_error,
        "quarantinedCount": health.quarantined,
    })
}
