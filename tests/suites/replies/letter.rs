//! What is delivered: its headers, its recipient, its words.

use serde_json::json;
use world::{days, minutes};

use super::desk::{ANN, ANSWER, Desk};

#[tokio::test]
async fn a_letter_says_who_wrote_it_and_goes_to_the_sender_alone() {
    let desk = Desk::open().await;
    desk.set(json!({ "signature": "Oak Court Leasing\n1 Oak Street" }))
        .await;
    desk.world.llm.will_say(ANSWER);
    let mail = desk
        .mailbox
        .incoming(ANN, "Re: RE: re: 2BR in January?", "Any two-bedrooms?")
        .header("Message-ID", "<q1@example.com>")
        .header("References", "<a@example.com> <b@example.com>")
        .header("To", "leasing@oak.test, Bob <bob@example.com>")
        .header("Cc", "carol@example.com")
        .deliver();
    desk.world.deliver_pushes().await;
    desk.is_settled_with_one_letter().await;

    let letter = &desk.mailbox.sent()[0];
    assert_eq!(letter.to, ["ann@example.com"]);
    assert_eq!(letter.thread_id, mail.thread_id);
    assert_eq!(letter.subject(), "Re: 2BR in January?");
    assert_eq!(letter.in_reply_to().as_deref(), Some("<q1@example.com>"));
    let references = ["<a@example.com>", "<b@example.com>", "<q1@example.com>"];
    assert_eq!(letter.references(), references);
    assert_eq!(
        letter.header("Auto-Submitted").as_deref(),
        Some("auto-replied")
    );
    assert_eq!(letter.header("X-Luma-Reply-Id"), Some(desk.newest().await));
    assert_eq!(letter.header("Cc"), None);
    insta::assert_snapshot!(letter.text(), @r#"
    Our two-bedroom homes rent from $1,850 a month. Would you like to see one?

    Oak Court Leasing
    1 Oak Street

    This reply was written by an automated assistant of the Oak Court leasing office. To reach a person, reply "person" to this e-mail.
    If you would rather not get automated replies, answer with "stop".
    "#);
}

#[tokio::test]
async fn a_rewritten_message_id_is_what_the_next_answer_refers_to() {
    let desk = Desk::open().await;
    desk.mailbox.rewrites_message_ids();
    let mail = desk.ann_writes("Any two-bedrooms?").await;
    desk.world.pass(minutes(6)).await;
    let first = desk.mailbox.sent().remove(0);
    let stored = "select rfc_message_id from email_messages where direction = 'outbound'";
    assert_eq!(desk.world.texts(stored).await, [first.message_id()]);
    assert!(first.message_id().ends_with("@mail.gmail.com>"));

    desk.ann_adds(&mail.thread_id, "What do two-bedrooms rent for?")
        .await;
    desk.world.pass(minutes(6)).await;
    let second = desk.mailbox.sent().remove(1);
    assert!(
        second.references().contains(&first.message_id()),
        "{:?}",
        second.references()
    );
    assert_eq!(second.thread_id, mail.thread_id);
    let ours = first.header("X-Google-Original-Message-ID").unwrap();
    assert!(!second.references().contains(&ours));
    desk.are_stored_as_delivered().await;
}

/// Who gets the answer to a mail with these headers.
async fn recipient(desk: &Desk, from: &str, reply_to: &str) -> String {
    desk.mailbox
        .incoming(from, "2BR?", "Any two-bedrooms?")
        .header("Reply-To", reply_to)
        .deliver();
    desk.world.deliver_pushes().await;
    desk.world.pass(minutes(6)).await;
    let letter = desk.mailbox.sent().pop().expect("a letter");
    letter.to.join(", ")
}

#[tokio::test]
async fn reply_to_counts_within_the_senders_domain_and_for_portals_only() {
    let desk = Desk::open().await;
    desk.set(json!({ "portalDomains": ["portal.test"] })).await;
    for (from, reply_to, to) in [
        ("ann1@x.test", "home@x.test", "home@x.test"),
        ("ann2@x.test", "victim@y.test", "ann2@x.test"),
        ("ann3@x.test", "a@x.test, b@x.test", "ann3@x.test"),
        ("ann4@x.test", "nonsense", "ann4@x.test"),
        ("no-reply@portal.test", "ann5@y.test", "ann5@y.test"),
        ("no-reply@leads.portal.test", "ann6@y.test", "ann6@y.test"),
        (
            "ann7@fakeportal.test",
            "victim@y.test",
            "ann7@fakeportal.test",
        ),
    ] {
        assert_eq!(
            recipient(&desk, from, reply_to).await,
            to,
            "{from} {reply_to}"
        );
    }
    desk.are_stored_as_delivered().await;
}

#[tokio::test]
async fn a_second_participant_of_a_thread_is_answered_in_their_own_conversation() {
    let desk = Desk::open().await;
    let mail = desk.ann_writes("Any two-bedrooms?").await;
    desk.world.pass(minutes(6)).await;
    desk.mailbox.receives_in(
        &mail.thread_id,
        "Bob <bob@example.com>",
        "And two-bedrooms for me?",
    );
    desk.world.deliver_pushes().await;
    desk.world.pass(minutes(6)).await;
    let to: Vec<String> = desk.mailbox.sent().into_iter().flat_map(|m| m.to).collect();
    assert_eq!(to, ["ann@example.com", "bob@example.com"]);
    let turns = "select l.email || ' ' || m.role from messages m join conversations c on c.id = m.conversation_id
                 join leads l on l.id = c.lead_id order by l.email, m.created_at";
    let expected = [
        "ann@example.com user",
        "ann@example.com assistant",
        "bob@example.com user",
        "bob@example.com assistant",
    ];
    assert_eq!(desk.world.texts(turns).await, expected);
}

#[tokio::test]
async fn no_header_can_be_smuggled_into_a_letter() {
    let desk = Desk::open().await;
    let inject = "=?utf-8?B?SGkNCkJjYzogZXZlcnlvbmVAZXZpbC50ZXN0DQpYLUV2aWw6IDE=?="; // CR LF Bcc: …
    let mails = [
        ("Ann <ann1@x.test>", inject.to_owned(), "Any two-bedrooms?"),
        (
            "Ann <ann2@x.test>",
            "Hi\r\n Bcc: everyone@evil.test".to_owned(),
            "Any two-bedrooms?",
        ),
        (
            "Ann <ann3@x.test>",
            "2BR?".to_owned(),
            "\r\nBcc: everyone@evil.test\r\nX-Evil: 1\r\n\r\nAny two-bedrooms?",
        ),
        (
            "=?utf-8?B?QW5uDQpCY2M6IGV2ZXJ5b25lQGV2aWwudGVzdA==?= <ann4@x.test>",
            "2BR?".to_owned(),
            "Any two-bedrooms?",
        ),
        (
            "Ann <ann5@x.test>",
            "Größe & 2 Zimmer – 空室?".to_owned(),
            "Any two-bedrooms?",
        ),
    ];
    for (from, subject, body) in &mails {
        desk.mailbox.receives(from, subject, body);
    }
    let raw = "From: ann6@x.test\r\nTo: leasing@oak.test\r\nSubject: Hi\r\nMessage-ID: <a b\r\n X-Evil: 1@x>\r\n\
               References: <ok@x.test> <bad\r\n X-Evil: 1> <x@y\x00z>\r\n\r\nAny two-bedrooms?\r\n";
    desk.mailbox.receives_raw(raw.as_bytes());
    desk.world.deliver_pushes().await;
    desk.world.pass(minutes(30)).await;
    let sent = desk.mailbox.sent();
    assert_eq!(sent.len(), 6, "{:?}", desk.states().await);
    for letter in &sent {
        assert_eq!(letter.to.len(), 1, "{:?}", letter.to);
        assert!(letter.to[0].ends_with("@x.test"));
        let raw = String::from_utf8(letter.raw.clone()).unwrap();
        let head = raw.split("\r\n\r\n").next().unwrap();
        assert!(head.is_ascii());
        for line in head.lines().map(str::to_lowercase) {
            assert!(
                !line.starts_with("x-evil") && !line.starts_with("bcc"),
                "{head}"
            );
        }
    }
    desk.are_stored_as_delivered().await;
}

#[tokio::test]
async fn a_mail_without_a_message_id_is_answered_all_the_same() {
    let desk = Desk::open().await;
    let raw = "From: ann@example.com\r\nTo: leasing@oak.test\r\n\r\nAny two-bedrooms?\r\n";
    desk.mailbox.receives_raw(raw.as_bytes());
    desk.world.deliver_pushes().await;
    desk.is_settled_with_one_letter().await;
    let letter = &desk.mailbox.sent()[0];
    assert_eq!(letter.in_reply_to(), None);
    assert_eq!(letter.subject(), "Re:");
}

#[tokio::test]
async fn every_letter_of_a_long_story_is_stored_as_it_was_delivered() {
    let desk = Desk::open().await;
    desk.set(json!({ "signature": "--\nOak Court", "confidenceThreshold": 0 }))
        .await;
    let mail = desk.ann_writes("Any two-bedrooms on Monday?").await;
    for body in [
        "First line.\n\n\n\nAfter a gap.   \n> not a quote\n-- \nnot a signature",
        "Ünïcödé – “quotes” and a very long line: "
            .to_owned()
            .leak(),
        ".\n.. dots at the beginning of lines\nFrom here on it is ours.",
        "On that day we wrote:\nthat we are open.",
    ] {
        desk.world.llm.will_say(body);
        desk.world.pass(minutes(6)).await;
        desk.world.skip(days(1));
        desk.ann_adds(&mail.thread_id, "And what else about two-bedrooms?")
            .await;
    }
    desk.world.pass(minutes(6)).await;
    assert_eq!(desk.mailbox.sent().len(), 5, "{:?}", desk.states().await);
    desk.are_stored_as_delivered().await;
}
