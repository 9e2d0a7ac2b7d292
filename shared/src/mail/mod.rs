//! The text of e-mail: reading what arrives, writing what leaves. Pure: no clock, no I/O.
//!
//! [`parse`] takes a message as Gmail hands it over (`format=raw`) and never fails on what a sender
//! can write: what is broken is degraded, what is too large is cut and marked. Nothing here decides
//! whether a message is answered; [`Inbound`] holds the facts that such a decision needs.

pub mod add_to_calendar;
pub mod automatic;
mod clean;
pub mod compose;
mod decode;
mod dmarc;
mod fields;
pub mod headers;
mod html;
pub mod ics;
pub mod letters;
mod markup;
mod parse;
mod parts;
pub mod quoting;
mod sheet;
mod style;
#[cfg(test)]
mod tests;
pub mod wording;

use std::fmt;

use crate::domain::email_address::EmailAddress;

pub use automatic::Automatic;
pub use clean::text as visible;
pub use compose::{NotComposable, Outgoing, OutgoingLetter, compose, compose_letter, escape};
pub use dmarc::Dmarc;
pub use headers::MessageId;
pub use parse::parse;
pub use wording::letter;

/// The header by which our own replies are found again, even after Gmail has rewritten their
/// Message-ID. Its value is the reply's id.
pub const REPLY_MARK: &str = "X-Luma-Reply-Id";

/// The same for our letters about tours.
pub const LETTER_MARK: &str = "X-Luma-Letter-Id";

/// A message of somebody else's, read.
pub struct Inbound {
    pub message_id: Option<MessageId>,
    pub in_reply_to: Vec<MessageId>,
    pub references: Vec<MessageId>,
    /// The one person who wrote. `None` if there is none, several, a group, or an address that we
    /// would not write to: such a message is stored and not answered.
    pub from: Option<Correspondent>,
    /// `From` for people to read: decoded, on one line, at most 320 characters.
    pub from_text: String,
    /// Where the sender wants the answer, if that is exactly one usable address.
    pub reply_to: Option<EmailAddress>,
    /// The usable addresses of `To`, without names.
    pub to: Vec<EmailAddress>,
    /// The usable addresses of `Cc`, without names.
    pub cc: Vec<EmailAddress>,
    /// Decoded, on one line.
    pub subject: String,
    /// The visible text of the whole message, `\n` line ends, at most 256 KiB.
    pub text: String,
    /// The part of the text that the sender wrote now: without quoted mail and signature.
    pub fresh: String,
    /// The HTML as it was sent, at most 512 KiB. Never to be shown or given to a model as it is.
    pub html: Option<String>,
    /// What else came with the message. The contents are left in Gmail.
    pub attachments: Vec<Attachment>,
    /// Something did not fit within the limits and was left out.
    pub truncated: bool,
    /// The recipient whom a delivery report says the mail did not reach. Anybody can write such a
    /// report: only believe it of somebody to whom we have written.
    pub bounced: Option<EmailAddress>,
    pub dmarc: Dmarc,
    /// The value of [`REPLY_MARK`]: this is a copy of our own reply.
    pub reply_mark: Option<String>,
    /// The value of [`LETTER_MARK`]: this is a copy of our own letter.
    pub letter_mark: Option<String>,
    marks: automatic::Marks,
}

impl Inbound {
    /// Whether a program sent this, and how we know. `portal_domains` are the domains of listing
    /// portals, whose mails are sent by machine on a prospect's behalf.
    pub fn automatic(&self, portal_domains: &[String]) -> Option<Automatic> {
        let from = self.from.as_ref().map(|from| &from.address);
        self.marks
            .classify(from, self.reply_to.as_ref(), portal_domains)
    }
}

/// Whose mail it is is nobody's business in a log.
impl fmt::Debug for Inbound {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Inbound")
            .field("message_id", &self.message_id)
            .field("text_bytes", &self.text.len())
            .field("attachments", &self.attachments.len())
            .field("truncated", &self.truncated)
            .field("dmarc", &self.dmarc)
            .finish_non_exhaustive()
    }
}

/// Somebody who writes or is written to.
#[derive(Clone, PartialEq, Eq)]
pub struct Correspondent {
    /// As the person gives it; on one line, at most 100 characters, never empty.
    pub name: Option<String>,
    pub address: EmailAddress,
}

impl fmt::Debug for Correspondent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Correspondent(…)")
    }
}

/// What is known of a file that came with a message.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Without folders, at most 200 characters. Empty if the sender gave none.
    pub file_name: String,
    /// Lower case, such as `application/pdf`.
    pub content_type: String,
    /// Of the content, in bytes.
    pub size: u64,
}

/// The bytes are no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("the message has no header")]
    NoHeader,
    #[error("the message is larger than {} MB", parse::MAX_MESSAGE / 1_000_000)]
    TooLarge,
}

impl Unreadable {
    /// Stable, for the quarantine.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoHeader => "no_header",
            Self::TooLarge => "too_large",
        }
    }
}
