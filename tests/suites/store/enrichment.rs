//! Runs over conversations, and what they leave behind.

use serde_json::json;
use shared::domain::ids::*;
use shared::domain::interest::{Interest, Kind, Source};
use shared::store::enrichment::{Cause, Of, Run};
use shared::store::interests::Preferences;
use shared::store::{Tx, enrichment, interests};
use uuid::Uuid;

use super::{Bench, after, noon};

const LEASE: f64 = 60.0;

/// Ann's lead with a conversation over that channel.
async fn conversation(bench: &Bench, channel: &str) -> (LeadId, ConversationId) {
    let row = bench
        .sql
        .query_one(
            "with ann as (insert into leads (property_id, email) values ($1, '') returning id)
             insert into conversations (property_id, lead_id, channel) select $1, id, $2 from ann
             returning id, lead_id",
            &[&bench.oak.0, &channel],
        )
        .await
        .unwrap();
    (LeadId(row.get("lead_id")), ConversationId(row.get("id")))
}

async fn said(
    bench: &Bench,
    conversation: ConversationId,
    role: &str,
    text: &str,
    minute: i64,
) -> TurnId {
    let sql = "insert into messages (conversation_id, role, content, created_at) values ($1, $2, $3, $4) returning id";
    let row = bench
        .sql
        .query_one(sql, &[&conversation.0, &role, &text, &after(minute)])
        .await;
    TurnId(row.unwrap().get(0))
}

async fn asked(tx: &Tx, bench: &Bench, of: Of, cause: Cause) -> Vec<ConversationId> {
    enrichment::expect(tx, bench.oak, of, 1, cause, after(30))
        .await
        .unwrap()
}

async fn taken(tx: &Tx, conversation: ConversationId, owner: Uuid) -> Option<Run> {
    enrichment::claim(tx, conversation, owner, LEASE, after(30))
        .await
        .unwrap()
}

#[tokio::test]
async fn a_run_is_asked_for_once_and_taken_by_one() {
    let bench = Bench::new().await;
    let (lead, chat) = conversation(&bench, "widget").await;
    said(&bench, chat, "assistant", "Hello", 0).await;
    let tx = bench.tx().await;
    assert_eq!(
        asked(&tx, &bench, Of::Lead(lead), Cause::Manual).await,
        [],
        "nothing to read"
    );
    tx.commit().await.unwrap();
    let last = said(&bench, chat, "user", "Is there a pool?", 1).await;

    let tx = bench.tx().await;
    assert_eq!(
        asked(&tx, &bench, Of::Lead(lead), Cause::Manual).await,
        [chat]
    );
    assert_eq!(
        asked(&tx, &bench, Of::Conversation(chat), Cause::ThreadClosed).await,
        []
    );
    assert_eq!(
        asked(&tx, &bench, Of::Lead(lead), Cause::Manual).await,
        [chat],
        "due still"
    );
    assert_eq!(
        enrichment::unattended(&tx, after(30), 10).await.unwrap(),
        [chat]
    );
    let (one, other) = (Uuid::new_v4(), Uuid::new_v4());
    let run = taken(&tx, chat, one).await.unwrap();
    assert_eq!((run.last_message, run.attempts), (last, 1));
    assert!(taken(&tx, chat, other).await.is_none());
    assert_eq!(
        enrichment::unattended(&tx, after(30), 10).await.unwrap(),
        []
    );

    enrichment::postpone(&tx, &run, one, after(40))
        .await
        .unwrap();
    assert!(taken(&tx, chat, one).await.is_none(), "not before its time");
    let late = enrichment::claim(&tx, chat, one, LEASE, after(40))
        .await
        .unwrap()
        .unwrap();
    assert_eq!((late.attempts, late.kills), (2, 0));
    assert!(
        !enrichment::finish(&tx, &late, other, false, None, after(41))
            .await
            .unwrap()
    );
    assert!(
        enrichment::finish(&tx, &late, one, true, Some("model_declined"), after(41))
            .await
            .unwrap()
    );
    assert_eq!(
        asked(&tx, &bench, Of::Lead(lead), Cause::TourBooked).await,
        [],
        "it failed"
    );
    assert_eq!(
        asked(&tx, &bench, Of::Lead(lead), Cause::Manual).await,
        [chat],
        "somebody insists"
    );
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn silent_chats_are_found_and_older_runs_give_way() {
    let bench = Bench::new().await;
    let (_, chat) = conversation(&bench, "widget").await;
    let (_, mail) = conversation(&bench, "email").await;
    said(&bench, chat, "user", "Is there a pool?", 1).await;
    said(&bench, mail, "user", "Is there a pool?", 1).await;
    let silent = async |minute: i64| {
        let tx = bench.everywhere().await;
        let now = after(minute);
        let quiet = after(minute - 10);
        let found = enrichment::expect_silent(&tx, 1, quiet, noon(), now, 10)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        found
    };
    assert_eq!(silent(10).await, 0);
    assert_eq!(silent(11).await, 1);
    assert_eq!(silent(12).await, 0, "asked for already");
    said(&bench, chat, "user", "And a gym?", 13).await;
    said(&bench, chat, "assistant", "Yes.", 20).await;
    assert_eq!(silent(25).await, 0, "the office wrote since");
    assert_eq!(silent(30).await, 1);

    let tx = bench.tx().await;
    let owner = Uuid::new_v4();
    let run = taken(&tx, chat, owner).await.unwrap();
    assert_eq!(run.last_message_at, after(13), "the newest");
    assert!(
        enrichment::finish(&tx, &run, owner, false, None, after(30))
            .await
            .unwrap()
    );
    assert!(taken(&tx, chat, owner).await.is_none());
    tx.commit().await.unwrap();
    let superseded =
        "select count(*) from enrichment_runs where state = 'done' and reason = 'superseded'";
    assert_eq!(bench.number(superseded).await, 1);
}

#[tokio::test]
async fn a_run_reads_its_own_conversation_up_to_its_last_message() {
    let bench = Bench::new().await;
    let (lead, chat) = conversation(&bench, "widget").await;
    let (_, other) = conversation(&bench, "widget").await;
    said(&bench, other, "user", "walrus", 1).await;
    for (minute, role, text) in [
        (1, "user", "one"),
        (2, "assistant", "two"),
        (3, "system", "three"),
        (4, "user", "four"),
    ] {
        said(&bench, chat, role, text, minute).await;
    }
    let tx = bench.tx().await;
    asked(&tx, &bench, Of::Conversation(chat), Cause::Manual).await;
    tx.commit().await.unwrap();
    said(&bench, chat, "user", "five", 5).await;
    let tx = bench.tx().await;
    let owner = Uuid::new_v4();
    let run = taken(&tx, chat, owner).await.unwrap();
    let exchange = enrichment::exchange(&tx, &run, 2, 3)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((exchange.lead, exchange.is_email), (lead, false));
    let texts: Vec<_> = exchange
        .turns
        .iter()
        .map(|turn| (turn.by_prospect, turn.text.as_str()))
        .collect();
    assert_eq!(texts, [(false, "two"), (true, "fou")]);

    let noted = async |owner| {
        let noted = enrichment::asked(&tx, &run, owner, after(30)).await;
        noted.unwrap()
    };
    assert!(noted(owner).await);
    assert!(!noted(Uuid::new_v4()).await, "not ours");

    let put_off = enrichment::put_off(&tx, &run, owner, after(60)).await;
    put_off.unwrap();
    assert!(!noted(owner).await, "the lease was given back");
    tx.commit().await.unwrap();
    let waits = "select count(*) from enrichment_runs where attempts = 0 and calls = 1 and lease_until is null
                 and next_attempt_at is not null";
    assert_eq!(bench.number(waits).await, 1);
}

#[tokio::test]
async fn interests_and_preferences_are_kept_and_a_persons_row_stays() {
    let bench = Bench::new().await;
    let (lead, chat) = conversation(&bench, "widget").await;
    let message = said(&bench, chat, "user", "a pool", 1).await;
    let pool = Interest {
        kind: Kind::Amenity,
        value: "pool".to_owned(),
        confidence: 0.5,
        source: Source::Chat,
        evidence: Some("a pool".to_owned()),
        message: Some(message),
        said_at: Some(after(1)),
        retracted_at: None,
    };
    let entered =
        "insert into lead_interests (lead_id, interest_type, interest_value, extracted_from)
                   values ($1, 'pets', 'cat', 'manual')";
    bench.sql.execute(entered, &[&lead.0]).await.unwrap();
    let cat = Interest {
        kind: Kind::Pets,
        value: "cat".to_owned(),
        ..pool.clone()
    };
    let sure = Interest {
        confidence: 0.9,
        ..pool.clone()
    };
    let tx = bench.everywhere().await;
    assert_eq!(
        interests::property_of_lead(&tx, lead).await.unwrap(),
        Some(bench.oak)
    );
    assert_eq!(
        interests::property_of_lead(&tx, LeadId(Uuid::new_v4()))
            .await
            .unwrap(),
        None
    );
    tx.commit().await.unwrap();

    let tx = bench.tx().await;
    for interest in [&pool, &sure, &cat] {
        interests::save(&tx, bench.oak, lead, interest, after(2))
            .await
            .unwrap();
    }
    let stored = interests::of_lead(&tx, bench.oak, lead).await.unwrap();
    let stored: Vec<Interest> = stored.into_iter().map(|shown| shown.interest).collect();
    assert_eq!(stored.len(), 2);
    assert!(stored.contains(&sure));
    assert!(
        stored
            .iter()
            .any(|row| row.source == Source::Manual && row.evidence.is_none())
    );

    let held = interests::hold(&tx, bench.oak, lead)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((held.held, held.written), (json!({}), json!(null)));
    let new = Preferences {
        held: json!({ "amenities": ["pool"] }),
        written: json!({ "amenities": [] }),
    };
    interests::set_preferences(&tx, bench.oak, lead, &new, after(3))
        .await
        .unwrap();
    interests::set_preferences(&tx, bench.oak, lead, &new, after(3))
        .await
        .unwrap();
    let held = interests::hold(&tx, bench.oak, lead)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(held, new);
    let shown = interests::preferences(&tx, bench.oak, lead).await.unwrap();
    assert_eq!(shown, Some(new));
    let nobody = LeadId(Uuid::new_v4());
    assert_eq!(
        interests::preferences(&tx, bench.oak, nobody)
            .await
            .unwrap(),
        None
    );
    assert!(
        interests::hold(&tx, bench.oak, nobody)
            .await
            .unwrap()
            .is_none()
    );
    tx.commit().await.unwrap();
}
