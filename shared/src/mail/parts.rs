//! Takes a message apart into its leaves (RFC 2046), within fixed limits.
//!
//! The MIME library reads every header and decodes every body, yet does not walk the tree for us:
//! it has no limits of depth and number, looks for a missing boundary to the end of the mail again
//! for each part, and a message nested some ten thousand times ends the process when it is dropped.

use mail_parser::ContentType;

use super::fields::Fields;

/// Nested multiparts that are opened; one deeper is taken for text.
const MAX_DEPTH: usize = 64;
/// Leaves and multiparts that are looked at.
const MAX_PARTS: usize = 1_000;
/// Lines beginning with `--` that are considered as boundaries.
const MAX_DELIMITERS: usize = 50_000;

/// A part without parts.
pub(super) struct Leaf<'a> {
    pub(super) fields: Fields<'a>,
    /// The content as transferred, not decoded.
    pub(super) body: &'a [u8],
    /// Lower case, such as `text/plain`.
    pub(super) mime_type: String,
    pub(super) content_type: Option<ContentType<'static>>,
    /// Which outermost `multipart/alternative` it belongs to, if to any.
    pub(super) alternative: Option<usize>,
}

/// A message's leaves, in order.
pub(super) struct Parts<'a> {
    pub(super) leaves: Vec<Leaf<'a>>,
    pub(super) truncated: bool,
    raw: &'a [u8],
    /// Where lines begin that may be boundaries, ascending.
    delimiters: Vec<usize>,
    opened: usize,
}

/// What a part inherits from the multiparts around it.
#[derive(Clone, Copy, Default)]
struct Around {
    depth: usize,
    alternative: Option<usize>,
    digest: bool,
}

impl<'a> Parts<'a> {
    /// Walks a message. `fields` are its headers and `body` what follows them, up to the end.
    pub(super) fn of(raw: &'a [u8], fields: Fields<'a>, body: &'a [u8]) -> Self {
        let start = raw.len() - body.len();
        let (delimiters, truncated) = delimiters(raw, start);
        let mut parts = Self {
            leaves: vec![],
            truncated,
            raw,
            delimiters,
            opened: 0,
        };
        parts.open(fields, start, raw.len(), Around::default());
        parts
    }

    fn open(&mut self, fields: Fields<'a>, start: usize, end: usize, around: Around) {
        if self.opened == MAX_PARTS {
            self.truncated = true;
            return;
        }
        self.opened += 1;
        self.truncated |= fields.truncated();
        let content_type = fields.content("Content-Type");
        let mut mime_type = match &content_type {
            Some(content) => mime_type(content),
            None if around.digest => "message/rfc822".to_owned(),
            None => "text/plain".to_owned(),
        };
        if let Some(kind) = mime_type.strip_prefix("multipart/") {
            let boundary = content_type
                .as_ref()
                .and_then(|content| content.attribute("boundary"));
            let sections = match boundary {
                Some(boundary) if around.depth < MAX_DEPTH => self.sections(start, end, boundary),
                _ => vec![],
            };
            if !sections.is_empty() {
                let is_alternative = kind == "alternative";
                let alternative = around.alternative.or(is_alternative.then_some(self.opened));
                let inside = Around {
                    depth: around.depth + 1,
                    alternative,
                    digest: kind == "digest",
                };
                return self.open_all(&sections, inside);
            }
            self.truncated |= around.depth == MAX_DEPTH;
            mime_type = "text/plain".to_owned(); // broken: show what is there
        }
        let body = &self.raw[start..end];
        let alternative = around.alternative;
        self.leaves.push(Leaf {
            fields,
            body,
            mime_type,
            content_type,
            alternative,
        });
    }

    fn open_all(&mut self, sections: &[(usize, usize)], around: Around) {
        for (start, end) in sections {
            let (fields, body) = Fields::split(&self.raw[*start..*end]);
            self.open(fields, end - body.len(), *end, around);
        }
    }

    /// The sections between the boundary lines of one multipart: preamble and epilogue left out, a
    /// missing closing boundary forgiven.
    fn sections(&self, start: usize, end: usize, boundary: &str) -> Vec<(usize, usize)> {
        let mut sections = Vec::new();
        let mut open = None;
        let first = self.delimiters.partition_point(|at| *at < start);
        for at in self.delimiters[first..]
            .iter()
            .copied()
            .take_while(|at| *at < end)
        {
            let line_end = line_end(self.raw, at).min(end);
            let Some(closing) = boundary_line(&self.raw[at..line_end], boundary) else {
                continue;
            };
            if let Some(section) = open.take() {
                sections.push((section, before_line_break(self.raw, section, at)));
            }
            if closing || sections.len() == MAX_PARTS {
                return sections;
            }
            open = Some(line_end);
        }
        sections.extend(open.map(|section| (section, end)));
        sections
    }
}

fn mime_type(content: &ContentType<'_>) -> String {
    let kind = content.ctype().to_ascii_lowercase();
    match content.subtype() {
        Some(subtype) => format!("{kind}/{}", subtype.to_ascii_lowercase()),
        None if kind == "text" || kind.is_empty() => "text/plain".to_owned(),
        None => kind,
    }
}

fn delimiters(raw: &[u8], start: usize) -> (Vec<usize>, bool) {
    let mut found = Vec::new();
    let mut at = start;
    while at < raw.len() {
        if raw[at..].starts_with(b"--") {
            if found.len() == MAX_DELIMITERS {
                return (found, true);
            }
            found.push(at);
        }
        at = line_end(raw, at);
    }
    (found, false)
}

/// The index behind the line that `at` stands in.
fn line_end(raw: &[u8], at: usize) -> usize {
    raw[at..]
        .iter()
        .position(|byte| *byte == b'\n')
        .map_or(raw.len(), |length| at + length + 1)
}

/// The line break before a boundary belongs to the boundary (RFC 2046 section 5.1.1).
fn before_line_break(raw: &[u8], start: usize, at: usize) -> usize {
    let section = &raw[start..at];
    let section = section.strip_suffix(b"\n").unwrap_or(section);
    let section = section.strip_suffix(b"\r").unwrap_or(section);
    start + section.len()
}

/// Whether a line is this boundary, and if so, whether it is the closing one.
fn boundary_line(line: &[u8], boundary: &str) -> Option<bool> {
    let rest = line
        .strip_prefix(b"--")?
        .strip_prefix(boundary.as_bytes())?;
    match rest.trim_ascii_end() {
        b"" => Some(false),
        rest if rest.starts_with(b"--") => Some(true),
        _ => None,
    }
}
