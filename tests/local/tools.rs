//! Where things are in the project, and the tools that `tools.sh` installed.

use std::fs;
use std::path::{Path, PathBuf};

use tokio::process::Command;

use crate::{Failure, Result};

/// The project's folder.
pub fn root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package)
}

/// What the local stack writes: logs, its address file.
pub fn state() -> Result<PathBuf> {
    let folder = root().join("target/local");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// A program of the project's own Python environment, run in the project's folder.
pub fn tool(name: &str) -> Result<Command> {
    let program = venv().join("bin").join(name);
    if !program.is_file() {
        return Err(Failure::new(format!("{name} is missing: run `make tools`")).into());
    }
    let mut command = Command::new(program);
    command.current_dir(root());
    Ok(command)
}

/// Where that environment keeps its packages.
pub fn site_packages() -> Result<PathBuf> {
    let lib = fs::read_dir(venv().join("lib"));
    let lib = lib.map_err(|_| Failure::new("the tools are missing: run `make tools`"))?;
    lib.filter_map(|entry| Some(entry.ok()?.path().join("site-packages")))
        .find(|path| path.is_dir())
        .ok_or_else(|| Failure::new("the tools are broken: remove .tools, run `make tools`").into())
}

/// The names of the functions: every folder in `functions/` that has a `main.rs`.
pub fn functions() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(root().join("functions"))? {
        let path = entry?.path();
        if path.join("main.rs").is_file()
            && let Some(name) = path.file_name().and_then(|name| name.to_str())
        {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

fn venv() -> PathBuf {
    root().join(".tools/venv")
}
