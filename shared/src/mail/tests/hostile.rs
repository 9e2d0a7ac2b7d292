//! Messages as nobody should write them: nothing panics, nothing takes long, nothing is too large.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::{CORPUS, mail, portals};
use crate::mail::{Unreadable, parse};

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
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 400 } else { 50_000 }))]

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
