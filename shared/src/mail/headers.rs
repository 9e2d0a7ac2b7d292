//! The headers that hold a thread together: message ids, references, subject.

use std::fmt;

use uuid::Uuid;

use crate::domain::ids::LetterId;

use super::clean;

/// Longer ids are junk, and a folded header line must stay under 998 octets (RFC 5322 2.1.1).
const MAX_ID: usize = 250;
/// A `References` line keeps its first id and this many of the newest.
const NEWEST_REFERENCES: usize = 20;
/// In characters, the reply prefix included.
const MAX_SUBJECT: usize = 200;

/// An RFC 5322 message id in its angle brackets: `<left@right>`, visible ASCII, at most 250 long.
///
/// The type is the guard against header injection: the MIME builder writes ids unchecked, so an id
/// that holds a line break would start a header of its own.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MessageId(String);

impl MessageId {
    /// Reads exactly one id, angle brackets included; space around it is forgiven.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim_matches([' ', '\t', '\r', '\n']);
        let (left, right) = text.strip_prefix('<')?.strip_suffix('>')?.split_once('@')?;
        let fits = text.len() <= MAX_ID && is_id_part(left) && is_id_part(right);
        fits.then(|| Self(text.to_owned()))
    }

    /// All ids in a header value, in order; whatever is not an id is dropped.
    pub fn scan(text: &str) -> Vec<Self> {
        let mut ids = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find('<') {
            rest = &rest[start + 1..];
            let Some(end) = rest.find(['<', '>']) else {
                break;
            };
            if rest[end..].starts_with('>') {
                ids.extend(Self::parse(&format!("<{}>", &rest[..end])));
            }
            rest = &rest[end..];
        }
        ids
    }

    /// The id of one of our replies. The same reply always gets the same id, which is how it is
    /// found again after an answer of Gmail's was lost.
    pub fn for_reply(reply: Uuid, domain: &str) -> Self {
        Self(format!("<{}>", at_domain(reply, domain)))
    }

    /// The id of one of our letters about a tour, the same each time, too.
    pub fn for_letter(letter: LetterId, domain: &str) -> Self {
        Self(format!("<{}>", at_domain(letter.0, domain)))
    }

    /// The id with its angle brackets.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id without angle brackets, as search terms and MIME builders want it.
    pub fn bare(&self) -> &str {
        &self.0[1..self.0.len() - 1]
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// `id@domain`, whatever the domain is made of: it cannot leave a header or a line of a calendar file.
pub(super) fn at_domain(id: Uuid, domain: &str) -> String {
    let domain: String = domain
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
        .take(MAX_ID / 2)
        .collect();
    let domain = domain.trim_matches(['.', '-']);
    let domain = if domain.is_empty() {
        "reply.invalid"
    } else {
        domain
    };
    format!("{}@{}", id.hyphenated(), domain.to_ascii_lowercase())
}

fn is_id_part(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"<>".contains(&byte))
}

/// What goes into `References` of a reply (RFC 5322 section 3.6.4): the parent's references, or its
/// `In-Reply-To` if it has none and that names exactly one message, and the parent itself.
///
/// Capped to the first id and the newest twenty.
pub fn references_of_reply(
    parent_references: &[MessageId],
    parent_in_reply_to: &[MessageId],
    parent: Option<&MessageId>,
) -> Vec<MessageId> {
    let inherited = match (parent_references, parent_in_reply_to) {
        ([], [only]) => std::slice::from_ref(only),
        (references, _) => references,
    };
    let mut all: Vec<MessageId> = Vec::with_capacity(inherited.len() + 1);
    all.extend(inherited.iter().filter(|id| Some(*id) != parent).cloned());
    all.extend(parent.cloned());
    if all.len() > NEWEST_REFERENCES + 1 {
        all.drain(1..all.len() - NEWEST_REFERENCES);
    }
    all
}

/// The word that mail programs put before the subject of an answer, in a few languages.
const REPLY_PREFIXES: [&str; 11] = [
    "re", "aw", "sv", "antw", "vs", "odp", "rif", "res", "ynt", "回复", "回覆",
];

/// The subject of a reply: the parent's with exactly one reply prefix, on one line, without control
/// characters, at most 200 characters.
///
/// A prefix in another language stays as it is, since Gmail threads by subject, too.
pub fn subject_of_reply(parent: &str) -> String {
    let parent = clean::line(parent);
    let mut rest = parent.as_str();
    let mut prefix = None;
    while let Some((found, behind)) = split_reply_prefix(rest) {
        prefix.get_or_insert(found);
        rest = behind;
    }
    let subject = format!("{} {rest}", prefix.unwrap_or("Re:"));
    let cut: String = subject.chars().take(MAX_SUBJECT).collect();
    cut.trim().to_owned()
}

/// The subject of a letter that answers nothing: on one line, without control characters, at most 200
/// characters.
pub fn subject_of_letter(subject: &str) -> String {
    let cut: String = clean::line(subject).chars().take(MAX_SUBJECT).collect();
    cut.trim().to_owned()
}

fn split_reply_prefix(subject: &str) -> Option<(&str, &str)> {
    let end = subject.find([':', '：'])?;
    let colon = subject[end..].chars().next()?.len_utf8();
    // Some programs count: `Re[2]:`, `Re(3):`.
    let word = subject[..end].trim_end_matches(|c: char| c.is_ascii_digit() || "[]() ".contains(c));
    let known = REPLY_PREFIXES
        .iter()
        .any(|prefix| word.eq_ignore_ascii_case(prefix));
    known.then(|| (&subject[..end + colon], subject[end + colon..].trim_start()))
}
