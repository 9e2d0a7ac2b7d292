//! Tolerant reading of what Google sends: numbers as text, either base64, broken escapes.

use std::borrow::Cow;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use super::{Error, Result};

/// Google prints numbers as text, some guides and fakes as numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Number(pub(super) u64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Number(u64),
            Text(String),
        }
        match Either::deserialize(deserializer)? {
            Either::Number(number) => Ok(Self(number)),
            Either::Text(text) => text
                .trim()
                .parse()
                .map(Self)
                .map_err(|_| serde::de::Error::custom("not a number")),
        }
    }
}

/// Reads JSON; text that is not Unicode (invalid UTF-8, half a surrogate pair) becomes U+FFFD, so
/// that one odd character in a mail does not hide the ids beside it.
pub(super) fn decode<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    serde_json::from_slice(body)
        .or_else(|_| serde_json::from_str(&repair(&String::from_utf8_lossy(body))))
        .ok()
}

/// Replaces `\u` escapes that are half of a surrogate pair.
fn repair(json: &str) -> String {
    let mut repaired = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        repaired.push_str(&rest[..at]);
        rest = &rest[at..];
        let after = rest.get(6..).unwrap_or_default();
        let (kept, read) = match (surrogate(rest), surrogate(after)) {
            (Some(Half::High), Some(Half::Low)) => (&rest[..12], 12),
            (Some(_), _) => ("\\ufffd", 6),
            // The backslash and what it escapes; the digits of a `\u` follow as plain text.
            (None, _) => {
                let length = 1 + rest[1..].chars().next().map_or(0, char::len_utf8);
                (&rest[..length], length)
            }
        };
        repaired.push_str(kept);
        rest = &rest[read..];
    }
    repaired.push_str(rest);
    repaired
}

enum Half {
    High,
    Low,
}

/// Whether the text begins with the escape of half a surrogate pair.
fn surrogate(text: &str) -> Option<Half> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    match u16::from_str_radix(digits, 16).ok()? {
        0xd800..=0xdbff => Some(Half::High),
        0xdc00..=0xdfff => Some(Half::Low),
        _ => None,
    }
}

const TOLERANT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Decodes base64 of either alphabet, with or without padding or line breaks: Gmail's guide and
/// Pub/Sub's differ about which it is.
pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'=');
    let text = if text.bytes().all(plain) {
        Cow::Borrowed(text)
    } else {
        let kept = text.chars().filter(|letter| !letter.is_ascii_whitespace());
        Cow::Owned(
            kept.map(|c| {
                if c == '+' {
                    '-'
                } else if c == '/' {
                    '_'
                } else {
                    c
                }
            })
            .collect(),
        )
    };
    TOLERANT.decode(text.as_bytes()).ok()
}

/// An id that may stand in a path. Percent-encoding guards the path; this guards the log and Google.
pub(super) fn path_id(id: &str) -> Result<&str> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:=~".contains(&byte);
    let fits = (1..=256).contains(&id.len()) && !id.starts_with('.') && id.bytes().all(allowed);
    if fits {
        Ok(id)
    } else {
        Err(Error::refused(400, "malformedId"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn numbers_may_be_text() {
        let numbers: Vec<Number> = decode(br#"[7, "18446744073709551615", " 9 "]"#).unwrap();
        assert_eq!(numbers, [Number(7), Number(u64::MAX), Number(9)]);
        for wrong in ["-1", "1.5", r#""""#, r#""x""#, "null", "true"] {
            assert!(decode::<Number>(wrong.as_bytes()).is_none(), "{wrong}");
        }
    }

    #[test]
    fn text_that_is_not_unicode_does_not_hide_the_rest() {
        let cases: [(&[u8], &str); 7] = [
            (br#"{"id":"7","snippet":"a\ud83d b"}"#, "a\u{fffd} b"),
            (br#"{"id":"7","snippet":"\udc00"}"#, "\u{fffd}"),
            (
                br#"{"id":"7","snippet":"\ud83d\ud83d\ude00"}"#,
                "\u{fffd}😀",
            ),
            (
                br#"{"id":"7","snippet":"\ud83d\\ude00"}"#,
                "\u{fffd}\\ude00",
            ),
            (br#"{"id":"7","snippet":"\\\ud800\n"}"#, "\\\u{fffd}\n"),
            (b"{\"id\":\"7\",\"snippet\":\"a\xff\"}", "a\u{fffd}"),
            (br#"{"id":"7","snippet":"\\ud800"}"#, "\\ud800"),
        ];
        for (body, snippet) in cases {
            let value: Value = decode(body).unwrap();
            assert_eq!(value, json!({"id": "7", "snippet": snippet}));
        }
    }

    #[test]
    fn what_is_not_json_stays_unreadable() {
        for body in [
            "",
            "{",
            r#"{"a":"\"#,
            r#""\u"#,
            r#""\ud8"#,
            "\\",
            "\\é",
            "<html>",
        ] {
            assert!(decode::<Value>(body.as_bytes()).is_none(), "{body}");
        }
    }

    #[test]
    fn either_base64_is_decoded() {
        for text in ["-_-_", "+/+/", "-_-_\r\n", "-_ -_"] {
            assert_eq!(base64(text).unwrap(), [0xfb, 0xff, 0xbf], "{text}");
        }
        for text in ["aGk", "aGk=", "aGl"] {
            assert_eq!(base64(text).unwrap(), b"hi", "{text}");
        }
        assert_eq!(base64("").unwrap(), b"");
        for text in ["a", "aGk!", "aG=k", "é"] {
            assert_eq!(base64(text), None, "{text}");
        }
    }

    #[test]
    fn an_id_that_could_leave_its_place_is_refused() {
        for id in ["18f2a", "r-7305", "msg_1", "thread:1"] {
            assert_eq!(path_id(id), Ok(id));
        }
        for id in [
            "",
            ".",
            "..",
            "a/b",
            "a?b",
            "a b",
            "a%2f",
            "é",
            &"x".repeat(257),
        ] {
            assert_eq!(path_id(id), Err(Error::refused(400, "malformedId")), "{id}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_body_makes_reading_panic(body: Vec<u8>, text in r#"[\\ud8cf0"{}é]{0,40}"#) {
            let _ = decode::<Value>(&body);
            let _ = decode::<Value>(text.as_bytes());
            let _ = base64(&String::from_utf8_lossy(&body));
        }
    }
}
