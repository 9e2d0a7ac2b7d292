//! What is never stored about a prospect: who they are.
//!
//! The Fair Housing Act (42 U.S.C. 3604) protects race, colour, religion, sex, national origin,
//! familial status and disability; states add source of income, marital status, age, military service
//! and others. The lists are wide on purpose: a value that is dropped costs a question, one that is
//! kept may decide who gets a home. Lawyers may edit them.

use super::evidence::words;

/// Words that tell of a protected trait wherever they stand. A trailing `s` makes no difference.
const WORDS: &[&str] = &[
    // Familial status.
    "baby",
    "babies",
    "born",
    "child",
    "children",
    "childcare",
    "crib",
    "custody",
    "daughter",
    "daycare",
    "dad",
    "expecting",
    "families",
    "familial",
    "family",
    "father",
    "foster",
    "grandchild",
    "grandchildren",
    "grandkid",
    "infant",
    "kid",
    "kiddo",
    "mom",
    "mother",
    "mum",
    "newborn",
    "nursery",
    "parent",
    "pregnant",
    "pregnancy",
    "school",
    "son",
    "stepson",
    "stroller",
    "teen",
    "teenager",
    "toddler",
    "twins",
    // Disability.
    "accessibility",
    "accessible",
    "accommodation",
    "ada",
    "adhd",
    "anxiety",
    "asthma",
    "autism",
    "autistic",
    "blind",
    "cancer",
    "cane",
    "caregiver",
    "chronic",
    "crutches",
    "deaf",
    "dementia",
    "depression",
    "diabetes",
    "diabetic",
    "disabled",
    "disability",
    "disabilities",
    "doctor",
    "epilepsy",
    "handicap",
    "handicapped",
    "hearing",
    "hiv",
    "illness",
    "impaired",
    "impairment",
    "medical",
    "medication",
    "mental",
    "mobility",
    "nurse",
    "oxygen",
    "paralyzed",
    "prosthetic",
    "ptsd",
    "ramp",
    "rollator",
    "seizure",
    "sick",
    "surgery",
    "therapist",
    "therapy",
    "veteran",
    "walker",
    "wheelchair",
    // Assistance animals are no pets.
    "esa",
    "emotional",
    "guide",
    // Source of income.
    "alimony",
    "disability",
    "hcv",
    "hud",
    "pension",
    "retired",
    "ssdi",
    "ssi",
    "subsidy",
    "subsidized",
    "unemployed",
    "unemployment",
    "voucher",
    "welfare",
    // Religion.
    "baptist",
    "bible",
    "buddhist",
    "catholic",
    "christian",
    "church",
    "evangelical",
    "halal",
    "hindu",
    "imam",
    "islam",
    "islamic",
    "jewish",
    "kosher",
    "lutheran",
    "mass",
    "methodist",
    "mormon",
    "mosque",
    "muslim",
    "pastor",
    "pray",
    "prayer",
    "priest",
    "rabbi",
    "ramadan",
    "religion",
    "religious",
    "sabbath",
    "shabbat",
    "sikh",
    "synagogue",
    "temple",
    // Race and national origin.
    "african",
    "arab",
    "asian",
    "brazilian",
    "caucasian",
    "chinese",
    "citizen",
    "citizenship",
    "cuban",
    "ethnic",
    "ethnicity",
    "filipino",
    "foreigner",
    "hispanic",
    "immigrant",
    "immigration",
    "indian",
    "korean",
    "latina",
    "latino",
    "latinx",
    "mexican",
    "minority",
    "nationality",
    "nigerian",
    "race",
    "racial",
    "refugee",
    "russian",
    "somali",
    "syrian",
    "tribe",
    "ukrainian",
    "undocumented",
    "venezuelan",
    "vietnamese",
    "visa",
    // Sex, orientation, marital status.
    "bisexual",
    "boyfriend",
    "divorce",
    "divorced",
    "female",
    "fiance",
    "fiancee",
    "gay",
    "gender",
    "girlfriend",
    "husband",
    "lesbian",
    "lgbt",
    "lgbtq",
    "male",
    "marital",
    "marriage",
    "married",
    "men",
    "nonbinary",
    "queer",
    "separated",
    "spouse",
    "trans",
    "transgender",
    "widow",
    "widowed",
    "widower",
    "wife",
    "woman",
    "women",
    // Age and military service.
    "aged",
    "deployed",
    "deployment",
    "elderly",
    "military",
    "navy",
    "senior",
];

/// The same in two and more words.
const PHRASES: &[&str] = &[
    "age 55",
    "aged 55",
    "assistance animal",
    "assistance cat",
    "assistance dog",
    "child support",
    "comfort animal",
    "comfort dog",
    "food stamps",
    "grab bar",
    "green card",
    "ground floor because",
    "hearing dog",
    "housing assistance",
    "housing choice",
    "public assistance",
    "rental assistance",
    "roll in shower",
    "section 8",
    "section eight",
    "service animal",
    "service cat",
    "service dog",
    "service member",
    "single dad",
    "single mom",
    "single parent",
    "social security",
    "support animal",
    "support cat",
    "support dog",
    "va loan",
    "years old",
];

/// Among them, what makes an animal no pet.
const ASSISTANCE: &[&str] = &[
    "assistance animal",
    "assistance cat",
    "assistance dog",
    "comfort animal",
    "comfort dog",
    "emotional support",
    "esa",
    "guide dog",
    "hearing dog",
    "seeing eye",
    "service animal",
    "service cat",
    "service dog",
    "support animal",
    "support cat",
    "support dog",
    "therapy animal",
    "therapy cat",
    "therapy dog",
];

/// Whether a text tells of a protected trait.
pub fn tells_of_a_trait(text: &str) -> bool {
    let words = words(text);
    let known = |word: &str| WORDS.contains(&word);
    words
        .iter()
        .any(|word| known(word) || word.strip_suffix('s').is_some_and(known))
        || holds(&words, PHRASES)
}

/// Whether a text tells of an assistance animal, which is no pet whatever else it is called.
pub fn tells_of_an_assistance_animal(text: &str) -> bool {
    holds(&words(text), ASSISTANCE)
}

fn holds(words: &[String], phrases: &[&str]) -> bool {
    // Plurals of the last word, too: "service dogs".
    let text = format!(" {} ", words.join(" "));
    phrases.iter().any(|phrase| {
        text.contains(&format!(" {phrase} ")) || text.contains(&format!(" {phrase}s "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protected_traits_are_recognised() {
        for text in [
            "near a good school",
            "room for two kids",
            "My SON sleeps there",
            "we're expecting in May",
            "wheelchair-accessible bathroom",
            "grab bars in the shower",
            "I have a service dog",
            "emotional-support cat",
            "my ESA",
            "I pay with a Section 8 voucher",
            "on SSDI",
            "close to a mosque",
            "a kosher kitchen",
            "for my wife and me",
            "I am a veteran",
            "our Mexican heritage",
            "I'm 62 years old",
            "single mom",
        ] {
            assert!(tells_of_a_trait(text), "{text}");
        }
    }

    #[test]
    fn ordinary_wishes_are_not() {
        for text in [
            "garage parking",
            "black appliances",
            "two bedrooms under $1,500",
            "a small dog",
            "ground floor",
            "in-unit laundry",
            "near the trail",
            "quiet home office",
            "single bedroom",
            "a parking garage for my car",
        ] {
            assert!(!tells_of_a_trait(text), "{text}");
        }
    }

    #[test]
    fn an_assistance_animal_is_told_from_a_pet() {
        for text in [
            "He is a service dog",
            "they're therapy dogs",
            "my E.S.A.? No: my ESA",
        ] {
            assert!(tells_of_an_assistance_animal(text), "{text}");
        }
        for text in [
            "a dog",
            "dog park",
            "Do you offer good service? I have a dog.",
        ] {
            assert!(!tells_of_an_assistance_animal(text), "{text}");
        }
    }
}
