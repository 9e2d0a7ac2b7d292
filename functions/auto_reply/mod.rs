//! SQS `replies`: a reply may be due.

use shared::app::Job;
use shared::app::{App, Deadline, reply};
use shared::error::Result;

use crate::sqs::{self, Consumer};

pub static CONSUMER: Consumer = Consumer::of("auto_reply", |app, job, deadline| {
    Box::pin(handle(app, job, deadline))
});

async fn handle(app: App, job: Job, deadline: Deadline) -> Result<()> {
    match job {
        Job::Reply(id) => reply::attend(&app, id, deadline).await,
        other => Err(sqs::misplaced(other)),
    }
}
