//! Who may know whom. One direction: a neighbour can be read alone, and where two of them meet is `app`.

use std::collections::BTreeSet;

use crate::sources::{code, root, rust_files, text};

/// The parts of `shared`, each with the others that it may use. `a::B`: of `a` only `B`.
const MAY_USE: [(&str, &[&str]); 14] = [
    ("domain", &[]),
    ("error", &["domain::ids"]),
    ("config", &[]),
    ("http", &["error"]),
    ("crypto", &["error", "config"]),
    ("telemetry", &["config"]),
    ("mail", &["domain"]),
    ("slots", &["domain"]),
    ("jwt", &["http", "error", "config"]),
    ("google", &["domain", "mail", "http", "error", "config"]),
    ("llm", &["domain", "mail", "http", "error", "config"]),
    ("queue", &["domain", "error", "config"]),
    // It stores what is sealed, and can neither seal nor open; it speaks TLS as everything does.
    (
        "store",
        &[
            "domain",
            "error",
            "config",
            "crypto::Sealed",
            "http::tls_config",
        ],
    ),
    (
        "app",
        &[
            "config",
            "crypto",
            "domain",
            "error",
            "google",
            "jwt",
            "llm",
            "mail",
            "queue",
            "slots",
            "store",
            "telemetry",
        ],
    ),
];

/// Files of one part of `shared`, with their text; tests may measure time and speak of anything.
fn part(name: &str) -> Vec<(String, String)> {
    let files = rust_files("shared/src").into_iter();
    let named = files.map(|(path, text)| {
        let name = path
            .strip_prefix(root())
            .unwrap()
            .to_string_lossy()
            .into_owned();
        (format!("/{name}"), text)
    });
    let (folder, file) = (format!("/src/{name}/"), format!("/src/{name}.rs"));
    named
        .filter(|(path, _)| path.contains(&folder) || path.ends_with(&file))
        .filter(|(path, _)| !path.contains("/tests/") && !path.ends_with("/tests.rs"))
        .collect()
}

/// What follows `crate::` in the code of a file: `part` or `part::Item`.
fn used(text: &str, crate_name: &str) -> BTreeSet<String> {
    let start = format!("{crate_name}::");
    let mut found = BTreeSet::new();
    for line in code(text) {
        for (at, _) in line.match_indices(&start) {
            let before = line[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
                continue;
            }
            let word = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
            let path: String = line[at + start.len()..]
                .chars()
                .take_while(|c| word(*c))
                .collect();
            assert!(!path.is_empty(), "one part at a time: {line}");
            found.insert(path);
        }
    }
    found
}

#[test]
fn every_part_uses_what_it_may_and_nothing_else() {
    for (name, may_use) in MAY_USE {
        let files = part(name);
        assert!(!files.is_empty(), "there is no part {name}");
        for (path, text) in files {
            for used in used(&text, "crate") {
                let own = used.split("::").next() == Some(name);
                let allowed = may_use
                    .iter()
                    .any(|part| used == *part || used.starts_with(&format!("{part}::")));
                assert!(own || allowed, "{path} uses crate::{used}");
            }
        }
    }
}

#[test]
fn every_part_stands_in_the_table() {
    let modules = text("shared/src/lib.rs");
    let modules = code(&modules).filter_map(|line| {
        let line = line
            .trim_start_matches("pub ")
            .trim_start_matches("pub(crate) ");
        line.strip_prefix("mod ")?.strip_suffix(';')
    });
    let listed: BTreeSet<_> = MAY_USE.iter().map(|(name, _)| *name).collect();
    for module in modules {
        assert!(listed.contains(module), "{module}");
    }
}

#[test]
fn functions_know_what_the_system_does_and_not_how() {
    let may_use = ["app", "domain", "error", "telemetry"];
    for (path, text) in rust_files("functions") {
        for used in used(&text, "shared") {
            let part = used.split("::").next().unwrap();
            assert!(may_use.contains(&part), "{path:?} uses shared::{used}");
        }
    }
}

#[test]
fn pure_parts_wait_for_nothing_and_ask_no_clock() {
    let impure = [
        "async ", ".await", "::now(", "tokio", "std::env", "std::fs", "reqwest",
    ];
    for name in ["domain", "mail", "slots"] {
        for (path, text) in part(name) {
            for word in impure {
                let found = code(&text).find(|line| line.contains(word));
                assert_eq!(found, None, "{path}");
            }
        }
    }
}

#[test]
fn domain_says_nothing_about_wires_and_tables() {
    for (path, text) in part("domain") {
        for word in ["serde", "postgres", "Row"] {
            let found = code(&text).find(|line| line.contains(word));
            assert_eq!(found, None, "{path}");
        }
    }
}

#[test]
fn sql_stands_in_the_store_alone() {
    let parts = [
        "app", "domain", "mail", "google", "jwt", "llm", "queue", "crypto", "slots",
    ];
    for name in parts {
        for (path, text) in part(name) {
            let of_sql = |line: &&str| {
                let line = line.to_ascii_lowercase();
                line.contains("postgres")
                    || line.contains("\"select ")
                    || line.contains("\"update ")
            };
            assert_eq!(code(&text).find(of_sql), None, "{path}");
        }
    }
}

#[test]
fn cargo_keeps_the_same_walls() {
    let dependencies = |path: &str| {
        let manifest = text(path);
        let section = manifest.split("[dependencies]").nth(1).unwrap().to_owned();
        section.split("\n[").next().unwrap().to_owned()
    };
    let shared = dependencies("shared/Cargo.toml");
    for name in ["lambda", "functions", "tests", "axum", "aws_lambda_events"] {
        assert!(!shared.contains(name), "shared depends on {name}");
    }
    let functions = dependencies("functions/Cargo.toml");
    for name in [
        "postgres",
        "reqwest",
        "aws-sdk",
        "aws-config",
        "hyper",
        "jsonwebtoken",
    ] {
        assert!(!functions.contains(name), "functions depends on {name}");
    }
    assert!(shared.contains("tokio-postgres") && functions.contains("lambda_http"));
}

#[test]
fn nobody_asks_the_model_a_question_that_is_not_counted() {
    let asks = |text: &str| code(text).any(|line| line.contains(".0.llm"));
    let asking = part("app").into_iter().filter(|(_, text)| asks(text));
    let asking: Vec<String> = asking.map(|(name, _)| name).collect();
    assert_eq!(asking, ["/shared/src/app/budget.rs"]);
}
