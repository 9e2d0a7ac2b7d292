//! Scopes that Google knows, and which of them cover which.

use std::collections::BTreeSet;

const EMAIL: &str = "https://www.googleapis.com/auth/userinfo.email";
const PROFILE: &str = "https://www.googleapis.com/auth/userinfo.profile";

const KNOWN: [&str; 22] = [
    "openid",
    EMAIL,
    PROFILE,
    "https://mail.google.com/",
    "https://www.googleapis.com/auth/gmail.modify",
    "https://www.googleapis.com/auth/gmail.readonly",
    "https://www.googleapis.com/auth/gmail.metadata",
    "https://www.googleapis.com/auth/gmail.compose",
    "https://www.googleapis.com/auth/gmail.send",
    "https://www.googleapis.com/auth/gmail.insert",
    "https://www.googleapis.com/auth/gmail.labels",
    "https://www.googleapis.com/auth/gmail.settings.basic",
    "https://www.googleapis.com/auth/gmail.settings.sharing",
    "https://www.googleapis.com/auth/calendar",
    "https://www.googleapis.com/auth/calendar.readonly",
    "https://www.googleapis.com/auth/calendar.events",
    "https://www.googleapis.com/auth/calendar.events.readonly",
    "https://www.googleapis.com/auth/calendar.freebusy",
    "https://www.googleapis.com/auth/calendar.events.freebusy",
    "https://www.googleapis.com/auth/calendar.calendarlist",
    "https://www.googleapis.com/auth/calendar.calendarlist.readonly",
    "https://www.googleapis.com/auth/calendar.calendars.readonly",
];

/// The name under which a scope comes back; `email` and `profile` are short for longer ones.
pub fn full_name(scope: &str) -> &str {
    match scope {
        "email" => EMAIL,
        "profile" => PROFILE,
        other => other,
    }
}

/// Whether Google has such a scope.
pub fn known(scope: &str) -> bool {
    KNOWN.contains(&full_name(scope))
}

/// Whether the consent page has a box to untick for it; signing in has none.
pub fn optional(scope: &str) -> bool {
    !["openid", EMAIL, PROFILE].contains(&full_name(scope))
}

/// Whether one of `accepted` (short Gmail names, as in `modify`) was granted.
pub fn covers(granted: &BTreeSet<String>, accepted: &[&str]) -> bool {
    granted.contains("https://mail.google.com/")
        || accepted
            .iter()
            .any(|name| granted.contains(&format!("https://www.googleapis.com/auth/gmail.{name}")))
}

/// Whether one of `accepted` (names without their common beginning, as in `calendar.events`) was
/// granted.
pub fn includes(granted: &BTreeSet<String>, accepted: &[&str]) -> bool {
    accepted
        .iter()
        .any(|name| granted.contains(&format!("https://www.googleapis.com/auth/{name}")))
}
