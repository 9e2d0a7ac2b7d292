//! The words of a sentence that carry its meaning.

/// Words of four letters and more with a meaning of their own, without endings.
pub fn stems(plain: &str) -> Vec<String> {
    let words = plain.split(|c: char| !c.is_alphabetic() && c != '\'');
    let words = words.filter(|word| word.chars().count() >= 4);
    words
        .filter(|word| !word.contains('\'') || word.ends_with("'s"))
        .filter(|word| !SMALL_TALK.split_whitespace().any(|small| small == *word))
        .map(stem)
        .collect()
}

fn stem(word: &str) -> String {
    const ENDINGS: [&str; 7] = ["ing", "ies", "ed", "es", "s", "y", "e"];
    let word = word.strip_suffix("'s").unwrap_or(word);
    let without = |ending: &&str| word.strip_suffix(*ending).filter(|stem| stem.len() >= 3);
    let stem = ENDINGS.iter().find_map(without);
    stem.unwrap_or(word).to_owned()
}

/// What is said in any letter, and states nothing about the property.
const SMALL_TALK: &str = "\
    about above afraid after again also always anything around asked assist available back been \
    before below best book both budget business call close closed closes come confirm confirmed contact \
    could does each either else email even excited feel from give glad good great happy have help \
    here hesitate hope hour hours indeed interest interested into just know leasing like look \
    looking love lovely made mail make many mentioned more most much name need office once online \
    only open opens other over page perfect phone please pleased question questions reach reaching \
    reply right said some soon sorry sounds start starts such suit suits sure team than that their \
    them then there these they this those through till time times today unfortunately until very \
    visit want website well what with within work works would write wrote your";
