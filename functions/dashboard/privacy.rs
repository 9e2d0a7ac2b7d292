//! What an admin does with everything that is kept of a prospect: hands it out, erases it.

use askama::Template;
use shared::app::App;
use shared::app::export::{self, Period};
use shared::app::{erasure, leads};
use shared::domain::ids::LeadId;
use shared::error::{Error, Result};

use super::desk::{Desk, back};
use super::leads as pages;
use super::page::Frame;
use crate::form::Form;
use crate::http::{Request, Response};
use crate::response;

/// What has to be typed before anything is erased.
const WORD: &str = "erase";

#[derive(Template)]
#[template(path = "dashboard/templates/erase.html")]
struct ErasePage {
    frame: Frame,
    id: String,
    who: String,
    word: &'static str,
}

/// A file with what is stored of a lead.
pub async fn export(app: App, request: Request, id: &str) -> Result<Response> {
    let desk = Desk::open(app, &request).await?;
    let id = lead(id)?;
    let (app, user) = (&desk.app, &desk.session.user);
    match export::export(app, user, id, Period::default()).await {
        Ok(document) => response::file(&format!("lead-{id}.json"), &document),
        Err(error) => pages::answer(desk.back_to(Form::default(), error)?, id).await,
    }
}

/// Asks whether it is meant.
pub async fn ask(app: App, request: Request, id: &str) -> Result<Response> {
    let desk = Desk::open(app, &request).await?;
    answer(desk, lead(id)?).await
}

async fn answer(mut desk: Desk, id: LeadId) -> Result<Response> {
    let lead = leads::one(&desk.app, &desk.session.user, id).await?;
    desk.look_at(lead.line.property).await?;
    if !desk.erases() {
        let (user, property) = (desk.session.user.id, lead.line.property);
        return Err(Error::Denied { user, property });
    }
    let who = lead.line.name.or(lead.line.email);
    let template = ErasePage {
        frame: desk.frame("Erase a prospect", "leads"),
        id: id.to_string(),
        who: who.unwrap_or_else(|| "this prospect".to_owned()),
        word: WORD,
    };
    desk.page(&template, None)
}

/// Erases the lead, if the word was typed.
pub async fn erase(app: App, request: Request, id: &str) -> Result<Response> {
    let (desk, form) = Desk::receive(app, &request).await?;
    let id = lead(id)?;
    let (app, user) = (&desk.app, &desk.session.user);
    let property = leads::one(app, user, id).await?.line.property;
    let typed = form.text("word").unwrap_or_default();
    if !typed.trim().eq_ignore_ascii_case(WORD) {
        let error = Error::invalid("word", "not the one that was asked for");
        return answer(desk.back_to(form, error)?, id).await;
    }
    erasure::erase(app, user, id).await?;
    back("/dashboard/leads", Some(property), "erased")
}

fn lead(id: &str) -> Result<LeadId> {
    id.parse().map_err(|_| Error::NotFound("Lead"))
}
