//! Every day, and when an operator asks: walks the audit log's chains and answers whether they hold, and where each ends.

use serde_json::Value;
use shared::app::{App, audit};
use shared::error::Result;

use crate::schedule::Schedule;

pub static SCHEDULE: Schedule =
    Schedule::of("audit_verify", |app, _deadline| Box::pin(handle(app)));

async fn handle(app: App) -> Result<Value> {
    Ok(audit::verify(&app).await?.as_json())
}
