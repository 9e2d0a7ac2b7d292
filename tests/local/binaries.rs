//! The functions' release binaries, laid out as the template wants them.

use std::fs;

use tokio::process::Command;

use crate::process::run;
use crate::tools::{functions, root};
use crate::{Failure, Result};

/// Builds every function for this machine and puts it at `target/lambda/<name>/bootstrap`.
///
/// A plain build, not `cargo lambda build`: it shares every dependency with this tool, and the
/// emulator runs the binaries on this machine, whatever its system. `make package` builds what
/// goes to AWS, into the same folders.
pub async fn build() -> Result<()> {
    let names = functions()?;
    if names.is_empty() {
        return Err(Failure::new("functions/ has no function").into());
    }
    let mut cargo = Command::new(crate::variable("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(["build", "--release", "--locked", "--workspace", "--bins"])
        .current_dir(root());
    run("cargo build", cargo).await?;
    for name in names {
        let folder = root().join("target/lambda").join(&name);
        fs::create_dir_all(&folder)?;
        let bootstrap = folder.join("bootstrap");
        let _ = fs::remove_file(&bootstrap); // a running copy cannot be written over
        fs::copy(root().join("target/release").join(&name), bootstrap)?;
    }
    Ok(())
}
