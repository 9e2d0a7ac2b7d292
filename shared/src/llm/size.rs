//! Prompts of a bounded size: what a call costs must not depend on who writes how much.

/// The newest of these, which come oldest first, that are no longer than so many characters together.
pub fn newest<T>(mut turns: Vec<T>, characters: usize, length: impl Fn(&T) -> usize) -> Vec<T> {
    let mut left = characters;
    let fits = |turn: &&T| match left.checked_sub(length(turn)) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    };
    let kept = turns.iter().rev().take_while(fits).count();
    turns.split_off(turns.len() - kept)
}

/// Those of these, which come best first, that fit into so many characters together. The best is cut at
/// the end of a word if it does not fit; half a number would be another number.
pub fn fitting(texts: Vec<String>, characters: usize) -> Vec<String> {
    let mut left = characters;
    let mut fitting = Vec::new();
    for mut text in texts {
        if let Some((end, _)) = text.char_indices().nth(left) {
            if !fitting.is_empty() {
                continue;
            }
            let end = text[..end].rfind(char::is_whitespace).unwrap_or(0);
            text.truncate(end);
        }
        left -= text.chars().count();
        if !text.is_empty() {
            fitting.push(text);
        }
    }
    fitting
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn the_oldest_are_left_out_first() {
        for (characters, kept) in [
            (100, vec!["aaaa", "bbb", "cc"]),
            (9, vec!["aaaa", "bbb", "cc"]),
            (8, vec!["bbb", "cc"]),
            (4, vec!["cc"]),
            (1, vec![]),
        ] {
            let turns = vec!["aaaa", "bbb", "cc"];
            assert_eq!(newest(turns, characters, |turn| turn.len()), kept);
        }
    }

    #[test]
    fn the_best_that_fit_are_kept_and_none_but_the_first_is_cut() {
        for (characters, kept) in [
            (100, &["rent is $1,850", "pets are fine", "gym"][..]),
            (20, &["rent is $1,850", "gym"]),
            (14, &["rent is $1,850"]),
            (12, &["rent is"]),
            (2, &[]),
        ] {
            let texts = owned(&["rent is $1,850", "pets are fine", "gym"]);
            let fitted = fitting(texts, characters);
            let total: usize = fitted.iter().map(|text| text.len()).sum();
            assert!(total <= characters);
            assert_eq!(&fitted[..kept.len()], kept, "{characters}");
        }
        assert_eq!(fitting(owned(&["Größe"]), 5), ["Größe"]);
    }
}
