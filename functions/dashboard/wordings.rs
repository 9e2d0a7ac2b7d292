//! The approved texts on the mailbox's page, and what they answer.

use shared::app::wordings::{self, Wordings};
use shared::app::{App, threads::Reply};
use shared::domain::fair_housing::{Topic, Wording, outbound};
use shared::error::{Error, Result};

use super::desk::{Desk, back};
use super::{mailbox, words};
use crate::form::Form;
use crate::http::{Request, Response};

const PAGE: &str = "/dashboard/mailbox";

/// One text in its form.
pub struct Field {
    pub code: &'static str,
    pub title: &'static str,
    pub text: String,
    pub is_default: bool,
}

/// A topic that a property may leave to people.
pub struct Tick {
    pub code: &'static str,
    pub title: &'static str,
    pub ticked: bool,
}

pub fn fields(read: &Wordings, desk: &Desk) -> Vec<Field> {
    let refused = ["save", "reset"]
        .into_iter()
        .find_map(|action| desk.refused(action));
    let typed = |code: &str| {
        refused
            .filter(|form| form.text("topic").as_deref() == Some(code))?
            .given("text")
    };
    let field = |text: &wordings::Text| Field {
        code: text.wording.as_str(),
        title: match text.wording {
            Wording::General => "Any other topic, or several",
            Wording::Disability => "Disability and assistance animals",
            Wording::Steering => "Safety, schools and neighbors",
            Wording::SourceOfIncome => "Vouchers and other income",
        },
        text: typed(text.wording.as_str()).unwrap_or_else(|| text.text.clone()),
        is_default: text.is_default,
    };
    read.texts.iter().map(field).collect()
}

pub fn ticks(read: &Wordings, desk: &Desk) -> Vec<Tick> {
    let refused = desk.refused("guard");
    let tick = |topic: Topic| Tick {
        code: topic.as_str(),
        title: match topic {
            Topic::SourceOfIncome => "Source of income, such as vouchers",
            Topic::MaritalStatus => "Marital status",
            Topic::VeteranStatus => "Veteran and military status",
            _ => "Age",
        },
        ticked: refused.map_or_else(
            || read.guarded.contains(&topic),
            |form| form.ticked(topic.as_str()),
        ),
    };
    Topic::LOCAL.map(tick).into()
}

/// What a held text says that only people should say, but for what the reply's reasons say already. An approved text
/// is none of that.
pub fn warnings(reply: &Reply, property: &str, approved: &Wordings) -> Vec<String> {
    let body = reply.body_text.as_deref().unwrap_or_default();
    if approved.texts.iter().any(|text| text.text == body) {
        return Vec::new();
    }
    let said = |code: &&str| reply.reasons.iter().any(|reason| reason == code);
    let codes = outbound::objections(body, property, &[]).into_iter();
    codes
        .filter(|code| !said(code))
        .map(words::reason)
        .collect()
}

pub async fn act(app: App, request: Request) -> Result<Response> {
    let (desk, form) = Desk::receive(app, &request).await?;
    let property = desk.here()?.id;
    match change(&desk, &form).await {
        Ok(said) => back(PAGE, Some(property), said),
        Err(error) => mailbox::answer(desk.back_to(form, error)?).await,
    }
}

async fn change(desk: &Desk, form: &Form) -> Result<&'static str> {
    let (app, user, property) = (&desk.app, &desk.session.user, desk.here()?.id);
    let action = form.text("action");
    if action.as_deref() == Some("guard") {
        let ticked = Topic::LOCAL.into_iter();
        let ticked: Vec<Topic> = ticked.filter(|one| form.ticked(one.as_str())).collect();
        wordings::guard(app, user, property, &ticked).await?;
        return Ok("saved");
    }
    let topic = form.text("topic").unwrap_or_default();
    let wording = Wording::parse(&topic).ok_or(Error::invalid("topic", "none of this page"))?;
    let text = form.text("text").unwrap_or_default();
    let text = match action.as_deref() {
        Some("save") => Some(text.as_str()),
        Some("reset") => None,
        _ => return Err(Error::invalid("action", "none of this page")),
    };
    wordings::change(app, user, property, wording, text).await?;
    Ok("saved")
}
