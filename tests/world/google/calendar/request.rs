//! The door of every Calendar operation: who asks, may they, and is the request well-formed.

use axum::http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;

use super::fields::Fields;
use super::state::{CalendarState, Calendars, Role};
use super::{Answer, Operation};
use crate::google::Site;
use crate::google::oauth;
use crate::google::refusal::Refusal;
use crate::google::request::{self, Caller};

/// A request that passed the door.
pub struct Ask {
    site: Site,
    /// The account's address.
    pub account: String,
    /// The version of an event that the caller wants to change, as `If-Match` names it.
    pub if_match: Option<String>,
    /// What the caller wants to see of the answer.
    fields: Fields,
    path: Vec<(String, String)>,
    query: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Ask {
    pub fn read(
        operation: &Operation,
        site: Site,
        path: Vec<(String, String)>,
        query: Option<&str>,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Ask, Refusal> {
        request::check_length(&operation.method, headers)?;
        let Caller { address, scopes } = Caller::identify(&site, headers)?;
        let down = site.update(|state, _| state.calendars.is_down(&address));
        if down {
            let code = StatusCode::SERVICE_UNAVAILABLE;
            return Err(Refusal::by_reason(code, "backendError"));
        }
        if !oauth::includes(&scopes, operation.scopes) {
            return Err(Refusal::insufficient_permissions());
        }
        let mut query = request::parameters(query, &[operation.query, &["fields"]].concat())?;
        let fields = query.extract_if(.., |(name, _)| name == "fields").next();
        let fields = fields.map(|(_, text)| Fields::read(&text)).transpose()?;
        request::check_content_type(headers, body)?;
        let if_match = request::text(headers, &header::IF_MATCH).map(str::to_owned);
        Ok(Ask {
            site,
            account: address,
            if_match,
            fields: fields.unwrap_or_default(),
            path,
            query,
            body: body.to_vec(),
        })
    }

    /// Lets `handler` answer, and keeps of the answer what the caller wants to see.
    pub fn answer(&self, handler: fn(&Ask) -> Answer) -> Answer {
        let answer = handler(self)?;
        Ok(answer.map(|body| self.fields.of(body)))
    }

    /// A part of the path, by its name in the template.
    pub fn segment(&self, name: &str) -> &str {
        let segment = self.path.iter().find(|(candidate, _)| candidate == name);
        segment.map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// The first query parameter of that name.
    pub fn param(&self, name: &str) -> Option<&str> {
        let same = |(candidate, _): &&(String, String)| candidate == name;
        self.query
            .iter()
            .find(same)
            .map(|(_, value)| value.as_str())
    }

    /// Every query parameter of that name.
    pub fn params<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let same = move |(candidate, _): &&(String, String)| candidate == name;
        self.query
            .iter()
            .filter(same)
            .map(|(_, value)| value.as_str())
    }

    /// A parameter that is either true or false; false when it is missing.
    pub fn flag(&self, name: &str) -> Result<bool, Refusal> {
        match self.param(name) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(Refusal::invalid_parameter(name)),
        }
    }

    /// The body; unknown fields are refused.
    pub fn body<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        request::json(&self.body)
    }

    /// Works on all calendars at once; the second argument is now in epoch milliseconds.
    pub fn update<T>(&self, work: impl FnOnce(&mut Calendars, i64) -> T) -> T {
        self.site
            .update(|state, now| work(&mut state.calendars, now))
    }

    /// Works on the calendar that the path names, if the caller may do as much as `need` there.
    pub fn calendar<T>(
        &self,
        need: Role,
        work: impl FnOnce(&mut CalendarState, i64) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        self.update(|calendars, now| {
            let calendar = calendars.open(&self.account, self.segment("calendar"), need)?;
            work(calendar, now)
        })
    }
}
