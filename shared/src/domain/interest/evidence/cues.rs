//! What is told by a word that stands for it: a place for a car, haste, taking back.

use super::words;
use crate::domain::interest::value::Urgency;

/// Whether a quotation speaks of a place for a car and, where one is needed, does not deny it. To be near a park is
/// something else.
pub fn supports_parking(quote: &str, needed: bool) -> bool {
    const PLACES: [&str; 13] = [
        "parking",
        "garage",
        "carport",
        "car",
        "truck",
        "suv",
        "van",
        "vehicle",
        "motorcycle",
        "spot",
        "driveway",
        "estacionamiento",
        "cochera",
    ];
    const PARKERS: [&str; 5] = ["to", "i", "we", "can", "could"];
    let told = words(quote);
    let place = told
        .iter()
        .any(|word| PLACES.iter().any(|place| same_or_plural(place, word)));
    let parks = told
        .windows(2)
        .any(|two| two[1] == "park" && PARKERS.contains(&two[0].as_str()));
    let agrees = if needed {
        !denies(quote)
    } else {
        takes_back(quote)
    };
    (place || parks) && agrees
}

/// "car" and "cars", and not "carpet".
fn same_or_plural(one: &str, other: &str) -> bool {
    other
        .strip_prefix(one)
        .is_some_and(|ending| ["", "s"].contains(&ending))
}

/// Whether a quotation speaks of such haste, or of none.
pub fn supports_urgency(quote: &str, level: Urgency) -> bool {
    let cues: &[&str] = match level {
        Urgency::Immediate => &[
            "asap",
            "as soon as possible",
            "immediate",
            "immediately",
            "right away",
            "right now",
            "now",
            "today",
            "tomorrow",
            "this week",
            "urgent",
            "urgently",
            "urgency",
            "emergency",
            "lo antes posible",
            "cuanto antes",
            "urgente",
            "ahora",
            "hoy",
            "ya",
        ],
        Urgency::Soon => &[
            "soon",
            "shortly",
            "quickly",
            "days",
            "week",
            "weeks",
            "this month",
            "next month",
            "end of the month",
            "pronto",
            "semana",
            "semanas",
            "este mes",
            "pr\u{f3}ximo mes",
        ],
        Urgency::Flexible => &[
            "flexible",
            "no rush",
            "no hurry",
            "not in a rush",
            "not in a hurry",
            "whenever",
            "anytime",
            "any time",
            "no particular date",
            "no set date",
            "not urgent",
            "sin prisa",
            "no hay prisa",
            "cuando sea",
        ],
        Urgency::Browsing => &[
            "browsing",
            "just looking",
            "only looking",
            "looking around",
            "shopping around",
            "exploring",
            "comparing",
            "curious",
            "just checking",
            "not sure yet",
            "researching",
            "solo mirando",
            "solo viendo",
        ],
    };
    let hastes = matches!(level, Urgency::Immediate | Urgency::Soon);
    says_one(quote, cues) && !(hastes && denies(quote))
}

fn says_one(quote: &str, cues: &[&str]) -> bool {
    let told = format!(" {} ", words(quote).join(" "));
    cues.iter().any(|cue| told.contains(&format!(" {cue} ")))
}

const DENIALS: [&str; 17] = [
    "no",
    "not",
    "never",
    "without",
    "dont",
    "doesnt",
    "didnt",
    "wont",
    "isnt",
    "arent",
    "cant",
    "anymore",
    "longer",
    "nevermind",
    "forget",
    "ignore",
    "scratch",
];

/// Whether a quotation says no.
fn denies(quote: &str) -> bool {
    says_one(quote, &DENIALS)
}

/// Whether a quotation can take something back; what was merely not mentioned is not taken back.
pub fn takes_back(quote: &str) -> bool {
    const CHANGES: [&str; 7] = [
        "instead", "rather", "actually", "gave", "died", "passed", "changed",
    ];
    denies(quote) || says_one(quote, &CHANGES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parking_is_told_from_a_park() {
        for (quote, needed, speaks) in [
            ("covered parking", true, true),
            ("I have two cars", true, true),
            ("where can I park", true, true),
            ("walking distance to the park", true, false),
            ("the carpet and closet space", true, false),
            ("I don't need parking", true, false),
            ("I don't need parking", false, true),
            ("covered parking", false, false),
            ("I gave up my car", false, true),
            ("I don't need a pool", false, false),
        ] {
            assert_eq!(supports_parking(quote, needed), speaks, "{quote} {needed}");
        }
    }

    #[test]
    fn haste_is_said_in_words_of_haste() {
        for (level, quotes) in [
            (
                Urgency::Immediate,
                ["as soon as possible", "ASAP!", "I must move right away"],
            ),
            (Urgency::Soon, ["in two weeks", "fairly soon", "next month"]),
            (
                Urgency::Flexible,
                ["I'm flexible", "there is no rush", "whenever"],
            ),
            (
                Urgency::Browsing,
                ["just looking around", "I am browsing", "comparing a few"],
            ),
        ] {
            for quote in quotes {
                for other in Urgency::ALL {
                    let told = supports_urgency(quote, other);
                    let both = other == Urgency::Soon && quote.contains("soon");
                    assert_eq!(told, other == level || both, "{quote} {other:?}");
                }
            }
        }
        for quote in [
            "Is there a pool?",
            "I know nowhere else",
            "not immediately",
            "not now",
        ] {
            assert!(!supports_urgency(quote, Urgency::Immediate), "{quote}");
        }
    }

    #[test]
    fn only_words_of_taking_back_take_back() {
        assert!(takes_back("We no longer have the cat"));
        assert!(takes_back("we don't need parking"));
        assert!(!takes_back("We have a cat"));
    }
}
