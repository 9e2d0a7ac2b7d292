//! The text of a letter as HTML.

use crate::domain::email_address::EmailAddress;

/// The text as HTML: escaped, paragraphs kept, web and mail addresses made to links.
pub(super) fn html(text: &str) -> String {
    let paragraphs: Vec<String> = text
        .split("\n\n")
        .map(|paragraph| {
            let lines: Vec<String> = paragraph.lines().map(linked).collect();
            format!("<p>{}</p>", lines.join("<br>\n"))
        })
        .collect();
    format!("<html><body>\n{}\n</body></html>\n", paragraphs.join("\n"))
}

pub(in crate::mail) fn linked(line: &str) -> String {
    let mut out = String::new();
    for (index, word) in line.split(' ').enumerate() {
        if index > 0 {
            out.push(' ');
        }
        let start = word
            .find(|c: char| !"(<[\"'".contains(c))
            .unwrap_or(word.len());
        let (before, rest) = word.split_at(start);
        let end = rest
            .trim_end_matches(|c: char| ".,;:!?)>]\"'".contains(c))
            .len();
        let (link, after) = rest.split_at(end);
        out.push_str(&escape(before));
        match target(link) {
            Some(target) => {
                out.push_str(&format!(
                    "<a href=\"{}\">{}</a>",
                    escape(&target),
                    escape(link)
                ));
            }
            None => out.push_str(&escape(link)),
        }
        out.push_str(&escape(after));
    }
    out
}

/// Only what the web and mail can mean becomes a link.
fn target(word: &str) -> Option<String> {
    if let Some(address) = word.strip_prefix("mailto:") {
        return EmailAddress::parse(address)
            .ok()
            .map(|address| format!("mailto:{address}"));
    }
    if let Ok(address) = EmailAddress::parse(word) {
        return Some(format!("mailto:{address}"));
    }
    // The standard of browsers takes "https:host" for a link; people do not, and see no link in it.
    let (scheme, _) = word.split_once("://")?;
    let is_web = ["http", "https"]
        .iter()
        .any(|web| scheme.eq_ignore_ascii_case(web));
    let url = url::Url::parse(word)
        .ok()
        .filter(|url| is_web && url.has_host())?;
    (url.username().is_empty() && url.password().is_none()).then(|| url.to_string())
}

/// A text as it stands in HTML, also in the quotes of an attribute.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
