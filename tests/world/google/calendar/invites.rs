//! The mails that Google sends to guests when an event changes.

use chrono::{DateTime, Utc};

use super::event::Event;
use crate::google::refusal::Refusal;

/// Why a guest got a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InviteKind {
    Invite,
    Update,
    Cancel,
}

/// One mail from Google to a guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InviteMail {
    pub kind: InviteKind,
    /// Lower-case.
    pub to: String,
    /// Where the event stands.
    pub calendar: String,
    pub event: String,
    /// When the event starts, by what the mail says; an all-day event at midnight UTC.
    pub start: DateTime<Utc>,
}

/// Whom a call wants to be told; nobody, unless it says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendUpdates {
    All,
    /// Only guests without a Google calendar.
    ExternalOnly,
    None,
}

impl SendUpdates {
    pub fn read(given: Option<&str>) -> Result<SendUpdates, Refusal> {
        match given {
            None | Some("none") => Ok(SendUpdates::None),
            Some("all") => Ok(SendUpdates::All),
            Some("externalOnly") => Ok(SendUpdates::ExternalOnly),
            Some(_) => Err(Refusal::invalid_parameter("sendUpdates")),
        }
    }
}

/// Who would be told what: new guests are invited, former ones are told that it is off, and those
/// who stay learn of changes that they can see.
pub fn mails(before: Option<&Event>, after: &Event, calendar: &str) -> Vec<InviteMail> {
    let before = before.filter(|event| !event.cancelled);
    let had = before.map(Event::guests).unwrap_or_default();
    let has = if after.cancelled {
        Vec::new()
    } else {
        after.guests()
    };
    let mail = |kind, to: &&str| InviteMail {
        kind,
        to: to.to_lowercase(),
        calendar: calendar.to_owned(),
        event: after.id.clone(),
        start: after.starts_at(),
    };
    let changed = before.is_some_and(|before| visibly_differ(before, after));
    let invited = has.iter().filter(|guest| !had.contains(guest));
    let updated = has.iter().filter(|guest| changed && had.contains(guest));
    let cancelled = had.iter().filter(|guest| !has.contains(guest));
    let mails = invited.map(|guest| mail(InviteKind::Invite, guest));
    let mails = mails.chain(updated.map(|guest| mail(InviteKind::Update, guest)));
    mails
        .chain(cancelled.map(|guest| mail(InviteKind::Cancel, guest)))
        .collect()
}

fn visibly_differ(before: &Event, after: &Event) -> bool {
    let texts = ["summary", "description", "location"];
    (&before.start, &before.end) != (&after.start, &after.end)
        || texts
            .iter()
            .any(|text| before.text(text) != after.text(text))
        || before.fields.get("conferenceData") != after.fields.get("conferenceData")
        || before.fields.get("recurrence") != after.fields.get("recurrence")
}
