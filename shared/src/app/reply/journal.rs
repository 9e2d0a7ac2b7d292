//! What the system does with replies of its own accord, in the audit log.

use serde_json::json;

use crate::domain::ids::{PropertyId, ReplyId};
use crate::store::audit::{self, Actor, Entry};
use crate::store::{self, Tx};

/// Writes down what the system did with a reply. Nobody's words, only why.
pub(in crate::app) async fn log(
    tx: &Tx,
    property: PropertyId,
    id: ReplyId,
    action: &str,
    reasons: &[String],
) -> store::Result<()> {
    let entry = Entry {
        property,
        actor: Actor::System,
        action,
        entity: "email_replies",
        entity_id: id.0,
        before: None,
        after: Some(json!({ "reasons": reasons })),
    };
    audit::append(tx, &entry).await
}
