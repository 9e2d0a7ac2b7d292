//! Partial answers: the `fields` parameter, as in `items(id,start/dateTime),nextPageToken`.
//! <https://developers.google.com/workspace/calendar/api/guides/performance#partial>

use serde_json::{Map, Value};

use crate::google::refusal::Refusal;

/// Names to keep, each with what to keep of its value; nothing there means all of it.
#[derive(Default)]
pub struct Fields(Vec<(String, Fields)>);

impl Fields {
    pub fn read(text: &str) -> Result<Fields, Refusal> {
        let mut rest = text;
        let fields = Fields::list(&mut rest).filter(|_| rest.is_empty());
        fields.ok_or_else(|| Refusal::invalid_parameter("fields"))
    }

    /// The answer without the rest.
    pub fn of(&self, value: Value) -> Value {
        match value {
            value if self.0.is_empty() => value,
            Value::Array(list) => list.into_iter().map(|one| self.of(one)).collect(),
            Value::Object(mut all) => {
                let mut kept = Map::new();
                for (name, inner) in &self.0 {
                    if name == "*" {
                        kept.extend(all.iter().map(|(k, v)| (k.clone(), inner.of(v.clone()))));
                    } else if let Some(value) = all.remove(name) {
                        kept.insert(name.clone(), inner.of(value));
                    }
                }
                Value::Object(kept)
            }
            value => value,
        }
    }

    fn list(rest: &mut &str) -> Option<Fields> {
        let mut fields = vec![Fields::one(rest)?];
        while let Some(next) = rest.strip_prefix(',') {
            *rest = next;
            fields.push(Fields::one(rest)?);
        }
        Some(Fields(fields))
    }

    fn one(rest: &mut &str) -> Option<(String, Fields)> {
        let end = rest.find([',', '/', '(', ')']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        *rest = after;
        if name.is_empty() {
            return None;
        }
        let inner = if let Some(after) = rest.strip_prefix('/') {
            *rest = after;
            Fields(vec![Fields::one(rest)?])
        } else if let Some(after) = rest.strip_prefix('(') {
            *rest = after;
            let inner = Fields::list(rest)?;
            *rest = rest.strip_prefix(')')?;
            inner
        } else {
            Fields::default()
        };
        Some((name.to_owned(), inner))
    }
}
