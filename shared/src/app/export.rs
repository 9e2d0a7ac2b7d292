//! Handing out what we hold of a lead.

use serde_json::{Value, json};
use tracing::info;

use super::App;
use super::access::{Right, User};
use super::erasure::open;
use crate::domain::ids::LeadId;
use crate::error::{Error, Result};
use crate::store::audit::{self, Actor, Entry};
pub use crate::store::export::Period;
use crate::store::{export, persons};

/// Bytes of an export. An answer of Lambda's may hold six megabytes, with the document as a string in
/// it: every quotation mark counts twice.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const BYTES: usize = 3_000_000;

/// Everything that is stored of one lead, the team's notes included: a person may ask for what is
/// written about them, and who hands it out reads it first. Of other leads nothing, but what they wrote
/// to this one's conversations.
///
/// # Errors
/// `NotFound` for a lead of elsewhere, a denial for who does not manage the property, `Unprocessable`
/// where it would be too long: then it can be had in parts.
pub async fn export(app: &App, user: &User, lead: LeadId, period: Period) -> Result<Value> {
    let (tx, property) = open(app, user, lead, Right::Manage).await?;
    let person = persons::find(&tx, property, lead).await?;
    let person = person.ok_or(Error::NotFound("Lead"))?;
    let mail = persons::mail(&tx, property, &person).await?;
    let words = export::size(&tx, &person, &mail, period).await?;
    if usize::try_from(words).unwrap_or(usize::MAX) > BYTES {
        return Err(too_large());
    }
    let mut document = export::sections(&tx, property, &person, &mail, period).await?;
    document.insert("exportedAt".into(), json!(app.now()));
    let document = Value::Object(document);
    if document.to_string().len() > BYTES {
        return Err(too_large());
    }
    let entry = Entry {
        property,
        actor: Actor::User(user.id),
        action: "lead.exported",
        entity: "leads",
        entity_id: lead.0,
        before: None,
        after: None,
    };
    audit::append(&tx, &entry).await?;
    tx.commit().await?;
    info!(lead.id = %lead, "Lead {lead} is exported");
    Ok(document)
}

fn too_large() -> Error {
    Error::Unprocessable {
        code: "export_too_large",
        title: "Ask for it in parts, with since and until",
    }
}
