//! The form of a letter: plain text, no refusal, nothing of the prompt.

use std::collections::HashSet;

use super::sentence::plain;
use crate::domain::text::is_invisible;

/// Characters that a body may have.
pub const LENGTH_MAX: usize = 2000;
/// Words in a row that a letter does not share with the instructions by chance.
const RUN: usize = 8;

/// Objections to the form, in a fixed order.
pub fn objections(body: &str, boundary: &str, instructions: &str) -> Vec<&'static str> {
    let has = |is: fn(char) -> bool| body.chars().any(is);
    [
        (body.trim().is_empty(), "empty_body"),
        (body.chars().count() > LENGTH_MAX, "too_long"),
        (
            has(|c| c.is_control() && !matches!(c, '\n' | '\t')),
            "control_characters",
        ),
        (has(is_invisible), "hidden_characters"),
        (has_markup(body), "markup"),
        (is_refusal(&plain(body)), "refusal"),
        (
            body.contains(boundary) || repeats(body, instructions),
            "prompt_leak",
        ),
        (begins_like_headers(body), "header_text"),
    ]
    .into_iter()
    .filter_map(|(applies, code)| applies.then_some(code))
    .collect()
}

/// Whether a text gives a run of words of another away.
fn repeats(body: &str, instructions: &str) -> bool {
    let words = |text: &str| {
        let words = text.split(|c: char| !c.is_alphanumeric());
        let words = words.filter(|word| !word.is_empty());
        words.map(str::to_lowercase).collect::<Vec<_>>()
    };
    let (body, instructions) = (words(body), words(instructions));
    let told: HashSet<&[String]> = instructions.windows(RUN).collect();
    body.windows(RUN).any(|run| told.contains(run))
}

/// Whether a text holds HTML or Markdown.
pub fn has_markup(body: &str) -> bool {
    let tag = body.split('<').skip(1).any(|rest| {
        rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!')
            && rest.contains('>')
    });
    let lines = body.lines().any(|line| {
        let line = line.trim_start();
        ["# ", "## ", "### ", "* ", "| "]
            .iter()
            .any(|mark| line.starts_with(mark))
    });
    let marks = ["](", "][", "]: ", "![", "```", "**", "__", "&lt;", "&#"];
    tag || lines || marks.iter().any(|mark| body.contains(mark))
}

/// A polite refusal comes as any other answer does.
fn is_refusal(plain: &str) -> bool {
    const PHRASES: [&str; 21] = [
        "as an ai",
        "as a language model",
        "as an artificial intelligence",
        "i'm just an ai",
        "i am just an ai",
        "i'm an ai",
        "i can't help with",
        "i cannot help with",
        "i can't assist",
        "i cannot assist",
        "i can't comply",
        "i cannot comply",
        "i'm unable to assist",
        "i am unable to assist",
        "i'm unable to help",
        "i am unable to help",
        "i'm not able to help with",
        "i can't fulfill",
        "i cannot fulfill",
        "i won't be able to help with that",
        "against my guidelines",
    ];
    PHRASES.iter().any(|phrase| plain.contains(phrase))
}

/// Text that tries to be the head of a message. It could not become one, but nobody should get it.
fn begins_like_headers(body: &str) -> bool {
    const NAMES: [&str; 6] = ["bcc:", "cc:", "to:", "from:", "subject:", "reply-to:"];
    body.lines().any(|line| {
        let line = line.trim_start().to_lowercase();
        NAMES.iter().any(|name| line.starts_with(name))
    })
}
