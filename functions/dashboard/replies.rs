//! Replies that wait for a person: read, changed, approved, rejected.

use askama::Template;
use shared::app::threads::Reply;
use shared::app::wordings::{self, Wordings};
use shared::app::{App, reply, threads};
use shared::domain::ids::{ReplyId, ThreadId};
use shared::domain::page::Page;
use shared::domain::reply::ReplyState;
use shared::error::{Error, Result};

use super::desk::{Desk, back};
use super::page::Frame;
use super::threads::{self as pages, Answer, subject};
use crate::form::Form;
use crate::http::{Request, Response};

/// Each is shown with its whole thread's last message.
const AT_ONCE: u32 = 10;

#[derive(Template)]
#[template(path = "dashboard/templates/approvals.html")]
struct QueuePage {
    frame: Frame,
    waiting: Vec<Waiting>,
    /// A text whose field is not on the page.
    unsaved: Option<String>,
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

/// A text for a reply that was not taken.
pub struct Typed {
    reply: ReplyId,
    text: String,
}

impl Typed {
    /// Puts the text where the stored one stands. Answers it where it has no field any more: somebody else has
    /// decided, or the reply is on another page.
    pub fn put_into(self, replies: &mut [Reply]) -> Option<String> {
        let mut held = replies
            .iter_mut()
            .filter(|one| one.state == ReplyState::Held);
        match held.find(|one| one.id == self.reply) {
            Some(reply) => {
                reply.body_text = Some(self.text);
                None
            }
            None => Some(self.text).filter(|text| !text.is_empty()),
        }
    }
}

pub async fn queue(app: App, request: Request) -> Result<Response> {
    let desk = Desk::open(app, &request).await?;
    show(desk, &request, None).await
}

async fn show(mut desk: Desk, request: &Request, typed: Option<Typed>) -> Result<Response> {
    let wanted = Page {
        limit: AT_ONCE,
        ..request.page()?
    };
    let (user, property) = (&desk.session.user, desk.here()?.id);
    let held = Some(ReplyState::Held);
    let mut listed = reply::list(&desk.app, user, property, held, wanted).await?;
    let approved = wordings::read(&desk.app, user, property).await?;
    let unsaved = typed.and_then(|typed| typed.put_into(&mut listed.items));
    let mut waiting = Vec::new();
    for reply in &listed.items {
        waiting.push(with_thread(&desk, reply, &approved).await?);
    }
    let template = QueuePage {
        waiting,
        unsaved,
        manages: desk.manages(),
        next: listed.next.map(|cursor| cursor.to_string()),
        frame: desk.frame("Approvals", "approvals"),
    };
    desk.remember(desk.page(&template, None)?)
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
    let thread = form.parsed::<ThreadId>("thread", "thread").ok().flatten();
    match (done, thread) {
        (Ok(said), Some(thread)) => back(&format!("/dashboard/threads/{thread}"), None, said),
        (Ok(said), None) => {
            let property = desk.property.as_ref().map(|property| property.id);
            back("/dashboard/approvals", property, said)
        }
        (Err(error), thread) => {
            let text = form.given("body_text").unwrap_or_default();
            let typed = Some(Typed { reply: id, text });
            let desk = desk.back_to(form, error)?;
            match thread {
                Some(thread) => pages::show(desk, thread, typed).await,
                None => show(desk, &request, typed).await,
            }
        }
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
