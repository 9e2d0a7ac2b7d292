//! `GET, PATCH, DELETE /api/lumaleasing/tours/{bookingId}`: a user sees a tour, moves it or cancels it.

mod wire;

use shared::app::App;
use shared::app::tours::{self, By, Moved};
use shared::error::Result;

use crate::caller;
use crate::http::{Request, Response, Route, delete, get, patch};
use crate::response;
use crate::tour_create::{list, wire as tour};

const PATH: &str = "/api/lumaleasing/tours/{bookingId}";

pub static ROUTE: Route = Route {
    name: "tour_change",
    endpoints: &[
        get(PATH, |app, request| Box::pin(show(app, request))),
        patch(PATH, |app, request| Box::pin(reschedule(app, request))),
        delete(PATH, |app, request| Box::pin(cancel(app, request))),
    ],
};

async fn show(app: App, request: Request) -> Result<Response> {
    let user = caller::user(&app, &request).await?;
    let id = request.id("bookingId", "Tour")?;
    response::ok(&list::line(&tours::one(&app, &user, id).await?))
}

async fn reschedule(app: App, request: Request) -> Result<Response> {
    let user = caller::user(&app, &request).await?;
    let id = request.id("bookingId", "Tour")?;
    let to = request.json::<wire::In>()?.read()?;
    let by = By::User(user.clone());
    match tours::reschedule(&app, &by, id, to.date, to.time, to.agent).await? {
        Moved::Done(_) => response::ok(&list::line(&tours::one(&app, &user, id).await?)),
        Moved::Taken(times) => Ok(tour::taken(&times, &request)),
    }
}

async fn cancel(app: App, request: Request) -> Result<Response> {
    let user = caller::user(&app, &request).await?;
    let id = request.id("bookingId", "Tour")?;
    tours::cancel(&app, &By::User(user), id).await?;
    Ok(response::no_content())
}
