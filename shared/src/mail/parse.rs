//! Reads a message.

use mail_parser::HeaderValue;
use mail_parser::parsers::MessageStream;

use crate::domain::email_address::EmailAddress;

use super::automatic::Marks;
use super::dmarc::Dmarc;
use super::fields::{Fields, Mailbox};
use super::headers::MessageId;
use super::html::Visible;
use super::parts::{Leaf, Parts};
use super::{
    Attachment, Correspondent, Inbound, LETTER_MARK, REPLY_MARK, Unreadable, clean, decode, quoting,
};

/// Bytes of a message that are read at all; Gmail accepts 50 MB.
pub(super) const MAX_MESSAGE: usize = 50_000_000;
const MAX_TEXT: usize = 256 * 1024;
const MAX_HTML: usize = 512 * 1024;
/// Of one recipient header. More than this is a list whoever sends it.
const MAX_RECIPIENTS: usize = 500;
const MAX_IDS: usize = 200;
const MAX_FROM_TEXT: usize = 320;
const MAX_SUBJECT: usize = 1_000;
const MAX_NAME: usize = 100;
const MAX_FILE_NAME: usize = 200;
/// A delivery report names its recipient near the beginning.
const MAX_REPORT: usize = 64 * 1024;

/// Reads a message as it travelled (RFC 5322), in time and memory proportional to its size.
///
/// Never panics and hardly ever fails: whatever is broken in a message is read as far as it goes.
pub fn parse(raw: &[u8]) -> Result<Inbound, Unreadable> {
    if raw.len() > MAX_MESSAGE {
        return Err(Unreadable::TooLarge);
    }
    let raw = raw.trim_ascii_start();
    let (fields, body) = Fields::split(raw);
    if fields.is_empty() {
        return Err(Unreadable::NoHeader);
    }
    let parts = Parts::of(raw, fields.clone(), body);
    let subject = shorten(fields.decoded("Subject").unwrap_or_default(), MAX_SUBJECT);
    let content = Content::of(&parts);
    let from = sender(&fields);
    let topmost = fields.plain("Authentication-Results");
    let domain = from.as_ref().map(|from| from.address.domain());
    Ok(Inbound {
        message_id: ids(&fields, "Message-ID").into_iter().next(),
        in_reply_to: ids(&fields, "In-Reply-To"),
        references: ids(&fields, "References"),
        from_text: shorten(fields.decoded("From").unwrap_or_default(), MAX_FROM_TEXT),
        reply_to: only_address(&fields, "Reply-To"),
        to: recipients(&fields, "To"),
        cc: recipients(&fields, "Cc"),
        dmarc: Dmarc::of(topmost.as_deref(), domain),
        reply_mark: fields.plain(REPLY_MARK),
        letter_mark: fields.plain(LETTER_MARK),
        bounced: bounced(&fields, &parts.leaves),
        attachments: attachments(&parts.leaves),
        marks: Marks::of(&fields, &parts.leaves, &subject),
        truncated: parts.truncated || content.truncated,
        text: content.text,
        fresh: content.fresh,
        html: content.html,
        subject,
        from,
    })
}

fn ids(fields: &Fields<'_>, name: &str) -> Vec<MessageId> {
    let mut ids = MessageId::scan(&fields.all_plain(name));
    if ids.len() > MAX_IDS {
        ids.drain(1..ids.len() - MAX_IDS + 1);
    }
    ids
}

fn sender(fields: &Fields<'_>) -> Option<Correspondent> {
    if fields.count("From") != 1 {
        return None;
    }
    let Mailbox { name, address } = only(fields.mailboxes("From")?)?;
    let address = address?;
    let name = name
        .filter(|name| name != address.as_str())
        .map(|name| shorten(name, MAX_NAME));
    Some(Correspondent { name, address })
}

fn only_address(fields: &Fields<'_>, name: &str) -> Option<EmailAddress> {
    only(fields.mailboxes(name)?)?.address
}

fn only<T>(items: Vec<T>) -> Option<T> {
    let mut items = items.into_iter();
    let first = items.next();
    first.filter(|_| items.next().is_none())
}

fn recipients(fields: &Fields<'_>, name: &str) -> Vec<EmailAddress> {
    let mailboxes = fields.mailboxes(name).unwrap_or_default();
    mailboxes
        .into_iter()
        .filter_map(|mailbox| mailbox.address)
        .take(MAX_RECIPIENTS)
        .collect()
}

fn shorten(text: String, max_chars: usize) -> String {
    match text.char_indices().nth(max_chars) {
        Some((end, _)) => text[..end].trim_end().to_owned(),
        None => text,
    }
}

/// What the message says.
struct Content {
    text: String,
    fresh: String,
    html: Option<String>,
    truncated: bool,
}

/// One body part: what it says and, in HTML, the same without quotes.
struct Piece {
    alternative: Option<usize>,
    text: String,
    unquoted: String,
    html: Option<String>,
}

impl Content {
    fn of(parts: &Parts<'_>) -> Self {
        let (pieces, truncated) = pieces(parts);
        let shown: Vec<&Piece> = pieces
            .iter()
            .filter(|piece| is_shown(piece, &pieces))
            .collect();
        let join = |field: fn(&Piece) -> &str| {
            let said = shown
                .iter()
                .map(|piece| field(piece))
                .filter(|text| !text.is_empty());
            said.collect::<Vec<_>>().join("\n\n")
        };
        let mut text = join(|piece| &piece.text);
        let mut fresh = quoting::split(&join(|piece| &piece.unquoted)).fresh;
        let cut = clean::cut(&mut text, MAX_TEXT) | clean::cut(&mut fresh, MAX_TEXT);
        if fresh.is_empty() {
            fresh.clone_from(&text);
        }
        let html: String = pieces
            .iter()
            .filter_map(|piece| piece.html.as_deref())
            .collect();
        let html = Some(html).filter(|html| !html.is_empty());
        Self {
            text,
            fresh,
            html,
            truncated: truncated | cut,
        }
    }
}

/// The parts that make up the message itself, read within the limits, and whether those were met.
fn pieces(parts: &Parts<'_>) -> (Vec<Piece>, bool) {
    let (mut text_room, mut html_room) = (MAX_TEXT, MAX_HTML);
    let mut truncated = false;
    let mut pieces = Vec::new();
    for leaf in parts.leaves.iter().filter(|leaf| is_body(leaf)) {
        let is_html = leaf.mime_type == "text/html";
        let room = if is_html {
            &mut html_room
        } else {
            &mut text_room
        };
        let (written, cut) = decode::text(leaf, *room);
        truncated |= cut;
        *room -= written.len();
        pieces.push(Piece::of(leaf.alternative, written, is_html));
    }
    (pieces, truncated)
}

impl Piece {
    fn of(alternative: Option<usize>, written: String, is_html: bool) -> Self {
        if is_html {
            let Visible { all, unquoted } = Visible::of(&written);
            return Self {
                alternative,
                text: all,
                unquoted,
                html: Some(written),
            };
        }
        let text = clean::text(&written);
        Self {
            alternative,
            unquoted: text.clone(),
            text,
            html: None,
        }
    }
}

/// Whether a leaf is part of what a mail program shows as the message itself.
fn is_body(leaf: &Leaf<'_>) -> bool {
    matches!(leaf.mime_type.as_str(), "text/plain" | "text/html")
        && !leaf
            .fields
            .content("Content-Disposition")
            .is_some_and(|d| d.is_attachment())
        && file_name(leaf).is_empty()
}

/// Of alternatives, plain text is taken if it says anything.
fn is_shown(piece: &Piece, pieces: &[Piece]) -> bool {
    let Some(alternative) = piece.alternative else {
        return true;
    };
    let has_plain = pieces.iter().any(|other| {
        other.alternative == Some(alternative) && other.html.is_none() && !other.text.is_empty()
    });
    piece.html.is_some() != has_plain
}

fn attachments(leaves: &[Leaf<'_>]) -> Vec<Attachment> {
    leaves
        .iter()
        .filter(|leaf| !is_body(leaf))
        .map(|leaf| Attachment {
            file_name: file_name(leaf),
            content_type: shorten(clean::line(&leaf.mime_type), MAX_NAME),
            size: decode::size(leaf),
        })
        .collect()
}

fn file_name(leaf: &Leaf<'_>) -> String {
    let disposition = leaf.fields.content("Content-Disposition");
    let by_disposition = disposition.as_ref().and_then(|d| d.attribute("filename"));
    let by_type = leaf
        .content_type
        .as_ref()
        .and_then(|content| content.attribute("name"));
    let name = decoded_words(by_disposition.or(by_type).unwrap_or_default());
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    shorten(clean::line(name), MAX_FILE_NAME)
}

/// RFC 2047 does not allow encoded words in parameters; senders use them all the same.
fn decoded_words(value: &str) -> String {
    if !value.contains("=?") {
        return value.to_owned();
    }
    match MessageStream::new(format!("{value}\n").as_bytes()).parse_unstructured() {
        HeaderValue::Text(text) => text.into_owned(),
        _ => value.to_owned(),
    }
}

/// The recipient of a delivery report (RFC 3464) whose delivery failed for good.
fn bounced(fields: &Fields<'_>, leaves: &[Leaf<'_>]) -> Option<EmailAddress> {
    let report = leaves
        .iter()
        .find(|leaf| leaf.mime_type.ends_with("delivery-status"));
    let Some(report) = report else {
        return EmailAddress::parse(&fields.plain("X-Failed-Recipients")?).ok();
    };
    let (text, _) = decode::text(report, MAX_REPORT);
    text.split("\n\n").find_map(|recipient| {
        let value = |name: &str| {
            recipient.lines().find_map(|line| {
                let (found, value) = line.split_once(':')?;
                found
                    .trim()
                    .eq_ignore_ascii_case(name)
                    .then(|| value.trim())
            })
        };
        if !value("Action")?.eq_ignore_ascii_case("failed") {
            return None;
        }
        let (_, address) = value("Final-Recipient")
            .or(value("Original-Recipient"))?
            .split_once(';')?;
        EmailAddress::parse(address.trim().trim_matches(['<', '>'])).ok()
    })
}
