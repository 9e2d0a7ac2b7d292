//! How often somebody called within a window of time (`rate_counters`).

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Result, Tx};

/// What one more call made of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hits {
    /// In this window, the present call included.
    pub count: i32,
    /// When the window ends and counting starts again.
    pub ends_at: DateTime<Utc>,
}

/// Counts one call. Windows are fixed and start at multiples of their length since 1970, so that every
/// process counts in the same row.
pub async fn hit(tx: &Tx, bucket: &str, window: Duration, now: DateTime<Utc>) -> Result<Hits> {
    let (start, ends_at) = window_of(now, window);
    let row = tx
        .query_one(
            "insert into rate_counters as c (bucket, window_start, hits) values ($1, $2, 1)
             on conflict (bucket, window_start) do update set hits = c.hits + 1
             returning hits",
            &[&bucket, &start],
        )
        .await?;
    Ok(Hits {
        count: row.try_get("hits")?,
        ends_at,
    })
}

/// Forgets windows that started before the given time.
pub async fn forget_before(tx: &Tx, before: DateTime<Utc>) -> Result<u64> {
    tx.execute(
        "delete from rate_counters where window_start < $1",
        &[&before],
    )
    .await
}

fn window_of(now: DateTime<Utc>, window: Duration) -> (DateTime<Utc>, DateTime<Utc>) {
    let length = i64::try_from(window.as_millis()).unwrap_or(i64::MAX).max(1);
    let into = TimeDelta::milliseconds(now.timestamp_millis().rem_euclid(length));
    let start = DateTime::from_timestamp_millis(now.timestamp_millis()).unwrap_or(now) - into;
    (start, start + TimeDelta::milliseconds(length))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_window_starts_at_a_multiple_of_its_length() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let minute = Duration::from_secs(60);
        for inside in [
            "2026-03-09T14:05:00Z",
            "2026-03-09T14:05:31.250Z",
            "2026-03-09T14:05:59.999999Z",
        ] {
            let (start, end) = window_of(at(inside), minute);
            assert_eq!(
                (start, end),
                (at("2026-03-09T14:05:00Z"), at("2026-03-09T14:06:00Z")),
                "{inside}"
            );
        }
    }
}
