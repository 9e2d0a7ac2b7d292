//! Words are not kept for ever: what is old is forgotten, a little every hour.

use world::{Logs, days, door, minutes};

use super::scene::{ANN, OF_ANN, OF_BOB, Scene};

/// What holds words of a conversation, and how many rows of each do.
const WORDS: &str = "select 'mail ' || count(*) from email_messages where body_text <> ''
    union all select 'replies ' || count(*) from email_replies where letter <> '' or body_text <> ''
    union all select 'turns ' || count(*) from messages where content <> ''
    union all select 'subjects ' || count(*) from email_threads where subject <> ''
    union all select 'wishes ' || count(*) from tour_bookings where special_requests <> ''
    union all select 'interests ' || count(*) from lead_interests where evidence <> ''
    union all select 'quarantined ' || count(*) from email_quarantine";

async fn scene() -> Scene {
    let (scene, ann, _) = Scene::of_two().await;
    let more = format!(
        "update lead_interests set said_at = '{0}';
         insert into lead_interests (lead_id, interest_type, interest_value, extracted_from)
            values ('{ann}', 'pets', 'cat', 'manual');
         insert into email_quarantine (property_id, mailbox_id, gmail_message_id, state, reason, updated_at)
            select property_id, id, 'm' || n, (array['skipped', 'retrying'])[n], 'x', '{0}'
            from gmail_config, generate_series(1, 2) n",
        scene.world.now()
    );
    scene.world.sql.batch_execute(&more).await.unwrap();
    scene
}

#[tokio::test]
async fn what_is_young_stays_and_what_is_old_is_forgotten_once() {
    let scene = scene().await;
    let world = &scene.world;
    let all = world.texts(WORDS).await;
    // Two years are 731 days here.
    world.skip(days(725));
    world.sweep().await;
    assert_eq!(world.texts(WORDS).await, all);

    world.skip(days(9)); // the tours were a day later
    let rows = world.count("select count(*) from email_messages").await;
    world.sweep().await;
    assert_eq!(
        world.texts(WORDS).await,
        [
            "mail 0",
            "replies 0",
            "turns 0",
            "subjects 0",
            "wishes 0",
            "interests 0",
            "quarantined 1", // Gmail may still answer for it
        ]
    );
    assert_eq!(
        world.count("select count(*) from email_messages").await,
        rows
    );
    let manual = "select interest_value from lead_interests where extracted_from = 'manual'";
    assert_eq!(world.texts(manual).await, ["cat"], "a person noted it");
    assert_eq!(
        world
            .count("select count(*) from leads where email <> ''")
            .await,
        2
    );

    let kept = async || {
        let mut rows = world.kept().await;
        rows.retain(|table, _| !table.starts_with("queue"));
        rows
    };
    let before = kept().await;
    world.skip(minutes(61));
    world.sweep().await;
    assert_eq!(kept().await, before, "nothing is left to forget");
}

#[tokio::test]
async fn a_late_listing_does_not_bring_old_mail_back() {
    let scene = scene().await;
    scene.world.skip(days(740));
    scene.world.sweep().await;
    let filed = "select count(*) from email_messages";
    let before = scene.world.count(filed).await;
    scene.mailbox.history_expires();
    scene.world.deliver_push(&scene.mailbox.push()).await;
    scene.world.work().await;
    assert_eq!(scene.world.count(filed).await, before);
    assert_eq!(scene.world.texts(WORDS).await[0], "mail 0");
}

#[tokio::test]
async fn an_hour_takes_some_bites_and_the_next_ones_the_rest() {
    let scene = Scene::open().await;
    let old = format!(
        "with c as (insert into conversations (property_id, channel) values ('{}', 'widget') returning id)
         insert into messages (conversation_id, role, content, created_at)
         select id, 'user', 'Word ' || n, '2020-01-01'::timestamptz + n * interval '1 minute'
         from c, generate_series(1, 10300) n",
        scene.oak.id
    );
    scene.world.sql.batch_execute(&old).await.unwrap();
    let left = "select count(*) from messages where content <> ''";
    for (passed, expected) in [(0, 300), (30, 300), (30, 0), (60, 0)] {
        scene.world.skip(minutes(passed));
        scene.world.sweep().await;
        assert_eq!(scene.world.count(left).await, expected);
    }
}

#[tokio::test]
async fn a_draft_that_nobody_sent_or_decided_about_is_kept_for_a_month() {
    let scene = Scene::open().await;
    for word in ["walrus", "otter"] {
        scene.writes(ANN, word).await;
        scene.world.skip(minutes(1));
    }
    scene.world.pass(minutes(6)).await;
    let drafts = "select state from email_replies where body_text <> '' order by created_at";
    assert_eq!(scene.world.texts(drafts).await, ["held", "held"]);
    let replies = scene.world.replies(&scene.oak).await;
    let reply = replies[0]["id"].as_str().unwrap();
    let reject = door::post(&format!("/api/lumaleasing/gmail/replies/{reply}/reject"));
    scene.asks(reject).await;
    let touched = format!(
        "update email_replies set updated_at = '{}'",
        scene.world.now()
    );
    scene.world.sql.batch_execute(&touched).await.unwrap();

    scene.world.skip(days(29));
    scene.world.sweep().await;
    assert_eq!(
        scene
            .world
            .count("select count(*) from email_replies where body_text <> ''")
            .await,
        2
    );
    scene.world.skip(days(2));
    scene.world.sweep().await;
    assert_eq!(scene.world.texts(drafts).await, [""; 0]);
    let ended = "select state || ' ' || reasons::text from email_replies order by created_at";
    assert_eq!(
        scene.world.texts(ended).await,
        ["cancelled {too_old}", "cancelled {rejected}"]
    );
    let log = "select entity_id::text from audit_log where action = 'reply.cancelled'";
    assert_eq!(
        scene.world.texts(log).await,
        [replies[1]["id"].as_str().unwrap()]
    );
}

#[tokio::test]
async fn the_settings_say_for_how_long() {
    let scene = scene().await;
    let app = scene.world.another_app(&[("RETENTION_MONTHS", "1")]);
    scene.world.skip(days(40));
    door::tick(&app, "sweep").await.unwrap();
    assert_eq!(scene.world.texts(WORDS).await[0], "mail 0");
}

#[tokio::test]
async fn the_log_says_how_much_and_never_what() {
    let scene = scene().await;
    let ann = scene.lead(ANN).await;
    let logs = Logs::capture();
    scene.erases(ann).await;
    scene.world.skip(days(740));
    scene.world.sweep().await;
    let logs = logs.text();
    assert!(
        logs.contains("is erased") && logs.contains("Forgot"),
        "{logs}"
    );
    for word in OF_ANN.iter().chain(&OF_BOB) {
        assert!(!logs.contains(word), "{word}");
    }
}
