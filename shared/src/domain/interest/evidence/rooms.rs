//! Floor plans: how many rooms, and which.

use super::{numbers, states, words};

const BEDROOMS: [&str; 13] = [
    "bd",
    "bdr",
    "bdrm",
    "bdrms",
    "bed",
    "beds",
    "bedroom",
    "bedrooms",
    "br",
    "brs",
    "recamara",
    "recamaras",
    "dormitorios",
];
const BATHROOMS: [&str; 7] = ["ba", "bas", "bath", "bathroom", "bathrooms", "baths", "bth"];
const STUDIOS: [&str; 4] = ["studio", "studios", "efficiency", "estudio"];

/// Whether a quotation speaks of a floor plan: a number of rooms is one that stands beside the rooms, a name is told
/// in full.
pub fn supports_rooms(quote: &str, value: &str) -> bool {
    let (told, wanted) = (parted(quote), parted(value));
    let is_studio = |words: &[String]| words.iter().any(|word| STUDIOS.contains(&word.as_str()));
    let (bedrooms, bathrooms) = (counted(&wanted, &BEDROOMS), counted(&wanted, &BATHROOMS));
    if bedrooms.is_empty() && bathrooms.is_empty() {
        return if is_studio(&wanted) {
            is_studio(&told)
        } else {
            states(quote, value)
        };
    }
    let says = |wanted: &[u64], rooms: &[&str]| {
        let told = counted(&told, rooms);
        wanted.iter().all(|number| told.contains(number))
    };
    says(&bedrooms, &BEDROOMS) && says(&bathrooms, &BATHROOMS)
}

/// The numbers that stand before such rooms: 1 and 2 of "one or two large bedrooms".
fn counted(words: &[String], rooms: &[&str]) -> Vec<u64> {
    const BETWEEN: [&str; 9] = [
        "or", "and", "to", "full", "large", "big", "small", "spacious", "separate",
    ];
    let (mut found, mut waiting) = (Vec::new(), Vec::new());
    for word in words {
        if let [number] = numbers(word)[..] {
            waiting.push(number);
        } else if rooms.contains(&word.as_str()) {
            found.append(&mut waiting);
        } else if !BETWEEN.contains(&word.as_str()) {
            waiting.clear();
        }
    }
    found
}

/// The words of a text, digits apart from letters: "2BR" is two.
fn parted(text: &str) -> Vec<String> {
    let is_digit = |c: char| c.is_ascii_digit();
    let part = |word: String| {
        let mut parts: Vec<String> = Vec::new();
        for c in word.chars() {
            match parts.last_mut() {
                Some(part) if part.ends_with(is_digit) == is_digit(c) => part.push(c),
                _ => parts.push(c.to_string()),
            }
        }
        parts
    };
    words(text).into_iter().flat_map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_a_floor_plan_stands_beside_its_rooms() {
        for (quote, value, speaks) in [
            ("a two bedroom", "2BR", true),
            ("a two-bedroom", "2BR", true),
            ("a 2 bed/2 bath", "2BR", true),
            ("2bd", "2BR", true),
            ("one or two large bedrooms", "1BR", true),
            ("2-3 BR", "2BR", true),
            ("a two bedroom", "3BR", false),
            ("2 cats", "2BR", false),
            ("2 cats and a bedroom", "2BR", false),
            ("two baths", "2BR", false),
            ("two bedrooms, one bath", "2BR/1BA", true),
            ("two bedrooms", "2BR/1BA", false),
            ("a studio", "studio", true),
            ("2 bedrooms", "studio", false),
            ("the A1", "A1", true),
            ("is there a plan", "A1", false),
            ("the Magnolia", "Magnolia", true),
        ] {
            assert_eq!(supports_rooms(quote, value), speaks, "{quote} / {value}");
        }
    }
}
