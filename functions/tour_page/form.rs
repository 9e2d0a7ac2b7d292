//! What the page's forms send.

use shared::error::{Error, Result};
use url::form_urlencoded;

use crate::http::Request;

/// When a tour shall start.
pub type Start = jiff::Timestamp;

pub enum Action {
    Look,
    Move(Start),
    /// Cancelling takes two steps.
    AskToCancel,
    Cancel,
}

/// Looking is all that a GET does, whatever its query says.
pub fn action(request: &Request) -> Result<Action> {
    if !request.is_post() {
        return Ok(Action::Look);
    }
    let body = request.body();
    let field = |name: &str| {
        let mut fields = form_urlencoded::parse(body);
        let found = fields.find(|(key, _)| key == name);
        found.map(|(_, value)| value.into_owned())
    };
    match field("action").as_deref() {
        Some("move") => {
            let start = field("start").and_then(|text| text.parse().ok());
            let start = start.ok_or_else(|| Error::invalid("start", "not an instant"))?;
            Ok(Action::Move(start))
        }
        Some("cancel") if field("confirmed").as_deref() == Some("yes") => Ok(Action::Cancel),
        Some("cancel") => Ok(Action::AskToCancel),
        _ => Err(Error::invalid("action", "move or cancel")),
    }
}
