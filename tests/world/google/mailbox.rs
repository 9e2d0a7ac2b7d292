//! A mailbox as people use it: mail comes in, somebody reads, answers, deletes.

use super::gmail::drafts::{save, send_draft};
use super::gmail::rfc822;
use super::gmail::sending::{arrived, rfc2822};
use super::gmail::state::{HistoryRecord, MailboxState, StoredMessage, Watch};
use super::{Delivered, Site};

/// A handle on one account's mailbox.
#[derive(Clone)]
pub struct Mailbox {
    site: Site,
    address: String,
}

/// A mail from outside, about to arrive.
#[must_use = "nothing arrives before `deliver`"]
pub struct Incoming {
    mailbox: Mailbox,
    raw: Option<Vec<u8>>,
    headers: Vec<(String, String)>,
    body: String,
    labels: Vec<String>,
    internal_date: Option<i64>,
    thread: Option<String>,
    id: Option<String>,
    authenticated: bool,
}

impl Mailbox {
    pub(super) fn at(site: Site, address: &str) -> Mailbox {
        Mailbox {
            site,
            address: address.to_owned(),
        }
    }

    /// Lower-case.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// A plain-text mail arrives in the inbox, unread, and starts a thread of its own.
    pub fn receives(&self, from: &str, subject: &str, body: &str) -> StoredMessage {
        self.incoming(from, subject, body).deliver()
    }

    /// Exactly these octets arrive in the inbox; Gmail's own headers are the caller's business.
    pub fn receives_raw(&self, raw: &[u8]) -> StoredMessage {
        self.incoming_raw(raw).deliver()
    }

    /// Somebody outside answers the newest mail of a thread.
    pub fn receives_in(&self, thread: &str, from: &str, body: &str) -> StoredMessage {
        self.incoming_in(thread, from, body).deliver()
    }

    /// Like [`Mailbox::receives`], with more to say before it is delivered.
    pub fn incoming(&self, from: &str, subject: &str, body: &str) -> Incoming {
        let mut incoming = self.incoming_raw(&[]);
        incoming.raw = None;
        incoming.body = body.to_owned();
        let (now, id) = self.site.update(|state, now| (now, state.ids.hex()));
        let domain = address_in(from)
            .rsplit('@')
            .next()
            .unwrap_or("example.com")
            .to_owned();
        incoming
            .header("From", from)
            .header("To", &self.address)
            .header("Subject", subject)
            .header("Date", &rfc2822(now))
            .header("Message-ID", &format!("<{id}@{domain}>"))
            .header("MIME-Version", "1.0")
            .header("Content-Type", "text/plain; charset=UTF-8")
            .header("Content-Transfer-Encoding", "8bit")
    }

    /// Like [`Mailbox::receives_raw`], with more to say before it is delivered.
    pub fn incoming_raw(&self, raw: &[u8]) -> Incoming {
        Incoming {
            mailbox: self.clone(),
            raw: Some(raw.to_vec()),
            headers: Vec::new(),
            body: String::new(),
            labels: ["INBOX", "UNREAD", "CATEGORY_PERSONAL"]
                .map(str::to_owned)
                .to_vec(),
            internal_date: None,
            thread: None,
            id: None,
            authenticated: true,
        }
    }

    /// Like [`Mailbox::receives_in`], with more to say before it is delivered.
    pub fn incoming_in(&self, thread: &str, from: &str, body: &str) -> Incoming {
        let (subject, references) = self.state(|mailbox| answering(mailbox, thread));
        let parent = references.last().cloned().unwrap_or_default();
        self.incoming(from, &subject, body)
            .header("In-Reply-To", &parent)
            .header("References", &references.join(" "))
            .in_thread(thread)
    }

    /// A person answers the newest mail of a thread in Gmail's own pages.
    pub fn human_replies(&self, thread: &str, text: &str) -> StoredMessage {
        let (subject, references) = self.state(|mailbox| answering(mailbox, thread));
        let to = self.state(|mailbox| {
            let others = mailbox.thread(thread).into_iter().rev();
            let mut others = others.filter_map(|message| rfc822::sender(&message.raw));
            others.find(|sender| *sender != mailbox.address)
        });
        let to = to.unwrap_or_else(|| panic!("nobody to answer in thread {thread}"));
        let parent = references.last().cloned().unwrap_or_default();
        let raw = format!(
            "From: {}\r\nTo: {to}\r\nSubject: {subject}\r\nIn-Reply-To: {parent}\r\n\
             References: {}\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n\
             \r\n{text}\r\n",
            self.address,
            references.join(" "),
        );
        let raw = raw.as_bytes();
        let sent = self
            .site
            .update(|state, now| state.send(&self.address, raw, Some(thread), now));
        sent.unwrap_or_else(|refusal| panic!("{}", refusal.message))
    }

    /// A person presses Send on a draft in Gmail's own pages.
    pub fn human_sends_draft(&self, draft: &str) -> StoredMessage {
        let sent = self
            .site
            .update(|state, now| send_draft(state, &self.address, draft, None, now));
        sent.unwrap_or_else(|refusal| panic!("{}", refusal.message))
    }

    /// A person replaces the words of a draft in Gmail's own pages.
    pub fn human_edits_draft(&self, draft: &str, text: &str) {
        self.site.update(|state, now| {
            let mailbox = state.mailbox_mut(&self.address);
            let old = mailbox.messages[&mailbox.drafts[draft].message_id].clone();
            let whole = String::from_utf8_lossy(&old.raw).into_owned();
            let (head, _) = whole.split_once("\r\n\r\n").expect("a head");
            let mut is_kept = true;
            let kept = head.split("\r\n").filter(|line| {
                if !line.starts_with([' ', '\t']) {
                    let name = line.to_ascii_lowercase();
                    is_kept = !name.starts_with("content-") && !name.starts_with("mime-");
                }
                is_kept
            });
            let head = kept.collect::<Vec<_>>().join("\r\n");
            let raw = format!("{head}\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\n{text}\r\n");
            let thread = Some(old.thread_id.clone());
            save(mailbox, draft, &old, raw.into_bytes(), thread, now);
        });
    }

    /// A person writes a letter of their own in Gmail's own pages.
    pub fn human_writes(&self, to: &str, subject: &str, text: &str) -> StoredMessage {
        let raw = format!(
            "From: {}\r\nTo: {to}\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n\
             Content-Type: text/plain; charset=UTF-8\r\n\r\n{text}\r\n",
            self.address,
        );
        let raw = raw.as_bytes();
        let sent = self
            .site
            .update(|state, now| state.send(&self.address, raw, None, now));
        sent.unwrap_or_else(|refusal| panic!("{}", refusal.message))
    }

    /// A person says that a mail in Spam is not spam: no `messageAdded`, only label changes.
    pub fn rescue_from_spam(&self, id: &str) {
        self.relabels(id, &["INBOX"], &["SPAM"]);
    }

    /// A person, or a filter, changes a mail's labels.
    pub fn relabels(&self, id: &str, add: &[&str], remove: &[&str]) {
        let owned = |labels: &[&str]| labels.iter().map(|label| (*label).to_owned()).collect();
        let (add, remove): (Vec<String>, Vec<String>) = (owned(add), owned(remove));
        self.change(|mailbox| mailbox.relabel(id, &add, &remove));
    }

    /// A mail is deleted for good; a draft whose message it is goes with it.
    pub fn deletes(&self, id: &str) {
        let deleted = self.change(|mailbox| {
            mailbox.drafts.retain(|_, draft| draft.message_id != id);
            mailbox.delete(id)
        });
        assert!(deleted, "no message {id} to delete");
    }

    /// Gmail forgets this mailbox's history: every cursor from before now gets 404.
    pub fn history_expires(&self) {
        self.change(MailboxState::expire_history);
    }

    /// From now on Gmail replaces the Message-ID of what is sent, and keeps ours in
    /// `X-Google-Original-Message-ID`.
    pub fn rewrites_message_ids(&self) {
        self.change(|mailbox| mailbox.quirks.rewrites_message_ids = true);
    }

    /// `watch` is refused as another client's, until `stop` is called.
    pub fn watch_conflict(&self) {
        self.change(|mailbox| mailbox.quirks.watch_conflict = true);
    }

    /// What this account sent, oldest first.
    pub fn sent(&self) -> Vec<Delivered> {
        let own = |mail: &Delivered| mail.from == self.address;
        self.site
            .update(|state, _| state.delivered.clone())
            .into_iter()
            .filter(own)
            .collect()
    }

    /// What is in Drafts, oldest first, by draft id.
    pub fn drafts(&self) -> Vec<(String, StoredMessage)> {
        self.state(|mailbox| {
            let drafts = mailbox.drafts.values();
            let shown = drafts.map(|d| (d.id.clone(), mailbox.messages[&d.message_id].clone()));
            shown.collect()
        })
    }

    /// Every message that exists, oldest first.
    pub fn messages(&self) -> Vec<StoredMessage> {
        self.state(|mailbox| mailbox.messages.values().cloned().collect())
    }

    /// A thread's messages, oldest first.
    pub fn thread(&self, thread: &str) -> Vec<StoredMessage> {
        self.state(|mailbox| mailbox.thread(thread).into_iter().cloned().collect())
    }

    /// The mailbox's current history id.
    pub fn history_id(&self) -> u64 {
        self.state(|mailbox| mailbox.history_id)
    }

    /// Every change that history still tells about.
    pub fn history(&self) -> Vec<HistoryRecord> {
        self.state(|mailbox| mailbox.history.clone())
    }

    /// The watch, expired or not.
    pub fn watch(&self) -> Option<Watch> {
        self.state(|mailbox| mailbox.watch.clone())
    }

    /// A notification as if something had changed, whether or not there is a watch.
    pub fn push(&self) -> super::Push {
        self.site.update(|state, now| {
            let mailbox = state.mailbox_mut(&self.address);
            super::Push {
                address: self.address.clone(),
                history_id: mailbox.history_id,
                message_id: state.ids.number().to_string(),
                published_at: now,
            }
        })
    }

    fn state<T>(&self, look: impl FnOnce(&MailboxState) -> T) -> T {
        self.change(|mailbox| look(mailbox))
    }

    pub(super) fn change<T>(&self, work: impl FnOnce(&mut MailboxState) -> T) -> T {
        self.site
            .update(|state, _| work(state.mailbox_mut(&self.address)))
    }
}

impl Incoming {
    /// Adds a header, or replaces one of the same name.
    pub fn header(mut self, name: &str, value: &str) -> Incoming {
        self.headers
            .retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Arrives with these labels instead of `INBOX`, `UNREAD` and `CATEGORY_PERSONAL`.
    pub fn labels(mut self, labels: &[&str]) -> Incoming {
        self.labels = labels.iter().map(|label| (*label).to_owned()).collect();
        self
    }

    /// Google accepted it then (epoch milliseconds), and not now.
    pub fn internal_date(mut self, epoch_ms: i64) -> Incoming {
        self.internal_date = Some(epoch_ms);
        self
    }

    /// Belongs to that thread, whatever its headers say.
    pub fn in_thread(mut self, thread: &str) -> Incoming {
        self.thread = Some(thread.to_owned());
        self
    }

    /// Has that Gmail id, which another mailbox may have too.
    pub fn id(mut self, id: &str) -> Incoming {
        self.id = Some(id.to_owned());
        self
    }

    /// Nothing vouches for the sender: no `Authentication-Results`.
    pub fn unauthenticated(mut self) -> Incoming {
        self.authenticated = false;
        self
    }

    /// Arrives.
    pub fn deliver(self) -> StoredMessage {
        let Incoming {
            mailbox: Mailbox { site, address },
            headers,
            body,
            ..
        } = self;
        site.update(|state, now| {
            let raw = self.raw.unwrap_or_else(|| {
                let body = body.replace("\r\n", "\n").replace('\n', "\r\n");
                let head: String = headers
                    .iter()
                    .map(|(name, value)| format!("{name}: {value}\r\n"))
                    .collect();
                let raw = format!("{head}\r\n{body}\r\n").into_bytes();
                let from = rfc822::sender(&raw).unwrap_or_default();
                if self.authenticated {
                    arrived(&raw, &address, &from, now)
                } else {
                    raw
                }
            });
            let id = self.id.unwrap_or_else(|| state.ids.hex());
            let mailbox = state.mailbox_mut(&address);
            let thread = self.thread.or_else(|| mailbox.thread_of_incoming(&raw));
            let labels: Vec<&str> = self.labels.iter().map(String::as_str).collect();
            mailbox.insert_as(id, raw, &labels, thread, self.internal_date.unwrap_or(now))
        })
    }
}

/// Subject and References of an answer to the newest mail of a thread.
fn answering(mailbox: &MailboxState, thread: &str) -> (String, Vec<String>) {
    let messages = mailbox.thread(thread);
    let newest = messages.iter().rev().find(|message| !message.has("DRAFT"));
    let newest = newest.unwrap_or_else(|| panic!("{} has no thread {thread}", mailbox.address));
    let subject = rfc822::header(&newest.raw, "Subject").unwrap_or_default();
    let subject = match subject.to_lowercase().starts_with("re:") {
        true => subject,
        false => format!("Re: {subject}"),
    };
    let mut references = rfc822::message_ids(&newest.raw, "References");
    references.extend(rfc822::message_id(&newest.raw));
    (subject, references)
}

fn address_in(from: &str) -> &str {
    from.rsplit_once('<')
        .map_or(from, |(_, rest)| rest.trim_end_matches('>'))
}
