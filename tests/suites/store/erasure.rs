//! Finding a person, blanking what is stored, and knowing them again.

use shared::domain::ids::*;
use shared::store::leads::{self, Sender};
use shared::store::messages::NewEmail;
use shared::store::{
    Tx, erasure, event_links, letters, messages, persons, replies, threads, tours,
};

use super::{Bench, after, noon, thread, write};

async fn lead(bench: &Bench, tx: &Tx, address: &str) -> LeadId {
    let sender = Sender {
        address_key: address,
        first_name: None,
        last_name: None,
        phone: None,
        source: "Email",
    };
    leads::find_or_create(tx, bench.oak, &sender).await.unwrap()
}

#[tokio::test]
async fn a_person_is_found_by_lead_address_and_conversation_and_blanked() {
    let bench = Bench::new().await;
    let mailbox = bench.mailbox().await;
    let tx = bench.tx().await;
    let ann = lead(&bench, &tx, "ann@example.com").await;
    let talk = leads::email_conversation(&tx, bench.oak, ann)
        .await
        .unwrap();
    let turn = leads::add_turn(&tx, talk, "user", "Any two-bedrooms?", noon());
    let turn = turn.await.unwrap();
    let held = thread(&tx, bench.oak, mailbox, "t1").await;
    let by_turn = write(&tx, bench.oak, mailbox, held, |email| NewEmail {
        from_address: "alias@example.com",
        turn: Some(turn),
        ..email
    });
    let by_turn = by_turn.await;
    let by_address = write(&tx, bench.oak, mailbox, held, |email| email).await;
    let others = write(&tx, bench.oak, mailbox, held, |email| NewEmail {
        from_address: "bob@example.com",
        cc_addresses: vec!["ANN@example.com".to_owned(), "carl@example.com".to_owned()],
        ..email
    });
    let others = others.await;
    threads::grew(&tx, held, Some(ann), Some(talk), noon(), false)
        .await
        .unwrap();
    let reply = replies::insert(&tx, bench.oak, mailbox, held, by_address, noon(), noon());
    let reply = reply.await.unwrap().unwrap();

    let nobody = LeadId(uuid::Uuid::new_v4());
    assert!(
        persons::hold(&tx, bench.oak, nobody)
            .await
            .unwrap()
            .is_none()
    );
    let person = persons::hold(&tx, bench.oak, ann).await.unwrap().unwrap();
    assert_eq!((person.lead, person.leads.as_slice()), (ann, &[ann.0][..]));
    assert_eq!(person.address.as_deref(), Some("ann@example.com"));
    assert_eq!(person.conversations, [talk.0]);
    let mail = persons::mail(&tx, bench.oak, &person).await.unwrap();
    let mut found = mail.messages.clone();
    found.sort();
    let mut expected = [by_turn.0, by_address.0];
    expected.sort();
    assert_eq!(found, expected);
    assert_eq!(mail.turns, [turn.0]);

    let ended = erasure::end_replies(&tx, bench.oak, &mail.messages).await;
    assert_eq!(ended.unwrap(), [], "nobody had begun to send it");
    let stored = replies::by_id(&tx, reply).await.unwrap().unwrap();
    assert_eq!(
        (stored.state.as_str(), stored.reasons),
        ("cancelled", vec!["erased".to_owned()])
    );
    erasure::blank_mail(&tx, bench.oak, &person, &mail, noon())
        .await
        .unwrap();
    assert!(messages::is_blanked(&tx, by_address).await.unwrap());
    assert!(!messages::is_blanked(&tx, others).await.unwrap());
    let question = messages::question(&tx, bench.oak, by_address)
        .await
        .unwrap();
    assert!(question.unwrap().blanked);
    let again = persons::mail(&tx, bench.oak, &person).await.unwrap();
    assert!(again.messages.is_empty(), "once is enough");

    erasure::forget_wishes(&tx, bench.oak, &person)
        .await
        .unwrap();
    let new = erasure::remember(&tx, bench.oak, &person, noon()).await;
    assert_eq!(new.unwrap(), [ann]);
    let repeated = erasure::remember(&tx, bench.oak, &person, noon()).await;
    assert_eq!(repeated.unwrap(), []);
    erasure::blank_lead(&tx, bench.oak, &person, &mail, noon())
        .await
        .unwrap();
    assert!(erasure::is_erased(&tx, bench.oak, ann).await.unwrap());
    assert!(!erasure::is_erased(&tx, bench.oak, nobody).await.unwrap());
    tx.commit().await.unwrap();
    let copies = "select count(*) from email_messages where cc_addresses = '{carl@example.com}'";
    assert_eq!(bench.number(copies).await, 1);
}

#[tokio::test]
async fn mail_from_before_an_erasure_is_known_and_later_mail_is_not() {
    let bench = Bench::new().await;
    let tx = bench.tx().await;
    let ann = lead(&bench, &tx, "ann@example.com").await;
    leads::suppress(&tx, bench.oak, "ann@example.com", "opted_out", noon())
        .await
        .unwrap();
    let person = persons::hold(&tx, bench.oak, ann).await.unwrap().unwrap();
    erasure::remember(&tx, bench.oak, &person, noon())
        .await
        .unwrap();
    for (address, minutes, covered) in [
        ("ann@example.com", -1, true),
        ("ann@example.com", 0, true),
        ("ann@example.com", 1, false),
        ("bob@example.com", -1, false),
    ] {
        let found = erasure::covers(&tx, bench.oak, address, after(minutes)).await;
        assert_eq!(found.unwrap(), covered, "{address} {minutes}");
        let reason = leads::suppression(&tx, bench.oak, address).await.unwrap();
        assert_eq!(reason.is_some(), address.starts_with("ann"), "{address}");
    }
    tx.commit().await.unwrap();
    let named = "select count(*) from email_suppressions where address_key like '%ann%'";
    assert_eq!(bench.number(named).await, 0);
}

#[tokio::test]
async fn a_mailbox_that_is_a_lead_too_does_not_take_all_mail_with_it() {
    let bench = Bench::new().await;
    let mailbox = bench.mailbox().await;
    let tx = bench.tx().await;
    let held = thread(&tx, bench.oak, mailbox, "t1").await;
    write(&tx, bench.oak, mailbox, held, |email| NewEmail {
        inbound: false,
        from_address: "leasing@oak.test",
        to_address: "bob@example.com",
        ..email
    })
    .await;
    let own = lead(&bench, &tx, "leasing@oak.test").await;
    let person = persons::hold(&tx, bench.oak, own).await.unwrap().unwrap();
    let mail = persons::mail(&tx, bench.oak, &person).await.unwrap();
    assert!(mail.messages.is_empty());
}

#[tokio::test]
async fn tours_to_come_are_told_from_past_ones_and_their_letters_end() {
    let bench = Bench::new().await;
    let tx = bench.tx().await;
    let ann = lead(&bench, &tx, "ann@example.com").await;
    let time = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
    let mut booked = Vec::new();
    for (start, end) in [
        ("2026-12-01T16:00:00Z", "2026-12-01T16:30:00Z"),
        ("2026-12-03T16:00:00Z", "2026-12-03T16:30:00Z"),
    ] {
        let new = tours::NewBooking {
            property: bench.oak,
            lead: ann,
            slot: None,
            agent: None,
            time: shared::domain::interval::Interval::new(time(start), time(end)).unwrap(),
            buffer: 0,
            zone: "UTC",
            local: time(start).to_zoned(jiff::tz::TimeZone::UTC).datetime(),
            special_requests: Some("A quiet hour"),
            source: "direct",
            conversation: None,
        };
        let id = tours::insert(&tx, &new, time(start)).await.unwrap();
        event_links::expect_answer(&tx, id, bench.oak, ann, "ics")
            .await
            .unwrap();
        let booking = tours::by_id(&tx, id).await.unwrap().unwrap();
        let kind = letters::LetterKind::Invitation;
        letters::expect(&tx, &booking, kind, time(start), time(end))
            .await
            .unwrap();
        booked.push(id);
    }
    let person = persons::hold(&tx, bench.oak, ann).await.unwrap().unwrap();
    let coming = erasure::coming_tours(&tx, bench.oak, &person, noon()).await;
    assert_eq!(coming.unwrap(), [booked[1]]);
    let sending = "update tour_letters set state = 'sending', lease_owner = gen_random_uuid(),
                   lease_until = now() + interval '1 hour' where booking_id = $1";
    tx.execute(sending, &[&booked[0]]).await.unwrap();
    let left = erasure::end_letters(&tx, bench.oak, &person).await.unwrap();
    assert_eq!(left, [booked[0]], "a worker is to look after its draft");
    tx.commit().await.unwrap();
    let free = "select count(*) from tour_letters where reason = 'erased' and lease_owner is null";
    assert_eq!(bench.number(free).await, 2);
}
