//! Leads as the team looks at them, and the audit log as it reads it.

use serde_json::json;
use shared::domain::ids::*;
use shared::domain::interest::Kind;
use shared::domain::page::Page;
use shared::store::audit::{self, Actor, Entry};
use shared::store::prospects::{self, Filter};
use shared::store::{activity, interests, tours};
use uuid::Uuid;

use super::{Bench, noon};

const ALL: Page = Page {
    after: None,
    limit: 10,
};

async fn lead(bench: &Bench) -> LeadId {
    let sql = "insert into leads (property_id, first_name, email, preferences)
               values ($1, 'Ann', 'Ann@Example.com', '{\"pets\": [\"cat\"]}') returning id";
    let row = bench.sql.query_one(sql, &[&bench.oak.0]).await.unwrap();
    LeadId(row.get(0))
}

#[tokio::test]
async fn a_lead_is_listed_and_found() {
    let bench = Bench::new().await;
    let ann = lead(&bench).await;
    let tx = bench.tx().await;
    let list = async |filter: Filter| {
        let found = prospects::list(&tx, bench.oak, &filter, &ALL)
            .await
            .unwrap();
        found.into_iter().map(|line| line.id).collect::<Vec<_>>()
    };
    let words = |words: &str| Filter {
        words: Some(words.to_owned()),
        ..Filter::default()
    };
    let wants = |field| Filter {
        wants: Some(field),
        ..Filter::default()
    };
    let toured = Filter {
        toured: true,
        ..Filter::default()
    };
    assert_eq!(list(Filter::default()).await, [ann]);
    assert_eq!(list(words("ann@")).await, [ann]);
    assert_eq!(list(words("bob")).await, []);
    assert_eq!(list(wants("pets")).await, [ann]);
    assert_eq!(list(wants("budget")).await, []);
    assert_eq!(list(toured).await, []);

    let line = prospects::one(&tx, bench.oak, ann).await.unwrap().unwrap();
    assert_eq!(
        (line.name.as_deref(), line.status.as_str()),
        (Some("Ann"), "new")
    );
    let nobody = LeadId(Uuid::new_v4());
    assert!(
        prospects::one(&tx, bench.oak, nobody)
            .await
            .unwrap()
            .is_none()
    );
    let bookings = tours::of_lead(&tx, bench.oak, ann).await.unwrap();
    assert!(bookings.is_empty());
}

#[tokio::test]
async fn the_words_of_a_letter_stand_in_its_thread() {
    let bench = Bench::new().await;
    let (_, thread, email) = bench.letter().await;
    let turn = Uuid::new_v4();
    let spoken = format!(
        "with c as (insert into conversations (property_id, channel) values ('{}', 'email') returning id)
         insert into messages (id, conversation_id, role, content) select '{turn}', id, 'user', 'x' from c;
         update email_messages set turn_id = '{turn}' where id = '{email}'",
        bench.oak
    );
    bench.sql.batch_execute(&spoken).await.unwrap();
    let tx = bench.tx().await;
    let turns = vec![turn, Uuid::new_v4()];
    let found = prospects::threads_of(&tx, bench.oak, turns).await.unwrap();
    assert_eq!(found, [(TurnId(turn), thread)]);
}

#[tokio::test]
async fn a_persons_rows_are_taken_back_by_kind_and_by_value() {
    let bench = Bench::new().await;
    let ann = lead(&bench).await;
    let rows = format!(
        "insert into lead_interests (lead_id, interest_type, interest_value, extracted_from, evidence, said_at) values
            ('{ann}', 'pets', 'Cat', 'manual', null, null), ('{ann}', 'pets', 'dog', 'manual', null, null),
            ('{ann}', 'pets', 'fish', 'chat', 'a fish', now()), ('{ann}', 'budget', 'up to 1200', 'manual', null, null)"
    );
    bench.sql.batch_execute(&rows).await.unwrap();
    let tx = bench.tx().await;
    let withdraw = async |kind, value| {
        interests::withdraw_manual(&tx, bench.oak, ann, kind, value, noon())
            .await
            .unwrap();
    };
    withdraw(Kind::Pets, Some(" cat")).await;
    withdraw(Kind::Pets, Some("fish")).await;
    withdraw(Kind::Budget, None).await;
    tx.commit().await.unwrap();
    let left = "select string_agg(interest_value, ' ' order by 1) from lead_interests where retracted_at is null";
    let left: String = bench.sql.query_one(left, &[]).await.unwrap().get(0);
    assert_eq!(left, "dog fish");
}

#[tokio::test]
async fn the_audit_log_is_read_newest_first_by_area_and_actor() {
    let bench = Bench::new().await;
    let sam = Actor::User(ProfileId(Uuid::new_v4()));
    let tx = bench.tx().await;
    for (actor, action) in [
        (sam, "mailbox.connected"),
        (Actor::System, "reply.sent"),
        (sam, "reply.approved"),
    ] {
        let entry = Entry {
            property: bench.oak,
            actor,
            action,
            entity: "email_replies",
            entity_id: bench.oak.0,
            before: None,
            after: Some(json!({})),
        };
        audit::append(&tx, &entry).await.unwrap();
    }
    let list = async |filter: activity::Filter<'_>, page: Page| {
        activity::list(&tx, bench.oak, filter, &page).await.unwrap()
    };
    let actions = |rows: &[activity::Record]| {
        rows.iter()
            .map(|row| row.action.clone())
            .collect::<Vec<_>>()
            .join(" ")
    };
    let all = list(activity::Filter::default(), ALL).await;
    assert_eq!(actions(&all), "reply.approved reply.sent mailbox.connected");
    assert_eq!(all[0].actor, sam);
    let replies = activity::Filter {
        area: Some("reply"),
        ..Default::default()
    };
    assert_eq!(
        actions(&list(replies, ALL).await),
        "reply.approved reply.sent"
    );
    let sams = activity::Filter {
        actor: Some(sam),
        ..Default::default()
    };
    assert_eq!(
        actions(&list(sams, ALL).await),
        "reply.approved mailbox.connected"
    );
    let after = Page {
        after: Some(all[1].place()),
        limit: 10,
    };
    let rest = list(activity::Filter::default(), after).await;
    assert_eq!(actions(&rest), "mailbox.connected");
}
