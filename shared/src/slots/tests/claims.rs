//! Booking one of the times on offer.

use super::*;

#[test]
fn whoever_asks_for_a_start_that_is_not_on_offer_is_told_why() {
    let mut rules = chicago(&[("09:00", "12:00"), ("13:00", "18:00")]);
    rules.hours.set_date(date(2026, 3, 12), vec![]);
    (rules.buffer, rules.notice_min, rules.horizon_max) = (15, 60, Some(7));
    let now = instant("2026-03-09T13:30:00Z");
    let lunch = interval("2026-03-09T16:00:00Z", "2026-03-09T16:30:00Z");
    let ask = |start: &str| claim(&rules, busy(&[lunch]), instant(start), now);

    for (start, refusal) in [
        ("2026-03-09T08:30:00-05:00", Refusal::Closed),
        ("2026-03-09T12:00:00-05:00", Refusal::Closed),
        ("2026-03-09T18:00:00-05:00", Refusal::Closed),
        ("2026-03-12T10:00:00-05:00", Refusal::Closed),
        ("2026-03-09T11:45:00-05:00", Refusal::EndsTooLate),
        ("2026-03-09T10:10:00-05:00", Refusal::OffGrid),
        ("2026-03-09T10:00:00.5-05:00", Refusal::OffGrid),
        ("2026-03-09T10:00:01-05:00", Refusal::OffGrid),
        ("2026-03-09T09:00:00-05:00", Refusal::TooSoon),
        ("2026-03-02T09:00:00-06:00", Refusal::TooSoon),
        ("2026-03-16T09:00:00-05:00", Refusal::TooFar),
        ("2026-03-09T11:00:00-05:00", Refusal::Busy(lunch)),
        ("2026-03-09T10:30:00-05:00", Refusal::Busy(lunch)),
        ("2026-03-09T11:30:00-05:00", Refusal::Busy(lunch)),
    ] {
        assert_eq!(ask(start), Err(refusal), "{start}");
    }
    for start in ["2026-03-09T10:00:00-05:00", "2026-03-09T13:00:00-05:00"] {
        let tour = ask(start).unwrap();
        assert_eq!(tour.start(), instant(start));
        assert_eq!(tour.end().duration_since(tour.start()).as_mins(), 30);
    }
}

#[test]
fn who_asks_for_a_day_that_is_full_is_told_how_many_tours_it_has() {
    let mut rules = chicago(&[("09:00", "12:00")]);
    rules.max_per_day = NonZeroU32::new(2);
    let now = instant(LONG_AGO);
    let tours = [
        interval("2026-03-09T14:00:00Z", "2026-03-09T14:30:00Z"),
        interval("2026-03-09T15:00:00Z", "2026-03-09T15:30:00Z"),
        interval("2026-03-10T04:30:00Z", "2026-03-10T05:00:00Z"),
    ];
    let ask = |start, count| {
        let taken = Taken {
            busy: &[],
            tours: &tours[..count],
        };
        claim(&rules, taken, instant(start), now)
    };
    let (ten, half_past) = ("2026-03-09T10:00:00-05:00", "2026-03-09T10:30:00-05:00");
    assert_eq!(
        ask(ten, 2),
        Err(Refusal::DayFull(2)),
        "also where a tour is in the way"
    );
    assert_eq!(ask(half_past, 3), Err(Refusal::DayFull(3)));
    assert_eq!(ask(ten, 1).unwrap().start(), instant(ten));
    assert_eq!(
        ask("2026-03-09T09:00:00-05:00", 1),
        Err(Refusal::Busy(tours[0]))
    );
    assert!(ask("2026-03-10T10:00:00-05:00", 3).is_ok());
    assert_eq!(ask("2026-03-09T08:00:00-05:00", 3), Err(Refusal::Closed));
}
