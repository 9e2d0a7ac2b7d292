//! Writes what we send as MIME messages: replies, and letters about tours.

use chrono::{DateTime, Datelike, Utc};
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::date::Date;
use mail_builder::headers::message_id::MessageId as Ids;
use mail_builder::headers::raw::Raw;
use mail_builder::mime::MimePart;
use uuid::Uuid;

use crate::domain::email_address::EmailAddress;
use crate::domain::ids::LetterId;

use super::headers::{MessageId, subject_of_letter, subject_of_reply};
use super::ics::CalendarFile;
use super::{Correspondent, LETTER_MARK, REPLY_MARK, clean};

mod html;

pub use html::escape;
#[cfg(test)]
pub(super) use html::linked;

/// A reply to one person.
pub struct Outgoing<'a> {
    pub from: &'a Correspondent,
    pub to: &'a EmailAddress,
    /// The subject of the message that is answered.
    pub subject: &'a str,
    pub message_id: &'a MessageId,
    pub in_reply_to: Option<&'a MessageId>,
    pub references: &'a [MessageId],
    pub reply_id: Uuid,
    /// No person has approved it: says so in the header, so that other programs do not answer
    /// (RFC 3834 section 5).
    pub automatic: bool,
    pub text: &'a str,
    pub date: DateTime<Utc>,
}

/// A letter about a tour to one person. It answers nothing, and no person has approved it.
pub struct OutgoingLetter<'a> {
    pub from: &'a Correspondent,
    pub to: &'a EmailAddress,
    pub subject: &'a str,
    pub message_id: &'a MessageId,
    pub letter_id: LetterId,
    pub text: &'a str,
    /// What the recipient's calendar shall do about it.
    pub calendar: Option<&'a CalendarFile>,
    pub date: DateTime<Utc>,
}

/// Why there is no message. It does not repeat what the message would have said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotComposable {
    #[error("the letter has no text")]
    Empty,
    #[error("the letter is longer than {MAX_TEXT} bytes")]
    TooLong,
    #[error("the date of the letter has no four-digit year")]
    Date,
}

/// Far more than a letter has; Gmail takes 35 MB.
const MAX_TEXT: usize = 100_000;
/// In characters.
const MAX_NAME: usize = 100;

/// Writes the message: plain text first, then the same as HTML, to exactly one recipient.
///
/// The same input gives the same bytes. Headers are ASCII, lines end in CR LF; no input can add a
/// header or a recipient, since ids and addresses are types that hold no white space and names and
/// subject are put on one line.
pub fn compose(mail: &Outgoing<'_>) -> Result<Vec<u8>, NotComposable> {
    let text = sendable(mail.text, mail.date)?;
    let subject = subject_of_reply(mail.subject);
    let mut message = message(mail.from, mail.to, subject, mail.date, mail.message_id);
    if let Some(parent) = mail.in_reply_to {
        message = message.in_reply_to(parent.bare());
    }
    if !mail.references.is_empty() {
        message = message.references(Ids::new_list(mail.references.iter().map(MessageId::bare)));
    }
    message = message.header(REPLY_MARK, Raw::new(mail.reply_id.hyphenated().to_string()));
    if mail.automatic {
        message = message
            .header("Auto-Submitted", Raw::new("auto-replied"))
            .header("X-Auto-Response-Suppress", Raw::new("All"));
    }
    let text = vec![plain(&text), html(&text)];
    Ok(written(message.body(alternatives(text, mail.reply_id))))
}

/// Writes the message as [`compose`] does. A calendar file is the last alternative, which calendars
/// look for (RFC 6047 section 2.4), and an attachment, which people look for.
///
/// Absence notes are not wanted; delivery reports are, since nobody waits for an answer here.
pub fn compose_letter(mail: &OutgoingLetter<'_>) -> Result<Vec<u8>, NotComposable> {
    let text = sendable(mail.text, mail.date)?;
    let id = mail.letter_id.0;
    let subject = subject_of_letter(mail.subject);
    let message = message(mail.from, mail.to, subject, mail.date, mail.message_id)
        .header(LETTER_MARK, Raw::new(id.hyphenated().to_string()))
        .header("Auto-Submitted", Raw::new("auto-generated"))
        .header("X-Auto-Response-Suppress", Raw::new("OOF, AutoReply"));
    let mut text = vec![plain(&text), html(&text)];
    let Some(file) = mail.calendar else {
        return Ok(written(message.body(alternatives(text, id))));
    };
    let kind = ContentType::new("text/calendar")
        .attribute("method", file.method())
        .attribute("charset", "UTF-8");
    text.push(MimePart::new(kind, file.text().to_owned()));
    let attached = MimePart::new("application/ics", file.text().as_bytes().to_vec());
    let kind =
        ContentType::new("multipart/mixed").attribute("boundary", format!("=_m{}", id.simple()));
    let parts = vec![alternatives(text, id), attached.attachment("invite.ics")];
    Ok(written(message.body(MimePart::new(kind, parts))))
}

fn sendable(text: &str, date: DateTime<Utc>) -> Result<String, NotComposable> {
    let text = clean::text(text);
    if text.trim().is_empty() {
        return Err(NotComposable::Empty);
    }
    if text.len() > MAX_TEXT {
        return Err(NotComposable::TooLong);
    }
    if !(1970..=9999).contains(&date.year()) {
        return Err(NotComposable::Date);
    }
    Ok(text)
}

fn message<'a>(
    from: &'a Correspondent,
    to: &'a EmailAddress,
    subject: String,
    date: DateTime<Utc>,
    message_id: &'a MessageId,
) -> MessageBuilder<'a> {
    MessageBuilder::new()
        .from(sender(from))
        .to(Address::from(to.as_str()))
        .subject(subject)
        .date(Date::new(date.timestamp()))
        .message_id(message_id.bare())
}

fn sender(from: &Correspondent) -> Address<'_> {
    let name = from.name.as_deref().map(clean::line).unwrap_or_default();
    let name: String = name.chars().take(MAX_NAME).collect();
    let name = Some(name.trim().to_owned()).filter(|name| !name.is_empty());
    Address::new_address(name, from.address.as_str())
}

fn plain(text: &str) -> MimePart<'static> {
    MimePart::new("text/plain", text.to_owned())
}

fn html(text: &str) -> MimePart<'static> {
    MimePart::new("text/html", html::html(text))
}

/// The boundary is ours so that the same letter has the same bytes. `=_` occurs in no
/// quoted-printable and in no base64, and a letter in plain ASCII does not know its own id.
fn alternatives(parts: Vec<MimePart<'static>>, id: Uuid) -> MimePart<'static> {
    let boundary = format!("=_{}", id.simple());
    let kind = ContentType::new("multipart/alternative").attribute("boundary", boundary);
    MimePart::new(kind, parts)
}

fn written(message: MessageBuilder<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    message.serialize(&mut bytes);
    bytes
}
