//! What the system says about itself: JSON log lines and metrics, both on standard output.
//!
//! Never in a log: addresses, subjects, bodies, tokens. People and mails are named by their ids.

use std::io::{self, Write};
use std::panic;
use std::time::SystemTime;

use serde_json::{Map, Value, json};
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config;

const NAMESPACE: &str = "LumaLeasing";

/// Starts logging; the level comes from `LOG_LEVEL`. A second call does nothing.
pub fn init() {
    let level = LevelFilter::from_level(config::log_level());
    let started = subscriber(level, io::stdout).try_init();
    if started.is_ok() {
        panic::set_hook(Box::new(|panic| {
            // Its message may quote what was being handled, which may be somebody's mail.
            let place = panic
                .location()
                .map(ToString::to_string)
                .unwrap_or_default();
            tracing::error!(panic.location = place, "Panicked");
        }));
    }
}

/// Writes JSON lines to `writer`.
///
/// Libraries stay at warnings whatever the level: at `debug` they write headers and bodies.
pub fn subscriber<W>(level: LevelFilter, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let ours = Targets::new()
        .with_default(LevelFilter::WARN)
        .with_target("shared", level)
        .with_target("functions", level);
    let json = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        .with_writer(writer);
    tracing_subscriber::registry().with(json).with(ours)
}

/// The units of CloudWatch that we measure in.
#[derive(Clone, Copy, Debug)]
pub enum Unit {
    Count,
    Milliseconds,
    Percent,
    Seconds,
}

/// Writes one measurement as a line of CloudWatch's [embedded metric format].
///
/// Each set of values of `dimensions` is a metric of its own: few values, never ids.
///
/// [embedded metric format]: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
pub fn metric(name: &str, value: f64, unit: Unit, dimensions: &[(&str, &str)]) {
    let since_epoch = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let line = metric_line(name, value, unit, dimensions, since_epoch.as_millis());
    // Nobody reads a closed standard output, and a metric must not stop the work.
    let _ = writeln!(io::stdout(), "{line}");
}

fn metric_line(
    name: &str,
    value: f64,
    unit: Unit,
    dimensions: &[(&str, &str)],
    epoch_ms: u128,
) -> Value {
    let names: Vec<&str> = dimensions.iter().map(|(name, _)| *name).collect();
    let mut line = Map::new();
    line.insert(
        "_aws".into(),
        json!({
            "Timestamp": u64::try_from(epoch_ms).unwrap_or_default(),
            "CloudWatchMetrics": [{
                "Namespace": NAMESPACE,
                "Dimensions": [names],
                "Metrics": [{ "Name": name, "Unit": format!("{unit:?}") }],
            }],
        }),
    );
    line.insert(name.into(), json!(value));
    line.extend(
        dimensions
            .iter()
            .map(|(name, value)| ((*name).to_owned(), json!(value))),
    );
    Value::Object(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_a_line_that_cloudwatch_understands() {
        let dimensions = [("function", "sync")];
        let line = metric_line(
            "history_expired",
            1.0,
            Unit::Count,
            &dimensions,
            1_700_000_000_000,
        );
        let means = json!({
            "_aws": {
                "Timestamp": 1_700_000_000_000_u64,
                "CloudWatchMetrics": [{
                    "Namespace": "LumaLeasing",
                    "Dimensions": [["function"]],
                    "Metrics": [{ "Name": "history_expired", "Unit": "Count" }],
                }],
            },
            "history_expired": 1.0,
            "function": "sync",
        });
        assert_eq!(line, means);
    }
}
