//! What people do with replies that are held: read, edit, approve, reject.

use serde_json::json;

use crate::app::access::{self, Right, User};
use crate::app::{App, inbox};
use crate::domain::draft;
use crate::domain::ids::{PropertyId, ReplyId};
use crate::domain::page::{Cursor, Listed, Page};
use crate::domain::reply::ReplyState;
use crate::error::{Error, Result};
use crate::store::audit::{self, Actor, Entry};
use crate::store::replies::{self, Reply};
use crate::store::{self, Tx};

const NOT_HELD: Error = Error::Conflict {
    code: "reply_not_held",
    title: "The reply is not held, or it has no text",
};

/// A property's replies, newest first.
pub async fn list(
    app: &App,
    user: &User,
    property: PropertyId,
    state: Option<ReplyState>,
    page: Page,
) -> Result<Listed<Reply>> {
    let tx = app.of(property).await?;
    access::require(&tx, user, property, Right::See).await?;
    let after = page.after.map(|cursor| (cursor.at, ReplyId(cursor.id)));
    let rows = replies::list(&tx, property, state, after, page.probe()).await?;
    tx.commit().await?;
    Ok(page.cut(rows, |reply| Cursor {
        at: reply.created_at,
        id: reply.id.0,
    }))
}

/// Replaces the text of a held reply.
pub async fn edit(app: &App, user: &User, id: ReplyId, body: &str) -> Result<Reply> {
    let body = acceptable(body)?;
    let (tx, reply) = open(app, user, id, Right::See).await?;
    let changed = replies::edit(&tx, reply.property, id, body).await?;
    let reply = conclude(tx, user, &reply, changed, "reply.edited").await?;
    preview_soon(app, &reply).await;
    Ok(reply)
}

/// Has a held reply sent as it stands.
pub async fn approve(app: &App, user: &User, id: ReplyId) -> Result<Reply> {
    let (tx, reply) = open(app, user, id, Right::Manage).await?;
    let changed = replies::approve(&tx, reply.property, id, user.id, app.now()).await?;
    let reply = conclude(tx, user, &reply, changed, "reply.approved").await?;
    inbox::nudge_reply(app, id, reply.due_at).await;
    Ok(reply)
}

/// Has a held reply sent with the text that a person has before them, in one step: nobody can put another one
/// under their approval.
pub async fn approve_as(app: &App, user: &User, id: ReplyId, body: &str) -> Result<Reply> {
    let body = acceptable(body)?;
    let (tx, reply) = open(app, user, id, Right::Manage).await?;
    if reply.body_text.as_deref() != Some(body) {
        let changed = replies::edit(&tx, reply.property, id, body).await?;
        if !changed {
            return Err(NOT_HELD);
        }
        record(&tx, user, &reply, &reply, "reply.edited").await?;
    }
    let changed = replies::approve(&tx, reply.property, id, user.id, app.now()).await?;
    let reply = conclude(tx, user, &reply, changed, "reply.approved").await?;
    inbox::nudge_reply(app, id, reply.due_at).await;
    Ok(reply)
}

/// Has a held reply not sent.
pub async fn reject(app: &App, user: &User, id: ReplyId) -> Result<Reply> {
    let (tx, reply) = open(app, user, id, Right::Manage).await?;
    let changed = replies::reject(&tx, reply.property, id).await?;
    let reply = conclude(tx, user, &reply, changed, "reply.rejected").await?;
    preview_soon(app, &reply).await;
    Ok(reply)
}

/// Gmail shows what became of it.
async fn preview_soon(app: &App, reply: &Reply) {
    if reply.preview.is_some() {
        inbox::nudge_reply(app, reply.id, app.now()).await;
    }
}

/// A text that may be sent, without the space around it.
fn acceptable(body: &str) -> Result<&str> {
    let body = body.trim();
    if body.is_empty() || body.chars().count() > draft::LENGTH_MAX {
        return Err(Error::invalid("bodyText", "1 to 2,000 characters"));
    }
    if body
        .chars()
        .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
    {
        return Err(Error::invalid("bodyText", "contains control characters"));
    }
    Ok(body)
}

/// The reply and a transaction of its property, if the user may do that there.
async fn open(app: &App, user: &User, id: ReplyId, right: Right) -> Result<(Tx, Reply)> {
    let tx = app.everywhere().await?;
    let reply = replies::by_id(&tx, id).await?;
    tx.commit().await?;
    let reply = reply.ok_or(Error::NotFound("Reply"))?;
    let tx = app.of(reply.property).await?;
    access::require(&tx, user, reply.property, right)
        .await
        .map_err(access::hidden_as("Reply"))?;
    Ok((tx, reply))
}

/// Writes down who did it, and answers the reply as it is now. The text itself is not written down.
async fn conclude(
    tx: Tx,
    user: &User,
    before: &Reply,
    changed: bool,
    action: &str,
) -> Result<Reply> {
    if !changed {
        return Err(NOT_HELD);
    }
    let after = replies::by_id(&tx, before.id)
        .await?
        .ok_or(Error::NotFound("Reply"))?;
    record(&tx, user, before, &after, action).await?;
    tx.commit().await?;
    Ok(after)
}

async fn record(
    tx: &Tx,
    user: &User,
    before: &Reply,
    after: &Reply,
    action: &str,
) -> store::Result<()> {
    let entry = Entry {
        property: before.property,
        actor: Actor::User(user.id),
        action,
        entity: "email_replies",
        entity_id: before.id.0,
        before: Some(json!({"state": before.state.as_str(), "reasons": before.reasons})),
        after: Some(json!({"state": after.state.as_str()})),
    };
    audit::append(tx, &entry).await
}
