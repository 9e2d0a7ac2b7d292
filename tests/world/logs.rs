//! What the system writes into its log, as production writes it at its most talkative.

use std::io;
use std::sync::{Arc, Mutex, OnceLock};

use shared::telemetry;
use tracing::level_filters::LevelFilter;

/// The log of this process; a process has one.
#[derive(Clone, Default)]
pub struct Logs(Arc<Mutex<Vec<u8>>>);

impl Logs {
    /// Writes down everything from now on.
    pub fn capture() -> Logs {
        static LOGS: OnceLock<Logs> = OnceLock::new();
        let logs = LOGS.get_or_init(|| {
            let logs = Logs::default();
            let writer = logs.clone();
            let subscriber = telemetry::subscriber(LevelFilter::TRACE, move || writer.clone());
            tracing::subscriber::set_global_default(subscriber).expect("nobody else logs");
            logs
        });
        logs.clone()
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).expect("a log is text")
    }
}

impl io::Write for Logs {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
