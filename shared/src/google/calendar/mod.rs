//! Calendar v3 (developers.google.com/workspace/calendar/api/v3/reference).
//!
//! Only what we use of it: when an agent is busy, our own tours as events, and what changed. What
//! other events say is nobody's business: every request names the fields that it wants, and titles,
//! descriptions and places are never among them.

mod answers;
mod busy;
mod event;
mod write;

use jiff::Timestamp;
use reqwest::header::{CONTENT_LENGTH, HeaderValue, IF_MATCH};
use reqwest::{Method, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use url::Url;

pub use self::answers::{CalendarEntry, EventsPage, Next, Watched};
use self::answers::{CalendarsAnswer, EventsAnswer, WatchAnswer, ZoneAnswer};
use self::busy::FreeBusyAnswer;
pub use self::event::{Attendee, Event, When};
pub use self::write::{EventChange, Guest, NewEvent};
use super::wire::path_id;
use super::{Error, Google, LARGEST_ANSWER, Result, call, classify, fetch, join};
use crate::domain::ids::{CalendarId, ChannelId, EventId, SyncToken};
use crate::domain::interval::Interval;

/// Google takes up to 2,500; an event with 200 guests takes some 20 KB.
const FULL_PAGE: &str = "500";
const LARGEST_PAGE: usize = 16 * 1024 * 1024;
/// Of the events around one tour: a day with more is beyond us.
const MOST_EVENT_PAGES: usize = 4;
/// Of the calendars to choose from: 1,000.
const MOST_CALENDAR_PAGES: usize = 4;

/// The calendars of one account, opened with an access token.
pub struct Calendar {
    google: Google,
    access: SecretString,
}

/// From where on changes are told.
#[derive(Clone, Copy, Debug)]
pub enum Since<'a> {
    /// What changed after the list that ended with this token.
    Token(&'a SyncToken),
    /// Everything that ends after this instant, the cancelled too.
    Time(Timestamp),
}

/// A subscription to a calendar's changes, before Google knows of it.
#[derive(Clone, Copy)]
pub struct Channel<'a> {
    /// Fresh for every channel: Google refuses one that it has seen.
    pub id: ChannelId,
    /// Where the pushes go: `https`, with a certificate that a public authority signed.
    pub address: &'a str,
    /// A secret that each push repeats, at most 256 characters.
    pub token: &'a str,
}

impl Calendar {
    pub(super) fn new(google: Google, access: SecretString) -> Self {
        Self { google, access }
    }

    /// When the calendar's owner is busy, overlapping the stretch; asked in chunks of 60 days, since
    /// Google refuses more than about three months. It is all told or none:
    /// [`Error::CalendarUnreadable`] and every other error mean *unknown*, never *free*.
    pub async fn busy(&self, calendar: &CalendarId, within: Interval) -> Result<Vec<Interval>> {
        let mut busy = Vec::new();
        for chunk in busy::chunks(within) {
            let body = json!({
                "timeMin": chunk.start().to_string(),
                "timeMax": chunk.end().to_string(),
                "items": [{ "id": calendar.0 }],
            });
            let answer: FreeBusyAnswer = self.post(self.url(&["freeBusy"]), &body).await?;
            busy.extend(answer.into_busy(calendar)?);
        }
        Ok(busy)
    }

    /// The events that take the owner's time in the stretch: those that [`Calendar::busy`] tells, but
    /// one by one, so that a tour that is moved does not stand in its own way. An all-day event is
    /// among them if its days, in the calendar's zone, touch the stretch. All told or none, as there.
    pub async fn between(&self, calendar: &CalendarId, within: Interval) -> Result<Vec<Event>> {
        let mut events = Vec::new();
        let mut page_token: Option<String> = None;
        for _ in 0..MOST_EVENT_PAGES {
            let mut url = self.list_url(calendar, page_token.as_deref())?;
            url.query_pairs_mut()
                .append_pair("timeMin", &within.start().to_string())
                .append_pair("timeMax", &within.end().to_string());
            let (page, next) = self.list(url).await?.into_blocking()?;
            events.extend(page);
            match next {
                Some(next) => page_token = Some(next),
                None => return Ok(events),
            }
        }
        Err(Error::refused(413, "tooManyEvents"))
    }

    /// Creates an event, and sends its invitation. The id is ours, so that a repeat creates no second
    /// one: [`Error::AlreadyExists`] if an earlier try did, or if the id was ever used in this
    /// calendar, by an event that is deleted too.
    pub async fn insert(&self, calendar: &CalendarId, event: &NewEvent<'_>) -> Result<Event> {
        let url = told(self.events_url(calendar, &[])?, "all");
        self.event(self.request(Method::POST, url).json(&event.to_json()))
            .await
    }

    /// An event as it is now. A deleted one is still there, as cancelled.
    pub async fn get(&self, calendar: &CalendarId, id: &EventId) -> Result<Event> {
        let url = self.events_url(calendar, &[path_id(&id.0)?])?;
        self.event(self.request(Method::GET, masked(url))).await
    }

    /// Changes an event, and tells its guests, unless it is no longer as `etag` knew it:
    /// [`Error::Changed`]. A repeat after a lost answer ends in that too.
    pub async fn patch(
        &self,
        calendar: &CalendarId,
        id: &EventId,
        change: &EventChange<'_>,
        etag: &str,
    ) -> Result<Event> {
        let url = told(self.events_url(calendar, &[path_id(&id.0)?])?, "all");
        let request = self
            .request(Method::PATCH, url)
            .header(IF_MATCH, if_match(etag)?)
            .json(&change.to_json());
        self.event(request).await
    }

    /// Deletes an event, and tells its guests. One that was deleted before is fine;
    /// [`Error::NotFound`]: it never was, or the calendar is out of reach.
    pub async fn delete(&self, calendar: &CalendarId, id: &EventId) -> Result<()> {
        let mut url = self.events_url(calendar, &[path_id(&id.0)?])?;
        url.query_pairs_mut().append_pair("sendUpdates", "all");
        match fetch(self.request(Method::DELETE, url), LARGEST_ANSWER, classify).await {
            Ok(_) | Err(Error::Gone) => Ok(()),
            Err(other) => Err(other),
        }
    }

    /// Moves an event into another calendar of the account, and tells nobody: to its guests it stays
    /// the same event.
    pub async fn move_to(
        &self,
        calendar: &CalendarId,
        id: &EventId,
        destination: &CalendarId,
    ) -> Result<Event> {
        let url = self.events_url(calendar, &[path_id(&id.0)?, "move"])?;
        let mut url = told(url, "none");
        url.query_pairs_mut()
            .append_pair("destination", &destination.0);
        let request = self.request(Method::POST, url).header(CONTENT_LENGTH, 0);
        self.event(request).await
    }

    /// One page of what changed, each event once, as it is now. The next call repeats `since` with the
    /// page's token; a sync token may be stored once every page before it is applied.
    /// [`Error::SyncTokenExpired`]: begin anew from a time.
    pub async fn changes(
        &self,
        calendar: &CalendarId,
        since: Since<'_>,
        page: Option<&str>,
    ) -> Result<EventsPage> {
        let mut url = self.list_url(calendar, page)?;
        let from = match since {
            Since::Token(token) => ("syncToken", token.0.clone()),
            Since::Time(start) => ("timeMin", start.to_string()),
        };
        url.query_pairs_mut()
            .append_pair("showDeleted", "true")
            .append_pair(from.0, &from.1);
        match self.list(url).await {
            Ok(answer) => answer.into_page().ok_or_else(Error::unreadable),
            // Of a list nothing but its token can be gone.
            Err(Error::Gone) => Err(Error::SyncTokenExpired),
            Err(other) => Err(other),
        }
    }

    /// The IANA name of the calendar's time zone. Proves that its events may be read: the calendar
    /// itself, and the account's settings, would take more scopes.
    pub async fn zone(&self, calendar: &CalendarId) -> Result<String> {
        let mut url = self.events_url(calendar, &[])?;
        url.query_pairs_mut()
            .append_pair("maxResults", "1")
            .append_pair("fields", "timeZone");
        Ok(self.read::<ZoneAnswer>(url).await?.time_zone)
    }

    /// The calendars that the account shows, the first 1,000. Takes the scope
    /// `calendar.calendarlist.readonly`; without it the answer is [`Error::Reconnect`].
    pub async fn calendars(&self) -> Result<Vec<CalendarEntry>> {
        let mut entries = Vec::new();
        let mut page_token: Option<String> = None;
        for _ in 0..MOST_CALENDAR_PAGES {
            let mut url = self.url(&["users", "me", "calendarList"]);
            url.query_pairs_mut()
                .append_pair("maxResults", "250")
                .append_pair("fields", CalendarsAnswer::FIELDS)
                .extend_pairs(page_token.as_deref().map(|token| ("pageToken", token)));
            let (page, next) = self.read::<CalendarsAnswer>(url).await?.into_entries();
            entries.extend(page);
            match next {
                Some(next) => page_token = Some(next),
                None => break,
            }
        }
        Ok(entries)
    }

    /// Asks for a push whenever the calendar changes, usually for 7 days. There is no renewal: another
    /// channel takes over, then this one is stopped. Its first push may come before this returns.
    pub async fn watch(&self, calendar: &CalendarId, channel: &Channel<'_>) -> Result<Watched> {
        let body = json!({
            "id": channel.id.to_string(),
            "type": "web_hook",
            "address": channel.address,
            "token": channel.token,
        });
        let url = self.events_url(calendar, &["watch"])?;
        let answer: WatchAnswer = self.post(url, &body).await?;
        answer.into_watched().ok_or_else(Error::unreadable)
    }

    /// Ends a channel, by the account that opened it. One that has ended already is fine.
    pub async fn stop(&self, channel: ChannelId, resource: &str) -> Result<()> {
        let body = json!({ "id": channel.to_string(), "resourceId": resource });
        let request = self
            .request(Method::POST, self.url(&["channels", "stop"]))
            .json(&body);
        match fetch(request, LARGEST_ANSWER, classify).await {
            Ok(_) | Err(Error::NotFound) => Ok(()),
            Err(other) => Err(other),
        }
    }

    fn url(&self, path: &[&str]) -> Url {
        let base = join(&self.google.config.urls.calendar, &["calendar", "v3"]);
        join(&base, path)
    }

    fn events_url(&self, calendar: &CalendarId, path: &[&str]) -> Result<Url> {
        let events = self.url(&["calendars", path_calendar(calendar)?, "events"]);
        Ok(join(&events, path))
    }

    /// A list's address. A later page, and a later list by sync token, must repeat all of it.
    fn list_url(&self, calendar: &CalendarId, page_token: Option<&str>) -> Result<Url> {
        let mut url = self.events_url(calendar, &[])?;
        url.query_pairs_mut()
            .append_pair("singleEvents", "true")
            .append_pair("maxResults", FULL_PAGE)
            .append_pair("fields", &EventsAnswer::fields())
            .extend_pairs(page_token.map(|token| ("pageToken", token)));
        Ok(url)
    }

    /// `bearer_auth` marks the header as sensitive, so that no debug output shows it.
    fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.google
            .http
            .request(method, url)
            .bearer_auth(self.access.expose_secret())
    }

    async fn list(&self, url: Url) -> Result<EventsAnswer> {
        call(self.request(Method::GET, url), LARGEST_PAGE).await
    }

    async fn read<T: DeserializeOwned>(&self, url: Url) -> Result<T> {
        call(self.request(Method::GET, url), LARGEST_ANSWER).await
    }

    async fn post<T: DeserializeOwned>(&self, url: Url, body: &Value) -> Result<T> {
        call(self.request(Method::POST, url).json(body), LARGEST_ANSWER).await
    }

    async fn event(&self, request: RequestBuilder) -> Result<Event> {
        let answer: Value = call(request, LARGEST_ANSWER).await?;
        Event::read(&answer).ok_or_else(Error::unreadable)
    }
}

/// Asks for an event's fields and no others.
fn masked(mut url: Url) -> Url {
    url.query_pairs_mut().append_pair("fields", event::FIELDS);
    url
}

/// As [`masked`], and says who is told of a change: `all` guests, or `none`.
fn told(mut url: Url, whom: &str) -> Url {
    url.query_pairs_mut().append_pair("sendUpdates", whom);
    masked(url)
}

/// An etag that may stand in a header. Without one a change would be made blindly.
fn if_match(etag: &str) -> Result<HeaderValue> {
    Some(etag)
        .filter(|etag| !etag.is_empty())
        .and_then(|etag| HeaderValue::from_str(etag).ok())
        .ok_or_else(|| Error::refused(400, "malformedEtag"))
}

/// A calendar's id that may stand in a path: an address, or one such as
/// `en.usa#holiday@group.v.calendar.google.com`.
fn path_calendar(CalendarId(id): &CalendarId) -> Result<&str> {
    let allowed = |byte: u8| byte.is_ascii_graphic() && !b"/\\?%\"<>".contains(&byte);
    let fits = (1..=256).contains(&id.len()) && !id.starts_with('.') && id.bytes().all(allowed);
    if fits {
        Ok(id)
    } else {
        Err(Error::refused(400, "malformedId"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_calendar_that_could_leave_its_place_is_refused() {
        let id = |text: &str| CalendarId(text.into());
        for known in [
            "primary",
            "o'neil+tours@oak.example",
            "en.usa#holiday@group.v.calendar.google.com",
        ] {
            assert_eq!(path_calendar(&id(known)), Ok(known));
        }
        let long = "x".repeat(257);
        for odd in [
            "", ".", "..", "a/b", "a\\b", "a?b", "a b", "a%2f", "é", &long,
        ] {
            let odd = id(odd);
            let refused = path_calendar(&odd);
            assert_eq!(refused, Err(Error::refused(400, "malformedId")), "{odd}");
        }
    }

    #[test]
    fn nothing_is_changed_blindly() {
        assert_eq!(if_match("\"318\"").unwrap(), "\"318\"");
        for odd in ["", "\"318\"\r\nX: y"] {
            assert_eq!(
                if_match(odd),
                Err(Error::refused(400, "malformedEtag")),
                "{odd}"
            );
        }
    }

    #[test]
    fn who_is_told_and_what_is_asked_stand_in_the_address() {
        let url = told(Url::parse("https://www.googleapis.com/x").unwrap(), "all");
        let query: Vec<_> = url.query_pairs().collect();
        assert_eq!(query[0], ("sendUpdates".into(), "all".into()));
        assert_eq!(query[1], ("fields".into(), event::FIELDS.into()));
        assert_eq!(query.len(), 2);
    }
}
