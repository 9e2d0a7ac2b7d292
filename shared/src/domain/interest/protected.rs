//! What is never stored about a prospect: who they are.
//!
//! The words are those of the fair-housing guard (`domain::fair_housing`), with the doubtful ones: a value that is dropped costs a
//! question, one that is kept may decide who gets a home.

pub use crate::domain::fair_housing::may_tell_of_a_trait as tells_of_a_trait;
pub use crate::domain::fair_housing::tells_of_an_assistance_animal;

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
            "accepts section8",
            "room for a wheel chair",
            "spanish-speaking staff",
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
            "my E.S.A.?",
            "my ESA",
            "my companion animal",
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
