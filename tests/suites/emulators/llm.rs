//! The model: what it accepts, what it says, and how it goes wrong.

use std::time::Duration;

use serde_json::{Value, json};
use world::llm::{EMBEDDING_MODEL, KEY, MODEL, Misbehaviour, embed};
use world::{Llm, server};

use super::answer;

fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "action": { "type": "string", "enum": ["reply", "hand_off"] },
            "body": { "type": "string" },
            "facts_used": { "type": "array", "items": { "type": "string" } },
            "topics": { "type": "array", "items": { "type": "string" } },
        },
        "required": ["action", "body", "facts_used", "topics"],
        "additionalProperties": false,
    })
}

/// A request that a careful client makes.
fn ask() -> Value {
    json!({
        "model": MODEL,
        "reasoning_effort": "none",
        "temperature": 0.2,
        "max_completion_tokens": 800,
        "messages": [
            {
                "role": "system",
                "content": "Answer.\n\nX7 knowledge\nPets are welcome. Cats pay $40 a month.\n\n\
                            Parking is free.\nX7 end\n",
            },
            { "role": "user", "content": "X7 mail\nSubject: Cats\n\nMay I bring two cats?\nX7 end" },
        ],
        "response_format": {
            "type": "json_schema",
            "json_schema": { "name": "reply", "strict": true, "schema": schema() },
        },
    })
}

async fn post(llm: &Llm, path: &str, body: &Value) -> (u16, Value) {
    let request = server::client()
        .post(format!("{}/v1/{path}", llm.url()))
        .bearer_auth(KEY);
    answer(request.json(body).send().await.unwrap()).await
}

fn content(completion: &Value) -> Value {
    let content = completion["choices"][0]["message"]["content"]
        .as_str()
        .unwrap();
    serde_json::from_str(content).unwrap()
}

#[tokio::test]
async fn an_unscripted_answer_is_made_of_the_knowledge() {
    let llm = Llm::start(None).await;
    let (status, completion) = post(&llm, "chat/completions", &ask()).await;
    assert_eq!(
        (status, &completion["choices"][0]["finish_reason"]),
        (200, &json!("stop"))
    );
    let answer = content(&completion);
    assert_eq!(answer["action"], "reply");
    assert_eq!(answer["facts_used"], json!(["Cats pay $40 a month."]));
    assert!(
        answer["body"]
            .as_str()
            .unwrap()
            .contains("Cats pay $40 a month.")
    );
    assert!(llm.last_prompt().contains("May I bring two cats?"));
}

#[tokio::test]
async fn a_script_goes_before_the_models_own_words() {
    let llm = Llm::start(None).await;
    llm.will_say("We love cats.");
    llm.will_answer(json!({ "action": "hand_off" }));
    let first = content(&post(&llm, "chat/completions", &ask()).await.1);
    assert_eq!(
        (&first["body"], &first["action"]),
        (&json!("We love cats."), &json!("reply"))
    );
    let second = content(&post(&llm, "chat/completions", &ask()).await.1);
    assert_eq!(second, json!({ "action": "hand_off" }));
    assert_eq!((llm.chats().len(), llm.calls().count("chat")), (2, 2));
}

#[tokio::test]
async fn a_reasoning_model_refuses_old_habits() {
    let llm = Llm::start(None).await;
    let refused: [(&str, Value); 11] = [
        ("/max_tokens", json!(100)),
        ("/reasoning_effort", Value::Null), // the default is medium, which takes no temperature
        ("/reasoning_effort", json!("extreme")),
        ("/temperature", json!(3)),
        ("/unheard_of", json!(1)),
        ("/messages", json!([])),
        ("/response_format/type", json!("json_object")), // nothing says JSON
        ("/response_format/json_schema/name", json!("two words")),
        (
            "/response_format/json_schema/schema/additionalProperties",
            json!(true),
        ),
        (
            "/response_format/json_schema/schema/required",
            json!(["action"]),
        ),
        (
            "/response_format/json_schema/schema/properties/body",
            json!({ "allOf": [] }),
        ),
    ];
    for (place, value) in refused {
        let mut wrong = ask();
        let (parent, name) = place.rsplit_once('/').unwrap();
        wrong.pointer_mut(parent).unwrap()[name] = value.clone();
        if value.is_null() {
            wrong.as_object_mut().unwrap().remove(name);
        }
        let (status, body) = post(&llm, "chat/completions", &wrong).await;
        assert_eq!(
            (status, body["error"]["message"].is_string()),
            (400, true),
            "{place} {value}"
        );
    }
    assert!(llm.chats().is_empty());
    assert_eq!(post(&llm, "chat/completions", &ask()).await.0, 200);
}

#[tokio::test]
async fn a_wrong_key_and_a_model_that_was_shut_down_are_told_apart() {
    let llm = Llm::start(None).await;
    let url = format!("{}/v1/chat/completions", llm.url());
    let request = server::client()
        .post(url)
        .bearer_auth("sk-wrong")
        .json(&ask());
    let (status, body) = answer(request.send().await.unwrap()).await;
    assert_eq!(
        (status, &body["error"]["code"]),
        (401, &json!("invalid_api_key"))
    );
    llm.shuts_down(MODEL);
    let (status, body) = post(&llm, "chat/completions", &ask()).await;
    assert_eq!(
        (status, &body["error"]["code"]),
        (404, &json!("model_not_found"))
    );
    llm.knows_model(MODEL);
    assert_eq!(post(&llm, "chat/completions", &ask()).await.0, 200);
}

/// What a client that trusts nothing would find wrong; `None` when the answer is to be believed.
fn complaint(status: u16, body: &Value) -> Option<&'static str> {
    if status != 200 {
        return Some("status");
    }
    let Some(choice) = body["choices"].get(0) else {
        return Some("no choice");
    };
    if choice["finish_reason"] != "stop" || !choice["message"]["refusal"].is_null() {
        return Some("refused or cut");
    }
    let text = choice["message"]["content"].as_str().unwrap_or_default();
    let Ok(answer) = serde_json::from_str::<Value>(text) else {
        return Some("not JSON");
    };
    let keys: Vec<&str> = answer.as_object()?.keys().map(String::as_str).collect();
    if keys != ["action", "body", "facts_used", "topics"] || !answer["facts_used"].is_array() {
        return Some("another shape");
    }
    let text = answer["body"].as_str().unwrap_or_default();
    let suspect = ["\r", "**", "AI language model"]
        .iter()
        .any(|sign| text.contains(sign));
    if suspect || text.len() > 10_000 || answer["action"] != "reply" {
        return Some("not to be sent");
    }
    None
}

#[tokio::test]
async fn every_misbehaviour_shows_and_ends_with_its_call() {
    let llm = Llm::start(None).await;
    for kind in Misbehaviour::ALL {
        llm.will_misbehave(kind);
        if kind == Misbehaviour::Timeout {
            let brief = Duration::from_millis(200);
            let silence = tokio::time::timeout(brief, post(&llm, "chat/completions", &ask())).await;
            assert!(silence.is_err());
        } else {
            let (status, body) = post(&llm, "chat/completions", &ask()).await;
            assert!(complaint(status, &body).is_some(), "{kind:?}: {body}");
        }
        let (status, body) = post(&llm, "chat/completions", &ask()).await;
        assert_eq!(complaint(status, &body), None, "{body}");
    }
    llm.misbehaves(Misbehaviour::ServerError);
    assert_eq!(post(&llm, "chat/completions", &ask()).await.0, 500);
    assert_eq!(post(&llm, "chat/completions", &ask()).await.0, 500);
    llm.behaves();
    assert_eq!(post(&llm, "chat/completions", &ask()).await.0, 200);
}

#[tokio::test]
async fn texts_that_share_words_are_near_each_other() {
    let llm = Llm::start(None).await;
    let ask = json!({ "model": EMBEDDING_MODEL, "input": ["May I bring my cat?"] });
    let (status, body) = post(&llm, "embeddings", &ask).await;
    let vector: Vec<f32> = serde_json::from_value(body["data"][0]["embedding"].clone()).unwrap();
    assert_eq!((status, vector.len()), (200, 1536));
    assert_eq!(vector, embed("May I bring my cat?"));
    let near = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    assert!((near(&vector, &vector) - 1.0).abs() < 1e-5);
    let pets = near(&vector, &embed("Cats pay $40 a month. Bring one or two."));
    let parking = near(&vector, &embed("Parking is free for residents."));
    assert!(pets > 0.3 && pets > parking, "{pets} {parking}");

    for input in [json!(""), json!([]), json!([1]), json!(vec!["x"; 2049])] {
        let ask = json!({ "model": EMBEDDING_MODEL, "input": input });
        assert_eq!(post(&llm, "embeddings", &ask).await.0, 400);
    }
}

#[tokio::test]
async fn a_key_that_is_made_known_is_accepted_beside_the_first() {
    let llm = Llm::start(None).await;
    let models = format!("{}/v1/models/{MODEL}", llm.url());
    let status = async |key: &str| {
        let request = server::client().get(&models).bearer_auth(key);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(status("sk-of-the-environment").await, 401);
    llm.knows_key("sk-of-the-environment");
    assert_eq!(status("sk-of-the-environment").await, 200);
    assert_eq!(status(KEY).await, 200);
}
