//! Approved texts, and threads that are left to people.

use shared::domain::fair_housing::{Topic, Wording};
use shared::domain::ids::*;
use shared::domain::page::Page;
use shared::store::leads::{self, Sender};
use shared::store::overview::{self, Filter};
use shared::store::{messages, replies, threads, wordings};
use uuid::Uuid;

use super::{Bench, after, noon, write};

/// Somebody who works here.
async fn sam(bench: &Bench) -> ProfileId {
    let id = Uuid::new_v4();
    let person = format!(
        "insert into auth.users (id, email) values ('{id}', 'sam@staff.test');
         insert into profiles (id, full_name) values ('{id}', 'Sam') on conflict do nothing"
    );
    bench.sql.batch_execute(&person).await.unwrap();
    ProfileId(id)
}

#[tokio::test]
async fn a_property_has_its_own_texts_and_forgets_them() {
    let bench = Bench::new().await;
    let tx = bench.tx().await;
    let all = async || wordings::of_property(&tx, bench.oak).await.unwrap();
    assert_eq!(all().await, []);
    let sam = sam(&bench).await;
    for text in ["First", "Second"] {
        wordings::write(&tx, bench.oak, Wording::General, text, sam, noon())
            .await
            .unwrap();
    }
    assert_eq!(all().await, [(Wording::General, "Second".to_owned())]);
    wordings::forget(&tx, bench.oak, Wording::Steering)
        .await
        .unwrap();
    assert_eq!(all().await.len(), 1);
    wordings::forget(&tx, bench.oak, Wording::General)
        .await
        .unwrap();
    assert_eq!(all().await, []);
}

#[tokio::test]
async fn without_a_mailbox_all_topics_are_guarded_and_none_can_be_chosen() {
    let bench = Bench::new().await;
    let tx = bench.tx().await;
    let guarded = async || wordings::guarded(&tx, bench.oak).await.unwrap();
    assert_eq!(guarded().await, Topic::LOCAL);
    assert!(!wordings::guard(&tx, bench.oak, &[], noon()).await.unwrap());
    tx.commit().await.unwrap();
    bench.mailbox().await;
    let tx = bench.tx().await;
    assert_eq!(
        wordings::guarded(&tx, bench.oak).await.unwrap(),
        Topic::LOCAL
    );
    assert!(
        wordings::guard(&tx, bench.oak, &[Topic::Age], noon())
            .await
            .unwrap()
    );
    assert_eq!(
        wordings::guarded(&tx, bench.oak).await.unwrap(),
        [Topic::Age]
    );
    let federal = wordings::guard(&tx, bench.oak, &[Topic::Race], noon()).await;
    assert!(federal.is_err(), "what is always guarded is no choice");
}

#[tokio::test]
async fn a_thread_is_handed_over_taken_and_given_back_with_its_conversations() {
    let bench = Bench::new().await;
    let (mailbox, thread, _) = bench.letter().await;
    let tx = bench.tx().await;
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
    let turn = leads::add_turn(&tx, talk, "user", "Is it safe?", noon())
        .await
        .unwrap();
    let email = write(&tx, bench.oak, mailbox, thread, |mut email| {
        (email.turn, email.at) = (Some(turn), after(1));
        email
    })
    .await;
    let reply = replies::insert(&tx, bench.oak, mailbox, thread, email, after(5), noon()).await;
    let reply = reply.unwrap().unwrap();

    let waiting = async || {
        let filter = Filter {
            needs_person: true,
            ..Filter::default()
        };
        let page = Page {
            after: None,
            limit: 5,
        };
        let listed = overview::threads(&tx, bench.oak, filter, &page)
            .await
            .unwrap();
        let waiting = overview::waiting_for_person(&tx, bench.oak).await.unwrap();
        assert_eq!(usize::try_from(waiting.left).unwrap(), listed.len());
        assert_eq!(waiting.failed, 0);
        waiting.left
    };
    let human = async || {
        (
            leads::is_human_mode(&tx, talk).await.unwrap(),
            leads::is_taken_over(&tx, talk).await.unwrap(),
        )
    };
    assert_eq!((waiting().await, human().await), (0, (false, false)));
    threads::hand_over(&tx, thread, reply, "fair_housing")
        .await
        .unwrap();
    leads::hand_over(&tx, talk, after(6)).await.unwrap();
    assert_eq!((waiting().await, human().await), (1, (true, false)));
    let question = messages::question(&tx, bench.oak, email)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (question.handed_over, question.handed_over_by),
        (true, Some(reply))
    );

    let sam = sam(&bench).await;
    let leave_to = async |agent| {
        threads::leave_to(&tx, thread, agent, after(7))
            .await
            .unwrap()
    };
    assert!(leave_to(Some(sam)).await);
    assert!(!leave_to(Some(sam)).await, "so it was");
    assert_eq!(human().await, (true, true));
    leads::hand_over(&tx, talk, after(8)).await.unwrap();
    assert_eq!(human().await, (true, true), "whoever has it keeps it");
    assert!(leave_to(None).await);
    assert_eq!((waiting().await, human().await), (0, (false, false)));
    assert!(!leave_to(None).await);
}
