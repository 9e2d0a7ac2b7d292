//! A login that is no superuser, as every managed server gives out.

use shared::config::DatabaseConfig;
use shared::domain::ids::PropertyId;
use shared::store::audit::{self, Actor, Entry};
use shared::store::migrate::{self, Error};
use shared::store::{Database, Tenant, mailboxes};
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;
use url::Url;
use uuid::Uuid;
use world::database::TestDatabase;

use super::{one, refusal, texts};

/// An empty database and the login that owns it, which has the database's name.
struct Owned {
    database: TestDatabase,
    superuser: Client,
    url: String,
}

impl Owned {
    /// With these attributes, as `create role` names them.
    async fn create(attributes: &str) -> Owned {
        let database = TestDatabase::create_empty().await;
        let superuser = database.connect().await;
        let name = &database.name;
        superuser
            .batch_execute(&format!(
                "create role {name} login nosuperuser {attributes} password 'password';
                 alter database {name} owner to {name};
                 do $$ begin
                   create role lumaleasing_app nologin;
                 exception when duplicate_object or unique_violation then null;
                 end $$"
            ))
            .await
            .unwrap();
        let mut url: Url = database.url.parse().unwrap();
        url.set_username(name).unwrap();
        url.set_password(Some("password")).unwrap();
        Owned {
            url: url.into(),
            superuser,
            database,
        }
    }

    async fn granted(&self, options: &str) {
        let grant = format!("grant lumaleasing_app to {} {options}", self.database.name);
        self.superuser.batch_execute(&grant).await.unwrap();
    }

    fn store(&self) -> Database {
        let config = DatabaseConfig {
            url: self.url.clone().into(),
            ca_pem: None,
        };
        Database::new(&config).unwrap()
    }

    async fn migrates(&self) -> Result<Vec<String>, Error> {
        migrate::run(&mut self.store().raw().await.unwrap()).await
    }

    /// Takes the login away, which the server would keep.
    async fn end(self) {
        let name = &self.database.name;
        self.superuser
            .batch_execute(&format!(
                "alter database {name} owner to current_user;
                 reassign owned by {name} to current_user; drop owned by {name}; drop role {name}"
            ))
            .await
            .unwrap();
    }
}

/// Since this version a role's creator administers it, and is not a member that could become it.
async fn separates_administration(client: &Client) -> bool {
    let sql = "select current_setting('server_version_num')::int >= 160000";
    one(client, sql).await
}

async fn property(client: &Client, name: &str) -> PropertyId {
    let insert = format!("insert into properties (name) values ('{name}') returning id");
    PropertyId(one(client, &insert).await)
}

#[tokio::test]
async fn one_that_made_the_role_works_behind_the_wall() {
    let owned = Owned::create("createrole").await;
    if separates_administration(&owned.superuser).await {
        // What its creator has: another test may have been that already.
        owned
            .granted("with admin true, inherit false, set false")
            .await;
        let (login, connection) = tokio_postgres::connect(&owned.url, tokio_postgres::NoTls)
            .await
            .unwrap();
        tokio::spawn(connection);
        let refused = refusal(&login, "set role lumaleasing_app").await;
        assert_eq!(refused.code(), &SqlState::INSUFFICIENT_PRIVILEGE);
    }
    owned.migrates().await.unwrap();

    let oak = property(&owned.superuser, "Oak Court").await;
    let elm = property(&owned.superuser, "Elm House").await;
    let store = owned.store();
    for (property, address) in [(oak, "leasing@oak.test"), (elm, "leasing@elm.test")] {
        let tx = store.begin(Tenant::Property(property)).await.unwrap();
        tx.execute(
            "insert into gmail_config (property_id, gmail_address, status) values ($1, $2, 'connected')",
            &[&property, &address],
        )
        .await
        .unwrap();
        for action in ["mailbox.connected", "mailbox.changed"] {
            let entry = Entry {
                property,
                actor: Actor::System,
                action,
                entity: "gmail_config",
                entity_id: Uuid::nil(),
                before: None,
                after: None,
            };
            audit::append(&tx, &entry).await.unwrap();
        }
        tx.commit().await.unwrap();
    }

    let tx = store.begin(Tenant::Property(oak)).await.unwrap();
    assert!(mailboxes::of_property(&tx, oak).await.unwrap().is_some());
    assert!(mailboxes::of_property(&tx, elm).await.unwrap().is_none());
    let is_mailbox = async |address: &str| -> bool {
        let sql = "select luma.is_mailbox($1) as known";
        let row = tx.query_one(sql, &[&address]).await.unwrap();
        row.try_get("known").unwrap()
    };
    assert!(is_mailbox("leasing@oak.test").await);
    assert!(is_mailbox("leasing@elm.test").await, "another tenant's");
    assert!(!is_mailbox("ann@example.com").await);
    let still = mailboxes::of_property(&tx, elm).await.unwrap();
    assert!(still.is_none(), "the question opened nothing");
    tx.commit().await.unwrap();

    // The seal of an entry is made with the owner's rights, and has to see the one before.
    let chained = "select action from audit_log a where exists (
                     select from audit_log b where b.property_id = a.property_id and b.hash = a.prev_hash)";
    assert_eq!(
        texts(&owned.superuser, chained).await,
        ["mailbox.changed", "mailbox.changed"]
    );
    drop(store);
    owned.end().await;
}

#[tokio::test]
async fn one_that_may_grant_nothing_needs_the_role_beforehand() {
    let member = Owned::create("nocreaterole").await;
    member.granted("").await;
    member.migrates().await.unwrap();
    member.store().begin(Tenant::All).await.unwrap();
    member.end().await;

    let stranger = Owned::create("nocreaterole").await;
    let error = stranger.migrates().await.unwrap_err();
    assert!(
        matches!(error, Error::Failed("20260202000000_mail.sql", _)),
        "{error:?}"
    );
    stranger.end().await;
}
