use proptest::prelude::*;

use super::{checked, objections, sources};
use crate::domain::draft::check;
use crate::domain::draft::facts::{Amount, Fact, read};

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

const STATEMENTS: [&str; 6] = [
    "Two-bedroom homes rent from $1,850 a month.",
    "Pets are $35 each per month.",
    "The garage fee for a second car is $80.",
    "Celebrities adore skyline terraces.",
    "Dragons guard every doorway.",
    "The leasing team will follow up with you.",
];

proptest! {
    #[test]
    fn reading_never_panics_and_its_ranges_are_in_order(text in "\\PC{0,200}|[-0-9a-z.,:/$@ ()+%]{0,80}") {
        let found = read(&text);
        for pair in found.windows(2) {
            prop_assert!(pair[0].range.end <= pair[1].range.start, "{found:?}");
        }
        for one in &found {
            prop_assert!(text.get(one.range.clone()).is_some());
        }
        checked(&text);
    }

    #[test]
    fn a_sum_is_the_same_in_every_writing(sum in 100_u64..1_000_000) {
        let expected = vec![Fact::Money(Amount::whole(sum))];
        for text in [
            format!("${sum}"), format!("${}", grouped(sum)), format!("${}.00", grouped(sum)),
            format!("{sum} dollars"), format!("{} USD", grouped(sum)), format!("{sum} per month"),
        ] {
            let facts: Vec<Fact> = read(&text).into_iter().map(|found| found.fact).collect();
            prop_assert_eq!(&facts, &expected, "{}", text);
        }
    }

    #[test]
    fn every_price_but_the_known_ones_is_held(sum in 1_u64..100_000) {
        let known = [1850, 2050, 1450, 500, 50, 35, 60, 80];
        let found = objections(&format!("Homes rent for ${} a month.", grouped(sum)));
        prop_assert_eq!(found.is_empty(), known.contains(&sum));
    }

    #[test]
    fn every_telephone_number_but_the_known_one_is_held(line in 0_u32..10_000) {
        let found = objections(&format!("Call 512-555-{line:04}."));
        prop_assert_eq!(found.is_empty(), line == 100);
    }

    #[test]
    fn every_quarter_of_an_hour_but_the_open_ones_is_held(day in 25_i8..=30, quarter in 0_i8..96) {
        let (hour, minute) = (quarter / 4, quarter % 4 * 15);
        let found = objections(&format!("Would November {day} at {hour:02}:{minute:02} work for a tour?"));
        let is_open = super::OPEN.iter().any(|start| (start.day(), start.hour(), start.minute()) == (day, hour, minute));
        prop_assert_eq!(found.is_empty(), is_open, "{:?}", found);
    }

    #[test]
    fn confidence_falls_with_every_made_up_statement_and_never_rises_with_unlikeness(
        picks in prop::collection::vec(0..STATEMENTS.len(), 1..5), likeness in 0.0_f64..1.0, less in 0.0_f64..1.0,
    ) {
        let letter: Vec<&str> = picks.iter().map(|pick| STATEMENTS[*pick]).collect();
        let letter = letter.join(" ");
        let with = |body: &str, likeness: f64| {
            let mut sources = sources();
            sources.likeness = likeness;
            check(body, &[], &sources).confidence
        };
        let confidence = with(&letter, likeness);
        prop_assert!((0.0..=0.95).contains(&confidence));
        prop_assert!(with(&letter, likeness * less) <= confidence);
        let worse = format!("{letter} Unicorns graze beyond distant meadows.");
        prop_assert!(with(&worse, likeness) <= confidence);
        let invented = check(&letter, &["the moon is made of cheese".to_owned()], &sources()).confidence;
        prop_assert!(invented <= with(&letter, 0.5));
        prop_assert_eq!(with(&format!("{letter} Rent is $1."), likeness), 0.0);
    }
}
