//! What leasing mail must leave to people, in and out.
//!
//! The Fair Housing Act forbids statements that show a preference because of race, color, religion, sex, disability, familial status
//! or national origin (42 U.S.C. 3604(c); 24 CFR 100.75), whoever or whatever makes them, and steering people towards or away from
//! homes (24 CFR 100.70). States protect more. HUD has said that this holds for automated systems too ("Guidance on Application of the
//! Fair Housing Act to the Advertising of Housing, Credit, and Other Real Estate-Related Transactions through Digital Platforms" and
//! "Guidance on Application of the Fair Housing Act to the Screening of Applicants for Rental Housing", both April 2024).
//!
//! [`inbound`] finds the topics of a prospect's mail, which then gets a fixed wording and a person; [`outbound`] objects to what a model
//! wrote. Both read the lists in `vocabulary/`, which lawyers edit. They are wide on purpose: a mail too many before a person costs a few
//! minutes, a wrong sentence may cost somebody a home.

#[cfg(test)]
mod corpus;
pub mod inbound;
mod occupancy;
pub mod outbound;
mod vocabulary;
mod words;

use vocabulary::{ASSISTANCE, TRAITS};
use words::Words;

/// What a prospect's mail touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    Race,
    Color,
    Religion,
    /// With orientation, identity and harassment.
    Sex,
    NationalOrigin,
    FamilialStatus,
    /// With accommodations, accessibility and assistance animals.
    Disability,
    SourceOfIncome,
    MaritalStatus,
    Age,
    VeteranStatus,
    /// Safety, schools, who lives there, what the neighborhood is like.
    Steering,
}

impl Topic {
    /// Those that states and cities protect and the federal law does not: a property chooses among them.
    pub const LOCAL: [Self; 4] = [
        Self::SourceOfIncome,
        Self::MaritalStatus,
        Self::Age,
        Self::VeteranStatus,
    ];

    /// A stable code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Race => "race",
            Self::Color => "color",
            Self::Religion => "religion",
            Self::Sex => "sex",
            Self::NationalOrigin => "national_origin",
            Self::FamilialStatus => "familial_status",
            Self::Disability => "disability",
            Self::SourceOfIncome => "source_of_income",
            Self::MaritalStatus => "marital_status",
            Self::Age => "age",
            Self::VeteranStatus => "veteran_status",
            Self::Steering => "steering",
        }
    }

    /// One of [`Topic::LOCAL`] by its code.
    pub fn parse_local(text: &str) -> Option<Self> {
        Self::LOCAL.into_iter().find(|topic| topic.as_str() == text)
    }
}

/// Which approved text answers a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wording {
    General,
    Disability,
    Steering,
    SourceOfIncome,
}

impl Wording {
    pub const ALL: [Self; 4] = [
        Self::General,
        Self::Disability,
        Self::Steering,
        Self::SourceOfIncome,
    ];

    /// A stable code (`reply_wordings.topic`).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::General => "general",
            Self::Disability => "disability",
            Self::Steering => "steering",
            Self::SourceOfIncome => "source_of_income",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == text)
    }

    /// The one for a mail with these topics: the general one where they are of several kinds, because it
    /// must not answer half of what was asked. `None`: there is no topic.
    pub fn of(topics: &[Topic]) -> Option<Self> {
        let one = |topic: &Topic| match topic {
            Topic::Disability => Self::Disability,
            Topic::Steering => Self::Steering,
            Topic::SourceOfIncome => Self::SourceOfIncome,
            _ => Self::General,
        };
        let (first, rest) = topics.split_first()?;
        let alike = rest.iter().all(|topic| one(topic) == one(first));
        Some(if alike { one(first) } else { Self::General })
    }
}

/// Whether a text may tell of a protected trait: enough not to store it about somebody.
pub fn may_tell_of_a_trait(text: &str) -> bool {
    let words = Words::of(text);
    TRAITS
        .iter()
        .any(|terms| words.say_any(&terms.plain) || words.say_any(&terms.doubtful))
}

/// Whether a text tells of an assistance animal, which is no pet whatever else it is called.
pub fn tells_of_an_assistance_animal(text: &str) -> bool {
    Words::of(text).say_any(&ASSISTANCE)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn one_kind_of_topic_has_its_wording_and_several_the_general_one() {
        use Topic::*;
        assert_eq!(Wording::of(&[]), None);
        for (topics, wording) in [
            (&[Disability][..], Wording::Disability),
            (&[Steering], Wording::Steering),
            (&[SourceOfIncome], Wording::SourceOfIncome),
            (&[Religion, Race], Wording::General),
            (&[Disability, Steering], Wording::General),
            (&[FamilialStatus, Steering], Wording::General),
        ] {
            assert_eq!(Wording::of(topics), Some(wording), "{topics:?}");
        }
    }

    #[test]
    fn codes_are_read_back() {
        for wording in Wording::ALL {
            assert_eq!(Wording::parse(wording.as_str()).unwrap(), wording);
        }
        for topic in Topic::LOCAL {
            assert_eq!(Topic::parse_local(topic.as_str()).unwrap(), topic);
        }
        assert_eq!(
            Topic::parse_local("disability"),
            None,
            "federal law does not ask"
        );
    }
}
