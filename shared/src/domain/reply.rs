//! Answers to prospects: who decides that they are sent, and how far one has come.

use chrono::{DateTime, TimeDelta, Utc};

use super::email_address::EmailAddress;

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
        [
            Self::Due,
            Self::Held,
            Self::Sending,
            Self::Sent,
            Self::Cancelled,
            Self::Failed,
        ]
        .into_iter()
        .find(|state| state.as_str() == text)
    }
}

/// Whose words a reply is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hand {
    /// The assistant's, or a wording's that it was given.
    Assistant,
    /// The assistant's, changed by a person.
    Edited,
    /// A person's from the beginning.
    Person,
}

impl Hand {
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "assistant" => Some(Self::Assistant),
            "edited" => Some(Self::Edited),
            "person" => Some(Self::Person),
            _ => None,
        }
    }
}

/// When a message that came in `now` is answered. A prospect who writes again restarts the delay
/// (minutes), but never waits longer than three delays since `waiting_since`.
pub fn due_at(now: DateTime<Utc>, waiting_since: DateTime<Utc>, delay: i32) -> DateTime<Utc> {
    let delay = TimeDelta::minutes(i64::from(delay.max(0)));
    (now + delay).min(waiting_since + delay * 3).max(now)
}

/// Whom a message is answered to: its sender, and nobody else. `Reply-To` counts only within the
/// sender's own domain, or where the sender is a listing portal that relays for the prospect.
pub fn recipient<'a>(
    from: &'a EmailAddress,
    reply_to: Option<&'a EmailAddress>,
    portal_domains: &[String],
) -> &'a EmailAddress {
    match reply_to {
        Some(reply_to) if reply_to.domain() == from.domain() || is_portal(from, portal_domains) => {
            reply_to
        }
        _ => from,
    }
}

/// Who wrote a message: its sender, or the prospect for whom a listing portal relays it. All the portal's
/// mail may come from one address, and each prospect is somebody else.
pub fn writer<'a>(
    from: &'a EmailAddress,
    reply_to: Option<&'a EmailAddress>,
    portal_domains: &[String],
) -> &'a EmailAddress {
    match reply_to {
        Some(reply_to) if is_portal(from, portal_domains) => reply_to,
        _ => from,
    }
}

fn is_portal(from: &EmailAddress, portal_domains: &[String]) -> bool {
    portal_domains.iter().any(|portal| {
        let portal = portal.to_ascii_lowercase();
        from.domain() == portal || from.domain().ends_with(&format!(".{portal}"))
    })
}

/// Whether the whole message asks for a person, as our letters offer.
pub fn asks_for_a_person(text: &str) -> bool {
    let text = text.trim().trim_matches(['"', '.', '!']).to_lowercase();
    [
        "person",
        "human",
        "agent",
        "a person",
        "a person please",
        "person please",
    ]
    .contains(&text.as_str())
}

/// First and last name from a display name. An address or a number in its place is no name.
pub fn person_name(display: Option<&str>) -> (Option<&str>, Option<&str>) {
    let Some(name) = display.map(str::trim) else {
        return (None, None);
    };
    if name.is_empty() || name.contains(['@', '/', '<', '>']) || name.len() > 100 {
        return (None, None);
    }
    if let Some((last, first)) = name.split_once(',') {
        return (Some(first.trim()), Some(last.trim()));
    }
    match name.split_once(char::is_whitespace) {
        Some((first, last)) => (Some(first), Some(last.trim())),
        None => (Some(name), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + minute * 60, 0).unwrap()
    }

    #[test]
    fn a_prospect_who_keeps_writing_waits_three_delays_at_the_most() {
        assert_eq!(due_at(at(0), at(0), 5), at(5));
        assert_eq!(due_at(at(4), at(0), 5), at(9));
        assert_eq!(due_at(at(13), at(0), 5), at(15));
        assert_eq!(due_at(at(20), at(0), 5), at(20));
        assert_eq!(due_at(at(0), at(0), 0), at(0));
    }

    #[test]
    fn an_answer_goes_to_the_sender_unless_a_portal_relays() {
        let address = |text: &str| EmailAddress::parse(text).unwrap();
        let portals = ["portal.test".to_owned()];
        for (from, reply_to, to) in [
            ("ann@example.com", None, "ann@example.com"),
            (
                "ann@example.com",
                Some("bob@example.org"),
                "ann@example.com",
            ),
            (
                "ann@example.com",
                Some("home@example.com"),
                "home@example.com",
            ),
            (
                "no-reply@portal.test",
                Some("ann@example.com"),
                "ann@example.com",
            ),
            (
                "no-reply@leads.portal.test",
                Some("ann@example.com"),
                "ann@example.com",
            ),
            (
                "no-reply@notportal.test",
                Some("ann@example.com"),
                "no-reply@notportal.test",
            ),
        ] {
            let (from, reply_to) = (address(from), reply_to.map(address));
            assert_eq!(recipient(&from, reply_to.as_ref(), &portals), &address(to));
        }
    }

    #[test]
    fn names_are_taken_from_display_names_only() {
        assert_eq!(person_name(Some("Ann Lee")), (Some("Ann"), Some("Lee")));
        assert_eq!(person_name(Some("Lee, Ann")), (Some("Ann"), Some("Lee")));
        assert_eq!(person_name(Some("Ann")), (Some("Ann"), None));
        assert_eq!(person_name(Some("ann@example.com")), (None, None));
        assert_eq!(person_name(Some("  ")), (None, None));
        assert_eq!(person_name(None), (None, None));
    }
}
