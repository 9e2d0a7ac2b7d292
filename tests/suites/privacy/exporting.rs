//! What we hold of a person, as a file: all of theirs, nothing of others.

use serde_json::{Value, json};
use uuid::Uuid;
use world::{door, minutes};

use super::scene::{OF_ANN, OF_BOB, Scene};

fn export(lead: Uuid) -> door::Knock {
    door::get(&format!("/api/lumaleasing/leads/{lead}/export"))
}

#[tokio::test]
async fn everything_of_the_person_is_in_it_and_nothing_of_another() {
    let (scene, ann, _) = Scene::of_two().await;
    let answer = scene.asks(export(ann)).await;
    assert_eq!(
        answer.header("content-disposition"),
        format!("attachment; filename=\"lead-{ann}.json\"")
    );
    assert_eq!(answer.header("cache-control"), "no-store");
    let text = answer.text.to_lowercase();
    // Scores are the host's own reckoning, and none of what it was told.
    for word in OF_ANN.iter().filter(|word| !word.ends_with("score")) {
        assert!(text.contains(word), "{word} is missing");
    }
    for word in OF_BOB {
        assert!(!text.contains(word), "{word} is Bob's");
    }
    for secret in ["access_token", "v1.k1", "lease", "gmail_message_id"] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn every_section_has_the_fields_that_it_names() {
    let (scene, ann, _) = Scene::of_two().await;
    let document = scene.asks(export(ann)).await.json;
    let mut lines: Vec<String> = document
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, rows)| match rows {
            Value::Array(rows) => {
                let fields = rows.first().and_then(Value::as_object);
                let fields = fields.into_iter().flat_map(|row| row.keys());
                let mut fields: Vec<&str> = fields.map(String::as_str).collect();
                fields.sort_unstable();
                format!("{name} ({}): {}", rows.len(), fields.join(" "))
                    .trim_end()
                    .to_owned()
            }
            _ => name.clone(),
        })
        .collect();
    lines.sort();
    insta::assert_snapshot!(lines.join("\n"), @r"
    activities (2): createdAt description id metadata type
    audit (6): action actor at entity entityId id
    conversations (2): channel createdAt id
    crmTours (1): createdAt date id notes status time type
    emails (2): aiGenerated attachments bodyHtml bodyText ccAddresses direction fromAddress fromName id messageId replyTo sentAt subject threadId toAddress turnId
    exportedAt
    interests (2): confidence createdAt evidence messageId retractedAt saidAt source type value
    lead (1): bedrooms createdAt email firstName id lastContactedAt lastName moveInDate notes phone preferences preferencesReadByMachine source status updatedAt
    replies (1): bodyText confidence createdAt emailId id letter reasons sentAt state
    suppressions (0):
    threads (1): createdAt id lastMessageAt status subject
    tours (1): cancelledVia createdAt date end id internalNotes inviteMethod inviteSentAt letters response source specialRequests start status time timezone
    turns (4): content conversationId createdAt id role
    visits (1): endedAt id metadata referrerUrl startedAt userAgent visitorId
    ");
}

#[tokio::test]
async fn it_is_written_down_who_took_it() {
    let (scene, ann, _) = Scene::of_two().await;
    let manager = scene.world.person(Some(scene.oak.org), "manager").await;
    let answer = export(ann)
        .bearer(&manager.token)
        .send(&scene.world.app)
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let rows = "select concat_ws(' ', actor_id, entity_id, before, after) from audit_log
                where action = 'lead.exported'";
    assert_eq!(
        scene.world.texts(rows).await,
        [format!("{} {ann}", manager.id)]
    );
}

#[tokio::test]
async fn agents_and_strangers_get_nothing() {
    let (scene, ann, _) = Scene::of_two().await;
    let elm = scene.world.property("Elm House").await;
    for role in ["agent", "viewer", ""] {
        let colleague = scene.world.person(Some(scene.oak.org), role).await;
        let refused = export(ann)
            .bearer(&colleague.token)
            .send(&scene.world.app)
            .await;
        assert_eq!(
            (refused.status, refused.code()),
            (403, "forbidden"),
            "{role}"
        );
        assert!(!refused.text.contains("walrus"));
    }
    let foreign = export(ann)
        .bearer(&elm.admin.token)
        .send(&scene.world.app)
        .await;
    let nothing = export(Uuid::new_v4()).bearer(&elm.admin.token);
    let nothing = nothing.send(&scene.world.app).await;
    assert_eq!((foreign.status, &foreign.text), (404, &nothing.text));
    assert_eq!(export(ann).send(&scene.world.app).await.status, 401);
    let taken = "select count(*) from audit_log where action = 'lead.exported'";
    assert_eq!(scene.world.count(taken).await, 0);
}

#[tokio::test]
async fn what_is_too_long_is_refused_and_had_in_parts() {
    let (scene, ann, _) = Scene::of_two().await;
    let now = scene.world.now();
    let long = format!(
        "insert into messages (conversation_id, role, content, created_at)
         select (select id from conversations where lead_id = '{ann}' limit 1), 'user', repeat('word ', 180000),
            '{now}'::timestamptz + n * interval '1 day' from generate_series(1, 6) n"
    );
    scene.world.sql.batch_execute(&long).await.unwrap();
    let whole = export(ann)
        .bearer(&scene.oak.admin.token)
        .send(&scene.world.app)
        .await;
    assert_eq!((whole.status, whole.code()), (422, "export_too_large"));
    let mut turns = 0;
    let cut = (now + world::days(3) + minutes(1))
        .format("%FT%TZ")
        .to_string();
    for part in [format!("until={cut}"), format!("since={cut}")] {
        let path = format!("/api/lumaleasing/leads/{ann}/export?{part}");
        let answer = scene.asks(door::get(&path)).await;
        turns += answer.json["turns"].as_array().unwrap().len();
        assert_eq!(answer.json["lead"].as_array().unwrap().len(), 1, "{part}");
    }
    assert_eq!(turns, 4 + 6, "each is in one part");
    let odd = format!("/api/lumaleasing/leads/{ann}/export?since=yesterday");
    let odd = door::get(&odd)
        .bearer(&scene.oak.admin.token)
        .send(&scene.world.app)
        .await;
    assert_eq!((odd.status, odd.code()), (400, "invalid_since"));
}

#[tokio::test]
async fn of_an_erased_lead_there_is_nothing_left_to_hand_out() {
    let (scene, ann, _) = Scene::of_two().await;
    scene.erases(ann).await;
    let document = scene.asks(export(ann)).await.json;
    for section in ["interests", "emails", "turns", "visits", "replies"] {
        assert_eq!(document[section], json!([]), "{section}");
    }
    assert!(!document.to_string().contains("walrus"));
}
