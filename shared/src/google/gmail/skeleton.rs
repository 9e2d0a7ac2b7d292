//! A message without the contents of its attachments, put together from `format=full`.
//!
//! Gmail takes mails of up to 50 MB. One that is too large to be fetched whole is read in this form:
//! Gmail names the attachments and keeps them. What comes out is a message of RFC 5322 again, so that
//! there is one parser for both.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;

use super::RawMessage;
use super::answers::{Header, instant};
use crate::domain::ids::{GmailMessageId, GmailThreadId};
use crate::google::wire::{self, Number};

const END: &str = "\r\n";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FullAnswer {
    id: String,
    thread_id: String,
    #[serde(default)]
    label_ids: Vec<String>,
    #[serde(default)]
    internal_date: Value,
    size_estimate: Option<Number>,
    payload: Part,
}

/// <https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.messages#MessagePart>
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Part {
    mime_type: String,
    headers: Vec<Header>,
    body: Body,
    parts: Vec<Part>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    size: Option<Number>,
    /// Decoded from its transfer encoding. Absent where Gmail keeps the content as an attachment.
    data: Option<String>,
}

impl FullAnswer {
    pub(super) fn into_raw(self) -> Option<RawMessage> {
        let mut raw = String::new();
        self.payload.write(&mut raw, &mut 0);
        Some(RawMessage {
            received_at: instant(&self.internal_date)?,
            size: self.size_estimate.map_or(raw.len() as u64, |size| size.0),
            id: GmailMessageId(self.id),
            thread: GmailThreadId(self.thread_id),
            labels: self.label_ids,
            raw: raw.into_bytes(),
            without_attachments: true,
        })
    }
}

impl Part {
    /// Bodies are written in base64, so that no line of theirs can be taken for a boundary.
    fn write(&self, out: &mut String, boundaries: &mut usize) {
        let kind = self.mime_type.to_ascii_lowercase();
        if kind.starts_with("multipart/") && !self.parts.is_empty() {
            *boundaries += 1;
            let boundary = format!("part-{boundaries}");
            self.write_headers(out, &["Content-Type", "Content-Transfer-Encoding"]);
            line(
                out,
                "Content-Type",
                &format!("{kind}; boundary=\"{boundary}\""),
            );
            out.push_str(END);
            for part in &self.parts {
                *out += &format!("--{boundary}{END}");
                part.write(out, boundaries);
            }
            *out += &format!("--{boundary}--{END}");
            return;
        }
        if self.header("Content-Type").is_none() && !kind.is_empty() {
            line(out, "Content-Type", &kind);
        }
        match self.body.data.as_deref().and_then(wire::base64) {
            Some(content) => self.write_content(out, &kind, &content),
            None => self.write_placeholder(out),
        }
    }

    /// Whether Gmail has turned a text into UTF-8 or left it in the sender's charset is not documented.
    /// What is UTF-8 beyond ASCII can hardly be anything else.
    fn write_content(&self, out: &mut String, kind: &str, content: &[u8]) {
        let is_utf8 = !content.is_ascii() && str::from_utf8(content).is_ok();
        if kind.starts_with("text/") && is_utf8 && self.header("Content-Type").is_some() {
            self.write_headers(out, &["Content-Type", "Content-Transfer-Encoding"]);
            line(out, "Content-Type", &format!("{kind}; charset=utf-8"));
        } else {
            self.write_headers(out, &["Content-Transfer-Encoding"]);
        }
        line(out, "Content-Transfer-Encoding", "base64");
        *out += &format!("{END}{}{END}", STANDARD.encode(content));
    }

    /// Nothing but the size, as RFC 2183 (2.7) has a header tell it.
    fn write_placeholder(&self, out: &mut String) {
        self.write_headers(out, &["Content-Disposition", "Content-Transfer-Encoding"]);
        let disposition = self.header("Content-Disposition").unwrap_or("attachment");
        let size = self.body.size.map_or(0, |size| size.0);
        let told = format!("{}; size={size}", disposition.trim_end_matches([';', ' ']));
        line(out, "Content-Disposition", &told);
        out.push_str(END);
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|header| header.name.eq_ignore_ascii_case(name))?;
        Some(&found.value)
    }

    fn write_headers(&self, out: &mut String, without: &[&str]) {
        for Header { name, value } in &self.headers {
            let replaced = without.iter().any(|other| name.eq_ignore_ascii_case(other));
            let is_name =
                !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic() && b != b':');
            if is_name && !replaced {
                line(out, name, value);
            }
        }
    }
}

/// A value stays on its line, whatever it holds: it must not make headers of its own.
fn line(out: &mut String, name: &str, value: &str) {
    let value = match value.contains(['\r', '\n']) {
        true => Cow::Owned(value.replace(['\r', '\n'], " ")),
        false => Cow::Borrowed(value),
    };
    *out += &format!("{name}: {value}{END}");
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::URL_SAFE;
    use serde_json::json;

    use super::*;
    use crate::mail::{self, Inbound};

    fn read(payload: &Value) -> Inbound {
        let answer = json!({
            "id": "m1", "threadId": "t1", "labelIds": ["INBOX"], "internalDate": "1763805600000",
            "sizeEstimate": 30_000_000, "payload": payload,
        });
        let answer: FullAnswer = wire::decode(answer.to_string().as_bytes()).unwrap();
        let raw = answer.into_raw().unwrap();
        assert!(raw.without_attachments);
        assert_eq!(raw.size, 30_000_000);
        mail::parse(&raw.raw).unwrap()
    }

    fn data(text: &[u8]) -> Value {
        json!({ "size": text.len(), "data": URL_SAFE.encode(text) })
    }

    #[test]
    fn texts_are_there_and_attachments_have_their_names_and_sizes() {
        let mail = read(&json!({
            "mimeType": "multipart/mixed", "filename": "",
            "headers": [
                {"name": "From", "value": "Ann Lee <ann@example.com>"},
                {"name": "To", "value": "leasing@oak.example"},
                {"name": "Subject", "value": "Büro plans"},
                {"name": "Content-Type", "value": "multipart/mixed; boundary=\"x\""},
            ],
            "body": {"size": 0},
            "parts": [
                {"mimeType": "multipart/alternative", "headers": [], "parts": [
                    {"mimeType": "text/plain", "body": data("Grüße\r\n--part-1--\r\n".as_bytes()), "headers": [
                        {"name": "Content-Type", "value": "text/plain; charset=iso-8859-1"},
                        {"name": "Content-Transfer-Encoding", "value": "quoted-printable"},
                    ]},
                    {"mimeType": "text/html", "body": data(b"<p>Hello"), "headers": []},
                ]},
                {"mimeType": "application/pdf", "filename": "plans.pdf",
                 "body": {"attachmentId": "ANGjdJ", "size": 26_000_000},
                 "headers": [
                    {"name": "Content-Type", "value": "application/pdf"},
                    {"name": "Content-Disposition", "value": "attachment; filename=\"plans.pdf\""},
                    {"name": "Content-Transfer-Encoding", "value": "base64"},
                ]},
                {"mimeType": "image/jpeg", "filename": "", "body": {"attachmentId": "x", "size": 7},
                 "headers": [{"name": "Content-Type", "value": "image/jpeg; name=\"a.jpg\""}]},
            ],
        }));
        assert_eq!(mail.from.unwrap().address.as_str(), "ann@example.com");
        assert_eq!(mail.subject, "Büro plans");
        assert_eq!(mail.text, "Grüße\n--part-1--");
        let attachments: Vec<_> = mail
            .attachments
            .iter()
            .map(|one| (one.file_name.as_str(), one.content_type.as_str(), one.size))
            .collect();
        assert_eq!(
            attachments,
            [
                ("plans.pdf", "application/pdf", 26_000_000),
                ("a.jpg", "image/jpeg", 7)
            ]
        );
    }

    #[test]
    fn a_text_in_the_senders_charset_is_read_by_it() {
        let mail = read(&json!({
            "mimeType": "text/plain", "body": data(b"Gr\xfc\xdfe"), "headers": [
                {"name": "From", "value": "ann@example.com"},
                {"name": "Content-Type", "value": "text/plain; charset=iso-8859-1"},
            ],
        }));
        assert_eq!(mail.text, "Grüße");
    }

    #[test]
    fn a_header_does_not_make_another_one() {
        let mail = read(&json!({
            "mimeType": "text/plain", "body": data(b"Hi"), "headers": [
                {"name": "From", "value": "ann@example.com"},
                {"name": "Subject", "value": "One\r\nAuto-Submitted: auto-replied\r\n\r\nTwo"},
                {"name": "X: y\r\nReply-To", "value": "eve@example.net"},
            ],
        }));
        assert_eq!(mail.subject, "One Auto-Submitted: auto-replied Two");
        assert_eq!(mail.text, "Hi");
        assert!(mail.automatic(&[]).is_none());
        assert!(mail.reply_to.is_none());
    }
}
