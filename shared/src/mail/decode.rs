//! From the bytes of a leaf to text: transfer encoding, then charset.

use std::borrow::Cow;

use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::parsers::MessageStream;

use super::clean;
use super::parts::Leaf;

/// How much longer than its text a body may be: three for quoted-printable, four for the widest
/// charset, and some for line breaks.
const ENCODED_PER_TEXT: usize = 16;
const CHARSET_PER_TEXT: usize = 4;

/// The text of a leaf, at most `max` bytes, and whether it was cut. Line ends are `\n`, `\0` is left
/// out because Postgres refuses it in text.
///
/// Nothing here fails: broken base64 is decoded as far as it goes, an unknown charset is guessed.
pub(super) fn text(leaf: &Leaf<'_>, max: usize) -> (String, bool) {
    let raw = &leaf.body[..leaf.body.len().min(max * ENCODED_PER_TEXT)];
    let decoded = transfer(&encoding(leaf), raw);
    let bytes = &decoded[..decoded.len().min(max * CHARSET_PER_TEXT)];
    let mut truncated = raw.len() < leaf.body.len() || bytes.len() < decoded.len();
    let charset = leaf
        .content_type
        .as_ref()
        .and_then(|content| content.attribute("charset"));
    let mut text = from_charset(charset, bytes).replace("\r\n", "\n");
    text.retain(|c| c != '\0');
    truncated |= clean::cut(&mut text, max);
    (text, truncated)
}

/// The size of a leaf's content in bytes, reckoned without decoding it: exact for base64 and for
/// what is not encoded, near enough for quoted-printable. Of a content that was left out, the size
/// that its header tells (RFC 2183, 2.7).
pub(super) fn size(leaf: &Leaf<'_>) -> u64 {
    let length = leaf.body.len();
    if length == 0 {
        let disposition = leaf.fields.content("Content-Disposition");
        let told = disposition.as_ref().and_then(|d| d.attribute("size"));
        return told.and_then(|size| size.parse().ok()).unwrap_or(0);
    }
    let size = match encoding(leaf).as_str() {
        "base64" => leaf.body.iter().filter(|byte| is_base64(**byte)).count() * 3 / 4,
        "quoted-printable" => {
            let escapes = leaf.body.iter().filter(|byte| **byte == b'=').count();
            length.saturating_sub(2 * escapes)
        }
        _ => length,
    };
    size as u64
}

fn encoding(leaf: &Leaf<'_>) -> String {
    leaf.fields
        .plain("Content-Transfer-Encoding")
        .unwrap_or_default()
        .to_ascii_lowercase()
}

fn transfer<'a>(encoding: &str, raw: &'a [u8]) -> Cow<'a, [u8]> {
    match encoding {
        "base64" => base64(raw),
        "quoted-printable" => {
            let (end, decoded) = MessageStream::new(raw).decode_quoted_printable_mime(b"");
            if end == usize::MAX {
                Cow::Borrowed(raw)
            } else {
                Cow::Owned(decoded.into_owned())
            }
        }
        _ => Cow::Borrowed(raw),
    }
}

/// RFC 2045 section 6.8: characters outside the alphabet are ignored. A body that has many of them
/// is no base64, whatever its header says.
fn base64(raw: &[u8]) -> Cow<'_, [u8]> {
    if let Some(decoded) = base64_decode(raw) {
        return decoded.into();
    }
    let kept: Vec<u8> = raw
        .iter()
        .copied()
        .filter(|byte| is_base64(*byte))
        .collect();
    let junk = raw
        .iter()
        .filter(|byte| !is_base64(**byte) && !byte.is_ascii_whitespace());
    match base64_decode(&kept) {
        Some(decoded) if junk.count() * 20 < raw.len() => decoded.into(),
        _ => raw.into(),
    }
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}

/// A charset that says nothing beyond ASCII is not believed when the bytes say more.
fn from_charset(charset: Option<&str>, bytes: &[u8]) -> String {
    let charset = charset.unwrap_or_default().to_ascii_lowercase();
    let vague = matches!(
        charset.as_str(),
        "" | "us-ascii" | "ascii" | "utf-8" | "utf8"
    );
    match charset_decoder(charset.as_bytes()) {
        Some(decode) if !vague => decode(bytes),
        _ if charset.starts_with("utf") => String::from_utf8_lossy(bytes).into_owned(),
        _ => guessed(bytes).into_owned(),
    }
}

/// Text in an unknown charset: UTF-8 if it can be, else what Windows wrote in the west.
pub(super) fn guessed(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(error) if error.error_len().is_none() => {
            String::from_utf8_lossy(&bytes[..error.valid_up_to()]) // cut within a character
        }
        Err(_) => match charset_decoder(b"windows-1252") {
            Some(decode) => decode(bytes).into(),
            None => String::from_utf8_lossy(bytes),
        },
    }
}
