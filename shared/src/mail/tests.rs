//! Whole messages, as mail programs write them and as nobody should.

#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use insta::assert_snapshot;
use proptest::prelude::*;

use super::*;

macro_rules! mail {
    ($name:literal) => {
        include_bytes!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/testdata/mail/",
            $name,
            ".eml"
        ))
        .as_slice()
    };
}

const CORPUS: [&[u8]; 22] = [
    mail!("gmail_reply"),
    mail!("outlook_reply"),
    mail!("outlook_html_only"),
    mail!("iphone_reply"),
    mail!("hidden_html"),
    mail!("html_list"),
    mail!("windows_1252"),
    mail!("iso_2022_jp"),
    mail!("rfc2047_nonsense"),
    mail!("bounce"),
    mail!("delayed"),
    mail!("out_of_office"),
    mail!("mailing_list"),
    mail!("portal_lead"),
    mail!("calendar_reply"),
    mail!("nested"),
    mail!("broken_base64"),
    mail!("no_from"),
    mail!("group_from"),
    mail!("two_from"),
    mail!("quoted_only"),
    mail!("empty"),
];

/// What of a message people would want to see, for snapshots.
fn card(raw: &[u8]) -> String {
    let mail = parse(raw).unwrap();
    let from = mail
        .from
        .as_ref()
        .map(|from| (from.name.as_deref(), from.address.as_str()));
    let strings = |addresses: &[EmailAddress]| {
        addresses
            .iter()
            .map(EmailAddress::to_string)
            .collect::<Vec<_>>()
            .join(" ")
    };
    let ids = |ids: &[MessageId]| {
        ids.iter()
            .map(MessageId::as_str)
            .collect::<Vec<_>>()
            .join(" ")
    };
    let mut card = format!(
        "id: {}\nanswers: {}\nreferences: {}\nfrom: {from:?} of {:?}\n",
        ids(mail.message_id.as_slice()),
        ids(&mail.in_reply_to),
        ids(&mail.references),
        mail.from_text,
    );
    card += &format!("to: {}\ncc: {}\n", strings(&mail.to), strings(&mail.cc));
    card += &format!(
        "reply to: {:?}\n",
        mail.reply_to.as_ref().map(EmailAddress::as_str)
    );
    card += &format!("subject: {}\ndmarc: {:?}\n", mail.subject, mail.dmarc);
    card += &format!(
        "automatic: {:?}\n",
        mail.automatic(&portals()).map(Automatic::code)
    );
    card += &format!(
        "bounced: {:?}\n",
        mail.bounced.as_ref().map(EmailAddress::as_str)
    );
    for file in &mail.attachments {
        card += &format!(
            "file: {:?} {} {}\n",
            file.file_name, file.content_type, file.size
        );
    }
    if mail.truncated {
        card += "truncated\n";
    }
    card += &format!("--- text\n{}\n", mail.text);
    if mail.fresh != mail.text {
        card += &format!("--- fresh\n{}\n", mail.fresh);
    }
    card
}

fn portals() -> Vec<String> {
    vec!["homes.example".to_owned()]
}

#[test]
fn a_reply_from_gmail_is_read_without_what_it_quotes() {
    assert_snapshot!(card(mail!("gmail_reply")), @r#"
    id: <CAa2+xyz=@mail.gmail.com>
    answers: <second@oak.example>
    references: <first@oak.example> <CAa1@mail.gmail.com> <second@oak.example>
    from: Some((Some("Ann Lee"), "ann@gmail.com")) of "Ann Lee <ann@gmail.com>"
    to: leasing@oak.example
    cc: 
    reply to: None
    subject: Re: 2 bedrooms in January?
    dmarc: Pass
    automatic: None
    bounced: None
    --- text
    Saturday at 10 would be great. Is there parking? We have one small dog – he is 12 lbs.

    Ann

    On Mon, Jan 5, 2026 at 10:02 AM Oak Court Leasing <leasing@oak.example>
    wrote:

    > Hi Ann,
    >
    > we have two. Would Saturday suit you?
    >
    --- fresh
    Saturday at 10 would be great. Is there parking? We have one small dog – he is 12 lbs.

    Ann
    "#);
}

#[test]
fn a_reply_from_outlook_is_read_without_its_header_block() {
    assert_snapshot!(card(mail!("outlook_reply")), @r#"
    id: <SN6PR01MB1234ABCD@SN6PR01MB1234.prod.outlook.com>
    answers: <r1@oak.example>
    references: <r1@oak.example>
    from: Some((Some("Stone, Bob"), "bob.stone@contoso.example")) of "\"Stone, Bob\" <bob.stone@contoso.example>"
    to: leasing@oak.example
    cc: mia@contoso.example
    reply to: None
    subject: RE: Lease term
    dmarc: Pass
    automatic: None
    bounced: None
    --- text
    Could we do nine months instead of twelve?

    Bob

    ________________________________
    From: Oak Court <leasing@oak.example>
    Sent: Tuesday, January 6, 2026 8:30 AM
    To: Stone, Bob <bob.stone@contoso.example>
    Subject: Lease term

    Hello Bob,

    our leases run twelve months  by default.
    --- fresh
    Could we do nine months instead of twelve?

    Bob
    "#);
}

#[test]
fn a_mail_in_html_only_is_read_as_its_visible_text() {
    assert_snapshot!(card(mail!("outlook_html_only")), @r#"
    id: <SN6PR01MB9999@SN6PR01MB1234.prod.outlook.com>
    answers: <r1@oak.example>
    references: 
    from: Some((Some("Bob Stone"), "bob.stone@contoso.example")) of "Bob Stone <bob.stone@contoso.example>"
    to: leasing@oak.example
    cc: 
    reply to: None
    subject: RE: Lease term
    dmarc: Pass
    automatic: None
    bounced: None
    --- text
    Nine months would be perfect & we could move on the 1st.

    Bob

    From: Oak Court <leasing@oak.example>
    Sent: Tuesday, January 6, 2026 8:30 AM
    To: Bob Stone
    Subject: Lease term
    Hello Bob, our leases run twelve months.
    --- fresh
    Nine months would be perfect & we could move on the 1st.

    Bob
    "#);
}

#[test]
fn a_reply_from_a_telephone_is_read_without_its_advertisement() {
    assert_snapshot!(card(mail!("iphone_reply")), @r#"
    id: <6A1B2C3D-0000-4444-8888-ABCDEFABCDEF@icloud.example>
    answers: <t1@oak.example>
    references: <t1@oak.example>
    from: Some((Some("Ann Lee"), "ann@icloud.example")) of "Ann Lee <ann@icloud.example>"
    to: leasing@oak.example
    cc: 
    reply to: None
    subject: Re: Tour
    dmarc: Pass
    automatic: None
    bounced: None
    --- text
    Running late, can we say 5:30? 😀

    Sent from my iPhone

    > On Jan 7, 2026, at 7:45 AM, Oak Court <leasing@oak.example> wrote:
    >
    > See you at five!
    --- fresh
    Running late, can we say 5:30? 😀
    "#);
}

#[test]
fn what_a_reader_cannot_see_is_not_read() {
    assert_snapshot!(card(mail!("hidden_html")), @r#"
    id: <h1@mail.example>
    answers: 
    references: 
    from: Some((Some("Eve Black"), "eve@mail.example")) of "Eve Black <eve@mail.example>"
    to: leasing@oak.example
    cc: 
    reply to: None
    subject: Question
    dmarc: Pass
    automatic: None
    bounced: None
    --- text
    Do you take cats?

    white on black is seen

    Thanks!
    "#);
}

#[test]
fn lists_and_links_survive_and_an_empty_alternative_does_not_count() {
    assert_snapshot!(card(mail!("html_list")), @r#"
    id: <l1@mail.example>
    answers: 
    references: 
    from: Some((None, "carl@mail.example")) of "carl@mail.example"
    to: leasing@oak.example
    cc: 
    reply to: None
    subject: Moving
    dmarc: Pass
    automatic: None
    bounced: None
    --- text
    We need:

    two bedrooms
    a pool (https://example.com/pool?a=1&b=2)

    Budget €1 800
    "#);
}

#[test]
fn a_mail_in_windows_1252_keeps_its_accents_even_in_raw_headers() {
    assert_snapshot!(card(mail!("windows_1252")), @r#"
    id: <w1@correo.example>
    answers: 
    references: 
    from: Some((Some("José García"), "jose@correo.example")) of "José García <jose@correo.example>"
    to: leasing@oak.example
    cc: 
    reply to: None
    subject: ¿Cuánto cuesta? –50 €
    dmarc: Pass
    automatic: None
    bounced: None
    --- text
    ¿Cuánto cuesta el piso de “dos” habitaciones – unos 900 €?
    "#);
}

#[test]
fn a_japanese_mail_is_read() {
    assert_snapshot!(card(mail!("iso_2022_jp")), @r#"
    id: <jp1@mail.example>
    answers: 
    references: 
    from: Some((Some("田中"), "tanaka@mail.example")) of "田中 <tanaka@mail.example>"
    to: leasing@oak.example
    cc: 
    reply to: None
    subject: 空室について
    dmarc: Pass
    automatic: None
    bounced: None
    --- text
    1月の空室について教えてください。
    田中
    "#);
}

#[test]
fn nonsense_in_headers_is_read_as_far_as_it_goes() {
    assert_snapshot!(card(mail!("rfc2047_nonsense")), @r#"
    id: 
    answers: <ok@mail.example>
    references: <ok@mail.example> <two@mail.example>
    from: Some((Some("Ann <boss@bank.example>✓"), "x@mail.example")) of "Ann <boss@bank.example>✓ <x@mail.example>"
    to: leasing@oak.example second@oak.example
    cc: 
    reply to: None
    subject: half a word�� =?utf-8?X?what?= =?utf-8?B?!!!?= =?= line Bcc: evil@mail.example
    dmarc: None
    automatic: None
    bounced: None
    --- text
    Café?
    "#);
}

#[test]
fn a_bounce_names_whom_it_did_not_reach() {
    assert_snapshot!(card(mail!("bounce")), @r#"
    id: <695c.bounce@mx.google.com>
    answers: <reply-7@oak.example>
    references: <reply-7@oak.example>
    from: Some((Some("Mail Delivery Subsystem"), "mailer-daemon@googlemail.com")) of "Mail Delivery Subsystem <mailer-daemon@googlemail.com>"
    to: leasing@oak.example
    cc: 
    reply to: None
    subject: Delivery Status Notification (Failure)
    dmarc: Pass
    automatic: Some("delivery_report")
    bounced: Some("gone@nowhere.example")
    file: "icon.png" image/png 18
    file: "" message/delivery-status 261
    file: "" message/rfc822 129
    --- text
    ** Address not found **

    Your message wasn't delivered to gone@nowhere.example.
    "#);
}

#[test]
fn a_delay_is_no_bounce() {
    assert_snapshot!(card(mail!("delayed")), @r#"
    id: <delay@mx.google.com>
    answers: 
    references: 
    from: Some((Some("Mail Delivery Subsystem"), "mailer-daemon@googlemail.com")) of "Mail Delivery Subsystem <mailer-daemon@googlemail.com>"
    to: leasing@oak.example
    cc: 
    reply to: None
    subject: Delivery Status Notification (Delay)
    dmarc: None
    automatic: Some("delivery_report")
    bounced: None
    file: "" message/delivery-status 115
    --- text
    There was a temporary problem.
    "#);
}

#[test]
fn an_absence_is_automatic() {
    assert_snapshot!(card(mail!("out_of_office")), @r#"
    id: <ooo@contoso.example>
    answers: <r1@oak.example>
    references: 
    from: Some((Some("Bob Stone"), "bob.stone@contoso.example")) of "Bob Stone <bob.stone@contoso.example>"
    to: leasing@oak.example
    cc: 
    reply to: None
    subject: Automatic reply: Lease term
    dmarc: Pass
    automatic: Some("auto_generated")
    bounced: None
    --- text
    I am away until Monday.
    "#);
}

#[test]
fn a_mail_by_a_list_is_automatic_and_not_authentic() {
    assert_snapshot!(card(mail!("mailing_list")), @r#"
    id: <list1@gmail.com>
    answers: 
    references: 
    from: Some((Some("Ann Lee"), "ann@gmail.com")) of "Ann Lee <ann@gmail.com>"
    to: tenants@lists.example
    cc: 
    reply to: None
    subject: [tenants] Rent went up
    dmarc: Fail
    automatic: Some("precedence_list")
    bounced: None
    --- text
    Did yours?
    -- 
    Tenants mailing list
    --- fresh
    Did yours?
    "#);
}

#[test]
fn a_question_through_a_portal_is_no_automatic_mail() {
    assert_snapshot!(card(mail!("portal_lead")), @r#"
    id: <lead-998@homes.example>
    answers: 
    references: 
    from: Some((Some("Ann Lee via Homes"), "noreply@leads.homes.example")) of "\"Ann Lee via Homes\" <noreply@leads.homes.example>"
    to: leasing@oak.example
    cc: 
    reply to: Some("3f9c2b1a77@convo.homes.example")
    subject: Ann is requesting information about Oak Court
    dmarc: Pass
    automatic: None
    bounced: None
    --- text
    New contact

    Ann Lee says: "Is the 2 bedroom still available? I would like to move on February 1."

    Name: Ann Lee
    Phone: 312-555-0142
    "#);
}

#[test]
fn an_accepted_invitation_is_no_question() {
    assert_snapshot!(card(mail!("calendar_reply")), @r#"
    id: <calendar-1@google.com>
    answers: 
    references: 
    from: Some((Some("Ann Lee"), "ann@gmail.com")) of "Ann Lee <ann@gmail.com>"
    to: leasing@oak.example
    cc: 
    reply to: None
    subject: Accepted: Tour of Oak Court @ Sat Jan 10, 2026 10am
    dmarc: Pass
    automatic: Some("calendar_reply")
    bounced: None
    file: "" text/calendar 44
    file: "invite.ics" application/ics 15
    --- text
    Ann Lee has accepted this invitation.
    "#);
}

#[test]
fn files_are_listed_and_nested_parts_found() {
    assert_snapshot!(card(mail!("nested")), @r#"
    id: <nested@gmail.com>
    answers: 
    references: 
    from: Some((Some("Ann Lee"), "ann@gmail.com")) of "Ann Lee <ann@gmail.com>"
    to: leasing@oak.example
    cc: 
    reply to: None
    subject: My documents
    dmarc: Pass
    automatic: None
    bounced: None
    file: "" image/png 8
    file: "Gehälter Januar.pdf" application/pdf 19
    file: "notes.txt" text/plain 23
    file: "" message/rfc822 87
    --- text
    Here are my pay stubs.

    One more thing: I have a cat.
    "#);
}

#[test]
fn broken_base64_is_read_as_far_as_it_goes() {
    assert_snapshot!(card(mail!("broken_base64")), @r#"
    id: <bb@gmail.com>
    answers: 
    references: 
    from: Some((None, "ann@gmail.com")) of "ann@gmail.com"
    to: leasing@oak.example
    cc: 
    reply to: None
    subject: Hello
    dmarc: Pass
    automatic: None
    bounced: None
    --- text
    Is the 2 bedroom still available? Thanks, Ann
    "#);
}

#[test]
fn a_mail_from_nobody_is_read() {
    assert_snapshot!(card(mail!("no_from")), @r#"
    id: <nf@mail.example>
    answers: 
    references: 
    from: None of ""
    to: leasing@oak.example
    cc: 
    reply to: None
    subject: Who am I
    dmarc: None
    automatic: None
    bounced: None
    --- text
    Hello
    "#);
}

#[test]
fn a_mail_from_a_group_has_no_sender() {
    assert_snapshot!(card(mail!("group_from")), @r#"
    id: <gf@mail.example>
    answers: 
    references: 
    from: None of "Friends: Ann Lee <ann@gmail.com>, bob@mail.example;"
    to: 
    cc: 
    reply to: None
    subject: Group
    dmarc: None
    automatic: None
    bounced: None
    --- text
    Hello
    "#);
}

#[test]
fn a_mail_from_two_people_has_no_sender() {
    assert_snapshot!(card(mail!("two_from")), @r#"
    id: 
    answers: 
    references: 
    from: None of "ann@gmail.com, bob@mail.example"
    to: leasing@oak.example
    cc: 
    reply to: None
    subject: Two
    dmarc: None
    automatic: None
    bounced: None
    --- text
    Hello
    "#);
}

#[test]
fn a_mail_of_quotes_only_is_fresh() {
    assert_snapshot!(card(mail!("quoted_only")), @r#"
    id: <qo@gmail.com>
    answers: 
    references: 
    from: Some((Some("Ann Lee"), "ann@gmail.com")) of "Ann Lee <ann@gmail.com>"
    to: leasing@oak.example
    cc: 
    reply to: None
    subject: Re: Tour
    dmarc: Pass
    automatic: None
    bounced: None
    --- text
    > Would Saturday suit you?
    "#);
}

#[test]
fn a_mail_without_text_is_read() {
    assert_snapshot!(card(mail!("empty")), @r#"
    id: <e@gmail.com>
    answers: 
    references: 
    from: Some((Some("Ann Lee"), "ann@gmail.com")) of "Ann Lee <ann@gmail.com>"
    to: leasing@oak.example
    cc: 
    reply to: None
    subject: 
    dmarc: Pass
    automatic: None
    bounced: None
    --- text
    "#);
}

fn time(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

/// Ten times what the slowest of these takes in a debug build on a busy machine.
const PATIENCE: Duration = Duration::from_secs(8);

fn with_body(content_type: &str, body: &str) -> Vec<u8> {
    format!("From: ann@example.com\r\nContent-Type: {content_type}\r\n\r\n{body}").into_bytes()
}

#[test]
fn hostile_messages_are_read_in_bounded_time() {
    let many = |text: &str, times| text.repeat(times);
    let nested_messages = many("Content-Type: message/rfc822\r\n\r\n", 100_000);
    let nested_parts: String = (0..3_000)
        .map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n"))
        .collect();
    let unfound = many(
        "--b\r\nContent-Type: multipart/mixed; boundary=zz\r\n\r\n",
        20_000,
    );
    let cases = [
        (
            "no boundary is found",
            with_body("multipart/mixed; boundary=b", &unfound),
        ),
        (
            "20,000 parts",
            with_body(
                "multipart/mixed; boundary=b",
                &many("--b\r\n\r\nx\r\n", 20_000),
            ),
        ),
        (
            "dashes",
            with_body("multipart/mixed; boundary=b", &many("--\r\n", 1_000_000)),
        ),
        (
            "messages in messages",
            [b"From: a@b.example\r\n", nested_messages.as_bytes()].concat(),
        ),
        (
            "parts in parts",
            [b"From: a@b.example\r\n", nested_parts.as_bytes()].concat(),
        ),
        (
            "nested tags",
            with_body("text/html", &many("<div>", 100_000)),
        ),
        (
            "nested links",
            with_body("text/html", &many("<a href='http://a.example'>x", 20_000)),
        ),
        (
            "closing tags",
            with_body(
                "text/html",
                &(many("<div>", 40_000) + &many("</p></b>", 30_000)),
            ),
        ),
        ("open tags", with_body("text/html", &many("<a", 250_000))),
        (
            "comments",
            with_body("text/html", &many("<!-- -->", 60_000)),
        ),
        (
            "open comments",
            with_body("text/html", &many("<!--", 120_000)),
        ),
        ("ampersands", with_body("text/html", &many("&", 500_000))),
        (
            "raw text",
            with_body("text/html", &many("<style></", 50_000)),
        ),
        (
            "attributes",
            with_body("text/html", &format!("<p {}>x", many("a=b ", 100_000))),
        ),
        (
            "style",
            with_body(
                "text/html",
                &many("<p style='color:#fff;;;;/**/'>x", 15_000),
            ),
        ),
        (
            "quotes",
            with_body("text/plain", &many("> On 1 wrote:\n", 18_000)),
        ),
        (
            "attributions",
            with_body("text/plain", &many("On 1\n", 50_000)),
        ),
        (
            "header blocks",
            with_body("text/plain", &many("From: a\n\n", 25_000)),
        ),
        ("signatures", with_body("text/plain", &many("--\n", 80_000))),
        (
            "encoded words",
            format!("Subject: {}\r\n\r\n", many("=?aa?Q?bb ", 100_000)).into_bytes(),
        ),
        (
            "comments in From",
            format!("From: {}\r\n\r\n", many("(", 1_000_000)).into_bytes(),
        ),
        (
            "recipients",
            format!("To: {}\r\n\r\n", many("a@b.example,", 100_000)).into_bytes(),
        ),
        (
            "ids",
            format!("References: {}\r\n\r\n", many("<a@b>", 200_000)).into_bytes(),
        ),
        (
            "open ids",
            format!("References: {}\r\n\r\n", many("<", 1_000_000)).into_bytes(),
        ),
        (
            "Received",
            many("Received: from a by b\r\n", 100_000).into_bytes(),
        ),
        (
            "parameters",
            format!(
                "Content-Type: text/plain; {}\r\n\r\n",
                many("a*0=b;", 100_000)
            )
            .into_bytes(),
        ),
        (
            "results",
            format!(
                "Authentication-Results: {}\r\n\r\n",
                many(";dmarc=pass", 90_000)
            )
            .into_bytes(),
        ),
    ];
    for (name, raw) in cases {
        let took = time(|| assert!(parse(&raw).is_ok(), "{name}"));
        assert!(took < PATIENCE, "{name}: {took:?}");
    }
}

#[test]
fn a_hundred_thousand_nested_tags_take_less_than_a_second() {
    let html = "<div>".repeat(100_000) + "hello" + &"</div>".repeat(20_000);
    let raw = with_body("text/html", &html);
    let limit = if cfg!(debug_assertions) { 5 } else { 1 }; // quadratic work would take minutes
    assert!(time(|| drop(parse(&raw))) < Duration::from_secs(limit));
}

#[test]
fn what_is_too_large_is_cut_and_marked() {
    let text = parse(&with_body(
        "text/plain; charset=utf-8",
        &"ä ".repeat(200_000),
    ))
    .unwrap();
    assert!(text.truncated && text.text.len() <= 256 * 1024 && text.text.len() > 250 * 1024);
    let html = parse(&with_body("text/html", &"<p>hello</p>".repeat(100_000))).unwrap();
    assert!(html.truncated && html.html.unwrap().len() <= 512 * 1024);
    let wide = "--b\r\nContent-Type: image/png\r\n\r\nx\r\n".repeat(2_000);
    let wide = parse(&with_body("multipart/mixed; boundary=b", &wide)).unwrap();
    assert!(wide.truncated && wide.attachments.len() < 1_000);
    let header = format!(
        "Subject: {}\r\nFrom: ann@example.com\r\n\r\nhi",
        "x".repeat(1 << 20)
    );
    let header = parse(header.as_bytes()).unwrap();
    assert!(header.truncated && header.subject.len() <= 1_000);
    assert!(header.from.is_some() && header.text == "hi");

    let large = [with_body("application/pdf", ""), vec![b'x'; 35_000_000]].concat();
    let large = parse(&large).unwrap();
    assert_eq!(
        (large.truncated, large.attachments[0].size),
        (false, 35_000_000)
    );
    assert_eq!(
        parse(&vec![b'\n'; 50_000_001]).err(),
        Some(Unreadable::TooLarge)
    );
}

#[test]
fn five_hundred_received_lines_hide_nothing() {
    let raw = "Received: from a by b\r\n".repeat(500) + "From: ann@example.com\r\n\r\nhi";
    let mail = parse(raw.as_bytes()).unwrap();
    assert!(mail.from.is_some() && !mail.truncated);
}

#[test]
fn bytes_without_a_header_are_no_message() {
    for raw in ["", "\r\n\r\n", "hello there", "no header\r\n\r\nbody"] {
        assert_eq!(
            parse(raw.as_bytes()).err(),
            Some(Unreadable::NoHeader),
            "{raw:?}"
        );
    }
    assert!(parse(b"Subject: x").is_ok());
}

#[test]
fn nothing_that_postgres_refuses_is_left() {
    let raw = b"From: A\0nn <ann@example.com>\r\nSubject: a\0b\r\nContent-Type: text/html\r\n\r\n<p>x\0y</p>";
    let mail = parse(raw).unwrap();
    let said = [
        &mail.subject,
        &mail.from_text,
        &mail.text,
        &mail.fresh,
        &mail.html.unwrap(),
    ];
    assert!(said.iter().all(|text| !text.contains('\0')));
    assert_eq!(mail.text, "xy");
}

#[test]
fn debug_output_holds_no_mail() {
    let mail = parse(mail!("gmail_reply")).unwrap();
    let shown = format!("{mail:?} {:?} {:?}", mail.from, mail.to);
    for word in ["ann", "Ann", "Saturday", "leasing"] {
        assert!(!shown.contains(word), "{shown}");
    }
}

fn no_field_is_out_of_bounds(raw: &[u8]) {
    let Ok(mail) = parse(raw) else { return };
    assert!(mail.from_text.chars().count() <= 320);
    let lines = [&mail.subject, &mail.from_text];
    assert!(lines.iter().all(|line| !line.contains(char::is_control)));
    assert!(mail.text.len() <= 256 * 1024 && mail.fresh.len() <= 256 * 1024);
    assert!(!mail.text.contains(['\0', '\r', '\u{200B}', '\u{E0041}']));
    assert!(mail.fresh.is_empty() == mail.text.is_empty() || mail.html.is_some());
    assert!(
        mail.automatic(&portals())
            .is_none_or(|automatic| !automatic.code().is_empty())
    );
    for name in mail.from.iter().filter_map(|from| from.name.as_ref()) {
        assert!(!name.is_empty() && !name.contains(char::is_control));
    }
}

/// Pieces of mails, so that random bytes get beyond the first line.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let tokens = prop::sample::select(vec![
        "From: ",
        "To: ",
        "Subject: ",
        "Content-Type: ",
        "multipart/mixed; boundary=b",
        "text/html",
        "message/rfc822",
        "Content-Transfer-Encoding: ",
        "base64",
        "quoted-printable",
        "\r\n",
        "\n",
        "\r\n\r\n",
        "--b\r\n",
        "--b--",
        "; charset=",
        "utf-7",
        "utf-16",
        "iso-2022-jp",
        "\"",
        "=?",
        "utf-8?Q?",
        "?=",
        "=E4",
        "=",
        "<",
        ">",
        "@",
        ",",
        ":",
        ";",
        "(",
        ")",
        "\\",
        "<div style=\"",
        "display:none",
        "</div>",
        "<!--",
        "-->",
        "&#",
        "&amp;",
        "<a href=",
        "<p>",
        "On 1 ",
        "wrote:",
        "> ",
        "-- ",
        "+AGE",
        "Authentication-Results: mx.google.com; dmarc=pass",
        "filename*0*=",
        "'",
        "ann@example.com",
        " ",
        "\t",
        "x",
        "Final-Recipient: rfc822;",
        "message/delivery-status",
        "Content-Disposition: ",
        "attachment",
        "; name=",
        "%",
        "utf-8''%41",
        "\u{202e}",
        "ß",
        "🐈",
    ]);
    let piece = prop_oneof![
        8 => tokens.prop_map(|token| token.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..6),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 1_500 } else { 60_000 }))]

    #[test]
    fn any_bytes_are_read_or_refused(raw in prop::collection::vec(any::<u8>(), 0..2_000)) {
        no_field_is_out_of_bounds(&raw);
    }

    #[test]
    fn pieces_of_mail_in_any_order_are_read_or_refused(raw in pieces()) {
        no_field_is_out_of_bounds(&raw);
        no_field_is_out_of_bounds(&[b"From: ".as_slice(), &raw].concat());
        no_field_is_out_of_bounds(&[b"Content-Type: ".as_slice(), &raw].concat());
        no_field_is_out_of_bounds(&with_body("text/html", &String::from_utf8_lossy(&raw)));
    }

    #[test]
    fn damaged_mails_are_read_or_refused(
        which in 0..CORPUS.len(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_usize), 1..12),
    ) {
        let mut raw = CORPUS[which].to_vec();
        for (at, byte, kind) in damage {
            let at = at.index(raw.len().max(1));
            match kind {
                0 if at < raw.len() => raw[at] = byte,
                1 => raw.truncate(at + 1),
                2 => raw.insert(at.min(raw.len()), byte),
                _ => drop(raw.drain(at.min(raw.len())..(at + usize::from(byte)).min(raw.len()))),
            }
        }
        no_field_is_out_of_bounds(&raw);
    }
}
