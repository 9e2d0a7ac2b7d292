//! Whole messages, as mail programs write them.

use insta::assert_snapshot;

use super::{card, mail};

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
