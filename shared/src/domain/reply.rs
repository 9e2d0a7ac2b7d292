//! Answers to prospects: who decides that they are sent, and how far one has come.

/// How a property's mail is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyMode {
    /// Sent when the checks give enough confidence, otherwise held for a person.
    Auto,
    /// Always held for a person.
    Approve,
    /// Nothing is written.
    Off,
}

impl ReplyMode {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Approve => "approve",
            Self::Off => "off",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "auto" => Some(Self::Auto),
            "approve" => Some(Self::Approve),
            "off" => Some(Self::Off),
            _ => None,
        }
    }
}

/// How far a reply has come. `Sent`, `Cancelled` and `Failed` are final.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyState {
    /// Waits for its time; nothing is written yet.
    Due,
    /// Waits for a person.
    Held,
    /// Its text is fixed and stored; it is on its way.
    Sending,
    Sent,
    Cancelled,
    Failed,
}

impl ReplyState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Held => "held",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Due, Self::Held, Self::Sending, Self::Sent, Self::Cancelled, Self::Failed]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}
