//! From HTML to the text that a reader would see.
//!
//! One pass with a stack of open elements leaves out what is hidden and rewrites the rest in the few
//! tags that the converter is then trusted with. Both passes are linear: a closing tag that matches
//! no open element is dropped by a count, not by a search. Text that a person cannot see must not
//! reach a model, so in doubt a part is taken for hidden.

use std::collections::HashMap;

use super::clean;
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
        let (unquoted, quotes) = text(html, Quotes::Cut);
        let all = if quotes {
            text(html, Quotes::Keep).0
        } else {
            unquoted.clone()
        };
        Self { all, unquoted }
    }
}

/// The visible text, and whether quotes were cut.
fn text(html: &str, quotes: Quotes) -> (String, bool) {
    let mut reader = Reader::new(quotes);
    reader.read(html);
    reader.end_link();
    let text = nanohtml2text::html2text(&reader.out).replace("\r\n", "\n");
    (clean::text(&text), reader.cut)
}

struct Open<'a> {
    name: Name<'a>,
    hidden: bool,
    colors: Colors,
}

/// A tag's name as it is written; compared without case.
#[derive(Clone, Copy)]
struct Name<'a>(&'a str);

impl Name<'_> {
    fn is(self, names: &[&str]) -> bool {
        names.iter().any(|name| self.0.eq_ignore_ascii_case(name))
    }
}

struct Reader<'a> {
    quotes: Quotes,
    out: String,
    open: Vec<Open<'a>>,
    open_by_name: HashMap<String, usize>,
    hidden: usize,
    in_link: bool,
    in_pre: usize,
    line_is_empty: bool,
    /// A quote was left out.
    cut: bool,
    /// Everything that follows is a quote.
    ended: bool,
}

impl<'a> Reader<'a> {
    fn new(quotes: Quotes) -> Self {
        Self {
            quotes,
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
            return behind_comment(comment);
        }
        if rest.starts_with("<!") || rest.starts_with("<?") {
            return behind(rest, ">");
        }
        let closes = rest.starts_with("</");
        let inner = &rest[if closes { 2 } else { 1 }..];
        if !inner.starts_with(|c: char| c.is_ascii_alphabetic()) {
            self.text("<");
            return &rest[1..];
        }
        let Some(end) = tag_end(inner) else { return "" };
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
        if name.is(RAW) {
            behind_raw(behind, name.0)
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
        let hidden = look.hidden || quoted || name.is(UNSEEN);
        if !hidden {
            self.emit_start(name, &attributes);
        }
        if !name.is(VOID) {
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
        if name.is(RAW) {
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
        let tag = match () {
            () if name.is(PARAGRAPHS) => "<p>",
            () if name.is(LINES) => "<br>",
            () => return,
        };
        self.out.push_str(tag);
        self.line_is_empty = true;
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
        let same = name.is(SIBLINGS) && open.name.is(&[name.0]);
        same || open.name.is(&["p"]) && (name.is(PARAGRAPHS) || name.is(&["div", "table"]))
    }
}

const VOID: &[&str] = &[
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "wbr",
];
/// Their content is no markup; none of it is shown as text of the mail.
const RAW: &[&str] = &[
    "script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes",
];
const UNSEEN: &[&str] = &[
    "template", "noscript", "object", "svg", "math", "select", "audio", "video", "canvas", "dialog",
];
const SIBLINGS: &[&str] = &["p", "li", "td", "th", "tr", "dt", "dd", "option"];
const PARAGRAPHS: &[&str] = &[
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
const LINES: &[&str] = &[
    "div", "li", "tr", "td", "th", "dt", "dd", "center", "form", "fieldset",
];

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

/// A tag's attributes, the first of each name (HTML ignores the others).
pub(super) struct Attributes<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Attributes<'a> {
    /// No honest tag has more; the rest is not looked at.
    const MAX: usize = 64;

    fn of(mut text: &'a str) -> Self {
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
    fn get(&self, name: &str) -> Option<&'a str> {
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
fn tag_end(tag: &str) -> Option<usize> {
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

fn behind<'a>(text: &'a str, mark: &str) -> &'a str {
    text.find(mark).map_or("", |at| &text[at + mark.len()..])
}

fn behind_comment(comment: &str) -> &str {
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
fn behind_raw<'a>(text: &'a str, name: &str) -> &'a str {
    let mut rest = text;
    while let Some(at) = rest.find("</") {
        rest = &rest[at + 2..];
        if starts_with_ignoring_case(rest, name) {
            return behind(rest, ">");
        }
    }
    ""
}

fn starts_with_ignoring_case(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_laid_out_as_a_reader_sees_it() {
        for (html, text) in [
            ("plain &amp; simple", "plain & simple"),
            ("<div>one</div><div>two</div>", "one\ntwo"),
            ("<div>one</div><div><br></div><div>two</div>", "one\n\ntwo"),
            ("<div>one<br></div><div>two</div>", "one\ntwo"),
            ("one<br>two<br><br>three", "one\ntwo\n\nthree"),
            ("<p>one</p>\n<p>two", "one\n\ntwo"),
            ("<ul><li>one<li>two</ul>three", "one\ntwo\n\nthree"),
            ("<table><tr><td>a</td><td>b</td></tr></table>", "a\nb"),
            ("<pre>a\n  <b>b</b></pre>", "a\nb"),
            ("1 < 2 > 0 <3 a<b", "1 < 2 > 0 <3 a"),
            (
                "<a href=\"https://a.example/?x=1&amp;y\">here</a>",
                "here (https://a.example/?x=1&y)",
            ),
            ("<a href='javascript:x()'>here</a>", "here"),
            (
                "<a href=https://a.example>one<a href=https://b.example>two",
                "one (https://a.example)two (https://b.example)",
            ),
            (
                "<title>no</title><style>no</style><script>no</script>yes",
                "yes",
            ),
            (
                "a<!-- > no -->b<!-->c<!--->d<![if !mso]>e<![endif]>f",
                "abcdef",
            ),
            ("<img alt='<p hidden>'>shown", "shown"),
            ("<p title='a>b' hidden>no</p>yes", "yes"),
            (
                "caf&eacute; &euro;5&nbsp;00 &#8211; &unknown;",
                "café €5 00 – &unknown;",
            ),
            ("", ""),
        ] {
            assert_eq!(Visible::of(html).all, text, "{html}");
        }
    }

    #[test]
    fn what_is_hidden_is_left_out() {
        for hidden in [
            "<p hidden>no</p>",
            "<p HIDDEN=''>no</p>",
            "<div style='display:none'>no<div>no</div>no</div>",
            "<div style='display:none'><p>no</b></p></div>",
            "<div style='DISPLAY: None !important;'>no</div>",
            "<div style='display:n\\6f ne'>no</div>",
            "<div style='display/**/:/**/none'>no</div>",
            "<div style='display&colon;none'>no</div>",
            "<div style=display:none>no</div>",
            "<div style='visibility:hidden'>no</div>",
            "<div style='opacity:0.0'>no</div>",
            "<div style='opacity: 1%'>no</div>",
            "<div style='font-size:0'>no</div>",
            "<div style='font-size:.1em'>no</div>",
            "<div style='font-size:1.5pt'>no</div>",
            "<div style='font: 1px/1px Arial'>no</div>",
            "<div style='mso-hide:all'>no</div>",
            "<div style='max-height:0;overflow:hidden'>no</div>",
            "<div style='text-indent:-9999px'>no</div>",
            "<div style='position:absolute; left:-5000px'>no</div>",
            "<div style='color:transparent'>no</div>",
            "<div style='color:white'>no</div>",
            "<font color='#FFFFFF'>no</font>",
            "<div style='background:#333'><span style='color:rgb(51, 51, 51)'>no</span></div>",
            "<table bgcolor=black><tr><td><font color=#000>no</font></table>",
            "<template>no</template>",
            "<noscript>no</noscript>",
            "<textarea>no</textarea>",
            "<!-- no -->",
            "<select><option>no</select>",
        ] {
            assert_eq!(
                Visible::of(&format!("<p>yes</p>{hidden}<p>too</p>")).all,
                "yes\n\ntoo",
                "{hidden}"
            );
        }
        assert_eq!(Visible::of("yes<div hidden>no").all, "yes");
        assert_eq!(Visible::of("<div hidden>no</span></div>yes").all, "yes");
        assert_eq!(Visible::of("<ul><li hidden>no<li>yes</ul>").all, "yes");
    }

    #[test]
    fn what_only_looks_like_hiding_is_kept() {
        for shown in [
            "<p style='display:block'>yes</p>",
            "<p style='font-size:12px;opacity:0.9;visibility:visible'>yes</p>",
            "<p style='font:14px/1.2 Arial'>yes</p>",
            "<p style='background:#000;color:#fff'>yes</p>",
            "<p style='background:url(x.png) #fff;color:#fff'>yes</p>",
            "<p style='height:0'>yes</p>",
            "<p style='overflow:hidden;line-height:1'>yes</p>",
            "<p style='margin-left:-8px'>yes</p>",
            "<p class='hidden' title='display:none'>yes</p>",
            "<p style='color:#fefefe;background:#123'>yes</p>",
            "<div style='background:#000'><p style='color:#fff'>yes</p></div>",
            "<br hidden>yes",
            "<script/></script>yes",
            "<p style='x:\\'>yes</p>",
        ] {
            assert_eq!(Visible::of(shown).all, "yes", "{shown}");
        }
    }

    #[test]
    fn quotes_are_cut_where_mail_programs_mark_them() {
        for html in [
            "new<div class='gmail_quote gmail_quote_container'>old</div>",
            "new<blockquote type='cite'>old</blockquote>",
            "new<blockquote class=gmail_quote>old</blockquote>",
            "new<div id='appendonsend'></div><hr>old",
            "new<div id=\"x_divRplyFwdMsg\">From: a</div>old",
            "new<div class='yahoo_quoted'>old</div>",
            "new<div class=moz-cite-prefix>On 1 wrote:</div><blockquote type=cite>old</blockquote>",
        ] {
            let visible = Visible::of(html);
            assert_eq!(visible.unquoted, "new", "{html}");
            assert!(visible.all.contains("old"), "{html}");
        }
        let inline = "<blockquote type=cite>old</blockquote>new<blockquote>a saying</blockquote>";
        assert_eq!(Visible::of(inline).unquoted, "new\n\na saying");
    }
}
