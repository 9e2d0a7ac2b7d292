//! Where a tour shall move to.

use jiff::civil::{Date, Time};
use serde::Deserialize;
use shared::domain::ids::ProfileId;
use shared::error::{Error, Result};
use uuid::Uuid;

use crate::request::{local_date, local_time};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct In {
    tour_date: String,
    tour_time: String,
    agent_id: Option<Uuid>,
}

/// On the clock of the tour.
pub struct To {
    pub date: Date,
    pub time: Time,
    pub agent: Option<ProfileId>,
}

impl In {
    pub fn read(self) -> Result<To> {
        let date = local_date(&self.tour_date);
        let time = local_time(&self.tour_time);
        Ok(To {
            date: date.ok_or_else(|| Error::invalid("tourDate", "not a date"))?,
            time: time.ok_or_else(|| Error::invalid("tourTime", "not a time"))?,
            agent: self.agent_id.map(ProfileId),
        })
    }
}
