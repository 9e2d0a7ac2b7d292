//! One list of variables: what the code reads, what README explains, what the template sets.

use std::cell::RefCell;
use std::collections::BTreeSet;

use shared::config::Config;

use crate::sources::text;

/// Read before there is a configuration, or by the AWS SDK itself.
const BESIDES: [&str; 5] = [
    "SECRETS_ID",
    "LOG_LEVEL",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_SQS",
    "AWS_ENDPOINT_URL_SECRETS_MANAGER",
];

fn names(words: impl IntoIterator<Item = &'static str>) -> BTreeSet<String> {
    words.into_iter().map(str::to_owned).collect()
}

/// Every variable that the configuration asks for.
fn asked() -> BTreeSet<String> {
    let asked = RefCell::new(BTreeSet::new());
    let _ = Config::from_lookup(|name| {
        asked.borrow_mut().insert(name.to_owned());
        None
    });
    asked.into_inner()
}

/// README's table: names, and whether each comes from the secret.
fn explained() -> Vec<(String, bool)> {
    let readme = text("README.md");
    let section = readme
        .split("\n## Configuration\n")
        .nth(1)
        .expect("README explains the configuration");
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let mut names = Vec::new();
    for row in rows {
        let cell = row.split('|').nth(1).unwrap();
        let mut parts = cell.split('`').skip(1);
        while let (Some(name), Some(after)) = (parts.next(), parts.next()) {
            names.push((name.to_owned(), after.contains('†')));
        }
    }
    names
}

#[test]
fn readme_explains_every_variable_and_none_that_nobody_reads() {
    let explained: BTreeSet<_> = explained().into_iter().map(|(name, _)| name).collect();
    let mut known = asked();
    known.extend(names(BESIDES));
    assert_eq!(explained, known);
}

#[test]
fn what_comes_from_the_secret_is_not_in_the_template_and_the_rest_is() {
    let template = text("template.yaml");
    let globals = template
        .split("\nGlobals:")
        .nth(1)
        .expect("the template has globals");
    let globals = globals.split("\nResources:").next().unwrap();
    let variables = globals.split("Variables:").nth(1).expect("and variables");
    let set: BTreeSet<_> = variables
        .lines()
        .filter_map(|line| line.trim().split_once(':'))
        .map(|(name, _)| name.to_owned())
        .filter(|name| name.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
        .collect();
    let mut known = asked();
    known.extend(names(BESIDES));
    for name in &set {
        assert!(known.contains(name), "nobody reads {name}");
    }
    // One with a default, or which may be left out, need not be set.
    let needed = Config::from_lookup(|_| None)
        .expect_err("nothing is set")
        .to_string();
    for (name, secret) in explained() {
        if secret {
            assert!(!set.contains(&name), "{name} belongs into the secret");
        } else if needed.contains(&name) {
            assert!(set.contains(&name), "the template does not set {name}");
        }
    }
}
