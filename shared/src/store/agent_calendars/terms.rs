//! What an agent decides about tours.

use chrono::{DateTime, Utc};

use super::Terms;
use crate::domain::ids::*;
use crate::store::{Result, Tx};

/// Tours that are booked already keep their length and their buffer.
pub async fn write(tx: &Tx, id: AgentCalendarId, terms: &Terms, now: DateTime<Utc>) -> Result<()> {
    tx.execute(
        "update agent_calendars set sync_enabled = $2, working_hours = $3, date_overrides = $4,
            tour_duration_minutes = $5, buffer_minutes = $6, slot_interval_minutes = $7,
            minimum_notice_minutes = $8, horizon_days = $9, max_tours_per_day = $10, timezone = $11,
            updated_at = $12
         where id = $1",
        &[
            &id,
            &terms.sync_enabled,
            &terms.working_hours,
            &terms.date_overrides,
            &terms.tour_duration,
            &terms.buffer,
            &terms.slot_interval,
            &terms.minimum_notice,
            &terms.horizon,
            &terms.max_tours_per_day,
            &terms.timezone,
            &now,
        ],
    )
    .await?;
    Ok(())
}
