//! Where fair-housing law leaves the talking to people: an approved wording, and a person from then on.
//!
//! No model is asked about such mail. What the topic was is stored nowhere: it would be a trait beside a name.

use serde_json::json;

use super::Work;
use crate::domain::fair_housing::{Wording, inbound, outbound};
use crate::mail::wording;
use crate::store::audit::{self, Actor, Entry};
use crate::store::{self, Tx, leads, messages, threads, wordings};

/// The text that answers the mail, if it touches what is left to people. `None` for one that a person has approved, too.
///
/// `name` is the property's.
pub(super) async fn wording(work: &Work<'_>, tx: &Tx, name: &str) -> store::Result<Option<String>> {
    if work.reply.approved_by.is_some() {
        return Ok(None);
    }
    let (question, property) = (&work.question, work.reply.property);
    // What is not answered yet is answered with it: a harmless line that follows does not undo the other.
    let waiting = messages::waiting(tx, property, question).await?;
    let asked = format!("{}\n\n{}", question.subject, waiting.join("\n\n"));
    let local = wordings::guarded(tx, property).await?;
    let Some(wanted) = Wording::of(&inbound::topics(&asked, name, &local)) else {
        return Ok(None);
    };
    let own = wordings::of_property(tx, property).await?;
    let own = own.into_iter().find(|(wording, _)| *wording == wanted);
    Ok(Some(own.map_or_else(
        || wording::fair_housing(wanted).to_owned(),
        |(_, text)| text,
    )))
}

/// The letter is fixed; a person goes on. In the same transaction: there is never the one without the other.
pub(super) async fn hand_over(work: &Work<'_>, tx: &Tx) -> store::Result<()> {
    let (question, reply) = (&work.question, &work.reply);
    threads::hand_over(tx, question.thread, reply.id, outbound::CODE).await?;
    if let Some(conversation) = question.conversation {
        leads::hand_over(tx, conversation, work.app.now()).await?;
    }
    let entry = Entry {
        property: reply.property,
        actor: Actor::System,
        action: "conversation.handed_over",
        entity: "email_threads",
        entity_id: question.thread.0,
        before: None,
        after: Some(json!({"reason": outbound::CODE, "reply": reply.id.0})),
    };
    audit::append(tx, &entry).await
}

/// Whether people answer, and the assistant does not. The letter that handed over is its last word, and is only kept
/// back by somebody who has come since.
pub(super) async fn is_left_to_people(work: &Work<'_>, tx: &Tx) -> store::Result<bool> {
    let question = &work.question;
    let is_last_word = question.handed_over_by == Some(work.reply.id);
    match question.conversation {
        Some(conversation) if is_last_word => leads::is_taken_over(tx, conversation).await,
        _ if is_last_word => Ok(false),
        _ if question.handed_over => Ok(true),
        Some(conversation) => leads::is_human_mode(tx, conversation).await,
        None => Ok(false),
    }
}
