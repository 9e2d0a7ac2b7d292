//! Transfer encodings, charsets and part trees, right and wrong.

use crate::mail::{clean, parse};

fn text_of(headers: &str, body: &[u8]) -> String {
    let head = format!("From: ann@example.com\r\n{headers}\r\n\r\n");
    parse(&[head.as_bytes(), body].concat()).unwrap().text
}

#[test]
fn charsets_are_believed_only_as_far_as_they_can_be() {
    for (charset, body, text) in [
        ("utf-8", "Grüße".as_bytes(), "Grüße"),
        ("us-ascii", "Grüße".as_bytes(), "Grüße"),
        ("us-ascii", b"Gr\xfc\xdfe", "Grüße"),
        ("utf-8", b"Gr\xfc\xdfe", "Gr��e"),
        ("iso-8859-1", b"Gr\xfc\xdfe", "Grüße"),
        ("ISO-8859-15", b"\xa4 5", "€ 5"),
        ("\"windows-1251\"", b"\xcf\xf0\xe8\xe2\xe5\xf2", "Привет"),
        ("no-such-charset", b"Gr\xfc\xdfe", "Grüße"),
        ("no-such-charset", "Grüße".as_bytes(), "Grüße"),
        ("shift_jis", b"\x83n\x83\x8d", "ハロ"),
        ("utf-16le", b"h\0i\0", "hi"),
        ("utf-7", b"Gr+APwA3w-e", "Grüße"),
        ("", "Grüße".as_bytes(), "Grüße"),
    ] {
        let headers = format!("Content-Type: text/plain; charset={charset}");
        assert_eq!(text_of(&headers, body), text, "{charset}");
    }
    assert_eq!(text_of("X: y", b"Gr\xfc\xdfe"), "Grüße");
}

#[test]
fn transfer_encodings_are_undone_as_far_as_they_go() {
    for (encoding, body, text) in [
        ("7bit", "a=3Db", "a=3Db"),
        ("quoted-printable", "a=3Db=\r\nc", "a=bc"),
        ("Quoted-Printable", "50=25 =zz =", "50% =zz"),
        ("quoted-printable", "a==3D", "a==3D"),
        ("base64", "aGVsbG8=", "hello"),
        ("BASE64 ", "aGVs\r\nbG8", "hello"),
        (
            "base64",
            "aGVsbG8*gdGhlcmUsIGhvdyBhcmUgeW91",
            "hello there, how are you",
        ),
        (
            "base64",
            "No, this is -- not -- (base64)!",
            "No, this is -- not -- (base64)!",
        ),
        ("x-unknown", "as it is", "as it is"),
    ] {
        let headers = format!("Content-Transfer-Encoding: {encoding}");
        assert_eq!(
            text_of(&headers, body.as_bytes()),
            text,
            "{encoding}: {body}"
        );
    }
}

#[test]
fn trees_of_parts_are_walked_as_far_as_they_make_sense() {
    for (body, text) in [
        (
            "--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\nepilogue",
            "one\n\ntwo",
        ),
        ("preamble\n--b \n\none\n--b--", "one"),
        ("--b\n\nnot closed", "not closed"),
        ("--b\n\nnear\n--bb\nmiss\n--b--", "near\n--bb\nmiss"),
        (
            "--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\nin\n--b\n\nout\n--b--",
            "in\n\nout",
        ),
        (
            "--b\nContent-Type: multipart/mixed; boundary=c\n\nno c\n--b--",
            "no c",
        ),
        (
            "--b\nContent-Type: multipart/mixed\n\nno boundary\n--b--",
            "no boundary",
        ),
        (
            "--b\nno header, no empty line\n--b--",
            "no header, no empty line",
        ),
        ("no part at all", "no part at all"),
        (
            "--b\nContent-Type: text\n\nhalf a type\n--b--",
            "half a type",
        ),
        (
            "--b\nContent-Type: message/rfc822\n\nSubject: x\n\nattached\n--b--",
            "",
        ),
        (
            "--b--\n\nclosed before it began",
            "--b--\n\nclosed before it began",
        ),
    ] {
        assert_eq!(
            text_of("Content-Type: multipart/mixed; boundary=b", body.as_bytes()),
            text,
            "{body}"
        );
    }
    let digest = "--b\n\nSubject: x\n\nattached\n--b--";
    assert_eq!(
        text_of(
            "Content-Type: multipart/digest; boundary=b",
            digest.as_bytes()
        ),
        ""
    );
}

#[test]
fn texts_are_tidied() {
    for (raw, tidy) in [
        ("a\r\nb\rc\nd", "a\nb\nc\nd"),
        ("\n\na  \n\n\n\n  b\t\n", "a\n\n  b"),
        ("x\u{0}\u{7}\u{1b}[31my", "x[31my"),
        (
            "\u{feff}z\u{200b}e\u{2060}r\u{ad}o\u{e0020}\u{202e}",
            "zero",
        ),
        ("10:00\u{202f}AM\u{a0}sharp", "10:00 AM sharp"),
        ("a\n-- \nb", "a\n-- \nb"),
        ("👍🏽 ñ 田", "👍🏽 ñ 田"),
    ] {
        assert_eq!(clean::text(raw), tidy, "{raw:?}");
        assert_eq!(clean::text(&clean::text(raw)), tidy, "twice: {raw:?}");
    }
    assert_eq!(clean::line(" a\r\n\tb \u{200b} c\0"), "a b c");
}
