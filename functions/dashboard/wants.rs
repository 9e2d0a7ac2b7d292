//! What a lead wants, in words. Nothing here tells who somebody is, wherever it was written.

use serde_json::Value;
use shared::app::enrichment::field;
use shared::domain::interest::value::{Budget, date};
use shared::domain::interest::{Kind, protected};

/// What stands in place of a text that must not be shown.
pub const HIDDEN: &str = "(not shown: it tells who somebody is, and not what they want)";

/// The heading of a kind.
pub fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Amenity => "Amenities",
        Kind::Floorplan => "Floor plan",
        Kind::Budget => "Budget",
        Kind::MoveInDate => "Move-in",
        Kind::Pets => "Pets",
        Kind::Parking => "Parking",
        Kind::SpecialRequirement => "Special requirements",
        Kind::Urgency => "Urgency",
    }
}

/// One value of the preferences in words; `None` for a form that is not ours.
pub fn text(kind: Kind, value: &Value) -> Option<String> {
    let words = match kind {
        Kind::Budget => budget(value)?,
        Kind::Parking => match (value["needed"].as_bool()?, value["type"].as_str()) {
            (false, _) => "no parking".to_owned(),
            (true, Some(kind)) => format!("parking: {kind}"),
            (true, None) => "parking".to_owned(),
        },
        Kind::MoveInDate => day(value.as_str()?),
        Kind::Urgency => urgency(value.as_str()?).to_owned(),
        _ => value.as_str()?.to_owned(),
    };
    Some(shown(&words)).filter(|words| !words.trim().is_empty())
}

/// The canonical value of an interest in words.
pub fn interest(kind: Kind, value: &str) -> String {
    let words = match kind {
        Kind::Budget => value.parse().map_or(value.to_owned(), dollars),
        Kind::MoveInDate => day(value),
        Kind::Urgency => urgency(value).to_owned(),
        _ => value.to_owned(),
    };
    shown(&words)
}

/// A text, unless it tells who somebody is.
pub fn shown(text: &str) -> String {
    if protected::tells_of_a_trait(text) {
        HIDDEN.to_owned()
    } else {
        text.to_owned()
    }
}

/// All of it on one line; empty where nothing is known.
pub fn line(preferences: &Value) -> String {
    const ORDER: [Kind; 8] = [
        Kind::Floorplan,
        Kind::Budget,
        Kind::MoveInDate,
        Kind::Urgency,
        Kind::Pets,
        Kind::Parking,
        Kind::Amenity,
        Kind::SpecialRequirement,
    ];
    let mut parts = Vec::new();
    for kind in ORDER {
        let value = &preferences[field(kind)];
        let items = value
            .as_array()
            .map_or(std::slice::from_ref(value), Vec::as_slice);
        let items = items.iter().filter_map(|item| text(kind, item));
        let items: Vec<String> = items.filter(|item| item != HIDDEN).collect();
        if !items.is_empty() {
            parts.push(items.join(", "));
        }
    }
    parts.join(" · ")
}

fn budget(value: &Value) -> Option<String> {
    Budget::new(value["min"].as_f64(), value["max"].as_f64()).map(dollars)
}

fn dollars(budget: Budget) -> String {
    match (budget.min, budget.max) {
        (Some(min), Some(max)) => format!("{} to {}", money(min), money(max)),
        (Some(min), None) => format!("from {}", money(min)),
        (_, max) => format!("up to {}", money(max.unwrap_or_default())),
    }
}

fn money(dollars: u32) -> String {
    match (dollars / 1000, dollars % 1000) {
        (0, rest) => format!("${rest}"),
        (thousands, rest) => format!("${thousands},{rest:03}"),
    }
}

fn day(text: &str) -> String {
    let date = date(text).map(|date| date.format("%b %-d, %Y").to_string());
    date.map_or_else(|| text.to_owned(), |date| format!("from {date}"))
}

fn urgency(level: &str) -> &str {
    match level {
        "immediate" => "at once",
        "browsing" => "only looking",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn wishes_are_told_on_one_line() {
        let preferences = json!({
            "amenities": ["pool", "gym"], "floorplans": ["2BR"], "budget": { "min": null, "max": 1500 },
            "move_in": "2027-01-01", "pets": ["cat"], "parking": { "needed": true, "type": "garage" },
            "special_requirements": [], "urgency": "immediate", "theme": "light",
        });
        assert_eq!(
            line(&preferences),
            "2BR · up to $1,500 · from Jan 1, 2027 · at once · cat · parking: garage · pool, gym"
        );
    }

    #[test]
    fn what_is_not_known_or_not_ours_is_left_out() {
        for preferences in [
            json!({}),
            json!(null),
            json!([]),
            json!({ "budget": { "min": null, "max": null }, "pets": [], "parking": true, "urgency": "" }),
            json!({ "budget": "low", "parking": { "needed": null, "type": null }, "amenities": [7, null] }),
        ] {
            assert_eq!(line(&preferences), "", "{preferences}");
        }
    }

    #[test]
    fn who_somebody_is_is_not_shown_whoever_wrote_it() {
        let preferences = json!({ "special_requirements": ["wheelchair ramp", "quiet"] });
        assert_eq!(line(&preferences), "quiet");
        assert_eq!(
            text(Kind::SpecialRequirement, &json!("two kids")),
            Some(HIDDEN.to_owned())
        );
        assert_eq!(interest(Kind::Amenity, "near a church"), HIDDEN);
        assert_eq!(interest(Kind::Budget, "1200-1500"), "$1,200 to $1,500");
    }
}
