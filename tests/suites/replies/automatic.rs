//! Mail that a program sent is stored and gets neither a lead nor an answer; mail that only looks a
//! little like it gets one.

use std::collections::BTreeMap;

use serde_json::json;
use world::minutes;

use super::desk::Desk;

type Headers = &'static [(&'static str, &'static str)];

/// Sender, subject, headers, and how we know.
#[rustfmt::skip]
const AUTOMATIC: [(&str, &str, Headers, &str); 35] = [
    ("a1@x.test", "Hi", &[("Auto-Submitted", "auto-replied")], "auto_replied"),
    ("a2@x.test", "Hi", &[("Auto-Submitted", "auto-generated; type=x")], "auto_generated"),
    ("a3@x.test", "Hi", &[("Auto-Submitted", "auto-notified")], "auto_notified"),
    ("a4@x.test", "Hi", &[("Auto-Submitted", "yes")], "auto_submitted"),
    ("a5@x.test", "Hi", &[("Precedence", "bulk")], "precedence_bulk"),
    ("a6@x.test", "Hi", &[("Precedence", "LIST")], "precedence_list"),
    ("a7@x.test", "Hi", &[("Precedence", "junk")], "precedence_junk"),
    ("a8@x.test", "Hi", &[("Precedence", "auto_reply")], "precedence_auto_reply"),
    ("a9@x.test", "Hi", &[("List-Id", "<news.x.test>")], "mailing_list"),
    ("a10@x.test", "Hi", &[("List-Post", "<mailto:l@x.test>")], "mailing_list"),
    ("a11@x.test", "Hi", &[("List-Unsubscribe", "<https://x.test/u>")], "unsubscribable"),
    ("a12@x.test", "Hi", &[("X-Auto-Response-Suppress", "OOF, AutoReply")], "suppresses_replies"),
    ("a13@x.test", "Hi", &[("X-Autoreply", "yes")], "autoreply"),
    ("a14@x.test", "Hi", &[("X-Autorespond", "Hi")], "autorespond"),
    ("a15@x.test", "Hi", &[("X-Loop", "a15@x.test")], "loop"),
    ("a16@x.test", "Automatic reply: 2BR", &[], "out_of_office"),
    ("a17@x.test", "Out of office: back soon", &[], "out_of_office"),
    ("a18@x.test", "Abwesenheitsnotiz: Urlaub", &[], "out_of_office"),
    ("a19@x.test", "Hi", &[("X-Failed-Recipients", "b@x.test")], "failed_recipients"),
    ("a20@x.test", "Hi", &[("Content-Type", "multipart/report; report-type=delivery-status; boundary=b")], "delivery_report"),
    ("a21@x.test", "Read: Hi", &[("Content-Type", "multipart/report; report-type=disposition-notification; boundary=b")], "read_receipt"),
    ("a22@x.test", "Hi", &[("Content-Type", "multipart/report; report-type=feedback-report; boundary=b")], "report"),
    ("a23@x.test", "Accepted: Tour", &[("Content-Type", "text/calendar; method=REPLY")], "calendar_reply"),
    ("a24@x.test", "Hi", &[("X-Luma-Reply-Id", "00000000-0000-4000-8000-000000000000")], "our_own"),
    ("MAILER-DAEMON@x.test", "Returned mail", &[], "mailer_daemon"),
    ("postmaster@x.test", "Hi", &[], "postmaster"),
    ("no-reply@x.test", "Hi", &[], "no_reply"),
    ("donotreply+7@x.test", "Hi", &[], "no_reply"),
    ("listserv@x.test", "Hi", &[], "list_server"),
    ("owner-news@x.test", "Hi", &[], "list_owner"),
    ("news-request@x.test", "Hi", &[], "list_request"),
    ("bounces+12@x.test", "Hi", &[], "bounce_address"),
    ("leasing@oak.test", "Hi", &[], "own_address"),
    ("a34@x.test", "Hi", &[("To", "everybody@x.test")], "not_addressed"),
    ("a35@x.test, a36@x.test", "Hi", &[], "no_sender"),
];

/// Nearly the same, written by people.
#[rustfmt::skip]
const ORDINARY: [(&str, &str, Headers); 14] = [
    ("o1@x.test", "Hi", &[]),
    ("o2@x.test", "Hi", &[("Auto-Submitted", "no")]),
    ("o3@x.test", "Hi", &[("Precedence", "first-class")]),
    ("o4@x.test", "Hi", &[("X-Auto-Response-Suppress", "DR, RN")]),
    ("o5@x.test", "Is the office out of order?", &[]),
    ("o6@x.test", "An automatic reply would do", &[]),
    ("postmaster.general@x.test", "Hi", &[]),
    ("noreen@x.test", "Hi", &[]),
    ("bouncer@x.test", "Hi", &[]),
    ("owner@x.test", "Hi", &[]),
    ("o7@x.test", "Hi", &[("To", "Leasing <LEASING@oak.test>, b@x.test")]),
    ("o8@x.test", "Hi", &[("To", "b@x.test"), ("Cc", "leasing+2br@oak.test")]),
    ("o9@x.test", "Hi", &[("X-Mailer", "Bulk Mailer 3")]),
    ("\"leasing@oak.test\" <o10@x.test>", "Hi", &[]),
];

async fn receive(desk: &Desk, from: &str, subject: &str, headers: Headers) -> String {
    let mut mail = desk.mailbox.incoming(from, subject, "Any two-bedrooms?");
    for (name, value) in headers {
        mail = mail.header(name, value);
    }
    mail.deliver().id
}

#[tokio::test]
async fn every_kind_of_automatic_mail_is_stored_and_gets_no_answer_and_makes_no_lead() {
    let desk = Desk::open().await;
    let mut expected = BTreeMap::new();
    for (from, subject, headers, code) in AUTOMATIC {
        let id = receive(&desk, from, subject, headers).await;
        expected.insert(id, code.to_owned());
    }
    desk.world.deliver_pushes().await;
    let sql =
        "select gmail_message_id as id, coalesce(unanswerable, '') as code from email_messages";
    let rows = desk.world.sql.query(sql, &[]).await.unwrap();
    let stored: BTreeMap<String, String> = rows
        .iter()
        .map(|row| (row.get("id"), row.get("code")))
        .collect();
    assert_eq!(stored, expected);
    desk.stays_silent().await;
    assert_eq!(desk.states().await.len(), 0);
    // No robot answers a letter that came by a list or an alias, but a person may have written it.
    assert_eq!(
        desk.world.texts("select email from leads").await,
        ["a34@x.test"]
    );
}

#[tokio::test]
async fn a_null_return_path_means_that_nobody_waits_for_an_answer() {
    let desk = Desk::open().await;
    let raw = "Return-Path: <>\r\nFrom: sys@x.test\r\nTo: leasing@oak.test\r\nSubject: Hi\r\n\
               Message-ID: <1@x.test>\r\n\r\nAny two-bedrooms?\r\n";
    desk.mailbox
        .incoming_raw(raw.as_bytes())
        .unauthenticated()
        .deliver();
    desk.world.deliver_pushes().await;
    let codes = "select unanswerable from email_messages";
    assert_eq!(desk.world.texts(codes).await, ["null_return_path"]);
    desk.stays_silent().await;
}

#[tokio::test]
async fn mail_of_people_that_only_looks_automatic_is_answered_once_each() {
    let desk = Desk::open().await;
    for (from, subject, headers) in ORDINARY {
        receive(&desk, from, subject, headers).await;
    }
    desk.world.deliver_pushes().await;
    desk.world.pass(minutes(30)).await;
    let mut to: Vec<String> = desk.mailbox.sent().into_iter().flat_map(|m| m.to).collect();
    to.sort();
    to.dedup();
    assert_eq!(to.len(), ORDINARY.len(), "{:?}", desk.states().await);
    assert_eq!(desk.mailbox.sent().len(), ORDINARY.len());
    desk.world.finish().await;
}

#[tokio::test]
async fn a_portal_that_relays_a_prospects_question_is_answered() {
    let desk = Desk::open().await;
    desk.set(json!({ "portalDomains": ["homes.example"] }))
        .await;
    let relayed = include_str!("../../../shared/testdata/mail/portal_lead.eml")
        .replace("leasing@oak.example", "leasing@oak.test");
    desk.mailbox.receives_raw(relayed.as_bytes());
    desk.world.deliver_pushes().await;
    desk.is_settled_with_one_letter().await;
    assert_eq!(
        desk.mailbox.sent()[0].to,
        ["3f9c2b1a77@convo.homes.example"]
    );
}

#[tokio::test]
async fn two_of_our_own_mailboxes_do_not_talk_to_each_other() {
    let desk = Desk::open().await;
    let elm = desk.world.property("Elm House").await;
    let other = desk.world.connects(&elm, "hello@elm.test").await;
    desk.writes("Elm House <hello@elm.test>", "Any two-bedrooms?")
        .await;
    desk.stays_silent().await;
    assert_eq!(other.sent().len(), 0);
}

#[tokio::test]
async fn spam_is_not_answered_until_somebody_says_that_it_is_none() {
    let desk = Desk::open().await;
    let mail = desk
        .mailbox
        .incoming("ann@example.com", "2BR?", "Any two-bedrooms?")
        .labels(&["SPAM", "UNREAD"])
        .deliver();
    desk.world.deliver_pushes().await;
    desk.stays_silent().await;
    assert_eq!(
        desk.world
            .count("select count(*) from email_messages")
            .await,
        0
    );
    desk.mailbox.rescue_from_spam(&mail.id);
    desk.world.deliver_pushes().await;
    desk.is_settled_with_one_letter().await;
}

#[tokio::test]
async fn a_robot_without_any_mark_is_answered_four_times_an_hour_at_the_most() {
    let desk = Desk::open().await;
    desk.set(json!({ "autoReplyDelayMinutes": 0 })).await;
    let first = desk.writes("bot@x.test", "Any two-bedrooms?").await;
    for round in 0..11 {
        desk.world.pass(minutes(1)).await;
        let body = format!("Thank you for your message, number {round}.");
        desk.mailbox
            .receives_in(&first.thread_id, "bot@x.test", &body);
        desk.world.deliver_pushes().await;
    }
    assert_eq!(desk.mailbox.sent().len(), 4);
    assert_eq!(desk.states().await.last().unwrap(), "held: cap_thread");
}
