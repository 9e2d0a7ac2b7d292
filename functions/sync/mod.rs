//! SQS `sync`: something may be out of date and is brought up to date.

use shared::app::Job;
use shared::app::{App, Deadline, calendar_sync, inbox, tours};
use shared::error::Result;

use crate::sqs::{self, Consumer};

pub static CONSUMER: Consumer = Consumer::of("sync", |app, job, deadline| {
    Box::pin(handle(app, job, deadline))
});

async fn handle(app: App, job: Job, deadline: Deadline) -> Result<()> {
    match job {
        Job::Mailbox(id) => inbox::catch_up(&app, id, deadline).await,
        Job::Calendar(id) => calendar_sync::catch_up(&app, id, deadline).await,
        Job::Booking(id) => tours::attend(&app, id, deadline).await,
        other => Err(sqs::misplaced(other)),
    }
}
