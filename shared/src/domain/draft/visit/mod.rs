//! Times of visits in a draft: each must be one that can be had now, or the office hours as the
//! property states them.

mod offer;

use jiff::civil::{Date, DateTime};

use self::offer::offers;
use super::facts::{Day, Fact};
use super::sentence::{Sentence, says};

/// A sentence with these speaks of a visit.
const VISITS: [&str; 42] = [
    "tour",
    "tours",
    "touring",
    "visit",
    "visits",
    "visiting",
    "showing",
    "showings",
    "viewing",
    "viewings",
    "see it",
    "see one",
    "see them",
    "see our",
    "see the",
    "see an",
    "see a",
    "view the",
    "view our",
    "come by",
    "come in",
    "come see",
    "come over",
    "stop by",
    "stop in",
    "drop by",
    "drop in",
    "swing by",
    "meet",
    "appointment",
    "appointments",
    "walkthrough",
    "walk through",
    "look at the",
    "show you",
    "opening",
    "openings",
    "time slot",
    "slot",
    "slots",
    "how about",
    "what about",
];
/// A time that is asked for and not given: what the prospect wants is only said again.
const DECLINES: [&str; 18] = [
    "not",
    "unfortunately",
    "no longer",
    "isn't",
    "aren't",
    "unavailable",
    "taken",
    "sorry",
    "can't",
    "cannot",
    "don't",
    "let the team know",
    "pass",
    "passed",
    "share",
    "forward",
    "noted",
    "follow up",
];

/// The visits that can be had, on the property's clock.
#[derive(Clone, Copy, Debug)]
pub struct Open<'a> {
    pub today: Date,
    pub starts: &'a [DateTime],
}

/// What was read so far: whether the letter speaks of a visit, and of which days.
#[derive(Default)]
pub struct Thread {
    is_visit: bool,
    days: Vec<Day>,
    /// When the first of the visits offered begins.
    pub offer_ends: Option<DateTime>,
}

impl Thread {
    /// Goes on to the next sentence; says whether its days and times are those of a visit.
    pub fn follow(&mut self, sentence: &Sentence<'_>) -> bool {
        let has = |kind: fn(&Fact) -> bool| sentence.facts.iter().any(|found| kind(&found.fact));
        let is_pair = has(Fact::is_time) && has(Fact::is_day);
        let goes_on =
            self.is_visit && (has(Fact::is_time) || has(Fact::is_day)) && !is_about_hours(sentence);
        self.is_visit = speaks_of_a_visit(sentence) || is_pair || goes_on;
        self.is_visit
    }
}

pub fn speaks_of_a_visit(sentence: &Sentence<'_>) -> bool {
    sentence.says(&VISITS)
}

fn is_about_hours(sentence: &Sentence<'_>) -> bool {
    sentence.says(&[
        "office", "hours", "closed", "rent", "lease", "move in", "move-in", "deposit",
    ])
}

/// Whether every day and time of a sentence about visits can be had.
pub fn is_open(sentence: &Sentence<'_>, thread: &mut Thread, open: Open<'_>) -> bool {
    let offers = offers(sentence, thread, open.today);
    let ends = offers.iter().filter_map(|offer| offer.over_at(open)).min();
    thread.offer_ends = [thread.offer_ends, ends].into_iter().flatten().min();
    offers.iter().all(|offer| offer.is_open(open))
}

/// Whether a sentence only takes up a time that the prospect named, without giving it.
pub fn takes_up(sentence: &Sentence<'_>, prospect: &[Sentence<'_>]) -> bool {
    let theirs = |fact: &Fact| {
        let all = prospect.iter().flat_map(|said| &said.facts);
        all.into_iter().any(|said| said.fact.fits(fact))
    };
    let whens = sentence.facts.iter().filter(|found| found.fact.is_when());
    let declines = DECLINES.iter().any(|word| says(&sentence.plain, word));
    declines && whens.into_iter().all(|found| theirs(&found.fact))
}

/// Whether the property states the same hours: in the same sentence, or in one of its own with just these
/// times and no fewer days.
pub fn are_stated_hours(sentence: &Sentence<'_>, knowledge: &[Sentence<'_>]) -> bool {
    fn of<'a>(sentence: &'a Sentence<'_>, kind: fn(&Fact) -> bool) -> Vec<&'a Fact> {
        let all = sentence.facts.iter().map(|found| &found.fact);
        all.filter(|fact| kind(fact)).collect()
    }
    fn words<'a>(sentence: &'a Sentence<'_>) -> &'a str {
        sentence.plain.trim_end_matches(['.', '!'])
    }
    let (times, days) = (of(sentence, Fact::is_time), of(sentence, Fact::is_day));
    let within = |some: &[&Fact], all: &[&Fact]| {
        some.iter()
            .all(|fact| all.iter().any(|other| other.fits(fact)))
    };
    knowledge.iter().any(|stated| {
        if words(stated) == words(sentence) {
            return true;
        }
        let (their_times, their_days) = (of(stated, Fact::is_time), of(stated, Fact::is_day));
        let same_times = within(&times, &their_times) && within(&their_times, &times);
        let same_days = within(&days, &their_days) && within(&their_days, &days);
        let is_dated = days
            .iter()
            .any(|day| matches!(day, Fact::Day(Day::Date { .. })));
        match times.len() {
            0 => same_days && days.len() >= 2,
            1 => same_times && same_days && is_dated,
            _ => same_times && within(&days, &their_days),
        }
    })
}
