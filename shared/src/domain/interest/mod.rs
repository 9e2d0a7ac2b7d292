//! What a prospect wants, and the rules for believing it.
//!
//! A value is stored only with the prospect's own words beside it, and of two statements about one
//! value the later one counts, whichever was read first: reading a conversation twice, or in pieces and
//! in any order, comes to the same.

pub mod evidence;
pub mod protected;
pub mod settle;
pub mod value;

use chrono::{DateTime, Utc};

use super::ids::TurnId;

/// What an interest is about (`lead_interests.interest_type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    Amenity,
    Floorplan,
    Budget,
    MoveInDate,
    Pets,
    Parking,
    SpecialRequirement,
    Urgency,
}

impl Kind {
    pub const ALL: [Self; 8] = [
        Self::Amenity,
        Self::Floorplan,
        Self::Budget,
        Self::MoveInDate,
        Self::Pets,
        Self::Parking,
        Self::SpecialRequirement,
        Self::Urgency,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Amenity => "amenity",
            Self::Floorplan => "floorplan",
            Self::Budget => "budget",
            Self::MoveInDate => "move_in_date",
            Self::Pets => "pets",
            Self::Parking => "parking",
            Self::SpecialRequirement => "special_requirement",
            Self::Urgency => "urgency",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Whether one value takes the place of another, as a new budget does.
    pub fn is_single(self) -> bool {
        matches!(
            self,
            Self::Budget | Self::MoveInDate | Self::Parking | Self::Urgency
        )
    }
}

/// Who says so (`lead_interests.extracted_from`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Chat,
    Email,
    /// A person of the team; no machine changes it.
    Manual,
}

impl Source {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Email => "email",
            Self::Manual => "manual",
        }
    }
}

/// One value with the words behind it.
#[derive(Clone, Debug, PartialEq)]
pub struct Interest {
    pub kind: Kind,
    /// Canonical, as [`value`] makes it; [`EVERYTHING`] where all of a kind is taken back.
    pub value: String,
    /// From 0 to 1.
    pub confidence: f64,
    pub source: Source,
    /// What the prospect wrote, word for word. A person's value has none.
    pub evidence: Option<String>,
    /// The message that holds the evidence.
    pub message: Option<TurnId>,
    /// When that message was sent.
    pub said_at: Option<DateTime<Utc>>,
    /// When it was taken back, if it was.
    pub retracted_at: Option<DateTime<Utc>>,
}

/// The value of a row that takes back everything of its kind.
pub const EVERYTHING: &str = "*";

impl Interest {
    /// Whether a machine found it, and may find otherwise. Where nothing says what it rests on, a
    /// person wrote it.
    pub fn is_machines(&self) -> bool {
        self.source != Source::Manual && self.evidence.is_some() && self.said_at.is_some()
    }

    pub fn is_live(&self) -> bool {
        self.retracted_at.is_none()
    }

    /// Whether the words themselves take the value back.
    pub fn takes_back(&self) -> bool {
        self.retracted_at.is_some() && self.retracted_at == self.said_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_read_as_it_is_written() {
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(Kind::parse("mood"), None);
    }
}
