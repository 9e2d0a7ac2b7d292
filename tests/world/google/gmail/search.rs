//! The part of Gmail's search language that a server has use for.

use chrono::{NaiveDate, NaiveTime};

use super::rfc822;
use super::state::{MailboxState, StoredMessage};
use crate::google::refusal::Refusal;

/// One condition.
enum Term {
    After(i64),
    Before(i64),
    MessageId(String),
    From(String),
    To(String),
    Subject(String),
    Label(&'static str),
    Anywhere,
    Word(String),
    Not(Box<Term>),
}

/// The messages that `query` and `labels` select, newest first.
///
/// # Errors
/// Refuses an operator that is not simulated, rather than searching for something else.
pub fn select(
    mailbox: &MailboxState,
    query: &str,
    labels: &[&str],
    spam_and_trash: bool,
) -> Result<Vec<StoredMessage>, Refusal> {
    let terms = query
        .split_whitespace()
        .map(Term::parse)
        .collect::<Result<Vec<_>, _>>()?;
    let hidden = ["SPAM", "TRASH"];
    let everywhere = spam_and_trash
        || labels.iter().any(|label| hidden.contains(label))
        || terms.iter().any(|term| match term {
            Term::Anywhere => true,
            Term::Label(label) => hidden.contains(label),
            _ => false,
        });
    let chosen = |message: &&StoredMessage| {
        terms.iter().all(|term| term.suits(message))
            && labels.iter().all(|label| message.has(label))
            && (everywhere || !hidden.iter().any(|label| message.has(label)))
    };
    let mut found: Vec<StoredMessage> = mailbox.messages.values().filter(chosen).cloned().collect();
    found.sort_by_key(|message| {
        (
            -message.internal_date,
            std::cmp::Reverse(message.id.clone()),
        )
    });
    Ok(found)
}

impl Term {
    fn parse(text: &str) -> Result<Term, Refusal> {
        if let Some(rest) = text.strip_prefix('-') {
            return Ok(Term::Not(Box::new(Term::parse(rest)?)));
        }
        let not_simulated =
            || Refusal::invalid_argument(format!("the search term {text:?} is not simulated"));
        let Some((operator, value)) = text.split_once(':') else {
            return Ok(Term::Word(text.trim_matches('"').to_lowercase()));
        };
        let value = value.trim_matches('"');
        match operator {
            "after" | "newer" => Ok(Term::After(instant(value).ok_or_else(not_simulated)?)),
            "before" | "older" => Ok(Term::Before(instant(value).ok_or_else(not_simulated)?)),
            "rfc822msgid" => Ok(Term::MessageId(value.trim_matches(['<', '>']).to_owned())),
            "from" => Ok(Term::From(value.to_lowercase())),
            "to" => Ok(Term::To(value.to_lowercase())),
            "subject" => Ok(Term::Subject(value.to_lowercase())),
            "in" | "is" | "label" => match value.to_lowercase().as_str() {
                "anywhere" => Ok(Term::Anywhere),
                "inbox" => Ok(Term::Label("INBOX")),
                "sent" => Ok(Term::Label("SENT")),
                "draft" | "drafts" => Ok(Term::Label("DRAFT")),
                "spam" => Ok(Term::Label("SPAM")),
                "trash" => Ok(Term::Label("TRASH")),
                "chat" | "chats" => Ok(Term::Label("CHAT")),
                "unread" => Ok(Term::Label("UNREAD")),
                _ => Err(not_simulated()),
            },
            _ => Err(not_simulated()),
        }
    }

    fn suits(&self, message: &StoredMessage) -> bool {
        let header = |name| {
            rfc822::header(&message.raw, name)
                .unwrap_or_default()
                .to_lowercase()
        };
        match self {
            Term::After(ms) => message.internal_date >= *ms,
            Term::Before(ms) => message.internal_date < *ms,
            Term::MessageId(id) => {
                rfc822::message_id(&message.raw).is_some_and(|own| own == format!("<{id}>"))
            }
            Term::From(text) => header("From").contains(text),
            Term::To(text) => rfc822::recipients(&message.raw)
                .iter()
                .any(|to| to.contains(text)),
            Term::Subject(text) => header("Subject").contains(text),
            Term::Label(label) => message.has(label),
            Term::Anywhere => true,
            Term::Word(word) => String::from_utf8_lossy(&message.raw)
                .to_lowercase()
                .contains(word.as_str()),
            Term::Not(term) => !term.suits(message),
        }
    }
}

/// Epoch seconds, or a day written `2026/02/01`, as epoch milliseconds.
fn instant(text: &str) -> Option<i64> {
    match text.parse::<i64>() {
        Ok(seconds) => Some(seconds * 1000),
        Err(_) => {
            let day = NaiveDate::parse_from_str(&text.replace('-', "/"), "%Y/%m/%d").ok()?;
            Some(day.and_time(NaiveTime::MIN).and_utc().timestamp_millis())
        }
    }
}
