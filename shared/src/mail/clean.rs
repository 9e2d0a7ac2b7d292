//! Takes out of a text what nobody can see.

use crate::domain::text::is_invisible;

/// Text of several lines: `\n` line ends, no control characters but `\t`, nothing invisible, plain
/// spaces for no-break ones, no space at line ends (but in the signature mark `-- `), at most one
/// empty line in a row.
pub fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = 0;
    // A lone carriage return is a line end of old.
    for line in text.replace("\r\n", "\n").split(['\n', '\r']) {
        let start = out.len();
        out.extend(line.chars().filter_map(|c| match c {
            '\t' => Some('\t'),
            '\u{A0}' | '\u{2007}' | '\u{202F}' => Some(' '),
            c if c.is_control() || is_invisible(c) => None,
            c => Some(c),
        }));
        let kept = match &out[start..] {
            signature @ "-- " => signature.len(),
            line => line.trim_end().len(),
        };
        out.truncate(start + kept);
        empty = if kept == 0 { empty + 1 } else { 0 };
        if empty < 2 {
            out.push('\n');
        }
    }
    out.trim_matches('\n').to_owned()
}

/// Text of one line: every run of white space and control characters is one space.
pub(super) fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut gap = false;
    for c in text.chars().filter(|c| !is_invisible(*c)) {
        if c.is_whitespace() || c.is_control() {
            gap = true;
            continue;
        }
        if std::mem::take(&mut gap) && !out.is_empty() {
            out.push(' ');
        }
        out.push(c);
    }
    out
}

/// Cuts a text to at most `max` bytes, at a character. Says whether it had to.
pub(super) fn cut(text: &mut String, max: usize) -> bool {
    if text.len() <= max {
        return false;
    }
    let end = (0..=max)
        .rev()
        .find(|end| text.is_char_boundary(*end))
        .unwrap_or(0);
    text.truncate(end);
    true
}
