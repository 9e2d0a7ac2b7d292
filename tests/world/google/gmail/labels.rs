//! `users.labels` and `users.settings.sendAs`.

use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Answer;
use super::request::Ask;
use super::state::Label;
use crate::google::refusal::Refusal;

pub fn list(ask: &Ask) -> Answer {
    ask.mailbox(|mailbox, _| {
        let labels: Vec<Value> = mailbox.labels.iter().map(show).collect();
        Ok(Some(json!({ "labels": labels })))
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct LabelIn {
    name: Option<String>,
    #[serde(rename = "labelListVisibility")]
    _list: Option<Value>,
    #[serde(rename = "messageListVisibility")]
    _message: Option<Value>,
    #[serde(rename = "color")]
    _color: Option<Value>,
}

pub fn create(ask: &Ask) -> Answer {
    let asked: LabelIn = ask.body()?;
    let name = asked.name.filter(|name| !name.trim().is_empty());
    let name = name.ok_or_else(|| Refusal::invalid_argument("Invalid label name"))?;
    ask.mailbox(|mailbox, _| {
        let same = mailbox
            .labels
            .iter()
            .find(|label| label.name.eq_ignore_ascii_case(&name));
        match same {
            Some(label) if label.system => Err(Refusal::invalid_argument(format!(
                "Invalid label name: {name}"
            ))),
            Some(_) => {
                let message = "Label name exists or conflicts";
                Err(Refusal::new(StatusCode::CONFLICT, "aborted", message))
            }
            None => {
                let id = format!("Label_{}", mailbox.labels.len());
                let label = Label {
                    id,
                    name,
                    system: false,
                };
                mailbox.labels.push(label.clone());
                Ok(Some(show(&label)))
            }
        }
    })
}

pub fn send_as(ask: &Ask) -> Answer {
    ask.mailbox(|mailbox, _| {
        Ok(Some(json!({ "sendAs": [{
            "sendAsEmail": mailbox.address,
            "displayName": mailbox.name,
            "replyToAddress": "",
            "signature": "",
            "isPrimary": true,
            "isDefault": true,
        }] })))
    })
}

fn show(label: &Label) -> Value {
    json!({
        "id": label.id,
        "name": label.name,
        "type": if label.system { "system" } else { "user" },
    })
}
