//! What our letters about tours say.
//!
//! Short and plain: what, when by the clock of the property, where, how to change it, how to reach a
//! person. Nothing about the person who comes or the people who live there.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{clean, wording};

/// On which occasion we write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// Booked, and no calendar of Google's invites: a calendar file comes with the letter.
    Invitation,
    MovedByTeam,
    CancelledByTeam,
    MovedByProspect,
    CancelledByProspect,
    /// A day before.
    Reminder24h,
    /// An hour before.
    Reminder1h,
}

/// A letter to a prospect. Texts may hold anything; each is put on one line, but the signature.
#[derive(Clone, Copy)]
pub struct TourLetter<'a> {
    pub occasion: Occasion,
    pub property: &'a str,
    /// Where to come; may be empty.
    pub address: &'a str,
    /// As the prospect gave it; may be empty.
    pub first_name: &'a str,
    /// Who receives the prospect.
    pub agent: Option<&'a str>,
    pub start: Timestamp,
    /// The property's.
    pub zone: &'a TimeZone,
    /// Where the prospect moves or cancels the tour.
    pub manage_url: &'a str,
    /// The office's telephone; may be empty.
    pub phone: &'a str,
    /// May be empty.
    pub signature: &'a str,
}

/// A note to the agent whose tour the prospect moved or cancelled.
#[derive(Clone, Copy)]
pub struct AgentNote<'a> {
    /// Whether there still is a tour.
    pub is_on: bool,
    pub property: &'a str,
    /// First and last, as the prospect gave them; may be empty.
    pub prospect: &'a str,
    pub agent: &'a str,
    /// The new start, or the one that is canceled.
    pub start: Timestamp,
    /// The agent's calendar's.
    pub zone: &'a TimeZone,
}

/// A letter in words.
#[derive(Clone, PartialEq, Eq)]
pub struct Written {
    pub subject: String,
    pub text: String,
}

/// Puts the letter into words.
pub fn write(letter: &TourLetter<'_>) -> Written {
    let property = or(clean::line(letter.property), "our community");
    let when = spelled_out(letter.start, letter.zone);
    let subject = subject(letter.occasion, &property, &when);
    let mut paragraphs = vec![
        greeting(letter.first_name),
        opening(letter.occasion, &property, &when),
    ];
    if is_on(letter.occasion) {
        paragraphs.push(facts(letter, &property, &when));
        let url = clean::line(letter.manage_url);
        paragraphs.push(format!("To pick another time or to cancel, go to {url}"));
    } else {
        paragraphs.push("To come at another time, just reply to this e-mail.".to_owned());
    }
    let body = paragraphs.join("\n\n");
    let reach = wording::reach(&clean::line(letter.phone));
    Written {
        subject,
        text: wording::letter(&body, letter.signature, &reach, ""),
    }
}

/// Puts the note into words.
pub fn write_to_agent(note: &AgentNote<'_>) -> Written {
    let property = or(clean::line(note.property), "the community");
    let prospect = or(clean::line(note.prospect), "A prospect");
    let when = spelled_out(note.start, note.zone);
    let (subject, body) = if note.is_on {
        (
            format!("Tour of {property} moved to {when}"),
            format!("{prospect} moved the tour of {property} with you. It is now on {when}."),
        )
    } else {
        (
            format!("Tour of {property} on {when} canceled"),
            format!("{prospect} canceled the tour of {property} with you on {when}."),
        )
    };
    let body = format!("{}\n\n{body}", greeting(note.agent));
    let end = "This note was written by the tour calendar; nobody waits for an answer.";
    Written {
        subject,
        text: wording::letter(&body, "", end, ""),
    }
}

/// `Saturday, March 14, 2026 at 10:30 AM CDT`, by the clock of the zone.
///
/// Zones that nobody has an abbreviation for are named by their offset: `UTC+0545`.
pub fn spelled_out(instant: Timestamp, zone: &TimeZone) -> String {
    let local = instant.to_zoned(zone.clone());
    let zone = local.strftime("%Z").to_string();
    let utc = if zone.starts_with(['+', '-']) {
        "UTC"
    } else {
        ""
    };
    let time = local.strftime("%A, %B %-d, %Y at %-I:%M %p");
    format!("{time} {utc}{zone}")
}

/// Whether somebody is expected.
fn is_on(occasion: Occasion) -> bool {
    !matches!(
        occasion,
        Occasion::CancelledByTeam | Occasion::CancelledByProspect
    )
}

fn or(text: String, otherwise: &str) -> String {
    if text.is_empty() {
        otherwise.to_owned()
    } else {
        text
    }
}

fn subject(occasion: Occasion, property: &str, when: &str) -> String {
    match occasion {
        Occasion::Invitation => format!("Your tour of {property} on {when}"),
        Occasion::MovedByTeam | Occasion::MovedByProspect => {
            format!("New time for your tour of {property}: {when}")
        }
        Occasion::CancelledByTeam | Occasion::CancelledByProspect => {
            format!("Canceled: your tour of {property} on {when}")
        }
        Occasion::Reminder24h | Occasion::Reminder1h => {
            format!("Reminder: your tour of {property} on {when}")
        }
    }
}

fn opening(occasion: Occasion, property: &str, when: &str) -> String {
    match occasion {
        Occasion::Invitation => format!(
            "Your tour of {property} is booked. The attached invitation puts it into your calendar."
        ),
        Occasion::MovedByTeam => {
            format!("We had to move your tour of {property}. We are sorry for the trouble.")
        }
        Occasion::MovedByProspect => format!("Your tour of {property} is moved, as you asked."),
        Occasion::CancelledByTeam => format!(
            "We had to cancel your tour of {property} on {when}. We are sorry for the trouble."
        ),
        Occasion::CancelledByProspect => {
            format!("Your tour of {property} on {when} is canceled, as you asked.")
        }
        Occasion::Reminder24h => format!("We look forward to showing you {property}."),
        Occasion::Reminder1h => format!("Your tour of {property} starts soon."),
    }
}

fn facts(letter: &TourLetter<'_>, property: &str, when: &str) -> String {
    let place = match clean::line(letter.address) {
        address if address.is_empty() => property.to_owned(),
        address => format!("{property}, {address}"),
    };
    let mut facts = format!("When: {when}\nWhere: {place}");
    let agent = letter.agent.map(clean::line);
    if let Some(agent) = agent.filter(|agent| !agent.is_empty()) {
        facts.push_str(&format!("\nWith: {agent}"));
    }
    facts
}

/// Whoever books gives the name and the address, and the address may be somebody else's: what is more
/// than a name would be a stranger's message in our letter.
fn greeting(first_name: &str) -> String {
    let name = clean::line(first_name);
    let inner = name.trim_end_matches('.');
    let is_name = inner
        .chars()
        .all(|c| c.is_alphabetic() || " '’-".contains(c));
    match name.chars().count() {
        1..=40 if is_name => format!("Hi {name},"),
        _ => "Hello,".to_owned(),
    }
}
