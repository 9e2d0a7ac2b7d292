//! The database loses connections, races and patience; what was filed is filed once.

use std::time::Duration;

use shared::app::{App, filing, grants::Account};
use shared::domain::ids::{GmailMessageId, MailboxId};
use shared::store::mailboxes;
use world::{Cut, Wire, World, door, push_with};

use super::{
    ANN, LEASING, aside, assert_filed_once, cursor, lose_pushes, oak, receives_many, stored,
};

/// A push arrives and its job is worked on, by a system that reaches its database through `app`.
async fn hears_and_reads(world: &World, app: &App) {
    for push in world.google.take_pushes() {
        let (headers, body) = world.google.push_request(&push);
        let answer = push_with(app, headers, body).await;
        if answer.status == 503 {
            assert_eq!(
                world.deliver_push(&push).await.status,
                204,
                "Pub/Sub repeats it"
            );
        }
    }
    for job in world.aws.take_due(&world.queue_url("sync")) {
        door::consume(app, "sync", &[job.body]).await;
    }
}

#[tokio::test]
async fn a_connection_lost_at_any_commit_loses_nothing_and_repeats_nothing() {
    for cut in [Cut::BeforeCommit, Cut::AfterCommit] {
        let world = World::start().await;
        let (_, mailbox) = oak(&world).await;
        let wire = Wire::to(&world.database.url).await;
        let app = world.another_app(&[("DATABASE_URL", wire.url())]);
        let mut n = 1;
        loop {
            receives_many(&mailbox, 2);
            wire.cut_at(n, cut);
            hears_and_reads(&world, &app).await;
            let cut_is_still_to_come = wire.is_whole();
            world.leases_run_out().await;
            world.sweep().await;
            world.work().await;
            assert_filed_once(&world, &mailbox).await;
            if cut_is_still_to_come {
                break; // that was more commits than there are
            }
            n += 1;
        }
        assert!(n > 6, "{n} commits only");
    }
}

#[tokio::test]
async fn two_first_mails_of_one_person_at_once_make_one_lead() {
    let world = World::start().await;
    let (_, mailbox) = oak(&world).await;
    let mail = mailbox.receives(ANN, "2BR?", "One");
    let answer = mailbox.receives_in(&mail.thread_id, "ANN@EXAMPLE.COM", "Two");
    let other = mailbox.receives("ann@example.com", "Parking?", "Three");
    lose_pushes(&world);
    let apps = [(); 3].map(|()| world.another_app(&[]));
    let file = async |app: &App, id: &str| {
        let tx = app.everywhere().await.unwrap();
        let ours = mailboxes::by_id(&tx, the_mailbox(&world).await).await;
        tx.commit().await.unwrap();
        let ours = ours.unwrap().unwrap();
        let id = GmailMessageId(id.to_owned());
        let raw = Account::of(app, ours.account())
            .gmail(|gmail| {
                let id = id.clone();
                async move { gmail.raw(&id).await }
            })
            .await;
        let filed = filing::file(app, &ours, &raw.unwrap(), true).await;
        assert!(filed.is_ok());
    };
    tokio::join!(
        file(&apps[0], &mail.id),
        file(&apps[1], &answer.id),
        file(&apps[2], &other.id),
        file(&apps[0], &mail.id), // and the same one twice
    );
    assert_filed_once(&world, &mailbox).await;
    for (table, rows) in [("leads", 1), ("conversations", 1), ("email_threads", 2)] {
        let count = world.count(&format!("select count(*) from {table}")).await;
        assert_eq!(count, rows, "{table}");
    }
}

#[tokio::test]
async fn a_lost_race_is_run_again() {
    for code in ["40001", "40P01"] {
        let world = World::start().await;
        let (_, mailbox) = oak(&world).await;
        refuse_inserts(&world, code, 2).await;
        mailbox.receives(ANN, "One", "1");
        world.deliver_pushes().await;
        assert_filed_once(&world, &mailbox).await;
        assert_eq!(aside(&world).await, Vec::<String>::new(), "{code}");
        assert_eq!(world.count("select last_value from refusals").await, 3);
    }
}

#[tokio::test]
async fn a_database_that_is_unwell_blames_no_message_and_one_that_refuses_its_values_does() {
    // Disk full, a column that a migration has yet to bring, a time-out; a check, an index that is too small.
    for code in ["53100", "42703", "57014"] {
        let world = World::start().await;
        let (_, mailbox) = oak(&world).await;
        refuse_inserts(&world, code, 1).await;
        mailbox.receives(ANN, "One", "1");
        world.deliver_pushes().await;
        assert_eq!(aside(&world).await, Vec::<String>::new(), "{code}");
        world.pass(world::minutes(1)).await;
        assert_filed_once(&world, &mailbox).await;
    }
    for code in ["22021", "23514", "54000"] {
        let world = World::start().await;
        let (_, mailbox) = oak(&world).await;
        refuse_inserts(&world, code, 1).await;
        mailbox.receives(ANN, "One", "1");
        let next = mailbox.receives(ANN, "Two", "2");
        world.deliver_pushes().await;
        assert_eq!(
            aside(&world).await,
            ["quarantined storage_refused"],
            "{code}"
        );
        assert_eq!(stored(&world, LEASING).await, [next.id]);
    }
}

#[tokio::test]
async fn after_a_failover_the_next_event_finds_the_new_server() {
    let world = World::start().await;
    let (_, mailbox) = oak(&world).await;
    let others = "select pg_terminate_backend(pid) from pg_stat_activity
                  where datname = current_database() and pid <> pg_backend_pid()";
    world.sql.query(others, &[]).await.unwrap();
    mailbox.receives(ANN, "One", "1");
    world.deliver_pushes().await; // no event is lost to a dead connection
    assert_filed_once(&world, &mailbox).await;

    // For a while every connection leads to a standby, which only reads.
    let name = &world.database.name;
    let standby = format!("alter database {name} set default_transaction_read_only = on");
    world.sql.batch_execute(&standby).await.unwrap();
    world.sql.query(others, &[]).await.unwrap();
    mailbox.receives(ANN, "Two", "2");
    let push = world.google.take_pushes().remove(0);
    assert_eq!(world.deliver_push(&push).await.status, 503);
    assert_eq!(stored(&world, LEASING).await.len(), 1);
    let primary = format!("alter database {name} reset default_transaction_read_only");
    world.sql.batch_execute(&primary).await.unwrap();
    world.sql.query(others, &[]).await.unwrap();
    assert_eq!(world.deliver_push(&push).await.status, 204);
    world.work().await;
    assert_filed_once(&world, &mailbox).await;
}

#[tokio::test]
async fn connections_that_died_unnoticed_are_replaced_before_pub_sub_loses_patience() {
    let world = World::start().await;
    let (_, mailbox) = oak(&world).await;
    let wire = Wire::to(&world.database.url).await;
    let app = world.another_app(&[("DATABASE_URL", wire.url())]);
    let push = mailbox.push();
    for dead in [false, true] {
        if dead {
            wire.open_connections_die(); // the function was frozen for an hour
        }
        let (headers, body) = world.google.push_request(&push);
        let answer = push_with(&app, headers, body);
        let answer = tokio::time::timeout(Duration::from_secs(10), answer).await;
        assert_eq!(answer.unwrap().status, 204);
    }
}

#[tokio::test]
async fn a_row_that_is_there_already_is_no_error() {
    let world = World::start().await;
    let (_, mailbox) = oak(&world).await;
    receives_many(&mailbox, 2);
    world.deliver_pushes().await;
    // As if the cursor had been lost: everything is read again.
    let before = cursor(&world, LEASING).await;
    world
        .sql
        .batch_execute("update gmail_config set history_id = 99950, dirty_seq = dirty_seq + 1")
        .await
        .unwrap();
    world.sweep().await;
    world.work().await;
    assert!(cursor(&world, LEASING).await >= before);
    assert_filed_once(&world, &mailbox).await;
    assert_eq!(world.google.calls().count("messages.get"), 2);
}

async fn the_mailbox(world: &World) -> MailboxId {
    let row = world
        .sql
        .query_one("select id from gmail_config", &[])
        .await;
    MailboxId(row.unwrap().get(0))
}

/// The first `times` messages to be stored meet this error of Postgres; `refusals` counts all tries.
async fn refuse_inserts(world: &World, code: &str, times: u32) {
    let sql = format!(
        "create sequence refusals;
         create function refuse() returns trigger language plpgsql security definer as $$
         begin
           if nextval('refusals') <= {times} then
             raise exception 'refused' using errcode = '{code}';
           end if;
           return new;
         end $$;
         create trigger refuse before insert on email_messages for each row execute function refuse()"
    );
    world.sql.batch_execute(&sql).await.unwrap();
}
