//! Who wrote, as far as it is proven, and what that allows.
//!
//! Anybody can write any `From`. Where Gmail did not see that its domain stands behind the message
//! (`mail::dmarc`), it may be another's: it is answered from what the property tells everybody, once.

use super::{Work, write};
use crate::llm;
use crate::store::messages::{self, Said};
use crate::store::{self, Tx, replies};

/// Earlier messages of the thread that the model may see, and characters of all of them: the oldest are
/// left out first.
const TURNS: i64 = 8;
const CHARACTERS: usize = 16_000;

/// What was said before between this sender and us. Nothing where the sender is not proven: whoever
/// pretends to be somebody must not be told what that person wrote.
pub(super) async fn said_before(work: &Work<'_>, tx: &Tx) -> store::Result<Vec<Said>> {
    let (question, property) = (&work.question, work.reply.property);
    match work.recipient() {
        Some(to) if question.sender_verified => {
            let said = messages::exchange(tx, property, question, to.key(), TURNS).await?;
            let length = |said: &Said| write::cut(&said.text).chars().count();
            Ok(llm::newest(said, CHARACTERS, length))
        }
        _ => Ok(Vec::new()),
    }
}

/// Whether a person has to go on: the sender is not proven, and has had an answer already.
pub(super) async fn needs_a_person(work: &Work<'_>, tx: &Tx) -> store::Result<bool> {
    if work.question.sender_verified {
        return Ok(false);
    }
    let key = work.question.from_address.to_ascii_lowercase();
    replies::answered_unverified(tx, &work.reply, &key).await
}
