//! Brings a database's schema up to date: every file of `migrations/`, in name order, each once.
//!
//! The files travel inside the binary, so what was tested is what is applied. The conventions they
//! keep are in `migrations/README.md`. Not here: undoing a migration. The way back is another one.

use std::fmt::Write;

use aws_lc_rs::digest::{SHA256, digest};
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Transaction};

use super::Refusal;

/// One file of `migrations/`.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// The file's name; names sort in the order of application.
    pub name: &'static str,
    pub sql: &'static str,
}

macro_rules! migrations {
    ($($name:literal),* $(,)?) => {
        &[$(Migration {
            name: $name,
            sql: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../migrations/", $name)),
        }),*]
    };
}

/// All of them. A test compares the list with the folder.
pub const MIGRATIONS: &[Migration] = migrations![
    "20260201000000_host_baseline.sql",
    "20260201100000_gmail_calendar_integration.sql",
    "20260202000000_mail.sql",
    "20260210000000_tours.sql",
    "20260215000000_enrichment.sql",
    "20260216000000_dashboard.sql",
    "20260301000000_wordings.sql",
    "20260302000000_senders.sql",
    "20260303000000_sessions.sql",
    "20260304000000_metrics.sql",
    "20260305000000_erasure.sql",
    "20260305100000_reply_offers.sql",
    "20260306000000_previews.sql",
];

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file that this database already holds is not the file that was applied. Nothing was done
    /// about it: what is needed is a new file.
    #[error("migration {0} was changed after it was applied")]
    Changed(&'static str),
    /// The file was rolled back whole; those before it stay applied.
    #[error("migration {0} failed")]
    Failed(&'static str, #[source] Refusal),
}

/// Applies what this database does not have yet and names it.
///
/// Safe to run at any time, twice, and by several at once: they wait for each other. Each file is
/// one transaction with its own entry in `luma_migrations`, so that a run which stops half-way is
/// continued by the next. Needs the rights of the owner of the host's tables, and nothing of the
/// connection that a transaction-mode pooler could lose.
pub async fn run(client: &mut Client) -> Result<Vec<String>, Error> {
    apply(client, MIGRATIONS).await
}

/// [`run`] with a list of one's own.
pub async fn apply(client: &mut Client, list: &[Migration]) -> Result<Vec<String>, Error> {
    let mut applied = Vec::new();
    for migration in list {
        let failed = |error| Error::Failed(migration.name, Refusal::from(error));
        let tx = client.transaction().await.map_err(failed)?;
        tx.batch_execute(PREPARE).await.map_err(failed)?;
        match sha256_of(&tx, migration.name).await.map_err(failed)? {
            Some(known) if known == sha256(migration.sql) => {}
            Some(_) => return Err(Error::Changed(migration.name)),
            None => {
                tx.batch_execute(migration.sql).await.map_err(failed)?;
                record(&tx, migration).await.map_err(failed)?;
                tx.commit().await.map_err(failed)?;
                applied.push(migration.name.to_owned());
            }
        }
    }
    Ok(applied)
}

/// Takes the migrators' lock, for the transaction, and makes sure of the table.
///
/// Waiting for other migrators may take long; waiting for a lock on the host's tables may not,
/// because everybody who comes later waits behind us. pgvector may live in `extensions`.
const PREPARE: &str = "
    set local search_path = public, extensions;
    set local statement_timeout = 0;
    select pg_advisory_xact_lock(hashtextextended('luma_migrations', 0));
    set local lock_timeout = '10s';
    create table if not exists public.luma_migrations (
      name text primary key,
      sha256 text not null,
      applied_at timestamptz not null default now()
    );
    alter table public.luma_migrations enable row level security;
";

async fn sha256_of(
    tx: &Transaction<'_>,
    name: &str,
) -> Result<Option<String>, tokio_postgres::Error> {
    let row = tx
        .query_typed_opt(
            "select sha256 from public.luma_migrations where name = $1",
            &[(&name, Type::TEXT)],
        )
        .await?;
    row.map(|row| row.try_get("sha256")).transpose()
}

async fn record(tx: &Transaction<'_>, migration: &Migration) -> Result<u64, tokio_postgres::Error> {
    tx.execute_typed(
        "insert into public.luma_migrations (name, sha256) values ($1, $2)",
        &[
            (&migration.name, Type::TEXT),
            (&sha256(migration.sql), Type::TEXT),
        ],
    )
    .await
}

/// In lower-case hexadecimal.
fn sha256(text: &str) -> String {
    digest(&SHA256, text.as_bytes())
        .as_ref()
        .iter()
        .fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}"); // writing to a string cannot fail
            hex
        })
}
