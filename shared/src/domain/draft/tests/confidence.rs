use super::{checked, sources};
use crate::domain::draft::check;

const SUPPORTED: &str = "Two-bedroom homes rent from $1,850 a month.";

#[test]
fn the_formula_is_the_documented_one() {
    let quotes = |some: &[&str]| some.iter().map(ToString::to_string).collect::<Vec<_>>();
    let with = |body: &str, some: &[&str]| check(body, &quotes(some), &sources()).confidence;
    assert_eq!(with(SUPPORTED, &[]), 0.95);
    assert_eq!(
        with(SUPPORTED, &["two-bedroom homes rent  from $1,850"]),
        0.95
    );
    assert_eq!(with(SUPPORTED, &["the moon"]), 0.9);
    assert_eq!(with(SUPPORTED, &["the moon", "is"]), 0.9, "is stands there");
    assert!(with(SUPPORTED, &["the moon", "made of", "green cheese"]) < 0.8);
    // One of three statements is made up.
    let mixed =
        format!("{SUPPORTED} Pets are $35 each per month. Celebrities adore skyline terraces.");
    assert_eq!(with(&mixed, &[]), 0.76);
    let mut unlike = sources();
    unlike.likeness = 0.0;
    assert_eq!(check(SUPPORTED, &[], &unlike).confidence, 0.76);
    assert_eq!(
        check("Our team will follow up.", &[], &unlike).confidence,
        0.95
    );
}

#[test]
fn the_thread_alone_counts_less_than_the_knowledge() {
    let said = checked("The garage fee for a second car is $80.").confidence;
    let known = checked("Parking is $60 a month in the garage.").confidence;
    assert!(said < known, "{said} {known}");
}
