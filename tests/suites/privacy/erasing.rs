//! A lead is erased: nothing that tells of the person is left anywhere, and nothing else is touched.

use serde_json::json;
use uuid::Uuid;
use world::{door, minutes};

use super::scene::{OF_ANN, OF_BOB, Scene};

#[tokio::test]
async fn nothing_of_the_person_is_left_anywhere_and_all_of_another_is() {
    let (scene, ann, bob) = Scene::of_two().await;
    for word in OF_ANN.iter().chain(&OF_BOB) {
        assert!(
            !scene.holding(&[word]).await.is_empty(),
            "{word} was never there"
        );
    }
    let others = scene.holding(&OF_BOB).await;
    let names = scene.naming("Ray").await;
    assert!(!scene.naming("Lee").await.is_empty());

    let answer = scene.erases(ann).await;
    assert_eq!(answer.json["success"], json!(true));
    let remains = answer.json["remains"].as_str().unwrap();
    assert!(remains.contains("Gmail"), "{remains}");

    assert_eq!(scene.holding(&OF_ANN).await, [""; 0]);
    assert_eq!(scene.naming("Ann").await, [""; 0]);
    assert_eq!(scene.naming("Lee").await, [""; 0]);
    assert_eq!(scene.holding(&OF_BOB).await, others);
    assert_eq!(scene.naming("Ray").await, names);
    let bobs = scene.lead(super::scene::BOB).await;
    assert_eq!(bobs, bob);
    scene.world.pass(minutes(10)).await;
    assert_eq!(scene.holding(&OF_ANN).await, [""; 0], "a while later");
    scene.world.finish().await;
}

#[tokio::test]
async fn ids_states_and_times_stay() {
    let (scene, ann, _) = Scene::of_two().await;
    let counts =
        "select (select count(*) from leads) || ' ' || (select count(*) from email_messages) || ' '
        || (select count(*) from messages) || ' ' || (select count(*) from tour_bookings) || ' '
        || (select count(*) from email_threads) || ' ' || (select count(*) from email_replies)";
    let before = scene.world.texts(counts).await;
    let ids = "select gmail_message_id || ' ' || sent_at || ' ' || direction from email_messages order by 1";
    let mail = scene.world.texts(ids).await;
    scene.erases(ann).await;
    assert_eq!(scene.world.texts(counts).await, before);
    assert_eq!(scene.world.texts(ids).await, mail);
    let status = format!("select status from leads where id = '{ann}'");
    assert_eq!(scene.world.texts(&status).await, ["lost"]);
    let blanked = "select count(*) from email_messages where blanked_at is not null";
    let turns = format!(
        "select count(*) from messages m join conversations c on c.id = m.conversation_id where c.lead_id = '{ann}'"
    );
    assert_eq!(scene.world.count(blanked).await, 2);
    assert_eq!(
        scene.world.count(&turns).await,
        4,
        "two of mail, two of the chat"
    );
}

#[tokio::test]
async fn it_is_written_down_by_ids_alone_and_once() {
    let (scene, ann, _) = Scene::of_two().await;
    let first = scene.erases(ann).await;
    let again = scene.erases(ann).await;
    assert_eq!((first.status, &first.text), (again.status, &again.text));
    let rows = "select concat_ws(' ', actor_kind, action, entity, before, after) from audit_log
                where action in ('lead.erased', 'tour.cancelled') order by id";
    assert_eq!(
        scene.world.texts(rows).await,
        [
            "user tour.cancelled tour_bookings {\"reason\": \"lead_erased\", \"status\": \"cancelled\"}",
            "user lead.erased leads"
        ]
    );
    let who = format!(
        "select count(*) from audit_log where action = 'lead.erased' and entity_id = '{ann}' and actor_id = '{}'",
        scene.oak.admin.id
    );
    assert_eq!(scene.world.count(&who).await, 1);
}

#[tokio::test]
async fn what_was_written_about_the_lead_since_then_goes_with_a_repeat() {
    let (scene, ann, _) = Scene::of_two().await;
    scene.erases(ann).await;
    let host = format!(
        "update leads set email = 'ann@example.com', notes = 'The walrus note.' where id = '{ann}';
         insert into messages (conversation_id, role, content)
         select id, 'user', 'The walrus chat.' from conversations where lead_id = '{ann}'"
    );
    scene.world.sql.batch_execute(&host).await.unwrap();
    assert!(!scene.holding(&OF_ANN).await.is_empty());
    scene.erases(ann).await;
    assert_eq!(scene.holding(&OF_ANN).await, [""; 0]);
}

#[tokio::test]
async fn tours_to_come_are_cancelled_in_google_and_past_ones_stay() {
    let (scene, ann, _) = Scene::of_two().await;
    let past = format!(
        "insert into tour_bookings (property_id, lead_id, status, starts_at, ends_at, kept_until, timezone,
            scheduled_date, scheduled_time, special_requests)
         values ('{}', '{ann}', 'completed', '2026-11-03T16:00Z', '2026-11-03T16:30Z', '2026-11-03T16:30Z', 'UTC',
            '2026-11-03', '16:00', 'The walrus request.')",
        scene.oak.id
    );
    scene.world.sql.batch_execute(&past).await.unwrap();
    assert_eq!(scene.calendar.events().len(), 2);
    scene.erases(ann).await;
    scene.world.work().await;
    assert_eq!(scene.calendar.events().len(), 1, "Bob's is left");
    let states = format!(
        "select b.status || ' ' || coalesce(e.sync_status, '-') from tour_bookings b
         left join calendar_events e on e.tour_booking_id = b.id where b.lead_id = '{ann}' order by b.starts_at"
    );
    assert_eq!(
        scene.world.texts(&states).await,
        ["completed -", "cancelled synced"]
    );
    let crm = format!("select status from tours where lead_id = '{ann}'");
    assert_eq!(scene.world.texts(&crm).await, ["cancelled"]);
    assert_eq!(scene.holding(&OF_ANN).await, [""; 0]);
}

#[tokio::test]
async fn a_crash_right_after_it_leaves_the_rest_to_the_sweep() {
    let (scene, ann, _) = Scene::of_two().await;
    scene.erases(ann).await;
    scene.world.lose_messages();
    assert_eq!(scene.calendar.events().len(), 2, "Google does not know yet");
    scene.world.pass(minutes(3)).await;
    assert_eq!(scene.calendar.events().len(), 1);
}

#[tokio::test]
async fn duplicates_with_the_same_address_are_the_same_person() {
    let (scene, ann, _) = Scene::of_two().await;
    let twin = Uuid::new_v4();
    let sql = format!(
        "drop index leads_property_email_key;
         insert into leads (id, property_id, email, first_name, notes)
         values ('{twin}', '{}', 'Ann@Example.com', 'Ann', 'The walrus note.')",
        scene.oak.id
    );
    scene.world.sql.batch_execute(&sql).await.unwrap();
    scene.erases(ann).await;
    assert_eq!(scene.holding(&OF_ANN).await, [""; 0]);
    let audited = format!(
        "select count(*) from audit_log where action = 'lead.erased' and entity_id in ('{ann}', '{twin}')"
    );
    assert_eq!(scene.world.count(&audited).await, 2);
}

#[tokio::test]
async fn a_lead_without_an_address_is_erased_alone() {
    let (scene, _, bob) = Scene::of_two().await;
    let (one, other) = (Uuid::new_v4(), Uuid::new_v4());
    for (id, phone) in [(one, "512-555-0111"), (other, "512-555-0122")] {
        let sql = "insert into leads (id, property_id, phone, email) values ($1, $2, $3, '')";
        let put = scene
            .world
            .sql
            .execute(sql, &[&id, &scene.oak.id, &phone])
            .await;
        put.unwrap();
    }
    let others = scene.holding(&OF_BOB).await;
    scene.erases(one).await;
    assert_eq!(scene.holding(&["512-555-0111"]).await, [""; 0]);
    assert_eq!(scene.holding(&["512-555-0122"]).await.len(), 1);
    assert_eq!(scene.holding(&OF_BOB).await, others);
    let erased =
        format!("select count(*) from lead_erasures where lead_id in ('{other}', '{bob}')");
    assert_eq!(scene.world.count(&erased).await, 0);
}

#[tokio::test]
async fn what_another_property_knows_of_the_same_person_is_its_own() {
    let (scene, ann, _) = Scene::of_two().await;
    let elm = scene.world.property("Elm House").await;
    let mailbox = scene.world.connects(&elm, "leasing@elm.test").await;
    mailbox.receives(super::scene::ANN, "Homes?", "The puffin body.");
    scene.world.deliver_pushes().await;
    let theirs = scene.holding(&["puffin"]).await;
    scene.erases(ann).await;
    assert_eq!(scene.holding(&["puffin"]).await, theirs);
    let kept = format!(
        "select count(*) from leads where property_id = '{}' and email = 'ann@example.com'",
        elm.id
    );
    assert_eq!(scene.world.count(&kept).await, 1);
}

#[tokio::test]
async fn the_pages_show_an_erased_lead_without_words() {
    let (scene, ann, _) = Scene::of_two().await;
    scene.erases(ann).await;
    let known = scene
        .asks(door::get(&format!(
            "/api/lumaleasing/leads/{ann}/interests"
        )))
        .await;
    assert_eq!(known.json["interests"], json!([]));
    let threads = format!("/api/lumaleasing/gmail/threads?propertyId={}", scene.oak.id);
    let threads = scene.asks(door::get(&threads)).await;
    for thread in threads.json["threads"].as_array().unwrap() {
        let id = thread["id"].as_str().unwrap();
        let shown = scene
            .asks(door::get(&format!("/api/lumaleasing/gmail/threads/{id}")))
            .await;
        assert!(!shown.text.contains("walrus"), "{}", shown.text);
    }
    scene
        .asks(door::post(&format!("/api/lumaleasing/leads/{ann}/enrich")))
        .await;
    let asked = scene.world.llm.extractions().len();
    scene.world.pass(minutes(5)).await;
    assert_eq!(
        scene.world.llm.extractions().len(),
        asked,
        "nothing to read"
    );
}
