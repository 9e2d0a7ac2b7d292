//! The push door: proves that Google speaks, and tells it whether to repeat.

use shared::app::App;
use shared::config::PushConfig;
use shared::crypto;
use shared::error::{Error, Result, Retry, chain};
use shared::google::pubsub::{self, Push};
use shared::jwt::{self, PushRule, Rejected};
use shared::telemetry::{Unit, metric};

use secrecy::ExposeSecret;

use crate::http::{Request, Response};
use crate::response;

/// The push of a Gmail mailbox, once its sender is proven. `None`: an authentic push that says nothing
/// to us, which no repeat would change.
///
/// # Errors
/// `Unauthenticated` or `Forbidden` for anything that is not our own subscription's.
pub async fn gmail(app: &App, request: &Request) -> Result<Option<Push>> {
    let config = &app.config().push;
    authenticate(app, config, request).await?;
    match pubsub::decode(request.body()) {
        Ok(push) if push.subscription != config.subscription => Err(Error::Forbidden),
        Ok(push) => Ok(Some(push)),
        Err(undecodable) => {
            tracing::warn!(reason = %undecodable, "A push says nothing to us");
            metric("push_undecodable", 1.0, Unit::Count, &[]);
            Ok(None)
        }
    }
}

async fn authenticate(app: &App, config: &PushConfig, request: &Request) -> Result<()> {
    if let Some(secret) = &config.token {
        let given = request.text("token").unwrap_or_default();
        if !crypto::equal(given.as_bytes(), secret.expose_secret().as_bytes()) {
            return Err(Error::Forbidden);
        }
    }
    let token = bearer(request).ok_or(Error::Unauthenticated)?;
    let rule = PushRule {
        audience: config.audience.clone(),
        service_account: config.service_account.clone(),
    };
    jwt::verify_push(app.google_keys(), token, &rule, app.now()).await.map_err(|rejected| {
        tracing::warn!(reason = %rejected, "A push is not Google's");
        match rejected {
            Rejected::KeysUnavailable => Error::busy(std::time::Duration::from_secs(5)),
            _ => Error::Unauthenticated,
        }
    })
}

fn bearer(request: &Request) -> Option<&str> {
    let (scheme, token) = request.authorization()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// 204 for everything that a repeat cannot mend; an error, and so a redelivery, for the rest.
pub fn answer(done: Result<()>) -> Result<Response> {
    if let Err(error) = done {
        if error.retry() == Retry::Later {
            return Err(error);
        }
        tracing::warn!(code = error.code(), error = chain(&error), "A push had no effect");
        metric("push_without_effect", 1.0, Unit::Count, &[]);
    }
    Ok(response::no_content())
}
