//! A Chromium of one's own, with its driver: found, started, and gone with the test, however it ends.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use shared::domain::ids;
use thirtyfour::extensions::query::ElementPollerWithTimeout;
use thirtyfour::{Capabilities, WebDriver};

const INSTRUCTIONS: &str = "\
The browser tests need Chromium or Chrome, and the ChromeDriver of the same version: \
tests/local/browser.sh says how to get them. CHROME and CHROMEDRIVER name them where PATH does not.";

// The places where tests/local/browser.sh looks, too.
const BROWSERS: [&str; 6] = [
    "chromium",
    "google-chrome",
    "chrome",
    "chromium-browser",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
];
const DRIVERS: [&str; 3] = [
    "chromedriver",
    "/usr/lib/chromium/chromedriver",
    "/opt/homebrew/bin/chromedriver",
];

/// Nothing but what the pages ask for leaves the browser, and nothing of the machine's comes in. What speaks
/// to the network lives in the browser's own process and dies with it: alone it would go on to write into a
/// profile that is gone.
const ARGUMENTS: [&str; 13] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--no-first-run",
    "--no-proxy-server",
    "--enable-features=NetworkServiceInProcess2",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
];

/// A page has this long to show what is waited for.
pub const PATIENCE: Duration = Duration::from_secs(10);
pub const LOOK_EVERY: Duration = Duration::from_millis(25);

/// A browser that runs, and the way to speak to it.
pub struct Chromium {
    pub driver: WebDriver,
    _running: Running,
}

/// Processes of the test's own group: who kills the test's group kills them, too.
struct Running {
    driver: Child,
    browser: Option<Pid>,
    profile: PathBuf,
}

impl Chromium {
    /// With a fresh profile: no cookies, nothing remembered. `scripts` is what the browser's settings say
    /// about JavaScript.
    pub async fn start(scripts: bool) -> Self {
        let profile =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(ids::fresh().simple().to_string());
        let mut running = Running {
            driver: start_driver(),
            browser: None,
            profile: profile.clone(),
        };
        let port = announced_port(&mut running.driver);
        // Fails when a provider is set already, which is as good.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let url = format!("http://127.0.0.1:{port}");
        let poller = ElementPollerWithTimeout::new(PATIENCE, LOOK_EVERY);
        let started = WebDriver::builder(url, wishes(scripts, &profile))
            .poller(Arc::new(poller))
            .await;
        let driver =
            started.unwrap_or_else(|error| panic!("no browser starts: {error}\n\n{INSTRUCTIONS}"));
        let id = driver.capabilities().get("goog:processID");
        let id = id.and_then(|id| i32::try_from(id.as_i64()?).ok());
        running.browser = id.and_then(Pid::from_raw);
        assert!(running.browser.is_some(), "the driver names no process");
        Self {
            driver,
            _running: running,
        }
    }
}

/// However a test ends, its browser is gone with it.
impl Drop for Chromium {
    fn drop(&mut self) {
        // The driver would be asked to close the session, by a runtime that waits for this very thread.
        let _ = self.driver.clone().leak();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Each fails only if it is gone already.
        if let Some(browser) = self.browser {
            let _ = kill_process(browser, Signal::KILL);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
        // Its helpers write into the profile until they notice.
        for _ in 0..100 {
            if std::fs::remove_dir_all(&self.profile).is_ok() || !self.profile.exists() {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

fn start_driver() -> Child {
    let mut command = Command::new(find("CHROMEDRIVER", &DRIVERS));
    // Fields of a time are written as in the United States, whatever the machine speaks.
    command
        .arg("--port=0")
        .envs([("LANGUAGE", "en_US"), ("LC_ALL", "C.UTF-8")])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let started = command.spawn();
    started.unwrap_or_else(|error| panic!("no ChromeDriver: {error}\n\n{INSTRUCTIONS}"))
}

/// The driver chooses a free port and says which.
fn announced_port(driver: &mut Child) -> u16 {
    let said = BufReader::new(driver.stdout.take().expect("its output is ours"));
    let port = |line: &str| {
        line.rsplit_once("on port ")?
            .1
            .trim_end_matches('.')
            .parse()
            .ok()
    };
    let mut lines = said.lines().map_while(Result::ok);
    lines
        .find_map(|line| port(&line).filter(|port| *port != 0))
        .unwrap_or_else(|| panic!("ChromeDriver does not start.\n\n{INSTRUCTIONS}"))
}

/// What the driver is asked for (developer.chrome.com/docs/chromedriver/capabilities).
fn wishes(scripts: bool, profile: &Path) -> Capabilities {
    let mut arguments: Vec<String> = ARGUMENTS.map(str::to_owned).to_vec();
    arguments.push(format!("--user-data-dir={}", profile.display()));
    let javascript = if scripts { 1 } else { 2 };
    let wishes = json!({
        "browserName": "chrome",
        "goog:chromeOptions": {
            "args": arguments,
            "binary": find("CHROME", &BROWSERS),
            "prefs": { "profile.managed_default_content_settings.javascript": javascript },
        },
        "goog:loggingPrefs": { "performance": "ALL" },
        "unhandledPromptBehavior": "ignore",
    });
    Capabilities::from(wishes.as_object().cloned().unwrap_or_default())
}

/// The program that `variable` names, or the first of its usual names that is there.
#[expect(
    clippy::disallowed_methods,
    reason = "names the tests' own tools, not a setting of ours"
)]
fn find(variable: &str, names: &[&str]) -> PathBuf {
    if let Ok(named) = std::env::var(variable) {
        return named.into();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    // A name that is a path already stays as it is, in whatever folder.
    let mut places = names
        .iter()
        .flat_map(|name| folders.iter().map(move |at| at.join(name)));
    places
        .find(|place| place.is_file())
        .unwrap_or_else(|| panic!("no {} is installed.\n\n{INSTRUCTIONS}", names[0]))
}
