//! `GET, POST /dashboard…`: the team's pages. HTML that is made here, forms that work without scripts, and
//! nothing that the API could not do: both act through the same use cases.

mod activity;
mod calendar;
mod clock;
mod deeds;
mod desk;
mod figures;
mod hours;
mod leads;
mod mailbox;
mod overview;
mod page;
mod plots;
mod privacy;
mod replies;
mod routes;
mod session;
mod standing;
mod threads;
mod tours;
mod wants;
mod watch;
mod wordings;
mod words;
#[cfg(test)]
mod written;

use crate::http::{Route, get, post};

const HOME: &str = "/dashboard";
const BELOW: &str = "/dashboard/{proxy+}";

pub static ROUTE: Route = Route {
    name: "dashboard",
    endpoints: &[
        get(HOME, |app, request| Box::pin(routes::show(app, request))).refusing(page::refusal),
        get(BELOW, |app, request| Box::pin(routes::show(app, request))).refusing(page::refusal),
        post(BELOW, |app, request| Box::pin(routes::act(app, request)))
            .refusing(page::refusal_of_form),
    ],
};
