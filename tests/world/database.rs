//! A Postgres database for each test, on the server that `TEST_DATABASE_URL` names.
//!
//! Migrating takes most of a second, copying a migrated database a tenth: the first test of a run
//! makes a template, named after the migrations' text, and the others copy it. Tests run in
//! processes of their own, so what they share is agreed upon in the server.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use shared::store::migrate;
use tokio_postgres::{Client, NoTls};
use url::Url;
use uuid::Uuid;

const VARIABLE: &str = "TEST_DATABASE_URL";

/// After this time the database of a test that failed or was killed is dropped.
const TEST_KEPT: Duration = Duration::from_secs(60 * 60);

/// After this time a template is dropped: the migrations have changed, or it is soon made again.
const TEMPLATE_KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// Exists as long as the value; a failed test leaves its database behind to be looked at.
pub struct TestDatabase {
    /// With every right, on this database only by convention.
    pub url: String,
    pub name: String,
}

impl TestDatabase {
    /// A database with all migrations applied.
    pub async fn create() -> Self {
        let template = template().await;
        Self::copy_of(&template).await
    }

    /// A database with nothing in it.
    pub async fn create_empty() -> Self {
        Self::copy_of("template0").await
    }

    /// A database on which `sql` was run, and no migration.
    pub async fn create_with(sql: &str) -> Self {
        let database = Self::create_empty().await;
        database
            .connect()
            .await
            .batch_execute(sql)
            .await
            .expect("the test's own SQL runs");
        database
    }

    async fn copy_of(template: &str) -> Self {
        let name = format!("luma_test_{}_{}", seconds_since_epoch(), fresh_word());
        let admin = admin().await;
        admin
            .batch_execute(&format!("create database {name} template {template}"))
            .await
            .expect("a database can be created");
        Self {
            url: url_of(&name).into(),
            name,
        }
    }

    /// A connection of its own.
    pub async fn connect(&self) -> Client {
        connect(&self.url).await
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!(
                "The database of this test is kept for an hour: {}",
                self.url
            );
            return;
        }
        let drop_it = format!("drop database if exists {} with (force)", self.name);
        // A runtime of its own: the test's may be ending, and cannot be waited on from here.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime
                .expect("a runtime")
                .block_on(async { admin().await.batch_execute(&drop_it).await })
        });
        match dropped.join() {
            Ok(Ok(())) => {}
            other => eprintln!("{} was not dropped: {other:?}", self.name),
        }
    }
}

/// The migrated database that tests copy. Made under a temporary name and renamed when it is
/// complete, so that a process which dies half-way leaves nothing that looks ready.
async fn template() -> String {
    let hash = migrations_hash();
    let ready = format!("luma_template_{hash:016x}");
    let admin = admin().await;
    sweep(&admin, &ready).await;
    if exists(&admin, &ready).await {
        return ready;
    }
    // Held until the connection closes.
    run(
        &admin,
        "select pg_advisory_lock(hashtextextended('luma_template', 0))",
    )
    .await;
    if exists(&admin, &ready).await {
        return ready;
    }
    let unfinished = format!("luma_unfinished_{hash:016x}");
    run(
        &admin,
        &format!("drop database if exists {unfinished} with (force)"),
    )
    .await;
    run(
        &admin,
        &format!("create database {unfinished} template template0"),
    )
    .await;
    let made = seconds_since_epoch();
    run(
        &admin,
        &format!("comment on database {unfinished} is '{made}'"),
    )
    .await;
    let mut client = connect(url_of(&unfinished).as_str()).await;
    migrate::run(&mut client)
        .await
        .expect("the migrations apply to an empty database");
    drop(client);
    rename_when_free(&admin, &unfinished, &ready).await;
    ready
}

/// Renaming waits for nobody, and the server takes a moment to notice that a client has left.
async fn rename_when_free(admin: &Client, from: &str, to: &str) {
    let others = format!("select count(*) from pg_stat_activity where datname = '{from}'");
    while admin
        .query_one(&others, &[])
        .await
        .expect("activity")
        .get::<_, i64>(0)
        > 0
    {
        tokio::task::yield_now().await;
    }
    run(admin, &format!("alter database {from} rename to {to}")).await;
}

/// Drops what earlier runs left behind. Others may sweep at the same time.
async fn sweep(admin: &Client, template: &str) {
    let rows = admin
        .query(
            "select datname::text as name,
                    coalesce(shobj_description(oid, 'pg_database'), split_part(datname, '_', 3)) as made
             from pg_database
             where datname like any (array['luma\\_test\\_%', 'luma\\_template\\_%', 'luma\\_unfinished\\_%'])
               and datname <> $1",
            &[&template],
        )
        .await
        .expect("databases can be listed");
    for row in rows {
        let (name, made): (String, String) = (row.get("name"), row.get("made"));
        let kept = if name.starts_with("luma_test_") {
            TEST_KEPT
        } else {
            TEMPLATE_KEPT
        };
        let oldest = seconds_since_epoch() - kept.as_secs();
        if made.parse::<u64>().is_ok_and(|made| made < oldest) {
            // It may be in use after all, by somebody who looks into a failed test.
            let _ = admin
                .batch_execute(&format!("drop database if exists {name}"))
                .await;
        }
    }
}

/// The same for the same migrations.
fn migrations_hash() -> u64 {
    let mut hasher = DefaultHasher::new();
    for migration in migrate::MIGRATIONS {
        (migration.name, migration.sql).hash(&mut hasher);
    }
    hasher.finish()
}

async fn exists(admin: &Client, name: &str) -> bool {
    let found = admin
        .query_opt("select from pg_database where datname = $1", &[&name])
        .await;
    found.expect("databases can be listed").is_some()
}

async fn run(client: &Client, sql: &str) {
    client
        .batch_execute(sql)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error:?}"));
}

async fn admin() -> Client {
    connect(admin_url().as_str()).await
}

/// The connection lives as long as its client.
async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls)
        .await
        .unwrap_or_else(|error| {
            panic!("no answer from the Postgres server of {VARIABLE}: {error:?}. {INSTRUCTIONS}")
        });
    tokio::spawn(connection);
    client
}

fn url_of(database: &str) -> Url {
    let mut url = admin_url();
    url.set_path(database);
    url
}

const INSTRUCTIONS: &str = "The tests need a Postgres server (15 or later) on which they may create \
     databases. `make test` starts one and sets the variable; for a server of your own set it to \
     something like postgres://postgres@127.0.0.1:5432/postgres";

#[expect(
    clippy::disallowed_methods,
    reason = "names the tests' server, not a setting of ours"
)]
fn admin_url() -> Url {
    let url =
        std::env::var(VARIABLE).unwrap_or_else(|_| panic!("{VARIABLE} is not set. {INSTRUCTIONS}"));
    url.parse()
        .unwrap_or_else(|_| panic!("{VARIABLE} is not a URL. {INSTRUCTIONS}"))
}

#[expect(
    clippy::disallowed_methods,
    reason = "tells databases apart; tests never read it"
)]
fn fresh_word() -> String {
    Uuid::new_v4().simple().to_string()
}

fn seconds_since_epoch() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a clock after 1970")
        .as_secs()
}
