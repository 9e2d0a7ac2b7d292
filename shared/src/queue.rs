//! Nudges: a message says "look", the row says what is true.
//!
//! A message that is lost, doubled, late or forged is harmless, so nothing here is transactional.

use std::error::Error as StdError;
use std::time::Duration;

use aws_sdk_sqs::config::timeout::TimeoutConfig;
use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;
use tracing::warn;
use uuid::Uuid;

use crate::config::{self, QueueConfig};
use crate::domain::ids::{AgentCalendarId, BookingId, ConversationId, MailboxId, ReplyId};
use crate::error::chain;

const VERSION: u64 = 1;
/// SQS's longest delay of a message.
const LONGEST_DELAY: Duration = Duration::from_secs(900);
/// A push waits ten seconds for its answer; the sweep makes up for a nudge that is given up.
const SEND_LIMIT: Duration = Duration::from_secs(5);

/// What a queue message asks for. Ids only, never content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Job {
    /// A mailbox may be out of date (sync queue).
    Mailbox(MailboxId),
    /// An agent's calendar may be out of date (sync queue).
    Calendar(AgentCalendarId),
    /// A booking's event or letters may be out of date (sync queue).
    Booking(BookingId),
    /// A reply may be due (replies queue).
    Reply(ReplyId),
    /// A conversation may be worth reading (enrichment queue).
    Enrich(ConversationId),
}

/// A message that this version cannot read. A repeat does not help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("not a job")]
    Malformed,
    #[error("version {0} of the job format is not known")]
    Version(u64),
    #[error("no such job")]
    Job,
}

#[derive(Deserialize, Serialize)]
struct Body {
    v: u64,
    job: String,
    id: Uuid,
}

#[derive(Deserialize)]
struct Version {
    v: u64,
}

impl Job {
    pub fn parse(body: &str) -> Result<Self, Unreadable> {
        // The version first: another version may have other fields.
        let Version { v } = serde_json::from_str(body).map_err(|_| Unreadable::Malformed)?;
        if v != VERSION {
            return Err(Unreadable::Version(v));
        }
        let Body { job, id, .. } = serde_json::from_str(body).map_err(|_| Unreadable::Malformed)?;
        match job.as_str() {
            "mailbox" => Ok(Self::Mailbox(MailboxId(id))),
            "calendar" => Ok(Self::Calendar(AgentCalendarId(id))),
            "booking" => Ok(Self::Booking(BookingId(id))),
            "reply" => Ok(Self::Reply(ReplyId(id))),
            "enrich" => Ok(Self::Enrich(ConversationId(id))),
            _ => Err(Unreadable::Job),
        }
    }

    pub fn to_body(self) -> String {
        let (job, id) = match self {
            Self::Mailbox(id) => ("mailbox", id.0),
            Self::Calendar(id) => ("calendar", id.0),
            Self::Booking(id) => ("booking", id.0),
            Self::Reply(id) => ("reply", id.0),
            Self::Enrich(id) => ("enrich", id.0),
        };
        let body = Body {
            v: VERSION,
            job: job.into(),
            id,
        };
        serde_json::to_string(&body).expect("plain fields make JSON")
    }
}

/// The queue did not answer that it took the message; it may have.
#[derive(Debug, thiserror::Error)]
#[error("the queue did not take the message")]
pub struct Error(#[source] Box<dyn StdError + Send + Sync>);

/// The system's SQS queues. The client is made at first use: most requests need none.
#[derive(Debug)]
pub struct Queue {
    config: QueueConfig,
    client: OnceCell<aws_sdk_sqs::Client>,
}

impl Queue {
    /// SQS as `AWS_*` describe it.
    pub fn new(config: QueueConfig) -> Self {
        Self {
            config,
            client: OnceCell::new(),
        }
    }

    /// SQS reached by a given client.
    pub fn with_client(config: QueueConfig, client: aws_sdk_sqs::Client) -> Self {
        Self {
            config,
            client: OnceCell::new_with(Some(client)),
        }
    }

    /// Puts a job on its queue, to be seen after `after` or 15 minutes, whichever is sooner.
    pub async fn send(&self, job: Job, after: Duration) -> Result<(), Error> {
        let client = self.client.get_or_init(connect).await;
        let url = match job {
            Job::Mailbox(_) | Job::Calendar(_) | Job::Booking(_) => &self.config.sync_url,
            Job::Reply(_) => &self.config.reply_url,
            Job::Enrich(_) => &self.config.enrichment_url,
        };
        client
            .send_message()
            .queue_url(url)
            .message_body(job.to_body())
            .delay_seconds(delay_seconds(after))
            .send()
            .await
            .map_err(|error| Error(error.into()))?;
        Ok(())
    }

    /// [`Queue::send`] that only logs a failure: the row is there, and the sweep finds it.
    pub async fn nudge(&self, job: Job, after: Duration) {
        if let Err(error) = self.send(job, after).await {
            warn!(
                ?job,
                error = chain(&error),
                "A nudge was not sent, the sweep will send it"
            );
        }
    }
}

async fn connect() -> aws_sdk_sqs::Client {
    let limits = TimeoutConfig::builder()
        .operation_timeout(SEND_LIMIT)
        .build();
    let shared = config::aws()
        .await
        .into_builder()
        .timeout_config(limits)
        .build();
    aws_sdk_sqs::Client::new(&shared)
}

/// Whole seconds, rounded up: a job that is seen too early finds that it is not due yet.
fn delay_seconds(after: Duration) -> i32 {
    let after = after.min(LONGEST_DELAY);
    let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
    i32::try_from(seconds).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_survives_the_queue() {
        for job in [
            Job::Mailbox(MailboxId(Uuid::max())),
            Job::Calendar(AgentCalendarId(Uuid::max())),
            Job::Booking(BookingId(Uuid::max())),
            Job::Reply(ReplyId(Uuid::nil())),
            Job::Enrich(ConversationId(Uuid::max())),
        ] {
            assert_eq!(Job::parse(&job.to_body()), Ok(job));
        }
    }

    #[test]
    fn a_job_carries_its_version_and_one_id() {
        insta::assert_snapshot!(
            Job::Mailbox(MailboxId(Uuid::nil())).to_body(),
            @r#"{"v":1,"job":"mailbox","id":"00000000-0000-0000-0000-000000000000"}"#
        );
    }

    #[test]
    fn a_message_that_is_not_ours_is_told_apart() {
        let cases = [
            ("", Unreadable::Malformed),
            ("[]", Unreadable::Malformed),
            (r#"{"job":"mailbox"}"#, Unreadable::Malformed),
            (r#"{"v":1,"job":"mailbox","id":"7"}"#, Unreadable::Malformed),
            (r#"{"v":2,"jobs":[]}"#, Unreadable::Version(2)),
            (
                r#"{"v":1,"job":"visit","id":"00000000-0000-0000-0000-000000000000"}"#,
                Unreadable::Job,
            ),
        ];
        for (body, why) in cases {
            assert_eq!(Job::parse(body), Err(why), "{body}");
        }
    }

    #[test]
    fn a_delay_is_whole_seconds_up_to_the_queues_limit() {
        let cases = [
            (Duration::ZERO, 0),
            (Duration::from_millis(1), 1),
            (Duration::from_secs(300), 300),
            (Duration::from_millis(899_001), 900),
            (Duration::from_secs(86_400), 900),
            (Duration::MAX, 900),
        ];
        for (after, seconds) in cases {
            assert_eq!(delay_seconds(after), seconds, "{after:?}");
        }
    }
}
