//! Calendar: what the simulated one accepts, and beside it what it refuses.

mod channels;
mod control;
mod events;
mod free_busy;
mod lists;
mod own_client;
mod people;
mod sync;
mod writing;

use reqwest::Method;
use serde_json::{Value, json};
use world::google::Calendar;
use world::{Google, server};

use super::{answer, reason};

const KIM: &str = "kim@oak.test";
const ANN: &str = "ann@example.com";
const EVENTS: &str = "https://www.googleapis.com/auth/calendar.events";
const FREE_BUSY: &str = "https://www.googleapis.com/auth/calendar.freebusy";
const LISTS: &str = "https://www.googleapis.com/auth/calendar.calendarlist.readonly";

/// Calendar's API as a program that holds a token sees it.
struct Caller {
    google: Google,
    token: String,
}

impl Caller {
    /// Kim's calendar and a token for everything in it.
    async fn start() -> (Caller, Calendar) {
        let google = Google::start(None).await;
        let calendar = google.calendar(KIM);
        (Caller::with(&google, &[EVENTS, FREE_BUSY, LISTS]), calendar)
    }

    fn with(google: &Google, scopes: &[&str]) -> Caller {
        Caller::of(google, KIM, scopes)
    }

    fn of(google: &Google, address: &str, scopes: &[&str]) -> Caller {
        let token = google.grants(address, scopes).access_token;
        let google = google.clone();
        Caller { google, token }
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.ask(Method::GET, path, None, None).await
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.ask(Method::POST, path, Some(body), None).await
    }

    async fn patch(&self, path: &str, body: Value) -> (u16, Value) {
        self.ask(Method::PATCH, path, Some(body), None).await
    }

    async fn delete(&self, path: &str) -> (u16, Value) {
        self.ask(Method::DELETE, path, None, None).await
    }

    /// Status and reason of the refusal; empty when it was none.
    async fn refusal(&self, method: Method, path: &str, body: Value) -> (u16, String) {
        let body = (!body.is_null()).then_some(body);
        let (status, body) = self.ask(method, path, body, None).await;
        (status, reason(&body).to_owned())
    }

    async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        etag: Option<&str>,
    ) -> (u16, Value) {
        let url = format!("{}/calendar/v3/{path}", self.google.url());
        let mut request = server::client().request(method, url);
        request = request.bearer_auth(&self.token);
        if let Some(etag) = etag {
            request = request.header("if-match", etag);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        answer(request.send().await.unwrap()).await
    }

    /// Creates an event, which must go well.
    async fn inserts(&self, event: Value) -> Value {
        let (status, event) = self.post("calendars/primary/events", event).await;
        assert_eq!(status, 200, "{event}");
        event
    }
}

/// The path of an event of the caller's own calendar.
fn event(id: &str) -> String {
    format!("calendars/primary/events/{id}")
}

/// A tour at ten in Chicago, with one guest.
fn tour() -> Value {
    json!({
        "summary": "Tour with Ann Lee",
        "start": { "dateTime": "2026-12-07T10:00:00-06:00", "timeZone": "America/Chicago" },
        "end": { "dateTime": "2026-12-07T10:30:00-06:00", "timeZone": "America/Chicago" },
        "attendees": [{ "email": ANN, "displayName": "Ann Lee" }],
        "extendedProperties": { "private": { "booking_id": "b1" } },
    })
}

/// A tour with some fields added or replaced.
fn tour_with(changes: Value) -> Value {
    let mut tour = tour();
    for (name, value) in changes.as_object().into_iter().flatten() {
        tour[name] = value.clone();
    }
    tour
}
