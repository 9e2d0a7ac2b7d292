//! What a model must not say for a landlord.
//!
//! Two checks that know nothing of each other: phrases that are never sent, and kinds of statement, sentence by sentence, in
//! whatever words. A sentence that was denied its phrase is still of its kind.

use super::Topic;
use super::occupancy;
use super::vocabulary::{ASSISTANCE, DENIED, INNOCENT, MADE_FOR, STEERING, TRAITS};
use super::words::{Term, Words};

/// The code of every objection; the others say more to the team.
pub const CODE: &str = "fair_housing";

const STEERING_CODE: &str = "fair_housing_steering";
const RESIDENTS: &str = "fair_housing_residents";
const PREFERENCE: &str = "fair_housing_preference";
const ELIGIBILITY: &str = "fair_housing_eligibility";
const INCOME: &str = "fair_housing_income";
const ASSISTANCE_ANIMAL: &str = "fair_housing_assistance_animal";
const OCCUPANCY: &str = "fair_housing_occupancy";
const PROTECTED_CLASS: &str = "fair_housing_protected_class";

/// Words between a praise and the persons whom it is for.
const PRAISE_REACH: usize = 3;

/// Why a text must not be sent by itself: [`CODE`] first, then what it is about. Empty: nothing speaks against it.
///
/// `published` is the property's own knowledge: a limit of occupancy may be repeated from it word for word, and
/// nothing else may. The name of the `property` says nothing.
pub fn objections(body: &str, property: &str, published: &[String]) -> Vec<&'static str> {
    let words = Words::of(body)
        .without(&[Term::of(property)])
        .without(&INNOCENT);
    let mut codes = vec![CODE];
    let said = denied(&words)
        .into_iter()
        .chain(topics(&words))
        .chain(statements(body, &words, published));
    for code in said {
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    if codes.len() > 1 { codes } else { Vec::new() }
}

/// The first check: phrases.
fn denied(words: &Words) -> Vec<&'static str> {
    let kinds = DENIED.iter().filter(|(_, terms)| words.say_any(terms));
    kinds
        .map(|(kind, _)| match *kind {
            "steering" => STEERING_CODE,
            "residents" => RESIDENTS,
            "preference" => PREFERENCE,
            "eligibility" => ELIGIBILITY,
            "income" => INCOME,
            "assistance animal" => ASSISTANCE_ANIMAL,
            _ => PROTECTED_CLASS,
        })
        .collect()
}

/// Whoever speaks of a protected class at all, or of safety and schools.
fn topics(words: &Words) -> Vec<&'static str> {
    let said = TRAITS
        .iter()
        .chain([&*STEERING])
        .filter(|terms| words.say_any(&terms.plain));
    said.map(|terms| match terms.topic {
        Topic::Steering => STEERING_CODE,
        Topic::SourceOfIncome => INCOME,
        _ => PROTECTED_CLASS,
    })
    .collect()
}

/// The second check: what kind of statement a sentence makes.
fn statements(body: &str, words: &Words, published: &[String]) -> Vec<&'static str> {
    let mut codes = Vec::new();
    for sentence in words.sentences() {
        let kinds = [
            (is_about_eligibility(sentence), ELIGIBILITY),
            (is_about_residents(sentence), RESIDENTS),
            (is_about_safety_or_schools(sentence), STEERING_CODE),
        ];
        codes.extend(
            kinds
                .into_iter()
                .filter_map(|(is, code)| is.then_some(code)),
        );
    }
    let (praise, persons) = &*MADE_FOR;
    if words.say_near(praise, persons, PRAISE_REACH) {
        codes.push(PREFERENCE);
    }
    if words.say_any(&ASSISTANCE) && words.sentences().any(is_about_pets) {
        codes.push(ASSISTANCE_ANIMAL);
    }
    if sentences(body)
        .any(|sentence| occupancy::is_limited_in(sentence) && !stands_in(sentence, published))
    {
        codes.push(OCCUPANCY);
    }
    codes
}

fn has(sentence: &[String], wanted: &[&str]) -> bool {
    sentence.iter().any(|word| wanted.contains(&word.as_str()))
}

fn begins(sentence: &[String], stems: &[&str]) -> bool {
    sentence
        .iter()
        .any(|word| stems.iter().any(|stem| word.starts_with(stem)))
}

fn has_pair(sentence: &[String], pairs: &[(&str, &str)]) -> bool {
    sentence.windows(2).any(|two| {
        pairs
            .iter()
            .any(|(first, second)| two[0] == *first && two[1].starts_with(second))
    })
}

/// Approval, denial, qualification, screening: of anybody.
fn is_about_eligibility(sentence: &[String]) -> bool {
    const OF: [&str; 20] = [
        "you",
        "your",
        "youd",
        "youll",
        "youre",
        "youve",
        "applicant",
        "applicants",
        "application",
        "applications",
        "apply",
        "anyone",
        "anybody",
        "everyone",
        "everybody",
        "nobody",
        "household",
        "households",
        "tenants",
        "renters",
    ];
    const STEMS: [&str; 8] = [
        "approv",
        "qualif",
        "disqualif",
        "eligib",
        "ineligib",
        "reject",
        "screening",
        "evict",
    ];
    const WORDS: [&str; 7] = [
        "denied", "deny", "denial", "denies", "decline", "declined", "declines",
    ];
    const PAIRS: [(&str, &str); 9] = [
        ("credit", "score"),
        ("credit", "check"),
        ("credit", "history"),
        ("background", "check"),
        ("criminal", ""),
        ("income", "require"),
        ("our", "criteria"),
        ("accept", "you"),
        ("turn", "you"),
    ];
    has(sentence, &OF)
        && (begins(sentence, &STEMS) || has(sentence, &WORDS) || has_pair(sentence, &PAIRS))
}

/// Who lives here, and who would fit.
fn is_about_residents(sentence: &[String]) -> bool {
    const PEOPLE: [&str; 14] = [
        "residents",
        "resident",
        "neighbors",
        "neighbours",
        "tenants",
        "renters",
        "people",
        "folks",
        "crowd",
        "population",
        "occupants",
        "residency",
        "demographic",
        "demographics",
    ];
    const SORTS: [&str; 20] = [
        "mostly",
        "mainly",
        "primarily",
        "predominantly",
        "majority",
        "mix",
        "young",
        "younger",
        "older",
        "professional",
        "professionals",
        "student",
        "students",
        "couples",
        "singles",
        "families",
        "diverse",
        "mature",
        "similar",
        "retired",
    ];
    const PAIRS: [(&str, &str); 7] = [
        ("kind", "of"),
        ("type", "of"),
        ("sort", "of"),
        ("tend", "to"),
        ("like", "you"),
        ("live", "here"),
        ("lives", "here"),
    ];
    has(sentence, &PEOPLE) && (has(sentence, &SORTS) || has_pair(sentence, &PAIRS))
        || would_fit(sentence)
}

/// "You would fit right in": who fits, not what ("our fitness center", "it fits a queen bed").
fn would_fit(sentence: &[String]) -> bool {
    let fits = sentence.iter().enumerate().any(|(at, word)| {
        let next = sentence.len().min(at + 4);
        matches!(word.as_str(), "you" | "youd" | "youll")
            && has(&sentence[at..next], &["fit", "fits", "fitting"])
    });
    fits && has(sentence, &["in", "here", "well", "with"])
}

fn is_about_safety_or_schools(sentence: &[String]) -> bool {
    has(sentence, &["safe", "safer", "safest", "safety", "unsafe"])
        || begins(sentence, &["crime", "school"])
}

/// What is asked of pets: fees, deposits, breeds, weights.
fn is_about_pets(sentence: &[String]) -> bool {
    begins(
        sentence,
        &[
            "pet", "fee", "deposit", "breed", "charge", "weigh", "pound", "restrict",
        ],
    )
}

/// The sentences as they are written.
fn sentences(body: &str) -> impl Iterator<Item = &str> {
    body.lines()
        .flat_map(|line| line.split_inclusive(". "))
        .map(str::trim)
        .filter(|sentence| !sentence.is_empty())
}

/// Whether the property published exactly that.
fn stands_in(sentence: &str, published: &[String]) -> bool {
    let plain = |text: &str| {
        text.split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .to_lowercase()
    };
    let sentence = plain(sentence);
    let sentence = sentence.trim_end_matches(['.', '!']);
    published.iter().any(|text| plain(text).contains(sentence))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(body: &str) -> Vec<&'static str> {
        objections(body, "Oak Court", &[])
    }

    #[test]
    fn what_must_not_be_said_is_objected_to_by_kind() {
        for (code, bodies) in [
            (
                STEERING_CODE,
                &[
                    "It is a very safe neighborhood.",
                    "Crime is low around here.",
                    "The schools nearby are excellent.",
                    "You will be perfectly safe.",
                    "The district school is rated nine of ten.",
                ][..],
            ),
            (
                RESIDENTS,
                &[
                    "Our residents are mostly young professionals.",
                    "You would fit right in!",
                    "It's a mix of students and couples, nice people.",
                    "People like you love it here.",
                    "The kind of people who live here are friendly.",
                ],
            ),
            (
                PREFERENCE,
                &[
                    "This is an adults-only building.",
                    "Perfect for a young couple.",
                    "It was designed with busy families in mind.",
                    "It is not suitable for children.",
                ],
            ),
            (
                ELIGIBILITY,
                &[
                    "Good news: you qualify!",
                    "You have been approved.",
                    "Unfortunately we have to deny your application.",
                    "You are not eligible with that income.",
                    "With your credit score it should be fine.",
                    "Applications with an eviction are turned away.",
                    "Anyone who passes screening may move in.",
                ],
            ),
            (
                INCOME,
                &[
                    "We do not accept Section 8.",
                    "Yes, we take vouchers!",
                    "We welcome housing assistance.",
                ],
            ),
            (
                OCCUPANCY,
                &[
                    "At most two people per bedroom.",
                    "The maximum occupancy is four.",
                    "Up to 3 persons may live in it.",
                ],
            ),
            (
                ASSISTANCE_ANIMAL,
                &[
                    "Your service dog needs a $300 deposit.",
                    "Emotional support animals are subject to breed rules.",
                    "The pet fee applies to your ESA too.",
                ],
            ),
            (
                PROTECTED_CLASS,
                &[
                    "Kids love the playground.",
                    "It is close to a church.",
                    "The unit is not wheelchair accessible.",
                    "Muslim tenants are welcome.",
                ],
            ),
        ] {
            for body in bodies {
                let codes = about(body);
                assert_eq!(codes.first(), Some(&CODE), "{body}");
                assert!(codes.contains(&code), "{body}: {codes:?}");
            }
        }
    }

    #[test]
    fn facts_about_homes_are_not() {
        for body in [
            "Our two-bedroom homes rent from $1,850 a month. Would you like to see one?",
            "Thank you for your message. The leasing team will follow up with you.",
            "Pets are welcome: up to two, with a $300 deposit. Breed rules apply.",
            "Your application fee is $50, and you can apply online.",
            "The master bedroom has white cabinets and black appliances.",
            "Residents can use the pool, the gym and the study room.",
            "Parking is $75 a month per car. The screened porch faces west.",
            "We are open Monday to Friday, 9 to 6. The bus stops in front of the door.",
            "The 42 bus takes you downtown. You can tour at 10:30 am on Tuesday.",
            "Our maintenance team is qualified and available day and night.",
            "A safe deposit box is in the office. Fire safety inspections take place in May.",
            "It fits a queen bed, and the kitchen fits four chairs.",
            "Two homes are available in January.",
            "Perfect for entertaining, and great for storage. A couple of homes are free.",
            "",
        ] {
            assert_eq!(about(body), [""; 0], "{body}");
        }
    }

    #[test]
    fn an_occupancy_limit_may_be_quoted_from_what_the_property_published() {
        let policy = "Occupancy: two people per bedroom\nplus one. Pets: two.".to_owned();
        let quoted = "Two-bedrooms are free. Occupancy: two people per bedroom plus one.";
        assert_eq!(
            objections(quoted, "", std::slice::from_ref(&policy)),
            [""; 0]
        );
        let invented = "Two-bedrooms are free. Occupancy: two people per bedroom plus two.";
        assert_eq!(objections(invented, "", &[policy]), [CODE, OCCUPANCY]);
    }

    #[test]
    fn the_propertys_own_name_may_be_said() {
        let body = "Veterans Park has two-bedrooms.";
        assert_eq!(objections(body, "Veterans Park", &[]), [""; 0]);
        assert_eq!(objections(body, "Oak Court", &[]), [CODE, PROTECTED_CLASS]);
    }

    #[test]
    fn the_two_checks_do_not_need_each_other() {
        let phrase = Words::of("You would be more comfortable in our other building.");
        assert_eq!(denied(&phrase), [RESIDENTS]);
        let words = Words::of("Regrettably, applicants of that kind are rejected.");
        assert_eq!(denied(&words), [""; 0]);
        assert_eq!(statements("", &words, &[]), [ELIGIBILITY]);
    }
}
