//! The header fields of a message or of a part, found by one bounded pass.
//!
//! The pass only finds names and values; reading a value is the MIME library's work. It never sees
//! more than [`MAX_VALUE`] bytes of one header, because its search for encoded words starts again
//! at every `=?` and would take minutes over a long line of them.

use std::borrow::Cow;

use mail_parser::parsers::MessageStream;
use mail_parser::{Addr, Address, ContentType, HeaderValue};

use crate::domain::email_address::EmailAddress;

use super::{clean, decode};

/// Bytes of a header that are kept.
const MAX_VALUE: usize = 64 * 1024;
/// Bytes of a header that are searched for encoded words, addresses and parameters.
const MAX_STRUCTURED: usize = 16 * 1024;
/// Headers of one part that are kept. A mail that crossed a few relays has about a hundred.
const MAX_FIELDS: usize = 2_000;

/// The header block of a message or a part.
#[derive(Clone)]
pub(super) struct Fields<'a> {
    fields: Vec<(&'a [u8], &'a [u8])>,
    truncated: bool,
}

impl<'a> Fields<'a> {
    /// Splits raw bytes into header block and body.
    ///
    /// A line that is no header field is skipped, unless it comes first: then the block is empty and
    /// everything is body.
    pub(super) fn split(raw: &'a [u8]) -> (Self, &'a [u8]) {
        let mut found = Self {
            fields: Vec::new(),
            truncated: false,
        };
        let mut at = 0;
        let mut junk_first = None;
        while at < raw.len() {
            let start = at;
            let line_end = end_of_line(raw, at);
            if is_blank(&raw[start..line_end]) {
                return (found, &raw[line_end..]);
            }
            at = end_of_field(raw, line_end);
            match name_and_value(&raw[start..at]) {
                Some(field) => found.keep(field),
                None if found.fields.is_empty() && !raw[start..].starts_with(b"From ") => {
                    junk_first.get_or_insert(start);
                    break;
                }
                None => {}
            }
        }
        match junk_first {
            Some(start) => (found, &raw[start..]),
            None => (found, &raw[raw.len()..]),
        }
    }

    fn keep(&mut self, (name, value): (&'a [u8], &'a [u8])) {
        if self.fields.len() == MAX_FIELDS || value.len() > MAX_VALUE {
            self.truncated = true;
        }
        if self.fields.len() < MAX_FIELDS {
            self.fields
                .push((name, &value[..value.len().min(MAX_VALUE)]));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Whether headers were left out or cut.
    pub(super) fn truncated(&self) -> bool {
        self.truncated
    }

    /// The raw values of a field, topmost first.
    fn raw(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.fields
            .iter()
            .filter(move |(found, _)| found.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| *value)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.raw(name).next().is_some()
    }

    pub(super) fn count(&self, name: &str) -> usize {
        self.raw(name).count()
    }

    /// The topmost value of a field on one line, not decoded.
    pub(super) fn plain(&self, name: &str) -> Option<String> {
        self.raw(name)
            .next()
            .map(|value| clean::line(&decode::guessed(value)))
    }

    /// All values of a field on one line, not decoded.
    pub(super) fn all_plain(&self, name: &str) -> String {
        let values: Vec<Cow<'_, str>> = self.raw(name).map(decode::guessed).collect();
        clean::line(&values.join(" "))
    }

    /// The topmost value of a field on one line, its encoded words (RFC 2047) decoded.
    pub(super) fn decoded(&self, name: &str) -> Option<String> {
        let value = structured(self.raw(name).next()?);
        match MessageStream::new(&value).parse_unstructured() {
            HeaderValue::Text(text) => Some(clean::line(&text)),
            _ => Some(String::new()),
        }
    }

    /// The mailboxes of an address header. `None` if it uses group syntax.
    pub(super) fn mailboxes(&self, name: &str) -> Option<Vec<Mailbox>> {
        let mut mailboxes = Vec::new();
        for value in self.raw(name) {
            let value = structured(value);
            match MessageStream::new(&value).parse_address() {
                HeaderValue::Address(Address::List(list)) => {
                    mailboxes.extend(list.iter().map(Mailbox::of));
                }
                HeaderValue::Address(Address::Group(_)) => return None,
                _ => {}
            }
        }
        Some(mailboxes)
    }

    /// `Content-Type` or `Content-Disposition`, read.
    pub(super) fn content(&self, name: &str) -> Option<ContentType<'static>> {
        let value = structured(self.raw(name).next()?);
        match MessageStream::new(&value).parse_content_type().into_owned() {
            HeaderValue::ContentType(content) => Some(content),
            _ => None,
        }
    }
}

/// One mailbox of an address header, as far as it could be read.
pub(super) struct Mailbox {
    pub(super) name: Option<String>,
    pub(super) address: Option<EmailAddress>,
}

impl Mailbox {
    fn of(addr: &Addr<'_>) -> Self {
        let name = addr
            .name
            .as_deref()
            .map(clean::line)
            .filter(|name| !name.is_empty());
        let address = addr
            .address
            .as_deref()
            .and_then(|text| EmailAddress::parse(text).ok());
        Self { name, address }
    }
}

/// The library's field parsers stop at a line end and return nothing without one.
fn structured(value: &[u8]) -> Vec<u8> {
    let mut line = decode::guessed(&value[..value.len().min(MAX_STRUCTURED)]).into_owned();
    line.push('\n');
    line.into_bytes()
}

/// The index behind the line that starts at `at`.
fn end_of_line(raw: &[u8], at: usize) -> usize {
    raw[at..]
        .iter()
        .position(|byte| *byte == b'\n')
        .map_or(raw.len(), |length| at + length + 1)
}

/// The index behind the continuation lines that follow `at`.
fn end_of_field(raw: &[u8], mut at: usize) -> usize {
    while at < raw.len() && matches!(raw[at], b' ' | b'\t') {
        at = end_of_line(raw, at);
    }
    at
}

fn is_blank(line: &[u8]) -> bool {
    line.iter().all(|byte| matches!(byte, b'\r' | b'\n'))
}

fn name_and_value(field: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = field.iter().position(|byte| *byte == b':')?;
    let name = field[..colon].trim_ascii_end();
    let is_name = !name.is_empty() && name.iter().all(|byte| byte.is_ascii_graphic());
    is_name.then(|| (name, &field[colon + 1..]))
}
