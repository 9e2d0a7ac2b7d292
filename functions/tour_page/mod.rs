//! `GET, POST /tours/{token}`: the prospect's page, by the link of the invitation. Plain forms; looking at it
//! changes nothing, because mail programs look at links by themselves.

mod form;
mod view;

use shared::app::App;
use shared::app::tours::{self, By, Link, Moved};
use shared::error::{Error, Result};

use self::form::Action;
use self::view::{Notice, Page};
use crate::http::{Request, Response, Route, get, note, post};

const PATH: &str = "/tours/{token}";

pub static ROUTE: Route = Route {
    name: "tour_page",
    endpoints: &[
        get(PATH, |app, request| Box::pin(answer(app, request))),
        post(PATH, |app, request| Box::pin(answer(app, request))),
    ],
};

/// A page, whatever becomes of it.
async fn answer(app: App, request: Request) -> Result<Response> {
    match page(&app, &request).await {
        Ok(page) => page.respond(),
        Err(error) => {
            note(&error);
            view::sorry(&error).respond()
        }
    }
}

async fn page(app: &App, request: &Request) -> Result<Page> {
    tours::admit_page(app, request.source_ip().unwrap_or_default()).await?;
    let token: String = request.id("token", "Tour")?;
    let link = tours::open_link(app, &token).ok_or(Error::NotFound("Tour"))?;
    let by = By::Prospect(link);
    let notice = match form::action(request)? {
        Action::Look => None,
        Action::AskToCancel => return view::confirm(&tours::visit(app, &link, false).await?),
        Action::Cancel => tours::cancel(app, &by, link.booking).await.map(|_| None)?,
        Action::Move(start) => Some(moved(app, &by, &link, start).await?),
    };
    // After a change nobody waits for Google once more.
    let with_times = !matches!(notice, Some(Notice::Moved));
    view::tour(&tours::visit(app, &link, with_times).await?, notice)
}

async fn moved(app: &App, by: &By, link: &Link, start: form::Start) -> Result<Notice> {
    match tours::reschedule_to(app, by, link.booking, start).await {
        Ok(Moved::Done(_)) => Ok(Notice::Moved),
        Ok(Moved::Taken(_)) => Ok(Notice::Taken),
        Err(Error::Unprocessable { .. }) => Ok(Notice::NotOffered),
        Err(Error::CalendarUnreadable) => Ok(Notice::Unknown),
        Err(error) => Err(error),
    }
}
