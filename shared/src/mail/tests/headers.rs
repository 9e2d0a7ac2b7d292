//! Ids, references and subjects.

use std::slice::from_ref;

use proptest::prelude::*;
use uuid::Uuid;

use crate::mail::headers::{MessageId, references_of_reply, subject_of_reply};

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
    let found = MessageId::scan("x <a@b>\r\n\t<c@d><e@f>, (comment <g@h>) <no at> <i@j <k@l> <m@n");
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
    assert_eq!(of(&[], &[]), from_ref(&parent));
    assert_eq!(
        of(&[id("a"), id("b")], &[id("b")]),
        [id("a"), id("b"), parent.clone()]
    );
    assert_eq!(of(&[], &[id("b")]), [id("b"), parent.clone()]);
    assert_eq!(
        of(&[], &[id("b"), id("c")]),
        from_ref(&parent),
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
    }
}
