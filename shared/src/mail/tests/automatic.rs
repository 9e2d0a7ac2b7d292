//! Who is a program and who is a person.

use crate::mail::{Automatic, Inbound, parse};

fn mail(headers: &str) -> Inbound {
    let has = |name: &str| headers.to_lowercase().contains(&format!("{name}:"));
    let mut raw = headers.to_owned();
    if !has("from") {
        raw += "\nFrom: Ann Lee <ann@example.com>";
    }
    if !has("return-path") {
        raw += "\nReturn-Path: <ann@example.com>";
    }
    if !headers.contains("\n\n") {
        raw += "\nTo: leasing@oak.example\n\nIs it free?\n";
    }
    parse(raw.as_bytes()).unwrap()
}

fn code(headers: &str) -> &'static str {
    let portals = ["homes.example".to_owned()];
    mail(headers)
        .automatic(&portals)
        .map_or("none", Automatic::code)
}

#[test]
fn automatic_mails_are_told_by_what_they_say_of_themselves() {
    for (headers, expected) in [
        ("X-Luma-Reply-Id: 1", "our_own"),
        ("X-Luma-Letter-Id: 1", "our_own"),
        ("Auto-Submitted: auto-generated", "auto_generated"),
        (
            "auto-submitted: Auto-Replied; owner-email=x",
            "auto_replied",
        ),
        ("Auto-Submitted: auto-replied (vacation)", "auto_replied"),
        ("Auto-Submitted: auto-notified", "auto_notified"),
        ("Auto-Submitted: something-new", "auto_submitted"),
        (
            "Content-Type: multipart/report; report-type=delivery-status; boundary=b",
            "delivery_report",
        ),
        ("Content-Type: message/delivery-status", "delivery_report"),
        (
            "Content-Type: multipart/report; report-type=\"disposition-notification\"; boundary=b",
            "read_receipt",
        ),
        (
            "Content-Type: multipart/report; report-type=feedback-report; boundary=b",
            "report",
        ),
        ("X-Failed-Recipients: gone@example.com", "failed_recipients"),
        (
            "Content-Type: text/calendar; method=\"REPLY\"",
            "calendar_reply",
        ),
        ("Return-Path: <>", "null_return_path"),
        (
            "From: Mail Delivery System <MAILER-DAEMON@example.com>",
            "mailer_daemon",
        ),
        ("Return-Path: <mailer-daemon@example.com>", "mailer_daemon"),
        ("From: postmaster@example.com", "postmaster"),
        ("From: noreply@example.com", "no_reply"),
        ("From: no-reply@example.com", "no_reply"),
        ("From: No_Reply+123@example.com", "no_reply"),
        ("From: do-not-reply@example.com", "no_reply"),
        ("From: donotreply@example.com", "no_reply"),
        ("From: drive-shares-noreply@example.com", "no_reply"),
        ("From: owner-tenants@lists.example.com", "list_owner"),
        ("From: tenants-owner@lists.example.com", "list_owner"),
        ("From: tenants-request@lists.example.com", "list_request"),
        (
            "Return-Path: <bounces+12-34=x@em.example.com>",
            "bounce_address",
        ),
        (
            "Return-Path: <tenants-bounces@lists.example.com>",
            "bounce_address",
        ),
        ("From: bounce@example.com", "bounce_address"),
        ("From: LISTSERV@example.com", "list_server"),
        ("From: majordomo@example.com", "list_server"),
        ("List-Id: <tenants.example.com>", "mailing_list"),
        ("List-Post: <mailto:a@example.com>", "mailing_list"),
        (
            "List-Unsubscribe: <https://example.com/u>",
            "unsubscribable",
        ),
        ("Precedence: bulk", "precedence_bulk"),
        ("Precedence: List", "precedence_list"),
        ("Precedence: junk", "precedence_junk"),
        ("Precedence: auto_reply", "precedence_auto_reply"),
        ("X-Auto-Response-Suppress: All", "suppresses_replies"),
        (
            "X-Auto-Response-Suppress: DR, OOF, AutoReply",
            "suppresses_replies",
        ),
        ("X-Autoreply: yes", "autoreply"),
        ("X-Autorespond: Re: hello", "autorespond"),
        ("X-Loop: ann@example.com", "loop"),
        ("Subject: Automatic reply: Lease", "out_of_office"),
        ("Subject: Out of Office: Lease", "out_of_office"),
        (
            "Subject: =?utf-8?Q?R=C3=A9ponse_automatique_:_Bail?=",
            "out_of_office",
        ),
        ("Subject: Abwesenheitsnotiz", "out_of_office"),
    ] {
        assert_eq!(code(headers), expected, "{headers}");
    }
}

#[test]
fn mails_of_people_are_not_automatic() {
    for headers in [
        "Subject: 2BR?",
        "Auto-Submitted: no",
        "Auto-Submitted: No; x=y",
        "Content-Type: multipart/mixed; boundary=report",
        "Content-Type: text/plain; name=delivery-status",
        "Content-Type: text/calendar; method=REQUEST",
        "Content-Type: text/plain; method=REPLY",
        "Return-Path: <ann@example.com>",
        "Return-Path: <prvs=123=ann@example.com>",
        "From: Postmaster Pete <pete@example.com>",
        "From: noreen.reply@example.com",
        "From: nora@noreply.example",
        "From: Do Not Reply <ann@example.com>",
        "From: bouncer@club.example",
        "From: bouncey@example.com",
        "From: homeowner@example.com",
        "From: owner@example.com",
        "From: request@example.com",
        "From: requests-ann@example.com",
        "From: majordomo.fan@example.com",
        "X-List-Id: 7",
        "Precedence: first-class",
        "X-Auto-Response-Suppress: DR, RN, NRN",
        "X-Autoreply: no",
        "Subject: Out of office space?",
        "Subject: Automatic reply button on your site is broken: help",
        "Subject: Re: out of town",
        "Subject: OOO",
        "In-Reply-To: <auto-replied@example.com>",
        "Feedback-ID: 1:2:3",
    ] {
        assert_eq!(code(headers), "none", "{headers}");
    }
}

#[test]
fn portals_may_send_by_machine_what_a_person_asked() {
    const LEAD: &str = "From: Homes <noreply@leads.homes.example>\nReturn-Path: <bounces+1@homes.example>\n\
        List-Unsubscribe: <https://homes.example/u>";
    let with_reply_to = format!("{LEAD}\nReply-To: 7@convo.homes.example");
    assert_eq!(code(&with_reply_to), "none");
    assert_eq!(
        code("From: 7@convo.homes.example\nList-Unsubscribe: <https://homes.example/u>"),
        "none"
    );

    assert_eq!(code(LEAD), "no_reply", "nobody to answer to");
    assert_eq!(
        code(&format!("{LEAD}\nReply-To: noreply@homes.example")),
        "no_reply"
    );
    assert_eq!(
        code(&with_reply_to.replace("leads.homes", "fakehomes")),
        "no_reply",
        "no portal"
    );
    assert_eq!(
        code(&format!("{with_reply_to}\nAuto-Submitted: auto-generated")),
        "auto_generated"
    );
    assert_eq!(
        code(&format!("{with_reply_to}\nList-Id: <news.homes.example>")),
        "mailing_list"
    );
    assert_eq!(
        code(&format!("{with_reply_to}\nPrecedence: bulk")),
        "precedence_bulk"
    );
}
