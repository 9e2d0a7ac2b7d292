//! What we send, and what nobody can make us send.

use chrono::{TimeZone, Utc};
use proptest::prelude::*;
use uuid::Uuid;

use crate::domain::email_address::EmailAddress;
use crate::mail::compose::{NotComposable, Outgoing, compose, linked};
use crate::mail::headers::{MessageId, subject_of_reply};
use crate::mail::{Automatic, Correspondent, REPLY_MARK, clean, letter, parse, wording};

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
        ("https:oak.example", "https:oak.example"),
        ("http:\\\\oak.example", "http:\\\\oak.example"),
        ("https:/oak.example", "https:/oak.example"),
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
