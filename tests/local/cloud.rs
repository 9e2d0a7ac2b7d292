//! The local AWS: an emulator that runs the production template with real processes.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::process::{Process, output, tail};
use crate::settings::Settings;
use crate::steps::until;
use crate::tools::{root, state, tool};
use crate::{Failure, Result, free_port};

pub const STACK: &str = "lumaleasing-local";

/// A running emulator.
pub struct Cloud {
    process: Process,
    url: String,
}

/// What the deployment made.
#[derive(Deserialize)]
pub struct Deployed {
    pub outputs: BTreeMap<String, String>,
    /// Logical id to physical name.
    pub functions: BTreeMap<String, String>,
}

impl Cloud {
    /// Starts the emulator on the loopback interface and waits until it answers.
    ///
    /// The functions inherit its environment: that is how the emulators' addresses, and variables
    /// that this tool does not know, reach them without a word about them in the template.
    pub async fn start(settings: &Settings, http: &reqwest::Client) -> Result<Self> {
        let scratch = scratch()?;
        let port = free_port()?;
        let url = format!("http://127.0.0.1:{port}");
        let mut command = tool("ministack")?;
        for name in Settings::not_inherited() {
            command.env_remove(name);
        }
        command
            .envs(settings.inherited())
            .envs([("BIND_HOST", "127.0.0.1"), ("IOT_MTLS_ENABLED", "0")])
            .env("GATEWAY_PORT", port.to_string())
            .env("STATE_DIR", &scratch)
            .env("TMPDIR", &scratch);
        aws(&mut command, &url);
        let log = state()?.join("ministack.log");
        let mut process = Process::start("ministack", command, &log)?;
        let health = format!("{url}/_ministack/health");
        until(
            "the local AWS answers",
            Duration::from_secs(30),
            async || {
                process.check().map_err(|error| {
                    let why = fs::read_to_string(&log).unwrap_or_default();
                    Failure::new(format!("{error}\n{}", tail(&why, 15)))
                })?;
                Ok(http
                    .get(&health)
                    .send()
                    .await
                    .ok()
                    .filter(|answer| answer.status().is_success()))
            },
        )
        .await?;
        Ok(Self { process, url })
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Puts the secret values where the functions look for them on AWS; answers the secret's ARN.
    pub async fn create_secret(&self, json: &str) -> Result<String> {
        let mut command = self.script(&["secret", STACK])?;
        command.stdin(std::process::Stdio::piped());
        command.stdout(std::process::Stdio::piped());
        let mut child = command.kill_on_drop(true).spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(json.as_bytes()).await?;
        }
        let answer = child.wait_with_output().await?;
        if !answer.status.success() {
            return Err(Failure::new("the secret cannot be created").into());
        }
        Ok(String::from_utf8(answer.stdout)?.trim().to_owned())
    }

    /// Deploys `template.yaml` with the ordinary command.
    pub async fn deploy(&self, settings: &Settings) -> Result<Deployed> {
        let mut sam = tool("sam")?;
        sam.args([
            "deploy",
            "--template",
            "template.yaml",
            "--stack-name",
            STACK,
        ])
        .args(["--resolve-s3", "--capabilities", "CAPABILITY_IAM"])
        .args([
            "--no-confirm-changeset",
            "--no-progressbar",
            "--parameter-overrides",
        ])
        .args(settings.parameters())
        .env("SAM_CLI_TELEMETRY", "0");
        aws(&mut sam, &self.url);
        let log = state()?.join("sam.log");
        output("sam deploy", sam, &log).await?;
        let finished = self.script(&["finish", STACK])?;
        Ok(serde_json::from_str(
            &output("cloud.py finish", finished, &log).await?,
        )?)
    }

    /// Runs a function once, as a tick of the clock or a deploy does, and waits for its answer.
    pub async fn invoke(&self, function: &str) -> Result<String> {
        let command = self.script(&["invoke", function])?;
        output("cloud.py invoke", command, &state()?.join("invoke.log")).await
    }

    /// Fails if the emulator has ended.
    pub fn check(&mut self) -> Result<()> {
        self.process.check()
    }

    pub async fn stop(self) {
        self.process.stop().await;
        let _ = scratch(); // a leftover in target is harmless
    }

    fn script(&self, arguments: &[&str]) -> Result<Command> {
        let mut command = tool("python3")?;
        command
            .arg(root().join("tests/local/cloud.py"))
            .args(arguments);
        aws(&mut command, &self.url);
        Ok(command)
    }
}

/// An empty folder for what the emulator unpacks; it keeps nothing from one run to the next.
fn scratch() -> Result<PathBuf> {
    let folder = state()?.join("aws");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Everything that an AWS client needs to know, so that nothing of the developer's own is used.
fn aws(command: &mut Command, url: &str) {
    command
        .env_remove("AWS_PROFILE")
        .env_remove("AWS_SESSION_TOKEN")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_ENDPOINT_URL", url)
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .env("AWS_REGION", "us-east-1");
}
