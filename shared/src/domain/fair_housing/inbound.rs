//! Which topics of a prospect's own words are left to people.

use super::Topic;
use super::vocabulary::{INNOCENT, STEERING, TRAITS, Terms};
use super::words::{Term, Words};

/// Terms that are names of people, too, and so say nothing in a signature: nobody's mail is handled otherwise
/// because of their name.
const NAMES: [&str; 8] = [
    "christian",
    "church",
    "gay",
    "imam",
    "islam",
    "pastor",
    "priest",
    "rabbi",
];
/// Lines at the end that may be a signature, and words of one at the most.
const SIGNATURE_LINES: usize = 4;
const SIGNATURE_WORDS: usize = 5;

/// The topics that a mail touches, each once. `local` are those of [`Topic::LOCAL`] that the property leaves to people.
///
/// `text` is what the prospect wrote this time, quotations left out, with the subject on a line before it. The name of
/// the `property` says nothing: one at Veterans Park gets ordinary mail.
pub fn topics(text: &str, property: &str, local: &[Topic]) -> Vec<Topic> {
    let words = Words::of(&without_names(text))
        .without(&[Term::of(property)])
        .without(&INNOCENT);
    let guarded =
        |terms: &&Terms| !Topic::LOCAL.contains(&terms.topic) || local.contains(&terms.topic);
    let mut topics: Vec<Topic> = Vec::new();
    for terms in TRAITS.iter().chain([&*STEERING]).filter(guarded) {
        if !topics.contains(&terms.topic) && words.say_any(&terms.plain) {
            topics.push(terms.topic);
        }
    }
    topics
}

/// The text without what reads like a name in its last lines.
fn without_names(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let last = lines.iter().rposition(|line| !line.trim().is_empty());
    let from = last.unwrap_or(0).saturating_sub(SIGNATURE_LINES - 1);
    let line = |(at, line): (usize, &&str)| {
        if at < from || !looks_like_a_name(line) {
            return (*line).to_owned();
        }
        let kept = line.split_whitespace().filter(|word| {
            let word = word.trim_matches(|c: char| !c.is_alphanumeric());
            !NAMES.contains(&word.to_lowercase().as_str())
        });
        kept.collect::<Vec<_>>().join(" ")
    };
    let lines: Vec<String> = lines.iter().enumerate().map(line).collect();
    lines.join("\n")
}

/// A few words, each with a capital letter: "Christian Lee", "Best, Ann Church".
fn looks_like_a_name(line: &str) -> bool {
    let words: Vec<&str> = line
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    !line.contains('?')
        && words.len() <= SIGNATURE_WORDS
        && words
            .iter()
            .all(|word| word.starts_with(char::is_uppercase))
}

#[cfg(test)]
mod tests {
    use super::Topic::*;
    use super::*;

    fn of(text: &str) -> Vec<Topic> {
        topics(text, "Oak Court", &Topic::LOCAL)
    }

    #[test]
    fn a_topic_is_found_in_everyday_words() {
        for (topic, texts) in [
            (
                Race,
                &[
                    "Do you rent to black people?",
                    "Would my race matter to your landlord?",
                    "We are an interracial couple.",
                ][..],
            ),
            (
                Color,
                &[
                    "Is my skin color going to be an issue?",
                    "Are there people of color?",
                ],
            ),
            (
                Religion,
                &[
                    "Is there a mosque near you?",
                    "I'm Jewish and keep kosher.",
                    "Do you have a Christian community there?",
                    "We are Christian, are others?",
                ],
            ),
            (
                Sex,
                &[
                    "I'm transgender, is that OK?",
                    "Do you rent to same-sex couples?",
                    "I am fleeing domestic violence.",
                    "Is there a women only floor?",
                ],
            ),
            (
                NationalOrigin,
                &[
                    "I'm an immigrant without papers",
                    "Do I need a green card?",
                    "I don't have a Social Security number",
                    "My work visa ends in May.",
                    "Somos inmigrantes",
                ],
            ),
            (
                FamilialStatus,
                &[
                    "I have two kids.",
                    "We're expecting a baby",
                    "Is a single mom welcome?",
                    "We are a family of four",
                    "¿Aceptan niños?",
                    "my 6 year old needs a room",
                ],
            ),
            (
                Disability,
                &[
                    "I use a wheelchair",
                    "Do you have ADA accessible units?",
                    "I need a reasonable accommodation",
                    "Can you install grab bars?",
                    "The handicap parking is full",
                    "I have PTSD.",
                    "Tengo una discapacidad",
                ],
            ),
            (
                Disability,
                &[
                    "Is my service dog allowed?",
                    "My ESA is a cat",
                    "I have an emotional-support animal",
                    "Tengo un animal de apoyo",
                    "a seeing-eye dog",
                ],
            ),
            (
                SourceOfIncome,
                &[
                    "Do you accept Section 8?",
                    "do you take sec. 8",
                    "I have a housing voucher.",
                    "I live on SSDI",
                    "My income is child support",
                    "¿Aceptan Sección 8?",
                ],
            ),
            (
                MaritalStatus,
                &[
                    "We are not married",
                    "Do unmarried couples pay more?",
                    "I am divorced.",
                ],
            ),
            (
                Age,
                &[
                    "Is this senior living?",
                    "Is there an age limit?",
                    "I'm 67 years old",
                    "55+ or 55 and older?",
                ],
            ),
            (
                VeteranStatus,
                &["Do you have a military discount?", "I am a veteran"],
            ),
            (
                Steering,
                &[
                    "Is it safe?",
                    "How safe is the area at night?",
                    "What about crime?",
                    "Are the schools good?",
                    "Which school district is it?",
                    "What kind of people live there?",
                    "What are the neighbors like?",
                    "Is the area diverse?",
                    "What's the neighborhood like?",
                    "¿Es un barrio seguro?",
                ],
            ),
        ] {
            for text in texts {
                assert!(of(text).contains(&topic), "{text}: {:?}", of(text));
            }
        }
    }

    #[test]
    fn what_only_looks_like_a_topic_is_answered_as_ever() {
        for text in [
            "What is the color of the walls?",
            "Do the walls come in white? I like white cabinets and black appliances.",
            "I lost the master key. Is the master bedroom large?",
            "There's a school of thought that says north windows are best.",
            "A single bedroom is enough.",
            "Is it a single-family home?",
            "My family name is spelled Li.",
            "Is there a safe deposit box? A gun safe?",
            "Is the race track nearby noisy?",
            "I run a 5k race on Saturday, can I come on Sunday?",
            "Do you accept Visa?",
            "Do the blinds stay?",
            "Is there a dog walker?",
            "Is the gym accessible at night?",
            "My wife and I look for a two-bedroom.",
            "I'm a nurse at the hospital, near the medical center.",
            "We sold our house on Church Street.",
            "Any good Indian restaurants around?",
            "Do you have a discount code or a parking voucher?",
            "Is it quiet? Are there two parking spaces?",
            "The building is 10 years old, right?",
            "My 3 year old dog is calm.",
            "Which pets are allowed, and is there a pet fee?",
            "How do I apply, and how much is the deposit?",
            "¿Necesito seguro de inquilino?",
            "I will follow up on Monday; thanks for the accommodating hours!",
            "",
        ] {
            assert_eq!(of(text), [], "{text}");
        }
    }

    #[test]
    fn a_name_is_no_topic() {
        for text in [
            "Any two-bedrooms?\n\nThanks,\nChristian Church",
            "Any two-bedrooms?\n\nBest, Islam Ahmed\n512-555-0142",
            "My name is Christian. Any two-bedrooms?",
            "Any two-bedrooms?\r\n\r\nGay Walker\r\nsent from my phone",
        ] {
            assert_eq!(of(text), [], "{text}");
        }
        for text in [
            "Any two-bedrooms?\nI go to church nearby.\nAnn Lee",
            "Thanks\nWheelchair Access",
            "Is There A Church?",
        ] {
            assert_eq!(of(text).len(), 1, "{text}");
        }
    }

    #[test]
    fn several_topics_are_all_named_once() {
        let text = "I'm a single mom with a wheelchair and kids. Is it safe? Are the schools good?";
        assert_eq!(of(text), [FamilialStatus, Disability, Steering]);
    }

    #[test]
    fn what_only_some_states_protect_is_looked_for_where_the_property_wants_it() {
        let text = "Do you accept Section 8? I am divorced, and a veteran.";
        assert_eq!(topics(text, "", &[]), []);
        assert_eq!(topics(text, "", &[VeteranStatus]), [VeteranStatus]);
        assert_eq!(topics("I use a wheelchair", "", &[]), [Disability]);
    }

    #[test]
    fn the_propertys_own_name_is_no_topic() {
        let text = "Is anything free at Veterans Park?";
        assert_eq!(topics(text, "Veterans Park", &Topic::LOCAL), []);
        assert_eq!(topics(text, "Oak Court", &Topic::LOCAL), [VeteranStatus]);
        let both = "Does Veterans Park welcome veterans?";
        assert_eq!(
            topics(both, "Veterans Park", &Topic::LOCAL),
            [VeteranStatus]
        );
    }
}
