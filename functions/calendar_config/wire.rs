//! What the requests and answers about agents' calendars look like.

use serde::Deserialize;
use serde_json::{Value, json};
use shared::app::calendars::choices::Choice;
use shared::app::calendars::settings::{Calendar, Calendars, Change, TermsChange};
use shared::domain::ids::CalendarId;

use crate::request::{nullable, present};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct In {
    #[serde(default, deserialize_with = "present")]
    working_hours: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    date_overrides: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    tour_duration_minutes: Option<i32>,
    #[serde(default, deserialize_with = "present")]
    buffer_minutes: Option<i32>,
    #[serde(default, deserialize_with = "nullable")]
    slot_interval_minutes: Option<Option<i32>>,
    #[serde(default, deserialize_with = "present")]
    minimum_notice_minutes: Option<i32>,
    #[serde(default, deserialize_with = "present")]
    horizon_days: Option<i32>,
    #[serde(default, deserialize_with = "nullable")]
    max_tours_per_day: Option<Option<i32>>,
    #[serde(default, deserialize_with = "nullable")]
    timezone: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    calendar_id: Option<String>,
    #[serde(default, deserialize_with = "present")]
    sync_enabled: Option<bool>,
}

impl From<In> for Change {
    fn from(body: In) -> Self {
        Self {
            terms: TermsChange {
                sync_enabled: body.sync_enabled,
                working_hours: body.working_hours,
                date_overrides: body.date_overrides,
                tour_duration: body.tour_duration_minutes,
                buffer: body.buffer_minutes,
                slot_interval: body.slot_interval_minutes,
                minimum_notice: body.minimum_notice_minutes,
                horizon: body.horizon_days,
                max_tours_per_day: body.max_tours_per_day,
                timezone: body.timezone,
            },
            calendar: body.calendar_id.map(CalendarId),
        }
    }
}

/// The calendar that was asked about, and below it all that the caller may see.
pub fn calendars(calendars: &Calendars) -> Value {
    let mut answer = calendar(&calendars.one);
    answer["calendars"] = calendars.all.iter().map(calendar).collect();
    answer
}

/// Settings and health; never a token.
fn calendar(calendar: &Calendar) -> Value {
    let Calendar { terms, health, .. } = calendar;
    json!({
        "profileId": calendar.agent.0,
        "agentName": calendar.agent_name,
        "workingHours": terms.working_hours,
        "dateOverrides": terms.date_overrides,
        "tourDurationMinutes": terms.tour_duration,
        "bufferMinutes": terms.buffer,
        "slotIntervalMinutes": terms.slot_interval,
        "minimumNoticeMinutes": terms.minimum_notice,
        "horizonDays": terms.horizon,
        "maxToursPerDay": terms.max_tours_per_day,
        "timezone": terms.timezone,
        "calendarId": calendar.calendar.0,
        "syncEnabled": terms.sync_enabled,
        "googleEmail": calendar.google_email,
        "status": calendar.status.as_str(),
        "statusReason": health.status_reason,
        "watchStatus": calendar.watch.as_str(),
        "channelExpiration": health.channel_expires_at,
        "watchError": health.watch_error,
        "lastPushAt": health.last_push_at,
        "lastSyncAt": health.last_sync_at,
        "lastError": health.last_error,
    })
}

pub fn choice(choice: &Choice) -> Value {
    json!({
        "id": choice.id.0,
        "name": choice.name,
        "timezone": choice.zone,
        "primary": choice.is_primary,
    })
}
