//! `leads.preferences`: what the rows make of it, merged into what people wrote there.
//!
//! The machine remembers what it wrote. A value that is not among that is a person's and stays; one of
//! the machine's that a person took out stays out. Absence erases nothing.

use serde_json::{Map, Value, json};

use crate::domain::interest::evidence::numbers;
use crate::domain::interest::value::{Budget, Parking};
use crate::domain::interest::{Interest, Kind, Source};
use crate::store::interests::Preferences;

const LISTS: [(&str, Kind); 4] = [
    ("amenities", Kind::Amenity),
    ("floorplans", Kind::Floorplan),
    ("pets", Kind::Pets),
    ("special_requirements", Kind::SpecialRequirement),
];
const ONES: [(&str, Kind); 4] = [
    ("budget", Kind::Budget),
    ("move_in", Kind::MoveInDate),
    ("parking", Kind::Parking),
    ("urgency", Kind::Urgency),
];

/// What stands after the rows are merged into what is held.
pub fn merged(before: &Preferences, rows: &[Interest]) -> Preferences {
    let mut held = before.held.as_object().cloned().unwrap_or_default();
    let mut written = before.written.as_object().cloned().unwrap_or_default();
    for (field, kind) in LISTS {
        merge_list(field, kind, rows, &mut held, &mut written);
    }
    for (field, kind) in ONES {
        merge_one(field, kind, rows, &mut held, &mut written);
    }
    Preferences {
        held: Value::Object(held),
        written: Value::Object(written),
    }
}

/// The fields that differ.
pub fn changed(before: &Value, after: &Value) -> Vec<&'static str> {
    let fields = LISTS.iter().chain(&ONES).map(|(field, _)| *field);
    fields
        .filter(|field| before[*field] != after[*field])
        .collect()
}

/// Where a kind stands in the preferences.
pub fn field(kind: Kind) -> &'static str {
    let mut all = LISTS.iter().chain(&ONES);
    all.find(|(_, known)| *known == kind)
        .map_or("", |(field, _)| field)
}

/// One thing that a lead prefers, and who says so.
#[derive(Clone, Debug)]
pub struct Want {
    pub kind: Kind,
    /// As the preferences hold it; of a list, one of its items.
    pub value: Value,
    pub origin: Origin,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Origin {
    /// A person of the team; no machine changes it.
    Person,
    /// Read in what the prospect wrote.
    Read { source: Source, confidence: f64 },
}

/// What is held, piece by piece. Whatever no row of a machine's bears out is a person's.
pub fn wants(held: &Preferences, rows: &[Interest]) -> Vec<Want> {
    let mut wants = Vec::new();
    for kind in Kind::ALL {
        let (theirs, base) = (&held.held[field(kind)], &held.written[field(kind)]);
        let read = |value: &Value| {
            let row = live(rows, kind)
                .find(|row| row.is_machines() && shape(kind, &row.value).as_ref() == Some(value));
            row.map(|row| Origin::Read {
                source: row.source,
                confidence: row.confidence,
            })
        };
        let mut add = |value: &Value, is_ours: bool| {
            wants.push(Want {
                kind,
                value: value.clone(),
                origin: read(value).filter(|_| is_ours).unwrap_or(Origin::Person),
            });
        };
        match theirs {
            Value::Null => {}
            Value::Array(items) => {
                let ours = texts(Some(base)).unwrap_or_default();
                for item in items {
                    add(item, item.as_str().is_some_and(|item| has(&ours, item)));
                }
            }
            value => add(value, value == base),
        }
    }
    wants
}

/// Preferences as answers show them: every field, whether it is known or not, and those of others.
pub fn shaped(held: &Value) -> Value {
    let mut shaped = json!({
        "amenities": [], "floorplans": [], "budget": { "min": null, "max": null }, "move_in": null, "pets": [],
        "parking": { "needed": null, "type": null }, "special_requirements": [], "urgency": null,
    });
    for (field, value) in held.as_object().into_iter().flatten() {
        if !value.is_null() {
            shaped[field] = value.clone();
        }
    }
    shaped
}

type Fields = Map<String, Value>;

fn merge_list(field: &str, kind: Kind, rows: &[Interest], held: &mut Fields, written: &mut Fields) {
    let Some(theirs) = texts(held.get(field)) else {
        return; // not a list of texts: somebody else's
    };
    let base = texts(written.get(field)).unwrap_or_default();
    let personal: Vec<String> = theirs
        .iter()
        .filter(|value| !has(&base, value))
        .cloned()
        .collect();
    let mut ours: Vec<String> = live(rows, kind)
        .filter(|row| row.is_machines())
        .map(|row| row.value.clone())
        .collect();
    ours.retain(|value| !has(&personal, value));
    ours.sort();
    let removed = |value: &String| has(&base, value) && !has(&theirs, value);
    let mut all = personal;
    all.extend(ours.iter().filter(|value| !removed(value)).cloned());
    for row in live(rows, kind).filter(|row| !row.is_machines()) {
        if !has(&all, &row.value) {
            all.push(row.value.clone());
        }
    }
    if held.contains_key(field) || !all.is_empty() {
        held.insert(field.to_owned(), json!(all));
    }
    if written.contains_key(field) || !ours.is_empty() {
        written.insert(field.to_owned(), json!(ours));
    }
}

fn merge_one(field: &str, kind: Kind, rows: &[Interest], held: &mut Fields, written: &mut Fields) {
    let theirs = held.get(field).cloned().unwrap_or_default();
    if let Some(manual) = live(rows, kind).find(|row| !row.is_machines()) {
        // What a person said in words that mean nothing to us still keeps the machine out.
        if let Some(value) = shape(kind, &manual.value) {
            held.insert(field.to_owned(), value);
        }
        return;
    }
    let base = written.get(field).cloned().unwrap_or_default();
    let newest = live(rows, kind)
        .filter(|row| row.is_machines())
        .max_by(|one, other| {
            place(one)
                .cmp(&place(other))
                .then(one.confidence.total_cmp(&other.confidence))
                .then_with(|| one.value.cmp(&other.value))
        });
    let ours = newest
        .and_then(|row| shape(kind, &row.value))
        .unwrap_or_default();
    let is_ours = theirs == base || (theirs.is_null() && ours != base);
    if !is_ours || ours == theirs {
        return;
    }
    held.insert(field.to_owned(), ours.clone());
    written.insert(field.to_owned(), ours);
}

fn place(row: &Interest) -> impl Ord + use<> {
    (row.said_at, row.message)
}

fn live(rows: &[Interest], kind: Kind) -> impl Iterator<Item = &Interest> {
    rows.iter()
        .filter(move |row| row.kind == kind && row.is_live())
}

/// The value of a row as preferences hold it.
fn shape(kind: Kind, value: &str) -> Option<Value> {
    match kind {
        Kind::Budget => {
            let budget = value.parse().ok().or_else(|| in_words(value))?;
            Some(json!({ "min": budget.min, "max": budget.max }))
        }
        Kind::Parking => {
            let parking = Parking::from(value);
            Some(json!({ "needed": parking.needed, "type": parking.kind }))
        }
        _ => Some(json!(value)),
    }
}

/// "under $1,400": the most, unless two numbers are named.
fn in_words(text: &str) -> Option<Budget> {
    let dollars = |number: &u64| f64::from(u32::try_from(*number).unwrap_or(u32::MAX));
    match numbers(text).as_slice() {
        [max] => Budget::new(None, Some(dollars(max))),
        [min, max] => Budget::new(Some(dollars(min)), Some(dollars(max))),
        _ => None,
    }
}

/// Nothing is an empty list; `None` is something else than texts.
pub fn texts(value: Option<&Value>) -> Option<Vec<String>> {
    match value {
        None | Some(Value::Null) => Some(Vec::new()),
        Some(Value::Array(items)) => items
            .iter()
            .map(|item| item.as_str().map(str::to_owned))
            .collect(),
        Some(_) => None,
    }
}

pub fn has(list: &[String], value: &str) -> bool {
    list.iter()
        .any(|other| other.trim().to_lowercase() == value.trim().to_lowercase())
}
