//! What a model wrote, before anybody trusts it.
//!
//! A draft is text and nothing else: who gets it, under which subject and whether it is sent is decided
//! by code. It may be sent only if no check objects; confidence says how well it is supported.

use std::collections::HashSet;

/// Characters that a body may have.
pub const LENGTH_MAX: usize = 2000;

/// Why a body must not be sent as it is: stable codes, in the order found.
///
/// `sources` is everything the body may quote from: knowledge, the prospect's words, what we wrote
/// before. `boundary` is the secret word of the prompt.
pub fn objections(body: &str, sources: &[&str], boundary: &str) -> Vec<&'static str> {
    let mut objections = Vec::new();
    let mut object = |applies: bool, code| {
        if applies {
            objections.push(code);
        }
    };
    let lower = body.to_lowercase();
    object(body.trim().is_empty(), "empty_body");
    object(body.chars().count() > LENGTH_MAX, "too_long");
    object(
        body.chars()
            .any(|c| c.is_control() && !matches!(c, '\n' | '\t')),
        "control_characters",
    );
    object(has_markup(body), "markup");
    object(is_refusal(&lower), "refusal");
    object(body.contains(boundary), "prompt_leak");
    object(begins_like_headers(body), "header_text");
    let sources_lower: String = sources.join("\n").to_lowercase();
    object(
        !unknown(&lower, &sources_lower, is_link).is_empty(),
        "unknown_link",
    );
    object(
        !unknown(&lower, &sources_lower, is_address).is_empty(),
        "unknown_address",
    );
    let known = numbers(&sources_lower);
    object(
        numbers(&lower).iter().any(|number| !known.contains(number)),
        "unknown_number",
    );
    objections
}

/// How well a body without objections is supported, from 0 to 1.
///
/// Without knowledge it is a guess. Quotations that are not in the knowledge cost a little each: the
/// checks found nothing wrong with the text itself.
pub fn confidence(facts_used: &[String], knowledge: &[String]) -> f64 {
    if knowledge.is_empty() {
        return 0.5;
    }
    let plain = |text: &str| {
        text.split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .to_lowercase()
    };
    let knowledge = plain(&knowledge.join(" "));
    let invented = facts_used
        .iter()
        .filter(|fact| !knowledge.contains(&plain(fact)))
        .count();
    match invented {
        0 => 0.95,
        1 => 0.9,
        2 => 0.8,
        _ => 0.6,
    }
}

/// Whether a text holds HTML or Markdown.
pub fn has_markup(body: &str) -> bool {
    let tag = body.split('<').skip(1).any(|rest| {
        rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!')
            && rest.contains('>')
    });
    let lines = body.lines().any(|line| {
        line.starts_with("# ") || line.starts_with("## ") || line.trim_start().starts_with("* ")
    });
    tag || lines
        || ["](", "![", "```", "**", "__"]
            .iter()
            .any(|mark| body.contains(mark))
}

fn is_refusal(lower: &str) -> bool {
    const PHRASES: [&str; 9] = [
        "as an ai",
        "as a language model",
        "i can't help with",
        "i cannot help with",
        "i can't assist",
        "i cannot assist",
        "i'm unable to assist",
        "i am unable to assist",
        "i can\u{2019}t assist",
    ];
    PHRASES.iter().any(|phrase| lower.contains(phrase))
}

/// Text that tries to be the head of a message. It could not become one, but nobody should get it.
fn begins_like_headers(body: &str) -> bool {
    const NAMES: [&str; 6] = ["bcc:", "cc:", "to:", "from:", "subject:", "reply-to:"];
    body.lines().any(|line| {
        let line = line.trim_start().to_lowercase();
        NAMES.iter().any(|name| line.starts_with(name))
    })
}

/// Words of one kind that no source contains.
fn unknown<'a>(text: &'a str, sources: &str, kind: fn(&str) -> bool) -> Vec<&'a str> {
    text.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '"' | ',' | ';'))
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric() && c != '/'))
        .filter(|word| kind(word) && !sources.contains(word))
        .collect()
}

fn is_link(word: &str) -> bool {
    if word.contains("://") || word.starts_with("www.") {
        return true;
    }
    // A bare host, as mail programs make links of it: letters behind the last dot of the host part.
    let host = word.split('/').next().unwrap_or_default();
    let Some((name, top)) = host.rsplit_once('.') else {
        return false;
    };
    let is_label =
        |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    top.len() >= 2
        && top.chars().all(|c| c.is_alphabetic())
        && name.split('.').all(is_label)
        && !is_address(word)
        && !matches!(host, "a.m" | "p.m" | "e.g" | "i.e")
}

fn is_address(word: &str) -> bool {
    word.split_once('@')
        .is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.'))
}

/// Every number in a text, as digits: "$1,850.00", "1850" and "1,850" are one; "555-0100" is a run of
/// its own, so that a telephone number must be known as a whole.
fn numbers(text: &str) -> HashSet<String> {
    let mut found = HashSet::new();
    let chars: Vec<char> = text.chars().collect();
    let mut at = 0;
    while at < chars.len() {
        if !chars[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let mut digits = String::new();
        while at < chars.len() {
            let next_is_digit = chars.get(at + 1).is_some_and(char::is_ascii_digit);
            match chars[at] {
                digit if digit.is_ascii_digit() => digits.push(digit),
                ',' if next_is_digit => {}
                '.' | '-' if next_is_digit => digits.push(chars[at]),
                _ => break,
            }
            at += 1;
        }
        let whole = digits.strip_suffix(".00").unwrap_or(&digits);
        found.insert(whole.to_owned());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWLEDGE: &str = "Two-bedroom homes rent from $1,850 a month. Pets: 2 at the most, $35 each. \
        Call 512-555-0100 or see https://oakcourt.example/tours. Office: leasing@oakcourt.example, 9 a.m. to 6 p.m.";

    fn objections_to(body: &str) -> Vec<&'static str> {
        objections(
            body,
            &[KNOWLEDGE, "Do you have a 2BR in January?"],
            "b0undary",
        )
    }

    #[test]
    fn what_the_knowledge_says_may_be_said() {
        for body in [
            "Our two-bedroom homes rent from $1,850 a month. Would you like to see one?",
            "Yes, we have a 2BR; rent starts at 1850 per month, pets are $35 each.",
            "Call us at 512-555-0100, or look at https://oakcourt.example/tours.",
            "Write to leasing@oakcourt.example. We are here from 9 a.m. to 6 p.m.",
            "The leasing team will follow up on that.",
        ] {
            assert_eq!(objections_to(body), Vec::<&str>::new(), "{body}");
        }
    }

    #[test]
    fn each_kind_of_bad_text_is_named() {
        for (body, code) in [
            ("  \n", "empty_body"),
            ("Rent is $1,700 a month.", "unknown_number"),
            ("Call 512-555-0199.", "unknown_number"),
            (
                "See https://evil.example/tours for details.",
                "unknown_link",
            ),
            ("Go to www.evil.example now.", "unknown_link"),
            ("Go to evil.example/tours now.", "unknown_link"),
            ("Write to boss@evil.example.", "unknown_address"),
            ("See [our page](https://oakcourt.example/tours).", "markup"),
            ("<b>Great news</b>", "markup"),
            ("**Great** news", "markup"),
            ("As an AI, I have no opinion.", "refusal"),
            ("I'm sorry, but I can't help with that.", "refusal"),
            ("Sure.\nBcc: everyone", "header_text"),
            ("The word is b0undary.", "prompt_leak"),
            ("A bell\u{7} rings", "control_characters"),
        ] {
            assert!(
                objections_to(body).contains(&code),
                "{body}: {:?}",
                objections_to(body)
            );
        }
        assert!(objections_to(&"word ".repeat(500)).contains(&"too_long"));
    }

    #[test]
    fn without_knowledge_a_text_is_a_guess() {
        let knowledge = vec!["Two-bedroom homes rent from $1,850 a month.".to_owned()];
        assert!(confidence(&[], &[]) < 0.8);
        assert!(confidence(&["two-bedroom homes rent from  $1,850".into()], &knowledge) > 0.9);
        assert!(
            confidence(
                &["the moon".into(), "is".into(), "cheese".into()],
                &knowledge
            ) < 0.8
        );
    }
}
