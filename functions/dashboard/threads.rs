//! E-mail threads: the list, and one thread with what was said in it. Stored mail is shown as text.

use askama::Template;
use jiff::tz::TimeZone;
use shared::app::App;
use shared::app::threads::{self, Change, Email, Filter, Reply, Thread, ThreadLine};
use shared::app::wordings::{self as approved, Wordings};
use shared::domain::ids::{ProfileId, ThreadId};
use shared::domain::reply::{Hand, ReplyState};
use shared::domain::thread::ThreadStatus;
use shared::error::{Error, Result};

use super::clock::{Moment, moment};
use super::desk::{Desk, back};
use super::page::{Choice, Frame, page};
use super::replies::Typed;
use super::{wordings, words};
use crate::form::Form;
use crate::http::{Request, Response};

/// Of the list, those that wait for a person's answer.
pub const NEEDS_PERSON: &str = "needs_person";

#[derive(Template)]
#[template(path = "dashboard/templates/threads.html")]
struct ListPage {
    frame: Frame,
    /// The chosen status; empty for all.
    status: &'static str,
    statuses: [(&'static str, &'static str); 5],
    lines: Vec<Line>,
    next: Option<String>,
    is_first: bool,
}

/// A thread as a list shows it.
pub struct Line {
    pub id: String,
    who: String,
    pub subject: String,
    pub status: &'static str,
    pub agent: Option<String>,
    left_to_people: bool,
    /// Why it waits for a person's answer.
    needs_person: Option<String>,
    pub messages: i32,
    pub at: Moment,
}

#[derive(Template)]
#[template(path = "dashboard/templates/thread.html")]
struct ThreadPage {
    frame: Frame,
    line: Line,
    email: String,
    /// The prospect's page.
    lead: Option<String>,
    is_mine: bool,
    /// Messages before those that are shown.
    earlier: usize,
    mails: Vec<Mail>,
    /// A text whose field is not on the page.
    unsaved: Option<String>,
    colleagues: Vec<Choice>,
}

/// One message with what became of its answer.
struct Mail {
    inbound: bool,
    /// Anybody may have written it under this address.
    is_unverified: bool,
    /// Of a reply: whose words it is.
    hand: Option<&'static str>,
    /// Of a reply: who let it go, and why it had been held.
    let_go: Option<String>,
    from: String,
    address: String,
    at: Option<Moment>,
    text: String,
    truncated: bool,
    attachments: usize,
    answers: Vec<Answer>,
}

/// A reply that is no message yet, or never will be.
pub struct Answer {
    pub id: String,
    pub state: &'static str,
    pub is_held: bool,
    /// Whose words it is.
    pub hand: Option<&'static str>,
    /// It is a draft in Gmail, too.
    pub is_draft: bool,
    pub text: String,
    pub reasons: Vec<String>,
    /// What the text itself says that fair-housing law leaves to people.
    pub warnings: Vec<String>,
    pub confidence: Option<String>,
}

impl Answer {
    pub fn of(reply: &Reply, property: &str, approved: &Wordings) -> Self {
        let percent = |share: f64| format!("{:.0} %", share * 100.0);
        Self {
            id: reply.id.to_string(),
            state: words::reply_state(reply.state.as_str()),
            is_held: reply.state == ReplyState::Held,
            hand: hand(reply, approved),
            is_draft: reply.preview.is_some(),
            text: reply.body_text.clone().unwrap_or_default(),
            reasons: reply
                .reasons
                .iter()
                .map(|code| words::reason(code))
                .collect(),
            warnings: match reply.state {
                ReplyState::Held => wordings::warnings(reply, property, approved),
                _ => Vec::new(),
            },
            confidence: reply.confidence.map(percent),
        }
    }
}

pub async fn list(app: App, request: Request) -> Result<Response> {
    let mut desk = Desk::open(app, &request).await?;
    let (shown, filter) = wanted_threads(request.text("status"))?;
    let (wanted, property) = (request.page()?, desk.here()?.id);
    let user = &desk.session.user;
    let listed = threads::list(&desk.app, user, property, filter, wanted).await?;
    let zone = desk.zone();
    let lines = listed.items.iter().map(|line| Line::of(line, &desk, &zone));
    let template = ListPage {
        lines: lines.collect(),
        status: shown,
        statuses: [
            ("", "All"),
            (NEEDS_PERSON, "Need a person"),
            ("open", "Open"),
            ("closed", "Closed"),
            ("archived", "Archived"),
        ],
        next: listed.next.map(|cursor| cursor.to_string()),
        is_first: wanted.after.is_none(),
        frame: desk.frame("Threads", "threads"),
    };
    desk.remember(page(&template, None)?)
}

/// What of the list is shown, and under which name.
fn wanted_threads(named: Option<&str>) -> Result<(&'static str, Filter)> {
    let mut filter = Filter::default();
    let shown = match named {
        None => "",
        Some(NEEDS_PERSON) => {
            filter.needs_person = true;
            NEEDS_PERSON
        }
        Some(text) => {
            let status = ThreadStatus::parse(text).ok_or(Error::NotFound("Page"))?;
            filter.status = Some(status);
            status.as_str()
        }
    };
    Ok((shown, filter))
}

pub async fn one(app: App, request: Request, id: &str) -> Result<Response> {
    let desk = Desk::open(app, &request).await?;
    let id: ThreadId = id.parse().map_err(|_| Error::NotFound("Thread"))?;
    show(desk, id, None).await
}

/// The thread's page, with a text that was not taken.
pub async fn show(mut desk: Desk, id: ThreadId, typed: Option<Typed>) -> Result<Response> {
    let mut thread = threads::one(&desk.app, &desk.session.user, id).await?;
    desk.look_at(thread.line.property).await?;
    let user = &desk.session.user;
    let approved = approved::read(&desk.app, user, thread.line.property).await?;
    let zone = desk.zone();
    let line = Line::of(&thread.line, &desk, &zone);
    let template = ThreadPage {
        unsaved: typed.and_then(|typed| typed.put_into(&mut thread.replies)),
        earlier: earlier(&thread),
        mails: mails(&thread, &approved, &desk, &zone),
        email: thread.line.lead_email.clone().unwrap_or_default(),
        lead: thread.line.lead.map(|lead| lead.to_string()),
        is_mine: thread.line.assigned_agent == Some(desk.session.user.id),
        colleagues: colleagues(&desk, thread.line.assigned_agent),
        frame: desk.frame(&line.subject, "threads"),
        line,
    };
    desk.page(&template, None)
}

/// Takes a thread over, gives it to somebody, closes, archives or opens it.
pub async fn act(app: App, request: Request, id: &str) -> Result<Response> {
    let (desk, form) = Desk::receive(app, &request).await?;
    let id: ThreadId = id.parse().map_err(|_| Error::NotFound("Thread"))?;
    let done = match wish(&desk, &form) {
        Ok((change, said)) => threads::change(&desk.app, &desk.session.user, id, change)
            .await
            .map(|_| said),
        Err(error) => Err(error),
    };
    match done {
        Ok(said) => back(&format!("/dashboard/threads/{id}"), None, said),
        Err(error) => show(desk.back_to(form, error)?, id, None).await,
    }
}

fn wish(desk: &Desk, form: &Form) -> Result<(Change, &'static str)> {
    let status = |status| Change {
        status: Some(status),
        assigned_agent: None,
    };
    let assigned = |agent| Change {
        status: None,
        assigned_agent: Some(agent),
    };
    Ok(match form.text("action").as_deref() {
        Some("take_over") => (assigned(Some(desk.session.user.id)), "taken_over"),
        Some("assign") => {
            let agent = form.parsed::<ProfileId>("agent", "assignedAgentId")?;
            let said = if agent.is_some() {
                "assigned"
            } else {
                "released"
            };
            (assigned(agent), said)
        }
        Some("release") => (assigned(None), "released"),
        Some("close") => (status(ThreadStatus::Closed), "closed"),
        Some("archive") => (status(ThreadStatus::Archived), "archived"),
        Some("reopen") => (status(ThreadStatus::Open), "reopened"),
        _ => return Err(Error::invalid("action", "none of this page")),
    })
}

impl Line {
    pub fn of(line: &ThreadLine, desk: &Desk, zone: &TimeZone) -> Self {
        let who = line.lead_name.clone().or(line.lead_email.clone());
        let named = |agent| desk.team.name_of(agent).unwrap_or("A colleague").to_owned();
        Self {
            id: line.id.to_string(),
            who: who.unwrap_or_else(|| "Unknown sender".to_owned()),
            subject: subject(line),
            status: line.status.as_str(),
            agent: line.assigned_agent.map(named),
            left_to_people: line.left_to_people,
            needs_person: line
                .needs_person
                .as_deref()
                .map(|code| words::needs_person(code, line.reply_failed)),
            messages: line.message_count,
            at: moment(line.active_at, zone),
        }
    }
}

pub fn subject(line: &ThreadLine) -> String {
    let subject = line.subject.as_deref().map(str::trim).unwrap_or_default();
    if subject.is_empty() {
        "(no subject)"
    } else {
        subject
    }
    .to_owned()
}

/// How many messages are older than those that were read.
fn earlier(thread: &Thread) -> usize {
    let all = usize::try_from(thread.line.message_count).unwrap_or_default();
    all.saturating_sub(thread.emails.len())
}

fn mails(thread: &Thread, approved: &Wordings, desk: &Desk, zone: &TimeZone) -> Vec<Mail> {
    let property = desk
        .property
        .as_ref()
        .map_or("We", |property| property.name.as_str());
    let mail = |email: &Email| {
        let waits = |reply: &&Reply| reply.message == email.id && reply.state != ReplyState::Sent;
        let sent = |reply: &&Reply| email.reply == Some(reply.id);
        let sent = thread.replies.iter().find(sent);
        let author = sent.and_then(|reply| desk.team.name_of(reply.approved_by?));
        let from = match author.or(email.from_name.as_deref()) {
            _ if email.ai_generated => "Assistant",
            Some(name) if !name.trim().is_empty() => name,
            _ if email.inbound => &email.from_address,
            _ => property,
        };
        Mail {
            inbound: email.inbound,
            is_unverified: email.inbound && !email.sender_verified,
            hand: sent.and_then(|reply| hand(reply, approved)),
            let_go: sent.and_then(|reply| let_go(reply, desk)),
            from: from.to_owned(),
            address: email.from_address.clone(),
            at: email.at.map(|at| moment(at, zone)),
            text: email.body_text.clone(),
            truncated: email.truncated,
            attachments: email.attachments.as_array().map_or(0, Vec::len),
            answers: thread
                .replies
                .iter()
                .filter(waits)
                .map(|reply| Answer::of(reply, property, approved))
                .collect(),
        }
    };
    thread.emails.iter().map(mail).collect()
}

/// Whose words a reply is, if there are any.
fn hand(reply: &Reply, approved: &Wordings) -> Option<&'static str> {
    let body = reply.body_text.as_deref().filter(|body| !body.is_empty())?;
    Some(match reply.written_by {
        Hand::Assistant if approved.texts.iter().any(|one| one.text == body) => "Approved wording",
        Hand::Assistant => "Written by AI",
        Hand::Edited => "Written by AI, changed by a person",
        Hand::Person => "Written by a person",
    })
}

/// Who approved a reply, and what for it had waited.
fn let_go(reply: &Reply, desk: &Desk) -> Option<String> {
    let by = match reply.approved_by {
        Some(id) => desk.team.name_of(id).unwrap_or("a colleague"),
        None if !reply.reasons.is_empty() => "somebody in Gmail",
        None => return None,
    };
    let reasons: Vec<String> = reply
        .reasons
        .iter()
        .map(|code| words::reason(code))
        .collect();
    Some(format!(
        "Approved by {by}. It had waited for a person: {}",
        reasons.join(" ")
    ))
}

fn colleagues(desk: &Desk, assigned: Option<ProfileId>) -> Vec<Choice> {
    let everybody = desk.team.colleagues.iter();
    let choices = everybody.map(|(id, name)| Choice {
        id: id.to_string(),
        name: if name.is_empty() {
            "A colleague without a name".to_owned()
        } else {
            name.clone()
        },
        chosen: Some(*id) == assigned,
    });
    choices.collect()
}
