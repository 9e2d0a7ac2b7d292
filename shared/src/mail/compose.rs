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

fn linked(line: &str) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::{Automatic, letter, parse, wording};
    use chrono::TimeZone;
    use proptest::prelude::*;

    struct Reply {
        from: Correspondent,
        to: EmailAddress,
        subject: String,
        references: Vec<MessageId>,
        automatic: bool,
        text: String,
    }

    impl Reply {
        fn new(text: &str) -> Self {
            Self {
                from: Correspondent {
                    name: Some("Oak Court Leasing".to_owned()),
                    address: EmailAddress::parse("leasing@oak.example").unwrap(),
                },
                to: EmailAddress::parse("ann@example.com").unwrap(),
                subject: "2BR in January?".to_owned(),
                references: MessageId::scan("<first@oak.example><CAa2+xyz=@mail.gmail.com>"),
                automatic: true,
                text: text.to_owned(),
            }
        }

        fn compose(&self) -> Result<Vec<u8>, NotComposable> {
            let reply_id = Uuid::from_u128(7);
            compose(&Outgoing {
                from: &self.from,
                to: &self.to,
                subject: &self.subject,
                message_id: &MessageId::for_reply(reply_id, self.from.address.domain()),
                in_reply_to: self.references.last(),
                references: &self.references,
                reply_id,
                automatic: self.automatic,
                text: &self.text,
                date: Utc.with_ymd_and_hms(2026, 1, 5, 16, 30, 0).unwrap(),
            })
        }
    }

    fn written(reply: &Reply) -> String {
        String::from_utf8(reply.compose().unwrap()).unwrap()
    }

    #[test]
    fn a_reply_is_plain_text_and_the_same_in_html() {
        let body =
            "Hi Ann,\n\nwe have two, see https://oak.example/a?b=1&c=2.\nWould Saturday suit you?";
        let notice = wording::disclosure("Oak Court", "555-0100");
        let text = letter(
            body,
            "Oak Court Leasing\nleasing@oak.example",
            &notice,
            wording::OPT_OUT,
        );
        insta::assert_snapshot!(written(&Reply::new(&text)).replace("\r\n", "\n"), @r#"
        From: "Oak Court Leasing" <leasing@oak.example>
        To: <ann@example.com>
        Subject: Re: 2BR in January?
        Date: Mon, 5 Jan 2026 16:30:00 +0000
        Message-ID: <00000000-0000-0000-0000-000000000007@oak.example>
        In-Reply-To: <CAa2+xyz=@mail.gmail.com>
        References: <first@oak.example> <CAa2+xyz=@mail.gmail.com>
        X-Luma-Reply-Id: 00000000-0000-0000-0000-000000000007
        Auto-Submitted: auto-replied
        X-Auto-Response-Suppress: All
        MIME-Version: 1.0
        Content-Type: multipart/alternative;
         boundary="=_00000000000000000000000000000007"

        --=_00000000000000000000000000000007
        Content-Type: text/plain; charset="utf-8"
        Content-Transfer-Encoding: quoted-printable

        Hi Ann,

        we have two, see https://oak.example/a?b=3D1&c=3D2.
        Would Saturday suit you?

        Oak Court Leasing
        leasing@oak.example

        This reply was written by an automated assistant of the Oak Court leasing o=
        ffice. To reach a person, call 555-0100 or reply "person" to this e-mail.
        If you would rather not get automated replies, answer with "stop".
        --=_00000000000000000000000000000007
        Content-Type: text/html; charset="utf-8"
        Content-Transfer-Encoding: quoted-printable

        <html><body>
        <p>Hi Ann,</p>
        <p>we have two, see <a href=3D"https://oak.example/a?b=3D1&amp;c=3D2">https=
        ://oak.example/a?b=3D1&amp;c=3D2</a>.<br>
        Would Saturday suit you?</p>
        <p>Oak Court Leasing<br>
        <a href=3D"mailto:leasing@oak.example">leasing@oak.example</a></p>
        <p>This reply was written by an automated assistant of the Oak Court leasin=
        g office. To reach a person, call 555-0100 or reply &quot;person&quot; to t=
        his e-mail.<br>
        If you would rather not get automated replies, answer with &quot;stop&quot;=
        .</p>
        </body></html>

        --=_00000000000000000000000000000007--
        "#);
    }

    #[test]
    fn only_what_nobody_approved_says_that_it_is_automatic() {
        let mut reply = Reply::new("Hi");
        assert!(written(&reply).contains("\r\nAuto-Submitted: auto-replied\r\n"));
        assert!(written(&reply).contains("\r\nX-Auto-Response-Suppress: All\r\n"));
        reply.automatic = false;
        assert!(!written(&reply).contains("Auto-"));
        let read = parse(written(&reply).as_bytes()).unwrap();
        assert_eq!(read.automatic(&[]), Some(Automatic::OurOwn));
        assert_eq!(
            read.reply_mark.as_deref(),
            Some("00000000-0000-0000-0000-000000000007")
        );
    }

    #[test]
    fn the_same_reply_is_the_same_bytes() {
        let reply = Reply::new("Grüße");
        assert_eq!(reply.compose(), reply.compose());
    }

    #[test]
    fn without_parent_there_are_no_references() {
        let reply = Reply {
            references: vec![],
            ..Reply::new("Hi")
        };
        assert!(!written(&reply).contains("References"));
        assert!(!written(&reply).contains("In-Reply-To"));
    }

    #[test]
    fn what_says_nothing_or_too_much_is_not_composed() {
        assert_eq!(Reply::new(" \r\n\t").compose(), Err(NotComposable::Empty));
        assert_eq!(Reply::new("\u{200b}").compose(), Err(NotComposable::Empty));
        assert_eq!(
            Reply::new(&"x".repeat(100_001)).compose(),
            Err(NotComposable::TooLong)
        );
        assert!(Reply::new(&"x".repeat(100_000)).compose().is_ok());
    }

    #[test]
    fn links_lead_to_the_web_and_to_mail_only() {
        for (text, expected) in [
            (
                "see https://oak.example/x.",
                "see <a href=\"https://oak.example/x\">https://oak.example/x</a>.",
            ),
            (
                "(http://oak.example)",
                "(<a href=\"http://oak.example/\">http://oak.example</a>)",
            ),
            (
                "a@b.example!",
                "<a href=\"mailto:a@b.example\">a@b.example</a>!",
            ),
            (
                "mailto:a@b.example",
                "<a href=\"mailto:a@b.example\">mailto:a@b.example</a>",
            ),
            ("javascript:alert(1)", "javascript:alert(1)"),
            ("data:text/html,x", "data:text/html,x"),
            (
                "https://user:pass@oak.example",
                "https://user:pass@oak.example",
            ),
            (
                "https://oak.example/\"><b>",
                "<a href=\"https://oak.example/%22%3E%3Cb\">https://oak.example/&quot;&gt;&lt;b</a>&gt;",
            ),
            ("<script>&", "&lt;script&gt;&amp;"),
            (
                "mailto:a@b.example?bcc=c@d.example",
                "mailto:a@b.example?bcc=c@d.example",
            ),
        ] {
            assert_eq!(linked(text), expected, "{text}");
        }
    }

    /// Every line between the first and the first empty one is a field we know or its continuation.
    fn field_names(raw: &str) -> Vec<&str> {
        let head = raw.split("\r\n\r\n").next().unwrap();
        let lines = head
            .split("\r\n")
            .filter(|line| !line.starts_with([' ', '\t']));
        lines.map(|line| line.split_once(':').unwrap().0).collect()
    }

    fn hostile_text() -> impl Strategy<Value = String> {
        prop_oneof![
            "(?s:.{0,300})",
            "([a-zA-Zäß🐈<>@:;,\"\\\\ \r\n\0\t=?_.-]|\r\nBcc: x@y.example|=\\?utf-8\\?Q\\?=0A\\?=){0,200}",
        ]
    }

    proptest! {
        #[test]
        fn no_input_adds_a_header_a_recipient_or_a_part(
            subject in hostile_text(), name in hostile_text(), text in hostile_text(),
        ) {
            let mut reply = Reply::new(&text);
            reply.subject = subject;
            reply.from.name = Some(name);
            let Ok(raw) = reply.compose() else { return Ok(()) };
            let raw = String::from_utf8(raw).unwrap();
            prop_assert!(raw.is_ascii());
            prop_assert!(raw.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n'])));
            prop_assert_eq!(field_names(&raw), [
                "From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References",
                REPLY_MARK, "Auto-Submitted", "X-Auto-Response-Suppress", "MIME-Version", "Content-Type",
            ]);
            let read = parse(raw.as_bytes()).unwrap();
            prop_assert_eq!(read.from.map(|from| from.address), Some(reply.from.address.clone()));
            prop_assert_eq!(&read.to, &[reply.to.clone()]);
            prop_assert!(read.cc.is_empty() && read.attachments.is_empty() && !read.truncated);
            // A subject that looks encoded is not encoded again; it decodes to one line all the same.
            let plain = !reply.subject.contains("=?");
            prop_assert!(!plain || read.subject == subject_of_reply(&reply.subject));
            prop_assert_eq!(&read.references, &reply.references);
            prop_assert_eq!(read.in_reply_to.first(), reply.references.last());
            prop_assert_eq!(read.text, clean::text(&text));
        }

        #[test]
        fn a_name_arrives_as_it_was_sent(name in "[A-Za-zÄß田🐈'\",.()<>@ -]{0,40}") {
            let mut reply = Reply::new("Hi");
            reply.from.name = Some(name.clone());
            let read = parse(&reply.compose().unwrap()).unwrap().from.unwrap();
            prop_assert_eq!(read.name.unwrap_or_default(), clean::line(&name));
        }
    }
}
