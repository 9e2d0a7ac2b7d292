//! `GET, PATCH, DELETE /api/lumaleasing/gmail/config`: settings and health of a property's mailbox,
//! and giving it up. Never shows a token.

use serde::Deserialize;
use serde_json::json;
use shared::app::settings::{self, Change, Mailbox};
use shared::app::{App, access, connect};
use shared::domain::reply::ReplyMode;
use shared::error::{Error, Result};

use crate::http::{Request, Response, Route, delete, get, patch};
use crate::request::nullable;
use crate::response;

const PATH: &str = "/api/lumaleasing/gmail/config";

pub static ROUTE: Route = Route {
    name: "gmail_config",
    endpoints: &[
        get(PATH, |app, request| Box::pin(show(app, request))),
        patch(PATH, |app, request| Box::pin(change(app, request))),
        delete(PATH, |app, request| Box::pin(disconnect(app, request))),
    ],
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct In {
    auto_reply_enabled: Option<bool>,
    reply_mode: Option<String>,
    auto_reply_delay_minutes: Option<i32>,
    confidence_threshold: Option<f64>,
    #[serde(default, deserialize_with = "nullable")]
    signature: Option<Option<String>>,
    portal_domains: Option<Vec<String>>,
}

impl TryFrom<In> for Change {
    type Error = Error;

    fn try_from(body: In) -> Result<Self> {
        let mode = |text: String| {
            ReplyMode::parse(&text).ok_or(Error::invalid("replyMode", "auto, approve or off"))
        };
        Ok(Self {
            auto_reply_enabled: body.auto_reply_enabled,
            reply_mode: body.reply_mode.map(mode).transpose()?,
            auto_reply_delay: body.auto_reply_delay_minutes,
            confidence_threshold: body.confidence_threshold,
            signature: body.signature,
            portal_domains: body.portal_domains,
        })
    }
}

async fn show(app: App, request: Request) -> Result<Response> {
    let user = access::user(&app, request.authorization()).await?;
    answer(&settings::read(&app, &user, request.required("propertyId")?).await?)
}

async fn change(app: App, request: Request) -> Result<Response> {
    let user = access::user(&app, request.authorization()).await?;
    let property = request.required("propertyId")?;
    let change = request.json::<In>()?.try_into()?;
    answer(&settings::change(&app, &user, property, change).await?)
}

async fn disconnect(app: App, request: Request) -> Result<Response> {
    let user = access::user(&app, request.authorization()).await?;
    connect::disconnect(&app, &user, request.required("propertyId")?).await?;
    Ok(response::no_content())
}

fn answer(Mailbox { settings, health }: &Mailbox) -> Result<Response> {
    response::ok(&json!({
        "autoReplyEnabled": settings.auto_reply_enabled,
        "replyMode": settings.reply_mode.as_str(),
        "autoReplyDelayMinutes": settings.auto_reply_delay,
        "confidenceThreshold": settings.confidence_threshold,
        "signature": settings.signature,
        "portalDomains": settings.portal_domains,
        "gmailAddress": health.address,
        "status": health.status.as_str(),
        "watchExpiration": health.watch_expires_at,
        "lastPushAt": health.last_push_at,
        "lastSyncAt": health.last_sync_at,
        "quarantinedCount": health.quarantined,
    }))
}
