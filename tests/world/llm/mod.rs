//! An OpenAI-compatible model: chat completions with structured output, and embeddings.
//!
//! What it says next is scripted, or else made from the knowledge in the prompt. It is as strict
//! about requests as a reasoning model of 2026, and can be told to misbehave by name.
//! <https://platform.openai.com/docs/api-reference/chat/create>

mod answer;
mod embedding;
mod extract;
mod misbehaviour;
mod request;
mod schema;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};

pub use embedding::{DIMENSIONS, embed};
pub use misbehaviour::Misbehaviour;

use crate::server::{self, Calls, Faults, Front};
use request::{Refusal, check_chat, check_embeddings};

/// The key that is accepted at first.
pub const KEY: &str = "sk-world-key";
/// The chat model that exists at first.
pub const MODEL: &str = "gpt-6-luna";
/// The embedding model that exists at first.
pub const EMBEDDING_MODEL: &str = "text-embedding-3-small";

/// A cheap handle on the simulated model. Faults go by `chat`, `embeddings` and `models.get`.
#[derive(Clone)]
pub struct Llm(Arc<Inner>);

struct Inner {
    url: String,
    front: Front,
    site: Site,
}

type Site = Arc<Mutex<Mind>>;

struct Mind {
    keys: Vec<String>,
    models: Vec<String>,
    script: VecDeque<Line>,
    /// What it finds in the next conversations.
    findings: VecDeque<Value>,
    /// What every unscripted call gets, when not a sensible answer.
    mood: Option<Misbehaviour>,
    chats: Vec<Value>,
    embeddings: Vec<Value>,
}

/// What the model does in one call.
enum Line {
    Say(String),
    Obey(fn(&str) -> String),
    Answer(Value),
    Misbehave(Misbehaviour),
}

impl Llm {
    /// Starts on the given port, or on any free one.
    pub async fn start(port: Option<u16>) -> Llm {
        let mind = Mind {
            keys: vec![KEY.to_owned()],
            models: [MODEL, EMBEDDING_MODEL].map(str::to_owned).to_vec(),
            script: VecDeque::new(),
            findings: VecDeque::new(),
            mood: None,
            chats: Vec::new(),
            embeddings: Vec::new(),
        };
        let site: Site = Arc::new(Mutex::new(mind));
        let front = Front::new(operation, word);
        let router = Router::new()
            .route("/v1/chat/completions", post(chat))
            .route("/v1/embeddings", post(embeddings))
            .route("/v1/models/{id}", get(model));
        let url = server::listen(front.guard(router).with_state(site.clone()), port).await;
        Llm(Arc::new(Inner { url, front, site }))
    }

    /// The address before `/v1`, without a final slash.
    pub fn url(&self) -> String {
        self.0.url.clone()
    }

    /// The next call is answered with this text as the reply's body.
    pub fn will_say(&self, body: &str) {
        self.script(Line::Say(body.to_owned()));
    }

    /// The next call does what somebody wants of it, knowing all that the prompt says.
    pub fn will_obey(&self, whom: fn(&str) -> String) {
        self.script(Line::Obey(whom));
    }

    /// The next call is answered with exactly this JSON.
    pub fn will_answer(&self, answer: Value) {
        self.script(Line::Answer(answer));
    }

    /// The next conversation holds this: some fields of an extraction, the others hold nothing.
    pub fn will_extract(&self, fields: Value) {
        self.mind(|mind| mind.findings.push_back(extract::with(&fields)));
    }

    /// Bodies of the requests that were about a conversation, oldest first.
    pub fn extractions(&self) -> Vec<Value> {
        let mut chats = self.chats();
        chats.retain(extract::is_asked);
        chats
    }

    /// The next call goes wrong.
    pub fn will_misbehave(&self, kind: Misbehaviour) {
        self.script(Line::Misbehave(kind));
    }

    /// Every call without a script goes wrong, until [`Llm::behaves`].
    pub fn misbehaves(&self, kind: Misbehaviour) {
        self.mind(|mind| mind.mood = Some(kind));
    }

    /// Nothing goes wrong any more; what was scripted is forgotten.
    pub fn behaves(&self) {
        self.mind(|mind| {
            mind.mood = None;
            mind.script.clear();
            mind.findings.clear();
        });
    }

    /// Another key is accepted, too.
    pub fn knows_key(&self, key: &str) {
        self.mind(|mind| mind.keys.push(key.to_owned()));
    }

    /// Another model exists.
    pub fn knows_model(&self, name: &str) {
        self.mind(|mind| mind.models.push(name.to_owned()));
    }

    /// A model is shut down: it is not found any more.
    pub fn shuts_down(&self, name: &str) {
        self.mind(|mind| mind.models.retain(|model| model != name));
    }

    /// Bodies of the chat requests that were well-formed, oldest first.
    pub fn chats(&self) -> Vec<Value> {
        self.mind(|mind| mind.chats.clone())
    }

    /// Bodies of the embedding requests that were well-formed, oldest first.
    pub fn embeddings(&self) -> Vec<Value> {
        self.mind(|mind| mind.embeddings.clone())
    }

    /// All text of the newest chat request, to look for what the model was told.
    pub fn last_prompt(&self) -> String {
        self.chats().last().map(told).unwrap_or_default()
    }

    /// The calls received, by operation.
    pub fn calls(&self) -> Calls {
        self.0.front.calls.clone()
    }

    /// What is to go wrong on the way, by operation.
    pub fn faults(&self) -> Faults {
        self.0.front.faults.clone()
    }

    fn script(&self, line: Line) {
        self.mind(|mind| mind.script.push_back(line));
    }

    fn mind<T>(&self, work: impl FnOnce(&mut Mind) -> T) -> T {
        work(&mut self.0.site.lock().unwrap())
    }
}

/// All text of a chat request.
fn told(chat: &Value) -> String {
    let texts = request::texts(chat).into_iter().map(|(_, text)| text);
    texts.collect::<Vec<_>>().join("\n")
}

fn operation(parts: &Parts) -> String {
    match parts.uri.path() {
        "/v1/chat/completions" => "chat".to_owned(),
        "/v1/embeddings" => "embeddings".to_owned(),
        _ => "models.get".to_owned(),
    }
}

fn word(_operation: &str, code: StatusCode, reason: &str) -> Response {
    Refusal::new(code, reason, "The request was refused.").into_response()
}

/// The body as JSON, when the key is right.
fn open(mind: &Mind, headers: &HeaderMap, body: &Bytes) -> Result<Value, Refusal> {
    let key = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let key = key.and_then(|value| value.strip_prefix("Bearer "));
    if !key.is_some_and(|key| mind.keys.iter().any(|known| known == key)) {
        let message = "Incorrect API key provided.";
        return Err(Refusal::new(
            StatusCode::UNAUTHORIZED,
            "invalid_api_key",
            message,
        ));
    }
    serde_json::from_slice(body)
        .map_err(|_| Refusal::invalid("We could not parse the JSON body of your request."))
}

fn find_model(mind: &Mind, name: &Value) -> Result<String, Refusal> {
    let name = name.as_str().unwrap_or_default();
    match mind.models.iter().find(|model| *model == name) {
        Some(model) => Ok(model.clone()),
        None => {
            let message = format!("The model `{name}` does not exist or you do not have access.");
            Err(Refusal::new(
                StatusCode::NOT_FOUND,
                "model_not_found",
                message,
            ))
        }
    }
}

async fn chat(State(site): State<Site>, headers: HeaderMap, body: Bytes) -> Response {
    let answer = {
        let mind = &mut site.lock().unwrap();
        reply(mind, &headers, &body)
    };
    match answer {
        Ok(Some(response)) => response,
        Ok(None) => std::future::pending().await,
        Err(refusal) => refusal.into_response(),
    }
}

/// What the model does now; `None` is silence.
fn reply(mind: &mut Mind, headers: &HeaderMap, body: &Bytes) -> Result<Option<Response>, Refusal> {
    let ask = open(mind, headers, body)?;
    let model = find_model(mind, &ask["model"])?;
    check_chat(&ask)?;
    mind.chats.push(ask.clone());
    let about_a_conversation = extract::is_asked(&ask);
    let line = if about_a_conversation {
        mind.finding()
    } else {
        mind.script.pop_front()
    };
    let line = line.or_else(|| mind.mood.map(Line::Misbehave));
    let sensible = || {
        if about_a_conversation {
            extract::sensible(&ask)
        } else {
            answer::sensible(&ask)
        }
    };
    let content = match line {
        None => sensible(),
        Some(Line::Say(text)) => answer::saying(&ask, &text),
        Some(Line::Obey(whom)) => answer::saying(&ask, &whom(&told(&ask))),
        Some(Line::Answer(answer)) => answer,
        Some(Line::Misbehave(kind)) => {
            return Ok(kind.act(&model, sensible()));
        }
    };
    let message = json!({ "role": "assistant", "content": content.to_string(), "refusal": null });
    Ok(Some(
        Json(completion(&model, &message, "stop")).into_response(),
    ))
}

impl Mind {
    /// What was scripted for a conversation; a reply's text stays for the reply.
    fn finding(&mut self) -> Option<Line> {
        if let Some(found) = self.findings.pop_front() {
            return Some(Line::Answer(found));
        }
        self.script
            .pop_front_if(|line| !matches!(line, Line::Say(_) | Line::Obey(_)))
    }
}

/// A chat completion with one choice.
fn completion(model: &str, message: &Value, finish_reason: &str) -> Value {
    json!({
        "id": "chatcmpl-world",
        "object": "chat.completion",
        "created": 1_772_000_000,
        "model": model,
        "choices": [{
            "index": 0,
            "message": message,
            "logprobs": null,
            "finish_reason": finish_reason,
        }],
        "usage": { "prompt_tokens": 400, "completion_tokens": 60, "total_tokens": 460 },
    })
}

async fn embeddings(State(site): State<Site>, headers: HeaderMap, body: Bytes) -> Response {
    let mind = &mut site.lock().unwrap();
    let answer = open(mind, &headers, &body).and_then(|ask| {
        let model = find_model(mind, &ask["model"])?;
        let inputs = check_embeddings(&ask)?;
        let data: Vec<Value> = inputs
            .iter()
            .enumerate()
            .map(|(index, text)| {
                let embedding = embedding::encoded(text, &ask);
                json!({ "object": "embedding", "index": index, "embedding": embedding })
            })
            .collect();
        mind.embeddings.push(ask);
        let usage = json!({ "prompt_tokens": 8, "total_tokens": 8 });
        Ok(json!({ "object": "list", "data": data, "model": model, "usage": usage }))
    });
    match answer {
        Ok(body) => Json(body).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

async fn model(State(site): State<Site>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    let mind = &site.lock().unwrap();
    let model = open(mind, &headers, &Bytes::from_static(b"{}"));
    match model.and_then(|_| find_model(mind, &json!(id))) {
        Ok(id) => {
            Json(json!({ "id": id, "object": "model", "owned_by": "system" })).into_response()
        }
        Err(refusal) => refusal.into_response(),
    }
}
