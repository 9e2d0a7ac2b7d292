//! Each bite of what is old: bounded, oldest first, and nothing twice.

use shared::domain::reply::ReplyState;
use shared::store::leads::{self, Sender};
use shared::store::messages::NewEmail;
use shared::store::{replies, retention};

use super::{Bench, after, noon, thread, write};

#[tokio::test]
async fn a_bite_takes_the_oldest_rows_and_no_more_than_it_may() {
    let bench = Bench::new().await;
    let mailbox = bench.mailbox().await;
    let tx = bench.tx().await;
    let held = thread(&tx, bench.oak, mailbox, "t1").await;
    let mut mails = Vec::new();
    for minute in [30, 0, 10, 20] {
        let mail = write(&tx, bench.oak, mailbox, held, |email| NewEmail {
            at: after(minute),
            ..email
        });
        mails.push(mail.await);
    }
    let reply = replies::insert(&tx, bench.oak, mailbox, held, mails[1], noon(), noon());
    let reply = reply.await.unwrap().unwrap();
    let worded = "update email_replies set state = 'sent', letter = 'x', body_text = 'x'";
    tx.execute(worded, &[]).await.unwrap();
    tx.commit().await.unwrap();

    let left = "select count(*) from email_messages where body_text <> ''";
    for (bite, expected) in [(1, 3), (1, 2), (5, 1), (5, 1)] {
        let tx = bench.everywhere().await;
        let taken = retention::blank_mail(&tx, after(30), noon(), bite).await;
        assert!(taken.unwrap() <= 2);
        tx.commit().await.unwrap();
        assert_eq!(bench.number(left).await, expected);
    }
    let tx = bench.tx().await;
    let answered = replies::by_id(&tx, reply).await.unwrap().unwrap();
    assert_eq!((answered.letter, answered.body_text), (None, None));
    assert_eq!(answered.state.as_str(), "sent");
}

#[tokio::test]
async fn the_other_kinds_go_by_their_own_times() {
    let bench = Bench::new().await;
    let mailbox = bench.mailbox().await;
    let tx = bench.tx().await;
    let held = thread(&tx, bench.oak, mailbox, "t1").await;
    let mail = write(&tx, bench.oak, mailbox, held, |email| email).await;
    replies::insert(&tx, bench.oak, mailbox, held, mail, noon(), noon())
        .await
        .unwrap();
    let ann = Sender {
        address_key: "ann@example.com",
        first_name: None,
        last_name: None,
        phone: None,
        source: "Email",
    };
    let lead = leads::find_or_create(&tx, bench.oak, &ann).await.unwrap();
    let talk = leads::email_conversation(&tx, bench.oak, lead)
        .await
        .unwrap();
    leads::add_turn(&tx, talk, "user", "A pool?", noon())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let rows = format!(
        "update email_threads set last_message_at = '{0}';
         update email_replies set state = 'cancelled', body_text = 'x', updated_at = '{0}';
         insert into lead_interests (lead_id, interest_type, interest_value, evidence, said_at, extracted_from)
            select id, 'amenity', 'pool', 'A pool?', '{0}', 'email' from leads;
         insert into email_quarantine (property_id, mailbox_id, gmail_message_id, state, reason, updated_at)
            select property_id, id, 'm1', 'skipped', 'x', '{0}' from gmail_config;
         insert into tour_bookings (property_id, lead_id, scheduled_date, scheduled_time, special_requests)
            select property_id, id, '2026-12-02', '10:00', 'A quiet hour' from leads",
        noon()
    );
    bench.sql.batch_execute(&rows).await.unwrap();
    for (at, expected) in [(noon(), 0), (after(1), 1), (after(1), 0)] {
        let tx = bench.everywhere().await;
        let day = at.date_naive() + chrono::Days::new(u64::from(at > noon()));
        let taken: [u64; 6] = [
            retention::blank_subjects(&tx, at, 9).await.unwrap(),
            retention::blank_turns(&tx, at, 9).await.unwrap(),
            retention::blank_requests(&tx, day, 9).await.unwrap(),
            retention::forget_interests(&tx, at, 9).await.unwrap(),
            retention::forget_quarantined(&tx, at, 9).await.unwrap(),
            retention::blank_unsent(&tx, at, 9).await.unwrap(),
        ];
        tx.commit().await.unwrap();
        assert_eq!(taken, [expected; 6], "{at}");
    }
}

#[tokio::test]
async fn what_waits_for_a_decision_is_ended_when_it_is_old() {
    let bench = Bench::new().await;
    let tx = bench.tx().await;
    let (mailbox, thread, mail) = bench.letter().await;
    let id = replies::insert(&tx, bench.oak, mailbox, thread, mail, noon(), noon());
    let id = id.await.unwrap().unwrap();
    let old = "update email_replies set state = 'held', body_text = 'x', updated_at = $1";
    tx.execute(old, &[&noon()]).await.unwrap();
    assert_eq!(retention::end_held(&tx, noon(), 9).await.unwrap(), []);
    let ended = retention::end_held(&tx, after(1), 9).await.unwrap();
    assert_eq!(ended, [(bench.oak, id)]);
    assert_eq!(retention::end_held(&tx, after(1), 9).await.unwrap(), []);
    let reply = replies::by_id(&tx, id).await.unwrap().unwrap();
    assert_eq!(
        (reply.state, reply.body_text),
        (ReplyState::Cancelled, None)
    );
    assert_eq!(reply.reasons, ["too_old"]);
}
