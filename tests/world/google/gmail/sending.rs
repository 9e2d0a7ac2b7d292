//! What happens to a mail that leaves: checks, the SENT copy, delivery.

use chrono::{DateTime, Utc};
use mail_parser::{Message, MessageParser};

use super::rfc822;
use super::state::StoredMessage;
use crate::google::State;
use crate::google::refusal::Refusal;

/// A mail as it left Google, once for all its recipients.
#[derive(Clone, Debug)]
pub struct Delivered {
    /// The account that sent it.
    pub from: String,
    /// Envelope recipients, lower-case: To, Cc and Bcc.
    pub to: Vec<String>,
    /// What the recipients receive; Bcc is gone.
    pub raw: Vec<u8>,
    /// Epoch milliseconds.
    pub at: i64,
    /// Gmail's ids in the sender's mailbox.
    pub id: String,
    pub thread_id: String,
}

impl Delivered {
    /// The mail, parsed.
    pub fn message(&self) -> Message<'_> {
        MessageParser::default().parse(&self.raw).unwrap()
    }

    /// The first header of that name, decoded.
    pub fn header(&self, name: &str) -> Option<String> {
        rfc822::header(&self.raw, name)
    }

    /// Subject, decoded; empty when there is none.
    pub fn subject(&self) -> String {
        self.header("Subject").unwrap_or_default()
    }

    /// The first text body, with LF line ends.
    pub fn text(&self) -> String {
        rfc822::text(&self.raw)
    }

    /// The Message-ID, angle brackets included.
    pub fn message_id(&self) -> String {
        rfc822::message_id(&self.raw).unwrap_or_default()
    }

    /// The id in In-Reply-To, angle brackets included.
    pub fn in_reply_to(&self) -> Option<String> {
        rfc822::message_ids(&self.raw, "In-Reply-To")
            .into_iter()
            .next()
    }

    /// The ids in References, angle brackets included.
    pub fn references(&self) -> Vec<String> {
        rfc822::message_ids(&self.raw, "References")
    }
}

/// A mail checked and stamped by Google, about to leave.
struct Outgoing {
    raw: Vec<u8>,
    to: Vec<String>,
}

impl State {
    /// Sends a mail: a SENT copy for the sender, delivery to the others.
    ///
    /// # Errors
    /// Refuses a mail without recipients, and a thread that the sender does not have.
    pub fn send(
        &mut self,
        address: &str,
        raw: &[u8],
        thread: Option<&str>,
        now: i64,
    ) -> Result<StoredMessage, Refusal> {
        let outgoing = self.stamp(address, raw, now)?;
        let mailbox = self.mailbox_mut(address);
        let thread = mailbox.thread_of_outgoing(&outgoing.raw, thread)?;
        let to_self = outgoing.to.iter().any(|to| to == address);
        let labels: &[&str] = if to_self {
            &["SENT", "INBOX", "UNREAD"]
        } else {
            &["SENT"]
        };
        let sent = mailbox.insert(outgoing.raw.clone(), labels, thread, now);
        let delivered = Delivered {
            from: address.to_owned(),
            to: outgoing.to,
            raw: rfc822::without(&outgoing.raw, "Bcc"),
            at: now,
            id: sent.id.clone(),
            thread_id: sent.thread_id.clone(),
        };
        self.deliver(&delivered, now);
        self.delivered.push(delivered);
        Ok(sent)
    }

    fn stamp(&mut self, address: &str, raw: &[u8], now: i64) -> Result<Outgoing, Refusal> {
        let to = rfc822::recipients(raw);
        if to.is_empty() {
            return Err(Refusal::invalid_argument("Recipient address required"));
        }
        if to
            .iter()
            .any(|to| !to.contains('@') || to.contains(char::is_whitespace))
        {
            return Err(Refusal::invalid_argument("Invalid To header"));
        }
        let mut raw = rfc822::garble_eight_bit_headers(raw);
        let date = rfc2822(now);
        let mailbox = self.mailbox_mut(address);
        let rewrites = mailbox.quirks.rewrites_message_ids;
        let own = format!("{} <{address}>", mailbox.name);
        let fresh = format!("<CA+{}@mail.gmail.com>", self.ids.hex());
        let mut added: Vec<(&str, &str)> = Vec::new();
        if rfc822::sender(&raw).as_deref() != Some(address) {
            raw = rfc822::without(&raw, "From"); // no alias is verified, so the account it is
            added.push(("From", &own));
        }
        if rfc822::header(&raw, "Date").is_none() {
            added.push(("Date", &date));
        }
        let given = rfc822::header(&raw, "Message-ID");
        if rewrites || rfc822::message_id(&raw).is_none() {
            raw = rfc822::without(&raw, "Message-ID");
            added.push(("Message-ID", &fresh));
            added.extend(
                given
                    .as_deref()
                    .map(|id| ("X-Google-Original-Message-ID", id)),
            );
        }
        let hop = format!("from world named unknown by gmailapi.google.com with HTTPREST; {date}");
        added.insert(0, ("Received", &hop));
        Ok(Outgoing {
            raw: rfc822::prepend(&raw, &added),
            to,
        })
    }

    fn deliver(&mut self, mail: &Delivered, now: i64) {
        for to in mail.to.iter().filter(|to| **to != mail.from) {
            if self.unreachable.contains(to) {
                let report = report(mail, to, now, &self.ids.hex());
                let mailbox = self.mailbox_mut(&mail.from);
                let thread = Some(mail.thread_id.clone());
                mailbox.insert(report, &["INBOX", "UNREAD"], thread, now);
            } else if self.accounts.contains_key(to) {
                let raw = arrived(&mail.raw, to, &mail.from, now);
                let mailbox = self.mailbox_mut(to);
                let thread = mailbox.thread_of_incoming(&raw);
                mailbox.insert(raw, &["INBOX", "UNREAD", "CATEGORY_PERSONAL"], thread, now);
            }
        }
    }
}

/// The headers that Gmail puts on top of an authenticated mail from elsewhere.
pub fn arrived(raw: &[u8], to: &str, from: &str, now: i64) -> Vec<u8> {
    let domain = from.rsplit('@').next().unwrap_or_default();
    let hop = format!(
        "by mx.google.com with ESMTPS id world for <{to}>; {}",
        rfc2822(now)
    );
    let authentication = format!(
        "mx.google.com; dkim=pass header.i=@{domain}; spf=pass smtp.mailfrom={from}; \
         dmarc=pass (p=NONE) header.from={domain}"
    );
    let return_path = format!("<{from}>");
    rfc822::prepend(
        raw,
        &[
            ("Delivered-To", to),
            ("Received", &hop),
            ("Return-Path", &return_path),
            ("Authentication-Results", &authentication),
        ],
    )
}

/// A delivery report (RFC 3464), as Gmail puts it into the thread of the mail that bounced.
fn report(mail: &Delivered, to: &str, now: i64, id: &str) -> Vec<u8> {
    let (date, original) = (rfc2822(now), mail.message_id());
    let subject = "Delivery Status Notification (Failure)";
    format!(
        "Return-Path: <>\r\nFrom: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\r\n\
         To: {}\r\nAuto-Submitted: auto-replied\r\nSubject: {subject}\r\n\
         References: {original}\r\nIn-Reply-To: {original}\r\nX-Failed-Recipients: {to}\r\n\
         Message-ID: <{id}@mx.google.com>\r\nDate: {date}\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; boundary=\"world\"; report-type=delivery-status\r\n\r\n\
         --world\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\n\
         Your message wasn't delivered to {to} because the address couldn't be found.\r\n\
         --world\r\nContent-Type: message/delivery-status\r\n\r\n\
         Reporting-MTA: dns; googlemail.com\r\n\r\nFinal-Recipient: rfc822; {to}\r\n\
         Action: failed\r\nStatus: 5.1.1\r\n\r\n--world--\r\n",
        mail.from
    )
    .into_bytes()
}

/// A date for a header (RFC 5322 §3.3).
pub fn rfc2822(epoch_ms: i64) -> String {
    DateTime::<Utc>::from_timestamp_millis(epoch_ms)
        .unwrap_or_default()
        .to_rfc2822()
}
