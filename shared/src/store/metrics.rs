//! The metrics, counted from the rows that they are about (`luma.observations`, `luma.mailboxes`).

use jiff::Timestamp;
use tokio_postgres::Row;

use super::{Error, Result, Tx};
use crate::domain::ids::PropertyId;
use crate::domain::metric::Metric;

/// What is counted together.
#[derive(Clone, Debug, PartialEq)]
pub enum Of {
    /// The whole period.
    Period,
    /// One day, the first being 0.
    Day(usize),
    /// What came out the same way, over the whole period: a stable code.
    Outcome(String),
}

/// A metric's observations, counted.
#[derive(Clone, Debug, PartialEq)]
pub struct Tally {
    pub metric: Metric,
    pub of: Of,
    /// For mailboxes: connected properties, of a day those that have been since then.
    pub good: i64,
    /// All there are; of a property's mailboxes, all of its organization.
    pub number: i64,
    /// Seconds that half of them took at the most, where time is measured, and nineteen of twenty.
    pub median: Option<f64>,
    pub p95: Option<f64>,
}

impl TryFrom<&Row> for Tally {
    type Error = Error;

    fn try_from(row: &Row) -> Result<Self> {
        let day: Option<i32> = row.try_get("day")?;
        let outcome: Option<String> = row.try_get("outcome")?;
        Ok(Self {
            metric: Metric::parse(row.try_get("metric")?).ok_or(Error::Missing)?,
            of: match (day, outcome) {
                (Some(day), _) => Of::Day(usize::try_from(day).unwrap_or_default()),
                (None, Some(outcome)) => Of::Outcome(outcome),
                (None, None) => Of::Period,
            },
            good: row.try_get("good")?,
            number: row.try_get("number")?,
            median: row.try_get("median")?,
            p95: row.try_get("p95")?,
        })
    }
}

/// All metrics of a property, or (`None`, on no tenant's behalf) of all together, in one statement:
/// as a whole, by day and by outcome. What did not happen has no row.
///
/// `days` holds the starts of all days and the end of the last one. An event that Google was asked for
/// after `under_way` may still come, and is left out.
pub async fn tally(
    tx: &Tx,
    property: Option<PropertyId>,
    days: &[Timestamp],
    under_way: Timestamp,
) -> Result<Vec<Tally>> {
    let (Some(since), Some(until)) = (days.first(), days.last()) else {
        return Ok(Vec::new());
    };
    let rows = tx
        .query(
            "with seen as (
                select distinct on (subject, metric) metric collate \"C\" as metric, outcome, is_good, seconds,
                    width_bucket(at, $2) - 1 as day
                from luma.observations
                where ($1::uuid is null or property_id = $1) and at >= $3 and at < $4
                  and not (metric = 'events_synced_percent' and outcome = 'pending' and at > $5)
                order by subject, metric, at),
             connected as (
                select is_connected, greatest(width_bucket(connected_at, $2) - 1, 0) as day from luma.mailboxes($1))
             select metric, day, outcome, count(*) filter (where is_good) as good, count(*) as number,
                percentile_cont(0.5) within group (order by seconds) as median,
                percentile_cont(0.95) within group (order by seconds) as p95
             from seen group by grouping sets ((metric), (metric, day), (metric, outcome))
             union all
             select 'mailboxes_connected', day, null, count(*) filter (where is_connected), count(*), null, null
             from connected group by grouping sets ((), (day)) having count(*) > 0",
            &[&property.map(|id| id.0), &days, since, until, &under_way],
        )
        .await?;
    rows.iter().map(Tally::try_from).collect()
}
