//! The activity log: who did what, in words, with a way to what it was done to.

use askama::Template;
use shared::app::App;
use shared::app::activity::{self, Actor, Filter, Record};
use shared::domain::ids::ProfileId;
use shared::error::{Error, Result};

use super::clock::{Moment, moment};
use super::deeds;
use super::desk::Desk;
use super::page::{Choice, Frame, page};
use crate::http::{Request, Response};

#[derive(Template)]
#[template(path = "dashboard/templates/activity.html")]
struct ActivityPage {
    frame: Frame,
    areas: Vec<Choice>,
    people: Vec<Choice>,
    deeds: Vec<Deed>,
    /// The query of this list: property, area and person.
    query: String,
    is_narrowed: bool,
    next: Option<String>,
    is_first: bool,
}

/// One row of the log.
struct Deed {
    at: Moment,
    who: String,
    what: String,
    /// The page of what it was done to.
    link: Option<String>,
    details: Vec<String>,
}

pub async fn show(app: App, request: Request) -> Result<Response> {
    let mut desk = Desk::open(app, &request).await?;
    let area = request.text("area").unwrap_or_default().to_owned();
    let who = request.text("who").unwrap_or_default().to_owned();
    if !area.is_empty() && !deeds::AREAS.iter().any(|(known, _)| *known == area) {
        return Err(Error::NotFound("Page"));
    }
    let filter = Filter {
        area: Some(area.as_str()).filter(|area| !area.is_empty()),
        actor: actor(&who)?,
    };
    let (wanted, property) = (request.page()?, desk.here()?.id);
    let listed = activity::list(&desk.app, &desk.session.user, property, filter, wanted).await?;
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("property", &property.to_string());
    for (name, value) in [("area", &area), ("who", &who)] {
        if !value.is_empty() {
            query.append_pair(name, value);
        }
    }
    let template = ActivityPage {
        areas: choices(
            deeds::AREAS.map(|(id, name)| (id.to_owned(), name.to_owned())),
            &area,
        ),
        people: choices(people(&desk), &who),
        deeds: listed
            .items
            .iter()
            .map(|record| deed(record, &desk))
            .collect(),
        query: query.finish(),
        is_narrowed: !area.is_empty() || !who.is_empty(),
        next: listed.next.map(|cursor| cursor.to_string()),
        is_first: wanted.after.is_none(),
        frame: desk.frame("Activity", "activity"),
    };
    desk.remember(page(&template, None)?)
}

fn actor(text: &str) -> Result<Option<Actor>> {
    Ok(Some(match text {
        "" => return Ok(None),
        "system" => Actor::System,
        "google" => Actor::Google,
        "prospect" => Actor::Prospect,
        id => {
            let id: ProfileId = id.parse().map_err(|_| Error::NotFound("Page"))?;
            Actor::User(id)
        }
    }))
}

fn choices(all: impl IntoIterator<Item = (String, String)>, chosen: &str) -> Vec<Choice> {
    let choice = |(id, name): (String, String)| Choice {
        chosen: id == chosen,
        id,
        name,
    };
    all.into_iter().map(choice).collect()
}

fn people(desk: &Desk) -> Vec<(String, String)> {
    let named = |id: &ProfileId| (id.to_string(), deeds::colleague(&desk.team, *id));
    let colleagues = desk.team.colleagues.iter().map(|(id, _)| named(id));
    let others = [Actor::System, Actor::Google, Actor::Prospect];
    let others = others.into_iter().zip(["system", "google", "prospect"]);
    let others = others.map(|(actor, id)| (id.to_owned(), deeds::who(actor, &desk.team)));
    colleagues.chain(others).collect()
}

fn deed(record: &Record, desk: &Desk) -> Deed {
    let zone = desk.zone();
    Deed {
        at: moment(record.at, &zone),
        who: deeds::doer(record, &desk.team),
        what: deeds::what(&record.action),
        link: deeds::link(record, &zone),
        details: deeds::details(record, &desk.team, &zone),
    }
}
