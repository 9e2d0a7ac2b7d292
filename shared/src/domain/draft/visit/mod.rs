//! Times of visits in a draft: each must be one that can be had now, or the office hours as the
//! property states them.

mod group;
mod hours;
mod offer;

use jiff::civil::{Date, DateTime};

use self::offer::offers;
use super::facts::{Day, Fact};
use super::sentence::Sentence;
use super::theirs;

pub use self::hours::are_stated;

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
        let names_when = has(Fact::is_time) || has(Fact::is_day);
        let is_pair = has(Fact::is_time) && has(Fact::is_day) || names_when && suits(sentence);
        let goes_on = self.is_visit && names_when && !is_about_hours(sentence);
        self.is_visit = speaks_of_a_visit(sentence) || is_pair || goes_on;
        self.is_visit
    }
}

pub fn speaks_of_a_visit(sentence: &Sentence<'_>) -> bool {
    sentence.says(&VISITS)
}

/// "Friday works!" is said of visits only.
fn suits(sentence: &Sentence<'_>) -> bool {
    sentence.says(&[
        "works",
        "work for us",
        "work for me",
        "suits",
        "is perfect",
        "sounds good",
    ])
}

fn is_about_hours(sentence: &Sentence<'_>) -> bool {
    sentence.says(&[
        "office", "hours", "closed", "rent", "lease", "move in", "move-in", "deposit",
    ])
}

/// Whether every day and time of a clause about visits can be had.
pub fn is_open(clause: &Sentence<'_>, thread: &mut Thread, open: Open<'_>) -> bool {
    let offers = offers(clause, thread, open.today);
    let ends = offers.iter().filter_map(|offer| offer.over_at(open)).min();
    thread.offer_ends = [thread.offer_ends, ends].into_iter().flatten().min();
    offers.iter().all(|offer| offer.is_open(open))
}

/// Whether a clause only takes up a time that the prospect named, without giving it: it declines it, or
/// hands it on to people.
pub fn takes_up(clause: &Sentence<'_>, whole: &Sentence<'_>, prospect: &[Sentence<'_>]) -> bool {
    let theirs = |fact: &Fact| {
        let all = prospect.iter().flat_map(|said| &said.facts);
        all.into_iter().any(|said| said.fact.fits(fact))
    };
    let mut whens = clause.facts.iter().filter(|found| found.fact.is_when());
    let gives_nothing = declines(clause)
        || theirs::hands_on(clause)
        || theirs::asks(clause) && !theirs::agrees(whole);
    gives_nothing && whens.all(|found| theirs(&found.fact))
}

/// Whether a clause says that something cannot be had.
pub fn declines(clause: &Sentence<'_>) -> bool {
    const CANNOT: [&str; 6] = [
        "can't",
        "cannot",
        "couldn't",
        "unable to",
        "not able to",
        "won't",
    ];
    const DO: [&str; 14] = [
        "offer",
        "do",
        "make",
        "host",
        "accommodate",
        "show",
        "schedule",
        "confirm",
        "book",
        "arrange",
        "promise",
        "guarantee",
        "work",
        "be able",
    ];
    const IS_NOT: [&str; 8] = [
        "isn't",
        "aren't",
        "is not",
        "are not",
        "no longer",
        "won't be",
        "not be",
        "not",
    ];
    const OPEN: [&str; 7] = [
        "available",
        "open",
        "possible",
        "an option",
        "free",
        "one of",
        "among",
    ];
    const TAKEN: [&str; 8] = [
        "unavailable",
        "is taken",
        "already taken",
        "been taken",
        "fully booked",
        "don't have",
        "do not have",
        "doesn't work",
    ];
    let pairs = |firsts: &[&str], seconds: &[&str]| {
        firsts.iter().any(|first| {
            let mut both = seconds.iter().map(|second| format!("{first} {second}"));
            both.any(|phrase| clause.says(&[&phrase]))
        })
    };
    clause.says(&TAKEN) || pairs(&CANNOT, &DO) || pairs(&IS_NOT, &OPEN)
}
