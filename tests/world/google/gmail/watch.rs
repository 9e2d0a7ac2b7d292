//! `users.getProfile`, `users.watch` and `users.stop`.

use serde::Deserialize;
use serde_json::{Value, json};

use super::Answer;
use super::request::Ask;
use super::state::{MailboxState, Watch};
use crate::google::oauth::PROJECT;
use crate::google::refusal::Refusal;

/// A watch lives seven days, in milliseconds.
const LIFE_MS: i64 = 7 * 24 * 60 * 60 * 1000;

pub fn profile(ask: &Ask) -> Answer {
    ask.mailbox(|mailbox, _| {
        let mut threads: Vec<&str> = mailbox
            .messages
            .values()
            .map(|message| message.thread_id.as_str())
            .collect();
        threads.sort_unstable();
        threads.dedup();
        Ok(Some(json!({
            "emailAddress": mailbox.address,
            "messagesTotal": mailbox.messages.len(),
            "threadsTotal": threads.len(),
            "historyId": mailbox.history_id.to_string(),
        })))
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WatchIn {
    topic_name: Option<String>,
    #[serde(default)]
    label_ids: Vec<String>,
    label_filter_behavior: Option<String>,
    #[serde(rename = "labelFilterAction")]
    _deprecated: Option<Value>,
}

pub fn watch(ask: &Ask) -> Answer {
    let asked: WatchIn = ask.body()?;
    let topic = asked.topic_name.unwrap_or_default();
    let prefix = format!("projects/{PROJECT}/topics/");
    if topic
        .strip_prefix(&prefix)
        .is_none_or(|name| name.is_empty() || name.contains('/'))
    {
        let message = format!("Invalid topicName does not match {prefix}*");
        return Err(Refusal::invalid_argument(message));
    }
    let behavior = asked
        .label_filter_behavior
        .as_deref()
        .map(str::to_lowercase);
    let include = match behavior.as_deref() {
        None | Some("include") => true,
        Some("exclude") => false,
        Some(other) => {
            let message = format!("Invalid value at 'label_filter_behavior': {other}");
            return Err(Refusal::invalid_argument(message));
        }
    };
    ask.mailbox(|mailbox, now| {
        let known = |id: &String| mailbox.labels.iter().any(|label| label.id == *id);
        if let Some(unknown) = asked.label_ids.iter().find(|id| !known(id)) {
            return Err(Refusal::invalid_argument(format!(
                "Invalid label: {unknown}"
            )));
        }
        if taken(mailbox, &topic, now) {
            return Err(Refusal::invalid_argument(
                "Only one user push notification client allowed per developer (call /stop then \
                 try again)",
            ));
        }
        let expires_at = now + LIFE_MS;
        mailbox.watch = Some(Watch {
            topic,
            labels: asked.label_ids,
            include,
            expires_at,
        });
        mailbox.quirks.dead_watch = false;
        mailbox.notify = true; // a successful watch tells about itself at once
        Ok(Some(json!({
            "historyId": mailbox.history_id.to_string(),
            "expiration": expires_at.to_string(),
        })))
    })
}

pub fn stop(ask: &Ask) -> Answer {
    ask.mailbox(|mailbox, _| {
        mailbox.watch = None;
        mailbox.quirks.watch_conflict = false;
        Ok(None)
    })
}

fn taken(mailbox: &MailboxState, topic: &str, now: i64) -> bool {
    let other = mailbox.watch.as_ref();
    let other = other.is_some_and(|watch| watch.topic != topic && now < watch.expires_at);
    other || mailbox.quirks.watch_conflict
}
