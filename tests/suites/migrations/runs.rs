//! Applying: each file once, in order, by however many at once.

use std::path::Path;

use shared::store::migrate::{self, Error, MIGRATIONS, Migration};
use world::database::TestDatabase;

use super::{STARTS, database_of, one, texts};

#[test]
fn the_list_names_every_file_of_the_folder_in_name_order() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations");
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".sql"))
        .collect();
    files.sort();
    let listed: Vec<&str> = MIGRATIONS.iter().map(|migration| migration.name).collect();
    assert_eq!(files, listed);
}

#[test]
fn every_name_sorts_after_the_hosts_last_migration() {
    for migration in MIGRATIONS {
        assert!(migration.name > "20260127000001", "{}", migration.name);
        assert!(
            migration.name[..14]
                .bytes()
                .all(|byte| byte.is_ascii_digit())
        );
    }
}

/// Columns, constraints, indexes and policies, one a line.
const SHAPE: &str = "
    select format('%s.%s %s %s %s', table_name, column_name, data_type, is_nullable, column_default)
    from information_schema.columns where table_schema in ('public', 'auth')
    union all
    select format('%s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
    from pg_constraint where connamespace = 'public'::regnamespace
    union all
    select indexdef from pg_indexes where schemaname = 'public'
    union all
    select format('%s', policy) from pg_policies policy
    order by 1";

#[tokio::test]
async fn whatever_they_meet_they_apply_once_and_could_be_applied_again() {
    for (start, sql) in STARTS {
        let (_database, mut client) = database_of(sql).await;
        let applied = migrate::run(&mut client)
            .await
            .unwrap_or_else(|e| panic!("{start}: {e:?}"));
        assert_eq!(applied.len(), MIGRATIONS.len(), "{start}");
        assert_eq!(migrate::run(&mut client).await.unwrap(), [""; 0], "{start}");

        // Without its memory of what was applied, for instance after a restore of the host's part.
        let shape = texts(&client, SHAPE).await;
        client
            .batch_execute("drop table luma_migrations")
            .await
            .unwrap();
        let applied = migrate::run(&mut client)
            .await
            .unwrap_or_else(|e| panic!("{start}: {e:?}"));
        assert_eq!(applied.len(), MIGRATIONS.len(), "{start}");
        assert_eq!(texts(&client, SHAPE).await, shape, "{start}");
    }
}

#[tokio::test]
async fn four_at_once_apply_each_file_once_between_them() {
    let database = TestDatabase::create_empty().await;
    let runs = (0..4).map(|_| async {
        let mut client = database.connect().await;
        migrate::run(&mut client).await.unwrap()
    });
    let mut applied = futures::future::join_all(runs).await.concat();
    applied.sort();
    let listed: Vec<&str> = MIGRATIONS.iter().map(|migration| migration.name).collect();
    assert_eq!(applied, listed);
}

#[tokio::test]
async fn a_file_that_changed_after_it_was_applied_is_named_and_not_applied() {
    let database = TestDatabase::create_empty().await;
    let mut client = database.connect().await;
    let first = Migration {
        name: "1.sql",
        sql: "create table a ()",
    };
    let second = Migration {
        name: "2.sql",
        sql: "create table b ()",
    };
    migrate::apply(&mut client, &[first]).await.unwrap();

    let changed = Migration {
        sql: "create table c ()",
        ..first
    };
    let error = migrate::apply(&mut client, &[changed, second])
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Changed("1.sql")), "{error:?}");
    assert!(
        one::<bool>(
            &client,
            "select to_regclass('b') is null and to_regclass('c') is null"
        )
        .await
    );

    assert_eq!(
        migrate::apply(&mut client, &[first, second]).await.unwrap(),
        ["2.sql"]
    );
}

#[tokio::test]
async fn a_file_that_fails_leaves_nothing_and_the_next_run_goes_on_from_there() {
    let database = TestDatabase::create_empty().await;
    let mut client = database.connect().await;
    let good = Migration {
        name: "1.sql",
        sql: "create table a ()",
    };
    let bad = Migration {
        name: "2.sql",
        sql: "create table b (); select 1 / 0",
    };

    let error = migrate::apply(&mut client, &[good, bad]).await.unwrap_err();
    assert!(matches!(error, Error::Failed("2.sql", _)), "{error:?}");
    assert!(one::<bool>(&client, "select to_regclass('b') is null").await);

    let mended = Migration {
        sql: "create table b ()",
        ..bad
    };
    assert_eq!(
        migrate::apply(&mut client, &[good, mended]).await.unwrap(),
        ["2.sql"]
    );
}

#[tokio::test]
async fn each_test_has_a_migrated_database_of_its_own_that_goes_away_with_it() {
    let (one_test, another) = tokio::join!(TestDatabase::create(), TestDatabase::create());
    let (client, other) = (one_test.connect().await, another.connect().await);
    client
        .batch_execute("insert into organizations (name) values ('Oak Group')")
        .await
        .unwrap();
    let organizations = "select count(*) from organizations";
    assert_eq!(one::<i64>(&client, organizations).await, 1);
    assert_eq!(one::<i64>(&other, organizations).await, 0);

    let named = format!(
        "select count(*) from pg_database where datname = '{}'",
        one_test.name
    );
    assert_eq!(one::<i64>(&other, &named).await, 1);
    drop(one_test);
    assert_eq!(one::<i64>(&other, &named).await, 0);
}
