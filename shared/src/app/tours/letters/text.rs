//! The bytes of a letter about a tour.

use super::Run;
use super::wanted::Addressed;
use crate::app::tours::link;
use crate::domain::email_address::EmailAddress;
use crate::domain::zone;
use crate::mail::headers::MessageId;
use crate::mail::ics::{self, CalendarFile, TourEntry};
use crate::mail::letters::{AgentNote, Occasion, TourLetter, Written, write, write_to_agent};
use crate::mail::{self, Correspondent, NotComposable, OutgoingLetter};
use crate::store::letters::{Letter, LetterKind};
use crate::store::mailboxes::Mailbox;

/// The message as Gmail takes it. `None`: the mailbox's own address is none.
pub(super) fn raw(
    run: &Run<'_>,
    mailbox: &Mailbox,
    to: &Addressed,
) -> Option<Result<Vec<u8>, NotComposable>> {
    let (app, property, letter) = (run.app, run.property, &run.letter);
    let address = EmailAddress::parse(&mailbox.address).ok()?;
    let message_id = MessageId::for_letter(letter.id, address.domain());
    let from = Correspondent {
        name: Some(property.name.clone()).filter(|name| !name.trim().is_empty()),
        address,
    };
    let signature = mailbox.signature.as_deref().unwrap_or_default();
    let written = words(run, to, signature);
    let file = file(run, to, &from);
    Some(mail::compose_letter(&OutgoingLetter {
        from: &from,
        to: &to.address,
        subject: &written.subject,
        message_id: &message_id,
        letter_id: letter.id,
        text: &written.text,
        calendar: file.as_ref(),
        date: app.now(),
    }))
}

fn words(run: &Run<'_>, to: &Addressed, signature: &str) -> Written {
    let (app, property, booking) = (run.app, run.property, &to.booking);
    let zone = booking.time_zone();
    let Some(occasion) = occasion(&run.letter) else {
        let agent = to.agent.as_ref();
        let own = agent.and_then(|agent| zone::find(agent.terms.timezone.as_deref()?));
        return write_to_agent(&AgentNote {
            is_on: booking.status.is_live(),
            property: &property.name,
            prospect: &booking.prospect.full_name(),
            agent: agent.map_or("", |agent| agent.agent_name.as_str()),
            start: booking.time.start(),
            zone: &own.unwrap_or(zone),
        });
    };
    write(&TourLetter {
        occasion,
        property: &property.name,
        address: property.address.as_deref().unwrap_or_default(),
        first_name: &booking.prospect.first_name,
        agent: Some(booking.agent_name.as_str()).filter(|name| !name.is_empty()),
        start: booking.time.start(),
        zone: &zone,
        manage_url: &link::manage_url(app, booking.id),
        phone: "",
        signature,
    })
}

/// On which occasion the prospect is written to; `None` for letters to the agent.
fn occasion(letter: &Letter) -> Option<Occasion> {
    match letter.kind {
        LetterKind::Invitation if letter.version == 0 => Some(Occasion::Invitation),
        LetterKind::Invitation => Some(Occasion::MovedByProspect),
        LetterKind::Cancellation => Some(Occasion::CancelledByProspect),
        LetterKind::MovedByTeam => Some(Occasion::MovedByTeam),
        LetterKind::CancelledByTeam => Some(Occasion::CancelledByTeam),
        LetterKind::Reminder24h => Some(Occasion::Reminder24h),
        LetterKind::Reminder1h => Some(Occasion::Reminder1h),
        LetterKind::AgentMoved | LetterKind::AgentCancelled => None,
    }
}

/// What the prospect's calendar shall do about it. Where Google invites, it tells the calendar itself: a
/// second entry would only confuse.
fn file(run: &Run<'_>, to: &Addressed, organizer: &Correspondent) -> Option<CalendarFile> {
    let (app, property, letter) = (run.app, run.property, &run.letter);
    if !to.by_letter || letter.kind.is_reminder() || letter.kind.is_to_agent() {
        return None;
    }
    let booking = &to.booking;
    let guest = Correspondent {
        name: Some(booking.prospect.full_name()).filter(|name| !name.is_empty()),
        address: to.address.clone(),
    };
    let url = &app.config().web.public_url;
    let entry = TourEntry {
        booking: booking.id,
        domain: url.host_str().unwrap_or_default(),
        sequence: u32::try_from(booking.version).unwrap_or(u32::MAX),
        when: booking.time,
        summary: &format!("Tour of {}", property.name),
        description: &format!("Move or cancel: {}", link::manage_url(app, booking.id)),
        location: property.address.as_deref().unwrap_or(&property.name),
    };
    Some(if letter.kind.is_about_a_cancellation() {
        ics::cancel(&entry, organizer, &guest, app.now())
    } else {
        ics::request(&entry, organizer, &guest, app.now())
    })
}
