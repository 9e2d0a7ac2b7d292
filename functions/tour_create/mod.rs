//! `POST /api/lumaleasing/tours` books a tour, for a widget or for a user; `GET` shows a widget the times
//! that are free, and a user the team's agenda.

pub mod list;
pub mod wire;

use shared::app::App;
use shared::app::tours::{self, Actor, Answer, Door};
use shared::error::Result;

use crate::caller;
use crate::http::{Request, Response, Route, get, options, post};
use crate::response;

const PATH: &str = "/api/lumaleasing/tours";

pub static ROUTE: Route = Route {
    name: "tour_create",
    endpoints: &[
        get(PATH, |app, request| Box::pin(list::show(app, request))),
        post(PATH, |app, request| Box::pin(book(app, request))),
        options(PATH),
    ],
};

async fn book(app: App, request: Request) -> Result<Response> {
    let body = request.json::<wire::In>();
    let answer = if caller::is_user(&request) {
        let user = caller::user(&app, &request).await?;
        let body = body?;
        let (tx, property) = tours::admit_user(&app, &user, body.property()?).await?;
        let wish = body.wish(&request, "direct", Actor::User(user.id));
        let (tx, wish) = tours::go_on(tx, wish).await?;
        tours::book(&app, tx, property, wish).await?
    } else {
        let source = request.source_ip().unwrap_or_default();
        let (tx, property) = tours::admit(&app, request.widget_key(), source, Door::Book).await?;
        let wish = body.and_then(|body| {
            body.is_for(property.id)?;
            body.wish(&request, "lumaleasing", Actor::Prospect)
        });
        let (tx, wish) = tours::go_on(tx, wish).await?;
        tours::book(&app, tx, property, wish).await?
    };
    match answer {
        Answer::Booked(booked) => response::ok(&wire::booked(&app, &booked)),
        Answer::Taken(times) => Ok(wire::taken(&times, &request)),
    }
}
