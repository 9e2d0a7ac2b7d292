//! What the migrations make of every database they may meet.

mod access;
mod logins;
mod matching;
mod runs;
mod shape;

use shared::store::migrate;
use tokio_postgres::Client;
use tokio_postgres::error::DbError;
use world::database::TestDatabase;

const HOST: &str = include_str!("../../data/host_schema.sql");
const HOST_CALENDARS: &str = include_str!("../../data/host_calendars.sql");
const HOST_ROWS: &str = include_str!("../../data/host_rows.sql");
const CALENDAR_ROWS: &str = include_str!("../../data/host_calendar_rows.sql");
const PLAN: &str = include_str!("../../data/plan_schema.sql");
const PLAN_ROWS: &str = include_str!("../../data/plan_rows.sql");

/// The databases that the migrations may meet, by name, as the SQL that makes them.
const STARTS: &[(&str, &[&str])] = &[
    ("nothing", &[]),
    ("the host", &[HOST, HOST_ROWS]),
    (
        "the host with calendars",
        &[HOST, HOST_ROWS, HOST_CALENDARS, CALENDAR_ROWS],
    ),
    (
        "the host with the plan's own file",
        &[HOST, HOST_ROWS, PLAN, PLAN_ROWS],
    ),
    (
        "both",
        &[
            HOST,
            HOST_ROWS,
            HOST_CALENDARS,
            CALENDAR_ROWS,
            PLAN,
            PLAN_ROWS,
        ],
    ),
];

/// What the plan names, and a later migration may widen.
const TABLES_OF_THE_PLAN: &[&str] = &[
    "gmail_config",
    "email_threads",
    "email_messages",
    "agent_calendars",
    "calendar_events",
    "prospect_invites",
    "lead_interests",
];

async fn database_of(sql: &[&str]) -> (TestDatabase, Client) {
    let database = TestDatabase::create_with(&sql.join("\n")).await;
    let client = database.connect().await;
    (database, client)
}

async fn migrated(sql: &[&str]) -> (TestDatabase, Client) {
    let (database, mut client) = database_of(sql).await;
    migrate::run(&mut client).await.unwrap();
    (database, client)
}

/// The one value of a query without parameters.
async fn one<T>(client: &Client, sql: &str) -> T
where
    T: for<'a> tokio_postgres::types::FromSql<'a>,
{
    client
        .query_one(sql, &[])
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error:?}"))
        .get(0)
}

/// The first column of each row.
async fn texts(client: &Client, sql: &str) -> Vec<String> {
    let rows = client
        .query(sql, &[])
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    rows.iter().map(|row| row.get(0)).collect()
}

/// What the database says to a statement that it must refuse.
async fn refusal(client: &Client, sql: &str) -> DbError {
    let error = client.batch_execute(sql).await.expect_err(sql);
    error.as_db_error().unwrap().clone()
}

async fn has_pgvector(client: &Client) -> bool {
    one(
        client,
        "select exists (select from pg_available_extensions where name = 'vector')",
    )
    .await
}
