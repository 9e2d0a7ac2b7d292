//! The clock door: an event says "now", and nothing else.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;

use futures::FutureExt;
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;
use shared::app::{App, Deadline};
use shared::error::{Error, Result, chain};

use crate::process;

/// Work that is done at its time, or when somebody invokes the function.
pub struct Schedule {
    /// Folder, binary and log group.
    pub name: &'static str,
    work: Work,
}

type Work = fn(App, Deadline) -> Pin<Box<dyn Future<Output = Result<Value>> + Send>>;

impl Schedule {
    pub const fn of(name: &'static str, work: Work) -> Self {
        Self { name, work }
    }

    /// The whole `main` of a scheduled function.
    pub fn serve(&'static self) -> Result<(), lambda_runtime::Error> {
        process::run(async move {
            let app = process::app().await?;
            // The event is not read: who may invoke the function may have it done now.
            let service = service_fn(move |event: LambdaEvent<Value>| {
                let run = self.run(app.clone(), process::deadline(&event.context));
                Box::pin(async move {
                    run.await
                        .map_err(|error| lambda_runtime::Error::from(error.code()))
                })
            });
            lambda_runtime::run(service).await
        })
    }

    /// One run; its answer is for whoever invoked it by hand.
    pub async fn run(&'static self, app: App, deadline: Deadline) -> Result<Value> {
        let done = match AssertUnwindSafe((self.work)(app, deadline))
            .catch_unwind()
            .await
        {
            Ok(done) => done,
            Err(_) => Err(Error::internal("the schedule panicked")),
        };
        if let Err(error) = &done {
            tracing::error!(function = self.name, error = chain(error), "Failed");
        }
        done
    }
}
