//! Invoked by a deploy: applies the migrations that are missing and answers their names.

use serde_json::{Value, json};
use shared::app::{self, App};
use shared::error::Result;

use crate::schedule::Schedule;

pub static SCHEDULE: Schedule = Schedule::of("migrate", |app, _deadline| Box::pin(handle(app)));

async fn handle(app: App) -> Result<Value> {
    let applied = app::migrate(&app).await?;
    Ok(json!({ "applied": applied }))
}
