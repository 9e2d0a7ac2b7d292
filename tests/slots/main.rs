//! `slots`: the engine of open tours as a program.
//!
//! Reads one JSON request a line from standard input, to the end, and writes one JSON answer a line,
//! so that other engines can be given the same work. It calls the engine that availability uses and
//! adds nothing to it. A malformed line is answered with what is wrong; the next is read all the same.
//!
//! `--repeat R --mode engine|text` times each request instead of answering it: once, then R times in
//! a row. `engine` is from parsed input to the lists of starts, `text` from the request's bytes to the
//! answer's. Nothing is kept from one call to the next but the time-zone database.

use std::hint::black_box;
use std::io::{self, BufRead, Write};
use std::process::ExitCode;
use std::time::Instant;

use serde_json::{Value, json};

mod request;

use request::Request;

const USAGE: &str = "usage: slots [--repeat R --mode engine|text] < requests > answers";

fn main() -> ExitCode {
    let Some(task) = Task::from(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match run(&task, io::stdin().lock(), io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("slots: {error}");
            ExitCode::FAILURE
        }
    }
}

enum Task {
    Answer,
    Time { repeat: u32, mode: Mode },
}

enum Mode {
    Engine,
    Text,
}

impl Task {
    fn from(mut arguments: impl Iterator<Item = String>) -> Option<Self> {
        let (mut repeat, mut mode) = (None, None);
        while let Some(argument) = arguments.next() {
            let value = arguments.next()?;
            match (argument.as_str(), value.as_str()) {
                ("--repeat", count) => {
                    repeat = Some(count.parse().ok().filter(|&count| count > 0)?)
                }
                ("--mode", "engine") => mode = Some(Mode::Engine),
                ("--mode", "text") => mode = Some(Mode::Text),
                _ => return None,
            }
        }
        match (repeat, mode) {
            (None, None) => Some(Self::Answer),
            (Some(repeat), Some(mode)) => Some(Self::Time { repeat, mode }),
            _ => None,
        }
    }
}

fn run(task: &Task, mut input: impl BufRead, output: impl Write) -> io::Result<()> {
    let mut output = io::BufWriter::new(output);
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        let answer = match task {
            Task::Answer => answer(&line),
            Task::Time { repeat, mode } => time(&line, *repeat, mode),
        };
        let answer = answer.or_else(|error| {
            serde_json::to_vec(&json!({"id": request::id_of(&line), "error": error}))
        })?;
        output.write_all(&answer)?;
        output.write_all(b"\n")?;
        // Who waits for each answer before the next request must not wait for the buffer.
        output.flush()?;
        line.clear();
    }
    Ok(())
}

fn answer(line: &[u8]) -> Result<Vec<u8>, String> {
    let request = Request::read(line)?;
    let answer = request.answer(&request.starts());
    answer.map_err(|error| error.to_string())
}

fn time(line: &[u8], repeat: u32, mode: &Mode) -> Result<Vec<u8>, String> {
    let request = Request::read(line)?;
    let (first, all) = match mode {
        Mode::Engine => measure(repeat, || black_box(&request).starts()),
        Mode::Text => measure(repeat, || answer(black_box(line))),
    };
    let starts = request.starts();
    let starts = starts.iter().flatten();
    let answer = json!({
        "id": request.id,
        "slots": starts.clone().count(),
        "sum": starts.map(|start| start.as_second() / 60).sum::<i64>(),
        "reps": repeat,
        "first_ns": first,
        "ns": all,
    });
    serde_json::to_vec::<Value>(&answer).map_err(|error| error.to_string())
}

/// Nanoseconds of a first call, and of so many calls after it.
fn measure<T>(repeat: u32, call: impl Fn() -> T) -> (u64, u64) {
    let nanoseconds = |started: Instant| {
        let elapsed = started.elapsed().as_nanos();
        u64::try_from(elapsed).unwrap_or(u64::MAX)
    };
    let started = Instant::now();
    black_box(call());
    let first = nanoseconds(started);
    let started = Instant::now();
    for _ in 0..repeat {
        black_box(call());
    }
    (first, nanoseconds(started))
}
