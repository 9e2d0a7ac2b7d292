//! `calendarList`: the calendars that an account sees.

use serde_json::{Value, json};

use super::Answer;
use super::request::Ask;
use super::state::{CalendarState, Role};
use crate::google::refusal::Refusal;

const LARGEST_PAGE: usize = 250;
const USUAL_PAGE: usize = 100;
const ROLES: [Role; 4] = [
    Role::FreeBusyReader,
    Role::Reader,
    Role::Writer,
    Role::Owner,
];

pub fn list(ask: &Ask) -> Answer {
    ask.flag("showHidden")?;
    let least = ask.param("minAccessRole");
    let least = least.map(|name| ROLES.into_iter().find(|role| role.name() == name));
    if least == Some(None) {
        return Err(Refusal::invalid_parameter("minAccessRole"));
    }
    let least = least.flatten().unwrap_or(Role::FreeBusyReader);
    let size = match ask.param("maxResults").map(str::parse::<usize>) {
        None => USUAL_PAGE,
        Some(Ok(size)) if size > 0 => size.min(LARGEST_PAGE),
        Some(_) => return Err(Refusal::invalid_parameter("maxResults")),
    };
    let start = ask.param("pageToken").unwrap_or("0").parse::<usize>();
    let start = start.map_err(|_| Refusal::invalid_parameter("pageToken"))?;
    ask.update(|calendars, _| {
        let seen = calendars.all.values().filter_map(|calendar| {
            let role = *calendar.members.get(&ask.account)?;
            (role >= least).then(|| show(calendar, &ask.account, role))
        });
        let mut rest = seen.skip(start);
        let page: Vec<Value> = rest.by_ref().take(size).collect();
        let mut body = json!({ "kind": "calendar#calendarList", "etag": "\"p1\"", "items": page });
        match rest.next() {
            Some(_) => body["nextPageToken"] = json!((start + size).to_string()),
            None => body["nextSyncToken"] = json!("CAE="),
        }
        Ok(Some(body))
    })
}

pub fn get(ask: &Ask) -> Answer {
    ask.calendar(Role::FreeBusyReader, |calendar, _| {
        let role = calendar.members[&ask.account];
        Ok(Some(show(calendar, &ask.account, role)))
    })
}

fn show(calendar: &CalendarState, account: &str, role: Role) -> Value {
    let mut entry = json!({
        "kind": "calendar#calendarListEntry",
        "etag": "\"1\"",
        "id": calendar.id,
        "summary": calendar.summary,
        "timeZone": calendar.zone,
        "accessRole": role.name(),
        "defaultReminders": [{ "method": "popup", "minutes": 10 }],
        "selected": true,
    });
    if calendar.id == account {
        entry["primary"] = json!(true);
    }
    entry
}
