//! Writes a reply as a MIME message.

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

use super::headers::{MessageId, subject_of_reply};
use super::{Correspondent, REPLY_MARK, clean};

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

/// Why there is no message. It does not repeat what the message would have said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotComposable {
    #[error("the reply has no text")]
    Empty,
    #[error("the reply is longer than {MAX_TEXT} bytes")]
    TooLong,
    #[error("the date of the reply has no four-digit year")]
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
    let text = clean::text(mail.text);
    if text.trim().is_empty() {
        return Err(NotComposable::Empty);
    }
    if text.len() > MAX_TEXT {
        return Err(NotComposable::TooLong);
    }
    if !(1970..=9999).contains(&mail.date.year()) {
        return Err(NotComposable::Date);
    }
    let mut message = MessageBuilder::new()
        .from(from(mail.from))
        .to(Address::from(mail.to.as_str()))
        .subject(subject_of_reply(mail.subject))
        .date(Date::new(mail.date.timestamp()))
        .message_id(mail.message_id.bare());
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
    let mut bytes = Vec::new();
    message
        .body(body(text, mail.reply_id))
        .serialize(&mut bytes);
    Ok(bytes)
}

fn from(from: &Correspondent) -> Address<'_> {
    let name = from.name.as_deref().map(clean::line).unwrap_or_default();
    let name: String = name.chars().take(MAX_NAME).collect();
    let name = Some(name.trim().to_owned()).filter(|name| !name.is_empty());
    Address::new_address(name, from.address.as_str())
}

/// The boundary is ours so that the same reply has the same bytes. `=_` occurs in no
/// quoted-printable and in no base64, and a letter in plain ASCII does not know its own id.
fn body(text: String, reply_id: Uuid) -> MimePart<'static> {
    let boundary = format!("=_{}", reply_id.simple());
    let html = html(&text);
    let kind = ContentType::new("multipart/alternative").attribute("boundary", boundary);
    MimePart::new(
        kind,
        vec![
            MimePart::new("text/plain", text),
            MimePart::new("text/html", html),
        ],
    )
}

/// The text as HTML: escaped, paragraphs kept, web and mail addresses made to links.
fn html(text: &str) -> String {
    let paragraphs: Vec<String> = text
        .split("\n\n")
        .map(|paragraph| {
            let lines: Vec<String> = paragraph.lines().map(linked).collect();
            format!("<p>{}</p>", lines.join("<br>\n"))
        })
        .collect();
    format!("<html><body>\n{}\n</body></html>\n", paragraphs.join("\n"))
}

pub(super) fn linked(line: &str) -> String {
    let mut out = String::new();
    for (index, word) in line.split(' ').enumerate() {
        if index > 0 {
            out.push(' ');
        }
        let start = word
            .find(|c: char| !"(<[\"'".contains(c))
            .unwrap_or(word.len());
        let (before, rest) = word.split_at(start);
        let end = rest
            .trim_end_matches(|c: char| ".,;:!?)>]\"'".contains(c))
            .len();
        let (link, after) = rest.split_at(end);
        out.push_str(&escaped(before));
        match target(link) {
            Some(target) => {
                out.push_str(&format!(
                    "<a href=\"{}\">{}</a>",
                    escaped(&target),
                    escaped(link)
                ));
            }
            None => out.push_str(&escaped(link)),
        }
        out.push_str(&escaped(after));
    }
    out
}

/// Only what the web and mail can mean becomes a link.
fn target(word: &str) -> Option<String> {
    if let Some(address) = word.strip_prefix("mailto:") {
        return EmailAddress::parse(address)
            .ok()
            .map(|address| format!("mailto:{address}"));
    }
    if let Ok(address) = EmailAddress::parse(word) {
        return Some(format!("mailto:{address}"));
    }
    let url = url::Url::parse(word).ok()?;
    let on_the_web = matches!(url.scheme(), "http" | "https") && url.has_host();
    (on_the_web && url.username().is_empty() && url.password().is_none()).then(|| url.to_string())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
