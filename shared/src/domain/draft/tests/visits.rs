use jiff::civil::date;

use super::{OPEN, checked, objections, sources};
use crate::domain::draft::{Open, check, still_offers};

#[test]
fn visits_that_are_open_may_be_offered() {
    for body in [
        "You could see it on Saturday, November 28 at 10:00 AM.",
        "You could see it on Saturday, 28 November, 10:00 AM or Saturday, 28 November, 2:30 PM.",
        "Would Saturday at 10 or 2:30 pm work for a tour?",
        "Would Saturday at 10 a.m. or Monday at 9 a.m. suit you for a tour?",
        "Would 10 a.m. on Saturday or 9 a.m. on Monday suit you for a tour?",
        "We have openings on Saturday and Monday. Would 2:30 PM on Saturday work?",
        "Would you like to visit on Saturday? We have 10:00 AM and 2:30 PM.",
        "Here are some times for a tour:\nSaturday, November 28 at 10:00 AM\nMonday, November 30 at 9:00 AM",
        "How about 11/28 at 14:30?",
        "We have openings for a tour on Saturday, Monday and November 28.",
        "Would you like to come by this Saturday?",
        "Our office is open Monday to Friday, 9 a.m. to 6 p.m., so come by any time.",
        "Tours start at 10 a.m. every day!",
        "Unfortunately we can't offer Friday at 3 pm for a tour. Would Saturday at 10 AM work?",
        "I'll let the team know that you would like to see it on Friday at 3 pm.",
    ] {
        assert_eq!(objections(body), Vec::<&str>::new(), "{body}");
    }
}

#[test]
fn any_other_visit_is_held() {
    for body in [
        "You could see it on Saturday, November 28 at 11:00 AM.",
        "You could see it on Friday at 3 pm.",
        "Friday at 3 pm works.",
        "Would Sunday suit you for a tour?",
        "Would Saturday or Sunday at 10 AM suit you for a tour?",
        "Would Saturday at 9 a.m. or Monday at 10 a.m. suit you for a tour?",
        "Would Saturday at 10 or 11 am work for a tour?",
        "You could see it on Saturday, November 29 at 10:00 AM.",
        "You could see it on Sunday, November 28 at 10:00 AM.",
        "You could see it on December 5 at 10:00 AM.",
        "You could come by tomorrow.",
        "Would you like to visit on Saturday? We have 10:00 AM and 3:30 PM.",
        "Would you like a tour? We have 10:00 AM.",
        "Here are some times for a tour:\nSaturday, November 28 at 10:00 AM\nMonday, November 30 at 9:30 AM",
        "You could see it on Monday, between 9 and 11.",
        "Come by at noon.",
        "Tours start at 11 a.m. every day.",
        "A tour can start at 10 a.m. on any day.",
    ] {
        assert_eq!(objections(body), ["unoffered_time"], "{body}");
    }
}

#[test]
fn without_open_visits_no_time_may_be_offered() {
    let mut closed = sources();
    closed.open.starts = &[];
    let found = |body: &str| check(body, &[], &closed).objections;
    assert_eq!(
        found("Would Saturday at 10 AM work for a tour?"),
        ["unoffered_time"]
    );
    assert_eq!(
        found("Would you like to see it? The leasing team will send you some times."),
        Vec::<&str>::new()
    );
}

#[test]
fn a_weekday_is_the_coming_one() {
    let starts = [date(2026, 12, 5).at(10, 0, 0, 0)]; // Saturday of next week
    let mut later = sources();
    later.open = Open {
        starts: &starts,
        ..later.open
    };
    let found = |body: &str| check(body, &[], &later).objections;
    assert_eq!(
        found("Would Saturday at 10 AM work for a tour?"),
        ["unoffered_time"]
    );
    assert_eq!(
        found("Would next Saturday at 10 AM work for a tour?"),
        Vec::<&str>::new()
    );
    assert_eq!(
        found("Would Saturday, December 5 at 10 AM work for a tour?"),
        Vec::<&str>::new()
    );
}

#[test]
fn nothing_that_is_written_arranges_a_visit() {
    for body in [
        "You are booked for Saturday at 10 AM.",
        "You're all set!",
        "I've scheduled your tour for Saturday at 10 AM.",
        "I have booked you in.",
        "Great, your tour is confirmed for Saturday, November 28 at 10:00 AM.",
        "Your tour on Saturday at 10 AM has been scheduled.",
        "See you Saturday at 10 AM!",
        "We look forward to seeing you on Saturday at 10 AM.",
        "I will book you for Saturday at 10 AM.",
        "We have you down for Saturday.",
        "I can confirm your visit on Saturday at 10 AM.",
    ] {
        assert!(
            objections(body).contains(&"promised_appointment"),
            "{body}: {:?}",
            objections(body)
        );
    }
    for body in [
        "Once your tour is confirmed, we will send you the details.",
        "Your tour is not confirmed yet.",
        "We hope to see you soon!",
        "Would you like to schedule a tour?",
        "We'd love to meet you on Saturday at 10 AM.",
        "You can book a tour at https://oakcourt.example/tours.",
        "The leasing team will confirm your visit.",
        "When you have booked a tour, the team will show you a home.",
    ] {
        assert!(
            !objections(body).contains(&"promised_appointment"),
            "{body}"
        );
    }
}

#[test]
fn an_offer_ends_when_the_first_of_its_visits_begins() {
    for (body, ends) in [
        (
            "Would Saturday at 2:30 PM or Monday at 9 AM work for a tour?",
            Some(OPEN[1]),
        ),
        (
            "Would Monday at 9 AM or Saturday at 10 AM work for a tour?",
            Some(OPEN[0]),
        ),
        ("Would you like to come by on Saturday?", Some(OPEN[1])),
        ("Would you like to see one?", None),
        (
            "Our office is open Monday to Friday, 9 a.m. to 6 p.m.",
            None,
        ),
    ] {
        assert_eq!(checked(body).offer_ends, ends, "{body}");
    }
}

#[test]
fn an_offer_still_holds_while_all_its_visits_can_be_had() {
    let fewer = &OPEN[1..];
    for (body, with_all, with_fewer) in [
        (
            "You could see it on Saturday at 10:00 AM or 2:30 PM.",
            true,
            false,
        ),
        ("You could see it on Saturday at 2:30 PM.", true, true),
        (
            "Friday is not available. Would Saturday at 10 AM work?",
            true,
            false,
        ),
        ("The rent is $1,850 a month from March 1.", true, true),
        ("See it on Friday at 3 pm.", false, false),
    ] {
        let today = date(2026, 11, 25);
        let holds = |starts| still_offers(body, Open { today, starts });
        assert_eq!(
            (holds(&OPEN[..]), holds(fewer)),
            (with_all, with_fewer),
            "{body}"
        );
    }
}
