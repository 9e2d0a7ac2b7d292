//! What the system does: one free function per use case, the only place where two neighbours meet.
//!
//! Each reads, then decides, then writes, then tells others. No network call happens while a
//! transaction is open, and after a commit nothing may turn the result into an error.

pub mod access;
pub mod activity;
pub mod audit;
mod budget;
pub mod calendar_sync;
pub mod calendars;
pub mod connect;
pub mod consent;
pub mod enrichment;
pub mod erasure;
pub mod export;
pub mod filing;
pub mod grants;
pub mod inbox;
pub mod leads;
pub mod metrics;
pub mod refusals;
pub mod reply;
pub mod retention;
pub mod revocations;
pub mod sessions;
pub mod settings;
pub mod sign_in;
pub mod sweep;
pub mod team;
pub mod threads;
pub mod tours;
pub mod watches;
pub mod wordings;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use self::tours::BusyCache;
use crate::config::{AuthKey, Config};
use crate::crypto::Cipher;
use crate::domain::ids::PropertyId;
use crate::error::{Error, Result};
use crate::google::Google;
use crate::jwt::Keys;
use crate::llm::Llm;
pub use crate::queue::Job;
use crate::queue::Queue;
use crate::store::{self, Database, Tenant, Tx};

/// A cheap handle on everything a use case needs. Neighbours connect at first use.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    config: Config,
    database: Database,
    google: Google,
    /// Google's signing keys: pushes.
    google_keys: Keys,
    /// The host's signing keys, where user tokens are not signed with a shared secret.
    user_keys: Option<Keys>,
    llm: Llm,
    queue: Queue,
    cipher: Cipher,
    clock: Clock,
    busy: BusyCache,
}

/// Tests move time by hand; both variants ship.
#[derive(Clone)]
pub enum Clock {
    System,
    /// Milliseconds since 1970, UTC.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    #[expect(clippy::disallowed_methods, reason = "the one clock")]
    fn now(&self) -> DateTime<Utc> {
        match self {
            Self::System => Utc::now(),
            Self::Manual(millis) => {
                DateTime::from_timestamp_millis(millis.load(Ordering::SeqCst)).unwrap_or_default()
            }
        }
    }
}

/// When the function must have finished; work stops early and leaves the rest to the next run.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(pub Instant);

impl Deadline {
    pub fn after(time: Duration) -> Self {
        Self(Instant::now() + time)
    }

    pub fn left(&self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    /// How long a lease must last so that it cannot run out while its holder may still be alive: the
    /// function is killed a few seconds after this deadline at the latest.
    pub fn lease(&self) -> Duration {
        self.left() + Duration::from_secs(15)
    }

    /// Whether there is too little time for another step of up to `step`.
    pub fn is_near(&self, step: Duration) -> bool {
        self.left() < step
    }
}

impl App {
    /// Reads the configuration from the environment and the secret.
    pub async fn load() -> Result<Self> {
        Self::new(
            Config::load().await.map_err(Error::internal)?,
            Clock::System,
        )
    }

    pub fn new(config: Config, clock: Clock) -> Result<Self> {
        let queue = Queue::new(config.queues.clone());
        Self::with_queue(config, clock, queue)
    }

    /// With queues that are reached in another way than the environment says.
    pub fn with_queue(config: Config, clock: Clock, queue: Queue) -> Result<Self> {
        let http = crate::google::http_client();
        let database = Database::new(&config.database).map_err(Error::Internal)?;
        Ok(Self(Arc::new(Inner {
            google: Google::new(http.clone(), config.google.clone()),
            google_keys: Keys::new(http.clone(), config.google.urls.certs.clone()),
            user_keys: match &config.auth.key {
                AuthKey::Jwks(url) => Some(Keys::new(http.clone(), url.clone())),
                AuthKey::Secret(_) => None,
            },
            llm: Llm::new(http, config.llm.clone()),
            queue,
            cipher: Cipher::new(&config.crypto.token_keys).map_err(Error::internal)?,
            database,
            clock,
            config,
            busy: BusyCache::default(),
        })))
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.0.clock.now()
    }

    /// [`App::now`] for what knows of time zones.
    pub fn instant(&self) -> jiff::Timestamp {
        let millis = self.now().timestamp_millis();
        jiff::Timestamp::from_millisecond(millis).unwrap_or_default()
    }

    pub fn config(&self) -> &Config {
        &self.0.config
    }

    pub fn database(&self) -> &Database {
        &self.0.database
    }

    pub fn google(&self) -> &Google {
        &self.0.google
    }

    pub fn google_keys(&self) -> &Keys {
        &self.0.google_keys
    }

    pub fn user_keys(&self) -> Option<&Keys> {
        self.0.user_keys.as_ref()
    }

    /// Whether the model may be asked at all (`LLM_ENABLED`).
    pub fn assistant_is_on(&self) -> bool {
        self.0.config.llm.enabled
    }

    pub fn queue(&self) -> &Queue {
        &self.0.queue
    }

    pub(in crate::app) fn busy_cache(&self) -> &BusyCache {
        &self.0.busy
    }

    pub fn cipher(&self) -> &Cipher {
        &self.0.cipher
    }

    /// A transaction that sees one property's rows.
    pub async fn of(&self, property: PropertyId) -> store::Result<Tx> {
        self.0.database.begin(Tenant::Property(property)).await
    }

    /// A transaction on no tenant's behalf.
    pub async fn everywhere(&self) -> store::Result<Tx> {
        self.0.database.begin(Tenant::All).await
    }
}

/// Applies the migrations that are missing; answers their names.
pub async fn migrate(app: &App) -> Result<Vec<String>> {
    let mut client = app.database().raw().await?;
    store::migrate::run(&mut client)
        .await
        .map_err(Error::internal)
}
