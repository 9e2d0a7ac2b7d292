//! The syntax of HTML: names, attributes, and where a piece of markup ends.

/// A tag's name as it is written; compared without case.
#[derive(Clone, Copy)]
pub(super) struct Name<'a>(pub(super) &'a str);

impl Name<'_> {
    pub(super) fn is(self, names: &[&str]) -> bool {
        names.iter().any(|name| self.0.eq_ignore_ascii_case(name))
    }
}

pub(super) const VOID: &[&str] = &[
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "wbr",
];
/// Their content is no markup; none of it is shown as text of the mail.
pub(super) const RAW: &[&str] = &[
    "script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes",
];
pub(super) const UNSEEN: &[&str] = &[
    "template", "noscript", "object", "svg", "math", "select", "audio", "video", "canvas", "dialog",
];
pub(super) const SIBLINGS: &[&str] = &["p", "li", "td", "th", "tr", "dt", "dd", "option"];
pub(super) const PARAGRAPHS: &[&str] = &[
    "p",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "blockquote",
    "hr",
    "ul",
    "ol",
    "dl",
    "table",
    "pre",
    "article",
    "section",
    "header",
    "footer",
    "aside",
    "main",
    "nav",
    "address",
];
pub(super) const LINES: &[&str] = &[
    "div", "li", "tr", "td", "th", "dt", "dd", "center", "form", "fieldset",
];

/// A tag's attributes, the first of each name (HTML ignores the others).
pub(super) struct Attributes<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Attributes<'a> {
    /// No honest tag has more; the rest is not looked at.
    const MAX: usize = 64;

    pub(super) fn of(mut text: &'a str) -> Self {
        let mut found = Vec::new();
        while found.len() < Self::MAX {
            text = text.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
            if text.is_empty() {
                break;
            }
            let skip = usize::from(text.starts_with('='));
            let name_end = text[skip..]
                .find(|c: char| c.is_ascii_whitespace() || c == '=' || c == '/')
                .map_or(text.len(), |end| end + skip);
            let name = &text[..name_end];
            text = text[name_end..].trim_start_matches(|c: char| c.is_ascii_whitespace());
            let value = match text.strip_prefix('=') {
                Some(behind) => {
                    let (value, behind) = split_value(behind);
                    text = behind;
                    value
                }
                None => "",
            };
            found.push((name, value));
        }
        Self(found)
    }

    /// The value as written, with its character references.
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        self.0
            .iter()
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| *value)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The value with its character references decoded.
    pub(super) fn decoded(&self, name: &str) -> Option<String> {
        let value = self.get(name)?;
        if value.contains('&') {
            return Some(nanohtml2text::html2text(&value.replace('<', "&lt;")));
        }
        Some(value.to_owned())
    }
}

fn split_value(text: &str) -> (&str, &str) {
    let text = text.trim_start_matches(|c: char| c.is_ascii_whitespace());
    for quote in ['"', '\''] {
        if let Some(quoted) = text.strip_prefix(quote) {
            return quoted.split_once(quote).unwrap_or((quoted, ""));
        }
    }
    text.split_at(
        text.find(|c: char| c.is_ascii_whitespace())
            .unwrap_or(text.len()),
    )
}

/// Where the `>` of a tag is; one in a quoted attribute value is none.
pub(super) fn tag_end(tag: &str) -> Option<usize> {
    let mut quote = None;
    let mut value_begins = false;
    for (at, byte) in tag.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), _) if byte == open => quote = None,
            (Some(_), _) => {}
            (None, b'>') => return Some(at),
            (None, b'"' | b'\'') if value_begins => {
                quote = Some(byte);
                value_begins = false;
            }
            (None, b'=') => value_begins = true,
            (None, _) if byte.is_ascii_whitespace() => {}
            (None, _) => value_begins = false,
        }
    }
    None
}

pub(super) fn behind<'a>(text: &'a str, mark: &str) -> &'a str {
    text.find(mark).map_or("", |at| &text[at + mark.len()..])
}

pub(super) fn behind_comment(comment: &str) -> &str {
    for empty in [">", "->"] {
        if let Some(rest) = comment.strip_prefix(empty) {
            return rest;
        }
    }
    let Some(end) = comment.find("-->") else {
        return "";
    };
    // Browsers end a comment here, too. Not looked for behind `end`: that would be quadratic.
    match comment[..end].find("--!>") {
        Some(earlier) => &comment[earlier + "--!>".len()..],
        None => &comment[end + "-->".len()..],
    }
}

/// What follows the closing tag of an element whose content is no markup.
pub(super) fn behind_raw<'a>(text: &'a str, name: &str) -> &'a str {
    let mut rest = text;
    while let Some(at) = rest.find("</") {
        rest = &rest[at + 2..];
        if starts_with_ignoring_case(rest, name) {
            return behind(rest, ">");
        }
    }
    ""
}

pub(super) fn starts_with_ignoring_case(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}
