//! What every function does once, when its process starts.

use std::time::{Duration, Instant, SystemTime};

use lambda_runtime::{Context, Error};
use shared::app::{App, Deadline};
use shared::error::chain;
use shared::telemetry;

/// Kept from the time that Lambda gives: for the last commit and the answer.
const RESERVE: Duration = Duration::from_secs(3);

/// Runs a function on one thread: Lambda gives an environment one event at a time.
pub fn run(work: impl Future<Output = Result<(), Error>>) -> Result<(), Error> {
    telemetry::init();
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(work)
}

/// The handle on everything; a process whose configuration is wrong does not start.
pub async fn app() -> Result<App, Error> {
    App::load().await.map_err(|error| chain(&error).into())
}

/// When work has to stop so that Lambda does not kill it half-way.
pub fn deadline(context: &Context) -> Deadline {
    let left = context
        .deadline()
        .duration_since(SystemTime::now())
        .unwrap_or_default();
    Deadline(Instant::now() + left.saturating_sub(RESERVE))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn work_stops_before_lambda_does() {
        let in_a_minute = SystemTime::now() + Duration::from_secs(60);
        let since_epoch = in_a_minute.duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let mut context = Context::default();
        context.deadline = u64::try_from(since_epoch.as_millis()).unwrap();
        let left = deadline(&context).left();
        assert!(
            left <= Duration::from_secs(57) && left > Duration::from_secs(55),
            "{left:?}"
        );
    }

    #[test]
    fn a_deadline_that_passed_leaves_no_time() {
        assert_eq!(deadline(&Context::default()).left(), Duration::ZERO);
    }
}
