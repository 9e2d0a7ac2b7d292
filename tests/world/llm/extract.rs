//! What the model finds in a conversation when nobody scripted it: plain words that prospects use, each
//! with the words that say so.

use serde_json::{Value, json};

use super::answer::fenced;
use super::request::texts;

const AMENITIES: [&str; 9] = [
    "pool",
    "gym",
    "fitness center",
    "balcony",
    "dishwasher",
    "in-unit laundry",
    "patio",
    "rooftop",
    "sauna",
];
const PETS: [&str; 4] = ["cat", "cats", "dog", "dogs"];
const ROOMS: [(&str, &str); 9] = [
    ("studio", "studio"),
    ("one-bedroom", "1BR"),
    ("one bedroom", "1BR"),
    ("1BR", "1BR"),
    ("two-bedroom", "2BR"),
    ("two bedroom", "2BR"),
    ("2BR", "2BR"),
    ("three-bedroom", "3BR"),
    ("three bedroom", "3BR"),
];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Whether a request is about a conversation.
pub fn is_asked(ask: &Value) -> bool {
    ask.pointer("/response_format/json_schema/name") == Some(&json!("interests"))
}

/// An answer with some fields; the others hold nothing.
pub fn with(some: &Value) -> Value {
    let mut answer = json!({
        "amenities": [], "floorplans": [], "budget": null, "move_in": null, "pets": [], "parking": null,
        "special_requirements": [], "urgency": null, "retracted": [],
    });
    for (name, value) in some.as_object().into_iter().flatten() {
        answer[name] = value.clone();
    }
    answer
}

/// What stands in the prospect's own turns.
pub fn sensible(ask: &Value) -> Value {
    let mut answer = with(&json!({}));
    for (day, text) in prospect(ask) {
        read(&day, &text, &mut answer);
    }
    answer
}

/// Day and text of each turn of the prospect's.
fn prospect(ask: &Value) -> Vec<(String, String)> {
    let texts = texts(ask);
    let user = texts.iter().rfind(|(role, _)| role == "user");
    let block = user.and_then(|(_, text)| fenced(text, "conversation"));
    let block = block.unwrap_or_default();
    let turns = block
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let own = turns.filter(|turn| turn["by"] == json!("prospect"));
    let part = |turn: &Value, name: &str| turn[name].as_str().unwrap_or_default().to_owned();
    own.map(|turn| (part(&turn, "on"), part(&turn, "text")))
        .collect()
}

fn read(day: &str, text: &str, answer: &mut Value) {
    let mut list = |field: &str, value: &str, evidence: &str| {
        let known = answer[field].as_array_mut().unwrap();
        known.retain(|item| item["value"] != json!(value));
        known.push(json!({ "value": value, "evidence": evidence, "confidence": 0.9 }));
    };
    for word in AMENITIES {
        if let Some(evidence) = spoken(text, word) {
            list("amenities", word, evidence);
        }
    }
    for (said, plan) in ROOMS {
        if let Some(evidence) = spoken(text, said) {
            list("floorplans", plan, evidence);
        }
    }
    let gone = text.to_lowercase().contains("no longer have");
    for word in PETS {
        if let Some(evidence) = spoken(text, word).filter(|_| !gone) {
            list("pets", word.trim_end_matches('s'), evidence);
        }
    }
    if gone {
        let sentence = text
            .split_inclusive(['.', '!', '\n'])
            .find(|part| part.contains("no longer have"));
        let pet = PETS.into_iter().find(|pet| spoken(text, pet).is_some());
        let evidence = sentence.unwrap_or(text).trim();
        let back = json!({ "field": "pets", "value": pet, "evidence": evidence });
        answer["retracted"].as_array_mut().unwrap().push(back);
    }
    if let Some((min, max, evidence)) = dollars(text) {
        answer["budget"] =
            json!({ "min": min, "max": max, "evidence": evidence, "confidence": 0.9 });
    }
    if let Some((month, evidence)) = month(text) {
        let date = first_of(day, month);
        answer["move_in"] = json!({ "date": date, "evidence": evidence, "confidence": 0.8 });
    }
    if let Some(evidence) = spoken(text, "parking") {
        answer["parking"] =
            json!({ "needed": true, "type": null, "evidence": evidence, "confidence": 0.8 });
    }
    if let Some(evidence) = spoken(text, "as soon as possible").or(spoken(text, "ASAP")) {
        answer["urgency"] =
            json!({ "value": "immediate", "evidence": evidence, "confidence": 0.9 });
    }
}

/// The word as it stands in the text, as a whole word; a plural is one, too.
fn spoken<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let lower = text.to_ascii_lowercase();
    let word = word.to_ascii_lowercase();
    let joined = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    lower.match_indices(&word).find_map(|(at, _)| {
        let mut end = at + word.len();
        if lower[end..].starts_with('s') {
            end += 1;
        }
        let whole =
            !joined(lower[..at].chars().next_back()) && !joined(lower[end..].chars().next());
        whole.then(|| &text[at..end])
    })
}

/// The first amounts of a text: one is the most, two are a range.
fn dollars(text: &str) -> Option<(Option<u32>, u32, &str)> {
    let mut amounts: Vec<(u32, usize, usize)> = Vec::new();
    for (at, _) in text.match_indices('$') {
        let digits = text[at + 1..].find(|c: char| !c.is_ascii_digit() && c != ',');
        let mut end = digits.map_or(text.len(), |length| at + 1 + length);
        while text[at..end].ends_with(',') {
            end -= 1;
        }
        if let Ok(amount) = text[at + 1..end].replace(',', "").parse() {
            amounts.push((amount, at, end));
        }
    }
    match amounts.as_slice() {
        [] => None,
        [(most, from, to)] => Some((None, *most, &text[*from..*to])),
        [(least, from, _), (most, _, to), ..] => Some((Some(*least), *most, &text[*from..*to])),
    }
}

fn month(text: &str) -> Option<(usize, &str)> {
    MONTHS.iter().enumerate().find_map(|(number, name)| {
        let at = text.find(name)?;
        Some((number + 1, &text[at..at + name.len()]))
    })
}

/// The first day of the next such month after a day like `Wednesday 2026-12-02`.
fn first_of(day: &str, month: usize) -> String {
    let date = day.rsplit(' ').next().unwrap_or_default();
    let mut parts = date
        .split('-')
        .filter_map(|part| part.parse::<usize>().ok());
    let (year, now) = (parts.next().unwrap_or(2027), parts.next().unwrap_or(1));
    let year = if month <= now { year + 1 } else { year };
    format!("{year}-{month:02}-01")
}
