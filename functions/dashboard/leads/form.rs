//! What a lead wants, as fields of a form. Each field travels with what it showed: only what somebody changed is
//! theirs, and what was found meanwhile stays.

use serde_json::Value;
use shared::app::enrichment::field;
use shared::app::leads::{ListChange, ParkingChange, Wish};
use shared::domain::interest::Kind;
use shared::domain::interest::protected;
use shared::domain::interest::value::date;
use shared::error::Result;

use crate::form::Form;

/// A list in a form: one item a line.
pub struct List {
    pub name: &'static str,
    pub label: &'static str,
    pub text: String,
}

/// What the fields show.
pub struct Fields {
    pub lists: Vec<List>,
    pub least: String,
    pub most: String,
    pub move_in: String,
    pub parking: String,
    pub parking_kind: String,
    pub urgency: String,
}

const LISTS: [(Kind, &str); 4] = [
    (Kind::Floorplan, "Floor plans or bedrooms, one a line"),
    (Kind::Pets, "Pets, one a line"),
    (Kind::Amenity, "Amenities, one a line"),
    (Kind::SpecialRequirement, "Special requirements, one a line"),
];

impl Fields {
    /// What has another form than ours is left out, and stays as it is.
    pub fn of(held: &Value) -> Self {
        let list = |(kind, label): (Kind, &'static str)| {
            let items = held[field(kind)].as_array().into_iter().flatten();
            let items = items.filter_map(Value::as_str);
            let items = items.filter(|item| !protected::tells_of_a_trait(item));
            List {
                name: field(kind),
                label,
                text: items.collect::<Vec<_>>().join("\n"),
            }
        };
        let dollars = |end: &str| {
            let end = held["budget"][end].as_f64();
            end.map(|dollars| format!("{dollars:.0}"))
                .unwrap_or_default()
        };
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Self {
            lists: LISTS.map(list).into(),
            least: dollars("min"),
            most: dollars("max"),
            move_in: Some(text(&held["move_in"]))
                .filter(|text| date(text).is_some())
                .unwrap_or_default(),
            parking: match held["parking"]["needed"].as_bool() {
                Some(true) => "yes".to_owned(),
                Some(false) => "no".to_owned(),
                None => String::new(),
            },
            parking_kind: text(&held["parking"]["type"]),
            urgency: text(&held["urgency"]),
        }
    }

    /// As somebody sent them.
    pub fn sent(form: &Form) -> Self {
        Self::named(|name| form.text(name))
    }

    /// As they were when somebody began to type.
    pub fn sent_before(form: &Form) -> Self {
        Self::named(|name| form.text(&before(name)))
    }

    fn named(text: impl Fn(&str) -> Option<String>) -> Self {
        let text = |name| text(name).unwrap_or_default();
        let list = |(kind, label): (Kind, &'static str)| List {
            name: field(kind),
            label,
            text: text(field(kind)),
        };
        Self {
            lists: LISTS.map(list).into(),
            least: text("budget_min"),
            most: text("budget_max"),
            move_in: text("move_in"),
            parking: text("parking"),
            parking_kind: text("parking_type"),
            urgency: text("urgency"),
        }
    }
}

/// The hidden field with what a field showed.
fn before(name: &str) -> String {
    format!("was_{name}")
}

/// What somebody changed.
pub fn wish(form: &Form) -> Result<Wish> {
    let changed = |names: &[&str]| {
        let same = |name: &&str| form.text(name) == form.text(&before(name));
        !names.iter().all(same)
    };
    let mut wish = Wish::default();
    for (kind, _) in LISTS {
        let name = field(kind);
        let (now, was) = (lines(form, name), lines(form, &before(name)));
        let added: Vec<_> = now
            .iter()
            .filter(|item| !was.contains(item))
            .cloned()
            .collect();
        let removed: Vec<_> = was
            .iter()
            .filter(|item| !now.contains(item))
            .cloned()
            .collect();
        if !added.is_empty() || !removed.is_empty() {
            wish.lists.push((kind, ListChange { added, removed }));
        }
    }
    if changed(&["budget_min", "budget_max"]) {
        let ends = (
            form.parsed("budget_min", "budget")?,
            form.parsed("budget_max", "budget")?,
        );
        wish.budget = Some(ends);
    }
    if changed(&["move_in"]) {
        wish.move_in = Some(form.text("move_in"));
    }
    if changed(&["parking", "parking_type"]) {
        let kind = form.text("parking_type");
        // Who types a kind wants one, whatever was chosen before; a kind that stood there says nothing new.
        let types = kind.is_some() && changed(&["parking_type"]);
        let chosen = form.text("parking");
        let chosen = chosen.filter(|_| !types || changed(&["parking"]));
        let needed = match chosen {
            Some(needed) => Some(needed == "yes"),
            None => types.then_some(true),
        };
        wish.parking = Some(needed.map(|needed| ParkingChange { needed, kind }));
    }
    if changed(&["urgency"]) {
        wish.urgency = Some(form.text("urgency"));
    }
    Ok(wish)
}

fn lines(form: &Form, name: &str) -> Vec<String> {
    let text = form.text(name).unwrap_or_default();
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(str::to_owned).collect()
}
