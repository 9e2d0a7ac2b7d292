//! The first page: what needs a person, in words, and how well it all works.

use askama::Template;
use shared::app::threads::{self, Waiting};
use shared::app::tours::{self, Troubles};
use shared::app::{App, calendars, metrics, reply, settings};
use shared::domain::page::Page;
use shared::domain::reply::ReplyState;
use shared::error::Result;

use super::calendar;
use super::desk::Desk;
use super::figures::{self, Card};
use super::mailbox::{self, Finding, count};
use super::page::{Frame, page};
use super::plots;
use crate::http::{Request, Response};

#[derive(Template)]
#[template(path = "dashboard/templates/overview.html")]
struct OverviewPage {
    frame: Frame,
    /// Nobody's letters are answered: the switch is the operator's.
    assistant_is_off: bool,
    /// Replies that wait, in words.
    waiting: Option<String>,
    /// Threads that wait for a person: left to people, or not answered because a reply could not be sent.
    threads: Vec<Finding>,
    /// Tours to come that their agents' calendars show otherwise, or not at all.
    tours: Vec<Finding>,
    /// The first day of those.
    tours_from: Option<String>,
    mailbox: Vec<Finding>,
    calendars: Vec<Finding>,
    metrics: Vec<Card>,
    /// Which days the metrics are about, in words.
    period: String,
}

pub async fn show(app: App, request: Request) -> Result<Response> {
    let mut desk = Desk::open(app, &request).await?;
    let (mut waiting, mut threads, mut tours) = (None, Vec::new(), Vec::new());
    let (mut tours_from, mut mail, mut calendars) = (None, Vec::new(), Vec::new());
    let (mut cards, mut period) = (Vec::new(), String::new());
    if let Some(property) = &desk.property {
        let (app, user, id) = (&desk.app, &desk.session.user, property.id);
        waiting = replies_waiting(&desk).await?;
        threads = unanswered(threads::waiting_for_person(app, user, id).await?);
        let troubles = tours::troubles(app, user, id).await?;
        let day = |at: jiff::Timestamp| at.to_zoned(desk.zone()).date().to_string();
        tours_from = troubles.first.map(day);
        tours = out_of_step(troubles);
        mail = mailbox::findings(&settings::read(app, user, id).await?);
        let read = calendars::settings::read(app, user, id, None).await?;
        for one in &read.all {
            let name = desk.team.name_of(one.agent).unwrap_or("An agent");
            calendars.extend(calendar::findings(one, &format!("{name}’s calendar")));
        }
        if read.all.is_empty() {
            let text = if user.role.manages() {
                "No agent has connected a calendar: tours are offered in times made by hand only."
            } else {
                "Your calendar is not connected: no tours are offered in it."
            };
            calendars.push(Finding::warn(text));
        }
        let metrics = metrics::of(app, user, property).await?;
        cards = figures::cards(&metrics)?;
        period = figures::period(&metrics);
    }
    let template = OverviewPage {
        assistant_is_off: !desk.app.assistant_is_on(),
        waiting,
        threads,
        tours,
        tours_from,
        mailbox: mail,
        calendars,
        metrics: cards,
        period,
        frame: desk.frame("Overview", "overview"),
    };
    desk.remember(page(&template, None)?)
}

/// What is said about threads that wait for a person.
fn unanswered(waiting: Waiting) -> Vec<Finding> {
    let mut found = Vec::new();
    if waiting.failed > 0 {
        found.push(Finding::bad(format!(
            "{} no answer, because a reply could not be sent. Answer from Gmail, or close the thread if nothing is owed.",
            count(waiting.failed, "prospect has", "prospects have")
        )));
    }
    if waiting.left > 0 {
        found.push(Finding::warn(format!(
            "{} for a person: the assistant does not answer them. Answer from Gmail, or take them over.",
            count(waiting.left, "thread waits", "threads wait")
        )));
    }
    found
}

/// What is said about tours that calendars do not show as they are.
fn out_of_step(troubles: Troubles) -> Vec<Finding> {
    let mut found = Vec::new();
    if troubles.failed > 0 {
        found.push(Finding::bad(format!(
            "{} not in the agent’s calendar as booked, because Google would not take it. The agent chooses another calendar or connects again; do not enter it by hand.",
            count(troubles.failed, "coming tour is", "coming tours are")
        )));
    }
    if troubles.conflicts > 0 {
        found.push(Finding::warn(format!(
            "{} with the event in the agent’s calendar. The agenda says what to change.",
            count(
                troubles.conflicts,
                "coming tour disagrees",
                "coming tours disagree"
            )
        )));
    }
    found
}

async fn replies_waiting(desk: &Desk) -> Result<Option<String>> {
    let (user, property) = (&desk.session.user, desk.here()?.id);
    let page = Page {
        after: None,
        limit: Page::MOST,
    };
    let held = Some(ReplyState::Held);
    let listed = reply::list(&desk.app, user, property, held, page).await?;
    let number = i64::try_from(listed.items.len()).unwrap_or(i64::MAX);
    Ok(match (number, listed.next) {
        (0, _) => None,
        (_, Some(_)) => Some(format!("More than {number} replies wait for a person.")),
        (_, None) => Some(format!(
            "{} for a person.",
            count(number, "reply waits", "replies wait")
        )),
    })
}
