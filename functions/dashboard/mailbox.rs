//! The property's mailbox: how it is doing, and what it is told to do.

use askama::Template;
use shared::app::settings::{self, Change, Mailbox};
use shared::app::watches::WatchState;
use shared::app::{App, connect, inbox, sign_in, wordings as approved};
use shared::domain::reply::ReplyMode;
use shared::error::{Error, Result};

use super::clock::{Moment, moment};
use super::desk::{Desk, back};
use super::page::{Frame, see};
use super::watch::Watch;
use super::wordings;
use crate::form::Form;
use crate::gmail_connect::{COOKIE, COOKIE_AGE};
use crate::http::{Request, Response};
use crate::response;

const PATH: &str = "/dashboard/mailbox";

#[derive(Template)]
#[template(path = "dashboard/templates/mailbox.html")]
struct MailboxPage {
    frame: Frame,
    address: Option<String>,
    status: &'static str,
    findings: Vec<Finding>,
    watch: Watch,
    last_push: Option<Moment>,
    last_sync: Option<Moment>,
    manages: bool,
    enabled: bool,
    mode: String,
    delay: String,
    confidence: String,
    signature: String,
    portals: String,
    wordings: Vec<wordings::Field>,
    guarded: Vec<wordings::Tick>,
}

/// Something that is not as it should be, and what to do about it.
pub struct Finding {
    /// `bad` or `warn`.
    pub level: &'static str,
    pub text: String,
}

impl Finding {
    pub fn bad(text: impl Into<String>) -> Self {
        Self {
            level: "bad",
            text: text.into(),
        }
    }

    pub fn warn(text: impl Into<String>) -> Self {
        Self {
            level: "warn",
            text: text.into(),
        }
    }
}

/// What is broken about a mailbox.
pub fn findings(mailbox: &Mailbox) -> Vec<Finding> {
    let Mailbox {
        settings,
        health,
        watch,
    } = mailbox;
    let address = health.address.as_deref().unwrap_or("the mailbox");
    match health.status.as_str() {
        "disconnected" => {
            let text = "No mailbox is connected: no mail is read or answered. Connect the leasing mailbox.";
            return vec![Finding::bad(text)];
        }
        "reauth_required" => {
            let text = format!("Google does not let us into {address} any more. Connect it again.");
            return vec![Finding::bad(text)];
        }
        _ => {}
    }
    let mut found = Vec::new();
    match watch {
        WatchState::None | WatchState::Active => {}
        WatchState::Silent => found.push(Finding::warn(
            "Gmail did not tell of the last mails; they were found by looking, some minutes late. If this stays, connect again.",
        )),
        WatchState::Failing => found.push(Finding::warn(
            "Gmail's notifications could not be renewed. We try again every hour; mail is read meanwhile.",
        )),
        WatchState::Expired => found.push(Finding::bad(
            "Gmail's notifications ended: mail is read late. We try again every hour; if this stays, connect again.",
        )),
    }
    if health.last_error.is_some() {
        let text = "The last reading of the mailbox failed. We try again every minute.";
        found.push(Finding::warn(text));
    }
    if health.quarantined > 0 {
        found.push(Finding::warn(not_filed(health.quarantined)));
    }
    if !settings.auto_reply_enabled || settings.reply_mode == ReplyMode::Off {
        let text = "Automatic replies are switched off: people answer all mail.";
        found.push(Finding::warn(text));
    }
    found
}

fn not_filed(number: i64) -> String {
    let (they, them) = match number {
        1 => ("It is", "it"),
        _ => ("They are", "them"),
    };
    let messages = count(number, "message", "messages");
    format!("{messages} could not be filed. {they} in the mailbox; answer {them} there.")
}

pub fn count(number: i64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

pub async fn show(app: App, request: Request) -> Result<Response> {
    answer(Desk::open(app, &request).await?).await
}

pub async fn answer(mut desk: Desk) -> Result<Response> {
    let property = desk.here()?.id;
    let mailbox = settings::read(&desk.app, &desk.session.user, property).await?;
    let texts = approved::read(&desk.app, &desk.session.user, property).await?;
    let zone = desk.zone();
    let (set, health) = (&mailbox.settings, &mailbox.health);
    let template = MailboxPage {
        findings: findings(&mailbox),
        address: health.address.clone(),
        status: health.status.as_str(),
        watch: Watch::of(mailbox.watch, health.watch_expires_at, &zone),
        last_push: health.last_push_at.map(|at| moment(at, &zone)),
        last_sync: health.last_sync_at.map(|at| moment(at, &zone)),
        manages: desk.manages(),
        enabled: match desk.refused("save") {
            Some(form) if form.given("reply_mode").is_some() => form.ticked("auto_reply_enabled"),
            _ => set.auto_reply_enabled,
        },
        mode: desk.typed("reply_mode", set.reply_mode.as_str()),
        delay: desk.typed("auto_reply_delay_minutes", set.auto_reply_delay),
        confidence: desk.typed("confidence_threshold", set.confidence_threshold),
        signature: desk.typed("signature", set.signature.clone().unwrap_or_default()),
        portals: desk.typed("portal_domains", set.portal_domains.join("\n")),
        wordings: wordings::fields(&texts, &desk),
        guarded: wordings::ticks(&texts, &desk),
        frame: desk.frame("Mailbox", "mailbox"),
    };
    let google = sign_in::google_origin(&desk.app);
    desk.remember(desk.page(&template, Some(&google))?)
}

pub async fn act(app: App, request: Request) -> Result<Response> {
    let (desk, form) = Desk::receive(app, &request).await?;
    let (app, user, property) = (&desk.app, &desk.session.user, desk.here()?.id);
    let done = match form.text("action").as_deref() {
        Some("connect") => {
            let started = connect::begin(app, user, property).await?;
            let mut answer = see(&started.url)?;
            response::set_cookie(&mut answer, COOKIE, &started.browser, COOKIE_AGE)?;
            return desk.remember(answer);
        }
        Some("read") => inbox::sync_now(app, user, property)
            .await
            .map(|()| "reading_now"),
        Some("disconnect") => connect::disconnect(app, user, property)
            .await
            .map(|()| "disconnected"),
        Some("save") => match wish(&form) {
            Ok(change) => settings::change(app, user, property, change)
                .await
                .map(|_| "saved"),
            Err(error) => Err(error),
        },
        _ => Err(Error::invalid("action", "none of this page")),
    };
    match done {
        Ok(said) => back(PATH, Some(property), said),
        Err(error) => answer(desk.back_to(form, error)?).await,
    }
}

/// The whole form: a box that is not ticked is a no.
fn wish(form: &Form) -> Result<Change> {
    let mode = form.text("reply_mode").unwrap_or_default();
    let mode =
        ReplyMode::parse(&mode).ok_or(Error::invalid("replyMode", "auto, approve or off"))?;
    let portals = form.text("portal_domains").unwrap_or_default();
    let portals = portals.split([',', '\n', ' ']).map(str::trim);
    Ok(Change {
        auto_reply_enabled: Some(form.ticked("auto_reply_enabled")),
        reply_mode: Some(mode),
        auto_reply_delay: form.parsed("auto_reply_delay_minutes", "autoReplyDelayMinutes")?,
        confidence_threshold: form.parsed("confidence_threshold", "confidenceThreshold")?,
        signature: Some(form.text("signature")),
        portal_domains: Some(
            portals
                .filter(|one| !one.is_empty())
                .map(str::to_owned)
                .collect(),
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_message_is_it_and_several_are_they() {
        for (number, text) in [
            (
                1,
                "1 message could not be filed. It is in the mailbox; answer it there.",
            ),
            (
                2,
                "2 messages could not be filed. They are in the mailbox; answer them there.",
            ),
        ] {
            assert_eq!(not_filed(number), text);
        }
    }
}
