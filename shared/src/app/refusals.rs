//! What known people were refused, in the audit log: whoever lacks a right and tries all the same, and whoever
//! is no user any more.
//!
//! Each kind of it is one row an hour, however often it is tried. What strangers try has no name to write down:
//! it is logged and counted where it is refused.

use std::time::Duration;

use serde_json::json;
use tracing::warn;
use uuid::Uuid;

use super::App;
use crate::domain::ids::{ProfileId, PropertyId};
use crate::error::{Error, chain};
use crate::store::audit::{self, Actor, Entry};
use crate::store::{self, limits};

const WINDOW: Duration = Duration::from_secs(3600);

/// Writes down that somebody of the team wanted what their role does not allow; other errors are nothing to
/// remember. A failure of its own is logged, and changes no answer.
pub async fn remember(app: &App, error: &Error, method: &str, path: &str) {
    let Error::Denied { user, property } = error else {
        return;
    };
    let tried = format!("{method} {}", without_ids(path));
    if let Err(error) = denied(app, *user, *property, &tried).await {
        warn!(error = chain(&error), "A refusal is not in the audit log");
    }
}

async fn denied(
    app: &App,
    user: ProfileId,
    property: PropertyId,
    tried: &str,
) -> store::Result<()> {
    let tx = app.of(property).await?;
    let bucket = format!("denied:{user}:{property}:{tried}");
    if limits::hit(&tx, &bucket, WINDOW, app.now()).await?.count == 1 {
        let entry = Entry {
            property,
            actor: Actor::User(user),
            action: "access.denied",
            entity: "properties",
            entity_id: property.0,
            before: None,
            after: Some(json!({ "tried": tried })),
        };
        audit::append(&tx, &entry).await?;
    }
    tx.commit().await
}

/// Writes down that somebody proved to be who is no active user: of no property, for nobody knows any more
/// where they worked.
pub(super) async fn inactive(app: &App, user: ProfileId) {
    let written = async {
        let tx = app.everywhere().await?;
        let bucket = format!("inactive:{user}");
        if limits::hit(&tx, &bucket, WINDOW, app.now()).await?.count == 1 {
            audit::append_refused_sign_in(&tx, user).await?;
        }
        tx.commit().await
    };
    if let Err(error) = written.await {
        warn!(error = chain(&error), "A refusal is not in the audit log");
    }
}

/// Only what was found may be denied, so that there are as many of these as there are routes.
fn without_ids(path: &str) -> String {
    let name = |segment: &str| match segment.parse::<Uuid>() {
        Ok(_) => "{id}".to_owned(),
        Err(_) => segment.to_owned(),
    };
    path.split('/').map(name).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_tried_is_a_route_and_no_row() {
        let path = "/api/replies/0f3f2a52-8f1c-4a53-9c5e-1f6b0a8f1d11/approve";
        assert_eq!(without_ids(path), "/api/replies/{id}/approve");
        assert_eq!(without_ids("/dashboard/mailbox"), "/dashboard/mailbox");
    }
}
