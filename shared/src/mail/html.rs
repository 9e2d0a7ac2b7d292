//! From HTML to the text that a reader would see.
//!
//! One pass with a stack of open elements leaves out what is hidden and rewrites the rest in the few
//! tags that the converter is then trusted with. Both passes are linear: a closing tag that matches
//! no open element is dropped by a count, not by a search. Text that a person cannot see must not
//! reach a model, so in doubt a part is taken for hidden.

use std::collections::HashMap;

use super::clean;
use super::markup::{self, Attributes, Name, starts_with_ignoring_case};
use super::sheet::Sheet;
use super::style::{Colors, Look};

/// What to do with the parts that quote earlier mails.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quotes {
    Keep,
    Cut,
}

/// The visible text of a document: all of it, and without what quotes earlier mails.
pub(super) struct Visible {
    pub(super) all: String,
    pub(super) unquoted: String,
}

impl Visible {
    pub(super) fn of(html: &str) -> Self {
        let sheet = Sheet::of(html);
        let (unquoted, quotes) = text(html, &sheet, Quotes::Cut);
        let all = if quotes {
            text(html, &sheet, Quotes::Keep).0
        } else {
            unquoted.clone()
        };
        Self { all, unquoted }
    }
}

/// The visible text, and whether quotes were cut.
fn text(html: &str, sheet: &Sheet, quotes: Quotes) -> (String, bool) {
    let mut reader = Reader::new(quotes, sheet);
    reader.read(html);
    reader.end_link();
    let text = nanohtml2text::html2text(&reader.out).replace("\r\n", "\n");
    (clean::text(&text), reader.cut)
}

struct Open<'a> {
    name: Name<'a>,
    /// By itself, not by what is around it.
    hidden: bool,
    colors: Colors,
}

struct Reader<'a> {
    quotes: Quotes,
    sheet: &'a Sheet,
    out: String,
    open: Vec<Open<'a>>,
    /// How many elements of a name are open.
    open_by_name: HashMap<String, usize>,
    /// How many open elements are hidden by themselves.
    hidden: usize,
    in_link: bool,
    /// How many `pre` are open.
    in_pre: usize,
    line_is_empty: bool,
    /// A quote was left out.
    cut: bool,
    /// Everything that follows is a quote.
    ended: bool,
}

impl<'a> Reader<'a> {
    fn new(quotes: Quotes, sheet: &'a Sheet) -> Self {
        Self {
            quotes,
            sheet,
            out: String::new(),
            open: vec![],
            open_by_name: HashMap::new(),
            hidden: 0,
            in_link: false,
            in_pre: 0,
            line_is_empty: true,
            cut: false,
            ended: false,
        }
    }

    fn read(&mut self, html: &'a str) {
        let mut rest = html;
        while !rest.is_empty() && !self.ended {
            let text_end = rest.find('<').unwrap_or(rest.len());
            self.text(&rest[..text_end]);
            rest = &rest[text_end..];
            if !rest.is_empty() {
                rest = self.markup(rest);
            }
        }
    }

    /// Reads one piece of markup at the `<` and returns what follows it.
    fn markup(&mut self, rest: &'a str) -> &'a str {
        if let Some(comment) = rest.strip_prefix("<!--") {
            return markup::behind_comment(comment);
        }
        if rest.starts_with("<!") || rest.starts_with("<?") {
            return markup::behind(rest, ">");
        }
        let closes = rest.starts_with("</");
        let inner = &rest[if closes { 2 } else { 1 }..];
        if !inner.starts_with(|c: char| c.is_ascii_alphabetic()) {
            self.text("<");
            return &rest[1..];
        }
        let Some(end) = markup::tag_end(inner) else {
            return "";
        };
        let (tag, behind) = (&inner[..end], &inner[end + 1..]);
        let name_end = tag
            .find(|c: char| c.is_ascii_whitespace() || c == '/')
            .unwrap_or(tag.len());
        let name = Name(&tag[..name_end]);
        if closes {
            self.close(name);
            return behind;
        }
        self.start(name, &tag[name_end..]);
        if name.is(markup::RAW) {
            markup::behind_raw(behind, name.0)
        } else {
            behind
        }
    }

    fn text(&mut self, text: &str) {
        let blends = self.open.last().is_some_and(|open| open.colors.blend());
        if self.hidden > 0 || blends || text.is_empty() {
            return;
        }
        self.line_is_empty &= text.trim().is_empty();
        if self.in_pre > 0 {
            let lines = text
                .replace('>', "&gt;")
                .replace('<', "&lt;")
                .replace('\n', "<br>");
            self.out.push_str(&lines);
        } else {
            self.out.push_str(&text.replace('<', "&lt;"));
        }
    }

    fn start(&mut self, name: Name<'a>, attributes: &'a str) {
        let attributes = Attributes::of(attributes);
        if self.quotes == Quotes::Cut && ends_fresh_text(&attributes) {
            (self.cut, self.ended) = (true, true);
            return;
        }
        if self.implies_end_of_sibling(name) {
            self.pop();
        }
        let around = self
            .open
            .last()
            .map_or_else(Colors::default, |open| open.colors);
        let look = Look::of(&attributes, around);
        let quoted = self.quotes == Quotes::Cut && is_quote(name, &attributes);
        self.cut |= quoted;
        let hidden =
            look.hidden || quoted || name.is(markup::UNSEEN) || self.sheet.hides(name, &attributes);
        if !hidden {
            self.emit_start(name, &attributes);
        }
        if !name.is(markup::VOID) {
            *self
                .open_by_name
                .entry(name.0.to_ascii_lowercase())
                .or_default() += 1;
            self.hidden += usize::from(hidden);
            self.in_pre += usize::from(name.is(&["pre"]));
            self.open.push(Open {
                name,
                hidden,
                colors: look.colors,
            });
        }
        if name.is(markup::RAW) {
            self.pop();
        }
    }

    fn emit_start(&mut self, name: Name<'_>, attributes: &Attributes<'_>) {
        if self.hidden > 0 {
            return;
        }
        if name.is(&["br"]) {
            // A break on an empty line is an empty line, which the converter would swallow.
            let tag = if self.line_is_empty { "<p>" } else { "<br>" };
            self.out.push_str(tag);
            self.line_is_empty = true;
        } else if name.is(&["a"]) {
            self.start_link(attributes);
        } else {
            self.emit_break(name);
        }
    }

    fn start_link(&mut self, attributes: &Attributes<'_>) {
        self.end_link();
        let href = attributes.decoded("href").unwrap_or_default();
        let href = clean::line(&href);
        let shown = ["http://", "https://", "mailto:", "tel:"];
        if shown
            .iter()
            .any(|scheme| starts_with_ignoring_case(&href, scheme))
        {
            let href = href
                .replace('&', "&amp;")
                .replace('"', "&quot;")
                .replace('<', "&lt;");
            self.out.push_str(&format!("<a href=\"{href}\">"));
            self.in_link = true;
        }
    }

    fn end_link(&mut self) {
        if std::mem::take(&mut self.in_link) {
            self.out.push_str("</a>");
        }
    }

    fn emit_break(&mut self, name: Name<'_>) {
        let is_paragraph = name.is(markup::PARAGRAPHS);
        if is_paragraph || name.is(markup::LINES) {
            self.out.push_str(if is_paragraph { "<p>" } else { "<br>" });
            self.line_is_empty = true;
        }
    }

    fn close(&mut self, name: Name<'a>) {
        if self.hidden == 0 && name.is(&["a"]) {
            self.end_link();
        }
        let key = name.0.to_ascii_lowercase();
        if self.open_by_name.get(&key).is_none_or(|count| *count == 0) {
            return; // closes nothing
        }
        while let Some(closed) = self.pop() {
            if closed.is(&[name.0]) {
                break;
            }
        }
        if self.hidden == 0 {
            self.emit_break(name);
        }
    }

    fn pop(&mut self) -> Option<Name<'a>> {
        let open = self.open.pop()?;
        if let Some(count) = self.open_by_name.get_mut(&open.name.0.to_ascii_lowercase()) {
            *count = count.saturating_sub(1);
        }
        self.hidden -= usize::from(open.hidden);
        self.in_pre -= usize::from(open.name.is(&["pre"]));
        Some(open.name)
    }

    /// HTML lets a list item or a paragraph end where the next one begins.
    fn implies_end_of_sibling(&self, name: Name<'_>) -> bool {
        let Some(open) = self.open.last() else {
            return false;
        };
        let same = name.is(markup::SIBLINGS) && open.name.is(&[name.0]);
        same || open.name.is(&["p"]) && (name.is(markup::PARAGRAPHS) || name.is(&["div", "table"]))
    }
}

fn is_quote(name: Name<'_>, attributes: &Attributes<'_>) -> bool {
    let class = attributes.decoded("class").unwrap_or_default();
    let mut classes = class.split_ascii_whitespace();
    if name.is(&["blockquote"]) {
        let cited = attributes
            .decoded("type")
            .is_some_and(|kind| kind.eq_ignore_ascii_case("cite"));
        return cited || classes.any(|class| class == "gmail_quote");
    }
    const QUOTES: [&str; 6] = [
        "gmail_quote",
        "gmail_quote_container",
        "gmail_attr",
        "yahoo_quoted",
        "moz-cite-prefix",
        "protonmail_quote",
    ];
    classes.any(|class| QUOTES.contains(&class))
}

/// Outlook puts a mark before the quoted mail and leaves the mail itself unmarked.
fn ends_fresh_text(attributes: &Attributes<'_>) -> bool {
    const MARKS: [&str; 3] = [
        "appendonsend",
        "divrplyfwdmsg",
        "mail-editor-reference-message-container",
    ];
    attributes.get("id").is_some_and(|id| {
        let id = id.to_ascii_lowercase();
        MARKS
            .iter()
            .any(|mark| id == *mark || id.strip_prefix("x_") == Some(mark))
    })
}
