//! What the model says when nobody scripted it: facts from the prompt, in the shape asked for.

use serde_json::{Map, Value, json};

use super::embedding::words;
use super::request::texts;

/// An answer with that text as its body.
pub fn saying(ask: &Value, body: &str) -> Value {
    fill(
        ask,
        &json!({ "action": "reply", "body": body, "facts_used": [], "topics": [] }),
    )
}

/// An answer made of the lines of the prompt that share most words with the prospect's last
/// message; without any, the matter is handed off.
pub fn sensible(ask: &Value) -> Value {
    let (question, facts) = facts(ask);
    let topics: Vec<String> = words(&question).into_iter().take(3).collect();
    let wish = if facts.is_empty() {
        let body = "Thank you for your message. A colleague will get back to you shortly.";
        json!({ "action": "hand_off", "body": body, "facts_used": [], "topics": topics })
    } else {
        let (names, texts): (Vec<_>, Vec<_>) = facts.iter().map(|line| named(line)).unzip();
        let body = format!("Thank you for your message. {}", texts.join(" "));
        json!({ "action": "reply", "body": body, "facts_used": names, "topics": topics })
    };
    fill(ask, &wish)
}

/// The prospect's last message, and up to two lines of the prompt that bear on it, best first.
fn facts(ask: &Value) -> (String, Vec<String>) {
    let mut texts = texts(ask);
    let last = texts.iter().rposition(|(role, _)| role == "user");
    let question = last.map(|index| texts.remove(index).1).unwrap_or_default();
    let told = texts
        .into_iter()
        .map(|(_, text)| text)
        .collect::<Vec<_>>()
        .join("\n");
    let (told, question) = match between(&question, "knowledge") {
        Some(inside) => {
            let after = question
                .rsplit_once("</knowledge>")
                .map(|(_, after)| after.to_owned());
            (inside, after.unwrap_or_default())
        }
        None => (between(&told, "knowledge").unwrap_or(told), question),
    };
    let asked = words(&question);
    let score = |line: &str| {
        let mut shared = words(line);
        shared.sort();
        shared.dedup();
        shared.retain(|word| word.len() > 2 && asked.contains(word));
        shared.len()
    };
    let mut lines: Vec<(usize, String)> = told
        .lines()
        .map(|line| (score(line), line.trim().to_owned()))
        .collect();
    lines.retain(|(score, _)| *score > 0);
    lines.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    (
        question,
        lines.into_iter().take(2).map(|(_, line)| line).collect(),
    )
}

/// The text between `<name …>` and `</name>`.
fn between(text: &str, name: &str) -> Option<String> {
    let (_, after) = text.split_once(&format!("<{name}"))?;
    let (inside, _) = after.split_once(&format!("</{name}>"))?;
    inside.split_once('>').map(|(_, inside)| inside.to_owned())
}

/// A fact's name and text; `[k1] Pets are welcome.` has its own name, others are their own.
fn named(line: &str) -> (String, String) {
    let line = line.trim_start_matches(['-', '*', ' ']);
    match line.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((name, text)) => (
            name.to_owned(),
            text.trim_start_matches([':', ' ']).to_owned(),
        ),
        None => (line.to_owned(), line.to_owned()),
    }
}

/// The wish in the shape of the schema sent; without a schema as it is.
fn fill(ask: &Value, wish: &Value) -> Value {
    match ask.pointer("/response_format/json_schema/schema") {
        Some(schema) => value(schema, wish),
        None => wish.clone(),
    }
}

fn value(schema: &Value, wish: &Value) -> Value {
    let is = |kind: &str| match &schema["type"] {
        Value::Array(kinds) => kinds.contains(&json!(kind)),
        own => own == kind,
    };
    if let Some(choices) = schema["enum"].as_array() {
        let wished = choices.iter().find(|choice| *choice == wish);
        return wished.or(choices.first()).cloned().unwrap_or_default();
    }
    match wish {
        Value::Null if is("null") => Value::Null,
        Value::String(_) if is("string") => wish.clone(),
        Value::Array(items) if is("array") => items
            .iter()
            .map(|item| value(&schema["items"], item))
            .collect(),
        _ if is("object") => {
            let properties = schema["properties"].as_object().into_iter().flatten();
            let filled =
                properties.map(|(name, schema)| (name.clone(), value(schema, &wish[name])));
            Value::Object(filled.collect::<Map<_, _>>())
        }
        _ if is("array") => json!([]),
        _ if is("number") || is("integer") => json!(1),
        _ if is("boolean") => json!(false),
        _ => json!(""),
    }
}
