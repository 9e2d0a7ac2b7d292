//! E-mail threads as the team sees them.

/// Whether the team still has to do with a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThreadStatus {
    Open,
    /// Done, until the prospect writes again.
    Closed,
    /// Out of sight.
    Archived,
}

impl ThreadStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Archived => "archived",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Open, Self::Closed, Self::Archived]
            .into_iter()
            .find(|status| status.as_str() == text)
    }
}
