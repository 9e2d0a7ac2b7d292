//! Every column that can hold words is decided upon: it goes with the person, or stays.

use std::collections::{BTreeMap, BTreeSet};

use world::World;

use crate::sources::text;

/// What `migrations/README.md` says of a table: named columns, or all of them.
struct Decided {
    columns: BTreeSet<String>,
    all: bool,
}

/// Words between backticks.
fn named(cell: &str) -> BTreeSet<String> {
    cell.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

fn decided() -> BTreeMap<String, Decided> {
    let readme = text("migrations/README.md");
    let section = readme
        .split("\n## What is known of a person\n")
        .nth(1)
        .unwrap();
    let section = section.split("\n## ").next().unwrap();
    let mut decided = BTreeMap::new();
    for row in section.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let all = cells[2].starts_with("the rows") || cells[3].starts_with("all");
        let mut columns = named(cells[2]);
        columns.extend(named(cells[3]));
        for table in named(cells[1]) {
            let columns = columns.clone();
            decided.insert(table, Decided { columns, all });
        }
    }
    decided
}

#[tokio::test]
async fn every_column_that_can_hold_words_stands_in_the_readme() {
    let world = World::start().await;
    let decided = decided();
    let columns = world
        .texts(
            "select c.relname || '.' || a.attname from pg_attribute a
             join pg_class c on c.oid = a.attrelid join pg_type t on t.oid = a.atttypid
             where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0
               and not a.attisdropped and (t.typcategory in ('S', 'A') or t.typname in ('json', 'jsonb', 'bytea', 'date', 'time'))
             order by 1",
        )
        .await;
    assert!(columns.len() > 100, "{}", columns.len());
    for column in columns {
        let (table, name) = column.split_once('.').unwrap();
        let row = decided.get(table);
        let row = row.unwrap_or_else(|| panic!("migrations/README.md does not speak of {table}"));
        assert!(
            row.all || row.columns.contains(name),
            "does {column} go with the person? (migrations/README.md)"
        );
    }
}
