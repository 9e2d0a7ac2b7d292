//! Gmail's verdict on the sender.

use proptest::prelude::*;

use crate::mail::Dmarc;

const PASS: &str = "mx.google.com; dkim=pass header.i=@x.example header.s=s1; spf=pass \
    (google.com: domain of a@x.example designates 1.2.3.4) smtp.mailfrom=a@x.example; \
    dmarc=pass (p=NONE sp=NONE dis=NONE) header.from=x.example";

#[test]
fn gmails_own_verdict_on_the_very_domain_counts() {
    for (value, expected) in [
        (PASS.to_owned(), Dmarc::Pass),
        (PASS.replace("mx.google.com", "MX.Google.com 1"), Dmarc::Pass),
        (PASS.replace("=x.example", "=X.Example"), Dmarc::Pass),
        (PASS.replace("dmarc=pass", "dmarc=fail"), Dmarc::Fail),
        (PASS.replace("header.from=x.example", "header.from=evil.example"), Dmarc::Fail),
        (PASS.replace("header.from=x.example", "header.from=mail.x.example"), Dmarc::Fail),
        (PASS.replace("header.from=x.example", ""), Dmarc::Fail),
        (PASS.replace("dmarc=pass", "dmarc=none"), Dmarc::None),
        (PASS.replace("dmarc=pass", "dmarc=temperror"), Dmarc::None),
        (PASS.replace("dmarc=", "xdmarc="), Dmarc::None),
        (PASS.replace("mx.google.com;", "mx.evil.example;"), Dmarc::None),
        (PASS.replace("mx.google.com;", "mx.google.com.evil.example;"), Dmarc::None),
        (PASS.replace("mx.google.com;", ""), Dmarc::None),
        ("mx.google.com; none".to_owned(), Dmarc::None),
        (String::new(), Dmarc::None),
        (format!("{PASS}; dmarc=pass header.from=x.example"), Dmarc::Fail),
        (
            "mx.google.com; spf=pass smtp.mailfrom=\"a; dmarc=pass header.from=x.example\"@b"
                .to_owned(),
            Dmarc::None,
        ),
        ("mx.google.com; spf=none (; dmarc=pass header.from=x.example)".to_owned(), Dmarc::None),
        (
            "mx.google.com; dmarc=fail header.from=x.example; x=y (dmarc=pass header.from=x.example)"
                .to_owned(),
            Dmarc::Fail,
        ),
    ] {
        assert_eq!(Dmarc::of(Some(&value), Some("x.example")), expected, "{value}");
    }
    assert_eq!(Dmarc::of(None, Some("x.example")), Dmarc::None);
    assert_eq!(Dmarc::of(Some(PASS), None), Dmarc::Fail);
}

proptest! {
    #[test]
    fn any_header_is_read(text in "(mx.google.com;)?([a-z.=;()\"\\\\ -]|dmarc=pass|header.from=x.example){0,60}") {
        let verdict = Dmarc::of(Some(&text), Some("x.example"));
        prop_assert!(verdict != Dmarc::Pass || text.starts_with("mx.google.com"));
    }
}
