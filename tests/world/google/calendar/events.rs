//! `events.insert`, `get`, `patch`, `delete` and `move`.

use axum::http::StatusCode;
use serde_json::{Map, Value};

use super::Answer;
use super::event::Event;
use super::invites::SendUpdates;
use super::moment;
use super::recurrence;
use super::request::Ask;
use super::state::{CalendarState, Role};
use super::write::{self, check};
use crate::google::refusal::Refusal;

/// What guests see as the organizer wrote it.
const SHARED: [&str; 7] = [
    "description",
    "end",
    "location",
    "recurrence",
    "start",
    "status",
    "summary",
];

pub fn insert(ask: &Ask) -> Answer {
    let body: Map<String, Value> = ask.body()?;
    let send = SendUpdates::read(ask.param("sendUpdates"))?;
    let named = |name: &str| match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Refusal::invalid(&format!("Invalid value for: {name}"))),
    };
    let (id, uid) = (named("id")?, named("iCalUID")?);
    if id.is_some() && uid.is_some() {
        let message = "Only one of id and iCalUID may be supplied.";
        return Err(Refusal::invalid(message));
    }
    if let Some(id) = &id {
        write::check_id(id)?;
    }
    let written = check(body)?;
    ask.update(|calendars, now| {
        let fresh = calendars.ids.hex();
        let name = ask.segment("calendar");
        let calendar = calendars.open(&ask.account, name, Role::Writer)?;
        refuse_attendees(calendar, &written.fields)?;
        let id = id.unwrap_or(fresh);
        if calendar.events.contains_key(&id) {
            return Err(Refusal::duplicate());
        }
        let event = calendar.add(&id, uid.as_deref(), written, now);
        let shown = calendar.show(&event, &calendar.time_zone());
        let id = calendar.id.clone();
        calendars.mail(None, &event, send, &id);
        Ok(Some(shown))
    })
}

pub fn get(ask: &Ask) -> Answer {
    let zone = ask.param("timeZone");
    let zone = zone
        .map(|zone| moment::find_zone(zone).ok_or_else(|| Refusal::invalid_parameter("timeZone")));
    let zone = zone.transpose()?;
    ask.calendar(Role::Reader, |calendar, _| {
        let event = existing(calendar, ask.segment("event"))?;
        let zone = zone.unwrap_or_else(|| calendar.time_zone());
        Ok(Some(calendar.show(&event, &zone)))
    })
}

pub fn patch(ask: &Ask) -> Answer {
    let body: Map<String, Value> = ask.body()?;
    let send = SendUpdates::read(ask.param("sendUpdates"))?;
    ask.update(|calendars, now| {
        let name = ask.segment("calendar");
        let calendar = calendars.open(&ask.account, name, Role::Writer)?;
        let before = existing(calendar, ask.segment("event"))?;
        check_version(ask, &before)?;
        let restored = body
            .get("status")
            .is_some_and(|status| status != "cancelled");
        if before.cancelled && !restored {
            return Err(Refusal::new(
                StatusCode::FORBIDDEN,
                "forbidden",
                "Forbidden",
            ));
        }
        if !before.own && body.keys().any(|name| SHARED.contains(&name.as_str())) {
            let message = "Shared properties can only be changed by the organizer of the event.";
            let reason = "forbiddenForNonOrganizer";
            return Err(Refusal::new(StatusCode::FORBIDDEN, reason, message));
        }
        let mut whole = before.written();
        write::merge(&mut whole, &body);
        let written = check(whole)?;
        refuse_attendees(calendar, &body)?;
        let event = calendar.rewrite(before.clone(), written, now);
        let shown = calendar.show(&event, &calendar.time_zone());
        let id = calendar.id.clone();
        calendars.mail(Some(&before), &event, send, &id);
        Ok(Some(shown))
    })
}

pub fn delete(ask: &Ask) -> Answer {
    let send = SendUpdates::read(ask.param("sendUpdates"))?;
    ask.update(|calendars, now| {
        let name = ask.segment("calendar");
        let calendar = calendars.open(&ask.account, name, Role::Writer)?;
        let before = existing(calendar, ask.segment("event"))?;
        if before.cancelled {
            return Err(Refusal::deleted());
        }
        check_version(ask, &before)?;
        let event = calendar.cancel(before.clone(), now);
        let id = calendar.id.clone();
        calendars.mail(Some(&before), &event, send, &id);
        Ok(None)
    })
}

pub fn move_to(ask: &Ask) -> Answer {
    let destination = ask.param("destination");
    let destination = destination.ok_or_else(|| Refusal::required("Missing destination"))?;
    SendUpdates::read(ask.param("sendUpdates"))?;
    ask.update(|calendars, now| {
        let account = &ask.account;
        let target = calendars
            .open(account, destination, Role::Writer)?
            .id
            .clone();
        let source = calendars.open(account, ask.segment("calendar"), Role::Writer)?;
        let event = existing(source, ask.segment("event"))?;
        if event.cancelled {
            return Err(Refusal::deleted());
        }
        let source = source.id.clone();
        let moved = calendars.carry(&source, &target, event, now)?;
        let target = calendars.get(&target);
        Ok(Some(target.show(&moved, &target.time_zone())))
    })
}

impl super::state::Calendars {
    /// Moves an event to another calendar: there it is itself, here it is deleted.
    pub fn carry(
        &mut self,
        from: &str,
        to: &str,
        event: Event,
        now: i64,
    ) -> Result<Event, Refusal> {
        let target = self.get(to);
        if target.events.contains_key(&event.id) {
            return Err(Refusal::duplicate());
        }
        let mut moved = event.clone();
        moved.organizer = to.to_owned();
        let moved = target.put(moved, now);
        self.get(from).cancel(event, now);
        Ok(moved)
    }
}

/// The event of that id, cancelled or not, or one occurrence of a recurring one; else 404.
fn existing(calendar: &CalendarState, id: &str) -> Result<Event, Refusal> {
    if let Some(event) = calendar.events.get(id) {
        return Ok(event.clone());
    }
    let series = id.split('_').next().and_then(|id| calendar.events.get(id));
    let occurrences = series.map(recurrence::occurrences).unwrap_or_default();
    let occurrence = occurrences
        .into_iter()
        .find(|occurrence| occurrence.id == id);
    occurrence.ok_or_else(Refusal::missing)
}

fn check_version(ask: &Ask, event: &Event) -> Result<(), Refusal> {
    match ask.if_match.as_deref() {
        None | Some("*") => Ok(()),
        Some(etag) if etag == event.etag => Ok(()),
        Some(_) => Err(Refusal::condition_not_met()),
    }
}

fn refuse_attendees(calendar: &CalendarState, fields: &Map<String, Value>) -> Result<(), Refusal> {
    match calendar.quirks.refuses_attendees && fields.contains_key("attendees") {
        true => Err(Refusal::invalid("Invalid attendee email.")),
        false => Ok(()),
    }
}
