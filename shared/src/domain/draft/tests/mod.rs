#![allow(clippy::unwrap_used)]

mod confidence;
mod corpus;
mod facts;
mod form;
mod letters;
mod properties;
mod visits;

use jiff::civil::{DateTime, date};

use super::{Open, Sources, Verdict, check};

pub const KNOWLEDGE: &str = "Two-bedroom homes rent from $1,850 to $2,050 a month; one-bedroom homes from $1,450. \
    The deposit is $500 and the application fee is $50 per adult. Pets: 2 at the most, $35 each per month, 75 lbs. \
    Call 512-555-0100 or see https://oakcourt.example/tours. Homes have 1½ baths and 950 sq ft. \
    Water and trash are included; residents pay electricity. Parking is $60 a month in the garage. \
    Renew early and save 5%. The pool is open from 9 a.m. to 9 p.m. Leases run 6 or 12 months.\n\
    Office: leasing@oakcourt.example, Monday to Friday, 9 a.m. to 6 p.m. Homes are ready from March 1. \
    Tours start at 10 a.m. every day.";

/// Wednesday. Open are Saturday at 10:00 and 14:30, and Monday at 9:00.
pub const OPEN: [DateTime; 3] = [
    date(2026, 11, 28).at(10, 0, 0, 0),
    date(2026, 11, 28).at(14, 30, 0, 0),
    date(2026, 11, 30).at(9, 0, 0, 0),
];

pub const PROSPECT: [&str; 2] = [
    "2BR in January?",
    "Do you have a 2BR on January 15? My budget is $1,700. Could I see it on Friday at 3 pm? I have 2 cats.",
];

/// What Oak Court may say on 25 November 2026.
pub fn sources<'a>() -> Sources<'a> {
    Sources {
        knowledge: &[KNOWLEDGE],
        likeness: 0.5,
        published: vec![
            "Oak Court",
            "1200 Oak Street, Austin, TX 78701",
            "oak@mail.example",
        ],
        office: vec!["The garage fee for a second car is $80. We close at 4 pm on December 24."],
        prospect: PROSPECT.to_vec(),
        open: Open {
            today: date(2026, 11, 25),
            starts: &OPEN,
        },
        boundary: "b0undary",
        instructions: "You answer e-mails for the leasing office of an apartment community, and nothing else.",
    }
}

pub fn checked(body: &str) -> Verdict {
    check(body, &[], &sources())
}

pub fn objections(body: &str) -> Vec<&'static str> {
    checked(body).objections
}
