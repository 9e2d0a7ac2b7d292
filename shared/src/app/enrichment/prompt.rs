//! The one question about a conversation: nothing in it but this conversation.

use serde_json::{Value, json};

use crate::crypto;
use crate::llm::{Prompt, Role};
use crate::mail;
use crate::store::enrichment::Exchange;

const TEMPLATE: &str = include_str!("../../llm/prompts/extract.txt");
/// Tokens of an answer.
const TOKENS_MAX: u32 = 2_000;

pub fn about(exchange: &Exchange) -> Prompt {
    let boundary = crypto::random_token();
    // A line of JSON each: nobody's text can pass for another turn.
    let turns: Vec<String> = exchange
        .turns
        .iter()
        .map(|turn| {
            let by = if turn.by_prospect {
                "prospect"
            } else {
                "office"
            };
            let day = turn.at.format("%A %Y-%m-%d").to_string();
            json!({ "on": day, "by": by, "text": mail::visible(&turn.text) }).to_string()
        })
        .collect();
    let conversation = turns.join("\n");
    Prompt {
        system: TEMPLATE.replace("{boundary}", &boundary),
        messages: vec![(
            Role::User,
            format!("{boundary} conversation\n{conversation}\n{boundary} end"),
        )],
        schema_name: "interests",
        schema: schema(),
        max_tokens: TOKENS_MAX,
    }
}

/// What may be said, and no field for what must not.
fn schema() -> Value {
    let text = json!({ "type": "string" });
    let number = json!({ "type": ["number", "null"] });
    let found = |fields: Value| {
        let mut fields = fields;
        fields["evidence"] = text.clone();
        fields["confidence"] = json!({ "type": "number" });
        object(fields)
    };
    let list = |item: Value| json!({ "type": "array", "items": item });
    let or_null = |mut schema: Value| {
        schema["type"] = json!(["object", "null"]);
        schema
    };
    let values = list(found(json!({ "value": text })));
    let levels = json!({ "type": "string", "enum": ["immediate", "soon", "flexible", "browsing"] });
    let fields = json!({ "type": "string", "enum": [
        "amenities", "floorplans", "budget", "move_in", "pets", "parking", "special_requirements", "urgency",
    ] });
    object(json!({
        "amenities": values,
        "floorplans": values,
        "budget": or_null(found(json!({ "min": number, "max": number }))),
        "move_in": or_null(found(json!({ "date": text }))),
        "pets": values,
        "parking": or_null(found(json!({
            "needed": { "type": "boolean" }, "type": { "type": ["string", "null"] },
        }))),
        "special_requirements": values,
        "urgency": or_null(found(json!({ "value": levels }))),
        "retracted": list(object(json!({
            "field": fields, "value": { "type": ["string", "null"] }, "evidence": text,
        }))),
    }))
}

/// Strict: every property is required, and there are no others.
fn object(properties: Value) -> Value {
    let required: Vec<String> = properties
        .as_object()
        .map(|properties| properties.keys().cloned().collect())
        .unwrap_or_default();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}
