//! A process with everything it starts, stopped together.

use std::fs::File;
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::process::{Child, Command};

use crate::{Failure, Result};

/// How long a process may take to stop by itself.
const GRACE: Duration = Duration::from_secs(10);

/// A running process that leads its own process group. Dropping it kills the group, so a step
/// that is given up half-way leaves nothing behind.
pub struct Process {
    name: String,
    child: Child,
    group: Option<Pid>,
    /// What asks this one to stop: Postgres waits for its clients on `TERM`.
    stop_by: Signal,
}

impl Process {
    /// Starts `command`; its output goes to `log`.
    pub fn start(name: &str, mut command: Command, log: &Path) -> Result<Self> {
        let out = File::create(log)?;
        command.stdout(out.try_clone()?).stderr(out);
        Self::spawn(name, command)
    }

    fn spawn(name: &str, mut command: Command) -> Result<Self> {
        command.stdin(std::process::Stdio::null()).process_group(0);
        let child = command
            .spawn()
            .map_err(|error| Failure::new(format!("{name}: {error}")))?;
        let group = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        Ok(Self {
            name: name.to_owned(),
            child,
            group,
            stop_by: Signal::TERM,
        })
    }

    /// Names the signal that makes this process stop soon and cleanly.
    pub fn stopped_by(mut self, signal: Signal) -> Self {
        self.stop_by = signal;
        self
    }

    /// Fails if the process has ended.
    pub fn check(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => Err(Failure::new(format!("{} ended: {status}", self.name)).into()),
        }
    }

    /// Stops the process, waits until it is gone, then makes sure of its children.
    pub async fn stop(mut self) {
        if let Some(leader) = self.group {
            let _ = kill_process(leader, self.stop_by); // fails only if it is gone already
        }
        let _ = tokio::time::timeout(GRACE, self.child.wait()).await;
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(group) = self.group {
            let _ = kill_process_group(group, Signal::KILL); // fails only if nobody is left
        }
    }
}

/// Runs `command` to its end; it writes to our own output.
pub async fn run(name: &str, command: Command) -> Result<()> {
    let mut process = Process::spawn(name, command)?;
    let status = process.child.wait().await?;
    finished(name, status)
}

/// Runs `command` to its end as part of our own terminal session. When `interrupted` it is asked to
/// stop, and still waited for: it may have children of its own to stop.
pub async fn run_in_front(
    name: &str,
    mut command: Command,
    interrupted: impl Future<Output = ()>,
) -> Result<()> {
    let mut child = command.kill_on_drop(true).spawn()?;
    let status = tokio::select! {
        status = child.wait() => status?,
        () = interrupted => {
            if let Some(id) = child.id().and_then(|id| Pid::from_raw(id.cast_signed())) {
                let _ = kill_process(id, Signal::TERM); // fails only if it is gone already
            }
            child.wait().await?
        }
    };
    finished(name, status)
}

fn finished(name: &str, status: ExitStatus) -> Result<()> {
    if status.success() {
        return Ok(());
    }
    Err(Failure::new(format!("{name}: {status}")).into())
}

/// Runs `command` to its end and answers what it wrote; its errors go to `log`.
pub async fn output(name: &str, mut command: Command, log: &Path) -> Result<String> {
    use tokio::io::AsyncReadExt;

    command
        .stdout(std::process::Stdio::piped())
        .stderr(File::create(log)?);
    let mut process = Process::spawn(name, command)?;
    let mut text = String::new();
    if let Some(stdout) = process.child.stdout.as_mut() {
        stdout.read_to_string(&mut text).await?;
    }
    let status = process.child.wait().await?;
    if status.success() {
        return Ok(text);
    }
    let why = std::fs::read_to_string(log).unwrap_or_default();
    Err(Failure::new(format!("{name}: {status}\n{}", tail(&why, 15))).into())
}

/// The last lines of a log.
pub fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}
