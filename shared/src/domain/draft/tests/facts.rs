use jiff::civil::Weekday;

use crate::domain::draft::facts::{Amount, Day, Fact, Hour, Month, read};

fn facts(text: &str) -> Vec<Fact> {
    read(text).into_iter().map(|found| found.fact).collect()
}

fn money(whole: u64) -> Fact {
    Fact::Money(Amount::whole(whole))
}

fn number(whole: u64) -> Fact {
    Fact::Number(Amount::whole(whole))
}

fn time(hour: u16, minute: u16) -> Fact {
    let minute = hour * 60 + minute;
    Fact::Time(Hour {
        minute,
        is_certain: true,
    })
}

fn about(hour: u16, minute: u16) -> Fact {
    let minute = hour * 60 + minute;
    Fact::Time(Hour {
        minute,
        is_certain: false,
    })
}

fn date(year: Option<i16>, month: i8, day: i8) -> Fact {
    Fact::Day(Day::Date { year, month, day })
}

fn weekday(weekday: Weekday) -> Fact {
    Fact::Day(Day::Weekday {
        weekday,
        is_next: false,
    })
}

#[test]
fn a_sum_is_read_however_it_is_written() {
    for text in [
        "$1,850",
        "$ 1850",
        "1850 dollars",
        "$1,850.00",
        "1.850 USD",
        "USD 1,850",
        "US$1,850",
        "1,850$",
        "$1.85k",
        "eighteen hundred fifty dollars",
        "one thousand eight hundred and fifty dollars",
        "1,850 a month",
        "1850/mo",
        "1850 per month",
        "rent is 1850",
        "The rent starts at 1,850",
        "€1,850",
    ] {
        assert_eq!(facts(text), [money(1850)], "{text}");
    }
    for text in ["two grand", "2 grand", "$2k", "two thousand bucks"] {
        assert_eq!(facts(text), [money(2000)], "{text}");
    }
    assert_eq!(facts("a grand"), [money(1000)]);
    assert_eq!(facts("$1,850–1,950"), [money(1850), money(1950)]);
    assert_eq!(facts("from $1,850 to $2,050"), [money(1850), money(2050)]);
    assert_eq!(facts("$35.50"), [Fact::Money(Amount(35_500))]);
    assert_eq!(facts("2 per month"), [number(2)]);
    assert_eq!(facts("the rent of homes with 950 sq ft"), [number(950)]);
}

#[test]
fn shares_and_numbers_are_read_in_digits_and_in_words() {
    for text in ["5%", "5 percent", "five percent", "5.0 per cent"] {
        assert_eq!(facts(text), [Fact::Percent(Amount::whole(5))], "{text}");
    }
    for (text, value) in [
        ("two-bedroom", 2),
        ("2BR", 2),
        ("nineteen", 19),
        ("twenty-one", 21),
        ("ninety", 90),
        ("a hundred", 100),
        ("two thousand", 2000),
        ("two thousand five hundred and ten", 2510),
        ("18 hundred", 1800),
        ("fourteen fifty", 1450),
        ("twelve forty-five", 1245),
        ("at 1,850", 1850),
        ("at 1.850", 1850),
        ("3rd", 3),
    ] {
        assert_eq!(facts(text), [number(value)], "{text}");
    }
    assert_eq!(facts("one of the best, one"), []);
    assert_eq!(facts("two or three"), [number(2), number(3)]);
    assert_eq!(facts("1½ baths"), [number(1), Fact::Sign('½')]);
}

#[test]
fn days_are_read_however_they_are_written() {
    for text in [
        "March 9",
        "Mar. 9th",
        "9 March",
        "the 9th of March",
        "3/9",
        "March ninth",
        "March 09",
    ] {
        assert_eq!(facts(text), [date(None, 3, 9)], "{text}");
    }
    for text in [
        "2026-03-09",
        "9 March 2026",
        "March 9, 2026",
        "3/9/2026",
        "03/09/26",
    ] {
        assert_eq!(facts(text), [date(Some(2026), 3, 9)], "{text}");
    }
    for text in ["Saturday", "saturdays", "Sat", "Saturday's"] {
        assert_eq!(facts(text), [weekday(Weekday::Saturday)], "{text}");
    }
    assert_eq!(
        facts("today and tomorrow"),
        [Fact::Day(Day::Ahead(0)), Fact::Day(Day::Ahead(1))]
    );
    for text in ["Saturday the 28th", "Saturday, the 28th", "Saturday 28th"] {
        let found = [weekday(Weekday::Saturday), Fact::Day(Day::OfMonth(28))];
        assert_eq!(facts(text), found, "{text}");
    }
    assert_eq!(facts("on weekdays"), [Fact::Day(Day::Weekdays)]);
    assert_eq!(facts("this weekend"), [Fact::Day(Day::Weekend)]);
    assert_eq!(
        facts("in January"),
        [Fact::Month(Month {
            year: None,
            month: 1
        })]
    );
    assert_eq!(
        facts("in May 2027"),
        [Fact::Month(Month {
            year: Some(2027),
            month: 5
        })]
    );
    for text in [
        "you may have it",
        "We sat in the sun",
        "they march on",
        "June's",
        "24/7 care",
    ] {
        assert!(
            !facts(text).iter().any(Fact::is_day),
            "{text}: {:?}",
            facts(text)
        );
    }
    assert_eq!(facts("You may 2"), [number(2)]);
}

#[test]
fn times_are_read_however_they_are_written() {
    for text in ["10:30 am", "10:30 a.m.", "10:30AM", "10.30 a.m. 10:30am"] {
        assert!(
            facts(text).contains(&time(10, 30)),
            "{text}: {:?}",
            facts(text)
        );
    }
    for text in ["2pm", "2 p.m.", "14:00", "2:00 PM", "two p.m."] {
        assert_eq!(facts(text), [time(14, 0)], "{text}");
    }
    for (text, expected) in [
        ("noon", vec![time(12, 0)]),
        ("midnight", vec![time(0, 0)]),
        ("12 a.m.", vec![time(0, 0)]),
        ("at 10", vec![about(10, 0)]),
        (
            "at 10 on Monday",
            vec![about(10, 0), weekday(Weekday::Monday)],
        ),
        ("ten o'clock", vec![about(10, 0)]),
        ("10:30", vec![about(10, 30)]),
        ("9 to 6 pm", vec![about(9, 0), time(18, 0)]),
        ("10 or 11:30 am", vec![about(10, 0), time(11, 30)]),
        ("at 10 am or 2", vec![time(10, 0), about(2, 0)]),
        ("from 9 to 5", vec![about(9, 0), about(5, 0)]),
        (
            "Saturday 10-5",
            vec![weekday(Weekday::Saturday), time(10, 0), time(17, 0)],
        ),
        (
            "9 to 6 on Monday",
            vec![time(9, 0), time(18, 0), weekday(Weekday::Monday)],
        ),
        (
            "Saturday: 9-10",
            vec![weekday(Weekday::Saturday), time(9, 0), about(22, 0)],
        ),
        (
            "Saturday 2-3 bedrooms",
            vec![weekday(Weekday::Saturday), number(2), number(3)],
        ),
        ("at 2 homes", vec![number(2)]),
        ("from 2 to 3 bedrooms", vec![number(2), number(3)]),
    ] {
        assert_eq!(facts(text), expected, "{text}");
    }
}

#[test]
fn a_telephone_number_is_its_digits() {
    for text in [
        "512-555-0100",
        "(512) 555-0100",
        "512.555.0100",
        "+1 512 555 0100",
        "1-512-555-0100",
        "5125550100",
        "512\u{2011}555\u{2011}0100",
        "512 555 0100",
    ] {
        assert_eq!(facts(text), [Fact::Phone("5125550100".into())], "{text}");
    }
    assert_eq!(facts("555-0100"), [Fact::Phone("5550100".into())]);
    assert_eq!(
        facts("+44 20 7946 0958"),
        [Fact::Phone("442079460958".into())]
    );
    for text in ["2026-03-09", "$1,850-$1,950", "12 555", "78701"] {
        assert!(
            !facts(text)
                .iter()
                .any(|fact| matches!(fact, Fact::Phone(_))),
            "{text}"
        );
    }
}

#[test]
fn links_hosts_and_addresses_are_read() {
    for (text, link) in [
        ("https://Oak.example/Tours.", "oak.example/tours"),
        ("(see http://www.oak.example/)", "oak.example"),
        ("www.oak.example", "oak.example"),
        ("oak.example/tours?x=1", "oak.example/tours?x=1"),
        ("ftp://oak.example", "ftp://oak.example"),
        ("https:oak.example", "oak.example"),
        ("https:/oak.example", "oak.example"),
        ("http:\\\\oak.example", "oak.example"),
        ("site\u{2014}oak.example", "oak.example"),
        ("oak.example's", "oak.example"),
        ("page:oak.example", "page:oak.example"),
        ("tours/oak.example", "tours/oak.example"),
        ("my_site.oak.example", "my_site.oak.example"),
        ("oak.xn--p1ai", "oak.xn--p1ai"),
        (
            "https://oak.example@evil.example/x",
            "oak.example@evil.example/x",
        ),
        ("javascript:alert(1)", "javascript:alert"),
    ] {
        assert_eq!(facts(text)[0], Fact::Link(link.into()), "{text}");
    }
    for text in [
        "boss@evil.example",
        "mailto:boss@evil.example",
        "<Boss@Evil.example>,",
    ] {
        assert_eq!(
            facts(text),
            [Fact::Address("boss@evil.example".into())],
            "{text}"
        );
    }
    for text in [
        "9 a.m. to 6 p.m.",
        "e.g. pets, i.e. cats",
        "It is here.",
        "and/or",
        "10.am",
    ] {
        assert!(
            !facts(text).iter().any(|fact| matches!(fact, Fact::Link(_))),
            "{text}: {:?}",
            facts(text)
        );
    }
}
