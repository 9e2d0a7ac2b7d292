//! What a property decides about its mailbox.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::App;
use super::access::{self, Right, User};
use super::watches::{self, WatchState};
use crate::domain::ids::PropertyId;
use crate::domain::reply::ReplyMode;
use crate::error::{Error, Result};
use crate::store::audit::{self, Actor, Entry};
use crate::store::mailboxes::Status;
use crate::store::settings::{self, Health, Settings};

const SIGNATURE_CHARACTERS: usize = 2_000;
const PORTALS: usize = 50;

/// A mailbox as the team sees it.
#[derive(Clone, Debug)]
pub struct Mailbox {
    pub settings: Settings,
    pub health: Health,
    pub watch: WatchState,
}

/// Some of the settings, to be changed. What is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Change {
    pub auto_reply_enabled: Option<bool>,
    pub reply_mode: Option<ReplyMode>,
    /// Minutes.
    pub auto_reply_delay: Option<i32>,
    pub confidence_threshold: Option<f64>,
    /// `Some(None)` takes the signature away.
    pub signature: Option<Option<String>>,
    pub portal_domains: Option<Vec<String>>,
}

/// Settings and health of a property's mailbox. One that was never connected has the settings it
/// would start with.
pub async fn read(app: &App, user: &User, property: PropertyId) -> Result<Mailbox> {
    let tx = app.of(property).await?;
    access::require(&tx, user, property, Right::See).await?;
    let row = settings::read(&tx, property).await?;
    tx.commit().await?;
    Ok(row.map_or_else(unconnected, |row| {
        Mailbox::of(row.settings, row.health, app.now())
    }))
}

/// Changes all that is asked for, or nothing.
///
/// Replies that already wait are not touched: they look at the settings again when they are due.
///
/// # Errors
/// `Invalid` names the first field that is not acceptable; `Conflict` where no mailbox was ever connected.
pub async fn change(
    app: &App,
    user: &User,
    property: PropertyId,
    change: Change,
) -> Result<Mailbox> {
    let tx = app.of(property).await?;
    access::require(&tx, user, property, Right::Manage).await?;
    let row = settings::hold(&tx, property)
        .await?
        .ok_or_else(|| Error::conflict("mailbox_not_connected", "Connect a Gmail account first"))?;
    let changed = applied(&row.settings, change)?;
    if changed != row.settings {
        settings::write(&tx, property, &changed, app.now()).await?;
        let (before, after) = difference(&row.settings, &changed);
        let entry = Entry {
            property,
            actor: Actor::User(user.id),
            action: "mailbox.settings_changed",
            entity: "gmail_config",
            entity_id: row.id.0,
            before: Some(before),
            after: Some(after),
        };
        audit::append(&tx, &entry).await?;
    }
    tx.commit().await?;
    Ok(Mailbox::of(changed, row.health, app.now()))
}

impl Mailbox {
    fn of(settings: Settings, health: Health, now: DateTime<Utc>) -> Self {
        Self {
            watch: watches::state(&health, now),
            settings,
            health,
        }
    }
}

fn unconnected() -> Mailbox {
    let health = Health {
        address: None,
        status: Status::Disconnected,
        status_reason: None,
        watch_expires_at: None,
        watch_renewed_at: None,
        watch_error: None,
        last_push_at: None,
        last_mail_at: None,
        last_sync_at: None,
        last_error: None,
        quarantined: 0,
    };
    Mailbox {
        settings: Settings::default(),
        health,
        watch: WatchState::None,
    }
}

fn applied(now: &Settings, change: Change) -> Result<Settings> {
    Ok(Settings {
        auto_reply_enabled: change.auto_reply_enabled.unwrap_or(now.auto_reply_enabled),
        reply_mode: change.reply_mode.unwrap_or(now.reply_mode),
        auto_reply_delay: match change.auto_reply_delay {
            Some(minutes) if minutes < 0 => {
                return Err(Error::invalid("autoReplyDelayMinutes", "not below 0"));
            }
            asked => asked.unwrap_or(now.auto_reply_delay),
        },
        confidence_threshold: match change.confidence_threshold {
            Some(share) if !(0.0..=1.0).contains(&share) => {
                return Err(Error::invalid("confidenceThreshold", "from 0 to 1"));
            }
            asked => asked.unwrap_or(now.confidence_threshold),
        },
        signature: match change.signature {
            Some(text) => text
                .map(signature)
                .transpose()?
                .filter(|text| !text.is_empty()),
            None => now.signature.clone(),
        },
        portal_domains: match change.portal_domains {
            Some(domains) => portal_domains(&domains)?,
            None => now.portal_domains.clone(),
        },
    })
}

fn signature(text: String) -> Result<String> {
    let text = text.replace("\r\n", "\n").trim_end().to_owned();
    let odd = |letter: char| letter.is_control() && letter != '\n' && letter != '\t';
    if text.chars().count() > SIGNATURE_CHARACTERS || text.chars().any(odd) {
        return Err(Error::invalid(
            "signature",
            "plain text of at most 2000 characters",
        ));
    }
    Ok(text)
}

/// In lower case, sorted, each once.
fn portal_domains(domains: &[String]) -> Result<Vec<String>> {
    let mut known: Vec<String> = domains
        .iter()
        .map(|domain| domain.trim().to_ascii_lowercase())
        .collect();
    known.sort();
    known.dedup();
    if known.len() > PORTALS || !known.iter().all(|domain| is_domain(domain)) {
        return Err(Error::invalid("portalDomains", "at most 50 domain names"));
    }
    Ok(known)
}

/// A host name with a dot in it (RFC 1123, 2.1; other alphabets in their `xn--` form).
fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let top = text.rsplit('.').next().unwrap_or_default();
    text.len() <= 253
        && text.contains('.')
        && text.split('.').all(label)
        && !top.bytes().all(|byte| byte.is_ascii_digit()) // an IP address is no domain
}

/// The settings that differ, before and after.
fn difference(before: &Settings, after: &Settings) -> (Value, Value) {
    let (Value::Object(before), Value::Object(after)) = (as_json(before), as_json(after)) else {
        return (Value::Null, Value::Null);
    };
    let differing = |these: &Map<String, Value>, those: &Map<String, Value>| {
        let kept = these
            .iter()
            .filter(|(key, value)| those.get(*key) != Some(value));
        Value::Object(
            kept.map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
        )
    };
    (differing(&before, &after), differing(&after, &before))
}

fn as_json(settings: &Settings) -> Value {
    json!({
        "auto_reply_enabled": settings.auto_reply_enabled,
        "reply_mode": settings.reply_mode.as_str(),
        "auto_reply_delay_minutes": settings.auto_reply_delay,
        "confidence_threshold": settings.confidence_threshold,
        "signature": settings.signature,
        "portal_domains": settings.portal_domains,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn after(change: Change) -> Result<Settings> {
        applied(&Settings::default(), change)
    }

    fn refused(change: Change) -> String {
        after(change).unwrap_err().code()
    }

    #[test]
    fn what_is_not_named_stays() {
        let mine = Settings {
            auto_reply_delay: 40,
            signature: Some("Oak Court".into()),
            ..Settings::default()
        };
        assert_eq!(applied(&mine, Change::default()).unwrap(), mine);
    }

    #[test]
    fn limits_are_inside_and_their_neighbours_outside() {
        let delay = |minutes| Change {
            auto_reply_delay: Some(minutes),
            ..Change::default()
        };
        assert_eq!(after(delay(0)).unwrap().auto_reply_delay, 0);
        assert_eq!(after(delay(i32::MAX)).unwrap().auto_reply_delay, i32::MAX);
        assert_eq!(refused(delay(-1)), "invalid_auto_reply_delay_minutes");

        let threshold = |share| Change {
            confidence_threshold: Some(share),
            ..Change::default()
        };
        assert_eq!(after(threshold(0.0)).unwrap().confidence_threshold, 0.0);
        assert_eq!(after(threshold(1.0)).unwrap().confidence_threshold, 1.0);
        for share in [-0.01, 1.01, f64::NAN, f64::INFINITY] {
            assert_eq!(refused(threshold(share)), "invalid_confidence_threshold");
        }
    }

    #[test]
    fn a_signature_is_plain_text_and_may_be_taken_away() {
        let sign = |text: Option<&str>| Change {
            signature: Some(text.map(str::to_owned)),
            ..Change::default()
        };
        let signed = after(sign(Some("Oak Court\r\n1 Oak Street\n")))
            .unwrap()
            .signature;
        assert_eq!(signed.as_deref(), Some("Oak Court\n1 Oak Street"));
        assert_eq!(after(sign(None)).unwrap().signature, None);
        assert_eq!(after(sign(Some("  "))).unwrap().signature, None);
        assert_eq!(refused(sign(Some("a\0b"))), "invalid_signature");
        assert_eq!(refused(sign(Some("a\rb"))), "invalid_signature");
        assert!(after(sign(Some(&"ü".repeat(2000)))).is_ok());
        assert_eq!(refused(sign(Some(&"ü".repeat(2001)))), "invalid_signature");
    }

    #[test]
    fn portals_are_domains_in_lower_case_each_once() {
        let portals = |names: &[&str]| Change {
            portal_domains: Some(names.iter().map(ToString::to_string).collect()),
            ..Change::default()
        };
        let kept = after(portals(&["Zillow.com", "apartments.com", " zillow.com"])).unwrap();
        assert_eq!(kept.portal_domains, ["apartments.com", "zillow.com"]);
        for name in [
            "",
            "com",
            "a..b",
            "-a.com",
            "a_b.com",
            "a@b.com",
            "https://a.com",
            "ü.com",
            "10.0.0.1",
        ] {
            assert_eq!(
                refused(portals(&[name])),
                "invalid_portal_domains",
                "{name}"
            );
        }
    }

    #[test]
    fn the_audit_row_holds_what_changed_and_nothing_else() {
        let before = Settings::default();
        let after = Settings {
            auto_reply_delay: 40,
            ..before.clone()
        };
        let expected = (
            json!({ "auto_reply_delay_minutes": 5 }),
            json!({ "auto_reply_delay_minutes": 40 }),
        );
        assert_eq!(difference(&before, &after), expected);
    }
}
