//! Every minute: nudges what a lost message left behind.

use serde_json::Value;
use shared::app::{App, Deadline, sweep};
use shared::error::Result;

use crate::schedule::Schedule;

pub static SCHEDULE: Schedule =
    Schedule::of("sweep", |app, deadline| Box::pin(handle(app, deadline)));

async fn handle(app: App, deadline: Deadline) -> Result<Value> {
    sweep::run(&app, deadline).await?;
    Ok(Value::Null)
}
