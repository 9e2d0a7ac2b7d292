//! What the model replies when nobody scripted it: facts from the prompt, in the shape asked for.

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

/// An answer made of the sentences of the knowledge that share most words with the prospect's last
/// message; without any, a promise that somebody will follow up.
pub fn sensible(ask: &Value) -> Value {
    let (question, facts) = facts(ask);
    let topics: Vec<String> = words(&question).into_iter().take(3).collect();
    let body = match facts.as_slice() {
        [] => "Thank you for your message. The leasing team will follow up with you.".to_owned(),
        facts => format!("Thank you for your message. {}", facts.join(" ")),
    };
    let wish = json!({ "action": "reply", "body": body, "facts_used": facts, "topics": topics });
    fill(ask, &wish)
}

/// The prospect's last message, and up to two sentences that bear on it, best first.
fn facts(ask: &Value) -> (String, Vec<String>) {
    let texts = texts(ask);
    let last = texts.iter().rfind(|(role, _)| role == "user");
    let last = last.map(|(_, text)| text.as_str()).unwrap_or_default();
    let question = fenced(last, "mail").unwrap_or_else(|| last.to_owned());
    let known: Vec<String> = texts
        .iter()
        .filter_map(|(_, text)| fenced(text, "knowledge"))
        .collect();
    let asked = words(&question);
    let score = |sentence: &str| {
        let mut shared = words(sentence);
        shared.sort();
        shared.dedup();
        shared.retain(|word| word.len() > 2 && asked.contains(word));
        shared.len()
    };
    let known = known.join("\n");
    let mut sentences: Vec<(usize, String)> = sentences(&known)
        .map(|text| (score(text), text.to_owned()))
        .collect();
    sentences.retain(|(score, _)| *score > 0);
    sentences.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    (
        question,
        sentences
            .into_iter()
            .take(2)
            .map(|(_, text)| text)
            .collect(),
    )
}

/// What stands between a line `WORD name` and the next line `WORD end`, whatever the word.
pub(super) fn fenced(text: &str, name: &str) -> Option<String> {
    let mut lines = text.lines();
    let fence = lines.by_ref().find_map(|line| {
        line.strip_suffix(name)?
            .strip_suffix(' ')
            .filter(|word| !word.contains(' '))
    })?;
    let inside: Vec<&str> = lines
        .take_while(|line| *line != format!("{fence} end"))
        .collect();
    Some(inside.join("\n"))
}

fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let sentences = text.lines().flat_map(|line| line.split_inclusive(". "));
    sentences
        .map(str::trim)
        .filter(|sentence| !sentence.is_empty())
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
