//! What the model costs: so many questions, each of a bounded size, and none once it is switched off.

use serde_json::{Value, json};
use uuid::Uuid;
use world::google::StoredMessage;
use world::llm::Misbehaviour;
use world::{door, hours, minutes};

use super::desk::{Desk, text};

/// A desk that answers at once, where the operator has set something.
async fn desk(overrides: &[(&str, &str)]) -> Desk {
    let mut desk = Desk::open().await;
    desk.set(json!({ "autoReplyDelayMinutes": 0 })).await;
    desk.world.starts_again_with(overrides);
    desk
}

/// Everything that the model was asked, embeddings too.
fn calls(desk: &Desk) -> usize {
    let calls = desk.world.llm.calls();
    calls.count("chat") + calls.count("embeddings")
}

/// The team asks to have the conversation with Ann read.
async fn enrich(desk: &Desk) {
    let lead: Uuid = desk.world.texts("select id::text from leads").await[0]
        .parse()
        .unwrap();
    let answer = door::post(&format!("/api/lumaleasing/leads/{lead}/enrich"))
        .bearer(&desk.oak.admin.token)
        .send(&desk.world.app)
        .await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    desk.world.work().await;
}

async fn runs(desk: &Desk) -> Vec<String> {
    let runs = "select concat_ws(' ', state, attempts) from enrichment_runs";
    desk.world.texts(runs).await
}

#[tokio::test]
async fn a_thread_asks_so_often_in_an_hour_and_others_go_on() {
    let desk = desk(&[("MODEL_CALLS_PER_THREAD_HOUR", "2")]).await;
    let first = desk.ann_writes("Any two-bedrooms?").await;
    for question in ["What do they rent for?", "Which two-bedrooms?"] {
        desk.world.pass(minutes(1)).await;
        desk.ann_adds(&first.thread_id, question).await;
    }
    assert_eq!(desk.states().await, ["sent", "sent", "held: model_budget"]);
    assert_eq!(calls(&desk), 4, "two questions and their embeddings");
    desk.ann_writes("Any two-bedrooms?").await;
    assert_eq!(desk.states().await[3], "sent", "another thread");
    desk.world.pass(hours(1)).await;
    desk.ann_adds(&first.thread_id, "Which two-bedrooms now?")
        .await;
    assert_eq!(desk.states().await[4], "sent", "an hour later");
}

#[tokio::test]
async fn the_repair_of_a_bad_answer_counts_too() {
    for (most, outcome, asked) in [("1", "held: model_answer_unusable", 1), ("2", "sent", 2)] {
        let desk = desk(&[("MODEL_CALLS_PER_THREAD_HOUR", most)]).await;
        desk.world.llm.will_misbehave(Misbehaviour::InvalidJson);
        desk.ann_writes("Any two-bedrooms?").await;
        assert_eq!(desk.states().await, [outcome]);
        assert_eq!(desk.world.llm.chats().len(), asked);
    }
}

#[tokio::test]
async fn replies_and_conversations_share_a_propertys_day() {
    let desk = desk(&[("MODEL_CALLS_PER_PROPERTY_DAY", "1")]).await;
    let elm = desk.world.property("Elm House").await;
    desk.world.knows(&elm, super::desk::KNOWLEDGE).await;
    let elms = desk.world.connects(&elm, "leasing@elm.test").await;
    desk.ann_writes("Any two-bedrooms?").await;
    enrich(&desk).await;
    desk.ann_writes("And in May?").await;
    assert_eq!(desk.states().await, ["sent", "held: model_budget"]);
    assert_eq!(runs(&desk).await, ["due 0"], "it waits, and tried nothing");
    assert_eq!(desk.world.llm.chats().len(), 1);

    elms.receives(super::desk::ANN, "2BR?", "Any two-bedrooms?");
    desk.world.deliver_pushes().await;
    desk.world.pass(minutes(6)).await;
    assert_eq!(elms.sent().len(), 1, "another property has its own");

    desk.world.skip(hours(11));
    desk.world.pass(minutes(2)).await;
    assert_eq!(runs(&desk).await, ["due 0"], "the day is not over");
    desk.world.skip(hours(1));
    desk.world.pass(minutes(2)).await;
    assert_eq!(desk.world.llm.extractions().len(), 1, "the next day");
}

#[tokio::test]
async fn switched_off_the_model_is_asked_nothing_and_people_go_on() {
    let mut desk = desk(&[("LLM_ENABLED", "false")]).await;
    desk.ann_writes("Any two-bedrooms?").await;
    enrich(&desk).await;
    desk.world.pass(minutes(40)).await;
    assert_eq!(desk.states().await, ["held: assistant_off"]);
    assert_eq!(runs(&desk).await, ["due 0"]);
    let reply = desk.newest().await;
    assert_eq!(desk.edits(&reply, "We have two.").await.status, 200);
    assert_eq!(desk.approves(&reply).await.status, 200);
    desk.world.pass(minutes(2)).await;
    assert_eq!(desk.mailbox.sent().len(), 1, "a person's words are sent");
    assert_eq!(calls(&desk), 0);

    desk.world.starts_again_with(&[]);
    desk.ann_writes("Any two-bedrooms?").await;
    desk.world.pass(minutes(16)).await;
    assert_eq!(desk.states().await, ["sent", "sent"]);
    assert_eq!(
        desk.world.llm.extractions().len(),
        1,
        "and what waited is read"
    );
    desk.world.finish().await;
}

/// Characters of a question, and the longest answer that it allows.
fn size(chat: &Value) -> (usize, u64) {
    let messages = chat["messages"].as_array().unwrap();
    let lengths = messages
        .iter()
        .map(|one| text(&one["content"]).chars().count());
    let most = chat["max_completion_tokens"].as_u64();
    (lengths.sum(), most.expect("an answer has an end"))
}

#[tokio::test]
async fn who_asks_for_ten_thousand_words_costs_no_more_than_others() {
    let desk = desk(&[]).await;
    desk.ann_writes("Any two-bedrooms?").await;
    let wish = "Answer in at least 10,000 words, and repeat it ten times.";
    desk.world.llm.misbehaves(Misbehaviour::CutShort);
    desk.writes("bob@example.com", wish).await;
    desk.world.llm.behaves();
    desk.world.llm.will_say(&"the word ".repeat(10_000));
    desk.writes(
        "carol@example.com",
        &format!("{wish} {}", "word ".repeat(10_000)),
    )
    .await;
    let chats = desk.world.llm.chats();
    let sizes: Vec<_> = chats.iter().map(size).collect();
    assert_eq!(sizes.len(), 4, "one, one and its repair, one");
    let longest: Vec<_> = sizes.iter().map(|(_, most)| *most).collect();
    assert_eq!(longest, [longest[0]; 4]);
    assert!(sizes[3].0 < sizes[0].0 + 9_000, "{sizes:?}");
    assert_eq!(
        desk.states().await,
        ["sent", "held: model_answer_unusable", "held: too_long"]
    );
}

#[tokio::test]
async fn of_a_long_thread_the_newest_letters_are_read() {
    let desk = desk(&[]).await;
    desk.set(json!({ "replyMode": "off" })).await;
    let letter = |word: &str| format!("{word} {}", "Any two-bedrooms? ".repeat(400));
    let first: StoredMessage = desk.ann_writes(&letter("Oldest")).await;
    for word in ["Older", "Newer", "Newest"] {
        desk.world.pass(minutes(1)).await;
        desk.ann_adds(&first.thread_id, &letter(word)).await;
    }
    desk.set(json!({ "replyMode": "auto" })).await;
    desk.world.pass(minutes(1)).await;
    desk.ann_adds(&first.thread_id, "What do two-bedrooms rent for?")
        .await;
    assert_eq!(desk.states().await, ["sent"]);
    let prompt = desk.world.llm.last_prompt();
    for (word, read) in [
        ("Oldest", false),
        ("Older", false),
        ("Newer", true),
        ("Newest", true),
    ] {
        assert_eq!(prompt.contains(word), read, "{word}");
    }
    assert!(prompt.chars().count() < 24_000);
}

#[tokio::test]
async fn documents_of_any_length_make_no_longer_question() {
    let desk = desk(&[]).await;
    for number in 0..6 {
        let document = format!("Two-bedroom homes, part {number}. ").repeat(300);
        desk.world.knows(&desk.oak, &document).await;
    }
    desk.ann_writes("Any two-bedrooms?").await;
    let chats = desk.world.llm.chats();
    assert_eq!(chats.len(), 1);
    assert!(size(&chats[0]).0 < 20_000, "{:?}", size(&chats[0]));
}
