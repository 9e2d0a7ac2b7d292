//! The local stack: `template.yaml` on a local AWS, with the simulated Google and model.
//!
//! `up` starts it, `demo` plays a prospect's story on it; both stay until Ctrl-C and leave nothing
//! running. The other commands run a part of it alone.

mod api;
mod binaries;
mod cloud;
mod dashboard;
mod demo;
mod hand_over;
mod postgres;
mod process;
mod proxy;
mod seed;
mod settings;
mod stack;
mod steps;
mod token;
mod tools;
mod tour;

use std::error::Error;
use std::fmt;
use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};

use shared::config::DatabaseConfig;
use shared::store::migrate::MIGRATIONS;
use shared::store::{Database, audit};

use postgres::{Postgres, Which};
use stack::Stack;

pub type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const USAGE: &str = "\
usage: cargo local COMMAND

  up                       start the local stack, until Ctrl-C
  demo [--exit]            the same, and play one prospect's story on it; --exit: stop after it
  build                    build the functions into target/lambda
  emulators                start the emulators of Google and the model alone; print their addresses
  postgres [--system]      start a throw-away Postgres; print its address
  with-postgres [--system] COMMAND…
                           run a command with TEST_DATABASE_URL set to a throw-away Postgres
  migrate                  apply the migrations to DATABASE_URL
  audit [FILE]             walk the audit log in DATABASE_URL; with the answer of an earlier walk in FILE, also
                           look for what was cut off since
  token [EMAIL]            print a user token for the stack that is up
";

/// A failure that a sentence explains.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    pub fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Failure {}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments.as_slice() {
        ["up"] => up(None).await,
        ["demo"] => up(Some(demo::Then::Stay)).await,
        ["demo", "--exit"] => up(Some(demo::Then::Exit)).await,
        ["build"] => binaries::build().await,
        ["emulators"] => emulators().await,
        ["postgres"] => with_postgres(Which::Embedded, &[]).await,
        ["postgres", "--system"] => with_postgres(Which::System, &[]).await,
        ["with-postgres", "--system", command @ ..] => with_postgres(Which::System, command).await,
        ["with-postgres", command @ ..] => with_postgres(Which::Embedded, command).await,
        ["migrate"] => migrate().await,
        ["audit"] => audit(None).await,
        ["audit", file] => audit(Some(file)).await,
        ["token"] => token::print(seed::ADMIN_EMAIL).await,
        ["token", email] => token::print(email).await,
        _ => Err(Failure::new(USAGE).into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn up(story: Option<demo::Then>) -> Result<()> {
    println!("Local stack:");
    let mut stack = Stack::default();
    let outcome = tokio::select! {
        outcome = play(&mut stack, story) => outcome,
        () = interrupted() => Ok(()),
    };
    println!("\nStopping…");
    stack.stop().await;
    outcome
}

async fn play(stack: &mut Stack, story: Option<demo::Then>) -> Result<()> {
    stack.start().await?;
    println!(
        "\nThe stack is up at {} (target/local/stack.json).",
        stack.api_url
    );
    if story.is_some() {
        demo::play(stack).await?;
    }
    println!("\nThe dashboard: {}/dashboard", stack.api_url);
    if let Some(link) = stack.sign_in_link() {
        println!("Signed in as the property's admin: {link}");
    }
    if story == Some(demo::Then::Exit) {
        return Ok(());
    }
    println!("Ctrl-C stops it.");
    stack.watch().await
}

async fn emulators() -> Result<()> {
    let google = world::Google::start(port("LOCAL_GOOGLE_PORT")?).await;
    let llm = world::Llm::start(port("LOCAL_LLM_PORT")?).await;
    println!(
        "{}",
        serde_json::json!({ "googleUrl": google.url(), "llmUrl": llm.url() })
    );
    interrupted().await;
    Ok(())
}

/// The database in `DATABASE_URL`.
fn database() -> Result<Database> {
    let url = variable("DATABASE_URL").ok_or_else(|| Failure::new("DATABASE_URL is not set"))?;
    let config = DatabaseConfig {
        url: url.into(),
        ca_pem: variable("DATABASE_CA_PEM"),
    };
    Database::new(&config)
}

/// Walks the audit log, as the `audit_verify` function does, and prints what that answers; `earlier` is
/// a file with such an answer.
async fn audit(earlier: Option<&str>) -> Result<()> {
    let noted: Vec<audit::Head> = match earlier {
        Some(file) => {
            let mut answer: serde_json::Value = serde_json::from_slice(&std::fs::read(file)?)?;
            serde_json::from_value(answer["heads"].take())?
        }
        None => Vec::new(),
    };
    let verified = audit::verify(&database()?, &noted).await?;
    println!("{:#}", verified.as_json());
    if verified.is_whole() {
        Ok(())
    } else {
        Err(Failure::new("the audit log is broken").into())
    }
}

/// Applies what the database in `DATABASE_URL` lacks, as the `migrate` function does.
async fn migrate() -> Result<()> {
    let mut client = database()?.raw().await?;
    let applied = shared::store::migrate::run(&mut client).await?;
    println!(
        "Applied {} of {} migrations.",
        applied.len(),
        MIGRATIONS.len()
    );
    applied.iter().for_each(|name| println!("  {name}"));
    Ok(())
}

/// Runs `command` beside a server of its own; without one, until Ctrl-C.
async fn with_postgres(which: Which, command: &[&str]) -> Result<()> {
    let server = tokio::select! {
        server = Postgres::start(which) => server?,
        () = interrupted() => return Err(Failure::new("interrupted").into()),
    };
    let url = server.admin_url();
    let outcome = match command {
        [] => {
            println!("export TEST_DATABASE_URL='{url}'");
            interrupted().await;
            Ok(())
        }
        [program, arguments @ ..] => {
            let mut command = tokio::process::Command::new(program);
            command.args(arguments).env("TEST_DATABASE_URL", &url);
            process::run_in_front(program, command, interrupted()).await
        }
    };
    server.stop().await;
    outcome
}

/// Returns when somebody asks us to stop.
async fn interrupted() {
    let ask = |kind| async move {
        match signal(kind) {
            Ok(mut asked) => asked.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = ask(SignalKind::interrupt()) => {}
        _ = ask(SignalKind::terminate()) => {}
        _ = ask(SignalKind::hangup()) => {}
    }
}

/// A variable of the environment; empty is as good as not set.
#[expect(
    clippy::disallowed_methods,
    reason = "the tool's own variables, not the functions'"
)]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The port that a variable asks for, if any.
pub fn port(name: &str) -> Result<Option<u16>> {
    Ok(variable(name).map(|port| port.parse()).transpose()?)
}

/// A port that is free at this moment, for a program that cannot choose one itself.
pub fn free_port() -> Result<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?
        .local_addr()?
        .port())
}

/// A client for this machine: no proxy, no redirects followed.
pub fn http_client() -> Result<reqwest::Client> {
    // Fails when a provider is set already, which is as good.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy();
    Ok(client.redirect(reqwest::redirect::Policy::none()).build()?)
}
