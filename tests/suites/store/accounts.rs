//! Mailboxes: connecting, cursor, lease, circuit and watch.

use shared::domain::ids::*;
use shared::domain::reply::ReplyMode;
use shared::store::accounts::{self, Holder};
use shared::store::mailboxes::{self, DueWatches, Status};
use shared::store::quarantine::{self, Fate};
use shared::store::settings::{self, Settings};
use uuid::Uuid;

use super::{Bench, after, connect, noon};

#[tokio::test]
async fn a_mailbox_is_found_as_it_was_connected() {
    let bench = Bench::new().await;
    let id = bench.mailbox().await;
    let tx = bench.tx().await;
    mailboxes::one_consent_at_a_time(&tx, bench.oak)
        .await
        .unwrap();
    let found = mailboxes::of_property(&tx, bench.oak)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found.id, id);
    assert_eq!(found.address, "leasing@oak.test");
    assert_eq!(found.status, Status::Connected);
    assert_eq!(found.history_id, Some(HistoryId(100)));
    assert_eq!(found.connected_at, Some(noon()));
    assert_eq!(found.google_subject.as_deref(), Some("1077"));
    let grant = found.grant.as_ref().unwrap();
    assert_eq!((grant.version, grant.expires_at), (1, after(60)));
    assert!(found.answers());
    let same = mailboxes::by_id(&tx, id).await.unwrap().unwrap();
    assert_eq!(same.address, found.address);
    let other = MailboxId(Uuid::new_v4());
    assert!(mailboxes::by_id(&tx, other).await.unwrap().is_none());
}

#[tokio::test]
async fn the_same_account_keeps_its_cursor_and_another_starts_at_its_own() {
    let bench = Bench::new().await;
    let id = bench.mailbox().await;
    let tx = bench.tx().await;
    let cursor = async || {
        let mailbox = mailboxes::by_id(&tx, id).await.unwrap().unwrap();
        mailbox.history_id.unwrap().0
    };
    connect(&tx, bench.oak, "leasing@oak.test", "1077", 500).await;
    assert_eq!(cursor().await, 100);
    connect(&tx, bench.oak, "new@oak.test", "2088", 700).await;
    assert_eq!(cursor().await, 700);
    assert!(mailboxes::disconnect(&tx, id, noon()).await.unwrap());
    assert!(!mailboxes::disconnect(&tx, id, noon()).await.unwrap());
    let gone = mailboxes::by_id(&tx, id).await.unwrap().unwrap();
    assert!(gone.grant.is_none() && gone.status == Status::Disconnected);
    connect(&tx, bench.oak, "new@oak.test", "2088", 900).await;
    assert_eq!(cursor().await, 900);
}

#[tokio::test]
async fn what_a_push_said_of_an_account_is_forgotten_with_it() {
    let bench = Bench::new().await;
    let id = bench.mailbox().await;
    let pushed = async |address: &str, subject: &str| {
        let tx = bench.tx().await;
        assert_eq!(connect(&tx, bench.oak, address, subject, 100).await, id);
        tx.commit().await.unwrap();
        let known = "select count(*) from gmail_config where pushed_history_id = 9000";
        bench.number(known).await == 1
    };
    let tx = bench.tx().await;
    mailboxes::heard(&tx, "leasing@oak.test", HistoryId(9000), after(1))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert!(pushed("leasing@oak.test", "1077").await);
    assert!(!pushed("new@oak.test", "2088").await);
}

#[tokio::test]
async fn one_reader_at_a_time_and_no_hint_is_lost() {
    let bench = Bench::new().await;
    let id = bench.mailbox().await;
    let (reader, other) = (Uuid::new_v4(), Uuid::new_v4());
    let tx = bench.tx().await;
    let heard = mailboxes::heard(&tx, "leasing@oak.test", HistoryId(120), after(1)).await;
    assert_eq!(heard.unwrap(), Some(id));
    assert_eq!(
        mailboxes::heard(&tx, "nobody@oak.test", HistoryId(120), after(1))
            .await
            .unwrap(),
        None
    );

    let leased = mailboxes::lease(&tx, id, reader, 60.0, noon())
        .await
        .unwrap()
        .unwrap();
    assert_eq!((leased.mailbox.id, leased.dirty_seq), (id, 2));
    assert!(
        mailboxes::lease(&tx, id, other, 60.0, noon())
            .await
            .unwrap()
            .is_none()
    );
    let to_read = mailboxes::to_read(&tx, noon(), noon(), after(60), 10)
        .await
        .unwrap();
    assert_eq!(to_read, [], "somebody is at it");

    // It changed while it was read: the lease stays.
    accounts::mark_dirty(&tx, Holder::Mailbox(id))
        .await
        .unwrap();
    let again = mailboxes::release(&tx, id, reader, 2, after(2), None)
        .await
        .unwrap();
    assert_eq!(again, Some(3));
    assert!(
        mailboxes::lease(&tx, id, other, 60.0, noon())
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(
        mailboxes::release(&tx, id, other, 3, after(2), None)
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        mailboxes::release(&tx, id, reader, 3, after(2), None)
            .await
            .unwrap(),
        None
    );
    let read = mailboxes::by_id(&tx, id).await.unwrap().unwrap();
    assert_eq!(read.last_sync_at, Some(after(2)));

    // Read a minute ago: not again until it is silent for too long.
    assert_eq!(
        mailboxes::to_read(&tx, after(3), after(1), after(60), 10)
            .await
            .unwrap(),
        []
    );
    assert_eq!(
        mailboxes::to_read(&tx, after(9), after(4), after(60), 10)
            .await
            .unwrap(),
        [id]
    );
    // Read, but not as far as a push said that there is something.
    assert_eq!(
        mailboxes::to_read(&tx, after(3), after(1), noon(), 10)
            .await
            .unwrap(),
        [id]
    );
    assert!(
        mailboxes::lease(&tx, id, other, 60.0, noon())
            .await
            .unwrap()
            .is_some()
    );
    accounts::give_up_lease(&tx, Holder::Mailbox(id), reader)
        .await
        .unwrap();
    assert!(
        mailboxes::lease(&tx, id, reader, 60.0, noon())
            .await
            .unwrap()
            .is_none()
    );
    accounts::give_up_lease(&tx, Holder::Mailbox(id), other)
        .await
        .unwrap();
    assert!(
        mailboxes::lease(&tx, id, reader, 60.0, noon())
            .await
            .unwrap()
            .is_some()
    );
}

#[tokio::test]
async fn the_cursor_moves_forward_from_where_it_was_and_never_back() {
    let bench = Bench::new().await;
    let id = bench.mailbox().await;
    let tx = bench.tx().await;
    let (start, next, late) = (HistoryId(100), HistoryId(1_000), HistoryId(999));
    assert!(
        mailboxes::advance(&tx, id, Some(start), next)
            .await
            .unwrap()
    );
    assert!(
        !mailboxes::advance(&tx, id, Some(start), HistoryId(2_000))
            .await
            .unwrap()
    );
    assert!(
        !mailboxes::advance(&tx, id, None, HistoryId(2_000))
            .await
            .unwrap()
    );
    assert!(mailboxes::advance(&tx, id, Some(next), late).await.unwrap());
    let mailbox = mailboxes::by_id(&tx, id).await.unwrap().unwrap();
    assert_eq!(mailbox.history_id, Some(next), "999 comes before 1000");
}

#[tokio::test]
async fn a_blocked_account_is_left_alone_until_its_time() {
    let bench = Bench::new().await;
    let id = bench.mailbox().await;
    let reader = Uuid::new_v4();
    let tx = bench.tx().await;
    mailboxes::lease(&tx, id, reader, 60.0, noon())
        .await
        .unwrap()
        .unwrap();
    accounts::block(&tx, Holder::Mailbox(id), reader, after(10), "rate_limited")
        .await
        .unwrap();
    let blocked = mailboxes::by_id(&tx, id).await.unwrap().unwrap();
    assert_eq!(
        (blocked.failures, blocked.blocked_until),
        (1, Some(after(10)))
    );
    assert!(
        mailboxes::lease(&tx, id, reader, 60.0, after(9))
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(
        mailboxes::to_read(&tx, after(9), after(9), after(60), 10)
            .await
            .unwrap(),
        []
    );
    let leased = mailboxes::lease(&tx, id, reader, 60.0, after(10))
        .await
        .unwrap()
        .unwrap();
    mailboxes::release(&tx, id, reader, leased.dirty_seq, after(10), None)
        .await
        .unwrap();
    let well = mailboxes::by_id(&tx, id).await.unwrap().unwrap();
    assert_eq!((well.failures, well.blocked_until), (0, None));
}

#[tokio::test]
async fn a_limit_that_anybody_meets_keeps_everybody_from_the_account_and_is_never_shortened() {
    let bench = Bench::new().await;
    let id = bench.mailbox().await;
    let tx = bench.tx().await;
    accounts::leave_alone(&tx, Holder::Mailbox(id), after(30), "patience")
        .await
        .unwrap();
    accounts::leave_alone(&tx, Holder::Mailbox(id), after(5), "patience")
        .await
        .unwrap();
    let blocked = mailboxes::by_id(&tx, id).await.unwrap().unwrap();
    assert_eq!(blocked.blocked_until, Some(after(30)));
    let early = mailboxes::lease(&tx, id, Uuid::new_v4(), 60.0, after(29))
        .await
        .unwrap();
    assert!(early.is_none());
    let late = mailboxes::lease(&tx, id, Uuid::new_v4(), 60.0, after(30))
        .await
        .unwrap();
    assert!(late.is_some());
}

#[tokio::test]
async fn watches_that_end_soon_or_were_not_renewed_today_are_found() {
    let bench = Bench::new().await;
    let id = bench.mailbox().await;
    let tx = bench.tx().await;
    let week = 7 * 24 * 60;
    let found = async |now, ending_before, renewed_before| {
        let due = DueWatches {
            now: after(now),
            ending_before: after(ending_before),
            renewed_before: after(renewed_before),
            told_before: after(10),
        };
        let found = mailboxes::to_watch(&tx, &due, 10).await.unwrap();
        found
            .into_iter()
            .map(|mailbox| mailbox.id)
            .collect::<Vec<_>>()
    };
    assert_eq!(found(0, week - 1, -1).await, []);
    assert_eq!(found(0, week + 1, -1).await, [id]);
    assert_eq!(found(0, 0, 1).await, [id]);
    mailboxes::watched(&tx, id, after(2 * week), after(5))
        .await
        .unwrap();
    assert_eq!(found(0, week + 1, 5).await, []);
    accounts::watch_failed(&tx, Holder::Mailbox(id), "forbidden", Some(after(3)))
        .await
        .unwrap();
    assert_eq!(found(2, 0, 0).await, [], "Google asks to be left alone");
    assert_eq!(found(3, 0, 0).await, [id]);
    mailboxes::watched(&tx, id, after(2 * week), after(5))
        .await
        .unwrap();
    assert_eq!(found(3, 0, 0).await, []);

    // Mail came, and no push told of it.
    let reader = Uuid::new_v4();
    let told = async |newest| {
        let lease = mailboxes::lease(&tx, id, reader, 60.0, after(9)).await;
        let seen = lease.unwrap().unwrap().dirty_seq;
        mailboxes::release(&tx, id, reader, seen, after(9), Some(after(newest)))
            .await
            .unwrap();
        found(9, 0, 0).await
    };
    assert_eq!(told(4).await, [], "before the watch was renewed");
    assert_eq!(told(6).await, [id]);
    assert_eq!(told(11).await, [], "the push may be on its way");
}

#[tokio::test]
async fn settings_are_read_held_and_written_whole() {
    let bench = Bench::new().await;
    let tx = bench.tx().await;
    assert!(settings::read(&tx, bench.oak).await.unwrap().is_none());
    tx.commit().await.unwrap();
    let id = bench.mailbox().await;
    let tx = bench.tx().await;
    let row = settings::hold(&tx, bench.oak).await.unwrap().unwrap();
    assert_eq!((row.id, row.settings), (id, Settings::default()));
    let changed = Settings {
        auto_reply_enabled: false,
        reply_mode: ReplyMode::Approve,
        auto_reply_delay: 40,
        confidence_threshold: 0.25,
        signature: Some("Oak Court".to_owned()),
        portal_domains: vec!["zillow.com".to_owned()],
    };
    settings::write(&tx, bench.oak, &changed, noon())
        .await
        .unwrap();
    let row = settings::read(&tx, bench.oak).await.unwrap().unwrap();
    assert_eq!(row.settings, changed);
    assert_eq!(row.health.quarantined, 0);
}

#[tokio::test]
async fn what_could_not_be_read_waits_is_given_up_and_replayed() {
    let bench = Bench::new().await;
    let id = bench.mailbox().await;
    let tx = bench.tx().await;
    let [waits, odd, gone] = ["m1", "m2", "m3"].map(|name| GmailMessageId(name.to_owned()));
    let put = async |message: &GmailMessageId, fate| {
        let put = quarantine::put(&tx, bench.oak, id, message, fate, "unreadable", noon());
        put.await.unwrap();
    };
    put(&waits, Fate::Retry(after(5))).await;
    put(&odd, Fate::Quarantined).await;
    put(&gone, Fate::Skipped).await;
    let due = async |at| {
        let due = quarantine::due(&tx, id, at, 10).await.unwrap();
        due.into_iter()
            .map(|due| (due.message.0, due.attempts))
            .collect::<Vec<_>>()
    };
    assert_eq!(due(after(4)).await, []);
    assert_eq!(due(after(5)).await, [("m1".to_owned(), 1)]);
    assert_eq!(
        quarantine::mailboxes_due(&tx, after(4), 10).await.unwrap(),
        []
    );
    assert_eq!(
        quarantine::mailboxes_due(&tx, after(5), 10).await.unwrap(),
        [id]
    );
    let row = settings::read(&tx, bench.oak).await.unwrap().unwrap();
    assert_eq!(row.health.quarantined, 1);

    put(&waits, Fate::Retry(after(9))).await;
    assert_eq!(due(after(9)).await, [("m1".to_owned(), 2)]);
    quarantine::filed(&tx, id, &waits).await.unwrap();
    put(&waits, Fate::Quarantined).await; // a late second worker
    assert_eq!(
        quarantine::replay(&tx, bench.oak, after(10)).await.unwrap(),
        1
    );
    assert_eq!(due(after(10)).await, [("m2".to_owned(), 0)]);
}
