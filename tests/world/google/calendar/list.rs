//! `events.list`: everything at first, then what changed since, page by page.
//! <https://developers.google.com/workspace/calendar/api/guides/sync>

use axum::http::StatusCode;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE;
use chrono::{DateTime, Utc};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::Answer;
use super::event::Event;
use super::moment;
use super::recurrence;
use super::request::Ask;
use super::state::{CalendarState, Role};
use crate::google::refusal::Refusal;

/// Not to be combined with a sync token.
const FULL_ONLY: [&str; 8] = [
    "iCalUID",
    "orderBy",
    "privateExtendedProperty",
    "q",
    "sharedExtendedProperty",
    "timeMin",
    "timeMax",
    "updatedMin",
];
/// A list made with one of these has no sync token at its end.
const WITHOUT_TOKEN: [&str; 6] = [
    "iCalUID",
    "orderBy",
    "privateExtendedProperty",
    "q",
    "sharedExtendedProperty",
    "updatedMin",
];
const LARGEST_PAGE: usize = 2_500;
const USUAL_PAGE: usize = 250;

pub fn list(ask: &Ask) -> Answer {
    let asked = Asked::read(ask)?;
    ask.calendar(Role::Reader, |calendar, _| {
        let since = match asked.sync_token {
            None => None,
            Some(token) => Some(asked.since(calendar, token)?),
        };
        let place = match asked.page_token {
            None => Place::default(),
            Some(token) => Place::read(calendar, token)?,
        };
        if calendar.quirks.broken_page == Some(place.page) {
            let code = StatusCode::INTERNAL_SERVER_ERROR;
            return Err(Refusal::by_reason(code, "backendError"));
        }
        let zone = asked.zone.clone().unwrap_or_else(|| calendar.time_zone());
        let all = asked.select(calendar, since);
        let mut rest = all.iter().filter(|entry| entry.after(&place));
        let size = asked.size.min(calendar.quirks.page.unwrap_or(LARGEST_PAGE));
        let page: Vec<&Entry> = rest.by_ref().take(size).collect();
        let mut body = json!({
            "kind": "calendar#events",
            "etag": format!("\"p{}\"", calendar.changes),
            "summary": calendar.summary,
            "timeZone": calendar.zone,
            "accessRole": calendar.members.get(&ask.account).map(|role| role.name()),
            "defaultReminders": [{ "method": "popup", "minutes": 10 }],
            "items": page.iter().map(|entry| entry.show(calendar, &zone)).collect::<Vec<_>>(),
        });
        match (rest.next(), page.last()) {
            (Some(_), Some(last)) => {
                body["nextPageToken"] = json!(last.place(place.page + 1).write(calendar));
            }
            _ if asked.syncs => body["nextSyncToken"] = json!(asked.next(calendar)),
            _ => {}
        }
        Ok(Some(body))
    })
}

struct Asked<'a> {
    sync_token: Option<&'a str>,
    page_token: Option<&'a str>,
    single_events: bool,
    show_deleted: bool,
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
    zone: Option<TimeZone>,
    size: usize,
    uid: Option<&'a str>,
    /// `name=value`; one of them is enough.
    private: Vec<&'a str>,
    types: Vec<&'a str>,
    syncs: bool,
}

impl<'a> Asked<'a> {
    fn read(ask: &'a Ask) -> Result<Asked<'a>, Refusal> {
        let sync_token = ask.param("syncToken");
        let given = |names: &[&str]| names.iter().any(|name| ask.param(name).is_some());
        if sync_token.is_some() && (given(&FULL_ONLY) || ask.param("showDeleted") == Some("false"))
        {
            let message = "Sync token cannot be combined with the other parameters.";
            return Err(Refusal::invalid(message));
        }
        for name in ["q", "orderBy", "sharedExtendedProperty", "updatedMin"] {
            if ask.param(name).is_some_and(|value| value != "updated") {
                return Err(Refusal::invalid(&format!("{name} is not simulated")));
            }
        }
        let instant = |name: &str| match ask.param(name) {
            None => Ok(None),
            Some(text) => match moment::parse(text) {
                None => Err(Refusal::invalid_parameter(name)),
                at => Ok(at),
            },
        };
        let (from, to) = (instant("timeMin")?, instant("timeMax")?);
        if from.zip(to).is_some_and(|(from, to)| to <= from) {
            return Err(Refusal::time_range_empty());
        }
        let zone = ask.param("timeZone").map(moment::find_zone);
        if zone == Some(None) {
            return Err(Refusal::invalid_parameter("timeZone"));
        }
        let size = match ask.param("maxResults").map(str::parse::<usize>) {
            None => USUAL_PAGE,
            Some(Ok(size)) if size > 0 => size.min(LARGEST_PAGE),
            Some(_) => return Err(Refusal::invalid_parameter("maxResults")),
        };
        Ok(Asked {
            sync_token,
            page_token: ask.param("pageToken"),
            single_events: ask.flag("singleEvents")?,
            show_deleted: ask.flag("showDeleted")?,
            from,
            to,
            zone: zone.flatten(),
            size,
            uid: ask.param("iCalUID"),
            private: ask.params("privateExtendedProperty").collect(),
            types: ask.params("eventTypes").collect(),
            syncs: !given(&WITHOUT_TOKEN),
        })
    }

    /// The change after which the token's holder wants to know.
    fn since(&self, calendar: &CalendarState, token: &str) -> Result<u64, Refusal> {
        let parts = unpack(token).filter(|parts| parts[0] == "sync" && parts[1] == calendar.id);
        let since = parts.as_ref().and_then(|parts| parts.get(2)?.parse().ok());
        let same = parts.as_ref().and_then(|parts| parts.get(3)) == Some(&self.kind());
        match since {
            Some(since) if since < calendar.floor => Err(Refusal::full_sync_required()),
            Some(since) if same => Ok(since),
            _ => Err(Refusal::invalid("Invalid sync token value.")),
        }
    }

    fn next(&self, calendar: &CalendarState) -> String {
        let now = calendar.changes.to_string();
        pack(&["sync", &calendar.id, &now, &self.kind()])
    }

    /// What has to be the same from list to list.
    fn kind(&self) -> String {
        format!("{} {}", self.single_events, self.types.join(" "))
    }

    /// What the list is about, in order of change.
    fn select(&self, calendar: &CalendarState, since: Option<u64>) -> Vec<Entry> {
        let mut events: Vec<&Event> = calendar.events.values().collect();
        events.sort_by_key(|event| event.change);
        let deleted = self.show_deleted || since.is_some();
        let mut all = Vec::new();
        for event in events {
            let kind = match event.text("eventType") {
                "" => "default",
                kind => kind,
            };
            let wanted = since.is_none_or(|since| event.change > since)
                && (deleted || !event.cancelled)
                && (self.types.is_empty() || self.types.contains(&kind))
                && self.uid.is_none_or(|uid| event.ical_uid == uid)
                && (self.private.is_empty() || self.private.iter().any(|pair| has(event, pair)));
            if !wanted {
                continue;
            }
            let occurrences = recurrence::occurrences(event);
            let zone = calendar.time_zone();
            let within = occurrences.iter().any(|one| self.within(one, &zone));
            if !self.single_events && within {
                all.push(Entry {
                    n: 0,
                    event: event.clone(),
                });
            } else if self.single_events {
                let changed =
                    |one: &Event| one.id != event.id && calendar.events.contains_key(&one.id);
                let own = occurrences.into_iter().enumerate();
                let own = own.filter(|(_, one)| self.within(one, &zone) && !changed(one));
                all.extend(own.map(|(n, event)| Entry { n, event }));
            }
        }
        all
    }

    fn within(&self, event: &Event, zone: &TimeZone) -> bool {
        self.from.is_none_or(|from| event.end.at(zone) > from)
            && self.to.is_none_or(|to| event.start.at(zone) < to)
    }
}

/// One entry of the list: an event, or the `n`-th occurrence of one.
struct Entry {
    n: usize,
    event: Event,
}

impl Entry {
    fn show(&self, calendar: &CalendarState, zone: &TimeZone) -> Value {
        match self.event.cancelled {
            true => self.event.show_deleted(),
            false => calendar.show(&self.event, zone),
        }
    }

    fn after(&self, place: &Place) -> bool {
        (self.event.change, self.n + 1) > (place.change, place.n)
    }

    fn place(&self, page: usize) -> Place {
        Place {
            page,
            change: self.event.change,
            n: self.n + 1,
        }
    }
}

/// Where a page begins: after the `n`-th occurrence of the event of that change.
struct Place {
    /// Counted from one.
    page: usize,
    change: u64,
    n: usize,
}

impl Default for Place {
    fn default() -> Place {
        Place {
            page: 1,
            change: 0,
            n: 0,
        }
    }
}

impl Place {
    fn read(calendar: &CalendarState, token: &str) -> Result<Place, Refusal> {
        let parts = unpack(token).filter(|parts| parts[0] == "page" && parts[1] == calendar.id);
        let number = |n: usize| parts.as_ref()?.get(n)?.parse::<u64>().ok();
        let numbers = number(2).zip(number(3)).zip(number(4));
        let ((page, change), n) = numbers.ok_or_else(|| Refusal::invalid_parameter("pageToken"))?;
        Ok(Place {
            page: page as usize,
            change,
            n: n as usize,
        })
    }

    fn write(&self, calendar: &CalendarState) -> String {
        let [page, change, n] =
            [self.page as u64, self.change, self.n as u64].map(|n| n.to_string());
        pack(&["page", &calendar.id, &page, &change, &n])
    }
}

fn has(event: &Event, pair: &str) -> bool {
    pair.split_once('=')
        .is_some_and(|(name, value)| event.private(name) == Some(value))
}

fn pack(parts: &[&str]) -> String {
    BASE64_URL_SAFE.encode(parts.join("\n"))
}

fn unpack(token: &str) -> Option<Vec<String>> {
    let text = String::from_utf8(BASE64_URL_SAFE.decode(token).ok()?).ok()?;
    let parts: Vec<String> = text.split('\n').map(str::to_owned).collect();
    (parts.len() > 1).then_some(parts)
}
