//! The time that the world lives by.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Utc};

/// Epoch milliseconds that tests move by hand; zero means the machine's own time.
#[derive(Clone, Debug, Default)]
pub struct Clock(Arc<AtomicI64>);

impl Clock {
    /// A clock that follows the machine until somebody sets it.
    pub fn system() -> Clock {
        Clock::default()
    }

    /// Epoch milliseconds.
    #[expect(clippy::disallowed_methods, reason = "the world's own clock")]
    pub fn now_ms(&self) -> i64 {
        match self.0.load(Ordering::SeqCst) {
            0 => Utc::now().timestamp_millis(),
            set => set,
        }
    }

    /// Epoch seconds, as OAuth and JWT count.
    pub fn now_s(&self) -> i64 {
        self.now_ms().div_euclid(1000)
    }

    /// The instant as a date, for headers.
    pub fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.now_ms()).unwrap_or_default()
    }
}

impl From<Arc<AtomicI64>> for Clock {
    fn from(shared: Arc<AtomicI64>) -> Clock {
        Clock(shared)
    }
}
