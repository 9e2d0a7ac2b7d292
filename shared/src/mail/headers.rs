//! The headers that decide about threads and trust: message ids, references, subject, DMARC.

use std::fmt;

use uuid::Uuid;

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
        Self(format!(
            "<{}@{}>",
            reply.hyphenated(),
            domain.to_ascii_lowercase()
        ))
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

/// What Gmail found out about the sender's domain (RFC 7489), by its own header only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dmarc {
    /// Gmail authenticated the very domain that `From` names.
    Pass,
    /// Authentication failed, or it speaks of another domain than `From` does.
    Fail,
    /// Nothing is known: no header of Gmail's, no policy, or a passing failure.
    None,
}

/// The name under which Gmail signs its results.
const OUR_AUTHSERV_ID: &str = "mx.google.com";

/// Reads the topmost `Authentication-Results` header (RFC 8601) of a message from `from_domain`.
///
/// Headers below are not looked at: a sender can write any of them.
pub fn dmarc(topmost: Option<&str>, from_domain: Option<&str>) -> Dmarc {
    let Some(value) = topmost else {
        return Dmarc::None;
    };
    let clauses = clauses(value);
    let Some((server, results)) = clauses.split_first() else {
        return Dmarc::None;
    };
    let authserv_id = server.first().map(String::as_str).unwrap_or_default();
    if !authserv_id.eq_ignore_ascii_case(OUR_AUTHSERV_ID) {
        return Dmarc::None;
    }
    let mut verdicts = results
        .iter()
        .filter_map(|clause| clause.first()?.strip_prefix("dmarc="));
    let Some(verdict) = verdicts.next() else {
        return Dmarc::None;
    };
    if verdicts.next().is_some() {
        return Dmarc::Fail; // Gmail writes one; two means that somebody smuggled one in
    }
    let mut domains = results
        .iter()
        .filter(|clause| {
            clause
                .first()
                .is_some_and(|token| token.starts_with("dmarc="))
        })
        .flat_map(|clause| {
            clause
                .iter()
                .filter_map(|token| token.strip_prefix("header.from="))
        });
    let aligned = match (domains.next(), from_domain) {
        (Some(domain), Some(from)) => domain.eq_ignore_ascii_case(from),
        _ => false,
    };
    match verdict {
        "pass" if aligned => Dmarc::Pass,
        "pass" | "fail" => Dmarc::Fail,
        _ => Dmarc::None,
    }
}

/// Splits a structured header at its semicolons and those at white space, lower-cased, comments
/// left out. Quoted strings stay one token, quotes included, so that nothing in them is taken for a
/// result.
fn clauses(value: &str) -> Vec<Vec<String>> {
    let mut clauses = vec![vec![]];
    let mut token = String::new();
    let (mut quoted, mut depth) = (false, 0_usize);
    let mut chars = value.chars();
    let end_token = |token: &mut String, clauses: &mut Vec<Vec<String>>| {
        if let (false, Some(clause)) = (token.is_empty(), clauses.last_mut()) {
            clause.push(std::mem::take(token));
        }
    };
    while let Some(c) = chars.next() {
        match c {
            '\\' if quoted || depth > 0 => {
                chars.next();
            }
            '"' if depth == 0 => {
                quoted = !quoted;
                token.push(c);
            }
            _ if quoted => token.push(c.to_ascii_lowercase()),
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            ';' => {
                end_token(&mut token, &mut clauses);
                clauses.push(vec![]);
            }
            c if c.is_whitespace() => end_token(&mut token, &mut clauses),
            c => token.push(c.to_ascii_lowercase()),
        }
    }
    end_token(&mut token, &mut clauses);
    clauses
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn id(name: &str) -> MessageId {
        MessageId::parse(&format!("<{name}@x.example>")).unwrap()
    }

    fn ids(names: std::ops::Range<u32>) -> Vec<MessageId> {
        names.map(|name| id(&name.to_string())).collect()
    }

    #[test]
    fn message_ids_are_read() {
        for text in [
            "<a@b>",
            "<CAa2+xyz=_3@mail.gmail.com>",
            " <0a.1$b@[192.0.2.1]>\r\n",
            "<a@b@c>",
            "<\"odd\"@x.example>",
        ] {
            assert_eq!(
                MessageId::parse(text).unwrap().as_str(),
                text.trim(),
                "{text:?}"
            );
        }
        assert_eq!(id("a").bare(), "a@x.example");
    }

    #[test]
    fn what_could_break_a_header_is_no_message_id() {
        let long = format!("<{}@x.example>", "a".repeat(250));
        for text in [
            "",
            "<>",
            "<@>",
            "<a>",
            "<a@>",
            "<@b>",
            "a@b",
            "<a@b",
            "<a b@c>",
            "<a@b c>",
            "<a@b>>",
            "<a@b><c@d>",
            "<a@b\r\nBcc: x@y.example>",
            "<a@b\0>",
            "<ä@b>",
            "<a@b> c",
            &long,
        ] {
            assert_eq!(MessageId::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn ids_are_found_among_junk() {
        let found =
            MessageId::scan("x <a@b>\r\n\t<c@d><e@f>, (comment <g@h>) <no at> <i@j <k@l> <m@n");
        let found: Vec<&str> = found.iter().map(MessageId::as_str).collect();
        assert_eq!(found, ["<a@b>", "<c@d>", "<e@f>", "<g@h>", "<k@l>"]);
    }

    #[test]
    fn the_id_of_a_reply_is_always_the_same_and_always_valid() {
        let reply = Uuid::from_u128(7);
        let made = MessageId::for_reply(reply, "Oak.Example");
        assert_eq!(
            made.as_str(),
            "<00000000-0000-0000-0000-000000000007@oak.example>"
        );
        for domain in ["", "...", "a b\r\nBcc: x", "<>@", &"x".repeat(999)] {
            let made = MessageId::for_reply(reply, domain);
            assert_eq!(
                MessageId::parse(made.as_str()),
                Some(made.clone()),
                "{domain:?}"
            );
        }
    }

    #[test]
    fn references_are_the_parents_and_the_parent() {
        let parent = id("parent");
        let of = |references: &[MessageId], in_reply_to: &[MessageId]| {
            references_of_reply(references, in_reply_to, Some(&parent))
        };
        assert_eq!(of(&[], &[]), [parent.clone()]);
        assert_eq!(
            of(&[id("a"), id("b")], &[id("b")]),
            [id("a"), id("b"), parent.clone()]
        );
        assert_eq!(of(&[], &[id("b")]), [id("b"), parent.clone()]);
        assert_eq!(
            of(&[], &[id("b"), id("c")]),
            [parent.clone()],
            "which of the two is not known"
        );
        assert_eq!(
            of(&[parent.clone(), id("a")], &[]),
            [id("a"), parent.clone()],
            "the parent is last"
        );
        assert_eq!(references_of_reply(&[id("a")], &[], None), [id("a")]);
    }

    #[test]
    fn long_threads_keep_their_first_and_newest_references() {
        let parent = id("100");
        let kept = references_of_reply(&ids(0..100), &[], Some(&parent));
        assert_eq!(kept.len(), 21);
        assert_eq!(
            (&kept[0], &kept[1], &kept[20]),
            (&id("0"), &id("81"), &parent)
        );
        assert_eq!(
            references_of_reply(&ids(0..20), &[], Some(&parent)).len(),
            21
        );
    }

    #[test]
    fn a_subject_has_exactly_one_prefix() {
        for (parent, reply) in [
            ("2BR in January?", "Re: 2BR in January?"),
            ("Re: 2BR", "Re: 2BR"),
            ("RE: re: 2BR", "RE: 2BR"),
            ("AW: Wohnung", "AW: Wohnung"),
            ("Sv:Lägenhet", "Sv: Lägenhet"),
            ("Antw: Re: huis", "Antw: huis"),
            ("Re[2]: 2BR", "Re[2]: 2BR"),
            ("回复：公寓", "回复： 公寓"),
            ("Rent: how much?", "Re: Rent: how much?"),
            ("Reply: soon", "Re: Reply: soon"),
            ("12: 30", "Re: 12: 30"),
            ("Fwd: 2BR", "Re: Fwd: 2BR"),
            ("", "Re:"),
            ("Re:", "Re:"),
            ("a\r\nBcc: b@c.example", "Re: a Bcc: b@c.example"),
            ("a\0\t b\u{200b}c", "Re: a bc"),
        ] {
            assert_eq!(subject_of_reply(parent), reply, "{parent:?}");
        }
        assert_eq!(subject_of_reply(&"ä".repeat(500)).chars().count(), 200);
    }

    const PASS: &str = "mx.google.com; dkim=pass header.i=@x.example header.s=s1; spf=pass \
        (google.com: domain of a@x.example designates 1.2.3.4) smtp.mailfrom=a@x.example; \
        dmarc=pass (p=NONE sp=NONE dis=NONE) header.from=x.example";

    #[test]
    fn gmails_own_verdict_on_the_very_domain_counts() {
        for (value, expected) in [
            (PASS.to_owned(), Dmarc::Pass),
            (PASS.replace("mx.google.com", "MX.Google.com 1"), Dmarc::Pass),
            (PASS.replace("=x.example", "=X.Example"), Dmarc::Pass),
            (PASS.replace("dmarc=pass", "dmarc=fail"), Dmarc::Fail),
            (PASS.replace("header.from=x.example", "header.from=evil.example"), Dmarc::Fail),
            (PASS.replace("header.from=x.example", "header.from=mail.x.example"), Dmarc::Fail),
            (PASS.replace("header.from=x.example", ""), Dmarc::Fail),
            (PASS.replace("dmarc=pass", "dmarc=none"), Dmarc::None),
            (PASS.replace("dmarc=pass", "dmarc=temperror"), Dmarc::None),
            (PASS.replace("dmarc=", "xdmarc="), Dmarc::None),
            (PASS.replace("mx.google.com;", "mx.evil.example;"), Dmarc::None),
            (PASS.replace("mx.google.com;", "mx.google.com.evil.example;"), Dmarc::None),
            (PASS.replace("mx.google.com;", ""), Dmarc::None),
            ("mx.google.com; none".to_owned(), Dmarc::None),
            (String::new(), Dmarc::None),
            (format!("{PASS}; dmarc=pass header.from=x.example"), Dmarc::Fail),
            (
                "mx.google.com; spf=pass smtp.mailfrom=\"a; dmarc=pass header.from=x.example\"@b"
                    .to_owned(),
                Dmarc::None,
            ),
            ("mx.google.com; spf=none (; dmarc=pass header.from=x.example)".to_owned(), Dmarc::None),
            (
                "mx.google.com; dmarc=fail header.from=x.example; x=y (dmarc=pass header.from=x.example)"
                    .to_owned(),
                Dmarc::Fail,
            ),
        ] {
            assert_eq!(dmarc(Some(&value), Some("x.example")), expected, "{value}");
        }
        assert_eq!(dmarc(None, Some("x.example")), Dmarc::None);
        assert_eq!(dmarc(Some(PASS), None), Dmarc::Fail);
    }

    proptest! {
        #[test]
        fn ids_and_subjects_are_safe_in_a_header(text in "\\PC{0,300}|[<>@a \r\n\0]{0,300}|(?s:.{0,300})") {
            for id in MessageId::scan(&text) {
                prop_assert!(id.as_str().bytes().all(|byte| byte.is_ascii_graphic()));
                prop_assert_eq!(MessageId::parse(id.as_str()), Some(id));
            }
            let subject = subject_of_reply(&text);
            prop_assert!(!subject.contains(char::is_control));
            prop_assert!(subject.chars().count() <= 200);
            prop_assert_eq!(&subject_of_reply(&subject), &subject, "a reply to the reply");
            dmarc(Some(&text), Some("x.example"));
        }
    }
}
