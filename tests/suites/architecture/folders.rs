//! Every folder in `functions/` is a Lambda, and looks like the others.

use std::collections::BTreeSet;
use std::fs;

use crate::sources::{files, root, text};

/// A handler is read at one glance.
const LONGEST: usize = 60;

/// The folders of `functions/`.
fn folders() -> BTreeSet<String> {
    let entries = fs::read_dir(root().join("functions")).unwrap();
    let folders = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir());
    folders
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect()
}

#[test]
fn every_folder_is_a_function_that_the_library_lists() {
    let routes = functions::ROUTES.iter().map(|route| route.name);
    let consumers = functions::CONSUMERS.iter().map(|consumer| consumer.name);
    let schedules = functions::SCHEDULES.iter().map(|schedule| schedule.name);
    let all = routes.chain(consumers).chain(schedules);
    let listed: BTreeSet<_> = all.map(str::to_owned).collect();
    assert_eq!(folders(), listed);
}

#[test]
fn a_handler_is_short_and_a_main_has_three_lines() {
    for folder in folders() {
        let handler = text(&format!("functions/{folder}/mod.rs"));
        let lines = handler.lines().count();
        assert!(
            lines <= LONGEST,
            "functions/{folder}/mod.rs has {lines} lines"
        );
        assert!(
            handler.starts_with("//! "),
            "{folder} does not say what it is for"
        );

        let main = text(&format!("functions/{folder}/main.rs"));
        let expected = ["ROUTE", "CONSUMER", "SCHEDULE"].map(|kind| {
            let serve = format!("functions::{folder}::{kind}.serve()");
            format!("fn main() -> Result<(), lambda_http::Error> {{\n    {serve}\n}}\n")
        });
        assert!(
            expected.contains(&main),
            "functions/{folder}/main.rs: {main}"
        );
    }
}

#[test]
fn a_function_has_one_name_everywhere() {
    let manifest = text("functions/Cargo.toml");
    for folder in folders() {
        let binary = format!("name = \"{folder}\"\npath = \"{folder}/main.rs\"\ntest = false");
        assert!(manifest.contains(&binary), "{folder} is no binary");
        let sample = format!("events/{folder}.json");
        assert!(root().join(&sample).exists(), "{sample} is missing");
    }
}

#[test]
fn no_file_names_a_machine_or_a_registry() {
    // Written apart, so that this file is none of those it looks for.
    let words = [
        concat!("/ro", "ot/"),
        concat!("/ho", "me/"),
        concat!("/wo", "rk/"),
        concat!("/t", "mp/wt"),
        concat!("crates", ".io"),
        concat!("pypi", ".org"),
        concat!("python", "hosted"),
        concat!("npm", "js.org"),
    ];
    let left_out = [
        ".git",
        "target",
        ".venv",
        ".tools",
        ".aws-sam",
        "__pycache__",
    ];
    for path in files("", &left_out) {
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        // Cargo writes where packages come from; a work tree's `.git` says where it belongs.
        if path.ends_with("Cargo.lock") || path.ends_with(".git") {
            continue;
        }
        for word in words {
            let found = text.lines().find(|line| line.contains(word));
            assert_eq!(found, None, "{}", path.display());
        }
    }
}
