//! The host's people, what the property published, limits and the audit log.

use std::time::Duration;

use serde_json::json;
use shared::domain::ids::*;
use shared::store::audit::{self, Actor, Entry};
use shared::store::leads::{self, Sender};
use shared::store::{self, Error, knowledge, limits, people, sessions};
use uuid::Uuid;

use super::{Bench, after, noon};

#[tokio::test]
async fn rights_are_read_from_the_hosts_tables() {
    let bench = Bench::new().await;
    let id = Uuid::new_v4();
    let user = format!("insert into auth.users (id, email) values ('{id}', 'sam@staff.test')");
    bench.sql.batch_execute(&user).await.unwrap();
    bench
        .sql
        .execute(
            "insert into profiles (id, org_id, role, full_name) values ($1, $2, 'manager', 'Sam')
             on conflict (id) do update set org_id = excluded.org_id, role = excluded.role",
            &[&id, &bench.org],
        )
        .await
        .unwrap();
    let tx = bench.everywhere().await;
    let sam = people::find(&tx, ProfileId(id)).await.unwrap().unwrap();
    assert_eq!(sam.id, ProfileId(id));
    assert_eq!(
        (sam.org, sam.role.as_deref()),
        (Some(bench.org), Some("manager"))
    );
    let nobody = ProfileId(Uuid::new_v4());
    assert!(people::find(&tx, nobody).await.unwrap().is_none());
    tx.commit().await.unwrap();

    let tx = bench.tx().await;
    assert_eq!(
        people::owner(&tx, bench.oak).await.unwrap(),
        Some(bench.org)
    );
    let nowhere = PropertyId(Uuid::new_v4());
    assert_eq!(people::owner(&tx, nowhere).await.unwrap(), None);
    assert!(
        people::works_at(&tx, ProfileId(id), bench.oak)
            .await
            .unwrap()
    );
    assert!(!people::works_at(&tx, nobody, bench.oak).await.unwrap());
}

#[tokio::test]
async fn knowledge_is_matched_by_its_embedding_and_the_property_named() {
    let bench = Bench::new().await;
    for text in ["Cats are welcome.", "The pool opens at nine."] {
        let embedding: Vec<f64> = world::llm::embed(text).into_iter().map(f64::from).collect();
        bench
            .sql
            .execute(
                "insert into documents (property_id, content, embedding) values ($1, $2, $3::float8[])",
                &[&bench.oak.0, &text, &embedding],
            )
            .await
            .unwrap();
    }
    let tx = bench.tx().await;
    let asked = world::llm::embed("Are cats welcome?");
    let found = knowledge::matching(&tx, bench.oak, &asked, 0.0, 1)
        .await
        .unwrap();
    let [cats] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!(cats.text, "Cats are welcome.");
    assert!((0.5..=1.0).contains(&cats.likeness), "{}", cats.likeness);
    let elsewhere = PropertyId(Uuid::new_v4());
    let nothing = knowledge::matching(&tx, elsewhere, &asked, 0.0, 9)
        .await
        .unwrap();
    assert!(nothing.is_empty());
}

#[tokio::test]
async fn a_lead_and_its_conversation_are_made_once() {
    let bench = Bench::new().await;
    bench.mailbox().await;
    let ann = Sender {
        address_key: "ann@example.com",
        first_name: Some("Ann"),
        last_name: None,
        phone: None,
        source: "Email",
    };
    let tx = bench.tx().await;
    let with_address = async |key| leads::with_address(&tx, bench.oak, key).await.unwrap();
    assert_eq!(with_address("ann@example.com").await, None);
    let lead = leads::find_or_create(&tx, bench.oak, &ann).await.unwrap();
    assert_eq!(
        leads::find_or_create(&tx, bench.oak, &ann).await.unwrap(),
        lead
    );
    assert_eq!(with_address("ann@example.com").await, Some(lead));
    assert_eq!(with_address("").await, None, "an empty address is nobody's");

    let talk = leads::email_conversation(&tx, bench.oak, lead)
        .await
        .unwrap();
    assert_eq!(
        leads::email_conversation(&tx, bench.oak, lead)
            .await
            .unwrap(),
        talk
    );
    leads::add_turn(&tx, talk, "user", "Any two-bedrooms?", noon())
        .await
        .unwrap();
    assert!(!leads::is_human_mode(&tx, talk).await.unwrap());
    let unknown = ConversationId(Uuid::new_v4());
    assert!(!leads::is_human_mode(&tx, unknown).await.unwrap());

    let suppress = async |reason, at| {
        let suppressed = leads::suppress(&tx, bench.oak, "ann@example.com", reason, at).await;
        suppressed.unwrap()
    };
    let suppression = async || {
        let found = leads::suppression(&tx, bench.oak, "ann@example.com").await;
        found.unwrap().map(|found| (found.reason, found.at))
    };
    assert_eq!(suppression().await, None);
    assert!(suppress("opted_out", noon()).await);
    assert!(!suppress("opted_out", after(1)).await);
    assert!(!suppress("bounced", after(2)).await);
    let first = ("opted_out".to_owned(), after(1));
    assert_eq!(suppression().await, Some(first), "the first reason stays");

    assert!(leads::is_mailbox(&tx, "leasing@oak.test").await.unwrap());
    assert!(!leads::is_mailbox(&tx, "ann@example.com").await.unwrap());
}

#[tokio::test]
async fn calls_are_counted_by_bucket_and_window() {
    let bench = Bench::new().await;
    let tx = bench.everywhere().await;
    let minute = Duration::from_secs(60);
    let hit = async |bucket, at| limits::hit(&tx, bucket, minute, at).await.unwrap().count;
    assert_eq!(hit("a", noon()).await, 1);
    assert_eq!(hit("a", noon()).await, 2);
    assert_eq!(hit("b", noon()).await, 1);
    assert_eq!(hit("a", after(1)).await, 1);
    assert_eq!(limits::forget_before(&tx, after(1)).await.unwrap(), 2);
    assert_eq!(hit("a", after(1)).await, 2);
}

#[tokio::test]
async fn an_audit_entry_is_stored_as_it_was_said() {
    let bench = Bench::new().await;
    let user = ProfileId(Uuid::new_v4());
    let tx = bench.tx().await;
    for actor in [
        Actor::User(user),
        Actor::System,
        Actor::Google,
        Actor::Prospect,
    ] {
        let entry = Entry {
            property: bench.oak,
            actor,
            action: "mailbox.connected",
            entity: "gmail_config",
            entity_id: bench.oak.0,
            before: None,
            after: Some(json!({})),
        };
        audit::append(&tx, &entry).await.unwrap();
    }
    tx.commit().await.unwrap();
    let kinds = "select string_agg(actor_kind, ' ' order by id) from audit_log";
    let kinds: String = bench.sql.query_one(kinds, &[]).await.unwrap().get(0);
    assert_eq!(kinds, "user system google prospect");
    assert_eq!(
        bench.number("select count(actor_id) from audit_log").await,
        1
    );
    let verified = audit::verify(&bench.store, &[]).await.unwrap();
    assert!(verified.is_whole());
    assert_eq!((verified.rows(), verified.chains.len()), (4, 1));
}

#[tokio::test]
async fn a_lost_race_is_run_again_and_another_failure_is_not() {
    let bench = Bench::new().await;
    let attempt = async |sql: &str, tries: &std::cell::Cell<u32>| {
        store::retrying(|| {
            tries.set(tries.get() + 1);
            async { bench.everywhere().await.execute(sql, &[]).await.map(drop) }
        })
        .await
    };
    let raise =
        |state: &str| format!("do $$ begin raise exception 'x' using errcode = '{state}'; end $$");
    for (state, expected) in [("40001", 3), ("40P01", 3), ("22000", 1)] {
        let tries = std::cell::Cell::new(0);
        assert!(attempt(&raise(state), &tries).await.is_err());
        assert_eq!(tries.get(), expected, "{state}");
    }
    let tries = std::cell::Cell::new(0);
    attempt("select", &tries).await.unwrap();
    assert_eq!(tries.get(), 1);
}

#[tokio::test]
async fn each_failure_of_the_database_is_told_apart() {
    let bench = Bench::new().await;
    let failure = async |sql: &str| {
        let tx = bench.tx().await;
        tx.query(sql, &[]).await.expect_err(sql)
    };
    let constraint =
        "insert into email_suppressions values (current_setting('app.tenant')::uuid, 'a', 'whim')";
    let named = failure(constraint).await;
    assert!(matches!(named, Error::Constraint(name) if name == "email_suppressions_reason_check"));
    assert!(matches!(failure("select 1/0").await, Error::Failed(_)));
    let ended = failure("select pg_terminate_backend(pg_backend_pid())").await;
    assert!(
        matches!(ended, Error::Failed(_) | Error::Unavailable(_)),
        "{ended:?}"
    );
    let waited = "set local statement_timeout = 10; select pg_sleep(5)";
    let tx = bench.tx().await;
    tx.execute("set local statement_timeout = 10", &[])
        .await
        .unwrap();
    let slow = tx.query("select pg_sleep(5)", &[]).await.expect_err(waited);
    assert!(matches!(slow, Error::Unavailable(_)), "{slow:?}");

    // A column of another type than we think is a defect of ours, not an outage.
    let tx = bench.tx().await;
    let row = tx.query_one("select 'text' as number", &[]).await.unwrap();
    let defect: Error = row.try_get::<_, i64>("number").unwrap_err().into();
    assert!(matches!(defect, Error::Failed(_)), "{defect:?}");
}

#[tokio::test]
async fn a_customers_people_and_properties_are_found_and_a_verified_address_is_ones_own() {
    let bench = Bench::new().await;
    let insert = "with someone as (insert into auth.users (id, email, email_confirmed_at)
                    values (gen_random_uuid(), 'Sam@Oak.test', now()) returning id)
                  insert into profiles (id, org_id, role, full_name) select id, $1, 'viewer', 'Sam' from someone
                  on conflict (id) do update set org_id = excluded.org_id, full_name = excluded.full_name
                  returning id";
    let row = bench.sql.query_one(insert, &[&bench.org]).await.unwrap();
    let sam = ProfileId(row.get(0));
    let tx = bench.everywhere().await;
    let found = people::by_email(&tx, "sam@oak.test").await.unwrap();
    assert_eq!(found, Some(sam));
    let stranger = people::by_email(&tx, "kim@oak.test").await.unwrap();
    assert_eq!(stranger, None);
    let colleagues = people::of_org(&tx, bench.org).await.unwrap();
    assert_eq!(colleagues, [(sam, "Sam".to_owned())]);
    let properties = people::properties_of(&tx, bench.org).await.unwrap();
    assert_eq!(properties, [(bench.oak, "Oak Court".to_owned())]);
}

#[tokio::test]
async fn a_session_is_over_until_it_is_forgotten() {
    let bench = Bench::new().await;
    let (mine, other) = (Uuid::new_v4(), Uuid::new_v4());
    let tx = bench.everywhere().await;
    for _ in 0..2 {
        sessions::end(&tx, mine, noon()).await.unwrap();
    }
    assert!(sessions::has_ended(&tx, mine).await.unwrap());
    assert!(!sessions::has_ended(&tx, other).await.unwrap());
    assert_eq!(sessions::forget_before(&tx, noon()).await.unwrap(), 0);
    assert_eq!(sessions::forget_before(&tx, after(1)).await.unwrap(), 1);
    assert!(!sessions::has_ended(&tx, mine).await.unwrap());
}

#[tokio::test]
async fn a_refused_sign_in_is_of_no_property() {
    let bench = Bench::new().await;
    let sam = ProfileId(Uuid::new_v4());
    let tx = bench.everywhere().await;
    audit::append_refused_sign_in(&tx, sam).await.unwrap();
    tx.commit().await.unwrap();
    let whose = "select count(*) from audit_log where property_id is null and actor_id = entity_id";
    assert_eq!(bench.number(whose).await, 1);
    let tx = bench.tx().await;
    let refused = audit::append_refused_sign_in(&tx, sam).await;
    assert!(refused.is_err(), "not on a property's behalf");
}
