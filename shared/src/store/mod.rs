//! Postgres. One module per aggregate; every statement runs inside a [`Tx`].
//!
//! A transaction names its tenant and steps down to the role `lumaleasing_app` in the same round trip
//! that begins it, so row-level security stands behind every query, whoever owns the tables.
//! Statements are unnamed and typed by their parameters: one round trip each, and nothing that a
//! transaction-mode pooler (Supabase, `PgBouncer`, RDS Proxy) could lose.

pub mod accounts;
pub mod activity;
pub mod agent_calendars;
pub mod audit;
pub mod channels;
pub mod enrichment;
pub mod erasure;
pub mod event_links;
pub mod export;
pub mod interests;
pub mod knowledge;
pub mod leads;
pub mod letters;
pub mod limits;
pub mod mailboxes;
pub mod messages;
pub mod metrics;
pub mod migrate;
pub mod oauth_states;
pub mod overview;
pub mod people;
pub mod persons;
pub mod properties;
pub mod prospects;
pub mod quarantine;
pub mod replies;
pub mod retention;
pub mod sessions;
pub mod settings;
pub mod threads;
pub mod tours;
pub mod wordings;
pub mod working_hours;

use std::error::Error as _;
use std::io;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use secrecy::ExposeSecret;
use tokio_postgres::Row;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};

use crate::config::DatabaseConfig;
use crate::domain::ids::*;
use crate::http::tls_config;

/// Why a statement failed, in the cases that callers act on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A named constraint refused the row.
    #[error("refused by {0}")]
    Constraint(String),
    /// Serialization failure or deadlock: the whole transaction may be tried again at once.
    #[error("lost a race with another transaction")]
    Conflicted(#[source] Refusal),
    /// No connection, or it broke: whether a commit under way took effect is unknown.
    #[error("the database is away")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A row that must be there is not.
    #[error("a row is missing")]
    Missing,
    #[error("the database refused a statement")]
    Failed(#[source] Refusal),
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What Postgres said, for the log: its details are left out, because they quote rows.
#[derive(Debug, thiserror::Error)]
#[error("{state} {message}")]
pub struct Refusal {
    /// Five characters; empty where our own side could not read an answer.
    state: String,
    message: String,
}

impl From<tokio_postgres::Error> for Refusal {
    fn from(error: tokio_postgres::Error) -> Self {
        match error.as_db_error() {
            Some(refusal) => Self {
                state: refusal.code().code().to_owned(),
                message: refusal.message().to_owned(),
            },
            None => Self {
                state: String::new(),
                message: crate::error::chain(&error),
            },
        }
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(refusal) = error.as_db_error() else {
            let broke = error
                .source()
                .is_some_and(|source| source.is::<io::Error>());
            return if broke || error.is_closed() {
                Self::Unavailable(Box::new(error))
            } else {
                Self::Failed(error.into()) // a column that is not what we take it for
            };
        };
        if let Some(name) = refusal.constraint() {
            return Self::Constraint(name.to_owned());
        }
        match *refusal.code() {
            SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED => {
                Self::Conflicted(error.into())
            }
            // A failover: shut down, starting up, or connected to what is now a read-only standby.
            SqlState::ADMIN_SHUTDOWN
            | SqlState::CRASH_SHUTDOWN
            | SqlState::CANNOT_CONNECT_NOW
            | SqlState::READ_ONLY_SQL_TRANSACTION
            | SqlState::TOO_MANY_CONNECTIONS
            | SqlState::LOCK_NOT_AVAILABLE
            | SqlState::QUERY_CANCELED => Self::Unavailable(Box::new(Refusal::from(error))),
            _ => Self::Failed(error.into()),
        }
    }
}

impl Error {
    /// Whether it lies in the values, and would be met by every repeat with them: a data exception (22),
    /// a broken constraint (23), or a value larger than an index holds (54).
    /// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
    pub fn is_about_the_values(&self) -> bool {
        match self {
            Self::Constraint(_) | Self::Missing => true,
            Self::Failed(refusal) => ["22", "23", "54"]
                .iter()
                .any(|class| refusal.state.starts_with(class)),
            Self::Conflicted(_) | Self::Unavailable(_) => false,
        }
    }
}

impl From<Error> for crate::error::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Unavailable(_) | Error::Conflicted(_) => Self::Busy {
                retry_after: Duration::from_secs(5),
                source: Some(Box::new(error)),
            },
            Error::Constraint(_) | Error::Missing | Error::Failed(_) => Self::internal(error),
        }
    }
}

/// The pool; connects at first use.
#[derive(Clone)]
pub struct Database {
    pool: Pool,
}

/// Whose rows a transaction sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tenant {
    Property(PropertyId),
    /// Work on no tenant's behalf: finding the mailbox of a push, the sweep, who is calling.
    All,
}

impl Database {
    /// A pool of two connections: a Lambda environment serves one request at a time.
    pub fn new(config: &DatabaseConfig) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let mut server: tokio_postgres::Config = config.url.expose_secret().parse()?;
        server
            .connect_timeout(Duration::from_secs(5))
            .tcp_user_timeout(Duration::from_secs(10)) // what is not acknowledged has gone nowhere
            .application_name("lumaleasing");
        if is_loopback(&server) {
            // Nobody listens in on this machine, and its certificate would be nobody's.
            server.ssl_mode(SslMode::Disable);
        } else if server.get_ssl_mode() == SslMode::Prefer {
            // "Prefer" would send the password in clear to whoever answers that there is no TLS.
            server.ssl_mode(SslMode::Require);
        }
        let pem = config.ca_pem.as_deref().unwrap_or_default().as_bytes();
        let authorities = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>()?;
        let tls = tls_config(authorities);
        let manager = Manager::from_config(
            server,
            tokio_postgres_rustls::MakeRustlsConnect::new(tls),
            // A thawed Lambda holds dead sockets; `Fast` would only ask the client object.
            ManagerConfig {
                recycling_method: RecyclingMethod::Verified,
            },
        );
        let pool = Pool::builder(manager)
            .max_size(2)
            .runtime(deadpool_postgres::Runtime::Tokio1)
            .wait_timeout(Some(Duration::from_secs(10)))
            // A network that has forgotten a connection lets its check wait for ever.
            .recycle_timeout(Some(Duration::from_secs(2)))
            .build()?;
        Ok(Self { pool })
    }

    /// A connection of its own, outside any transaction, with the login's own rights: for migrations.
    pub async fn raw(&self) -> Result<Object> {
        self.pool
            .get()
            .await
            .map_err(|error| Error::Unavailable(Box::new(error)))
    }

    pub async fn begin(&self, tenant: Tenant) -> Result<Tx> {
        let client = self.raw().await?;
        let tenant = match tenant {
            Tenant::Property(id) => id.to_string(), // a uuid: safe inside the quotes
            Tenant::All => "*".to_owned(),
        };
        let begin = format!(
            "begin; set local role lumaleasing_app; set local app.tenant = '{tenant}'; \
             set local statement_timeout = '10s'; set local lock_timeout = '5s'; \
             set local idle_in_transaction_session_timeout = '15s'"
        );
        let tx = Tx {
            client: Some(client),
        };
        tx.client().batch_execute(&begin).await?;
        Ok(tx)
    }
}

fn is_loopback(server: &tokio_postgres::Config) -> bool {
    server.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => matches!(name.as_str(), "localhost" | "127.0.0.1" | "::1" | "[::1]"),
        Host::Unix(_) => true,
    })
}

/// An open transaction. Dropped without [`Tx::commit`], it closes its connection, and Postgres rolls back.
pub struct Tx {
    client: Option<Object>,
}

impl Tx {
    fn client(&self) -> &Object {
        self.client
            .as_ref()
            .expect("a transaction holds its client until it is committed or dropped")
    }

    pub async fn query(&self, sql: &str, params: &[&dyn Param]) -> Result<Vec<Row>> {
        let typed: Vec<(&(dyn ToSql + Sync), Type)> = params
            .iter()
            .map(|param| (param.as_sql(), param.sql_type()))
            .collect();
        Ok(self.client().query_typed(sql, &typed).await?)
    }

    pub async fn query_opt(&self, sql: &str, params: &[&dyn Param]) -> Result<Option<Row>> {
        Ok(self.query(sql, params).await?.into_iter().next())
    }

    /// For statements that always answer one row.
    pub async fn query_one(&self, sql: &str, params: &[&dyn Param]) -> Result<Row> {
        let row = self.query_opt(sql, params).await?;
        row.ok_or(Error::Missing)
    }

    /// The number of rows that the statement changed.
    pub async fn execute(&self, sql: &str, params: &[&dyn Param]) -> Result<u64> {
        let typed: Vec<(&(dyn ToSql + Sync), Type)> = params
            .iter()
            .map(|param| (param.as_sql(), param.sql_type()))
            .collect();
        Ok(self.client().execute_typed(sql, &typed).await?)
    }

    /// When this fails as [`Error::Unavailable`], whether it took effect is unknown: every caller can
    /// be repeated.
    pub async fn commit(mut self) -> Result<()> {
        self.client().batch_execute("commit").await?;
        self.client.take(); // back to the pool
        Ok(())
    }
}

impl Tx {
    /// Undoes everything, and keeps the connection: for an outcome that is no error.
    pub async fn roll_back(mut self) -> Result<()> {
        self.client().batch_execute("rollback").await?;
        self.client.take(); // back to the pool
        Ok(())
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        if let Some(client) = self.client.take() {
            drop(Object::take(client)); // out of the pool: closing the socket rolls back
        }
    }
}

/// A value together with the type that Postgres shall read it as.
///
/// tokio-postgres asks the server for the types of a statement's parameters, at the price of a round
/// trip and a named statement; saying them saves both.
pub trait Param: Send + Sync {
    fn sql_type(&self) -> Type;
    fn as_sql(&self) -> &(dyn ToSql + Sync);
}

macro_rules! params {
    ($($rust:ty => $sql:ident),* $(,)?) => {$(
        impl Param for $rust {
            fn sql_type(&self) -> Type { Type::$sql }
            fn as_sql(&self) -> &(dyn ToSql + Sync) { self }
        }
    )*};
}

params! {
    bool => BOOL, i32 => INT4, i64 => INT8, f64 => FLOAT8, uuid::Uuid => UUID,
    String => TEXT, &str => TEXT, Vec<String> => TEXT_ARRAY, Vec<u8> => BYTEA, Vec<f64> => FLOAT8_ARRAY,
    Vec<uuid::Uuid> => UUID_ARRAY, &[jiff::Timestamp] => TIMESTAMPTZ_ARRAY, &[String] => TEXT_ARRAY, &[u8] => BYTEA,
    chrono::DateTime<chrono::Utc> => TIMESTAMPTZ, jiff::Timestamp => TIMESTAMPTZ, serde_json::Value => JSONB,
    Option<bool> => BOOL, Option<i32> => INT4, Option<i64> => INT8, Option<f64> => FLOAT8,
    Option<uuid::Uuid> => UUID, Option<String> => TEXT, Option<&str> => TEXT,
    Option<Vec<String>> => TEXT_ARRAY, Option<Vec<u8>> => BYTEA,
    Option<chrono::DateTime<chrono::Utc>> => TIMESTAMPTZ, Option<jiff::Timestamp> => TIMESTAMPTZ,
    Option<serde_json::Value> => JSONB, jiff::civil::Date => DATE, jiff::civil::Time => TIME,
}

macro_rules! id_params {
    ($($id:ty),* $(,)?) => {$(
        impl Param for $id {
            fn sql_type(&self) -> Type { Type::UUID }
            fn as_sql(&self) -> &(dyn ToSql + Sync) { &self.0 }
        }
    )*};
}

id_params!(
    AgentCalendarId,
    BookingId,
    ChannelId,
    ConversationId,
    EmailId,
    LeadId,
    LetterId,
    MailboxId,
    ManualSlotId,
    ProfileId,
    PropertyId,
    ReplyId,
    ThreadId,
    TurnId
);

macro_rules! name_params {
    ($($name:ty),* $(,)?) => {$(
        impl Param for $name {
            fn sql_type(&self) -> Type { Type::TEXT }
            fn as_sql(&self) -> &(dyn ToSql + Sync) { &self.0 }
        }
    )*};
}

name_params!(
    GmailMessageId,
    GmailThreadId,
    DraftId,
    CalendarId,
    EventId,
    SyncToken
);

/// Runs a whole transaction again when it lost a race (40001, 40P01), three times at the most.
pub async fn retrying<T, F, Fut>(mut attempt: F) -> Result<T>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T>>,
{
    for round in 1..3u64 {
        match attempt().await {
            Err(Error::Conflicted(_)) => {
                tokio::time::sleep(Duration::from_millis(20 * round)).await
            }
            done => return done,
        }
    }
    attempt().await
}
