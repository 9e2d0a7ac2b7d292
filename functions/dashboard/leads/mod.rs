//! Leads: the list, and one lead with what they want, in which words, and what the team says about it.

mod form;

use askama::Template;
use jiff::tz::TimeZone;
use shared::app::App;
use shared::app::enrichment::{self, Asked};
use shared::app::leads::{self, Filter, Lead, LeadLine, Origin, Said, Want};
use shared::domain::ids::LeadId;
use shared::domain::interest::{Kind, Source};
use shared::error::{Error, Result};

use self::form::Fields;
use super::clock::{Moment, moment};
use super::desk::{Desk, back};
use super::page::{Frame, page};
use super::threads::Line as ThreadLine;
use super::tours::{Tour, long};
use super::wants;
use crate::form::Form;
use crate::http::{Request, Response};

/// Characters that are searched for.
const LONGEST: usize = 100;
/// What the list can be narrowed to: `tours`, or who wants something of a kind.
const TOURED: &str = "tours";

#[derive(Template)]
#[template(path = "dashboard/templates/leads.html")]
struct ListPage {
    frame: Frame,
    words: String,
    only: String,
    choices: Vec<(&'static str, &'static str)>,
    lines: Vec<Line>,
    /// The query of this list: property, words and choice.
    query: String,
    next: Option<String>,
    is_first: bool,
}

/// A lead as the list shows it.
struct Line {
    id: String,
    who: String,
    contact: String,
    source: String,
    status: String,
    wants: String,
    at: Moment,
}

#[derive(Template)]
#[template(path = "dashboard/templates/lead.html")]
struct LeadPage {
    frame: Frame,
    line: Line,
    email: Option<String>,
    phone: Option<String>,
    wants: Vec<Wanted>,
    said: Vec<Quote>,
    threads: Vec<ThreadLine>,
    tours: Vec<(String, Tour)>,
    fields: Fields,
    /// What the fields showed before anybody typed.
    was: Fields,
    erases: bool,
}

/// A preference with who says so.
struct Wanted {
    name: &'static str,
    text: String,
    origin: String,
    by_person: bool,
}

/// An interest with the prospect's own words.
struct Quote {
    name: &'static str,
    text: String,
    origin: String,
    evidence: Option<String>,
    thread: Option<String>,
    at: Option<Moment>,
}

pub async fn list(app: App, request: Request) -> Result<Response> {
    let mut desk = Desk::open(app, &request).await?;
    let words = request.text("q").map(str::trim).unwrap_or_default();
    let plain = words.chars().filter(|c| !c.is_control());
    let words: String = plain.take(LONGEST).collect();
    let only = request.text("only").unwrap_or_default().to_owned();
    let kind = Kind::ALL
        .into_iter()
        .find(|kind| enrichment::field(*kind) == only);
    if kind.is_none() && !matches!(only.as_str(), "" | TOURED) {
        return Err(Error::NotFound("Page"));
    }
    let filter = Filter {
        words: Some(words.clone()).filter(|words| !words.is_empty()),
        wants: kind.map(enrichment::field),
        toured: only == TOURED,
    };
    let (wanted, property) = (request.page()?, desk.here()?.id);
    let listed = leads::list(&desk.app, &desk.session.user, property, &filter, wanted).await?;
    let zone = desk.zone();
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("property", &property.to_string());
    for (name, value) in [("q", &words), ("only", &only)] {
        if !value.is_empty() {
            query.append_pair(name, value);
        }
    }
    let mut choices = vec![("", "Everybody"), (TOURED, "Has a tour")];
    choices.extend(Kind::ALL.map(|kind| (enrichment::field(kind), wants::name(kind))));
    let template = ListPage {
        lines: listed
            .items
            .iter()
            .map(|line| Line::of(line, &zone))
            .collect(),
        query: query.finish(),
        next: listed.next.map(|cursor| cursor.to_string()),
        is_first: wanted.after.is_none(),
        frame: desk.frame("Leads", "leads"),
        words,
        only,
        choices,
    };
    desk.remember(page(&template, None)?)
}

impl Line {
    fn of(line: &LeadLine, zone: &TimeZone) -> Self {
        let contact = [&line.email, &line.phone].into_iter().flatten();
        let contact: Vec<&str> = contact.map(String::as_str).collect();
        let who = line.name.clone().or(line.email.clone());
        Self {
            id: line.id.to_string(),
            who: who.unwrap_or_else(|| "A prospect without a name".to_owned()),
            contact: contact.join(" · "),
            source: line.source.clone().unwrap_or_else(|| "unknown".to_owned()),
            status: line.status.replace('_', " "),
            wants: wants::line(&line.preferences),
            at: moment(line.active_at, zone),
        }
    }
}

pub async fn one(app: App, request: Request, id: &str) -> Result<Response> {
    let desk = Desk::open(app, &request).await?;
    let id: LeadId = id.parse().map_err(|_| Error::NotFound("Lead"))?;
    answer(desk, id).await
}

/// The lead's page.
pub async fn answer(mut desk: Desk, id: LeadId) -> Result<Response> {
    let lead = leads::one(&desk.app, &desk.session.user, id).await?;
    desk.look_at(lead.line.property).await?;
    let template = show(&lead, &mut desk);
    desk.page(&template, None)
}

fn show(lead: &Lead, desk: &mut Desk) -> LeadPage {
    let zone = desk.zone();
    let line = Line::of(&lead.line, &zone);
    let tour = |line: &_| {
        (
            long(super::tours::date(line, &zone)),
            super::tours::tour(line, desk),
        )
    };
    let threads = lead.threads.iter();
    let held = &lead.line.preferences;
    let (fields, was) = match desk.refused("prefer") {
        Some(form) => (Fields::sent(form), Fields::sent_before(form)),
        None => (Fields::of(held), Fields::of(held)),
    };
    LeadPage {
        email: lead.line.email.clone(),
        phone: lead.line.phone.clone(),
        wants: lead.wants.iter().filter_map(wanted).collect(),
        said: lead.said.iter().map(|said| quote(said, &zone)).collect(),
        threads: threads
            .map(|line| ThreadLine::of(line, desk, &zone))
            .collect(),
        tours: lead.tours.iter().map(tour).collect(),
        fields,
        was,
        erases: desk.erases(),
        frame: desk.frame(&line.who, "leads"),
        line,
    }
}

fn wanted(want: &Want) -> Option<Wanted> {
    let origin = match want.origin {
        Origin::Person => "Set by a person".to_owned(),
        Origin::Read { source, confidence } => read(source, confidence),
    };
    Some(Wanted {
        name: wants::name(want.kind),
        text: wants::text(want.kind, &want.value)?,
        by_person: want.origin == Origin::Person,
        origin,
    })
}

fn read(source: Source, confidence: f64) -> String {
    let place = match source {
        Source::Chat => "Read in a chat",
        Source::Email => "Read in an e-mail",
        Source::Manual => return "Set by a person".to_owned(),
    };
    format!("{place}, {:.0} % sure", confidence * 100.0)
}

fn quote(said: &Said, zone: &TimeZone) -> Quote {
    let interest = &said.shown.interest;
    let evidence = interest
        .evidence
        .as_deref()
        .filter(|words| !words.is_empty());
    Quote {
        name: wants::name(interest.kind),
        text: wants::interest(interest.kind, &interest.value),
        origin: read(interest.source, interest.confidence),
        evidence: evidence.map(wants::shown),
        thread: said.thread.map(|thread| thread.to_string()),
        at: interest.said_at.map(|at| moment(at, zone)),
    }
}

/// Has the conversations read again, or sets right what is known.
pub async fn act(app: App, request: Request, id: &str) -> Result<Response> {
    let (desk, form) = Desk::receive(app, &request).await?;
    let id: LeadId = id.parse().map_err(|_| Error::NotFound("Lead"))?;
    match decide(&desk, &form, id).await {
        Ok(said) => back(&format!("/dashboard/leads/{id}"), None, said),
        // A lead of elsewhere has no page, whatever is wrong with the form.
        Err(error) => answer(desk.back_to(form, error)?, id).await,
    }
}

async fn decide(desk: &Desk, form: &Form, id: LeadId) -> Result<&'static str> {
    let (app, user) = (&desk.app, &desk.session.user);
    match form.text("action").as_deref() {
        Some("read") => Ok(match enrichment::request(app, user, id).await? {
            Asked::NothingNew => "nothing_new",
            Asked::Soon => "reading",
            Asked::WhenSwitchedOn => "reading_later",
        }),
        Some("prefer") => {
            leads::prefer(app, user, id, form::wish(form)?).await?;
            Ok("preferences_saved")
        }
        _ => Err(Error::invalid("action", "none of this page")),
    }
}
