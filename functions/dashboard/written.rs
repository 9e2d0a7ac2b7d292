//! The codes that the code writes, found in its sources, for tests that want each of them to have words.

use std::collections::BTreeSet;

/// What files below `shared/src` say in quotes and in the letters of a code, tests left out.
pub fn in_quotes(files: &[&str]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for file in files {
        let path = format!("{}/../shared/src/{file}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let code = text.split("mod tests {").next().unwrap_or_default();
        let lines = code.lines().filter(|line| !line.trim().starts_with("//"));
        let quoted = lines.flat_map(|line| line.split('"').skip(1).step_by(2));
        let is_code = |text: &&str| {
            let is_letter = |letter: char| letter.is_ascii_lowercase() || letter == '_';
            text.chars().any(char::is_alphabetic) && text.chars().all(is_letter)
        };
        found.extend(quoted.filter(is_code).map(str::to_owned));
    }
    found
}
