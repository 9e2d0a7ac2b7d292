//! Signing in and out.

use askama::Template;
use lambda_http::http::StatusCode;
use serde::Deserialize;
use shared::app::consent::Callback;
use shared::app::sign_in::{self, Outcome};
use shared::app::{App, sessions};
use shared::error::{Error, Result};

use super::desk::Desk;
use super::page::{self, Frame, see};
use super::words;
use crate::caller::SESSION;
use crate::form::Form;
use crate::http::{self, Request, Response};
use crate::response;

/// Binds a sign-in to the browser that began it.
const COOKIE: &str = "__Host-luma_signin";
/// Seconds.
const COOKIE_AGE: u32 = 600;
/// Seconds; as long as the session itself.
const SESSION_AGE: u32 = 12 * 3600;

#[derive(Template)]
#[template(path = "dashboard/templates/sign_in.html")]
struct SignInPage {
    frame: Frame,
}

/// What the host's pages hand over.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct In {
    access_token: String,
}

pub async fn show(app: App, request: Request) -> Result<Response> {
    sign_in_page(&app, StatusCode::OK, words::notice(&request))
}

/// With a token of the host's: as JSON by a program, which is told of errors as by the API; as a form's field by
/// a page.
pub async fn begin(app: App, request: Request) -> Result<Response> {
    let kind = request.header(lambda_http::http::header::CONTENT_TYPE);
    if kind.is_some_and(|kind| kind.starts_with("application/json")) {
        let done = begin_json(&app, &request).await;
        return Ok(done.unwrap_or_else(|error| {
            http::note(&error);
            response::problem(&error, request.request_id())
        }));
    }
    let token = Form::of(&request)?.text("access_token");
    let token = token.ok_or_else(|| Error::invalid("accessToken", "required"))?;
    match sign_in::by_token(&app, source(&request), &token).await {
        Ok(user) => signed_in(&app, &user),
        Err(Error::Unauthenticated) => {
            let notice = words::Notice::error("signin_token");
            sign_in_page(&app, StatusCode::UNAUTHORIZED, Some(notice))
        }
        Err(other) => Err(other),
    }
}

async fn begin_json(app: &App, request: &Request) -> Result<Response> {
    let token = request.json::<In>()?.access_token;
    let user = sign_in::by_token(app, source(request), &token).await?;
    signed_in(app, &user)
}

pub async fn begin_google(app: App, request: Request) -> Result<Response> {
    let started = sign_in::begin(&app, source(&request)).await?;
    let mut answer = see(&started.url)?;
    response::set_cookie(&mut answer, COOKIE, &started.browser, COOKIE_AGE)?;
    Ok(answer)
}

/// Google sends the browser back.
pub async fn finish_google(app: App, request: Request) -> Result<Response> {
    let text = |name| request.text(name).map(str::to_owned);
    let callback = Callback {
        code: text("code"),
        state: text("state"),
        error: text("error"),
        browser: request.cookie(COOKIE).map(str::to_owned),
    };
    // A refusal of the state leaves the cookie: a forged link must not end a sign-in that is under way.
    let mut answer = match sign_in::finish(&app, source(&request), callback).await? {
        Outcome::Known(user) => signed_in(&app, &user)?,
        Outcome::Refused(code) => see(&format!("/dashboard/sign-in?error={code}"))?,
    };
    response::set_cookie(&mut answer, COOKIE, "", 0)?;
    Ok(answer)
}

pub async fn end(app: App, request: Request) -> Result<Response> {
    let (desk, _) = Desk::receive(app, &request).await?;
    sessions::end(&desk.app, &desk.session).await?;
    let mut answer = see("/dashboard/sign-in?success=signed_out")?;
    response::set_cookie(&mut answer, SESSION, "", 0)?;
    Ok(answer)
}

fn signed_in(app: &App, user: &shared::app::access::User) -> Result<Response> {
    let mut answer = see("/dashboard")?;
    let cookie = sessions::begin(app, user);
    response::set_cookie(&mut answer, SESSION, &cookie, SESSION_AGE)?;
    Ok(answer)
}

fn sign_in_page(app: &App, status: StatusCode, notice: Option<words::Notice>) -> Result<Response> {
    let frame = Frame {
        title: "Sign in".to_owned(),
        notice,
        ..Frame::default()
    };
    let google = sign_in::google_origin(app);
    page::html(status, &SignInPage { frame }, Some(&google))
}

/// The network address that API Gateway saw.
fn source(request: &Request) -> &str {
    request.source_ip().unwrap_or("unknown")
}
