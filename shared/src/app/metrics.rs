//! How well it all works: the six metrics of a property for its team, of all together for whoever
//! operates it.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::App;
use super::access::{self, Right, User};
use crate::domain::metric::{DAYS, Measure, Metric};
use crate::error::{Error, Result};
use crate::store::limits;
use crate::store::metrics::{self, Of, Tally};
use crate::store::properties::Property;
use crate::telemetry;

/// How often the metrics of all are told: they look back a month, and change slowly.
const EVERY: Duration = Duration::from_secs(3600);
/// An event that Google does not have after so long is late.
const UNDER_WAY: SignedDuration = SignedDuration::from_mins(5);

/// One metric.
#[derive(Clone, Debug)]
pub struct Figure {
    pub metric: Metric,
    /// Connected mailboxes, percent, or seconds. `None`: nothing to tell it from.
    pub value: Option<f64>,
    /// The plan's; of mailboxes no more than the organization has properties.
    pub target: f64,
    pub good: i64,
    pub number: i64,
    /// How many came out in which way.
    pub outcomes: BTreeMap<String, i64>,
    /// Seconds, where time is measured.
    pub median: Option<f64>,
    /// A value for each day, the last one today's.
    pub daily: Vec<Option<f64>>,
}

impl Figure {
    /// `None` without a value.
    pub fn is_met(&self) -> Option<bool> {
        let value = self.value?;
        Some(self.metric.meets(self.target, value))
    }

    pub fn outcome(&self, name: &str) -> i64 {
        self.outcomes.get(name).copied().unwrap_or_default()
    }

    fn of(metric: Metric, tallies: &[Tally]) -> Self {
        let mut figure = Self {
            metric,
            value: None,
            target: metric.target(),
            good: 0,
            number: 0,
            outcomes: BTreeMap::new(),
            median: None,
            daily: vec![None; DAYS],
        };
        for tally in tallies.iter().filter(|tally| tally.metric == metric) {
            match &tally.of {
                Of::Period => {
                    figure.value = value(tally);
                    (figure.good, figure.number) = (tally.good, tally.number);
                    figure.median = tally.median;
                }
                Of::Day(day) => {
                    if let Some(daily) = figure.daily.get_mut(*day) {
                        *daily = value(tally);
                    }
                }
                Of::Outcome(name) => {
                    figure.outcomes.insert(name.clone(), tally.number);
                }
            }
        }
        if metric == Metric::MailboxesConnected {
            figure.accumulate();
        }
        figure
    }

    /// Mailboxes stay connected: a day has those of the days before it, too.
    #[allow(clippy::cast_precision_loss)] // properties of one organization
    fn accumulate(&mut self) {
        self.target = self.target.min(self.number as f64);
        let mut so_far = 0.0;
        for day in &mut self.daily {
            so_far += day.unwrap_or_default();
            *day = Some(so_far);
        }
    }
}

#[allow(clippy::cast_precision_loss)] // fewer than 2^52 of anything
fn value(tally: &Tally) -> Option<f64> {
    match tally.metric.measure() {
        Measure::Count => Some(tally.good as f64),
        Measure::Percent if tally.number == 0 => None,
        Measure::Percent => Some(100.0 * tally.good as f64 / tally.number as f64),
        Measure::Seconds => tally.p95,
    }
}

/// A property's metrics, in the order of [`Metric::ALL`].
pub struct Metrics {
    /// The first and the last day, on the property's clock.
    pub from: Date,
    pub to: Date,
    pub figures: Vec<Figure>,
}

/// A property's metrics of the last 30 days on its own clock, today included; UTC's where it has none.
/// Mailboxes are those of the whole organization.
pub async fn of(app: &App, user: &User, property: &Property) -> Result<Metrics> {
    let now = app.instant();
    let zone = property.time_zone().unwrap_or(TimeZone::UTC);
    let (from, to, days) = days(now, &zone).map_err(Error::internal)?;
    let tx = app.of(property.id).await?;
    access::require(&tx, user, property.id, Right::See).await?;
    let tallies = metrics::tally(&tx, Some(property.id), &days, now - UNDER_WAY).await?;
    tx.commit().await?;
    let figure = |metric| Figure::of(metric, &tallies);
    Ok(Metrics {
        from,
        to,
        figures: Metric::ALL.into_iter().map(figure).collect(),
    })
}

/// First and last day, and the instants at which the days begin; one more for the last one's end.
fn days(now: Timestamp, zone: &TimeZone) -> Result<(Date, Date, Vec<Timestamp>), jiff::Error> {
    let to = now.to_zoned(zone.clone()).date();
    let back = i64::try_from(DAYS).unwrap_or(i64::MAX) - 1;
    let from = to.checked_sub(back.days())?;
    let begin = |date: Date| Ok(date.to_zoned(zone.clone())?.start_of_day()?.timestamp());
    let days = from.series(1.day()).take(DAYS + 1).map(begin);
    Ok((from, to, days.collect::<Result<_, jiff::Error>>()?))
}

/// The metrics of all properties together, each as it is told to CloudWatch; none without a value.
/// How long a booking takes is not among them: that is told when it happens.
pub async fn of_all(app: &App) -> Result<Vec<(Metric, f64)>> {
    let now = app.instant();
    let (_, _, days) = days(now, &TimeZone::UTC).map_err(Error::internal)?;
    let tx = app.everywhere().await?;
    let tallies = metrics::tally(&tx, None, &days, now - UNDER_WAY).await?;
    tx.commit().await?;
    let periodic = Metric::ALL
        .into_iter()
        .filter(|metric| *metric != Metric::BookingToCalendar);
    let figures = periodic.map(|metric| Figure::of(metric, &tallies));
    Ok(figures
        .filter_map(|figure| Some((figure.metric, figure.value?)))
        .collect())
}

/// Tells CloudWatch the metrics of all, once in an hour, whoever asks first.
pub(super) async fn tell(app: &App) -> Result<()> {
    let tx = app.everywhere().await?;
    let hits = limits::hit(&tx, "metrics", EVERY, app.now()).await?;
    tx.commit().await?;
    if hits.count == 1 {
        for (metric, value) in of_all(app).await? {
            emit(metric, value);
        }
    }
    Ok(())
}

/// One line for CloudWatch.
pub(super) fn emit(metric: Metric, value: f64) {
    let unit = match metric.measure() {
        Measure::Count => telemetry::Unit::Count,
        Measure::Percent => telemetry::Unit::Percent,
        Measure::Seconds => telemetry::Unit::Seconds,
    };
    telemetry::metric(metric.name(), value, unit, &[]);
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn tally(metric: Metric, of: Of, good: i64, number: i64) -> Tally {
        Tally {
            metric,
            of,
            good,
            number,
            median: None,
            p95: None,
        }
    }

    #[test]
    fn a_metric_without_observations_has_no_value_and_is_neither_met_nor_missed() {
        for metric in Metric::ALL {
            let figure = Figure::of(metric, &[]);
            assert_eq!((figure.value, figure.is_met()), (None, None), "{metric:?}");
        }
    }

    #[test]
    fn the_days_of_a_month_begin_when_the_propertys_clock_says_midnight() {
        let zone = crate::domain::zone::find("America/Chicago").unwrap();
        // Half past nine in the evening; clocks went back on the first of November.
        let now = "2026-11-05T03:30:00Z".parse().unwrap();
        let (from, to, days) = days(now, &zone).unwrap();
        assert_eq!(
            (from.to_string(), to.to_string()),
            ("2026-10-06".into(), "2026-11-04".into())
        );
        assert_eq!(days.len(), DAYS + 1);
        assert_eq!(days[0].to_string(), "2026-10-06T05:00:00Z");
        assert_eq!(days[DAYS].to_string(), "2026-11-05T06:00:00Z");
    }

    #[test]
    fn mailboxes_add_up_and_need_not_be_more_than_there_are_properties() {
        let metric = Metric::MailboxesConnected;
        let tallies = [
            tally(metric, Of::Period, 2, 2),
            tally(metric, Of::Day(0), 1, 1),
            tally(metric, Of::Day(28), 1, 1),
        ];
        let figure = Figure::of(metric, &tallies);
        assert_eq!((figure.value, figure.target), (Some(2.0), 2.0));
        assert_eq!(figure.daily[27..], [Some(1.0), Some(2.0), Some(2.0)]);
        let many = Figure::of(metric, &[tally(metric, Of::Period, 2, 9)]);
        assert_eq!((many.target, many.is_met()), (3.0, Some(false)));
    }

    #[test]
    fn a_percentage_is_good_ones_among_all_and_a_day_without_any_is_a_gap() {
        let metric = Metric::InboundProcessed;
        let tallies = [
            tally(metric, Of::Period, 3, 4),
            tally(metric, Of::Day(29), 3, 4),
            tally(metric, Of::Outcome("quarantined".into()), 0, 1),
        ];
        let figure = Figure::of(metric, &tallies);
        assert_eq!((figure.value, figure.is_met()), (Some(75.0), Some(false)));
        assert_eq!(figure.daily[28..], [None, Some(75.0)]);
        assert_eq!(figure.outcome("quarantined"), 1);
        assert_eq!(figure.outcome("retrying"), 0);
    }
}
