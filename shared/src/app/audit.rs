//! Whether the audit log still says what was written into it.

use tracing::{error, info};

use super::App;
use crate::error::Result;
use crate::store::audit;
pub use crate::store::audit::Verified;
use crate::telemetry::{Unit, metric};

/// Walks every chain. What was cut off at a chain's end cannot be seen here: the answer names the ends,
/// to be kept elsewhere and compared with (`cargo local audit`).
pub async fn verify(app: &App) -> Result<Verified> {
    let verified = audit::verify(app.database(), &[]).await?;
    for chain in verified.broken() {
        error!(property.id = ?chain.property, audit.id = chain.broken, "The audit log is broken");
    }
    // Kept where the database's owners do not write.
    for chain in &verified.chains {
        let head = &chain.head;
        info!(property.id = ?head.property, audit.id = head.id, audit.hash = head.hash, "An end of the audit log");
    }
    metric(
        "audit_broken",
        verified.broken().count() as f64,
        Unit::Count,
        &[],
    );
    info!(
        rows = verified.rows(),
        chains = verified.chains.len(),
        "Walked the audit log"
    );
    Ok(verified)
}
