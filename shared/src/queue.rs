//! Nudges: a message says "look", the row says what is true.

use std::time::Duration;

use crate::config::QueueConfig;
use crate::domain::ids::{MailboxId, ReplyId};

/// What a queue message asks for. Ids only, never content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Job {
    /// A mailbox may be out of date (sync queue).
    Mailbox(MailboxId),
    /// A reply may be due (replies queue).
    Reply(ReplyId),
}

/// A message that this version cannot read. A repeat does not help.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("not a job")]
    Malformed,
    #[error("version {0} of the job format is not known")]
    Version(u64),
    #[error("no such job")]
    Job,
}

impl Job {
    pub fn parse(_body: &str) -> Result<Self, Unreadable> {
        unimplemented!()
    }

    pub fn to_body(self) -> String {
        unimplemented!()
    }
}

/// The queue did not take the message; whether it took effect is unknown.
#[derive(Debug, thiserror::Error)]
#[error("the queue did not take the message")]
pub struct Error(#[source] Box<dyn std::error::Error + Send + Sync>);

/// The system's SQS queues. The client is made at first use.
#[derive(Debug)]
pub struct Queue {}

impl Queue {
    pub fn new(_config: QueueConfig) -> Self {
        unimplemented!()
    }

    /// Puts a job on its queue, to be seen after at least `after`, at most 15 minutes (SQS's limit).
    pub async fn send(&self, _job: Job, _after: Duration) -> Result<(), Error> {
        unimplemented!()
    }

    /// [`Queue::send`] that logs a failure: the row is there, and the sweep finds it.
    pub async fn nudge(&self, _job: Job, _after: Duration) {
        unimplemented!()
    }
}
