//! From statements to what stands: of two about one value the later counts.
//!
//! A statement that takes something back stays as a row of its own, so that a run that has read less
//! cannot bring the value back. Applying statements again, or in another order, makes no difference.

use std::cmp::Ordering;

use super::evidence::{same, words};
use super::{EVERYTHING, Interest};

/// The rows that change when these statements are added to what is stored.
pub fn settle(stored: &[Interest], statements: &[Interest]) -> Vec<Interest> {
    let mut rows: Vec<Interest> = stored.to_vec();
    for statement in statements {
        match rows.iter_mut().find(|row| is_about(row, statement)) {
            Some(row) if !row.is_machines() && !is_replaceable(row) => {} // a person's word
            Some(row) if rank(statement, row) == Ordering::Greater => *row = statement.clone(),
            Some(_) => {}
            None => rows.push(statement.clone()),
        }
    }
    withdraw(&mut rows);
    rows.into_iter()
        .filter(|row| !stored.contains(row))
        .collect()
}

/// Rows of a machine that kept no evidence give way to one that does.
fn is_replaceable(row: &Interest) -> bool {
    row.source != super::Source::Manual && row.evidence.is_none()
}

fn is_about(row: &Interest, other: &Interest) -> bool {
    row.kind == other.kind && row.value == other.value
}

/// Marks what is taken back by a later statement, and only that: of statements about one value the last one stands, so
/// what a withdrawal took back that was itself overtaken ("no cat", then "a cat") stands again, whichever was read first.
fn withdraw(rows: &mut [Interest]) {
    let withdrawals: Vec<Interest> = rows
        .iter()
        .filter(|row| row.is_machines() && row.takes_back())
        .cloned()
        .collect();
    for row in rows
        .iter_mut()
        .filter(|row| row.is_machines() && !row.takes_back())
    {
        let later = withdrawals.iter().filter(|withdrawal| {
            withdrawal.kind == row.kind
                && withdrawal.said_at > row.said_at
                && covers(&withdrawal.value, &row.value)
        });
        row.retracted_at = later.filter_map(|withdrawal| withdrawal.said_at).max();
    }
}

/// "the cat" takes back "two cats".
fn covers(withdrawn: &str, value: &str) -> bool {
    const EMPTY: [&str; 4] = ["a", "an", "the", "my"];
    if withdrawn == EVERYTHING {
        return true;
    }
    let told = words(withdrawn);
    let mut told = told
        .iter()
        .filter(|word| !EMPTY.contains(&word.as_str()))
        .peekable();
    let value = words(value);
    told.peek().is_some() && told.all(|word| value.iter().any(|other| same(word, other)))
}

/// Which of two statements about one value counts: the later; of one moment always the same.
fn rank(one: &Interest, other: &Interest) -> Ordering {
    let key = |row: &Interest| (row.said_at, row.message, row.takes_back());
    key(one)
        .cmp(&key(other))
        .then(one.confidence.total_cmp(&other.confidence))
        .then_with(|| one.evidence.cmp(&other.evidence))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use chrono::{DateTime, Utc};
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::super::{Kind, Source};
    use super::*;
    use crate::domain::ids::TurnId;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000 + second, 0).unwrap()
    }

    fn says(kind: Kind, value: &str, second: i64) -> Interest {
        Interest {
            kind,
            value: value.to_owned(),
            confidence: 0.9,
            source: Source::Chat,
            evidence: Some(format!("{value} {second}")),
            message: Some(TurnId(Uuid::from_u128(second as u128))),
            said_at: Some(at(second)),
            retracted_at: None,
        }
    }

    fn unsays(kind: Kind, value: &str, second: i64) -> Interest {
        Interest {
            retracted_at: Some(at(second)),
            ..says(kind, value, second)
        }
    }

    /// What is stored after these runs.
    fn after(runs: &[Vec<Interest>]) -> Vec<Interest> {
        let mut stored: Vec<Interest> = Vec::new();
        for run in runs {
            for changed in settle(&stored, run) {
                stored.retain(|row| !is_about(row, &changed));
                stored.push(changed);
            }
        }
        stored.sort_by(|one, other| (one.kind, &one.value).cmp(&(other.kind, &other.value)));
        stored
    }

    fn live(rows: &[Interest]) -> Vec<&str> {
        rows.iter()
            .filter(|row| row.is_live())
            .map(|row| row.value.as_str())
            .collect()
    }

    #[test]
    fn what_is_taken_back_is_gone_and_what_is_said_again_is_back() {
        let cat = says(Kind::Pets, "two cats", 1);
        let gone = unsays(Kind::Pets, "the cat", 5);
        let again = says(Kind::Pets, "two cats", 9);
        assert_eq!(
            live(&after(&[vec![cat.clone()], vec![gone.clone()]])),
            [""; 0]
        );
        assert_eq!(
            live(&after(&[vec![gone.clone()], vec![cat.clone()]])),
            [""; 0],
            "an older run"
        );
        assert_eq!(
            live(&after(&[vec![cat], vec![gone], vec![again]])),
            ["two cats"]
        );
    }

    #[test]
    fn a_withdrawal_that_was_overtaken_counts_in_no_order_of_reading() {
        let (two, none, one) = (
            says(Kind::Pets, "two cats", 1),
            unsays(Kind::Pets, "cat", 2),
            says(Kind::Pets, "cat", 4),
        );
        let read = [
            [&two, &none, &one],
            [&one, &none, &two],
            [&none, &two, &one],
        ];
        for order in read {
            let runs = order.map(|statement| vec![statement.clone()]);
            assert_eq!(live(&after(&runs)), ["cat", "two cats"]);
        }
        assert_eq!(live(&after(&[vec![two], vec![none]])), [""; 0]);
    }

    #[test]
    fn taking_everything_back_leaves_other_kinds_alone() {
        let runs = [
            vec![says(Kind::Pets, "cat", 1), says(Kind::Amenity, "pool", 1)],
            vec![unsays(Kind::Pets, EVERYTHING, 2)],
        ];
        assert_eq!(live(&after(&runs)), ["pool"]);
        let other = [
            vec![
                says(Kind::Pets, "black cat", 1),
                says(Kind::Pets, "black dog", 1),
            ],
            vec![unsays(Kind::Pets, "cat", 2)],
        ];
        assert_eq!(live(&after(&other)), ["black dog"]);
    }

    #[test]
    fn a_persons_row_is_never_touched() {
        let manual = Interest {
            source: Source::Manual,
            evidence: None,
            message: None,
            said_at: None,
            ..says(Kind::Pets, "cat", 0)
        };
        assert_eq!(
            settle(std::slice::from_ref(&manual), &[says(Kind::Pets, "cat", 5)]),
            []
        );
        assert_eq!(
            settle(&[manual], &[unsays(Kind::Pets, "*", 5)]).len(),
            1,
            "only the note"
        );
    }

    fn statement() -> impl Strategy<Value = Interest> {
        let values = prop_oneof![Just("cat"), Just("two cats"), Just("dog"), Just(EVERYTHING)];
        (values, 1..6_i64, any::<bool>(), 0..3_u8).prop_map(|(value, second, back, confidence)| {
            let mut said = if back || value == EVERYTHING {
                unsays(Kind::Pets, value, second)
            } else {
                says(Kind::Pets, value, second)
            };
            said.confidence = f64::from(confidence) / 2.0;
            said
        })
    }

    proptest! {
        #[test]
        fn the_order_of_runs_does_not_matter_and_twice_is_once(
            runs in prop::collection::vec(prop::collection::vec(statement(), 0..4), 0..4),
            seed in any::<u64>(),
        ) {
            let once = after(&runs);
            let twice: Vec<_> = runs.iter().chain(&runs).cloned().collect();
            prop_assert_eq!(&after(&twice), &once);
            let mut other = runs.clone();
            if !other.is_empty() {
                let by = (seed % other.len() as u64) as usize;
                other.rotate_left(by);
                other.reverse();
            }
            for run in &mut other {
                run.reverse();
            }
            prop_assert_eq!(&after(&other), &once);
        }
    }
}
