//! The engine as a program: what goes in on standard input and comes out on standard output.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

fn slots(arguments: &[&str], zone: &str, input: &[u8]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_slots"))
        .args(arguments)
        .env("TZ", zone)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = program.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = program.wait_with_output().unwrap();
    // A program that refuses its arguments does not read.
    let _ = writer.join().unwrap();
    output
}

/// One answer a line, and the program ends well.
fn answers(arguments: &[&str], input: impl AsRef<[u8]>) -> Vec<Value> {
    let output = slots(arguments, "Asia/Kolkata", input.as_ref());
    assert!(output.status.success(), "{output:?}");
    let lines = output.stdout.strip_suffix(b"\n").unwrap_or_default();
    if lines.is_empty() {
        return vec![];
    }
    let lines = lines.split(|&byte| byte == b'\n');
    lines
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect()
}

/// Monday, 9 March 2026, in Chicago (UTC-5), one agent from nine to eleven.
fn monday() -> Value {
    json!({
        "id": "monday",
        "time_zone": "America/Chicago",
        "from": "2026-03-09T00:00:00-05:00",
        "to": "2026-03-10T00:00:00-05:00",
        "now": "2026-03-01T00:00:00Z",
        "min_notice_minutes": 0,
        "duration_minutes": 30,
        "buffer_minutes": 15,
        "step_minutes": 15,
        "agents": [{
            "id": "a000",
            "working_hours": {"mon": {"start": "09:00", "end": "11:00"}},
            "busy": [],
        }],
    })
}

/// `request` with some of it replaced, by JSON pointer.
fn with(changes: &[(&str, Value)]) -> Value {
    let mut request = monday();
    for (pointer, value) in changes {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        request.pointer_mut(parent).unwrap()[key] = value.clone();
    }
    request
}

/// Minutes after nine o'clock on that Monday in Chicago.
fn minutes(answer: &Value, agent: &str) -> Vec<i64> {
    let starts = answer["slots"][agent].as_array().unwrap();
    let minutes = |start: &Value| (start.as_i64().unwrap() - 1_773_064_800) / 60;
    starts.iter().map(minutes).collect()
}

fn only(request: &Value) -> Value {
    let answers = answers(&[], format!("{request}\n"));
    assert_eq!(answers.len(), 1);
    answers.into_iter().next().unwrap()
}

#[test]
fn each_line_is_answered_with_the_starts_of_each_agent() {
    let two = with(&[
        ("/id", json!("two")),
        (
            "/agents",
            json!([
                {"id": "a", "working_hours": {"mon": [{"start": "09:00", "end": "09:30"},
                    {"start": "10:00", "end": "10:45"}]}, "busy": []},
                {"id": "b", "working_hours": {"mon": {"start": "09:00", "end": "11:00", "enabled": true}},
                 "busy": [{"start": "2026-03-09T19:30:00.25+05:30", "end": "2026-03-09T09:14:59.5-05:00"}]},
            ]),
        ),
    ]);
    let answers = answers(&[], format!("{}\n{two}", monday()));
    assert_eq!(answers.len(), 2, "the last line may lack its end");
    assert_eq!(answers[0]["id"], "monday");
    assert_eq!(minutes(&answers[0], "a000"), [0, 15, 30, 45, 60, 75, 90]);
    assert_eq!(answers[1]["id"], "two");
    assert_eq!(minutes(&answers[1], "a"), [0, 60, 75]);
    assert_eq!(minutes(&answers[1], "b"), [30, 45, 60, 75, 90]);
}

#[test]
fn an_agent_may_have_terms_of_its_own() {
    let request = with(&[
        ("/agents/0/time_zone", json!("America/New_York")),
        ("/agents/0/duration_minutes", json!(45)),
        ("/agents/0/buffer_minutes", json!(0)),
        ("/agents/0/step_minutes", json!(60)),
        (
            "/agents/0/busy",
            json!([{"start": "2026-03-09T13:45:00Z", "end": "2026-03-09T14:00:00Z"}]),
        ),
    ]);
    assert_eq!(minutes(&only(&request), "a000"), [-60, 0]);
    let nothing_own = with(&[("/agents/0/step_minutes", json!(null))]);
    assert_eq!(only(&nothing_own), only(&monday()));
}

#[test]
fn notice_and_range_bound_what_is_offered() {
    let soon = with(&[
        ("/now", json!("2026-03-09T08:45:00.001-05:00")),
        ("/min_notice_minutes", json!(30)),
        ("/to", json!("2026-03-09T10:30:00-05:00")),
    ]);
    assert_eq!(minutes(&only(&soon), "a000"), [30, 45, 60]);
    let turned = with(&[("/to", json!("2026-03-01T00:00:00Z"))]);
    assert!(minutes(&only(&turned), "a000").is_empty());
}

#[test]
fn no_agents_have_no_slots() {
    assert_eq!(
        only(&with(&[("/agents", json!([]))])),
        json!({"id": "monday", "slots": {}})
    );
    assert_eq!(answers(&[], ""), [] as [Value; 0]);
}

#[test]
fn a_malformed_line_is_answered_with_its_id_and_the_next_is_read() {
    let mut input = Vec::new();
    let bad = [
        ("/id", json!("monday")),
        ("/time_zone", json!("America/Atlantis")),
        ("/from", json!("2026-03-09T00:00:00")),
        ("/to", json!("yesterday")),
        ("/now", json!(null)),
        ("/min_notice_minutes", json!(-1)),
        ("/duration_minutes", json!(0)),
        ("/step_minutes", json!(0)),
        ("/buffer_minutes", json!("15")),
        ("/agents", json!({})),
        ("/agents/0/busy", json!([{"start": "2026-03-09T00:00:00Z"}])),
        (
            "/agents/0/working_hours",
            json!({"mon": {"start": "9", "end": "11:00"}}),
        ),
        (
            "/agents/0/working_hours",
            json!({"monday": {"start": "09:00", "end": "11:00"}}),
        ),
        ("/agents/0/time_zone", json!("")),
    ];
    for change in &bad {
        input.extend(format!("{}\n", with(std::slice::from_ref(change))).bytes());
    }
    let no_json: [&[u8]; 5] = [b"{", b"", b"[]", b"\xff\xfe", b"{\"id\": 7}"];
    for line in no_json {
        input.extend([line, b"\n"].concat());
    }
    input.extend(monday().to_string().bytes());

    let answers = answers(&[], input);
    assert_eq!(answers.len(), bad.len() + no_json.len() + 1);
    let (good, refused) = (&answers[0], &answers[1..answers.len() - 1]);
    assert_eq!(minutes(good, "a000").len(), 7, "the twin without a fault");
    assert_eq!(answers.last(), Some(good));
    for (index, answer) in refused.iter().enumerate() {
        assert!(answer["error"].is_string(), "{index}: {answer}");
        let id = match index {
            ..13 => json!("monday"),
            17 => json!(7),
            _ => Value::Null,
        };
        assert_eq!(answer["id"], id, "{index}: {answer}");
    }
}

#[test]
fn the_zone_of_the_process_does_not_matter() {
    let input = monday().to_string();
    let here = slots(&[], "America/Chicago", input.as_bytes());
    for zone in ["UTC", "Asia/Kolkata", "Pacific/Auckland", "nonsense", ""] {
        assert_eq!(
            slots(&[], zone, input.as_bytes()).stdout,
            here.stdout,
            "{zone}"
        );
    }
    assert!(!here.stdout.is_empty());
}

#[test]
fn a_request_can_be_timed_instead() {
    for mode in ["engine", "text"] {
        let input = format!("{}\nnonsense\n", monday());
        let answers = answers(&["--repeat", "3", "--mode", mode], input);
        let time = &answers[0];
        let sum: i64 = (0..7).map(|slot| 1_773_064_800 / 60 + slot * 15).sum();
        assert_eq!((&time["id"], &time["slots"]), (&json!("monday"), &json!(7)));
        assert_eq!((&time["reps"], &time["sum"]), (&json!(3), &json!(sum)));
        assert!(time["first_ns"].as_u64() > Some(0) && time["ns"].as_u64() > Some(0));
        assert!(answers[1]["error"].is_string());
    }
}

#[test]
fn arguments_that_are_not_understood_are_refused() {
    for arguments in [
        &["--repeat"][..],
        &["--repeat", "0", "--mode", "text"],
        &["--mode", "fast"],
    ] {
        let output = slots(arguments, "UTC", b"");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
}
