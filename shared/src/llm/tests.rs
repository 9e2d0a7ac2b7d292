#![allow(clippy::unwrap_used)]

use super::*;

fn prompt() -> Prompt {
    Prompt {
        system: "Answer as JSON.".into(),
        messages: vec![
            (Role::User, "Any two-bedrooms?".into()),
            (Role::Assistant, "Two.".into()),
            (Role::User, "When?".into()),
        ],
        schema_name: "reply",
        schema: json!({"type": "object"}),
        max_tokens: 600,
    }
}

#[test]
fn only_a_model_that_reasons_is_told_not_to() {
    let told = |model| {
        chat_request(model, &prompt())
            .get("reasoning_effort")
            .is_some()
    };
    assert!(told("gpt-6-luna") && told("gpt-5-mini"));
    assert!(!told("gpt-4o-mini") && !told("llama-4"));
}

#[test]
fn a_question_asks_for_the_schema_and_for_nothing_to_be_kept() {
    let request = chat_request("gpt-6-luna", &prompt());
    assert_eq!(
        request,
        json!({
            "model": "gpt-6-luna",
            "messages": [
                {"role": "system", "content": "Answer as JSON."},
                {"role": "user", "content": "Any two-bedrooms?"},
                {"role": "assistant", "content": "Two."},
                {"role": "user", "content": "When?"},
            ],
            "max_completion_tokens": 600,
            "reasoning_effort": "none",
            "store": false,
            "response_format": {"type": "json_schema", "json_schema": {
                "name": "reply", "strict": true, "schema": {"type": "object"},
            }},
        })
    );
}

#[test]
fn only_a_finished_object_is_an_answer() {
    let said = |finish: &str, content: Value, refusal: Value| {
        let message = json!({"role": "assistant", "content": content, "refusal": refusal});
        json!({"choices": [{"index": 0, "finish_reason": finish, "message": message}]})
    };
    let object = Value::from(r#"{"action":"reply"}"#);
    let cases = [
        (
            said("stop", object.clone(), Value::Null),
            Ok(json!({"action": "reply"})),
        ),
        (
            said("stop", object.clone(), "".into()),
            Ok(json!({"action": "reply"})),
        ),
        (
            said("stop", Value::Null, "I cannot help.".into()),
            Err(Error::Refused),
        ),
        (
            said("length", object.clone(), "I cannot help.".into()),
            Err(Error::Refused),
        ),
        (
            said("length", object.clone(), Value::Null),
            Err(Error::Truncated),
        ),
        (
            said("content_filter", object.clone(), Value::Null),
            Err(Error::Filtered),
        ),
        (
            said("tool_calls", object.clone(), Value::Null),
            Err(Error::Malformed),
        ),
        (
            said("stop", Value::Null, Value::Null),
            Err(Error::Malformed),
        ),
        (said("stop", "".into(), Value::Null), Err(Error::Malformed)),
        (
            said("stop", "I cannot help with that.".into(), Value::Null),
            Err(Error::Malformed),
        ),
        (
            said("stop", "[1]".into(), Value::Null),
            Err(Error::Malformed),
        ),
        (
            said("stop", r#"{"action":"#.into(), Value::Null),
            Err(Error::Malformed),
        ),
        (json!({"choices": []}), Err(Error::Malformed)),
        (json!({}), Err(Error::Malformed)),
    ];
    for (body, expected) in cases {
        assert_eq!(read_chat(body.to_string().as_bytes()), expected, "{body}");
    }
    assert_eq!(read_chat(b"<html>"), Err(Error::Malformed));
}

#[test]
fn an_embedding_is_a_vector_that_is_not_empty() {
    let body = br#"{"data":[{"index":0,"embedding":[0.5,-1]}],"usage":{}}"#;
    assert_eq!(read_embedding(body), Ok(vec![0.5, -1.0]));
    for body in [
        r#"{"data":[]}"#,
        r#"{"data":[{"embedding":[]}]}"#,
        r#"{"data":[{"embedding":"AA"}]}"#,
        "",
    ] {
        assert_eq!(
            read_embedding(body.as_bytes()),
            Err(Error::Malformed),
            "{body}"
        );
    }
}

#[test]
fn an_error_tells_whether_waiting_helps() {
    let refused = |status, code: &str| Error::Misconfigured {
        status,
        code: code.into(),
    };
    let away = |status: u16| Error::Unreachable(format!("status {status}"));
    let busy = |seconds: Option<u64>| Error::Busy {
        retry_after: seconds.map(Duration::from_secs),
    };
    let cases = [
        (429, "rate_limit_exceeded", Some("7"), busy(Some(7))),
        (429, "something new", None, busy(None)),
        (429, "insufficient_quota", Some("7"), Error::Quota),
        (503, "", Some("7"), busy(Some(7))),
        (503, "", None, away(503)),
        (500, "server_error", None, away(500)),
        (408, "", None, away(408)),
        (409, "", None, away(409)),
        (
            400,
            "context_length_exceeded",
            None,
            refused(400, "context_length_exceeded"),
        ),
        (400, "content_filter", None, Error::Filtered),
        (
            401,
            "invalid_api_key",
            None,
            refused(401, "invalid_api_key"),
        ),
        (403, "sk-secret text", None, refused(403, "unknown")),
        (
            404,
            "model_not_found",
            None,
            refused(404, "model_not_found"),
        ),
    ];
    for (status, code, wait, expected) in cases {
        let mut headers = HeaderMap::new();
        if let Some(wait) = wait {
            headers.insert("retry-after", wait.parse().unwrap());
        }
        let body = json!({"error": {"message": "secret", "type": null, "code": code}}).to_string();
        let status = StatusCode::from_u16(status).unwrap();
        assert_eq!(
            classify(status, &headers, body.as_bytes()),
            expected,
            "{status} {code}"
        );
    }
    assert_eq!(
        classify(StatusCode::BAD_GATEWAY, &HeaderMap::new(), b"<html>"),
        away(502)
    );
}
