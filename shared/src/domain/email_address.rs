//! An e-mail address that we are willing to write to.

use std::fmt;
use std::hash::{Hash, Hasher};

/// RFC 5321 section 4.5.3.1.3 allows a path of 256 octets, two of which are the angle brackets.
const MAX_LENGTH: usize = 254;
/// RFC 5321 section 4.5.3.1.1.
const MAX_LOCAL: usize = 64;
/// RFC 1035 section 2.3.4.
const MAX_LABEL: usize = 63;

/// A plain ASCII `local@domain` (RFC 5322 `dot-atom`), at most 254 characters.
///
/// Quoted local parts, domain literals and SMTPUTF8 addresses are legal elsewhere and refused
/// here: nobody who writes to a leasing office has one, and every one of them is a way to smuggle
/// something into a header. Two addresses are equal when they differ in case only.
#[derive(Clone)]
pub struct EmailAddress {
    written: String,
    key: String,
    at: usize,
}

/// The text is no address that we would write to. It does not repeat the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an e-mail address")]
pub struct InvalidAddress;

impl EmailAddress {
    /// Reads an address without display name and without surrounding space.
    pub fn parse(text: &str) -> Result<Self, InvalidAddress> {
        if text.len() > MAX_LENGTH {
            return Err(InvalidAddress);
        }
        let at = text.find('@').ok_or(InvalidAddress)?;
        let (local, domain) = (&text[..at], &text[at + 1..]);
        if !is_local(local) || !is_domain(domain) {
            return Err(InvalidAddress);
        }
        Ok(Self {
            written: text.to_owned(),
            key: text.to_ascii_lowercase(),
            at,
        })
    }

    /// The address as it was written.
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// The address for comparing and looking up: all lower case.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// What stands before the `@`, as it was written.
    pub fn local(&self) -> &str {
        &self.written[..self.at]
    }

    /// What stands behind the `@`, in lower case.
    pub fn domain(&self) -> &str {
        &self.key[self.at + 1..]
    }
}

fn is_local(text: &str) -> bool {
    text.len() <= MAX_LOCAL
        && text
            .split('.')
            .all(|atom| !atom.is_empty() && atom.bytes().all(is_atext))
}

/// RFC 5322 section 3.2.3.
fn is_atext(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
}

fn is_domain(text: &str) -> bool {
    text.contains('.') && text.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    (1..=MAX_LABEL).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

impl PartialEq for EmailAddress {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for EmailAddress {}

impl Hash for EmailAddress {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.written)
    }
}

/// Addresses are personal data; what is printed for debugging ends up in logs.
impl fmt::Debug for EmailAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("EmailAddress(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ordinary_addresses_are_read() {
        for text in [
            "ann@example.com",
            "Ann.Lee+flat@Example.CO.UK",
            "o'neil@sub.example.com",
            "a1b2c3==@convo.zillow.com",
            "x@xn--bcher-kva.example",
        ] {
            let address = EmailAddress::parse(text).unwrap();
            assert_eq!(address.as_str(), text);
            assert_eq!(address.key(), text.to_lowercase());
        }
        let longest = format!(
            "{}@{}.com",
            "a".repeat(64),
            ["b".repeat(63), "c".repeat(63), "d".repeat(57)].join(".")
        );
        assert_eq!(longest.len(), 254);
        assert!(EmailAddress::parse(&longest).is_ok());
        assert!(EmailAddress::parse(&longest.replace(".com", ".info")).is_err());
    }

    #[test]
    fn what_is_no_plain_address_is_refused() {
        for text in [
            "",
            "ann",
            "@example.com",
            "ann@",
            "ann@localhost",
            "ann@example.com.",
            "ann@.example.com",
            "ann@-example.com",
            "ann@exa_mple.com",
            "ann@[192.0.2.1]",
            ".ann@example.com",
            "a..b@example.com",
            "ann@example.com, bob@example.com",
            "ann@bob@example.com",
            "\"ann lee\"@example.com",
            "ann @example.com",
            " ann@example.com",
            "<ann@example.com>",
            "ann@example.com\r\nBcc: bob@example.com",
            "ann\0@example.com",
            "jörg@example.com",
            "ann@bücher.example",
        ] {
            assert_eq!(EmailAddress::parse(text), Err(InvalidAddress), "{text:?}");
        }
    }

    #[test]
    fn case_does_not_make_two_people_of_one() {
        let one = EmailAddress::parse("Ann@Example.com").unwrap();
        let other = EmailAddress::parse("ann@example.COM").unwrap();
        assert_eq!(one, other);
        assert_eq!((one.local(), one.domain()), ("Ann", "example.com"));
        assert_ne!(one, EmailAddress::parse("anne@example.com").unwrap());
    }

    #[test]
    fn debug_output_holds_no_address() {
        let address = EmailAddress::parse("ann@example.com").unwrap();
        assert_eq!(
            format!("{address:?} {address}"),
            "EmailAddress(…) ann@example.com"
        );
    }

    proptest! {
        #[test]
        fn any_text_is_refused_or_safe_in_a_header(text in "\\PC*|[a-z.@<>,;: \r\n\"]{0,300}") {
            if let Ok(address) = EmailAddress::parse(&text) {
                prop_assert!(address.as_str().bytes().all(|byte| byte.is_ascii_graphic()));
                prop_assert!(!address.as_str().contains(['<', '>', ',', ';', ':', '"', '(', ')']));
                prop_assert_eq!(address.as_str().matches('@').count(), 1);
                prop_assert_eq!(format!("{}@{}", address.local(), address.domain()).to_lowercase(), address.key());
            }
        }
    }
}
