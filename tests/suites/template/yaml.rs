//! `template.yaml` as JSON, with CloudFormation's short forms spelled out.

use std::fs;

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value, json};

/// The template, as CloudFormation reads it: `!Ref x` is `{"Ref": "x"}` and so on.
pub fn template() -> Value {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml"));
    json(&Yaml::load_from_str(&text.unwrap()).unwrap()[0])
}

fn json(yaml: &Yaml) -> Value {
    match yaml {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(value)) => json!(value),
        Yaml::Value(Scalar::Integer(value)) => json!(value),
        Yaml::Value(Scalar::FloatingPoint(value)) => json!(value.into_inner()),
        Yaml::Value(Scalar::String(value)) => json!(value),
        Yaml::Sequence(items) => items.iter().map(json).collect(),
        Yaml::Mapping(entries) => entries
            .iter()
            .map(|(name, value)| (name.as_str().unwrap().to_owned(), json(value)))
            .collect::<Map<_, _>>()
            .into(),
        Yaml::Tagged(tag, value) => {
            let name = match tag.suffix.as_str() {
                name @ ("Ref" | "Condition") => name.to_owned(),
                function => format!("Fn::{function}"),
            };
            let value = match (tag.suffix.as_str(), json(value)) {
                ("GetAtt", Value::String(path)) => path.split('.').collect(),
                (_, value) => value,
            };
            json!({ name: value })
        }
        other => panic!("not expected in a template: {other:?}"),
    }
}
