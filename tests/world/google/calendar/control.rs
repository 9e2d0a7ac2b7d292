//! Calendars under `/_world`: JSON for programs, and a page on which somebody plays the agent and
//! the guests.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Form, Json, Router};
use chrono::{DateTime, Utc};
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Value, json};

use super::event::Event;
use super::handle::Calendar;
use super::invites::InviteKind;
use super::moment::{self, Moment};
use super::people::Rsvp;
use crate::google::Site;
use crate::google::control::{escape, html};

pub(in crate::google) fn router() -> Router<Site> {
    Router::new()
        .route("/_world/calendars", get(calendars))
        .route("/_world/calendars/{id}", get(page).post(act_on_page))
        .route("/_world/calendars/{id}/events", get(events).post(act))
        .route("/_world/invites", get(invites))
}

/// What somebody does. Times are RFC 3339 with an offset, or local ones of the calendar's zone.
#[derive(Deserialize)]
#[serde(tag = "action", rename_all = "camelCase")]
enum Deed {
    Add {
        summary: String,
        start: String,
        end: String,
    },
    Move {
        event: String,
        start: String,
        end: String,
    },
    Cancel {
        event: String,
    },
    Rsvp {
        event: String,
        guest: String,
        response: String,
    },
}

impl Deed {
    /// Does it, and answers the event as the API shows it; what cannot be done has a sentence.
    fn on(self, calendar: &Calendar, zone: &TimeZone) -> Result<Value, String> {
        let known = |id: String| {
            let mut live = calendar.events().into_iter();
            live.find(|event| event.id == id)
                .ok_or_else(|| format!("no event {id}"))
        };
        let times = |start: &str, end: &str| {
            let both = time(start, zone).zip(time(end, zone));
            let both = both.filter(|(start, end)| start < end);
            both.ok_or_else(|| format!("not a time and a later one: {start}, {end}"))
        };
        let id = match self {
            Deed::Add {
                summary,
                start,
                end,
            } => {
                let (start, end) = times(&start, &end)?;
                calendar.adds_event(&summary, start, end)
            }
            Deed::Move { event, start, end } => {
                let (start, end) = times(&start, &end)?;
                calendar.moves(&known(event)?.id, start, end).id
            }
            Deed::Cancel { event } => calendar.cancels(&known(event)?.id).id,
            Deed::Rsvp {
                event,
                guest,
                response,
            } => {
                let event = known(event)?;
                let answers = [Rsvp::Accepted, Rsvp::Declined, Rsvp::Tentative];
                let response = answers.into_iter().find(|one| one.name() == response);
                let response = response.ok_or("accepted, declined or tentative")?;
                event
                    .response(&guest)
                    .ok_or(format!("{guest} is not invited"))?;
                calendar.rsvp(&event.id, &guest, response).id
            }
        };
        Ok(calendar.shown(&id))
    }
}

async fn calendars(State(site): State<Site>) -> Json<Value> {
    let list = site.update(|state, now| -> Vec<Value> {
        let calendars = &state.calendars;
        let show = calendars.all.values().map(|calendar| {
            json!({
                "id": calendar.id,
                "summary": calendar.summary,
                "timeZone": calendar.zone,
                "events": calendar.events.values().filter(|event| !event.cancelled).count(),
                "channels": calendars.live_channels(&calendar.id, now).len(),
            })
        });
        show.collect()
    });
    Json(json!({ "calendars": list }))
}

async fn events(State(site): State<Site>, Path(id): Path<String>) -> Response {
    let Some((calendar, _)) = existing(&site, &id) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let events = calendar.all_events().into_iter();
    let shown: Vec<Value> = events.map(|event| calendar.shown(&event.id)).collect();
    Json(json!({ "events": shown })).into_response()
}

async fn invites(State(site): State<Site>) -> Json<Value> {
    let mails = site.update(|state, _| state.calendars.mails.clone());
    let shown = mails.iter().map(|mail| {
        let kind = match mail.kind {
            InviteKind::Invite => "invite",
            InviteKind::Update => "update",
            InviteKind::Cancel => "cancel",
        };
        json!({
            "kind": kind, "to": mail.to, "calendar": mail.calendar, "event": mail.event,
            "start": mail.start,
        })
    });
    Json(json!({ "invites": shown.collect::<Vec<_>>() }))
}

async fn act(State(site): State<Site>, Path(id): Path<String>, Json(deed): Json<Deed>) -> Response {
    match existing(&site, &id).map(|(calendar, zone)| deed.on(&calendar, &zone)) {
        None => StatusCode::NOT_FOUND.into_response(),
        Some(Err(why)) => (StatusCode::BAD_REQUEST, why).into_response(),
        Some(Ok(event)) => Json(event).into_response(),
    }
}

async fn act_on_page(
    State(site): State<Site>,
    Path(id): Path<String>,
    Form(deed): Form<Deed>,
) -> Response {
    let back = Redirect::to(&format!("/_world/calendars/{}", id.to_lowercase()));
    match act(State(site), Path(id), Json(deed)).await {
        answer if answer.status().is_success() => back.into_response(),
        refusal => refusal,
    }
}

async fn page(State(site): State<Site>, Path(id): Path<String>) -> Response {
    let Some((calendar, zone)) = existing(&site, &id) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let cards: String = calendar
        .events()
        .iter()
        .map(|event| card(event, &zone))
        .collect();
    let body = format!(
        "<p><a href=\"/_world\">All mailboxes and calendars</a></p>\n<h1>{}</h1>\n\
         <p>Times are those of {}.</p>\n{cards}\
         <section>\n<h2>Add an event</h2>\n<form method=\"post\">\n\
         <input type=\"hidden\" name=\"action\" value=\"add\">\n\
         <p><input name=\"summary\" value=\"Busy\" aria-label=\"Title\"></p>\n{}\
         <p><button>Add</button></p>\n</form>\n</section>\n",
        escape(calendar.id()),
        escape(zone.iana_name().unwrap_or("UTC")),
        times("", ""),
    );
    html(calendar.id(), &body).into_response()
}

/// One event, with what its owner and its guests can do about it.
fn card(event: &Event, zone: &TimeZone) -> String {
    let id = escape(&event.id);
    let form = |action: &str, inside: &str| {
        format!(
            "<form method=\"post\">\n<input type=\"hidden\" name=\"action\" value=\"{action}\">\n\
             <input type=\"hidden\" name=\"event\" value=\"{id}\">\n{inside}</form>\n"
        )
    };
    let guests: String = event
        .guests()
        .into_iter()
        .map(|guest| {
            let response = event.response(guest).unwrap_or_default();
            let buttons: String = [Rsvp::Accepted, Rsvp::Tentative, Rsvp::Declined]
                .map(|answer| {
                    let name = answer.name();
                    format!("<button name=\"response\" value=\"{name}\">{name}</button>\n")
                })
                .concat();
            let guest = escape(guest);
            let hidden = format!("<input type=\"hidden\" name=\"guest\" value=\"{guest}\">\n");
            let answers = form("rsvp", &format!("<p>{hidden}{buttons}</p>\n"));
            format!("<p><b>{guest}</b>: {response}</p>\n{answers}")
        })
        .collect();
    let mover = times(&local(&event.start, zone), &local(&event.end, zone));
    let place = match event.text("location") {
        "" => String::new(),
        place => format!("<p>{}</p>\n", escape(place)),
    };
    format!(
        "<section>\n<h2>{}</h2>\n<p>{}</p>\n{place}{guests}{}{}</section>\n",
        escape(event.text("summary")),
        span(event, zone),
        form("move", &format!("{mover}<p><button>Move</button></p>\n")),
        form("cancel", "<p><button>Delete</button></p>\n"),
    )
}

fn times(start: &str, end: &str) -> String {
    let input = |label: &str, name: &str, value: &str| {
        format!(
            "<label>{label} <input type=\"datetime-local\" name=\"{name}\" value=\"{value}\" \
             required></label>\n"
        )
    };
    format!(
        "<p>{}{}</p>\n",
        input("From", "start", start),
        input("to", "end", end)
    )
}

fn span(event: &Event, zone: &TimeZone) -> String {
    let shown = |moment: &Moment| local(moment, zone).replace('T', " ");
    format!("{} – {}", shown(&event.start), shown(&event.end))
}

/// As a browser's date and time field has it.
fn local(moment: &Moment, zone: &TimeZone) -> String {
    let there = moment::timestamp(moment.at(zone)).to_zoned(zone.clone());
    there.strftime("%Y-%m-%dT%H:%M").to_string()
}

fn time(text: &str, zone: &TimeZone) -> Option<DateTime<Utc>> {
    let local = || jiff::civil::DateTime::strptime("%Y-%m-%dT%H:%M", text).ok();
    moment::parse(text).or_else(|| moment::instant(local()?, zone))
}

fn existing(site: &Site, id: &str) -> Option<(Calendar, TimeZone)> {
    let id = id.to_lowercase();
    let zone = site.update(|state, _| Some(state.calendars.all.get(&id)?.time_zone()))?;
    Some((Calendar::at(site.clone(), &id), zone))
}
