//! What a person says that a lead wants: held to the rules that what is read must keep, and marked so that no
//! machine changes it.

use chrono::NaiveDate;
use serde_json::{Map, Value, json};

use crate::app::enrichment::{field, has};
use crate::domain::interest::value::{self, Budget, Parking, Urgency};
use crate::domain::interest::{Kind, evidence, protected};
use crate::error::{Error, Result};
use crate::store::interests::Preferences;

/// Values of one list.
const ITEMS_MAX: usize = 20;

/// What is to change. What is `None`, or in no list, stays; `Some(None)` takes a value away.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    pub lists: Vec<(Kind, ListChange)>,
    /// Dollars a month: the least and the most.
    pub budget: Option<(Option<f64>, Option<f64>)>,
    /// ISO 8601.
    pub move_in: Option<Option<String>>,
    pub parking: Option<Option<ParkingChange>>,
    pub urgency: Option<Option<String>>,
}

#[derive(Clone, Debug, Default)]
pub struct ListChange {
    pub added: Vec<String>,
    pub removed: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct ParkingChange {
    pub needed: bool,
    pub kind: Option<String>,
}

/// A wish whose values are canonical.
pub(super) struct Checked {
    lists: Vec<(Kind, ListChange)>,
    /// `None` takes the value away.
    ones: Vec<(Kind, Option<Value>)>,
}

impl Wish {
    pub(super) fn checked(self, today: NaiveDate) -> Result<Checked> {
        let mut lists = Vec::new();
        for (kind, change) in self.lists {
            let added = change.added.iter().map(|text| item(kind, text));
            let added = added.collect::<Result<Vec<_>>>()?;
            if added.len() > ITEMS_MAX {
                return Err(invalid(kind));
            }
            let removed = change.removed;
            lists.push((kind, ListChange { added, removed }));
        }
        let mut ones = Vec::new();
        if let Some((min, max)) = self.budget {
            ones.push((Kind::Budget, budget(min, max)?));
        }
        if let Some(date) = self.move_in {
            let date = date.map(|text| {
                let date =
                    value::date(&text).filter(|date| evidence::is_sensible_move(*date, today));
                date.map(|date| json!(date.to_string()))
                    .ok_or_else(|| invalid(Kind::MoveInDate))
            });
            ones.push((Kind::MoveInDate, date.transpose()?));
        }
        if let Some(change) = self.parking {
            ones.push((Kind::Parking, change.map(parking).transpose()?));
        }
        if let Some(level) = self.urgency {
            let level = level.map(|text| {
                let level = Urgency::parse(&text).map(|level| json!(level.as_str()));
                level.ok_or_else(|| invalid(Kind::Urgency))
            });
            ones.push((Kind::Urgency, level.transpose()?));
        }
        Ok(Checked { lists, ones })
    }
}

fn item(kind: Kind, text: &str) -> Result<String> {
    check_traits(kind, text)?;
    let canonical = match kind {
        Kind::Floorplan => value::floorplan(text),
        Kind::SpecialRequirement => value::requirement(text),
        _ => value::phrase(text),
    };
    canonical.ok_or_else(|| invalid(kind))
}

fn budget(min: Option<f64>, max: Option<f64>) -> Result<Option<Value>> {
    if min.is_none() && max.is_none() {
        return Ok(None);
    }
    let budget = Budget::new(min, max).ok_or_else(|| invalid(Kind::Budget))?;
    Ok(Some(json!({ "min": budget.min, "max": budget.max })))
}

fn parking(change: ParkingChange) -> Result<Value> {
    let kind = change.kind.filter(|_| change.needed);
    let kind = kind.map(|text| item(Kind::Parking, &text)).transpose()?;
    let parking = Parking {
        needed: change.needed,
        kind,
    };
    Ok(json!({ "needed": parking.needed, "type": parking.kind }))
}

/// What is never stored about a prospect is not stored by hand either.
fn check_traits(kind: Kind, text: &str) -> Result<()> {
    if kind == Kind::Pets && protected::tells_of_an_assistance_animal(text) {
        return Err(Error::Unprocessable {
            code: "assistance_animal",
            title: "An assistance animal is no pet",
        });
    }
    if protected::tells_of_a_trait(text) {
        return Err(Error::Unprocessable {
            code: "protected_trait",
            title: "This tells who somebody is, and not what they want",
        });
    }
    Ok(())
}

fn invalid(kind: Kind) -> Error {
    let name = match kind {
        Kind::Amenity => "amenities",
        Kind::Floorplan => "floorplans",
        Kind::Budget => "budget",
        Kind::MoveInDate => "moveIn",
        Kind::Pets => "pets",
        Kind::Parking => "parking",
        Kind::SpecialRequirement => "specialRequirements",
        Kind::Urgency => "urgency",
    };
    Error::invalid(name, "not acceptable")
}

impl Checked {
    /// Whether this says anything about a field.
    pub(super) fn sets(&self, name: &str) -> bool {
        let lists = self.lists.iter().map(|(kind, _)| *kind);
        let ones = self.ones.iter().map(|(kind, _)| *kind);
        lists.chain(ones).any(|kind| field(kind) == name)
    }

    /// Rows of persons' that would say otherwise: all of a single kind's, of a list what is taken out.
    pub(super) fn withdrawn(&self) -> impl Iterator<Item = (Kind, Option<&str>)> {
        let items = self.lists.iter().flat_map(|(kind, change)| {
            let removed = change.removed.iter();
            removed.map(|value| (*kind, Some(value.as_str())))
        });
        self.ones.iter().map(|(kind, _)| (*kind, None)).chain(items)
    }

    /// What stands then. A value that is set is forgotten among what a machine wrote, even if it is the same:
    /// from now on it is a person's. One that is taken away stays there, so that no machine writes it again.
    pub(super) fn applied(&self, before: &Preferences) -> Preferences {
        let mut held = before.held.as_object().cloned().unwrap_or_default();
        let mut written = before.written.as_object().cloned().unwrap_or_default();
        for (kind, value) in &self.ones {
            if value.is_some() {
                written.remove(field(*kind));
            }
            held.insert(field(*kind).to_owned(), value.clone().unwrap_or_default());
        }
        for (kind, change) in &self.lists {
            let mut all = items(&held, field(*kind));
            all.retain(|value| !has(&change.removed, value));
            for value in &change.added {
                if !has(&all, value) {
                    all.push(value.clone());
                }
            }
            held.insert(field(*kind).to_owned(), json!(all));
            let mut base = items(&written, field(*kind));
            base.retain(|value| !has(&change.added, value));
            written.insert(field(*kind).to_owned(), json!(base));
        }
        Preferences {
            held: Value::Object(held),
            written: Value::Object(written),
        }
    }
}

fn items(fields: &Map<String, Value>, name: &str) -> Vec<String> {
    let list = fields.get(name).and_then(Value::as_array);
    let texts = list.into_iter().flatten().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn today() -> NaiveDate {
        "2026-12-02".parse().unwrap()
    }

    fn applied(wish: Wish, held: Value, written: Value) -> (Value, Value) {
        let after = wish
            .checked(today())
            .unwrap()
            .applied(&Preferences { held, written });
        (after.held, after.written)
    }

    fn adds(kind: Kind, text: &str) -> Wish {
        let added = vec![text.to_owned()];
        let change = ListChange {
            added,
            ..ListChange::default()
        };
        Wish {
            lists: vec![(kind, change)],
            ..Wish::default()
        }
    }

    #[test]
    fn a_persons_value_is_not_among_what_a_machine_wrote() {
        let budget = json!({ "budget": { "min": null, "max": 1500 } });
        let wish = Wish {
            budget: Some((None, Some(1500.0))),
            ..Wish::default()
        };
        let (held, written) = applied(wish, budget.clone(), budget.clone());
        assert_eq!((held, written), (budget, json!({})));
    }

    #[test]
    fn what_is_taken_away_stays_among_what_a_machine_wrote() {
        let before = json!({ "urgency": "soon", "pets": ["cat", "dog"] });
        let removed = ListChange {
            removed: vec!["Cat".to_owned()],
            ..ListChange::default()
        };
        let wish = Wish {
            urgency: Some(None),
            lists: vec![(Kind::Pets, removed)],
            ..Wish::default()
        };
        let (held, written) = applied(wish, before.clone(), before.clone());
        assert_eq!(held, json!({ "urgency": null, "pets": ["dog"] }));
        assert_eq!(written, before);
    }

    #[test]
    fn what_no_reading_would_be_believed_is_refused() {
        let budget = |min, max| Wish {
            budget: Some((min, max)),
            ..Wish::default()
        };
        let moves = |date: &str| Wish {
            move_in: Some(Some(date.to_owned())),
            ..Wish::default()
        };
        let urgency = Wish {
            urgency: Some(Some("now".to_owned())),
            ..Wish::default()
        };
        let kind = Some("<b>".to_owned());
        let parking = Wish {
            parking: Some(Some(ParkingChange { needed: true, kind })),
            ..Wish::default()
        };
        for (wish, code) in [
            (budget(Some(2000.0), Some(1000.0)), "invalid_budget"),
            (budget(None, Some(5.0)), "invalid_budget"),
            (moves("2026-12-01"), "invalid_move_in"),
            (moves("2029-12-02"), "invalid_move_in"),
            (moves("soon"), "invalid_move_in"),
            (urgency, "invalid_urgency"),
            (parking, "invalid_parking"),
            (
                adds(Kind::Amenity, "https://evil.example"),
                "invalid_amenities",
            ),
            (adds(Kind::Floorplan, &"2".repeat(61)), "invalid_floorplans"),
            (adds(Kind::Amenity, "near a good school"), "protected_trait"),
            (
                adds(Kind::SpecialRequirement, "wheelchair ramp"),
                "protected_trait",
            ),
            (adds(Kind::Pets, "my kids' cat"), "protected_trait"),
            (adds(Kind::Pets, "service dog"), "assistance_animal"),
        ] {
            let shown = format!("{wish:?}");
            let refused = wish.checked(today()).err().unwrap();
            assert_eq!(refused.code(), code, "{shown}");
        }
        for wish in [
            budget(None, None),
            budget(Some(1000.0), None),
            moves("2026-12-02"),
            adds(Kind::Pets, "A small dog"),
            adds(Kind::Floorplan, "2BR"),
        ] {
            assert!(wish.checked(today()).is_ok());
        }
    }
}
