//! What a person sees while the tool works: one line per step, with the time it took.

use std::time::{Duration, Instant};

use crate::{Failure, Result};

/// Runs one step and says what it does, then how long it took.
pub async fn step<T>(what: &str, work: impl Future<Output = Result<T>>) -> Result<T> {
    println!("  … {what}");
    let started = Instant::now();
    let outcome = work.await;
    let mark = if outcome.is_ok() { "✓" } else { "✗" };
    println!("  {mark} {what} ({})", seconds(started.elapsed()));
    outcome
}

/// Asks again and again until there is an answer; `what` names what was waited for.
pub async fn until<T>(
    what: &str,
    at_most: Duration,
    mut look: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
    let deadline = Instant::now() + at_most;
    loop {
        if let Some(found) = look().await? {
            return Ok(found);
        }
        if Instant::now() > deadline {
            let waited = seconds(at_most);
            return Err(Failure::new(format!("waited {waited} in vain: {what}")).into());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// `12.3 s`
pub fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
