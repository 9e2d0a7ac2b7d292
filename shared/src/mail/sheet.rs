//! Which elements a document's own style sheets hide.
//!
//! Only the last part of a selector is looked at (`.b` of `.a .b`), without the elements around it:
//! what may be hidden is taken for hidden. Rules for some screens only are not applied, since mails
//! hold the same text twice, for wide screens and for narrow ones.

use std::collections::HashMap;

use super::markup::{self, Attributes, Name, starts_with_ignoring_case};
use super::style;

/// Selectors that are kept; newsletters have some twenty that hide something.
const MAX_SELECTORS: usize = 200;

/// The hiding rules of a document, by the most telling word of their selectors.
#[derive(Default)]
pub(super) struct Sheet {
    rules: HashMap<String, Vec<Compound>>,
    selectors: usize,
}

/// `p.a.b#c`: a tag, classes and ids, all of which an element has to have.
#[derive(PartialEq, Eq)]
struct Compound {
    tag: String,
    words: Vec<String>,
}

impl Sheet {
    /// Reads all `<style>` elements of a document; where they stand makes no difference.
    pub(super) fn of(html: &str) -> Self {
        let mut sheet = Self::default();
        let mut rest = html;
        while let Some(at) = rest.find('<') {
            rest = &rest[at + 1..];
            if !starts_with_ignoring_case(rest, "style") {
                continue;
            }
            let content = markup::behind(rest, ">");
            rest = markup::behind_raw(content, "style");
            let css = &content[..content.len() - rest.len()];
            let css = css.rfind("</").map_or(css, |end| &css[..end]);
            sheet.read(&style::without_comments_and_escapes(css));
        }
        sheet
    }

    fn read(&mut self, css: &str) {
        let mut rest = css;
        while let Some((prelude, behind)) = rest.split_once('{') {
            let prelude = prelude.rsplit(['}', ';']).next().unwrap_or_default().trim();
            if prelude.starts_with('@') {
                rest = if is_for_everybody(prelude) {
                    behind
                } else {
                    behind_block(behind)
                };
                continue;
            }
            let (block, behind) = behind.split_once('}').unwrap_or((behind, ""));
            rest = behind;
            if style::hide(&style::declarations(block)) {
                prelude.split(',').for_each(|selector| self.keep(selector));
            }
        }
    }

    fn keep(&mut self, selector: &str) {
        let last = selector
            .trim()
            .rsplit([' ', '>', '+', '~', '\t', '\n', '\r'])
            .next();
        let last = last.unwrap_or_default();
        if last.is_empty() || last.contains([':', '[', '*']) || self.selectors == MAX_SELECTORS {
            return;
        }
        self.selectors += 1;
        let tag_end = last.find(['.', '#']).unwrap_or(last.len());
        let tag = last[..tag_end].to_ascii_lowercase();
        let starts = last.match_indices(['.', '#']).map(|(at, _)| at);
        let words: Vec<String> = starts
            .map(|at| {
                let end = last[at + 1..]
                    .find(['.', '#'])
                    .map_or(last.len(), |end| at + 1 + end);
                last[at..end].to_owned()
            })
            .collect();
        let key = words.last().unwrap_or(&tag).clone();
        self.rules
            .entry(key)
            .or_default()
            .push(Compound { tag, words });
    }

    /// Whether an element may be hidden by a rule.
    pub(super) fn hides(&self, name: Name<'_>, attributes: &Attributes<'_>) -> bool {
        if self.rules.is_empty() {
            return false;
        }
        let tag = name.0.to_ascii_lowercase();
        let class = attributes.decoded("class").unwrap_or_default();
        let mut words: Vec<String> = class
            .split_ascii_whitespace()
            .take(50)
            .map(|class| format!(".{class}"))
            .collect();
        words.extend(attributes.decoded("id").map(|id| format!("#{}", id.trim())));
        let matches = |rule: &Compound| {
            (rule.tag.is_empty() || rule.tag == tag)
                && rule.words.iter().all(|word| words.contains(word))
        };
        words
            .iter()
            .chain([&tag])
            .filter_map(|key| self.rules.get(key))
            .any(|rules| rules.iter().any(matches))
    }
}

fn is_for_everybody(prelude: &str) -> bool {
    let prelude = prelude.to_ascii_lowercase();
    let narrowed = [
        "width",
        "height",
        "print",
        "prefers",
        "not",
        "orientation",
        "resolution",
    ];
    (prelude.starts_with("@media") || prelude.starts_with("@supports"))
        && !narrowed.iter().any(|word| prelude.contains(word))
}

/// What follows the block whose `{` was just read.
fn behind_block(text: &str) -> &str {
    let mut depth = 1_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => continue,
        }
        if depth == 0 {
            return &text[at + 1..];
        }
    }
    ""
}
