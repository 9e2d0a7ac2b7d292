//! A tour: how far its booking has come, and what the prospect answered to the invitation.

/// How far a booking has come. Only `Held` and `Confirmed` take an agent's time: they are *live*.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BookingStatus {
    /// Claimed for a short while; it becomes `Confirmed` or is given up.
    Held,
    Confirmed,
    Completed,
    Cancelled,
    NoShow,
}

impl BookingStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Confirmed => "confirmed",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::NoShow => "no_show",
        }
    }

    /// The host's words, of which a database without a check may hold others: those are not live.
    pub fn parse(text: &str) -> Self {
        match text {
            "held" => Self::Held,
            "confirmed" => Self::Confirmed,
            "completed" => Self::Completed,
            "no_show" => Self::NoShow,
            _ => Self::Cancelled,
        }
    }

    pub fn is_live(self) -> bool {
        matches!(self, Self::Held | Self::Confirmed)
    }
}

/// The prospect's answer to an invitation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rsvp {
    /// Google's `needsAction`.
    #[default]
    Pending,
    Accepted,
    Declined,
    Tentative,
}

impl Rsvp {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Tentative => "tentative",
        }
    }

    pub fn parse(text: &str) -> Self {
        match text {
            "accepted" => Self::Accepted,
            "declined" => Self::Declined,
            "tentative" => Self::Tentative,
            _ => Self::Pending,
        }
    }
}
