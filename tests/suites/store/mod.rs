//! Every function of the store against the migrated schema: what a compiler cannot check in SQL.

mod accounts;
mod calendars;
mod enrichment;
mod erasure;
mod export;
mod grants;
mod letters;
mod mail;
mod metrics;
mod people;
mod prospects;
mod replies;
mod retention;
mod tours;
mod wordings;

use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use shared::config::DatabaseConfig;
use shared::crypto::Sealed;
use shared::domain::ids::*;
use shared::store::mailboxes::{self, Connection};
use shared::store::messages::NewEmail;
use shared::store::{Database, Tenant, Tx, messages, threads};
use uuid::Uuid;
use world::database::TestDatabase;

use crate::sources::rust_files;

/// A property in a database of its own, and the store in front of it.
struct Bench {
    store: Database,
    sql: tokio_postgres::Client,
    oak: PropertyId,
    org: Uuid,
    _database: TestDatabase,
}

impl Bench {
    async fn new() -> Bench {
        let database = TestDatabase::create().await;
        let sql = database.connect().await;
        let config = DatabaseConfig {
            url: database.url.clone().into(),
            ca_pem: None,
        };
        let store = Database::new(&config).unwrap();
        let row = sql
            .query_one(
                "with org as (insert into organizations (name) values ('Oak') returning id)
                 insert into properties (org_id, name, settings)
                 select id, 'Oak Court', '{\"timezone\":\"America/Chicago\"}' from org returning id, org_id",
                &[],
            )
            .await
            .unwrap();
        Bench {
            oak: PropertyId(row.get("id")),
            org: row.get("org_id"),
            store,
            sql,
            _database: database,
        }
    }

    /// A transaction of the property's.
    async fn tx(&self) -> Tx {
        let tenant = Tenant::Property(self.oak);
        self.store.begin(tenant).await.unwrap()
    }

    /// A transaction on no tenant's behalf.
    async fn everywhere(&self) -> Tx {
        self.store.begin(Tenant::All).await.unwrap()
    }

    async fn mailbox(&self) -> MailboxId {
        let tx = self.tx().await;
        let id = connect(&tx, self.oak, "leasing@oak.test", "1077", 100).await;
        tx.commit().await.unwrap();
        id
    }

    /// A mailbox with a thread and one message of Ann's in it.
    async fn letter(&self) -> (MailboxId, ThreadId, EmailId) {
        let mailbox = self.mailbox().await;
        let tx = self.tx().await;
        let thread = thread(&tx, self.oak, mailbox, "t1").await;
        let email = write(&tx, self.oak, mailbox, thread, |email| email).await;
        tx.commit().await.unwrap();
        (mailbox, thread, email)
    }

    async fn number(&self, sql: &str) -> i64 {
        self.sql.query_one(sql, &[]).await.unwrap().get(0)
    }
}

/// The noon of every story here.
fn noon() -> DateTime<Utc> {
    "2026-12-02T12:00:00Z".parse().unwrap()
}

fn after(minutes: i64) -> DateTime<Utc> {
    noon() + TimeDelta::minutes(minutes)
}

async fn connect(
    tx: &Tx,
    property: PropertyId,
    address: &str,
    subject: &str,
    baseline: u64,
) -> MailboxId {
    let token = Sealed::from_stored("v1.k1.a.b.c");
    let connection = Connection {
        id: MailboxId(Uuid::new_v4()),
        property,
        address,
        google_subject: subject,
        access: &token,
        refresh: &token,
        expires_at: after(60),
        scopes: vec!["openid".to_owned()],
        baseline: HistoryId(baseline),
        watch_expires_at: after(7 * 24 * 60),
    };
    mailboxes::connect(tx, &connection, noon()).await.unwrap()
}

async fn thread(tx: &Tx, property: PropertyId, mailbox: MailboxId, name: &str) -> ThreadId {
    let name = GmailThreadId(name.to_owned());
    let thread = threads::find_or_create(tx, property, mailbox, &name, "2BR?").await;
    thread.unwrap().id
}

/// Stores an e-mail of Ann's with whatever is different about it.
async fn write<'a>(
    tx: &Tx,
    property: PropertyId,
    mailbox: MailboxId,
    thread: ThreadId,
    differently: impl FnOnce(NewEmail<'a>) -> NewEmail<'a>,
) -> EmailId {
    let gmail_id = GmailMessageId(Uuid::new_v4().simple().to_string());
    let usual = NewEmail {
        property,
        mailbox,
        thread,
        gmail_id: Box::leak(Box::new(gmail_id)),
        inbound: true,
        from_address: "Ann@Example.com",
        from_name: Some("Ann Lee"),
        to_address: "leasing@oak.test",
        cc_addresses: vec!["bob@example.com".to_owned()],
        reply_to: None,
        subject: "2BR?",
        body_text: "Any two-bedrooms?\n> quoted",
        body_fresh: Some("Any two-bedrooms?"),
        body_html: None,
        attachments: serde_json::json!([]),
        rfc_message_id: Some("<1@example.com>"),
        rfc_in_reply_to: Vec::new(),
        rfc_references: Vec::new(),
        labels: vec!["INBOX".to_owned()],
        truncated: false,
        date_clamped: false,
        unanswerable: None,
        sender_verified: true,
        ai_generated: false,
        turn: None,
        reply: None,
        at: noon(),
    };
    let stored = messages::insert(tx, &differently(usual)).await.unwrap();
    stored.expect("it is new")
}

#[test]
fn every_function_of_the_store_is_run_here() {
    let mut suites = rust_files("tests/suites/store");
    suites.extend(rust_files("tests/suites/migrations"));
    let mut missing = Vec::new();
    let mut functions = 0;
    for (path, text) in rust_files("shared/src/store") {
        // By its own name or its folder's, whichever the callers use.
        let name = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
        let (own, folder) = (name(&path), name(path.parent().unwrap()));
        let lines = text
            .lines()
            .filter_map(|line| line.strip_prefix("pub async fn "));
        for line in lines {
            let function = line.split(['(', '<']).next().unwrap();
            let calls = [&own, &folder].map(|module| format!("{module}::{function}("));
            functions += 1;
            let run = |text: &str| calls.iter().any(|call| text.contains(call));
            if !suites.iter().any(|(_, suite)| run(suite)) {
                missing.push(calls[0].clone());
            }
        }
    }
    assert!(functions > 60, "only {functions} functions were found");
    assert_eq!(missing, [""; 0]);
}
