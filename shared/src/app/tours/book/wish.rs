//! What somebody wants, checked before anything is done with it.

use jiff::civil::{Date, Time as Clock};
use uuid::Uuid;

use crate::crypto;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::*;
use crate::error::{Error, Result};
use crate::store::audit::Actor;
use crate::store::tours::Prospect;

const NAME: usize = 60;
const PHONE: usize = 32;
const NOTES: usize = 2_000;
const KEY: usize = 200;

/// What somebody wants. Every text is checked before anything is done with it.
#[derive(Clone, Debug)]
pub struct Wish {
    pub when: When,
    pub agent: Option<ProfileId>,
    pub prospect: Prospect,
    pub special_requests: Option<String>,
    pub session: Option<Uuid>,
    pub conversation: Option<ConversationId>,
    /// The caller's `Idempotency-Key`.
    pub key: Option<String>,
    /// The host's word for the door: `lumaleasing` for its widget, `direct` for its own pages.
    pub source: &'static str,
    pub actor: Actor,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// A time that was made by hand.
    Slot(ManualSlotId),
    /// On the property's clock.
    At(Date, Clock),
}

impl Wish {
    /// Texts from strangers, before anything is done with them. Names go to the invited person in mail
    /// that we cause, so they are short and no links.
    pub(super) fn check(mut self) -> Result<Self> {
        let prospect = &mut self.prospect;
        prospect.first_name = name("firstName", &prospect.first_name)?;
        prospect.last_name = name("lastName", &prospect.last_name)?;
        let email = prospect.email.trim();
        if email.is_empty() {
            return Err(Error::Incomplete {
                code: "invalid_email",
                title: "Email is required",
            });
        }
        let address = EmailAddress::parse(email)
            .map_err(|_| Error::invalid("email", "not an e-mail address"))?;
        prospect.email = address.as_str().to_owned();
        let phone = prospect.phone.trim();
        let odd = |letter: char| !(letter.is_ascii_digit() || " +-().x#".contains(letter));
        if phone.chars().count() > PHONE || phone.chars().any(odd) {
            return Err(Error::invalid("phone", "not a telephone number"));
        }
        prospect.phone = phone.to_owned();
        if let Some(notes) = &self.special_requests {
            let odd = |letter: char| letter.is_control() && !"\n\r\t".contains(letter);
            if notes.chars().count() > NOTES || notes.chars().any(odd) {
                return Err(Error::invalid(
                    "specialRequests",
                    "text of at most 2000 characters",
                ));
            }
        }
        let odd_key = |key: &String| {
            !(1..=KEY).contains(&key.len()) || !key.bytes().all(|byte| byte.is_ascii_graphic())
        };
        if self.key.as_ref().is_some_and(odd_key) {
            return Err(Error::invalid(
                "idempotencyKey",
                "1 to 200 visible ASCII characters",
            ));
        }
        Ok(self)
    }

    /// What makes it the same request.
    pub(in crate::app::tours) fn fingerprint(&self) -> Vec<u8> {
        let when = match self.when {
            When::Slot(id) => id.to_string(),
            When::At(date, time) => format!("{date} {time}"),
        };
        let agent = self.agent.map(|agent| agent.to_string());
        let text = format!(
            "{when}\n{}\n{}",
            agent.unwrap_or_default(),
            key_of(&self.prospect)
        );
        crypto::sha256(text.as_bytes()).to_vec()
    }
}

/// By which the same person is known again.
pub(in crate::app::tours) fn key_of(prospect: &Prospect) -> String {
    EmailAddress::parse(&prospect.email).map_or_else(
        |_| prospect.email.to_ascii_lowercase(),
        |address| address.key().to_owned(),
    )
}

/// On one line, at most 60 characters, and nothing that a mail program makes a link of.
pub(in crate::app::tours) fn name(field: &'static str, text: &str) -> Result<String> {
    let text = text.trim();
    let lower = text.to_lowercase();
    let is_link = lower.contains("://")
        || lower.contains("www.")
        || lower.split_whitespace().any(looks_like_a_host)
        || text.contains(['@', '/', '<', '>', '\\']);
    if text.chars().count() > NAME || text.chars().any(char::is_control) || is_link {
        return Err(Error::invalid(
            field,
            "a name of at most 60 characters, without links",
        ));
    }
    Ok(text.to_owned())
}

/// `evil.com`, but not `J.R.` or `St.`
fn looks_like_a_host(word: &str) -> bool {
    let word = word.trim_end_matches(['.', ',', ';', ':', '!', '?', ')']);
    let Some((before, top)) = word.rsplit_once('.') else {
        return false;
    };
    let is_label = |label: &str| {
        label
            .chars()
            .all(|letter| letter.is_alphanumeric() || letter == '-')
    };
    before.chars().count() > 1
        && (2..=24).contains(&top.chars().count())
        && is_label(top)
        && before
            .split('.')
            .all(|label| !label.is_empty() && is_label(label))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_short_and_no_link() {
        for good in [
            "",
            "Ann",
            "J.R.",
            "María José",
            "O'Neil-Smith",
            "St. Clair",
            "李",
        ] {
            assert_eq!(name("firstName", good).unwrap(), good);
        }
        for bad in [
            "http://evil.example",
            "www.evil.example",
            "see evil.com now",
            "evil.com.",
            "ann@example.com",
            "a\nb",
            "<b>",
            &"a".repeat(61),
        ] {
            let refused = name("firstName", bad).unwrap_err();
            assert_eq!(refused.code(), "invalid_first_name", "{bad}");
        }
    }
}
