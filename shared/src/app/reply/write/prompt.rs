//! What the model is asked, and the shape of what it answers.

use serde::Deserialize;
use serde_json::{Value, json};

use super::ask::{Asked, Knowledge};
use super::visits::Visits;
use crate::llm::{Prompt, Role};

pub const TEMPLATE: &str = include_str!("../../../llm/prompts/reply.txt");
/// Characters of one message in the prompt: a long letter costs no more than others.
const MESSAGE_MAX: usize = 8_000;
/// Tokens of an answer.
const TOKENS_MAX: u32 = 700;

/// What the model answers, and nothing more.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Answer {
    pub action: Action,
    pub body: String,
    pub facts_used: Vec<String>,
    #[serde(rename = "topics")]
    _topics: Vec<String>,
}

#[derive(Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Action {
    Reply,
    HandOff,
}

fn schema() -> Value {
    let texts = json!({"type": "array", "items": {"type": "string"}});
    json!({
        "type": "object",
        "properties": {
            "action": {"type": "string", "enum": ["reply", "hand_off"]},
            "body": {"type": "string"},
            "facts_used": texts,
            "topics": texts,
        },
        "required": ["action", "body", "facts_used", "topics"],
        "additionalProperties": false,
    })
}

/// The question to the model. What comes from outside stands between lines of the secret word.
pub(super) fn prompt(
    asked: &Asked<'_>,
    knowledge: &Knowledge,
    visits: &Visits,
    boundary: &str,
) -> Prompt {
    let passages = if knowledge.passages.is_empty() {
        "(nothing is known about this question)".to_owned()
    } else {
        knowledge.passages.join("\n\n")
    };
    // The passages come last: nothing in them can be taken for one of the places to fill.
    let system = TEMPLATE
        .replace("{property}", &one_line(&asked.property.name))
        .replace("{today}", &visits.today())
        .replace("{boundary}", boundary)
        .replace("{visits}", &visits.in_words())
        .replace("{knowledge}", &passages);
    let mut messages: Vec<(Role, String)> = asked
        .said
        .iter()
        .map(|said| {
            let text = cut(&said.text);
            if said.inbound {
                (Role::User, fence(boundary, text))
            } else {
                (Role::Assistant, text.to_owned())
            }
        })
        .collect();
    let subject = one_line(asked.subject);
    let question = asked.question;
    messages.push((
        Role::User,
        fence(boundary, &format!("Subject: {subject}\n\n{question}")),
    ));
    Prompt {
        system,
        messages,
        schema_name: "reply",
        schema: schema(),
        max_tokens: TOKENS_MAX,
    }
}

fn fence(boundary: &str, text: &str) -> String {
    format!("{boundary} mail\n{text}\n{boundary} end")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(in crate::app::reply) fn cut(text: &str) -> &str {
    match text.char_indices().nth(MESSAGE_MAX) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}
