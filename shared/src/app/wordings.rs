//! The approved texts of a property, where fair-housing law leaves the talking to people.

use serde_json::{Value, json};

use super::App;
use super::access::{self, Right, User};
use crate::domain::draft;
use crate::domain::fair_housing::{Topic, Wording};
use crate::domain::ids::PropertyId;
use crate::error::{Error, Result};
use crate::mail::wording::fair_housing;
use crate::store::Tx;
use crate::store::audit::{self, Actor, Entry};
use crate::store::wordings;

/// A text as it is sent now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    pub wording: Wording,
    pub text: String,
    /// The property has no text of its own.
    pub is_default: bool,
}

#[derive(Clone, Debug)]
pub struct Wordings {
    pub texts: Vec<Text>,
    /// What is left to people beyond the federal law.
    pub guarded: Vec<Topic>,
}

pub async fn read(app: &App, user: &User, property: PropertyId) -> Result<Wordings> {
    let tx = app.of(property).await?;
    access::require(&tx, user, property, Right::See).await?;
    let own = wordings::of_property(&tx, property).await?;
    let guarded = wordings::guarded(&tx, property).await?;
    tx.commit().await?;
    let text = |wording| {
        let own = own.iter().find(|(of, _)| *of == wording);
        Text {
            wording,
            text: own
                .map_or(fair_housing(wording), |(_, text)| text)
                .to_owned(),
            is_default: own.is_none(),
        }
    };
    Ok(Wordings {
        texts: Wording::ALL.map(text).to_vec(),
        guarded,
    })
}

/// Sets a text of the property's own; `None`, or the product's own words, go back to the product's.
///
/// Replies that already wait keep the text they have.
///
/// # Errors
/// `Invalid` for a text that is no plain text of 1 to 2,000 characters.
pub async fn change(
    app: &App,
    user: &User,
    property: PropertyId,
    wording: Wording,
    text: Option<&str>,
) -> Result<()> {
    let tx = app.of(property).await?;
    access::require(&tx, user, property, Right::Manage).await?;
    let text = text.map(acceptable).transpose()?;
    let own = text.filter(|text| *text != fair_housing(wording));
    match own {
        Some(text) => wordings::write(&tx, property, wording, text, user.id, app.now()).await?,
        None => wordings::forget(&tx, property, wording).await?,
    }
    let after = json!({ "topic": wording.as_str(), "own": own.is_some() });
    record(&tx, user, property, after).await?;
    tx.commit().await?;
    Ok(())
}

/// Says which topics beyond the federal law are left to people.
///
/// # Errors
/// `Conflict` where no mailbox was ever connected.
pub async fn guard(app: &App, user: &User, property: PropertyId, topics: &[Topic]) -> Result<()> {
    let tx = app.of(property).await?;
    access::require(&tx, user, property, Right::Manage).await?;
    if !wordings::guard(&tx, property, topics, app.now()).await? {
        return Err(Error::conflict(
            "mailbox_not_connected",
            "Connect a Gmail account first",
        ));
    }
    let codes: Vec<&str> = topics.iter().map(|topic| topic.as_str()).collect();
    record(&tx, user, property, json!({ "guarded": codes })).await?;
    tx.commit().await?;
    Ok(())
}

fn acceptable(text: &str) -> Result<&str> {
    let text = text.trim();
    let length = text.chars().count();
    let odd = |c: char| c.is_control() && c != '\n';
    if length == 0 || length > draft::LENGTH_MAX || text.chars().any(odd) || draft::has_markup(text)
    {
        return Err(Error::invalid(
            "wording",
            "plain text of 1 to 2,000 characters",
        ));
    }
    Ok(text)
}

/// The text itself is not written down.
async fn record(tx: &Tx, user: &User, property: PropertyId, after: Value) -> Result<()> {
    let entry = Entry {
        property,
        actor: Actor::User(user.id),
        action: "wordings.changed",
        entity: "reply_wordings",
        entity_id: property.0,
        before: None,
        after: Some(after),
    };
    Ok(audit::append(tx, &entry).await?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_wording_is_plain_text_of_a_letters_length() {
        assert_eq!(acceptable(" Hello,\n\nSam \n").unwrap(), "Hello,\n\nSam");
        assert!(acceptable(&"ü".repeat(2000)).is_ok());
        for text in [
            "",
            " \n",
            "a\0b",
            "<b>Hello</b>",
            "**Hello**",
            &"ü".repeat(2001),
        ] {
            assert_eq!(
                acceptable(text).unwrap_err().code(),
                "invalid_wording",
                "{text}"
            );
        }
    }
}
