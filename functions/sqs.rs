//! The queue door: one message at a time, and only what failed is delivered again.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::time::Duration;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use futures::FutureExt;
use lambda_runtime::{LambdaEvent, service_fn};
use shared::app::Job;
use shared::app::{App, Deadline};
use shared::error::{Error, Result, Retry, chain};
use tracing::Instrument;

use crate::process;

/// Below this, a message is not begun but left to the next delivery.
const WORTH_BEGINNING: Duration = Duration::from_secs(1);

/// The worker of one queue.
pub struct Consumer {
    /// Folder, binary and log group.
    pub name: &'static str,
    work: Work,
}

type Work = fn(App, Job, Deadline) -> Pin<Box<dyn Future<Output = Result<()>> + Send>>;

impl Consumer {
    pub const fn of(name: &'static str, work: Work) -> Self {
        Self { name, work }
    }

    /// The whole `main` of a queue's function.
    pub fn serve(&'static self) -> Result<(), lambda_runtime::Error> {
        process::run(async move {
            let app = process::app().await?;
            let service = service_fn(move |event: LambdaEvent<SqsEvent>| {
                let deadline = process::deadline(&event.context);
                let answer = self.answer(app.clone(), event.payload, deadline);
                Box::pin(async move { Ok::<_, lambda_runtime::Error>(answer.await) })
            });
            lambda_runtime::run(service).await
        })
    }

    /// Works through a batch, and names the messages to be delivered again. A message that cannot be
    /// read is among them: it ends in the dead-letter queue, where a person sees it.
    pub async fn answer(
        &'static self,
        app: App,
        event: SqsEvent,
        deadline: Deadline,
    ) -> SqsBatchResponse {
        let mut response = SqsBatchResponse::default();
        for message in event.records {
            let id = message.message_id.clone().unwrap_or_default();
            let span = tracing::info_span!("message", function = self.name, message.id = %id);
            if !self.attend(&app, &message, deadline).instrument(span).await {
                response.add_failure(id);
            }
        }
        response
    }

    /// Whether the message is done with.
    async fn attend(&self, app: &App, message: &SqsMessage, deadline: Deadline) -> bool {
        if deadline.is_near(WORTH_BEGINNING) {
            tracing::warn!("Left for the next delivery: no time");
            return false;
        }
        let job = match Job::parse(message.body.as_deref().unwrap_or_default()) {
            Ok(job) => job,
            Err(unreadable) => {
                tracing::error!(reason = %unreadable, "A message cannot be read");
                return false;
            }
        };
        let work = (self.work)(app.clone(), job, deadline);
        let error = match AssertUnwindSafe(work).catch_unwind().await {
            Ok(Ok(())) => return true,
            Ok(Err(error)) => error,
            Err(_) => Error::internal("the consumer panicked"),
        };
        match error.retry() {
            Retry::Later => tracing::error!(code = error.code(), error = chain(&error), "Failed"),
            Retry::Never => {
                tracing::warn!(
                    code = error.code(),
                    error = chain(&error),
                    "Dropped a message"
                );
            }
        }
        error.retry() == Retry::Never
    }
}

/// A job that stands in the wrong queue is a defect of the sender.
pub fn misplaced(job: Job) -> Error {
    Error::internal(format!("{job:?} does not belong in this queue"))
}
