//! Tests of the module, a file for each of its concerns.

#![allow(clippy::unwrap_used)]

mod automatic;
mod compose;
mod corpus;
mod decode;
mod dmarc;
mod headers;
mod hostile;
mod html;
mod ics;
mod letters;
mod quoting;

use crate::domain::email_address::EmailAddress;
use crate::mail::{Automatic, MessageId, parse};

/// A message of `testdata/mail`.
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

use mail;

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
