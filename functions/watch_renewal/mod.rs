//! Hourly: renews the watches on mailboxes before they end.

use serde_json::Value;
use shared::app::{App, Deadline, watches};
use shared::error::Result;

use crate::schedule::Schedule;

pub static SCHEDULE: Schedule = Schedule::of("watch_renewal", |app, deadline| {
    Box::pin(handle(app, deadline))
});

async fn handle(app: App, deadline: Deadline) -> Result<Value> {
    watches::renew(&app, deadline).await?;
    Ok(Value::Null)
}
