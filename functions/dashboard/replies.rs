//! Replies that wait for a person: read, changed, approved, rejected.

use askama::Template;
use shared::app::threads::Reply;
use shared::app::wordings::{self, Wordings};
use shared::app::{App, reply, threads};
use shared::domain::ids::ReplyId;
use shared::domain::page::Page;
use shared::domain::reply::ReplyState;
use shared::error::{Error, Result};

use super::desk::{Desk, back};
use super::page::{Frame, page};
use super::threads::{Answer, subject};
use crate::form::Form;
use crate::http::{Request, Response};

/// Each is shown with its whole thread's last message.
const AT_ONCE: u32 = 10;

#[derive(Template)]
#[template(path = "dashboard/templates/approvals.html")]
struct QueuePage {
    frame: Frame,
    waiting: Vec<Waiting>,
    manages: bool,
    next: Option<String>,
}

/// A held reply with what it answers.
struct Waiting {
    thread: String,
    subject: String,
    who: String,
    asked: String,
    answer: Answer,
}

pub async fn queue(app: App, request: Request) -> Result<Response> {
    let mut desk = Desk::open(app, &request).await?;
    let wanted = Page {
        limit: AT_ONCE,
        ..request.page()?
    };
    let (user, property) = (&desk.session.user, desk.here()?.id);
    let held = Some(ReplyState::Held);
    let listed = reply::list(&desk.app, user, property, held, wanted).await?;
    let approved = wordings::read(&desk.app, user, property).await?;
    let mut waiting = Vec::new();
    for reply in &listed.items {
        waiting.push(with_thread(&desk, reply, &approved).await?);
    }
    let template = QueuePage {
        waiting,
        manages: desk.manages(),
        next: listed.next.map(|cursor| cursor.to_string()),
        frame: desk.frame("Approvals", "approvals"),
    };
    desk.remember(page(&template, None)?)
}

async fn with_thread(desk: &Desk, reply: &Reply, approved: &Wordings) -> Result<Waiting> {
    let thread = threads::one(&desk.app, &desk.session.user, reply.thread).await?;
    let asked = thread.emails.iter().find(|email| email.id == reply.message);
    let who = thread
        .line
        .lead_name
        .clone()
        .or(thread.line.lead_email.clone());
    Ok(Waiting {
        thread: thread.line.id.to_string(),
        subject: subject(&thread.line),
        who: who.unwrap_or_else(|| "Unknown sender".to_owned()),
        asked: asked
            .map(|email| email.body_text.clone())
            .unwrap_or_default(),
        answer: Answer::of(reply, &desk.here()?.name, approved),
    })
}

/// Saves the text, and approves or rejects. What is sent is what stood in the form.
pub async fn act(app: App, request: Request, id: &str) -> Result<Response> {
    let (desk, form) = Desk::receive(app, &request).await?;
    let id: ReplyId = id.parse().map_err(|_| Error::NotFound("Reply"))?;
    let done = decide(&desk, &form, id).await;
    let property = desk.property.as_ref().map(|property| property.id);
    match form
        .text("thread")
        .filter(|id| id.parse::<uuid::Uuid>().is_ok())
    {
        Some(thread) => back(&format!("/dashboard/threads/{thread}"), None, done),
        None => back("/dashboard/approvals", property, done),
    }
}

async fn decide(desk: &Desk, form: &Form, id: ReplyId) -> Result<&'static str> {
    let (app, user) = (&desk.app, &desk.session.user);
    let action = form.text("action");
    match action.as_deref() {
        Some("reject") => {
            reply::reject(app, user, id).await?;
            Ok("rejected")
        }
        Some("save") => {
            reply::edit(app, user, id, &form.text("body_text").unwrap_or_default()).await?;
            Ok("saved")
        }
        Some("approve") => {
            let body = form.text("body_text").unwrap_or_default();
            reply::approve_as(app, user, id, &body).await?;
            Ok("approved")
        }
        _ => Err(Error::invalid("action", "none of this page")),
    }
}
