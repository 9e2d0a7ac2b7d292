//! SQS `enrichment`: a conversation may be worth reading.

use shared::app::Job;
use shared::app::{App, Deadline, enrichment};
use shared::error::Result;

use crate::sqs::{self, Consumer};

pub static CONSUMER: Consumer = Consumer::of("lead_enrichment", |app, job, deadline| {
    Box::pin(handle(app, job, deadline))
});

async fn handle(app: App, job: Job, deadline: Deadline) -> Result<()> {
    match job {
        Job::Enrich(conversation) => enrichment::attend(&app, conversation, deadline).await,
        other => Err(sqs::misplaced(other)),
    }
}
