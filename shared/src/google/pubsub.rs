//! The envelope in which Pub/Sub says that a mailbox changed.

use crate::domain::ids::HistoryId;

/// The largest body that is read at all.
pub const MAX_BODY: usize = 64 * 1024;

/// "This mailbox changed": a hint, never data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    /// `projects/…/subscriptions/…`
    pub subscription: String,
    /// The mailbox's primary address, in lower case.
    pub address: String,
    pub history_id: HistoryId,
    /// Pub/Sub's id of the message, for the log.
    pub message_id: String,
}

/// A body that says nothing to us. A repeat would not help: acknowledge it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Undecodable {
    #[error("larger than 64 KiB")]
    TooLarge,
    #[error("not a Pub/Sub envelope")]
    Envelope,
    #[error("not a Gmail notification")]
    Notification,
}

pub fn decode(_body: &[u8]) -> Result<Push, Undecodable> {
    unimplemented!()
}
