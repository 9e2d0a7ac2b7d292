//! The simulated outside behind fixed ports, for the local stack.

use crate::google::Google;
use crate::llm::Llm;

/// What runs beside the local stack.
#[derive(Clone)]
pub struct Emulators {
    pub google: Google,
    pub llm: Llm,
}

impl Emulators {
    /// Starts both; `None` takes any free port. They run until the runtime ends.
    pub async fn start(google_port: Option<u16>, llm_port: Option<u16>) -> Emulators {
        let google = Google::start(google_port).await;
        let llm = Llm::start(llm_port).await;
        Emulators { google, llm }
    }
}
