//! Who looks at a page, and at which property.

use askama::Template;
use jiff::tz::TimeZone;
use lambda_http::http::StatusCode;
use shared::app::App;
use shared::app::access::Role;
use shared::app::sessions::{self, Session};
use shared::app::team::{self, Property, Team};
use shared::domain::ids::PropertyId;
use shared::error::{Error, Result};

use super::page::{Choice, Frame, html, see};
use super::words;
use crate::caller::SESSION;
use crate::form::Form;
use crate::http::{Request, Response};
use crate::response;

/// Remembers the property that was looked at last: Google sends the browser back without it.
const PROPERTY: &str = "__Host-luma_property";

/// Somebody signed in, and what they look at.
pub struct Desk {
    pub app: App,
    pub session: Session,
    pub team: Team,
    /// `None` for somebody who works for nobody, or where there is nothing yet.
    pub property: Option<Property>,
    notice: Option<words::Notice>,
    remembered: bool,
    /// Of the page that is shown.
    status: StatusCode,
    /// A form that could not be done as it stands. Nothing of it is kept anywhere but in the page.
    refused: Option<Form>,
}

impl Desk {
    /// For a page that is looked at. The property is the one of `?property=`, else the last one, else the first.
    ///
    /// # Errors
    /// `Unauthenticated` without a session, `NotFound` for a property of somebody else's.
    pub async fn open(app: App, request: &Request) -> Result<Self> {
        let mut desk = Self::sit_down(app, request).await?;
        let named = request.query::<PropertyId>("property");
        let named = named.map_err(|_| Error::NotFound("Property"))?;
        desk.turn_to(named, request).await?;
        Ok(desk)
    }

    /// For a form that was sent: nothing has changed yet when it is not one of ours.
    ///
    /// # Errors
    /// As [`Desk::open`]; `Forbidden` without the session's own token.
    pub async fn receive(app: App, request: &Request) -> Result<(Self, Form)> {
        let mut desk = Self::sit_down(app, request).await?;
        let form = Form::of(request)?;
        desk.session.check(form.given("form_token").as_deref())?;
        let named = form.parsed::<PropertyId>("property", "property");
        let named = named.map_err(|_| Error::NotFound("Property"))?;
        desk.turn_to(named, request).await?;
        Ok((desk, form))
    }

    async fn sit_down(app: App, request: &Request) -> Result<Self> {
        let session = sessions::open(&app, request.cookie(SESSION)).await?;
        let team = team::around(&app, &session.user).await?;
        Ok(Self {
            notice: words::notice(request),
            app,
            session,
            team,
            property: None,
            remembered: false,
            status: StatusCode::OK,
            refused: None,
        })
    }

    async fn turn_to(&mut self, named: Option<PropertyId>, request: &Request) -> Result<()> {
        let last = request.cookie(PROPERTY).and_then(|id| id.parse().ok());
        let last = last.filter(|id| self.team.has(*id));
        let first = self.team.properties.first().map(|(id, _)| *id);
        self.remembered = last.is_some() && (named.is_none() || named == last);
        match named.or(last).or(first) {
            Some(id) => self.look_at(id).await,
            None => Ok(()),
        }
    }

    /// Turns to the property that a thread belongs to.
    pub async fn look_at(&mut self, id: PropertyId) -> Result<()> {
        if self.property.as_ref().is_none_or(|seen| seen.id != id) {
            let property = team::property(&self.app, &self.session.user, id).await?;
            self.property = Some(property);
        }
        Ok(())
    }

    /// The property, where a page is nothing without one.
    pub fn here(&self) -> Result<&Property> {
        self.property.as_ref().ok_or(Error::NotFound("Property"))
    }

    pub fn zone(&self) -> TimeZone {
        let zone = self.property.as_ref().and_then(Property::time_zone);
        zone.unwrap_or(TimeZone::UTC)
    }

    pub fn manages(&self) -> bool {
        self.session.user.role.manages()
    }

    /// Whether they may erase a prospect.
    pub fn erases(&self) -> bool {
        self.session.user.role == Role::Admin
    }

    pub fn frame(&mut self, title: &str, here: &'static str) -> Frame {
        let shown = self.property.as_ref().map(|property| property.id);
        let choice = |(id, name): &(PropertyId, String)| Choice {
            id: id.to_string(),
            name: name.clone(),
            chosen: Some(*id) == shown,
        };
        let user = &self.session.user;
        Frame {
            title: title.to_owned(),
            here,
            who: self.team.name_of(user.id).unwrap_or("You").to_owned(),
            properties: self.team.properties.iter().map(choice).collect(),
            property: shown.map(|id| id.to_string()).unwrap_or_default(),
            property_name: self
                .property
                .as_ref()
                .map(|one| one.name.clone())
                .unwrap_or_default(),
            manages: self.manages(),
            form_token: self.session.form_token.clone(),
            notice: self.notice.take(),
        }
    }

    /// Turns back to a form that could not be done as it stands: its page is shown once more, with what was typed
    /// and a sentence about it.
    ///
    /// # Errors
    /// What nobody mends on the page: a thing that is not there, a right that is missing, an outage.
    pub fn back_to(mut self, form: Form, error: Error) -> Result<Self> {
        self.status = match &error {
            Error::Invalid { .. } | Error::Unprocessable { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Error::Conflict { .. } | Error::Reconnect => StatusCode::CONFLICT,
            Error::Busy { .. } => StatusCode::SERVICE_UNAVAILABLE,
            _ => return Err(error),
        };
        self.notice = Some(words::Notice::error(&error.code()));
        self.refused = Some(form);
        Ok(self)
    }

    /// The form that was refused, if it asked for that.
    pub fn refused(&self, action: &str) -> Option<&Form> {
        let form = self.refused.as_ref()?;
        (form.text("action").as_deref() == Some(action)).then_some(form)
    }

    /// What stands in a field: what was typed into the form that was refused, else what is set.
    pub fn typed(&self, name: &str, set: impl ToString) -> String {
        let typed = self.refused.as_ref().and_then(|form| form.given(name));
        typed.unwrap_or_else(|| set.to_string())
    }

    /// A page with forms. `google` is where they may lead besides ourselves.
    pub fn page(&self, template: &impl Template, google: Option<&str>) -> Result<Response> {
        html(self.status, template, google)
    }

    /// Has the browser remember the property.
    pub fn remember(&self, mut response: Response) -> Result<Response> {
        if let Some(property) = self.property.as_ref().filter(|_| !self.remembered) {
            let id = property.id.to_string();
            response::set_cookie(&mut response, PROPERTY, &id, 365 * 86_400)?;
        }
        Ok(response)
    }
}

/// Where a form leads that was done: back, with the code of a word about it.
pub fn back(path: &str, property: Option<PropertyId>, said: &str) -> Result<Response> {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    if let Some(property) = property {
        query.append_pair("property", &property.to_string());
    }
    query.append_pair("success", said);
    let mark = if path.contains('?') { '&' } else { '?' };
    see(&format!("{path}{mark}{}", query.finish()))
}
