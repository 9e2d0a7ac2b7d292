//! Links, e-mail addresses and telephone numbers.

use std::ops::Range;

use super::token::Tokens;
use super::{Fact, Found};

/// Every link, bare host and e-mail address, in order. A mail program makes links of bare hosts, too,
/// whatever stands around them; so a host is looked for anywhere in a word.
pub fn read(text: &str) -> Vec<Found> {
    let is_part = |c: char| c.is_alphanumeric() || is_dot(c) || "-_@/?#%=&:~+".contains(c);
    let mut found = Vec::new();
    let mut start = 0;
    for word in text.split(|c: char| !is_part(c)) {
        let at = start;
        let gap = text[at + word.len()..].chars().next();
        start = at + word.len() + gap.map_or(0, char::len_utf8);
        let cut = word.trim_start_matches(|c: char| !c.is_alphanumeric());
        let from = at + word.len() - cut.len();
        let cut = cut.trim_end_matches(|c: char| !c.is_alphanumeric() && c != '/');
        if let Some(fact) = contact(cut) {
            let range = from..from + cut.len();
            found.push(Found { fact, range });
        }
    }
    found
}

/// A point, or what a browser takes for one in the name of a host.
fn is_dot(c: char) -> bool {
    matches!(c, '.' | '\u{3002}' | '\u{FF0E}' | '\u{FF61}')
}

fn contact(word: &str) -> Option<Fact> {
    // A browser adds the slashes that are missing behind the first two.
    const SCHEMES: [&str; 8] = [
        "https:",
        "http:",
        "javascript:",
        "data:",
        "file:",
        "tel:",
        "sms:",
        "vbscript:",
    ];
    let lower = word.to_lowercase().replace(is_dot, ".");
    let lower = lower.strip_prefix("mailto:").unwrap_or(&lower);
    let has_scheme = SCHEMES.iter().any(|scheme| {
        let rest = lower.strip_prefix(scheme);
        rest.is_some_and(|rest| !rest.is_empty())
    });
    if lower.contains("://") || has_scheme {
        return Some(Fact::Link(link(lower)));
    }
    if let Some((local, domain)) = lower.split_once('@') {
        let is_address = !local.is_empty() && !domain.is_empty();
        return is_address.then(|| Fact::Address(lower.to_owned()));
    }
    let mut parts = lower.split(['/', '?', '#', ':', '=', '&', '%', '~', '+']);
    (lower.starts_with("www.") || parts.any(is_host)).then(|| Fact::Link(link(lower)))
}

/// A link as it is compared: without the scheme of the web, `www.` and the last slash.
fn link(lower: &str) -> String {
    let web = lower
        .strip_prefix("https:")
        .or_else(|| lower.strip_prefix("http:"));
    let link = web.map_or(lower, |rest| rest.trim_start_matches('/'));
    let link = link.strip_prefix("www.").unwrap_or(link);
    link.trim_end_matches('/').to_owned()
}

/// Labels with letters behind the last dot. Abbreviations are none.
fn is_host(host: &str) -> bool {
    let Some((name, top)) = host.rsplit_once('.') else {
        return false;
    };
    let is_label = |label: &str| {
        !label.is_empty()
            && label
                .chars()
                .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
    };
    let is_short = host.split('.').all(|label| label.chars().count() == 1);
    let is_top = top.chars().all(char::is_alphabetic) || top.starts_with("xn--");
    top.chars().count() >= 2
        && is_top
        && name.split('.').all(is_label)
        && !is_short
        && !is_clock(name, top)
}

/// `10.am`, `6.pm`.
fn is_clock(name: &str, top: &str) -> bool {
    matches!(top, "am" | "pm") && name.chars().all(|c| c.is_ascii_digit())
}

/// A telephone number, and the place behind it: `512-555-0100`, `(512) 555-0100`, `+1 512.555.0100`,
/// `555-0100`, `5125550100`, and any longer number behind a plus.
pub fn phone(tokens: &Tokens<'_>, at: usize) -> Option<(String, usize)> {
    let is_foreign = tokens.is(at, '+');
    let from = if is_foreign { at + 1 } else { at };
    let mut groups: Vec<&str> = Vec::new();
    let mut ends = Vec::new();
    let mut place = from;
    while groups.len() < 6 {
        while tokens.is(place, '(') {
            place += 1;
        }
        let Some(digits) = tokens.digits(place) else {
            break;
        };
        groups.push(digits);
        place += 1;
        ends.push(place);
        while matches!(tokens.mark(place), Some(')' | '-' | '.' | '/' | '·')) {
            place += 1;
        }
    }
    (1..=groups.len()).rev().find_map(|count| {
        let lengths: Vec<usize> = groups[..count].iter().map(|group| group.len()).collect();
        let total: usize = lengths.iter().sum();
        let fits = match lengths.as_slice() {
            _ if is_foreign => (7..=15).contains(&total),
            [3, 3, 4] | [3, 4] | [3, 7] | [10] => true,
            [1, 3, 3, 4] | [1, 10] => groups[0] == "1",
            [11] => groups[0].starts_with('1'),
            _ => false,
        };
        let is_written = lengths.as_slice() != [3, 4] || tokens.is_glued(from + 2);
        (fits && is_written).then(|| (national(&groups[..count].concat()), ends[count - 1]))
    })
}

/// Without the country code of North America.
fn national(digits: &str) -> String {
    match digits.strip_prefix('1') {
        Some(rest) if rest.len() == 10 => rest.to_owned(),
        _ => digits.to_owned(),
    }
}

/// The stretches of a text that are links or addresses.
pub fn ranges(found: &[Found]) -> Vec<Range<usize>> {
    found.iter().map(|found| found.range.clone()).collect()
}
