//! Which JSON schemas strict structured output accepts.
//! <https://platform.openai.com/docs/guides/structured-outputs#supported-schemas>

use serde_json::{Value, json};

const DEEPEST: usize = 10;
const UNSUPPORTED: [&str; 8] = [
    "allOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "dependentRequired",
    "dependentSchemas",
];

/// # Errors
/// What is wrong with `response_format.json_schema`.
pub fn check_format(format: &Value) -> Result<(), String> {
    let name = format["name"].as_str().unwrap_or_default();
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if name.is_empty() || name.len() > 64 || !name.chars().all(fits) {
        return Err("Invalid 'response_format.json_schema.name'.".to_owned());
    }
    let schema = &format["schema"];
    if format["strict"] != json!(true) {
        return Ok(()); // then the schema is only a wish
    }
    if schema["type"] != json!("object") || schema.get("anyOf").is_some() {
        return Err(format!(
            "Invalid schema for response_format '{name}': the root is no object."
        ));
    }
    check(schema, 1)
        .map_err(|wrong| format!("Invalid schema for response_format '{name}': {wrong}"))
}

fn check(schema: &Value, depth: usize) -> Result<(), String> {
    let Some(fields) = schema.as_object() else {
        return Err("a schema is an object".to_owned());
    };
    if depth > DEEPEST {
        return Err(format!("more than {DEEPEST} levels of nesting"));
    }
    if let Some(keyword) = UNSUPPORTED
        .iter()
        .find(|keyword| fields.contains_key(**keyword))
    {
        return Err(format!("'{keyword}' is not permitted"));
    }
    if let Some(choices) = fields.get("anyOf") {
        let choices = choices.as_array().ok_or("'anyOf' is a list")?;
        return choices.iter().try_for_each(|choice| check(choice, depth));
    }
    if fields.contains_key("$ref") || fields.contains_key("const") || fields.contains_key("enum") {
        return Ok(());
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => return Err("schema must have a 'type' key".to_owned()),
    };
    if kinds.contains(&"object") {
        check_object(schema, depth)?;
    }
    if kinds.contains(&"array") {
        check(&schema["items"], depth + 1).map_err(|wrong| format!("array items: {wrong}"))?;
    }
    Ok(())
}

fn check_object(schema: &Value, depth: usize) -> Result<(), String> {
    if schema["additionalProperties"] != json!(false) {
        return Err("'additionalProperties' is required to be supplied and to be false".to_owned());
    }
    let properties = schema["properties"]
        .as_object()
        .ok_or("'properties' is missing")?;
    let required = schema["required"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    for (name, property) in properties {
        if !required.contains(&json!(name)) {
            return Err(format!(
                "'required' is required to be supplied and to be an array including every key in \
                 properties. Missing '{name}'"
            ));
        }
        check(property, depth + 1).map_err(|wrong| format!("'{name}': {wrong}"))?;
    }
    let stray = required.iter().find(|name| {
        !name
            .as_str()
            .is_some_and(|name| properties.contains_key(name))
    });
    match stray {
        Some(name) => Err(format!("extra required key {name} supplied")),
        None => Ok(()),
    }
}
