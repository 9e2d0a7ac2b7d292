//! Who may read what through Supabase's public REST interface: nobody, anything of ours.

use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::{
    CALENDAR_ROWS, HOST, HOST_CALENDARS, HOST_ROWS, STARTS, TABLES_OF_THE_PLAN, migrated, one,
    refusal, texts,
};

/// Becomes a caller of the REST interface: a signed-in manager of the first organisation, unless
/// the role is one without a user.
async fn become_caller(client: &Client, role: &str) {
    let claims = format!(r#"{{"role":"{role}","sub":"00000000-0000-4000-a000-000000000003"}}"#);
    client
        .batch_execute(&format!(
            "reset role; select set_config('request.jwt.claims', '{claims}', false); set role {role}"
        ))
        .await
        .unwrap();
}

#[tokio::test]
async fn no_table_that_a_migration_made_is_without_row_level_security() {
    let open = "select relname::text from pg_class
                where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
                  and not relrowsecurity";
    for (start, sql) in STARTS {
        let (_database, client) = migrated(sql).await;
        assert_eq!(texts(&client, open).await, [""; 0], "{start}");
    }
}

#[tokio::test]
async fn browsers_reach_no_table_of_ours_and_the_servers_key_reaches_all() {
    for (start, sql) in STARTS {
        let (_database, client) = migrated(sql).await;
        for table in TABLES_OF_THE_PLAN {
            for role in ["anon", "authenticated"] {
                become_caller(&client, role).await;
                let refused = refusal(&client, &format!("select 1 from {table}")).await;
                assert_eq!(
                    refused.code(),
                    &SqlState::INSUFFICIENT_PRIVILEGE,
                    "{start} {table}"
                );
            }
            become_caller(&client, "service_role").await;
            let total = format!("select count(*) from {table}");
            let seen: i64 = one(&client, &total).await;
            client.batch_execute("reset role").await.unwrap();
            assert_eq!(seen, one::<i64>(&client, &total).await, "{start} {table}");
        }
    }
}

#[tokio::test]
async fn tables_of_the_baseline_are_closed_where_we_made_them_and_the_hosts_are_left_alone() {
    let (_database, client) = migrated(&[]).await;
    become_caller(&client, "authenticated").await;
    let refused = refusal(&client, "select email from leads").await;
    assert_eq!(refused.code(), &SqlState::INSUFFICIENT_PRIVILEGE);

    let policies = "select format('%s %s', tablename, policyname) from pg_policies
                    where tablename in ('leads', 'profiles', 'conversations') order by 1";
    let (_untouched, before) = super::database_of(&[HOST]).await;
    let (_migrated, after) = migrated(&[HOST]).await;
    assert_eq!(
        texts(&after, policies).await,
        texts(&before, policies).await
    );
}

#[tokio::test]
async fn strangers_could_write_the_hosts_calendar_events_and_no_longer_can() {
    let insert = "insert into calendar_events (google_event_id) values ('forged')";
    let host = [HOST, HOST_ROWS, HOST_CALENDARS, CALENDAR_ROWS];

    let (_database, client) = super::database_of(&host).await;
    become_caller(&client, "anon").await;
    client.batch_execute(insert).await.unwrap();

    let (_database, client) = migrated(&host).await;
    become_caller(&client, "anon").await;
    let refused = refusal(&client, insert).await;
    assert_eq!(refused.code(), &SqlState::INSUFFICIENT_PRIVILEGE);
    let open = "select policyname::text from pg_policies where tablename = 'calendar_events'
                  and (qual = 'true' or with_check = 'true')";
    assert_eq!(texts(&client, open).await, [""; 0]);
}
